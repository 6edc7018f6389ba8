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
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from asa_transport.edges.zstandard import zstd
from asa_transport.errors import StoreUnusable, in_words, was_internal
from asa_transport.model import Audited, AuditOutcome, Device, NotAudited, Proxy, ProxyPolicy, UnknownLine

T = TypeVar("T")
_AUDITED: Final = "audited"
_MISSED: Final = "not-audited"
_NEWEST: Final = 2
# How the reason began in records of releases up to 0.1, which have no field for the fact in doubt.
_FACT_THEN: Final = re.compile(r"([a-z_]+(?:\.[a-z_]+)?): ")


def write(value: Any) -> bytes:
    """Return a value of ours as bytes."""
    return _packed(_CONVERTER.unstructure(value))


def read(kind: type[T], data: bytes) -> T:
    """Return the value of these bytes; raise StoreUnusable where they are not one."""
    return _guarded(lambda: _CONVERTER.structure(_unpacked(data), kind))


def write_outcome(outcome: AuditOutcome) -> bytes:
    """Return one device's outcome as bytes, without the answers, which are files."""
    kind = _AUDITED if isinstance(outcome, Audited) else _MISSED
    return _packed({kind: _CONVERTER.unstructure(outcome)})


def read_outcome(data: bytes) -> AuditOutcome:
    """Return the outcome of these bytes; raise StoreUnusable where they are not one."""
    return _guarded(lambda: _outcome(_unpacked(data)))


def from_document(kind: type[T], record: Any) -> T:
    """Return a value of a document's part that has its keys; raise StoreUnusable where it has not."""
    return _guarded(lambda: _CONVERTER.structure(record, kind))


def _outcome(record: Any) -> AuditOutcome:
    ((name, found),) = record.items()
    kind: type[AuditOutcome] = {_AUDITED: Audited, _MISSED: NotAudited}[name]
    outcome = _CONVERTER.structure(found, kind)
    if isinstance(outcome, NotAudited) and "is_internal" not in found:
        return replace(outcome, is_internal=was_internal(outcome.error))
    return outcome


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


def _proxy(value: Any, _: Any) -> Proxy | ProxyPolicy:
    return ProxyPolicy(value) if isinstance(value, str) else _CONVERTER.structure(value, Proxy)


def _converter() -> cattrs.Converter:
    made = cattrs.Converter(omit_if_default=True, detailed_validation=False, prefer_attrib_converters=False)
    for kind in (datetime, date, time):
        made.register_unstructure_hook(kind, lambda value: value.isoformat())
    made.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    made.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    made.register_structure_hook(time, lambda value, _: time.fromisoformat(value))
    made.register_unstructure_hook(ZoneInfo, lambda value: value.key)
    made.register_structure_hook(ZoneInfo, lambda value, _: ZoneInfo(value))
    made.register_unstructure_hook_func(lambda kind: kind is Path, str)
    made.register_structure_hook(Path, lambda value, _: Path(value))
    made.register_structure_hook(Proxy | ProxyPolicy, _proxy)
    made.register_unstructure_hook(
        Device,
        # Where each value came from is a question to the inventory as it is now.
        make_dict_unstructure_fn(Device, made, _cattrs_omit_if_default=True, origins=override(omit=True)),
    )
    # These are said in any case: where one is missing, an older release wrote the record.
    said = override(omit_if_default=False)
    made.register_unstructure_hook(
        UnknownLine, make_dict_unstructure_fn(UnknownLine, made, _cattrs_omit_if_default=True, fact=said)
    )
    made.register_unstructure_hook(
        NotAudited, make_dict_unstructure_fn(NotAudited, made, _cattrs_omit_if_default=True, is_internal=said)
    )
    made.register_structure_hook(UnknownLine, _unknown_line(made))
    return made


def _unknown_line(made: cattrs.Converter) -> Callable[[Any, Any], UnknownLine]:
    structure = make_dict_structure_fn(UnknownLine, made, _cattrs_detailed_validation=False)

    def read_line(value: Any, kind: Any) -> UnknownLine:
        found: UnknownLine = structure(value, kind)
        then = None if "fact" in value else _FACT_THEN.match(found.reason)
        return found if then is None else replace(found, fact=then[1])

    return read_line


_CONVERTER: Final = _converter()
