"""Run the second matrix against the mock: somebody acts on the device while it is pushed.

One fleet a row, one device (or pair) a step; all of them are pushed at once, in one process, over
real SSH.  What must hold of each is in `colleague_truth`.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asa_transport.core.documents.audit import Run
from asa_transport.core.documents.push import COMMIT, document
from asa_transport.flows.plan_file import read_plan
from asa_transport.flows.push_proof import Patience
from asa_transport.model import PushOutcome
from mock_devices import MockDevice, MockFleet, TypedLine
from mock_devices.record import Contact, Moment
from tests.faults.colleague_steps import ACTS, STEPS, Act, Place, Scene, Step
from tests.fleet.hands import callhome
from tests.fleet.pushing import PLAN, enrol_mates, make_plan, pushing
from tests.support import fleet_of

# Virtual seconds in a real one: what a licence agent takes is waited for in a moment.
SPEED = 40.0
# Virtual seconds from a request for a contact to its result.
CONTACT_S = 4.0
_NEVER_S = 1e6
_PATIENCE = {
    True: Patience(contact_s=2.0, poll_s=0.1, reconnect_s=0.5),
    False: Patience(contact_s=1.5, poll_s=0.1, reconnect_s=0.5),
}
_AT_ONCE = 6
PROXY = {"host": "proxy.example.net", "port": 8080}
BEFORE_LINE = " transport type callhome"
AFTER_LINE = " transport proxy proxy.example.net port 8080"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One act at each step of a scene: a row of the page."""

    act: Act
    scene: Scene

    @property
    def name(self) -> str:
        """Unique, for the test's parameter."""
        return f"{self.scene.name.lower()}: {self.act.title}"


