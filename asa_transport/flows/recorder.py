"""Keep a run: its answers as files, its outcomes in the store, from before the first contact to its end.

The store is opened, and the run is in it, before any device is contacted.  A store that
fails later does not end the audit: the run's folder has everything, and the next command
takes it in from there.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from asa_transport import __version__
from asa_transport.cli.console import StderrTeller, say
from asa_transport.core.documents import audit
from asa_transport.core.history import choose, compare
from asa_transport.core.history.compare import since
from asa_transport.core.history.differences import Diff, TransportChanged
from asa_transport.core.judgement.judge import Standard
from asa_transport.core.reports.report import Report, RunTransport
from asa_transport.edges.state import run_folder
from asa_transport.edges.state.run_folder import RunFolder, new_run_id
from asa_transport.edges.state.store import Store
from asa_transport.errors import StoreError
from asa_transport.flows import history, inputs, unsettled
from asa_transport.flows.standard import Judgement
from asa_transport.model import (
    AUDIT_KIND,
    AuditOutcome,
    Device,
    NotAudited,
    RunStatus,
    Severity,
    Stage,
    StoredRun,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a run that is kept is of.

    Attributes:
        limit: The `--limit` patterns.
        since: The run to compare with, as the user named it; `None` for the last whole one.
    """

    inventory_file: Path
    devices: tuple[Device, ...]
    limit: tuple[str, ...]
    judgement: Judgement
    fail_on: Severity
    since: str | None = None


class Kept:
    """A run that is being made."""

    def __init__(self, store: Store, folder: RunFolder, run: StoredRun, standard: Standard) -> None:
        self.store = store
        self.folder = folder
        self.run = run
        self.standard = standard
        self.baseline: StoredRun | None = None
        self.skipped: tuple[StoredRun, ...] = ()
        self.history: tuple[RunTransport, ...] = ()
        self._is_failed = False

    def take(self, found: Iterator[AuditOutcome]) -> tuple[AuditOutcome, ...]:
        """Return all outcomes, each written while the others still come."""
        outcomes = []
        with _in_batches(lambda batch: self._tolerated(partial(self.store.add, self.run.id, batch))) as put:
            for outcome in found:
                put(outcome)
                outcomes.append(outcome)
        return tuple(outcomes)

    def diff(self, outcomes: tuple[AuditOutcome, ...]) -> Diff:
        """Return what changed since the baseline; call it before `finish`.

        Without a baseline, or where the store failed since, there is nothing to compare with.
        """
        now = compare.Side(run=self.run, outcomes=outcomes)
        found = [Diff(before=None, after=compare.compared(now), skipped=(), changes=())]
        if self.baseline is not None:
            before, skipped = self.baseline, self.skipped
            self._tolerated(lambda: found.append(between(self.store, before, now, skipped)))
        return found[-1]

    def finish(self, report: Report, *, is_stopped: bool) -> None:
        """Write the run's document and its last word to the store, and remove what is too old."""
        run = report.run
        parts = audit.texts(run, report.devices, report.outcomes, now=report.now, indent=1)
        self.folder.save_texts(run_folder.AUDIT, parts)
        by_severity = audit.totals(report.ordered)["by_severity"]
        self.run = replace(
            self.run,
            status=RunStatus.INTERRUPTED if is_stopped else RunStatus.FINISHED,
            finished_at=run.finished_at,
            exit_code=int(run.exit_code),
            not_audited=sum(isinstance(one, NotAudited) for one in report.outcomes),
            by_severity={Severity(name): count for name, count in by_severity.items()},
            size=self.folder.size(),
        )
        unsettled.note_settled(
            self.folder.path.parent.parent,
            self.standard.unsettled,
            report.outcomes,
            run=run.id,
            tell=StderrTeller(),
        )
        self._tolerated(partial(self.store.finish, self.run, report.ordered))
        self._tolerated(self._forget_old)

    def _forget_old(self) -> None:
        known = self.store.runs()
        newest = next((run.id for run in reversed(known) if run.is_whole), None)
        limit = datetime.now(UTC) - timedelta(days=self.standard.policy.keep)
        old = [
            run.id
            for run in known
            if run.started_at < limit and run.id != newest and run.status is not RunStatus.RUNNING
        ]
        if old:
            self.store.remove(old)
        # Of another machine there is no such folder here.
        for run_id in old:
            with suppress(OSError):
                run_folder.remove(self.folder.path.parent.parent, run_id)

    def _tolerated(self, action: Callable[[], None]) -> None:
        """Write to the store, and go on without it once that failed; the folder has all of it."""
        if self._is_failed:
            return
        try:
            action()
        except StoreError as error:
            self._is_failed = True
            say(f"warning: {error}; the run goes on and is kept in {self.folder.path}")


