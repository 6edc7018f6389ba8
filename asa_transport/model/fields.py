"""What is said of a field beside its type, where the field is.

Pure.  Of a field of the documents `core/documents/records` reads it, of one of the user's files
`files/settings_model`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, TypeVar

_Value = TypeVar("_Value")

# Of a field that documents of older releases do not have.
ADDED: Final[Mapping[str, Any]] = {"added": True}
# Of a field that no document has: the program itself needs it, and nobody else.
LEFT_OUT: Final[Mapping[str, Any]] = {"left_out": True}
# Of one that is not kept with a run either.
FORGOTTEN: Final[Mapping[str, Any]] = {"left_out": True, "forgotten": True}


def says(description: str | None = None, **limits: Any) -> Mapping[str, Any]:
    """Return what a document's schema says of a field: in words, and in limits as JSON Schema names them."""
    return {"schema": limits if description is None else {"description": description, **limits}}


# A text that says something: of a field, and of the items of one.
NOT_EMPTY: Final = says(minLength=1)
WORD: Final[Mapping[str, Any]] = {"type": "string", "minLength": 1}
SHA256: Final = says(pattern="^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is said of a field that a user's file sets, beside its type and its default.

    Attributes:
        key: Its name in the file.
        text: What it means; `None` where the place above says it.
        within: The least and the most that it may be, or may have.
        unit: In which a bare number counts; only of a span of time.
    """

    key: str
    text: str | None
    within: tuple[float, float]
    unit: str


def setting(
    default: _Value,
    text: str | None = None,
    *,
    key: str = "",
    within: tuple[float, float] = (0, 0),
    unit: str = "",
) -> _Value:
    """Return a field that a user's file sets; without a key, it is called there as it is here."""
    about = Setting(key=key, text=text, within=within, unit=unit)
    made: _Value = field(default=default, metadata={"setting": about})
    return made


def settings_of(kind: type[Any]) -> Mapping[str, Setting]:
    """Return what is said of each field of a class, by the field's name."""
    found = {one.name: one.metadata["setting"] for one in fields(kind)}
    return {name: replace(one, key=one.key or name) for name, one in found.items()}
