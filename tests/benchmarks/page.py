"""Turn figures into the page that is printed and kept: Markdown, nothing that was not measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

# What was found out by profiles, in words; the figures are those of the run.
_LIMITS = Path(__file__).with_name("limits.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One of P1-P7: what is asked, what came out, whether that is enough, how it was measured."""

    name: str
    title: str
    asked: str
    measured: str
    is_met: bool
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The measurements behind a figure; cells as they are printed."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Return the median, and the range where there is more than one value: ``12.1 [11.8-12.9]``."""
    shown = f"{median(values):.{digits}f}"
    if len(values) == 1:
        return shown
    return f"{shown} [{min(values):.{digits}f}-{max(values):.{digits}f}]"


def page(
    *, conditions: Sequence[str], figures: Sequence[Figure], tables: Sequence[Table], command: str
) -> str:
    """Return the whole page; `conditions` say when, where and with what it was measured."""
    lines = [
        "# Performance",
        "",
        "Written by the command below, from one run; to have other figures, run it again.",
        "",
        "```text",
        command,
        "```",
        "",
        *(f"- {line}" for line in conditions),
        "",
        "| | figure | asked | measured | |",
        "|---|---|---|---|---|",
        *(f"| {' | '.join(_cells(one))} |" for one in figures),
        "",
        "## How each was measured",
        "",
        *(f"- **{one.name}**: {one.how}" for one in figures),
    ]
    for table in tables:
        lines += ["", f"## {table.title}", ""]
        lines += [f"| {' | '.join(table.header)} |", f"|{'---|' * len(table.header)}"]
        lines += [f"| {' | '.join(row)} |" for row in table.rows]
        lines += ["", table.note] if table.note else []
    if not all(figure.is_met for figure in figures):
        lines += ["", _LIMITS.read_text(encoding="utf-8").rstrip()]
    return "\n".join(lines) + "\n"


def _cells(figure: Figure) -> tuple[str, ...]:
    verdict = "met" if figure.is_met else "not met"
    return figure.name, figure.title, figure.asked, figure.measured, verdict
