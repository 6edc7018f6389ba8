"""Canary first, then portions: every device once, pairs whole, groups spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asa_transport.core.planning.waves import Unit, waves
from asa_transport.model import WavePolicy, WaveSize


def fleet(count: int, *, tagged: Sequence[int] = (), group: str | None = None) -> list[Unit]:
    return [
        Unit(
            name=f"fw{number:03}",
            devices=(f"fw{number:03}",),
            groups=frozenset({group} if group else ()),
            tags=frozenset({"canary"} if number in tagged else ()),
        )
        for number in range(1, count + 1)
    ]


def pair(name: str, *groups: str) -> Unit:
    return Unit(name=name, devices=(f"{name}-a", f"{name}-b"), groups=frozenset(groups))


def sizes(text: str) -> tuple[WaveSize, ...]:
    return tuple(
        WaveSize(count=int(part.rstrip("%")), is_percent=part.endswith("%")) for part in text.split(", ")
    )


def policy(text: str = "100%", *, canary: int = 0, max_per_group: int = 0) -> WavePolicy:
    return WavePolicy(canary_count=canary, sizes=sizes(text), max_per_group=max_per_group)


def lengths(made: Sequence[Sequence[str]]) -> list[int]:
    return [len(wave) for wave in made]


def test_no_device_makes_no_wave() -> None:
    """An empty plan is a plan."""
    assert waves([], WavePolicy()) == ()


def test_by_default_one_goes_first_then_five_then_parts_of_the_fleet() -> None:
    """The first mistake costs one device."""
    assert lengths(waves(fleet(100), WavePolicy())) == [1, 5, 25, 50, 19]
    assert lengths(waves(fleet(1), WavePolicy())) == [1]
    assert lengths(waves(fleet(7), WavePolicy())) == [1, 5, 1]


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        ("100%", 7, [7]),
        ("3", 7, [3, 3, 1]),
        ("1, 3", 8, [1, 3, 3, 1]),
        ("50%", 5, [3, 2]),
        ("1%", 3, [1, 1, 1]),
        ("10, 1%", 12, [10, 1, 1]),
        ("50%, 1", 4, [2, 1, 1]),
    ],
)
def test_sizes_are_numbers_or_parts_of_the_whole_and_the_last_repeats(
    text: str, count: int, expected: list[int]
) -> None:
    """A percentage counts all planned devices and is rounded up."""
    assert lengths(waves(fleet(count), policy(text))) == expected


def test_the_tagged_devices_are_the_canary() -> None:
    """Who is lost first is a person's choice."""
    made = waves(fleet(5, tagged=[4, 2]), policy(canary=2))

    assert made == (("fw002", "fw004"), ("fw001", "fw003", "fw005"))


def test_too_few_tagged_devices_are_made_up_from_the_others() -> None:
    """Without a tag in the inventory there is a canary still."""
    assert waves(fleet(4, tagged=[3]), policy(canary=2)) == (("fw001", "fw003"), ("fw002", "fw004"))
    assert waves(fleet(3), policy(canary=1))[0] == ("fw001",)


def test_more_tagged_devices_than_canaries_wait_for_their_turn() -> None:
    """The tag names candidates, the number limits the risk."""
    assert waves(fleet(3, tagged=[1, 2, 3]), policy(canary=1)) == (("fw001",), ("fw002", "fw003"))


def test_a_canary_count_of_none_is_no_canary() -> None:
    """For a fleet of one."""
    assert waves(fleet(3, tagged=[3]), policy(canary=0)) == (("fw001", "fw002", "fw003"),)


def test_a_pair_counts_as_its_devices_and_is_never_divided() -> None:
    """Two units of one pair in two waves would split its brain in between."""
    units = [*fleet(1), pair("p"), *fleet(3)[1:]]

    assert waves(units, policy("2")) == (("fw001",), ("p-a", "p-b"), ("fw002", "fw003"))
    assert waves([pair("p"), pair("q")], policy("1", canary=1)) == (("p-a", "p-b"), ("q-a", "q-b"))


def test_a_group_is_spread_over_the_waves_and_the_others_fill_them() -> None:
    """Both firewalls of a site must not be in doubt at once."""
    units = [*fleet(3, group="paris"), *fleet(5)[3:]]

    made = waves(units, policy("3", max_per_group=1))

    assert made == (("fw001", "fw004", "fw005"), ("fw002",), ("fw003",))


def test_a_unit_that_exceeds_a_limit_by_itself_goes_alone() -> None:
    """It must go some time, and then with nobody beside it."""
    units = [pair("p", "paris"), *fleet(2)]

    assert waves(units, policy("100%", max_per_group=1)) == (("p-a", "p-b"), ("fw001", "fw002"))


