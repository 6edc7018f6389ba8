"""Dates and clocks of an ASA: both orders, its own zones, nothing guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.core.parsing.when import Zones, parse_clock, parse_date, zones

PLAIN = Zones()
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def at(text: str, known: Zones = PLAIN) -> datetime | None:
    moment = parse_date(text, known)
    return moment.at if moment else None


@pytest.mark.parametrize(
    "text", ["Mar 03 08:15:20 2026 UTC", "Mar 03 2026 08:15:20 UTC", "Mar  3 2026 08:15:20 GMT"]
)
def test_both_orders_of_a_date_are_read(text: str) -> None:
    """Agent 1.6 and agent 4.x disagree on where the year stands."""
    assert at(text) == datetime(2026, 3, 3, 8, 15, 20, tzinfo=UTC)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)))
def test_every_date_that_is_printed_is_read_back_in_both_orders(when: datetime) -> None:
    """A deadline that is off by a field is a firewall that is lost."""
    when = when.replace(microsecond=0)
    day, time = f"{MONTHS[when.month - 1]} {when.day:02}", f"{when:%H:%M:%S}"

    for text in (f"{day} {time} {when.year} UTC", f"{day} {when.year} {time} UTC"):
        assert at(text) == when.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DEADLINE EXCEEDED",
        "None",
        "Feb 30 2026 10:00:00 UTC",
        "Feb 29 2026 10:00:00 UTC",
        "Mar 00 2026 10:00:00 UTC",
        "Mar 03 2026 24:00:00 UTC",
        "Mar 03 2026 10:60:00 UTC",
        "Mar 03 0000 10:00:00 UTC",
        "Foo 03 2026 10:00:00 UTC",
        "Mar 03 2026 10:00:00",
        "Mar 03 2026 10:00:00 UTC extra",
        "Mar ٠٣ 2026 10:00:00 UTC",  # digits, but not of this alphabet
        "2026-03-03T10:00:00Z",
    ],
)
def test_what_is_no_date_is_not_understood_and_no_error(text: str) -> None:
    """An impossible date is a line to show to a person, not a crash."""
    assert parse_date(text, PLAIN) is None


@given(st.text(max_size=80))
def test_no_text_makes_a_date_or_a_clock_raise(text: str) -> None:
    """Whatever stands there came from a device."""
    for moment in (parse_date(text, PLAIN), parse_clock(text, PLAIN)):
        assert moment is None or moment.at is None or moment.at.tzinfo is UTC


@given(st.from_regex(r"[A-Z][a-z]{2} [0-9]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} X", fullmatch=True))
def test_a_date_at_the_edge_of_time_is_not_understood_and_no_error(text: str) -> None:
    """Year 1 minus an offset is before the first day that exists."""
    far = zones("X 14", None)

    assert far is not None
    parse_date(text, far)
    assert at("Jan 01 0001 00:00:00 X", far) is None


def test_a_zone_that_the_device_did_not_define_is_named_and_not_guessed() -> None:
    """`CST` is China, Cuba or Chicago."""
    moment = parse_date("Mar 03 2026 10:00:00 CST", PLAIN)

    assert moment is not None
    assert (moment.at, moment.zone) == (None, "CST")


@pytest.mark.parametrize(
    ("timezone", "summer", "text", "hour", "minute"),
    [
        ("CET 1", None, "Mar 03 2026 10:00:00 CET", 9, 0),
        ("CET 1", "CEST recurring last Sun Mar 2:00 last Sun Oct 3:00", "Jul 03 2026 10:00:00 CEST", 8, 0),
        ("EST -5", "EDT recurring", "Jul 03 2026 10:00:00 EDT", 14, 0),
        ("IST 5 30", None, "Mar 03 2026 10:00:00 IST", 4, 30),
        ("NST -3 30", None, "Mar 03 2026 10:00:00 NST", 13, 30),
        (None, "BST recurring last Sun Mar 1:00 last Sun Oct 2:00 60", "Jul 03 2026 10:00:00 BST", 9, 0),
        ("LHST 10 30", "LHDT date 4 Oct 2026 2:00 5 Apr 2027 2:00 30", "Dec 03 2026 10:00:00 LHDT", 23, 0),
        ("CET 1", None, "Mar 03 2026 10:00:00 UTC", 10, 0),
    ],
)
def test_the_device_s_own_zones_are_applied(
    timezone: str | None, summer: str | None, text: str, hour: int, minute: int
) -> None:
    """Its configuration is the only place that says what its zone names mean."""
    known = zones(timezone, summer)

    assert known is not None
    found = at(text, known)
    assert found is not None
    assert (found.hour, found.minute) == (hour, minute)


@pytest.mark.parametrize(("timezone", "summer"), [("UTC 2", None), ("GMT -5", "GMT recurring")])
def test_a_name_that_means_two_things_means_nothing(timezone: str, summer: str | None) -> None:
    """A device whose `UTC` is two hours ahead must not shift its deadlines by a guess."""
    known = zones(timezone, summer)

    assert known is not None
    assert known.offset(timezone.split(maxsplit=1)[0], WALL) is None


@pytest.mark.parametrize(
    ("timezone", "summer"), [("CET", None), ("CET one", None), ("CET 1", "CEST sometimes")]
)
def test_a_zone_line_that_is_not_understood_defines_no_zones(timezone: str, summer: str | None) -> None:
    """Half an understood clock is none."""
    assert zones(timezone, summer) is None


@pytest.mark.parametrize("mark", ["", "*", "."])
@pytest.mark.parametrize("day", ["Tue ", ""])
def test_a_clock_is_read_synchronised_or_not(mark: str, day: str) -> None:
    """Days left count from the device's own clock."""
    moment = parse_clock(f"{mark}12:34:56.789 UTC {day}Jan 20 2026", PLAIN)

    assert moment is not None
    assert moment.at == datetime(2026, 1, 20, 12, 34, 56, 789_000, tzinfo=UTC)


