"""Run one callable over many devices: workers, a deadline for each, outcomes as they come.

Guarantees exactly one outcome per device, whatever happens to its worker: a
callable that raises, one that never comes back (its worker is given up and
replaced, so that no other device waits for it), a person who stops the run.
Knows nothing of SSH, licences or reports.

This is the one place that catches `Exception`: the boundary of one device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from asa_transport.capabilities import Again, Approach, Deadline, EnableHeld, Visit
from asa_transport.engine.deadline import DeviceDeadline, RunStop
from asa_transport.engine.scheduler import Scheduler
from asa_transport.engine.threads import in_thread
from asa_transport.engine.workers import GRACE_S, Done, End, Failed, Held, Loss, Lost, Terms, WorkerPool
from asa_transport.model import Device

__all__ = ["GRACE_S", "DeviceDeadline", "Loss", "Lost", "RunStop", "Terms", "Threads", "outcomes", "staged"]

T = TypeVar("T")


def outcomes(
    devices: Sequence[Device],
    work: Callable[[Device, Deadline], T],
    *,
    lost: Callable[[Lost], T],
    workers: int,
    device_s: float,
    stop: RunStop,
    grace_s: float = GRACE_S,
) -> Iterator[T]:
    """Yield one outcome per device, in completion order, exactly len(devices) of them.

    Args:
        devices: Started in this order.
        work: Called in a worker thread; should return soon after its deadline has ended.
        lost: Makes the outcome of a device that has none of its own.
        workers: How many devices at once.
        device_s: Seconds for each device.
        grace_s: Seconds after the end of a deadline until its worker is given up and replaced.
        stop: Once set, devices not started are lost, and those in work are closed.
    """

    def failed(device: Device, error: Exception) -> T:
        return lost(Lost(device=device, loss=Loss.CRASHED, error=error))

    terms = Terms(lost=lost, failed=failed, workers=workers, device_s=device_s, grace_s=grace_s)
    pool = Threads(work=lambda visit: work(visit.device, visit.deadline), lost=lost)
    return _outcomes(Scheduler(devices, pool, terms, None), len(devices), stop)


def staged(
    devices: Sequence[Device], pool: WorkerPool[T], terms: Terms[T], *, approach: Approach, stop: RunStop
) -> Iterator[T]:
    """Yield one outcome per device as `outcomes` does; a device reaches a worker only once it has spoken.

    Each is approached first, many of them at once, which holds no worker.  Work that raises
    `Again` gives its worker back, and the device is approached again after a pause, as
    long as attempts and its deadline allow.
    """
    return _outcomes(Scheduler(devices, pool, terms, approach), len(devices), stop)


def _outcomes(scheduler: Scheduler[T], count: int, stop: RunStop) -> Iterator[T]:
    scheduler.start()
    stop.listen(scheduler.stop)
    try:
        for _ in range(count):
            yield scheduler.next()
        scheduler.join()
    finally:
        scheduler.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads(Generic[T]):
    """A thread a visit, in this process; implements `workers.WorkerPool`."""

    work: Callable[[Visit], T]
    lost: Callable[[Lost], T]

    async def start(self) -> None:
        """Do nothing: a thread is started for each visit."""

    async def close(self) -> None:
        """Do nothing: a thread ends with its visit."""

    async def visit(self, visit: Visit) -> End[T]:
        """Do the work in a thread."""
        return await in_thread("fleet-worker", partial(ended, self.work, self.lost, visit))


def ended(work: Callable[[Visit], T], lost: Callable[[Lost], T], visit: Visit) -> End[T]:
    """Return how the work on one visit ended; a fault of ours in it is an outcome too."""
    try:
        return Done(outcome=work(visit))
    except Again as again:
        return Failed(error=again.error, is_transient=True)
    except EnableHeld:
        return Held()
    except Exception as error:
        return Done(outcome=lost(Lost(device=visit.device, loss=Loss.CRASHED, error=error)))
