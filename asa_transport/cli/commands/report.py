"""`asa-transport report RUN`: a stored run again, in any format; contacts nothing and judges nothing anew."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from asa_transport.cli import options
from asa_transport.cli.commands.audit import exit_code_of, run_of
from asa_transport.cli.console import exit_on_user_error, say
from asa_transport.cli.formats import Format
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.flows import inputs
from asa_transport.model import Severity
from asa_transport.model.ending import RunEnd

if TYPE_CHECKING:
    from asa_transport.core.reports.report import Report
    from asa_transport.edges.state.store import Store
    from asa_transport.model import StoredRun

_HOME, _VOICE = inputs.Home(), Voice()


@with_bundles
def report(
    run: Annotated[
        str,
        typer.Argument(metavar="RUN", help="Its id, the beginning of one, or `last` for the newest audit."),
    ],
    output_format: Annotated[
        Format, typer.Option("--format", help="As for `audit`; the same run gives the same bytes.")
    ] = Format.TABLE,
    output: options.OutputOption = None,
    fail_on: Annotated[
        Severity | None,
        typer.Option(
            "--fail-on",
            metavar="SEVERITY",
            show_default=False,
            help="Exit with 3 where a finding is at least so severe.  (default: as the run ended)",
        ),
    ] = None,
    home: inputs.Home = _HOME,
    voice: Voice = _VOICE,
) -> None:
    """Render a stored run again, in any format that audit has."""
    from asa_transport.cli.views.formats import render
    from asa_transport.core.history import choose
    from asa_transport.core.reports.report import summary
    from asa_transport.edges.output_file import opened
    from asa_transport.flows import history
    from asa_transport.model import RunStatus

    with exit_on_user_error():
        with history.opened(home) as store:
            found = choose.named(store.runs(), run)
            again = stored_report(store, found, fail_on)
        with opened(output, sys.stdout) as file:
            render(output_format, file, again, no_color=voice.no_color)
    if found.status is not RunStatus.FINISHED and not voice.quiet:
        say(f"warning: run {found.id} is {found.status}: devices that it did not finish are not audited")
    if (output is not None or output_format is not Format.TABLE) and not voice.quiet:
        say(summary(again.ordered))
    raise typer.Exit(again.run.exit_code)


def stored_report(store: Store, found: StoredRun, fail_on: Severity | None = None) -> Report:
    """Return the report of a stored run as its audit had it.

    Args:
        store: Where it is.
        found: The run.
        fail_on: Another severity than the run's own; the exit code is then found anew.

    A run that was killed was never judged: it is judged here, by what it was begun with.
    """
    from asa_transport.core.judgement.judge import Standard, cases, judged
    from asa_transport.core.reports.report import Report
    from asa_transport.engine.fleet import RunStop
    from asa_transport.flows import history

    standard = store.context(found.id, Standard)
    outcomes = store.outcomes(found.id)
    if found.finished_at is None:
        outcomes = judged(outcomes, standard)
    if found.exit_code is None or fail_on is not None:
        code = exit_code_of(outcomes, RunStop(), fail_on or found.fail_on)
    else:
        code = RunEnd(found.exit_code)
    return Report(
        run=run_of(found, code, found.finished_at or datetime.now(UTC)),
        devices=tuple(outcome.device for outcome in outcomes),
        outcomes=outcomes,
        cases=cases(outcomes, standard),
        now=standard.now,
        fail_on=fail_on or found.fail_on,
        history=history.transports_before(store, found),
    )
