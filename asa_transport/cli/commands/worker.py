"""`asa-transport worker`: read a region's devices, or push them, for runs that are started elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.flows import inputs

_BROKER, _LOCATION, _TONE = inputs.BrokerOptions(), inputs.StateLocation(), Tone()


@with_bundles
def worker(
    region: Annotated[
        str,
        typer.Option(
            "--region",
            metavar="REGION",
            autocompletion=completion.regions,
            help="The region, as the inventory says it.",
            show_default=False,
        ),
    ],
    push: Annotated[
        bool,
        typer.Option(
            "--push",
            help="Push, for 'push --commit --engine celery', and read for no audit. Without it this worker "
            "has no session that may write.",
        ),
    ] = False,
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    workers: options.WorkersOption = None,
    known_hosts: Annotated[
        Path | None,
        typer.Option(
            "--known-hosts",
            metavar="FILE",
            show_default="as this inventory says, else ~/.ssh/known_hosts",
            help="The host keys of the region's devices, on this machine.",
        ),
    ] = None,
    ssh_config: options.SshConfigOption = None,
    textfsm_templates: options.TextfsmOption = None,
    broker: inputs.BrokerOptions = _BROKER,
    location: inputs.StateLocation = _LOCATION,
    tone: Tone = _TONE,
) -> None:
    """Read the devices of a region for audits that are started elsewhere; changes nothing without --push.

    Which devices comes from the store that all share (--store). The secrets that log in to them come from
    the `credentials` of this machine's own inventory, by their names. Ctrl-C or SIGTERM ends it: what is
    in work is finished first.
    """
    from asa_transport.flows.regions import WorkerFiles, serve_pushes, serve_region

    files = WorkerFiles(
        inventory=inventory,
        known_hosts=known_hosts,
        ssh_config=ssh_config,
        textfsm=textfsm_templates,
        sessions=100 if workers is None else workers,
    )
    with exit_on_user_error():
        serve = serve_pushes if push else serve_region
        serve(region, files, broker, location, StderrTeller(quiet=tone.quiet))
