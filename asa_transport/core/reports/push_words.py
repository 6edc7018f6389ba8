"""Say a push in words: the counts in a line, and what a person has to do about a device.

Pure.  The words hold text of devices as it is; who shows them makes it inert.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from asa_transport.core.documents.push import OUTCOMES
from asa_transport.model import Applied, RollbackFailed, Unknown, Verified
from asa_transport.model.push import AnyOutcome, verified


def push_summary(outcomes: Iterable[AnyOutcome], stopped_by: str | None, *, what: str = "push") -> str:
    """Return the counts, and what stopped the push, in one line."""
    found = tuple(outcomes)
    counts = Counter(one.word for one in found)
    weak = sum(verified(one) is Verified.CONFIG for one in found)
    unsaved = sum(isinstance(one, Applied) and not one.saved for one in found)
    notes = [f"{weak} by config only"] * bool(weak) + [f"{unsaved} not saved"] * bool(unsaved)
    parts = [
        f"{counts[one]} {one}" + (f" ({', '.join(notes)})" if one == "applied" and notes else "")
        for one in OUTCOMES
        if counts[one]
    ]
    text = f"{what}: {', '.join(parts) or 'the plan has no device'}"
    return text if stopped_by is None else f"{text}; stopped: {stopped_by}"


def what_to_do(outcome: AnyOutcome, run: str) -> str | None:
    """Return what a person has to do about the device; `None` where it is as before or as it should be."""
    match outcome:
        case Unknown():
            return (
                f"run 'asa-transport resume {run}', which reads the device first; if that fails, log in and "
                "read 'show running-config license'. Do not reload it"
            )
        case RollbackFailed():
            return (
                "log in, compare 'show running-config license' with the plan, and restore the configuration "
                "by hand; nothing was saved. Do not reload it"
            )
        case Applied(saved=False):
            return "the change is in force only until the next reload: log in, check, and send 'write memory'"
        case _:
            return None
