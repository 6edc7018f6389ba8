"""What a push undertakes on one device, where it is on its way, and what proves that it got there.

Pure.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from asa_transport.model.fields import ADDED
from asa_transport.model.identity import Identity
from asa_transport.model.states import TransportType


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
