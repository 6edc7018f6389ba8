"""How a selection is divided among machines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.core.judgement.parts import Division, anchors, divided, shard_of
from asa_transport.errors import SelectionError
from asa_transport.model import UNDIVIDED, Device, Part, Shard

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


def device(name: str, **more: object) -> Device:
    made = Device(name=name, host=name, port=22, username="u", credential="c", known_hosts=Path("k"))
    return replace(made, **more)  # type: ignore[arg-type]


def nothing(name: str) -> str:
    raise AssertionError(name)


def part(
    devices: list[Device], *limit: str, shard: Shard | None = None, region: str | None = None
) -> Division:
    return divided(devices, limit, nothing, Part(shard=shard, region=region))


def names_in(devices: list[Device], shard: Shard) -> set[str]:
    try:
        return {one.name for one in part(devices, shard=shard).selected.devices}
    except SelectionError:
        return set()


def paired(names: list[str], mates: int) -> list[Device]:
    """Return devices of which so many pairs are mates, named by the second unit alone."""
    found = {name: device(name) for name in names}
    for one, other in zip(names[: mates * 2 : 2], names[1 : mates * 2 : 2], strict=False):
        found[other] = replace(found[other], pair=one, origins={"pair": "device"})
        found[one] = replace(found[one], pair=other, origins={"pair": f"devices.{other}"})
    return sorted(found.values(), key=lambda each: each.name)


@given(st.lists(NAMES, min_size=1, max_size=30, unique=True), st.integers(1, 9), st.integers(0, 15))
def test_every_device_is_in_exactly_one_shard_and_a_pair_in_one(
    names: list[str], of: int, mates: int
) -> None:
    """A device in no shard is audited by nobody; one in two is in two reports."""
    devices = paired(names, mates)
    shards = [names_in(devices, Shard(number=number, of=of)) for number in range(1, of + 1)]

    assert sorted(name for shard in shards for name in shard) == sorted(names)
    for each in devices:
        if each.pair is not None:
            assert all((each.name in shard) is (each.pair in shard) for shard in shards)


@given(
    st.lists(NAMES, min_size=2, max_size=20, unique=True),
    st.integers(1, 9),
    st.integers(0, 10),
    st.booleans(),
)
def test_a_device_that_is_added_moves_no_other(names: list[str], of: int, mates: int, is_mate: bool) -> None:
    """Else each new firewall would give other machines other firewalls, whose keys they have not."""
    added, *others = names
    before = paired(others, mates)
    alone = next((each for each in before if each.pair is None), None)
    after = [*before, device(added)]
    if is_mate and alone is not None:
        # Its own entry names the mate; that of the old device stays as it was.
        after = [each for each in before if each is not alone]
        after.append(replace(alone, pair=added, origins={"pair": f"devices.{added}"}))
        after.append(device(added, pair=alone.name, origins={"pair": "device"}))

    was, now = anchors(before), anchors(after)
    assert {name: shard_of(key, of) for name, key in was.items()} == {
        name: shard_of(key, of) for name, key in now.items() if name != added
    }


def test_the_shard_of_a_name_is_the_same_for_ever() -> None:
    """Machines of two releases share one fleet."""
    assert [shard_of(name, 5) for name in ("fw-par-01", "fw-ber-01", "fw-東京")] == [5, 3, 5]


def test_a_limit_does_not_part_a_pair_from_its_shard() -> None:
    devices = paired(["fw-a", "fw-b", "fw-c", "fw-d", "fw-e", "fw-f"], 3)
    whole = names_in(devices, Shard(number=1, of=2)), names_in(devices, Shard(number=2, of=2))

    for name in ("fw-a", "fw-b", "fw-c", "fw-d"):
        (number,) = [number for number, names in enumerate(whole, 1) if name in names]
        found = part(devices, name, shard=Shard(number=number, of=2))
        assert [one.name for one in found.selected.devices] == [name]


def test_what_is_not_in_the_part_is_named_and_what_is_selected_has_one_digest() -> None:
    """By these a merge knows that parts are of one fleet, and who is missing."""
    devices = [device("fw-a", region="emea"), device("fw-b", region="apac"), device("fw-c", enabled=False)]
    emea, apac = part(devices, region="emea"), part(devices, region="apac")

    assert [one.name for one in emea.selected.devices] == ["fw-a"]
    assert [one.name for one in emea.elsewhere] == ["fw-b"]
    assert [one.name for one in emea.selected.not_enabled] == ["fw-c"]
    assert emea.part is not None
    assert apac.part is not None
    assert emea.part.selection_sha256 == apac.part.selection_sha256
    assert emea.part.selected == 2
    # Who logs in is a machine's own affair; what is expected is not.
    other = [replace(each, username="v", known_hosts=Path("/k")) for each in devices]
    moved = [*devices[:1], device("fw-b", region="apac", host="192.0.2.9"), devices[2]]
    assert part(other, region="emea").part == emea.part
    assert part(moved, region="emea").part != emea.part


def test_a_shard_of_a_region_is_of_that_region_only() -> None:
    devices = [device(f"fw-{number}", region="emea" if number % 2 else "apac") for number in range(40)]
    found = [part(devices, shard=Shard(number=number, of=2), region="emea") for number in (1, 2)]

    assert {one.region for each in found for one in each.selected.devices} == {"emea"}
    assert sum(len(each.selected.devices) for each in found) == 20


def test_a_device_without_a_region_is_told_of_with_every_region() -> None:
    """No `--region` ever selects it: nobody would look at it."""
    devices = [device("fw-a", region="emea"), device("fw-b")]

    assert [one.name for one in part(devices, region="emea").homeless] == ["fw-b"]
    assert part(devices, shard=Shard(number=1, of=1)).homeless == ()


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("emae", "--region 'emae': no device is in this region; did you mean 'emea'?"),
        ("mars", "--region 'mars': no device is in this region; the regions are 'apac', 'emea'"),
    ],
)
def test_an_unknown_region_is_an_error_with_the_near_ones(region: str, expected: str) -> None:
    with pytest.raises(SelectionError) as raised:
        part([device("fw-a", region="emea"), device("fw-b", region="apac")], region=region)

    assert str(raised.value) == expected


def test_what_leaves_nobody_is_an_error_that_says_why() -> None:
    devices = [device("fw-a", region="emea"), device("fw-b", region="apac")]
    empty = next(n for n in range(1, 8) if n not in {shard_of("fw-a", 7), shard_of("fw-b", 7)})

    with pytest.raises(SelectionError, match="the inventory has none: give the devices, or a group"):
        part([device("fw-a")], region="emea")
    with pytest.raises(SelectionError, match="none of the devices that --limit selects is in this region"):
        part(devices, "fw-b", region="emea")
    with pytest.raises(SelectionError, match=f"--shard {empty}/7: none of 2 devices is in this shard"):
        part(devices, shard=Shard(number=empty, of=7))


def test_without_a_part_all_is_as_it_was() -> None:
    found = divided([device("fw-a")], (), nothing, UNDIVIDED)

    assert (found.part, found.elsewhere, found.homeless) == (None, (), ())
