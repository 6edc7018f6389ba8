"""The `asa-transport` program: its commands, and what happens when one of them fails."""

from __future__ import annotations

import atexit
import errno
import gc
import os
import signal
import sys
from collections.abc import Mapping
from typing import Annotated, Final

import typer

from asa_transport._version import __version__
from asa_transport.cli.lazy import Entry, LazyGroup
from asa_transport.edges.output_file import abandon_stdout, hold_standard_streams
from asa_transport.errors import AsaTransportError, OutputError
from asa_transport.model.ending import RunEnd

# In the order of `--help`.
COMMANDS: Final[Mapping[str, Entry]] = {
    "demo": Entry(
        at="asa_transport.cli.commands.demo:demo",
        summary="Show an audit, a plan, a dry run and a ticket on a mock fleet, over real SSH. Needs "
        "no hardware.",
    ),
    "audit": Entry(
        at="asa_transport.cli.commands.audit:audit",
        summary="Audit the fleet: read the licence transport of every firewall. Changes nothing.",
    ),
    "analyze": Entry(
        at="asa_transport.cli.commands.analyze:analyze",
        summary="Judge saved outputs as an audit would. Contacts nothing, stores nothing.",
    ),
    "plan": Entry(
        at="asa_transport.cli.commands.plan:plan",
        summary="Audit, then write a plan: the exact lines for each device, and the rollback. Sends nothing.",
    ),
    "approve": Entry(
        at="asa_transport.cli.commands.approve:approve",
        summary="Approve a plan: show what it does, and sign it with your SSH key. Contacts nothing.",
    ),
    "push": Entry(
        at="asa_transport.cli.commands.push:push",
        summary="Look at each device again and say what would be sent (dry run); with --commit, send it.",
    ),
    "resume": Entry(
        at="asa_transport.cli.commands.resume:resume",
        summary="Continue a push that was interrupted: look at each device first, then finish it or "
        "roll it back.",
    ),
    "show": Entry(
        at="asa_transport.cli.commands.show:show",
        summary="Show what a plan would do and where it would stop, or what happened in a run. "
        "Contacts nothing.",
    ),
    "ticket": Entry(
        at="asa_transport.cli.commands.ticket:ticket",
        summary="Write a change ticket from a plan or an audit, or the closing record of a push.",
    ),
    "diff": Entry(
        at="asa_transport.cli.commands.diff:diff",
        summary="Show what changed between two audits; without RUN, the last two complete ones. "
        "Contacts nothing.",
    ),
    "report": Entry(
        at="asa_transport.cli.commands.report:report",
        summary="Print a stored audit again, in any format. Contacts nothing.",
    ),
    "report merge": Entry(
        at="asa_transport.cli.commands.report_merge:report_merge",
        summary="Make one report of the audits of several machines, if they are all of it. Contacts nothing.",
    ),
    "runs": Entry(
        at="asa_transport.cli.commands.runs:runs",
        summary="List the stored runs, the newest first. Contacts nothing.",
    ),
    "rules": Entry(
        at="asa_transport.cli.commands.rules:rules",
        summary="List the rules, or explain one of them: what it means, how severe it is, what to do.",
    ),
    "bugs": Entry(
        at="asa_transport.cli.commands.bugs:bugs",
        summary="List the known bugs, or say which of them affect one version.",
    ),
    "schema": Entry(
        at="asa_transport.cli.commands.schema:schema",
        summary="Print the JSON Schema of a file format.",
    ),
    "exceptions": Entry(
        at="asa_transport.cli.commands.exceptions:app",
        summary="Manage exceptions: devices that may stay on callhome for a time. Contacts nothing.",
    ),
    "waivers": Entry(
        at="asa_transport.cli.commands.waivers:app",
        summary="Manage waivers: findings that somebody has accepted for a time. Contacts nothing.",
    ),
    "doctor": Entry(
        at="asa_transport.cli.commands.doctor:doctor",
        summary="Try on firewalls what the program assumes of every ASA. Changes nothing.",
    ),
    "hostkeys": Entry(
        at="asa_transport.cli.commands.hostkeys:app",
        summary="Collect and compare SSH host keys. Logs in to no device, needs no password.",
    ),
    "notify": Entry(
        at="asa_transport.cli.commands.notify:app",
        summary="Try the channels of notifications. Contacts no firewall.",
    ),
    "inventory": Entry(
        at="asa_transport.cli.commands.inventory:app",
        summary="Check the inventory, list, show or import what is in it. Contacts no device.",
    ),
    "captures": Entry(
        at="asa_transport.cli.commands.captures:app",
        summary="Make a file of a run's answers that names nobody, and check one. Contacts nothing.",
    ),
    "worker": Entry(
        at="asa_transport.cli.commands.worker:worker",
        summary="Read the devices of a region for audits that are started elsewhere; changes nothing without "
        "--push.",
    ),
    "workers": Entry(
        at="asa_transport.cli.commands.workers:app",
        summary="Show which workers serve which region. Contacts no device.",
    ),
    "journal": Entry(
        at="asa_transport.cli.commands.journal:app",
        summary="Verify the record of what a push has sent. Contacts nothing.",
    ),
}


class _Commands(LazyGroup):
    """The commands of the program."""

    entries = COMMANDS


app = typer.Typer(
    name="asa-transport",
    cls=_Commands,
    no_args_is_help=True,
    # The first is the one that messages name.
    context_settings={"help_option_names": ["--help", "-h"]},
    pretty_exceptions_enable=False,
    help="Audit and fix the Smart Licensing transport of a Cisco ASA fleet over SSH.",
    epilog="Exit codes: 0 ok, 2 usage, 3 findings, 4 not audited, 5 changes planned, "
    "6 push stopped or refused, 7 plan unusable, 8 a person must look, 130 interrupted.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"asa-transport {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", callback=_show_version, is_eager=True, help="Show the version."),
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


def _say(message: str) -> None:
    # Only here: it brings rich, which neither `--version` nor a TAB needs.
    from asa_transport.cli.console import say

    say(message)


def run() -> None:
    """Run the program; what nobody foresaw ends with one line and code 1, Ctrl-C and SIGTERM with 130."""
    # As Ctrl-C: what was started is ended, and what was found is told, whoever is being waited for.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # At its end Python looks through all that is left once more, which goes with the process anyhow.
    atexit.register(gc.disable)
    _hold_standard_files()
    hold_standard_streams()
    try:
        _run()
    finally:
        # What Python has kept for a stdout that is full it would try to write once more at its end.
        abandon_stdout()


def _run() -> None:
    try:
        try:
            app()
        finally:
            # Here and not when Python ends, which has an exit code of its own for what it cannot write.
            sys.stdout.flush()
    except OutputError as error:
        # A reader that has seen enough (`| head`) need not be told.
        if error.errno != errno.EPIPE:
            _say(f"error: {error}")
        sys.exit(RunEnd.INTERNAL)
    except KeyboardInterrupt:
        _say("interrupted")
        sys.exit(RunEnd.INTERRUPTED)
    except AsaTransportError as error:
        _say(f"internal error: {error}")
        sys.exit(RunEnd.INTERNAL)
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        _say(f"error: {where}{error.strerror or type(error).__name__}")
        sys.exit(RunEnd.INTERNAL)
