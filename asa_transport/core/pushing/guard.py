"""Judge what was read immediately before a push, and say what is undertaken.

Pure.  A device is pushed only if a plan made now, from this reading, would be the same; the
way back is made from this reading too, and never from intent.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from asa_transport.core.planning.recheck import Recheck, look
from asa_transport.core.pushing.proof import baseline
from asa_transport.model import (
    AuditOutcome,
    ContextMode,
    Device,
    DeviceFacts,
    NoChange,
    NotReached,
    Plan,
    PlannedDevice,
    Refused,
    Undertaking,
    WouldPush,
)


def planned_now(
    outcomes: Sequence[AuditOutcome], device: Device, question: Recheck, *, now: datetime
) -> PlannedDevice | NoChange | Refused | NotReached:
    """Return the plan made now for this device, or what stands against it.

    Args:
        outcomes: Of the device and its mate, not judged yet.
        now: When they were read; replaces the time of the grounds.
    """
    question = replace(
        question, standard=replace(question.standard, now=now), origin=replace(question.origin, now=now)
    )
    looked = look(outcomes, [device], question)
    (found,) = looked.outcomes
    match found:
        case WouldPush():
            return next(one for one in looked.plan.devices if one.name == device.name)
        case NoChange() | Refused() | NotReached():
            return found
        case _:
            assert_never(found)


def planned_of(plan: Plan, name: str) -> PlannedDevice:
    """Return the planned device of this name."""
    return next(one for one in plan.devices if one.name == name)


def space_of(facts: DeviceFacts) -> str | None:
    """Return the space in which the lines belong, where the device has more than one."""
    return "system" if facts.context_mode is ContextMode.MULTIPLE else None


def undertaken(
    plan: Plan, again: PlannedDevice, facts: DeviceFacts, startup: tuple[str, ...] | None
) -> Undertaking:
    """Return what is undertaken.

    Args:
        again: The plan made now for the device.
        facts: Its clock and last contact are read immediately before the first line.
        startup: The transport lines of the startup configuration; `None` where it was not read.
    """
    planned = planned_of(plan, again.name)
    return Undertaking(
        apply=planned.apply,
        rollback=planned.rollback,
        before=again.before,
        predicted=again.predicted,
        default_type=again.observed.default_type,
        baseline=baseline(facts),
        space=space_of(facts),
        startup=startup,
        identity=again.identity,
        mate_serial=again.observed.mate_serial,
    )


def firewalls(plan: Plan, device: Device, mate: str | None) -> tuple[str, ...]:
    """Return the firewalls that a push of this device holds for itself, as names of locks.

    By their serial numbers, so that one firewall under two names is held with both; by the names of
    the inventory too, for one that says no serial number.
    """
    planned = planned_of(plan, device.name)
    names = {device.name} if mate is None else {device.name, mate}
    serials = (planned.identity.serial or "", planned.observed.mate_serial or "")
    held = {f"serial-{serial}" for serial in serials if serial.isascii() and serial.isalnum()}
    return (*(f"device-{name}" for name in sorted(names)), *sorted(held))
