"""Write frozen values as compressed JSON, and read them back as the same values.

Guarantees `read(kind, write(value)) == value` for the types of `model/`, whatever text a
device printed.  What equals its default is left out, so a record of an older release,
which has no such field, reads as the default; a field that was dropped since is passed
over.  That is how a history of 400 days outlives releases.

Never holds a secret: no type that is stored has one.
"""

from __future__ import annotations

import functools
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from asa_transport.core.documents.records import Form
from asa_transport.edges.zstandard import zstd
from asa_transport.errors import StoreUnusable, in_words, was_internal
from asa_transport.model import Audited, AuditOutcome, NotAudited, UnknownLine

T = TypeVar("T")
_AUDITED: Final = "audited"
_MISSED: Final = "not-audited"
_NEWEST: Final = 2
# How the reason began in records of releases up to 0.1, which have no field for the fact in doubt.
_FACT_THEN: Final = re.compile(r"([a-z_]+(?:\.[a-z_]+)?): ")


def write(value: Any) -> bytes:
    """Return a value of ours as bytes."""
    return _packed(_FORM.encode(value))


def read(kind: type[T], data: bytes) -> T:
    """Return the value of these bytes; raise StoreUnusable where they are not one."""
    return _guarded(lambda: _FORM.decode(kind, _unpacked(data)))


def write_outcome(outcome: AuditOutcome) -> bytes:
    """Return one device's outcome as bytes, without the answers, which are files."""
    kind = _AUDITED if isinstance(outcome, Audited) else _MISSED
    return _packed({kind: _FORM.encode(outcome)})


def read_outcome(data: bytes) -> AuditOutcome:
    """Return the outcome of these bytes; raise StoreUnusable where they are not one."""
    return _guarded(lambda: _outcome(_unpacked(data)))


def write_one(value: Any) -> bytes:
    """Return a value of one of several kinds as bytes, with the name of its kind."""
    return _packed({type(value).__name__: _FORM.encode(value)})


def read_one(kinds: Sequence[type[T]], data: bytes) -> T:
    """Return the value of these bytes, of one of these kinds; raise StoreUnusable where they are not one."""
    known = {kind.__name__: kind for kind in kinds}

    def one() -> T:
        ((name, found),) = _unpacked(data).items()
        return _FORM.decode(known[name], found)

    return _guarded(one)


def write_text(text: str) -> bytes:
    """Return a text as bytes."""
    return _packed(text)


def read_text(data: bytes) -> str:
    """Return the text of these bytes; raise StoreUnusable where they are none."""
    return _guarded(lambda: str(_unpacked(data)))


def _outcome(record: Any) -> AuditOutcome:
    ((name, found),) = record.items()
    kind: type[AuditOutcome] = {_AUDITED: Audited, _MISSED: NotAudited}[name]
    return _FORM.decode(kind, found)


def _packed(value: Any) -> bytes:
    # ASCII: half a surrogate pair, from a file's name, has its escape there.
    text = json.dumps(value, separators=(",", ":")).encode("ascii")
    return bytes([_NEWEST]) + _packer().compress(text, zstd.ZstdCompressor.FLUSH_FRAME)


def _unpacked(data: bytes) -> Any:
    match data[0]:
        case 1:
            # The first release packed so.
            return json.loads(zlib.decompressobj(zdict=_words()).decompress(data[1:]))
        case 2:
            return json.loads(zstd.decompress(data[1:], zstd_dict=_dictionary()))
        case number:
            raise ValueError(f"packed in a way {number} that is not known")


# A record says in its first byte how it was packed, so both of these files are for ever.


@functools.cache
def _words() -> bytes:
    """Return a text that records resemble: with it, one of 4 KB needs a tenth."""
    return Path(__file__).with_name("words-1.txt").read_bytes()


@functools.cache
def _dictionary() -> zstd.ZstdDict:
    """Return what was trained on records of every kind: with it, one of 5 KB needs a twentieth."""
    return zstd.ZstdDict(Path(__file__).with_name("words-2.zdict").read_bytes())


@functools.cache
def _packer() -> zstd.ZstdCompressor:
    # Takes a whole record at a time, under a lock of its own: threads may share it.
    return zstd.ZstdCompressor(level=3, zstd_dict=_dictionary())


def _guarded(action: Callable[[], T]) -> T:
    try:
        return action()
    except (ValueError, LookupError, TypeError, AttributeError, OSError, zlib.error, zstd.ZstdError) as error:
        raise StoreUnusable(
            f"the run store holds a record that this release cannot read: {in_words(error):.200}; use the "
            "release that wrote it, or, if it is damaged, a new store: that takes the runs from their folders"
        ) from error


def _fact_then(line: Mapping[str, Any]) -> str | None:
    then = _FACT_THEN.match(str(line.get("reason")))
    return None if then is None else then[1]


_FORM: Final = Form(
    {
        datetime: (datetime.isoformat, datetime.fromisoformat, "a time"),
        date: (date.isoformat, date.fromisoformat, "a day"),
        time: (time.isoformat, time.fromisoformat, "a time of day"),
        Path: (str, Path, "a path"),
        ZoneInfo: (str, ZoneInfo, "a time zone"),
    },
    is_sparse=True,
    said={
        UnknownLine: ("fact", _fact_then),
        NotAudited: ("is_internal", lambda missed: was_internal(str(missed.get("error")))),
    },
)
# The same as JSON values, for a document that holds what is kept.
encode: Final = _FORM.encode
# Reads a part of a kept document that has the keys of a kind; raises ValueError where it has not.
part: Final = _FORM.decode
