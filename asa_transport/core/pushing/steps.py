"""Which step of a push may follow which: the whole table, in one place.

Pure.  A push asks `check` before it takes a step, and a test walks the table; so a path
that is not in it cannot be taken by accident.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from asa_transport.model import Step

# `None`: before the first step.  A device that is refused or fails before `SENDING` just ends;
# a session that is lost from `SENDING` on is `LOST` until a new one has read the device.
NEXT: Final[Mapping[Step | None, frozenset[Step]]] = {
    None: frozenset({Step.LEASED}),
    Step.LEASED: frozenset({Step.REREAD}),
    Step.REREAD: frozenset({Step.GUARDED}),
    Step.GUARDED: frozenset({Step.EVIDENCED}),
    Step.EVIDENCED: frozenset({Step.SENDING}),
    Step.SENDING: frozenset({Step.SENT, Step.ROLLING_BACK, Step.LOST}),
    Step.SENT: frozenset({Step.CONFIG_VERIFIED, Step.ROLLING_BACK, Step.LOST}),
    Step.CONFIG_VERIFIED: frozenset({Step.CONTACT_VERIFIED, Step.SAVING, Step.ROLLING_BACK, Step.LOST}),
    # What is read right before `write memory` may be somebody else's by now.
    Step.CONTACT_VERIFIED: frozenset({Step.SAVING, Step.ROLLING_BACK, Step.LOST}),
    # Or right after it.
    Step.SAVING: frozenset({Step.SAVED, Step.UNKNOWN, Step.LOST}),
    Step.LOST: frozenset(
        {
            Step.LOST,
            Step.CONFIG_VERIFIED,
            # From `SAVING` only: what was verified is not verified again.
            Step.SAVING,
            Step.SAVED,
            Step.ROLLING_BACK,
            Step.ROLLED_BACK,
            Step.ROLLBACK_FAILED,
            Step.UNKNOWN,
        }
    ),
    Step.ROLLING_BACK: frozenset({Step.ROLLED_BACK, Step.ROLLBACK_FAILED, Step.UNKNOWN, Step.LOST}),
    # The process may die between its last step and the outcome: then it is looked at again.
    Step.SAVED: frozenset({Step.LOST}),
    Step.ROLLED_BACK: frozenset({Step.LOST}),
    Step.ROLLBACK_FAILED: frozenset(),
    Step.UNKNOWN: frozenset(),
}

_BEFORE_SENDING: Final = frozenset({None, Step.LEASED, Step.REREAD, Step.GUARDED, Step.EVIDENCED})


def check(before: Step | None, after: Step) -> None:
    """Raise ValueError, a fault of ours, where this step may not follow that one."""
    if after not in NEXT[before]:
        raise ValueError(f"a push at {before!s} may not go to {after!s}")


def may_have_sent(step: Step | None) -> bool:
    """Return whether a configuration line may have left the machine when this was the last step."""
    return step not in _BEFORE_SENDING
