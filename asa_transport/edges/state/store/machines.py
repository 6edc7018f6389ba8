"""What pushes of several machines tell each other in a PostgreSQL store: locks, uses of plans, what is left.

    with Machines(state, url) as machines:
        locks = machines.locks(owner)       one connection of its own, for as long as a lock is held
        locks.take("serial-9A1B2C", now)    a StoreLock, or who has it
        machines.mark_used(...)             by one machine, once, for good

A lock is a session-level advisory lock: the server releases it when its connection ends, so a process
that is killed keeps none.  Its number is the key of a row that has its name, beside the number of our
table, so that two names never share a lock, and no other program has ours.  Never goes through a pool,
where a lock would outlive its holder, and never connects again in silence: who lost the connection is
told so, and may take the lock again where nobody had it in between.

Source: PostgreSQL documentation, "Advisory Locks" and "pg_locks".
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import OID, REGCLASS, insert
from sqlalchemy.engine import URL, Connection, Engine

from asa_transport.edges.state.locks import Held
from asa_transport.edges.state.store import codec
from asa_transport.edges.state.store.engine import located, open_alone, open_engine, shown, translated
from asa_transport.edges.state.store.tables import locks as lock_table
from asa_transport.edges.state.store.tables import plan_uses
from asa_transport.edges.state.used_plans import Use, check_uses
from asa_transport.engine.wait_limit import GivenUp, WaitLimit
from asa_transport.errors import StoreUnusable
from asa_transport.model import Unsettled
from asa_transport.text import instant

T = TypeVar("T")

NAME: Final = "asa-transport locks"
# Whoever holds a lock waits for the answer with a firewall in configuration mode.
_MOST_S: Final = 15.0
# Rows are removed by hand alone, and not again and again.
_ATTEMPTS: Final = 10
_OUR_NUMBER: Final = sa.cast(sa.cast(sa.literal(lock_table.name), REGCLASS), OID)
_KEY: Final = sa.bindparam("key", type_=sa.Integer)
_TRY: Final = sa.select(sa.func.pg_try_advisory_lock(sa.cast(_OUR_NUMBER, sa.Integer), _KEY))
_LET_GO: Final = sa.select(sa.func.pg_advisory_unlock(sa.cast(_OUR_NUMBER, sa.Integer), _KEY))
_VIEW: Final = sa.table(
    "pg_locks", *map(sa.column, ("locktype", "database", "classid", "objid", "objsubid", "pid", "granted"))
)
_BASES: Final = sa.table("pg_database", sa.column("oid"), sa.column("datname"))
_HERE: Final = sa.select(_BASES.c.oid).where(_BASES.c.datname == sa.func.current_database()).scalar_subquery()
_IS_OURS: Final = (
    (_VIEW.c.locktype == "advisory")
    & _VIEW.c.granted
    # 2: a lock by two numbers.
    & (_VIEW.c.objsubid == 2)
    & (_VIEW.c.classid == _OUR_NUMBER)
    & (_VIEW.c.database == _HERE)
)
_HOLDER: Final = sa.select(_VIEW.c.pid).where(_IS_OURS & (_VIEW.c.objid == sa.cast(_KEY, OID)))
_IS_MINE: Final = sa.select(_HOLDER.scalar_subquery() == sa.func.pg_backend_pid())
# Of those, the runs whose process lives.
_ALIVE: Final = (
    sa.select(lock_table.c.name)
    .join_from(lock_table, _VIEW, _VIEW.c.objid == sa.cast(lock_table.c.key, OID))
    .where(_IS_OURS & lock_table.c.name.like("run-%"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who takes locks, for the message of whoever finds them held.

    Attributes:
        operator: The login name.
        plan: The id of the plan that is pushed.
    """

    machine: str
    operator: str
    run: str
    plan: str | None = None


class StoreLock:
    """A lock in the store; held until `release`, or the end of the connection that holds it.

    Attributes:
        is_of_run: It is held for the whole run; one that is lost is taken again with any other.
    """

    def __init__(self, locks: StoreLocks, name: str, key: int, taken: int) -> None:
        self.name = name
        self.key = key
        self.taken = taken
        self.is_of_run = name.startswith(("run-", "plan-"))
        self._locks = locks

    def lost(self) -> str | None:
        """Ask the server whether it is still held; return what has become of it, `None` where it is."""
        return self._locks.lost(self)

    def retaken(self) -> str | None:
        """Take it again after it was lost; return why that cannot be, `None` where it is held again.

        It is where nobody had it in between, so that what was read under it stands.
        """
        return self._locks.retaken(self)

    def release(self) -> None:
        """Let go; where the connection is gone, the server has done so."""
        self._locks.release(self)


