"""Say how the push of a device ended, in the words of the push document.

Pure.  Each alternative is named once; the document, the journal and the table follow.

Source: CONTRACT §7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from asa_transport.model import (
    Applied,
    DryRunOutcome,
    Ended,
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
    WouldPush,
)

WORDS: Final = (
    "would-push", "applied", "no-change", "refused", "failed", "rolled-back", "rollback-failed", "unknown",
    "not-reached",
)  # fmt: skip

_PLAIN: Final[Mapping[type, str]] = {
    NoChange: "no-change",
    NotReached: "not-reached",
    # The document's word for both; who counts failures tells them apart.
    Unreachable: "not-reached",
    Failed: "failed",
    RolledBack: "rolled-back",
    RollbackFailed: "rollback-failed",
    Unknown: "unknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What the document says of one device beside its name."""

    word: str
    reason: str | None
    saved: bool = False
    verified: Verified | None = None
    drift: str | None = None


def end_of(outcome: DryRunOutcome | PushOutcome) -> End:
    """Return the end of one device."""
    match outcome:
        case WouldPush():
            return End(word="would-push", reason=None)
        case Applied():
            return End(word="applied", reason=outcome.reason, saved=outcome.saved, verified=outcome.verified)
        case Refused():
            return End(word="refused", reason=outcome.reason, drift=outcome.drift)
        case (
            NoChange() | NotReached() | Unreachable() | Failed() | RolledBack() | RollbackFailed() | Unknown()
        ):
            return End(word=_PLAIN[type(outcome)], reason=outcome.reason)
        case _:
            assert_never(outcome)


def ended(outcome: PushOutcome) -> Ended:
    """Return the event that the journal keeps of it."""
    end = end_of(outcome)
    return Ended(
        device=outcome.device.name,
        outcome=end.word,
        saved=end.saved,
        verified=end.verified,
        reason=end.reason,
    )
