"""Judge a whole run: findings and a decision for every device that was audited.

Pure; cannot fail.  The two units of a pair are judged by each other's facts; every other device can be
judged as soon as it was read (`judged_alone`), and only of the rest the whole run is waited for.
Devices that were not audited pass through unchanged, but for what a push left there.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, overload

from asa_transport.asa.version import try_parse
from asa_transport.core.judgement import waivers
from asa_transport.core.judgement.cases import bugs
from asa_transport.core.judgement.cases.case import Case, find_mates, may_have_mate
from asa_transport.core.judgement.cases.learnt import as_known, of_release
from asa_transport.core.judgement.cases.unsettled import unsettled_there
from asa_transport.core.judgement.decisions.table import decide
from asa_transport.core.judgement.rules import table as policy
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Bug,
    BugVerdict,
    DeviceFacts,
    Exemption,
    Learnt,
    Policy,
    Unsettled,
    Waiver,
)
from asa_transport.model.outcome_counts import OutcomeList


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """What a run is judged by; times are aware UTC.

    Attributes:
        now: Start of the run, or what `--now` says.
        is_now_given: Whether a person named `now`: device clocks are then compared with it,
            and otherwise with our time when each was read.
        callhome_since: For devices that every audit found on callhome, since when; those on
            smart, or without a history, have no entry.
        unsettled: What pushes left unproven or unsaved.
        learnt: Where releases are not as assumed.
    """

    policy: Policy
    catalogue: Sequence[Bug]
    exemptions: Sequence[Exemption]
    now: datetime
    waivers: Sequence[Waiver] = ()
    is_now_given: bool = False
    callhome_since: Mapping[str, datetime] = field(default_factory=dict)
    unsettled: Sequence[Unsettled] = ()
    learnt: Sequence[Learnt] = ()


# A fleet runs some dozen releases on some dozen models.
_RELEASES: Final = 512

# Gives the mate of a device, if it has one: its name, and its facts where it was audited.
MateOf = Callable[[str], tuple[str | None, DeviceFacts | None]]


def judged(outcomes: Sequence[AuditOutcome], standard: Standard) -> tuple[AuditOutcome, ...]:
    """Return the outcomes in the same order, the audited ones with findings and a decision."""
    mate_of = _mates(outcomes)
    judge = Judge(standard)
    return tuple(judge.judged(outcome, *mate_of(outcome.device.name)) for outcome in outcomes)


def cases(outcomes: Sequence[AuditOutcome], standard: Standard, mate_of: MateOf | None = None) -> CaseList:
    """Return the case of every audited device, for the views that span devices (deadlines).

    Args:
        mate_of: `None` to find it out, for which every outcome is read.
    """
    return CaseList(outcomes, Judge(standard), _mates(outcomes) if mate_of is None else mate_of)


class Judge:
    """Judges one device after the other by one standard."""

    def __init__(self, standard: Standard) -> None:
        self.standard = standard
        self._bugs = functools.lru_cache(_RELEASES)(self._verdicts)

    def judged(self, outcome: AuditOutcome, mate: str | None, mate_facts: DeviceFacts | None) -> AuditOutcome:
        """Return the outcome with findings and a decision, if it was audited.

        Args:
            mate: The name of its mate, if it has one.
            mate_facts: `None` where that was not audited.
        """
        standard = self.standard
        if not isinstance(outcome, Audited):
            unread = unsettled_there(standard.unsettled, outcome.device.name, None)
            return replace(outcome, unsettled=unread[-1].push) if unread else outcome
        case = self.case(outcome, mate, mate_facts)
        findings = policy.findings(case)
        decision = decide(case, findings)
        live = waivers.waivers_of(outcome.device, standard.waivers, standard.now)
        left = None if case.unsettled is None else case.unsettled.push
        marked = waivers.marked(findings, live)
        return replace(outcome, facts=case.facts, findings=marked, decision=decision, unsettled=left)

    def judged_alone(self, outcome: AuditOutcome, paired: Set[str]) -> AuditOutcome | None:
        """Return the same for a device that has no mate, and `None` where the rest of the run may hold it.

        Args:
            paired: Those that the inventory names as one of a pair (`case.in_pairs`).
        """
        if isinstance(outcome, Audited) and may_have_mate(outcome.device.name, outcome.facts, paired):
            return None
        return self.judged(outcome, None, None)

    def case(self, outcome: Audited, mate: str | None, mate_facts: DeviceFacts | None) -> Case:
        """Return the device as it is judged."""
        standard, name = self.standard, outcome.device.name
        learnt = of_release(standard.learnt, outcome.facts.version)
        found = as_known(outcome.facts, learnt)
        read_at = found.clock.read_at if found.clock is not None else None
        return Case(
            device=outcome.device,
            facts=found,
            policy=standard.policy,
            bugs=self._bugs(found.version or "", found.model),
            now=standard.now,
            clock_read_at=standard.now if standard.is_now_given else read_at,
            exemptions=tuple(entry for entry in standard.exemptions if entry.device in (name, mate)),
            mate=mate_facts,
            callhome_since=standard.callhome_since.get(name),
            unsettled=next(reversed(unsettled_there(standard.unsettled, name, found)), None),
            learnt=learnt,
        )

    def _verdicts(self, version: str, model: str | None) -> tuple[BugVerdict, ...]:
        return bugs.verdicts(self.standard.catalogue, try_parse(version), model)


class CaseList(Sequence[Case]):
    """The case of every audited device, each made when it is asked for."""

    def __init__(self, outcomes: Sequence[AuditOutcome], judge: Judge, mate_of: MateOf) -> None:
        self._outcomes = outcomes
        self._judge = judge
        self._mate_of = mate_of

    def of(self, outcome: Audited) -> Case:
        """Return the case of an outcome that is at hand."""
        return self._judge.case(outcome, *self._mate_of(outcome.device.name))

    def __iter__(self) -> Iterator[Case]:
        return (self.of(outcome) for outcome in self._outcomes if isinstance(outcome, Audited))

    def __len__(self) -> int:
        if isinstance(self._outcomes, OutcomeList):
            return self._outcomes.counts.audited
        return sum(isinstance(outcome, Audited) for outcome in self._outcomes)

    @overload
    def __getitem__(self, index: int) -> Case: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Case]: ...
    def __getitem__(self, index: int | slice) -> Case | Sequence[Case]:
        if isinstance(index, slice) or index < 0:
            return tuple(self)[index]
        for case in itertools.islice(self, index, None):
            return case
        raise IndexError(index)


def _mates(outcomes: Sequence[AuditOutcome]) -> MateOf:
    facts = {o.device.name: o.facts for o in outcomes if isinstance(o, Audited)}
    mates = find_mates([outcome.device for outcome in outcomes], facts)

    def mate_of(name: str) -> tuple[str | None, DeviceFacts | None]:
        mate = mates.get(name)
        return mate, None if mate is None else facts.get(mate)

    return mate_of
