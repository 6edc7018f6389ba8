"""Say whether a push may start devices now, and if not, when its next change window opens.

Pure; cannot fail.  What counts is the wall clock of the window's zone: where a clock is put
back, a time that comes twice is in the window twice, and where it is put forward, a window
that lies in the missing hour does not come at all that day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final

from asa_transport.model import ChangeWindow, Weekday

_DAYS: Final = tuple(Weekday)
_DAY: Final = timedelta(days=1)
# A window that comes once a week, and once falls into a missing hour.
_SEARCHED_DAYS: Final = 15
# Clocks are put forward and back at whole quarters of an hour UTC, in every zone of this century.
_QUARTER: Final = timedelta(minutes=15)


def closed(windows: Sequence[ChangeWindow], now: datetime) -> str | None:
    """Return why no device may start at `now`, with the next opening; `None` where one may.

    Args:
        windows: Empty for any time.
        now: Aware.
    """
    if not windows or any(is_open(window, now) for window in windows):
        return None
    openings = [(at, window) for window in windows for at in _opening(window, now)]
    if not openings:
        return "outside the change windows; none opens in the next two weeks"
    at, window = min(openings, key=lambda pair: pair[0])
    local = at.astimezone(window.zone)
    day = _DAYS[local.weekday()]
    return f"outside the change windows; the next one opens {day} {local:%Y-%m-%d %H:%M} {window.zone.key}"


def is_open(window: ChangeWindow, now: datetime) -> bool:
    """Return whether `now` is in the window, its first minute included, its last excluded."""
    local = now.astimezone(window.zone)
    wall = time(local.hour, local.minute, local.second, local.microsecond)
    is_today = _DAYS[local.weekday()] in window.days
    if window.opens < window.closes:
        return is_today and window.opens <= wall < window.closes
    was_yesterday = _DAYS[local.weekday() - 1] in window.days
    return (is_today and wall >= window.opens) or (was_yesterday and wall < window.closes)


def _opening(window: ChangeWindow, now: datetime) -> Iterator[datetime]:
    """Yield the first moment after `now` that is in the window, if there is one."""
    found = (at for at in _candidates(window, now) if at > now and is_open(window, at))
    first = min(found, default=None)
    if first is not None:
        yield first


def _candidates(window: ChangeWindow, now: datetime) -> Iterator[datetime]:
    """Yield every moment at which the window could open: its first minute, or a clock put forward or back."""
    utc = now.astimezone(UTC)
    quarter = utc.replace(minute=utc.minute - utc.minute % 15, second=0, microsecond=0)
    for number in range(1, _SEARCHED_DAYS * 96):
        yield quarter + number * _QUARTER
    today = now.astimezone(window.zone).date()
    for ahead in range(_SEARCHED_DAYS):
        for fold in (0, 1):
            local = datetime.combine(today + ahead * _DAY, window.opens, tzinfo=window.zone)
            yield local.replace(fold=fold).astimezone(UTC)
