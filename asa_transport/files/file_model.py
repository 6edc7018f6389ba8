"""Read a user's file into a pydantic model of it, and note in our words what does not fit, all of it.

Pure.  A value is read as written: every scalar is a text, and what YAML calls null is `None`.  Each mistake
is noted at its line and column.  What pydantic says of a mistake is never shown, only which kind it is.

Importing pydantic takes longer than most commands: only what reads a user's file of this kind imports it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Self, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic_core import CoreSchema, ErrorDetails, InitErrorDetails, PydanticCustomError, core_schema

from asa_transport.files import yamltext
from asa_transport.files.checker import Checker, has_control_characters, is_name, quoted
from asa_transport.files.fields import parse_day, parse_moment, parse_path, parse_span
from asa_transport.files.schema_parts import FLAG, LINE, MOMENT, NAME, count_form, span_form
from asa_transport.files.yamltext import Node, Scalar

_Loc: TypeAlias = tuple[int | str, ...]
_Places: TypeAlias = Mapping[_Loc, tuple[Node, Node]]
_Made = TypeVar("_Made")
# How pydantic marks that not the value but the key in front of it is wrong.
_KEY: Final = "[key]"
# The kind of mistake of what is wrong, and was told so before.
_REPEATED: Final = "repeated"
# What can be wrong with a key; `_KEY` may also be a key that somebody has written.
_OF_KEYS: Final = frozenset({"text", "unprintable", "name", "value_error"})


def mistake(kind: str, **said: Any) -> PydanticCustomError:
    """Return the error of a kind that `WORDS` knows, to be raised by a validator.

    Args:
        said: What its blanks are; with `of_all=True` it is said of the map that the value is in, with
            `at_key=True` in the place of its key.
    """
    return PydanticCustomError(kind, "", said)


def context_of(info: ValidationInfo) -> Any:
    """Return what a model's validators were given beside the file; see `read`."""
    return info.context


# --------------------------------------------------------------------------- what values are


def line(value: Any) -> str:
    """Return a text that is not empty, has no control characters and no blank at its ends."""
    if not isinstance(value, str) or not value:
        raise mistake("text")
    if has_control_characters(value) or value != value.strip():
        raise mistake("unprintable")
    return value


@dataclass(frozen=True, slots=True)
class Written:
    """How a value that is written as one text is read, and what a schema says of it; for `Annotated`.

    Attributes:
        read: Returns the value of a text; raises a `mistake`, or a ValueError that says what is wrong.
        form: In a JSON Schema.
        or_null: Whether it may be null, or nothing at all, which is `None`.
    """

    read: Callable[[str], object]
    form: Mapping[str, Any]
    or_null: bool = False

    def _value(self, value: Any) -> object:
        return None if value is None and self.or_null else self.read(line(value))

    def __get_pydantic_core_schema__(self, _type: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._value)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> Any:
        form = dict(self.form)
        if self.or_null:
            return {"anyOf": [*form.pop("anyOf", [form]), {"type": "null"}]}
        return form


