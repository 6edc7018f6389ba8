"""`asa-transport hostkeys scan`, `check` and `rotate`: enrol, compare and replace SSH host keys.

One key exchange a device; nobody logs in, but to jump hosts.  Every device
has one outcome.  `scan --add` appends keys of devices that the file does not know; a changed key is
replaced by `rotate` alone, for the devices that are named, on the word of a person who saw both; a
revoked one never.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import StderrTeller, exit_on_user_error
from asa_transport.cli.formats import OutputFormat, check_name
from asa_transport.cli.option_groups import Tone, with_bundles
from asa_transport.cli.secrets import asker
from asa_transport.cli.telling import say_left_out, say_not_selected, say_parted
from asa_transport.errors import UserError
from asa_transport.model import UNDIVIDED, Limits, Part

if TYPE_CHECKING:
    from asa_transport.flows.hostkeys import KeyRequest, KeyRun
    from asa_transport.flows.hostkeys_change import NotWritten, Writing

_DEFAULT, _TONE = Limits(), Tone()

app = typer.Typer(
    help="Collect and compare SSH host keys. Logs in to no device, needs no password.", no_args_is_help=True
)


_NOBODY_TO_ASK = (
    "you are asked before a key is written, and there is no terminal; give the fingerprints that you trust "
    "as --fingerprints, or for unknown keys --yes"
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
FingerprintsOption = Annotated[
    Path | None,
    typer.Option(
        "--fingerprints",
        metavar="FILE",
        help="Write without a question what this list has, and nothing else: a line is a device and "
        "SHA256:..., or as ssh-keygen -l prints it; - is stdin.",
    ),
]
PairsOption = Annotated[
    bool,
    typer.Option(
        "--pairs",
        help="With --add: give each unit of a failover pair its mate's key too, for after a failover.",
    ),
]
HashOption = Annotated[
    bool,
    typer.Option(
        "--hash", help="Hide the names in new lines, as HashKnownHosts does; where a file hides one, always."
    ),
]
NamedOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        "-l",
        metavar="PATTERN",
        autocompletion=completion.patterns,
        help="The devices whose keys changed on purpose; there is no default.",
    ),
]
OldOption = Annotated[
    list[str] | None,
    typer.Option("--old", metavar="SHA256:...", help="The known key that goes, where a device has several."),
]
KeepOption = Annotated[
    bool,
    typer.Option("--keep", help="Put the new key beside the known ones, which stay."),
]


@app.command()
@with_bundles
def check(
    inventory_file: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    part: Part = UNDIVIDED,
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
    from asa_transport.cli.views.hostkeys import print_compared, say_lone, say_suspect
    from asa_transport.engine.fleet import RunStop
    from asa_transport.flows import hostkeys

    limits = Limits(
        tcp_s=connect_timeout, handshake_s=handshake_timeout, device_s=device_timeout, attempts=attempts
    )
    stop = RunStop()
    with exit_on_user_error():
        request = _prepared(inventory_file, limit, part, limits, workers, ssh_config, policy, tone)
        with stopping_on_signals(stop):
            run = hostkeys.check(request, stop)
        print_compared(run, sys.stdout, as_json=output_format is OutputFormat.JSON, no_color=tone.no_color)
        # Those that were not reached have their hint in the table.
        say_suspect(run.outcomes, with_unreached=False)
        say_lone(run.outcomes, quiet=tone.quiet)
    raise typer.Exit(run.end)


@app.command()
@with_bundles
def scan(
    inventory_file: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    part: Part = UNDIVIDED,
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
    fingerprints: FingerprintsOption = None,
    pairs: PairsOption = False,
    hash_names: HashOption = False,
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
    its fingerprint on the console of the device before you trust it, or give those of
    the consoles as --fingerprints. A changed or revoked key is never replaced
    (exit code 3); 4: a device was not reached.
    """
    from asa_transport.cli.signals import stopping_on_signals
    from asa_transport.cli.views.hostkeys import say_suspect
    from asa_transport.edges.output_file import opened
    from asa_transport.engine.fleet import RunStop
    from asa_transport.flows import hostkeys, hostkeys_change

    limits = Limits(
        tcp_s=connect_timeout, handshake_s=handshake_timeout, device_s=device_timeout, attempts=attempts
    )
    stop = RunStop()
    with exit_on_user_error():
        word = _word(is_asked_for=add, yes=yes, fingerprints=fingerprints, pairs=pairs)
        check_name(output, output_format, list(ScanFormat))
        request = _prepared(inventory_file, limit, part, limits, workers, ssh_config, policy, tone)
        with opened(output, sys.stdout) as file:
            with stopping_on_signals(stop):
                run = hostkeys.scan(request, stop)
            _print_scanned(run, file, output_format, is_hashed=hash_names, no_color=tone.no_color)
        say_suspect(run.outcomes, with_unreached=True)
        if not add or run.was_stopped:
            raise typer.Exit(run.end)
        wanted = hostkeys_change.additions(run, request, with_pairs=pairs)
        _write(wanted, (), request, word, tone, is_hashed=hash_names, done="added")
        end = hostkeys_change.end(run, request)
    raise typer.Exit(end)


