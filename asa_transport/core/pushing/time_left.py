"""Say whether a device answers fast enough to be changed, and taken back, in the time that is left.

Pure.  Measured by the answers that this push has just had; what cannot be finished is not begun.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

# Answers that a change needs until it is saved, the wait for contact not counted, and that going back
# needs: a new session, a whole reading, the lines, and two looks.
_FORWARD: Final = 25
_BACK: Final = 35


def too_slow(durations_s: Sequence[float], *, left_s: float, kept_s: float) -> str | None:
    """Return why there is no time to begin; `None` where there is.

    Args:
        durations_s: How long the answers took that were had just now.
        left_s: For going on, without what is kept for going back.
        kept_s: For going back.
    """
    if not durations_s:
        return None
    mean_s = sum(durations_s) / len(durations_s)
    if left_s >= _FORWARD * mean_s and kept_s >= _BACK * mean_s:
        return None
    return (
        f"the device answers too slowly for a change and a rollback within its time limit (an answer takes "
        f"{mean_s:.1f} s, {left_s:.0f} s are left and {kept_s:.0f} s are kept for the rollback); nothing "
        "was sent; allow more time with --device-timeout"
    )
