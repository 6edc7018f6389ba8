"""Turn the outcome of a device into the journal's event, and the event back into the outcome.

Pure.  The words are those of the push document.

Source: CONTRACT §7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from asa_transport.core.report.push_document import is_saved, reason, verified, word
from asa_transport.model import (
    Applied,
    Device,
    Ended,
    Failed,
    NoChange,
    PushOutcome,
    Refused,
    RollbackFailed,
    RolledBack,
    Unknown,
    Verified,
)

LOOK: Final = "log in and look"


def applied(device: Device, verified: Verified, *, unsaved: str | None, warnings: Iterable[str]) -> Applied:
    """Return the outcome of a change that is in force.

    Args:
        unsaved: Why nobody may call it saved; `None` where it is.
        warnings: What the device said; each is told once.
    """
    reasons = list(dict.fromkeys(warnings))
    if unsaved is not None:
        reasons.insert(
            0,
            f"in force, but not confirmed as saved: {unsaved}; {LOOK} why, then send 'write memory' on "
            "the active unit: a reload before that may lose the change",
        )
    return Applied(device=device, verified=verified, saved=unsaved is None, reason="; ".join(reasons) or None)


def ended(outcome: PushOutcome) -> Ended:
    """Return the event that the journal keeps of it."""
    return Ended(
        device=outcome.device.name,
        outcome=word(outcome),
        saved=is_saved(outcome),
        verified=verified(outcome),
        reason=reason(outcome),
    )


def outcome_of(ended: Ended, device: Device) -> PushOutcome:
    """Return the outcome that the journal has of a concluded device.

    Raises:
        ValueError: The word is none of a concluded device: the journal is of another program.
    """
    reason = ended.reason or ""
    match ended.outcome:
        case "applied":
            return Applied(
                device=device,
                verified=ended.verified or Verified.CONFIG,
                saved=ended.saved,
                reason=ended.reason,
            )
        case "no-change":
            return NoChange(device=device, reason=reason)
        case "refused":
            return Refused(device=device, reason=reason)
    kinds: Mapping[str, type[Failed | RolledBack | RollbackFailed | Unknown]] = {
        "failed": Failed,
        "rolled-back": RolledBack,
        "rollback-failed": RollbackFailed,
        "unknown": Unknown,
    }
    if ended.outcome not in kinds:
        raise ValueError(f"{ended.device}: the journal ends it with {ended.outcome!r}")
    return kinds[ended.outcome](device=device, reason=reason)
