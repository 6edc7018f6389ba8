"""What the facts are made of: each command's table, and a notebook of proofs and doubts.

Pure.  A refused command is recognised here and never given to a template: its silence
is no statement about the device.

Source: unicon.plugins and Netspoc-Approve (error texts).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar

from asa_transport.asa.replies import is_denial, is_marker, is_refusal
from asa_transport.core.parsing.lines import PROMPT_ECHO, Line, cut, to_lines, without_chatter
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.parsing.walk import Cell, Table
from asa_transport.model import Block, Capture, Evidence, UnknownLine

T = TypeVar("T")
# What an answer says, or the line that refuses it, and how many lines of it are chatter.
Said: TypeAlias = tuple[Table | Evidence, int] | None
# Given the templates, the command, its answer and the prompt behind it.
ReadAnswer: TypeAlias = Callable[[TableSet, str, str, str], Said]
# An audit asks a dozen commands, a push some more.
_OF_ONE_DEVICE: Final = 32


def refusal(lines: Iterable[Line]) -> Line | None:
    """Return the line with which the device refused the command, or `None` where it answered."""
    for line in lines:
        text = line.text
        if not text.strip() or is_marker(text) or PROMPT_ECHO.match(text):
            continue
        return None if not is_refusal(text) else _unauthorized(lines) or line
    return None


def _unauthorized(rest: Iterable[Line]) -> Line | None:
    """Return the line below `% Invalid input` that says whether the command exists (operator knowledge)."""
    return next((line for line in rest if is_denial(line.text)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """The tables of one device's outputs by command, and the commands that were refused.

    Attributes:
        chatter: How many lines nobody asked for; no template saw them.
    """

    tables: Mapping[str, Table]
    refused: Mapping[str, Evidence]
    chatter: int = 0

    @property
    def unknown(self) -> tuple[UnknownLine, ...]:
        """The lines that no template knows."""
        return tuple(line for table in self.tables.values() for line in table.unknown)

    def several(self, *commands: str) -> tuple[Table, ...]:
        """Return the tables of those commands that were answered, in the order given."""
        return tuple(self.tables[command] for command in commands if command in self.tables)


def read(capture: Capture, templates: TableSet, answered: ReadAnswer) -> Readings:
    """Run each output's template; the last answer to a command counts, as in `Capture.output`."""
    tables: dict[str, Table] = {}
    refused: dict[str, Evidence] = {}
    skipped = 0
    for command, output in {output.command: output for output in capture.outputs}.items():
        # A prompt that cannot stand in it says nothing of an answer, and many firewalls give the same one.
        prompt = output.prompt if "#" in output.text or ">" in output.text else ""
        answer = answered(templates, command, output.text, prompt)
        if answer is None:
            continue
        said, chatter = answer
        skipped += chatter
        if isinstance(said, Table):
            tables[command] = said
        else:
            refused[command] = said
    return Readings(tables=tables, refused=refused, chatter=skipped)


# Half of a device's answers are those of the device before: so many are those of ten devices.
@functools.lru_cache(maxsize=128)
def read_answer(templates: TableSet, command: str, text: str, prompt: str) -> Said:
    """Return what an answer says, or the line that refuses it, and how many lines of it are chatter.

    `None` where no template reads the command.
    """
    name = templates.template_for(command)
    if name is None:
        return None
    printed = to_lines(text)
    lines = without_chatter(printed, prompt)
    chatter = len(printed) - len(lines)
    line = refusal(lines)
    if line is None:
        return templates.run(name, command, lines), chatter
    shown = cut(line)
    return Evidence(command=command, line=shown.number, text=shown.text), chatter


def for_one_device() -> ReadAnswer:
    """Return `read_answer` with a memory of its own, for a device whose answers are read again and again.

    A push asks one thing more and judges all that it knows, some fifty times, and many devices take turns:
    none of them may make another's be read anew.
    """
    return functools.lru_cache(maxsize=_OF_ONE_DEVICE)(read_answer)


@dataclass(slots=True)
class Notes:
    """Proofs and doubts gathered while one device's facts are made; lives for that only."""

    sources: dict[str, Evidence] = field(default_factory=dict)
    doubts: list[UnknownLine] = field(default_factory=list)

    def prove(self, name: str, cell: Cell) -> None:
        """Keep the line that a fact came from."""
        self.sources[name] = cell.evidence

    def doubt(self, cell: Cell, block: Block, fact: str, seen: str) -> None:
        """Keep a line whose value is not understood or contradicts another; it leaves this fact open."""
        reason = f"{fact}: {seen}"
        self.doubts.append(UnknownLine(evidence=cell.evidence, block=block, reason=reason, fact=fact))

    def choose(
        self, name: str, block: Block, cells: Iterable[Cell], understand: Callable[[str], T | None]
    ) -> T | None:
        """Return what the first cell says; what cannot be understood, or disagrees, is a doubt.

        A first cell that is not understood gives `None`, whatever the later ones say: they
        must not make an unreadable device look healthy.
        """
        chosen: T | None = None
        first: Cell | None = None
        for cell in cells:
            value = understand(cell.value.strip())
            if value is None:
                self.doubt(cell, block, name, f"the value {cell.value.strip()!r:.80} is not known")
            elif first is None:
                self.prove(name, cell)
                chosen = value
            elif chosen is not None and value != chosen:
                place = f"{first.evidence.command!r} line {first.evidence.line}"
                self.doubt(cell, block, name, f"contradicts {place}, which says {first.value.strip()!r:.80}")
            first = first or cell
        return chosen


def cells(tables: Iterable[Table], name: str) -> tuple[Cell, ...]:
    """Return all cells of a value in several tables, table by table."""
    return tuple(cell for table in tables for cell in table.every(name))
