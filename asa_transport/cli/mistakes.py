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
# What people type who come from other programs, and what it is here.
_COMMANDS_ELSEWHERE: Final = {
    "apply": "push",
    "deploy": "push",
    "commit": "push --commit",
    "collect": "audit",
    "run": "audit",
    "history": "runs",
    "validate": "inventory check",
    "help": "--help",
    "version": "--version",
}
_OPTIONS_ELSEWHERE: Final = {
    "--forks": "--workers",
    "-f": "--workers",
    "--threads": "--workers",
    "--host": "--limit",
    "--hosts": "--limit",
    "--device": "--limit",
    "--devices": "--limit",
    "--timeout": "--device-timeout",
    "--diff": "--since",
    "--json": "--format",
    "--out": "--output",
    "--out-file": "--output",
    "--key-file": "--key",
}
_DRY_RUN: Final = "a push is a dry run until --commit is given"
_SOURCED: Final = "the inventory says where the password comes from, under credentials"
_USER: Final = "the user name stands in the inventory, as username"
_NEVER_OPTIONS: Final = {
    "--format": "this command has only one format",
    **dict.fromkeys(("--user", "--username", "-u"), _USER),
    **dict.fromkeys(("--check", "-C", "--dry-run", "-n"), _DRY_RUN),
    **dict.fromkeys(("--password", "--ask-pass", "-k", "--secret"), _SOURCED),
}
# `-q` and the like are the end of nothing.
_SHORT: Final = 2
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
            said = _no_option(str(option), context)
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
        return f"there is no command {found['name']!r}{_command_meant(found['name'], context)}"
    return raw[:1].lower() + raw[1:]


def _no_option(option: str, context: Any) -> str:
    known = _options(context)
    if context is not None and context.parent is None and _is_of_a_command(option, context):
        given = [word for word in context.meta.get(WORDS, ()) if word in context.command.commands]
        if given:
            return f"{given[0]} has no option {option}"
        return f"the command is missing; write it first, e.g. asa-transport audit {option} …"
    if option in _NEVER_OPTIONS:
        return f"there is no option {option}; {_NEVER_OPTIONS[option]}"
    meant = _OPTIONS_ELSEWHERE.get(option)
    if meant in known:
        return f"there is no option {option} (did you mean {meant}?)"
    # `--sign-key` for `--key`: one is the end of the other.
    ends = [name for name in known if len(name) > _SHORT and option.endswith(name.removeprefix("-"))]
    near = _nearest(option, known) or (f" (did you mean {ends[0]}?)" if ends else "")
    return f"there is no option {option}{near}"


def _is_of_a_command(option: str, context: Any) -> bool:
    """Return whether some command has this option."""
    found = (context.command.whole(name) for name in context.command.commands)
    return any(
        option in param.opts
        for command in found
        for one in (command, *getattr(command, "commands", {}).values())
        for param in one.params
    )


def _command_meant(name: str, context: Any) -> str:
    """Return which command may be meant: of a similar name, of another program's, or one of a group."""
    if context is None:
        return ""
    near = _nearest(name, context.command.commands)
    if near or context.parent is not None:
        return near
    if name in _COMMANDS_ELSEWHERE:
        return f" (did you mean {_COMMANDS_ELSEWHERE[name]}?)"
    groups = [group for group in context.command.commands if name in _below(context, group)]
    return f" (did you mean {' or '.join(f'{group} {name}' for group in groups)}?)" if groups else ""


def _below(context: Any, group: str) -> Iterable[str]:
    below: Iterable[str] = getattr(context.command.whole(group), "commands", ())
    return below


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
    if low is None:
        return raw
    kind = "a number" if isinstance(low, float) else "a whole number"
    span = f", {low:g} or more" if high is None else f" from {low:g} to {high}"
    return f"{_seen(param, context)}expected {kind}{span}"


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
    folded = {one.lower(): one for one in known}
    near = difflib.get_close_matches(word.lower(), list(folded), n=1, cutoff=0.7)
    return f" (did you mean {folded[near[0]]}?)" if near else ""


def _meant(context: Any) -> str:
    """Return what is meant most often by a word too many."""
    if {"--limit", "--inventory"} <= set(_options(context)):
        return "; devices are chosen with -l, the inventory file with -i"
    return ""
