"""Keep a run: its answers as files, its outcomes in the store, from before the first contact to its end.

The store is opened, and the run is in it, before any device is contacted.  A store that cannot be
used, then or later, costs the history and never the audit: the run's folder has everything, and the
next command takes it in from there.  It has its last word after the report (`finish`).
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, assert_never

from asa_transport._version import __version__
from asa_transport.capabilities import Silence, Teller
from asa_transport.core.documents import audit
from asa_transport.core.documents.audit import in_order
from asa_transport.core.history import choose, compare
from asa_transport.core.history.differences import Diff, HistoryUnread
from asa_transport.core.history.retention import ClockJump, Expired, jump_text, retention
from asa_transport.core.judgement.judge import CaseList, Standard, cases, judged
from asa_transport.core.reports.report import Report, RunTransport
from asa_transport.edges.secrets.operator import login_name
from asa_transport.edges.state import run_folder
from asa_transport.edges.state.run_folder import RunFolder, new_run_id
from asa_transport.edges.state.store import Row, Store, rows
from asa_transport.edges.state.store.machines import Owner
from asa_transport.engine.deadline import RunStop
from asa_transport.errors import StoreError, StoreUnusable, StoreUnwritable
from asa_transport.files.inventory import identity
from asa_transport.flows import history, learnt, unsettled
from asa_transport.flows.inputs import StateLocation
from asa_transport.flows.kept_outcomes import KeptOutcomes, OutcomeKeeper
from asa_transport.flows.standard import LoadedStandard
from asa_transport.flows.unkept import unkept_by, unkept_text
from asa_transport.model import (
    AUDIT_KIND,
    AuditOutcome,
    Device,
    NotAudited,
    RunPart,
    RunStatus,
    Severity,
    Stage,
    StoredRun,
)
from asa_transport.model.ending import RunEnd
from asa_transport.model.outcome_counts import counts_of

# Some megabytes; a store that is so far behind is not waited for.
_MOST_WAITING: Final = 2000
# A transaction takes as long for fifty rows as for one.
_GATHER_S: Final = 0.25
_MOST_AT_ONCE: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """What a run is of, what it is judged by, and what makes it fail.

    Attributes:
        inventory_file: As the user named it.
        limit: The `--limit` patterns.
        not_selected: Devices of which the inventory says `enabled: false`.
        part: Which part of the selection these are; `None` for the whole of it.
        elsewhere: Devices that are in other parts.
        fail_on: From which severity on a finding is a failure.
        since: The run to compare with, as the user named it; `None` for the last whole one.
        fail_on_new: From which severity on something new is a failure, in place of `fail_on`;
            `None` where all that was found counts.
        attach: The run that goes on, as the user named it; `None` for a new one.
    """

    inventory_file: Path
    devices: tuple[Device, ...]
    limit: tuple[str, ...]
    not_selected: tuple[Device, ...] = ()
    part: RunPart | None = None
    elsewhere: tuple[Device, ...] = ()
    standard: LoadedStandard
    fail_on: Severity = Severity.MEDIUM
    since: str | None = None
    fail_on_new: Severity | None = None
    attach: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What the store knows of earlier runs, read before the first contact.

    Attributes:
        baseline: What the run is compared with; `None` where there is no such run.
        skipped: Interrupted audits, later than that.
        callhome_since: Since when each device is known to be on callhome.
        transports: How the fleet was.
        last: The highest number of a run.
    """

    baseline: StoredRun | None = None
    skipped: tuple[StoredRun, ...] = ()
    callhome_since: Mapping[str, datetime] = field(default_factory=dict)
    transports: tuple[RunTransport, ...] = ()
    last: int = 0


