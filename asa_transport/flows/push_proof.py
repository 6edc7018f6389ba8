"""Ask for a licence contact, and look until one has come that proves the change.

Guarantees that what is called proven was read: each look takes the contact, the transport of
the same answer, and the `license smart` block beside it; where the block is no longer the
intended one, nothing more is waited for.  A request is in the journal, with what it is compared
with, before it is sent.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from asa_transport.asa.replies import Objected, role_change
from asa_transport.capabilities import Deadline, Journal, Session
from asa_transport.core.pushing.proof import Proof, is_over_intended, is_told_apart, shown, weighed
from asa_transport.flows.push_reader import PushReader
from asa_transport.flows.push_sender import PushSender
from asa_transport.model import (
    ConfigTrace,
    ContactAsked,
    ContactRequest,
    LastContact,
    Standing,
    Undertaking,
    Verified,
)

_FIRST_POLL_S = 0.2
# A clock that stands still, or was set back, is not waited for longer than this.
_MOST_TICKS = 20
_TICK_S = 0.25
# Contact times are in whole seconds.
_CONTACT_UNIT_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a push waits, in seconds, and what it accepts without a contact.

    Attributes:
        contact_s: For a licence contact that succeeds, counted from the request for one.
        poll_s: The longest pause between two looks.
        reconnect_s: For a device to answer again after its session was lost.
        accept: `CONFIG` keeps a change although no contact came in time.
        reserve_s: Of the device's time, for going back alone.
    """

    contact_s: float = 180.0
    poll_s: float = 5.0
    reconnect_s: float = 60.0
    accept: Verified = Verified.CONTACT
    reserve_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoContact:
    """The change reads as intended, and no contact has proven it in time."""

    reason: str


@dataclass(slots=True, kw_only=True)
class ContactProof:
    """What it takes to prove one device's change.

    Attributes:
        is_ending: Whether a person wants the run to end, and nobody should wait any more.
        request: What a contact is compared with; `None` until one was asked for.
        trace: Of the configuration right after the lines; `None` where it was not read then.
    """

    device: str
    reader: PushReader
    session: Session
    sender: PushSender
    undertaking: Undertaking
    patience: Patience
    journal: Journal
    device_deadline: Deadline
    is_ending: Callable[[], bool]
    request: ContactRequest | None = None
    trace: ConfigTrace | None = None

    def take(self) -> Objected | NoContact | None:
        """Ask, and look until the proof is there; return why there is none.

        Raises:
            DeviceError: The session was lost.
        """
        trace = self.request.trace if self.request is not None else self.trace
        trace = trace or self.reader.trace(self.session)
        return self._ask(trace, is_second=False) or self._awaited(trace)

    def _awaited(self, trace: ConfigTrace) -> Objected | NoContact | None:
        deadline = time.monotonic() + self.patience.contact_s
        pause, at_first = _FIRST_POLL_S, self.session.prompt
        while True:
            found = look(self.reader, self.session, self.undertaking, self.request)
            moved = role_change(at_first, self.session.prompt)
            if moved is not None:
                found = Objected(reason=f"the unit changed its role ({moved})", role_changed=True)
            if isinstance(found, Objected):
                return found
            if found.proof is Proof.GIVEN:
                return None
            left = min(deadline - time.monotonic(), self.device_deadline.remaining_s())
            if self.device_deadline.remaining_s() <= 0 or self.is_ending():
                return self._given_up(found.contact)
            if found.proof is Proof.EARLY:
                objection = self._ask(trace, is_second=True)
                if objection is not None:
                    return objection
                deadline = time.monotonic() + self.patience.contact_s
                continue
            if left <= 0:
                return self._given_up(found.contact)
            self.device_deadline.sleep(min(pause, left))
            pause = min(pause * 2, self.patience.poll_s)

    def _given_up(self, contact: LastContact) -> NoContact:
        last = shown(contact)
        if self.is_ending():
            return NoContact(reason=f"the run was ended while the push waited for a contact; {last}")
        if self.request is not None and self.request.asked_at is None:
            last += "; the device's clock could not be read, so only a contact of a later time would count"
        what = "second contact" if self.request is not None and self.request.is_second else "contact"
        return NoContact(reason=f"no {what} succeeded within {self.patience.contact_s:g} s; {last}")

    def _ask(self, trace: ConfigTrace, *, is_second: bool) -> Objected | None:
        contact_at = self.reader.last_contact(self.session).at
        asked_at = self.reader.clock_at(self.session)
        for _ in range(_MOST_TICKS):
            if is_told_apart(asked_at, contact_at):
                break
            self.device_deadline.sleep(_TICK_S)
            asked_at = self.reader.clock_at(self.session)
        if asked_at is None and contact_at is not None:
            # What comes is then told by its time alone, and must not share the second of the last one.
            self.device_deadline.sleep(_CONTACT_UNIT_S)
        self.request = ContactRequest(
            asked_at=asked_at, contact_at=contact_at, is_second=is_second, trace=trace
        )
        self.journal.note(ContactAsked(device=self.device, request=self.request))
        return self.sender.renew()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLook:
    """What one look shows while the block is the intended one."""

    proof: Proof
    contact: LastContact


def look(
    reader: PushReader, session: Session, undertaking: Undertaking, request: ContactRequest | None
) -> ContactLook | Objected:
    """Look once: the contact with its own answer's transport, and the block beside it."""
    answer = reader.license_answer(session)
    if reader.stands(session, undertaking) is not Standing.INTENDED:
        found = reader.difference(undertaking.predicted)
        return Objected(reason=f"somebody else changed the licence block in the meantime: {found}")
    contact = answer.authorization.last_contact
    if request is None or not is_over_intended(answer.transport, undertaking):
        return ContactLook(proof=Proof.NONE, contact=contact)
    return ContactLook(proof=weighed(contact, request), contact=contact)
