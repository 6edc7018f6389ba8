"""What a plan is for; in a file of its own, because the command line declares an option with it."""

from __future__ import annotations

import enum


class Goal(enum.StrEnum):
    """What a plan is for: the inventory's expectation, the way back to smart, or a temporary revert."""

    EXPECTED = "expected"
    SMART = "smart"
    CALLHOME = "callhome"
