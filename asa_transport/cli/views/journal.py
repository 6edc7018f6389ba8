"""What the checks of a journal say, a line each for people, or as JSON."""

from __future__ import annotations

import typer

from asa_transport.cli.console import print_json, printable
from asa_transport.flows.journal import VerifiedJournal


def print_verified(verified: VerifiedJournal, *, as_json: bool) -> None:
    """Print where the journal is, its head, and what each check says."""
    path, history, checks = verified.path, verified.history, verified.checks
    if as_json:
        document = {
            "run": path.parent.name,
            "journal": str(path),
            "records": len(history.records),
            "head": history.head,
            "checks": [
                {"check": check.name, "verdict": check.verdict, "detail": printable(check.detail)}
                for check in checks
            ],
            "exit_code": verified.end,
        }
        print_json(document)
        return
    typer.echo(printable(f"{'journal':<10} {path}"))
    typer.echo(f"{'head':<10} {history.head}")
    for check in checks:
        typer.echo(printable(f"{check.name:<10} {check.verdict}: {check.detail}"))