def test_an_offset_stays_what_the_device_defined() -> None:
    """Zones are values: two devices with one name do not share it."""
    one, other = zones("X 1", None), zones("X 2", None)

    assert one is not None
    assert other is not None
    assert (one.offset("X", WALL), other.offset("X", WALL)) == (timedelta(hours=1), timedelta(hours=2))


WALL = datetime(2026, 1, 12, 13, 9, 43)
EUROPE = "CET recurring last Sun Mar 2:00 last Sun Oct 3:00"
ONE_YEAR = "CET date 29 Mar 2026 2:00 25 Oct 2026 3:00"
SOUTH = "AE recurring first Sun Oct 2:00 first Sun Apr 3:00"


@pytest.mark.parametrize(
    ("timezone", "summer", "text", "hours"),
    [
        ("CET 1", EUROPE, "Jan 12 2026 13:09:43 CET", 1),
        ("CET 1", EUROPE, "Jul 12 2026 13:09:43 CET", 2),
        ("CET 1", EUROPE, "Mar 29 2026 01:59:59 CET", 1),
        ("CET 1", EUROPE, "Mar 29 2026 03:00:00 CET", 2),
        ("CET 1", EUROPE, "Oct 25 2026 01:59:59 CET", 2),
        ("CET 1", EUROPE, "Oct 25 2026 03:00:00 CET", 1),
        ("CET 1", EUROPE + " 60", "Jul 12 2026 13:09:43 CET", 2),
        ("CET 1", ONE_YEAR, "Jul 12 2026 13:09:43 CET", 2),
        ("CET 1", ONE_YEAR, "Jul 12 2027 13:09:43 CET", 1),
        ("CET 1", "CET date Mar 29 2026 2:00 Oct 25 2026 3:00", "Jul 12 2026 13:09:43 CET", 2),
        ("EST -5", "EST recurring", "Jul 12 2026 13:09:43 EST", -4),
        ("EST -5", "EST recurring", "Jan 12 2026 13:09:43 EST", -5),
        ("AE 10", SOUTH, "Jan 12 2026 13:09:43 AE", 11),
        ("AE 10", SOUTH, "Jul 12 2026 13:09:43 AE", 10),
    ],
)
def test_one_name_for_both_times_is_told_apart_by_the_rule(
    timezone: str, summer: str, text: str, hours: int
) -> None:
    """Many people name summer time like standard time; the date says which of them is meant."""
    known = zones(timezone, summer)
    assert known is not None

    moment = parse_date(text, known)
    bare = parse_date(text.rsplit(" ", 1)[0] + " UTC", known)

    assert moment is not None
    assert moment.at is not None
    assert bare is not None
    assert bare.at is not None
    assert bare.at - moment.at == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("summer", "text"),
    [
        (EUROPE, "Oct 25 2026 02:30:00 CET"),
        (EUROPE, "Mar 29 2026 02:30:00 CET"),
        ("CET recurring 5 Xyz Foo 2:00 last Sun Oct 3:00", "Jul 12 2026 13:09:43 CET"),
        ("CET date", "Jul 12 2026 13:09:43 CET"),
    ],
)
def test_an_hour_that_is_there_twice_or_a_rule_that_is_not_understood_leaves_the_date_open(
    summer: str, text: str
) -> None:
    """Open, not guessed; and it is known why."""
    known = zones("CET 1", summer)
    assert known is not None

    moment = parse_date(text, known)

    assert moment is not None
    assert moment.at is None
    assert known.is_double("CET")
