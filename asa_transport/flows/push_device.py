"""Push the change of one device: guard, send, prove by licence contact, save, or go back.

The state machine of docs/push.md, whose table of steps is `core/pushing/steps.py`.  Guarantees:
nothing is typed in configuration mode unless a plan made now from a fresh reading would
be the same; the state before, and the way back, are on disk before the first line is sent;
every step and every line is in the journal before it is taken; `write memory` follows
verification only.  A session that is lost is never believed to have done, or not done,
anything: a new one reads the device, and what it shows decides.

Never sends a line twice on hope, never reloads (a reload may cost the device its strong
encryption, AT205), never goes back by other lines than those made from what this
push itself read.

Source: docs/push.md, "One device, step by step"; docs/schemas/push.json.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from asa_transport.asa.replies import Objected
from asa_transport.capabilities import ConfigSession, Deadline, Journal, OpenConfigSession
from asa_transport.core.planning.identity import Who, identity_of
from asa_transport.core.planning.recheck import Recheck
from asa_transport.core.pushing.guard import firewalls, planned_now, planned_of, space_of
from asa_transport.core.pushing.outcomes import LOOK, answered_by, applied, as_before, ended, told
from asa_transport.core.pushing.proof import Proof
from asa_transport.core.pushing.steps import check
from asa_transport.core.pushing.unfinished import InDoubt
from asa_transport.errors import DeviceError, in_words
from asa_transport.flows.audit_device import Auditor
from asa_transport.flows.push_identity import Answering
from asa_transport.flows.push_locks import Lease
from asa_transport.flows.push_proof import ContactLook, ContactProof, NoContact, Patience, look
from asa_transport.flows.push_reader import PushReader
from asa_transport.flows.push_reconnect import reopened
from asa_transport.flows.push_reserve import Reserve
from asa_transport.flows.push_rollback import Rollback
from asa_transport.flows.push_sender import PushSender
from asa_transport.flows.push_start import prepared, seen_alone
from asa_transport.flows.push_unsaved import changed_by_others, note_late_change
from asa_transport.model import (
    Applied,
    Audited,
    Capture,
    ConfigTrace,
    ContactRequest,
    Device,
    Failed,
    NotReached,
    PlannedDevice,
    PushOutcome,
    Refused,
    RollbackFailed,
    RolledBack,
    Seen,
    Stage,
    Standing,
    Startup,
    Step,
    Stepped,
    Undertaking,
    Undertook,
    Unknown,
    Unreachable,
    Verified,
)

# The parts of a run's folder: what was read before the first line, and from then on.
BEFORE = "raw"
AFTER = "raw-after"

# A session may be lost again while the loss is looked into; then a person must look.
_MOST_LOSSES = 3
_SAVING = frozenset({Step.SAVING, Step.SAVED})
_LOGIN = frozenset({Stage.JUMP, Stage.CONNECT, Stage.HOST_KEY, Stage.AUTHENTICATE, Stage.ENABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pusher:
    """Pushes one plan's devices, many of them in turns on one loop.

    Attributes:
        recheck: What a fresh reading is put to; its time is replaced by that of the reading.
        open_config: The only place that asks for a session that may write.
        auditor: Reads as an audit does; probes what the plan names, and mates not at all.
        devices: Of the inventory, by name: the planned ones and their mates.
        mates: The name of the mate, for each device whose mate is in the inventory.
        lease: Holds firewalls for this push, by the names of their locks, or gives why it cannot.
        keep: Puts what was read on disk, and returns when it is there; the text names the part
            of the run's folder.
        is_ending: Whether a person wants the run to end: a wait for contact is then cut short.
    """

    recheck: Recheck
    open_config: OpenConfigSession
    auditor: Auditor
    devices: Mapping[str, Device]
    mates: Mapping[str, str]
    journal: Journal
    lease: Callable[[Iterable[str]], AbstractContextManager[Lease]]
    keep: Callable[[Capture, str], None]
    clock: Callable[[], datetime]
    is_ending: Callable[[], bool]
    patience: Patience

    def push(self, device: Device, deadline: Deadline) -> PushOutcome:
        """Return how the push of one planned device ended; a fault of the device never raises."""
        return self._held(device, deadline, _Push.from_the_start)

    def settle(self, device: Device, deadline: Deadline, left: InDoubt, why: str) -> PushOutcome:
        """Return what becomes of a device that another process left where lines may have been sent.

        Args:
            left: As the journal has it.
            why: Why the device is looked at again, for its reason.
        """
        return self._held(device, deadline, lambda push: push.from_a_loss(left, why))

    def _held(self, device: Device, deadline: Deadline, work: Callable[[_Push], PushOutcome]) -> PushOutcome:
        held = firewalls(self.recheck.plan, device, self.mates.get(device.name))
        with self.lease(held) as lease:
            push = _Push(self, device, deadline, lease)
            try:
                if lease.obstacle is None:
                    outcome = answered_by(work(push), push.answering.last)
                else:
                    outcome = Refused(device=device, reason=lease.obstacle)
                self.journal.note(ended(outcome))
            except OSError as error:
                # Only the journal and the evidence raise it: what cannot be recorded is not done.
                saw = f"the record of the push cannot be written: {in_words(error)}"
                if push.undertaking is None:
                    return Failed(device=device, reason=f"{saw}; nothing was sent")
                return Unknown(device=device, reason=f"{saw}; lines may have been sent: {LOOK}")
            finally:
                push.close()
            return outcome


class _Push:
    """The push of one device: where it is, and what it has in hand."""

    def __init__(self, pusher: Pusher, device: Device, deadline: Deadline, lease: Lease) -> None:
        self._all = pusher
        self._lease = lease
        self._device = device
        self._deadline = Reserve(deadline, pusher.patience.reserve_s)
        self._step: Step | None = None
        self._reader = PushReader(device, pusher.recheck.tables)
        mate = pusher.mates.get(device.name)
        self._mate = None if mate is None else pusher.devices[mate]
        self._session: ConfigSession | None = None
        self._policy = pusher.recheck.standard.policy.unsaved
        self._warnings: list[str] = []
        self._losses = 0
        self._is_late = False
        self._reason = ""
        self._request: ContactRequest | None = None
        self._trace: ConfigTrace | None = None
        self.undertaking: Undertaking | None = None
        self._planned = planned_of(pusher.recheck.plan, device.name)
        self.answering = Answering(self._planned)

    def close(self) -> None:
        """Close the session, if there is one."""
        if self._session is not None:
            self._session.close()
            self._session = None

    # ------------------------------------------------------------------ before any line

    def from_the_start(self) -> PushOutcome:
        """Look, guard, and only then change."""
        self._take(Step.LEASED)
        mates = [] if self._mate is None else [self._all.auditor.audit(self._mate, self._deadline)]
        try:
            self._session = self._all.open_config(self._device, self._deadline)
            self._take(Step.REREAD)
            facts = self._all.auditor.read(self._session, self._reader.notes)
            self.answering.heard(identity_of(facts))
            capture = self._reader.notes.capture()
            self._all.keep(capture, BEFORE)
            mine = Audited(device=self._device, capture=capture, facts=facts)
            again = planned_now([mine, *mates], self._device, self._all.recheck, now=self._all.clock())
            if not isinstance(again, PlannedDevice):
                return seen_alone(self._reader, self._session, again, self._planned, facts)
            self._take(Step.GUARDED)
            undertaking = self._undertaken(self._session, again, space_of(facts))
            if not isinstance(undertaking, Undertaking):
                return undertaking
        except DeviceError as error:
            reason = f"{error.error}; nothing was sent; {error.hint}"
            if error.stage in _LOGIN:
                return Unreachable(device=self._device, reason=reason)
            return Failed(device=self._device, reason=reason)
        return self._carried(Step.SENDING, undertaking)

    def _undertaken(
        self, session: ConfigSession, again: PlannedDevice, space: str | None
    ) -> Undertaking | Refused | NotReached:
        """Put on record what will be sent and the way back, and go where it is to be sent."""
        undertaking = prepared(
            self._reader,
            session,
            plan=self._all.recheck.plan,
            again=again,
            space=space,
            policy=self._policy,
            warnings=self._warnings,
            deadline=self._deadline,
        )
        if isinstance(undertaking, Refused):
            return undertaking
        if self._all.is_ending():
            return NotReached(device=self._device, reason="the run was ended before its first line")
        lost = self._lease.lost()
        if lost is not None:
            return Refused(device=self._device, reason=f"{lost}; nothing was sent")
        self._all.keep(self._reader.notes.capture(), BEFORE)
        self._all.journal.note(Undertook(device=self._device.name, undertaking=undertaking))
        self._take(Step.EVIDENCED)
        return undertaking

    # ------------------------------------------------------------------ from the first line on

    def from_a_loss(self, left: InDoubt, why: str) -> PushOutcome:
        """Go on, go back, or say that nobody knows: by what the device shows now."""
        at, undertaking = left.at, left.undertaking
        self.undertaking = undertaking
        self.answering.expect(undertaking)
        self._request, self._trace = left.request, left.trace
        self._step = at
        self._reason = why
        found = self._looked_again(at, undertaking, why)
        return self._carried(found, undertaking) if isinstance(found, Step) else found

    def _carried(self, at: Step, undertaking: Undertaking) -> PushOutcome:
        """Take the steps from here on; where the session is lost, look again from a new one."""
        self.undertaking = undertaking
        self.answering.expect(undertaking)
        went = at
        while True:
            read = len(self._reader.notes.capture().outputs)
            try:
                found = self._gone_on(went, undertaking)
            finally:
                self._kept_after(self._reader.notes.capture(since=read))
            if not isinstance(found, Step):
                return found
            went = found

    def _gone_on(self, at: Step, undertaking: Undertaking) -> Step | PushOutcome:
        try:
            return self._go_on(at, undertaking)
        except DeviceError as error:
            why = error.error
        # Outside the handler: what goes wrong from here on is not a consequence of this error.
        return self._looked_again(self._step or at, undertaking, why)

    def _go_on(self, at: Step, undertaking: Undertaking) -> PushOutcome:
        session = self._session
        if session is None:
            raise ValueError("a push goes on without a session")
        session.permit((*undertaking.apply, *undertaking.rollback))
        sender = PushSender(
            self._device.name,
            session,
            self._all.journal,
            check_held=self._lease.check,
            warnings=self._warnings,
        )
        try:
            if at is Step.SENDING:
                return self._sent(sender, session, undertaking)
            if at is Step.CONFIG_VERIFIED:
                return self._proven(sender, session, undertaking)
            if at is Step.SAVING:
                return self._saved(sender, session, undertaking, Verified.CONTACT)
            return self._rolled_back(sender, session, undertaking, Objected(reason=self._reason))
        finally:
            self._reader.notes.keep(sender.outputs)

    def _sent(self, sender: PushSender, session: ConfigSession, undertaking: Undertaking) -> PushOutcome:
        self._take(Step.SENDING)
        objection = sender.change(undertaking.apply)
        if objection is None:
            # First of all, and into the journal: what somebody changes from here on is not to be taken for
            # ours, by another process neither.
            self._trace = self._reader.trace(session)
            self._take(Step.SENT, trace=self._trace)
            objection = self._reader.unlike(session, undertaking) or self._reader.another_role(session)
        if objection is not None:
            return self._rolled_back(sender, session, undertaking, objection)
        return self._proven(sender, session, undertaking)

    def _proven(self, sender: PushSender, session: ConfigSession, undertaking: Undertaking) -> PushOutcome:
        self._take(Step.CONFIG_VERIFIED)
        found = self._contact(sender, session, undertaking)
        verified = Verified.CONTACT
        if isinstance(found, NoContact):
            if self._all.patience.accept is Verified.CONTACT or self._all.is_ending():
                return self._rolled_back(sender, session, undertaking, Objected(reason=found.reason))
            verified = Verified.CONFIG
            self._warnings.append(f"kept without proof, as the policy says: {found.reason}")
            found = None
        objection = found or self._reader.another_role(session)
        if objection is not None:
            return self._rolled_back(sender, session, undertaking, objection)
        if verified is Verified.CONTACT:
            self._take(Step.CONTACT_VERIFIED)
        return self._saved(sender, session, undertaking, verified)

    def _contact(
        self, sender: PushSender, session: ConfigSession, undertaking: Undertaking
    ) -> Objected | NoContact | None:
        """Ask for a contact and await it; what it is compared with outlives the session."""
        proving = ContactProof(
            device=self._device.name,
            reader=self._reader,
            session=session,
            sender=sender,
            undertaking=undertaking,
            patience=self._all.patience,
            journal=self._all.journal,
            device_deadline=self._deadline,
            is_ending=self._all.is_ending,
            request=self._request,
            trace=self._trace,
        )
        try:
            return proving.take()
        finally:
            self._request = proving.request

    def _saved(
        self, sender: PushSender, session: ConfigSession, undertaking: Undertaking, verified: Verified
    ) -> PushOutcome:
        """Save what is still as intended, and read both configurations; never saves what somebody changed."""
        if (objection := self._reader.unlike(session, undertaking)) is not None:
            return self._rolled_back(sender, session, undertaking, objection)
        theirs = changed_by_others(self._reader, session, self._request, self._policy, self._warnings)
        if theirs is not None:
            startup = self._reader.startup(session, undertaking)
            if startup is Startup.AS_INTENDED and self._mate is None:
                self._warnings.append(f"{theirs.reason}; somebody has saved the change already")
                return self._applied(verified, None, startup)
            return self._applied(verified, theirs, startup)
        self._take(Step.SAVING)
        objection = sender.save()
        if objection is None and self._mate is not None:
            # What a standby unit saves, it saves for itself, and not every prompt shows the role.
            objection = self._reader.another_role(session)
        where, startup = self._reader.stands(session, undertaking), self._reader.startup(session, undertaking)
        note_late_change(self._reader, session, self._request, self._policy, self._warnings)
        if where is not Standing.INTENDED:
            saw = (
                "after 'write memory' the licence block differs: "
                f"{self._reader.difference(undertaking.predicted)}"
            )
            return self._unknown(saw, startup)
        if objection is None and startup not in (Startup.AS_INTENDED, None):
            objection = Objected(reason="'write memory' said [OK], but a reload would not bring the change")
        if objection is None:
            self._take(Step.SAVED)
        return self._applied(verified, objection, startup)

    def _applied(self, verified: Verified, unsaved: Objected | None, startup: Startup | None) -> Applied:
        why = None if unsaved is None else unsaved.reason
        return applied(self._device, verified, unsaved=why, warnings=self._warnings, startup=startup)

    # ------------------------------------------------------------------ the way back

    def _rolled_back(
        self, sender: PushSender, session: ConfigSession, undertaking: Undertaking, objection: Objected
    ) -> PushOutcome:
        self._reason = objection.reason
        self._deadline.open()
        self._take(Step.ROLLING_BACK, objection.reason)
        way = Rollback(
            device=self._device,
            mate=self._mate,
            reader=self._reader,
            auditor=self._auditor,
            open_mate=lambda mate: self._all.open_config(mate, self._deadline),
            journal=self._all.journal,
            keep=self._kept_after,
            answered=self.answering.heard,
            warnings=self._warnings,
            check_held=self._lease.check,
        )
        outcome = way.take(sender, session, undertaking, objection.reason)
        match outcome:
            case RolledBack():
                self._take(Step.ROLLED_BACK)
            case RollbackFailed():
                self._take(Step.ROLLBACK_FAILED)
            case Unknown():
                self._take(Step.UNKNOWN, outcome.reason)
            case _:
                assert_never(outcome)
        return outcome

    # ------------------------------------------------------------------ a lost session

    def _looked_again(self, at: Step, undertaking: Undertaking, why: str) -> Step | PushOutcome:
        """Read the device from a new session; return the step to go on with, or how it ended."""
        self._reason = self._reason or why
        if self._deadline.remaining_s() <= 0:
            # There is no time to go on with; to look, and to go back, there is.
            self._is_late = True
            self._deadline.open()
        while True:
            self.close()
            self._losses += 1
            self._take(Step.LOST, why)
            if self._losses > _MOST_LOSSES:
                return self._unknown(f"the session was lost {self._losses} times")
            try:
                self._session = session = reopened(
                    self._all.open_config, self._device, self._deadline, self._all.patience.reconnect_s
                )
                facts = self._auditor.read(session, self._reader.notes)
                answering = self.answering.heard(identity_of(facts))
                if answering is Who.STRANGER:
                    self.close()
                    return self._unknown(f"{self.answering.stranger()}; nothing was sent to it")
                self._reader.go_to(session, undertaking.space)
                found = self._after_a_loss(at, undertaking, session, answering)
                return self._held_for(found, undertaking, session) if isinstance(found, Step) else found
            except DeviceError as error:
                why = error.error
                if error.stage in _LOGIN:
                    return self._unknown(f"the device could not be read again: {error.error}")

    def _after_a_loss(
        self, at: Step, undertaking: Undertaking, session: ConfigSession, answering: Who
    ) -> Step | PushOutcome:
        where = self._reader.stands(session, undertaking)
        moved = self._reader.another_role(session)
        if answering is Who.MATE:
            saw = "now its mate answers instead of it"
            self._warnings.append(saw)
            moved = moved or Objected(reason=saw, role_changed=True)
        startup = self._reader.startup(session, undertaking)
        if where is Standing.FOREIGN and (self._reader.block is None or at in _SAVING):
            return self._unknown(
                f"the licence block differs: {self._reader.difference(undertaking.before)}", startup
            )
        if at in _SAVING:
            return self._after_saving(undertaking, session, where, moved, startup)
        if moved is not None or where in (Standing.BETWEEN, Standing.FOREIGN):
            return Step.ROLLING_BACK
        if where is Standing.BEFORE:
            return self._as_before(startup)
        is_going_back = self._is_late or at in (Step.ROLLING_BACK, Step.ROLLED_BACK)
        return Step.ROLLING_BACK if is_going_back else Step.CONFIG_VERIFIED

    def _held_for(self, step: Step, undertaking: Undertaking, session: ConfigSession) -> Step | Unknown:
        """Return the step that needs lines, once the firewall is held for it; without a lock none is sent."""
        lost = self._lease.lost()
        if lost is not None:
            lost = self._lease.awaited(self._deadline, self._all.patience.reconnect_s)
        if lost is None:
            return step
        return self._unknown(f"{lost}; nothing more was sent", self._reader.startup(session, undertaking))

    def _after_saving(
        self,
        undertaking: Undertaking,
        session: ConfigSession,
        where: Standing,
        moved: Objected | None,
        startup: Startup | None,
    ) -> Step | PushOutcome:
        """Say how a device stands whose session was lost at `write memory`: it is never taken back."""
        if where is Standing.INTENDED:
            is_proven = self._is_proven(session, undertaking)
            verified = Verified.CONTACT if is_proven else Verified.CONFIG
            if moved is not None:
                # Which unit has saved cannot be told from here.
                return self._applied(verified, moved, startup)
            if startup is not Startup.AS_INTENDED:
                again = Step.ROLLING_BACK if self._is_late else Step.CONFIG_VERIFIED
                return Step.SAVING if is_proven else again
            self._take(Step.SAVED)
            self._warnings.append(f"{self._reason}; a new read shows that the change is in force and saved")
            return self._applied(verified, None, startup)
        if where is Standing.BEFORE and startup is Startup.AS_BEFORE and moved is None:
            return self._as_before(startup)
        return self._unknown(f"it runs {where.value}", startup)

    def _is_proven(self, session: ConfigSession, undertaking: Undertaking) -> bool:
        """Return whether the contact that was asked for before the session was lost proves the change now."""
        found = look(self._reader, session, undertaking, self._request)
        return isinstance(found, ContactLook) and found.proof is Proof.GIVEN

    def _as_before(self, startup: Startup | None) -> PushOutcome:
        outcome = as_before(
            self._device, f"{self._reason}; a new read shows that the device is as before", startup
        )
        self._take(Step.ROLLED_BACK if isinstance(outcome, RolledBack) else Step.ROLLBACK_FAILED)
        return outcome

    def _unknown(self, saw: str, startup: Startup | None = None) -> Unknown:
        self._take(Step.UNKNOWN, saw)
        reason = "; ".join(part for part in (self._reason, saw, LOOK) if part)
        if self._session is not None:
            reason = told(reason, startup)
        return Unknown(device=self._device, reason=reason, seen=Seen(startup=startup))

    @property
    def _auditor(self) -> Auditor:
        return replace(self._all.auditor, targets=None)

    def _kept_after(self, capture: Capture) -> None:
        # The journal has the digests of these; a full disk here takes nothing back.
        with contextlib.suppress(OSError):
            self._all.keep(capture, AFTER)

    def _take(self, step: Step, reason: str | None = None, *, trace: ConfigTrace | None = None) -> None:
        """Put the step in the journal, where the table allows it; then it is taken."""
        check(self._step, step)
        self._all.journal.note(Stepped(device=self._device.name, step=step, reason=reason, trace=trace))
        self._step = step
