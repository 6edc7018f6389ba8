"""Lay out a table of many thousand rows as lines of text.

A table of rich costs a third of a millisecond a cell; this one a hundredth of that.  What a cell holds
is printable when it comes out, and never markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.cells import cell_len, chop_cells

from asa_transport.cli.console import printable

_GAP: Final = "  "
# Less than this is no column to read in.
_LEAST: Final = 10


def in_columns(rows: Sequence[Sequence[str]], width: int, *, folded: int) -> Iterator[str]:
    """Yield the lines of a table, line ends included; all rows have the same number of cells.

    Args:
        width: Of the terminal, in cells.
        folded: The column whose texts go on below where they have no room; the terminal breaks
            lines where the others alone need more than there is.
    """
    shown = [tuple(map(printable, row)) for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    around = sum(widths) - widths[folded] + len(_GAP) * (len(widths) - 1)
    widths[folded] = min(widths[folded], max(width - around, _LEAST))
    for row in shown:
        first, *more = _parts(row[folded], widths[folded])
        yield _line((*row[:folded], first, *row[folded + 1 :]), widths)
        below = [""] * len(row)
        for below[folded] in more:
            yield _line(below, widths)


def _parts(text: str, width: int) -> Sequence[str]:
    # One character may be two cells wide, so the length tells of ASCII only.
    is_short = text.isascii() and len(text) <= width
    return (text,) if is_short else (chop_cells(text, width) or (text,))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True))
    return _GAP.join(padded).rstrip() + "\n"
