"""The rules of a run over many devices: the budget, the first proof, the common cause."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asa_transport.core.pushing.campaign.budget import Allowance, allowance, with_max_fail
from asa_transport.core.pushing.campaign.cause import common_cause
from asa_transport.core.pushing.campaign.course import Course, Start
from asa_transport.core.pushing.campaign.outlook import outlook
from asa_transport.core.pushing.campaign.portions import Portion, portions
from asa_transport.core.pushing.campaign.rehearsal import foretold
from asa_transport.core.pushing.campaign.verdicts import is_failure
from asa_transport.errors import UserError
from asa_transport.model import (
    Applied,
    Device,
    DryRunOutcome,
    FailureBudget,
    Foretold,
    NoChange,
    NotReached,
    PlannedDevice,
    PushOutcome,
    Refused,
    Verified,
    WouldPush,
)
from tests.unit.campaigning import COUNTED, MAKERS, NO_BUDGET, fleet, named, outcome, plan, planned


def course(
    devices: tuple[PlannedDevice, ...],
    budget: FailureBudget = NO_BUDGET,
    accept: Verified = Verified.CONTACT,
) -> Course:
    return Course({one.name: one for one in devices}, allowance(budget, len(devices)), accept=accept)


def after(run: Course, *words: str, proven: bool = True) -> Course:
    """Let fw-01, fw-02, … end with these words, one after the other."""
    if proven:
        run.resumed([outcome("fw-01", "applied")])
    for number, word in enumerate(words, start=2 if proven else 1):
        run.started(f"fw-{number:02}")
        run.ended(outcome(f"fw-{number:02}", word))
    return run


def test_every_outcome_has_a_word_in_these_tests() -> None:
    """A new outcome must be put into the budget on purpose."""
    assert {type(outcome("x", word)) for word in MAKERS} == set(get_args(PushOutcome))


def test_what_counts_as_a_failure() -> None:
    """Not saved counts, because the change is gone after a reload; not reached never does."""
    assert tuple(word for word in MAKERS if is_failure(outcome("x", word))) == COUNTED


@pytest.mark.parametrize(
    ("budget", "devices", "total"),
    [
        (FailureBudget(), 100, 10),
        (FailureBudget(), 1, 1),
        (FailureBudget(percent=0), 100, 0),
        (FailureBudget(percent=1), 101, 2),
        (FailureBudget(number=3), 100, 3),
        (FailureBudget(number=30), 100, 10),
        (FailureBudget(number=3, percent=None), 100, 3),
        (NO_BUDGET, 100, None),
    ],
)
def test_a_percentage_is_rounded_up_and_the_smaller_limit_holds(
    budget: FailureBudget, devices: int, total: int | None
) -> None:
    """Ten percent of five devices is one device, not none."""
    assert allowance(budget, devices).total == total


def test_max_fail_replaces_number_and_percent_and_nothing_else() -> None:
    """It is for one run, and the trip wire of the policy stays."""
    policy = FailureBudget(number=5, percent=10, per_group=2, consecutive=3)

    assert with_max_fail(policy, "7") == dataclasses.replace(policy, number=7, percent=None)
    assert with_max_fail(policy, "20%") == dataclasses.replace(policy, number=None, percent=20)


@pytest.mark.parametrize("text", ["", "-1", "101%", "1.5", "%", "5 %", "٣", "100001", "1" * 30])
def test_a_max_fail_of_another_form_is_a_users_mistake(text: str) -> None:
    """`5 %` of a fleet and `5` of it are not near each other."""
    with pytest.raises(UserError, match="expected a number of devices"):
        with_max_fail(FailureBudget(), text)


@pytest.mark.parametrize("word", COUNTED[:-2])
def test_the_failure_after_the_allowed_ones_stops_the_run(word: str) -> None:
    """N failures are allowed, the next one stops."""
    budget = dataclasses.replace(NO_BUDGET, number=1)

    assert after(course(fleet(9), budget), word).stopped_by is None
    assert after(course(fleet(9), budget), word, word).stopped_by == "failure budget: 2 failed, 1 allowed"


def test_a_share_says_of_what() -> None:
    """An operator must see where the number comes from."""
    run = after(course(fleet(9), FailureBudget(consecutive=None)), "failed", "applied", "refused")

    assert run.stopped_by == "failure budget: 2 failed, 1 allowed (10% of 9 devices)"


def test_a_group_has_a_budget_of_its_own() -> None:
    """One site must not lose more firewalls than it can."""
    devices = (*fleet(3, groups=("paris",)), planned("fw-04", groups=("rome",)))
    run = course(devices, dataclasses.replace(NO_BUDGET, per_group=1))

    after(run, "failed")
    assert run.stopped_by is None
    run.started("fw-04")
    run.ended(outcome("fw-04", "failed"))
    assert run.stopped_by is None
    run.started("fw-03")
    run.ended(outcome("fw-03", "failed"))

    assert run.stopped_by == "failure budget: 2 failed in group paris, 1 allowed"


def test_failures_in_a_row_trip_whatever_the_share_is() -> None:
    """Three in a row is no accident, in a fleet of any size; what went well in between breaks the row."""
    budget = FailureBudget(percent=100)

    assert after(course(fleet(50), budget), "failed", "failed").stopped_by is None
    assert after(course(fleet(50), budget), "failed", "failed", "no-change", "failed").stopped_by is None
    assert after(course(fleet(50), budget), "failed", "failed", "failed").stopped_by == (
        "failure budget: 3 failed in a row"
    )


@pytest.mark.parametrize(
    ("word", "happened"),
    [("unknown", "is in an unknown state"), ("rollback-failed", "could not be rolled back")],
)
def test_a_device_in_doubt_stops_the_run_whatever_the_budget(word: str, happened: str) -> None:
    """Going on would make more of them."""
    run = after(course(fleet(9)), word)

    assert run.stopped_by == f"fw-02 {happened}; a person must look at it"


@pytest.mark.parametrize("word", ["failed", "rolled-back"])
def test_before_the_first_proof_one_setback_stops_the_run(word: str) -> None:
    """Nothing is pushed widely on a hope."""
    stopped_by = after(course(fleet(9)), word, proven=False).stopped_by

    assert stopped_by is not None
    assert stopped_by.startswith("fw-01 ")
    assert stopped_by.endswith("before any device had shown that the change works")


@pytest.mark.parametrize("word", ["refused", "unreachable", "no-change"])
def test_before_the_first_proof_a_device_that_was_not_touched_only_counts(word: str) -> None:
    """A canary that has drifted says nothing of the change."""
    run = after(course(fleet(9)), word, word, proven=False)

    run.started("fw-03")

    assert run.stopped_by is None
    assert run.start_of("fw-04") is Start.LATER


@pytest.mark.parametrize(
    ("word", "accept", "then"),
    [
        ("applied", Verified.CONTACT, Start.NOW),
        ("unsaved", Verified.CONTACT, Start.NOW),
        ("config", Verified.CONTACT, Start.LATER),
        ("config", Verified.CONFIG, Start.NOW),
        ("no-change", Verified.CONFIG, Start.LATER),
    ],
)
def test_the_first_proven_device_opens_the_way(word: str, accept: Verified, then: Start) -> None:
    """Only a contact shows that the change works, unless the policy takes less."""
    run = after(course(fleet(9), accept=accept), word, proven=False)

    run.started("fw-02")

    assert run.start_of("fw-03") is then
    assert (run.unproven() is None) == (then is Start.NOW or word == "no-change")


def test_what_a_wave_without_a_proof_came_to_is_said() -> None:
    """The person who is asked, or who reads why it was stopped, must see which devices to look at."""
    few = after(course(fleet(9)), "refused", "unreachable", proven=False)
    many = after(course(fleet(9)), *["refused"] * 5, "no-change", proven=False)

    assert few.unproven() == (
        "no device has shown yet that the change works (fw-01 refused, fw-02 not-reached)"
    )
    assert many.unproven() == "no device has shown yet that the change works (5 refused, 1 had nothing to do)"
    assert course(fleet(9)).unproven() is None


def test_the_first_reason_stays() -> None:
    """What ends after the stop must not hide why the run was stopped."""
    run = after(course(fleet(9)), "unknown", "unknown")
    run.stop("interrupted")

    assert run.stopped_by == "fw-02 is in an unknown state; a person must look at it"
    assert run.start_of("fw-09") is Start.NEVER


def test_outcomes_of_an_earlier_process_count_and_prove() -> None:
    """`resume` must not get a fresh budget, nor begin again with one device at a time."""
    run = course(fleet(9), dataclasses.replace(NO_BUDGET, number=1))
    run.resumed([outcome("fw-01", "failed"), outcome("fw-02", "applied")])

    assert run.stopped_by is None
    assert run.start_of("fw-03") is Start.NOW
    run.started("fw-03")
    assert run.start_of("fw-04") is Start.LATER
    run.ended(outcome("fw-03", "failed"))
    assert run.stopped_by == "failure budget: 2 failed, 1 allowed"


def split(groups: dict[str, str]) -> tuple[dict[str, PlannedDevice], dict[str, bool]]:
    """`{"emea": "xxx.", "apac": "...."}`: one character a device, x failed."""
    devices: dict[str, PlannedDevice] = {}
    results: dict[str, bool] = {}
    for group, marks in groups.items():
        for number, mark in enumerate(marks):
            name = f"{group}-{number:02}"
            devices[name] = planned(name, groups=(group,) if group != "-" else ())
            results[name] = mark == "x"
    return devices, results


@pytest.mark.parametrize(
    ("groups", "cause"),
    [
        ({"emea": "xxxxxxx..", "-": "." * 12}, "7 of 9 in group emea failed, 0 of 12 outside"),
        ({"emea": "xxx...", "-": "......"}, "3 of 6 in group emea failed, 0 of 6 outside"),
        ({"emea": "xxx....", "-": "......"}, None),
        ({"emea": "xx", "-": "......"}, None),
        ({"emea": "xxx"}, "3 of 3 in group emea failed"),
        ({"emea": "xxx."}, None),
        ({"emea": "xxx", "-": "xxx"}, None),
        ({"emea": "xxx", "-": "xx."}, "3 of 3 in group emea failed, 2 of 3 outside"),
        ({"emea": "xxx.", "apac": "xxx", "-": "...."}, "3 of 3 in group apac failed, 3 of 8 outside"),
    ],
)
def test_many_failures_with_one_thing_in_common_are_named(groups: dict[str, str], cause: str | None) -> None:
    """At least three, at least half of those that share it, and the others did better."""
    assert common_cause(*split(groups)) == cause


def test_a_shared_proxy_is_named_with_all_that_is_the_same_devices() -> None:
    """Region and proxy of a site are often the same devices, and only a person knows which it is."""
    devices = {
        **{f"a{n}": planned(f"a{n}", groups=("emea",), region="emea", proxy="p1") for n in range(3)},
        **{f"b{n}": planned(f"b{n}", groups=("emea",), region="south", proxy="p2") for n in range(3)},
    }
    results = {name: name.startswith("a") for name in devices}

    assert common_cause(devices, results) == (
        "3 of 3 behind proxy p1:8080 failed, 0 of 3 outside (the same devices are in region emea)"
    )


def test_a_common_cause_stops_a_run_within_its_budget_and_is_named_when_the_budget_stops_it() -> None:
    """The budget says that too many failed, the cause says where to look."""
    devices = (planned("fw-01"), *(planned(f"fw-{n:02}", groups=("emea",)) for n in range(2, 9)))

    early = after(course(devices), "failed", "failed", "failed")
    spent = after(course(devices, dataclasses.replace(NO_BUDGET, number=2)), *["failed"] * 3)

    assert early.stopped_by == "common cause: 3 of 3 in group emea failed"
    assert spent.stopped_by == ("failure budget: 3 failed, 2 allowed; 3 of 3 in group emea failed")


def test_a_new_wave_forgets_what_the_last_one_had_in_common() -> None:
    """Two failures a wave over three waves are for the budget."""
    devices = (planned("fw-01"), *(planned(f"fw-{n:02}", groups=("emea",)) for n in range(2, 9)))
    run = after(course(devices), "failed", "failed")

    run.begin_wave()
    run.started("fw-08")
    run.ended(outcome("fw-08", "failed"))

    assert run.stopped_by is None


def test_the_waves_keep_the_chosen_devices_and_their_pairs() -> None:
    """`--limit` takes devices away and changes nothing of the order; a pair goes together."""
    made = plan(
        planned("a"),
        planned("b1", wave=2, unit="b1+b2"),
        planned("c", wave=2),
        planned("b2", wave=2, unit="b1+b2"),
        planned("d", wave=3),
    )

    assert portions(made, ["a", "b1", "b2", "c"]) == (
        Portion(wave=1, units=(("a",),)),
        Portion(wave=2, units=(("b1", "b2"), ("c",))),
    )
    assert [(one.wave, one.names) for one in portions(made, ["b2", "d"])] == [(2, ("b2",)), (3, ("d",))]
    assert portions(made, []) == ()


GROUPS = st.lists(st.sampled_from(["a", "b"]), unique=True, max_size=2)
LIMIT = st.none() | st.integers(0, 4)


@settings(deadline=None, max_examples=150)
@given(
    groups=st.lists(GROUPS, min_size=1, max_size=14),
    budget=st.builds(
        FailureBudget,
        number=LIMIT,
        percent=st.none() | st.integers(0, 100),
        per_group=LIMIT,
        consecutive=st.none() | st.integers(1, 4),
    ),
    workers=st.integers(1, 8),
    data=st.data(),
)
def test_no_budget_is_overspent_whatever_the_outcomes_and_their_order(
    groups: list[list[str]], budget: FailureBudget, workers: int, data: st.DataObject
) -> None:
    """The failure that stops the run is the last one that a budget may see: none is in work behind it."""
    devices = tuple(planned(f"fw-{n:02}", groups=of) for n, of in enumerate(groups))
    allowed: Allowance = allowance(budget, len(devices))
    run, waiting = course(devices, budget), [one.name for one in devices]
    in_work: list[str] = []
    failed, by_group, is_proven = 0, {"a": 0, "b": 0}, False
    while True:
        while waiting and len(in_work) < workers and run.start_of(waiting[0]) is Start.NOW:
            run.started(waiting[0])
            in_work.append(waiting.pop(0))
            assert is_proven or len(in_work) == 1
        if not in_work:
            break
        name = in_work.pop(data.draw(st.integers(0, len(in_work) - 1)))
        ended = outcome(name, data.draw(st.sampled_from(sorted(MAKERS))))
        run.ended(ended)
        is_proven = is_proven or (isinstance(ended, Applied) and ended.verified is Verified.CONTACT)
        if is_failure(ended):
            failed += 1
            for group in groups[int(name[3:])]:
                by_group[group] += 1

    assert allowed.total is None or failed <= allowed.total + 1
    assert allowed.per_group is None or max(by_group.values()) <= allowed.per_group + 1
    assert (run.stopped_by is not None) or not waiting


# --------------------------------------------------------------------------- what a person reads before


def test_the_outlook_names_the_firewalls_of_each_server_where_there_are_several() -> None:
    """Who opens the way on a proxy must know for whom."""
    mixed = plan(planned("fw-01", proxy="p1"), planned("fw-02", proxy="p2"), planned("fw-03", proxy="p1"))

    guards = {guard.text: guard.names for guard in outlook(mixed, ["fw-01", "fw-02", "fw-03"], None).guards}
    alike = {guard.text: guard.names for guard in outlook(mixed, ["fw-01", "fw-03"], None).guards}

    assert guards["p1:8080 must answer the firewall itself (ping tcp)"] == ("fw-01", "fw-03")
    assert guards["p2:8080 must answer the firewall itself (ping tcp)"] == ("fw-02",)
    # For all of them: their names would say nothing more.
    assert alike["p1:8080 must answer the firewall itself (ping tcp)"] == ()
    assert [names for text, names in guards.items() if "ping tcp" not in text] == [(), (), ()][
        : len(guards) - 2
    ]


def test_the_outlook_says_how_many_waves_the_whole_plan_has() -> None:
    """Two of five waves are not the change."""
    whole = plan(*fleet(2), planned("fw-03", wave=2), planned("fw-04", wave=3))

    made = outlook(whole, ["fw-03"], FailureBudget())

    assert (made.last_wave, [portion.wave for portion in made.waves]) == (3, [2])


@pytest.mark.parametrize(
    ("accept", "proven"),
    [(Verified.CONTACT, "proven by contact"), (Verified.CONFIG, "in force (no contact needed)")],
)
def test_the_outlook_says_where_the_push_stops(accept: Verified, proven: str) -> None:
    """The person at the change board asks this one question."""
    whole = plan(planned("fw-01", wave=1), *(planned(f"fw-{number:02}", wave=2) for number in range(2, 12)))
    names = [one.name for one in whole.devices]

    bounds = outlook(
        whole, names, FailureBudget(number=2, percent=None, per_group=1, consecutive=3), accept
    ).bounds
    bare = outlook(whole, names, NO_BUDGET, accept).bounds

    first = (
        f"until one device of wave 1 is {proven}, its devices are changed one at a time and no other wave "
        "begins"
    )
    last = "these count as failed: refused, not reached, failed, rolled back and not saved"
    common = "the state of one is unknown, or many failures have one thing in common"
    assert bounds == (
        first,
        "the push stops when more than 2 fail, when more than 1 of one group fail, when 3 fail in a row, "
        f"when {common}",
        last,
    )
    assert (bare[0], bare[-1]) == (first, last)
    assert bare[1].endswith(common)
    assert "None" not in bare[1]


def test_a_run_over_nobody_has_no_bounds() -> None:
    """There is no first wave to speak of."""
    assert outlook(plan(*fleet(2)), [], FailureBudget()).bounds == ()


# --------------------------------------------------------------------------- what a dry run foretells


def told(budget: FailureBudget, *words: str, waves: dict[str, int] | None = None) -> Foretold:
    """What a dry run foretells over fw-01, fw-02, … that it found like this."""
    devices = tuple(
        planned(f"fw-{number:02}", wave=(waves or {}).get(f"fw-{number:02}", 1))
        for number in range(1, len(words) + 1)
    )
    makers: dict[str, Callable[[Device], DryRunOutcome]] = {
        "would-push": lambda one: WouldPush(device=one),
        "no-change": lambda one: NoChange(device=one, reason="is as intended"),
        "refused": lambda one: Refused(device=one, reason="has moved"),
        "not-reached": lambda one: NotReached(device=one, reason="timed out"),
    }
    found = [makers[word](named(f"fw-{number:02}")) for number, word in enumerate(words, start=1)]
    return foretold(plan(*devices), found, budget, Verified.CONTACT)


def test_a_dry_run_says_with_which_budget_and_without_whom_the_push_would_pass() -> None:
    """Both are what a person types next."""
    made = told(
        FailureBudget(number=0, percent=None, consecutive=None),
        "would-push",
        "refused",
        "not-reached",
        "would-push",
    )

    assert made.rehearsal.stopped_by is not None
    assert (made.max_fail, made.without) == (2, ("fw-02", "fw-03"))


def test_a_dry_run_in_which_all_goes_well_foretells_no_stop() -> None:
    """Nothing is to be left out."""
    made = told(FailureBudget(number=0, percent=None), "would-push", "no-change")

    assert (made.rehearsal.stopped_by, made.without, made.max_fail) == (None, None, None)


def test_where_nobody_would_be_pushed_there_is_nobody_to_leave_out() -> None:
    """A push of nothing is no way on."""
    assert told(FailureBudget(number=0, percent=None), "refused", "refused").without is None


def test_a_first_wave_that_proves_nothing_is_foretold_as_the_end() -> None:
    """The canary was refused, so that nobody knows whether the change works."""
    made = told(NO_BUDGET, "refused", "would-push", waves={"fw-02": 2})

    assert made.rehearsal.stopped_by is not None
    assert made.rehearsal.stopped_by.endswith("; no other wave begins")
    assert made.rehearsal.not_started == ("fw-02",)


def test_a_change_that_an_earlier_process_took_back_does_not_end_the_run() -> None:
    """The cut was the cause; devices still go one at a time until there is a proof."""
    run = course(fleet(3))

    run.resumed([outcome("fw-01", "rolled-back")])

    assert run.stopped_by is None
    assert run.start_of("fw-02") is Start.NOW
    run.started("fw-02")
    assert run.start_of("fw-03") is Start.LATER
