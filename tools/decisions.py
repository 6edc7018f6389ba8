"""Fill the part of docs/decisions.md that lists the rows of the decision table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from asa_transport.core.judgement.decisions.table import ROWS
from tools import parts


def _rows() -> Iterator[str]:
    yield "| row | verdict | situation |"
    yield "|---|---|---|"
    yield from (f"| {row.name} | {row.verdict.value} | {row.meaning} |" for row in ROWS)


decisions = partial(parts.filled, parts={"rows": _rows}, path="docs/decisions.md")
