"""The history of runs, in a database: begun before the first contact, finished at the end.

    with Store(state, url) as store:
        store.begin(run, outcomes, context)     every device, "not finished" yet
        store.add(run.id, outcomes)             as they come, judged or not yet
        store.finish(run, outcomes)             from here on the run is whole

Guarantees that a run is seen whole or as not finished, never in between, and that a
reader sees one state of it whatever is written meanwhile.  A process that dies leaves its
run `running`; who finds that out marks it `interrupted`.  Any number of processes may
read and write at once.  Outcomes come back as the values that were given.  Each question has a
limit for the whole of it: a server that takes it and goes silent raises StoreUnusable.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import sqlalchemy as sa

from asa_transport.edges.state.locks import Held
from asa_transport.edges.state.store import codec, machines, rows
from asa_transport.edges.state.store.engine import (
    located,
    open_engine,
    open_readable,
    reading,
    shown,
    writing,
)
from asa_transport.edges.state.store.tables import FIRST, HEAD, devices, runs
from asa_transport.engine.wait_limit import GivenUp, WaitLimit
from asa_transport.errors import StoreUnusable
from asa_transport.model import Audited, AuditOutcome, RunStatus, StoredRun, TransportType, Unsettled
from asa_transport.model.turn import in_turn

T = TypeVar("T")
P = ParamSpec("P")
# The columns of one device, as `rows.columns` makes them.
Row = Mapping[str, Any]
# Fewer than the variables that a statement may have in any database.
_CHUNK: Final = 500
# Any number of our own, and another one than that of the migrations.
_SEQUENCE_LOCK: Final = 7_460_225_968
# Of some kilobytes each at the most.
_PAGE: Final = 1000
_LIMIT: Final = WaitLimit(limit_s=60.0)


def _limited(method: Callable[Concatenate[Store, P], T]) -> Callable[Concatenate[Store, P], T]:
    """Return the method with the limit of its store; it must be no generator."""

    @functools.wraps(method)
    def within(store: Store, /, *given: P.args, **named: P.kwargs) -> T:
        return store.waited(lambda: method(store, *given, **named))

    return within


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideRun:
    """A run that is not in a store that cannot be written, or is there as it was before it was lost.

    Attributes:
        outcomes: Read when they are asked for; `None` where the store has them.
        context: What it is judged by; `None` where the store has it.
    """

    run: StoredRun
    outcomes: Callable[[], Sequence[AuditOutcome]] | None = None
    context: object | None = None


class Store:
    """An open store; safe to share between threads.

    Attributes:
        state: The state directory.
    """

    def __init__(
        self, state: Path, url: str | None = None, *, limit: WaitLimit = _LIMIT, is_read_only: bool = False
    ) -> None:
        """Open it, and make or migrate its tables.

        Args:
            is_read_only: Take it as it is, also where nothing can be written.

        Raises:
            StoreError: The URL is none of a store.
            StoreUnusable: It cannot be opened.
        """
        self.state = state
        self._limit = limit
        self._url = located(state, url)
        self._beside: dict[str, BesideRun] = {}
        opening = open_readable if is_read_only else open_engine
        self._engine, version = self.waited(lambda: opening(self._url))
        # Those of the first release have their clocks alone.
        self._is_server = version == HEAD and self._engine.dialect.name == "postgresql"
        self._sequence = sa.literal(0) if version == FIRST else runs.c.sequence

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @property
    def place(self) -> str:
        """Where it is, for messages; without a password."""
        return shown(self._url)

    def waited(self, question: Callable[[], T]) -> T:
        """Return the answer to a question; raise StoreUnusable where it does not come in time."""
        try:
            return self._limit.call("store", question)
        except GivenUp as given_up:
            raise StoreUnusable(f"the run store {self.place}: {given_up}") from None

    def put_beside(self, entry: BesideRun) -> None:
        """Show a run, to who reads here, as it would be if the store took it.

        What `last_audited` and `callhome_since` say is of the store alone.
        """
        self._beside[entry.run.id] = entry

    # Writing.

    @_limited
    def begin(self, run: StoredRun, outcomes: Iterable[AuditOutcome], context: object) -> None:
        """Write a run with one outcome for every device it selected.

        Args:
            run: Running, or finished elsewhere.  A running one is the last from now on, whatever its number;
                one that has none stands behind those that, by the clocks, began before it.
            outcomes: Of a running one: what is to be said of each device if nothing follows.
            context: What it is judged by; comes back from `context`.
        """
        with writing(self._engine) as connection:
            sequence = _sequence(connection, run)
            values = {**_run_columns(run), "context": codec.write(context), "sequence": sequence}
            key = connection.execute(runs.insert().values(values)).inserted_primary_key
            assert key is not None  # noqa: S101 - every INSERT of one row has one
            left = iter(outcomes)
            # Some at a time: of ten thousand devices they are many megabytes.
            while found := [_first_row(run, one, key[0]) for one in itertools.islice(left, _CHUNK)]:
                connection.execute(devices.insert(), found)

    def add(self, run_id: str, outcomes: Sequence[AuditOutcome]) -> None:
        """Write how devices of a running run ended, be they judged yet or not."""
        self.add_rows(run_id, list(map(rows.columns, outcomes)))

    @_limited
    def add_rows(self, run_id: str, found: Sequence[Row]) -> None:
        """Write the same, as `row` made it."""
        with writing(self._engine) as connection:
            _update(connection, run_id, found)

    @_limited
    def finish(self, run: StoredRun, outcomes: Sequence[AuditOutcome]) -> None:
        """Write the run at its end, and at once with it the outcomes that were not written yet."""
        with writing(self._engine) as connection:
            _update(connection, run.id, list(map(rows.columns, outcomes)))
            connection.execute(runs.update().where(runs.c.id == run.id).values(_run_columns(run)))

    @_limited
    def mark_interrupted(self, run: StoredRun) -> None:
        """Note that a run will not come to its end; without effect where it just did."""
        values = _run_columns(replace(run, status=RunStatus.INTERRUPTED))
        with writing(self._engine) as connection:
            connection.execute(runs.update().where(_is_running(run)).values(values))

    @_limited
    def take_up(self, run: StoredRun) -> None:
        """Note that a run which was left goes on, as this one.

        Raises:
            StoreUnusable: It has come to its end meanwhile, or is not here.
        """
        with writing(self._engine) as connection:
            is_it = (runs.c.id == run.id) & (runs.c.finished_at.is_(None))
            done = connection.execute(runs.update().where(is_it).values(_run_columns(run)))
            if done.rowcount != 1:
                raise StoreUnusable(f"the run store {self.place}: run {run.id} has ended meanwhile")

    @contextmanager
    def lease(self, owner: machines.Owner) -> Iterator[Held | None]:
        """Say to other machines that this run lives, or say who else makes it; a server only can.

        Raises:
            StoreUnusable: It does not answer.
        """
        if not self._is_server:
            yield None
            return
        with machines.lease(self._url, owner, self._limit) as found:
            yield found

    @_limited
    def is_alive(self, run_id: str) -> bool | None:
        """Return whether the process that makes a run lives, wherever; `None` where nothing tells."""
        if not self._is_server:
            return None
        with reading(self._engine) as connection:
            return machines.is_alive(connection, run_id)

    @_limited
    def abandon(self, run: StoredRun) -> None:
        """Remove a run that will not come to its end here; without effect where it just did."""
        with writing(self._engine) as connection:
            connection.execute(runs.delete().where(_is_running(run)))

    @_limited
    def remove(self, run_ids: Sequence[str]) -> None:
        """Remove runs; their devices go with them."""
        with writing(self._engine) as connection:
            for chunk in _chunks(run_ids):
                connection.execute(runs.delete().where(runs.c.id.in_(chunk)))

    @_limited
    def settle(self, entry: Unsettled, *, by: str) -> None:
        """Note that this run's reading settles what a push of some machine left."""
        with writing(self._engine) as connection:
            machines.settle(connection, entry, by=by)

    # Reading.

    @_limited
    def left_elsewhere(self) -> tuple[Unsettled, ...]:
        """Return what pushes of all machines that share the store left unsettled, the oldest run first."""
        if not self._is_server:
            return ()
        with reading(self._engine) as connection:
            return machines.left_elsewhere(connection)

    @_limited
    def runs(self) -> tuple[StoredRun, ...]:
        """Return every run, in the order in which they began."""
        return self._all_runs()

    def _all_runs(self) -> tuple[StoredRun, ...]:
        query = sa.select(runs.c.run, runs.c.status, self._sequence)
        with reading(self._engine) as connection:
            rows_found = connection.execute(query).all()
        found = {
            run.id: run
            for run in (
                replace(codec.read(StoredRun, data), status=RunStatus(status), sequence=sequence)
                for data, status, sequence in rows_found
            )
        }
        found |= {run_id: entry.run for run_id, entry in self._beside.items()}
        return in_turn(found.values(), lambda run: run.turn)

    def outcomes(self, run_id: str) -> tuple[AuditOutcome, ...]:
        """Return a run's outcomes, sorted by device name."""
        found = [codec.read_outcome(data) for _, data in self.records(run_id)]
        return tuple(sorted(found, key=lambda outcome: outcome.device.name))

    @_limited
    def names(self, run_id: str) -> tuple[str, ...]:
        """Return the names of a run's devices, in no order."""
        beside = self._outcomes_beside(run_id)
        if beside is not None:
            return tuple(outcome.device.name for outcome in beside)
        query = sa.select(devices.c.name).join(runs).where(runs.c.id == run_id)
        with reading(self._engine) as connection:
            return tuple(connection.execute(query).scalars())

    @_limited
    def records(self, run_id: str) -> tuple[tuple[str, bytes], ...]:
        """Return a run's outcomes in no order, name and record: some 300 bytes a device."""
        beside = self._outcomes_beside(run_id)
        if beside is not None:
            return tuple((outcome.device.name, codec.write_outcome(outcome)) for outcome in beside)
        query = sa.select(devices.c.name, devices.c.record).join(runs).where(runs.c.id == run_id)
        with reading(self._engine) as connection:
            return tuple((row[0], row[1]) for row in connection.execute(query))

    def finished(self, run_id: str) -> Iterator[AuditOutcome]:
        """Yield what is known of the devices of a run that were finished, by name; some at a time."""
        for page in self._pages(run_id):
            for _, kind, record in page:
                if kind != rows.UNFINISHED:
                    yield codec.read_outcome(record)

    def pages(self, run_id: str) -> Iterator[tuple[str, bytes]]:
        """Yield a run's outcomes by name, name and record; no more than some are held at once."""
        if (beside := self._outcomes_beside(run_id)) is not None:
            yield from ((outcome.device.name, codec.write_outcome(outcome)) for outcome in beside)
            return
        for page in self._pages(run_id):
            yield from ((name, record) for name, _, record in page)

    def _pages(self, run_id: str) -> Iterator[Sequence[tuple[str, str, bytes]]]:
        after = ""
        while page := self._page(run_id, after):
            yield page
            after = page[-1][0]

    @_limited
    def _page(self, run_id: str, after: str) -> Sequence[tuple[str, str, bytes]]:
        key = sa.select(runs.c.key).where(runs.c.id == run_id).scalar_subquery()
        query = (
            sa.select(devices.c.name, devices.c.outcome, devices.c.record)
            .where((devices.c.run_key == key) & (devices.c.name > after))
            .order_by(devices.c.name)
            .limit(_PAGE)
        )
        with reading(self._engine) as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(query)]

    @_limited
    def context(self, run_id: str, kind: type[T]) -> T:
        """Return what a run is judged by, as it was given to `begin`."""
        beside = self._beside.get(run_id)
        if beside is not None and isinstance(beside.context, kind):
            return beside.context
        with reading(self._engine) as connection:
            data = connection.execute(sa.select(runs.c.context).where(runs.c.id == run_id)).scalar()
        if data is None:
            raise StoreUnusable(f"the run store {self.place} has no run {run_id!r:.100}")
        return codec.read(kind, data)

    @_limited
    def last_audited(self, names: Iterable[str], before: str) -> Mapping[str, Audited]:
        """Return how these devices were when they were last audited, in a run that began before this one."""
        found, turns = {}, self._turns()
        with reading(self._engine) as connection:
            for name in names:
                is_it = (devices.c.name == name) & (devices.c.outcome == rows.AUDITED)
                query = (
                    sa.select(devices.c.record)
                    .join(turns, turns.c.key == devices.c.run_key)
                    .where(is_it & (turns.c.turn < _turn_of(turns, before)))
                )
                data = connection.execute(query.order_by(turns.c.turn.desc()).limit(1)).scalar()
                outcome = None if data is None else codec.read_outcome(data)
                if isinstance(outcome, Audited):
                    found[name] = outcome
        return found

    @_limited
    def callhome_since(self) -> Mapping[str, datetime]:
        """Return since when every run found callhome, for the devices whose last known transport it is.

        A run that did not read it says nothing.
        """
        is_callhome, turns = devices.c.transport == TransportType.CALLHOME.value, self._turns()
        is_of = turns.c.key == devices.c.run_key
        other = (
            sa.select(devices.c.name, sa.func.max(turns.c.turn).label("last"))
            .join(turns, is_of)
            .where(~is_callhome)
            .group_by(devices.c.name)
            .subquery()
        )
        is_since = other.c.last.is_(None) | (turns.c.turn > other.c.last)
        query = (
            sa.select(devices.c.name, sa.func.min(turns.c.turn).label("first"))
            .join(turns, is_of)
            .outerjoin(other, other.c.name == devices.c.name)
            .where(is_callhome & is_since)
            .group_by(devices.c.name)
            .subquery()
        )
        dated = sa.select(query.c.name, turns.c.as_of).join(turns, turns.c.turn == query.c.first)
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(dated)}

    @_limited
    def transports(
        self, until: str, names: Sequence[str], take: Callable[[Iterator[tuple[str, str, datetime]]], T]
    ) -> T:
        """Return what `take` makes of device, transport and time for every run that knew it.

        Args:
            until: Runs that began after this one are left out; none is where it is not here.
            names: The devices.
            take: Given them one by one, each device's oldest first; years of a fleet are too many to hold.
        """
        places = {run.id: place for place, run in enumerate(self._all_runs())}
        last = places.get(until, len(places))
        beside = self._transports_beside()

        def found(connection: sa.Connection) -> Iterator[tuple[str, str, datetime]]:
            for chunk in _chunks(names):
                query = (
                    sa.select(devices.c.name, devices.c.transport, runs.c.as_of, runs.c.id)
                    .join(runs)
                    .where(devices.c.transport.is_not(None) & devices.c.name.in_(chunk))
                )
                seen = [tuple(row) for row in connection.execute(query) if row[3] not in beside]
                seen += [row for rows_of in beside.values() for row in rows_of if row[0] in chunk]
                # One that has begun meanwhile is later than all that is known of.
                placed = sorted((row[0], places.get(row[3], len(places)), *row[1:3]) for row in seen)
                yield from ((name, kind, at) for name, place, kind, at in placed if place <= last)

        with reading(self._engine) as connection:
            return take(found(connection))

    @_limited
    def transport_counts(self, run_ids: Sequence[str]) -> Mapping[str, Mapping[str | None, int]]:
        """Return for each of these runs how many audited devices have which transport; `None`: not shown."""
        found: dict[str, dict[str | None, int]] = {run_id: {} for run_id in run_ids}
        is_counted = devices.c.outcome == rows.AUDITED
        with reading(self._engine) as connection:
            for chunk in _chunks(run_ids):
                query = (
                    sa.select(runs.c.id, devices.c.transport, sa.func.count())
                    .join_from(devices, runs)
                    .where(is_counted & runs.c.id.in_(chunk))
                    .group_by(runs.c.id, devices.c.transport)
                )
                for run_id, transport, count in connection.execute(query):
                    found[run_id][transport] = count
        for run_id in run_ids:
            beside = self._outcomes_beside(run_id)
            if beside is not None:
                kinds = [one.facts.transport.type for one in beside if isinstance(one, Audited)]
                found[run_id] = dict(Counter(None if kind is None else kind.value for kind in kinds))
        return found

    def _turns(self) -> sa.CTE:
        """Return the runs with their places in the order in which they began, 1 for the first."""
        # By their numbers, and only where these say nothing by a clock: as `RunTurn` has it.
        order = (self._sequence, runs.c.started_at, runs.c.id)
        place = sa.func.row_number().over(order_by=order).label("turn")
        return sa.select(runs.c.key, runs.c.id, runs.c.as_of, place).cte("turns")

    def _transports_beside(self) -> Mapping[str, Sequence[tuple[str, str, datetime, str]]]:
        """Return what each run knew that has its outcomes beside the store, as `transports` reads it."""
        return {
            run_id: [
                (one.device.name, one.facts.transport.type.value, entry.run.as_of, run_id)
                for one in entry.outcomes()
                if isinstance(one, Audited) and one.facts.transport.type is not None
            ]
            for run_id, entry in self._beside.items()
            if entry.outcomes is not None
        }

    def _outcomes_beside(self, run_id: str) -> Sequence[AuditOutcome] | None:
        beside = self._beside.get(run_id)
        return None if beside is None or beside.outcomes is None else beside.outcomes()


