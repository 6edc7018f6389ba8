"""Say before a push what it is: who goes when, which lines, behind which guards, and where it would stop.

Pure; cannot fail.  What is the same for several devices is said once, with all their names.

Source: docs/push.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from asa_transport.core.pushing.campaign.budget import allowance
from asa_transport.core.pushing.campaign.portions import Portion, portions
from asa_transport.model import FailureBudget, Plan, PlannedDevice, Verified

_ALWAYS: Final = (
    "each device is read again: its serial number, host name, version, role and licence block must be "
    "those of the plan",
    "active unit of its pair with a healthy mate, no live exception, no blocking bug, no unsaved changes of "
    "other people",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SameLines:
    """Devices that get the same lines and have the same way back; the diff is the first one's."""

    names: tuple[str, ...]
    apply: tuple[str, ...]
    rollback: tuple[str, ...]
    diff: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What must hold before the first line, and for whom; no names where it is for all."""

    text: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A push as it would be.

    Attributes:
        waves: Those that the chosen devices are in, with their numbers in the plan.
        last_wave: Number of the plan's last one.
        bounds: What ends the run early, a sentence each; empty where no budget is known.
    """

    waves: tuple[Portion, ...]
    last_wave: int
    lines: tuple[SameLines, ...]
    guards: tuple[Guard, ...]
    bounds: tuple[str, ...]


def outlook(
    plan: Plan, names: Collection[str], budget: FailureBudget | None, accept: Verified = Verified.CONTACT
) -> Outlook:
    """Return what a push of these devices of the plan is.

    Args:
        budget: `None` where no policy is at hand.
        accept: The policy's `proof`.
    """
    waves = portions(plan, names)
    devices = [one for one in plan.devices if one.name in frozenset(names)]
    return Outlook(
        waves=waves,
        last_wave=len(plan.waves),
        lines=same_lines(devices),
        guards=_guards(devices),
        bounds=() if budget is None or not waves else _bounds(waves, budget, len(devices), accept),
    )


def same_lines(devices: Sequence[PlannedDevice]) -> tuple[SameLines, ...]:
    """Return the devices by what is sent to them, the most common first."""
    alike: dict[tuple[tuple[str, ...], ...], list[PlannedDevice]] = {}
    for device in devices:
        key = (device.apply, device.rollback, device.before, device.predicted)
        alike.setdefault(key, []).append(device)
    found = (
        SameLines(
            names=tuple(device.name for device in same),
            apply=same[0].apply,
            rollback=same[0].rollback,
            diff=same[0].diff,
        )
        for same in alike.values()
    )
    return tuple(sorted(found, key=lambda same: (-len(same.names), same.names)))


def _guards(devices: Sequence[PlannedDevice]) -> tuple[Guard, ...]:
    targets: dict[str, list[str]] = {}
    for device in devices:
        if device.reachability is not None:
            targets.setdefault(str(device.reachability.target), []).append(device.name)
    is_one = len(targets) == 1
    return (
        *(Guard(text=text) for text in _ALWAYS if devices),
        *(
            Guard(
                text=f"{target} must answer the firewall itself (ping tcp)",
                names=() if is_one else tuple(names),
            )
            for target, names in targets.items()
        ),
    )


def _bounds(
    waves: Sequence[Portion], budget: FailureBudget, devices: int, accept: Verified
) -> tuple[str, ...]:
    allowed = allowance(budget, devices)
    proven = "proven by contact" if accept is Verified.CONTACT else "in force (no contact needed)"
    limits = []
    if allowed.total is not None:
        limits.append(f"more than {allowed.total} fail{allowed.of}")
    if allowed.per_group is not None:
        limits.append(f"more than {allowed.per_group} of one group fail")
    if allowed.consecutive is not None:
        limits.append(f"{allowed.consecutive} fail in a row")
    limits.append("the state of one is unknown, or many failures have one thing in common")
    return (
        f"until one device of wave {waves[0].wave} is {proven}, its devices are changed one at a time and "
        "no other wave begins",
        f"the push stops when {', when '.join(limits)}",
        "these count as failed: refused, not reached, failed, rolled back and not saved",
    )
