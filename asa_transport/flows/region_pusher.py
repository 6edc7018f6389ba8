"""Push a region's devices for pushes that are begun elsewhere; only a worker that is started for it does.

Each device is pushed as this machine would push it by itself: by the same code, under the lock of its
firewall in the store, with the journal's events in the store before what they announce.  A plan is read as
strictly as from a file, and must be the one that the run was begun with.  Whether the run goes on, the change
window and the plan's validity are asked here when a device is begun.  What is given out while others are in
work is claimed as places come free; a message only says that there is something.
"""

from __future__ import annotations

import contextlib
import secrets as random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar, assert_never

import tenacity

from asa_transport._version import __version__
from asa_transport.capabilities import Deadline, Teller, Visit
from asa_transport.core.documents import plan as plan_document
from asa_transport.core.judgement.parts import Division
from asa_transport.core.judgement.select import Selection
from asa_transport.core.planning.render import Renderer
from asa_transport.core.pushing.campaign.window import closed
from asa_transport.core.pushing.guard import firewalls
from asa_transport.core.pushing.outcomes import LOOK
from asa_transport.core.pushing.resumption import unlike_plan
from asa_transport.core.pushing.steps import may_have_sent
from asa_transport.core.pushing.unfinished import InDoubt, left
from asa_transport.edges import templates
from asa_transport.edges.secrets import credentials
from asa_transport.edges.ssh.jump_hosts import JumpHosts
from asa_transport.edges.ssh.reach import Reach
from asa_transport.edges.state.locks import DeviceLocks
from asa_transport.edges.state.store import codec
from asa_transport.edges.state.store.machines import Machines
from asa_transport.edges.state.store.pushes import Claim, PushTable, Record
from asa_transport.engine import bridge
from asa_transport.engine.admission import Trial
from asa_transport.engine.fleet import Loss, Lost, OnLoop, Scheduler, Terms
from asa_transport.engine.secret_guard import SecretGuard
from asa_transport.errors import (
    CredentialError,
    ExpiredPlan,
    PlanError,
    StoreUnusable,
    UserError,
    internal_error,
)
from asa_transport.flows.audit import Request, needed_of, routes_of
from asa_transport.flows.inputs import Files
from asa_transport.flows.push import device_s, patience_of, pusher
from asa_transport.flows.push_device import Pusher
from asa_transport.flows.push_locks import PushLocks, owner
from asa_transport.flows.push_rows import (
    PushOrder,
    PushTask,
    answers_record,
    event_record,
    events_of,
    outcome_bytes,
)
from asa_transport.flows.push_uses import UseLog
from asa_transport.flows.push_work import Work
from asa_transport.flows.region_worker import WorkerSetup, worker_record
from asa_transport.flows.secret_sources import SecretSources
from asa_transport.flows.standard import LoadedStandard
from asa_transport.flows.worker_life import WorkerLife
from asa_transport.model import (
    Capture,
    Credential,
    Device,
    Failed,
    JournalEvent,
    NotReached,
    Plan,
    Policy,
    PushOutcome,
    Refused,
    Stepped,
    Unknown,
    by_key,
)
from asa_transport.model.journal import JournalRecord

T = TypeVar("T")
# A database that restarts is back within it; meanwhile nothing is sent.
_NOTE_S: Final = 30.0
_END_S: Final = 600.0
_HOLD_S: Final = 1.0
# A worker that was given up for dead and is not lets go of the firewall within it.
_LET_GO_S: Final = 60.0
# So many pushes at once have devices in work here.
MOST_RUNS: Final = 16
_MOST_REFUSED: Final = 100_000


