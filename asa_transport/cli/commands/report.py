"""`asa-transport report RUN`: a stored run again, in any format; contacts nothing and judges nothing anew."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.formats import check_name
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.core.reports.formats import Format
from asa_transport.flows import inputs
from asa_transport.model import Severity

_LOCATION, _VOICE = inputs.StateLocation(), Voice()


@with_bundles
def report(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            autocompletion=completion.reported,
            help="The run: its id, the beginning of its id, or `last`, the newest audit.",
        ),
    ],
    output_format: Annotated[
        Format, typer.Option("--format", help="As for `audit`; the same run gives the same bytes.")
    ] = Format.TABLE,
    output: options.OutputOption = None,
    only: options.OnlyOption = None,
    ssh_census: options.SshCensusOption = False,
    fail_on: Annotated[
        Severity | None,
        typer.Option(
            "--fail-on",
            metavar="SEVERITY",
            show_default="as the run ended",
            help="Exit with 3 if a finding has this severity or a higher one.",
        ),
    ] = None,
    location: inputs.StateLocation = _LOCATION,
    voice: Voice = _VOICE,
) -> None:
    """Print a stored audit again, in any format. Contacts nothing.

    For one report of the audits of several machines, see `asa-transport report merge`.
    """
    from asa_transport.cli.views.formats import check_census, chosen, render
    from asa_transport.core.reports.report import summary
    from asa_transport.edges.output_file import opened
    from asa_transport.flows.history import report_of
    from asa_transport.model import RunStatus

    with exit_on_user_error():
        check_name(output, output_format, list(Format))
        shown = chosen(only, output_format)
        check_census(ssh_census, output_format)
        found, again = report_of(location, run, fail_on)
        if ssh_census:
            again = again.with_ssh_census()
        with opened(output, sys.stdout) as file:
            render(output_format, file, again, no_color=voice.no_color, shown=shown)
    tell = StderrTeller(quiet=voice.quiet)
    if found.status is not RunStatus.FINISHED:
        not_finished = "devices that it did not finish are not audited"
        tell.note(f"warning: run {found.id} is {found.status}: {not_finished}")
    if output is not None or output_format is not Format.TABLE:
        tell.note(summary(again.ordered, again.run))
    raise typer.Exit(again.run.exit_code)
