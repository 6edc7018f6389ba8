"""Tell somebody else's unsaved changes, which our own `write memory` would make permanent.

Pure.  The device's own two witnesses are asked (`core/parsing/facts_saved.py`).  What nobody can
tell is said, and does not refuse: not every release shows it; two witnesses that contradict each
other do refuse.

Source: recorded outputs (the comparison is inferred, `show checksum` unproven, `checksum-of-running`).
"""

from __future__ import annotations

from typing import Final

from asa_transport.model import DeviceFacts, Unsaved, UnsavedState
from asa_transport.text import printable

UNKNOWN: Final = "it is not known whether somebody else has unsaved changes; saving would make them permanent"


def refusal(facts: DeviceFacts, policy: Unsaved) -> str | None:
    """Return why nothing may be sent, by what was read; `None` where nothing says so."""
    told = _unsaved(facts)
    if told is None or policy is Unsaved.INCLUDE:
        return None
    return f"{told}: the push would save this too; ask its owner to save or undo it first (policy: unsaved)"


def warning(facts: DeviceFacts) -> str | None:
    """Return what a person must read beside the outcome of a push that saves all the same."""
    told = _unsaved(facts)
    if told is not None:
        return f"{told}: this was included (policy: unsaved)"
    return None if facts.unsaved.state is UnsavedState.NONE else UNKNOWN


def _unsaved(facts: DeviceFacts) -> str | None:
    """Return who has changed what and not saved it; also where the witnesses contradict each other."""
    unsaved = facts.unsaved
    who = f"last by {printable(unsaved.by or 'somebody')} at {printable(unsaved.at or 'no known time')}"
    if unsaved.state is UnsavedState.SOME:
        return f"the running configuration has changes that nobody has saved ({who})"
    has_both = {"unsaved.written", "unsaved.checksum"} <= facts.sources.keys()
    if unsaved.state is None and has_both:
        return (
            "the times and the checksums contradict each other: it is not known whether everything is "
            f"saved ({who})"
        )
    return None
