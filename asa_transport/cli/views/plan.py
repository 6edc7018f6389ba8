"""A plan, and the dry run of one, as a person reads them: what changes when, what is held and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from asa_transport.cli.console import plain, printable, say
from asa_transport.cli.views.push_outlook import section
from asa_transport.flows.plan import PlanRun
from asa_transport.model import DryRunOutcome, Forecast, Goal, NotAudited, Plan, PlannedDevice
from asa_transport.model.push import AnyOutcome, drift
from asa_transport.text import instant, plainly

_DIM, _BAD, _ODD, _GOOD = "dim", "bold red", "yellow", "green"
_STYLES: Final = {"would-push": "bold cyan", "no-change": _GOOD, "refused": _BAD, "not-reached": _BAD}
# A terminal's page; the plan itself holds all of it.
_MOST_LISTED: Final = 40
# A reason of no more characters than this has room in a row.
_SHORT: Final = 40
# More names are no option that somebody types.
_MOST_NAMED: Final = 20


def print_plan_run(console: Console, made: PlanRun, *, is_plan_there: bool) -> None:
    """Print what became of a plan; where the plan itself is on the console, only its counts, on stderr."""
    plan = made.plan
    if plan is None:
        say("stopped: no plan was written")
        return
    missed = sum(isinstance(outcome, NotAudited) for outcome in made.outcomes)
    if is_plan_there:
        say(summary(plan, missed))
    else:
        print_plan(console, plan, missed)
    for line in revert_notes(plan):
        say(line)


def print_plan(console: Console, plan: Plan, missed: int) -> None:
    """Print the planned devices by wave, the held ones with their reasons, and a count.

    Args:
        missed: How many devices could not be audited.
    """
    if plan.devices:
        console.print(_waves(plan))
        for planned in plan.devices:
            for note in planned.notes:
                _detail(console, planned.name, note, _DIM)
    if plan.held:
        console.print(Text("\nheld", style="bold"))
        groups = _held_together(plan)
        for text, names in groups[:_MOST_LISTED]:
            _detail(console, plainly(names), text, _ODD)
        rest = sum(len(names) for _, names in groups[_MOST_LISTED:])
        if rest:
            console.print(Text(f"  … and {rest} more, in the plan", style=_DIM))
    console.print(Text(f"\n{summary(plan, missed)}"))


def _held_together(plan: Plan) -> list[tuple[str, list[str]]]:
    """Return each reason with those who are held for it, in the order of the first of them."""
    groups: dict[str, list[str]] = {}
    for held in plan.held:
        groups.setdefault("; ".join(held.reasons), []).append(held.name)
    return list(groups.items())


def summary(plan: Plan, missed: int) -> str:
    """Return the counts, and until when the plan may be pushed, in one line."""
    if plan.devices:
        count, waves = len(plan.devices), len(plan.waves)
        first = f"{count} device{'s' * (count != 1)} planned in {waves} wave{'s' * (waves != 1)}"
    else:
        first = "no device is planned"
    parts = [first, f"{len(plan.held)} held", f"{len(plan.nothing_to_do)} with nothing to do"]
    if missed:
        parts.append(f"{missed} not audited")
    return f"{', '.join(parts)}; valid until {instant(plan.valid_until)}, digest {plan.digest[:12]}"


def revert_notes(plan: Plan) -> Iterable[str]:
    """Return what a person should know of a temporary revert: who answers, and what its end brings."""
    revert = plan.revert
    if plan.goal is not Goal.CALLHOME or revert is None or not plan.devices:
        return ()
    count = len(plan.devices)
    end = instant(revert.until)
    return (
        f"{count} exception{'s' * (count != 1)} until {end}: {revert.ticket}, {revert.owner} answers for it",
        f"nothing changes by itself at {end}: from then on every audit reports AT502 (high) for each device "
        "that is still on callhome; to return to smart, use 'asa-transport plan --goal smart' and a push",
    )


def print_dry_run(
    console: Console, plan: Plan, outcomes: Sequence[DryRunOutcome], forecast: Forecast
) -> None:
    """Print one row a device, the drift of what has moved, a count, and what a commit would meet."""
    waves = {planned.name: planned for planned in plan.devices}
    table = headed("wave", "device", "outcome", "changes", "why")
    order = sorted(outcomes, key=lambda one: (waves[one.device.name].wave, one.device.name))
    shared = shared_reasons(order)
    for outcome in order:
        planned, said = waves[outcome.device.name], outcome.word
        table.add_row(
            str(planned.wave), plain(planned.name), Text(said, style=_STYLES[said]), _changes(planned),
            why(outcome, shared),
        )  # fmt: skip
    console.print(table)
    print_shared(console, shared)
    print_drifts(console, order)
    console.print(Text(f"\n{dry_run_summary(outcomes)}"))
    for sentence in forecast_words(forecast):
        console.print(Text(printable(sentence)), soft_wrap=not console.is_terminal)


def forecast_words(forecast: Forecast) -> Iterator[str]:
    """Yield what a commit would meet now: where it would stop, and what would let it pass."""
    told = forecast.foretold
    rehearsal = told.rehearsal
    if forecast.unapproved is not None:
        yield f"a commit now would be refused (exit code 7): {forecast.unapproved}"
    if forecast.shut is not None:
        yield f"a commit now would be refused (exit code 6): {forecast.shut}"
    if rehearsal.stopped_by is None:
        return
    yield f"a commit would stop: {rehearsal.stopped_by}"
    if rehearsal.not_started:
        count = len(rehearsal.not_started)
        yield f"{count} device{'s' * (count != 1)} would not be started: {plainly(rehearsal.not_started)}"
    if told.without is not None and forecast.limit is not None:
        count = len(told.without)
        leaves = f"which leaves {count} device{'s' * (count != 1)} out"
        limit = forecast.limit if count <= _MOST_NAMED else "… (foretold.limit in --format json)"
        yield f"the push would pass with -l '{limit}', {leaves}"
    if told.max_fail is not None:
        yield f"the push would pass with --max-fail {told.max_fail}"
    if told.without is None and told.max_fail is None:
        yield "neither -l nor --max-fail would let the push pass"


def shared_reasons(outcomes: Iterable[AnyOutcome]) -> Mapping[str, tuple[str, ...]]:
    """Return the reasons that several devices have, by what is said, with their names.

    A jump host that is lost takes all of a site with it: that is one thing, and not one a row.  What is
    short stays where it is read, in the row.
    """
    names: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.reason is not None and len(outcome.reason) > _SHORT:
            names.setdefault(outcome.reason, []).append(outcome.device.name)
    return {reason: tuple(found) for reason, found in names.items() if len(found) > 1}


def why(outcome: AnyOutcome, shared: Mapping[str, tuple[str, ...]]) -> Text:
    """Return the cell of a reason; one that is shared stands below the table."""
    reason = outcome.reason or ""
    return Text("see below", style=_DIM) if reason in shared else plain(reason)


def print_shared(console: Console, shared: Mapping[str, tuple[str, ...]]) -> None:
    """Print each reason that several devices have, once, with their names."""
    section(console, "why", (f"{plainly(names)}: {reason}" for reason, names in shared.items()))


def print_drifts(console: Console, outcomes: Iterable[AnyOutcome]) -> None:
    """Print in what each refused device differs from the plan, where that is known."""
    for outcome in outcomes:
        text = drift(outcome)
        if text:
            console.print(Text(f"\n{outcome.device.name}: what has changed since the plan", style="bold"))
            console.print(Text(printable(text).rstrip("\n")), soft_wrap=True)


def dry_run_summary(outcomes: Sequence[DryRunOutcome]) -> str:
    """Return the counts in one line."""
    words = [outcome.word for outcome in outcomes]
    counts = ", ".join(f"{words.count(one)} {one}" for one in _STYLES if one in words)
    return f"dry run, nothing was sent: {counts or 'the plan has no device'}"


def _waves(plan: Plan) -> Table:
    table = headed("wave", "device", "changes", "lines", "reached from the firewall")
    by_name = {planned.name: planned for planned in plan.devices}
    for names in plan.waves:
        for name in names:
            planned = by_name[name]
            lines = " / ".join(line.strip() for line in planned.apply[1:])
            table.add_row(str(planned.wave), plain(name), _changes(planned), plain(lines), _reach(planned))
    return table


def headed(*headings: str) -> Table:
    """Return an empty table in the form of all our tables; only names are never wrapped."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=heading == "device", overflow="fold")
    return table


def _changes(planned: PlannedDevice) -> Text:
    return Text(" ".join(change.value for change in planned.changes), style="cyan")


def _reach(planned: PlannedDevice) -> Text:
    found = planned.reachability
    if found is None:
        return Text("")
    target = printable(str(found.target))
    return (
        Text(target, style=_GOOD) if found.is_proven else Text(f"{target}: to be probed at push", style=_DIM)
    )


def _detail(console: Console, name: str, text: str, style: str) -> None:
    console.print(Text.assemble((f"  {printable(name)}", style), f": {printable(text)}"), soft_wrap=True)
