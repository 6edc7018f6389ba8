"""Hold a plan and its firewalls for one push: by files, and in a PostgreSQL store for all machines.

Both are taken, the files first: they exclude the threads and processes of one machine, the store those
of others.  A lock in the store ends with its connection.  Whoever holds one asks before each line
(`Lease.check`) and sends none where it is gone, until it is held again and nobody had it in between.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_result, stop_before_delay, wait_fixed

from asa_transport.capabilities import Deadline, Teller
from asa_transport.edges.secrets.operator import login_name
from asa_transport.edges.state.locks import DeviceLocks, Held, Lock
from asa_transport.engine import bridge
from asa_transport.engine.retry import BeforeEnd
from asa_transport.errors import LeaseLost, StateError, StoreUnusable, UsedPlan
from asa_transport.flows.inputs import StateLocation
from asa_transport.flows.push_work import Work
from asa_transport.model import Plan

if TYPE_CHECKING:
    from asa_transport.edges.state.store.machines import Machines, Owner, StoreLock, StoreLocks

ALONE = (
    "note: locks of firewalls hold on this machine alone: a push on another machine is not kept out. "
    "A run store in PostgreSQL (--store) does that"
)
_BETWEEN = wait_fixed(1.0)


@contextlib.contextmanager
def machines_of(location: StateLocation, *, tell: Teller | None = None) -> Iterator[Machines | None]:
    """Give what pushes of several machines meet in; `None` where the store is no PostgreSQL.

    Args:
        tell: For a run that only looks: told where the store cannot be opened, and it goes on without.

    Raises:
        StoreError: It is named wrongly, or cannot be opened: then nobody knows what other machines do.
    """
    if location.store is None:
        yield None
        return
    # Only here: it brings the database.
    from asa_transport.edges.state.store.machines import Machines, is_shared  # noqa: PLC0415

    if not is_shared(location.directory, location.store):
        yield None
        return
    try:
        machines = Machines(location.directory, location.store, limit_s=location.limit_s)
    except StoreUnusable as error:
        if tell is not None:
            tell.warn(f"warning: {error}; what pushes of other machines used or left is not known")
            yield None
            return
        raise type(error)(
            f"{error}; a push is locked there, so nothing was contacted. Without --store and "
            "ASA_TRANSPORT_STORE a push is locked on this machine alone"
        ) from error
    with machines:
        yield machines


def owner(run: str, plan: Plan | None = None) -> Owner:
    """Return who takes locks: this run, on this machine."""
    from asa_transport.edges.state.store.machines import Owner  # noqa: PLC0415

    return Owner(
        machine=socket.gethostname(),
        operator=login_name(),
        run=run,
        plan=None if plan is None else plan.id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PushLocks:
    """The locks of one run.

    Attributes:
        store: `None` where no store is shared.
    """

    files: DeviceLocks
    store: StoreLocks | None = None


class Lease:
    """Firewalls that are held for a push, or why they cannot be.

    Attributes:
        obstacle: `None` where they are held.
    """

    def __init__(self, held: Sequence[StoreLock] = (), *, obstacle: str | None = None) -> None:
        self._held = held
        self.obstacle = obstacle

    def lost(self) -> str | None:
        """Return what has become of them; `None` where they are held."""
        return bridge.aside(self._first(lambda lock: lock.lost())) if self._held else None

    def retaken(self) -> str | None:
        """Take again what was lost; return why that cannot be, `None` where all is held."""
        return bridge.aside(self._first(lambda lock: lock.retaken())) if self._held else None

    def check(self, device: str) -> None:
        """Raise LeaseLost where the firewalls are not held any more; to be asked before a line is sent."""
        lost = self.lost()
        if lost is not None:
            raise LeaseLost(
                device, did="ask for the lock", saw=lost, hint="see that the run store stays up, and resume"
            )

    def awaited(self, deadline: Deadline, limit_s: float) -> str | None:
        """Take again what was lost, within this time; return why that could not be."""
        found: str | None = Retrying(
            retry=retry_if_result(lambda why: why is not None),
            stop=stop_before_delay(limit_s) | BeforeEnd(deadline),
            wait=_BETWEEN,
            sleep=deadline.sleep,
            retry_error_callback=lambda state: None if state.outcome is None else state.outcome.result(),
        )(self.retaken)
        return found

    def _first(self, ask: Callable[[StoreLock], str | None]) -> Callable[[], str | None]:
        return lambda: next((why for why in map(ask, self._held) if why is not None), None)


@contextlib.contextmanager
def holding(work: Work, run: str) -> Iterator[PushLocks]:
    """Hold the plan, and give what holds its firewalls; raise UsedPlan where another push has the plan."""
    name, files = f"plan-{work.plan.digest}", DeviceLocks(work.state, run=run)
    with ExitStack() as held:
        found = files.take(name, datetime.now(UTC))
        if isinstance(found, Held):
            raise _in_use(found)
        held.enter_context(found)
        if work.machines is None:
            yield PushLocks(files=files)
            return
        store = held.enter_context(work.machines.locks(owner(run, work.plan)))
        # The run's own says to other machines that it lives.
        for one in (name, f"run-{run}"):
            taken = store.take(one, datetime.now(UTC))
            if isinstance(taken, Held):
                raise _in_use(taken)
        yield PushLocks(files=files, store=store)


def leases(locks: PushLocks) -> Callable[[Iterable[str]], AbstractContextManager[Lease]]:
    """Return what holds firewalls for a push, by the names of their locks, or says why it cannot."""

    @contextlib.contextmanager
    def lease(names: Iterable[str]) -> Iterator[Lease]:
        with contextlib.ExitStack() as held:
            in_store: list[StoreLock] = []
            for name in names:
                try:
                    found = bridge.aside(partial(_taken, locks, name), unwanted=_let_go)
                except (StateError, StoreUnusable, ValueError) as error:
                    yield Lease(obstacle=f"the device cannot be locked for this push: {error}")
                    return
                if isinstance(found, Held):
                    yield Lease(obstacle=f"another push has locked the device: {found.by}")
                    return
                file, stored = found
                held.enter_context(file)
                if stored is not None:
                    in_store.append(stored)
                    held.callback(bridge.aside, stored.release)
            yield Lease(tuple(in_store))

    return lease


def _taken(locks: PushLocks, name: str) -> tuple[Lock, StoreLock | None] | Held:
    """Take a lock on this machine, then in the store; let go of the one where the other is not had."""
    now = datetime.now(UTC)
    file = locks.files.take(name, now)
    if isinstance(file, Held) or locks.store is None:
        return file if isinstance(file, Held) else (file, None)
    try:
        stored = locks.store.take(name, now)
    except BaseException:
        file.release()
        raise
    if isinstance(stored, Held):
        file.release()
        return stored
    return file, stored


def _let_go(found: tuple[Lock, StoreLock | None] | Held) -> None:
    if not isinstance(found, Held):
        for lock in found:
            if lock is not None:
                lock.release()


def _in_use(found: Held) -> UsedPlan:
    return UsedPlan(f"the plan is being pushed right now, by {found.by}; wait for its end")