@app.command()
@with_bundles
def rotate(
    inventory_file: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: NamedOption = None,
    old: OldOption = None,
    keep: KeepOption = False,
    fingerprints: FingerprintsOption = None,
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
    """Replace the known host key of devices whose key changed on purpose.

    Old and new key are shown, and you are asked; compare the new fingerprint on the
    console of the device first, or give it as --fingerprints. Only lines of the named
    devices are touched. Exit code 3: a key is not the same afterwards; 4: a device was
    not reached.
    """
    from asa_transport.cli.signals import stopping_on_signals
    from asa_transport.cli.views.hostkeys import print_compared
    from asa_transport.engine.fleet import RunStop
    from asa_transport.flows import hostkeys, hostkeys_change

    limits = Limits(
        tcp_s=connect_timeout, handshake_s=handshake_timeout, device_s=device_timeout, attempts=attempts
    )
    stop = RunStop()
    with exit_on_user_error():
        if not limit:
            raise UserError("rotate: name the devices whose keys changed on purpose, e.g. -l fw-par-01")
        if keep and old:
            raise UserError("--keep and --old contradict each other: all known keys stay, or one goes")
        word = _word(is_asked_for=True, yes=False, fingerprints=fingerprints, pairs=False)
        request = _prepared(inventory_file, limit, UNDIVIDED, limits, workers, ssh_config, policy, tone)
        with stopping_on_signals(stop):
            run = hostkeys.check(request, stop)
        print_compared(run, sys.stdout, as_json=output_format is OutputFormat.JSON, no_color=tone.no_color)
        if run.was_stopped:
            raise typer.Exit(run.end)
        wanted, left = hostkeys_change.replacements(run, old=old or (), is_kept=keep)
        _write(wanted, left, request, word, tone, is_hashed=False, done="replaced" if not keep else "added")
        end = hostkeys_change.end(run, request)
    raise typer.Exit(end)


def _prepared(
    inventory_file: Path,
    limit: Sequence[str] | None,
    part: Part,
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
        part=part,
        limits=limits,
        workers=workers,
        ssh_config=ssh_config,
        policy=policy,
        ask=asker(),
    )
    say_left_out(request.left_out, inventory_file, quiet=tone.quiet)
    say_not_selected(request.division.selected.not_enabled, inventory_file, quiet=tone.quiet)
    say_parted(request.division, inventory_file, quiet=tone.quiet)
    # A jump host may be reached otherwise than by `ssh`.
    for note in request.routes.notes:
        StderrTeller(quiet=tone.quiet).note(note)
    return request


def _print_scanned(
    run: KeyRun, file: IO[str], output_format: ScanFormat, *, is_hashed: bool, no_color: bool
) -> None:
    from asa_transport.cli.views.hostkeys import print_compared, print_lines

    if output_format is ScanFormat.KNOWN_HOSTS:
        print_lines(run, file, is_hashed=is_hashed)
    else:
        print_compared(run, file, as_json=output_format is ScanFormat.JSON, no_color=no_color)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """On whose word keys are written: a list's, or a person's, who is asked or has said yes before."""

    fingerprints: Mapping[str, Collection[str]] | None
    is_given: bool


def _word(*, is_asked_for: bool, yes: bool, fingerprints: Path | None, pairs: bool) -> _Word:
    """Return on whose word keys are to be written; nobody was contacted yet."""
    from asa_transport.files import fingerprints as lists

    if not is_asked_for:
        for name, is_set in (("--fingerprints", fingerprints is not None), ("--pairs", pairs)):
            if is_set:
                raise UserError(f"{name} goes with --add; without it nothing is written")
        return _Word(fingerprints=None, is_given=False)
    if fingerprints is not None:
        if yes:
            raise UserError("--yes and --fingerprints contradict each other: trust every key, or the list")
        return _Word(fingerprints=lists.read(fingerprints), is_given=True)
    if not yes and not sys.stdin.isatty():
        raise UserError(_NOBODY_TO_ASK)
    return _Word(fingerprints=None, is_given=yes)


def _write(
    wanted: Sequence[Writing],
    left: Sequence[NotWritten],
    request: KeyRequest,
    word: _Word,
    tone: Tone,
    *,
    is_hashed: bool,
    done: str,
) -> None:
    """Show the fingerprints, ask or compare, write; say what was not written."""
    from asa_transport.cli.views.hostkeys import agreed, say_left, say_wanted, say_written
    from asa_transport.flows import hostkeys_change
    from asa_transport.text import counted

    if word.fingerprints is not None:
        wanted, others = hostkeys_change.vouched(wanted, word.fingerprints)
        left = (*left, *others)
    say_left(left)
    if not wanted:
        return
    # A question without what it is about is none.
    if not word.is_given or not tone.quiet:
        say_wanted(wanted)
    verb = "Replace" if any(one.old for one in wanted) else "Add"
    if not word.is_given and not agreed(f"{verb} {counted(len(wanted), 'key')}?"):
        StderrTeller(quiet=tone.quiet).note(f"nothing was {done}")
        return
    missing = hostkeys_change.write(wanted, request, is_hashed=is_hashed)
    say_written(wanted, missing, quiet=tone.quiet, done=done)
