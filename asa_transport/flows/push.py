"""Push one plan, or go on with it: sessions that may write, the campaign, its journal, its document.

The only place that hands out sessions that may write; `commit.py` and `resume.py` come here, which
differ in what they begin with.  Knows no terminal: whom it tells and asks are its ports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from asa_transport._version import __version__
from asa_transport.capabilities import (
    Approach,
    CampaignObserver,
    Deadline,
    Journal,
    Teller,
)
from asa_transport.core.documents import push as push_document
from asa_transport.core.documents.audit import Run
from asa_transport.core.judgement.judge import Standard
from asa_transport.core.planning.plan import Origin
from asa_transport.core.planning.recheck import Recheck
from asa_transport.core.pushing.campaign.verdicts import is_failure, is_in_doubt
from asa_transport.core.pushing.steps import may_have_sent
from asa_transport.core.pushing.unfinished import InDoubt
from asa_transport.edges.secrets import signatures
from asa_transport.edges.secrets.operator import here
from asa_transport.edges.ssh.jump_hosts import JumpHosts
from asa_transport.edges.ssh.reach import Reach
from asa_transport.edges.state.journal import JournalFile
from asa_transport.edges.state.run_folder import PUSH, RunFolder
from asa_transport.engine import bridge
from asa_transport.engine.admission import Trial
from asa_transport.engine.secret_guard import SecretGuard
from asa_transport.errors import SignatureError, in_words
from asa_transport.flows import audit, unsettled
from asa_transport.flows.audit_device import Auditor
from asa_transport.flows.audit_worker import keep_error
from asa_transport.flows.campaign import CUT, INTERRUPTED, Campaign, CampaignPorts, Orders, PushStop
from asa_transport.flows.inputs import Conduct
from asa_transport.flows.push_device import AFTER, Pusher
from asa_transport.flows.push_locks import ALONE, PushLocks, leases
from asa_transport.flows.push_login import config_logins, logins
from asa_transport.flows.push_ports import PushPorts, PushWatcher, watched
from asa_transport.flows.push_proof import Patience
from asa_transport.flows.push_uses import UseLog
from asa_transport.flows.push_work import Work, budget_of, probe_targets
from asa_transport.flows.rules_recheck import device_standards
from asa_transport.model import (
    Capture,
    Device,
    Failed,
    Finished,
    JournalEvent,
    Limits,
    NotReached,
    Plan,
    Policy,
    PushOutcome,
    Refused,
    Step,
    Stepped,
    Unknown,
    Unsettled,
    by_key,
)
from asa_transport.model.ending import RunEnd, strongest
from asa_transport.model.journal import JournalRecord

# Of the disk, kept while firewalls are changed: for the end and the document, and for a device's records
# in the journal, its answers after the first line and its part of the document.
_ROOM: Final = 1 << 18
_ROOM_A_DEVICE: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a push is made with; read and checked, no device contacted yet.

    Attributes:
        request: For the devices and their mates.
        devices: Those that are pushed.
        locks: What holds firewalls for it.
        earlier: What an earlier process has put on record.
        ended: Outcomes of an earlier process, in the order of their end.
        in_doubt: By name, what an earlier process left where lines may have been sent.
        left_alone: Outcomes of devices that this process does not touch.
        why: Why devices in doubt are looked at, for their reasons.
        elsewhere: Who does the work on each device; `None` for this process.
    """

    work: Work
    request: audit.Request
    devices: tuple[Device, ...]
    conduct: Conduct
    folder: RunFolder
    locks: PushLocks
    started_at: datetime
    earlier: tuple[JournalRecord, ...] = ()
    ended: tuple[PushOutcome, ...] = ()
    in_doubt: Mapping[str, InDoubt] = field(default_factory=dict)
    left_alone: tuple[NotReached, ...] = ()
    why: str = ""
    elsewhere: Elsewhere | None = None


class Hands(Protocol):
    """Does the work on one device; called on the engine's loop."""

    def push(self, device: Device, standard: Standard, deadline: Deadline) -> PushOutcome:
        """Push it, judged by this standard."""

    def settle(self, device: Device, deadline: Deadline, left: InDoubt, why: str) -> PushOutcome:
        """Find out how it stands, and end it."""

    def device_s(self) -> float:
        """Return how long one device may take, its waits included."""

    async def close(self) -> None:
        """End what the devices shared."""


