"""The options that the commands of the ledgers (`exceptions`, `waivers`) share, and what they mean."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from asa_transport.errors import UserError

UntilOption = Annotated[
    str,
    typer.Option(
        "--until",
        metavar="DATE|TIME",
        help="When it ends: a date (the end of that day, UTC), or a time with its zone.",
    ),
]
OwnerOption = Annotated[
    str, typer.Option("--owner", metavar="NAME", help="The person who is responsible for it.")
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="The reason, in one line.")]


def end_of(until: str) -> datetime:
    """Return what `--until` says, aware UTC; raise UserError where it is no date and no time."""
    from asa_transport.files.fields import parse_moment

    try:
        return parse_moment(until)
    except ValueError as error:
        raise UserError(f"--until {error}") from None
