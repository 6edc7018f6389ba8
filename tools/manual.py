"""Write the manual page asa-transport(1) from the commands themselves.

`make pages` writes it to contrib/man/asa-transport.1.

Guarantees that every command and every option of `--help` is in it, in that order, and that the
page is the same wherever it is made: its date is the release's, and no path of this machine is in it.
Own code, because generators for click cannot read the commands of a typer that carries its own click.

Source: man-pages(7), groff_man(7).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import typer

from asa_transport._version import __date__, __version__
from asa_transport.cli.examples import EXAMPLES, Example
from asa_transport.cli.lazy import commands_of
from asa_transport.cli.main import app
from asa_transport.model.ending import PRECEDENCE, RunEnd

EXITS: Final = {
    RunEnd.OK: "Nothing wrong, nothing pending.",
    RunEnd.INTERNAL: "An internal error; please report it.",
    RunEnd.USAGE: "A mistake in the usage, the inventory or the policy; nothing was contacted.",
    RunEnd.FINDINGS: "Findings at or above --fail-on.",
    RunEnd.NOT_AUDITED: "Some device could not be audited.",
    RunEnd.CHANGES: "With plan --detailed-exitcode: at least one change is planned.",
    RunEnd.PUSH_STOPPED: "A guard or the failure budget stopped a push, or a device was refused or failed.",
    RunEnd.PLAN_UNUSABLE: "The plan is stale, altered, expired or already used.",
    RunEnd.STATE_UNKNOWN: "The state of a device is unknown, or a rollback failed: a person must look.",
    RunEnd.INTERRUPTED: "Interrupted.",
}
_ENVIRONMENT: Final = {
    "ASA_TRANSPORT_STATE_DIR": "Where runs are kept, as --state-dir.",
    "CREDENTIALS_DIRECTORY": "Where systemd leaves the credentials that {systemd: NAME} names.",
    "NO_COLOR": "No colours, as --no-color.",
    "HTTPS_PROXY, NO_PROXY": "The way to webhooks of --notify.",
}
_FILES: Final = {
    "inventory.yaml": "The inventory, where -i names no other.",
    "policy.yaml, exceptions.yaml, waivers.yaml": "Beside the inventory: the policy, and the ledgers of "
    "exceptions and waivers.",
    "~/.local/state/asa-transport/runs/": "What runs read and said.",
}
_WIDTH_OF_TERMS: Final = 8


def page() -> str:
    """Return the page, in the language of man(7)."""
    root: Any = typer.main.get_command(app)
    return "\n".join((*_head(root), *_commands(root, ("asa-transport",)), *_tail())) + "\n"


def _head(root: Any) -> Iterator[str]:
    summary = _first_line(root.help)
    yield f'.TH ASA\\-TRANSPORT 1 {__date__} "asa\\-transport {_text(__version__)}" "User Commands"'
    yield ".SH NAME"
    yield f"asa\\-transport \\- {_text(summary[0].lower() + summary[1:].rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield ".B asa\\-transport"
    yield ".I COMMAND"
    yield "[\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]..."
    yield ".SH DESCRIPTION"
    yield _text(root.help)
    yield "An audit changes nothing on any device: only lines of a fixed list of reads leave this machine."
    yield ".SH OPTIONS"
    yield from _options(root)
    yield ".SH COMMANDS"


def _commands(group: Any, above: tuple[str, ...]) -> Iterator[str]:
    for name, command in commands_of(group).items():
        if command.hidden:
            continue
        path = (*above, name)
        arguments = [_argument(one) for one in command.params if one.param_type_name == "argument"]
        if hasattr(command, "commands"):
            yield from _commands(command, path)
            continue
        usage = [f"\\fB{_text(' '.join(path))}\\fR", "[\\fIOPTION\\fR]...", *arguments]
        yield f".SS {_text(' '.join(path[1:]))}"
        yield " ".join(usage)
        yield ".PP"
        yield _text(command.help)
        yield from _options(command)
        yield from _examples(EXAMPLES.get(" ".join(path[1:]), ()))


def _examples(examples: Sequence[Example]) -> Iterator[str]:
    for one in examples:
        yield ".PP"
        yield f"{_text(one.does[0].upper() + one.does[1:])}:"
        yield ".PP"
        yield ".EX"
        yield f"    {_text(f'asa-transport {one.words}')}"
        yield ".EE"


def _argument(argument: Any) -> str:
    name = f"\\fI{_text(argument.metavar or argument.name.upper())}\\fR"
    dots = "..." if argument.nargs == -1 else ""
    return f"{name}{dots}" if argument.required else f"[{name}]{dots}"


def _options(command: Any) -> Iterator[str]:
    for option in command.params:
        # The words of these two are typer's, and change with it.
        if option.name in {"install_completion", "show_completion"}:
            continue
        if option.param_type_name == "option" and not option.hidden:
            names = ", ".join(f"\\fB{_text(name)}\\fR" for name in (*option.opts, *option.secondary_opts))
            value = _value(option)
            yield ".TP"
            yield f"{names} \\fI{_text(value)}\\fR" if value else names
            yield _text(" ".join(filter(None, (option.help, _default(option)))))


def _value(option: Any) -> str:
    if option.is_flag:
        return ""
    if option.metavar is None and isinstance(option.default, enum.Enum):
        return "|".join(str(one.value) for one in type(option.default))
    return str(option.metavar or "TEXT")


def _default(option: Any) -> str:
    default = option.default
    if isinstance(option.show_default, str):
        return f"Default: {option.show_default}."
    if option.is_flag or isinstance(default, bool) or not isinstance(default, int | float | str | Path):
        return ""
    if isinstance(default, float):
        return f"Default: {default:g}."
    return f"Default: {default.value if isinstance(default, enum.Enum) else default}."


def _tail() -> Iterator[str]:
    yield ".SH COMPLETION"
    yield _text(
        "asa-transport --install-completion makes the shell complete commands, options, the names of "
        "devices, groups, tags and regions of the inventory, and the ids of kept runs; nothing is contacted "
        "for it."
    )
    yield ".SH EXIT STATUS"
    yield from _terms({str(int(code)): text for code, text in EXITS.items()})
    yield ".PP"
    order = ", ".join(str(int(code)) for code in PRECEDENCE)
    yield f"When several apply, the first of these holds: {order}."
    yield ".SH ENVIRONMENT"
    yield from _terms(_ENVIRONMENT)
    yield ".SH FILES"
    yield from _terms(_FILES)
    yield ".SH SEE ALSO"
    yield ".BR ssh_config (5),"
    yield ".BR systemd.exec (5)"


def _terms(terms: dict[str, str]) -> Iterator[str]:
    for term, text in terms.items():
        yield f".TP {_WIDTH_OF_TERMS}"
        yield f".B {_text(term)}"
        yield _text(text)


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0]


def _text(text: str | None) -> str:
    """Return a text as one line of roff that means itself."""
    line = re.sub(r"\s+", " ", text or "").strip()
    for character, written in (("\\", "\\e"), ("-", "\\-"), ("~", "\\(ti"), ("^", "\\(ha"), ("`", "\\(ga")):
        line = line.replace(character, written)
    line = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in line)
    return f"\\&{line}" if line.startswith((".", "'")) else line
