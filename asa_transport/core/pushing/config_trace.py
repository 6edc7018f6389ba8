"""Tell from the trace of our own lines whether somebody else has changed the configuration since.

Pure.  Before the first line a device's unsaved changes are asked for (`core/judgement/unsaved.py`).
From then on our own lines are a change too: the trace that they left, the last change and the
checksum right after them, is what must still be there before anything is saved.

What a colleague types between our first line and our last one, some seconds, leaves no trace of
its own: then ours is the last change.

Source: recorded outputs (the comparison is inferred, `show checksum` unproven, `checksum-of-running`).
"""

from __future__ import annotations

import re
from typing import Final

from asa_transport.core.parsing.facts_saved import parse_stamp
from asa_transport.core.parsing.when import Zones
from asa_transport.model import ConfigTrace
from asa_transport.text import printable

_MODIFIED: Final = re.compile(r"^Configuration last modified by (\S.{0,300}?)[ \t\r]*$", re.MULTILINE)
_UNMODIFIED: Final = re.compile(r"^Configuration has not been modified since", re.MULTILINE)
_CHECKSUM: Final = re.compile(r"^Cryptochecksum: ?((?:[0-9a-fA-F]{8} ?){4})[ \t\r]*$", re.MULTILINE)
# Whom a firewall names that was not told who is at the terminal (observed, its release not said).
_ENABLED: Final = re.compile(r"enable_[0-9]{1,2}")


def trace_of(version: str, checksum: str) -> ConfigTrace:
    """Return the trace in these answers of `show version`, or the part that tells it, and `show checksum`."""
    modified, digits = _MODIFIED.search(version), _CHECKSUM.search(checksum)
    told = modified[1] if modified else "" if _UNMODIFIED.search(version) else None
    return ConfigTrace(modified=told, checksum="".join(digits[1].split()).lower() if digits else None)


def is_moved(then: ConfigTrace, now: ConfigTrace) -> bool:
    """Return whether the configuration has changed between two traces, by what both tell."""
    pairs = ((then.modified, now.modified), (then.checksum, now.checksum))
    return any(was != is_ for was, is_ in pairs if None not in (was, is_))


def others_change(ours: ConfigTrace, now: ConfigTrace, username: str) -> str | None:
    """Return what somebody else has changed since our last line; `None` where nothing tells of it.

    Args:
        ours: Right after our last line.
        now: Right before saving; after a restart there is nothing unsaved.
        username: Ours, as the device knows it.
    """
    last = _author(ours.modified)
    if last is not None and last != username and not _ENABLED.fullmatch(last):
        return f"{printable(last)!r} changed the configuration while the lines were sent ({_shown(ours)})"
    if now.modified == "" or not is_moved(ours, now):
        return None
    return f"somebody else has changed the configuration since the lines, last {_shown(now)}"


def _author(modified: str | None) -> str | None:
    stamp = parse_stamp(modified or "", Zones())
    return None if stamp is None else stamp.by


def _shown(trace: ConfigTrace) -> str:
    return f"by {printable(trace.modified)}" if trace.modified else "by nobody that it names"
