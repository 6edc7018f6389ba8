"""Say what is wrong with a command line: in one line, as of every other mistake, and where the help is.

What click says is put in our words: where, what was seen, what was expected.  What it says of something
that is not known here keeps its own.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, Final

from asa_transport.cli.command_first import WORDS
from asa_transport.cli.console import say

# Of the exceptions of click, or of the copy of it that a typer carries: only their names are the same.
_HELP_WAS_PRINTED: Final = "NoArgsIsHelpError"
_TOO_MANY: Final = re.compile(r"got unexpected extra arguments?(?:\(s\))? \((?P<words>.*)\)", re.IGNORECASE)
_NO_COMMAND: Final = re.compile(r"no such command '(?P<name>.*?)'", re.IGNORECASE)
_NO_CHOICE: Final = re.compile(r"(?:value error, )?'(?P<seen>.*)' is not one of (?P<known>.*)", re.I)


def say_mistake(error: Any) -> None:
    """Say what an exception of the command line's has to say."""
    if type(error).__name__ != _HELP_WAS_PRINTED:
        say(_line(error))


def _line(error: Any) -> str:
    context = getattr(error, "ctx", None)
    message = _message(error, context)
    if context is None:
        return f"error: {message}"
    _, _, command = context.command_path.partition(" ")
    where = f"{command}: " if command else ""
    return f"error: {where}{message}; see '{context.command_path} --help'"


def _message(error: Any, context: Any) -> str:
    raw = " ".join(str(error.format_message()).split()).rstrip(".")
    param, option = getattr(error, "param", None), getattr(error, "option_name", None)
    match type(error).__name__:
        case "NoSuchOption":
            said = f"there is no option {option}{_nearest(str(option), _options(context))}"
        case "BadOptionUsage" if option is not None:
            said = f"{option} takes no value" if "not take" in raw else f"{option} needs a value"
        case "MissingParameter" if param is not None:
            said = f"{_name(param)} is missing"
        case "BadParameter" if param is not None:
            said = f"{_name(param)}: {_reason(error, param, context)}"
        case _:
            said = _usage(raw, context)
    return said


def _usage(raw: str, context: Any) -> str:
    if found := _TOO_MANY.fullmatch(raw):
        return f"unexpected: {found['words']}{_meant(context)}"
    if found := _NO_COMMAND.match(raw):
        known = [] if context is None else list(context.command.commands)
        return f"there is no command {found['name']!r}{_nearest(found['name'], known)}"
    return raw[:1].lower() + raw[1:]


def _name(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar or param.name.upper())
    return " or ".join(sorted(param.opts, key=len, reverse=True))


def _reason(error: Any, param: Any, context: Any) -> str:
    """Return what was seen and what was expected."""
    raw = " ".join(str(error.message).split()).rstrip(".")
    if found := _NO_CHOICE.fullmatch(raw):
        known = re.findall(r"'([^']*)'", found["known"])
        return f"{found['seen']!r}{_nearest(found['seen'], known)}; expected one of: {', '.join(known)}"
    low, high = getattr(param, "min", None), getattr(param, "max", None)
    if low is None or (high is None and not isinstance(low, float)):
        return raw
    kind = "a number" if isinstance(low, float) else "a whole number"
    most = "" if high is None else f" to {high}"
    return f"{_seen(param, context)}expected {kind} from {low:g}{most}" + (" on" if high is None else "")


def _seen(param: Any, context: Any) -> str:
    """Return the word that was given, where the command has kept its words."""
    words = None if context is None else context.meta.get(WORDS)
    if words is None:
        return ""
    given, _, _ = context.command.make_parser(context).parse_args(args=list(words))
    value = given.get(param.name)
    return "" if value is None else f"{value!r}; "


def _options(context: Any) -> list[str]:
    return [] if context is None else [name for param in context.command.params for name in param.opts]


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f" (did you mean {near[0]}?)" if near else ""


def _meant(context: Any) -> str:
    """Return what is meant most often by a word too many."""
    if {"--limit", "--inventory"} <= set(_options(context)):
        return "; devices are chosen with -l, the inventory file with -i"
    return ""