class StoreLocks:
    """The locks that one run holds in the store, all on one connection; may be called from many threads."""

    def __init__(self, engine: Engine, owner: Owner, limit: WaitLimit) -> None:
        self._engine = engine
        self._owner = owner
        self._limit = limit
        self._guard = threading.Lock()
        self._connection: Connection | None = None
        self._why_lost = "the connection to it has ended"
        self._on: dict[str, Connection] = {}
        self._held: dict[str, StoreLock] = {}

    def take(self, name: str, now: datetime) -> StoreLock | Held:
        """Take a lock, or say at once who has it; as `DeviceLocks.take`.

        Raises:
            StoreUnusable: The store does not answer.
        """
        with self._guard:
            if name in self._held:
                return Held(name=name, by=f"this push, run {self._owner.run}")
            take = partial(self._taken, name=name, now=now)
            if self._connection is None:
                return self._asked(take)
            try:
                return self._asked(take)
            except StoreUnusable:
                # The server may have been started again since, and nothing was held by this yet.
                return self._asked(take)

    def lost(self, lock: StoreLock) -> str | None:
        """Return what has become of the lock; `None` where it is held."""
        with self._guard:
            connection = self._on.get(lock.name)
            if connection is None or connection is not self._connection:
                return self._told(lock, self._why_lost)
            try:
                is_mine = self._within(lambda: connection.execute(_IS_MINE, {"key": lock.key}).scalar())
            except StoreUnusable as error:
                return self._told(lock, str(error))
            if is_mine:
                return None
            # Something between us and the server gives each question another connection of it.
            self._drop("the connection to it is another one than before")
            return self._told(lock, self._why_lost)

    def retaken(self, lock: StoreLock) -> str | None:
        """Take a lost lock again, and with it those of the whole run; return why that cannot be."""
        with self._guard:
            of_run = [one for one in self._held.values() if one.is_of_run and one is not lock]
            try:
                for one in (*of_run, lock):
                    found = self._asked(partial(self._again, lock=one))
                    if found is not None:
                        return self._told(one, found)
            except StoreUnusable as error:
                return self._told(lock, str(error))
            return None

    def release(self, lock: StoreLock) -> None:
        """Let go of it."""
        with self._guard:
            if self._held.get(lock.name) is lock:
                del self._held[lock.name]
            connection = self._on.pop(lock.name, None)
            if connection is not None and connection is self._connection:
                with contextlib.suppress(StoreUnusable):
                    self._within(lambda: connection.execute(_LET_GO, {"key": lock.key}))

    def close(self) -> None:
        """Let go of all."""
        with self._guard:
            self._held.clear()
            self._drop("it was closed")

    def _taken(self, connection: Connection, name: str, now: datetime) -> StoreLock | Held:
        for _ in range(_ATTEMPTS):
            key = _key(connection, name)
            if not connection.execute(_TRY, {"key": key}).scalar():
                return Held(name=name, by=_holder(connection, key))
            mine = {**self._row(), "since": now, "taken": lock_table.c.taken + 1}
            noted = lock_table.update().where(lock_table.c.key == key).values(mine)
            taken = connection.execute(noted.returning(lock_table.c.taken)).scalar()
            if taken is not None:
                lock = StoreLock(self, name, key, taken)
                self._held[name], self._on[name] = lock, connection
                return lock
            connection.execute(_LET_GO, {"key": key})
        raise StoreUnusable(
            f"the run store {shown(self._engine.url)}: its locks are removed while it is used"
        )

    def _again(self, connection: Connection, lock: StoreLock) -> str | None:
        is_on = self._on.get(lock.name) is connection
        if is_on and connection.execute(_IS_MINE, {"key": lock.key}).scalar():
            return None
        if not connection.execute(_TRY, {"key": lock.key}).scalar():
            return f"it is held by {_holder(connection, lock.key)}"
        is_it = (lock_table.c.key == lock.key) & (lock_table.c.taken == lock.taken)
        noted = lock_table.update().where(is_it).values(self._row())
        if connection.execute(noted.returning(lock_table.c.key)).scalar() is None:
            connection.execute(_LET_GO, {"key": lock.key})
            return "another push has had it since"
        self._on[lock.name] = connection
        return None

    def _row(self) -> dict[str, Any]:
        owner = self._owner
        return {
            "backend": sa.func.pg_backend_pid(),
            "machine": owner.machine[:255],
            "operator": owner.operator[:255],
            "pid": os.getpid(),
            "run": owner.run[:80],
            "plan": None if owner.plan is None else owner.plan[:80],
        }

    def _asked(self, question: Callable[[Connection], T]) -> T:
        """Return the answer on our connection, on a new one where there is none."""
        if self._connection is None:
            self._connection = self._within(self._engine.connect)
        connection = self._connection
        return self._within(lambda: question(connection))

    def _within(self, question: Callable[[], T]) -> T:
        """Return the answer, in time; raise StoreUnusable where there is none, and drop the connection."""

        def asked() -> T:
            with translated(self._engine.url):
                return question()

        try:
            return self._limit.call("store-locks", asked)
        except GivenUp as given_up:
            self._drop(str(given_up), is_silent=True)
            raise StoreUnusable(f"the run store {shown(self._engine.url)}: {given_up}") from None
        except StoreUnusable as error:
            self._drop(str(error))
            raise

    def _drop(self, why: str, *, is_silent: bool = False) -> None:
        connection, self._connection = self._connection, None
        self._on.clear()
        self._why_lost = why
        if connection is None:
            return
        if is_silent:
            # A thread waits on it still.  The server, once it is back, is to see that nobody is there.
            with contextlib.suppress(Exception):
                _hang_up(connection)
            return
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            connection.invalidate()
            connection.close()

    def _told(self, lock: StoreLock, why: str) -> str:
        return f"the lock {lock.name} in the run store {shown(self._engine.url)} was lost: {why}"


