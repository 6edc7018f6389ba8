"""Keep who answers under the name of a planned firewall, at every connect.

Guarantees that the identity is compared with what was undertaken, or, where an older journal does
not say that, with the plan's; never with what another process or person says now.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

from asa_transport.core.planning.identity import Who, stranger, who
from asa_transport.model import Identity, PlannedDevice, Undertaking


class Answering:
    """Who answers; `last` is the firewall that answered last, `None` before the first."""

    def __init__(self, planned: PlannedDevice) -> None:
        self._identity = planned.identity
        self._mate_serial = planned.observed.mate_serial
        self.last: Identity | None = None

    def expect(self, undertaking: Undertaking) -> None:
        """Go by what was undertaken from now on."""
        if undertaking.identity is not None:
            self._identity, self._mate_serial = undertaking.identity, undertaking.mate_serial

    def heard(self, seen: Identity) -> Who:
        """Return who it is that answers now."""
        self.last = seen
        return who(self._identity, self._mate_serial, seen)

    def stranger(self) -> str:
        """Return in what the one that answered last is another firewall than the planned one."""
        return stranger(self._identity, self.last or Identity()) or "the planned firewall answers"
