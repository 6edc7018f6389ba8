"""Turn the outcome of a device into the journal's event, and the event back into the outcome.

Pure.  The words are those of the push document.

Source: docs/schemas/push.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, assert_never

from asa_transport.core.pushing.proof import shown
from asa_transport.core.pushing.startup import startup_of, startup_standing
from asa_transport.errors import was_internal
from asa_transport.model import (
    Applied,
    ConfigTrace,
    ContactResult,
    Device,
    DeviceFacts,
    Ended,
    Failed,
    Identity,
    NoChange,
    NotReached,
    PlannedDevice,
    PushOutcome,
    Refused,
    RollbackFailed,
    RolledBack,
    Seen,
    Startup,
    Undertaking,
    Unknown,
    Unreachable,
    Verified,
)
from asa_transport.model.push import is_saved, verified
from asa_transport.text import printable, unified_diff

LOOK: Final = "log in and check the device"


def applied(
    device: Device,
    verified: Verified,
    *,
    unsaved: str | None,
    warnings: Iterable[str],
    startup: Startup | None,
) -> Applied:
    """Return the outcome of a change that is in force.

    Args:
        unsaved: Why nobody may call it saved; `None` where it is.
        warnings: What the device said; each is told once.
        startup: As read afterwards.
    """
    reasons = list(dict.fromkeys(warnings))
    if unsaved is not None:
        reasons.insert(
            0,
            f"the change is in force, but not confirmed as saved: {unsaved}; log in and find the cause, "
            "then send 'write memory' on the active unit: a reload before that may lose the change",
        )
    if unsaved is None and startup is None:
        reasons.append("'write memory' said [OK], but the startup configuration could not be read")
    return Applied(
        device=device,
        verified=verified,
        saved=unsaved is None,
        reason="; ".join(reasons) or None,
        seen=Seen(startup=startup),
    )


def as_before(device: Device, reason: str, startup: Startup | None) -> RolledBack | RollbackFailed:
    """Return the outcome of a device that was read, and runs what it ran before.

    It is rolled back only if a reload would not bring the change after all: a colleague, or a job
    that saves each night, may have saved it while it was in force.
    """
    last = Seen(startup=startup)
    match startup:
        case Startup.AS_BEFORE:
            return RolledBack(device=device, reason=reason, seen=last)
        case None:
            unread = (
                "the startup configuration could not be read, so it is not known whether somebody saved in "
                "the meantime"
            )
            return RolledBack(device=device, reason=f"{reason}; {unread}", seen=last)
        case Startup.AS_INTENDED | Startup.OTHER:
            return RollbackFailed(
                device=device,
                reason=f"{reason}; the device runs as before, but {_would_start(startup)}",
                seen=last,
            )
        case _:
            assert_never(startup)


def left_alone(
    outcome: NoChange | Refused, planned: PlannedDevice, facts: DeviceFacts, startup: Sequence[str] | None
) -> NoChange | Refused:
    """Return the outcome of a device that is left alone, with what a reload would bring.

    Of one that reads as intended already it also says whether anything proves it: nothing was sent.

    Args:
        startup: As `transport_lines` returns them.
    """
    would_start = startup_of(
        startup, before=planned.before, predicted=planned.predicted, default=planned.observed.default_type
    )
    last = Seen(startup=would_start)
    if isinstance(outcome, Refused):
        return replace(outcome, seen=last)
    parts = [outcome.reason, _proof_of(facts)]
    match would_start:
        case Startup.AS_INTENDED:
            parts.append("the startup configuration has the same block")
        case Startup.AS_BEFORE | Startup.OTHER:
            parts.append(f"this is not saved, so a reload would lose it; {LOOK}, and send 'write memory'")
        case None:
            parts.append(
                "the startup configuration could not be read, so it is not known whether this is saved"
            )
        case _:
            assert_never(would_start)
    return replace(outcome, reason="; ".join(parts), seen=last)


def _proof_of(facts: DeviceFacts) -> str:
    """Return whether a contact proves what a device runs that nothing was sent to.

    One does that succeeded after the last change of the configuration, by the device's own word
    (inferred); where it names no change, nobody knows what the contact came over.
    """
    contact, changed_at = facts.authorization.last_contact, facts.unsaved.modified_at
    is_success = contact.result is ContactResult.SUCCEEDED and contact.at is not None
    if is_success and changed_at is not None and contact.at is not None and contact.at > changed_at:
        return f"proven: {shown(contact)}, after the last change of its configuration"
    if is_success and changed_at is not None:
        return f"not proven: {shown(contact)}, not later than the last change of its configuration"
    if is_success:
        return f"not proven: {shown(contact)}, and it is not known when the configuration was last changed"
    return f"not proven: {shown(contact)}"


def answered_by(outcome: PushOutcome, identity: Identity | None) -> PushOutcome:
    """Return the outcome with the firewall that answered last, where one was read."""
    if isinstance(outcome, NotReached | Unreachable):
        return outcome
    return replace(outcome, seen=replace(outcome.seen, identity=identity))


def moved_meanwhile(
    device: Device, undertaking: Undertaking, block: Sequence[str] | None, startup: Sequence[str] | None
) -> Refused:
    """Return the outcome of a device whose block is another one right before its first line.

    Args:
        block: `None` where it could not be read.
        startup: As `transport_lines` returns them.
    """
    drift = None
    saw = "the 'license smart' block could not be read right before the first line"
    if block is not None:
        saw = "somebody has changed the 'license smart' block since it was read a moment ago"
        drift = unified_diff(undertaking.before, block, f"{device.name} read first", f"{device.name} now")
    return Refused(
        device=device,
        reason=f"{saw}; nothing was sent; find out who works on it, and make a new plan",
        drift=drift,
        seen=Seen(startup=startup_standing(startup, undertaking)),
    )


def changed_meanwhile(
    device: Device, undertaking: Undertaking, now: ConfigTrace, startup: Sequence[str] | None
) -> Refused:
    """Return the outcome of a device whose configuration somebody changes at this very moment."""
    who = f", last by {printable(now.modified)}" if now.modified else ""
    return Refused(
        device=device,
        reason=f"somebody has changed the configuration since it was read a moment ago{who}; nothing was "
        "sent; find out who works on it, and push again when they have saved",
        seen=Seen(startup=startup_standing(startup, undertaking)),
    )


def told(reason: str, startup: Startup | None) -> str:
    """Return the reason with what a reload would bring, for an outcome at which a person must look."""
    if startup is None:
        return f"{reason}; the startup configuration could not be read"
    return f"{reason}; {_would_start(startup)}"


def _would_start(startup: Startup) -> str:
    match startup:
        case Startup.AS_INTENDED:
            return (
                "the startup configuration has the change: somebody saved it in the meantime, and a reload "
                f"would activate it; {LOOK}, and send 'write memory' if the running configuration is the "
                "right one"
            )
        case Startup.AS_BEFORE:
            return "the startup configuration is as before"
        case Startup.OTHER:
            return (
                "the startup configuration has another licence block, neither as before nor as intended: "
                f"somebody saved in the meantime; {LOOK}"
            )
        case _:
            assert_never(startup)


def ended(outcome: PushOutcome) -> Ended:
    """Return the event that the journal keeps of it."""
    return Ended(
        device=outcome.device.name,
        outcome=outcome.word,
        saved=is_saved(outcome),
        verified=verified(outcome),
        reason=outcome.reason,
        startup=outcome.seen.startup,
        identity=outcome.seen.identity,
        is_internal=outcome.is_internal if isinstance(outcome, Failed | Unknown) else None,
    )


def outcome_of(ended: Ended, device: Device) -> PushOutcome:  # noqa: PLR0911 - one an outcome
    """Return the outcome that the journal has of a concluded device.

    Raises:
        ValueError: The word is none of a concluded device: the journal is of another program.
    """
    reason, last = ended.reason or "", Seen(startup=ended.startup, identity=ended.identity)
    is_internal = was_internal(reason) if ended.is_internal is None else ended.is_internal
    match ended.outcome:
        case Applied.word:
            return Applied(
                device=device,
                verified=ended.verified or Verified.CONFIG,
                saved=ended.saved,
                reason=ended.reason,
                seen=last,
            )
        case NoChange.word:
            return NoChange(device=device, reason=reason, seen=last)
        case Refused.word:
            return Refused(device=device, reason=reason, seen=last)
        case RolledBack.word:
            return RolledBack(device=device, reason=reason, seen=last)
        case RollbackFailed.word:
            return RollbackFailed(device=device, reason=reason, seen=last)
        case Failed.word:
            return Failed(device=device, reason=reason, seen=last, is_internal=is_internal)
        case Unknown.word:
            return Unknown(device=device, reason=reason, seen=last, is_internal=is_internal)
        case _:
            raise ValueError(f"{ended.device}: the journal ends it with {ended.outcome!r}")
