"""Ask a person for the secrets that the inventory says are typed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from asa_transport.model.ending import RunEnd

if TYPE_CHECKING:
    from asa_transport.edges.secrets.credentials import Ask


def asker() -> Ask | None:
    """Return what asks for a secret; `None` where nobody is at a terminal.

    Secrets come next, whatever their sources: from here on no core file is written of the program.
    """
    from asa_transport.edges.secrets import core_file

    core_file.forbid()
    return _ask if sys.stdin.isatty() else None


def _ask(question: str) -> str:
    """Ask for a secret on the terminal, without echo, on stderr."""
    try:
        return str(typer.prompt(question, hide_input=True, err=True))
    except typer.Abort:
        raise typer.Exit(RunEnd.INTERRUPTED) from None
