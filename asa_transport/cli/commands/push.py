"""`asa-transport push PLAN.json`: look at every planned device again, and say what would be sent.

Without `--commit` the sessions are an audit's own, which cannot send anything else.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from asa_transport.cli import options
from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.formats import OutputFormat, check_name
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.cli.options import CommitOption
from asa_transport.cli.secrets import asker
from asa_transport.cli.telling import say_selection, told_beside
from asa_transport.errors import UserError
from asa_transport.flows import inputs
from asa_transport.flows.inputs import Conduct
from asa_transport.model import Limits

_LIMITS, _FILES, _VOICE, _CONDUCT = Limits(), inputs.Files(), Voice(), Conduct()
_LOCATION, _TELLING, _ENGINE = inputs.StateLocation(), inputs.RunTelling(), inputs.EngineOptions()


_PlanArgument = Annotated[
    Path,
    typer.Argument(
        metavar="PLAN.json", show_default=False, help="The file that `asa-transport plan` has written."
    ),
]


@with_bundles
def push(
    file: _PlanArgument,
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    workers: options.WorkersOption = None,
    processes: options.ProcessesOption = None,
    shape: options.ShapeOption = OutputFormat.TABLE,
    output: options.OutputOption = None,
    commit: CommitOption = False,
    conduct: Conduct = _CONDUCT,
    approval: options.ApprovalOption = None,
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
    """Look at each device again and say what would be sent (dry run); with --commit, send it."""
    del processes
    from asa_transport.cli.views.push_result import Wanted
    from asa_transport.cli.views.push_terminal import dry_run_at_terminal, push_at_terminal
    from asa_transport.flows import audit
    from asa_transport.flows.approvals import beside, given
    from asa_transport.flows.commit import run_commit
    from asa_transport.flows.dry_run import Terms
    from asa_transport.flows.plan_file import read_plan
    from asa_transport.flows.push_locks import machines_of
    from asa_transport.flows.push_work import chosen, prepared, with_mates
    from asa_transport.flows.regions import far_push
    from asa_transport.flows.rules_check import check_rules

    with exit_on_user_error(), ExitStack() as opened:
        check_name(output, shape, list(OutputFormat))
        _check_options(commit, conduct, now, engine)
        elsewhere = far_push(engine, location, textfsm_templates)
        at, state = now or datetime.now(UTC), location.directory
        plan = read_plan(file, at)
        work = prepared(plan, inventory, files, now=at, is_now_given=now is not None, state=state)
        check_rules(plan, work.judgement)
        request = audit.prepare(
            inventory,
            (),
            choose=lambda known: with_mates(plan, chosen(plan, known, limit or ()), known),
            workers=workers,
            limits=limits,
            ssh_config=ssh_config,
            textfsm=textfsm_templates,
            ask=asker(),
            is_elsewhere=elsewhere is not None,
        )
        say_selection(request.division, request.inventory.left_out, inventory, quiet=voice.quiet)
        devices = chosen(plan, request.inventory.devices, limit or ())
        approvals = beside(file) if approval is None else given(approval)
        looks = None if commit else StderrTeller(quiet=voice.quiet)
        work = replace(work, machines=opened.enter_context(machines_of(location, tell=looks)))
        if elsewhere is not None:
            elsewhere.check(devices)
        told, voice = told_beside(telling, location, request.inventory.devices, voice)
        wanted = Wanted(shape=shape, output=output, voice=voice)
        if commit:
            send = partial(
                run_commit, work, request, devices, conduct, approvals=approvals, elsewhere=elsewhere
            )
            code = push_at_terminal(work, wanted, send, told)
        else:
            terms = Terms(limit=limit or (), max_fail=conduct.max_fail, approvals=approvals)
            code = dry_run_at_terminal(work, request, devices, terms, wanted, told)
    raise typer.Exit(code)


def _check_options(
    commit: bool, conduct: Conduct, now: datetime | None, engine: inputs.EngineOptions
) -> None:
    """Raise UserError where an option does not go with sending, or with not sending."""
    if commit and now is not None:
        raise UserError("--now is only for a dry run; leave out --now or --commit")
    # What only says how a commit is judged (`--max-fail`, `--approval`) is for its forecast, too.
    if not commit and conduct != Conduct(sign_key=conduct.sign_key, max_fail=conduct.max_fail):
        raise UserError(
            "the options under 'Sending' are only for a push that sends; add --commit, or leave them out"
        )
    if not commit and engine.kind is not inputs.EngineKind.LOCAL:
        raise UserError(
            "--engine celery is for a push that sends: a dry run reads from this machine; add --commit, or "
            "leave --engine out"
        )