def test_ten_thousand_devices_of_one_group_are_spread_in_a_moment() -> None:
    """The worst case: one device a wave."""
    made = waves(fleet(10_000, group="all"), policy("100%", max_per_group=1))

    assert len(made) == 10_000


def test_who_does_not_fit_is_waited_for_and_not_overtaken() -> None:
    """A pair must not be put off for ever by single devices that still fit."""
    first, _, last = fleet(3)

    made = waves([first, pair("p", "paris"), last], policy("2", max_per_group=2))

    assert made == (("fw001",), ("p-a", "p-b"), ("fw003",))


@st.composite
def units(draw: st.DrawFn) -> list[Unit]:
    groups = st.frozensets(st.sampled_from(["a", "b", "c"]), max_size=2)
    tags = st.frozensets(st.sampled_from(["canary", "prod"]), max_size=2)
    return [
        Unit(
            name=f"u{number}",
            devices=tuple(f"u{number}-{letter}" for letter in "xyz"[: draw(st.integers(1, 3))]),
            groups=draw(groups),
            tags=draw(tags),
        )
        for number in range(draw(st.integers(0, 25)))
    ]


POLICIES = st.builds(
    WavePolicy,
    canary_count=st.integers(0, 4),
    sizes=st.lists(
        st.one_of(
            st.builds(WaveSize, count=st.integers(1, 12)),
            st.builds(WaveSize, count=st.integers(1, 100), is_percent=st.just(True)),
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
    max_per_group=st.integers(0, 4),
)


@settings(deadline=None)
@given(fleet=units(), how=POLICIES)
def test_every_device_is_in_exactly_one_wave_and_no_wave_is_empty(fleet: list[Unit], how: WavePolicy) -> None:
    """A device in no wave would be forgotten, in two it would be pushed twice."""
    made = waves(fleet, how)

    assert Counter(name for wave in made for name in wave) == Counter(
        name for unit in fleet for name in unit.devices
    )
    assert all(made)


@settings(deadline=None)
@given(fleet=units(), how=POLICIES)
def test_no_unit_is_divided_and_the_order_is_kept(fleet: list[Unit], how: WavePolicy) -> None:
    """Same plan, same waves; within a wave the order given."""
    made = waves(fleet, how)
    order = [name for unit in fleet for name in unit.devices]

    assert made == waves(list(fleet), how)
    assert all(sorted(wave, key=order.index) == list(wave) for wave in made)
    for unit in fleet:
        assert len({number for number, wave in enumerate(made) if set(unit.devices) & set(wave)}) == 1


@settings(deadline=None)
@given(fleet=units(), how=POLICIES)
def test_the_limits_hold_unless_a_unit_exceeds_them_alone(fleet: list[Unit], how: WavePolicy) -> None:
    """A limit that sometimes does not hold is none."""
    total = sum(len(unit.devices) for unit in fleet)
    made = waves(fleet, how)
    unit_of = {name: unit for unit in fleet for name in unit.devices}
    allowed = [max(1, -(-total * size.count // 100) if size.is_percent else size.count) for size in how.sizes]
    limits = [how.canary_count] * bool(how.canary_count) + allowed
    limits += [allowed[-1]] * len(made)

    for wave, limit in zip(made, limits, strict=False):
        if len({unit_of[name].name for name in wave}) == 1:
            continue
        assert len(wave) <= limit
        count = Counter(group for name in wave for group in unit_of[name].groups)
        assert not how.max_per_group or all(number <= how.max_per_group for number in count.values())


@settings(deadline=None)
@given(fleet=units(), how=POLICIES)
def test_without_groups_the_waves_in_turn_are_the_order_given(fleet: list[Unit], how: WavePolicy) -> None:
    """After the canary nobody jumps the queue."""
    free = WavePolicy(canary_count=0, sizes=how.sizes, max_per_group=0)

    assert [name for wave in waves(fleet, free) for name in wave] == [
        name for unit in fleet for name in unit.devices
    ]


@settings(deadline=None)
@given(fleet=units(), how=POLICIES)
def test_a_tagged_unit_is_in_the_canary_where_there_is_one(fleet: list[Unit], how: WavePolicy) -> None:
    """The first unit with the tag always goes first."""
    tagged = [unit for unit in fleet if "canary" in unit.tags]
    if how.canary_count and tagged:
        assert set(tagged[0].devices) <= set(waves(fleet, how)[0])


def test_half_of_a_large_fleet_is_half_of_it() -> None:
    """A percentage is of a hundred, and rounded up."""
    assert lengths(waves(fleet(300), policy("50%"))) == [150, 150]
    assert lengths(waves(fleet(301), policy("50%"))) == [151, 150]
