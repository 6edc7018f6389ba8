"""Run one callable over many devices: workers, a deadline for each, outcomes as they come.

Guarantees exactly one outcome per device, whatever happens to its worker: a
callable that raises, one that never comes back (its worker is given up and
replaced, so that no other device waits for it), a person who stops the run.
Knows nothing of SSH, licences or reports.

This is the one place that catches `Exception`: the boundary of one device.
"""

from __future__ import annotations

import enum
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from asa_transport.capabilities import Leash
from asa_transport.model import Device

T = TypeVar("T")

# After a session was closed from outside its worker normally returns at once.  One that
# does not (a name lookup, a command for a password) is given up after this long.
GRACE_S = 5.0
# A signal that comes just before a wait begins does not end it: its handler would run with
# the next outcome only, which may be minutes away.  So no wait is longer than this.
_SIGNAL_S = 0.5


class Loss(enum.Enum):
    """Why a device has no outcome of its own."""

    STOPPED = enum.auto()
    STUCK = enum.auto()
    CRASHED = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A device without an outcome of its own; `error` is what was raised, if anything was."""

    device: Device
    loss: Loss
    error: Exception | None = None


class Stop:
    """A person's wish to end the run; set it from a signal handler or another thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._listeners: list[Callable[[], None]] = []

    def set(self) -> None:
        """End the run: nothing new is started, what runs is closed."""
        self._event.set()
        for listener in tuple(self._listeners):
            listener()

    def is_set(self) -> bool:
        """Return whether the run is to end."""
        return self._event.is_set()

    def listen(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when the run is to end; at once if it is already."""
        self._listeners.append(listener)
        if self.is_set():
            listener()


class DeviceLeash:
    """The leash of one device's work; implements `capabilities.Leash`."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.deadline = clock() + seconds
        self.ended_at: float | None = None
        self._ended = threading.Event()
        self._stopped = False
        self._lock = threading.Lock()
        self._closers: list[Callable[[], None]] = []

    def remaining_s(self) -> float:
        """Return seconds left, never below 0."""
        return 0.0 if self._ended.is_set() else max(0.0, self.deadline - self._clock())

    def is_stopped(self) -> bool:
        """Return whether a person stopped the run."""
        return self._stopped

    def hold(self, close: Callable[[], None]) -> None:
        """Have `close` called when the leash ends; at once if it has."""
        with self._lock:
            self._closers.append(close)
        if self._ended.is_set():
            close()

    def sleep(self, seconds: float) -> None:
        """Wait, but not past the end of the leash."""
        self._ended.wait(min(seconds, self.remaining_s()))

    def end(self, *, stopped: bool = False) -> None:
        """Close what is held; called by the fleet, at most once with effect."""
        with self._lock:
            self._stopped = self._stopped or stopped
            self.ended_at = self.ended_at or self._clock()
            self._ended.set()
            closers, self._closers = self._closers, []
        for close in closers:
            close()


def outcomes(
    devices: Sequence[Device],
    work: Callable[[Device, Leash], T],
    *,
    lost: Callable[[Lost], T],
    workers: int,
    device_s: float,
    stop: Stop,
    grace_s: float = GRACE_S,
) -> Iterator[T]:
    """Yield one outcome per device, in completion order, exactly len(devices) of them.

    Args:
        devices: Started in this order.
        work: Called in a worker thread; should return soon after its leash has ended.
        lost: Makes the outcome of a device that has none of its own.
        workers: How many devices at once.
        device_s: Seconds for each device.
        grace_s: Seconds after the end of a leash until its worker is given up and replaced.
        stop: Once set, devices not started are lost, and those in work are closed.
    """
    run = _Run(devices, work, lost=lost, device_s=device_s, grace_s=grace_s)
    run.start(min(workers, len(devices)))
    stop.listen(run.stop)
    try:
        for _ in devices:
            yield run.next()
    finally:
        run.stop()


class _Run(Generic[T]):
    """The shared state of one call of `outcomes`; every field is guarded by the lock."""

    def __init__(
        self,
        devices: Sequence[Device],
        work: Callable[[Device, Leash], T],
        *,
        lost: Callable[[Lost], T],
        device_s: float,
        grace_s: float,
    ) -> None:
        self._finished: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._work = work
        self._lost = lost
        self._device_s = device_s
        self._grace_s = grace_s
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiting = deque(devices)
        self._open = len(devices)
        self._in_work: dict[str, tuple[Device, DeviceLeash]] = {}

    def start(self, workers: int) -> None:
        for _ in range(workers):
            self._hire()
        threading.Thread(target=self._watch, name="fleet-watch", daemon=True).start()

    def next(self) -> T:
        """Wait for the next outcome."""
        while True:
            try:
                return self._finished.get(timeout=_SIGNAL_S)
            except queue.Empty:
                continue

    def stop(self) -> None:
        """Start nothing more, close what runs; safe to call more than once and from a signal handler."""
        threading.Thread(target=self._stop, name="fleet-stop", daemon=True).start()

    def _stop(self) -> None:
        with self._lock:
            waiting, self._waiting = tuple(self._waiting), deque()
            running = tuple(self._in_work.values())
        for device in waiting:
            self._deliver(self._lost(Lost(device=device, loss=Loss.STOPPED)))
        for _, leash in running:
            leash.end(stopped=True)
        with self._changed:
            self._changed.notify_all()

    def _hire(self) -> None:
        threading.Thread(target=self._serve, name="fleet-worker", daemon=True).start()

    def _serve(self) -> None:
        """Take devices until none is left; leave at once when the device in work was given up."""
        while True:
            with self._changed:
                if not self._waiting:
                    return
                device = self._waiting.popleft()
                leash = DeviceLeash(self._device_s)
                self._in_work[device.name] = (device, leash)
                self._changed.notify_all()
            try:
                outcome = self._work(device, leash)
            except Exception as error:
                outcome = self._lost(Lost(device=device, loss=Loss.CRASHED, error=error))
            with self._changed:
                if self._in_work.get(device.name, (None, None))[1] is not leash:
                    return
                del self._in_work[device.name]
                self._changed.notify_all()
            self._deliver(outcome)

    def _deliver(self, outcome: T) -> None:
        with self._changed:
            self._open -= 1
            self._changed.notify_all()
        self._finished.put(outcome)

    def _watch(self) -> None:
        """End each leash at its deadline; give up a worker that does not come back after that."""
        while True:
            with self._changed:
                if self._open == 0:
                    return
                now = time.monotonic()
                running = tuple(self._in_work.values())
                # A stopped leash has no time left, whatever its deadline was.
                due = [leash for _, leash in running if leash.remaining_s() <= 0]
                stuck = [(device, leash) for device, leash in running if self._is_stuck(leash, now)]
                for device, _ in stuck:
                    del self._in_work[device.name]
                if not due:
                    next_s = min((leash.deadline - now for _, leash in running), default=None)
                    self._changed.wait(next_s)
                    continue
            for leash in due:
                leash.end()
            for device, leash in stuck:
                loss = Loss.STOPPED if leash.is_stopped() else Loss.STUCK
                self._deliver(self._lost(Lost(device=device, loss=loss)))
                self._hire()
            with self._changed:
                self._changed.wait(0.1)

    def _is_stuck(self, leash: DeviceLeash, now: float) -> bool:
        ended_at = leash.ended_at
        return ended_at is not None and now - ended_at > self._grace_s
