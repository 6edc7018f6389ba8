"""`asa-transport journal verify [RUN]`: is the record of a push what was written; contacts nothing.

Reads only, and says what it could not check instead of passing it.
"""

from __future__ import annotations

from typing import Annotated

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import exit_on_user_error
from asa_transport.cli.formats import OutputFormat
from asa_transport.edges.state.run_folder import LAST

app = typer.Typer(help="The record of what a push sent. Contacts nothing.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `verify` a command of its own, however many there are."""


@app.command()
def verify(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            autocompletion=completion.pushes,
            help="A run: its id, its folder, or `last`, the last pushed one.",
        ),
    ] = LAST,
    output_format: options.FormatOption = OutputFormat.TABLE,
    allowed_signers: options.AllowedSignersOption = None,
    state_dir: options.StateOption = None,
) -> None:
    """Check the hash chain of what was sent, and its signature.

    Exit 0: whole; 8: broken, altered or not validly signed; 2: no such journal.
    """
    from asa_transport.cli.views.journal import print_verified
    from asa_transport.edges.state.run_folder import JOURNAL, find_run, state_directory
    from asa_transport.flows.journal import verify_journal

    with exit_on_user_error():
        folder = find_run(state_directory(state_dir), run, JOURNAL)
        verified = verify_journal(folder, allowed_signers)
    print_verified(verified, as_json=output_format is OutputFormat.JSON)
    raise typer.Exit(verified.end)
