"""Show a person what an approval is given to, and the signature that was made."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import IO, Final

import typer

from asa_transport.cli.console import printable
from asa_transport.flows.approvals import NewSignature
from asa_transport.model import Plan
from asa_transport.text import instant

_MOST_NAMES: Final = 5


def print_plan(plan: Plan, file: IO[str]) -> None:
    """Print what the plan does, and its digest."""
    for line in _lines(plan):
        typer.echo(printable(line), file=file)


def print_signature(made: NewSignature, path: Path) -> None:
    """Print whose it is, and where."""
    typer.echo(printable(f"signed with {made.by}: {path}"))


def _lines(plan: Plan) -> list[str]:
    changes = Counter(change for device in plan.devices for change in device.changes)
    lines = [
        f"plan     {plan.id}, goal {plan.goal}, made {instant(plan.created_at)}, "
        f"valid until {instant(plan.valid_until)}",
        f"devices  {len(plan.devices)} to change, {len(plan.held)} held, "
        f"{len(plan.nothing_to_do)} as they are",
        f"changes  {', '.join(f'{change} {count}' for change, count in sorted(changes.items())) or 'none'}",
    ]
    if plan.revert is not None:
        lines.append(
            f"revert   {plan.revert.ticket}, {plan.revert.owner}, until {instant(plan.revert.until)}"
        )
    for number, wave in enumerate(plan.waves, 1):
        more = f", … ({len(wave)} in all)" if len(wave) > _MOST_NAMES else ""
        lines.append(f"wave {number:<3} {', '.join(wave[:_MOST_NAMES])}{more}")
    return [*lines, f"digest   {plan.digest}"]
