"""Thirty nights of a fleet whose clocks move: each diff says what happened that night, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_devices import MockFleet
from tests.fleet.hands import callhome, smart, type_lines
from tests.support import QUICK, Ended, cli, fleet_of

DAY_S = 86_400
NIGHTS = 30
REFUSED = "                  ^\nERROR: % Invalid input detected at '^' marker."
# A smart agent contacts the authority 30 days after its last success.
FLEET = (
    smart("fw-flip"),
    callhome("fw-home"),
    smart("fw-lost"),
    smart("fw-mute", license={"last_contact": "-24d12h"}, reachable={"smart": False}),
    smart("fw-new"),
    smart("fw-odd"),
    smart("fw-old"),
    smart("fw-proxy", reachable={"proxies": {"proxy.example.net:8080": True}}),
    smart("fw-renew", license={"last_contact": "-25d12h"}),
    smart("fw-up", version="9.22(1)3"),
)


@dataclass
class Nights:
    """The fleet, and which of its devices the inventory has."""

    fleet: MockFleet
    directory: Path
    absent: set[str] = field(default_factory=lambda: {"fw-new"})

    def audit(self, *more: str) -> Ended:
        """Audit as of the fleet's own time."""
        inventory = self.fleet.write(self.directory).inventory
        document = yaml.safe_load(inventory.read_text())
        for name in self.absent:
            del document["devices"][name]
        inventory.write_text(yaml.safe_dump(document))
        state = ("--state-dir", self.directory / "state")
        now = self.fleet.now.isoformat()
        return cli("audit", "-i", inventory, *state, *QUICK, "--now", now, *more)

    def lose(self, name: str, **fault: Any) -> None:
        """Let a device fail from now on, in this way only."""
        self.fleet[name].clear_faults()
        if fault:
            self.fleet[name].add_fault(**fault)


def what_happens(nights: Nights) -> dict[int, Callable[[], object]]:
    """What is done to the fleet before the audit of a night."""
    device = nights.fleet.__getitem__
    flip, proxy = device("fw-flip"), device("fw-proxy")
    return {
        3: lambda: nights.lose("fw-lost", action="refuse"),
        6: lambda: nights.lose("fw-lost"),
        8: lambda: type_lines(flip, ["license smart", "transport type callhome"]),
        10: lambda: type_lines(proxy, ["license smart", "transport proxy proxy.example.net port 8080"]),
        12: lambda: type_lines(flip, ["license smart", "transport type smart"]),
        14: nights.absent.clear,
        16: lambda: nights.absent.add("fw-old"),
        18: lambda: nights.lose("fw-lost", action="refuse"),
        19: lambda: nights.lose("fw-lost", action="reject_password"),
        20: lambda: nights.lose("fw-lost"),
        22: lambda: device("fw-up").upgrade("9.22(2)14"),
        23: lambda: nights.lose("fw-odd", action="error", match="call-home", text=REFUSED),
        24: lambda: nights.lose("fw-odd"),
        26: lambda: device("fw-mute").set_reachable(smart=True),
    }


# What the diff of a night says: (device, kind, what).  Of every other night, nothing.
EXPECTED: dict[int, list[tuple[str, str, str]]] = {
    3: [("fw-lost", "device-unreachable", "connect")],
    6: [
        ("fw-lost", "device-answering", "connect"),
        # Its contact is due since yesterday, and fails.
        ("fw-mute", "finding-new", "AT201 low"),
    ],
    8: [
        ("fw-flip", "finding-new", "AT101 medium"),
        ("fw-flip", "finding-new", "AT501 medium"),
        # Whoever typed it has not saved it.
        ("fw-flip", "finding-new", "AT602 medium"),
        ("fw-flip", "transport-changed", "smart callhome"),
    ],
    10: [
        ("fw-proxy", "finding-new", "AT103 medium"),
        ("fw-proxy", "finding-new", "AT302 info"),
        ("fw-proxy", "finding-new", "AT602 medium"),
        ("fw-proxy", "proxy-changed", "None proxy.example.net"),
    ],
    12: [
        ("fw-flip", "finding-cleared", "AT101 medium"),
        ("fw-flip", "finding-cleared", "AT501 medium"),
        ("fw-flip", "finding-cleared", "AT602 medium"),
        ("fw-flip", "transport-changed", "callhome smart"),
    ],
    14: [
        # Seconds more than the 14 days that the policy allows, known from the history alone.
        ("fw-home", "finding-changed", "AT101 medium high"),
        ("fw-new", "device-new", "None"),
    ],
    16: [("fw-old", "device-gone", "")],
    18: [("fw-lost", "device-unreachable", "connect")],
    19: [("fw-lost", "failure-changed", "connect authenticate")],
    20: [("fw-lost", "device-answering", "authenticate")],
    # 45 days are left: what counted down until now has become more urgent.
    21: [("fw-mute", "finding-changed", "AT201 low medium")],
    22: [
        ("fw-up", "finding-cleared", "AT301 medium"),
        ("fw-up", "version-changed", "9.22(1)3 9.22(2)14"),
    ],
    23: [
        ("fw-odd", "coverage-fell", "0 1"),
        ("fw-odd", "finding-new", "AT402 medium"),
    ],
    24: [("fw-odd", "finding-cleared", "AT402 medium")],
    # It tries every hour.
    27: [
        ("fw-mute", "deadline-moved", "communication contact-restored"),
        ("fw-mute", "finding-cleared", "AT201 medium"),
    ],
}  # fmt: skip


def told(change: dict[str, Any]) -> tuple[str, str, str]:
    """One change of the JSON document, as EXPECTED has them."""
    match change:
        case {"finding": found}:
            what = [found["rule"], found["severity"]]
        case {"kind": "finding-changed", "before": before, "after": after}:
            what = [after["rule"], before["severity"], after["severity"]]
        case {"movement": movement, "deadline": deadline}:
            what = [deadline, movement]
        case {"kind": "proxy-changed", "before": None, "after": after}:
            what = [None, after["host"]]
        case {"before": before, "after": after}:
            what = [before, after]
        case _:
            what = [change[key] for key in ("stage", "was", "missed") if key in change]
    return change["device"], change["kind"], " ".join(map(str, what))


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    with fleet_of(*FLEET) as fleet:
        yield Nights(fleet=fleet, directory=tmp_path)


def test_each_nights_diff_says_what_happened_that_night_and_nothing_more(nights: Nights) -> None:
    """A mail that cries wolf is not read; one that misses something is worse."""
    state = ("--state-dir", nights.directory / "state")
    events = what_happens(nights)
    assert nights.audit().code == 3
    seen = {}

    for night in range(1, NIGHTS + 1):
        nights.fleet.advance(DAY_S)
        events.get(night, lambda: None)()
        nights.audit()
        seen[night] = sorted(
            told(change) for change in cli("diff", *state, "--format=json").document["changes"]
        )

    assert {night: changes for night, changes in seen.items() if changes} == EXPECTED
    assert cli("diff", *state).out.startswith("nothing changed since ")
    assert len(cli("diff", *state).out.splitlines()) == 1
