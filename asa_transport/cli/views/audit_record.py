"""Print what became of each device of an audit, in a row each; `report RUN` has all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Final

from rich.console import Console
from rich.text import Text

from asa_transport.cli.console import plain, printable
from asa_transport.cli.views.plan import headed
from asa_transport.core.documents.stored_audit import AuditRun, Seen
from asa_transport.model import Severity

_WORST_FIRST: Final = tuple(reversed(Severity))


def print_seen(console: Console, run: AuditRun, names: Collection[str]) -> None:
    """Print a row for each of these devices, those that were not audited too."""
    console.print(Text(printable(f"run {run.id}: audit, {run.started_at} to {run.finished_at}")))
    table = headed("device", "verdict", "findings", "why")
    for device in run.seen:
        if device.name in names:
            table.add_row(
                plain(device.name), plain(device.verdict or "not judged"), Text(_findings(device)),
                plain("; ".join(device.reasons)),
            )  # fmt: skip
    for missed in run.missed:
        if missed.name in names:
            table.add_row(
                plain(missed.name), Text("not audited", style="bold red"), Text(""),
                plain(f"{missed.stage}: {missed.error}"),
            )  # fmt: skip
    console.print()
    console.print(table)
    console.print(Text(f"\nall of it: asa-transport report {printable(run.id)}"))


def _findings(device: Seen) -> str:
    counts = Counter(finding.severity for finding in device.findings)
    return ", ".join(f"{counts[one]} {one}" for one in _WORST_FIRST if counts[one])
