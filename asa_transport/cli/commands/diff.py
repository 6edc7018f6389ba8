"""`asa-transport diff [RUN] [RUN]`: what changed between two audits; contacts nothing."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.formats import Shape, check_name
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.flows import inputs
from asa_transport.model.ending import RunEnd, strongest

_LOCATION, _VOICE = inputs.StateLocation(), Voice()


@with_bundles
def diff(
    before: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            autocompletion=completion.audits,
            help="The older run: its id, the beginning of its id, or `last`.",
            show_default=False,
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN", autocompletion=completion.audits, help="The newer run.", show_default=False
        ),
    ] = None,
    shape: Annotated[
        Shape, typer.Option("--format", help="table and md for people, json for programs.")
    ] = Shape.TABLE,
    output: options.OutputOption = None,
    fail_on_new: options.FailOnNewOption = None,
    location: inputs.StateLocation = _LOCATION,
    voice: Voice = _VOICE,
) -> None:
    """Show what changed between two audits; without RUN, the last two complete ones. Contacts nothing.

    Days that only count down are no change. What has not changed is not shown.
    """
    from asa_transport.cli.views.diff import print_diff
    from asa_transport.core.history.run_end import ends_of_new
    from asa_transport.core.history.wording import headline
    from asa_transport.edges.output_file import opened
    from asa_transport.flows.history import diff_of

    with exit_on_user_error():
        check_name(output, shape, list(Shape))
        changed = diff_of(location, [name for name in (before, after) if name is not None])
        with opened(output, sys.stdout) as file:
            print_diff(shape, file, changed, no_color=voice.no_color)
    if output is not None:
        StderrTeller(quiet=voice.quiet).note(headline(changed))
    # That a device is no longer audited is said; 4 is for runs that contact devices.
    wanted = set() if fail_on_new is None else ends_of_new(changed, fail_on_new) & {RunEnd.FINDINGS}
    raise typer.Exit(strongest(wanted))
