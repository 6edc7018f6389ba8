"""Turn frozen dataclasses into JSON values and back, and say their JSON Schema.

Pure.  The dataclass is the description: a field is a key, and a value of another type is refused with its
place.  What else there is to say of a field stands in its metadata (`model/fields`).  There are two forms:

- Documents are whole: every key is required, no other is allowed, instants are UTC in whole seconds.  A
  field that is `ADDED` came later than the document's first version: it is written only where it is not its
  default, so that what was written before it came reads, and is written again, byte for byte.  One that is
  `LEFT_OUT` is never written.
- What one release keeps for another is sparse: what equals its default is left out, a key that is not known
  is passed over.  Only a field that is `FORGOTTEN` is never written.

Takes fields of text, numbers, truth values, enumerations of texts, what a form knows as texts, other such
dataclasses, tuples and maps of one kind, a dataclass or a word, and `None` beside any.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import operator
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, TypeVar, cast

from asa_transport.core.documents.schema_parts import (
    INSTANT,
    Schema,
    list_of,
    one_of,
    strict_object,
)
from asa_transport.text import instant

T = TypeVar("T")
# How a value is written as a text and read back (ValueError or LookupError where it is none), and what is
# expected in its place.
Text: TypeAlias = tuple[Callable[[Any], str], Callable[[str], Any], str]
# A field that is written in any case, and what it is in a record of an older release, which has it not.
Said: TypeAlias = tuple[str, Callable[[Mapping[str, Any]], Any]]
_Reader: TypeAlias = Callable[[Any], Any]

_SCALARS: Final[dict[Any, str]] = {str: "string", int: "integer", bool: "boolean", float: "number"}
_UNIONS: Final = (types.UnionType, typing.Union)
_NOTHING: Final[Mapping[Any, Any]] = {}


class WireError(ValueError):
    """A value is not what the dataclass says; the text names place, value and what is expected."""


class Form:
    """How values are written, and read back."""

    def __init__(
        self,
        texts: Mapping[type[Any], Text],
        *,
        is_sparse: bool = False,
        said: Mapping[type[Any], Said] = _NOTHING,
    ) -> None:
        """Describe it.

        Args:
            texts: Kinds that are texts in JSON; a kind stands before those that it derives from.
            is_sparse: For our own use; see above.
            said: Of kinds in a sparse form.
        """
        self._texts = texts
        self._is_sparse = is_sparse
        self._said = said
        # Asked once a value; a document of thousands of objects has few kinds of them.
        self._encoders = _Made(self._encoder)
        self._readers = _Made(self._reader)

    def encode(self, value: Any) -> Any:
        """Return the JSON value of a dataclass, an enumeration, a tuple, a map, a text or a scalar."""
        return self._encoders[type(value)](value)

    def decode(self, kind: type[T], value: Any, place: str = "") -> T:
        """Return the value of this kind that a JSON value says; `place` is where it stands, for messages.

        Raises:
            WireError: A key is missing or unknown, or a value is of another type; names the first.
        """
        try:
            return cast("T", self._readers[kind](value))
        except _Wrong as wrong:
            at = f"{place}{wrong.place}".removeprefix(".") or "the document"
            raise WireError(f"{at}: {wrong.said}") from None

    def _encoder(self, kind: Any) -> Callable[[Any], Any]:
        """Return what makes the JSON value of a value of this very type."""
        encoders = self._encoders
        if dataclasses.is_dataclass(kind):
            return self._object_encoder(kind)
        if issubclass(kind, enum.Enum):
            return operator.attrgetter("value")
        for known, (write, _, _) in self._texts.items():
            if issubclass(kind, known):
                return write
        if issubclass(kind, tuple | list):
            return lambda items: [encoders[type(one)](one) for one in items]
        if issubclass(kind, Mapping):
            return lambda items: {
                encoders[type(key)](key): encoders[type(one)](one) for key, one in items.items()
            }
        return lambda value: value

    def _object_encoder(self, kind: Any) -> Callable[[Any], dict[str, Any]]:
        encoders, whole, always = self._encoders, dataclasses.MISSING, self._said.get(kind, ("",))[0]
        fields = []
        for field, hint in self._fields(kind):
            is_left_out = self._may_be_missing(field) and field.name != always
            # Most fields are texts, numbers or truth values, or `None`: these are as they are.  A whole
            # number may be a name for one, as an exit code is, which is none in a document.
            is_scalar = _optional(hint)[0] in _SCALARS and _optional(hint)[0] is not int
            fields.append((field.name, is_scalar, _default(field) if is_left_out else whole))

        def encoded(value: Any) -> dict[str, Any]:
            found = {}
            for name, is_scalar, default in fields:
                one = getattr(value, name)
                if default is whole or one != default:
                    found[name] = one if is_scalar else encoders[type(one)](one)
            return found

        return encoded

    def _fields(self, kind: Any) -> list[tuple[dataclasses.Field[Any], Any]]:
        return _fields(kind, "forgotten" if self._is_sparse else "left_out")

    def _reader(self, kind: Any) -> _Reader:
        """Return what makes a value of the kind of a JSON value."""
        inner, is_optional = _optional(kind)
        if inner in _SCALARS:
            return _scalar_reader(inner, is_optional)
        read = self._reader_of(inner)
        return (lambda value: None if value is None else read(value)) if is_optional else read

    def _reader_of(self, kind: Any) -> _Reader:
        if dataclasses.is_dataclass(kind):
            return self._object_reader(kind)
        origin, inner = typing.get_origin(kind), typing.get_args(kind)
        if origin in _UNIONS:
            (word,), (whole,) = (
                [self._readers[one] for one in inner if dataclasses.is_dataclass(one) is is_whole]
                for is_whole in (False, True)
            )
            return lambda value: word(value) if isinstance(value, str) else whole(value)
        if origin in (tuple, Sequence):
            return _list_reader(self._readers[inner[0]])
        if origin is Mapping:
            return _map_reader(*(self._readers[one] for one in inner))
        if kind in self._texts:
            return _text_reader(*self._texts[kind][1:])
        words = {member.value: member for member in kind}
        return _text_reader(words.__getitem__, f"one of {', '.join(words)}")

    def _object_reader(self, kind: Any) -> _Reader:
        fields = self._fields(kind)
        readers = {field.name: self._readers[hint] for field, hint in fields}
        required = {field.name: None for field, _ in fields if not self._may_be_missing(field)}.keys()
        is_sparse, said = self._is_sparse, self._said.get(kind)

        def read_object(value: Any) -> Any:
            _check(value, dict, "an object")
            if not is_sparse and (unknown := [key for key in value if key not in readers]):
                raise _Wrong(f"unknown key {unknown[0]!r:.80}; known: {', '.join(readers)}")
            if not required <= value.keys():
                missing = next(name for name in required if name not in value)
                raise _Wrong(f"the key {missing!r} is missing")
            found = {}
            for name, one in value.items():
                if name in readers:
                    try:
                        found[name] = readers[name](one)
                    except _Wrong as wrong:
                        wrong.place = f".{name}{wrong.place}"
                        raise
            if said is not None and said[0] not in value:
                found[said[0]] = said[1](value)
            return kind(**found)

        return read_object

    def _may_be_missing(self, field: dataclasses.Field[Any]) -> bool:
        return bool(field.metadata.get("added")) or (
            self._is_sparse and _default(field) is not dataclasses.MISSING
        )


class _Made(dict[Any, Callable[[Any], Any]]):
    """What belongs to a kind, made when it is first asked for."""

    def __init__(self, make: Callable[[Any], Callable[[Any], Any]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, kind: Any) -> Callable[[Any], Any]:
        made = self[kind] = self._make(kind)
        return made


class _Wrong(Exception):
    """What is wrong, and with what; the place grows on its way out."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said
        self.place = ""