class Elsewhere(Protocol):
    """Has the work on each device done on another machine."""

    def hands(
        self, task: Task, log: StepLog, stop: PushStop, tell: Callable[[str], object]
    ) -> AbstractContextManager[Hands]:
        """Give who does it, for one push."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushEnd:
    """How a push ended; its folder has the same, as far as that could be written.

    Attributes:
        folder: Of the run; its name is the run's id.
        outcomes: Exactly one for each device.
        stopped_by: What ended it early; `None` where nothing did.
        document: As `push.json` has it.
    """

    folder: Path
    outcomes: tuple[PushOutcome, ...]
    stopped_by: str | None
    end: RunEnd
    document: dict[str, Any]


class StepLog:
    """The journal of a push, which also remembers where each device is; implements `capabilities.Journal`."""

    def __init__(
        self,
        file: JournalFile,
        observer: CampaignObserver,
        devices: Sequence[Device],
        known: Mapping[str, InDoubt],
        uses: UseLog,
    ) -> None:
        self._file = file
        self._uses = uses
        self._observer = observer
        self._devices = {device.name: device for device in devices}
        self._steps: dict[str, Step] = {name: left.at for name, left in known.items()}

    def note(self, event: JournalEvent) -> None:
        """Append one event; it is on disk when this returns, and so is the use of the plan.

        Raises:
            OSError: One of the two cannot be written: the step must not be taken.
        """
        # A disk that takes its time is waited for by this device, and by no other.
        bridge.aside(lambda: self._write(event))
        if isinstance(event, Stepped):
            self._steps[event.device] = event.step
            if event.device in self._devices:
                self._observer.stepped(self._devices[event.device], event.step)

    def _write(self, event: JournalEvent) -> None:
        self._uses.before(event)
        self._file.note(event)
        self._uses.after(event)

    def may_have_sent(self, name: str) -> bool:
        """Return whether a configuration line may have left for this device."""
        return may_have_sent(self._steps.get(name))


def carry_out(task: Task, file: JournalFile, ports: PushPorts) -> PushEnd:
    """Push, and keep what became of it; return how the push ended.

    Raises:
        OSError: The journal cannot be written: what could not be recorded is not done.
        KeyboardInterrupt: A person ended it at once; `resume` has to settle what was in work.
    """
    ports.ready()
    # Before anything is contacted: what could not be recorded would not be known either.
    file.reserve(_ROOM + _ROOM_A_DEVICE * len(task.devices))
    if task.locks.store is None:
        ports.teller.note(ALONE)
    for note in task.request.notes:
        ports.teller.note(note)
    outcomes, stopped_by = _driven(task, file, ports)
    file.release()
    return _recorded(task, file, ports.teller, outcomes, stopped_by)


def _recorded(
    task: Task,
    file: JournalFile,
    teller: Teller,
    outcomes: tuple[PushOutcome, ...],
    stopped_by: str | None,
) -> PushEnd:
    """Write the journal's last record and the document, and sign; what fails makes the end worse."""
    work, path = task.work, task.folder.path / PUSH
    end = push_end(outcomes, stopped_by)
    end = _written(
        partial(file.note, Finished(exit_code=end, stopped_by=stopped_by)),
        f"{file.path}: its end",
        end,
        teller,
    )
    document = push_document.document(
        Run(
            id=task.folder.path.name,
            kind="push",
            started_at=task.started_at,
            finished_at=_now(),
            tool_version=__version__,
            inventory=str(work.inventory_file),
            policy_sha256=work.judgement.policy_sha256,
            exit_code=end,
            not_selected=tuple(device.name for device in task.request.not_selected),
        ),
        work.plan,
        [device.name for device in task.devices],
        outcomes,
        mode=push_document.COMMIT,
        stopped_by=stopped_by,
        journal=push_document.JournalEnd(head=file.head, records=file.records),
    )
    end = _written(partial(task.folder.save_document, document, PUSH), str(path), end, teller)
    _sign(task, file, teller)
    return PushEnd(
        folder=task.folder.path, outcomes=outcomes, stopped_by=stopped_by, end=end, document=document
    )


def _written(write: Callable[[], None], what: str, end: RunEnd, teller: Teller) -> RunEnd:
    """Write a part of the record; return how the push ended, for which a person must look if that fails.

    The outcomes are told all the same.
    """
    try:
        write()
    except OSError as error:
        teller.warn(f"error: {what} cannot be written: {error.strerror or error}; keep what is printed here")
        return strongest({end, RunEnd.STATE_UNKNOWN})
    return end


def _sign(task: Task, file: JournalFile, teller: Teller) -> None:
    """Sign the journal, where a key is configured; a key that does not work undoes no push."""
    key = task.conduct.sign_key
    if key is None:
        return
    try:
        signatures.sign_file(file.path, key, signatures.JOURNAL_NAMESPACE)
    except (SignatureError, OSError) as error:
        teller.warn(f"warning: the journal is not signed: {in_words(error)}")
    except KeyboardInterrupt:
        # All is done and written but this, and who ended the waiting still wants to know what became of it.
        teller.warn("warning: the journal is not signed: the waiting for ssh-keygen was ended by a person")