def unique_items(
    key: Callable[[str, ValidationInfo], Hashable] = lambda text, _: text, *, same: str = ""
) -> WrapValidator:
    """Return what refuses a text that is listed twice, beside what is wrong with the others.

    Args:
        key: What no two of the texts may share.
        same: What is said of the second of two that do; `{0}` is its text, `{1}` that of the first.
    """

    def check(items: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        before = _wrong_before(check, items, info)
        value, found = tried(handler, items)
        # pydantic counts the items that are right, and so calls a list of wrong ones empty too.
        found = [one for one in found if not (items and one["type"] == "too_short")]
        wrong = wrong_in(found)
        first: dict[Hashable, str] = {}
        texts: set[str] = set()
        again = []
        for at, item in enumerate(items if isinstance(items, list) else ()):
            if at in wrong:
                continue
            known = first.setdefault(key(item, info), item)
            if item in texts:
                again.append(mistake_at((at,), "twice"))
            elif item != known:
                said = same.format(quoted(item), quoted(known))
                again.append(mistake_at((at,), "value_error", error=said))
            texts.add(item)
        if found or again:
            before[check, id(items)] = items
            raise together(found, again)
        return value

    return WrapValidator(check)


def _wrong_before(reader: Hashable, value: Any, info: ValidationInfo) -> dict[tuple[Hashable, int], Any]:
    """Return the maps and lists that were found wrong, by who read them; refuse one that is one of them.

    Aliases may repeat one a million times in a small file, and what is wrong in it is told once.
    """
    wrong: dict[tuple[Hashable, int], Any] = context_of(info).setdefault(_REPEATED, {})
    if (reader, id(value)) in wrong and isinstance(value, list | dict):
        raise mistake(_REPEATED)
    return wrong


def count(low: int, high: int, *, or_null: bool = False) -> Written:
    """Return what reads a whole number in decimal digits."""

    def read(text: str) -> int:
        # Ten digits bound the conversion; a leading 0 means octal to some YAML readers.
        if not re.fullmatch(r"0|[1-9][0-9]{0,9}", text) or not low <= int(text) <= high:
            raise mistake("count", low=low, high=high)
        return int(text)

    return Written(read, count_form(low, high), or_null)


def span(unit: str, low: float, high: float) -> Written:
    """Return what reads a span of time in ``unit``."""

    def read(text: str) -> float:
        try:
            value = parse_span(text, unit)
        except ValueError as error:
            raise ValueError(f"{error}; without a unit it counts as {unit}") from None
        if not low <= value <= high:
            raise mistake("span", low=low, high=high, unit=unit)
        return value

    return Written(read, span_form(low, high))


def choice(kind: type[StrEnum]) -> Written:
    """Return what reads one of the words of an enumeration."""
    known = tuple(member.value for member in kind)
    return Written(lambda text: kind(one_of(known, text)), {"enum": list(known)})


def one_of(known: tuple[str, ...], text: str) -> str:
    """Return a text that is one of the words."""
    if text not in known:
        raise mistake("choice", known=known)
    return text


def _name(text: str) -> str:
    if not is_name(text):
        raise mistake("name")
    return text


def items(within: tuple[float, float], example: str) -> tuple[BeforeValidator, Any]:
    """Return what refuses all but a list of so many; to be unpacked in `Annotated`."""
    least, most = map(int, within)
    many = f"{least} to {most}" if least else f"at most {most}"

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise mistake("items", many=many, example=example)
        return value

    limits: JsonDict = {"minItems": least} if least else {}
    return BeforeValidator(check), Field(json_schema_extra={**limits, "maxItems": most})


def tried(handler: Callable[[Any], _Made], value: Any) -> tuple[_Made | None, list[ErrorDetails]]:
    """Return what the handler of a validator makes of a value; or `None`, and what is wrong with it."""
    try:
        return handler(value), []
    except ValidationError as error:
        return None, _errors(error)


def wrong_in(found: Iterable[ErrorDetails]) -> set[int | str]:
    """Return the keys, or the places of the items, that something is wrong with."""
    return {one["loc"][0] for one in found if one["loc"]}


def mistake_at(loc: _Loc, kind: str, **said: Any) -> InitErrorDetails:
    """Return a `mistake` at a place below the value that is validated."""
    return InitErrorDetails(type=mistake(kind, **said), loc=loc, input=None)


def together(found: Iterable[ErrorDetails], more: Iterable[InitErrorDetails] = ()) -> ValidationError:
    """Return one error of them all; their kinds stay, and their words were never ours."""
    kept = [mistake_at(one["loc"], one["type"], **one.get("ctx", {})) for one in found]
    return ValidationError.from_exception_data("", [*kept, *more])


Line: TypeAlias = Annotated[str, Written(str, LINE)]
# What no editor takes for a number.
Prose: TypeAlias = Annotated[str, Written(str, {"type": "string", "minLength": 1})]
Name: TypeAlias = Annotated[str, Written(_name, NAME)]
# `yes`, `on` and `1` mean different things to different readers.
Flag: TypeAlias = Annotated[bool, Written(lambda text: one_of(("true", "false"), text) == "true", FLAG)]
Day: TypeAlias = Annotated[
    date, Written(parse_day, {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"})
]
Moment: TypeAlias = Annotated[datetime, Written(parse_moment, MOMENT)]


def optional(**more: Any) -> Any:
    """Return a field that may be left out, and is `None` then; one that is there is not empty."""
    return Field(default_factory=lambda: None, **more)


def path(value: Any, info: ValidationInfo) -> Path:
    """Return a path made absolute: it starts from the folder of the file, which the context has."""
    text = line(value)
    try:
        return parse_path(text, context_of(info)["folder"])
    except ValueError as error:
        raise ValueError(f"{quoted(text)}: {error}") from None


class Section(BaseModel):
    """A map of a file whose keys are known; every other key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def given(self) -> dict[str, Any]:
        """What the file says, by attribute; what it leaves out is not here."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    # What is to be done about a key that is missing, where that is not to add it; empty: `beside` says it.
    missing: ClassVar[str | None] = None

    @classmethod
    def known_keys(cls) -> tuple[str, ...]:
        """Return the keys that it can have."""
        return tuple(one.alias or name for name, one in cls.model_fields.items())

    @classmethod
    def beside(cls, plain: Mapping[str, Any], wrong: Collection[object]) -> Iterable[InitErrorDetails]:
        """Return what is wrong with the keys together, beside what is wrong with their values.

        Args:
            plain: The values as they are written.
            wrong: The keys that something is wrong with by themselves, or that are missing.
        """
        del plain, wrong
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def _all_mistakes(
        cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        """Have each unknown key say which ones there are, and tell what is wrong with all keys together."""
        before = _wrong_before(cls, value, info)
        made, found = tried(handler, value)
        more = list(cls.beside(value, wrong_in(found))) if isinstance(value, dict) else []
        if made is not None and not more:
            return made
        before[cls, id(value)] = value
        own: Mapping[str, dict[str, Any]] = {
            "extra_forbidden": {"known": cls.known_keys()},
            "missing": {"do": cls.missing},
        }
        for one in found:
            if len(one["loc"]) == 1 and one["type"] in own:
                one["ctx"] = own[one["type"]]
        raise together((one for one in found if one.get("ctx") != {"do": ""}), more)


# --------------------------------------------------------------------------- what is wrong with them


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What messages call the parts of a file, which may have one section with entries.

    Attributes:
        schema: Its name in `asa-transport schema NAME`.
        file: What they call the file itself.
        section: Which key has entries, by names of the user's own or in a list.
        entry: What they call one of these, before its name.
        examples: How a missing key is written.
        named_by: Which of its keys names an entry of a list, where one of its values is spoken of.
        id: What they call the name of an entry, after `entry`.
    """

    schema: str
    file: str
    section: str = ""
    entry: str = ""
    examples: Mapping[str, str] = field(default_factory=dict)
    named_by: str | None = None
    id: str = "id"

    def of(self, loc: _Loc, places: _Places) -> str:
        """Return what is spoken of; an item is called as its list, an entry of a list as one of its kind."""
        keys = [part for part in loc if isinstance(part, str)]
        if self.entry and loc[:1] == (self.section,) and len(loc) > 1:
            keys[0] = self.entry
            if isinstance(loc[1], str):
                keys[0] += f" {keys.pop(1)}"
            elif len(keys) > 1 and self.named_by and (found := places.get((*loc[:2], self.named_by))):
                name = _plain(found[1], {})
                keys[0] += f" of {name}" if isinstance(name, str) and is_name(name) else ""
        return ": ".join(keys) or self.file


_Read = TypeVar("_Read", bound=Section)


def read(
    kind: type[_Read], root: Node, checker: Checker, names: Names, context: Mapping[str, Any]
) -> _Read | None:
    """Return what the tree says; `None` where something is wrong with it, all of which is noted.

    Args:
        context: What the model's validators need beside the file.
    """
    made, found = tried(lambda plain: kind.model_validate(plain, context=dict(context)), _plain(root, {}))
    if made is not None:
        return made
    found = [one for one in found if one["type"] != _REPEATED]
    looked_at = {one["loc"][:end] for one in found for end in range(len(one["loc"]) + 1)}
    looked_at |= {(*one["loc"][:2], names.named_by or "") for one in found}
    places = dict(_places(root, root, looked_at))
    # Nothing is said of an entry whose name is none; one whose name breaks a rule of its file still has one.
    nameless = {one["loc"][:-1] for one in found if _is_of_key(one) and one["type"] != "value_error"}
    for one in found:
        if _is_of_key(one) or not any(one["loc"][:end] in nameless for end in range(len(one["loc"]) + 1)):
            _note(one, places, checker, names)
    return None


def _errors(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_input=False)


def _is_of_key(one: ErrorDetails) -> bool:
    return one["type"] in _OF_KEYS and one["loc"][-1:] == (_KEY,)


def _note(one: ErrorDetails, places: _Places, checker: Checker, names: Names) -> None:
    kind, said, is_of_key = one["type"], one.get("ctx", {}), _is_of_key(one)
    loc = one["loc"][:-1] if is_of_key else one["loc"]
    key, value = places.get(loc) or places.get(loc[:-1]) or places[()]
    if kind == "extra_forbidden" and isinstance(key, Scalar):
        checker.unknown(key, said["known"], names.of(loc[:-1], places))
    elif kind == "missing":
        name = str(loc[-1])
        do = said.get("do") or f"add {names.examples.get(name, 'it')}"
        checker.say(key, names.of(loc[:-1], places), kind, key=name, do=do)
    elif kind == "choice" and isinstance(value, Scalar):
        near = checker.nearest(value.text, said["known"])
        checker.say(value, names.of(loc, places), kind, near=near, known=", ".join(said["known"]))
    else:
        what = names.of(loc[:-1] if said.get("of_all") else loc, places)
        if is_of_key and kind != "value_error":
            what = f"{names.entry} {names.id}"
        checker.say(
            key if is_of_key or said.get("at_key") else value,
            what,
            kind,
            **{"error": None, **said, "schema": names.schema},
        )


def _plain(node: Node, known: dict[int, Any]) -> Any:
    """Return the tree without places; what aliases repeat is one object, which `known` has by its node."""
    if isinstance(node, Scalar):
        return None if node.is_null else node.text
    if (plain := known.get(id(node))) is None:
        if isinstance(node, yamltext.Sequence):
            plain = [_plain(item, known) for item in node.items]
        else:
            plain = {entry.key.text: _plain(entry.value, known) for entry in node.entries}
        known[id(node)] = plain
    return plain


def _places(
    key: Node, value: Node, looked_at: Set[_Loc], loc: _Loc = ()
) -> Iterator[tuple[_Loc, tuple[Node, Node]]]:
    """Yield each place that is looked at as pydantic names it, with its key (else itself) and its value."""
    if loc not in looked_at:
        return
    yield loc, (key, value)
    match value:
        case yamltext.Sequence():
            for at, item in enumerate(value.items):
                yield from _places(item, item, looked_at, (*loc, at))
        case yamltext.Mapping():
            for entry in value.entries:
                yield from _places(entry.key, entry.value, looked_at, (*loc, entry.key.text))
