"""Walk one output through one compiled template, and keep where each value came from.

Pure.  TextFSM's rules and options, without its state: a walk lives for one output, so
any number of threads may use one program.  Nothing that a device prints raises: a line
that no rule takes, that a rule calls `Error`, or that `lines` marked unreadable is
recorded as unknown, with the section that it stands in.

Source: textfsm 2.1, `TextFSM._CheckLine`, `_Operations` and `_AppendRecord`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from sys import intern

from asa_transport.core.parsing.lines import Line
from asa_transport.model import Block, Evidence, UnknownLine

UNKNOWN = "UNKNOWN"
# A device that floods must not fill the memory with proofs of it: so many unknown lines
# of each block of one output are kept one by one, the rest are counted.
MOST_UNKNOWN = 200
# Of each state; a template has some five, and an answer some forty lines that say the same everywhere.
_MOST_KEPT = 64
_LONGEST_KEPT = 200

# A state's name says the section that its lines stand in.
_SECTIONS = {
    "Transport": Block.TRANSPORT,
    "Registration": Block.REGISTRATION,
    "Authorization": Block.AUTHORIZATION,
}
# Outside these states an unknown line of a licensing output is put by its words, so that
# a heading that changed (`Transport Settings:`) still forbids a verdict.
_WORDS = (
    (Block.TRANSPORT, re.compile(r"transport|\btype:|\burl\b|proxy|\bvrf\b", re.IGNORECASE)),
    (
        Block.REGISTRATION,
        re.compile(
            r"registration|account|export|renewal|smart licensing is|reservation"
            r"|\bstatus:.*(?:regist|authori|eval|complian|expire|reserv)",
            re.IGNORECASE,
        ),
    ),
    (
        Block.AUTHORIZATION,
        re.compile(r"authori[sz]|communication|deadline|complian|evaluation|failure reason", re.IGNORECASE),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One captured value and the line that it stands in."""

    name: str
    value: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of a template, as the cells that made it, in the order they were read."""

    cells: tuple[Cell, ...]

    def first(self, name: str) -> Cell | None:
        """Return the first cell of a value, or `None` where no line gave one."""
        return next((cell for cell in self.cells if cell.name == name), None)

    def every(self, name: str) -> tuple[Cell, ...]:
        """Return all cells of a value: more than one where several lines gave it."""
        return tuple(cell for cell in self.cells if cell.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a template took from one output, and what it did not understand."""

    command: str
    records: tuple[Record, ...]
    unknown: tuple[UnknownLine, ...]

    def first(self, name: str) -> Cell | None:
        """Return the first cell of a value in any record."""
        return next((cell for record in self.records for cell in record.cells if cell.name == name), None)

    def every(self, name: str) -> tuple[Cell, ...]:
        """Return all cells of a value, in the order of the lines."""
        return tuple(cell for record in self.records for cell in record.cells if cell.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of a template's state; `new_state` is empty where it stays."""

    pattern: re.Pattern[str]
    names: tuple[str, ...]
    goes_on: bool
    is_error: bool
    record_op: str
    new_state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one rule takes from a line: the values of its groups that matched, by name."""

    rule: Rule
    values: tuple[tuple[str, str], ...]


class State:
    """One state of a template: which of its rules take a line.

    Most lines of a firewall stand in the same answer of the next one, letter by letter, so what was found
    of the last few is kept; of lines up to `_LONGEST_KEPT` characters, so that none can fill the memory.
    """

    __slots__ = ("_rules", "_short")

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._short: Callable[[str], tuple[Taken, ...]] = functools.lru_cache(_MOST_KEPT)(self._found)

    def taken(self, text: str) -> tuple[Taken, ...]:
        """Return what takes this line, in order: rules that go on, then the one that does not, if any."""
        return self._short(text) if len(text) <= _LONGEST_KEPT else self._found(text)

    def _found(self, text: str) -> tuple[Taken, ...]:
        return tuple(self._taking(text))

    def _taking(self, text: str) -> Iterator[Taken]:
        for rule in self._rules:
            match = rule.pattern.match(text)
            if match is None:
                continue
            values = ((name, match.group(name)) for name in rule.names)
            yield Taken(rule=rule, values=tuple((name, value) for name, value in values if value is not None))
            if rule.is_error or not rule.goes_on:
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One compiled template.

    Attributes:
        is_license: An unknown line outside the named sections is put by its words.
        may_be_paste: Single-line pastes of this output are known.
    """

    states: Mapping[str, State]
    lists: frozenset[str]
    required: frozenset[str]
    filldown: frozenset[str]
    is_license: bool
    may_be_paste: bool


class Walk:
    """One pass of one output through one template; lives for that pass only."""

    __slots__ = (
        "_cells",
        "_command",
        "_counts",
        "_fill",
        "_last",
        "_program",
        "_state",
        "records",
        "unknown",
    )

    def __init__(self, program: Program, command: str) -> None:
        self._program = program
        self._command = command
        self._state = "Start"
        self._cells: list[Cell] = []
        self._fill: dict[str, list[Cell]] = {}
        self._counts: dict[Block, int] = {}
        self._last: dict[Block, Evidence] = {}
        self.records: list[Record] = []
        self.unknown: list[UnknownLine] = []

    def take(self, line: Line) -> None:
        """Give one line to the rules of the present state."""
        if self._state in {"End", "EOF"}:
            return
        if line.fault is not None:
            self._doubt(line, line.fault)
            return
        # Trailing blanks are common (`License Authorization: `) and never carry meaning.
        text = line.text.rstrip()
        evidence = None
        for taken in self._program.states[self._state].taken(text):
            rule = taken.rule
            if rule.is_error:
                self._doubt(line, "the template calls it an error")
                return
            if taken.values:
                evidence = evidence or Evidence(
                    command=self._command, line=line.number, text=intern(line.text)
                )
                self._capture(taken, line, evidence)
            self._operate(rule.record_op)
            if not rule.goes_on:
                self._state = rule.new_state or self._state
                return
        if text:
            self._doubt(line, "no rule of the template takes it")

    def finish(self) -> None:
        """Record what is left, as TextFSM does at the end of its input."""
        if self._state != "End" and "EOF" not in self._program.states:
            self._operate("Record")
        for block, evidence in self._last.items():
            reason = f"the last of {self._counts[block]} lines that are not known here"
            self.unknown.append(UnknownLine(evidence=evidence, block=block, reason=reason))

    def _capture(self, taken: Taken, line: Line, evidence: Evidence) -> None:
        for name, value in taken.values:
            if name.startswith(UNKNOWN):
                # A rule that leads into a section stands in it itself.
                self._doubt(line, "not known to the template", taken.rule.new_state)
                continue
            cell = Cell(name=name, value=value, evidence=evidence)
            self._cells.append(cell)
            if name in self._program.filldown:
                kept = self._fill.get(name, []) if name in self._program.lists else []
                self._fill[name] = [*kept, cell]

    def _operate(self, operation: str) -> None:
        if operation == "Record":
            self._record()
        elif operation == "Clear":
            self._cells.clear()
        elif operation == "Clearall":
            self._cells.clear()
            self._fill.clear()

    def _record(self) -> None:
        own = {cell.name for cell in self._cells}
        filled = [cell for name, cells in self._fill.items() if name not in own for cell in cells]
        cells = (*filled, *self._cells)
        named = {cell.name for cell in cells if cell.value}
        if cells and self._program.required <= named:
            self.records.append(Record(cells=cells))
        self._cells.clear()

    def _doubt(self, line: Line, reason: str, state: str = "") -> None:
        evidence = Evidence(command=self._command, line=line.number, text=intern(line.text))
        block = _block(state or self._state, line.text, is_license=self._program.is_license)
        self._counts[block] = self._counts.get(block, 0) + 1
        if self._counts[block] > MOST_UNKNOWN:
            self._last[block] = evidence
            return
        self.unknown.append(UnknownLine(evidence=evidence, block=block, reason=reason))


def _block(state: str, text: str, *, is_license: bool) -> Block:
    for prefix, block in _SECTIONS.items():
        if state.startswith(prefix):
            return block
    # An entitlement's name is the customer's text, so words prove nothing there.
    if is_license and not state.startswith("Usage"):
        for block, words in _WORDS:
            # The beginning is enough, and bounds what a hostile line costs.
            if words.search(text, 0, 300):
                return block
    return Block.OTHER
