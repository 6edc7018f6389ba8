"""`asa-transport runs`: the runs that are kept; contacts nothing."""

from __future__ import annotations

import enum
from typing import Annotated

import typer

from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.flows import inputs
from asa_transport.model import RunKind
from asa_transport.model.ending import RunEnd

_LOCATION, _VOICE = inputs.StateLocation(), Voice()


class Shape(enum.StrEnum):
    """How the runs are printed."""

    TABLE = "table"
    JSON = "json"


@with_bundles
def runs(
    shape: Annotated[
        Shape, typer.Option("--format", help="table for people, json for programs.")
    ] = Shape.TABLE,
    last: Annotated[
        int | None, typer.Option("--last", min=1, metavar="N", help="Only the newest N runs.")
    ] = None,
    kind: Annotated[
        list[RunKind] | None,
        typer.Option(
            "--kind",
            metavar="|".join(RunKind),
            help="Only runs of this kind; give the option once for each kind.",
        ),
    ] = None,
    location: inputs.StateLocation = _LOCATION,
    voice: Voice = _VOICE,
) -> None:
    """List the stored runs, the newest first. Contacts nothing."""
    from asa_transport.cli.views.runs import print_runs, print_runs_json, unsettled_text
    from asa_transport.flows.history import list_runs

    tell = StderrTeller(quiet=voice.quiet)
    with exit_on_user_error():
        kept = list_runs(location, last=last, kinds=kind or ())
    if shape is Shape.JSON:
        print_runs_json(kept)
    elif kept.runs:
        print_runs(kept, no_color=voice.no_color)
    elif kept.of:
        tell.warn(f"{kept.place}: there are {kept.of} runs here, but none of this kind")
    else:
        tell.warn(f"{kept.place}: there is no run here; run 'asa-transport audit' first")
    if kept.unsettled:
        tell.note(unsettled_text(kept.unsettled))
        raise typer.Exit(RunEnd.STATE_UNKNOWN)
