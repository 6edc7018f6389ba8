"""How the push of one device went, step by step, and how it ended; alternatives are types.

Pure.

Source: CONTRACT §7; DESIGN "The push, step by step".
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from asa_transport.model.facts import TransportType
from asa_transport.model.inventory import Device


class Verified(enum.StrEnum):
    """What proves that a change took effect; only contact is proof."""

    CONTACT = "contact"
    CONFIG = "config"


class Step(enum.StrEnum):
    """Where the push of one device is; each is in the journal before it is taken.

    From `SENDING` on a configuration line may have left the machine.
    """

    LEASED = "leased"
    REREAD = "reread"
    GUARDED = "guarded"
    EVIDENCED = "evidenced"
    SENDING = "sending"
    SENT = "sent"
    CONFIG_VERIFIED = "config-verified"
    CONTACT_VERIFIED = "contact-verified"
    SAVING = "saving"
    SAVED = "saved"
    LOST = "lost"
    ROLLING_BACK = "rolling-back"
    ROLLED_BACK = "rolled-back"
    ROLLBACK_FAILED = "rollback-failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldPush:
    """Dry run: nothing stands against the planned lines."""

    device: Device


@dataclass(frozen=True, slots=True, kw_only=True)
class NoChange:
    """The device reads as intended already; nothing is to be sent."""

    device: Device
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A guard said no before any configuration line; `drift` is a diff where the device has changed."""

    device: Device
    reason: str
    drift: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReached:
    """The run ended before this device's turn; in a dry run also: it could not be reached."""

    device: Device
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """No session came about; nothing was sent.  In a document it is `not-reached`, like `NotReached`."""

    device: Device
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Something went wrong before any configuration line was sent."""

    device: Device
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The change is in force.

    Attributes:
        verified: What proves it.
        saved: Whether `write memory` said `[OK]`, or the startup configuration was read and has it.
        reason: What a person must know or do; always there where it was not saved.
    """

    device: Device
    verified: Verified
    saved: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack:
    """Lines may have been sent; reading shows the state before, and nothing was saved."""

    device: Device
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackFailed:
    """Lines were sent, and reading does not show the state before: a person must look."""

    device: Device
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Lines may have been sent, and nobody could read what is in force: a person must look."""

    device: Device
    reason: str


DryRunOutcome: TypeAlias = WouldPush | NoChange | Refused | NotReached
PushOutcome: TypeAlias = (
    Applied | NoChange | Refused | NotReached | Unreachable | Failed | RolledBack | RollbackFailed | Unknown
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a later contact is compared with; `None` where the device did not say.

    Attributes:
        clock_at: The device's own clock, read after its facts and before the first line, aware UTC.
        contact_at: Its last contact attempt before the push, aware UTC, whatever its result.
    """

    clock_at: datetime | None = None
    contact_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undertaking:
    """All that is needed to finish or undo one device's change, from what this push itself read.

    Written to the journal before the first line is sent, so that it outlives the process.

    Attributes:
        apply: The plan's exact lines.
        rollback: The lines back, made from this push's own reading; equal to the plan's, or it refused.
        before: The `license smart` block that was read.
        predicted: As it should read afterwards.
        default_type: The transport of this release without a `transport type` line.
        space: `system` where the lines go to the system execution space, else `None`.
    """

    apply: tuple[str, ...]
    rollback: tuple[str, ...]
    before: tuple[str, ...]
    predicted: tuple[str, ...]
    default_type: TransportType | None
    baseline: Baseline
    space: str | None = None


class Standing(enum.StrEnum):
    """Where a `license smart` block that was read stands between before and predicted."""

    BEFORE = "before"
    INTENDED = "intended"
    BETWEEN = "between"
    FOREIGN = "foreign"
