"""Print what a push of a plan is: before the question on stderr, and by `show PLAN.json` on stdout.

Fits 80 columns: everything that may be long is wrapped under its heading, and lines for a device
stand alone, exactly as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from asa_transport.cli.console import plain, printable
from asa_transport.core.pushing.campaign.outlook import Outlook, SameLines
from asa_transport.edges.state.used_plans import Use
from asa_transport.flows.plan_readiness import Readiness
from asa_transport.model import Plan
from asa_transport.text import instant, plainly

_HEAD, _DIM = "bold", "dim"
_DIFF: Final = {"+": "green", "-": "red", "@": "dim"}


def print_outlook(console: Console, plan: Plan, outlook: Outlook, *, whole: bool) -> None:
    """Print it; `whole` adds the way back and the diff of each kind of device."""
    _head(console, plan)
    _waves(console, outlook)
    for same in outlook.lines:
        _lines(console, same, is_only=len(outlook.lines) == 1, whole=whole)
    section(
        console,
        "before the first line",
        (f"{guard.text}{f': {plainly(guard.names)}' if guard.names else ''}" for guard in outlook.guards),
    )
    section(console, "where it stops", outlook.bounds)


def print_readiness(console: Console, found: Readiness, names: Collection[str]) -> None:
    """Print approvals, uses, and what stands against a commit of these devices now."""
    by = ", ".join(found.principals) or "nobody"
    section(console, "approvals", (f"{found.needed} needed; approved by {by}",) if found.needed else ())
    section(console, "used already", _used_words(found.used, names))
    section(console, "why a commit would not start now", found.against)


def _used_words(used: Mapping[str, Use], names: Collection[str]) -> Iterator[str]:
    """Yield by which run the plan was used for which of these devices."""
    by_run: dict[Use, list[str]] = {}
    for name, use in used.items():
        if name in names:
            by_run.setdefault(use, []).append(name)
    for use, pushed in by_run.items():
        by = "a push that left no record" if use.run is None else f"run {use.run} at {use.at}"
        yield f"{plainly(pushed)}: by {by}"


def section(console: Console, heading: str, sentences: Iterable[str]) -> None:
    """Print sentences under a heading, wrapped beside their marks; nothing where there is none."""
    said = list(sentences)
    if not said:
        return
    console.print(Text(f"\n{heading}", style=_HEAD))
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for sentence in said:
        grid.add_row(Text("  -"), plain(sentence))
    console.print(grid)


def _head(console: Console, plan: Plan) -> None:
    console.print(
        Text.assemble(("plan ", _HEAD), printable(plan.id), f", goal {plan.goal.value}"), soft_wrap=True
    )
    console.print(Text(f"digest {printable(plan.digest)}"), soft_wrap=True)
    console.print(
        Text(f"made {instant(plan.created_at)}, valid until {instant(plan.valid_until)}", style=_DIM),
        soft_wrap=True,
    )


def _waves(console: Console, outlook: Outlook) -> None:
    if not outlook.waves:
        console.print(Text("\nno device is planned"))
        return
    console.print()
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, justify="right")
    grid.add_column(overflow="fold")
    for wave in outlook.waves:
        count = len(wave.names)
        grid.add_row(
            Text(f"wave {wave.wave} of {outlook.last_wave}", style=_HEAD),
            Text(f"{count} device{'s' * (count != 1)}"),
            plain(plainly(wave.names)),
        )
    console.print(grid)


def _lines(console: Console, same: SameLines, *, is_only: bool, whole: bool) -> None:
    count, lines = len(same.names), len(same.apply)
    console.print(
        Text.assemble(
            ("\nsent to ", _HEAD),
            (f"{count} device{'s' * (count != 1)}", _HEAD),
            f": {lines} line{'s' * (lines != 1)}",
        )
    )
    if not is_only:
        # No `Padding`: it fills the line, and a pipe has 100,000 columns.
        names = Table.grid(Column(no_wrap=True), Column(overflow="fold"))
        names.add_row(Text("  "), plain(plainly(same.names)))
        console.print(names)
    _block(console, same.apply)
    if whole:
        console.print(Text("  the rollback", style=_DIM))
        _block(console, same.rollback)
        console.print(Text(f"  observed and predicted, on {printable(same.names[0])}", style=_DIM))
        for line in same.diff.rstrip("\n").split("\n"):
            console.print(Text(f"    {printable(line)}", style=_DIFF.get(line[:1], "")), soft_wrap=True)


def _block(console: Console, lines: Sequence[str]) -> None:
    for line in lines:
        console.print(Text(f"    {printable(line)}", style="cyan"), soft_wrap=True)
