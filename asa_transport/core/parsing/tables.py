"""Compile TextFSM templates once, and run them over command outputs.

Pure; the one file of the core that knows textfsm.  TextFSM reads and checks the
templates; `walk` runs them, for three reasons.  TextFSM's own run gives no line numbers,
and a judgement without the line that proves it is worth little.  It keeps the run's
state inside the compiled template, so two threads that share one would mix the lines of
two firewalls.  And it cuts its input with `str.splitlines`, which lets a form feed forge
a line.  A test holds the records of `walk` equal to TextFSM's own on every golden case.

Source: textfsm 2.1.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence, Set

import textfsm

from asa_transport.asa import commands
from asa_transport.asa.commands import Kind
from asa_transport.core.parsing.lines import Line, cut, to_lines, without_chatter
from asa_transport.core.parsing.unflatten import unflatten
from asa_transport.core.parsing.walk import Cell, Program, Record, Rule, State, Table, Walk
from asa_transport.errors import TemplateError

__all__ = ["Cell", "Record", "Table", "TableSet"]

SUFFIX = ".textfsm"


class TableSet:
    """All templates, compiled once; safe to share between threads."""

    __slots__ = ("_programs",)

    def __init__(self, templates: Mapping[str, str]) -> None:
        """Compile template texts by file name, with or without ``.textfsm``.

        Raises:
            TemplateError: A template is malformed; names it and the line.
        """
        names = {name.removesuffix(SUFFIX): text for name, text in templates.items()}
        self._programs = {name: _compile(name, text) for name, text in names.items()}

    def template_for(self, command: str) -> str | None:
        """Return the name of the template that reads a command; `None` where there is none here."""
        name = commands.template_of(command)
        return name if name in self._programs else None

    def table(self, command: str, text: str) -> Table | None:
        """Return what the command's template reads in its output; `None` where there is no template."""
        name = self.template_for(command)
        if name is None:
            return None
        return self.run(name, command, without_chatter(to_lines(text)))

    def run(self, name: str, command: str, lines: Sequence[Line]) -> Table:
        """Run one template by its name over lines that `to_lines` made."""
        program = self._programs[name]
        walk = Walk(program, command)
        for line in unflatten(lines) if program.may_be_paste else lines:
            walk.take(cut(line))
        walk.finish()
        return Table(command=command, records=tuple(walk.records), unknown=tuple(walk.unknown))


class _TemplateFile:
    """The little of a file that TextFSM wants; knows the line it was read to."""

    def __init__(self, text: str) -> None:
        self.line = 0
        self._lines = self._read(text)

    def _read(self, text: str) -> Iterator[str]:
        for number, line in enumerate(text.split("\n"), 1):
            self.line = number
            yield line

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def seek(self, offset: int) -> None:
        """Do nothing: TextFSM rewinds a file that nobody reads again."""


# A program that audits more than once compiles the same texts; what comes of them is never changed.
@functools.lru_cache(maxsize=64)
def _compile(name: str, text: str) -> Program:
    file = _TemplateFile(text)
    try:
        machine = textfsm.TextFSM(file)
    # TextFSM meets some malformed lines with an index, attribute or type error of its own.
    except (
        textfsm.TextFSMTemplateError,
        re.error,
        LookupError,
        AttributeError,
        TypeError,
        ValueError,
    ) as error:
        raise TemplateError(
            f"{name}{SUFFIX}:{file.line}: reading the template: {error}\n"
            "  hint: the syntax is TextFSM's: Value lines, an empty line, then states"
        ) from error
    options = {value.name: set(value.OptionNames()) for value in machine.values}
    for value, chosen in options.items():
        if "Fillup" in chosen:
            raise TemplateError(
                f"{name}{SUFFIX}: Value {value}: the option Fillup is not supported\n"
                "  hint: a value is tied to the line that it came from; use Filldown"
            )
    return Program(
        states={
            state: State(tuple(_rule(rule, options.keys()) for rule in rules))
            for state, rules in machine.states.items()
        },
        lists=frozenset(value for value, chosen in options.items() if "List" in chosen),
        required=frozenset(value for value, chosen in options.items() if "Required" in chosen),
        filldown=frozenset(value for value, chosen in options.items() if "Filldown" in chosen),
        is_license=Kind.LICENSE in commands.kind_of(name),
        may_be_paste=Kind.PASTE in commands.kind_of(name),
    )


def _rule(rule: textfsm.TextFSMRule, values: Set[str]) -> Rule:
    pattern: re.Pattern[str] = rule.regex_obj.regex
    return Rule(
        pattern=pattern,
        names=tuple(name for name in pattern.groupindex if name in values),
        goes_on=rule.line_op == "Continue",
        is_error=rule.line_op == "Error",
        record_op=rule.record_op,
        new_state=rule.new_state,
    )
