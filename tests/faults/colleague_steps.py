"""What others do while a device is pushed, and when: the rows and the columns of the second matrix.

A step is a moment of the push, found by a line that the program types; an act is what somebody
else does to the device then, or what the device's own licence agent does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from mock_devices import MockDevice
from mock_devices.license_agent import Flight

BLOCK, STATUS, RENEW, SAVE = (
    "^show running-config license$",
    "^show license status$",
    "^license smart renew auth$",
    "^write memory$",
)
OTHER_SERIAL = "9AZZZZZZZZZ"
OTHER_NAME = "fw-other"
OUTSIDE = "pager lines 30"

Happen = Callable[[], object]
Arm = Callable[[MockDevice, Happen], object]


class Scene(Enum):
    """What the device and its surroundings are like."""

    THERE = auto()  # a single unit; contact comes over every transport and proxy
    BACK = auto()  # a single unit; no contact ever comes, so the push goes back
    PAIR = auto()  # a pair, each unit at its own address; contact comes
    MOVING = auto()  # a pair whose addresses follow the roles; contact comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an act happens: a device, a contact of it under way, and the boxes that were taken away."""

    device: MockDevice
    flight: Flight
    gone: list[MockDevice] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A moment; ``arm`` lets something happen at it."""

    title: str
    arm: Arm


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody does, in which scenes.

    ``is_timed``: whether the outcome depends on fractions of a second; each is true all the same.
    """

    title: str
    do: Callable[[Place], object]
    scenes: tuple[Scene, ...] = (Scene.THERE, Scene.BACK)
    is_timed: bool = False


def _at(match: str, *, nth: int = 1, before: bool = False) -> Arm:
    moment = "before" if before else "after"
    return lambda device, happen: device.when(match, happen, nth=nth, moment=moment)  # type: ignore[arg-type]


def _then(first: Arm, second: Arm) -> Arm:
    return lambda device, happen: first(device, lambda: second(device, happen))


def _at_proof(device: MockDevice, happen: Happen) -> None:
    """Wait until the program has been shown a contact over smart."""

    def look() -> None:
        found = any(one.succeeded and one.route.transport == "smart" for one in device.contacts)
        if found:
            happen()
        else:
            _at_proof(device, happen)

    device.when(STATUS, look)


FIRST_STEP = "before the push"
SEEN_TOO_LATE = "just before `configure terminal`"
_GOING = (
    Step(title=FIRST_STEP, arm=lambda _, happen: happen()),
    Step(title="after the first reading", arm=_at(BLOCK)),
    Step(title=SEEN_TOO_LATE, arm=_at("^configure terminal$", before=True)),
    Step(title="after `license smart`", arm=_at("^license smart$")),
    Step(title="after `transport type smart`", arm=_at("^transport type smart$")),
    Step(title="after the block was read back", arm=_then(_at("^end$"), _at(BLOCK))),
)
_ASKING = Step(title="after `license smart renew auth`", arm=_at(RENEW))
STEPS: dict[Scene, tuple[Step, ...]] = {
    Scene.THERE: (
        *_GOING,
        Step(title="just before `license smart renew auth`", arm=_at(RENEW, before=True)),
        _ASKING,
        Step(title="after a contact was shown", arm=_then(_at(RENEW), _at_proof)),
        Step(title="just before `write memory`", arm=_at(SAVE, before=True)),
        Step(title="just after `write memory`", arm=_at(SAVE)),
    ),
    Scene.BACK: (
        _ASKING,
        Step(title="after some looks in vain", arm=_then(_at(RENEW), _at(STATUS, nth=2))),
        Step(
            title="just before the second `configure terminal`",
            arm=_at("^configure terminal$", nth=2, before=True),
        ),
        Step(title="after `transport type callhome`", arm=_at("^transport type callhome$")),
        Step(title="after the second `end`", arm=_at("^end$", nth=2)),
    ),
}
STEPS[Scene.PAIR] = STEPS[Scene.MOVING] = tuple(
    STEPS[Scene.THERE][number] for number in (1, 2, 4, 5, 7, 9, 10)
)


_CALLHOME = ("license smart", "transport type callhome")
_SMART = ("license smart", "transport type smart")
_OTHER_PROXY = ("license smart", "transport proxy other.example.net port 3128")
_OURS = ("license smart", "transport proxy proxy.example.net port 8080", "transport type smart")
# A box that runs our lines, as after a restore of a backup that was made in between.
_RESTORED = {"transport": None, "proxy": {"host": "proxy.example.net", "port": 8080}}
_HOUR_S = 3600.0


