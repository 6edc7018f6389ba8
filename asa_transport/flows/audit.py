"""Run an audit: join inventory, credentials, sessions and the fleet, and keep what was read.

Everything that can be wrong with the user's input is found before the first
device is contacted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, assert_never

from asa_transport.capabilities import Observer
from asa_transport.core.judgement.select import select
from asa_transport.core.parsing.tables import TableSet
from asa_transport.edges import templates
from asa_transport.edges.secrets import credentials, handover
from asa_transport.edges.ssh.dial import dial
from asa_transport.edges.ssh.reach import Reach, sockets_for
from asa_transport.edges.state.run_folder import RunFolder
from asa_transport.engine.admission import Trial
from asa_transport.engine.fleet import RunStop, Terms, Threads, staged
from asa_transport.engine.processes import Processes
from asa_transport.engine.workers import WorkerPool
from asa_transport.errors import SelectionError, UserError, in_words
from asa_transport.files import inventory
from asa_transport.flows.audit_device import ProbeTargets
from asa_transport.flows.audit_worker import AuditJob, AuditWorker
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Credential,
    Device,
    Inventory,
    Limits,
    NotAudited,
    Policy,
)

# Enough to hide the waits of a WAN; more threads in one process only cost it (PERFORMANCE §6.3).
_WORKERS_EACH: Final = 50
# Few enough for one AAA server.
_MOST_WORKERS: Final = 200
# A dead site of so many devices keeps nobody behind it waiting.
_MOST_SILENT: Final = 512
# From so many devices on, processes gain more than the half second that starting them takes.
_MANY: Final = 200


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
    processes: int = 1


def prepare(
    inventory_file: Path,
    limit: Sequence[str],
    *,
    workers: int | None,
    limits: Limits,
    textfsm: Path | None,
    ask: Callable[[str], str] | None,
    ssh_config: Path | None = None,
    choose: Callable[[Sequence[Device]], tuple[Device, ...]] | None = None,
    processes: int | None = None,
) -> Request:
    """Read and check everything the user gave; raise UserError with all that is wrong.

    Args:
        workers: Devices at once; `None` for a default.
        processes: Worker processes; `None` for as many as the fleet is worth.
        choose: Picks the devices from those of the inventory, in place of the limit.
    """
    loaded = inventory.load(inventory_file)
    if choose is not None:
        devices = choose(loaded.devices)
    else:
        devices = select(loaded.devices, limit, read_pattern_file)
    tables = TableSet(templates.textfsm(textfsm))
    at_once, shares = _shares(len(devices), workers, processes)
    needed = {device.credential for device in devices}
    return Request(
        inventory=loaded,
        devices=devices,
        secrets=credentials.resolve(loaded.credentials, needed, ask=ask),
        tables=tables,
        limits=limits,
        workers=at_once,
        ssh_config=readable_ssh_config(ssh_config),
        processes=shares,
    )


def read_pattern_file(name: str) -> str:
    """Return the text of a `-l @FILE`; a `~` is ours to expand, because no shell does it behind the `@`."""
    try:
        return Path(name).expanduser().read_text(encoding="utf-8")
    except RuntimeError as error:
        raise SelectionError(f"-l @{name}: there is no such home directory") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SelectionError(f"-l @{name}: cannot be read: {in_words(error)}") from error


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
    stop: RunStop,
    observer: Observer,
    *,
    policy: Policy,
    targets: ProbeTargets | None = None,
) -> Iterator[AuditOutcome]:
    """Yield one outcome per device as they come; answers are on disk, and no longer in the outcome.

    Args:
        targets: What each firewall itself tries to reach.  Only with them a session may send
            `ping tcp`; its answers stay in the outcome.
    """
    job = AuditJob(
        tables=request.tables,
        limits=request.limits,
        folder=folder,
        ssh_config=request.ssh_config,
        targets=targets,
    )
    auditing = AuditWorker(job=job, secrets=request.secrets)
    limits = request.limits
    terms = Terms(
        lost=auditing.lost,
        failed=auditing.failed,
        workers=request.workers,
        device_s=limits.device_s,
        attempts=limits.attempts,
        caps=policy.max_sessions,
        silent=sockets_for(request.workers, _MOST_SILENT),
        trial=Trial(policy.lockout_after),
        started=observer.started,
    )
    pool = _pool(request, job, auditing)
    for outcome in staged(
        request.devices, pool, terms, approach=approach(limits, request.ssh_config), stop=stop
    ):
        observer.finished(outcome)
        yield outcome


def _shares(devices: int, workers: int | None, processes: int | None) -> tuple[int, int]:
    """Return how many devices at once, and in how many processes, where the user left it to us."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    by_size = cores if devices >= _MANY else 1
    count = by_size if processes is None else processes
    at_once = min(_WORKERS_EACH * count, _MOST_WORKERS) if workers is None else workers
    return at_once, max(1, min(count, at_once, devices))


def _pool(request: Request, job: AuditJob, auditing: AuditWorker) -> WorkerPool[AuditOutcome]:
    if request.processes == 1:
        return Threads(work=auditing.work, lost=auditing.lost)
    try:
        return Processes(
            request.processes,
            job,
            secrets=handover.packed(request.secrets),
            revived=lambda outcome, device: replace(outcome, device=device),
            hidden=credentials.variables(request.inventory.credentials),
            preload=("asa_transport.edges.ssh.session",),
        )
    # EOFError: the server that forks ended in the middle.
    except (OSError, EOFError) as error:
        raise UserError(
            f"worker processes cannot be started: {in_words(error)}; give --processes 1"
        ) from error


def approach(limits: Limits, ssh_config: Path | None) -> Reach:
    """Return what brings devices to the point where they speak."""
    return Reach(limits=limits, jump=partial(dial, ssh_config=ssh_config))


def is_internal_error(outcome: AuditOutcome) -> bool:
    """Return whether the outcome is a fault of ours (exit code 1)."""
    match outcome:
        case NotAudited():
            return outcome.error.startswith("internal error: ")
        case Audited():
            return False
        case _:
            assert_never(outcome)
