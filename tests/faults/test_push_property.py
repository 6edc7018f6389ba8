"""For any order of colleagues' acts and faults, `applied` and `saved` are earned, and no word is untrue."""

from __future__ import annotations

import functools
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mock_devices import MockFleet
from tests.faults.colleague_matrix import Ran, Row, boxes, devices, plan_for, pusher
from tests.faults.colleague_steps import ACTS, STEPS, Act, Place, Scene, Step
from tests.faults.colleague_truth import faults_of
from tests.fleet.pushing import PLAN
from tests.support import fleet_of

# So many devices an example, pushed at once: what takes time is waiting.
AT_ONCE = 8
EXAMPLES = 10
_SPEED = 40.0
_LINES = (
    "show version",
    "show running-config license",
    "configure terminal",
    "license smart",
    "transport proxy proxy.example.net port 8080",
    "transport type smart",
    "end",
    "license smart renew auth",
    "show license status",
    "write memory",
    "show startup-config",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happens to one device while it is pushed."""

    comes: bool  # whether a contact that is asked for comes
    acts: tuple[tuple[Act, Step], ...]
    faults: tuple[tuple[str, str, int], ...]  # the mock's action, the line, which time


@st.composite
def stories(draw: st.DrawFn) -> Story:
    comes = draw(st.booleans())
    scene = Scene.THERE if comes else Scene.BACK
    acts = [act for act in ACTS if scene in act.scenes]
    return Story(
        comes=comes,
        acts=tuple(
            draw(st.lists(st.tuples(st.sampled_from(acts), st.sampled_from(STEPS[scene])), max_size=3))
        ),
        faults=tuple(
            draw(
                st.lists(
                    st.tuples(
                        st.sampled_from(("drop", "drop_after", "cut_line", "garbage", "restart")),
                        st.sampled_from(_LINES),
                        st.integers(1, 3),
                    ),
                    max_size=2,
                )
            )
        ),
    )


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    # The stories of an example have nothing to do with each other: what fails names its own.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(stories(), min_size=AT_ONCE, max_size=AT_ONCE))
def test_whatever_happens_applied_and_saved_are_so_by_contact(told: list[Story]) -> None:
    """Nobody can list every night; what may be said after it is the same on each."""
    assert [fault for ran in run(told) for fault in faults_of(ran)] == []


def run(told: list[Story]) -> list[Ran]:
    """Push one device for each story."""
    with tempfile.TemporaryDirectory() as name, fleet_of(*units(told), speed=_SPEED) as fleet:
        directory = Path(name)
        fleet.write(directory)
        (directory / PLAN).write_bytes(plan_for(Scene.THERE))
        names = fleet.names[: len(told)]
        places = [begun(fleet, name, story) for name, story in zip(names, told, strict=True)]
        pushes = {comes: pusher(directory, Scene.THERE if comes else Scene.BACK) for comes in (True, False)}
        with ThreadPoolExecutor(4) as pool:
            records = list(pool.map(lambda one: pushes[one[1].comes](one[0]), zip(names, told, strict=True)))
        return [
            Ran(
                row=Row(act=Act(title=shown(story), do=lambda _: None), scene=Scene.THERE),
                step=Step(title="", arm=lambda *_: None),
                record=record,
                boxes=boxes(fleet, place),
                acts_waiting=0,
            )
            for story, place, record in zip(told, places, records, strict=True)
        ]


def units(told: list[Story]) -> list[dict[str, Any]]:
    """Return the devices: as many as the plan of the matrix has, whose first ones are pushed."""
    there, back = devices(Scene.THERE), devices(Scene.BACK, len(STEPS[Scene.THERE]))
    comes = [story.comes for story in told]
    return [
        one if number >= len(comes) or comes[number] else other
        for number, (one, other) in enumerate(zip(there, back, strict=True))
    ]


def begun(fleet: MockFleet, name: str, story: Story) -> Place:
    """Let the story wait for its lines."""
    unit = fleet[name]
    place = Place(device=unit, flight=unit.contact_sets_out())
    for action, line, nth in story.faults:
        unit.add_fault(action=action, match=f"^{line}", nth=nth, times=1)
    for act, step in story.acts:
        step.arm(unit, functools.partial(act.do, place))
    return place


def shown(story: Story) -> str:
    """Return a story in words, for the test that fails."""
    acts = [f"{act.title} {step.title}" for act, step in story.acts]
    return f"contact comes: {story.comes}; {acts}; {story.faults}"