def _types(*lines: str) -> Callable[[Place], None]:
    return lambda place: place.device.colleague().types(*lines)


def _saves(*lines: str) -> Callable[[Place], None]:
    def do(place: Place) -> None:
        if lines:
            place.device.colleague().types(*lines)
        place.device.colleague("backup").saves()

    return do


def _there_and_back(place: Place) -> None:
    """Flip to callhome, let a contact succeed there, and flip to smart again, all between two looks."""
    place.device.colleague().types(*_CALLHOME)
    place.device.contact_lands(place.device.contact_sets_out())
    place.device.colleague().types(*_SMART)


def _outside_as_us(place: Place) -> None:
    """Whoever types after `enable` is `enable_15` to the device."""
    place.device.colleague("enable_15").types(OUTSIDE)


def _restored_startup(place: Place) -> None:
    place.device.colleague("backup").commands("copy /noconfirm disk0:/backup.cfg startup-config")


def _old_contact(place: Place) -> None:
    place.device.contact_lands(place.flight)


def _clock(ahead_s: float) -> Callable[[Place], None]:
    return lambda place: place.device.set_clock(ahead_s)


def _old_contact_by_another_clock(place: Place) -> None:
    place.device.set_clock(_HOUR_S)
    _old_contact(place)


def _renamed_unseen(place: Place) -> None:
    place.device.drop_sessions()
    place.device.colleague().types(f"hostname {OTHER_NAME}")


def _replaced(config: Mapping[str, object] | None = None) -> Callable[[Place], None]:
    def do(place: Place) -> None:
        place.device.drop_sessions()
        fields = {} if config is None else {"license_config": config}
        place.gone.append(place.device.replaced_by(serial=OTHER_SERIAL, **fields))

    return do


_SINGLE = (Scene.THERE, Scene.BACK)
_PAIRED = (Scene.PAIR, Scene.MOVING)
ACTS = (
    Act(title="flips the type back", do=_types(*_CALLHOME)),
    Act(title="flips the type back and saves", do=_saves(*_CALLHOME)),
    Act(title="flips it back and forth, with a contact between", do=_there_and_back),
    Act(title="changes the proxy", do=_types(*_OTHER_PROXY)),
    Act(title="changes the proxy and saves", do=_saves(*_OTHER_PROXY)),
    Act(title="removes the proxy", do=_types("license smart", "no transport proxy")),
    Act(title="edits another line of the block", do=_types("license smart", "throughput level 2G")),
    Act(title="removes the whole block", do=_types("no license smart")),
    Act(title="edits something else, unsaved", do=_types(OUTSIDE)),
    Act(title="does the same under our own account", do=_outside_as_us),
    Act(title="edits something else and saves", do=_saves(OUTSIDE)),
    Act(title="restores the startup configuration from a backup", do=_restored_startup),
    Act(title="saves", do=_saves(), scenes=(Scene.THERE, Scene.BACK, Scene.PAIR)),
    Act(title="types our lines too", do=_types(*_OURS)),
    Act(title="types our lines too and saves", do=_saves(*_OURS)),
    Act(title="renews", do=lambda place: place.device.colleague().commands("license smart renew auth")),
    Act(title="an old contact lands late", do=_old_contact),
    Act(title="sets the clock an hour ahead", do=_clock(_HOUR_S), is_timed=True),
    Act(title="sets the clock an hour back", do=_clock(-_HOUR_S), is_timed=True),
    Act(
        title="sets the clock ahead, and an old contact lands late",
        do=_old_contact_by_another_clock,
        is_timed=True,
    ),
    Act(title="renames the device", do=_types(f"hostname {OTHER_NAME}")),
    Act(title="renames it while our session is down", do=_renamed_unseen),
    Act(
        title="reloads it",
        do=lambda place: place.device.restart(),
        scenes=(*_SINGLE, *_PAIRED),
    ),
    Act(title="puts another box in its place", do=_replaced(), scenes=(*_SINGLE, Scene.PAIR)),
    Act(title="puts a box in its place that runs our lines", do=_replaced(_RESTORED)),
    Act(title="switches the roles", do=lambda place: place.device.switch_role(), scenes=_PAIRED),
)
