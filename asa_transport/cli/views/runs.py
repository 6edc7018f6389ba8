"""Print the runs that are kept: as a table, or as the document that `runs --format json` gives."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from asa_transport.cli.console import console, plain, print_json
from asa_transport.core.pushing.unsettled import names_of
from asa_transport.flows.history import RunList
from asa_transport.model import RunStatus, Severity, StoredRun, Unsettled
from asa_transport.text import instant

_STYLE = {RunStatus.RUNNING: "cyan", RunStatus.FINISHED: "green", RunStatus.INTERRUPTED: "bold red"}
_URGENT_FIRST = tuple(reversed(Severity))
SCHEMA = "asa-transport/runs/1"


def print_runs_json(kept: RunList) -> None:
    """Print the document."""
    records = [_record(run, kept.unsettled) for run in kept.runs]
    print_json({"schema": SCHEMA, "store": kept.place, "runs": records})


def unsettled_text(left: Sequence[Unsettled]) -> str:
    """Return what to say of firewalls that a push left between two states; not of none."""
    names = ", ".join(dict.fromkeys(entry.device for entry in left))
    newest = max(entry.run for entry in left)
    return (
        f"unsettled: {names}: a push left them unproven or unsaved (AT601); 'asa-transport resume {newest}' "
        "looks at them"
    )


def _record(run: StoredRun, left: Sequence[Unsettled]) -> dict[str, Any]:
    return {
        "id": run.id,
        "kind": run.kind,
        "status": run.status.value,
        "started_at": instant(run.started_at),
        "finished_at": instant(run.finished_at),
        "as_of": instant(run.as_of),
        "inventory": run.inventory,
        "limit": list(run.limit),
        "tool_version": run.tool_version,
        "exit_code": run.exit_code,
        "devices": run.devices,
        "not_audited": run.not_audited,
        "by_severity": {severity.value: count for severity, count in run.by_severity.items()},
        "size": run.size,
        "unsettled": list(names_of(left, run.id)),
    }


def print_runs(kept: RunList, *, no_color: bool) -> None:
    """Print a row a run, the newest first."""
    left = kept.unsettled
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for heading in ("run", "when", "kind", "status"):
        table.add_column(heading, no_wrap=True)
    for heading in ("devices", "not audited"):
        table.add_column(heading, justify="right")
    table.add_column("findings")
    table.add_column("size", justify="right", no_wrap=True)
    for run in kept.runs:
        counts = [f"{run.by_severity[one]} {one}" for one in _URGENT_FIRST if run.by_severity.get(one)]
        if names := names_of(left, run.id):
            counts.append(f"unsettled: {', '.join(names)}")
        is_over = run.status is not RunStatus.RUNNING
        table.add_row(
            plain(run.id),
            Text(f"{run.started_at:%Y-%m-%d %H:%M}"),
            plain(run.kind + (f" -l {','.join(run.limit)}" if run.limit else "")),
            Text(run.status.value, _STYLE[run.status]),
            Text(str(run.devices)),
            Text(str(run.not_audited) if is_over else ""),
            plain(", ".join(counts)),
            Text(_size(run.size) if is_over else ""),
        )
    console(sys.stdout, no_color=no_color).print(table)


def _size(count: float) -> str:
    """Return bytes as a person reads them, in powers of 1000."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
