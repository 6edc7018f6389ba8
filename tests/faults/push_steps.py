"""The table of the fault matrix of a push: which steps there are, and what may go wrong at each.

A step is one line that is sent, or one read, in one scene; a fault is what the mock is told to do
there.  A group is a table of the page: its faults are tried at each of its steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any

from asa_transport.asa.commands import STARTUP
from mock_devices.outputs.misc import STANDBY_WARNING

Fault = dict[str, Any]


class Scene(Enum):
    """What the device and its surroundings are like."""

    THERE = auto()  # a single unit; contact comes
    BACK = auto()  # a single unit; contact never comes, so the push goes back
    PAIR_THERE = auto()
    PAIR_BACK = auto()
    PLAIN_THERE = auto()  # a pair whose prompt does not show the role
    PLAIN_BACK = auto()


class Kind(StrEnum):
    """Whether a step is expected to answer with text."""

    LINE = "line"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One line or read: the `nth` of that text that the device is sent in this push."""

    text: str
    scene: Scene
    nth: int = 1
    note: str = ""

    @property
    def title(self) -> str:
        """As the page names it."""
        text = self.text.partition(" | ")[0]
        return f"`{text}`" + (f" ({self.note})" if self.note else "")

    def when(self, **fault: Any) -> Fault:
        """Return this fault of the mock, at this point and only once."""
        return {"match": f"^{re.escape(self.text)}$", "nth": self.nth, "times": 1, **fault}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What goes wrong, in words and as faults of the mock; `waits` where only a limit ends it."""

    title: str
    faults: Callable[[Point], tuple[Fault, ...]]
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One table of the page."""

    title: str
    points: tuple[Point, ...]
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One trouble at one point."""

    group: Group
    point: Point
    trouble: Trouble

    @property
    def name(self) -> str:
        """Unique, for the test's parameter."""
        return f"{self.group.title}: {self.trouble.title}: {self.point.title}"


def cells() -> Iterator[Cell]:
    """Yield every cell of the matrix, table by table."""
    for group in GROUPS:
        for trouble in group.troubles:
            for point in group.points:
                yield Cell(group=group, point=point, trouble=trouble)


def _one(title: str, *, waits: bool = False, **fault: Any) -> Trouble:
    return Trouble(title=title, faults=lambda point: (point.when(**fault),), waits=waits)


def _and(title: str, first: Fault, *others: Fault) -> Trouble:
    return Trouble(title=title, faults=lambda point: (point.when(**first), *others))


GONE: Fault = {"action": "refuse", "on": "connect", "nth": 2}
_LOOK_CUT: Fault = {"action": "drop", "match": "^show version$", "nth": 2}
_STARTUP = "^show startup-config"

CUT_BEFORE = _one("cut before it", action="drop")
CUT_INSIDE = _one("cut inside it", action="cut_line")
CUT_AFTER = _one("cut after it, the answer is lost", action="drop_after")
CUT_ANSWER = _one("cut inside the answer", action="drop_after", after_bytes=20)
HANG_BEFORE = _one("hangs before it", action="hang", waits=True)
HANG_AFTER = _one("hangs after it, no prompt", action="no_prompt", waits=True)
ERROR = _one("error answer", action="error", text="ERROR: % Invalid input detected at '^' marker.")
DENIED = _one("authorization failed", action="error", text="ERROR: Command authorization failed")
WARNING = _one("`WARNING:`", action="say", text="WARNING: the licence server is slow today")
CHATTER = _one(
    "syslog and replication chatter",
    action="say",
    text="%ASA-5-111008: User 'netaudit' executed a command.\nBeginning configuration replication: "
    "Sending to mate.\nEnd Configuration Replication to mate",
)
UNEXPECTED = _one("a text that nobody expects", action="say", text="Rebuilding the whatnot, please wait")
GARBAGE = _one("garbage", action="garbage")
STANDBY = _one("standby warning", action="say", text="\n".join(STANDBY_WARNING))
RELOAD_BEFORE = _one("reload before it", action="restart", moment="before")
RELOAD_AFTER = _one("reload after it", action="restart", moment="after")
SWITCH_BEFORE = _one("role change before it", action="switch_role", moment="before")
SWITCH_AFTER = _one("role change after it", action="switch_role", moment="after")
GONE_BEFORE = _and("cut before it, then unreachable", {"action": "drop"}, GONE)
GONE_AFTER = _and("cut after it, then unreachable", {"action": "drop_after"}, GONE)
LOOK_ONCE = _and("cut after it, the look is cut once", {"action": "drop_after"}, {**_LOOK_CUT, "times": 1})
LOOK_EVER = _and("cut after it, each look is cut", {"action": "drop_after"}, _LOOK_CUT)
REFUSED_EVER = Trouble(
    title="error answer, from now on",
    faults=lambda point: (
        point.when(action="error", text="ERROR: Command authorization failed") | {"times": None},
    ),
)
GARBAGE_EVER = Trouble(
    title="garbage, from now on",
    faults=lambda point: (point.when(action="garbage", after_bytes=30) | {"times": None},),
)

