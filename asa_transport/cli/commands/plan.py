"""`asa-transport plan`: audit, then write what would be sent, and the way back; changes nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from asa_transport.cli import options
from asa_transport.cli import options as plan_options
from asa_transport.cli.commands.audit import ask_secret
from asa_transport.cli.console import exit_on_user_error
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.errors import TemplateError, UserError
from asa_transport.flows import inputs
from asa_transport.model import Goal, Limits

if TYPE_CHECKING:
    from asa_transport.core.planning.render import Renderer

_LIMITS, _FILES, _VOICE = Limits(), inputs.Files(), Voice()


@with_bundles
def plan(
    output: plan_options.PlanFileOption,
    goal: plan_options.GoalOption = Goal.EXPECTED,
    from_run: plan_options.FromRunOption = None,
    probe: plan_options.ProbeOption = False,
    detailed_exitcode: plan_options.DetailedOption = False,
    own_templates: plan_options.TemplatesOption = None,
    valid_for: plan_options.ValidForOption = None,
    ticket: plan_options.TicketOption = None,
    owner: plan_options.OwnerOption = None,
    until: plan_options.UntilOption = None,
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    workers: options.WorkersOption = None,
    processes: options.ProcessesOption = None,
    now: options.NowOption = None,
    files: inputs.Files = _FILES,
    limits: Limits = _LIMITS,
    ssh_config: options.SshConfigOption = None,
    textfsm_templates: options.TextfsmOption = None,
    state_dir: options.StateOption = None,
    voice: Voice = _VOICE,
) -> None:
    """Plan: audit, then write the exact lines and the way back for every device to change; send nothing."""
    from asa_transport.edges.state.run_folder import state_directory
    from asa_transport.flows import audit, standard
    from asa_transport.flows.plan import Work, check_order, plan_from_run, plan_live
    from asa_transport.flows.standard import exceptions_path

    with exit_on_user_error():
        order = plan_options.order(
            goal=goal, output=output, now=now, valid_for=valid_for, probe=probe, from_run=from_run,
            ticket=ticket, owner=owner, until=until, is_exit_detailed=detailed_exitcode,
        )  # fmt: skip
        work = Work(
            order=order,
            inventory_file=inventory,
            judgement=standard.read(inventory, files, now=order.now, is_now_given=order.is_now_given),
            ledger=exceptions_path(inventory, files.exceptions),
            renderer=_renderer(own_templates),
            state=state_directory(state_dir),
            voice=voice,
        )
        check_order(work)
        if order.from_run is not None:
            code = plan_from_run(work, order.from_run, limit or (), textfsm_templates)
        else:
            request = audit.prepare(
                inventory,
                limit or (),
                workers=workers,
                processes=processes,
                limits=limits,
                ssh_config=ssh_config,
                textfsm=textfsm_templates,
                ask=ask_secret if sys.stdin.isatty() else None,
            )
            code = plan_live(work, request)
    raise typer.Exit(code)


def _renderer(own: Path | None) -> Renderer:
    """Compile the change templates; a fault in the user's own is a usage error."""
    from asa_transport.core.planning.render import Renderer
    from asa_transport.edges import templates

    try:
        return Renderer(templates.jinja(own))
    except TemplateError as error:
        if own is None:
            raise
        raise UserError(f"--templates {own}: {error}") from error
