"""Open the run store, set right what earlier processes left behind, and say what it holds.

A run whose process is gone is marked interrupted: its lock is free, or, where it was begun
on another machine, it is a day old.  Runs that are only in the state directory, made
before there was a store or with another one, are taken in from their documents.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from asa_transport.core.documents import journal as form
from asa_transport.core.documents.audit import run_of as document_run
from asa_transport.core.history import choose, compare
from asa_transport.core.history.differences import Diff, TransportChanged
from asa_transport.core.history.run_end import audit_end
from asa_transport.core.judgement.judge import Standard, cases, judged
from asa_transport.core.reports.report import Report, RunTransport
from asa_transport.edges.state import run_folder, run_turns, unsettled
from asa_transport.edges.state.store import BesideRun, Store
from asa_transport.edges.state.store.imported import push_of, run_of
from asa_transport.engine.deadline import RunStop
from asa_transport.engine.wait_limit import WaitLimit
from asa_transport.errors import StoreError, StoreUnwritable, UserError
from asa_transport.flows.inputs import StateLocation
from asa_transport.flows.kept_outcomes import judged_anew, stored_outcomes
from asa_transport.flows.parts import merging_of
from asa_transport.flows.unsettled import known as known_unsettled
from asa_transport.model import (
    PUSH_KIND,
    Audited,
    AuditOutcome,
    Began,
    Policy,
    RunKind,
    RunStatus,
    Severity,
    StoredRun,
    TransportType,
    Unsettled,
)
from asa_transport.model.ending import RunEnd
from asa_transport.model.turn import in_turn

# No audit takes so long; whose machine is another one, nobody here can ask for its process.
_SILENT: Final = timedelta(days=1)
# A month of nights is what one looks back on.
_CHARTED: Final = 30


@contextmanager
def open_store(location: StateLocation, *, stop: RunStop | None = None) -> Iterator[Store]:
    """Give the store, with every run that is kept here in it; makes no directory.

    One that cannot be written, or where this user may only read, is given as it is: to who reads, nothing
    is missing, and who writes to it is told by a StoreUnwritable.

    Args:
        stop: Ends the waiting for it.

    Raises:
        UserError: The state directory cannot be read.
        StoreError: It is named wrongly.
        StoreUnusable: It cannot be opened, or does not answer in time.
    """
    limit = WaitLimit(limit_s=location.limit_s, stop=stop)
    with ExitStack() as opened:
        try:
            if not location.store and not run_folder.is_there(location.directory):
                raise StoreUnwritable(f"{location.directory}: there is no such directory")
            store = opened.enter_context(Store(location.directory, location.store, limit=limit))
            _set_right(store, location)
        except StoreUnwritable:
            opened.close()
            read_only = Store(location.directory, location.store, limit=limit, is_read_only=True)
            store = opened.enter_context(read_only)
            _show_right(store, location)
        yield store


def _set_right(store: Store, location: StateLocation) -> None:
    """End what was left running, and take in what is in folders only."""
    for run in store.runs():
        if _was_left(store, run, location):
            if _was_left_whole(store, run, location):
                store.abandon(run)
            else:
                store.mark_interrupted(_ended(store, run, location))
    for _, run, outcomes in _untaken(store, location):
        try:
            store.begin(run, outcomes, _judged_by(run))
        except StoreError:
            # Another command was first.
            if run.id not in {one.id for one in store.runs()}:
                raise


def _show_right(store: Store, location: StateLocation) -> None:
    """Let the store show what `_set_right` would make of it."""
    for run in store.runs():
        if _was_left(store, run, location) and not _was_left_whole(store, run, location):
            ended = replace(_ended(store, run, location), status=RunStatus.INTERRUPTED)
            store.put_beside(BesideRun(run=ended))
    for folder, run, _ in _untaken(store, location):
        outcomes = partial(_outcomes_of, folder, location)
        store.put_beside(BesideRun(run=run, outcomes=outcomes, context=_judged_by(run)))


def report_of(
    location: StateLocation, name: str, fail_on: Severity | None = None
) -> tuple[StoredRun, Report]:
    """Return a run that is kept, and its report as its audit had it.

    Args:
        name: Its id, the beginning of one, or `last` for the newest audit.
        fail_on: Another severity than the run's own; how it ended is then found anew.

    Raises:
        UserError: There is no such run.
    """
    with open_store(location) as store:
        run_folder.check_no_push(location.directory, name)
        found = choose.named(store.runs(), name)
        if found.kind == PUSH_KIND:
            raise UserError(
                f"run {found.id} is a {found.what}, which has no report: see 'asa-transport show {found.id}' "
                f"where it was made ({found.place})"
            )
        return found, stored_report(store, found, fail_on)


def stored_report(store: Store, found: StoredRun, fail_on: Severity | None = None) -> Report:
    """Return the report of a stored run as its audit had it.

    Args:
        store: Where it is.
        found: The run.
        fail_on: Another severity than the run's own; how it ended is then found anew.

    A run that was killed was never judged: it is judged here, by what it was begun with.
    """
    standard = store.context(found.id, Standard)
    outcomes = stored_outcomes(store, found.id).outcomes
    if found.finished_at is None:
        outcomes = judged_anew(outcomes, standard, store.state)
    devices = outcomes.devices or tuple(outcome.device for outcome in outcomes)
    if found.exit_code is None or fail_on is not None:
        end = audit_end(outcomes, fail_on or found.fail_on)
    else:
        end = RunEnd(found.exit_code)
    return Report(
        run=document_run(found, end, found.finished_at or datetime.now(UTC)),
        devices=devices,
        outcomes=outcomes,
        cases=cases(outcomes, standard, outcomes.mates(devices)),
        now=standard.now,
        fail_on=fail_on or found.fail_on,
        history=transports_before(store, found),
        merging=None if found.part is None else merging_of(standard, devices, outcomes),
    )


def diff_of(location: StateLocation, names: Sequence[str]) -> Diff:
    """Return what changed between two audits that are kept.

    Args:
        names: Ids, or beginnings of them, or `last`; without any the last two whole audits.

    Raises:
        UserError: There is no such run, or none to compare it with.
    """
    with open_store(location) as store:
        for name in names:
            run_folder.check_no_push(location.directory, name)
        found = choose.pair(store.runs(), names)
        after = compare.Side(run=found.after, outcomes=_comparable(store, found.after))
        return between(store, found.before, after, found.skipped)


def between(store: Store, before: StoredRun, after: compare.Side, skipped: Sequence[StoredRun]) -> Diff:
    """Return what changed between a stored run and another one."""
    then = compare.Side(run=before, outcomes=_comparable(store, before))
    found = compare.changes(then, after, _LastAudited(store, before))
    moved = [change.device for change in found if isinstance(change, TransportChanged)]
    if moved:
        seen = store.transports(after.run.id, moved, compare.since)
        found = compare.with_since(found, {name: at for name, (_, at) in seen.items()})
    return Diff(
        before=compare.compared(then),
        after=compare.compared(after),
        skipped=tuple(run.id for run in skipped),
        changes=found,
    )


class _LastAudited(Mapping[str, Audited]):
    """How devices were when they were last audited before a run; each is looked up when it is asked for."""

    def __init__(self, store: Store, before: StoredRun) -> None:
        self._store = store
        self._before = before

    def __getitem__(self, name: str) -> Audited:
        return self._store.last_audited([name], self._before.id)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.names(self._before.id))

    def __len__(self) -> int:
        return len(self._store.names(self._before.id))


def _comparable(store: Store, run: StoredRun) -> Sequence[AuditOutcome]:
    """Return a run's outcomes; findings that an older release kept in words only get their values.

    They follow from the facts and the standard that were kept with them.  Of a run that was taken in
    from its document neither is whole: its findings are compared by key and severity alone.
    """
    kept = stored_outcomes(store, run.id)
    if not kept.is_old or kept.is_taken_in:
        return kept.outcomes
    # Once, in the night after an update.
    outcomes = tuple(kept.outcomes)
    return compare.with_values(outcomes, judged(outcomes, store.context(run.id, Standard)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunList:
    """The runs that are kept, the newest first.

    Attributes:
        place: Where they are, for a person.
        of: How many are kept, those that were not asked for included.
        unsettled: What pushes left unproven or unsaved.
    """

    place: str
    runs: tuple[StoredRun, ...]
    of: int
    unsettled: tuple[Unsettled, ...]


def list_runs(location: StateLocation, *, last: int | None = None, kinds: Sequence[RunKind] = ()) -> RunList:
    """Return the audits, plans and pushes that are kept.

    Args:
        last: Only so many of them, the newest.
        kinds: Only those of these kinds; all of them without any.
    """
    with open_store(location) as store:
        left = known_unsettled(location.directory, shared=store)
        # A push that a shared store lists, and that is here, is as its own files say.
        here = {run.id: run for run in pushes(location)}
        every = (*(run for run in store.runs() if run.id not in here), *here.values())
        found = tuple(reversed(in_turn(every, lambda run: run.turn)))
        wanted = [run for run in found if not kinds or run.what in kinds]
        return RunList(place=store.place, runs=tuple(wanted[:last]), of=len(found), unsettled=left)


def transports_before(store: Store, run: StoredRun) -> tuple[RunTransport, ...]:
    """Return which transports the last whole audits before this run found, for a report's chart."""
    known = store.runs()
    before = itertools.takewhile(lambda one: one.id != run.id, known)
    return transports_of(store, before, run.inventory_file)


