"""Days are counted from the right clock, and never turn a near deadline into a far one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.judgement.cases.deadlines import (
    RELOAD_EFFECT,
    contact_age,
    deadline_days,
    do_not_reload,
    registration_days,
    reload_danger,
    severity_by_days,
    skew_s,
    who_expires_first,
)
from asa_transport.core.judgement.rules.table import findings
from asa_transport.model import DayThresholds, DeviceClock, Severity
from tests.unit.judging import NOW, case, case_of, days, facts_of, healthy

ASK = DayThresholds()


def with_clock(
    at: datetime | None, *, zone: str = "UTC", facts: str = "contact=failed; deadline=10d"
) -> Case:
    return case(replace(facts_of(facts), clock=DeviceClock(at=at, zone=zone)))


@pytest.mark.parametrize(
    ("left", "severity"),
    [
        (400, Severity.LOW),
        (45.01, Severity.LOW),
        (45, Severity.MEDIUM),
        (14.01, Severity.MEDIUM),
        (14, Severity.HIGH),
        (3.01, Severity.HIGH),
        (3, Severity.CRITICAL),
        (0, Severity.CRITICAL),
        (-10, Severity.CRITICAL),
    ],
)
@pytest.mark.parametrize(
    ("rule", "facts"), [("AT201", "contact=failed; deadline={}d"), ("AT204", "expires={}d")]
)
def test_severity_steps_exactly_at_the_thresholds(
    rule: str, facts: str, left: float, severity: Severity
) -> None:
    """'More than 45 days' must not mean 45 days to one rule and 46 to another."""
    base = case_of(facts.format(left))
    noisy = replace(base, policy=replace(base.policy, registration_notice_days=1000))

    found = {finding.rule: finding.severity for finding in findings(noisy)}

    assert found[rule] is severity


def test_thresholds_come_from_the_policy() -> None:
    """A site with slow change windows needs its alarms earlier."""
    base = case_of("contact=failed; deadline=80d")
    early = replace(
        base, policy=replace(base.policy, contact_deadline=DayThresholds(low=100, medium=90, high=1))
    )

    assert [f.severity for f in findings(early) if f.rule == "AT201"] == [Severity.HIGH]


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_fewer_days_are_never_less_urgent(one: float, other: float) -> None:
    """Otherwise an alarm could calm down while the deadline comes nearer."""
    near, far = sorted((one, other))

    assert severity_by_days(near, ASK).rank >= severity_by_days(far, ASK).rank


def test_days_count_from_the_devices_own_clock() -> None:
    """The device acts by its own clock; ours may be a few seconds off."""
    found = with_clock(NOW + days(0.002))

    assert deadline_days(found) == pytest.approx(9.998)
    assert registration_days(found) == pytest.approx(299.998)


def test_days_count_from_now_where_the_clock_was_not_read() -> None:
    """Some audits' users may not run 'show clock'."""
    found = case(replace(facts_of("contact=failed; deadline=10d"), clock=None))

    assert deadline_days(found) == pytest.approx(10)
    assert skew_s(found) is None


@pytest.mark.parametrize("wrong", [-10_000, -400, -1, 1, 5, 400, 10_000])
def test_a_clock_that_is_off_is_counted_by_and_said_with_our_count_beside_it(wrong: float) -> None:
    """The device restricts its features by its own clock; a person must still see that it is wrong."""
    found = with_clock(NOW + days(wrong))

    details = {finding.rule: finding.detail for finding in findings(found)}

    assert deadline_days(found) == pytest.approx(10 - wrong)
    assert "AT208" in details
    assert "by this machine's clock 10 days are left" in details["AT201"]


def test_a_clock_within_the_policy_is_believed_alone() -> None:
    """A difference of seconds is no reason for two counts."""
    found = with_clock(NOW + days(-0.003))

    assert deadline_days(found) == pytest.approx(10.003)
    assert "AT208" not in {finding.rule for finding in findings(found)}


def test_a_clock_read_at_an_unknown_time_is_believed_and_not_called_wrong() -> None:
    """Saved outputs of last year are judged as of last year, not as a broken clock."""
    late = NOW - days(300)
    old = replace(with_clock(late), clock_read_at=None)

    assert deadline_days(old) == pytest.approx(310)
    assert "AT208" not in {finding.rule for finding in findings(old)}


def test_a_time_zone_that_is_not_understood_is_said_and_counts_from_now() -> None:
    """'IST' is three different offsets; to guess one could cost five hours or hide the doubt."""
    found = with_clock(None, zone="IST")

    rules = {finding.rule: finding.detail for finding in findings(found)}

    assert deadline_days(found) == pytest.approx(10)
    assert "AT208" not in rules
    assert "'IST'" in rules["AT402"]
    assert "counted by this machine's clock" in rules["AT201"]


