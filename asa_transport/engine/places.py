"""The places in which devices are worked on; one whose device comes to a stand is lent to another.

A device that freezes, floods or sends a character a second holds its place until the limit
of its command, and would keep from work those that wait behind it.  Touches nothing; used
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


class Places:
    """So many places, and so many at most that are lent at once."""

    def __init__(self, many: int, lent: int, freed: Callable[[], None]) -> None:
        """Make the places; `freed` is told when one is lent."""
        self._free = asyncio.Semaphore(many)
        self._most_lent = lent
        self._freed = freed
        self.lent = 0

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[Place]:
        """Wait for a place, and hold it or have it lent until the end."""
        await self._free.acquire()
        place = Place(self._lend)
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

    def __init__(self, lend: Callable[[], bool]) -> None:
        self._lend = lend
        self._loop = asyncio.get_running_loop()
        self._patience_until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.is_lent = False

    def begin(self) -> None:
        """Be patient from now on."""
        self._patience_until = self._loop.time() + LOGIN_PATIENCE_S
        self._look()

    def heard(self) -> None:
        """Note that the device has completed a step."""
        # No timer is touched: each device completes a dozen steps in a second.
        self._patience_until = self._loop.time() + ANSWER_PATIENCE_S

    def end(self) -> None:
        """Be asked no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        left = self._patience_until - self._loop.time()
        if left <= 0:
            self.is_lent = self._lend()
            left = ANSWER_PATIENCE_S
        if not self.is_lent:
            self._timer = self._loop.call_later(left, self._look)
