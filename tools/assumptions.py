"""The table of assumptions in docs/doctor.md."""

from __future__ import annotations

from collections.abc import Iterator

from asa_transport.files import assumptions
from tools import parts


def filled(page: str) -> str:
    """Return the page with its made part as it is today."""
    return parts.filled(page, {"assumptions": _rows}, path="docs/doctor.md")


def _rows() -> Iterator[str]:
    yield "| assumption | what is assumed | effect | shown by |"
    yield "|---|---|---|---|"
    for row in assumptions.load():
        shown = ", ".join(f"`{command}`" for command in row.shown_by)
        yield f"| `{row.id}` | {row.statement} | {row.effect.value} | {shown} |"
