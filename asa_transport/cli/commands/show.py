"""`asa-transport show PLAN.json|RUN`: what a push would do, or what became of a run; contacts nothing."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import console, exit_on_user_error, print_json
from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.flows import inputs

_FILES, _VOICE = inputs.Files(), Voice()


@with_bundles
def show(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="PLAN.json|RUN",
            autocompletion=completion.runs,
            help="A plan file, or a run: its id, its folder, or `last`, the newest run.",
        ),
    ],
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    shape: options.ShapeOption = OutputFormat.TABLE,
    files: inputs.Files = _FILES,
    state_dir: options.StateOption = None,
    voice: Voice = _VOICE,
) -> None:
    """Show what a plan would do and where it would stop, or what happened in a run. Contacts nothing."""
    from asa_transport.cli.views.show import print_shown
    from asa_transport.edges.state.run_folder import state_directory
    from asa_transport.flows.show import document, shown

    with exit_on_user_error():
        found = shown(
            subject,
            limit or (),
            inventory=inventory,
            files=files,
            state=state_directory(state_dir),
            now=datetime.now(UTC),
        )
    if shape is OutputFormat.JSON:
        print_json(document(found))
    else:
        print_shown(console(sys.stdout, no_color=voice.no_color), found)
