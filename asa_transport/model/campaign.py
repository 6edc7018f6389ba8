"""How a push over many devices is bounded: how many may fail, and when it may run.

Pure.

Source: PEERS N18, N19; DESIGN "Over many".
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo


class Weekday(enum.StrEnum):
    """A day of the week, in the order of `datetime.weekday()`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureBudget:
    """How many devices of one push may fail before it stops; `None` is no such limit.

    Attributes:
        number: So many may fail; the next one stops the run.
        percent: As `number`, of all devices of the push, rounded up.
        per_group: As `number`, for each inventory group by itself.
        consecutive: So many failures in a row, in the order in which they end, stop the run.
    """

    number: int | None = None
    percent: int | None = 10
    per_group: int | None = None
    consecutive: int | None = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWindow:
    """When a push may start devices, by the wall clock of `zone`.

    Attributes:
        days: On which it opens; in the order of the week.
        opens: The first minute in it.
        closes: The first minute after it.  One that is not after `opens` is on the next day,
            so 00:00 is the end of the day itself.
    """

    days: tuple[Weekday, ...]
    opens: time
    closes: time
    zone: ZoneInfo
