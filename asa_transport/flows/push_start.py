"""Read what a push rests on, immediately before its first line, or before it leaves a device alone.

Guarantees that the `license smart` block is what is read last, and that what somebody has changed
since the guards were put is refused: an edit of a colleague is neither overwritten by our lines
nor deleted by the way back.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

from asa_transport.capabilities import Session
from asa_transport.core.judgement.unsaved import warning
from asa_transport.core.pushing.config_trace import is_moved
from asa_transport.core.pushing.guard import space_of, undertaken
from asa_transport.core.pushing.outcomes import changed_meanwhile, left_alone, moved_meanwhile
from asa_transport.core.pushing.time_left import too_slow
from asa_transport.errors import DeviceError
from asa_transport.flows.push_reader import PushReader
from asa_transport.flows.push_reserve import Reserve
from asa_transport.model import (
    DeviceFacts,
    NoChange,
    NotReached,
    Plan,
    PlannedDevice,
    Refused,
    Standing,
    Undertaking,
    Unsaved,
)


def prepared(
    reader: PushReader,
    session: Session,
    *,
    plan: Plan,
    again: PlannedDevice,
    space: str | None,
    policy: Unsaved,
    warnings: list[str],
    deadline: Reserve,
) -> Undertaking | Refused:
    """Go where the lines are to be sent, and return what is undertaken, made from what is read there.

    Args:
        again: The plan made now for the device.
        warnings: What a person must read beside the outcome is added to it.
        deadline: Whether there is time to begin is measured by what was read.

    Raises:
        DeviceError: It could not be read, or not reached where the lines belong.
    """
    device = reader.notes.device
    durations_s = [output.duration_s for output in reader.notes.capture().outputs]
    slow = too_slow(durations_s, left_s=deadline.remaining_s(), kept_s=deadline.held_s)
    if slow is not None:
        return Refused(device=device, reason=slow)
    reader.go_to(session, space)
    startup = reader.startup_lines(session)
    reader.last_contact(session)
    reader.clock_at(session)
    facts = reader.notes.facts()
    undertaking = undertaken(plan, again, facts, startup)
    unsaved = warning(facts)
    if unsaved is not None:
        warnings.append(unsaved)
    before, now = reader.first_trace(), reader.trace(session)
    if policy is Unsaved.REFUSE and is_moved(before, now):
        return changed_meanwhile(device, undertaking, now, startup)
    if reader.stands(session, undertaking) is not Standing.BEFORE:
        return moved_meanwhile(device, undertaking, reader.block, startup)
    return undertaking


def seen_alone(
    reader: PushReader,
    session: Session,
    outcome: NoChange | Refused | NotReached,
    planned: PlannedDevice,
    facts: DeviceFacts,
) -> NoChange | Refused | NotReached:
    """Return the outcome of a device that is left alone, with what a reload would bring."""
    if isinstance(outcome, NotReached):
        return outcome
    try:
        reader.go_to(session, space_of(facts))
        lines = reader.startup_lines(session)
    except DeviceError:
        # It is left alone all the same; what a reload would bring is then not known.
        lines = None
    return left_alone(outcome, planned, facts, lines)
