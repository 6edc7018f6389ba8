"""`asa-transport hostkeys scan` and `hostkeys check`: enrol and compare SSH host keys.

One key exchange a device; no credential is resolved and nobody logs in.  Every device
has one outcome.  `scan --add` appends keys of devices that the file does not know; a
changed or revoked key is said and never replaced: that is for a person, after finding
out why.
"""

from __future__ import annotations

import contextlib
import enum
import io
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from asa_transport.cli import options
from asa_transport.cli.console import exit_on_user_error, say
from asa_transport.errors import ConnectError, DeviceError, UserError
from asa_transport.model import Limits
from asa_transport.model.ending import RunEnd, strongest

if TYPE_CHECKING:
    from asa_transport.capabilities import Visit
    from asa_transport.cli.views.hostkeys import NotReached, Outcome, Shown
    from asa_transport.edges.ssh.hostkeys import KnownHosts, Standing
    from asa_transport.engine.fleet import Lost, RunStop, Terms, Threads
    from asa_transport.model import Device, HostKeys

# One key exchange and no login: no AAA server is asked.
_WORKERS = 50
_DEFAULT = Limits()

app = typer.Typer(
    help="Enrol and compare SSH host keys. Logs in nowhere, needs no credential.", no_args_is_help=True
)


class CheckFormat(enum.StrEnum):
    """How a comparison is printed."""

    TABLE = "table"
    JSON = "json"


class ScanFormat(enum.StrEnum):
    """How a scan is printed."""

    KNOWN_HOSTS = "known-hosts"
    TABLE = "table"
    JSON = "json"


YesOption = Annotated[bool, typer.Option("--yes", help="With --add: do not ask.")]
AddOption = Annotated[
    bool,
    typer.Option("--add", help="Append unknown keys to each device's known_hosts file, after asking."),
]


@app.command()
def check(
    inventory_file: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    workers: options.WorkersOption = None,
    output_format: Annotated[
        CheckFormat, typer.Option("--format", help="Table for people, JSON for programs.")
    ] = CheckFormat.TABLE,
    ssh_config: options.SshConfigOption = None,
    connect_timeout: options.ConnectTimeout = _DEFAULT.tcp_s,
    handshake_timeout: options.HandshakeTimeout = _DEFAULT.handshake_s,
    device_timeout: options.DeviceTimeout = _DEFAULT.device_s,
    attempts: options.Attempts = _DEFAULT.attempts,
) -> None:
    """Compare the key that each device shows with its known_hosts file: same, unknown, changed or revoked.

    One key a device is compared: of a type that the file knows, where the device has
    one; else the one that it prefers. Exit code 3: a key is not the same; 4: a device
    was not reached.
    """
    from asa_transport.cli.views.hostkeys import print_compared
    from asa_transport.edges.ssh.hostkeys import Standing
    from asa_transport.engine.fleet import RunStop
    from asa_transport.flows import audit

    limits = Limits(
        tcp_s=connect_timeout, handshake_s=handshake_timeout, device_s=device_timeout, attempts=attempts
    )
    stop = RunStop()
    with exit_on_user_error():
        devices = _devices(inventory_file, limit)
        found = _asked(devices, limits, workers or _WORKERS, audit.readable_ssh_config(ssh_config), stop)
    code = _exit_code(found, stop, frozenset(Standing) - {Standing.SAME})
    print_compared(found, code, as_json=output_format is CheckFormat.JSON)
    raise typer.Exit(code)


