"""Print who serves which region: as a table, or as the document that `workers status --format json` gives."""

from __future__ import annotations

import sys
from typing import Any, Final

from rich.text import Text

from asa_transport._version import __version__
from asa_transport.cli.console import console, plain, print_json, say
from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.views.fitting import Column, Drop, print_fitted
from asa_transport.flows.regions import RegionStatus, WorkersStatus
from asa_transport.model.dispatch import LiveWorker
from asa_transport.text import instant

SCHEMA: Final = "asa-transport/workers/1"
_STEPS: Final = (Drop("catalogue"), Drop("since (UTC)"), Drop("user"), Drop("pid"))
# Twice what a worker takes between two signs of life, and a slow database.
_LATE_S: Final = 10.0


def print_workers(status: WorkersStatus, shape: OutputFormat, *, no_color: bool) -> None:
    """Print them; say on stderr what is not as it should be."""
    if shape is OutputFormat.JSON:
        print_json(
            {
                "schema": SCHEMA,
                "version": __version__,
                "broker_error": status.broker_error,
                "regions": [_region(one) for one in status.regions],
            }
        )
    elif status.regions:
        _print_table(status, no_color=no_color)
    else:
        say("there is no worker; start one in each region: asa-transport worker --region REGION")
    if status.broker_error is not None:
        say(f"warning: {status.broker_error}")
    for one in status.regions:
        if not one.workers:
            say(f"warning: no worker serves the region {one.region!r}")


def _print_table(status: WorkersStatus, *, no_color: bool) -> None:
    rows = [(one, worker) for one in status.regions for worker in (one.workers or (None,))]
    columns = (
        Column(heading="region", cells=[plain(one.region) for one, _ in rows]),
        Column(heading="queued", cells=[_queued(one) for one, _ in rows], is_right=True),
        Column(heading="does", cells=[plain(_does(worker)) for _, worker in rows]),
        Column(heading="machine", cells=[_machine(worker) for _, worker in rows]),
        Column(heading="user", cells=[plain(worker.record.user if worker else "") for _, worker in rows]),
        Column(
            heading="pid",
            cells=[plain(str(worker.record.pid) if worker else "") for _, worker in rows],
            is_right=True,
        ),
        Column(heading="version", cells=[_version(worker) for _, worker in rows]),
        Column(
            heading="catalogue",
            cells=[plain(worker.record.catalogue if worker else "") for _, worker in rows],
        ),
        Column(
            heading="since (UTC)",
            cells=[plain(f"{worker.record.started_at:%m-%d %H:%M}" if worker else "") for _, worker in rows],
        ),
        Column(heading="heard", cells=[_heard(worker) for _, worker in rows], is_right=True),
        Column(
            heading="works on", cells=[plain((worker.run or "-") if worker else "") for _, worker in rows]
        ),
    )
    print_fitted(console(sys.stdout, no_color=no_color), columns, _STEPS)


def _queued(one: RegionStatus) -> Text:
    return plain("?" if one.queued is None else str(one.queued))


def _machine(worker: LiveWorker | None) -> Text:
    return Text("no worker", style="bold red") if worker is None else plain(worker.record.machine)


def _does(worker: LiveWorker | None) -> str:
    if worker is None:
        return ""
    return "push" if worker.record.is_pushing else "audit"


def _version(worker: LiveWorker | None) -> Text:
    if worker is None:
        return plain("")
    found = plain(worker.record.version)
    if worker.record.version != __version__:
        found.stylize("bold red")
    return found


def _heard(worker: LiveWorker | None) -> Text:
    if worker is None:
        return plain("")
    return Text(f"{worker.silent_s:.0f} s", style="red" if worker.silent_s > _LATE_S else "")


def _region(one: RegionStatus) -> dict[str, Any]:
    return {
        "region": one.region,
        "queued": one.queued,
        "workers": [
            {
                "key": worker.key,
                "machine": worker.record.machine,
                "user": worker.record.user,
                "pid": worker.record.pid,
                "version": worker.record.version,
                "catalogue": worker.record.catalogue,
                "templates": worker.record.templates,
                "sessions": worker.record.sessions,
                "pushes": worker.record.is_pushing,
                "started_at": instant(worker.record.started_at),
                "silent_s": round(worker.silent_s, 1),
                "run": worker.run,
            }
            for worker in one.workers
        ],
    }
