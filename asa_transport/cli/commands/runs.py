"""`asa-transport runs`: the runs that are kept; contacts nothing."""

from __future__ import annotations

import enum
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asa_transport.cli.console import console, exit_on_user_error, plain, print_json, say
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.flows import inputs
from asa_transport.model import RunStatus, Severity
from asa_transport.model.ending import RunEnd
from asa_transport.text import instant

if TYPE_CHECKING:
    from rich.console import Console

    from asa_transport.model import StoredRun, Unsettled

_HOME, _VOICE = inputs.Home(), Voice()
_STYLE = {RunStatus.RUNNING: "cyan", RunStatus.FINISHED: "green", RunStatus.INTERRUPTED: "bold red"}
_URGENT_FIRST = tuple(reversed(Severity))
SCHEMA = "asa-transport/runs/1"


class Shape(enum.StrEnum):
    """How the runs are printed."""

    TABLE = "table"
    JSON = "json"


@with_bundles
def runs(
    shape: Annotated[
        Shape, typer.Option("--format", help="table for people, json for programs.")
    ] = Shape.TABLE,
    home: inputs.Home = _HOME,
    voice: Voice = _VOICE,
) -> None:
    """List the runs that are kept, the newest first; contacts nothing."""
    from asa_transport.flows import history, unsettled

    with exit_on_user_error(), history.opened(home) as store:
        left = unsettled.known(home.state)
        every = (*store.runs(), *history.pushes(home))
        found = tuple(sorted(every, key=lambda run: run.started_at, reverse=True))
        if shape is Shape.JSON:
            print_json(
                {"schema": SCHEMA, "store": store.place, "runs": [_record(run, left) for run in found]}
            )
        elif found:
            _print(console(sys.stdout, no_color=voice.no_color), found, left)
        else:
            say(f"{store.place}: no run is kept here; run 'asa-transport audit' first")
    if left:
        if not voice.quiet:
            say(_told(left))
        raise typer.Exit(RunEnd.STATE_UNKNOWN)


def _told(left: Sequence[Unsettled]) -> str:
    names = ", ".join(dict.fromkeys(entry.device for entry in left))
    newest = max(entry.run for entry in left)
    return (
        f"unsettled: {names}: a push left them unproven or unsaved (AT601); 'asa-transport resume {newest}' "
        "looks at them"
    )


def _record(run: StoredRun, left: Sequence[Unsettled]) -> dict[str, Any]:
    from asa_transport.core.pushing.unsettled import names_of

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


def _print(out: Console, found: tuple[StoredRun, ...], left: Sequence[Unsettled]) -> None:
    from rich.table import Table
    from rich.text import Text

    from asa_transport.core.pushing.unsettled import names_of

    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for heading in ("run", "when", "kind", "status"):
        table.add_column(heading, no_wrap=True)
    for heading in ("devices", "not audited"):
        table.add_column(heading, justify="right")
    table.add_column("findings")
    table.add_column("size", justify="right", no_wrap=True)
    for run in found:
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
    out.print(table)


def _size(count: float) -> str:
    """Return bytes as a person reads them, in powers of 1000."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
