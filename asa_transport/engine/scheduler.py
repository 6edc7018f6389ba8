"""Bring many devices through approach, login and work, each with its own deadline.

One thread runs the event loop in which every decision is made, so nothing here is locked.
A device that is approached, or that waits before it is tried again, holds no worker; one
that waits for a worker does not use up its time.  Guarantees exactly one outcome per
device.  Knows nothing of SSH, licences or reports; the pool that does the work is given.

An audit gives all its devices at once and has them approached; a push adds each when its turn
comes, and its work dials for itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from asa_transport.capabilities import Approach, EnableHeld, Link, LoginHeld, OpenGate, Visit, untold
from asa_transport.engine import bridge, retry
from asa_transport.engine.admission import Queue
from asa_transport.engine.attend import attend, time_running
from asa_transport.engine.deadline import DeviceDeadline
from asa_transport.engine.places import Place, Places
from asa_transport.engine.secret_guard import Permits, SecretGuard
from asa_transport.engine.workers import Loss, Lost, Terms, WorkerPool
from asa_transport.errors import ConnectError, DeviceError
from asa_transport.model import Device, SecretUse

T = TypeVar("T")

# A signal that comes just before a wait begins does not end it: its handler would run with
# the next outcome only, which may be minutes away.  So no wait is longer than this.
_SIGNAL_S = 0.5
# So many devices beyond the workers are dialled ahead, so that no worker waits for a
# handshake of TCP (measured).
_AHEAD: Final = 32
# A healthy device answers within this, across the world too; one that does not is dialled on,
# but no longer in the place of one that would.
_PATIENCE_S: Final = 2.0
# A device ends a connection without a login after its grace time (OpenSSH: 120 s).  One that
# waited so long for a worker is dialled anew rather than met half-dead.
_STALE_S: Final = 20.0


@dataclass(slots=True)
class _Entry:
    """One device on its way; `turn` is set once it is admitted again."""

    place: int
    device: Device
    device_deadline: DeviceDeadline
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    is_in_work: bool = False
    is_silent: bool = False
    silences: int = 0
    wants_enable: bool = False
    permits: Permits | None = None


def _given(link: Link | None, device: Device) -> Link:
    if link is None:
        raise RuntimeError(f"{device.name}: the work dials for itself")
    return link


class Scheduler(Generic[T]):
    """One run; use it once, as a context.

    Left by an exception (a person who will not wait), it leaves its devices as they are.
    """

    def __init__(
        self,
        pool: WorkerPool[T],
        terms: Terms[T],
        *,
        devices: Sequence[Device] = (),
        approach: Approach | None = None,
    ) -> None:
        """Make a run.

        Args:
            devices: Those that are known before it starts.
            approach: Opens the link of each visit; `None` for work that dials for itself.
        """
        self._finished: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._pool = pool
        self._terms = terms
        self._approach = approach
        self._wake = asyncio.Event()
        self._devices: list[Device] = []
        self._open = 0
        self._is_closed = False
        self._begun: dict[int, _Entry] = {}
        self._waiting: Queue[int] = Queue(terms.caps)
        for device in devices:
            self._add(device)
        self._ahead = 0
        self._silent = 0
        self._is_stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fleet", daemon=True)

    # Called from the run's own thread, whichever that is.

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind is None:
            self._thread.join()

    def begin(self, device: Device) -> None:
        """Add a device; its outcome comes by `next`."""
        self._call(self._add, device)

    def close(self) -> None:
        """Take no more devices: the run ends with the last one that it has."""
        self._call(self._close)

    def next(self, between: Callable[[], object] = untold) -> T:
        """Wait for the next outcome, and call `between` twice a second meanwhile."""
        while True:
            # Asked before the wait: the last outcome may come, and the thread end, right after it.
            is_over = not self._thread.is_alive()
            try:
                return self._finished.get(timeout=_SIGNAL_S)
            except queue.Empty:
                between()
                if is_over:
                    raise RuntimeError("the scheduler ended before its devices") from None

    def stop(self) -> None:
        """Start nothing more, close what runs; safe to call more than once and from a signal handler."""
        self._call(self._stop)

    def _call(self, call: Callable[..., None], *given: Device) -> None:
        # A loop that has ended has nothing left to be told.
        with contextlib.suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(call, *given)

    # Everything below runs in the loop.

    def _time(self) -> float:
        return self._loop.time() if self._loop is not None else 0.0

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._terms.new_loop) as runner:
                runner.run(self._main())
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._places = Places(self._terms.workers, self._terms.lent, self._wake.set)
        self._guard = _guard(self._terms, self._asked_again)
        self._ready.set()
        try:
            while self._open or not self._is_closed:
                self._admit()
                await self._wake.wait()
                self._wake.clear()
        finally:
            await self._pool.close()

    def _add(self, device: Device) -> None:
        place = len(self._devices)
        self._devices.append(device)
        self._open += 1
        self._waiting.add(place, device, place)
        self._wake.set()

    def _close(self) -> None:
        self._is_closed = True
        self._wake.set()

    def _admit(self) -> None:
        while (
            not self._is_stopped
            and self._ahead < self._terms.workers + self._places.lent + _AHEAD
            and self._silent < self._terms.silent
        ):
            place = self._waiting.take()
            if place is None:
                return
            self._ahead += 1
            if place in self._begun:
                self._begun[place].turn.set()
            else:
                self._begin(place)

    def _begin(self, place: int) -> None:
        device = self._devices[place]
        device_deadline = DeviceDeadline(self._terms.device_s, clock=self._time)
        device_deadline.pause()
        entry = self._begun[place] = _Entry(place, device, device_deadline)
        self._terms.started(device)
        entry.task = asyncio.create_task(self._go(entry))
        entry.task.add_done_callback(partial(self._check, entry))

    def _check(self, entry: _Entry, task: asyncio.Task[None]) -> None:
        """Give a device its outcome where its task has none: it was stopped, or met a fault of ours."""
        error = None if task.cancelled() else task.exception()
        if task.cancelled() and self._is_stopped:
            self._deliver(entry.place, self._gone(entry.device))
        elif isinstance(error, Exception):
            lost = Lost(device=entry.device, loss=Loss.CRASHED, error=error)
            self._deliver(entry.place, self._terms.lost(lost))

    def _stop(self) -> None:
        self._is_stopped = True
        for place in self._waiting.drain():
            if place not in self._begun:
                self._deliver(place, self._gone(self._devices[place]))
        for entry in tuple(self._begun.values()):
            if entry.is_in_work:
                entry.device_deadline.end(stopped=True)
            elif entry.task is not None:
                entry.task.cancel()

    def _gone(self, device: Device) -> T:
        return self._terms.lost(Lost(device=device, loss=Loss.STOPPED))

    def _deliver(self, place: int, outcome: T) -> None:
        self._begun.pop(place, None)
        self._open -= 1
        self._finished.put(outcome)
        self._wake.set()

    async def _go(self, entry: _Entry) -> None:
        """Make attempts, as many as its terms are, and deliver the outcome."""
        try:
            outcome = await retry.connect_in_turns(
                partial(self._attempt, entry),
                self._terms.attempts,
                entry.device_deadline,
                jitter=self._terms.jitter,
                sleep=partial(self._rest, entry),
            )
        except DeviceError as error:
            outcome = self._terms.failed(entry.device, error)
        self._deliver(entry.place, outcome)

    async def _rest(self, entry: _Entry, seconds: float) -> None:
        """Wait before the next attempt, in nobody's place."""
        with time_running(entry.device_deadline):
            await asyncio.sleep(seconds)
        await self._admitted(entry)

    async def _admitted(self, entry: _Entry) -> None:
        """Queue for the next turn."""
        if self._is_stopped:
            # The stop came with the end of this turn, and has passed what waits already.
            raise asyncio.CancelledError
        entry.turn.clear()
        self._waiting.add(entry.place, entry.device, entry.place)
        self._wake.set()
        await entry.turn.wait()

    async def _attempt(self, entry: _Entry) -> T:
        """Make one attempt: a turn, and another where the device was reached and held back a secret."""
        while True:
            try:
                return await self._tried(entry)
            except EnableHeld:
                entry.wants_enable = True
            except LoginHeld:
                # It waits with the others, and asks for the secret of that time.
                pass
            finally:
                if entry.permits is not None:
                    entry.permits.give_back()
                    entry.permits = None
                self._ahead -= 1
                self._waiting.leave(entry.device)
                self._wake.set()
            await self._admitted(entry)

    async def _tried(self, entry: _Entry) -> T:
        while True:
            if self._guard is not None:
                await self._guard.settled(entry.device, wants_enable=entry.wants_enable)
            link = await self._approached(entry)
            since = self._time()
            try:
                if self._guard is not None and entry.permits is None:
                    entry.permits = await self._guard.permits(entry.device, wants_enable=entry.wants_enable)
                async with self._places.held() as place:
                    if self._time() - since < _STALE_S:
                        return await self._worked(entry, link, place)
            finally:
                if link is not None:
                    link.close()

    async def _approached(self, entry: _Entry) -> Link | None:
        if self._approach is None:
            return None
        began = self._time()
        patience = asyncio.get_running_loop().call_later(_PATIENCE_S, self._grow_silent, entry)
        try:
            with time_running(entry.device_deadline):
                return await self._approach(entry.device, entry.device_deadline)
        except ConnectError as error:
            if error.is_transient and self._time() - began >= self._terms.silence_s:
                entry.silences += 1
                if entry.silences >= retry.MOST_SILENCES:
                    raise retry.after_silences(error) from error
            raise
        finally:
            patience.cancel()
            if entry.is_silent:
                entry.is_silent = False
                self._silent -= 1
                self._ahead += 1

    def _grow_silent(self, entry: _Entry) -> None:
        entry.is_silent = True
        self._silent += 1
        self._ahead -= 1
        self._wake.set()

    async def _worked(self, entry: _Entry, link: Link | None, place: Place) -> T:
        """Have the work done; give it up where it does not come back after the deadline has ended."""
        device_deadline, permits = entry.device_deadline, entry.permits
        visit = Visit(
            device=entry.device,
            dial=partial(_given, link),
            deadline=device_deadline,
            judged=_unheard if permits is None else self._told_by(permits.judge),
            gate=OpenGate() if permits is None else permits,
            heard=place.heard,
        )
        place.begin()
        entry.is_in_work = True
        try:
            with time_running(device_deadline):
                work = await attend(self._pool.visit(visit), device_deadline, self._terms.grace_s)
        finally:
            entry.is_in_work = False
        if work.done():
            return work.result()
        work.cancel()
        loss = Loss.STOPPED if device_deadline.is_stopped() else Loss.STUCK
        return self._terms.lost(Lost(device=entry.device, loss=loss))

    def _told_by(self, judge: Callable[[SecretUse, bool], None]) -> Callable[[SecretUse, bool], None]:
        """Return what may be told of a secret from any thread."""
        loop = asyncio.get_running_loop()

        def judged(use: SecretUse, accepted: bool) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(judge, use, accepted)

        return judged

    async def _asked_again(self, device: Device, use: SecretUse) -> bool | None:
        """Log in to a device that is done with, and out; return what it makes of a secret now."""
        login, said = self._terms.login, dict[SecretUse, bool]()
        if self._approach is None or login is None:
            return None
        deadline = DeviceDeadline(self._terms.device_s, clock=self._time)
        link: Link | None = None
        try:
            with time_running(deadline):
                link = await self._approach(device, deadline)
                visit = Visit(
                    device=device,
                    dial=partial(_given, link),
                    deadline=deadline,
                    judged=said.__setitem__,
                    gate=OpenGate(),
                )
                await attend(bridge.bridged(partial(login, visit)), deadline, self._terms.grace_s)
        except DeviceError:
            return None
        finally:
            if link is not None:
                link.close()
        return said.get(use)


def _unheard(use: SecretUse, accepted: bool) -> None:
    del use, accepted


def _guard(
    terms: Terms[T], ask_again: Callable[[Device, SecretUse], Awaitable[bool | None]]
) -> SecretGuard | None:
    if terms.trial is None:
        return None
    return SecretGuard(
        terms.trial,
        read_again=terms.read_again,
        ask_again=None if terms.login is None else ask_again,
        tell=terms.tell,
    )
