"""Run an audit: join inventory, credentials, sessions and the fleet, keep what was read, and judge it.

Everything that can be wrong with the user's input is found before the first
device is contacted.  Prints nothing and asks nobody: what a person may want to know goes to an
observer and a teller, and the end of the run is in its report.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from asa_transport.capabilities import Observer, RunObserver, Silence, Teller
from asa_transport.core.documents.audit import run_of
from asa_transport.core.history.differences import Diff
from asa_transport.core.history.run_end import audit_end, audit_end_since
from asa_transport.core.judgement.parts import Division, divided
from asa_transport.core.judgement.select import Selection
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.reports.report import Report
from asa_transport.edges.secrets import credentials
from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.edges.ssh.jump_config import JumpRoutes, jump_routes
from asa_transport.edges.ssh.jump_hosts import JumpHosts
from asa_transport.edges.ssh.reach import Reach, sockets_for
from asa_transport.edges.state.run_folder import RAW, RunFolder, new_run_id
from asa_transport.engine.admission import Trial
from asa_transport.engine.fleet import OnLoop, RunStop, Terms, run_outcomes
from asa_transport.errors import UserError
from asa_transport.files import inventory as inventories
from asa_transport.files.pattern_file import read_pattern_file
from asa_transport.files.regular_file import check_no_pipe
from asa_transport.flows.attach import attached_run
from asa_transport.flows.audit_device import ProbeTargets
from asa_transport.flows.audit_worker import AuditJob, AuditWorker, has_answers, kept, without_answers
from asa_transport.flows.inputs import Files, StateLocation
from asa_transport.flows.own_templates import parsing_tables
from asa_transport.flows.parts import merging_of
from asa_transport.flows.recorder import RunOrder, RunRecorder, open_run
from asa_transport.flows.secret_sources import SecretSources
from asa_transport.flows.standard import LoadedStandard
from asa_transport.flows.standard import read as read_standard
from asa_transport.model import (
    UNDIVIDED,
    AuditOutcome,
    Credential,
    Device,
    Inventory,
    Limits,
    Part,
    Policy,
    SessionCaps,
    Severity,
    by_key,
)
from asa_transport.model.ending import RunEnd

# Enough to hide the waits of a WAN, and few enough for one AAA server.
_WORKERS: Final = 100
# A dead site of so many devices keeps nobody behind it waiting.
_MOST_SILENT: Final = 512
# More names in a message are read by nobody.
_NAMED: Final = 5
_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for, read and checked; nothing was contacted yet.

    Attributes:
        division: How they were selected, and which are in other parts.
        routes: How the jump hosts of the devices are reached.
        notes_of_secrets: What could not be left as it was where they were obtained, in words.
        secrets: By credential; one that is changed while the run goes on is replaced there.
    """

    inventory: Inventory
    devices: tuple[Device, ...]
    division: Division
    secrets: dict[str, Credential]
    tables: TableSet
    limits: Limits
    workers: int
    routes: JumpRoutes = field(default_factory=JumpRoutes)
    notes_of_secrets: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person may want to know of what was read, in words."""
        return (*self.routes.notes, *self.notes_of_secrets)

    @property
    def not_selected(self) -> tuple[Device, ...]:
        """Devices that would be among them, had the inventory not said `enabled: false`."""
        return self.division.selected.not_enabled

    @property
    def sources(self) -> SecretSources:
        """Where the secrets came from."""
        return SecretSources(specs=self.inventory.credentials, secrets=self.secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetAudit:
    """An audit that came to its end.

    Attributes:
        report: What it found; its run says how it ended.
        diff: What changed since an earlier run; its `before` is `None` where there is none.
        folder: Where it is kept; `None` where it is not.
        was_stopped: A person ended it; what was not finished is not audited.
    """

    report: Report
    diff: Diff
    folder: Path | None
    was_stopped: bool


def audit(
    inventory: Inventory,
    *,
    limit: Sequence[str] = (),
    part: Part = UNDIVIDED,
    standard: LoadedStandard | None = None,
    fail_on: Severity = Severity.MEDIUM,
    location: StateLocation | None = None,
    limits: Limits = _LIMITS,
    workers: int | None = None,
    ssh_config: Path | None = None,
    textfsm: Path | None = None,
    ask: credentials.Ask | None = None,
    observer: RunObserver | None = None,
    tell: Teller | None = None,
    stop: RunStop | None = None,
) -> Report:
    """Audit the firewalls of an inventory, and return what was found; changes nothing on any of them.

    Args:
        inventory: As `files.inventory.load` reads it.
        limit: Patterns as of `--limit`; without any, all devices.
        part: Which of these, where several machines share them.
        standard: What is judged by; `None` for the files beside the inventory, else safe defaults.
        fail_on: From which severity on a finding is a failure.
        location: Where the run is kept; `None` keeps nothing: the answers of the devices are in the
            outcomes then, and nothing is known of earlier runs.
        workers: Devices at once; `None` for 100.
        textfsm: A directory of templates that are searched before ours.
        ask: Puts a question for a secret to a person; `None` where nobody can be asked.
        observer: Told of each device.
        tell: Told in words what a person may want to know.
        stop: Ends the run early, from any thread.

    Raises:
        UserError: What was given is not usable; no device was contacted.
    """
    known = standard or read_standard(inventory.path, Files(), now=datetime.now(UTC), is_now_given=False)
    request = prepare(
        inventory,
        limit,
        part=part,
        workers=workers,
        limits=limits,
        textfsm=textfsm,
        ask=ask,
        ssh_config=ssh_config,
    )
    order = RunOrder(
        inventory_file=inventory.path,
        devices=request.devices,
        limit=tuple(limit),
        not_selected=request.not_selected,
        part=request.division.part,
        elsewhere=request.division.elsewhere,
        standard=known,
        fail_on=fail_on,
    )
    report = audit_fleet(request, order, location=location, observer=observer, tell=tell, stop=stop).report
    # The caller's to keep, whatever becomes of the run's folder.
    return replace(report, outcomes=tuple(report.ordered), cases=tuple(report.cases))


def audit_fleet(
    request: Request,
    order: RunOrder,
    *,
    location: StateLocation | None = None,
    observer: RunObserver | None = None,
    tell: Teller | None = None,
    stop: RunStop | None = None,
    show: Callable[[FleetAudit], None] | None = None,
    engine: FleetEngine | None = None,
) -> FleetAudit:
    """Run an audit that was prepared: read, keep, judge, compare with an earlier run.

    Args:
        order: Of the same devices as the request.
        location: Where it is kept; `None` keeps nothing.
        show: Given the audit before the store has its last word: a store that hangs delays no report.
        engine: Reads the devices; `None` for this process.

    Raises:
        UserError: The run to compare with is not there; StoreError: the store is named wrongly.
            No device was contacted.
    """
    # Somebody's observer may have a length, and be empty.
    told: RunObserver = Silence() if observer is None else observer
    stopped = RunStop() if stop is None else stop
    with _opened(order, location, Silence() if tell is None else tell, stopped) as recorder:
        left = tuple(device for device in request.devices if device.name not in recorder.done)
        told.run_started(recorder.run.id, left)
        # Now, and not after an hour of reading: it may be mended meanwhile.
        recorder.say_store_error()
        policy = order.standard.standard.policy
        found = run(
            replace(request, devices=left),
            recorder.folder,
            stopped,
            told,
            policy=policy,
            tell=recorder.tell,
            unwritten=recorder.lose_answers,
            engine=engine,
        )
        ordered = recorder.take(found, request.devices)
        diff = recorder.diff(ordered)
        was_stopped = stopped.is_set()
        report = Report(
            run=run_of(recorder.run, _end(order, ordered, diff, was_stopped=was_stopped), datetime.now(UTC)),
            devices=request.devices,
            outcomes=ordered,
            cases=recorder.cases(ordered),
            now=recorder.standard.now,
            fail_on=order.fail_on,
            history=recorder.history,
            merging=None if order.part is None else merging_of(recorder.standard, request.devices, ordered),
        )
        report = recorder.keep(report, is_stopped=was_stopped)
        folder = None if recorder.folder is None else recorder.folder.path
        done = FleetAudit(report=report, diff=diff, folder=folder, was_stopped=was_stopped)
        if show is not None:
            show(done)
        recorder.finish()
    return done


def _opened(
    order: RunOrder, location: StateLocation | None, tell: Teller, stop: RunStop
) -> AbstractContextManager[RunRecorder]:
    if order.attach is not None and location is not None:
        return attached_run(order, location, tell=tell, stop=stop)
    return open_run(order, location, tell=tell, stop=stop)


def _end(order: RunOrder, outcomes: Sequence[AuditOutcome], diff: Diff, *, was_stopped: bool) -> RunEnd:
    if order.fail_on_new is None:
        return audit_end(outcomes, order.fail_on, was_stopped=was_stopped)
    return audit_end_since(outcomes, diff, order.fail_on_new, was_stopped=was_stopped)


def prepare(
    inventory: Path | Inventory,
    limit: Sequence[str] = (),
    *,
    part: Part = UNDIVIDED,
    workers: int | None = None,
    limits: Limits = _LIMITS,
    textfsm: Path | None = None,
    ask: credentials.Ask | None = None,
    ssh_config: Path | None = None,
    choose: Callable[[Sequence[Device]], Selection] | None = None,
    is_elsewhere: bool = False,
) -> Request:
    """Read and check everything the user gave; raise UserError with all that is wrong.

    Args:
        inventory: Its file, or what was read of one.
        limit: Patterns as of `--limit`; without any, all devices.
        part: Which of these.
        workers: Devices at once; `None` for a default.
        textfsm: A directory of templates that are searched before ours.
        ask: Puts a question for a secret to a person; `None` where nobody can be asked.
        choose: Picks the devices from those of the inventory, in place of limit and part.
        is_elsewhere: Workers of the regions log in, with secrets and ssh configurations of their own.
    """
    loaded = inventories.load(inventory) if isinstance(inventory, Path) else inventory
    if choose is not None:
        found = Division(selected=choose(loaded.devices))
    else:
        found = divided(loaded.devices, limit, read_pattern_file, part)
    devices = found.selected.devices
    tables = parsing_tables(textfsm)
    secrets: dict[str, Credential] = {}
    routes, notes = JumpRoutes(), list[str]()
    if not is_elsewhere:
        secrets = credentials.resolve(loaded.credentials, *needed_of(devices), ask=ask, note=notes.append)
        routes = routes_of(devices, ssh_config, secrets)
    return Request(
        inventory=loaded,
        devices=devices,
        division=found,
        secrets=secrets,
        tables=tables,
        limits=limits,
        workers=_WORKERS if workers is None else workers,
        routes=routes,
        notes_of_secrets=tuple(notes),
    )


def needed_of(devices: Sequence[Device]) -> tuple[set[str], set[str]]:
    """Return which credentials log in to the devices, and which to their jump hosts."""
    jumps = {device.jump_credential for device in devices if device.jump is not None}
    return {device.credential for device in devices}, {name for name in jumps if name is not None}


def routes_of(
    devices: Sequence[Device], ssh_config: Path | None, secrets: Mapping[str, Credential]
) -> JumpRoutes:
    """Return how the jump hosts of the devices are reached; as `routes_through`."""
    jumps = (device.jump for device in devices if device.jump is not None)
    return routes_through(jumps, ssh_config, secrets)


def routes_through(
    jumps: Iterable[str], ssh_config: Path | None, secrets: Mapping[str, Credential]
) -> JumpRoutes:
    """Return how jump hosts are reached; raise UserError where that cannot be read.

    Args:
        jumps: As the inventory names them.
        ssh_config: In place of `~/.ssh/config` and the system's; read only where there is a jump host.
        secrets: Of the credentials that log in to jump hosts; others do not matter.
    """
    if ssh_config is not None:
        try:
            check_no_pipe(ssh_config)
            ssh_config.open("rb").close()
        except OSError as error:
            raise UserError(f"--ssh-config {ssh_config}: cannot be read: {error.strerror}") from error
    routes = jump_routes(jumps, ssh_config)
    return replace(routes, keys={name: one.key for name, one in secrets.items() if one.key is not None})


def run(
    request: Request,
    folder: RunFolder | None,
    stop: RunStop,
    observer: Observer,
    *,
    policy: Policy,
    tell: Teller,
    unwritten: Callable[[str], None],
    targets: ProbeTargets | None = None,
    also: Sequence[str] = (),
    engine: FleetEngine | None = None,
) -> Iterator[AuditOutcome]:
    """Yield one outcome per device as they come.

    Args:
        engine: Reads the devices; `None` for this process.
        folder: Takes the answers, which are no longer in the outcomes then; `None` leaves them there.
        tell: Told which lines of ssh's configuration are not read.
        unwritten: Told which answers are not on disk, in words.
        targets: What each firewall itself tries to reach.  Only with them a session may send
            `ping tcp`; its answers stay in the outcome.
        also: What is asked on every device beside the usual.
    """
    told: list[str] = []
    job = FleetJob(
        request=request,
        run=new_run_id(datetime.now(UTC)) if folder is None else folder.path.name,
        stop=stop,
        started=observer.started,
        policy=policy,
        tell=tell,
        errors=folder,
        targets=targets,
        also=also,
    )
    for ended in (LocalEngine() if engine is None else engine).outcomes(job):
        outcome = ended if folder is None else kept(ended, folder)
        observer.finished(outcome)
        if folder is not None and has_answers(outcome):
            told.append(outcome.device.name)
            yield without_answers(outcome)
        else:
            yield outcome
    if folder is not None and told:
        unwritten(
            f"warning: the answers of {_some(told)} could not be written to {folder.path / RAW} (is the "
            "disk full?); what was found there is reported all the same"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetJob:
    """What an engine is to do: read every device of a request.

    Attributes:
        run: The id of the run.
        started: Told when a device is begun, from any thread.
        tell: Told in words what a person may want to know.
        errors: Takes the tracebacks of faults of ours; `None` where there is no folder.
        targets: What each firewall itself tries to reach.
        also: What is asked on every device beside the usual.
    """

    request: Request
    run: str
    stop: RunStop
    started: Callable[[Device], None]
    policy: Policy
    tell: Teller
    errors: RunFolder | None = None
    targets: ProbeTargets | None = None
    also: Sequence[str] = ()


class FleetEngine(Protocol):
    """What reads a fleet: this process, or workers in the regions.  What is made of it is the same."""

    def outcomes(self, job: FleetJob) -> Iterator[AuditOutcome]:
        """Yield one outcome per device as they come, not judged, with its answers and how long it took.

        Raises:
            UserError: What the engine needs is not there; no device was contacted.
        """


class LocalEngine:
    """Reads all devices in this process; implements `FleetEngine`."""

    def outcomes(self, job: FleetJob) -> Iterator[AuditOutcome]:
        """Yield one outcome per device."""
        request = job.request
        for note in request.notes:
            job.tell.note(note)
        jumps = JumpHosts(request.routes, request.limits)
        reach = Reach(limits=request.limits, jumps=jumps)
        auditing = AuditWorker(
            job=AuditJob(
                tables=request.tables,
                limits=request.limits,
                folder=job.errors,
                targets=job.targets,
                ssh=job.policy.ssh,
                also=job.also,
            ),
            secrets=request.secrets,
            known=KnownHosts(request.inventory.devices),
        )
        stopwatch = _Stopwatch()

        def started(device: Device) -> None:
            stopwatch.start(device)
            job.started(device)

        policy = job.policy
        terms = audit_terms(
            auditing,
            Bounds(workers=request.workers, limits=request.limits, caps=policy.max_sessions),
            trial=Trial(policy.lockout_after, by_key(request.secrets)),
            sources=request.sources,
            started=started,
            tell=job.tell,
        )
        pool = OnLoop(work=auditing.work, lost=auditing.lost, closing=jumps.close)
        for ended in run_outcomes(request.devices, pool, terms, approach=reach, stop=job.stop):
            yield replace(ended, duration_s=stopwatch.stop(ended.device))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many devices at once, and what each may take: of this machine, or of a region's worker."""

    workers: int
    limits: Limits
    caps: SessionCaps