@contextmanager
def _in_batches(
    write: Callable[[tuple[AuditOutcome, ...]], None],
) -> Iterator[Callable[[AuditOutcome], None]]:
    """Give what takes an outcome; another thread writes all that wait at once, and the rest at the end.

    A store that is far away so keeps nobody waiting, and one that is near has each at once.
    """
    waiting: queue.SimpleQueue[AuditOutcome | None] = queue.SimpleQueue()

    def run() -> None:
        is_over = False
        while not is_over:
            batch = [waiting.get()]
            with suppress(queue.Empty):
                while True:
                    batch.append(waiting.get_nowait())
            is_over = None in batch
            write(tuple(outcome for outcome in batch if outcome is not None))

    thread = threading.Thread(target=run, name="store", daemon=True)
    thread.start()
    try:
        yield waiting.put
    finally:
        waiting.put(None)
        thread.join()


@contextmanager
def keeping(home: inputs.Home, order: Order) -> Iterator[Kept]:
    """Begin a run in the store, and end it there as interrupted where it does not come to its end."""
    started_at = datetime.now(UTC)
    with history.opened(home) as store, RunFolder(home.state, new_run_id(started_at)).held() as folder:
        before = store.runs()
        baseline = _baseline(before, order)
        standard = order.judgement.standard
        standard = replace(
            standard,
            callhome_since=store.callhome_since(started_at),
            unsettled=unsettled.known(home.state),
        )
        run = StoredRun(
            id=folder.path.name,
            kind=AUDIT_KIND,
            status=RunStatus.RUNNING,
            place=home.place,
            started_at=started_at,
            as_of=standard.now,
            tool_version=__version__,
            inventory=str(order.inventory_file),
            inventory_file=str(order.inventory_file.resolve()),
            policy_sha256=order.judgement.policy_sha256,
            fail_on=order.fail_on,
            limit=order.limit,
            devices=len(order.devices),
        )
        store.begin(run, map(_unfinished, order.devices), standard)
        kept = Kept(store, folder, run, standard)
        kept.history = history.transports_before(store, run)
        if baseline is not None:
            kept.baseline, kept.skipped = baseline, choose.passed_over(before, baseline)
        try:
            yield kept
        finally:
            if kept.run.status is RunStatus.RUNNING:
                with suppress(StoreError):
                    store.mark_interrupted(run)


def between(store: Store, before: StoredRun, after: compare.Side, skipped: Sequence[StoredRun]) -> Diff:
    """Return what changed between a stored run and another one."""
    then = compare.Side(run=before, outcomes=store.outcomes(before.id))
    earlier = store.last_audited(compare.missed(then), before.started_at)
    found = compare.changes(then, after, earlier)
    moved = [change.device for change in found if isinstance(change, TransportChanged)]
    if moved:
        seen = since(store.transports(after.run.started_at, moved))
        found = compare.with_since(found, {name: at for name, (_, at) in seen.items()})
    return Diff(
        before=compare.compared(then),
        after=compare.compared(after),
        skipped=tuple(run.id for run in skipped),
        changes=found,
    )


def _baseline(known: Sequence[StoredRun], order: Order) -> StoredRun | None:
    if order.since is None or order.since == choose.LAST:
        return choose.baseline(known, str(order.inventory_file.resolve()))
    found = choose.named(known, order.since)
    choose.check_comparable(found)
    return found


def _unfinished(device: Device) -> NotAudited:
    """Return what is to be said of a device if the run ends here."""
    return NotAudited(
        device=device,
        stage=Stage.COLLECT,
        error="the run was interrupted before this device was finished",
        hint="audit it again",
    )
