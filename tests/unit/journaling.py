"""What the tests of the journal share: events of every kind, and journals made of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from asa_transport.core.documents import journal
from asa_transport.model import (
    Answered,
    Baseline,
    Began,
    ContactAsked,
    ContactRequest,
    Ended,
    Finished,
    JournalEvent,
    LineSent,
    Resumed,
    Step,
    Stepped,
    TransportType,
    Undertaking,
    Undertook,
    Verified,
)
from asa_transport.model.journal import FIRST

NOW = datetime(2026, 1, 12, 13, 0, tzinfo=UTC)
BEGAN = Began(
    run="20260112T130000Z-4f1c",
    operator="kim@jump-1",
    tool_version="0.0.0",
    plan_id="plan-1",
    plan_digest="ab" * 32,
    devices=("fw-par-01", "fw-par-02"),
    approvals=("ann@example.net",),
)
UNDERTOOK = Undertook(
    device="fw-par-01",
    undertaking=Undertaking(
        apply=("license smart", " transport type smart"),
        rollback=("license smart", " transport type callhome"),
        before=("license smart", " transport type callhome"),
        predicted=("license smart", " transport type smart"),
        default_type=TransportType.SMART,
        baseline=Baseline(clock_at=NOW, contact_at=None),
    ),
)
EVENTS: tuple[JournalEvent, ...] = (
    BEGAN,
    Stepped(device="fw-par-01", step=Step.LEASED),
    UNDERTOOK,
    LineSent(device="fw-par-01", line=" transport type smart"),
    ContactAsked(device="fw-par-01", request=ContactRequest(asked_at=NOW)),
    Answered(device="fw-par-01", line="\x1b]0;ü\n", sha256="cd" * 32, prompt="fw#", verdict="ok"),
    Ended(device="fw-par-01", outcome="applied", saved=True, verified=Verified.CONTACT),
    Finished(exit_code=0),
)


def written(events: Iterable[JournalEvent] = EVENTS) -> bytes:
    """Return a journal of these events, a second apart."""
    return b"".join(lines(events))


def lines(events: Iterable[JournalEvent] = EVENTS) -> list[bytes]:
    """Return its lines, newlines included."""
    made: list[bytes] = []
    head = FIRST
    for seq, event in enumerate(events, 1):
        made.append(journal.line(seq, NOW + timedelta(seconds=seq), head, event))
        head = journal.read(b"".join(made)).head
    return made


def resumed_after(whole: Sequence[bytes], torn: bytes, *more: JournalEvent) -> bytes:
    """Return a journal that a crash cut inside a record, and that went on."""
    data = b"".join(whole)
    going_on = Resumed(operator="kim@jump-1", tool_version="0.0.0", torn_sha256=sha256(torn))
    for seq, event in enumerate((going_on, *more), len(whole) + 1):
        history = journal.read(data)
        ended = torn + b"\n" if event is going_on else b""
        data += ended + journal.line(seq, NOW, history.head, event)
    return data


def sha256(data: bytes) -> str:
    """Return the digest in hexadecimal, by the standard library and not by the program."""
    return hashlib.sha256(data).hexdigest()
