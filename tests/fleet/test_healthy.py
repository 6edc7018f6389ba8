"""A healthy fleet over real SSH: nobody is woken for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mock_devices import MockFleet
from tests.fleet.hands import run, smart
from tests.support import fleet_of

PROXY = {"host": "proxy.example.net", "port": 8080}
CALLHOME = {"expect": {"transport": "callhome"}}
NONE = {"expect": {"transport": "none"}}
RESERVED = {"expect": {"transport": "reserved"}}


def pair(one: str, other: str, **more: Any) -> list[dict[str, Any]]:
    places = (("primary", "active"), ("secondary", "standby"))
    return [
        smart(
            name,
            hostname=one[:-3],
            failover={"mate": mate, "unit": unit, "state": state, **more},
            version="9.23(1)22",
        )
        for (name, mate), (unit, state) in zip(((one, other), (other, one)), places, strict=True)
    ]


def cluster(*names: str) -> list[dict[str, Any]]:
    return [
        smart(
            name,
            model="FPR-3105",
            version="9.22(2)22",
            cluster={
                "peers": [peer for peer in names if peer != name],
                "role": "control" if name == names[0] else "data",
            },
        )
        for name in names
    ]


HEALTHY = [
    smart("fw-01", version="9.22(2)22", license={"last_contact": "-29d"}),
    smart(
        "fw-02", version="9.23(1)22", login={"motd": ["*** Paris edge #1 ***", "Change window: Tue 22:00 >"]}
    ),
    smart("fw-03", model="FPR-1120", version="9.22(2)22", clock={"zone": "CET", "offset_minutes": 60}),
    smart("fw-04", model="FPR-1150", version="9.22(2)22", quirks={"vrf": "not-configured"}),
    smart("fw-05", model="FPR-2130", version="9.20(4)22", license_config={"transport": "smart"}),
    # A proxy that the inventory names, shown and (CSCwr56980) denied.
    smart(
        "fw-06",
        version="9.24(1)9",
        license_config={"proxy": PROXY},
        reachable={"proxies": {"proxy.example.net:8080": True}},
        inventory={"expect": {"proxy": PROXY}},
        quirks={"status_proxy": "real"},
    ),
    smart(
        "fw-07",
        version="9.23(1)22",
        license_config={"proxy": PROXY},
        reachable={"proxies": {"proxy.example.net:8080": True}},
        inventory={"expect": {"proxy": PROXY}},
    ),
    *pair("fw-08-a", "fw-08-b", replication_chatter=True),
    *cluster("fw-09-a", "fw-09-b"),
    smart(
        "fw-10",
        model="FPR-3105",
        version="9.22(2)22",
        contexts={"admin": "admin", "names": ["admin", "tenant-a"]},
        license_config={"contexts": 4},
    ),
    # On callhome, because the inventory wants that.
    smart("fw-11", version="9.20(4)22", license_config={"transport": "callhome"}, inventory=CALLHOME),
    # Nothing to judge: activation key, marketplace, reservation, Threat Defense.
    {"name": "fw-12", "model": "ASA5516", "version": "9.16(4)85", "inventory": NONE},
    {"name": "fw-13", "version": "9.20(4)22", "license": {"mode": "payg"}, "inventory": NONE},
    {"name": "fw-14", "version": "9.20(4)22", "license": {"mode": "reserved"}, "inventory": RESERVED},
    {
        "name": "fw-15",
        "version": "9.23(1)22",
        "license": {"mode": "reserved", "flex_model": "asav100_plr"},
        "inventory": RESERVED,
    },
    {
        "name": "fw-16",
        "model": "FPR-2110",
        "version": "9.20(3)20",
        "threat_defense": "7.4.2",
        "inventory": NONE,
    },
    smart("fw-17", version="9.22(2)22", login={"landing": "privileged"}, deny=["show checksum"]),
    smart("fw-18", version="9.22(3)", license={"registered": "-5d", "last_contact": "-1d"}),
]


def audited(fleet: MockFleet, directory: Path) -> dict[str, Any]:
    fleet.write(directory)
    ended = run(directory, "audit", "--format", "json", "-w", "20")
    worst = [
        (device["name"], finding["rule"], finding["severity"], finding["detail"])
        for device in ended.document["devices"]
        for finding in device.get("findings", ())
        if finding["severity"] not in {"info", "low"}
    ]
    assert worst == []
    assert ended.code == 0, ended.document["totals"]
    return ended.document


def test_a_healthy_fleet_of_twenty_ends_with_zero(tmp_path: Path) -> None:
    """A nightly report that is never clean is one that nobody reads."""
    with fleet_of(*HEALTHY) as fleet:
        document = audited(fleet, tmp_path)

    verdicts = [device["decision"]["verdict"] for device in document["devices"]]
    assert document["totals"]["audited"] == len(HEALTHY) == 20
    assert sorted(set(verdicts)) == ["compliant", "not-applicable"]
    assert verdicts.count("compliant") == 13
