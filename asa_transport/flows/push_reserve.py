"""Keep a part of a device's time for going back: nothing else may use it.

Guarantees that what leads on ends so many seconds before the device's time does; once a push goes
back, the rest is there.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

from collections.abc import Callable

from asa_transport.capabilities import Deadline


class Reserve:
    """A deadline that ends early until it is opened; implements `capabilities.Deadline`."""

    def __init__(self, deadline: Deadline, held_s: float) -> None:
        self._deadline = deadline
        self._held_s = held_s

    @property
    def held_s(self) -> float:
        """Seconds that are kept for going back; 0 once it is opened."""
        return self._held_s

    def open(self) -> None:
        """Let going back use what was kept."""
        self._held_s = 0.0

    def remaining_s(self) -> float:
        """Return seconds left, without those that are kept; never below 0."""
        return max(0.0, self._deadline.remaining_s() - self._held_s)

    def is_stopped(self) -> bool:
        """Return whether a person stopped the run."""
        return self._deadline.is_stopped()

    def hold(self, close: Callable[[], None]) -> None:
        """Have `close` called when the device's whole time is up."""
        self._deadline.hold(close)

    def sleep(self, seconds: float) -> None:
        """Wait, but not into what is kept."""
        self._deadline.sleep(min(seconds, self.remaining_s()))
