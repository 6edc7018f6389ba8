"""Which runs are too old: by the time that audits have seen pass, so that a wrong clock removes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.core.history.retention import ClockJump, Expired, Retention, jump_text, retention
from asa_transport.model import PUSH_KIND, RunStatus
from tests.unit.stores import run

KEEP = timedelta(days=400)


def asked(days: Sequence[int], keep: timedelta = KEEP) -> Retention:
    """At the end of the last of runs that began on these days, in this order."""
    known = [replace(run(day), id=f"run-{number}") for number, day in enumerate(days)]
    return retention(known, known[-1].id, keep)


def removed(days: Sequence[int], keep: timedelta = KEEP) -> int:
    found = asked(days, keep)
    assert isinstance(found, Expired)
    # Always the oldest.
    assert found.ids == tuple(f"run-{number}" for number in range(len(found.ids)))
    return len(found.ids)


def test_of_a_fleet_that_is_audited_every_night_a_run_goes_each_night() -> None:
    """A disk that fills up ends the audits."""
    assert removed(range(401)) == 0
    assert removed(range(402)) == 1
    assert removed(range(450)) == 49


def test_a_policy_that_keeps_less_than_before_is_kept_to_at_once() -> None:
    """Who writes it wants it so."""
    assert removed(range(400), timedelta(days=30)) == 369


@pytest.mark.parametrize("jump", [500, 36_500, -500, -20_000])
def test_a_clock_that_is_wrong_for_a_night_removes_nothing_then_or_later(jump: int) -> None:
    """All 400 nights would be too old, and gone."""
    history = list(range(400))

    that_night = asked([*history, 400 + jump])
    night_after = asked([*history, 400 + jump, 401])
    later = [removed([*history, 400 + jump, *range(401, until)]) for until in (403, 410, 450)]

    for found in (that_night, night_after):
        assert isinstance(found, ClockJump) or found == Expired(ids=())
    # The two days of which nobody knows how long they were.
    assert later == [removed(range(until - 2)) for until in (403, 410, 450)]


def test_a_clock_that_stays_wrong_costs_a_month_of_the_oldest_at_most() -> None:
    """Nobody can tell it from a year without audits."""
    assert removed([*range(400), 900, 901]) <= 33


def test_what_is_spared_is_counted_and_said_once_with_what_to_do() -> None:
    """A person has to look at the clock; the nights after it are silent."""
    found = asked([*range(400), 900])

    assert isinstance(found, ClockJump)
    assert (found.spared, found.before.id, found.moved) == (400, "run-399", timedelta(days=501))
    assert jump_text(found, 400) == (
        "warning: the clock is 501 days ahead of the run before (run-399), so 400 runs that are older than "
        "400 days by this clock are kept (policy: keep); correct the clock, or do nothing if it is right: "
        "later audits remove the old runs"
    )
    assert isinstance(asked([*range(400), 900, 901]), Expired)


def test_a_year_without_audits_is_forgotten_in_its_turn() -> None:
    """What is kept for longer than the policy says goes in the end."""
    nights = [*range(100), *range(500, 1000)]

    assert removed(nights, timedelta(days=60)) > 100


def test_a_new_history_and_a_run_that_is_not_in_it_remove_nothing() -> None:
    """Nothing to compare a clock with."""
    assert retention((), "run-0", KEEP) == Expired(ids=())
    assert retention([run(0)], run(0).id, KEEP) == Expired(ids=())
    assert retention([run(0), run(900)], "of no run", KEEP) == Expired(ids=())


def test_a_push_that_a_shared_store_lists_is_never_removed() -> None:
    """What was sent to a firewall is asked for years later."""
    known = [replace(run(day), id=f"run-{day}") for day in range(500)]
    known[3] = replace(known[3], kind=PUSH_KIND)

    found = retention(known, known[-1].id, KEEP)

    assert isinstance(found, Expired)
    assert {"run-2", "run-4"} <= set(found.ids)
    assert "run-3" not in found.ids


@given(st.lists(st.integers(-30_000, 30_000), min_size=2, max_size=30), st.integers(1, 500))
def test_the_newest_whole_run_and_one_that_runs_stay_whatever_the_clocks_say(
    days: list[int], keep: int
) -> None:
    """Without them there is nothing to compare the next night with."""
    known = [replace(run(day), id=f"run-{number}") for number, day in enumerate(days)]
    limited = [replace(one, limit=("fw-a",)) for one in known[1:]]
    busy = replace(known[0], id="run-busy", status=RunStatus.RUNNING)

    found = retention([busy, known[0], *limited], known[-1].id, timedelta(days=keep))

    gone = found.ids if isinstance(found, Expired) else ()
    assert not {"run-busy", "run-0", known[-1].id} & set(gone)
