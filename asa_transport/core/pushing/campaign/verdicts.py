"""Say what an outcome means for the run as a whole: whether it counts as a failure, and whether it ends it.

Pure; cannot fail.  Matched to the end: a new outcome has to be put into each of these.
"""

from __future__ import annotations

from typing import assert_never

from asa_transport.model import (
    Applied,
    Failed,
    NoChange,
    NotReached,
    PushOutcome,
    Refused,
    RollbackFailed,
    RolledBack,
    Unknown,
    Unreachable,
    Verified,
)


def is_failure(outcome: PushOutcome) -> bool:
    """Return whether it counts in the failure budget.

    A change that was not saved counts: it is gone after the next reload, so a person has to act.
    """
    match outcome:
        case NoChange() | NotReached():
            return False
        case Applied():
            return not outcome.saved
        case Refused() | Unreachable() | Failed() | RolledBack() | RollbackFailed() | Unknown():
            return True
        case _:
            assert_never(outcome)


def is_proof(outcome: PushOutcome, accept: Verified) -> bool:
    """Return whether it shows that the change works.

    Only a contact does, unless the policy accepts less.  A device that read as intended before
    anything was sent shows nothing of what the lines do.

    Args:
        accept: The policy's `proof`.
    """
    return isinstance(outcome, Applied) and (
        outcome.verified is Verified.CONTACT or accept is Verified.CONFIG
    )


def is_in_doubt(outcome: PushOutcome) -> bool:
    """Return whether a person must look at the device (exit code 8)."""
    return isinstance(outcome, RollbackFailed | Unknown)


def setback(outcome: PushOutcome) -> str | None:
    """Return what happened where a change was tried and is not in force, to follow the device's name.

    Before any proof such an outcome ends a run.
    """
    match outcome:
        case Failed():
            return "failed"
        case RolledBack():
            return "was rolled back"
        case RollbackFailed():
            return "could not be rolled back"
        case Unknown():
            return "is in an unknown state"
        case NoChange() | NotReached() | Applied() | Refused() | Unreachable():
            return None
        case _:
            assert_never(outcome)
