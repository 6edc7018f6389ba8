"""What a plan says, typed by hand: the fleet is as expected then, and the way back gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mock_devices import MockFleet
from tests.fleet.hands import license_block, run, type_lines
from tests.support import fleet_of

RIGHT = {"host": "proxy.example.net", "port": 8080}
OTHER = {"host": "old-proxy.example.net", "port": 3128}
LITERAL = {"host": "192.0.2.80", "port": 80}
NEW, OLD = "9.22(2)14", "9.20(4)14"
VIA_RIGHT = {"expect": {"proxy": RIGHT}}
VIA_LITERAL = {"expect": {"proxy": LITERAL}}
ON_CALLHOME = {"expect": {"transport": "callhome"}}
SHOWN = {"show_default_transport": True}
FULL = {"contexts": 10, "strong_encryption": True, "privacy_hostname": True, "privacy_version": True}
CISCO_URL = "https://smartreceiver.cisco.com/licservice/license"
# A proxy is removed only where contact through it fails.
FAILING = {"contact": "failed", "last_contact": "-20d"}


def one(
    name: str,
    changes: str,
    *,
    version: str = NEW,
    transport: str | None = None,
    proxy: dict[str, Any] | None = None,
    config: dict[str, Any] | None = None,
    expect: dict[str, Any] | None = None,
    **more: Any,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """One starting state, and the changes that its plan must have."""
    device = {
        "name": name,
        "version": version,
        "license_config": {"transport": transport, "proxy": proxy, **(config or {})},
        "inventory": expect or {},
        **more,
    }
    return device, tuple(changes.split())


def pair(unit: str, state: str, mate: str) -> dict[str, Any]:
    return {"mate": mate, "unit": unit, "state": state}


STATES = (
    # To smart: the type shown because it is not the default, hidden, shown although it is.
    one("type-shown", "transport-smart", transport="callhome"),
    one("type-hidden", "transport-smart", version=OLD),
    one("type-default-shown", "transport-smart", version=OLD, quirks=SHOWN),
    one("type-among-features", "transport-smart", transport="callhome", config=FULL),
    one("type-alone", "transport-smart", transport="callhome", config={"tier": None, "throughput": None}),
    one("no-block-at-all", "transport-smart", version=OLD, config={"tier": None, "throughput": None}),
    one("type-and-url", "transport-smart", transport="callhome", config={"url": CISCO_URL}),
    one("asks-about-reports", "transport-smart", version=OLD, call_home={"reporting_anonymous": None}),
    one("lands-at-hash", "transport-smart", transport="callhome", login={"landing": "privileged"}),
    # To smart through a proxy, from none, another one and the right one.
    one("both-from-none", "proxy-set transport-smart", transport="callhome", expect=VIA_RIGHT),
    one("both-hidden", "proxy-set transport-smart", version=OLD, expect=VIA_RIGHT),
    one("both-other", "proxy-set transport-smart", transport="callhome", proxy=OTHER, expect=VIA_RIGHT),
    one("type-right-proxy", "transport-smart", transport="callhome", proxy=RIGHT, expect=VIA_RIGHT),
    one(
        "http-proxy", "proxy-set transport-smart", version=OLD, call_home={"http_proxy": RIGHT},
        expect=VIA_RIGHT,
    ),
    # The proxy alone.
    one("proxy-from-none", "proxy-set", expect=VIA_RIGHT),
    one("proxy-by-address", "proxy-set", expect=VIA_LITERAL),
    one("proxy-from-other", "proxy-set", proxy=OTHER, expect=VIA_RIGHT),
    one("proxy-type-shown", "proxy-set", proxy=OTHER, quirks=SHOWN, config=FULL, expect=VIA_RIGHT),
    one("proxy-off", "proxy-remove", proxy=OTHER, license=FAILING),
    one("proxy-off-and-smart", "proxy-remove transport-smart", transport="callhome", proxy=OTHER,
        license=FAILING, reachable={"callhome": False}),
    # To callhome, where the inventory wants it and the policy allows it.
    one("callhome-hidden", "transport-callhome", expect=ON_CALLHOME),
    one("callhome-default-shown", "transport-callhome", quirks=SHOWN, expect=ON_CALLHOME),
    one("callhome-shown", "transport-callhome", version=OLD, transport="smart", expect=ON_CALLHOME),
    # A pair's active unit, and the system space.
    one("pair-a", "transport-smart", transport="callhome", failover=pair("primary", "active", "pair-b")),
    one("pair-b", "", transport="callhome", failover=pair("secondary", "standby", "pair-a")),
    one("pair-2a", "", version=OLD, failover=pair("primary", "standby", "pair-2b"), expect=VIA_RIGHT),
    one("pair-2b", "proxy-set transport-smart", version=OLD,
        failover=pair("secondary", "active", "pair-2a"), expect=VIA_RIGHT),
    one("contexts", "transport-smart", transport="callhome", contexts={"names": ["admin", "edge"]}),
    one("contexts-proxy", "proxy-set", contexts={"names": ["admin"]}, proxy=OTHER, expect=VIA_RIGHT),
)  # fmt: skip
PLANNED = {device["name"]: changes for device, changes in STATES if changes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """The whole fleet after there and back; texts and records by device."""

    plan: dict[str, Any]
    before: dict[str, str]
    there: dict[str, str]
    audited: dict[str, dict[str, Any]]
    back: dict[str, str]
    configs: dict[str, tuple[str, str]]

    def device(self, name: str) -> dict[str, Any]:
        (found,) = [device for device in self.plan["devices"] if device["name"] == name]
        assert isinstance(found, dict)
        return found


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trip]:
    directory = tmp_path_factory.mktemp("trip")
    open_proxies = {f"{p['host']}:{p['port']}": True for p in (RIGHT, LITERAL)}
    defaults = {"reachable": {"proxies": open_proxies}}
    with fleet_of(*(device for device, _ in STATES), defaults=defaults) as fleet:
        fleet.write(directory)
        (directory / "policy.yaml").write_text("allow_callhome: true\n")
        yield travel(fleet, directory)


def travel(fleet: MockFleet, directory: Path, *goal: str) -> Trip:
    """Plan with the program; type every line by hand; audit; type the way back."""
    before = {name: license_block(fleet[name]) for name in fleet.names}
    file = directory / "plan.json"
    planned = run(directory, "plan", "-o", file, "-w", "30", *goal)
    assert planned.code == 0, planned.err
    plan = json.loads(file.read_text())
    lines = {device["name"]: device for device in plan["devices"]}
    for name in lines:
        type_lines(fleet[name], lines[name]["apply"])
    fleet.advance(60)
    there = {name: license_block(fleet[name]) for name in lines}
    audited = run(directory, "audit", "--format", "json", "-w", "30").document
    for name in lines:
        type_lines(fleet[name], lines[name]["rollback"])
    return Trip(
        plan=plan,
        before=before,
        there=there,
        audited={device["name"]: device for device in audited["devices"]},
        back={name: license_block(fleet[name]) for name in lines},
        configs={name: (fleet[name].running_config_at_start, fleet[name].running_config()) for name in lines},
    )


def test_every_state_is_planned_with_its_changes_and_no_other_device_is(trip: Trip) -> None:
    """A state that is silently held would make the round trip prove nothing."""
    held = {device["name"]: device["reasons"] for device in trip.plan["held"]}

    assert {device["name"]: tuple(device["changes"]) for device in trip.plan["devices"]} == PLANNED, held


@pytest.mark.parametrize("name", PLANNED)
def test_after_the_apply_lines_the_device_is_as_expected(trip: Trip, name: str) -> None:
    """The lines do what the decision wanted: nothing about transport or proxy is left to find."""
    device = trip.audited[name]
    rules = {finding["rule"] for finding in device["findings"]}

    assert device["decision"]["verdict"] == "compliant", device["decision"]
    assert rules.isdisjoint({"AT101", "AT102", "AT103", "AT104", "AT105", "AT201"})


@pytest.mark.parametrize("name", PLANNED)
def test_the_block_afterwards_is_what_was_predicted(trip: Trip, name: str) -> None:
    """The diff that a person approves must be the diff that happens, a hidden default aside."""
    read = [line for line in trip.there[name].splitlines() if line]
    predicted = list(trip.device(name)["predicted"])

    assert without_type(read) == without_type(predicted)
    assert set(read) <= set(predicted)


def without_type(lines: list[str]) -> list[str]:
    """Return a block without its type, which a release may hide, and without a head that stands alone."""
    rest = [line for line in lines if not line.startswith(" transport type ")]
    return rest if rest != ["license smart"] else []


@pytest.mark.parametrize("name", PLANNED)
def test_the_rollback_lines_give_the_same_bytes_again(trip: Trip, name: str) -> None:
    """The way back restores what was observed, not what somebody believed to be there."""
    at_start, at_end = trip.configs[name]

    assert trip.back[name] == trip.before[name]
    assert at_end == at_start


@pytest.mark.parametrize("name", PLANNED)
def test_the_lines_are_complete_and_hold_nothing_else(trip: Trip, name: str) -> None:
    """`apply` and `rollback` are the exact lines, without the mode around them (docs/schemas/plan.json)."""
    device = trip.device(name)

    for lines in (device["apply"], device["rollback"]):
        assert lines[0] == "license smart"
        assert all(line.startswith((" transport ", " no transport ")) for line in lines[1:]), lines
        assert len(lines) > 1


# The other goals.

REVERTED: dict[str, dict[str, Any]] = {
    "hidden": {},
    "shown": {"quirks": SHOWN},
    "explicit": {"version": OLD, "license_config": {"transport": "smart"}},
    "with-proxy": {
        "license_config": {"proxy": RIGHT},
        "inventory": VIA_RIGHT,
        "call_home": {"http_proxy": RIGHT},
    },
    "with-http-proxy": {"call_home": {"http_proxy": RIGHT}, "license_config": FULL},
}


def test_a_revert_goes_to_callhome_and_its_rollback_gives_the_same_bytes_again(tmp_path: Path) -> None:
    """The way out of an outage must not leave a trace once the outage is over."""
    reachable = {"smart": False, "proxies": {"proxy.example.net:8080": True}}
    devices = [{"name": name, "version": NEW, **more} for name, more in REVERTED.items()]
    until = (datetime.now(UTC) + timedelta(days=5)).isoformat(timespec="seconds")
    goal = ("--goal", "callhome", "--ticket", "INC-7", "--owner", "A. Meyer", "--until", until, "--probe")
    with fleet_of(*devices, defaults={"reachable": reachable}) as fleet:
        fleet.write(tmp_path)
        (tmp_path / "policy.yaml").write_text("allow_callhome: true\n")

        trip = travel(fleet, tmp_path, *goal)

    changes = {device["name"]: tuple(device["changes"]) for device in trip.plan["devices"]}
    assert changes == dict.fromkeys(REVERTED, ("transport-callhome",)), trip.plan["held"]
    assert trip.back == trip.before
    for name in REVERTED:
        facts = trip.audited[name]["facts"]
        assert facts["transport"]["type"] == "callhome"
        assert facts["authorization"]["last_contact"]["result"] == "succeeded"
        assert trip.configs[name][0] == trip.configs[name][1]