class Machines:
    """A PostgreSQL store, as pushes of several machines use it; safe to share between threads."""

    def __init__(self, state: Path, url: str, *, limit_s: float = _MOST_S) -> None:
        """Open it, and make or migrate its tables.

        Args:
            limit_s: Seconds for each question, the whole of it; never more than a push can wait.

        Raises:
            StoreError: The URL is none of a PostgreSQL store.
            StoreUnusable: It cannot be opened.
        """
        self._url = located(state, url)
        self._limit = WaitLimit(limit_s=min(limit_s, _MOST_S))
        opened, _ = self._ask(partial(open_engine, self._url))
        opened.dispose()
        self._engine = open_alone(self._url, NAME)

    def __enter__(self) -> Machines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    @property
    def place(self) -> str:
        """Where it is, for messages; without a password."""
        return shown(self._url)

    @contextlib.contextmanager
    def locks(self, owner: Owner) -> Iterator[StoreLocks]:
        """Give the locks of one run; all are let go at the end."""
        held = StoreLocks(self._engine, owner, self._limit)
        try:
            yield held
        finally:
            held.close()

    def check_unused(self, digest: str, names: Collection[str], *, run: str | None = None) -> None:
        """Raise UsedPlan where the plan was used for one of these devices by another run, on any machine."""
        check_uses(self._uses(digest, names), of=len(names), run=run)

    def mark_used(
        self, digest: str, device: str, *, owner: Owner, at: datetime, unsettled: Unsettled | None
    ) -> None:
        """Note that this run pushes the plan to the device, for good; of two pushes one can.

        Args:
            unsettled: What is left, if nobody ever says more.

        Raises:
            UsedPlan: Another run did so before, on any machine.
            StoreUnusable: It cannot be noted.
        """
        row = {
            "digest": digest,
            "device": device,
            "run": owner.run,
            "machine": owner.machine[:255],
            "operator": owner.operator[:255],
            "at": at,
            "unsettled": None if unsettled is None else codec.write(unsettled),
        }
        put = insert(plan_uses).values(row).on_conflict_do_nothing()
        self._asked(lambda connection: connection.execute(put))
        # Whoever was first: this run, where it goes on.
        self.check_unused(digest, (device,), run=owner.run)

    def note_left(self, digest: str, device: str, run: str, left: Unsettled | None) -> None:
        """Note what this run leaves of the device now; `None` where nothing is unsettled."""
        values = {"unsettled": None if left is None else codec.write(left), "settled_by": None}
        is_it = (plan_uses.c.digest == digest) & (plan_uses.c.device == device) & (plan_uses.c.run == run)
        self._asked(lambda connection: connection.execute(plan_uses.update().where(is_it).values(values)))

    def left_elsewhere(self) -> tuple[Unsettled, ...]:
        """Return what pushes of all machines left unsettled, the oldest run first."""
        return self._asked(left_elsewhere)

    def settle(self, entry: Unsettled, *, by: str) -> None:
        """Note that this run settles what a push left."""
        self._asked(partial(settle, entry=entry, by=by))

    def _uses(self, digest: str, names: Collection[str]) -> Mapping[str, Use]:
        columns = (
            plan_uses.c.device,
            plan_uses.c.run,
            plan_uses.c.at,
            plan_uses.c.operator,
            plan_uses.c.machine,
        )
        query = sa.select(*columns).where(plan_uses.c.digest == digest)
        rows = self._asked(lambda connection: connection.execute(query).all())
        wanted = set(names)
        return {
            device: Use(run=run, at=instant(at), by=f"{operator}@{machine}")
            for device, run, at, operator, machine in rows
            if device in wanted
        }

    def _asked(self, question: Callable[[Connection], T]) -> T:
        def asked() -> T:
            with self._engine.connect() as connection:
                return question(connection)

        return self._ask(asked)

    def _ask(self, question: Callable[[], T]) -> T:
        def asked() -> T:
            with translated(self._url):
                return question()

        try:
            return self._limit.call("store", asked)
        except GivenUp as given_up:
            raise StoreUnusable(f"the run store {self.place}: {given_up}") from None


