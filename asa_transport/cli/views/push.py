"""A push as a person reads it afterwards: what needs a person first, then every device, then the counts.

What is proven by the configuration alone is called `config only` wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from asa_transport.cli.console import plain, printable
from asa_transport.cli.views.plan import headed, print_drifts, print_shared, shared_reasons, why
from asa_transport.core.reports.push_words import push_summary, what_to_do
from asa_transport.model import Applied, Plan, PushOutcome, Verified
from asa_transport.model.push import verified

_BAD, _ODD, _GOOD = "bold red", "yellow", "green"
STYLES: Final = {
    "applied": _GOOD,
    "no-change": _GOOD,
    "refused": _BAD,
    "failed": _BAD,
    "rolled-back": _ODD,
    "rollback-failed": _BAD,
    "unknown": _BAD,
    "not-reached": _ODD,
}


def print_push(
    console: Console, plan: Plan, outcomes: Sequence[PushOutcome], stopped_by: str | None, *, run: str
) -> None:
    """Print the outcomes by wave and name, with what a person has to do above them and a count below.

    Args:
        run: The id of the push, for `asa-transport resume`.
    """
    wave_of = {planned.name: planned.wave for planned in plan.devices}
    order = sorted(outcomes, key=lambda one: (wave_of[one.device.name], one.device.name))
    _print_urgent(console, order, run)
    table = headed("wave", "device", "outcome", "verified", "saved", "why")
    shared = shared_reasons(order)
    for outcome in order:
        said = outcome.word
        table.add_row(
            str(wave_of[outcome.device.name]),
            plain(outcome.device.name),
            Text(said, style=STYLES[said]),
            _proof(outcome),
            _saved(outcome),
            why(outcome, shared),
        )
    console.print(table)
    print_shared(console, shared)
    print_drifts(console, order)
    console.print(Text(f"\n{printable(push_summary(outcomes, stopped_by))}"), soft_wrap=True)


def _print_urgent(console: Console, outcomes: Sequence[PushOutcome], run: str) -> None:
    urgent: dict[tuple[str, str, str], list[str]] = {}
    for outcome in outcomes:
        todo = what_to_do(outcome, run)
        if todo is not None:
            said = outcome.word if not isinstance(outcome, Applied) else "applied, not saved"
            urgent.setdefault((said, outcome.reason or "", todo), []).append(outcome.device.name)
    if not urgent:
        return
    count = sum(map(len, urgent.values()))
    console.print(Text(f"{count} device{'s need' if count > 1 else ' needs'} a person", style=_BAD))
    for (said, reason, todo), names in urgent.items():
        shown = f": {printable(reason)}" * bool(reason)
        # Every name, and none as a range: each of them is looked for by somebody.
        who = (f"  {printable(', '.join(names))}", "bold")
        console.print(Text.assemble(who, f": {said}", shown), soft_wrap=True)
        console.print(Text(f"    {todo}"), soft_wrap=True)
    console.print()


def _proof(outcome: PushOutcome) -> Text:
    match verified(outcome):
        case Verified.CONTACT:
            return Text("contact", style=_GOOD)
        case Verified.CONFIG:
            return Text("config only", style=_ODD)
        case None:
            return Text("")


def _saved(outcome: PushOutcome) -> Text:
    if not isinstance(outcome, Applied):
        return Text("")
    return Text("yes", style=_GOOD) if outcome.saved else Text("no", style=_BAD)
