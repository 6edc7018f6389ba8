"""Do a region's part of a run: claim devices, read them as an audit does, write their outcomes.

Read-only, as an audit is: the sessions are the audit's own, and nothing here can open another kind.
Credentials are obtained here, by their names, from this machine's own inventory; none comes with the work.
Whether the run is to go on is asked of the store with every outcome, and before every claim.
"""

from __future__ import annotations

import functools
import os
import pwd
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import tenacity

from asa_transport._version import __version__
from asa_transport.capabilities import Teller
from asa_transport.core.parsing.tables import TableSet
from asa_transport.edges.secrets import credentials
from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.edges.ssh.jump_hosts import JumpHosts
from asa_transport.edges.ssh.reach import Reach
from asa_transport.edges.state.store.work import Finished, WorkTable
from asa_transport.engine.admission import Trial
from asa_transport.engine.fleet import OnLoop, Scheduler, Terms
from asa_transport.errors import CredentialError, StoreUnusable, UserError
from asa_transport.flows.audit import Bounds, audit_terms, routes_through
from asa_transport.flows.audit_worker import AuditJob, AuditWorker, without_answers
from asa_transport.flows.plan_targets import PlanTargets
from asa_transport.flows.secret_sources import SecretSources
from asa_transport.flows.worker_life import WorkerLife
from asa_transport.model import (
    AuditOutcome,
    Credential,
    Device,
    Inventory,
    NotAudited,
    SecretUse,
    Stage,
    by_key,
)
from asa_transport.model.dispatch import WorkerRecord, WorkOrder

T = TypeVar("T")
# So many devices beyond those in work are claimed: they are dialled while others are read.
_AHEAD: Final = 32
# The broker waits half an hour for an acknowledgement unless it is told otherwise, and ends the worker then.
# Nothing is claimed any more after this, and what was claimed ends within the device's own limit.
_CLAIMING_S: Final = 240.0
_FLUSH_S: Final = 0.25
_MOST_AT_ONCE: Final = 64
# Another worker is trying the credential: its first device takes some seconds.
_HELD_S: Final = 0.5
# A database that restarts is back within some seconds.
_STORE_TRIES_S: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class WorkerSetup:
    """What a worker has of its own; nothing of it comes with the work.

    Attributes:
        inventory: Says where each credential is obtained, and which file has a device's host key.
        known_hosts: The file of host keys of all devices; `None` for what the inventory says, else
            `~/.ssh/known_hosts`.
        sessions: The most devices at once.
        digest: Of the parsing templates.
        catalogue: The version of the bug catalogue.
    """

    region: str
    inventory: Inventory
    known_hosts: Path | None
    ssh_config: Path | None
    tables: TableSet
    digest: str
    catalogue: str
    sessions: int

    @functools.cached_property
    def _own(self) -> Mapping[str, Device]:
        return {device.name: device for device in self.inventory.devices}

    def known_hosts_of(self, device: Device) -> Path:
        """Return the file that has the host key of a device, on this machine."""
        if self.known_hosts is not None:
            return self.known_hosts
        own = self._own.get(device.name)
        return Path("~/.ssh/known_hosts").expanduser() if own is None else own.known_hosts


def worker_record(setup: WorkerSetup, *, is_pushing: bool = False) -> WorkerRecord:
    """Return what a worker says of itself."""
    return WorkerRecord(
        region=setup.region,
        machine=socket.gethostname(),
        user=_user(),
        pid=os.getpid(),
        version=__version__,
        templates=setup.digest,
        catalogue=setup.catalogue,
        sessions=setup.sessions,
        started_at=datetime.now(UTC).replace(microsecond=0),
        is_pushing=is_pushing,
    )


