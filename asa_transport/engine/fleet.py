"""Work on many devices at once, on one event loop: a deadline for each, outcomes as they come.

Guarantees exactly one outcome per device, whatever happens to its work: a callable that
raises, one that never comes back (it is given up, so that no other device waits for it), a
person who stops the run.  Knows nothing of SSH, licences or reports.

The work is plain code that waits through `bridge`; the loop runs in a thread of its own, so
that a signal is heard whatever a device sends.

This is the one place that catches `Exception`: the boundary of one device.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from asa_transport.capabilities import Again, Approach, Deadline, EnableHeld, Visit
from asa_transport.engine import bridge
from asa_transport.engine.attend import attended, running
from asa_transport.engine.deadline import DeviceDeadline, RunStop
from asa_transport.engine.scheduler import Scheduler
from asa_transport.engine.workers import GRACE_S, Loss, Lost, Terms, WorkerPool
from asa_transport.model import Device

__all__ = [
    "GRACE_S",
    "Crew",
    "DeviceDeadline",
    "Loss",
    "Lost",
    "OnLoop",
    "RunStop",
    "Terms",
    "nothing",
    "staged",
]

T = TypeVar("T")

# How long the end of a crew waits for what its devices still close.
_CLOSING_S: Final = 5.0


def staged(
    devices: Sequence[Device], pool: WorkerPool[T], terms: Terms[T], *, approach: Approach, stop: RunStop
) -> Iterator[T]:
    """Yield one outcome per device in completion order; a device reaches a worker only once it has spoken.

    Each is approached first, many of them at once, which holds no worker.  Work that raises
    `Again` gives its worker back, and the device is approached again after a pause, as
    long as attempts and its deadline allow.
    """
    scheduler = Scheduler(devices, pool, terms, approach)
    scheduler.start()
    stop.listen(scheduler.stop)
    try:
        for _ in devices:
            yield scheduler.next()
        scheduler.join()
    finally:
        scheduler.stop()


async def nothing() -> None:
    """Close nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnLoop(Generic[T]):
    """Does the work of all visits on the loop, in turns; implements `workers.WorkerPool`.

    Attributes:
        closing: Awaited at the end of the run.
    """

    work: Callable[[Visit], T]
    lost: Callable[[Lost], T]
    closing: Callable[[], Awaitable[None]] = nothing

    async def close(self) -> None:
        """End what the visits shared."""
        await self.closing()

    async def visit(self, visit: Visit) -> T:
        """Do the work."""
        return await bridge.bridged(partial(_ended, self.work, self.lost, visit))


def _ended(work: Callable[[Visit], T], lost: Callable[[Lost], T], visit: Visit) -> T:
    """Return the outcome of the work on one visit; a fault of ours in it is one too."""
    try:
        return work(visit)
    except Again as again:
        error = again.error
    except EnableHeld:
        raise
    except Exception as fault:
        return lost(Lost(device=visit.device, loss=Loss.CRASHED, error=fault))
    raise error


class Crew(Generic[T]):
    """Works on devices as they are given to it, and tells each outcome once; use it as a context.

    Nothing is tried again and nothing is stopped from here: whoever gives a device decides that.
    Left by an exception (a person who will not wait), it leaves its devices as they are.
    """

    def __init__(
        self,
        *,
        lost: Callable[[Lost], T],
        grace_s: float = GRACE_S,
        closing: Callable[[], Awaitable[None]] = nothing,
    ) -> None:
        """Make a crew.

        Args:
            lost: Makes the outcome of a device that has none of its own.
            grace_s: Seconds after the end of a deadline until its work is given up.
            closing: Awaited at the end.
        """
        self._lost = lost
        self._grace_s = grace_s
        self._closing = closing
        self._finished: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fleet", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or kind is GeneratorExit:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def begin(self, device: Device, work: Callable[[Device, Deadline], T], device_s: float) -> None:
        """Start the work on a device, which has so many seconds; its outcome comes by `next`."""
        self._loop.call_soon_threadsafe(self._start, device, work, device_s)

    def next(self, timeout: float) -> T:
        """Return the next outcome; raise queue.Empty where none comes in time."""
        return self._finished.get(timeout=timeout)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._closed())
        finally:
            self._loop.close()

    async def _closed(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=_CLOSING_S)
        await self._closing()

    def _start(self, device: Device, work: Callable[[Device, Deadline], T], device_s: float) -> None:
        task = self._loop.create_task(self._serve(device, work, device_s))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, device: Device, work: Callable[[Device, Deadline], T], device_s: float) -> None:
        deadline = DeviceDeadline(device_s)

        def done() -> T:
            try:
                return work(device, deadline)
            except Exception as error:
                return self._lost(Lost(device=device, loss=Loss.CRASHED, error=error))

        with running(deadline):
            attending = await attended(bridge.bridged(done), deadline, self._grace_s)
        if attending.done():
            self._finished.put(attending.result())
        else:
            attending.cancel()
            self._finished.put(self._lost(Lost(device=device, loss=Loss.STUCK)))
