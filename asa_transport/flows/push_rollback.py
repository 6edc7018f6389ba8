"""Take one device's change back: by what was read before, and proven by reading.

Guarantees that the lines back are sent only where reading shows that they are needed, at the
most twice, and that a pair is taken back on its active unit: what is typed on a standby stays
there (unicon.plugins).  Opens no session by itself; `push.py` gives it what opens the mate's.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from asa_transport.asa.replies import Objected
from asa_transport.capabilities import ConfigSession, Journal
from asa_transport.core.planning.identity import Who, identity_of
from asa_transport.core.pushing.outcomes import LOOK, as_before, told
from asa_transport.core.pushing.rollback import lines_back
from asa_transport.errors import DeviceError
from asa_transport.flows.audit_device import Auditor
from asa_transport.flows.push_reader import PushReader
from asa_transport.flows.push_sender import PushSender
from asa_transport.model import (
    Capture,
    Device,
    FailoverState,
    Identity,
    RollbackFailed,
    RolledBack,
    Seen,
    Standing,
    Startup,
    Undertaking,
    Unknown,
)

# A line that was garbled on its way back is sent again; one that is refused twice is a person's matter.
_TRIES: Final = 2

Taken: TypeAlias = RolledBack | RollbackFailed | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """What it takes to go back.

    Attributes:
        mate: The other unit of the pair, where the inventory has it.
        reader: Of the device itself.
        auditor: Reads as an audit does, and probes nothing.
        keep: Puts on disk what was read from the mate.
        answered: Told who answers under the mate's name.
        warnings: What the devices say that a person should read is added to it.
        check_held: As `PushSender` takes it.
    """

    device: Device
    mate: Device | None
    reader: PushReader
    auditor: Auditor
    open_mate: Callable[[Device], ConfigSession]
    journal: Journal
    keep: Callable[[Capture], None]
    answered: Callable[[Identity], Who]
    warnings: list[str]
    check_held: Callable[[str], None]

    def take(
        self, sender: PushSender, session: ConfigSession, undertaking: Undertaking, reason: str
    ) -> Taken:
        """Restore what was read, and prove it by reading.

        Args:
            reason: Why it is taken back.

        Raises:
            DeviceError: The session was lost; any line in the journal may have taken effect.
        """
        complaint: Objected | None = None
        for tried in range(_TRIES + 1):
            sender.leave()
            where = self.reader.stands(session, undertaking)
            # The role last: what the block of a standby unit says is not what the pair does.
            role = self.reader.another_role(session)
            if role is not None and role.role_changed:
                return self._by_the_mate(session, undertaking, where, reason)
            if where is Standing.BEFORE and role is not None and self.mate is not None:
                return self._unknown(reason, role.reason, self.reader.startup(session, undertaking))
            if where is Standing.BEFORE:
                return as_before(self.device, reason, self.reader.startup(session, undertaking))
            lines = lines_back(self.reader.block, undertaking)
            if not lines:
                break
            if tried < _TRIES:
                complaint = sender.change(lines)
        saw = complaint.reason if complaint else self.reader.difference(undertaking.before)
        foreign = "the remaining differences are not from this push, and were not changed"
        what = "the rollback failed" if lines else foreign
        startup = self.reader.startup(session, undertaking)
        return RollbackFailed(
            device=self.device,
            reason=told(f"{reason}; {what}: {saw}; {LOOK}", startup),
            seen=Seen(startup=startup),
        )

    def _by_the_mate(
        self, session: ConfigSession, undertaking: Undertaking, where: Standing, reason: str
    ) -> Taken:
        """Go back on the unit that is active now.

        It sends its lines to the standby; so they also take back there what a line did that
        came when this unit was the standby already.
        """
        if self.mate is None:
            startup = self.reader.startup(session, undertaking)
            return self._unknown(reason, "it is not known here which unit is active now", startup)
        saw, on_mate = self._on(self.mate, undertaking, is_needed=where is not Standing.BEFORE)
        if not saw and self.reader.stands(session, undertaking) is not Standing.BEFORE:
            saw = f"this unit: {self.reader.difference(undertaking.before)}"
        here = self.reader.startup(session, undertaking)
        if saw:
            return self._unknown(reason, saw, here)
        # Either unit may be the one that starts first.
        startup = on_mate if here is Startup.AS_BEFORE else here
        return as_before(self.device, f"{reason}; rolled back on {self.mate.name}", startup)

    def _on(self, mate: Device, undertaking: Undertaking, *, is_needed: bool) -> tuple[str, Startup | None]:
        """Return what stands against it that the mate, and so the pair, is as before; empty for nothing.

        With it what the mate would start with.
        """
        reader = PushReader(mate, self.auditor.tables)
        try:
            session = self.open_mate(mate)
        except DeviceError as error:
            return f"{mate.name}: {error.error}", None
        sender = PushSender(
            mate.name, session, self.journal, check_held=self.check_held, warnings=self.warnings
        )
        try:
            facts = self.auditor.read(session, reader.notes)
            if self.answered(identity_of(facts)) is Who.STRANGER:
                return f"{mate.name} is neither unit of this pair; nothing was sent to it", None
            if facts.failover.state is not FailoverState.ACTIVE:
                return f"{mate.name} is not the active unit either", None
            reader.go_to(session, undertaking.space)
            if is_needed or reader.stands(session, undertaking) is not Standing.BEFORE:
                session.permit(undertaking.rollback)
                lines = lines_back(reader.block, undertaking)
                objection = sender.change(lines) if lines else None
                if objection is not None:
                    return f"{mate.name}: {objection.reason}", None
            is_back = reader.stands(session, undertaking) is Standing.BEFORE
            saw = "" if is_back else f"{mate.name}: {reader.difference(undertaking.before)}"
            return saw, reader.startup(session, undertaking)
        except DeviceError as error:
            return f"{mate.name}: {error.error}", None
        finally:
            session.close()
            reader.notes.keep(sender.outputs)
            self.keep(reader.notes.capture())

    def _unknown(self, reason: str, saw: str, startup: Startup | None) -> Unknown:
        both = " and its mate" if self.mate is not None else ""
        return Unknown(
            device=self.device,
            reason=told(f"{reason}; {saw}; {LOOK}{both}", startup),
            seen=Seen(startup=startup),
        )