class RunRecorder:
    """Keeps a run that is being made.

    Attributes:
        run: As it would be stored now.
        standard: What it is judged by: the order's, and what the store knows of the devices.
        folder: Of the run; `None` where nothing is kept.
        tell: Told where something cannot be kept.
        done: Devices that an earlier process of the run has finished.
    """

    def __init__(
        self,
        run: StoredRun,
        standard: Standard,
        *,
        earlier: Earlier | HistoryUnread,
        store: Store | None = None,
        folder: RunFolder | None = None,
        tell: Teller | None = None,
        done: frozenset[str] = frozenset(),
    ) -> None:
        self.run = run
        self.done = done
        self.standard = standard
        self.folder = folder
        self.tell: Teller = Silence() if tell is None else tell
        self._earlier = earlier
        self._store = store
        self._is_unwritable = False
        self._store_error = earlier.reason if isinstance(earlier, HistoryUnread) else None
        self._unkept: str | None = None
        self._lost_answers: str | None = None
        self._outcomes: KeptOutcomes | None = None

    @property
    def history(self) -> tuple[RunTransport, ...]:
        """How the fleet was in earlier runs, as far as that is known."""
        return () if isinstance(self._earlier, HistoryUnread) else self._earlier.transports

    def begin(self, devices: Sequence[Device]) -> None:
        """Write the run to the store, with what is to be said of each device if nothing follows."""
        self._written(lambda store: store.begin(self.run, map(_unfinished, devices), self.standard))

    def take(self, found: Iterator[AuditOutcome], devices: Sequence[Device]) -> Sequence[AuditOutcome]:
        """Return all outcomes by device name, judged, each written while the others still come.

        Where the run is kept, they are on disk, and come from there when they are asked for.
        """
        if self.folder is None:
            return judged(in_order(devices, found), self.standard)
        with StoreWriter(self._add) as writer:
            keeper = OutcomeKeeper(devices, self.standard, self.folder.path, writer.put)
            # Before the first contact: without these the run could not come to its end.
            for outcome in self._finished_before():
                keeper.put(outcome, is_stored=True)
            for outcome in found:
                keeper.put(outcome)
            keeper.judge_rest()
        outcomes = keeper.outcomes
        for name in writer.left:
            late = outcomes.named(name)
            self._add(() if late is None else (rows.columns(late),))
        self._outcomes = outcomes
        return in_order(devices, outcomes)

    def _finished_before(self) -> Iterator[AuditOutcome]:
        if self.done:
            if self._store is None:
                raise StoreUnusable(self._store_error or "the run store was lost")
            yield from self._store.finished(self.run.id)

    def cases(self, outcomes: Sequence[AuditOutcome]) -> CaseList:
        """Return the cases of what `take` returned."""
        kept = self._outcomes
        return cases(outcomes, self.standard, None if kept is None else kept.mates(kept.devices))

    def _add(self, found: Sequence[Row]) -> None:
        if found:
            self._written(lambda store: store.add_rows(self.run.id, found))

    def diff(self, outcomes: Sequence[AuditOutcome]) -> Diff:
        """Return what changed since the baseline; call it before `finish`.

        Without a baseline there is nothing to compare with; where the store failed since, nobody knows.
        """
        now = compare.Side(run=self.run, outcomes=outcomes)
        earlier = self._earlier
        if isinstance(earlier, Earlier) and earlier.baseline is not None:
            before, skipped, found = earlier.baseline, earlier.skipped, list[Diff]()
            self._asked(lambda store: found.append(history.between(store, before, now, skipped)))
            if found:
                return found[0]
            earlier = HistoryUnread(reason=self._store_error or "it was lost during the run")
        unread = earlier if isinstance(earlier, HistoryUnread) else None
        return Diff(before=unread, after=compare.compared(now), skipped=(), changes=())

    def keep(self, report: Report, *, is_stopped: bool) -> Report:
        """Write the run's document into its folder; `finish` is for what follows the report.

        Returns:
            The report; where not all of the run could be kept, its end is an error.
        """
        folder = self.folder
        if folder is None:
            return report
        parts = audit.texts(
            report.run, report.devices, report.outcomes, now=report.now, merging=report.merging
        )
        self._unkept = unkept_by(lambda: folder.save_texts(run_folder.AUDIT, parts))
        if self._unkept is not None:
            report = replace(report, run=replace(report.run, exit_code=RunEnd.INTERNAL))
        run = report.run
        counts = counts_of(report.ordered)
        self.run = replace(
            self.run,
            status=RunStatus.INTERRUPTED if is_stopped else RunStatus.FINISHED,
            finished_at=run.finished_at,
            exit_code=int(run.exit_code),
            not_audited=counts.not_audited,
            by_severity=dict(counts.by_severity),
            size=folder.size(),
        )
        unsettled.note_settled(
            folder.path.parent.parent,
            self.standard.unsettled,
            report.outcomes,
            run=run.id,
            tell=self.tell,
            settle=lambda entry: self._written(lambda store: store.settle(entry, by=run.id)),
        )
        return report

    def lose_answers(self, said: str) -> None:
        """Take what is to be said of answers that are not on disk, for `finish` to say."""
        self._lost_answers = said

    def finish(self) -> None:
        """Write the run's last word to the store, remove what is too old, and say what was not kept."""
        folder = self.folder
        if folder is None:
            return
        self._written(lambda store: store.finish(self.run, ()))
        self._written(lambda store: self._forget_old(store, folder.path.parent.parent))
        if self._unkept is not None:
            # One line for one disk: that the store failed and answers are missing is no news then.
            self._store_error = None
            self.tell.warn(unkept_text(folder.path, self._unkept))
        elif self._lost_answers is not None:
            self.tell.warn(self._lost_answers)
        self.say_store_error()

    def say_store_error(self) -> None:
        """Say that the store failed, once."""
        error, self._store_error = self._store_error, None
        if error is not None and self.folder is not None:
            unread = "is compared with no earlier one, " if isinstance(self._earlier, HistoryUnread) else ""
            self.tell.warn(
                f"warning: {error}; this run {unread}is not in the history and is kept in "
                f"{self.folder.path} alone"
            )

    def _forget_old(self, store: Store, state: Path) -> None:
        found = retention(store.runs(), self.run.id, timedelta(days=self.standard.policy.keep))
        match found:
            case ClockJump():
                self.tell.warn(jump_text(found, self.standard.policy.keep))
            case Expired():
                if found.ids:
                    store.remove(found.ids)
                # Of another machine there is no such folder here.
                for run_id in found.ids:
                    with suppress(OSError):
                        run_folder.remove(state, run_id)
            case _:
                assert_never(found)

    def _written(self, action: Callable[[Store], None]) -> None:
        """Write to the store, and go on without it once that failed; the folder has all of it."""
        if not self._is_unwritable:
            self._asked(action)

    def _asked(self, action: Callable[[Store], None]) -> None:
        """Use the store, and go on without it once that failed; one that takes nothing is still read."""
        if self._store is None:
            return
        try:
            action(self._store)
        except StoreUnwritable as error:
            self._is_unwritable, self._store_error = True, str(error)
        except StoreError as error:
            self._store, self._store_error = None, str(error)

    def mark_interrupted(self) -> None:
        """Note in the store that the run did not come to its end."""
        if self.run.status is RunStatus.RUNNING:
            self._written(lambda store: store.mark_interrupted(self.run))