ROWS = tuple(Row(act=act, scene=scene) for scene in Scene for act in ACTS if scene in act.scenes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What became of one firewall, by the mock's own record."""

    serial: str
    hostname: str
    is_planned: bool  # the planned unit, or its planned mate
    start: tuple[str, ...]  # its licence block as the fleet started
    running: tuple[str, ...]
    startup: tuple[str, ...]
    running_text: str
    startup_text: str
    transcript: tuple[TypedLine, ...]
    contacts: tuple[Contact, ...]
    history: tuple[Moment, ...]

    @property
    def intended(self) -> tuple[str, ...]:
        """Its block as the plan wants it."""
        return tuple(AFTER_LINE if line == BEFORE_LINE else line for line in self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What one push came to; `record` is that of the push document."""

    row: Row
    step: Step
    record: dict[str, Any]
    boxes: tuple[Box, ...]  # who answers at the device's address now is the first
    acts_waiting: int

    @property
    def name(self) -> str:
        """As a failing test names it."""
        return f"{self.row.name}: {self.step.title}"

    @property
    def word(self) -> str:
        """What the page says of this cell."""
        if self.row.act.is_timed:
            return "as the moment has it"
        outcome, startup = self.record["outcome"], self.record["startup"]
        if outcome == "applied" and not self.record["saved"]:
            outcome = "applied, not saved"
        natural = {"applied": "as-intended", "rolled-back": "as-before", "refused": "as-before"}
        if self.acts_waiting:
            outcome = f"{outcome} (did not come to it)"
        if startup is None or startup == natural.get(self.record["outcome"]):
            return str(outcome)
        return f"{outcome}, starts {startup}"


def run(row: Row) -> tuple[Ran, ...]:
    """Push a device for each step of the row's scene, with the act at that step."""
    steps = STEPS[row.scene]
    with tempfile.TemporaryDirectory() as name, fleet_of(*devices(row.scene), speed=SPEED) as fleet:
        directory = Path(name)
        fleet.write(directory)
        if row.scene is Scene.MOVING:
            enrol_mates(fleet, directory)
        (directory / PLAN).write_bytes(plan_for(row.scene))
        places = [
            Place(device=fleet[_name(number)], flight=_flight(fleet, number)) for number in _range(steps)
        ]
        for place, step in zip(places, steps, strict=True):
            step.arm(place.device, functools.partial(row.act.do, place))
        push = pusher(directory, row.scene)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            records = list(pool.map(push, map(_name, _range(steps))))
        return tuple(
            Ran(
                row=row,
                step=step,
                record=record,
                boxes=boxes(fleet, place),
                acts_waiting=sum(one.acts_waiting for one in (place.device, *place.gone)),
            )
            for step, place, record in zip(steps, places, records, strict=True)
        )


def pusher(directory: Path, scene: Scene) -> Callable[[str], dict[str, Any]]:
    """Return what pushes one device by name, and gives its record of the push document.

    Each with a hand of its own: several push at once here, each in its own loop, and what guards the
    secrets of a push belongs to one.
    """
    patience = _PATIENCE[scene is not Scene.BACK]
    return lambda name: record_of(directory, pushing(directory, patience=patience).push(name))


def record_of(directory: Path, outcome: PushOutcome) -> dict[str, Any]:
    """Return what the push document says of this outcome."""
    now = datetime.now(UTC)
    run = Run(
        id="run",
        kind="push",
        started_at=now,
        finished_at=now,
        tool_version="0",
        inventory="inventory.yaml",
        policy_sha256="",
        exit_code=0,
    )
    plan = read_plan(directory / PLAN)
    (record,) = document(run, plan, [outcome.device.name], [outcome], mode=COMMIT)["devices"]
    assert isinstance(record, dict)
    return record


def devices(scene: Scene, count: int | None = None) -> list[dict[str, Any]]:
    """Return a device or a pair for each step: on callhome, to be on smart through a proxy."""
    found = []
    for number in range(len(STEPS[scene]) if count is None else count):
        name, mate = _name(number), f"{_name(number)}b"
        common: dict[str, Any] = {
            "latency": {"contact_s": _NEVER_S if scene is Scene.BACK else CONTACT_S},
            "reachable": {"proxies": {"proxy.example.net:8080": True, "other.example.net:3128": True}},
            "inventory": {"expect": {"proxy": PROXY}},
        }
        if scene in {Scene.THERE, Scene.BACK}:
            found.append(callhome(name, **common))
            continue
        follows = {"address_follows": scene is Scene.MOVING}
        standby = {"mate": name, "unit": "secondary", "state": "standby", **follows}
        found += [
            callhome(name, failover={"mate": mate, **follows}, **common),
            callhome(mate, failover=standby, **common),
        ]
    return found


def boxes(fleet: MockFleet, place: Place) -> tuple[Box, ...]:
    """Return every box that stood behind a device, planned or not."""
    device = place.device
    mates = [fleet[name] for name in fleet.names if name == f"{device.name}b"]
    is_swapped = bool(place.gone)
    return (
        _box(device, is_planned=not is_swapped),
        *(_box(mate, is_planned=True) for mate in mates),
        *(_box(gone, is_planned=True) for gone in place.gone),
    )


def _box(device: MockDevice, *, is_planned: bool) -> Box:
    running, startup = device.running_config(), device.startup_config()
    return Box(
        serial=device.serial,
        hostname=device.hostname,
        is_planned=is_planned,
        start=block(device.running_config_at_start),
        running=block(running),
        startup=block(startup),
        running_text=running,
        startup_text=startup,
        transcript=device.transcript,
        contacts=device.contacts,
        history=device.history,
    )


def block(text: str) -> tuple[str, ...]:
    """Return the `license smart` block of a configuration; nothing where it has none."""
    lines = text.split("\n")
    if "license smart" not in lines:
        return ()
    start = lines.index("license smart")
    end = next(number for number in range(start + 1, len(lines)) if not lines[number].startswith(" "))
    return tuple(lines[start:end])


def _flight(fleet: MockFleet, number: int) -> Any:
    return fleet[_name(number)].contact_sets_out()


def _range(steps: Sequence[Step]) -> range:
    return range(len(steps))


def _name(number: int) -> str:
    return f"fw-{number:02}"


@functools.cache
def plan_for(scene: Scene) -> bytes:
    """Make the plan of a scene once: its devices are the same each time."""
    with tempfile.TemporaryDirectory() as name, fleet_of(*devices(scene)) as fleet:
        fleet.write(Path(name))
        return make_plan(Path(name)).read_bytes()
