"""`asa-transport workers status`: who serves which region; contacts no device."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from asa_transport.cli import options
from asa_transport.cli.console import exit_on_user_error
from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.flows import inputs
from asa_transport.model.ending import RunEnd

_BROKER, _LOCATION, _TONE = inputs.BrokerOptions(), inputs.StateLocation(), Tone()

app = typer.Typer(help="Show which workers serve which region. Contacts no device.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `status` a word of its own."""


@app.command()
@with_bundles
def status(
    inventory: Annotated[
        Path | None,
        typer.Option(
            "--inventory",
            "-i",
            metavar="FILE",
            show_default="only the regions that are served",
            help="An inventory whose regions are all to be served.",
        ),
    ] = None,
    output_format: options.FormatOption = OutputFormat.TABLE,
    metrics: Annotated[
        Path | None,
        typer.Option(
            "--metrics",
            metavar="FILE",
            help="Write metrics for Prometheus to this file (*.prom) too; one writer a file.",
        ),
    ] = None,
    broker: inputs.BrokerOptions = _BROKER,
    location: inputs.StateLocation = _LOCATION,
    tone: Tone = _TONE,
) -> None:
    """Show who serves which region, what waits for it, and of which version each worker is.

    Exit code 4: a region of the inventory has no worker of this version.
    """
    from asa_transport.cli.views.workers import print_workers
    from asa_transport.flows.regions import regions_of, unserved, workers_status, write_metrics

    with exit_on_user_error():
        wanted = () if inventory is None else regions_of(inventory)
        found = workers_status(broker, location, wanted)
        if metrics is not None:
            write_metrics(found, metrics)
    print_workers(found, output_format, no_color=tone.no_color)
    if unserved(found):
        raise typer.Exit(RunEnd.NOT_AUDITED)
