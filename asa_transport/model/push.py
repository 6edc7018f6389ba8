"""How the push of one device went, step by step, and how it ended; alternatives are types.

Pure.  `word` is what documents call an outcome.  A device that could not be reached and one whose
turn never came were both not reached; the reason says which.

Source: CONTRACT §7; DESIGN "The push, step by step".
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, TypeAlias

from asa_transport.model.facts import Identity, TransportType
from asa_transport.model.inventory import Device

# Of a field that journals of older releases do not have (core/documents/records.py).
ADDED: Final[Mapping[str, Any]] = {"added": True}


class Verified(enum.StrEnum):
    """What proves that a change took effect; only contact is proof."""

    CONTACT = "contact"
    CONFIG = "config"


class Unsaved(enum.StrEnum):
    """What a push does where somebody else's changes are not saved: its own save makes them permanent."""

    REFUSE = "refuse"
    INCLUDE = "include"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigTrace:
    """What shows that the running configuration has changed; `None` where the device does not say.

    Attributes:
        modified: Who changed it last and when, in the device's own words; empty for nobody since
            it started.
        checksum: Of `show checksum`, 32 hexadecimal digits.
    """

    modified: str | None = None
    checksum: str | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """How a device stood immediately before the first line; `None` where it did not say.

    Attributes:
        clock_at: The device's own clock, read after its facts and before the first line, aware UTC.
        contact_at: Its last contact attempt before the push, aware UTC, whatever its result.
    """

    clock_at: datetime | None = None
    contact_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRequest:
    """A licence contact that was asked for; what proves the change is compared with it.

    All times are by the device's own clock, aware UTC; `None` where it did not say.

    Attributes:
        asked_at: Read right before the request.
        contact_at: Its last contact attempt that was known before the request, whatever its result.
        is_second: A contact has succeeded since the lines already, and is not believed: it may
            have been under way before them.
        trace: Of the configuration, right after the lines: what differs from it later is
            somebody else's.
    """

    asked_at: datetime | None = None
    contact_at: datetime | None = None
    is_second: bool = False
    trace: ConfigTrace = ConfigTrace()


@dataclass(frozen=True, slots=True, kw_only=True)
class Undertaking:
    """All that is needed to finish or undo one device's change, from what this push itself read.

    Written to the journal before the first line is sent, so that it outlives the process.

    Attributes:
        apply: The plan's exact lines.
        rollback: The plan's exact lines back; a push begins only where the block reads as planned, so
            that they lead back to what it read itself.
        before: The `license smart` block that was read.
        predicted: As it should read afterwards.
        default_type: The transport of this release without a `transport type` line.
        space: `system` where the lines go to the system execution space, else `None`.
        startup: The transport lines of the startup configuration's licence block as read before the
            first line; `None` where it was not read.
        identity: Of the firewall that the first line goes to; `None` in older journals.
        mate_serial: Of the other unit of its pair, by its own word.
    """

    apply: tuple[str, ...]
    rollback: tuple[str, ...]
    before: tuple[str, ...]
    predicted: tuple[str, ...]
    default_type: TransportType | None
    baseline: Baseline
    space: str | None = None
    startup: tuple[str, ...] | None = field(default=None, metadata=ADDED)
    identity: Identity | None = field(default=None, metadata=ADDED)
    mate_serial: str | None = field(default=None, metadata=ADDED)


class Standing(enum.StrEnum):
    """Where a `license smart` block that was read stands between before and predicted."""

    BEFORE = "before"
    INTENDED = "intended"
    BETWEEN = "between"
    FOREIGN = "foreign"
