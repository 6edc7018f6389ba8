"""Cut a plan into waves: the canary first, then portions, pairs whole, groups spread.

Pure and deterministic.  Guarantees that every device is in exactly one wave, that the
devices of a unit share one, and that within a wave they keep the order given.  A unit
that exceeds a limit all by itself gets a wave of its own.

Source: docs/push.md, "Many devices"; policy.example.yaml, `waves`.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from asa_transport.model import WavePolicy, WaveSize

_ALL: Final = WaveSize(count=100, is_percent=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What changes together: a device, or the planned devices of a pair.

    Attributes:
        devices: At least one name.
        groups: Of any of its devices; each counts all of them.
    """

    name: str
    devices: tuple[str, ...]
    groups: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()


def waves(units: Sequence[Unit], policy: WavePolicy) -> tuple[tuple[str, ...], ...]:
    """Return the device names wave by wave.

    Args:
        units: In the order in which they are wanted; the first are the first to change.
    """
    total = sum(len(unit.devices) for unit in units)
    waiting = _Waiting(units, policy.max_per_group)
    made: list[tuple[Unit, ...]] = []
    if policy.canary_count and units:
        tagged = [n for n, unit in enumerate(units) if policy.canary_tag in unit.tags]
        others = [n for n, unit in enumerate(units) if policy.canary_tag not in unit.tags]
        made.append(_canary(waiting, [*tagged, *others], policy.canary_count))
    sizes = _sizes(policy.sizes or (_ALL,), total)
    while waiting:
        made.append(waiting.next_wave(next(sizes)))
    return tuple(tuple(name for unit in wave for name in unit.devices) for wave in made)


def _sizes(sizes: Sequence[WaveSize], total: int) -> Iterator[int]:
    """Yield the size of each wave, at least 1; the last repeats without end."""
    numbers = [max(1, -(-total * size.count // 100) if size.is_percent else size.count) for size in sizes]
    yield from numbers
    while True:
        yield numbers[-1]


def _canary(waiting: _Waiting, order: Sequence[int], size: int) -> tuple[Unit, ...]:
    wave = _Wave(size, waiting.max_per_group)
    chosen = [number for number in order if wave.take(waiting.units[number])]
    waiting.drop(chosen)
    return tuple(waiting.units[number] for number in sorted(chosen))


class _Wave:
    """One wave while it is filled."""

    __slots__ = ("_count", "_groups", "_max_per_group", "_size")

    def __init__(self, size: int, max_per_group: int) -> None:
        self._size, self._max_per_group = size, max_per_group
        self._count, self._groups = 0, Counter[str]()

    @property
    def is_full(self) -> bool:
        return self._count >= self._size

    def has_room(self, unit: Unit) -> bool:
        """Return whether the size allows it; an empty wave takes any unit."""
        return not self._count or self._count + len(unit.devices) <= self._size

    def take(self, unit: Unit) -> bool:
        """Take the unit if the limits allow it, and say so; an empty wave takes any unit."""
        count = len(unit.devices)
        is_crowded = self._max_per_group and any(
            self._groups[group] + count > self._max_per_group for group in unit.groups
        )
        if self._count and (is_crowded or not self.has_room(unit)):
            return False
        self._count += count
        self._groups.update(dict.fromkeys(unit.groups, count))
        if count > self._size or is_crowded:
            # It exceeds a limit alone, so it stays alone.
            self._count = max(self._count, self._size)
        return True


class _Waiting:
    """The units that are in no wave yet, in queues of equal groups: a full group is passed over at once."""

    __slots__ = ("_queues", "max_per_group", "units")

    def __init__(self, units: Sequence[Unit], max_per_group: int) -> None:
        self.units, self.max_per_group = units, max_per_group
        self._queues: dict[frozenset[str], list[int]] = {}
        self._fill(range(len(units)))

    def __bool__(self) -> bool:
        return any(self._queues.values())

    def drop(self, numbers: Sequence[int]) -> None:
        gone = set(numbers)
        left = sorted(number for queue in self._queues.values() for number in queue if number not in gone)
        self._queues = {}
        self._fill(left)

    def next_wave(self, size: int) -> tuple[Unit, ...]:
        """Fill a wave from the queues' heads, the earliest first."""
        wave, chosen = _Wave(size, self.max_per_group), []
        heads = [(queue[-1], key) for key, queue in self._queues.items() if queue]
        order = [(number, index) for index, (number, _) in enumerate(heads)]
        heapq.heapify(order)
        while order and not wave.is_full:
            number, index = heapq.heappop(order)
            unit, queue = self.units[number], self._queues[heads[index][1]]
            if not wave.has_room(unit):
                break
            if not wave.take(unit):
                continue
            chosen.append(unit)
            queue.pop()
            if queue:
                heapq.heappush(order, (queue[-1], index))
        return tuple(chosen)

    def _fill(self, numbers: Sequence[int]) -> None:
        # Unlimited groups would only scatter the order over many queues.
        for number in reversed(numbers):
            key = self.units[number].groups if self.max_per_group else frozenset()
            self._queues.setdefault(key, []).append(number)
