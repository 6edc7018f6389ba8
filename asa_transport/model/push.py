"""How the push of one device went, step by step, and how it ended; alternatives are types.

Pure.  `word` is what documents call an outcome.  A device that could not be reached and one whose
turn never came were both not reached; the reason says which.

Source: docs/schemas/push.json; docs/push.md, "One device, step by step".
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from asa_transport.model.identity import Identity
from asa_transport.model.inventory import Device
from asa_transport.model.undertaking import Verified


class Startup(enum.StrEnum):
    """What the licence block of the startup configuration holds, which a reload would bring."""

    AS_INTENDED = "as-intended"
    AS_BEFORE = "as-before"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was read last of a device, whatever the end; `None` where it was not read.

    Attributes:
        startup: Compared with the change: as it would leave it, or as it was.
        identity: Of the firewall that answered last.
    """

    startup: Startup | None = None
    identity: Identity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldPush:
    """Dry run: nothing stands against the planned lines."""

    word: ClassVar[str] = "would-push"

    device: Device

    @property
    def reason(self) -> None:
        """Nothing stands against it."""

    @property
    def seen(self) -> Seen:
        """A dry run keeps nothing of what it read."""
        return Seen()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoChange:
    """The device reads as intended already; nothing is to be sent."""

    word: ClassVar[str] = "no-change"

    device: Device
    reason: str
    seen: Seen = Seen()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A guard said no before any configuration line; `drift` is a diff where the device has changed."""

    word: ClassVar[str] = "refused"

    device: Device
    reason: str
    drift: str | None = None
    seen: Seen = Seen()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReached:
    """The run ended before this device's turn; in a dry run also: it could not be reached."""

    word: ClassVar[str] = "not-reached"

    device: Device
    reason: str

    @property
    def seen(self) -> Seen:
        """Nothing was read."""
        return Seen()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """No session came about; nothing was sent.  In a document it is `not-reached`, like `NotReached`."""

    word: ClassVar[str] = "not-reached"

    device: Device
    reason: str

    @property
    def seen(self) -> Seen:
        """Nothing was read."""
        return Seen()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Something went wrong before any configuration line was sent; `is_internal`: by a fault of ours."""

    word: ClassVar[str] = "failed"

    device: Device
    reason: str
    seen: Seen = Seen()
    is_internal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The change is in force.

    Attributes:
        verified: What proves it.
        saved: Whether `write memory` said `[OK]` last and the startup configuration does not contradict
            it; or, where the answer was lost, whether the startup configuration was read and has it.
        reason: What a person must know or do; always there where it was not saved.
    """

    word: ClassVar[str] = "applied"

    device: Device
    verified: Verified
    saved: bool
    reason: str | None = None
    seen: Seen = Seen()


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack:
    """Lines may have been sent; reading shows the state before, and that nobody saved the change meanwhile.

    Where the startup configuration could not be read, the reason says so.
    """

    word: ClassVar[str] = "rolled-back"

    device: Device
    reason: str
    seen: Seen = Seen()


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackFailed:
    """Lines were sent, and reading does not show the state before, of what runs or of what a reload
    would bring: a person must look.
    """

    word: ClassVar[str] = "rollback-failed"

    device: Device
    reason: str
    seen: Seen = Seen()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Lines may have been sent, and nobody could read what is in force: a person must look.

    `is_internal`: by a fault of ours.
    """

    word: ClassVar[str] = "unknown"

    device: Device
    reason: str
    seen: Seen = Seen()
    is_internal: bool = False


DryRunOutcome: TypeAlias = WouldPush | NoChange | Refused | NotReached
PushOutcome: TypeAlias = (
    Applied | NoChange | Refused | NotReached | Unreachable | Failed | RolledBack | RollbackFailed | Unknown
)
AnyOutcome: TypeAlias = DryRunOutcome | PushOutcome


def drift(outcome: AnyOutcome) -> str | None:
    """Return in what the device differs from the plan, as a diff; `None` where it is not known to."""
    return outcome.drift if isinstance(outcome, Refused) else None


def is_saved(outcome: AnyOutcome) -> bool:
    """Return whether the change is in the startup configuration."""
    return isinstance(outcome, Applied) and outcome.saved


def verified(outcome: AnyOutcome) -> Verified | None:
    """Return what proves the change; `None` where none is in force by this push."""
    return outcome.verified if isinstance(outcome, Applied) else None