def transports_of(store: Store, known: Iterable[StoredRun], inventory_file: str) -> tuple[RunTransport, ...]:
    """Return which transports the last whole audits of an inventory found.

    Args:
        known: In the order in which they began.
        inventory_file: As `StoredRun` has it.
    """
    earlier = [one for one in known if one.is_whole and one.inventory_file == inventory_file][-_CHARTED:]
    counts = store.transport_counts([one.id for one in earlier])
    return tuple(
        RunTransport(
            run_id=one.id,
            started_at=one.started_at,
            smart=counts[one.id].get(TransportType.SMART, 0),
            callhome=counts[one.id].get(TransportType.CALLHOME, 0),
            unknown=counts[one.id].get(None, 0),
            not_audited=one.not_audited,
        )
        for one in earlier
    )


def pushes(location: StateLocation) -> tuple[StoredRun, ...]:
    """Return the pushes in the state directory: they are files only, their journal is what counts."""
    found = []
    for folder in run_folder.folders(location.directory):
        if (folder / run_folder.PUSH).is_file():
            # Of another release, or still being written: it is not listed.
            with suppress(UserError):
                document = run_folder.read_document(folder / run_folder.PUSH)
                push = push_of(document, place=location.place, size=run_folder.size(folder))
                found.append(_made_in(folder, push))
        elif (folder / run_folder.JOURNAL).is_file():
            # It runs now, or was killed before it could write its document.
            with suppress(UserError):
                found.append(_unfinished_push(folder, location))
    return tuple(found)


