"""Ask a person whether a push may begin; what the question is about stands above it, on stderr."""

from __future__ import annotations

import sys
from typing import assert_never

import typer

from asa_transport.cli.console import console, say
from asa_transport.cli.views.push_outlook import print_outlook
from asa_transport.errors import UserError
from asa_transport.flows.push_ports import CutPush, NewPush, Question
from asa_transport.model.ending import RunEnd


def ask(question: Question, *, no_color: bool = False) -> bool:
    """Return what the person says.

    Raises:
        UserError: Nobody can answer.
        typer.Exit: The person went away, with the exit code of an interrupted run.
    """
    if not sys.stdin.isatty():
        raise UserError(
            "a push asks before it sends, and there is no terminal; add --yes to send without a question"
        )
    if isinstance(question, NewPush):
        print_outlook(console(sys.stderr, no_color=no_color), question.plan, question.outlook, whole=False)
        sys.stderr.write("\n")
    try:
        return typer.confirm(_words(question), err=True)
    except typer.Abort:
        say("interrupted; nothing was contacted")
        raise typer.Exit(RunEnd.INTERRUPTED) from None


def _words(question: Question) -> str:
    match question:
        case NewPush(devices=count):
            return f"Push to {count} device{'' if count == 1 else 's'}, in this order?"
        case CutPush():
            return (
                f"Read {question.in_doubt} devices in an unknown state, then push to {question.untouched} "
                "that were not started?"
            )
        case _:
            assert_never(question)
