"""A change window: what is in it, and when the next one opens."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asa_transport.core.pushing.campaign.window import closed, is_open
from asa_transport.model import ChangeWindow, Weekday

BERLIN = ZoneInfo("Europe/Berlin")


def window(text: str, days: str = "mon tue wed thu fri sat sun", zone: ZoneInfo = BERLIN) -> ChangeWindow:
    opens, closes = map(time.fromisoformat, text.split("-"))
    return ChangeWindow(days=tuple(map(Weekday, days.split())), opens=opens, closes=closes, zone=zone)


def at(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def test_without_windows_it_is_always_open() -> None:
    """Most fleets have no window, and then no time is wrong."""
    assert closed((), at("2026-01-12 03:00")) is None


@pytest.mark.parametrize(
    ("when", "is_in"),
    [
        ("2026-01-12 21:59", False),  # a Monday
        ("2026-01-12 22:00", True),
        ("2026-01-13 03:59", True),
        ("2026-01-13 04:00", False),
        ("2026-01-13 22:00", False),
        ("2026-01-12 03:00", False),  # the night from Sunday
    ],
)
def test_a_window_may_pass_midnight_and_belongs_to_the_day_it_opens_on(when: str, is_in: bool) -> None:
    """Monday 22:00 to 04:00 is one night, not two halves of one."""
    assert is_open(window("22:00-04:00", "mon"), at(when)) is is_in


def test_a_whole_day_is_open_from_midnight_to_midnight() -> None:
    """00:00 to 24:00 has no hole and no second day."""
    whole = window("00:00-00:00", "sat")

    inside = {text: is_open(whole, at(text)) for text in ("2026-01-17 00:00", "2026-01-17 23:59")}
    outside = {text: is_open(whole, at(text)) for text in ("2026-01-16 23:59", "2026-01-18 00:00")}

    assert all(inside.values())
    assert not any(outside.values())


def test_the_refusal_names_the_next_opening_of_all_windows() -> None:
    """Who reads it at 12:00 wants to know when to come back, and in whose time."""
    windows = (window("22:00-04:00", "tue"), window("20:00-21:00", "mon", ZoneInfo("UTC")))

    assert closed(windows, at("2026-01-12 12:00")) == (
        "outside the change windows; the next one opens mon 2026-01-12 20:00 UTC"
    )
    assert closed(windows, at("2026-01-13 12:00")) == (
        "outside the change windows; the next one opens tue 2026-01-13 22:00 Europe/Berlin"
    )
    assert closed(windows, at("2026-01-13 23:00")) is None


def test_a_window_in_the_hour_that_is_left_out_does_not_come_that_day() -> None:
    """On 2026-03-29 the clocks of Berlin go from 02:00 to 03:00."""
    inside, across = window("02:15-02:45"), window("02:30-05:00")

    assert closed((inside,), at("2026-03-29 00:00")) == (
        "outside the change windows; the next one opens mon 2026-03-30 02:15 Europe/Berlin"
    )
    assert closed((across,), at("2026-03-29 00:00")) == (
        "outside the change windows; the next one opens sun 2026-03-29 03:00 Europe/Berlin"
    )
    assert is_open(across, at("2026-03-29 03:00"))


def test_a_time_that_comes_twice_is_in_the_window_twice() -> None:
    """On 2026-10-25 the clocks of Berlin go from 03:00 back to 02:00."""
    night = window("01:00-02:30")

    assert is_open(night, at("2026-10-25 02:15", fold=0))
    assert not is_open(night, at("2026-10-25 02:45", fold=0))
    assert is_open(night, at("2026-10-25 02:15", fold=1))
    assert closed((night,), at("2026-10-25 02:45", fold=0)) == (
        "outside the change windows; the next one opens sun 2026-10-25 02:00 Europe/Berlin"
    )


def test_a_window_that_a_clock_put_back_opens_again_is_named_by_its_minute_whenever_it_is_asked() -> None:
    """Clocks are put back at a whole quarter of an hour, and nobody asks at one."""
    night = window("01:00-02:30")

    assert closed((night,), at("2026-10-25 02:47", fold=0)) == (
        "outside the change windows; the next one opens sun 2026-10-25 02:00 Europe/Berlin"
    )


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"])
TIMES = st.times(timezones=st.none()).map(lambda t: t.replace(second=0, microsecond=0))


@settings(deadline=None, max_examples=150)
@given(
    zone=ZONES,
    opens=TIMES,
    closes=TIMES,
    days=st.sets(st.sampled_from(list(Weekday)), min_size=1),
    now=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
)
def test_what_is_named_as_the_next_opening_is_one_and_nothing_before_it_is(
    zone: str, opens: time, closes: time, days: set[Weekday], now: datetime
) -> None:
    """A message that names a closed hour costs a night; checked minute by minute."""
    one = ChangeWindow(
        days=tuple(day for day in Weekday if day in days), opens=opens, closes=closes, zone=ZoneInfo(zone)
    )
    reason = closed((one,), now)
    if reason is None:
        assert is_open(one, now)
        return

    minute = now.replace(second=0, microsecond=0)
    first = next(
        (m for m in (minute + timedelta(minutes=n) for n in range(1, 15 * 1440)) if is_open(one, m)), None
    )

    if first is None:
        assert reason.endswith("two weeks")
    else:
        assert f"{first.astimezone(one.zone):%Y-%m-%d %H:%M} {zone}" in reason


def test_a_window_is_closed_from_its_last_minute_on() -> None:
    """At half past two the night's work is over, to the second."""
    night = window("01:00-02:30")

    assert is_open(night, at("2026-11-04 01:00"))
    assert not is_open(night, at("2026-11-04 02:30"))


def test_of_two_windows_that_open_together_one_is_named() -> None:
    """Two teams may have written down the same hour."""
    reason = closed((window("01:00-02:30"), window("01:00-04:00")), at("2026-11-04 05:00"))

    assert reason == "outside the change windows; the next one opens thu 2026-11-05 01:00 Europe/Berlin"
