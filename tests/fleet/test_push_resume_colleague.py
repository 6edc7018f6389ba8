"""kill -9 in the middle of many pushes; then somebody is at the devices, and only then `resume`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mock_devices import MockFleet
from tests.faults.colleague_matrix import CONTACT_S, PROXY, SPEED, Ran, Row, boxes
from tests.faults.colleague_steps import ACTS, Place, Scene, Step
from tests.faults.colleague_truth import faults_of
from tests.fleet.commit import started
from tests.fleet.hands import callhome, run
from tests.support import Ended, fleet_of

CANARY = "fw-00-canary"
# The canary alone, then all the others at once; whatever becomes of them, nobody stops the run.
POLICY = {
    "waves": {"sizes": ["100%"]},
    "failure_budget": {"percent": 100, "consecutive": None},
    "contact_poll": "0.1 s",
    "contact_timeout": "3 s",
}
# Many sessions on a busy machine: what hangs is to hang until the process is killed.
_PATIENT = ("--command-timeout", "200", "--device-timeout", "300", "--handshake-timeout", "60")
_LIMIT_S = 120.0
ACTS_BETWEEN = (
    "saves",
    "flips the type back and saves",
    "changes the proxy",
    "edits something else, unsaved",
    "renames the device",
    "puts another box in its place",
    "puts a box in its place that runs our lines",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where a push stands still until its process is killed: at the ``nth`` of this line."""

    line: str
    nth: int = 1
    is_run: bool  # whether the line took effect
    comes: bool = True  # whether contact comes


POINTS = (
    Point(line="license smart", is_run=True),
    Point(line="end", is_run=True),
    Point(line="license smart renew auth", is_run=True),
    Point(line="write memory", is_run=False),
    Point(line="write memory", is_run=True),
    Point(line="license smart", nth=2, is_run=True, comes=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One device: where its push stands when the process dies, and what is done to it then."""

    name: str
    point: Point
    act: str


CASES = tuple(
    Case(name=f"fw-{number:02}", point=point, act=act)
    for number, (point, act) in enumerate(((point, act) for point in POINTS for act in ACTS_BETWEEN), start=1)
)


def device(name: str, *, comes: bool = True) -> dict[str, Any]:
    return callhome(
        name,
        latency={"contact_s": CONTACT_S if comes else 1e6},
        reachable={"proxies": {"proxy.example.net:8080": True, "other.example.net:3128": True}},
        inventory={"expect": {"proxy": PROXY}, "tags": ["canary"] if name == CANARY else []},
    )


def killed_and_resumed(fleet: MockFleet, directory: Path) -> tuple[Ended, dict[str, Place]]:
    """Kill one process when all its pushes stand still, act on every device, and resume."""
    fleet.write(directory)
    (directory / "policy.yaml").write_text(yaml.safe_dump(POLICY))
    made = run(directory, "plan", "-o", directory / "plan.json")
    assert made.code == 0, made.err
    places = {case.name: stand_still(fleet, case) for case in CASES}
    all_stand = threading.Event()
    count(fleet, all_stand.set)
    process = started(directory, "--workers", str(len(CASES)), *_PATIENT)
    try:
        assert all_stand.wait(_LIMIT_S), waiting(fleet)
    finally:
        process.kill()
        process.communicate()
    for case in CASES:
        fleet[case.name].clear_faults()
        act_of(case.act).do(places[case.name])
    arguments = ("--yes", "--format", "json", "--workers", str(len(CASES)), *_PATIENT)
    return run(directory, "resume", "last", *arguments), places


def stand_still(fleet: MockFleet, case: Case) -> Place:
    """Let the push of a device hang at its point."""
    unit, point = fleet[case.name], case.point
    unit.reset_transcript()
    action = "no_prompt" if point.is_run else "hang"
    unit.add_fault(action=action, match=f"^{point.line}$", nth=point.nth, times=1)
    return Place(device=unit, flight=unit.contact_sets_out())


def count(fleet: MockFleet, done: Callable[[], None]) -> None:
    """Call when every device has been sent the line at which it hangs."""
    left = {case.name for case in CASES}

    def arrived(name: str) -> None:
        left.discard(name)
        if not left:
            done()

    for case in CASES:
        unit, point = fleet[case.name], case.point
        unit.when(f"^{point.line}$", lambda name=case.name: arrived(name), nth=point.nth)  # type: ignore[misc]


def waiting(fleet: MockFleet) -> str:
    """Return what each device that does not stand still was sent last."""
    return "; ".join(f"{one.name}: {one.typed[-1:]}" for one in fleet.devices.values() if one.acts_waiting)


def act_of(title: str) -> Any:
    (found,) = [act for act in ACTS if act.title == title]
    return found


def test_a_colleague_between_the_crash_and_resume_never_makes_a_word_untrue(tmp_path: Path) -> None:
    """What the journal says was so then; what is said now is read now, on the firewall that was meant."""
    units = [device(CANARY), *(device(case.name, comes=case.point.comes) for case in CASES)]
    with fleet_of(*units, speed=SPEED) as fleet:
        ended, places = killed_and_resumed(fleet, tmp_path)
        rans = [ran_of(ended, fleet, case, places[case.name]) for case in CASES]

    assert [fault for ran in rans for fault in faults_of(ran)] == []
    assert [ran.name for ran in rans if ran.record["outcome"] == "not-reached"] == []
    assert {one["name"] for one in ended.document["devices"]} == {CANARY, *(case.name for case in CASES)}
    assert ended.code == 8, "another box answers, and what the planned one runs nobody can read"


def ran_of(ended: Ended, fleet: MockFleet, case: Case, place: Place) -> Ran:
    """Return what one device came to, for the judges of the matrix."""
    point = case.point
    return Ran(
        row=Row(act=act_of(case.act), scene=Scene.THERE),
        step=Step(title=f"{point.line!r}, {point.nth}, {point.is_run}", arm=lambda *_: None),
        record=ended.device(case.name),
        boxes=boxes(fleet, place),
        acts_waiting=0,
    )
