"""Fit a table into a terminal: what matters most is never cropped, and what has to give way is named.

A column is first said in fewer words, then folded onto more lines, and left out only then; in which
order, the table's own steps say.  Nothing is cut with an ellipsis: half a run id or half a
verdict is a wrong one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

_GAP: Final = 2


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
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False, padding=(0, _GAP, 0, 0))
    for column, width in found.columns:
        table.add_column(
            column.heading, justify="right" if column.is_right else "left", overflow="fold", width=width
        )
    for cells in zip(*(column.cells for column, _ in found.columns), strict=True):
        table.add_row(*cells)
    console.print(table)
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
