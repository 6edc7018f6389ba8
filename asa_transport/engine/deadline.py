"""The time of one device, and a person's wish to end the run: what closes a session from outside.

Touches nothing but what it is told to close.  A deadline counts only the time that is spent
on its device: while the device waits for a free worker, it is paused.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from asa_transport.engine import bridge


class RunStop:
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

    def forget(self, listener: Callable[[], None]) -> None:
        """Call this one no more."""
        with suppress(ValueError):
            self._listeners.remove(listener)


class DeviceDeadline:
    """The deadline of one device's work; implements `capabilities.Deadline`."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.deadline = clock() + seconds
        self._ended = threading.Event()
        self._stopped = False
        self._paused_at: float | None = None
        self._lock = threading.Lock()
        self._closers: list[Callable[[], None]] = []
        self._sleepers: set[asyncio.Future[None]] = set()

    def remaining_s(self) -> float:
        """Return seconds left, never below 0."""
        if self._ended.is_set():
            return 0.0
        paused_at = self._paused_at
        return max(0.0, self.deadline - (self._clock() if paused_at is None else paused_at))

    def is_stopped(self) -> bool:
        """Return whether a person stopped the run."""
        return self._stopped

    def hold(self, close: Callable[[], None]) -> None:
        """Have `close` called when the deadline ends; at once if it has."""
        with self._lock:
            self._closers.append(close)
        if self._ended.is_set():
            close()

    def sleep(self, seconds: float) -> None:
        """Wait, but not past the end of the deadline; on the loop, the other devices go on meanwhile."""
        within = min(seconds, self.remaining_s())
        if bridge.is_bridged():
            bridge.wait_for(self._slept(within))
        else:
            self._ended.wait(within)

    async def _slept(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._sleepers.add(woken)
        try:
            if not self._ended.is_set():
                await asyncio.wait((woken,), timeout=seconds)
        finally:
            with self._lock:
                self._sleepers.discard(woken)

    def pause(self) -> None:
        """Let the time stand still: the device waits for us, not we for it."""
        with self._lock:
            if self._paused_at is None:
                self._paused_at = self._clock()

    def resume(self) -> None:
        """Let the time run on; nothing where it runs."""
        with self._lock:
            if self._paused_at is not None:
                self.deadline += self._clock() - self._paused_at
                self._paused_at = None

    def end(self, *, stopped: bool = False) -> None:
        """Close what is held; at most once with effect."""
        with self._lock:
            self._stopped = self._stopped or stopped
            self._ended.set()
            closers, self._closers = self._closers, []
            sleepers = tuple(self._sleepers)
        for close in closers:
            close()
        for woken in sleepers:
            woken.get_loop().call_soon_threadsafe(bridge.settle, woken)
