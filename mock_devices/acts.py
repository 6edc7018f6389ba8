"""Let something happen to a device exactly between two lines of somebody else's session.

A test names a line that is typed, which time, and whether the act falls before the line runs
or after it ran; the act itself is any callable.  An act never changes the answer to the line at
which it fires: what it says on the terminals (a role change) stands among that answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Moment = Literal["before", "after"]


@dataclass(slots=True, kw_only=True)
class Act:
    """One thing that happens; ``nth`` counts matching lines from 1, and it happens once."""

    match: re.Pattern[str]
    nth: int
    moment: Moment
    happen: Callable[[], object]
    seen: int = 0
    is_done: bool = False


class ActScript:
    """The acts that wait for a line on one device."""

    def __init__(self) -> None:
        self._acts: list[Act] = []

    def add(self, match: str, happen: Callable[[], object], *, nth: int, moment: Moment) -> None:
        """Wait for the ``nth`` line in which ``match`` is found, counted from now on."""
        self._acts.append(Act(match=re.compile(match), nth=nth, moment=moment, happen=happen))

    def clear(self) -> None:
        """Let nothing more happen."""
        self._acts.clear()

    @property
    def waiting(self) -> int:
        """How many have not happened."""
        return sum(not act.is_done for act in self._acts)

    def fire(self, moment: Moment, line: str) -> None:
        """Let happen what falls here; each matching line is counted once, in its own moment."""
        due = []
        for act in self._acts:
            if act.moment != moment or act.is_done or not act.match.search(line):
                continue
            act.seen += 1
            if act.seen == act.nth:
                act.is_done = True
                due.append(act)
        for act in due:
            act.happen()
