"""Print the import graph of the program and of the mock fleet: floors, climbing arrows, circles.

    python -m tools.arch [ROOT] [--lines]

A room is a folder, or a file that stands loose in its package.  A room stands a floor above all
that it imports.  Where rooms import each other, they are put in the order in which the fewest
imports run back up, and those are listed.  A folder inside another is a part of it: modules of
the two may stand above and below each other, as any two of one folder may, and only a circle of
modules is a fault there.  A circle is a set of modules that import each other
in a loop.

Exit code 1 where there is a circle.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.imports import Module, modules_of

PACKAGES: Final = ("asa_transport", "mock_devices")
ROOT: Final = Path(__file__).resolve().parent.parent

# Who imports whom, by name; every name is a key.
Graph = Mapping[str, Collection[str]]
Arrow = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One room as it is shown; ``deep``: how many floors its own modules make, ``code``: lines of code."""

    name: str
    floor: int
    modules: int
    deep: int
    lines: int
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A package, measured.

    Attributes:
        rooms: From the top floor down.
        imports: How many pairs of modules of which one imports the other.
        climbing: Imports from a room to a higher one, as module names.
        circles: Each the modules of one circle, with the imports that make it.
    """

    name: str
    rooms: tuple[Room, ...]
    imports: int
    climbing: tuple[Arrow, ...]
    circles: tuple[tuple[Arrow, ...], ...]


def house_of(package: str, modules: Mapping[str, Module]) -> House:
    """Measure a package."""
    graph = {one.name: one.imports for one in modules.values()}
    arrows = [(one.name, other) for one in modules.values() for other in sorted(one.imports)]
    weights = Counter(
        (modules[one].room, modules[other].room)
        for one, other in arrows
        if modules[one].room != modules[other].room
    )
    names = sorted({one.room for one in modules.values()})
    up = {
        pair
        for group in groups({n: [b for a, b in weights if a == n] for n in names})
        for pair in back_arrows(group, weights)
    }
    floors = floors_of({n: [b for a, b in weights if a == n and (a, b) not in up] for n in names})
    rooms = [_room(name, floors[name], modules) for name in names]
    return House(
        name=package,
        rooms=tuple(sorted(rooms, key=lambda room: (-room.floor, -room.code, room.name))),
        imports=len(arrows),
        climbing=tuple(
            (one, other)
            for one, other in arrows
            if (modules[one].room, modules[other].room) in up
            and not _is_inside(modules[one].room, modules[other].room)
        ),
        circles=tuple(
            tuple((one, other) for one, other in arrows if one in group and other in group)
            for group in groups(graph)
            if len(group) > 1
        ),
    )


def _is_inside(one: str, other: str) -> bool:
    """Return whether one of the two rooms is a folder inside the other."""
    return one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _room(name: str, floor: int, modules: Mapping[str, Module]) -> Room:
    inside = {one.name: one for one in modules.values() if one.room == name}
    graph = {one.name: [other for other in one.imports if other in inside] for one in inside.values()}
    return Room(
        name=name,
        floor=floor,
        modules=len(inside),
        deep=max(floors_of(graph).values()),
        lines=sum(one.lines for one in inside.values()),
        code=sum(one.code for one in inside.values()),
    )


def groups(graph: Graph) -> list[tuple[str, ...]]:
    """Return the strongly connected components, what is imported before what imports it (Tarjan, 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[tuple[str, ...]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            at = stack.index(name)
            found.append(tuple(sorted(stack[at:])))
            del stack[at:]

    for name in sorted(graph):
        if name not in index:
            visit(name)
    return found


def floors_of(graph: Graph) -> dict[str, int]:
    """Return the floor of each, 1 for the ground; what is in one circle shares a floor."""
    floors: dict[str, int] = {}
    for group in groups(graph):
        below = {other for name in group for other in graph[name]} - set(group)
        floors |= dict.fromkeys(group, 1 + max((floors[other] for other in below), default=0))
    return floors


def back_arrows(group: Sequence[str], weights: Mapping[Arrow, int]) -> set[Arrow]:
    """Return the arrows that run back up where few imports do; ``group`` is one circle of rooms.

    Rooms are moved to their best place, one after the other, until no move helps: not proven the
    least, but the same at every call.
    """

    def cost(order: Sequence[str]) -> int:
        return sum(weights.get((low, high), 0) for at, high in enumerate(order) for low in order[at + 1 :])

    best = list(group)
    is_moved = True
    while is_moved:
        is_moved = False
        for name in group:
            rest = [one for one in best if one != name]
            tried = min(
                ([*rest[:at], name, *rest[at:]] for at in range(len(group))),
                key=lambda order: (cost(order), order != best),
            )
            if cost(tried) < cost(best):
                best, is_moved = tried, True
    place = {name: at for at, name in enumerate(best)}
    return {(a, b) for a, b in weights if a in place and b in place and place[a] > place[b]}


def graph_lines(house: House) -> Iterator[str]:
    """Give the floors, the climbing imports and the circles, at most 80 columns wide."""
    modules = sum(room.modules for room in house.rooms)
    yield (
        f"{house.name}: {modules} modules, {house.imports} imports, "
        f"{sum(room.code for room in house.rooms)} lines of code"
    )
    yield (
        f"{len(house.rooms)} rooms on {max(room.floor for room in house.rooms)} floors, "
        f"{len(house.climbing)} imports run back up, {len(house.circles)} circles"
    )
    yield ""
    yield f"{'floor':>5}  {'room':<40} {'modules':>7} {'deep':>5} {'code':>7}"
    above = None
    for room in house.rooms:
        shown = "" if room.floor == above else str(room.floor)
        yield f"{shown:>5}  {room.name:<40} {room.modules:>7} {room.deep:>5} {room.code:>7}"
        above = room.floor
    if house.climbing:
        yield ""
        yield "imports that run back up:"
        yield from _arrows(house, house.climbing)
    for number, circle in enumerate(house.circles, start=1):
        yield ""
        yield f"circle {number}: {len({name for arrow in circle for name in arrow})} modules"
        yield from _arrows(house, circle)


def _arrows(house: House, arrows: Sequence[Arrow]) -> Iterator[str]:
    for one, other in arrows:
        left, right = (name.removeprefix(f"{house.name}.") for name in (one, other))
        whole = f"  {left} -> {right}"
        yield from [whole] if len(whole) <= 80 else [f"  {left}", f"    -> {right}"]


def size_lines(house: House) -> Iterator[str]:
    """Give lines of code and all lines by room, in the order of names."""
    yield f"{house.name:<47} {'modules':>7} {'code':>9} {'lines':>9}"
    for room in sorted(house.rooms, key=lambda room: room.name):
        yield f"  {room.name:<45} {room.modules:>7} {room.code:>9} {room.lines:>9}"
    total = [sum(of) for of in zip(*((r.modules, r.code, r.lines) for r in house.rooms), strict=True)]
    yield f"  {'together':<45} {total[0]:>7} {total[1]:>9} {total[2]:>9}"


def main(argv: Sequence[str]) -> int:
    """Print what is asked; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.arch", description="Floors and circles.")
    parser.add_argument("root", nargs="?", type=Path, default=ROOT, help="A checkout; this one by default.")
    parser.add_argument("--lines", action="store_true", help="Lines of code by room, instead of the graph.")
    asked = parser.parse_args(argv)
    houses = [house_of(package, modules_of(asked.root, package)) for package in PACKAGES]
    pages = [list(size_lines(house) if asked.lines else graph_lines(house)) for house in houses]
    print("\n\n".join("\n".join(page) for page in pages))
    return int(any(house.circles for house in houses))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