def _wrong(value: Any, expected: str) -> _Wrong:
    return _Wrong(f"{in_json(value)}; expected {expected}")


def _check(value: Any, kind: type[Any], expected: str) -> None:
    if not isinstance(value, kind):
        raise _wrong(value, expected)


def _scalar_reader(kind: Any, is_optional: bool) -> _Reader:
    allowed = (kind, *((int,) if kind is float else ()), *((types.NoneType,) if is_optional else ()))

    def read_scalar(value: Any) -> Any:
        if type(value) not in allowed:
            raise _wrong(value, f"the type {_SCALARS[kind]}")
        return value

    return read_scalar


def _text_reader(read: Callable[[str], Any], expected: str) -> _Reader:
    def read_text(value: Any) -> Any:
        if not isinstance(value, str):
            raise _wrong(value, "a string")
        try:
            return read(value)
        except (ValueError, LookupError, OverflowError):
            raise _wrong(value, expected) from None

    return read_text


def _list_reader(read: _Reader) -> _Reader:
    def read_list(value: Any) -> tuple[Any, ...]:
        _check(value, list, "a list")
        found: list[Any] = []
        try:
            for one in value:
                found.append(read(one))
        except _Wrong as wrong:
            wrong.place = f"[{len(found)}]{wrong.place}"
            raise
        return tuple(found)

    return read_list


def _map_reader(read_key: _Reader, read: _Reader) -> _Reader:
    def read_map(value: Any) -> dict[Any, Any]:
        _check(value, dict, "an object")
        return {read_key(key): read(one) for key, one in value.items()}

    return read_map


