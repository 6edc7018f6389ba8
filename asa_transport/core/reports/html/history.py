"""Turn the runs that are kept into columns: how many devices used which transport in each.

Pure.  The run of the report itself is always the last of them, counted from its own
outcomes.  One run is no history: there are no columns then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from asa_transport.core.reports.html.charts import Part, percent, stacked
from asa_transport.core.reports.report import Report, RunTransport, run_transport
from asa_transport.text import instant, visible

# A month of nights; more columns are thinner than their gaps on a telephone.
LAST: Final = 30
_FEWEST: Final = 2
# Part of a column's place that is left free.
_GAP: Final = 0.18


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One run, its column from bottom to top; places and sizes are percentages."""

    run_id: str
    started_at: str
    x: str
    width: str
    parts: tuple[Part, ...]
    run: RunTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The last runs, the oldest first; `columns` is empty where there are fewer than two."""

    columns: tuple[Column, ...]
    runs: int
    most: int


def history(report: Report) -> History:
    """Return the columns of the last runs."""
    # They are in their order: a clock that was wrong one night does not change it.
    earlier = [run for run in report.history if run.run_id != report.run.id]
    ordered = [*earlier, run_transport(report.run, report.ordered)]
    shown = ordered[-LAST:]
    most = max(map(_total, shown))
    if len(shown) < _FEWEST:
        return History(columns=(), runs=len(ordered), most=most)
    step = 100 / len(shown)
    columns = (
        Column(
            run_id=visible(run.run_id),
            started_at=instant(run.started_at) or "",
            x=f"{(number + _GAP / 2) * step:.2f}",
            width=f"{(1 - _GAP) * step:.2f}",
            parts=_upwards(run, most),
            run=run,
        )
        for number, run in enumerate(shown)
    )
    return History(columns=tuple(columns), runs=len(ordered), most=most)


def _total(run: RunTransport) -> int:
    return run.smart + run.callhome + run.unknown + run.not_audited


def _upwards(run: RunTransport, most: int) -> tuple[Part, ...]:
    """Return the pieces with `x` as the distance of their top from the top of the chart."""
    counts = (
        (run.smart, "smart"),
        (run.callhome, "callhome"),
        (run.unknown, "unknown"),
        (run.not_audited, "missing"),
    )
    parts = stacked(counts, most)
    return tuple(
        Part(x=percent(100 - float(part.x) - float(part.width), 100), width=part.width, kind=part.kind)
        for part in parts
    )