@app.command()
def scan(
    inventory_file: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    workers: options.WorkersOption = None,
    output_format: Annotated[
        ScanFormat, typer.Option("--format", help="Lines of a known_hosts file; or all devices, as of check.")
    ] = ScanFormat.KNOWN_HOSTS,
    output: options.OutputOption = None,
    add: AddOption = False,
    yes: YesOption = False,
    ssh_config: options.SshConfigOption = None,
    connect_timeout: options.ConnectTimeout = _DEFAULT.tcp_s,
    handshake_timeout: options.HandshakeTimeout = _DEFAULT.handshake_s,
    device_timeout: options.DeviceTimeout = _DEFAULT.device_s,
    attempts: options.Attempts = _DEFAULT.attempts,
) -> None:
    """Print the keys of devices that their known_hosts file does not know; with --add, enrol them.

    One key a device is scanned, the one that it prefers: enough to log in to it. Compare
    its fingerprint on the device's console before you trust it. A changed or revoked key
    is never touched (exit code 3); 4: a device was not reached.
    """
    from asa_transport.cli.views.hostkeys import Shown, print_compared
    from asa_transport.edges.ssh.hostkeys import Standing
    from asa_transport.engine.fleet import RunStop
    from asa_transport.flows import audit

    limits = Limits(
        tcp_s=connect_timeout, handshake_s=handshake_timeout, device_s=device_timeout, attempts=attempts
    )
    stop = RunStop()
    with exit_on_user_error():
        if add and not yes and not sys.stdin.isatty():
            raise UserError(
                "--add asks before it writes, and there is no terminal; give --yes, or leave --add out"
            )
        if output is not None and not output.parent.is_dir():
            raise UserError(f"{output}: cannot be written: there is no such directory")
        devices = _devices(inventory_file, limit)
        found = _asked(devices, limits, workers or _WORKERS, audit.readable_ssh_config(ssh_config), stop)
        unknown = [one for one in found if isinstance(one, Shown) and one.standing is Standing.UNKNOWN]
        code = _exit_code(found, stop, frozenset((Standing.CHANGED, Standing.REVOKED)))
        with _to(output):
            if output_format is ScanFormat.KNOWN_HOSTS:
                sys.stdout.write("".join(f"{one.entry.line}\n" for one in unknown))
            else:
                print_compared(found, code, as_json=output_format is ScanFormat.JSON)
        _say_exceptions(found)
        if add and unknown and not stop.is_set() and not _enrol(unknown, ask=not yes):
            code = strongest((code, RunEnd.FINDINGS))
    raise typer.Exit(code)


@contextlib.contextmanager
def _to(output: Path | None) -> Iterator[None]:
    """Let what is printed go to stdout, or to a file that appears under its name only when it is whole."""
    if output is None:
        yield
        return
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        yield
    try:
        if output.exists() and not output.is_file():
            # `/dev/null`, a pipe: nothing to replace.
            output.write_text(text.getvalue(), encoding="utf-8")
            return
        descriptor, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text.getvalue())
            Path(name).replace(output)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {error.strerror}") from error


def _devices(inventory_file: Path, limit: list[str] | None) -> tuple[Device, ...]:
    from asa_transport.core.judgement.select import select
    from asa_transport.files import inventory
    from asa_transport.flows import audit

    return select(inventory.load(inventory_file).devices, limit or (), audit.read_pattern_file)


def _looked_up(known: KnownHosts, device: Device) -> HostKeys:
    try:
        return known.lookup(device.known_hosts, device.host, device.port)
    except OSError as error:
        raise UserError(f"{device.known_hosts}: cannot be read: {error.strerror or error}") from error


def _asked(
    devices: Sequence[Device], limits: Limits, workers: int, ssh_config: Path | None, stop: RunStop
) -> tuple[Outcome, ...]:
    """Return one outcome per device, in the order of the devices."""
    from asa_transport.capabilities import Again
    from asa_transport.cli.signals import stopping_on_signals
    from asa_transport.cli.views.hostkeys import Shown
    from asa_transport.edges.ssh.hostkeys import KnownHosts
    from asa_transport.edges.ssh.scan import shown_key
    from asa_transport.engine.fleet import Terms, Threads, staged
    from asa_transport.flows import audit
    from asa_transport.flows.audit_worker import Taken
    from asa_transport.model import SessionCaps

    files = KnownHosts()
    # All of them before the first device is contacted: a file may be unreadable.
    known = {device.name: _looked_up(files, device) for device in devices}

    def work(visit: Visit) -> Outcome:
        device, keys = visit.device, known[visit.device.name]
        try:
            key = shown_key(
                device,
                limits=limits,
                deadline=visit.deadline,
                dial=Taken(visit.link, ssh_config),
                prefer=keys.accepted,
            )
        except ConnectError as error:
            if error.is_transient:
                raise Again(error) from error
            return _not_reached(device, error)
        return Shown(device=device, key=key, known=keys)

    lost = partial(_lost, limits)
    terms: Terms[Outcome] = Terms(
        lost=lost,
        failed=_not_reached,
        workers=workers,
        device_s=limits.device_s,
        attempts=limits.attempts,
        caps=SessionCaps(),
    )
    hands: Threads[Outcome] = Threads(work=work, lost=lost)
    with stopping_on_signals(stop):
        found = staged(
            devices,
            hands,
            terms,
            approach=audit.approach(limits, ssh_config),
            stop=stop,
        )
        by_name = {outcome.device.name: outcome for outcome in found}
    return tuple(by_name[device.name] for device in devices)