class RegionPusher:
    """Serves the pushes of one region; made once a process."""

    def __init__(
        self, table: PushTable, machines: Machines, setup: WorkerSetup, state: Path, tell: Teller
    ) -> None:
        self._table = table
        self._machines = machines
        self._setup = setup
        self._state = state
        self._tell = tell
        self._life = WorkerLife(table, lambda: worker_record(setup, is_pushing=True), tell)
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._active: dict[str, object] = {}
        self._known: dict[str, _Known] = {}

    def end(self) -> None:
        """Claim nothing more; what is in work ends by its own rules."""
        self._ending.set()

    @contextmanager
    def known(self) -> Iterator[None]:
        """Be known to the store, until it is left; raise StoreUnusable where it cannot be reached."""
        with self._life.known():
            yield

    def push(self, run: str, digest: str) -> None:
        """Push what a run has in this region; raises nothing.

        Args:
            digest: Of the plan, as the message has it.
        """
        token = object()
        with self._lock:
            # Whoever works on the run looks once more before it leaves.
            if run in self._active or self._ending.is_set():
                return
            self._active[run] = token
            self._life.run = run
        try:
            self._pushed(run, digest, token)
        except UserError as error:
            self._tell.warn(f"warning: run {run}: {error}")
        finally:
            with self._lock:
                self._left(run, token)

    def _left(self, run: str, token: object) -> None:
        if self._active.get(run) is token:
            del self._active[run]
            self._life.run = next(iter(self._active), None)

    def _pushed(self, run: str, digest: str, token: object) -> None:
        found = self._table.opened(run)
        if found is None:
            return
        order = codec.read(PushOrder, found.order)
        if order.version != __version__ or order.templates != self._setup.digest:
            return
        if found.digest != digest:
            raise PlanError("a message names another plan than the run store; nothing is done for it")
        try:
            plan = plan_document.read(codec.read_text(found.plan))
            if plan.digest != digest or order.run != run:
                raise PlanError("it is not the one that the run was begun with")
        except (PlanError, StoreUnusable) as error:
            self._refuse(run, f"the plan in the run store: {error}")
            raise
        if run not in self._known and len(self._known) >= MOST_RUNS:
            self._known.pop(next(iter(self._known)))
        known = self._known.setdefault(run, _Known())
        pushing = _Pushing(self, order, plan, known, token)
        with self._machines.locks(owner(run, plan)) as locks:
            pushing.drive(PushLocks(files=DeviceLocks(self._state, run=run), store=locks))

    def _refuse(self, run: str, why: str) -> None:
        """Refuse what waits here: nobody may push it by such a plan."""
        for claim in self.claim(run, random.token_hex(16), _MOST_REFUSED, leaving=None):
            device = _task(claim).device
            outcome: PushOutcome = Refused(device=device, reason=why)
            if claim.is_settled:
                outcome = Unknown(device=device, reason=f"{why}; lines may have been sent: {LOOK}")
            self._table.end_push(claim, outcome_bytes(outcome))

    def claim(self, run: str, holder: str, most: int, *, leaving: object | None) -> Sequence[Claim]:
        """Claim what waits; who has nothing in work leaves the run where nothing waits.

        Args:
            leaving: Its token; `None` for one that has something in work.
        """
        key = self._life.key
        if key is None or self._ending.is_set() or most <= 0:
            return ()
        with self._lock:
            claims = self._table.claim_pushes(run, self._setup.region, holder, key, most)
            if not claims and leaving is not None:
                self._left(run, leaving)
            return claims

    @property
    def parts(self) -> tuple[PushTable, Machines, WorkerSetup, Path, Teller]:
        """What it was made of."""
        return self._table, self._machines, self._setup, self._state, self._tell

    @property
    def key(self) -> int:
        """Its number in the store now."""
        return self._life.key or 0


@dataclass(slots=True)
class _Known:
    """What a run knows of its secrets: it outlives its waves."""

    trial: Trial | None = None
    secrets: dict[str, Credential] = field(default_factory=dict)


