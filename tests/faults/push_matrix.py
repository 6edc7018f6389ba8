"""Run one cell of the fault matrix against the mock, and hold the program's word against the devices.

What must hold of every cell is in `judge`; where nobody could know better, `EXCUSES` says why.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asa_transport.core.pushing.outcomes import ended
from asa_transport.flows.push_proof import Patience
from asa_transport.model import Ended
from mock_devices import MockDevice, MockFleet
from tests.faults.push_steps import Cell, Scene
from tests.fleet.hands import callhome
from tests.fleet.pushing import PLAN, Memory, make_plan, pushing
from tests.support import fleet_of

PROXY = {"host": "proxy.example.net", "port": 8080}
_MATE = "fw-2"
UNIT = "fw-1"
_NEVER_S = 1e9
# Virtual seconds a second: a contact is soon late enough not to have been under way before the lines.
_SPEED = 5000
# Far above what a command takes on loopback; paid in full by each cell that hangs.
_WAITS_S = 1.5
_COMMAND_S = 20.0
# Where contact comes it comes at once; where it never comes, nobody waits for it.
_PATIENCE = {
    True: Patience(contact_s=20.0, poll_s=0.1, reconnect_s=0.5),
    False: Patience(contact_s=0.0, poll_s=0.1, reconnect_s=0.5),
}
_COMES = frozenset({Scene.THERE, Scene.PAIR_THERE, Scene.PLAIN_THERE})

BEFORE_LINE = " transport type callhome"
AFTER_LINE = " transport proxy proxy.example.net port 8080"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a cell came to."""

    cell: Cell
    end: Ended
    running: tuple[str, ...]  # of each unit: before, after or between
    startup: tuple[str, ...]
    typed: tuple[tuple[str, ...], ...]  # of each unit
    memory: Memory
    texts: tuple[str, ...]

    @property
    def word(self) -> str:
        """What the page says of this cell."""
        word = self.end.outcome
        if word == "applied" and not self.end.saved:
            word = "applied, not saved"
        if word in {"unknown", "rollback-failed"}:
            states = sorted(set(self.running))
            word = f"{word} ({', '.join(states)})"
        return word


def run(cell: Cell) -> Ran:
    """Let it happen: a fleet of its own, one push, and a look at every unit."""
    with _world(cell.point.scene) as (fleet, directory):
        unit = fleet[UNIT]
        for fault in cell.trouble.faults(cell.point):
            unit.add_fault(**fault)
        does_come = cell.point.scene in _COMES
        hand = pushing(
            directory,
            patience=_PATIENCE[does_come],
            command_s=_WAITS_S if cell.trouble.waits else _COMMAND_S,
        )
        outcome = hand.push(UNIT)
        units = [fleet[name] for name in fleet.names]
        return Ran(
            cell=cell,
            end=ended(outcome),
            running=tuple(_state(device, device.running_config()) for device in units),
            startup=tuple(_state(device, device.startup_config()) for device in units),
            typed=tuple(device.typed for device in units),
            memory=hand.memory,
            texts=tuple(device.running_config() for device in units),
        )


def devices(scene: Scene) -> tuple[dict[str, Any], ...]:
    """Return the units of a scene: on callhome, to be on smart through a proxy."""
    common: dict[str, Any] = {
        "latency": {"contact_s": 0 if scene in _COMES else _NEVER_S},
        "reachable": {"proxies": {"proxy.example.net:8080": True}},
        "inventory": {"expect": {"proxy": PROXY}},
    }
    if scene in {Scene.THERE, Scene.BACK}:
        return (callhome(UNIT, call_home={"reporting_anonymous": None}, **common),)
    if scene in {Scene.PLAIN_THERE, Scene.PLAIN_BACK}:
        common["prompt"] = ["hostname"]
    return (
        callhome(UNIT, failover={"mate": _MATE}, **common),
        callhome(_MATE, failover={"mate": UNIT, "unit": "secondary", "state": "standby"}, **common),
    )


@contextmanager
def _world(scene: Scene) -> Iterator[tuple[MockFleet, Path]]:
    with tempfile.TemporaryDirectory() as name, fleet_of(*devices(scene), speed=_SPEED) as fleet:
        directory = Path(name)
        fleet.write(directory)
        (directory / PLAN).write_bytes(_plan(scene))
        yield fleet, directory


@functools.cache
def _plan(scene: Scene) -> bytes:
    """Make the plan of a scene once: its devices are the same each time."""
    with tempfile.TemporaryDirectory() as name, fleet_of(*devices(scene), speed=_SPEED) as fleet:
        fleet.write(Path(name))
        return make_plan(Path(name)).read_bytes()


def _state(device: MockDevice, text: str) -> str:
    """Return where a configuration stands, byte by byte."""
    before = device.running_config_at_start
    assert BEFORE_LINE in before
    return {before: "before", before.replace(BEFORE_LINE, AFTER_LINE): "after"}.get(text, "between")
