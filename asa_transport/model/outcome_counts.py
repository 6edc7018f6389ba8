"""Outcomes of a run as a sequence that need not be in memory, and how many there are of each kind.

Nothing here opens a file: who keeps outcomes elsewhere derives from `OutcomeList`.

Source: docs/schemas/audit.json (`totals`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from asa_transport.model.judgement import Verdict
from asa_transport.model.outcome import Audited, AuditOutcome
from asa_transport.model.severity import Severity
from asa_transport.model.stage import Stage
from asa_transport.model.states import TransportType


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCounts:
    """How many outcomes of each kind there are; a kind without any has no entry.

    Attributes:
        by_severity: Findings.
        counting: Those of them that are not waived.
        by_stage: Devices that were not audited.
        by_transport: Audited devices; `None` for those that show none.
        understood: Audited devices of which every line was understood and none was refused.
        internal: Faults of ours.
        unsettled: Devices that a push left unproven or unsaved.
    """

    devices: int = 0
    audited: int = 0
    by_verdict: Mapping[Verdict, int] = field(default_factory=Counter)
    by_severity: Mapping[Severity, int] = field(default_factory=Counter)
    counting: Mapping[Severity, int] = field(default_factory=Counter)
    by_stage: Mapping[Stage, int] = field(default_factory=Counter)
    by_transport: Mapping[TransportType | None, int] = field(default_factory=Counter)
    understood: int = 0
    internal: int = 0
    unsettled: int = 0

    @property
    def not_audited(self) -> int:
        """Devices that were not."""
        return self.devices - self.audited

    @property
    def waived(self) -> int:
        """Findings that are."""
        return sum(self.by_severity.values()) - sum(self.counting.values())


class OutcomeCounter:
    """Counts outcomes as they come."""

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        self._verdicts: Counter[Verdict] = Counter()
        self._severities: Counter[Severity] = Counter()
        self._counting: Counter[Severity] = Counter()
        self._stages: Counter[Stage] = Counter()
        self._transports: Counter[TransportType | None] = Counter()

    def add(self, outcome: AuditOutcome) -> None:
        """Count one more; each device once."""
        self._numbers["devices"] += 1
        self._numbers["unsettled"] += outcome.unsettled is not None
        if not isinstance(outcome, Audited):
            self._stages[outcome.stage] += 1
            self._numbers["internal"] += outcome.is_internal
            return
        facts = outcome.facts
        self._numbers["audited"] += 1
        self._numbers["understood"] += not facts.unknown and not facts.refused
        self._transports[facts.transport.type] += 1
        if outcome.decision is not None:
            self._verdicts[outcome.decision.verdict] += 1
        for finding in outcome.findings:
            self._severities[finding.severity] += 1
            self._counting[finding.severity] += finding.waived is None

    @property
    def counts(self) -> OutcomeCounts:
        """What was counted so far."""
        return OutcomeCounts(
            **self._numbers,
            by_verdict=+self._verdicts,
            by_severity=+self._severities,
            counting=+self._counting,
            by_stage=+self._stages,
            by_transport=+self._transports,
        )


class OutcomeList(Sequence[AuditOutcome]):
    """The outcomes of a run by device name, each read when it is asked for; going through them reads all."""

    @property
    @abstractmethod
    def names(self) -> Sequence[str]:
        """The devices' names, in order; reads nothing."""

    @property
    @abstractmethod
    def counts(self) -> OutcomeCounts:
        """How many of each kind; reads nothing."""

    @abstractmethod
    def named(self, name: str) -> AuditOutcome | None:
        """Return one device's outcome; `None` where it has none."""


def counts_of(outcomes: Iterable[AuditOutcome]) -> OutcomeCounts:
    """Return how many outcomes of each kind there are."""
    if isinstance(outcomes, OutcomeList):
        return outcomes.counts
    counter = OutcomeCounter()
    for outcome in outcomes:
        counter.add(outcome)
    return counter.counts
