"""Convert the words of a command line that are plainly what an option takes.

typer converts each value with pydantic, also one that nobody gave; importing that and building its
validators takes longer than most commands.  Plain are: nothing, text, a choice as it is listed, a number
of digits within its limits, and a path that no rule of its option forbids.  All else is typer's to convert
and to refuse, and what is converted here is what typer would have made of it (a test compares).

What an option takes is read from typer's own record of it; a typer that has none converts everything.
"""

from __future__ import annotations

import enum
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, get_args, get_origin

# What is not plain; None is, where no value was given.
NOT_PLAIN: Final = object()
# A longer number is beyond every limit.
_MOST_DIGITS: Final = 15


def convert_plainly(param: Any) -> None:
    """Let a parameter convert what is plain itself, and ask typer for the rest; twice is once."""
    if getattr(param, "type_descriptor", None) is not None and "process_value" not in vars(param):
        param.process_value = functools.partial(_processed, param, param.process_value)


def _processed(param: Any, by_typer: Callable[[Any, Any], Any], ctx: Any, value: Any) -> Any:
    plain = converted(param, value)
    if plain is NOT_PLAIN or (param.required and param.value_is_missing(plain)):
        return by_typer(ctx, value)
    return plain if param.callback is None else param.callback(ctx, param, plain)


def converted(param: Any, value: Any) -> Any:
    """Return what typer would make of the value, `NOT_PLAIN` where that takes typer to say."""
    kind, info = param.type_descriptor.annotation, param.type_descriptor.parameter_info
    if not (param.multiple or param.nargs == -1):
        return None if value is None else _one(kind, info, value)
    if value is None:
        return ()
    if get_origin(kind) is not list or not isinstance(value, list | tuple):
        return NOT_PLAIN
    found = [_one(get_args(kind)[0], info, one) for one in value]
    return NOT_PLAIN if any(one is NOT_PLAIN for one in found) else found


def _one(kind: Any, info: Any, value: Any) -> Any:
    if info.parser is not None or not isinstance(kind, type) or not _is_whole(value):
        return NOT_PLAIN
    if issubclass(kind, enum.Enum):
        return _choice(kind, info, value)
    if kind is Path:
        return _path(info, value)
    if kind in {int, float}:
        return _number(kind, info, value)
    return value if kind in {str, bool} and type(value) is kind else NOT_PLAIN


def _is_whole(value: Any) -> bool:
    """Return whether nothing in a text is half a character, as bytes that no encoding knows become."""
    return not isinstance(value, str) or value.isascii() or value.isprintable()


def _choice(kind: type[enum.Enum], info: Any, value: Any) -> Any:
    if isinstance(value, kind):
        return value
    if not info.case_sensitive:
        return NOT_PLAIN
    return next((one for one in kind if one.value == value), NOT_PLAIN)


def _number(kind: type[int | float], info: Any, value: Any) -> Any:
    if isinstance(value, str) and value.isascii() and len(value) <= _MOST_DIGITS:
        digits = value.replace(".", "", 1) if kind is float else value
        value = kind(value) if digits.isdecimal() else value
    if type(value) is not kind or info.clamp:
        return NOT_PLAIN
    is_enough = info.min is None or value >= info.min
    return value if is_enough and (info.max is None or value <= info.max) else NOT_PLAIN


def _path(info: Any, value: Any) -> Any:
    has_rules = (
        info.exists or info.writable or info.resolve_path or info.allow_dash or info.path_type is not None
    )
    if has_rules or not (info.file_okay and info.dir_okay) or not isinstance(value, str | Path):
        return NOT_PLAIN
    path = Path(value)
    try:
        path.stat()
    # What is not there yet, typer leaves to the command.
    except OSError:
        return path
    # A zero byte.
    except ValueError:
        return NOT_PLAIN
    return path if not info.readable or os.access(path, os.R_OK) else NOT_PLAIN
