"""Turn frozen dataclasses into JSON values and back, strictly, and say their JSON Schema.

Pure.  The dataclass is the one description of a document: every field is a key, every
key is required, no other is allowed, and a value of another type is refused with its
place.  What else there is to say of a field stands in its metadata (`model/fields`).  One that is
`ADDED` came later than the document's first version: it is written only where it is not its
default, so that what was written before it came reads, and is written again, byte for byte.  One
that is `LEFT_OUT` is never written.  Takes fields of text, whole numbers, truth values, UTC
instants in whole seconds, enumerations of texts, other such dataclasses, tuples of one kind, and
`None` beside any.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import operator
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

from asa_transport.core.documents.schema_parts import (
    INSTANT,
    Schema,
    list_of,
    one_of,
    strict_object,
)
from asa_transport.text import instant

T = TypeVar("T")

_SCALARS: Final[dict[Any, str]] = {str: "string", int: "integer", bool: "boolean"}
_NOTHING: Final[Mapping[type[Any], str]] = {}


class WireError(ValueError):
    """A value is not what the dataclass says; the text names place, value and what is expected."""


def encode(value: Any) -> Any:
    """Return the JSON value of a dataclass, an enumeration, an instant, a tuple or a scalar."""
    kind: Any = type(value)
    return _encoder(kind)(value)


# Asked once a value; a document of thousands of objects has few kinds of them.
@functools.cache
def _encoder(kind: Any) -> Callable[[Any], Any]:
    """Return what makes the JSON value of a value of this very type."""
    if dataclasses.is_dataclass(kind):
        return _object_encoder(kind)
    if issubclass(kind, enum.Enum):
        return operator.attrgetter("value")
    if issubclass(kind, datetime):
        return instant
    if issubclass(kind, tuple):
        return lambda items: [encode(item) for item in items]
    return lambda value: value


def _object_encoder(kind: Any) -> Callable[[Any], dict[str, Any]]:
    fields = {field.name: field for field in dataclasses.fields(kind)}
    # Most fields are texts, numbers or truth values, or `None`: these are as they are.
    names = tuple((name, _optional(hint)[0] in _SCALARS) for name, hint in _kinds(kind).items())
    added = tuple((name, fields[name].default) for name in _added(kind))

    def encoded(value: Any) -> dict[str, Any]:
        found = {
            name: getattr(value, name) if is_scalar else encode(getattr(value, name))
            for name, is_scalar in names
        }
        for name, default in added:
            if getattr(value, name) == default:
                del found[name]
        return found

    return encoded


def decode(kind: type[T], value: Any) -> T:
    """Return the dataclass of a JSON value.

    Raises:
        WireError: A key is missing or unknown, or a value is of another type; names the first.
    """
    return cast("T", _decode(kind, value, ""))


def schema(kind: type[Any], defined: Mapping[type[Any], str] = _NOTHING) -> Schema:
    """Return the JSON Schema of a dataclass's JSON values.

    Args:
        defined: For kinds within it whose schema stands in the document's `$defs`, the name there.
    """
    return _object_schema(kind, defined)


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


def _object_schema(kind: Any, defined: Mapping[type[Any], str]) -> Schema:
    said = {field.name: field.metadata.get("schema", {}) for field in dataclasses.fields(kind)}
    found = strict_object(
        {name: _said(said[name], _schema(hint, defined)) for name, hint in _kinds(kind).items()}
    )
    return {**found, "required": [name for name in found["required"] if name not in _added(kind)]}


def _said(said: Mapping[str, Any], found: Schema) -> Schema:
    """Return the schema of a field with what its metadata says, words first."""
    words = {key: value for key, value in said.items() if key == "description"}
    return {**words, **found, **said}


def _schema(kind: Any, defined: Mapping[type[Any], str]) -> Schema:
    inner, is_optional = _optional(kind)
    if is_optional:
        return _or_null(_schema(inner, defined))
    if inner in defined:
        return {"$ref": f"#/$defs/{defined[inner]}"}
    if dataclasses.is_dataclass(inner):
        return _object_schema(inner, defined)
    if typing.get_origin(inner) is tuple:
        return list_of(_schema(typing.get_args(inner)[0], defined))
    if inner is datetime:
        return dict(INSTANT)
    return {"type": _SCALARS[inner]} if inner in _SCALARS else one_of(inner)


def _or_null(found: Schema) -> Schema:
    if "enum" in found:
        return {"enum": [*found["enum"], None]}
    if found.get("type") in _SCALARS.values():
        return {**found, "type": [found["type"], "null"]}
    return {"anyOf": [found, {"type": "null"}]}


@functools.cache
def _kinds(kind: Any) -> dict[str, Any]:
    """Return the kind of each field of the document by its name, in the order of the fields."""
    hints = typing.get_type_hints(kind)
    return {
        field.name: hints[field.name]
        for field in dataclasses.fields(kind)
        if not field.metadata.get("left_out")
    }


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