class StoreWriter:
    """Takes rows; another thread writes all that come within a quarter of a second at once.

    A store that is far away so keeps nobody waiting, and one that is near has no transaction a device.
    One that does not keep up is not waited for, and does not fill the memory either.

    Attributes:
        left: The devices that were not written, once it was left.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Row]], None],
        *,
        most: int = _MOST_WAITING,
        at_once: int = _MOST_AT_ONCE,
    ) -> None:
        """Write with this, from another thread; at most so many wait for it, and go at once."""
        self._at_once = at_once
        self.left: list[str] = []
        self._write = write
        self._waiting: queue.Queue[Row | None] = queue.Queue(most)
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)

    def put(self, row: Row) -> None:
        """Take one."""
        try:
            self._waiting.put_nowait(row)
        except queue.Full:
            self.left.append(row["name"])

    def __enter__(self) -> StoreWriter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        while self._thread.is_alive():
            with suppress(queue.Full):
                self._waiting.put(None, timeout=1)
                break
        self._thread.join()

    def _run(self) -> None:
        is_over = False
        while not is_over:
            batch = [self._waiting.get()]
            until = time.monotonic() + _GATHER_S
            # The end of the run ends the wait too.
            while batch[-1] is not None and len(batch) < self._at_once:
                try:
                    batch.append(self._waiting.get(timeout=max(0.0, until - time.monotonic())))
                except queue.Empty:
                    break
            is_over = None in batch
            self._write(tuple(row for row in batch if row is not None))


@contextmanager
def open_run(
    order: RunOrder, location: StateLocation | None, *, tell: Teller, stop: RunStop | None = None
) -> Iterator[RunRecorder]:
    """Begin a run in the store, and end it there as interrupted where it does not come to its end.

    Args:
        location: Where it is kept; `None` keeps nothing, and there is no earlier run then.
        tell: Told where the store fails, and of what is settled.
        stop: Ends the waiting for the store, too.
    """
    started_at = datetime.now(UTC)
    if location is None:
        run = _begun(order, new_run_id(started_at), started_at, place="")
        yield RunRecorder(run, order.standard.standard, earlier=Earlier(), tell=tell)
        return
    run_folder.make_private(location.directory)
    run_folder.check_closed(location.directory)
    with ExitStack() as held:
        try:
            opened = held.enter_context(history.open_store(location, stop=stop))
            store: Store | None = opened
            earlier: Earlier | HistoryUnread = earlier_of(opened, order, location)
            left = unsettled.known(location.directory, shared=opened)
        except StoreUnusable as error:
            store, earlier = None, HistoryUnread(reason=str(error))
            left = unsettled.known(location.directory)
        last = 0 if isinstance(earlier, HistoryUnread) else earlier.last
        made = RunFolder(location.directory, new_run_id(started_at), after=last)
        folder = held.enter_context(made.held())
        if store is not None:
            # One that is away now costs the history, as it does later.
            with suppress(StoreUnusable):
                held.enter_context(store.lease(owner_of(folder.path.name)))
        standard = replace(
            order.standard.standard,
            callhome_since={} if isinstance(earlier, HistoryUnread) else earlier.callhome_since,
            unsettled=left,
            learnt=learnt.known(location.directory),
        )
        run = _begun(order, folder.path.name, started_at, place=location.place)
        run = replace(run, sequence=folder.sequence)
        recorder = RunRecorder(run, standard, earlier=earlier, store=store, folder=folder, tell=tell)
        recorder.begin(order.devices)
        try:
            yield recorder
        finally:
            recorder.mark_interrupted()
            recorder.say_store_error()


def owner_of(run: str) -> Owner:
    """Return who makes this run, for other machines."""
    return Owner(machine=socket.gethostname(), operator=login_name(), run=run)


def earlier_of(store: Store, order: RunOrder, location: StateLocation, *, but: str | None = None) -> Earlier:
    """Return what is known of earlier runs; raise UserError where the one to compare with is not there.

    Args:
        but: A run that goes on, and is none of them.
    """
    known = tuple(run for run in store.runs() if run.id != but)
    baseline = _baseline(known, order, location)
    return Earlier(
        baseline=baseline,
        skipped=() if baseline is None else choose.passed_over(known, baseline),
        callhome_since=store.callhome_since(),
        transports=history.transports_of(store, known, identity(order.inventory_file)),
        last=max((run.sequence or 0 for run in known), default=0),
    )


def _begun(order: RunOrder, run_id: str, started_at: datetime, *, place: str) -> StoredRun:
    return StoredRun(
        id=run_id,
        kind=AUDIT_KIND,
        status=RunStatus.RUNNING,
        place=place,
        started_at=started_at,
        as_of=order.standard.standard.now,
        tool_version=__version__,
        inventory=str(order.inventory_file),
        inventory_file=identity(order.inventory_file),
        policy_sha256=order.standard.policy_sha256,
        fail_on=order.fail_on,
        limit=order.limit,
        not_selected=tuple(device.name for device in order.not_selected),
        part=order.part,
        elsewhere="\n".join(device.name for device in order.elsewhere),
        devices=len(order.devices),
        operator=login_name(),
    )


def _baseline(known: Sequence[StoredRun], order: RunOrder, location: StateLocation) -> StoredRun | None:
    if order.since is None or order.since == choose.LAST:
        return choose.baseline(known, identity(order.inventory_file), order.part)
    run_folder.check_no_push(location.directory, order.since)
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