class _RowLog:
    """The journal and the folder of one device, in the store; implements `capabilities.Journal`."""

    def __init__(self, table: PushTable, claim: Claim, uses: UseLog, number: int) -> None:
        self._table = table
        self._claim = claim
        self._uses = uses
        self._number = number
        self.may_have_sent = claim.is_settled

    def note(self, event: JournalEvent) -> None:
        """Put an event on record; it is there when this returns.

        Raises:
            OSError: It is not, and the step must not be taken.
        """
        bridge.aside(partial(self._noted, event))

    def keep(self, capture: Capture, part: str) -> None:
        """Put answers on record; as `note`."""
        bridge.aside(lambda: self._put(answers_record(self._number + 1, capture, part)))

    def _noted(self, event: JournalEvent) -> None:
        self._uses.before(event)
        self._put(event_record(self._number + 1, event))
        if isinstance(event, Stepped):
            self.may_have_sent = self.may_have_sent or may_have_sent(event.step)
        self._uses.after(event)

    def _put(self, record: Record) -> None:
        try:
            is_ours = _kept_trying(lambda: self._table.note(self._claim, record), _NOTE_S)
        except StoreUnusable as error:
            raise OSError(str(error)) from error
        if not is_ours:
            raise OSError("the device was taken from this worker, which was thought to be gone")
        self._number = record.number


