"""`asa-transport ticket PLAN.json|RUN`: a folder to approve and to attach; contacts nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import StderrTeller, exit_on_user_error, say
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.errors import UserError

_TONE = Tone()


@with_bundles
def ticket(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="PLAN.json|RUN",
            autocompletion=completion.runs,
            help="A plan file, or a run: its id, its folder, or `last`, the newest audit.",
        ),
    ],
    directory: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="The folder to write; it must be new or empty."),
    ],
    with_zip: Annotated[bool, typer.Option("--zip", help="Write DIR.zip beside the folder, too.")] = False,
    own_templates: Annotated[
        Path | None,
        typer.Option("--templates", metavar="DIR", help="A directory with your own ticket.html.j2."),
    ] = None,
    state_dir: options.StateOption = None,
    tone: Tone = _TONE,
) -> None:
    """Write a change ticket from a plan or an audit, or the closing record of a push.

    The folder holds Markdown, HTML, JSON and evidence. The same plan gives the same bytes. Secrets are
    masked. Contacts nothing.
    """
    from asa_transport.edges.state.run_folder import state_directory
    from asa_transport.edges.ticket_folder import check_free, zip_beside
    from asa_transport.flows.ticket import make_ticket, write_ticket

    with exit_on_user_error():
        if directory == options.STDOUT:
            raise UserError(
                "-o -: a ticket is a folder; it cannot go to stdout; name a new one, e.g. change-1"
            )
        check_free(directory, with_zip=with_zip)
        made = make_ticket(
            subject,
            state=state_directory(state_dir),
            own_templates=own_templates,
            tell=StderrTeller(quiet=tone.quiet),
        )
        write_ticket(made, directory, with_zip=with_zip)
    if not tone.quiet:
        also = f" and {zip_beside(directory)}" if with_zip else ""
        say(f"{directory}{also}: {len(made.files)} files; begin with ticket.md")
