"""What a report of a run is made from; every format takes this one value.

Pure.  `ordered` is the only way to the outcomes that the formats use, so that none of
them can be made with a device missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from asa_transport.core.documents.audit import Run, in_order
from asa_transport.core.documents.facts import days_left
from asa_transport.core.documents.ssh_census import SshCensusRow, ssh_census
from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.judgement.judge import CaseList
from asa_transport.model import Audited, AuditOutcome, Device, NotAudited, Severity, TransportType
from asa_transport.model.outcome_counts import counts_of
from asa_transport.text import counted


def data_keys(devices: Iterable[Device]) -> tuple[str, ...]:
    """Return the free keys that the inventory has of any of these devices, sorted."""
    return tuple(sorted({key for device in devices for key in device.data}))


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
        outcomes: One for each of the devices, in any order; an `OutcomeList` reads each when it is asked for.
        cases: Of every audited device, as they were judged; only the views that span
            devices (deadlines, reloads) read them.
        now: What the run was judged as of; aware UTC.
        fail_on: From which severity on a finding is a failure.
        history: Of earlier runs, in the order in which they began; empty where none are kept.
        ssh_census: What SSH all of the devices have; `None` where nobody asked for it.
        merging: Of a part, what its merge with the others needs, as its document has it.
        is_whole: Whether it holds all that its run knew; one that was read from a document does not.
    """

    run: Run
    devices: tuple[Device, ...]
    outcomes: Sequence[AuditOutcome]
    cases: Sequence[Case]
    now: datetime
    fail_on: Severity
    history: tuple[RunTransport, ...] = ()
    ssh_census: tuple[SshCensusRow, ...] | None = None
    merging: Mapping[str, Any] | None = None
    is_whole: bool = True

    @property
    def ordered(self) -> Sequence[AuditOutcome]:
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

    def with_cases(self) -> Iterator[tuple[AuditOutcome, Case | None]]:
        """Yield each of `ordered` with its case, `None` where it was not audited; each is read once."""
        known = self.cases
        by_name = {} if isinstance(known, CaseList) else {case.device.name: case for case in known}
        for outcome in self.ordered:
            if not isinstance(outcome, Audited):
                yield outcome, None
            else:
                yield outcome, known.of(outcome) if isinstance(known, CaseList) else by_name[outcome.name]

    def with_ssh_census(self) -> Report:
        """Return it with the census of its devices."""
        return replace(self, ssh_census=ssh_census(self.ordered))

    def days_left(self, outcome: Audited) -> float | None:
        """Return days to the device's communication deadline, negative once past; `None` without a date."""
        return days_left(outcome.facts, self.now)


def run_transport(run: Run, outcomes: Sequence[AuditOutcome]) -> RunTransport:
    """Return what a later report needs to know of this run's transports."""
    counts = counts_of(outcomes)
    used = Counter(counts.by_transport)
    return RunTransport(
        run_id=run.id,
        started_at=run.started_at,
        smart=used[TransportType.SMART],
        callhome=used[TransportType.CALLHOME],
        unknown=used[None],
        not_audited=counts.not_audited,
    )


def summary(outcomes: Sequence[AuditOutcome], run: Run | None = None) -> str:
    """Return one line: how many devices, how many not audited and where, verdicts, how many not selected.

    Args:
        run: What says how many were not selected, and why; `None` where nobody selected.
    """
    counts = counts_of(outcomes)
    text = f"{counted(counts.devices, 'device')}: {counts.audited} audited, {counts.not_audited} not audited"
    if counts.by_stage:
        stages = sorted((stage.value, number) for stage, number in counts.by_stage.items())
        text += f" ({', '.join(f'{stage} {number}' for stage, number in stages)})"
    if counts.by_verdict:
        verdicts = sorted((verdict.value, number) for verdict, number in counts.by_verdict.items())
        text += f"; {', '.join(f'{number} {verdict}' for verdict, number in verdicts)}"
    if run is not None and run.not_selected:
        text += f"; {len(run.not_selected)} not selected (enabled: false)"
    if run is not None and run.part is not None:
        text += f"; {len(run.elsewhere)} not selected (this is {run.part.chosen})"
    return text