def push_end(outcomes: Sequence[PushOutcome], stopped_by: str | None) -> RunEnd:
    """Return how a push ended (docs/exit-codes.md).

    A person who ended it knows that not all is done, and what was in work went back for that: 130.
    """
    codes = set()
    if any(isinstance(outcome, Failed | Unknown) and outcome.is_internal for outcome in outcomes):
        codes.add(RunEnd.INTERNAL)
    if any(map(is_in_doubt, outcomes)):
        codes.add(RunEnd.STATE_UNKNOWN)
    if stopped_by == INTERRUPTED:
        codes.add(RunEnd.INTERRUPTED)
    elif stopped_by is not None or any(map(is_failure, outcomes)):
        codes.add(RunEnd.PUSH_STOPPED)
    return strongest(codes)


def _driven(task: Task, file: JournalFile, ports: PushPorts) -> tuple[tuple[PushOutcome, ...], str | None]:
    stop, run = PushStop(), task.folder.path.name
    with watched(ports, task.work.plan, len(task.devices), stop) as watcher:
        watcher.run_started(run, task.devices)
        # What others hear of a device they hear from who works on it.
        noting = task.work if task.elsewhere is None else replace(task.work, machines=None)
        log = StepLog(file, watcher, task.devices, task.in_doubt, UseLog(noting, run, task.earlier))
        tell = ports.teller.warn
        where = (
            _here(task, log, stop, tell)
            if task.elsewhere is None
            else task.elsewhere.hands(task, log, stop, tell)
        )
        with where as hands:
            campaign = _campaign(task, log, hands, watcher, stop)
            try:
                return (*campaign.outcomes(), *task.left_alone), campaign.stopped_by
            except KeyboardInterrupt:
                tell(CUT.format(run=run))
                raise


@contextmanager
def _here(task: Task, log: StepLog, stop: PushStop, tell: Callable[[str], object]) -> Iterator[Hands]:
    """Give who does the work in this process."""
    request, folder = task.request, task.folder
    # Patient: a device whose session was lost is waited for, and so is the jump host before it.
    jumps = JumpHosts(request.routes, request.limits, is_patient=True)
    policy = task.work.judgement.standard.policy
    prepared = pusher(
        task.work,
        request,
        run=folder.path.name,
        unsettled=unsettled.known(task.work.state, but=folder.path.name, shared=task.work.machines),
        guard=secret_guard(Trial(policy.lockout_after, by_key(request.secrets)), request, tell),
        locks=task.locks,
        journal=log,
        keep=partial(keep_answers, folder),
        conduct=task.conduct,
        is_ending=stop.is_set,
        approach=Reach(limits=request.limits, jumps=jumps),
    )
    yield _Here(prepared, jumps, device_s(request.limits, prepared.patience))


class _Here:
    """This process; implements `Hands`."""

    def __init__(self, prepared: Pusher, jumps: JumpHosts, most_s: float) -> None:
        self._prepared = prepared
        self._jumps = jumps
        self._most_s = most_s

    def push(self, device: Device, standard: Standard, deadline: Deadline) -> PushOutcome:
        recheck = replace(self._prepared.recheck, standard=standard)
        return replace(self._prepared, recheck=recheck).push(device, deadline)

    def settle(self, device: Device, deadline: Deadline, left: InDoubt, why: str) -> PushOutcome:
        return self._prepared.settle(device, deadline, left, why)

    def device_s(self) -> float:
        return self._most_s

    async def close(self) -> None:
        await self._jumps.close()


def _campaign(task: Task, log: StepLog, hands: Hands, watcher: PushWatcher, stop: PushStop) -> Campaign:
    in_doubt = task.in_doubt
    alone = {outcome.device.name for outcome in task.left_alone}
    standard_of = device_standards(task.work, run=task.folder.path.name)

    def push(device: Device, deadline: Deadline) -> PushOutcome:
        standard = bridge.aside(lambda: standard_of(device.name))
        if isinstance(standard, str):
            return Refused(device=device, reason=standard)
        return hands.push(device, standard, deadline)

    def settle(device: Device, deadline: Deadline) -> PushOutcome:
        return hands.settle(device, deadline, in_doubt[device.name], task.why)

    policy = task.work.judgement.standard.policy
    orders = Orders(
        plan=task.work.plan,
        devices=tuple(device for device in task.devices if device.name not in alone),
        budget=budget_of(task.work, task.conduct.max_fail),
        workers=task.request.workers,
        caps=policy.max_sessions,
        device_s=hands.device_s(),
        accept=policy.proof,
        windows=policy.change_windows,
        pause_s=task.conduct.pause_between,
        ended=task.ended,
        to_settle=tuple(in_doubt),
    )
    return Campaign(
        orders,
        CampaignPorts(
            push=push,
            settle=settle,
            may_have_sent=log.may_have_sent,
            now=task.work.clock,
            observer=watcher,
            stop=stop,
            keep_error=partial(keep_error, task.folder),
            confirm=None if task.conduct.yes else watcher.confirm,
            closing=hands.close,
        ),
    )