def _instant(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None or instant(at) != value:
        raise ValueError(value)
    return at.astimezone(UTC)


_TEXTS: Final = {datetime: (instant, _instant, "an instant as 2026-01-12T13:00:00Z")}
_DOCUMENTS: Final = Form(_TEXTS)
encode: Final = _DOCUMENTS.encode
decode: Final = _DOCUMENTS.decode
# Reads what is needed of a document that is kept; the rest is passed over.
part: Final = Form(_TEXTS, is_sparse=True).decode


def schema(kind: type[Any], defined: Mapping[type[Any], str] = _NOTHING) -> Schema:
    """Return the JSON Schema of a dataclass's JSON values in a document.

    Args:
        defined: For kinds within it whose schema stands in the document's `$defs`, the name there.
    """
    fields = _fields(kind, "left_out")
    found = strict_object(
        {
            field.name: _said(field.metadata.get("schema", {}), _schema(hint, defined))
            for field, hint in fields
        }
    )
    return {**found, "required": [field.name for field, _ in fields if not field.metadata.get("added")]}


def _said(said: Mapping[str, Any], found: Schema) -> Schema:
    """Return the schema of a field with what its metadata says, words first; a list of values is all."""
    words = {key: value for key, value in said.items() if key == "description"}
    form = {key: value for key, value in said.items() if key != "description"}
    if "enum" in said:
        return {**words, **form}
    if "values" in form:
        limits = form.pop("values")
        if "properties" in found:
            known = {name: {**one, **limits} for name, one in found["properties"].items()}
            return {**words, **found, "properties": known, **form}
        return {**words, **found, "additionalProperties": {**found["additionalProperties"], **limits}, **form}
    if "items" in form and "anyOf" in found:
        # A list or null: what is said of its items belongs to the list.
        several, *others = found["anyOf"]
        return {**words, "anyOf": [{**several, **form}, *others]}
    return {**words, **found, **form}


def _schema(kind: Any, defined: Mapping[type[Any], str]) -> Schema:
    inner, is_optional = _optional(kind)
    found = _schema_of(inner, defined)
    return _or_null(found) if is_optional else found


def _schema_of(kind: Any, defined: Mapping[type[Any], str]) -> Schema:
    if kind in defined:
        return {"$ref": f"#/$defs/{defined[kind]}"}
    if dataclasses.is_dataclass(kind):
        return schema(cast("type[Any]", kind), defined)
    if typing.get_origin(kind) in _UNIONS:
        return {"anyOf": [_schema(one, defined) for one in typing.get_args(kind)]}
    origin, within = typing.get_origin(kind), typing.get_args(kind)
    if origin in (tuple, Mapping):
        one = _schema(within[-1 if origin is Mapping else 0], defined)
        return list_of(one) if origin is tuple else _map_of(within[0], one)
    if kind is datetime:
        return dict(INSTANT)
    return {"type": _SCALARS[kind]} if kind in _SCALARS else one_of(kind)


def _map_of(key: Any, one: Schema) -> Schema:
    if key is str:
        return {"type": "object", "additionalProperties": one}
    return {"type": "object", "additionalProperties": False, "properties": {word.value: one for word in key}}


def _or_null(found: Schema) -> Schema:
    if "enum" in found:
        return {"enum": [*found["enum"], None]}
    if found.get("type") in _SCALARS.values():
        return {**found, "type": [found["type"], "null"]}
    return {"anyOf": [found, {"type": "null"}]}


def _fields(kind: Any, but: str) -> list[tuple[dataclasses.Field[Any], Any]]:
    """Return each field with its kind, in their order, but those whose metadata says so."""
    hints = typing.get_type_hints(kind)
    return [(field, hints[field.name]) for field in dataclasses.fields(kind) if not field.metadata.get(but)]


def _default(field: dataclasses.Field[Any]) -> Any:
    made = field.default_factory
    return field.default if made is dataclasses.MISSING else made()


def _optional(kind: Any) -> tuple[Any, bool]:
    """Return the kind without `None`, and whether that was allowed."""
    inner = [one for one in typing.get_args(kind) if one is not types.NoneType]
    if typing.get_origin(kind) in _UNIONS and len(inner) == 1:
        return inner[0], True
    return kind, False


def in_json(value: Any) -> str:
    """Return a JSON value for a message, cut: in JSON's words, not in those of Python."""
    if isinstance(value, str):
        return f"{value!r:.80}"
    try:
        return f"{json.dumps(value, ensure_ascii=False):.80}"
    except (ValueError, RecursionError):
        return "a value that is nested too deeply"
