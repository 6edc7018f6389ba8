"""Read the dates and clocks that an ASA prints, in both orders, as aware UTC times.

Pure.  A text that is no date, names an impossible day or carries a zone whose offset
this device did not state is `None`: not understood, never guessed and never an error.
Zone names other than UTC, GMT and Z have no fixed meaning (`IST`, `CST`), so they count
only as the device's own `clock timezone` and `clock summer-time` define them.

Source: ntc-templates and Cisco TAC document 225967 (both orders); oxidized (zones);
`show clock` and its marks `*` and `.` are common knowledge without a public source here.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_MONTH = r"(?P<month>[A-Za-z]{3})"
_DAY = r"(?P<day>[0-9]{1,2})"
_YEAR = r"(?P<year>[0-9]{4})"
_TIME = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6}))?"
_ZONE = r"(?P<zone>[^\s:]{1,32})"

_DATE_FORMS = (
    re.compile(rf"{_MONTH} +{_DAY} +{_TIME} +{_YEAR} +{_ZONE}"),  # Dec 03 16:43:48 2018 UTC
    re.compile(rf"{_MONTH} +{_DAY} +{_YEAR} +{_TIME} +{_ZONE}"),  # Jan 12 2026 13:09:43 UTC
)
_CLOCK = re.compile(rf"[*.]?{_TIME} +{_ZONE} +(?:[A-Za-z]{{3}} +)?{_MONTH} +{_DAY} +{_YEAR}")

_ZERO = timedelta(0)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# What `recurring` alone means (ASA command reference, `clock summer-time`).
_USUAL = "2 Sun Mar 2:00 1 Sun Nov 2:00"
_RECURS = re.compile(
    r"(?P<week>[1-4]|first|last) (?P<day>[A-Za-z]{3})[a-z]* (?P<month>[A-Za-z]{3})[a-z]* (?P<at>\S+)"
)
_ONCE = re.compile(
    r"(?:(?P<d1>[0-9]{1,2}) (?P<m1>[A-Za-z]{3})[a-z]*|(?P<m2>[A-Za-z]{3})[a-z]* (?P<d2>[0-9]{1,2}))"
    r" (?P<year>[0-9]{4}) (?P<at>\S+)"
)
_KNOWN = {"UTC": _ZERO, "GMT": _ZERO, "Z": _ZERO}
_TIMEZONE = re.compile(r"(?P<name>\S+) (?P<hours>-?[0-9]{1,2})(?: (?P<minutes>[0-9]{1,2}))?")
# The offset of summer time follows the end time, or `recurring` itself; 60 minutes otherwise.
_SUMMER = re.compile(
    r"(?P<name>\S+) (?:recurring|date)(?P<when>(?: [A-Za-z0-9]+){0,8}? [0-9]{1,2}:[0-9]{2}"
    r"(?: [A-Za-z0-9]+){1,3} [0-9]{1,2}:[0-9]{2})?(?: (?P<offset>[0-9]{1,4}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SummerTime:
    """One name for standard and summer time: which of the two it is, the date tells.

    Attributes:
        when: What follows `recurring` or `date` in the configuration; empty for the usual rule.
        is_recurring: Every year, and not in one alone.
        standard: Offset from UTC outside summer time.
        ahead: By how much summer time is ahead of it.
    """

    when: str
    is_recurring: bool
    standard: timedelta
    ahead: timedelta

    def offset(self, wall: datetime) -> timedelta | None:
        """Return the offset at a time on the wall; `None` in the hours that are there twice, or never."""
        year = wall.year if self.is_recurring else None
        ends = _ends(self.when or _USUAL, year) if self.is_recurring or self.when else None
        if ends is None:
            return None
        begin, end = ends
        if begin <= wall < begin + self.ahead or end - self.ahead <= wall < end:
            return None
        # South of the equator summer time spans the new year.
        is_summer = begin <= wall < end if begin < end else not end <= wall < begin
        return self.standard + self.ahead if is_summer else self.standard


def _ends(text: str, year: int | None) -> tuple[datetime, datetime] | None:
    """Return when summer time begins and ends, on the wall; `None` where the text is not understood."""
    found = (
        [_recurring(match, year) for match in _RECURS.finditer(text)]
        if year is not None
        else [_once(match) for match in _ONCE.finditer(text)]
    )
    first, second = (*found, None, None)[:2]
    return None if first is None or second is None or len(found) != 2 else (first, second)


def _recurring(match: re.Match[str], year: int) -> datetime | None:
    month, day = _MONTHS.get(match["month"].lower()), match["day"].lower()
    at = _clock_time(match["at"])
    if month is None or day not in _WEEKDAYS or at is None:
        return None
    days = [date for date in calendar.Calendar().itermonthdates(year, month) if date.month == month]
    fitting = [date for date in days if date.weekday() == _WEEKDAYS.index(day)]
    week = {"first": 0, "last": -1}.get(match["week"])
    chosen = fitting[int(match["week"]) - 1 if week is None else week]
    return datetime.combine(chosen, time.min) + at


def _once(match: re.Match[str]) -> datetime | None:
    month = _MONTHS.get((match["m1"] or match["m2"]).lower())
    at = _clock_time(match["at"])
    if month is None or at is None:
        return None
    try:
        return datetime(int(match["year"]), month, int(match["d1"] or match["d2"])) + at
    except ValueError:
        return None


def _clock_time(text: str) -> timedelta | None:
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", text)
    return None if match is None else timedelta(hours=int(match[1]), minutes=int(match[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """The offsets from UTC of the zone names that one device uses.

    Attributes:
        summer: Of the one name that stands for standard and summer time, if there is such a name.
    """

    offsets: Mapping[str, timedelta] = field(default_factory=lambda: dict(_KNOWN))
    summer: Mapping[str, SummerTime] = field(default_factory=dict)

    def offset(self, name: str, wall: datetime) -> timedelta | None:
        """Return the offset of a zone at a time; `None` where this device did not define it, or both fit."""
        double = self.summer.get(name)
        return self.offsets.get(name) if double is None else double.offset(wall)

    def is_double(self, name: str) -> bool:
        """Return whether the device gives one name to standard and summer time."""
        return name in self.summer


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A date as printed: `at` is `None` where the zone's offset is not known."""

    at: datetime | None
    zone: str