@contextlib.contextmanager
def lease(url: URL, owner: Owner, limit: WaitLimit) -> Iterator[Held | None]:
    """Hold the lock of one run for as long as its process makes it, or say who else does."""
    engine = open_alone(url, NAME)
    held = StoreLocks(engine, owner, limit)
    try:
        found = held.take(f"run-{owner.run}", datetime.now(UTC))
        yield found if isinstance(found, Held) else None
    finally:
        held.close()
        engine.dispose()


def is_alive(connection: Connection, run: str) -> bool | None:
    """Return whether somebody holds the lock of this run; `None` where nobody ever has."""
    query = sa.select(lock_table.c.key).where(lock_table.c.name == f"run-{run}")
    key = connection.execute(query).scalar()
    return None if key is None else connection.execute(_HOLDER, {"key": key}).scalar() is not None


def is_shared(state: Path, url: str | None) -> bool:
    """Return whether several machines may meet in this store: whether it is a PostgreSQL.

    Raises:
        StoreError: The URL is none of a store.
    """
    return url is not None and located(state, url).get_backend_name() == "postgresql"


def left_elsewhere(connection: Connection) -> tuple[Unsettled, ...]:
    """Return what pushes left unsettled whose process lives no more, on any machine; the oldest run first."""
    if connection.dialect.name != "postgresql":
        return ()
    query = sa.select(plan_uses.c.unsettled).where(plan_uses.c.unsettled.is_not(None) & ~_is_settled())
    found = [codec.read(Unsettled, data) for data in connection.execute(query).scalars()]
    alive = {name.removeprefix("run-") for name in connection.execute(_ALIVE).scalars()} if found else set()
    return tuple(
        sorted((one for one in found if one.run not in alive), key=lambda one: (one.run, one.device))
    )


def settle(connection: Connection, entry: Unsettled, *, by: str) -> None:
    """Note that a later reading settles it.

    Args:
        by: The run that read.
    """
    is_it = (plan_uses.c.run == entry.run) & (plan_uses.c.device == entry.device)
    connection.execute(plan_uses.update().where(is_it & ~_is_settled()).values(settled_by=by))


def _is_settled() -> sa.ColumnElement[bool]:
    return plan_uses.c.settled_by.is_not(None)


def _key(connection: Connection, name: str) -> int:
    """Return the number of the lock's row, which is made where there is none."""
    query = sa.select(lock_table.c.key).where(lock_table.c.name == name)
    found: int | None = connection.execute(query).scalar()
    if found is None:
        # Looked for first: an INSERT uses up a number also where it makes no row.
        connection.execute(insert(lock_table).values(name=name).on_conflict_do_nothing())
        found = connection.execute(query).scalar_one()
    return found


def _holder(connection: Connection, key: int) -> str:
    """Return who holds the lock, in words; the row is written after it was taken."""
    backend = connection.execute(_HOLDER, {"key": key}).scalar()
    row = connection.execute(sa.select(lock_table).where(lock_table.c.key == key)).one_or_none()
    if row is None or backend is None or row.backend != backend:
        return "another process, which has not said its name"
    plan = "" if row.plan is None else f", plan {row.plan}"
    since = "" if row.since is None else f", since {instant(row.since)}"
    return f"process {row.pid} of {row.operator} on {row.machine}, run {row.run}{plan}{since}"


def _hang_up(connection: Connection) -> None:
    """End the connection under whoever waits on it."""
    driver: Any = connection.connection.driver_connection
    with socket.socket(fileno=os.dup(driver.fileno())) as ended:
        ended.shutdown(socket.SHUT_RDWR)
