"""Write a document as JSON while parts of it are still being made, item by item.

Pure.  The text says what `json.dumps` with an indent of two says of the same values; of a list of ten
thousand devices no more than one is there at a time.  `orjson` writes it, because Python's own writer of
indented JSON takes longer for a device than all of its judgement.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import orjson

INDENT: Final = 2
# Of JSON's own values only: of a date nobody but us knows how it is written.
_OPTIONS: Final = orjson.OPT_INDENT_2 | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


@dataclass(frozen=True, slots=True)
class Items:
    """A list whose items are made when they are written; it is written once."""

    of: Iterable[Any]


class _Unfinished(Exception):
    """Some of it is still to be made."""


def texts(value: Any) -> Iterator[str]:
    """Yield the JSON of a value in parts, with a line end behind it.

    Args:
        value: JSON's own values, with `Items` in the place of lists, at any depth of objects and lists.
    """
    yield from _parts(value, "\n")
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


def _parts(value: Any, newline: str) -> Iterator[str]:
    try:
        whole = _dumped(value, newline)
    except _Unfinished:
        yield from _opened(value, newline)
    else:
        yield whole


def _opened(value: Any, newline: str) -> Iterator[str]:
    deeper = newline + INDENT * " "
    if isinstance(value, dict):
        separator = "{"
        for key, item in value.items():
            yield f"{separator}{deeper}{_dumped(key, deeper)}: "
            yield from _parts(item, deeper)
            separator = ","
        yield f"{newline}}}"
        return
    separator = "["
    for item in value.of if isinstance(value, Items) else value:
        yield separator + deeper
        yield from _parts(item, deeper)
        separator = ","
    yield "[]" if separator == "[" else f"{newline}]"


def _dumped(value: Any, newline: str) -> str:
    # A line end within a value is escaped, so each of these is between two values.
    return _text(value).replace("\n", newline)


def _text(value: Any) -> str:
    try:
        return orjson.dumps(value, default=_unfinished, option=_OPTIONS).decode()
    except orjson.JSONEncodeError as error:
        if isinstance(error.__cause__, _Unfinished):
            raise error.__cause__ from None
        # Half a surrogate pair, from a file's name, is no text of UTF-8's: only Python writes it.
        return json.dumps(value, default=_unfinished, indent=INDENT, ensure_ascii=False)


def _unfinished(value: Any) -> NoReturn:
    if isinstance(value, Items):
        raise _Unfinished
    raise TypeError(f"a document holds a {type(value).__name__}")
