"""The words by which a unit names its part in a failover pair: in `show failover`, and in its prompt.

Pure.  A state that is not exactly known is `OTHER`.

Source: ntc-templates, recorded answers to `show failover`; observed on ASAv 9.23(1); ASA
configuration guide, "Failover for High Availability in the Public Cloud" (Active and Backup; its
`show failover` was never seen).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from asa_transport.model import FailoverState, FailoverUnit

ACTIVE: Final = "Active"
# As recorded; `Cold Standby`, `Failed`, `Sync Config` and all else are no mate to change a pair with.
READY: Final = "Standby Ready"
BACKUP: Final = "Backup"
# The two states of a pair in which a change reaches both units.
PAIR: Final = frozenset({ACTIVE, READY})
UNKNOWN_MATE: Final = "Unknown"
# `Failover Off (pseudo-Standby)`: whatever else it prints, this unit followed the other one.
FOLLOWING_NOTE: Final = "(pseudo-Standby)"
UNITS: Final[Mapping[str, FailoverUnit]] = {
    "Primary": FailoverUnit.PRIMARY,
    "Secondary": FailoverUnit.SECONDARY,
}
STATES: Final[Mapping[str, FailoverState]] = {
    ACTIVE: FailoverState.ACTIVE,
    READY: FailoverState.STANDBY,
    BACKUP: FailoverState.BACKUP,
}
OFF: Final = "Off"
ENABLED: Final[Mapping[str, bool]] = {"On": True, OFF: False}
# `Failover LAN Interface:` of a firewall without a mate.
NO_INTERFACE: Final = "not Configured"
# What each word of a prompt says: which unit; whether failover is on, and the unit's state.
PROMPT_UNITS: Final[Mapping[str, FailoverUnit]] = {
    "pri": FailoverUnit.PRIMARY,
    "sec": FailoverUnit.SECONDARY,
}
PROMPT_STATES: Final[Mapping[str, tuple[bool, FailoverState]]] = {
    "act": (True, FailoverState.ACTIVE),
    "stby": (True, FailoverState.STANDBY),
    "negotiation": (True, FailoverState.OTHER),
    "actNoFailover": (False, FailoverState.ACTIVE),
    # Nobody's mate, and no unit to configure: neither role.
    "stbyNoFailover": (False, FailoverState.OTHER),
}
# Of a unit that takes no configuration.
PROMPT_FOLLOWING: Final = frozenset({"stby", "stbyNoFailover"})
