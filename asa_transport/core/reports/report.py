"""What a report of a run is made from; every format takes this one value.

Pure.  `ordered` is the only way to the outcomes that the formats use, so that none of
them can be made with a device missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asa_transport.core.documents.audit import Run, in_order
from asa_transport.core.documents.facts import days_left
from asa_transport.core.judgement.cases.case import Case
from asa_transport.model import Audited, AuditOutcome, Device, NotAudited, Severity, TransportType


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTransport:
    """How many devices of one run use which transport; every device of the run is in one number.

    Attributes:
        started_at: Aware UTC.
        unknown: Audited, and the device shows no transport: it has none, or it did not say.
    """

    run_id: str
    started_at: datetime
    smart: int
    callhome: int
    unknown: int
    not_audited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run, its devices, and how each of them ended.

    Attributes:
        outcomes: One for each of the devices, in any order.
        cases: Of every audited device, as they were judged; only the views that span
            devices (deadlines, reloads) read them.
        now: What the run was judged as of; aware UTC.
        fail_on: From which severity on a finding is a failure.
        history: Of earlier runs, in any order; empty where none are kept.
        is_whole: Whether it holds all that its run knew; one that was read from a document does not.
    """

    run: Run
    devices: tuple[Device, ...]
    outcomes: tuple[AuditOutcome, ...]
    cases: tuple[Case, ...]
    now: datetime
    fail_on: Severity
    history: tuple[RunTransport, ...] = ()
    is_whole: bool = True

    @property
    def ordered(self) -> tuple[AuditOutcome, ...]:
        """The outcomes by device name; raises ValueError where they are not exactly the devices'."""
        return in_order(self.devices, self.outcomes)

    @property
    def audited(self) -> tuple[Audited, ...]:
        """Those of `ordered` that were audited."""
        return tuple(outcome for outcome in self.ordered if isinstance(outcome, Audited))

    @property
    def not_audited(self) -> tuple[NotAudited, ...]:
        """Those of `ordered` that were not: of these nothing is known."""
        return tuple(outcome for outcome in self.ordered if isinstance(outcome, NotAudited))

    def days_left(self, outcome: Audited) -> float | None:
        """Return days to the device's communication deadline, negative once past; `None` without a date."""
        return days_left(outcome.facts, self.now)


def run_transport(run: Run, outcomes: Sequence[AuditOutcome]) -> RunTransport:
    """Return what a later report needs to know of this run's transports."""
    used = Counter(o.facts.transport.type for o in outcomes if isinstance(o, Audited))
    return RunTransport(
        run_id=run.id,
        started_at=run.started_at,
        smart=used[TransportType.SMART],
        callhome=used[TransportType.CALLHOME],
        unknown=used[None],
        not_audited=len(outcomes) - used.total(),
    )


def summary(outcomes: Sequence[AuditOutcome]) -> str:
    """Return one line: how many devices, how many not audited and where, verdicts."""
    stages = Counter(o.stage.value for o in outcomes if isinstance(o, NotAudited))
    verdicts = Counter(
        o.decision.verdict.value for o in outcomes if isinstance(o, Audited) and o.decision is not None
    )
    missed = sum(stages.values())
    text = f"{len(outcomes)} devices: {len(outcomes) - missed} audited, {missed} not audited"
    if stages:
        text += f" ({', '.join(f'{stage} {count}' for stage, count in sorted(stages.items()))})"
    if verdicts:
        text += f"; {', '.join(f'{count} {verdict}' for verdict, count in sorted(verdicts.items()))}"
    return text
