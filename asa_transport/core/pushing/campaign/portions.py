"""Take from a plan's waves what a push is for: the chosen devices, pairs together, no wave empty.

Pure; cannot fail.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from asa_transport.model import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """One wave of a push.

    Attributes:
        wave: Its number in the plan, counts from 1.
        units: In the order of their turn: each the devices of one failover pair, or one device,
            which go one after the other.
    """

    wave: int
    units: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The devices in the order of their turn."""
        return tuple(name for unit in self.units for name in unit)


def portions(plan: Plan, names: Collection[str]) -> tuple[Portion, ...]:
    """Return the plan's waves with these devices only.

    A plan keeps a pair in one wave; where a file does not, the pair goes in the first of them.
    """
    wanted = frozenset(names)
    unit_of = {planned.name: planned.unit for planned in plan.devices}
    units: dict[str, list[str]] = {}
    first: dict[str, int] = {}
    for number, wave in enumerate(plan.waves, start=1):
        for name in wave:
            if name in wanted:
                units.setdefault(unit_of[name], []).append(name)
                first.setdefault(unit_of[name], number)
    return tuple(
        Portion(wave=number, units=tuple(tuple(units[unit]) for unit in first if first[unit] == number))
        for number in sorted(set(first.values()))
    )
