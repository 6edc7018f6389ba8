"""Fit a table into a terminal: what matters most is never cropped, and what has to give way is named.

A column is first said in fewer words, then folded onto more lines, and left out only then; in which
order, the table's own steps say.  Nothing is cut with an ellipsis: half a run id or half a
verdict is a wrong one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

_GAP: Final = 2
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column with all its cells.

    Attributes:
        short: The same cells in fewer words; `None` where there are none.
    """

    heading: str
    cells: Sequence[Text]
    is_right: bool = False
    short: Sequence[Text] | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a table that is printed row by row."""

    text: str
    is_right: bool = False
    has_short: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of it; `short` is the same in fewer words, where there are some."""

    text: Text
    short: Text | None = None

    def picked(self, *, is_short: bool) -> Text:
        """Return the words that are asked for."""
        return self.short if is_short and self.short is not None else self.text


@dataclass(frozen=True, slots=True)
class Shorten:
    """Say a column in fewer words."""

    column: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Fold a column onto more lines, down to this width, as far as there is need."""

    column: str
    least: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Leave a column out."""

    column: str


Step: TypeAlias = Shorten | Fold | Drop


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What is shown: the columns with their widths, and the headings of those that are left out."""

    columns: tuple[tuple[Column, int], ...]
    dropped: tuple[str, ...]


def fitted(columns: Sequence[Column], steps: Iterable[Step], width: int) -> Fitted:
    """Take as many steps as the width asks for; where all of them are too few, the table is too wide."""
    known = {column.heading: column for column in columns}
    folds: list[Fold] = []
    dropped: list[str] = []
    for step in steps:
        if _over(known, folds, width) <= 0:
            break
        match step:
            case Shorten(column=name):
                found = known.get(name)
                if found is not None and found.short is not None:
                    known[name] = Column(heading=name, cells=found.short, is_right=found.is_right)
            case Fold():
                folds.append(step)
            case Drop(column=name):
                if known.pop(name, None) is not None:
                    dropped.append(name)
    widths = _widths(known, folds, width)
    return Fitted(
        columns=tuple((column, widths[name]) for name, column in known.items()), dropped=tuple(dropped)
    )


def print_fitted(console: Console, columns: Sequence[Column], steps: Iterable[Step]) -> None:
    """Print the table at the width of the console, and what it left out."""
    found = fitted([column for column in columns if _has_content(column)], steps, console.width)
    table = _table(found)
    for cells in zip(*(column.cells for column, _ in found.columns), strict=True):
        table.add_row(*cells)
    console.print(table)
    _print_dropped(console, found)


def print_fitted_rows(
    console: Console,
    rows: Callable[[], Iterable[Sequence[Cell]]],
    headings: Sequence[Heading],
    steps: Iterable[Step],
    *,
    at_once: int = _AT_ONCE,
) -> None:
    """Print a table of more rows than should be in memory: what `print_fitted` prints of all of them.

    Args:
        rows: Gives the rows, a cell for each of the headings; once for the widths, and once to print.
        at_once: So many rows are made and printed together.
    """
    widest = [_Widest(heading) for heading in headings]
    is_empty = True
    for row in rows():
        is_empty = False
        for known, cell in zip(widest, row, strict=True):
            known.add(cell)
    columns = [known.column() for known in widest]
    shown = columns if is_empty else [column for column in columns if _has_content(column)]
    found = fitted(shown, steps, console.width)
    numbers = {heading.text: number for number, heading in enumerate(headings)}
    # A column that was shortened has no further short cells.
    picks = [
        (numbers[column.heading], column.short is None and headings[numbers[column.heading]].has_short)
        for column, _ in found.columns
    ]
    left, is_first = iter(rows()), True
    while (some := list(itertools.islice(left, at_once))) or is_first:
        table = _table(found)
        table.show_header = is_first
        for row in some:
            table.add_row(*(row[number].picked(is_short=is_short) for number, is_short in picks))
        console.print(table)
        is_first = False
    _print_dropped(console, found)


class _Widest:
    """The widest cell of a column, and the widest one in fewer words."""

    def __init__(self, heading: Heading) -> None:
        self._heading = heading
        self._cells: dict[bool, tuple[int, Text]] = {False: (0, Text()), True: (0, Text())}

    def add(self, cell: Cell) -> None:
        for is_short in (False, True):
            text = cell.picked(is_short=is_short)
            width = max((line.cell_len for line in text.split("\n")), default=0)
            if width > self._cells[is_short][0]:
                self._cells[is_short] = width, text

    def column(self) -> Column:
        """Return a column with these cells alone, which is as wide as the whole one."""
        return Column(
            heading=self._heading.text,
            cells=[self._cells[False][1]],
            is_right=self._heading.is_right,
            short=[self._cells[True][1]] if self._heading.has_short else None,
        )


def _table(found: Fitted) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False, padding=(0, _GAP, 0, 0))
    for column, width in found.columns:
        table.add_column(
            column.heading, justify="right" if column.is_right else "left", overflow="fold", width=width
        )
    return table


def _print_dropped(console: Console, found: Fitted) -> None:
    if found.dropped:
        console.print(
            Text(
                f"no room here for: {', '.join(found.dropped)} (a wider terminal, or a pipe, has it)", "dim"
            ),
            soft_wrap=not console.is_terminal,
        )


def _has_content(column: Column) -> bool:
    return any(cell.plain for cell in column.cells) or not column.cells


def _natural(column: Column) -> int:
    lines = (line.cell_len for cell in column.cells for line in cell.split("\n"))
    return max((Text(column.heading).cell_len, *lines))


def _widths(known: Mapping[str, Column], folds: Iterable[Fold], width: int) -> dict[str, int]:
    widths = {name: _natural(column) for name, column in known.items()}
    for fold in folds:
        over = sum(widths.values()) + _GAP * (len(widths) - 1) - width
        if over > 0 and fold.column in widths:
            least = min(fold.least, widths[fold.column])
            widths[fold.column] = max(least, widths[fold.column] - over)
    return widths


def _over(known: Mapping[str, Column], folds: Iterable[Fold], width: int) -> int:
    widths = _widths(known, folds, width)
    return sum(widths.values()) + _GAP * (len(widths) - 1) - width
