"""Write a document as JSON while parts of it are still being made, item by item.

Pure.  The text is what `json.dumps` makes of the same values; of a list of ten thousand devices no
more than one is there at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Items:
    """A list whose items are made when they are written; it is written once."""

    of: Iterable[Any]


def texts(value: Any, *, indent: int) -> Iterator[str]:
    """Yield the JSON of a value in parts, with a line end behind it.

    Args:
        value: JSON's own values, with `Items` in the place of lists, at any depth of objects and lists.
        indent: As of `json.dumps`.
    """
    yield from _parts(value, indent, "\n")
    yield "\n"


def plain(value: Any) -> Any:
    """Return the value with lists in the place of `Items`."""
    match value:
        case Items():
            return [plain(item) for item in value.of]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def _parts(value: Any, indent: int, newline: str) -> Iterator[str]:
    deeper = newline + indent * " "
    match value:
        case dict() if _is_open(value):
            separator = "{"
            for key, item in value.items():
                yield f"{separator}{deeper}{_dumped(key, indent, deeper)}: "
                yield from _parts(item, indent, deeper)
                separator = ","
            yield f"{newline}}}"
        case Items() | list() if _is_open(value):
            separator = "["
            for item in value.of if isinstance(value, Items) else value:
                yield separator + deeper
                yield from _parts(item, indent, deeper)
                separator = ","
            yield "[]" if separator == "[" else f"{newline}]"
        case _:
            yield _dumped(value, indent, newline)


def _is_open(value: Any) -> bool:
    """Return whether some of it is still to be made."""
    match value:
        case Items():
            return True
        case Mapping():
            return any(map(_is_open, value.values()))
        case list():
            return any(map(_is_open, value))
        case _:
            return False


def _dumped(value: Any, indent: int, newline: str) -> str:
    # A line end within a value is escaped, so each of these is between two values.
    return json.dumps(value, indent=indent, ensure_ascii=False).replace("\n", newline)
