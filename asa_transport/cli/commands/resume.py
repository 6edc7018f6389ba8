"""`asa-transport resume RUN`: go on with a push that was cut."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.formats import OutputFormat, check_name
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.cli.secrets import asker
from asa_transport.cli.telling import say_selection, told_beside
from asa_transport.flows import inputs
from asa_transport.flows.inputs import Conduct
from asa_transport.model import Limits

_LIMITS, _FILES, _VOICE, _CONDUCT = Limits(), inputs.Files(), Voice(), Conduct()
_LOCATION, _TELLING = inputs.StateLocation(), inputs.RunTelling()


@with_bundles
def resume(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            autocompletion=completion.pushes,
            help="A run: its id, its folder, or `last`, the last one that left something open.",
        ),
    ],
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    workers: options.WorkersOption = None,
    shape: options.ShapeOption = OutputFormat.TABLE,
    output: options.OutputOption = None,
    conduct: Conduct = _CONDUCT,
    files: inputs.Files = _FILES,
    limits: Limits = _LIMITS,
    ssh_config: options.SshConfigOption = None,
    textfsm_templates: options.TextfsmOption = None,
    location: inputs.StateLocation = _LOCATION,
    telling: inputs.RunTelling = _TELLING,
    voice: Voice = _VOICE,
) -> None:
    """Continue a push that was interrupted: look at each device first, then finish it or roll it back."""
    from asa_transport.cli.views.push_result import Wanted
    from asa_transport.cli.views.push_terminal import push_at_terminal
    from asa_transport.flows import audit
    from asa_transport.flows.push_brought import Bringing
    from asa_transport.flows.push_locks import machines_of
    from asa_transport.flows.push_work import prepared
    from asa_transport.flows.resume import read_story, resumption, run_resume

    with exit_on_user_error(), ExitStack() as opened:
        check_name(output, shape, list(OutputFormat))
        at, state = datetime.now(UTC), location.directory
        teller = StderrTeller(quiet=voice.quiet)
        story = read_story(state, run, teller, Bringing(location=location))
        work = prepared(story.plan, inventory, files, now=at, is_now_given=False, state=state)
        work = replace(work, machines=opened.enter_context(machines_of(location)))
        leave = resumption(work, story, conduct, teller)
        request = audit.prepare(
            inventory,
            (),
            choose=story.devices,
            workers=workers,
            limits=limits,
            ssh_config=ssh_config,
            textfsm=textfsm_templates,
            ask=asker(),
        )
        say_selection(request.division, request.inventory.left_out, inventory, quiet=voice.quiet)
        beside, voice = told_beside(telling, location, request.inventory.devices, voice)
        wanted = Wanted(shape=shape, output=output, voice=voice)
        code = push_at_terminal(work, wanted, partial(run_resume, leave, request), beside)
    raise typer.Exit(code)
