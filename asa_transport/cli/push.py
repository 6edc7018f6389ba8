"""`asa-transport push PLAN.json`: look at every planned device again, say what would be sent, send nothing.

The sessions are an audit's own, which cannot send anything else.  Sending comes later; there is
no option for it yet.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from asa_transport.cli import auditing, judging, options
from asa_transport.cli.audit import ask_secret
from asa_transport.cli.bundles import Voice, with_bundles
from asa_transport.cli.common import exit_on_user_error
from asa_transport.cli.dry_run import Shape, Work, chosen, read_plan, run_dry, with_mates
from asa_transport.core.render import Renderer
from asa_transport.edges import templates
from asa_transport.edges.runs import state_directory
from asa_transport.model import Limits

_LIMITS, _FILES, _VOICE = Limits(), judging.Files(), Voice()


@with_bundles
def push(
    file: Annotated[
        Path, typer.Argument(metavar="PLAN.json", show_default=False, help="The plan, as `plan` wrote it.")
    ],
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    workers: options.WorkersOption = None,
    processes: options.ProcessesOption = None,
    shape: Annotated[
        Shape, typer.Option("--format", help="table for people, json for programs.")
    ] = Shape.TABLE,
    output: options.OutputOption = None,
    now: options.NowOption = None,
    files: judging.Files = _FILES,
    limits: Limits = _LIMITS,
    ssh_config: options.SshConfigOption = None,
    textfsm_templates: options.TextfsmOption = None,
    state_dir: options.StateOption = None,
    voice: Voice = _VOICE,
) -> None:
    """Dry run of a plan: re-read each device, say what would be sent or why not. Sending comes later."""
    with exit_on_user_error():
        at = now or datetime.now(UTC)
        plan = read_plan(file, at)
        work = Work(
            plan=plan,
            now=at,
            inventory_file=inventory,
            judgement=judging.read(inventory, files, now=at, is_now_given=now is not None),
            # Only to compare: what is pushed are the plan's own lines.
            renderer=Renderer(templates.jinja()),
            state=state_directory(state_dir),
            shape=shape,
            output=output,
            voice=voice,
        )
        request = auditing.prepare(
            inventory,
            (),
            choose=lambda known: with_mates(chosen(plan, known, limit or ()), known),
            workers=workers,
            processes=processes,
            limits=limits,
            ssh_config=ssh_config,
            textfsm=textfsm_templates,
            ask=ask_secret if sys.stdin.isatty() else None,
        )
        code = run_dry(work, request, chosen(plan, request.inventory.devices, limit or ()))
    raise typer.Exit(code)
