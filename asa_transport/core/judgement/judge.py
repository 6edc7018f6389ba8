"""Judge a whole run: findings and a decision for every device that was audited.

Pure; cannot fail.  The whole run at once, because the two units of a pair are judged
by each other's facts.  Devices that were not audited pass through unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from asa_transport.asa.version import try_parse
from asa_transport.core.judgement import waivers
from asa_transport.core.judgement.cases import bugs
from asa_transport.core.judgement.cases.case import Case, find_mates
from asa_transport.core.judgement.cases.unsettled import unsettled_there
from asa_transport.core.judgement.decisions.table import decide
from asa_transport.core.judgement.rules import table as policy
from asa_transport.model import Audited, AuditOutcome, Bug, Exemption, Policy, Unsettled, Waiver


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
    """

    policy: Policy
    catalogue: Sequence[Bug]
    exemptions: Sequence[Exemption]
    now: datetime
    waivers: Sequence[Waiver] = ()
    is_now_given: bool = False
    callhome_since: Mapping[str, datetime] = field(default_factory=dict)
    unsettled: Sequence[Unsettled] = ()


def judged(outcomes: Sequence[AuditOutcome], standard: Standard) -> tuple[AuditOutcome, ...]:
    """Return the outcomes in the same order, the audited ones with findings and a decision."""
    case_of = _cases(outcomes, standard)

    def judge(outcome: AuditOutcome) -> AuditOutcome:
        if not isinstance(outcome, Audited):
            unread = unsettled_there(standard.unsettled, outcome.device.name, None)
            return replace(outcome, unsettled=unread[-1].push) if unread else outcome
        case = case_of(outcome)
        findings = policy.findings(case)
        decision = decide(case, findings)
        live = waivers.waivers_of(outcome.device, standard.waivers, standard.now)
        left = None if case.unsettled is None else case.unsettled.push
        marked = waivers.marked(findings, live)
        return replace(outcome, findings=marked, decision=decision, unsettled=left)

    return tuple(map(judge, outcomes))


def _cases(outcomes: Sequence[AuditOutcome], standard: Standard) -> Callable[[Audited], Case]:
    facts = {o.device.name: o.facts for o in outcomes if isinstance(o, Audited)}
    mates = find_mates([outcome.device for outcome in outcomes], facts)

    def case_of(outcome: Audited) -> Case:
        name, found = outcome.device.name, outcome.facts
        mate = mates.get(name)
        read_at = found.clock.read_at if found.clock is not None else None
        return Case(
            device=outcome.device,
            facts=found,
            policy=standard.policy,
            bugs=bugs.verdicts(standard.catalogue, try_parse(found.version or ""), found.model),
            now=standard.now,
            clock_read_at=standard.now if standard.is_now_given else read_at,
            exemptions=tuple(entry for entry in standard.exemptions if entry.device in (name, mate)),
            mate=facts.get(mate) if mate is not None else None,
            callhome_since=standard.callhome_since.get(name),
            unsettled=next(reversed(unsettled_there(standard.unsettled, name, found)), None),
        )

    return case_of


def cases(outcomes: Sequence[AuditOutcome], standard: Standard) -> tuple[Case, ...]:
    """Return the case of every audited device, for the views that span devices (deadlines)."""
    case_of = _cases(outcomes, standard)
    return tuple(case_of(outcome) for outcome in outcomes if isinstance(outcome, Audited))
