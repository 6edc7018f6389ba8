"""Take one device's change back: by what was read before, and proven by reading.

Guarantees that the lines back are sent only where reading shows that they are needed, at the
most twice, and that a pair is taken back on its active unit: what is typed on a standby stays
there (DOMAIN §4.10).  Opens no session by itself; `push.py` gives it what opens the mate's.

Source: DESIGN, "The push, step by step", the paragraph on rollback.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from asa_transport.audit import Auditor
from asa_transport.capabilities import ConfigSession, Journal
from asa_transport.core.pushing.answers import Objected
from asa_transport.core.pushing.ends import LOOK
from asa_transport.errors import DeviceError
from asa_transport.model import (
    Capture,
    Device,
    FailoverState,
    RollbackFailed,
    RolledBack,
    Standing,
    Undertaking,
    Unknown,
)
from asa_transport.pushing.sight import Sight
from asa_transport.pushing.typist import Typist

# A line that was garbled on its way back is sent again; one that is refused twice is a person's matter.
_TRIES: Final = 2

Taken: TypeAlias = RolledBack | RollbackFailed | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """What it takes to go back.

    Attributes:
        mate: The other unit of the pair, where the inventory has it.
        sight: Of the device itself.
        auditor: Reads as an audit does, and probes nothing.
        keep: Puts on disk what was read from the mate.
        warnings: What the devices say that a person should read is added to it.
    """

    device: Device
    mate: Device | None
    sight: Sight
    auditor: Auditor
    open_mate: Callable[[Device], ConfigSession]
    journal: Journal
    keep: Callable[[Capture], None]
    warnings: list[str]

    def take(self, typist: Typist, session: ConfigSession, undertaking: Undertaking, reason: str) -> Taken:
        """Restore what was read, and prove it by reading.

        Args:
            reason: Why it is taken back.

        Raises:
            DeviceError: The session was lost; any line in the journal may have taken effect.
        """
        complaint: Objected | None = None
        for tried in range(_TRIES + 1):
            typist.leave()
            where = self.sight.stands(session, undertaking)
            # The role last: what the block of a standby unit says is not what the pair does.
            role = self.sight.another_role(session)
            if role is not None and role.role_changed:
                return self._by_the_mate(session, undertaking, where, reason)
            if where is Standing.BEFORE and role is not None and self.mate is not None:
                return self._unknown(reason, role.reason)
            if where is Standing.BEFORE:
                return RolledBack(device=self.device, reason=reason)
            if tried < _TRIES:
                complaint = typist.change(undertaking.rollback)
        saw = complaint.reason if complaint else self.sight.difference(undertaking.before)
        return RollbackFailed(device=self.device, reason=f"{reason}; going back failed: {saw}; {LOOK}")

    def _by_the_mate(
        self, session: ConfigSession, undertaking: Undertaking, where: Standing, reason: str
    ) -> Taken:
        """Go back on the unit that is active now.

        It sends its lines to the standby; so they also take back there what a line did that
        came when this unit was the standby already.
        """
        if self.mate is None:
            return self._unknown(reason, "its mate, which is active now, is not in the inventory")
        saw = self._on(self.mate, undertaking, is_needed=where is not Standing.BEFORE)
        if not saw and self.sight.stands(session, undertaking) is not Standing.BEFORE:
            saw = f"this unit: {self.sight.difference(undertaking.before)}"
        if saw:
            return self._unknown(reason, saw)
        return RolledBack(device=self.device, reason=f"{reason}; taken back on {self.mate.name}")

    def _on(self, mate: Device, undertaking: Undertaking, *, is_needed: bool) -> str:
        """Return what stands against it that the mate, and so the pair, is as before; empty for nothing."""
        sight = Sight(mate, self.auditor.tables)
        try:
            session = self.open_mate(mate)
        except DeviceError as error:
            return f"{mate.name}: {error.error}"
        typist = Typist(mate.name, session, self.journal, warnings=self.warnings)
        try:
            facts = self.auditor.read(session, sight.notes)
            if facts.failover.state is not FailoverState.ACTIVE:
                return f"{mate.name} is not the active unit either"
            sight.go_to(session, undertaking.space)
            if is_needed or sight.stands(session, undertaking) is not Standing.BEFORE:
                session.permit(undertaking.rollback)
                objection = typist.change(undertaking.rollback)
                if objection is not None:
                    return f"{mate.name}: {objection.reason}"
            is_back = sight.stands(session, undertaking) is Standing.BEFORE
            return "" if is_back else f"{mate.name}: {sight.difference(undertaking.before)}"
        except DeviceError as error:
            return f"{mate.name}: {error.error}"
        finally:
            session.close()
            sight.notes.keep(typist.outputs)
            self.keep(sight.notes.capture())

    def _unknown(self, reason: str, saw: str) -> Unknown:
        both = " at both units" if self.mate is not None else ""
        return Unknown(device=self.device, reason=f"{reason}; {saw}; {LOOK}{both}")