def _user() -> str:
    """Return whom this process runs as; its number where that has no name, as in a container."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


class RegionWorker:
    """Serves one region; made once a process."""

    def __init__(self, table: WorkTable, setup: WorkerSetup, tell: Teller) -> None:
        self._table = table
        self._setup = setup
        self._tell = tell
        self._life = WorkerLife(table, lambda: worker_record(setup), tell)
        self._ending = threading.Event()

    def end(self) -> None:
        """Claim nothing more; what is being read is finished."""
        self._ending.set()

    @contextmanager
    def known(self) -> Iterator[None]:
        """Be known to the store, until it is left; raise StoreUnusable where it cannot be reached."""
        with self._life.known():
            yield

    def collect(self, run: str) -> None:
        """Do what there is to do for a run in this region; raises nothing."""
        key = self._life.key
        if key is None or self._ending.is_set():
            return
        self._life.run = run
        try:
            order = self._table.order(run)
            if order is not None and self._may_read(order):
                _Collecting(
                    self._table, self._setup, order, key, ending=self._ending, tell=self._tell
                ).collect()
        except UserError as error:
            self._tell.warn(f"warning: run {run}: {error}")
        finally:
            self._life.run = None

    def _may_read(self, order: WorkOrder) -> bool:
        """Return whether this worker is of the kind that the run is read by."""
        return order.version == __version__ and order.templates == self._setup.digest


@dataclass(slots=True)
class _Verdicts:
    """What devices made of secrets, until it is written."""

    rejected: dict[tuple[str, SecretUse], int] = field(default_factory=dict)
    proven: set[tuple[str, SecretUse]] = field(default_factory=set)


class _SharedTrial(Trial):
    """A trial whose verdicts other regions hear of."""

    __slots__ = ("verdicts",)

    def __init__(self, most_rejected: int, keys: frozenset[str]) -> None:
        super().__init__(most_rejected, keys)
        self.verdicts = _Verdicts()

    def judge(
        self, credential: str, use: SecretUse, accepted: bool | None, *, after: int | None = None
    ) -> None:
        """Note a verdict, and keep it for the others."""
        super().judge(credential, use, accepted, after=after)
        if accepted is False:
            self.verdicts.rejected[credential, use] = self.verdicts.rejected.get((credential, use), 0) + 1
        elif accepted:
            self.verdicts.proven.add((credential, use))

    def forget(self) -> None:
        """Keep nothing of what was judged for the others."""
        self.verdicts = _Verdicts()

    def drained(self) -> _Verdicts:
        """Return what was noted since, and forget it."""
        found, self.verdicts = self.verdicts, _Verdicts()
        return found


class _Collecting:
    """One message's work."""

    def __init__(
        self,
        table: WorkTable,
        setup: WorkerSetup,
        order: WorkOrder,
        key: int,
        *,
        ending: threading.Event,
        tell: Teller,
    ) -> None:
        self._table = table
        self._setup = setup
        self._order = order
        self._key = key
        self._ending = ending
        self._tell = tell
        self._secrets: dict[str, Credential] = {}
        self._unobtained: dict[str, str] = {}
        self._began: dict[str, float] = {}
        self._waiting: list[Finished] = []
        self._flushed_at = time.monotonic()
        self._is_open = True
        self._told_proven: set[tuple[str, SecretUse]] = set()
        # What of them this worker has written or taken.
        self._rejections: dict[tuple[str, SecretUse], int] = {}

    def collect(self) -> None:
        logins, jumps = self._table.credentials(self._order.run, self._setup.region)
        if not logins:
            return
        for name in sorted(logins | jumps):
            self._obtain(name, is_login=name in logins)
        jump_hosts = self._jump_hosts()
        trial = self._trial(logins)
        probe = self._order.probe
        targets = None if probe is None else PlanTargets(order=probe)
        auditing = AuditWorker(
            job=AuditJob(
                tables=self._setup.tables,
                limits=self._order.limits,
                folder=None,
                targets=targets,
                ssh=self._order.ssh,
            ),
            secrets=self._secrets,
            # The mates of failover pairs are looked up among these.
            known=KnownHosts(
                replace(device, known_hosts=self._known_hosts(device))
                for device in self._setup.inventory.devices
            ),
        )
        reach = Reach(limits=self._order.limits, jumps=jump_hosts)
        pool = OnLoop(work=auditing.work, lost=auditing.lost, closing=jump_hosts.close)
        try:
            with Scheduler(pool, self._terms(auditing, trial), approach=reach) as scheduler:
                self._drive(scheduler, trial)
        finally:
            self._table.release(self._order.run, self._key)

    def _drive(self, scheduler: Scheduler[AuditOutcome], trial: _SharedTrial) -> None:
        """Claim as places come free and hand on what comes back, until nothing is left or time is over."""
        most = self._setup.sessions + _AHEAD
        until = time.monotonic() + _CLAIMING_S
        open_, is_stopped = 0, False

        def between() -> None:
            nonlocal is_stopped
            self._flush(trial)
            if not self._is_open and not is_stopped:
                is_stopped = True
                scheduler.stop()

        while True:
            may_claim = self._is_open and not self._ending.is_set() and time.monotonic() < until
            room = most - open_
            if may_claim and (room >= min(_AHEAD, most) or not open_):
                claimed = self._claimed(room)
                self._tell_of_secrets(trial.drained())
                self._hear(trial, {device.credential for device in claimed})
                for device in claimed:
                    open_ += self._begun(scheduler, device)
                if not claimed and not open_ and self._is_something_held():
                    self._ending.wait(_HELD_S)
                    continue
            if not open_:
                break
            self._put(scheduler.next(between))
            open_ -= 1
            self._flush(trial, is_due=len(self._waiting) >= _MOST_AT_ONCE)
        self._flush(trial, is_due=True)

    def _is_something_held(self) -> bool:
        """Return whether devices wait here for another worker that tries their credential."""
        return bool(self._table.credentials(self._order.run, self._setup.region)[0])

    def _claimed(self, most: int) -> Sequence[Device]:
        return self._kept_trying(
            lambda: self._table.claim(self._order.run, self._setup.region, self._key, most)
        )

    def _begun(self, scheduler: Scheduler[AuditOutcome], device: Device) -> int:
        """Begin a device; return 0 where it has its outcome already, as its secret cannot be obtained."""
        names = [device.credential, *([device.jump_credential] if device.jump is not None else [])]
        for name in filter(None, names):
            if name in self._unobtained:
                said = f"the worker on {socket.gethostname()} has no secret for it: {self._unobtained[name]}"
                hint = f"define the credential {name!r} in the inventory that the worker was started with"
                error = NotAudited(device=device, stage=Stage.AUTHENTICATE, error=said, hint=hint)
                self._waiting.append(Finished(outcome=error, answers=None, duration_s=None))
                return 0
        scheduler.begin(replace(device, known_hosts=self._known_hosts(device)))
        return 1

    def _known_hosts(self, device: Device) -> Path:
        return self._setup.known_hosts_of(device)

    def _obtain(self, name: str, *, is_login: bool) -> None:
        needed = ({name}, set[str]()) if is_login else (set[str](), {name})
        try:
            self._secrets |= credentials.resolve(self._setup.inventory.credentials, *needed, ask=None)
        except CredentialError as error:
            self._unobtained[name] = str(error).splitlines()[0]

    def _jump_hosts(self) -> JumpHosts:
        jumps = self._table.jumps(self._order.run, self._setup.region)
        return JumpHosts(routes_through(jumps, self._setup.ssh_config, self._secrets), self._order.limits)

    def _trial(self, logins: frozenset[str]) -> _SharedTrial:
        trial = _SharedTrial(self._order.lockout_after, by_key(self._secrets))
        self._hear(trial, logins)
        return trial

    def _hear(self, trial: _SharedTrial, names: Iterable[str]) -> None:
        """Take what other workers' devices made of credentials that none of this region has accepted yet."""
        for name in sorted(names):
            if (name, SecretUse.LOGIN) in self._told_proven:
                continue
            known = self._kept_trying(
                partial(self._table.standing, self._order.run, self._setup.region, name)
            )
            if known.is_proven:
                trial.judge(name, SecretUse.LOGIN, True)
                self._told_proven.add((name, SecretUse.LOGIN))
            for use in SecretUse:
                told = known.rejected.get(use.value, 0)
                for _ in range(told - self._rejections.get((name, use), 0)):
                    trial.judge(name, use, False)
                self._rejections[name, use] = told
        # They are known there.
        trial.forget()

    def _terms(self, auditing: AuditWorker, trial: Trial) -> Terms[AuditOutcome]:
        order = self._order
        return audit_terms(
            auditing,
            Bounds(workers=self._setup.sessions, limits=order.limits, caps=order.caps),
            trial=trial,
            sources=SecretSources(specs=self._setup.inventory.credentials, secrets=self._secrets),
            started=self._start,
            tell=self._tell,
        )

    def _start(self, device: Device) -> None:
        self._began[device.name] = time.monotonic()

    def _put(self, outcome: AuditOutcome) -> None:
        began = self._began.pop(outcome.device.name, None)
        took = None if began is None else round(time.monotonic() - began, 3)
        self._waiting.append(
            Finished(outcome=without_answers(outcome), answers=outcome.capture, duration_s=took)
        )

    def _flush(self, trial: _SharedTrial, *, is_due: bool = False) -> None:
        """Write what is there, verdicts first: who waits for one may go on with the outcome."""
        if not is_due and time.monotonic() - self._flushed_at < _FLUSH_S:
            return
        self._flushed_at = time.monotonic()
        self._tell_of_secrets(trial.drained())
        found, self._waiting = self._waiting, []
        self._is_open = self._kept_trying(lambda: self._table.finish(self._order.run, found))

    def _tell_of_secrets(self, verdicts: _Verdicts) -> None:
        proven = verdicts.proven - self._told_proven
        for credential, use in sorted(proven | set(verdicts.rejected), key=str):
            rejected = verdicts.rejected.get((credential, use), 0)
            self._rejections[credential, use] = self._rejections.get((credential, use), 0) + rejected
            self._kept_trying(
                partial(
                    self._table.note_secret,
                    self._order.run,
                    self._setup.region,
                    credential,
                    use.value,
                    rejected=rejected,
                    is_proven=(credential, use) in proven,
                )
            )
        self._told_proven |= proven

    def _kept_trying(self, action: Callable[[], T]) -> T:
        """Return what an action on the store returns, which may be away for a minute."""
        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(StoreUnusable),
            stop=tenacity.stop_after_delay(_STORE_TRIES_S),
            wait=tenacity.wait_exponential_jitter(initial=0.2, max=5),
            reraise=True,
        )
        return tries(action)