@pytest.mark.parametrize(
    ("facts", "age"),
    [
        ("contact=succeeded", 1 / 24),
        ("contact=failed; deadline=80d", 10),
        ("contact=failed; deadline=-30d", 120),
        ("contact=failed; deadline=exceeded; expires=155d", 210),
    ],
)
def test_the_age_of_the_last_contact_is_taken_from_what_the_device_shows(facts: str, age: float) -> None:
    """A failed attempt does not say when one last succeeded, and the danger of a reload hangs on that."""
    found = contact_age(case_of(facts))

    assert found is not None
    assert found.days == pytest.approx(age)


@pytest.mark.parametrize(
    "facts", ["contact=unknown", "contact=failed; deadline=unknown; registration=unknown"]
)
def test_the_age_of_the_last_contact_is_not_guessed(facts: str) -> None:
    """A made-up age would put devices on the list, or keep them off it, for nothing."""
    bare = facts_of(facts)
    bare = replace(bare, registration=replace(bare.registration, expires_at=None))

    assert contact_age(case(bare)) is None


def test_a_reload_is_dangerous_from_the_policys_limit_on() -> None:
    """The documented danger begins at a year; the limit leaves time to act."""
    assert reload_danger(case_of("contact=failed; deadline=-209.9d")) is None
    assert reload_danger(case_of("contact=failed; deadline=-210d")) is not None


def test_who_expires_first_puts_past_before_near_before_unknown() -> None:
    """The night's order of work is this list's order."""
    texts = {
        "far": "-",
        "unknown": "deadline=unknown; registration=unknown",
        "expired": "authorization=expired; deadline=exceeded; contact=failed",
        "near": "contact=failed; deadline=10d",
        "overdue": "registration=expired; expires=-3d",
        "evaluation": "registration=unregistered; authorization=evaluation",
        "pak": "mode=pak",
    }
    cases = [
        replace(case_of(facts), device=replace(case().device, name=name)) for name, facts in texts.items()
    ]
    cases[1] = replace(
        cases[1],
        facts=replace(cases[1].facts, registration=replace(cases[1].facts.registration, expires_at=None)),
    )

    rows = who_expires_first(cases)

    assert [row.device for row in rows] == ["overdue", "evaluation", "expired", "near", "far", "unknown"]
    assert [row.is_past for row in rows] == [True, True, True, False, False, False]
    assert rows[3].days == pytest.approx(10)
    assert rows[3].what == "communication deadline"
    assert "100 kbps and 2 AnyConnect sessions" in rows[3].effect
    assert rows[5].days is None


def test_the_do_not_reload_list_names_each_device_and_why() -> None:
    """Whoever plans upgrades reads this list before anything else."""
    cases = [
        replace(case_of(facts), device=replace(case().device, name=name))
        for name, facts in (
            ("b", "registration=expired"),
            ("a", "contact=failed; deadline=-250d"),
            ("c", "-"),
        )
    ]

    rows = do_not_reload(cases)

    assert [row.device for row in rows] == ["a", "b"]
    assert "no contact for 340 days" in rows[0].reason
    assert "the registration has expired" in rows[1].reason


def test_a_healthy_device_is_on_no_list_of_danger() -> None:
    """A list that names everybody is read by nobody."""
    assert do_not_reload([case(healthy())]) == ()


@pytest.mark.parametrize(
    ("words", "is_listed", "is_said"),
    [
        ("-", False, False),
        ("expires=20d", False, True),
        ("expires=-3d", True, True),
        ("registration=expired", True, True),
        ("contact=failed; authorization=expired; deadline=exceeded; expires=40d", True, True),
        ("registration=unregistered; export=not-allowed", False, False),
    ],
)
def test_what_is_said_of_a_reload_today_is_said_in_the_list_of_those_too(
    words: str, is_listed: bool, is_said: bool
) -> None:
    """A report that says "do not reload (0)" above a reload that would cost encryption is not believed."""
    found = case_of(words)
    texts = [row.effect for row in who_expires_first([found])]
    texts += [finding.detail for finding in findings(found)]

    said = [text for text in texts if RELOAD_EFFECT in text]
    today = [text for text in said if not re.search(rf"(then|after that) {re.escape(RELOAD_EFFECT)}", text)]

    assert bool(do_not_reload([found])) is bool(today) is is_listed
    assert bool(said) is is_said


@pytest.mark.parametrize(
    ("words", "effect"),
    [
        ("registration=unregistered; export=not-allowed", "now: strong encryption is off"),
        ("registration=unregistered; authorization=evaluation", "now: a person must register it"),
    ],
)
def test_a_device_that_is_not_registered_needs_no_reload_to_be_without_a_licence(
    words: str, effect: str
) -> None:
    """What it lacks, it lacks already."""
    (row,) = who_expires_first([case_of(words)])

    assert (row.what, row.is_past) == ("not registered", True)
    assert row.effect.startswith(effect)
    assert do_not_reload([case_of(words)]) == ()
