"""Look at one device while it is pushed: its block, its role, its contact, what it would start with.

Reads only.  What cannot be read is read once more, because a garbled answer says nothing of
the device, and a device is not taken back, or given up, for a line of noise.

Source: DESIGN, "The push, step by step"; DOMAIN §4.6 (failover), §7.6 (system space, uncited).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from asa_transport.audit import Notebook
from asa_transport.capabilities import Session
from asa_transport.core.pushing.answers import Objected, is_standby_prompt, role_change
from asa_transport.core.pushing.proof import is_proven, shown
from asa_transport.core.pushing.standing import difference, saved_standing, standing
from asa_transport.core.tables import TableSet
from asa_transport.errors import CollectError
from asa_transport.model import Device, FailoverState, LastContact, Standing, Undertaking, Verified
from asa_transport.terminal import is_chatter, quoted

_BLOCK = "show running-config license"
_FAILOVER = "show failover"
_STATUS = "show license status"
_SYSTEM = "changeto system"
_FIRST_POLL_S = 0.2
# Only the lines that name the licence and the transport: a whole startup configuration holds
# digests of secrets.  The head is the proof that there was an answer at all.
_STARTUP = ("show startup-config | include license smart", "show startup-config | include transport")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a push waits, in seconds, and what it accepts without a contact.

    Attributes:
        contact_s: For a licence contact that succeeds, counted from the request for one.
        poll_s: The longest pause between two looks.
        reconnect_s: For a device to answer again after its session was lost.
        accept: `CONFIG` keeps a change although no contact came in time.
    """

    contact_s: float = 180.0
    poll_s: float = 5.0
    reconnect_s: float = 60.0
    accept: Verified = Verified.CONTACT


class Sight:
    """What one device shows; `notes` have all that was read."""

    def __init__(self, device: Device, tables: TableSet) -> None:
        self._device = device
        self.notes = Notebook(device, tables)

    def go_to(self, session: Session, space: str | None) -> None:
        """Go to the system execution space, where the lines belong there; raise CollectError where it fails.

        A line typed in another context than the one that was read would be another line.
        """
        if space is None:
            return
        text = session.run(_SYSTEM).text
        if not all(map(is_chatter, text.split("\n"))):
            raise CollectError(
                self._device.name,
                did=repr(_SYSTEM),
                saw=quoted(text.strip()),
                hint="log in by hand and look; the licence is configured in the system execution space",
            )

    def stands(self, session: Session, undertaking: Undertaking) -> Standing:
        """Return where the `license smart` block stands now."""
        where = self._block_stands(session, undertaking)
        return self._block_stands(session, undertaking) if where is Standing.FOREIGN else where

    def difference(self, wanted: tuple[str, ...]) -> str:
        """Return how the block that was read last differs, for a person."""
        return difference(self.notes.facts().license_block, wanted)

    def unlike(self, session: Session, undertaking: Undertaking) -> Objected | None:
        """Return what is not as predicted after the lines were taken."""
        if self.stands(session, undertaking) is Standing.INTENDED:
            return None
        found = self.difference(undertaking.predicted)
        return Objected(reason=f"the configuration reads otherwise than predicted: {found}")

    def another_role(self, session: Session) -> Objected | None:
        """Return an objection where this unit of a pair is not, or may not be, the active one any more."""
        if is_standby_prompt(session.prompt):
            return Objected(reason=f"the unit is standby now: {session.prompt!r}", role_changed=True)
        if not (self._has_role(session) or self._has_role(session)):
            return Objected(reason="which unit is active could not be read")
        failover = self.notes.facts().failover
        if not failover.enabled or failover.state is FailoverState.ACTIVE:
            return None
        return Objected(reason=f"the unit is {failover.state} now", role_changed=True)

    def saved(self, session: Session, undertaking: Undertaking) -> Standing:
        """Return what the startup configuration holds; `FOREIGN` where it could not be read."""
        texts = [self.notes.ask(session, command).text for command in _STARTUP]
        return saved_standing("\n".join(texts).split("\n"), undertaking)

    def ask_contact(self, session: Session) -> LastContact:
        """Return the last contact, from the command that told it before."""
        source = self.notes.facts().sources.get("authorization.last_contact")
        self.notes.ask(session, source.command if source is not None else _STATUS)
        return self.notes.facts().authorization.last_contact

    def is_contact_proven(self, session: Session, undertaking: Undertaking) -> bool:
        """Return whether a contact has succeeded since the push began."""
        return is_proven(self.ask_contact(session), undertaking.baseline)

    def await_contact(
        self,
        session: Session,
        undertaking: Undertaking,
        patience: Patience,
        *,
        sleep: Callable[[float], None],
        is_ending: Callable[[], bool],
    ) -> Objected | None:
        """Look until the proof is there; return why there is none.

        Args:
            is_ending: Whether a person wants the run to end, and nobody should wait any more.
        """
        deadline = time.monotonic() + patience.contact_s
        pause, at_first = _FIRST_POLL_S, session.prompt
        while not self.is_contact_proven(session, undertaking):
            moved = role_change(at_first, session.prompt)
            if moved is not None:
                return Objected(reason=f"the unit changed its role ({moved})", role_changed=True)
            last = shown(self.notes.facts().authorization.last_contact)
            if is_ending():
                return Objected(reason=f"the run was ended while contact was awaited; {last}")
            left = deadline - time.monotonic()
            if left <= 0:
                return Objected(reason=f"no contact succeeded within {patience.contact_s:g} s; {last}")
            sleep(min(pause, left))
            pause = min(pause * 2, patience.poll_s)
        return None

    def _block_stands(self, session: Session, undertaking: Undertaking) -> Standing:
        self.notes.ask(session, _BLOCK)
        return standing(self.notes.facts().license_block, undertaking)

    def _has_role(self, session: Session) -> bool:
        self.notes.ask(session, _FAILOVER)
        failover = self.notes.facts().failover
        return failover.enabled is False or failover.state is not None
