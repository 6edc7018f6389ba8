"""Write the journal of a push as lines of JSON that hold each other, and read it only as far as it is whole.

Pure.  A record is one line: ``{"seq":1,"at":"…Z","prev":"…","event":"line-sent",…}``.  `prev` is the
SHA-256 of the whole line before, without its newline; `FIRST` for the first.  So nothing can be
altered, taken out, moved or put in without the next record saying otherwise.  What the chain
alone cannot show is its own end: that whole records were cut off, the last one was rewritten, or all
was made anew.  For that the head, which is the hash of the last record, is kept elsewhere or signed.

Bytes without a newline at the end are a write that a crash cut short: nothing was done on its
account, and they are `torn`, not wrong.  A journal that went on has that line, ended, before a
`Resumed` that names its digest; a line that is no record is accepted there and nowhere else.

Source: docs/journal.md.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asa_transport.core.documents.records import WireError, decode, encode, in_json
from asa_transport.errors import BrokenJournal, in_words
from asa_transport.model import JournalEvent, JournalTail, Resumed
from asa_transport.model.journal import FIRST, JournalBreak, JournalHistory, JournalRecord
from asa_transport.text import instant

EVENTS: Final[Mapping[str, type[Any]]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower(): kind for kind in typing.get_args(JournalEvent)
}
# Looked for before a line is read as JSON, because few journals have any; names have no other text.
_RESUMED: Final = b'"event":"resumed"'
_NAMES: Final = {kind: name for name, kind in EVENTS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What stands before the fields of the event in every record."""

    seq: int
    at: datetime
    prev: str


def line(seq: int, at: datetime, prev: str, event: JournalEvent) -> bytes:
    """Return the bytes of a record, its newline included."""
    values = {
        **encode(_Head(seq=seq, at=at, prev=prev)),
        "event": _NAMES[type(event)],
        **encode(event),
    }
    return json.dumps(values, separators=(",", ":"), ensure_ascii=True).encode("ascii") + b"\n"


def read(data: bytes) -> JournalHistory:
    """Return what the bytes of a journal say; never fails, a damage is in the result."""
    *lines, torn = data.split(b"\n")
    records: list[JournalRecord] = []
    hashes = [FIRST]
    number = 0
    while number < len(lines):
        seq = len(records) + 1
        is_after_torn = _is_torn(lines, number, seq=seq, prev=hashes[-1])
        number += is_after_torn
        found = _record(lines[number], seq=seq, prev=hashes[-1])
        if isinstance(found, JournalRecord) and _misses_torn(found) and not is_after_torn:
            found = JournalBreak(
                record=seq, seen="no unfinished line before it", expected="the one that it names"
            )
        if isinstance(found, JournalBreak):
            kept = records[: found.record - 1]
            return JournalHistory(records=tuple(kept), head=hashes[len(kept)], broken=found)
        records.append(found)
        hashes.append(_sha256(lines[number]))
        number += 1
    return JournalHistory(records=tuple(records), head=hashes[-1], torn=torn)


def tail(data: bytes) -> JournalTail:
    """Return where the journal is continued.

    Raises:
        BrokenJournal: It is not as it was written.
    """
    history = read(data)
    if history.broken is not None:
        raise BrokenJournal(f"the journal is not as it was written: {say_break(history.broken)}")
    return JournalTail(records=len(history.records), head=history.head, torn=history.torn)


def say_break(broken: JournalBreak) -> str:
    """Return a break as one sentence."""
    return f"record {broken.record}: {broken.seen}; expected {broken.expected}"


def _is_torn(lines: list[bytes], number: int, *, seq: int, prev: str) -> bool:
    """Return whether the next line is a `Resumed` that names this one as what a crash left."""
    # A torn line may even be a whole record, of which only the newline is missing.
    if number + 1 >= len(lines) or _RESUMED not in lines[number + 1]:
        return False
    found = _record(lines[number + 1], seq=seq, prev=prev)
    if isinstance(found, JournalBreak) or not isinstance(found.event, Resumed):
        return False
    return found.event.torn_sha256 == _sha256(lines[number])


def _misses_torn(record: JournalRecord) -> bool:
    """Return whether an unfinished line must stand before the record."""
    return isinstance(record.event, Resumed) and record.event.torn_sha256 is not None


def _record(written: bytes, *, seq: int, prev: str) -> JournalRecord | JournalBreak:
    """Return the record of a line, or why it is not the one that belongs here."""
    try:
        found = _parsed(written)
    except ValueError as error:
        return JournalBreak(
            record=seq, seen=f"no record: {in_words(error)}", expected="a record as it was written"
        )
    if found.seq != seq:
        return JournalBreak(
            record=seq,
            seen=f"the record with number {found.seq}",
            expected=f"number {seq}: records were taken out, put in or moved here",
        )
    if found.prev != prev:
        return JournalBreak(
            record=max(seq - 1, 1),
            seen=f"its hash is {prev}",
            expected=f"{found.prev:.64}, which the record after it (at {instant(found.at)}) holds: "
            "one of the two was altered",
        )
    return found


def _parsed(written: bytes) -> JournalRecord:
    """Return the record of a line, or raise ValueError."""
    try:
        values = json.loads(written)
    except RecursionError:
        raise WireError("it is nested too deeply") from None
    if not isinstance(values, dict):
        raise WireError(f"{in_json(values)}; expected an object")
    name = values.pop("event", None)
    kind = EVENTS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise WireError(f"event: {in_json(name)}; expected one of {', '.join(EVENTS)}")
    head = decode(_Head, {key: values.pop(key) for key in ("seq", "at", "prev") if key in values})
    event = decode(kind, values)
    if line(head.seq, head.at, head.prev, event) != written + b"\n":
        raise WireError("its values are those of a record, its text is not (blanks, order or writing differ)")
    return JournalRecord(seq=head.seq, at=head.at, prev=head.prev, event=event)


def _sha256(written: bytes) -> str:
    return hashlib.sha256(written).hexdigest()