def zones(timezone: str | None, summer_time: str | None) -> Zones | None:
    """Return the zones of a device from what follows `clock timezone` and `clock summer-time`.

    Returns:
        `None` where a line is there and is not understood.  A name that both lines define is
        told apart by the rule of the summer time; one that redefines UTC means nothing and is left out.
    """
    summer: dict[str, SummerTime] = {}
    base = _ZERO
    found: list[tuple[str, timedelta]] = list(_KNOWN.items())
    if timezone is not None:
        match = _TIMEZONE.fullmatch(timezone.strip())
        if match is None:
            return None
        hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
        # `clock timezone NST -3 30` is three and a half hours *behind* UTC.
        behind = match["hours"].startswith("-")
        base = timedelta(hours=hours, minutes=-minutes if behind else minutes)
        found.append((match["name"], base))
    if summer_time is not None:
        match = _SUMMER.fullmatch(summer_time.strip())
        if match is None:
            return None
        ahead = timedelta(minutes=int(match["offset"] or 60))
        found.append((match["name"], base + ahead))
        if timezone is not None and timezone.split()[0] == match["name"] and match["name"] not in _KNOWN:
            rule = SummerTime(
                when=(match["when"] or "").strip(),
                is_recurring=" recurring" in summer_time,
                standard=base,
                ahead=ahead,
            )
            summer[match["name"]] = rule
    offsets: dict[str, timedelta] = {}
    for name, offset in found:
        if any(other != offset for known, other in found if known == name):
            continue
        offsets[name] = offset
    return Zones(offsets=offsets, summer=summer)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedTime:
    """A time as printed: what its zone makes of it, and the digits themselves.

    Attributes:
        at: Aware UTC; `None` where the zone's offset is not known.
        local: The digits, naive; two of the same zone may be compared.
    """

    at: datetime | None
    local: datetime
    zone: str


def parse_printed_time(text: str, known: Zones) -> PrintedTime | None:
    """Return a time in the order of `show clock`; `None` where it is not that.

    The configuration's times are printed in that order (recorded).
    """
    match = _CLOCK.fullmatch(text.strip())
    local = None if match is None else _naive(match)
    moment = parse_clock(text, known)
    if local is None or moment is None:
        return None
    return PrintedTime(at=moment.at, local=local, zone=moment.zone)


def parse_date(text: str, known: Zones) -> Moment | None:
    """Return the moment of a licensing date, in either order; `None` where it is no date."""
    return _moment(_DATE_FORMS, text, known)


def parse_clock(text: str, known: Zones) -> Moment | None:
    """Return the moment of `show clock`, synchronised or not; `None` where it is no clock."""
    return _moment((_CLOCK,), text, known)


def _moment(forms: tuple[re.Pattern[str], ...], text: str, known: Zones) -> Moment | None:
    for form in forms:
        match = form.fullmatch(text.strip())
        if match is None:
            continue
        naive = _naive(match)
        if naive is None:
            return None
        zone = match["zone"]
        offset = known.offset(zone, naive)
        if offset is None:
            return Moment(at=None, zone=zone)
        try:
            return Moment(at=naive.replace(tzinfo=UTC) - offset, zone=zone)
        except OverflowError:
            return None
    return None


def _naive(match: re.Match[str]) -> datetime | None:
    month = _MONTHS.get(match["month"].lower())
    if month is None:
        return None
    fraction = (match["fraction"] or "").ljust(6, "0")
    try:
        return datetime(  # the caller applies the zone
            int(match["year"]), month, int(match["day"]),
            int(match["hour"]), int(match["minute"]), int(match["second"]), int(fraction),
        )  # fmt: skip
    except ValueError:
        return None
