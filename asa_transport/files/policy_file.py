"""The form of `policy.yaml`: how each kind of value is written, and what is said of several together.

Which keys there are stands in `model/policy`.  Brings pydantic: imported only where a policy file is read, or
its schema is asked for.

Source: policy.example.yaml documents every key.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import InitErrorDetails

from asa_transport.files import file_model, model_schema
from asa_transport.files.checker import Checker, quoted
from asa_transport.files.file_model import (
    Line,
    Names,
    Section,
    Written,
    choice,
    items,
    mistake_at,
    path,
    together,
    tried,
    unique_items,
    wrong_in,
)  # fmt: skip
from asa_transport.files.schema_parts import LINE
from asa_transport.files.settings_model import section_of
from asa_transport.files.yamltext import Node
from asa_transport.model import ChangeWindow, DayThresholds, FailureBudget, Policy, WaveSize, Weekday
from asa_transport.model.campaign import MAX_DEVICES
from asa_transport.model.fields import Setting

_NAMES: Final = Names(schema="policy", file="policy")
# More names than a person has.
_MAX_NAMES: Final = 20
_PEOPLE: Final = "[[kim@example.net, adm-kim]]"
_WINDOWS: Final = '[{days: [mon, tue], from: "22:00", to: "04:00", zone: Europe/Berlin}]'
_DAY_ENDS: Final = "24:00"
_CLOCK: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]"
# A number of devices, or a percentage; ten digits bound the conversion.
_SIZE: Final = re.compile(r"([1-9][0-9]{0,9})(%?)", re.ASCII)


# --------------------------------------------------------------------------- portions


def _size(text: str) -> WaveSize:
    match = _SIZE.fullmatch(text)
    if match is not None:
        size = WaveSize(count=int(match[1]), is_percent=bool(match[2]))
        if size.count <= (100 if size.is_percent else MAX_DEVICES):
            return size
    raise ValueError(f"{quoted(text)}; expected a number of devices, or a percentage from 1% to 100%")


_SIZES: Final = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": MAX_DEVICES},
        {"type": "string", "pattern": r"^([1-9][0-9]*|([1-9][0-9]?|100)%)$"},
    ]
}


def _sizes(about: Setting) -> Any:
    size = Annotated[WaveSize, Written(_size, _SIZES)]
    return Annotated[tuple[size, ...], *items(about.within, "[5, 25%, 100%]")]


# --------------------------------------------------------------------------- change windows


def _clock(text: str) -> time:
    if not re.fullmatch(_CLOCK, text):
        raise ValueError(f"{quoted(text)}; expected a time of day, HH:MM, e.g. 22:00")
    return time.fromisoformat(text)


def _end(text: str) -> time:
    return time(0) if text == _DAY_ENDS else _clock(text)


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    # `zoneinfo` raises ValueError for a path that leads outside, and OSError for a folder, e.g. Europe.
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{quoted(text)} is not a time zone; expected e.g. Europe/Berlin or UTC") from None


def _some_days(value: Any) -> Any:
    if value == []:
        days = ", ".join(Weekday)
        raise ValueError(f"the list is empty, so it never opens; expected some of: {days}")
    return value


class _Window(Section):
    days: Annotated[
        tuple[Annotated[Weekday, choice(Weekday)], ...],
        AfterValidator(lambda named: tuple(day for day in Weekday if day in named)),
        unique_items(),
        BeforeValidator(_some_days),
        Field(json_schema_extra={"minItems": 1, "uniqueItems": True}),
    ] = Field(
        tuple(Weekday),
        description="On which it opens: mon, tue, wed, thu, fri, sat, sun; without it every day.",
    )
    opens: Annotated[time, Written(_clock, {"type": "string", "pattern": f"^{_CLOCK}$"})] = Field(
        alias="from", description="The first minute in it, HH:MM by the wall clock of its zone."
    )
    closes: Annotated[time, Written(_end, {"type": "string", "pattern": f"^({_CLOCK}|{_DAY_ENDS})$"})] = (
        Field(
            alias="to",
            description="The first minute after it, HH:MM to 24:00; one that is before `from` is on the next "
            "day.",
        )
    )
    zone: Annotated[ZoneInfo, Written(_zone, LINE)] = Field(
        description="A name of the tz database, e.g. Europe/Berlin or UTC."
    )

    missing = ""

    @classmethod
    def beside(cls, plain: Mapping[str, Any], wrong: Collection[object]) -> Iterable[InitErrorDetails]:
        lacking = [key for key in ("from", "to", "zone") if key not in plain]
        if lacking:
            said = f"{', '.join(lacking)} missing; expected e.g. {_WINDOWS}"
            yield mistake_at((), "value_error", error=said)
        elif plain["from"] == plain["to"] and not set(cls.known_keys()) & set(wrong):
            said = "it ends when it begins, so it never opens; for a whole day write from 00:00 to"
            yield mistake_at(("to",), "value_error", error=f"{said} {_DAY_ENDS}", of_all=True)


def _windows(about: Setting) -> Any:
    window = AfterValidator(
        lambda one: ChangeWindow(days=one.days, opens=one.opens, closes=one.closes, zone=one.zone)
    )
    return Annotated[tuple[Annotated[_Window, window], ...], *items(about.within, _WINDOWS)]


# --------------------------------------------------------------------------- who approves


def _signers(_about: Setting) -> Any:
    read = WrapValidator(lambda value, handler: None if value is None else handler(value))
    form = WithJsonSchema({"anyOf": [*LINE["anyOf"], {"type": "null"}]})
    return Annotated[Path, PlainValidator(path), read, form]


def _of_one_person(names: tuple[str, ...]) -> tuple[str, ...]:
    if not 2 <= len(names) <= _MAX_NAMES:
        said = f"expected 2 to {_MAX_NAMES} names of one person, e.g. {_PEOPLE}"
        raise ValueError(said)
    return names


def _apart(people: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Refuse a name of two people, whatever its upper or lower case, beside what else is wrong."""
    value, found = tried(handler, people)
    if any(not one["loc"] for one in found):
        # Of what is no such list nothing else is told; aliases make millions of names of a few.
        raise together(found)
    # Of how many names a person has their own mistake tells, and nothing of the names.
    wrong = wrong_in(one for one in found if one["type"] != "value_error")
    known: set[str] = set()
    again = []
    for person, names in enumerate(people if isinstance(people, list) else ()):
        if person in wrong:
            continue
        for place, name in enumerate(names):
            if name.casefold() in known:
                said = f"{quoted(name)} already belongs to another entry; join the two"
                again.append(mistake_at((person, place), "value_error", error=said))
        known.update(map(str.casefold, names))
    if found or again:
        raise together(found, again)
    return value


