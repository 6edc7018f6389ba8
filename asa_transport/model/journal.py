"""What the journal of a push holds: one value an event, written before what it announces happens.

Pure.  An event never holds a secret: the lines are those of the plan, and of a device's
answer only the digest (the texts are beside the journal, in the run's folder).

Source: docs/journal.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from asa_transport.model.fields import ADDED
from asa_transport.model.identity import Identity
from asa_transport.model.push import Startup
from asa_transport.model.undertaking import ConfigTrace, ContactRequest, Step, Undertaking, Verified

# Where a chain begins: the hash before its first record.
FIRST: Final = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """A push begins; the first event of every journal.

    Attributes:
        operator: Login name and machine of the person, e.g. ``kim@jump-1``.
        plan_digest: SHA-256 of the plan, 64 hexadecimal digits.
        devices: Names of those that it is for, in the order of their turn.
        approvals: Principals whose signatures over the digest were accepted.
    """

    run: str
    operator: str
    tool_version: str
    plan_id: str
    plan_digest: str
    devices: tuple[str, ...]
    approvals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """The push goes on in another process; `torn_sha256` is of bytes that a crash left unfinished."""

    operator: str
    tool_version: str
    torn_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """A device is about to take a step.

    Attributes:
        trace: With `SENT` alone, what the lines left, read before anything else: what differs from it
            later is somebody else's.
    """

    device: str
    step: Step
    reason: str | None = None
    trace: ConfigTrace | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undertook:
    """What a device's change is, and the way back, before its first line is sent."""

    device: str
    undertaking: Undertaking


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSent:
    """A line that writes is about to be sent: `configure terminal`, the plan's lines, `write memory`, …"""

    device: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAsked:
    """A licence contact is about to be asked for; what proves the change must come after it."""

    device: str
    request: ContactRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came back: the digest of the text, the prompt after it, and our verdict in a word."""

    device: str
    line: str
    sha256: str
    prompt: str
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A device has its outcome; `outcome` is the word of the push document.

    `is_internal` is `None` for an outcome that no fault of ours can be, and in older journals.
    """

    device: str
    outcome: str
    saved: bool
    verified: Verified | None = None
    reason: str | None = None
    startup: Startup | None = field(default=None, metadata=ADDED)
    identity: Identity | None = field(default=None, metadata=ADDED)
    is_internal: bool | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The push is over; what follows can only be a `Resumed` that settles what is unknown."""

    exit_code: int
    stopped_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalTail:
    """Where a journal is continued: after so many records, after this hash, after these unfinished bytes."""

    records: int
    head: str
    torn: bytes = b""


JournalEvent: TypeAlias = (
    Began | Resumed | Stepped | Undertook | LineSent | ContactAsked | Answered | Ended | Finished
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRecord:
    """One event, with its place in the chain; `seq` counts from 1."""

    seq: int
    at: datetime
    prev: str
    event: JournalEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalBreak:
    """The first place that is not as it was written; `record` counts from 1."""

    record: int
    seen: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalHistory:
    """What a journal says, as far as it is whole.

    Attributes:
        records: All of them; where there is a break, those before it.
        head: Hash of the last of `records`; `FIRST` where there is none.
        torn: What a crash left at the end, without a newline; nothing was done on its account.
        broken: `None` where the chain is whole.
    """

    records: tuple[JournalRecord, ...]
    head: str
    torn: bytes = b""
    broken: JournalBreak | None = None

    def head_at(self, count: int) -> str | None:
        """Return the hash of record number `count`, `FIRST` for 0; `None` where it has not so many."""
        if count == len(self.records):
            return self.head
        return self.records[count].prev if 0 <= count < len(self.records) else None
