"""Wait for a peer that may never answer: a limit on the whole of the wait, whatever its steps are.

A server that sends a byte a second keeps to every limit of a step.  So the call runs in a thread of
its own, and the caller waits for its end no longer than the limit, or until a person ends the run.
What is given up goes on until the peer lets it go or the program ends: nobody joins the thread.
A `WaitBudget` is for peers that can be left at any moment: programs that we started.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, NoReturn, TypeAlias, TypeVar

from asa_transport.engine.deadline import RunStop

T = TypeVar("T")

# A person who ends a run is not kept waiting; a server that is well answers within it.
GRACE_S: Final = 2.0


class GivenUp(TimeoutError):
    """A wait was given up.

    Attributes:
        limit_s: The seconds after which; those after a person ended the run, where `is_stopped`.
    """

    def __init__(self, limit_s: float, *, is_stopped: bool = False) -> None:
        self.limit_s = limit_s
        self.is_stopped = is_stopped
        ended = " after the run was ended" if is_stopped else ""
        super().__init__(f"no answer within {limit_s:g} s{ended}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitLimit:
    """How long a peer is waited for.

    Attributes:
        limit_s: Seconds for the whole of one call.
        stop: Ends waits early, `grace_s` after it was set; `None` where nobody can end the run so.
    """

    limit_s: float
    stop: RunStop | None = None
    grace_s: float = GRACE_S

    def call(self, name: str, work: Callable[[], T]) -> T:
        """Return what `work` returns, or raise what it raises.

        Args:
            name: Of the thread.
            work: May go on after it was given up: it must hold no lock that somebody else waits for.

        Raises:
            GivenUp: It has not ended in time.
        """
        # This kind of queue alone may be put to by a signal's handler, whatever it interrupts.
        ends: queue.SimpleQueue[_End[T] | None] = queue.SimpleQueue()

        def run() -> None:
            try:
                value = work()
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                ends.put(partial(_raised, error))
            else:
                ends.put(lambda: value)

        def wake() -> None:
            ends.put(None)

        threading.Thread(target=run, name=name, daemon=True).start()
        if self.stop is None:
            end = self._within(ends, self.limit_s)
        else:
            self.stop.listen(wake)
            try:
                end = self._within(ends, self.limit_s)
            finally:
                self.stop.forget(wake)
        return end()

    def _within(self, ends: queue.SimpleQueue[_End[T] | None], limit_s: float) -> _End[T]:
        began, is_stopped = time.monotonic(), False
        while True:
            try:
                end = ends.get(timeout=max(0.0, limit_s - (time.monotonic() - began)))
            except queue.Empty:
                raise GivenUp(self.grace_s if is_stopped else self.limit_s, is_stopped=is_stopped) from None
            if end is not None:
                return end
            is_stopped = True
            limit_s = min(limit_s, time.monotonic() - began + self.grace_s)


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait out of a budget.

    Attributes:
        limit_s: The seconds that it has.
        is_cut: Whether these are what others have left of the whole, less than what each one has.
    """

    limit_s: float
    is_cut: bool
    _clock: Callable[[], float]
    _began: float

    def left_s(self) -> float:
        """Return what is left of it, never below 0."""
        return max(0.0, self.limit_s - (self._clock() - self._began))


class WaitBudget:
    """How long peers are waited for that are asked one after another: each of them, and all together.

    Only the time inside `wait` counts: a person who is asked something between two of them has all the time.

    Attributes:
        each_s: Seconds for one of them.
        whole_s: Seconds for all together.
        is_spent: Whether nothing is left for another one.
    """

    def __init__(self, *, each_s: float, whole_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.each_s, self.whole_s, self.is_spent = each_s, whole_s, False
        self._clock, self._spent_s = clock, 0.0

    @contextmanager
    def wait(self) -> Iterator[Wait]:
        """Give the time of one wait; ask `is_spent` before."""
        left_s = max(0.0, self.whole_s - self._spent_s)
        began = self._clock()
        one = Wait(min(self.each_s, left_s), left_s < self.each_s, self._clock, began)
        try:
            yield one
        finally:
            self._spent_s += self._clock() - began
            # By the wait itself where it had the rest: a sum of fractions may fall short of the whole.
            self.is_spent = self._spent_s >= self.whole_s or (one.is_cut and not one.left_s())


# Called where it is waited for: returns what was returned, or raises what was raised.
_End: TypeAlias = Callable[[], T]


def _raised(error: BaseException) -> NoReturn:
    raise error
