"""What is said of a field beside its type, where the field is.

Pure.  Of a field of the documents `core/documents/records` reads it, of one of the policy
`files/settings_model`, of one of the inventory `files/inventory_fields`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Final, TypeVar

_Value = TypeVar("_Value")

# Of a field that documents of older releases do not have.
ADDED: Final[Mapping[str, Any]] = {"added": True}
# Of a field that no document has: the program itself needs it, and nobody else.
LEFT_OUT: Final[Mapping[str, Any]] = {"left_out": True}
# Of one that is not kept with a run either.
FORGOTTEN: Final[Mapping[str, Any]] = {"left_out": True, "forgotten": True}


def says(description: str | None = None, **limits: Any) -> Mapping[str, Any]:
    """Return what a document's schema says of a field: in words, and in limits as JSON Schema names them.

    `values` are the limits of a map's values.
    """
    return {"schema": limits if description is None else {"description": description, **limits}}


# A text that says something: of a field, and of the items of one.
NOT_EMPTY: Final = says(minLength=1)
WORD: Final[Mapping[str, Any]] = {"type": "string", "minLength": 1}
SHA256: Final = says(pattern="^[0-9a-f]{64}$")
COUNT: Final = says(minimum=0)
# Of a map of numbers: what there is none of has no entry.
COUNTS: Final = says(values={"minimum": 1})


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


class TextKind(enum.Enum):
    """What a text of the inventory is, where its type does not tell."""

    NAME = enum.auto()
    TEXT = enum.auto()
    DIALLED = enum.auto()
    HOST = enum.auto()
    JUMP = enum.auto()
    CREDENTIAL = enum.auto()
    KEY_CREDENTIAL = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryKey:
    """What is said of a field that the inventory sets, beside its type.

    Attributes:
        text: What it means; empty where the place above says it.
        given: What counts where no part of the file says it; `None` where nothing does.
        needed: What it is, where a device without it is a mistake; else empty.
        is_own: Whether a device alone can have it, and neither a group nor the defaults.
        or_none: Whether `none` takes away what a group or the defaults say.
        behind: In lists of all keys it stands behind this one; empty for the place that it has here.
    """

    text: str
    kind: TextKind
    given: object
    needed: str
    is_own: bool
    or_none: bool
    behind: str


def of_inventory(
    text: str,
    beside: Mapping[str, Any] = MappingProxyType({}),
    *,
    kind: TextKind = TextKind.NAME,
    given: object = None,
    needed: str = "",
    is_own: bool = False,
    or_none: bool = False,
    behind: str = "",
) -> Mapping[str, Any]:
    """Return the metadata of a field that the inventory sets, see `InventoryKey`, and what is said beside."""
    about = InventoryKey(
        text=text, kind=kind, given=given, needed=needed, is_own=is_own, or_none=or_none, behind=behind
    )
    return {**beside, "inventory": about}


def inventory_keys(kind: type[Any]) -> Mapping[str, InventoryKey]:
    """Return what is said of each field of a class that the inventory sets, by the field's name."""
    return {one.name: one.metadata["inventory"] for one in fields(kind) if "inventory" in one.metadata}
