"""Read the dates and clocks that an ASA prints, in both orders, as aware UTC times.

Pure.  A text that is no date, names an impossible day or carries a zone whose offset
this device did not state is `None`: not understood, never guessed and never an error.
Zone names other than UTC, GMT and Z have no fixed meaning (`IST`, `CST`), so they count
only as the device's own `clock timezone` and `clock summer-time` define them.

Source: DOMAIN §3.2 (both orders); capture asa_oxidized_session_5512_9.12.4.67 (zones);
`show clock` and its marks `*` and `.` are common knowledge without a public source here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

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
_KNOWN = {"UTC": _ZERO, "GMT": _ZERO, "Z": _ZERO}
_TIMEZONE = re.compile(r"(?P<name>\S+) (?P<hours>-?[0-9]{1,2})(?: (?P<minutes>[0-9]{1,2}))?")
# The offset of summer time follows the end time, or `recurring` itself; 60 minutes otherwise.
_SUMMER = re.compile(
    r"(?P<name>\S+) (?:recurring|date)(?P<when>(?: [A-Za-z0-9]+){0,8}? [0-9]{1,2}:[0-9]{2}"
    r"(?: [A-Za-z0-9]+){1,3} [0-9]{1,2}:[0-9]{2})?(?: (?P<offset>[0-9]{1,4}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """The offsets from UTC of the zone names that one device uses."""

    offsets: Mapping[str, timedelta] = field(default_factory=lambda: dict(_KNOWN))

    def offset(self, name: str) -> timedelta | None:
        """Return the offset of a zone, or `None` where this device did not define it."""
        return self.offsets.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A date as printed: `at` is `None` where the zone's offset is not known."""

    at: datetime | None
    zone: str


def zones(timezone: str | None, summer_time: str | None) -> Zones | None:
    """Return the zones of a device from what follows `clock timezone` and `clock summer-time`.

    Returns:
        `None` where a line is there and is not understood.  A name that both lines define
        with different offsets, or that redefines UTC, means nothing and is left out.
    """
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
        found.append((match["name"], base + timedelta(minutes=int(match["offset"] or 60))))
    offsets: dict[str, timedelta] = {}
    for name, offset in found:
        if any(other != offset for known, other in found if known == name):
            continue
        offsets[name] = offset
    return Zones(offsets=offsets)


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

    The configuration's times are printed in that order (DOMAIN 10.6).
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
        offset = known.offset(zone)
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