_CUTS = (CUT_BEFORE, CUT_INSIDE, CUT_AFTER, HANG_BEFORE, HANG_AFTER)
_SAYINGS = (ERROR, DENIED, WARNING, CHATTER, UNEXPECTED, GARBAGE)
_LASTING = (RELOAD_BEFORE, RELOAD_AFTER, GONE_BEFORE, GONE_AFTER, LOOK_ONCE, LOOK_EVER)
_READING = (
    *(CUT_BEFORE, CUT_INSIDE, CUT_ANSWER, CUT_AFTER, HANG_BEFORE, HANG_AFTER),
    *(ERROR, REFUSED_EVER, GARBAGE, GARBAGE_EVER, UNEXPECTED, RELOAD_AFTER, GONE_AFTER),
)
_ROLES = (SWITCH_BEFORE, SWITCH_AFTER, RELOAD_BEFORE, RELOAD_AFTER, STANDBY)
_SAVING = (
    CUT_ANSWER,
    _one(
        "no space left",
        action="error",
        text="%Error writing nvram:/startup-config (No space left on device)",
    ),
    _one("`[OK]` is missing", action="drop_after", after_bytes=0),
    *(
        _and(
            f"cut {when} it, the startup configuration {how}",
            {"action": action},
            # Before the lines it is read twice, and that is another table.
            {"match": _STARTUP, "nth": 3, "times": None, **fault},
        )
        for when, action in (("before", "drop"), ("after", "drop_after"))
        for how, fault in (
            ("is refused", {"action": "error", "text": "ERROR: Command authorization failed"}),
            ("reads as garbage", {"action": "garbage"}),
        )
    ),
)

PROXY_LINE = "transport proxy proxy.example.net port 8080"


def _changing(scene: Scene, asks: tuple[str, ...]) -> tuple[Point, ...]:
    texts = ("configure terminal", *asks, "license smart", PROXY_LINE, "transport type smart", "end")
    return tuple(Point(text=text, scene=scene) for text in texts)


def _proving(scene: Scene) -> tuple[Point, ...]:
    return (
        Point(text="license smart renew auth", scene=scene),
        Point(text="write memory", scene=scene),
    )


def _going_back(scene: Scene, asks: tuple[str, ...]) -> tuple[Point, ...]:
    back = ("transport type callhome", "no transport proxy")
    again = ("configure terminal", *asks, "license smart")
    return (
        *(Point(text=text, scene=scene, nth=2) for text in again),
        *(Point(text=text, scene=scene) for text in back),
        Point(text="end", scene=scene, nth=2),
    )


def _reads(scene: Scene, *reads: tuple[str, int, str]) -> tuple[Point, ...]:
    return tuple(Point(text=text, scene=scene, nth=nth, note=note) for text, nth, note in reads)


_BLOCK, _FAILOVER = "show running-config license", "show failover"

GROUPS = (
    Group(
        title="Reads before the first line",
        points=_reads(
            Scene.THERE,
            ("terminal pager 0", 1, ""),
            ("show version", 1, ""),
            (_BLOCK, 1, ""),
            ("ping tcp proxy.example.net 8080", 1, ""),
            (STARTUP, 2, "the second"),
            ("show license status", 2, "the second"),
            ("show clock", 2, "the second"),
            (_BLOCK, 2, "the last before the lines"),
        ),
        troubles=_READING,
    ),
    Group(
        title="Lines of the change",
        points=_changing(Scene.THERE, ("A",)),
        troubles=(*_CUTS, *_SAYINGS, *_LASTING),
    ),
    Group(
        title="Reads after the lines",
        points=_reads(
            Scene.THERE,
            (_BLOCK, 3, "is it as predicted?"),
            (_FAILOVER, 2, "is it active?"),
            ("show clock", 4, "when is contact asked for?"),
            ("show license status", 4, "has contact come?"),
            (_BLOCK, 4, "over the intended transport?"),
            (_FAILOVER, 3, "is it still active?"),
        ),
        troubles=_READING,
    ),
    Group(
        title="Proof and saving",
        points=_proving(Scene.THERE),
        troubles=(*_CUTS, *_SAYINGS, *_LASTING),
    ),
    Group(
        title="Reads around saving",
        points=_reads(
            Scene.THERE,
            (_BLOCK, 6, "the last before saving"),
            (_BLOCK, 7, "after saving"),
            (STARTUP, 3, "after saving"),
        ),
        troubles=_READING,
    ),
    Group(
        title="Saving fails or is cut",
        points=(Point(text="write memory", scene=Scene.THERE),),
        troubles=_SAVING,
    ),
    Group(
        title="Lines of the way back, because contact never came",
        points=_going_back(Scene.BACK, ("A",)),
        troubles=(*_CUTS, *_SAYINGS, *_LASTING),
    ),
    Group(
        title="Reads of the way back",
        points=_reads(
            Scene.BACK,
            (_BLOCK, 5, "is it needed?"),
            (_FAILOVER, 3, "is it active?"),
            (_BLOCK, 6, "is it done?"),
            (_FAILOVER, 4, "is it still active?"),
            (STARTUP, 3, "did anybody save?"),
        ),
        troubles=_READING,
    ),
    *(
        group
        for there, back, what in (
            (Scene.PAIR_THERE, Scene.PAIR_BACK, "A pair"),
            (Scene.PLAIN_THERE, Scene.PLAIN_BACK, "A pair whose prompt does not show the role"),
        )
        for group in (
            Group(
                title=f"{what}: the change",
                points=(*_changing(there, ()), *_reads(there, (_BLOCK, 3, "")), *_proving(there)),
                troubles=_ROLES,
            ),
            Group(
                title=f"{what}: the way back",
                points=(*_going_back(back, ()), *_reads(back, (_BLOCK, 6, ""))),
                troubles=_ROLES,
            ),
        )
    ),
)
