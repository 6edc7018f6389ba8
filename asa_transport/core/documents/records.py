"""Turn frozen dataclasses into JSON values and back, strictly, and say their JSON Schema.

Pure.  The dataclass is the one description of a document: every field is a key, every
key is required, no other is allowed, and a value of another type is refused with its
place.  A field whose metadata says `added` came later than the document's first version:
it is written only where it is not its default, so that what was written before it came
reads, and is written again, byte for byte.  Takes fields of text, whole numbers, truth
values, UTC instants in whole seconds, enumerations of texts, other such dataclasses, tuples
of one kind, and `None` beside any.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import types
import typing
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

from asa_transport.text import instant

T = TypeVar("T")

_INSTANT: Final = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$"
)
_SCALARS: Final[dict[Any, str]] = {str: "string", int: "integer", bool: "boolean"}


class WireError(ValueError):
    """A value is not what the dataclass says; the text names place, value and what is expected."""


def encode(value: Any) -> Any:
    """Return the JSON value of a dataclass, an enumeration, an instant, a tuple or a scalar."""
    if dataclasses.is_dataclass(value):
        return {
            field.name: encode(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not (field.metadata.get("added") and getattr(value, field.name) == field.default)
        }
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    return value


def decode(kind: type[T], value: Any) -> T:
    """Return the dataclass of a JSON value.

    Raises:
        WireError: A key is missing or unknown, or a value is of another type; names the first.
    """
    return cast("T", _decode(kind, value, ""))


def schema(kind: type[Any]) -> dict[str, Any]:
    """Return the JSON Schema of a dataclass's JSON values."""
    return _schema(kind)


def _decode(kind: Any, value: Any, place: str) -> Any:
    inner, is_optional = _optional(kind)
    if value is None and is_optional:
        return None
    if dataclasses.is_dataclass(inner):
        return _decode_object(inner, value, place)
    if typing.get_origin(inner) is tuple:
        if not isinstance(value, list):
            raise _wrong(place, value, "a list")
        item = typing.get_args(inner)[0]
        return tuple(_decode(item, each, f"{place}[{number}]") for number, each in enumerate(value))
    if inner in _SCALARS:
        if type(value) is not inner:
            raise _wrong(place, value, f"the type {_SCALARS[inner]}")
        return value
    if not isinstance(value, str):
        raise _wrong(place, value, "a string")
    if inner is datetime:
        return _decode_instant(value, place)
    try:
        return inner(value)
    except ValueError:
        raise _wrong(place, value, f"one of {', '.join(member.value for member in inner)}") from None


def _decode_object(kind: Any, value: Any, place: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(place, value, "an object")
    hints = _kinds(kind)
    for key in value:
        if key not in hints:
            raise WireError(f"{_at(place)}: unknown key {key!r:.80}; known: {', '.join(hints)}")
    for name in hints:
        if name not in value and name not in _added(kind):
            raise WireError(f"{_at(place)}: the key {name!r} is missing")
    return kind(
        **{
            name: _decode(hint, value[name], f"{place}.{name}")
            for name, hint in hints.items()
            if name in value
        }
    )


def _decode_instant(value: str, place: str) -> datetime:
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is not None and instant(at) == value:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _wrong(place, value, "an instant as 2026-01-12T13:00:00Z")


def _schema(kind: Any) -> dict[str, Any]:
    inner, is_optional = _optional(kind)
    if is_optional:
        return {"anyOf": [_schema(inner), {"type": "null"}]}
    if dataclasses.is_dataclass(inner):
        found: Any = inner
        properties = {name: _schema(hint) for name, hint in _kinds(found).items()}
        required = [name for name in properties if name not in _added(found)]
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": properties,
            "required": required,
        }
    if typing.get_origin(inner) is tuple:
        return {"type": "array", "items": _schema(typing.get_args(inner)[0])}
    if inner is datetime:
        return {"type": "string", "format": "date-time", "pattern": _INSTANT}
    if inner in _SCALARS:
        return {"type": _SCALARS[inner]}
    return {"enum": [member.value for member in inner]}


# A document of thousands of objects has few kinds of them.
@functools.cache
def _kinds(kind: Any) -> dict[str, Any]:
    """Return the kind of each field by its name, in the order of the fields."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


@functools.cache
def _added(kind: Any) -> frozenset[str]:
    """Return the names of the fields that came later."""
    return frozenset(field.name for field in dataclasses.fields(kind) if field.metadata.get("added"))


def _optional(kind: Any) -> tuple[Any, bool]:
    """Return the kind without `None`, and whether that was allowed."""
    if typing.get_origin(kind) not in (types.UnionType, typing.Union):
        return kind, False
    (inner,) = [each for each in typing.get_args(kind) if each is not type(None)]
    return inner, True


def _wrong(place: str, value: Any, expected: str) -> WireError:
    return WireError(f"{_at(place)}: {in_json(value)}; expected {expected}")


def in_json(value: Any) -> str:
    """Return a JSON value for a message, cut: in JSON's words, not in those of Python."""
    if isinstance(value, str):
        return f"{value!r:.80}"
    try:
        return f"{json.dumps(value, ensure_ascii=False):.80}"
    except (ValueError, RecursionError):
        return "a value that is nested too deeply"


def _at(place: str) -> str:
    return place.removeprefix(".") or "the document"
