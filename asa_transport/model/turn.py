"""Which run came before which: by the numbers that were given to them, because a clock may be wrong.

Two runs that begin in one second have one time and a random end of their ids; a clock that was a year
ahead for a night has given that night's run the newest time.  Runs of releases that gave no numbers have
their clock alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTurn:
    """Where a run stands among the others.

    Attributes:
        sequence: The later run has the higher number; `None` where a release gave none.
        started_at: By the clock of the machine, aware, UTC.
    """

    sequence: int | None
    started_at: datetime
    id: str


def in_turn(items: Iterable[T], turn_of: Callable[[T], RunTurn]) -> tuple[T, ...]:
    """Return them in the order in which they began.

    One without a number stands behind those that, by the clocks, began before it.
    """
    turns = [(turn_of(item), item) for item in items]
    numbered = sorted((turn.started_at, turn.sequence) for turn, _ in turns if turn.sequence is not None)
    times = [at for at, _ in numbered]
    highest = list(accumulate((sequence for _, sequence in numbered), max, initial=0))

    def place(entry: tuple[RunTurn, T]) -> tuple[int, bool, datetime, str]:
        turn, _ = entry
        if turn.sequence is not None:
            return turn.sequence, False, turn.started_at, turn.id
        return highest[bisect_left(times, turn.started_at)], True, turn.started_at, turn.id

    return tuple(item for _, item in sorted(turns, key=place))