def _people(about: Setting) -> Any:
    names = Annotated[
        tuple[Line, ...],
        AfterValidator(_of_one_person),
        unique_items(),
        Field(json_schema_extra={"minItems": 2, "maxItems": _MAX_NAMES}),
    ]
    return Annotated[tuple[names, ...], *items(about.within, _PEOPLE), WrapValidator(_apart)]


# --------------------------------------------------------------------------- the whole


def _falling(found: DayThresholds) -> DayThresholds:
    if found.low > found.medium > found.high:
        return found
    raise ValueError(
        f"low {found.low:g}, medium {found.medium:g}, high {found.high:g} (a key that is left out keeps its "
        "default); expected low > medium > high"
    )


def _limited(found: FailureBudget) -> FailureBudget:
    if found.number is found.percent is found.consecutive is None:
        raise ValueError(
            "number, percent and consecutive are all null, so nothing would ever stop a push; give one of "
            "them"
        )
    return found


class _Signed(Section):
    @classmethod
    def beside(cls, plain: Mapping[str, Any], wrong: Collection[object]) -> Iterable[InitErrorDetails]:
        needed = "0" if "approvals" in wrong else plain.get("approvals", "0")
        # A file that is named and cannot be used has its own problem; this one stays true.
        if needed != "0" and (plain.get("allowed_signers") is None or "allowed_signers" in wrong):
            said = f"{needed}, and no allowed_signers to check them with; name that file"
            yield mistake_at(("approvals",), "value_error", error=said)


_File: Final = section_of(
    Policy,
    {
        tuple[WaveSize, ...]: _sizes,
        tuple[ChangeWindow, ...]: _windows,
        tuple[tuple[str, ...], ...]: _people,
        Path | None: _signers,
    },
    {DayThresholds: _falling, FailureBudget: _limited},
    _Signed,
)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `policy.yaml`; what is said of several keys together, only `read` finds."""
    return model_schema.schema(_File, "policy", "asa-transport policy", defaults=True)


def read(root: Node, checker: Checker, folder: Path) -> dict[str, Any]:
    """Return what the file sets, by attribute of `Policy`; what is wrong is noted."""
    found = file_model.read(_File, root, checker, _NAMES, {"folder": folder})
    return {} if found is None else {name: value for name, value in found.given.items() if value is not None}
