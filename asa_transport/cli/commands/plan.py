"""`asa-transport plan`: audit, then write what would be sent, and the way back; changes nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from asa_transport.cli import options
from asa_transport.cli.console import StderrTeller, console, exit_on_user_error, say
from asa_transport.cli.formats import OutputFormat, check_name
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.cli.secrets import asker
from asa_transport.cli.telling import say_selection, told_beside
from asa_transport.errors import UserError
from asa_transport.flows import inputs
from asa_transport.model import UNDIVIDED, Goal, Limits, Part

if TYPE_CHECKING:
    from asa_transport.flows import audit
    from asa_transport.flows.plan import PlanOrder, PlanRun, PlanWork
    from asa_transport.flows.told_push import Beside
    from asa_transport.model import Plan, Revert

_LIMITS, _FILES, _VOICE = Limits(), inputs.Files(), Voice()
_LOCATION, _TELLING, _ENGINE = inputs.StateLocation(), inputs.RunTelling(), inputs.EngineOptions()
_LEAST: Final = timedelta(minutes=1)
_MOST: Final = timedelta(days=30)


@with_bundles
def plan(
    output: options.PlanFileOption,
    goal: options.GoalOption = Goal.EXPECTED,
    from_run: options.FromRunOption = None,
    probe: options.ProbeOption = False,
    detailed_exitcode: options.DetailedOption = False,
    own_templates: options.TemplatesOption = None,
    valid_for: options.ValidForOption = None,
    ticket: options.TicketOption = None,
    owner: options.OwnerOption = None,
    until: options.UntilOption = None,
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    part: Part = UNDIVIDED,
    workers: options.WorkersOption = None,
    processes: options.ProcessesOption = None,
    now: options.NowOption = None,
    files: inputs.Files = _FILES,
    limits: Limits = _LIMITS,
    ssh_config: options.SshConfigOption = None,
    textfsm_templates: options.TextfsmOption = None,
    location: inputs.StateLocation = _LOCATION,
    telling: inputs.RunTelling = _TELLING,
    engine: inputs.EngineOptions = _ENGINE,
    voice: Voice = _VOICE,
) -> None:
    """Audit, then write a plan: the exact lines for each device, and the rollback. Sends nothing."""
    del processes
    from asa_transport.flows import audit
    from asa_transport.flows.plan import plan_from_run
    from asa_transport.flows.push_locks import machines_of
    from asa_transport.flows.regions import regional_engine

    file = None if output == options.STDOUT else output
    with exit_on_user_error(), ExitStack() as opened:
        _check_options(file, from_run, probe=probe)
        reader = regional_engine(engine, location, textfsm_templates)
        valid = None if valid_for is None else _validity(valid_for)
        revert = _revert(goal, ticket=ticket, owner=owner, until=until)
        order = _order(goal, now, valid, revert, probe=probe, is_exit_detailed=detailed_exitcode)
        work = _work(order, inventory, files, own_templates, file)
        tell = StderrTeller(quiet=voice.quiet)
        work = replace(work, machines=opened.enter_context(machines_of(location, tell=tell)))
        write = _writer(work, file)
        if from_run is not None:
            beside, _ = told_beside(telling, location, inventory if telling.notify else (), voice)
            state = location.directory
            made = plan_from_run(
                work,
                from_run,
                limit=limit or (),
                part=part,
                textfsm=textfsm_templates,
                state=state,
                write=write,
            )
            if made.division is not None:
                say_selection(made.division, made.left_out, inventory, quiet=voice.quiet)
        else:
            request = audit.prepare(
                inventory,
                limit or (),
                part=part,
                workers=workers,
                limits=limits,
                ssh_config=ssh_config,
                textfsm=textfsm_templates,
                ask=asker(),
            )
            say_selection(request.division, request.inventory.left_out, inventory, quiet=voice.quiet)
            beside, low = told_beside(telling, location, request.inventory.devices, voice)
            made = _live(work, request, location.directory, beside, write, low, engine=reader)
    _show(made, voice, is_plan_there=file is None, is_live=from_run is None)
    if beside is not None:
        beside.after_plan(made, StderrTeller(quiet=voice.quiet), is_live=from_run is None)
    raise typer.Exit(made.end)


def _check_options(file: Path | None, from_run: str | None, *, probe: bool) -> None:
    """Raise UserError where the options contradict each other."""
    check_name(file, OutputFormat.JSON, (OutputFormat.JSON,))
    if probe and from_run is not None:
        raise UserError("--probe: an earlier run contacts no firewall; leave out --probe or --from-run")


def _order(
    goal: Goal,
    now: datetime | None,
    valid_for: timedelta | None,
    revert: Revert | None,
    *,
    probe: bool,
    is_exit_detailed: bool,
) -> PlanOrder:
    from asa_transport.flows.plan import PlanOrder

    return PlanOrder(
        goal=goal,
        now=now or datetime.now(UTC),
        is_now_given=now is not None,
        valid_for=valid_for,
        probe=probe,
        revert=revert,
        is_exit_detailed=is_exit_detailed,
    )


def _work(
    order: PlanOrder, inventory: Path, files: inputs.Files, own_templates: Path | None, output: Path | None
) -> PlanWork:
    """Read what the plan is judged and rendered by, and check that it can be written."""
    from asa_transport.flows import standard
    from asa_transport.flows.own_templates import change_renderer
    from asa_transport.flows.plan import PlanWork, check_work

    known = standard.read(inventory, files, now=order.now, is_now_given=order.is_now_given)
    renderer = change_renderer(own_templates)
    work = PlanWork(order=order, inventory_file=inventory, standard=known, renderer=renderer)
    check_work(work, output)
    return work


def _writer(work: PlanWork, output: Path | None) -> Callable[[Plan], None]:
    """Return what writes the plan to its file, or to stdout."""
    from asa_transport.flows.plan_file import write_plan

    return partial(write_plan, output=output, otherwise=sys.stdout, standard=work.standard)


def _show(made: PlanRun, voice: Voice, *, is_plan_there: bool, is_live: bool) -> None:
    """Print what was planned, unless nothing is to be said; the plan itself may be on stdout already."""
    from asa_transport.cli.views.plan import print_plan_run

    if voice.quiet:
        return
    print_plan_run(console(sys.stdout, no_color=voice.no_color), made, is_plan_there=is_plan_there)
    if voice.verbose and is_live:
        say(f"answers of the devices: {made.folder / 'raw'}")


def _live(
    work: PlanWork,
    request: audit.Request,
    state: Path,
    beside: Beside | None,
    write: Callable[[Plan], None],
    voice: Voice,
    *,
    engine: audit.FleetEngine | None,
) -> PlanRun:
    from asa_transport.cli.views.progress import watched
    from asa_transport.engine.fleet import RunStop
    from asa_transport.flows.plan import plan_live

    stop, tell = RunStop(), StderrTeller(quiet=voice.quiet)
    meter = watched(len(request.devices), stop, voice)
    return plan_live(
        work,
        request,
        state=state,
        write=write,
        observed=meter if beside is None else beside.observed(meter, work.inventory_file),
        tell=tell if beside is None else beside.teller(tell),
        stop=stop,
        engine=engine,
    )


def _validity(text: str) -> timedelta:
    from asa_transport.files.fields import parse_span

    try:
        span = timedelta(hours=parse_span(text, "h"))
    except (ValueError, OverflowError) as error:
        raise UserError(f"--valid-for {error}") from None
    if not _LEAST <= span <= _MOST:
        raise UserError(f"--valid-for {text!r}; expected from 1 min to {_MOST.days} days")
    return span


def _revert(goal: Goal, *, ticket: str | None, owner: str | None, until: str | None) -> Revert | None:
    from asa_transport.files.fields import parse_moment
    from asa_transport.model import Revert

    given = {"--ticket": ticket, "--owner": owner, "--until": until}
    if goal is not Goal.CALLHOME:
        odd = [name for name, value in given.items() if value is not None]
        if odd:
            raise UserError(
                f"{', '.join(odd)}: only for a temporary revert; add --goal callhome, or leave it out"
            )
        return None
    missing = [name for name, value in given.items() if not (value or "").strip()]
    if missing or ticket is None or owner is None or until is None:
        raise UserError(
            f"--goal callhome is temporary: also give {', '.join(missing)} (the change, who answers for it, "
            "and until when)"
        )
    try:
        return Revert(ticket=ticket, owner=owner, until=parse_moment(until))
    except ValueError as error:
        raise UserError(f"--until {error}") from None
