"""What was learnt of the releases in a report, as the rows of a section.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from asa_transport.asa.version import Version, try_parse
from asa_transport.model import Learnt
from asa_transport.text import instant, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class LearntRow:
    """One difference of one release, and on which firewall it was seen when."""

    release: str
    id: str
    seen: str
    device: str
    at: str


def rows(found: Iterable[Learnt]) -> tuple[LearntRow, ...]:
    """Return the differences, each once, the oldest release first."""
    once = sorted(set(found), key=lambda entry: (_age(entry.release), entry.id))
    return tuple(
        LearntRow(
            release=visible(entry.release),
            id=visible(entry.id),
            seen=visible(entry.seen),
            device=visible(entry.device),
            at=instant(entry.at),
        )
        for entry in once
    )


def _age(release: str) -> Version:
    return try_parse(release) or Version(major=0, minor=0)
