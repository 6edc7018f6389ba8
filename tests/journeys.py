"""Walk three values through the program, on a mock fleet, and write the walks into docs/architecture.md.

    python -m tests.journeys

The test of the page compares; this writes it anew.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from asa_transport.model import Device, Inventory, Plan, PlannedDevice
from mock_devices import MockFleet
from tests.fleet import commit
from tests.journey import Journey
from tests.support import ROOT, audit, fleet_of

PAGE: Final = ROOT / "docs" / "architecture.md"
# Threads take turns as they come, so the order within a walk is that of the alphabet, layer by layer.
_BEGIN, _END = "<!-- walk: {} -->\n", "<!-- walk ends -->\n"


def inventory() -> Journey:
    """Return the walk of `audit -i FILE`: the path, the inventory read from it, and what holds either."""

    def is_it(value: object) -> bool:
        return isinstance(value, Inventory) or (isinstance(value, Path) and value.name == "inventory.yaml")

    journey = Journey(lambda value: is_it(value) or any(map(is_it, _fields(value))))
    with _fleet() as (folder, fleet), journey.watched():
        audit(fleet, folder, "--processes", "1")
    return journey


def device() -> Journey:
    """Return the walk of one device through an audit: itself, and what is about it."""

    def is_it(value: object) -> bool:
        return isinstance(value, Device) and value.name == "fw-a"

    journey = Journey(lambda value: is_it(value) or any(map(is_it, _fields(value))))
    with _fleet() as (folder, fleet), journey.watched():
        audit(fleet, folder, "--processes", "1")
    return journey


def plan() -> Journey:
    """Return the walk of one plan: made, written, read again, pushed to one device, proven, saved."""

    def is_it(value: object) -> bool:
        return isinstance(value, Plan | PlannedDevice)

    journey = Journey(lambda value: is_it(value) or any(map(is_it, _fields(value))))
    with _fleet(commit.reverted("fw-a")) as (folder, fleet), journey.watched():
        commit.planned(fleet, folder)
        ended = commit.commit(folder)
    assert commit.outcomes(ended) == {"fw-a": "applied"}, ended.err
    return journey


WALKS: Final[Mapping[str, Callable[[], Journey]]] = {"inventory": inventory, "device": device, "plan": plan}


@contextmanager
def _fleet(*devices: dict[str, Any]) -> Iterator[tuple[Path, MockFleet]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        fleet_of(*(devices or ({"name": "fw-a"}, {"name": "fw-b"}))) as fleet,
    ):
        yield Path(folder), fleet


def _fields(value: object) -> list[object]:
    """Return what a value holds in its own fields; nothing for what is no frozen record of ours."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return []
    return [getattr(value, field.name, None) for field in dataclasses.fields(value)]


def listed(journey: Journey) -> str:
    """Return the modules of a walk, a line a room, from the command line down."""
    rooms: dict[str, list[str]] = {}
    for module in sorted(journey.modules):
        room, _, name = module.rpartition("/")
        rooms.setdefault(room, []).append(name)
    order = sorted(rooms, key=lambda room: (_layer(room), room))
    lines = [f"{room}/".ljust(28) + " ".join(rooms[room]) for room in order]
    return "\n".join(lines) + "\n"


def _layer(room: str) -> int:
    order = ("cli", "flows", "edges", "engine", "files", "core", "", "asa", "model")
    return order.index(room.split("/", maxsplit=1)[0])


def in_page(name: str, page: str) -> str:
    """Return what the page shows of a walk."""
    return page.split(_BEGIN.format(name))[1].split(_END, maxsplit=1)[0]


def main() -> None:
    """Write all walks into the page."""
    page = PAGE.read_text(encoding="utf-8")
    for name, walk in WALKS.items():
        head = _BEGIN.format(name)
        before, rest = page.split(head)
        page = before + head + "```text\n" + listed(walk()) + "```\n" + _END + rest.split(_END, 1)[1]
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