def _unfinished_push(folder: Path, location: StateLocation) -> StoredRun:
    """Return what is known of a push that has no document: the beginning of its journal."""
    journal = folder / run_folder.JOURNAL
    records = form.read(unsettled.read(journal)).records
    began = records[0] if records else None
    started_at = run_folder.started_at(folder.name) if began is None else began.at
    first = None if began is None or not isinstance(began.event, Began) else began.event
    return StoredRun(
        id=folder.name,
        kind=PUSH_KIND,
        status=RunStatus.RUNNING if unsettled.is_being_written(journal) else RunStatus.INTERRUPTED,
        place=location.place,
        started_at=started_at,
        as_of=started_at,
        tool_version="" if first is None else first.tool_version,
        inventory="",
        inventory_file="",
        policy_sha256="",
        fail_on=Severity.MEDIUM,
        devices=0 if first is None else len(first.devices),
        size=run_folder.size(folder),
        sequence=run_turns.turn(folder).sequence,
        operator=run_folder.owner(folder),
    )


def _is_alive(store: Store, run: StoredRun, location: StateLocation) -> bool:
    if run.place == location.place:
        return run_folder.is_held(location.directory, run.id)
    told = store.is_alive(run.id)
    return datetime.now(UTC) - run.started_at < _SILENT if told is None else told


def _was_left(store: Store, run: StoredRun, location: StateLocation) -> bool:
    """Return whether a run's process is gone without its last word."""
    return run.status is RunStatus.RUNNING and not _is_alive(store, run, location)


def _was_left_whole(store: Store, run: StoredRun, location: StateLocation) -> bool:
    """Return whether that was between its document and the store's last word."""
    folder = location.directory / "runs" / run.id
    is_here = run.place == location.place and (folder / run_folder.AUDIT).is_file()
    return is_here and _was_left(store, run, location)


def _ended(store: Store, run: StoredRun, location: StateLocation) -> StoredRun:
    missed = stored_outcomes(store, run.id).outcomes.counts.not_audited
    return replace(run, not_audited=missed, size=run_folder.size(location.directory / "runs" / run.id))


def _untaken(
    store: Store, location: StateLocation
) -> Iterator[tuple[Path, StoredRun, tuple[AuditOutcome, ...]]]:
    """Yield the runs that are whole in folders here, and not in the store, with their folders."""
    known = {run.id for run in store.runs() if not _was_left_whole(store, run, location)}
    for folder in run_folder.folders(location.directory):
        if folder.name in known or not (folder / run_folder.AUDIT).is_file():
            continue
        try:
            run, outcomes = _of_document(folder, location)
        except UserError:
            # Not ours, or cut off; it stays where it is, for a person.
            continue
        if run.id == folder.name:
            yield folder, run, outcomes


def _of_document(folder: Path, location: StateLocation) -> tuple[StoredRun, tuple[AuditOutcome, ...]]:
    document = run_folder.read_document(folder / run_folder.AUDIT)
    run, outcomes = run_of(document, place=location.place, size=run_folder.size(folder))
    return _made_in(folder, run), outcomes


def _made_in(folder: Path, run: StoredRun) -> StoredRun:
    """Return the run with what its document does not say, and its folder does."""
    return replace(run, sequence=run_turns.turn(folder).sequence, operator=run_folder.owner(folder))


def _outcomes_of(folder: Path, location: StateLocation) -> tuple[AuditOutcome, ...]:
    return _of_document(folder, location)[1]


def _judged_by(run: StoredRun) -> Standard:
    """Return what is known of it from a document: the time."""
    return Standard(policy=Policy(), catalogue=(), exemptions=(), now=run.as_of)
