"""The places in which devices are worked on; one whose device comes to a stand is lent to another.

A device that freezes, floods or sends a character a second holds its place until the limit
of its command, and would keep from work those that wait behind it.  What a stand is, the other
devices of the run say: how long they take for a login and for an answer.  Touches nothing; used
from one event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Final

# A login may take as long as a person takes to confirm it at the AAA server, and an answer as
# long as a busy firewall takes to gather it; who has completed neither in so many seconds has
# come to a stand.
LOGIN_PATIENCE_S: Final = 5.0
ANSWER_PATIENCE_S: Final = 2.0
# Where the others are quicker, patience is shorter, but no shorter than this: a second for a
# login that asks an AAA server, half of one for a command that a firewall gathers its answer to.
_LEAST_LOGIN_S: Final = 1.0
_LEAST_ANSWER_S: Final = 0.5
# As TCP judges a round trip (RFC 6298: mean and four times the mean deviation), over more
# samples, because they are of many devices.
_SMOOTHING: Final = 1 / 32
_DEVIATIONS: Final = 4


class Pace:
    """How long the devices of a run take for one kind of step, and how long to be patient with it."""

    def __init__(self, *, least_s: float, most_s: float) -> None:
        self._least_s = least_s
        self._most_s = most_s
        self._many = 0
        self._mean_s = 0.0
        self._deviation_s = 0.0

    def took(self, seconds: float) -> None:
        """Note how long a device took for a step that it completed."""
        self._many += 1
        # A plain mean at first, so that the first sample does not weigh for long.
        weight = max(1 / self._many, _SMOOTHING)
        self._deviation_s += weight * (abs(seconds - self._mean_s) - self._deviation_s)
        self._mean_s += weight * (seconds - self._mean_s)

    @property
    def patience_s(self) -> float:
        """How long a device may take; the most there is until enough have been seen."""
        if self._many * _SMOOTHING < 1:
            return self._most_s
        return min(self._most_s, max(self._least_s, self._mean_s + _DEVIATIONS * self._deviation_s))


class Places:
    """So many places, and so many at most that are lent at once."""

    def __init__(self, many: int, lent: int, freed: Callable[[], None]) -> None:
        """Make the places; `freed` is told when one is lent."""
        self._free = asyncio.Semaphore(many)
        self._most_lent = lent
        self._freed = freed
        self._logins = Pace(least_s=_LEAST_LOGIN_S, most_s=LOGIN_PATIENCE_S)
        self._answers = Pace(least_s=_LEAST_ANSWER_S, most_s=ANSWER_PATIENCE_S)
        self.lent = 0

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[Place]:
        """Wait for a place, and hold it or have it lent until the end."""
        await self._free.acquire()
        place = Place(self._lend, self._logins, self._answers)
        try:
            yield place
        finally:
            place.end()
            if place.is_lent:
                self.lent -= 1
            else:
                self._free.release()

    def _lend(self) -> bool:
        """Give a place to who waits; return False where enough are lent."""
        if self.lent >= self._most_lent:
            return False
        self.lent += 1
        self._free.release()
        self._freed()
        return True


class Place:
    """One device's place; once it is lent it does not come back to this device."""

    def __init__(self, lend: Callable[[], bool], logins: Pace, answers: Pace) -> None:
        self._lend = lend
        self._step = logins
        self._answers = answers
        self._loop = asyncio.get_running_loop()
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._is_over = False
        self.is_lent = False

    def begin(self) -> None:
        """Be patient from now on."""
        self._since = self._loop.time()
        self._look()

    def heard(self) -> None:
        """Note that the device has completed a step: its login, or an answer."""
        now = self._loop.time()
        self._step.took(now - self._since)
        self._since = now
        if self._step is not self._answers:
            # A login has longer than an answer.  For an answer no timer is touched: each device
            # completes a dozen in a second.
            self._step = self._answers
            self._look()

    def end(self) -> None:
        """Be asked no more; work that was given up may still be heard of."""
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self.is_lent or self._is_over:
            return
        left = self._since + self._step.patience_s - self._loop.time()
        if left <= 0:
            self.is_lent = self._lend()
            left = self._answers.patience_s
        if not self.is_lent:
            self._timer = self._loop.call_later(left, self._look)
