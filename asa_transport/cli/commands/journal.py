"""`asa-transport journal verify [RUN]`: is the record of a push what was written; contacts nothing.

Reads only, and says what it could not check instead of passing it.
"""

from __future__ import annotations

from typing import Annotated

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import exit_on_user_error
from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.edges.state.run_folder import LAST

app = typer.Typer(help="Verify the record of what a push has sent. Contacts nothing.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `verify` a command of its own, however many there are."""


_TONE = Tone()


@app.command()
@with_bundles
def verify(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            autocompletion=completion.pushes,
            help="The run: its id, its folder, or `last`, the newest push.",
        ),
    ] = LAST,
    output_format: options.FormatOption = OutputFormat.TABLE,
    allowed_signers: options.AllowedSignersOption = None,
    state_dir: options.StateOption = None,
    tone: Tone = _TONE,
) -> None:
    """Check the journal of a push: its hash chain and its signature.

    Exit code 0: complete; 8: broken, changed or not validly signed; 2: there is no such journal.
    """
    from asa_transport.cli.views.journal import print_verified
    from asa_transport.edges.state.run_folder import JOURNAL, find_run, state_directory
    from asa_transport.flows.journal import verify_journal

    # What it prints is its result, and has no colours.
    del tone
    with exit_on_user_error():
        folder = find_run(state_directory(state_dir), run, JOURNAL)
        verified = verify_journal(folder, allowed_signers)
    print_verified(verified, as_json=output_format is OutputFormat.JSON)
    raise typer.Exit(verified.end)
