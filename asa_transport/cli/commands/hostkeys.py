"""`asa-transport hostkeys scan` and `hostkeys check`: enrol and compare SSH host keys.

One key exchange a device; nobody logs in, but to jump hosts.  Every device
has one outcome.  `scan --add` appends keys of devices that the file does not know; a
changed or revoked key is said and never replaced: that is for a person, after finding
out why.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Annotated

import typer

from asa_transport.cli import options
from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.formats import OutputFormat, check_name
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.cli.secrets import asker
from asa_transport.cli.telling import say_left_out, say_not_selected
from asa_transport.errors import UserError
from asa_transport.model import Limits
from asa_transport.model.ending import RunEnd, strongest

if TYPE_CHECKING:
    from pathlib import Path

    from asa_transport.flows.hostkeys import KeyRequest, KeyRun, ShownKey

_DEFAULT, _TONE = Limits(), Tone()

app = typer.Typer(
    help="Collect and compare SSH host keys. Logs in to no device, needs no password.", no_args_is_help=True
)


class ScanFormat(enum.StrEnum):
    """How a scan is printed."""

    KNOWN_HOSTS = "known-hosts"
    TABLE = "table"
    JSON = "json"


YesOption = Annotated[bool, typer.Option("--yes", help="With --add: add the keys without a question.")]
AddOption = Annotated[
    bool,
    typer.Option("--add", help="Add the unknown keys to the known_hosts files; you are asked first."),
]


@app.command()
@with_bundles
def check(
    inventory_file: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    workers: options.WorkersOption = None,
    output_format: options.FormatOption = OutputFormat.TABLE,
    ssh_config: options.SshConfigOption = None,
    policy: options.PolicyOption = None,
    connect_timeout: options.ConnectTimeout = _DEFAULT.tcp_s,
    handshake_timeout: options.HandshakeTimeout = _DEFAULT.handshake_s,
    device_timeout: options.DeviceTimeout = _DEFAULT.device_s,
    attempts: options.Attempts = _DEFAULT.attempts,
    tone: Tone = _TONE,
) -> None:
    """Compare the host key of each device with its known_hosts file: same, unknown, changed or revoked.

    One key of each device is compared: one of a type that the file has, if the device
    has one; else the key that it prefers. Exit code 3: a key is not the same; 4: a
    device was not reached.
    """
    from asa_transport.cli.signals import stopping_on_signals
    from asa_transport.cli.views.hostkeys import print_compared
    from asa_transport.engine.fleet import RunStop
    from asa_transport.flows import hostkeys

    limits = Limits(
        tcp_s=connect_timeout, handshake_s=handshake_timeout, device_s=device_timeout, attempts=attempts
    )
    stop = RunStop()
    with exit_on_user_error():
        request = _prepared(inventory_file, limit, limits, workers, ssh_config, policy, tone)
        with stopping_on_signals(stop):
            run = hostkeys.check(request, stop)
    print_compared(run, sys.stdout, as_json=output_format is OutputFormat.JSON, no_color=tone.no_color)
    raise typer.Exit(run.end)


@app.command()
@with_bundles
def scan(
    inventory_file: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    workers: options.WorkersOption = None,
    output_format: Annotated[
        ScanFormat,
        typer.Option(
            "--format", help="known-hosts: lines for such a file. table, json: all devices, as for check."
        ),
    ] = ScanFormat.KNOWN_HOSTS,
    output: options.OutputOption = None,
    add: AddOption = False,
    yes: YesOption = False,
    ssh_config: options.SshConfigOption = None,
    policy: options.PolicyOption = None,
    connect_timeout: options.ConnectTimeout = _DEFAULT.tcp_s,
    handshake_timeout: options.HandshakeTimeout = _DEFAULT.handshake_s,
    device_timeout: options.DeviceTimeout = _DEFAULT.device_s,
    attempts: options.Attempts = _DEFAULT.attempts,
    tone: Tone = _TONE,
) -> None:
    """Print the host keys that the known_hosts files do not have; with --add, add them.

    One key of each device is read, the one that it prefers: enough to log in. Compare
    its fingerprint on the console of the device before you trust it. A changed or
    revoked key is never replaced (exit code 3); 4: a device was not reached.
    """
    from asa_transport.cli.signals import stopping_on_signals
    from asa_transport.cli.views.hostkeys import say_suspect
    from asa_transport.edges.output_file import opened
    from asa_transport.engine.fleet import RunStop
    from asa_transport.flows import hostkeys

    limits = Limits(
        tcp_s=connect_timeout, handshake_s=handshake_timeout, device_s=device_timeout, attempts=attempts
    )
    stop = RunStop()
    with exit_on_user_error():
        if add and not yes and not sys.stdin.isatty():
            raise UserError(
                "--add asks before it writes, and there is no terminal; give --yes, or leave --add out"
            )
        check_name(output, output_format, list(ScanFormat))
        request = _prepared(inventory_file, limit, limits, workers, ssh_config, policy, tone)
        with opened(output, sys.stdout) as file:
            with stopping_on_signals(stop):
                run = hostkeys.scan(request, stop)
            _print_scanned(run, file, output_format, no_color=tone.no_color)
        say_suspect(run.outcomes)
        is_wanted = add and bool(run.unknown) and not run.was_stopped
        is_whole = not is_wanted or _enrol(run.unknown, ask=not yes, quiet=tone.quiet)
    raise typer.Exit(run.end if is_whole else strongest((run.end, RunEnd.FINDINGS)))


def _prepared(
    inventory_file: Path,
    limit: Sequence[str] | None,
    limits: Limits,
    workers: int | None,
    ssh_config: Path | None,
    policy: Path | None,
    tone: Tone,
) -> KeyRequest:
    """Return whose keys are asked for; say who is left out, and what of ssh's files is not read."""
    from asa_transport.flows import hostkeys

    request = hostkeys.prepare(
        inventory_file,
        limit or (),
        limits=limits,
        workers=workers,
        ssh_config=ssh_config,
        policy=policy,
        ask=asker(),
    )
    say_left_out(request.left_out, inventory_file, quiet=tone.quiet)
    say_not_selected(request.not_selected, inventory_file, quiet=tone.quiet)
    # A jump host may be reached otherwise than by `ssh`.
    for note in request.routes.notes:
        StderrTeller(quiet=tone.quiet).note(note)
    return request


def _print_scanned(run: KeyRun, file: IO[str], output_format: ScanFormat, *, no_color: bool) -> None:
    from asa_transport.cli.views.hostkeys import print_compared, print_lines

    if output_format is ScanFormat.KNOWN_HOSTS:
        print_lines(run, file)
    else:
        print_compared(run, file, as_json=output_format is ScanFormat.JSON, no_color=no_color)


def _enrol(unknown: Sequence[ShownKey], *, ask: bool, quiet: bool) -> bool:
    """Show the fingerprints, ask, append; return whether every key is in its file now."""
    from asa_transport.cli.views.hostkeys import agreed, say_enrolled, say_unknown
    from asa_transport.flows import hostkeys
    from asa_transport.text import counted

    # A question without what it is about is none.
    if ask or not quiet:
        say_unknown(unknown)
    if ask and not agreed(f"Add {counted(len(unknown), 'key')}?"):
        StderrTeller(quiet=quiet).note("nothing was added")
        return False
    missing = hostkeys.enrol(unknown)
    say_enrolled(unknown, missing, quiet=quiet)
    return not missing