class _Pushing:
    """One run's work in this region, as far as it waits."""

    def __init__(
        self, worker: RegionPusher, order: PushOrder, plan: Plan, known: _Known, token: object
    ) -> None:
        self._worker = worker
        self._token = token
        self._table, self._machines, self._setup, self._state, self._tell = worker.parts
        self._order = order
        self._plan = plan
        self._holder = random.token_hex(16)
        self._known = known
        self._secrets = known.secrets
        self._obtaining = threading.Lock()
        self._guarding: SecretGuard | None = None
        self._renderer = Renderer(templates.jinja())
        self._claims: dict[str, Claim] = {}
        self._logs: dict[str, _RowLog] = {}
        self._jumps: dict[str | None, JumpHosts] = {}
        self._is_ending = threading.Event()
        inventory = self._setup.inventory
        self._inventory = replace(
            inventory,
            devices=tuple(
                replace(device, known_hosts=self._setup.known_hosts_of(device))
                for device in inventory.devices
            ),
        )

    def drive(self, locks: PushLocks) -> None:
        """Claim as places come free, until nothing waits and nothing is in work."""
        self._locks = locks
        over = threading.Event()
        holding = threading.Thread(target=self._hold, args=(over,), name="push-hold", daemon=True)
        holding.start()
        pool = OnLoop(work=self._work, lost=self._lost, closing=self._closed)
        try:
            first = self._claimed(is_idle=True)
            if first:
                with Scheduler(pool, self._terms(first[0])) as scheduler:
                    self._driven(scheduler, first)
        finally:
            over.set()
            holding.join()

    def _driven(self, scheduler: Scheduler[PushOutcome], claims: Sequence[Claim]) -> None:
        def begin(found: Sequence[Claim]) -> None:
            for claim in found:
                self._claims[claim.name] = claim
                scheduler.begin(_task(claim).device)

        def more() -> None:
            # What is in work goes on; what was claimed without our hearing of it is soon taken from us.
            with contextlib.suppress(StoreUnusable):
                begin(self._claimed(is_idle=not self._claims))

        begin(claims)
        while self._claims:
            outcome = scheduler.next(more)
            claim = self._claims.pop(outcome.device.name)
            self._ended(claim, outcome)
            more()

    def _claimed(self, *, is_idle: bool) -> Sequence[Claim]:
        room = self._setup.sessions - len(self._claims)
        return self._worker.claim(
            self._order.run, self._holder, room, leaving=self._token if is_idle else None
        )

    def _ended(self, claim: Claim, outcome: PushOutcome) -> None:
        """Write how a device ended; where that cannot be, whoever waits for it goes by the record."""
        try:
            _kept_trying(lambda: self._table.end_push(claim, outcome_bytes(outcome)), _END_S)
        except StoreUnusable as error:
            self._tell.warn(f"warning: run {claim.run}: {claim.name}: its outcome is not kept: {error}")

    def _hold(self, over: threading.Event) -> None:
        """Say that the devices are worked on, and hear whether the run is to end."""
        while not over.wait(_HOLD_S):
            with contextlib.suppress(StoreUnusable):
                names = tuple(self._claims)
                if not self._table.hold(self._order.run, self._holder, self._worker.key, names):
                    self._is_ending.set()

    def _terms(self, first: Claim) -> Terms[PushOutcome]:
        policy, limits = _task(first).standard.policy, self._order.limits
        return Terms(
            lost=self._lost,
            failed=lambda device, error: self._lost(Lost(device=device, loss=Loss.CRASHED, error=error)),
            workers=self._setup.sessions,
            device_s=device_s(limits, patience_of(policy, self._order.conduct, limits)),
        )

    async def _closed(self) -> None:
        for jumps in self._jumps.values():
            await jumps.close()

    # ------------------------------------------------------------------ one device

    def _work(self, visit: Visit) -> PushOutcome:
        """Push a device, or settle it; on the loop."""
        claim = self._claims[visit.device.name]
        task = _task(claim)
        device = self._of_here(task.device)
        shut = None if claim.is_settled else self._shut(task)
        if shut is not None:
            return shut
        try:
            prepared = bridge.aside(partial(self._prepared, claim, task, device))
        except (UserError, StoreUnusable) as error:
            said = f"the worker on {socket.gethostname()} cannot begin: {'; '.join(str(error).splitlines())}"
            if claim.is_settled:
                return Unknown(device=device, reason=f"{said}; lines may have been sent: {LOOK}")
            return Failed(device=device, reason=f"{said}; no line was sent")
        if claim.is_settled:
            return self._settled(prepared, claim, task, device, visit.deadline)
        return prepared.push(device, visit.deadline)

    def _shut(self, task: PushTask) -> PushOutcome | None:
        """Return why the device may not be begun now; `None` where it may."""
        now = datetime.now(UTC)
        if self._is_ending.is_set():
            return NotReached(device=task.device, reason="the run was ended before its first line")
        why = closed(task.standard.policy.change_windows, now)
        try:
            plan_document.check_valid(self._plan, now)
        except ExpiredPlan as error:
            why = str(error)
        return None if why is None else Refused(device=task.device, reason=why)

    def _settled(
        self, prepared: Pusher, claim: Claim, task: PushTask, device: Device, deadline: Deadline
    ) -> PushOutcome:
        events = events_of(bridge.aside(partial(self._table.records, claim.run, claim.name)))
        how = left(events, (claim.name,))[claim.name]
        if not isinstance(how, InDoubt):
            return Failed(device=device, reason=f"{task.why}; no line was sent")
        wrong = unlike_plan(self._plan, {claim.name: how})
        if wrong is not None:
            return Unknown(device=device, reason=f"{wrong}; nothing more was sent; {LOOK}")
        names = firewalls(self._plan, device, prepared.mates.get(device.name))
        until = time.monotonic() + _LET_GO_S
        while True:
            with prepared.lease(names) as lease:
                obstacle = lease.obstacle
            if obstacle is None:
                return prepared.settle(device, deadline, how, task.why)
            if time.monotonic() > until:
                return Unknown(device=device, reason=f"{obstacle}; lines may have been sent: {LOOK}")
            deadline.sleep(1.0)

    def _prepared(self, claim: Claim, task: PushTask, device: Device) -> Pusher:
        """Return what pushes the device; raise UserError where a secret or a route cannot be had."""
        order = self._order
        devices = (device,) if task.mate is None else (device, self._of_here(task.mate))
        logins, jumps = needed_of(devices)
        with self._obtaining:
            missing_logins, missing_jumps = logins - self._secrets.keys(), jumps - self._secrets.keys()
            if missing_logins or missing_jumps:
                try:
                    self._secrets |= credentials.resolve(
                        self._inventory.credentials, missing_logins, missing_jumps, ask=None
                    )
                except CredentialError as error:
                    raise UserError(f"it has no secret: {str(error).splitlines()[0]}") from error
            if device.jump not in self._jumps:
                routes = routes_of(devices, self._setup.ssh_config, self._secrets)
                self._jumps[device.jump] = JumpHosts(routes, order.limits, is_patient=True)
            guard = self._guard(task.standard.policy)
        request = self._request(devices)
        work = self._judged(task)
        earlier = self._table.records(claim.run, claim.name)
        uses = UseLog(
            work,
            claim.run,
            [
                JournalRecord(seq=0, at=datetime.now(UTC), prev="", event=event)
                for event in events_of(earlier)
            ],
        )
        log = _RowLog(self._table, claim, uses, max((one.number for one in earlier), default=0))
        self._logs[claim.name] = log
        return pusher(
            work,
            request,
            run=order.run,
            unsettled=order.unsettled,
            guard=guard,
            locks=self._locks,
            journal=log,
            keep=log.keep,
            conduct=order.conduct,
            is_ending=self._is_ending.is_set,
            approach=Reach(limits=order.limits, jumps=self._jumps[device.jump]),
        )

    def _guard(self, policy: Policy) -> SecretGuard:
        """Return what guards the secrets of all devices here; made with the first one."""
        if self._guarding is None:
            trial = self._known.trial or Trial(policy.lockout_after, by_key(self._secrets))
            self._known.trial = trial
            sources = SecretSources(specs=self._inventory.credentials, secrets=self._secrets)
            self._guarding = SecretGuard(
                self._known.trial, read_again=sources.read_again, tell=self._tell.warn
            )
        return self._guarding

    def _request(self, devices: tuple[Device, ...]) -> Request:
        return Request(
            inventory=self._inventory,
            devices=devices,
            division=Division(selected=Selection(devices=devices)),
            secrets=self._secrets,
            tables=self._setup.tables,
            limits=self._order.limits,
            workers=self._setup.sessions,
        )

    def _judged(self, task: PushTask) -> Work:
        """Return what the push is made with, as the one who began it has it."""
        order = self._order
        judgement = LoadedStandard(
            standard=task.standard,
            policy_sha256=order.policy_sha256,
            catalogue_version=self._setup.catalogue,
            inventory=Path(order.inventory),
            files=Files(),
            policy_file=None,
            ledger_file=Path(),
            has_ledger=False,
        )
        return Work(
            plan=self._plan,
            now=order.now,
            inventory_file=Path(order.inventory),
            judgement=judgement,
            renderer=self._renderer,
            state=self._state,
            machines=self._machines,
        )

    def _of_here(self, device: Device) -> Device:
        return replace(device, known_hosts=self._setup.known_hosts_of(device))

    def _lost(self, lost: Lost) -> PushOutcome:
        """Return the outcome of a device whose work has none: what may have been sent decides."""
        match lost.loss:
            case Loss.CRASHED:
                what = internal_error(lost.error)
            case Loss.STUCK:
                what = "the work on this device did not end in time"
            case Loss.STOPPED:
                what = "the run was cut off"
            case _:
                assert_never(lost.loss)
        device, is_internal = lost.device, lost.loss is Loss.CRASHED
        if is_internal:
            self._tell.warn(f"error: run {self._order.run}: {device.name}: {what}")
        claim, log = self._claims.get(device.name), self._logs.get(device.name)
        if (log is not None and log.may_have_sent) or (claim is not None and claim.is_settled):
            return Unknown(
                device=device, reason=f"{what}; lines may have been sent: {LOOK}", is_internal=is_internal
            )
        return Failed(device=device, reason=f"{what}; no line was sent", is_internal=is_internal)


def _task(claim: Claim) -> PushTask:
    return codec.read(PushTask, claim.task)


def _kept_trying(action: Callable[[], T], limit_s: float) -> T:
    """Return what an action on the store returns, which may be away for so long."""
    tries = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(StoreUnusable),
        stop=tenacity.stop_after_delay(limit_s),
        wait=tenacity.wait_exponential_jitter(initial=0.2, max=5),
        reraise=True,
    )
    return tries(action)
