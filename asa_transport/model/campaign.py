"""How a push over many devices is bounded, and foretold: failures, times, where it would stop.

Pure.

Source: docs/push.md, "Many devices".
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import time
from typing import Final
from zoneinfo import ZoneInfo

from asa_transport.model.fields import setting

# More devices than any inventory has; what is beyond is a typing mistake.
MAX_DEVICES: Final = 100_000


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
    """How many devices of one push may fail before it stops; `None` is no such limit."""

    number: int | None = setting(
        None, "So many may fail; the next one stops the run.", within=(0, MAX_DEVICES)
    )
    percent: int | None = setting(10, "As number, of all devices of the push, rounded up.", within=(0, 100))
    per_group: int | None = setting(
        None, "As number, for each inventory group by itself.", within=(0, MAX_DEVICES)
    )
    consecutive: int | None = setting(
        3, "So many failures in a row, in the order in which they end, stop the run.", within=(1, 100)
    )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """How a run would go without a person to ask (`--yes`).

    Attributes:
        stopped_by: What would end it early; `None` where every device has its turn.
        not_started: Whose turn would not come, in the order of their turn.
    """

    stopped_by: str | None
    not_started: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """A rehearsal, and what would let the run pass; each is `None` where it would not, or need not.

    Attributes:
        without: Devices to leave out with `-l`, sorted.
        max_fail: The least `--max-fail` that would do.
    """

    rehearsal: Rehearsal
    without: tuple[str, ...] | None = None
    max_fail: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """All that a dry run says of a commit that would begin now.

    Attributes:
        limit: The text of a `-l` that would let it pass; `None` where none would, or need be given.
        shut: Why no device may start now, with the next opening of a change window.
        needed: How many approvals the policy demands.
        principals: Who approved the plan, and counts.
        unapproved: Why the approvals do not do; `None` where they do.
    """

    foretold: Foretold
    limit: str | None = None
    shut: str | None = None
    needed: int = 0
    principals: tuple[str, ...] = ()
    unapproved: str | None = None

    @property
    def stopped_by(self) -> str | None:
        """What would end the run early."""
        return self.shut or self.foretold.rehearsal.stopped_by
