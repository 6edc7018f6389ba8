"""Run an audit: join inventory, credentials, sessions and the fleet, and keep what was read.

Everything that can be wrong with the user's input is found before the first
device is contacted.
"""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TypeVar, assert_never

from asa_transport.audit import Auditor, ProbeTargets
from asa_transport.capabilities import Leash, Observer, OpenConfigSession, OpenSession
from asa_transport.core.probe import is_probe
from asa_transport.core.select import select
from asa_transport.core.tables import TableSet
from asa_transport.edges import credentials, inventory, templates
from asa_transport.edges.dial import dial
from asa_transport.edges.hostkeys import KnownHosts
from asa_transport.edges.runs import RunFolder
from asa_transport.edges.session import open_config_session, open_session
from asa_transport.errors import HostKeyError, SelectionError, UserError
from asa_transport.fleet import Loss, Lost, Stop, outcomes
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Credential,
    Device,
    Inventory,
    Limits,
    NotAudited,
    Stage,
)

_S = TypeVar("_S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for, read and checked; nothing was contacted yet."""

    inventory: Inventory
    devices: tuple[Device, ...]
    secrets: dict[str, Credential]
    tables: TableSet
    limits: Limits
    workers: int
    ssh_config: Path | None = None


def prepare(
    inventory_file: Path,
    limit: Sequence[str],
    *,
    workers: int,
    limits: Limits,
    textfsm: Path | None,
    ask: Callable[[str], str] | None,
    ssh_config: Path | None = None,
    choose: Callable[[Sequence[Device]], tuple[Device, ...]] | None = None,
) -> Request:
    """Read and check everything the user gave; raise UserError with all that is wrong.

    Args:
        choose: Picks the devices from those of the inventory, in place of the limit.
    """
    loaded = inventory.load(inventory_file)
    if choose is not None:
        devices = choose(loaded.devices)
    else:
        devices = select(loaded.devices, limit, read_pattern_file)
    tables = TableSet(templates.textfsm(textfsm))
    needed = {device.credential for device in devices}
    return Request(
        inventory=loaded,
        devices=devices,
        secrets=credentials.resolve(loaded.credentials, needed, ask=ask),
        tables=tables,
        limits=limits,
        workers=workers,
        ssh_config=readable_ssh_config(ssh_config),
    )


def read_pattern_file(name: str) -> str:
    """Return the text of a `-l @FILE`; a `~` is ours to expand, because no shell does it behind the `@`."""
    try:
        return Path(name).expanduser().read_text(encoding="utf-8")
    except RuntimeError as error:
        raise SelectionError(f"-l @{name}: there is no such home directory") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SelectionError(f"-l @{name}: cannot be read: {error}") from error


def readable_ssh_config(path: Path | None) -> Path | None:
    """Return the path, or raise UserError where it cannot be read: ssh would say so once a device."""
    if path is not None:
        try:
            path.open("rb").close()
        except OSError as error:
            raise UserError(f"--ssh-config {path}: cannot be read: {error.strerror}") from error
    return path


def run(
    request: Request,
    folder: RunFolder,
    stop: Stop,
    observer: Observer,
    *,
    targets: ProbeTargets | None = None,
) -> Iterator[AuditOutcome]:
    """Yield one outcome per device as they come; answers are on disk, and no longer in the outcome.

    Args:
        targets: What each firewall itself tries to reach.  Only with them a session may send
            `ping tcp`; its answers stay in the outcome.
    """
    auditor = Auditor(
        open_session=logins(request, probe=targets is not None), tables=request.tables, targets=targets
    )

    def work(device: Device, leash: Leash) -> AuditOutcome:
        observer.started(device)
        return _kept(auditor.audit(device, leash), folder)

    def without_outcome(lost: Lost) -> AuditOutcome:
        return _lost(lost, folder, request.limits)

    for outcome in outcomes(
        request.devices,
        work,
        lost=without_outcome,
        workers=request.workers,
        device_s=request.limits.device_s,
        stop=stop,
    ):
        observer.finished(outcome)
        yield outcome


def logins(request: Request, *, probe: bool) -> OpenSession:
    """Return what opens a session for each device; one that does not probe cannot send `ping tcp`."""
    return _opener(request, partial(open_session, probe=probe))


def config_logins(request: Request) -> OpenConfigSession:
    """Return what opens a session that may write, once its lines are permitted; for `push --commit` alone."""
    return _opener(request, open_config_session)


def _opener(request: Request, open_: Callable[..., _S]) -> Callable[[Device, Leash], _S]:
    known = KnownHosts()

    def login(device: Device, leash: Leash) -> _S:
        try:
            keys = known.lookup(device.known_hosts, device.host, device.port)
        except OSError as error:
            raise HostKeyError(
                device.name,
                did=f"reading {device.known_hosts}",
                saw=error.strerror or str(error),
                hint="make it readable, or name another file as `known_hosts`",
            ) from error
        return open_(
            device,
            credential=request.secrets[device.credential],
            host_keys=keys,
            limits=request.limits,
            leash=leash,
            dial=partial(dial, ssh_config=request.ssh_config),
        )

    return login


@contextmanager
def stopping_on_signals(stop: Stop) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the run with what is known so far; a second one ends the program."""

    def handle(number: int) -> None:
        if stop.is_set():
            signal.default_int_handler(number, None)
        stop.set()

    with on_signals(handle):
        yield


@contextmanager
def on_signals(handle: Callable[[int], None]) -> Iterator[None]:
    """Have Ctrl-C and SIGTERM call `handle`, in the main thread, between two of its steps."""

    def handler(number: int, frame: FrameType | None) -> None:
        del frame
        handle(number)

    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _kept(outcome: AuditOutcome, folder: RunFolder) -> AuditOutcome:
    """Write the answers and drop them, so that memory does not grow with the fleet."""
    capture = outcome.capture
    if capture is None:
        return outcome
    folder.save_capture(capture)
    probes = tuple(output for output in capture.outputs if is_probe(output.command))
    return replace(outcome, capture=replace(capture, outputs=probes))


def _lost(lost: Lost, folder: RunFolder, limits: Limits) -> NotAudited:
    match lost.loss:
        case Loss.STOPPED:
            error, hint = "the run was stopped before this device was finished", "run it again"
        case Loss.STUCK:
            error = f"did not end at the device limit of {limits.device_s:g} s and was given up"
            hint = "a name lookup or a jump host may hang; try it by hand"
        case Loss.CRASHED:
            trace = "".join(traceback.format_exception(lost.error)) if lost.error else ""
            folder.save_error(f"{lost.device.name}\n{trace}")
            error = f"internal error: {type(lost.error).__name__}"
            hint = f"a fault of ours; please report {folder.path / 'errors.txt'}"
        case _:
            assert_never(lost.loss)
    return NotAudited(device=lost.device, stage=Stage.COLLECT, error=error, hint=hint)


def is_internal_error(outcome: AuditOutcome) -> bool:
    """Return whether the outcome is a fault of ours (exit code 1)."""
    match outcome:
        case NotAudited():
            return outcome.error.startswith("internal error: ")
        case Audited():
            return False
        case _:
            assert_never(outcome)