def audit_terms(
    auditing: AuditWorker,
    bounds: Bounds,
    *,
    trial: Trial,
    sources: SecretSources,
    started: Callable[[Device], None],
    tell: Teller,
) -> Terms[AuditOutcome]:
    """Return what the engine is to keep to, wherever devices are read."""
    workers, limits = bounds.workers, bounds.limits
    # A device whose place is lent is a session more, of the sockets that silence is granted.
    beside = sockets_for(workers, _MOST_SILENT + workers)
    lent = min(workers, beside // 2)
    return Terms(
        lost=auditing.lost,
        failed=auditing.failed,
        workers=workers,
        device_s=limits.device_s,
        attempts=limits.attempts,
        silence_s=limits.silence_s,
        caps=bounds.caps,
        silent=min(_MOST_SILENT, beside - lent),
        lent=lent,
        trial=trial,
        read_again=sources.read_again,
        login=auditing.login,
        tell=tell.warn,
        started=started,
    )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more devices"


class _Stopwatch:
    """How long each device takes, in seconds; a device is started in any thread."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}

    def start(self, device: Device) -> None:
        self._began[device.name] = time.monotonic()

    def stop(self, device: Device) -> float | None:
        """Return how long it took; `None` for a device that nobody began."""
        began = self._began.pop(device.name, None)
        return None if began is None else round(time.monotonic() - began, 3)