def _not_reached(device: Device, error: DeviceError) -> NotReached:
    from asa_transport.cli.views.hostkeys import NotReached

    return NotReached(device=device, error=error.error, hint=error.hint)


def _lost(limits: Limits, lost: Lost) -> NotReached:
    from asa_transport.cli.views.hostkeys import NotReached
    from asa_transport.engine.fleet import Loss

    match lost.loss:
        case Loss.STOPPED:
            error, hint = "the run was stopped before this device was finished", "run it again"
        case Loss.STUCK:
            error = f"did not end at the device limit of {limits.device_s:g} s and was given up"
            hint = "a name lookup or a jump host may hang; try it by hand"
        case Loss.CRASHED:
            error = f"internal error: {type(lost.error).__name__}: {lost.error}"
            hint = "a fault of ours; please report it"
        case _:
            assert_never(lost.loss)
    return NotReached(device=lost.device, error=error, hint=hint, is_internal=lost.loss is Loss.CRASHED)


def _exit_code(found: Iterable[Outcome], stop: RunStop, findings: frozenset[Standing]) -> RunEnd:
    from asa_transport.cli.views.hostkeys import NotReached, Shown

    codes = {RunEnd.INTERRUPTED} if stop.is_set() else set()
    for outcome in found:
        match outcome:
            case NotReached():
                codes.add(RunEnd.INTERNAL if outcome.is_internal else RunEnd.NOT_AUDITED)
            case Shown():
                codes |= {RunEnd.FINDINGS} if outcome.standing in findings else set()
            case _:
                assert_never(outcome)
    return strongest(codes)


def _enrol(unknown: Sequence[Shown], *, ask: bool) -> bool:
    """Show the fingerprints, ask, append; return whether every key is in its file now.

    Raises:
        UserError: A file cannot be written.
    """
    from asa_transport.cli.views.hostkeys import count
    from asa_transport.edges.ssh import hostkeys
    from asa_transport.edges.ssh.hostkeys import KnownHosts, Standing, fingerprint

    for one in unknown:
        shown = f"{one.key.type} {fingerprint(one.key)} -> {one.device.known_hosts}"
        say(f"{one.device.name} ({one.device.host} port {one.device.port}): {shown}")
    if ask and not _agreed(f"Add {count(len(unknown), 'key')}?"):
        say("nothing was added")
        return False
    for path in dict.fromkeys(one.device.known_hosts for one in unknown):
        hostkeys.append(path, [one.entry for one in unknown if one.device.known_hosts == path])
    now = KnownHosts()
    missing = [
        one for one in unknown if hostkeys.standing(_looked_up(now, one.device), one.key) is not Standing.SAME
    ]
    for one in missing:
        say(f"{one.device.name}: not added: {one.device.known_hosts} has come to hold another key for it")
    say(f"{count(len(unknown) - len(missing), 'key')} added")
    return not missing


def _agreed(question: str) -> bool:
    """Ask on stderr; only `y` and `yes` are a yes."""
    # typer's own question puts a blank on stdout, where the lines of the scan are.
    typer.echo(f"{question} [y/N] ", nl=False, err=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _say_exceptions(found: Iterable[Outcome]) -> None:
    """Name the devices whose keys are neither known nor new, and those that showed none."""
    from asa_transport.cli.views.hostkeys import NotReached, Shown
    from asa_transport.edges.ssh.hostkeys import Standing, fingerprint

    for outcome in found:
        match outcome:
            case NotReached():
                say(f"{outcome.device.name}: not reached: {outcome.error}\n  hint: {outcome.hint}")
            case Shown() if outcome.standing in (Standing.CHANGED, Standing.REVOKED):
                say(
                    f"{outcome.device.name}: {outcome.standing}: shows {outcome.key.type} "
                    f"{fingerprint(outcome.key)}; {outcome.device.known_hosts} is left as it is\n"
                    "  hint: find out why it changed (replaced unit? other device?) before you edit the file"
                )
            case _:
                pass
