"""`asa-transport report merge FILE…`: one report of the audits of several machines; contacts nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from asa_transport.cli import options
from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.formats import check_name
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.core.reports.formats import Format, readers
from asa_transport.model import Severity

_TONE = Tone()


@with_bundles
def report_merge(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="What `audit --shard` or `audit --region` wrote with `--format json`, or the folders of its "
            "runs: all parts of one inventory.",
        ),
    ],
    output_format: Annotated[Format, typer.Option("--format", help=f"{readers()}.")] = Format.TABLE,
    output: options.OutputOption = None,
    only: options.OnlyOption = None,
    ssh_census: options.SshCensusOption = False,
    fail_on: options.FailOnOption = Severity.MEDIUM,
    tone: Tone = _TONE,
) -> None:
    """Make one report of the audits of several machines, if they are all of it. Contacts nothing.

    It is what one audit of all would have found. Refused (exit code 2) are a device that is in two
    parts or in none, and parts of another inventory, policy or release.
    """
    from asa_transport.cli.views.formats import check_census, chosen, render
    from asa_transport.core.reports.report import summary
    from asa_transport.edges.output_file import opened
    from asa_transport.flows.merge import merge

    with exit_on_user_error():
        check_name(output, output_format, list(Format))
        shown = chosen(only, output_format)
        check_census(ssh_census, output_format)
        merged = merge(files, fail_on=fail_on)
        whole = merged.report.with_ssh_census() if ssh_census else merged.report
        with opened(output, sys.stdout) as file:
            render(output_format, file, whole, no_color=tone.no_color, shown=shown)
    tell = StderrTeller(quiet=tone.quiet)
    for remark in merged.remarks:
        tell.warn(remark)
    if output is not None or output_format is not Format.TABLE:
        tell.note(summary(whole.ordered, whole.run))
    raise typer.Exit(whole.run.exit_code)
