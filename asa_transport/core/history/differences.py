"""The kinds of change between two audits; each is a type, so that no renderer forgets one.

Pure values.  `None` for a fact means, as everywhere, that the device did not say.

Source: docs/history.md, "What a diff says".
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from asa_transport.asa import licensing
from asa_transport.model import Finding, Proxy, Severity, Stage, TransportType
from asa_transport.model.fields import LEFT_OUT


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingNew:
    """A rule that did not fire before."""

    device: str
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingChanged:
    """A finding of the same key with another severity or other values, or that is waived or no longer is."""

    device: str
    before: Finding
    after: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingCleared:
    """A rule that no longer fires."""

    device: str
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUnreachable:
    """A device that was audited before and could not be now, at whatever stage."""

    device: str
    host: str
    stage: Stage
    error: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAnswering:
    """A device that could not be audited before and was now; `was` is the stage where it ended."""

    device: str
    was: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureChanged:
    """A device that could not be audited both times, and now ends at another stage."""

    device: str
    host: str
    before: Stage
    after: Stage
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceNew:
    """A device that the run before did not have; `missed` is where its audit ended, if it failed."""

    device: str
    host: str
    missed: Stage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGone:
    """A device that the run before had, in that region."""

    device: str
    host: str
    region: str | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportChanged:
    """The licensing transport; `since` is the first audit that found the new one in a row."""

    device: str
    before: TransportType | None
    after: TransportType | None
    since: datetime | None


class ProxyPlace(enum.StrEnum):
    """Where a proxy is configured (inferred, AT104)."""

    LICENSE_SMART = licensing.HEAD
    CALL_HOME = licensing.CALL_HOME


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyChanged:
    """A licensing proxy that was read both times."""

    device: str
    place: ProxyPlace
    before: Proxy | None
    after: Proxy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChanged:
    """The running release."""

    device: str
    before: str | None
    after: str | None


class Deadline(enum.StrEnum):
    """Which date moved."""

    COMMUNICATION = "communication"
    REGISTRATION = "registration"


class Movement(enum.StrEnum):
    """Why a deadline's movement is news."""

    EARLIER = "earlier"
    CONTACT_RESTORED = "contact-restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineMoved:
    """A deadline that moved otherwise than with a contact that succeeds as it should."""

    device: str
    deadline: Deadline
    before: datetime
    after: datetime
    movement: Movement


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFell:
    """More lines than before that no template understands, or that the device refused to show."""

    device: str
    before: int
    after: int


Difference: TypeAlias = (
    FindingNew
    | FindingChanged
    | FindingCleared
    | DeviceUnreachable
    | DeviceAnswering
    | FailureChanged
    | DeviceNew
    | DeviceGone
    | TransportChanged
    | ProxyChanged
    | VersionChanged
    | DeadlineMoved
    | CoverageFell
)


def findings_of(change: Difference) -> tuple[Finding, ...]:
    """Return the findings of a change: what was, and what is; none of a change of something else."""
    match change:
        case FindingNew() | FindingCleared():
            return (change.finding,)
        case FindingChanged():
            return change.before, change.after
        case _:
            return ()


# Each kind's name in documents, and in the order in which they are told: what is worse now, what
# else is, what is better.
KINDS: Final[Mapping[type[Difference], str]] = {
    FindingNew: "finding-new",
    FindingChanged: "finding-changed",
    DeviceUnreachable: "device-unreachable",
    FailureChanged: "failure-changed",
    CoverageFell: "coverage-fell",
    TransportChanged: "transport-changed",
    ProxyChanged: "proxy-changed",
    VersionChanged: "version-changed",
    DeadlineMoved: "deadline-moved",
    DeviceNew: "device-new",
    DeviceGone: "device-gone",
    DeviceAnswering: "device-answering",
    FindingCleared: "finding-cleared",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One side of a comparison; times are aware UTC.

    Attributes:
        as_of: The time it was judged as of.
        limit: Its `--limit` patterns; empty for the whole inventory.
        understood: Audited devices of which every line was understood and none was refused.
    """

    id: str
    started_at: datetime
    as_of: datetime
    inventory: str
    limit: tuple[str, ...]
    devices: int
    audited: int
    understood: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryUnread:
    """The history could not be read: whether there are earlier runs, nobody knows; `reason` says why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What changed between two runs, in the order in which it is told.

    Attributes:
        before: `None` where there was no earlier run to compare with.  Without a run `changes` is empty.
        skipped: Ids of interrupted audits, later than `before`, that were passed over.
    """

    before: Compared | HistoryUnread | None
    after: Compared
    skipped: tuple[str, ...]
    changes: tuple[Difference, ...]


def new_severity(change: Difference) -> Severity | None:
    """Return the severity of a finding that is new, or more severe than before; `None` for all else."""
    match change:
        case FindingNew():
            return None if change.finding.waived is not None else change.finding.severity
        case FindingChanged() if change.after.waived is not None:
            return None
        case FindingChanged() if change.before.waived is not None:
            # The waiver has ended: it counts again.
            return change.after.severity
        case FindingChanged() if change.after.severity.rank > change.before.severity.rank:
            return change.after.severity
        case _:
            return None


def is_newly_missed(change: Difference) -> bool:
    """Return whether a device is not audited that was before, or that was not there before."""
    match change:
        case DeviceUnreachable():
            return True
        case DeviceNew():
            return change.missed is not None
        case _:
            return False
