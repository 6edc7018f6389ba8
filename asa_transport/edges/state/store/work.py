"""What workers in the regions are to do, as rows of a PostgreSQL store: waiting, claimed, finished.

The broker's message is no more than "there is something in this region".  Who claims a device, who has
finished it and whether the run is to go on is asked here, at that moment: so a message that comes twice, late
or never does no harm.  A device has one outcome, the first that is written.

A worker lives while the session that it registered with holds its lock: PostgreSQL lets go of it with the
session, whatever ended it.  What a dead one had claimed waits again.

Sources: PostgreSQL documentation, "Explicit Locking" (advisory locks), "SELECT" (SKIP LOCKED); why the
claim is a CTE: a LIMIT in a sub-select beside SKIP LOCKED may take more than it says.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from asa_transport.edges.state.store import codec
from asa_transport.edges.state.store.engine import located, open_engine, reading, shown, translated, writing
from asa_transport.edges.state.store.tables import work_credentials, work_devices, work_runs, workers
from asa_transport.engine.wait_limit import GivenUp, WaitLimit
from asa_transport.errors import StoreError, StoreUnusable
from asa_transport.model import AuditOutcome, Capture, Device
from asa_transport.model.dispatch import LiveWorker, RegionLoad, SecretStanding, WorkerRecord, WorkOrder

T = TypeVar("T")
# Numbers of our own; the second half of a lock is a worker's key, or the digest of a run's id.
_WORKER_LOCKS: Final = 746_022
_CLAIM_LOCKS: Final = 746_023
_CHUNK: Final = 500
_LIMIT: Final = WaitLimit(limit_s=30.0)
# What a coordinator that died left, and nobody took up again.
_FORGOTTEN_DAYS: Final = 3
# A peer that is cut off is found out within this many seconds; the system's own default is two hours.
# Source: PostgreSQL documentation, "Connections and Authentication", TCP settings.
_KEEPALIVE: Final = ("tcp_keepalives_idle = 5", "tcp_keepalives_interval = 5", "tcp_keepalives_count = 3")


class State(enum.StrEnum):
    """Where a device is on its way."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    FINISHED = "finished"
    TAKEN = "taken"


