"""`asa-transport notify test`: one test message to each channel of a notify file; contacts no firewall."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from asa_transport.cli import completion
from asa_transport.cli.console import exit_on_user_error, printable
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.model.ending import RunEnd

app = typer.Typer(help="Try the channels of notifications. Contacts no firewall.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `test` a command of its own, however many there are."""


_TONE = Tone()


@app.command("test")
@with_bundles
def send(
    channel: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CHANNEL",
            autocompletion=completion.channels,
            show_default=False,
            help="Only these channels; all of the file without any.",
        ),
    ] = None,
    notify: Annotated[
        Path, typer.Option("--notify", metavar="FILE", help="The file of the channels (YAML).")
    ] = completion.DEFAULT_NOTIFY,
    tone: Tone = _TONE,
) -> None:
    """Send one test message to each channel, and say of each whether it was taken.

    Each is tried once. Exit code 0: all were sent; 1: at least one was not;
    2: the file cannot be used, and nobody was told.
    """
    from asa_transport.cli.secrets import asker
    from asa_transport.edges.secrets.operator import here
    from asa_transport.flows.try_channels import send_tests

    # What it prints is its result, and has no colours.
    del tone
    end = RunEnd.OK
    with exit_on_user_error():
        ask = asker()
        for one in send_tests(notify, channel or (), ask=ask, by=here(), at=datetime.now(UTC)):
            place = f"{one.kind}, {one.to}" if one.to else one.kind
            typer.echo(printable(f"{one.channel} ({place}): {one.ending}"))
            end = end if one.error is None else RunEnd.INTERNAL
    raise typer.Exit(end)