def operator() -> str:
    """Return who pushes, for the journal: login name and machine."""
    return here()


def secret_guard(trial: Trial, request: audit.Request, tell: Callable[[str], object]) -> SecretGuard:
    """Return what guards the secrets of a push."""
    return SecretGuard(trial, read_again=request.sources.read_again, tell=tell)


def pusher(
    work: Work,
    request: audit.Request,
    *,
    run: str,
    unsettled: Sequence[Unsettled],
    guard: SecretGuard,
    locks: PushLocks,
    journal: Journal,
    keep: Callable[[Capture, str], None],
    conduct: Conduct,
    is_ending: Callable[[], bool],
    approach: Approach,
) -> Pusher:
    """Return what pushes this plan's devices, with sessions that may write, on links of this approach."""
    policy = work.judgement.standard.policy
    devices = {device.name: device for device in request.devices}
    planned = [devices[one.name] for one in work.plan.devices if one.name in devices]
    auditor = Auditor(
        open_session=logins(request, guard, policy.ssh, approach),
        tables=request.tables,
        targets=probe_targets(work.plan, planned),
    )
    return Pusher(
        recheck=Recheck(
            plan=work.plan,
            standard=work.judgement.standard,
            renderer=work.renderer,
            tables=request.tables,
            origin=Origin(
                id=run,
                run=run,
                inventory=str(work.inventory_file),
                tool_version=__version__,
                policy_sha256=work.judgement.policy_sha256,
                now=work.now,
            ),
            unsettled=unsettled,
        ),
        open_config=config_logins(request, guard, policy.ssh, approach),
        auditor=auditor,
        devices=devices,
        mates=mates_of(work.plan, request.devices),
        journal=journal,
        lease=leases(locks),
        keep=keep,
        clock=_now,
        is_ending=is_ending,
        patience=patience_of(policy, conduct, request.limits),
    )


def patience_of(policy: Policy, conduct: Conduct, limits: Limits) -> Patience:
    """Return how long a push waits."""
    return Patience(
        contact_s=conduct.contact_timeout or policy.contact_timeout_s,
        poll_s=policy.contact_poll_s,
        reconnect_s=conduct.reconnect_timeout,
        accept=policy.proof,
        reserve_s=limits.device_s + conduct.reconnect_timeout,
    )


def device_s(limits: Limits, patience: Patience) -> float:
    """Return how long one device may take: its mate, itself, a loss, each as an audit, and the waits.

    With it what is kept for going back.
    """
    waits_s = 2 * patience.contact_s + 3 * patience.reconnect_s
    return 4 * limits.device_s + waits_s + patience.reserve_s


def mates_of(plan: Plan, devices: Sequence[Device]) -> Mapping[str, str]:
    """Return each device's mate by name, where both are among these.

    The inventory's `pair` goes first; where it is silent, the mate is the one that the plan knows by
    its serial number.  Two that the plan changes each by itself are no mates: they exchange no
    configuration.
    """
    names = {device.name for device in devices}
    pairs = [(device.name, device.pair) for device in devices]
    units = [
        (planned.name, member)
        for planned in plan.devices
        for member in planned.members
        if planned.name in names and member != planned.name
    ]
    alone = {planned.name for planned in plan.devices if planned.members == (planned.name,)}
    mates: dict[str, str] = {}
    for name, mate in (*pairs, *units):
        if mate is not None and mate in names and not {name, mate} <= alone:
            mates.setdefault(name, mate)
            mates.setdefault(mate, name)
    return mates


def _now() -> datetime:
    return datetime.now(UTC)


def keep_answers(folder: RunFolder, capture: Capture, part: str) -> None:
    """Put answers into a part of a run's folder; they are on the disk itself when this returns."""
    # As with the journal: whose answers they are waits for the disk, and nobody else.
    bridge.aside(lambda: folder.save_capture(capture, part, durable=True, each=part == AFTER))