# Not `IN`: a statement for many rows takes no list.
_IS_OPEN: Final = (work_devices.c.state == State.WAITING) | (work_devices.c.state == State.CLAIMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One device that a worker has finished.

    Attributes:
        answers: What it said; `None` where nothing was read.
        duration_s: How long it took; `None` for a device that was not begun.
    """

    outcome: AuditOutcome
    answers: Capture | None
    duration_s: float | None


class WorkTable:
    """The rows of the work; safe to share between threads."""

    def __init__(self, state: Path, url: str | None, *, limit: WaitLimit = _LIMIT) -> None:
        """Open it, and make or migrate its tables.

        Raises:
            StoreError: The store is no PostgreSQL.
            StoreUnusable: It cannot be opened.
        """
        self._url = located(state, url)
        self._limit = limit
        if self._url.get_backend_name() != "postgresql":
            raise StoreError(
                f"the run store {shown(self._url)} is a file of one machine, and the workers of the regions "
                "share a database: give --store or ASA_TRANSPORT_STORE as "
                "postgresql+psycopg://USER@HOST/DATABASE"
            )
        self._engine, _ = self._waited(lambda: open_engine(self._url))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    @property
    def place(self) -> str:
        """Where it is, for messages; without a password."""
        return shown(self._url)

    # Asked by who gives the work out.

    def begin(self, order: WorkOrder, devices: Sequence[Device], now: datetime) -> None:
        """Put a run's devices there, all of which have a region; forget what nobody took up again."""
        age = sa.func.now() - sa.text(f"interval '{_FORGOTTEN_DAYS} days'")

        def written(connection: sa.Connection) -> None:
            # Of a run that goes on, what the process that died had given out is given out anew.
            is_over = (work_runs.c.begun_at < age) | (work_runs.c.id == order.run)
            connection.execute(work_runs.delete().where(is_over))
            row = {"id": order.run, "work_order": codec.write(order), "begun_at": now}
            connection.execute(work_runs.insert().values(row))
            for start in range(0, len(devices), _CHUNK):
                rows = [_device_row(order.run, device) for device in devices[start : start + _CHUNK]]
                connection.execute(work_devices.insert(), rows)

        self._written(written)

    def take(self, run: str, most: int) -> Sequence[Finished]:
        """Return what was finished since; each once."""
        picked = (
            sa.select(work_devices.c.name)
            .where((work_devices.c.run == run) & (work_devices.c.state == State.FINISHED))
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte("picked")
        )
        taking = (
            work_devices.update()
            .where((work_devices.c.run == run) & (work_devices.c.name == picked.c.name))
            .values(state=State.TAKEN)
            .returning(work_devices.c.outcome, work_devices.c.answers, work_devices.c.duration_s)
        )
        found = self._written(lambda connection: connection.execute(taking).all())
        return [_finished(*row) for row in found]

    def load(self, run: str) -> Mapping[str, RegionLoad]:
        """Return what is left, by region; a region of which nothing is left is not among them."""
        query = (
            sa.select(work_devices.c.region, work_devices.c.state, sa.func.count())
            .where((work_devices.c.run == run) & _IS_OPEN)
            .group_by(work_devices.c.region, work_devices.c.state)
        )
        counts: dict[str, dict[str, int]] = {}
        for region, state, count in self._read(lambda connection: connection.execute(query).all()):
            counts.setdefault(region, {})[state] = count
        return {
            region: RegionLoad(waiting=found.get(State.WAITING, 0), claimed=found.get(State.CLAIMED, 0))
            for region, found in counts.items()
        }

    def claimed(self, run: str) -> frozenset[str]:
        """Return the devices that are being read."""
        query = sa.select(work_devices.c.name).where(
            (work_devices.c.run == run) & (work_devices.c.state == State.CLAIMED)
        )
        return self._read(lambda connection: frozenset(connection.execute(query).scalars()))

    def recover(self, run: str, most: int) -> Sequence[str]:
        """Let what dead workers had claimed wait again; return the devices that were claimed too often.

        Those have no outcome from now on but the one that is to be said of them.

        Args:
            most: The most claims of one device.
        """

        def recovered(connection: sa.Connection) -> Sequence[str]:
            mine = work_devices.c.run == run
            is_left = (work_devices.c.state == State.CLAIMED) & work_devices.c.worker.not_in(live_keys())
            again = work_devices.update().where(mine & is_left).values(state=State.WAITING, worker=None)
            connection.execute(again)
            is_spent = (work_devices.c.state == State.WAITING) & (work_devices.c.claims >= most)
            giving = work_devices.update().where(mine & is_spent).values(state=State.TAKEN)
            return tuple(connection.execute(giving.returning(work_devices.c.name)).scalars())

        return self._written(recovered)

    def give_up(self, run: str, region: str) -> Sequence[str]:
        """Take what waits in a region out of the work, and return its names."""
        mine = (work_devices.c.run == run) & (work_devices.c.region == region)
        giving = work_devices.update().where(mine & (work_devices.c.state == State.WAITING))
        return self._written(
            lambda connection: tuple(
                connection.execute(giving.values(state=State.TAKEN).returning(work_devices.c.name)).scalars()
            )
        )

    def stop(self, run: str) -> None:
        """Have the workers end what they do for a run."""
        stopping = work_runs.update().where(work_runs.c.id == run).values(is_stopped=True)
        self._written(lambda connection: connection.execute(stopping))

    def close(self, run: str) -> None:
        """Remove a run's rows: every outcome was taken."""
        self._written(lambda connection: connection.execute(work_runs.delete().where(work_runs.c.id == run)))

    def live_workers(self) -> Sequence[LiveWorker]:
        """Return the workers that live, by region and age."""
        silent = sa.func.extract("epoch", sa.func.timezone("UTC", sa.func.now()) - workers.c.seen_at)
        query = (
            sa.select(workers.c.key, workers.c.record, silent, workers.c.run)
            .where(workers.c.key.in_(live_keys()))
            .order_by(workers.c.region, workers.c.key)
        )
        found = self._read(lambda connection: connection.execute(query).all())
        return [
            LiveWorker(key=key, record=codec.read(WorkerRecord, data), silent_s=float(silent), run=run)
            for key, data, silent, run in found
        ]

    # Asked by a worker.

    def register(self, record: WorkerRecord) -> Registration:
        """Make a worker known, and keep it so."""
        return self._waited(lambda: Registration(self._engine, record))

    def order(self, run: str) -> WorkOrder | None:
        """Return how a run is read; `None` where it is over, or is to end."""
        query = sa.select(work_runs.c.work_order).where((work_runs.c.id == run) & ~work_runs.c.is_stopped)
        data = self._read(lambda connection: connection.execute(query).scalar())
        return None if data is None else codec.read(WorkOrder, data)

    def credentials(self, run: str, region: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return the names of the credentials that log in to what waits in a region, and to jump hosts."""
        mine = (work_devices.c.run == run) & (work_devices.c.region == region)
        query = (
            sa.select(work_devices.c.credential, work_devices.c.jump_credential)
            .where(mine & (work_devices.c.state == State.WAITING))
            .distinct()
        )
        found = self._read(lambda connection: connection.execute(query).all())
        return frozenset(row[0] for row in found), frozenset(row[1] for row in found if row[1] is not None)

    def jumps(self, run: str, region: str) -> frozenset[str]:
        """Return the jump hosts that what waits in a region is behind, as the inventory names them."""
        mine = (work_devices.c.run == run) & (work_devices.c.region == region)
        is_behind = mine & (work_devices.c.state == State.WAITING) & work_devices.c.jump.is_not(None)
        query = sa.select(work_devices.c.jump).where(is_behind).distinct()
        return self._read(lambda connection: frozenset(connection.execute(query).scalars()))

    def claim(self, run: str, region: str, worker: int, most: int) -> Sequence[Device]:
        """Claim so many devices that wait in a region, at most.

        A credential that no device of the region has accepted yet is tried by one worker at a time, of all
        regions: two that each try it twice would lock an account that stands three.
        """

        def claimed(connection: sa.Connection) -> Sequence[Device]:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CLAIM_LOCKS, sa.func.hashtext(run))))
            is_run = sa.select(work_runs.c.id).where((work_runs.c.id == run) & ~work_runs.c.is_stopped)
            if connection.execute(is_run).scalar() is None:
                return ()
            mine = (work_devices.c.run == run) & (work_devices.c.region == region)
            picked = (
                sa.select(work_devices.c.name)
                .where(mine & (work_devices.c.state == State.WAITING) & ~_is_held(run, region, worker))
                .order_by(work_devices.c.name)
                .limit(most)
                .with_for_update(skip_locked=True)
                .cte("picked")
            )
            claiming = (
                work_devices.update()
                .where((work_devices.c.run == run) & (work_devices.c.name == picked.c.name))
                .values(state=State.CLAIMED, worker=worker, claims=work_devices.c.claims + 1)
                .returning(work_devices.c.device)
            )
            return [codec.read(Device, data) for data in connection.execute(claiming).scalars()]

        return self._written(claimed)

    def standing(self, run: str, region: str, credential: str) -> SecretStanding:
        """Return what the run knows of a credential."""
        known = work_credentials
        query = sa.select(known.c.region, known.c.use, known.c.rejected, known.c.is_proven).where(
            (known.c.run == run) & (known.c.credential == credential)
        )
        rejected: dict[str, int] = {}
        is_proven = False
        for where, use, count, proven in self._read(lambda connection: connection.execute(query).all()):
            if not proven:
                rejected[use] = rejected.get(use, 0) + count
            is_proven = is_proven or (proven and where == region)
        return SecretStanding(rejected=rejected, is_proven=is_proven)

    def note_secret(
        self, run: str, region: str, credential: str, use: str, *, rejected: int, is_proven: bool
    ) -> None:
        """Add what devices of a region made of a credential."""
        row = {"run": run, "region": region, "credential": credential, "use": use}
        adding = insert(work_credentials).values({**row, "rejected": rejected, "is_proven": is_proven})
        known = work_credentials.c
        adding = adding.on_conflict_do_update(
            index_elements=[known.run, known.region, known.credential, known.use],
            set_={
                "rejected": known.rejected + adding.excluded.rejected,
                "is_proven": known.is_proven | adding.excluded.is_proven,
            },
        )
        self._written(lambda connection: connection.execute(adding))

    def finish(self, run: str, found: Iterable[Finished]) -> bool:
        """Write outcomes, and return whether the run goes on; of a device that has one, the first counts."""

        def finished(connection: sa.Connection) -> bool:
            rows = [_outcome_row(one) for one in found]
            if rows:
                update = work_devices.update().where(
                    (work_devices.c.run == run) & (work_devices.c.name == sa.bindparam("of")) & _IS_OPEN
                )
                update = update.values(
                    state=State.FINISHED,
                    outcome=sa.bindparam("new_outcome"),
                    answers=sa.bindparam("new_answers"),
                    duration_s=sa.bindparam("new_duration_s"),
                )
                connection.execute(update, rows)
            is_open = sa.select(~work_runs.c.is_stopped).where(work_runs.c.id == run)
            return bool(connection.execute(is_open).scalar())

        return self._written(finished)

    def release(self, run: str, worker: int) -> None:
        """Let what a worker has claimed and not finished wait again: it ends its work on the run."""
        mine = (work_devices.c.run == run) & (work_devices.c.worker == worker)
        releasing = work_devices.update().where(mine & (work_devices.c.state == State.CLAIMED))
        released = releasing.values(state=State.WAITING, worker=None)
        self._written(lambda connection: connection.execute(released))

    def _read(self, question: Callable[[sa.Connection], T]) -> T:
        def asked() -> T:
            with reading(self._engine) as connection:
                return question(connection)

        return self._waited(asked)

    def _written(self, action: Callable[[sa.Connection], T]) -> T:
        def done() -> T:
            with writing(self._engine) as connection:
                return action(connection)

        return self._waited(done)

    def _waited(self, question: Callable[[], T]) -> T:
        try:
            return self._limit.call("work", question)
        except GivenUp as given_up:
            raise StoreUnusable(f"the run store {shown(self._url)}: {given_up}") from None


class Registration:
    """A worker that is known; use it as a context.

    It has a connection of its own, which holds its lock: one of the pool would be given to another, and the
    lock with it.
    """

    def __init__(self, engine: sa.Engine, record: WorkerRecord) -> None:
        with translated(engine.url):
            self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._connection.detach()
            for setting in _KEEPALIVE:
                self._connection.exec_driver_sql(f"SET {setting}")
            # The rows of workers that are dead; nobody else looks after them.
            self._connection.execute(workers.delete().where(workers.c.key.not_in(live_keys())))
            row = {"region": record.region, "seen_at": database_time(), "record": codec.write(record)}
            adding = workers.insert().values(row).returning(workers.c.key)
            self.key = int(self._connection.execute(adding).scalar_one())
            self._connection.execute(sa.select(sa.func.pg_advisory_lock(_WORKER_LOCKS, self.key)))
        self._url = engine.url

    def __enter__(self) -> Registration:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Be known no longer."""
        self._connection.close()

    def beat(self, run: str | None) -> None:
        """Say that it lives, and what it works on; raise StoreUnusable where the store has lost it."""
        with translated(self._url):
            update = (
                workers.update().where(workers.c.key == self.key).values(seen_at=database_time(), run=run)
            )
            if not self._connection.execute(update).rowcount:
                raise StoreUnusable(f"the run store {shown(self._url)} no longer knows this worker")


def database_time() -> sa.ColumnElement[Any]:
    """Return the database's time: the clocks of workers differ."""
    return sa.func.timezone("UTC", sa.func.now())


def live_keys() -> sa.Select[Any]:
    """Return the keys of workers that live.

    Source: PostgreSQL documentation, "pg_locks": the two halves of a key are classid and objid.
    """
    locks = sa.table("pg_locks", *map(sa.column, ("locktype", "classid", "objid", "database", "granted")))
    catalog = sa.table("pg_database", sa.column("oid"), sa.column("datname"))
    here = sa.select(catalog.c.oid).where(catalog.c.datname == sa.func.current_database())
    is_ours = (locks.c.locktype == "advisory") & (locks.c.classid == _WORKER_LOCKS) & locks.c.granted
    key = sa.cast(sa.cast(locks.c.objid, sa.BigInteger), sa.Integer)
    return sa.select(key).where(is_ours & (locks.c.database == here.scalar_subquery()))


def _is_held(run: str, region: str, worker: int) -> sa.ColumnElement[bool]:
    """Return whether another worker tries the device's credential, and it is not known yet to be right."""
    other = work_devices.alias("other")
    known = work_credentials
    proven = sa.exists().where(
        (known.c.run == run)
        & (known.c.region == region)
        & (known.c.credential == work_devices.c.credential)
        & known.c.is_proven
    )
    proven_there = sa.exists().where(
        (known.c.run == run)
        & (known.c.region == other.c.region)
        & (known.c.credential == other.c.credential)
        & known.c.is_proven
    )
    tried = sa.exists().where(
        (other.c.run == run)
        & (other.c.credential == work_devices.c.credential)
        & (other.c.state == State.CLAIMED)
        & (other.c.worker != worker)
        & other.c.worker.in_(live_keys())
        & ~proven_there
    )
    return ~proven & tried


def _device_row(run: str, device: Device) -> dict[str, object]:
    return {
        "run": run,
        "name": device.name,
        "region": device.region,
        "credential": device.credential,
        "jump": device.jump,
        "jump_credential": device.jump_credential if device.jump is not None else None,
        "device": codec.write(device),
        "state": State.WAITING,
    }


def _outcome_row(found: Finished) -> dict[str, object]:
    answers = None if found.answers is None else codec.write(found.answers)
    return {
        "of": found.outcome.device.name,
        "new_outcome": codec.write_outcome(found.outcome),
        "new_answers": answers,
        "new_duration_s": found.duration_s,
    }


def _finished(outcome: bytes, answers: bytes | None, duration_s: float | None) -> Finished:
    return Finished(
        outcome=codec.read_outcome(outcome),
        answers=None if answers is None else codec.read(Capture, answers),
        duration_s=duration_s,
    )
