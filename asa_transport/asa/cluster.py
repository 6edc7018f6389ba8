"""The words by which a unit names its part in a cluster: in `show cluster info`, and in its prompt.

Pure.  Only the exact words below are parts: a unit that joins, leaves, elects or is disabled is
`OTHER`.

Source: CiscoDevNet/cisco-asav, its cluster scripts (CONTROL_NODE and DATA_NODE; MASTER and
SLAVE in older releases); the `prompt` command of the ASA command reference (`cluster-unit`, `state`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from asa_transport.model import ClusterRole

_CONTROL: Final = frozenset({"CONTROL_NODE", "MASTER"})
# A follower that takes the control unit's lines now.
_DATA: Final = frozenset({"DATA_NODE", "SLAVE"})
# A unit that is still being synchronised as a follower is one already: its configuration
# comes from the control unit.  A control unit that is not in full charge is not one yet.
_FOLLOWER: Final = re.compile(rf"(?:{'|'.join(sorted(_DATA))})(?:_(?:BULK_SYNC|CONFIG|APP_SYNC|FILESYS))?")
WORDS: Final = _CONTROL | _DATA
# What each word of a prompt says.
PROMPT_ROLES: Final[Mapping[str, ClusterRole]] = {
    "control": ClusterRole.CONTROL,
    "master": ClusterRole.CONTROL,
    "data": ClusterRole.DATA,
    "slave": ClusterRole.DATA,
}


def role_of(state: str) -> ClusterRole:
    """Return the part that a state names; what is not exactly known is `OTHER`."""
    if state in _CONTROL:
        return ClusterRole.CONTROL
    return ClusterRole.DATA if _FOLLOWER.fullmatch(state) else ClusterRole.OTHER


def is_in_step(state: str) -> bool:
    """Return whether a unit in this state takes the control unit's lines now."""
    return state in _DATA
