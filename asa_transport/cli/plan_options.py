"""The options of `plan` and `push`, and what they mean together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from asa_transport.cli import completion
from asa_transport.errors import UserError
from asa_transport.model import Goal, Revert
from asa_transport.userfiles.yamlvalues import parse_moment, parse_span

_LEAST: Final = timedelta(minutes=1)
_MOST: Final = timedelta(days=30)
_GOAL: Final = "Goal"
_REVERT: Final = "Temporary revert (--goal callhome)"

PlanFileOption = Annotated[
    Path,
    typer.Option(
        "--output", "-o", metavar="PLAN.json", show_default=False, help="The plan file; - is stdout."
    ),
]
GoalOption = Annotated[
    Goal,
    typer.Option(
        "--goal",
        metavar="expected|smart|callhome",
        rich_help_panel=_GOAL,
        help="expected: what the inventory expects. smart: back after an outage, only devices now on "
        "callhome. callhome: a temporary revert; writes the exceptions too.",
    ),
]
FromRunOption = Annotated[
    str | None,
    typer.Option(
        "--from-run",
        metavar="RUN",
        autocompletion=completion.runs,
        help="Do not contact the fleet; read the answers that a run kept: its id, its folder, or `last`.",
    ),
]
ProbeOption = Annotated[
    bool,
    typer.Option(
        "--probe",
        help="Let each firewall try what its new transport needs (`ping tcp` to the proxy or to Cisco); "
        "more than half of 5 connections must open.",
    ),
]
DetailedOption = Annotated[
    bool, typer.Option("--detailed-exitcode", help="Exit with 5 where at least one change is planned.")
]
TemplatesOption = Annotated[
    Path | None,
    typer.Option("--templates", metavar="DIR", help="Your own change templates (Jinja2); searched first."),
]
ValidForOption = Annotated[
    str | None,
    typer.Option(
        "--valid-for",
        metavar="SPAN",
        help="How long after the fleet was read the plan may be pushed, e.g. 8h.  (default: the policy's)",
    ),
]
TicketOption = Annotated[
    str | None,
    typer.Option("--ticket", metavar="ID", help="The change or incident.", rich_help_panel=_REVERT),
]
OwnerOption = Annotated[
    str | None,
    typer.Option("--owner", metavar="NAME", help="Who answers for it.", rich_help_panel=_REVERT),
]
UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="DATE|TIME",
        help="2026-12-31 (that day's end, UTC) or a time with zone.",
        rich_help_panel=_REVERT,
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What plan is wanted; checked, nothing read or contacted yet.

    Attributes:
        output: `None` for stdout.
        now: Start of the run, or what `--now` says.
        valid_for: `None` for what the policy says.
    """

    goal: Goal
    output: Path | None
    now: datetime
    is_now_given: bool
    valid_for: timedelta | None
    probe: bool
    from_run: str | None
    revert: Revert | None
    is_exit_detailed: bool


def order(
    *,
    goal: Goal,
    output: Path,
    now: datetime | None,
    valid_for: str | None,
    probe: bool,
    from_run: str | None,
    ticket: str | None,
    owner: str | None,
    until: str | None,
    is_exit_detailed: bool,
) -> Order:
    """Return the order, or raise UserError with what does not fit together."""
    if probe and from_run is not None:
        raise UserError("--probe: an earlier run contacts no firewall; leave out --probe or --from-run")
    return Order(
        goal=goal,
        output=None if str(output) == "-" else output,
        now=now or datetime.now(UTC),
        is_now_given=now is not None,
        valid_for=None if valid_for is None else _validity(valid_for),
        probe=probe,
        from_run=from_run,
        revert=_revert(goal, ticket=ticket, owner=owner, until=until),
        is_exit_detailed=is_exit_detailed,
    )


def _validity(text: str) -> timedelta:
    try:
        span = timedelta(hours=parse_span(text, "h"))
    except (ValueError, OverflowError) as error:
        raise UserError(f"--valid-for {error}") from None
    if not _LEAST <= span <= _MOST:
        raise UserError(f"--valid-for {text!r}: expected from 1 min to {_MOST.days} days")
    return span


def _revert(goal: Goal, *, ticket: str | None, owner: str | None, until: str | None) -> Revert | None:
    given = {"--ticket": ticket, "--owner": owner, "--until": until}
    if goal is not Goal.CALLHOME:
        odd = [name for name, value in given.items() if value is not None]
        if odd:
            raise UserError(f"{', '.join(odd)}: only a temporary revert (--goal callhome) has these")
        return None
    missing = [name for name, value in given.items() if not (value or "").strip()]
    if missing or ticket is None or owner is None or until is None:
        raise UserError(
            f"--goal callhome is temporary and needs {', '.join(missing)}: who answers for it, "
            "by which change, and until when"
        )
    try:
        return Revert(ticket=ticket, owner=owner, until=parse_moment(until))
    except ValueError as error:
        raise UserError(f"--until {error}") from None