def _turn_of(turns: sa.CTE, run_id: str) -> sa.ScalarSelect[int]:
    return sa.select(turns.c.turn).where(turns.c.id == run_id).scalar_subquery()


def _sequence(connection: sa.Connection, run: StoredRun) -> int:
    if run.status is RunStatus.RUNNING:
        if connection.dialect.name == "postgresql":
            # Two machines that begin at once must not both be the last.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SEQUENCE_LOCK)))
        highest = connection.execute(sa.select(sa.func.max(runs.c.sequence))).scalar()
        return max(run.sequence or 0, (highest or 0) + 1)
    if run.sequence is not None:
        return run.sequence
    before = sa.select(sa.func.max(runs.c.sequence)).where(runs.c.started_at < run.started_at)
    return connection.execute(before).scalar() or 0


def _first_row(run: StoredRun, outcome: AuditOutcome, key: int) -> Row:
    row = {**rows.columns(outcome), "run_key": key}
    if run.status is RunStatus.RUNNING and row["outcome"] == rows.NOT_AUDITED:
        row["outcome"] = rows.UNFINISHED
    return row


def _is_running(run: StoredRun) -> sa.ColumnElement[bool]:
    # Asked in the statement that acts on it: the run may have ended since it was read.
    return (runs.c.id == run.id) & (runs.c.status == RunStatus.RUNNING.value)


def _update(connection: sa.Connection, run_id: str, found: Sequence[Row]) -> None:
    if not found:
        return
    key = connection.execute(sa.select(runs.c.key).where(runs.c.id == run_id)).scalar_one()
    is_it = (devices.c.run_key == key) & (devices.c.name == sa.bindparam("of"))
    values = [{**row, "of": row["name"]} for row in found]
    for value in values:
        del value["name"]
    connection.execute(devices.update().where(is_it), values)


def _run_columns(run: StoredRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "kind": run.kind,
        "status": run.status.value,
        "started_at": run.started_at,
        "as_of": run.as_of,
        "finished_at": run.finished_at,
        "run": codec.write(run),
    }


def _chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(items), _CHUNK):
        yield items[begin : begin + _CHUNK]
