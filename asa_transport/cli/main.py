"""The `asa-transport` program: its commands, and what happens when one of them fails."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from asa_transport import __version__
from asa_transport.cli.commands import exceptions, hostkeys, inventory, journal, waivers
from asa_transport.cli.commands.analyze import analyze
from asa_transport.cli.commands.approve import approve
from asa_transport.cli.commands.audit import audit
from asa_transport.cli.commands.bugs import bugs
from asa_transport.cli.commands.demo import demo
from asa_transport.cli.commands.diff import diff
from asa_transport.cli.commands.plan import plan
from asa_transport.cli.commands.push import push
from asa_transport.cli.commands.report import report
from asa_transport.cli.commands.resume import resume
from asa_transport.cli.commands.rules import rules
from asa_transport.cli.commands.runs import runs
from asa_transport.cli.commands.schema import schema
from asa_transport.cli.commands.show import show
from asa_transport.cli.commands.ticket import ticket
from asa_transport.cli.console import say
from asa_transport.cli.exit_codes import ExitCode
from asa_transport.edges.ssh import quiet
from asa_transport.errors import AsaTransportError

app = typer.Typer(
    name="asa-transport",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Audit and mend the Smart Licensing transport of a Cisco ASA fleet over SSH.",
    epilog="Exit codes: 0 ok, 2 usage, 3 findings, 4 not audited, 5 changes planned, "
    "6 push stopped or refused, 7 plan unusable, 8 a person must look, 130 interrupted (docs/exit-codes.md).",
)
app.command()(demo)
app.command()(audit)
app.command()(analyze)
app.command()(plan)
app.command()(approve)
app.command()(push)
app.command()(resume)
app.command()(show)
app.command()(ticket)
app.command()(diff)
app.command()(report)
app.command()(runs)
app.command()(rules)
app.command()(bugs)
app.add_typer(exceptions.app, name="exceptions")
app.add_typer(waivers.app, name="waivers")
app.add_typer(hostkeys.app, name="hostkeys")
app.add_typer(inventory.app, name="inventory")
app.add_typer(journal.app, name="journal")
app.command()(schema)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"asa-transport {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version


def _hold_standard_files() -> None:
    """Open what the caller closed of stdin, stdout and stderr, as `/dev/null`.

    Else the next file that is opened, a journal perhaps, has the number of stdout.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def run() -> None:
    """Run the program; a fault of ours ends with one line and exit code 1, Ctrl-C with 130."""
    quiet.quiet()
    _hold_standard_files()
    try:
        app()
    except BrokenPipeError:
        # The reader of stdout left (`| head`); Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.INTERNAL)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(ExitCode.INTERRUPTED)
    except AsaTransportError as error:
        say(f"internal error: {error}")
        sys.exit(ExitCode.INTERNAL)
