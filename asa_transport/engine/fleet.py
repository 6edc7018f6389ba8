"""Work on many devices at once, on one event loop: a deadline for each, outcomes as they come.

Guarantees exactly one outcome per device, whatever happens to its work: a callable that
raises, one that never comes back (it is given up, so that no other device waits for it), a
person who stops the run.  Knows nothing of SSH, licences or reports.

The work is plain code that waits through `bridge`; the loop runs in a thread of its own, so
that a signal is heard whatever a device sends.

This is the one place that catches `Exception`: the boundary of one device.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from asa_transport.capabilities import Again, Approach, EnableHeld, LoginHeld, Visit
from asa_transport.engine import bridge
from asa_transport.engine.deadline import DeviceDeadline, RunStop
from asa_transport.engine.scheduler import Scheduler
from asa_transport.engine.workers import GRACE_S, Loss, Lost, Terms, WorkerPool
from asa_transport.errors import DeviceError
from asa_transport.model import Device

__all__ = [
    "GRACE_S",
    "DeviceDeadline",
    "Loss",
    "Lost",
    "OnLoop",
    "RunStop",
    "Scheduler",
    "Terms",
    "nothing",
    "run_outcomes",
]

T = TypeVar("T")


def run_outcomes(
    devices: Sequence[Device], pool: WorkerPool[T], terms: Terms[T], *, approach: Approach, stop: RunStop
) -> Iterator[T]:
    """Yield one outcome per device in completion order; a device reaches a worker only once it has spoken.

    Each is approached first, many of them at once, which holds no worker.  Work that raises
    `Again` gives its worker back, and the device is approached again after a pause, as
    long as attempts and its deadline allow.
    """
    with Scheduler(pool, terms, devices=devices, approach=approach) as scheduler:
        scheduler.close()
        stop.listen(scheduler.stop)
        try:
            for _ in devices:
                yield scheduler.next()
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
    except (DeviceError, EnableHeld, LoginHeld):
        raise
    except Exception as fault:
        return lost(Lost(device=visit.device, loss=Loss.CRASHED, error=fault))
    raise error
