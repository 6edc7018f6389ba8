"""Clusters, and pairs that exchange no configuration, over real SSH: whom the program changes, whom never."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from asa_transport.model import Applied, Refused, Unknown
from mock_devices import MockFleet
from tests.fleet.hands import callhome, run, smart
from tests.fleet.pushing import make_plan, pushing
from tests.support import fleet_of

AT_ONCE: dict[str, Any] = {"latency": {"contact_s": 0}}
# As an operator may have it: the prompt tells nothing of the cluster.
PLAIN: dict[str, Any] = {"prompt": ["hostname"], **AT_ONCE}


def cluster(**more: Any) -> list[dict[str, Any]]:
    """Three units that read alike in everything but `show cluster info`."""
    names = ("dc-1", "dc-2", "dc-3")
    return [
        callhome(
            name,
            hostname="dc",
            cluster={
                "peers": [peer for peer in names if peer != name],
                "unit": f"unit-{number}-1",
                "role": "control" if name == "dc-1" else "data",
            },
            **PLAIN,
            **more,
        )
        for number, name in enumerate(names, start=1)
    ]


@contextmanager
def planned(directory: Path, devices: list[dict[str, Any]]) -> Iterator[MockFleet]:
    with fleet_of(*devices) as fleet:
        fleet.write(directory)
        make_plan(directory)
        fleet.reset_transcripts()
        yield fleet


def typed_in_configuration(fleet: MockFleet, name: str) -> list[str]:
    return [line.text for line in fleet[name].transcript if line.mode.startswith("config")]


def test_only_the_control_unit_is_planned_and_pushed_and_the_others_follow(tmp_path: Path) -> None:
    """A data unit was pushed to and saved once: in all else it reads like a firewall of its own."""
    with planned(tmp_path, cluster()) as fleet:
        document = run(tmp_path, "audit", "--format", "json")
        outcome = pushing(tmp_path).push("dc-1")

        assert isinstance(outcome, Applied)
        assert outcome.saved
        assert not typed_in_configuration(fleet, "dc-2") + typed_in_configuration(fleet, "dc-3")
        assert {fleet[name].transport for name in fleet.names} == {"smart"}
        assert not any(fleet[name].is_dirty for name in fleet.names)
    verdicts = {one["name"]: one["decision"]["verdict"] for one in document.document["devices"]}
    assert verdicts == {"dc-1": "change", "dc-2": "not-applicable", "dc-3": "not-applicable"}
    data = document.device("dc-2")
    assert [data["facts"]["cluster"][key] for key in ("enabled", "unit", "role")] == [
        True,
        "unit-2-1",
        "data",
    ]
    # What its control unit is told for is not told again for each of the others.
    assert {finding["rule"] for finding in data["findings"]} == {"AT401"}


def test_a_unit_that_lost_control_after_the_plan_is_not_pushed(tmp_path: Path) -> None:
    """The guard asks again immediately before the first line."""
    with planned(tmp_path, cluster()) as fleet:
        fleet["dc-2"].take_control()

        outcome = pushing(tmp_path).push("dc-1")

        assert isinstance(outcome, Refused)
        assert not any(typed_in_configuration(fleet, name) for name in fleet.names)


def test_a_unit_that_loses_control_while_it_is_pushed_is_for_a_person(tmp_path: Path) -> None:
    """Its lines are with all units already, and only the new control unit could take them back."""
    with planned(tmp_path, cluster()) as fleet:
        fleet["dc-1"].when("transport type smart", fleet["dc-2"].take_control, moment="after")

        outcome = pushing(tmp_path).push("dc-1")

        assert isinstance(outcome, Unknown)
        assert fleet["dc-1"].startup_config() == fleet["dc-1"].running_config_at_start
        assert "write memory" not in fleet["dc-1"].typed


def test_a_data_unit_with_an_expired_registration_is_named(tmp_path: Path) -> None:
    """Each ASAv of a cluster registers by itself."""
    devices = cluster()
    devices[1]["license"] = {"registered": "-400d", "registration_expires": "-10d", "contact": "failed"}
    devices[1]["reachable"] = {"callhome": "silent"}
    with fleet_of(*devices) as fleet:
        fleet.write(tmp_path)
        found = run(tmp_path, "audit", "-l", "dc-2", "--format", "json")

    device = found.device("dc-2")
    assert device["decision"]["verdict"] == "not-applicable"
    assert {"AT204", "AT401"} <= {finding["rule"] for finding in device["findings"]}
    assert found.code == 3


@pytest.mark.parametrize("words", ["SLAVE", "DATA_NODE_BULK_SYNC", "DISABLED", "CONTROL_NODE_CONFIG"])
def test_a_unit_with_another_word_for_its_part_is_never_changed(words: str, tmp_path: Path) -> None:
    """Only a control unit in full charge takes configuration."""
    devices = cluster()
    devices[0]["cluster"]["state"] = words
    with fleet_of(*devices) as fleet:
        fleet.write(tmp_path)
        found = run(tmp_path, "audit", "-l", "dc-1", "--format", "json")

    assert found.device("dc-1")["decision"]["verdict"] in {"hold", "not-applicable"}


def test_models_without_clusters_are_asked_once_and_have_no_finding(tmp_path: Path) -> None:
    """`% Invalid input` to `show cluster info` is what most firewalls answer."""
    with fleet_of(
        smart("fw-a", model="FPR-1010"), smart("fw-b", quirks={"cluster_command": "invalid"})
    ) as fleet:
        fleet.write(tmp_path)
        found = run(tmp_path, "audit", "--format", "json")
        asked = [fleet[name].typed.count("show cluster info") for name in fleet.names]

    assert found.code == 0
    assert asked == [1, 1]
    assert {one["facts"]["cluster"]["enabled"] for one in found.document["devices"]} == {False}


def test_a_pair_in_a_public_cloud_is_changed_one_by_one(tmp_path: Path) -> None:
    """Its units exchange no configuration: the backup one stayed on callhome for ever otherwise."""
    one = {"mate": "fw-b", "unit": "primary", "state": "active", "cloud": True}
    two = {"mate": "fw-a", "unit": "secondary", "state": "standby", "cloud": True}
    devices = [callhome("fw-a", failover=one, **PLAIN), callhome("fw-b", failover=two, **PLAIN)]
    with planned(tmp_path, devices) as fleet:
        hand = pushing(tmp_path)

        assert isinstance(hand.push("fw-a"), Applied)
        assert [fleet[name].transport for name in fleet.names] == ["smart", "callhome"]
        assert isinstance(hand.push("fw-b"), Applied)
        assert [fleet[name].transport for name in fleet.names] == ["smart", "smart"]


def test_an_upgrade_that_is_under_way_holds_the_pair_though_one_unit_is_read(tmp_path: Path) -> None:
    """`Version: Ours A, Mate B` is enough."""
    pair = [
        callhome("fw-a", version="9.22(1)1", failover={"mate": "fw-b", "unit": "primary", "state": "active"}),
        callhome("fw-b", failover={"mate": "fw-a", "unit": "secondary", "state": "standby"}),
    ]
    with fleet_of(*pair) as fleet:
        fleet.write(tmp_path)
        found = run(tmp_path, "audit", "-l", "fw-a", "--format", "json").device("fw-a")

    assert found["decision"]["verdict"] == "hold"
    assert "upgrade in progress" in found["decision"]["reasons"][0]


def test_a_standby_unit_that_may_not_show_its_role_is_not_compliant_in_silence(tmp_path: Path) -> None:
    """AAA refuses `show failover`, and the prompt says `stby`."""
    pair = [
        smart("fw-a", failover={"mate": "fw-b", "unit": "primary", "state": "active"}),
        smart(
            "fw-b", failover={"mate": "fw-a", "unit": "secondary", "state": "standby"}, deny=["show failover"]
        ),
    ]
    with fleet_of(*pair) as fleet:
        fleet.write(tmp_path)
        found = run(tmp_path, "audit", "-l", "fw-b", "--format", "json").device("fw-b")

    assert found["decision"]["verdict"] == "not-applicable"
    assert {"AT401", "AT402"} <= {finding["rule"] for finding in found["findings"]}
