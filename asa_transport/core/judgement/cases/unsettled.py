"""Say whether a reading settles a firewall that a push left unproven or unsaved.

Pure.  It settles it where it shows, at once:

* the running block, and it is none that only some of the push's lines would leave behind;
* the same block in the startup configuration;
* a contact that succeeded after the push's last word, by the device's own clock, and, where what
  runs is not what the push intended, also after the last change of the configuration: an
  earlier one may have gone over another transport.

What cannot be read settles nothing.  A firewall is known by its serial number, and by its
inventory name only where one of the two serial numbers is not known.

Source: docs/push.md, "Nothing is forgotten".
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from asa_transport.core.judgement.cases.standing import standing
from asa_transport.model import (
    ContactResult,
    Standing,
    StartupLicense,
)

if TYPE_CHECKING:
    from asa_transport.model import (
        DeviceFacts,
        Unsettled,
    )

# A contact that lands so soon after the last word may have been in flight before it; the device's
# clock is known to a second, and was read a moment before it was noted.
_IN_FLIGHT: Final = timedelta(seconds=10)


class OpenQuestion(enum.StrEnum):
    """What a reading does not show of what would settle a push."""

    RUNNING_UNREAD = "running-unread"
    RUNNING_BETWEEN = "running-between"
    STARTUP_DIFFERS = "startup-differs"
    STARTUP_UNKNOWN = "startup-unknown"
    CONTACT_UNPROVEN = "contact-unproven"


OPEN_WORDS: Final[Mapping[OpenQuestion, str]] = {
    OpenQuestion.RUNNING_UNREAD: "the running licence block was not read",
    OpenQuestion.RUNNING_BETWEEN: "the running licence block has only some of the push's lines",
    OpenQuestion.STARTUP_DIFFERS: "a reload would bring another licence block",
    OpenQuestion.STARTUP_UNKNOWN: "whether a reload would bring the same licence block is not known",
    OpenQuestion.CONTACT_UNPROVEN: "no licence contact is proven since then",
}


def unsettled_there(
    entries: Iterable[Unsettled], name: str, facts: DeviceFacts | None
) -> tuple[Unsettled, ...]:
    """Return what concerns this firewall and is not settled by this reading of it, the newest last.

    Args:
        name: In the inventory.
        facts: `None` where it was not read.
    """
    own = [entry for entry in entries if is_about(entry, name, facts)]
    still = [entry for entry in own if facts is None or unproven(entry, facts)]
    return tuple(sorted(still, key=lambda entry: entry.at))


def is_about(entry: Unsettled, name: str, facts: DeviceFacts | None) -> bool:
    """Return whether this is the firewall that the push left."""
    if facts is not None and facts.serial is not None and entry.serial is not None:
        return facts.serial == entry.serial
    return entry.device == name


def unproven(entry: Unsettled, facts: DeviceFacts) -> tuple[OpenQuestion, ...]:
    """Return what this reading does not show of what would settle it; empty where it settles it."""
    where = None if entry.undertaking is None else standing(facts.license_block, entry.undertaking)
    parts = []
    if facts.license_block is None:
        parts.append(OpenQuestion.RUNNING_UNREAD)
    elif where is Standing.BETWEEN:
        parts.append(OpenQuestion.RUNNING_BETWEEN)
    match facts.startup_license:
        case StartupLicense.SAME:
            pass
        case StartupLicense.DIFFERS:
            parts.append(OpenQuestion.STARTUP_DIFFERS)
        case None:
            parts.append(OpenQuestion.STARTUP_UNKNOWN)
    if not _is_contact_proven(entry, facts, is_intended=where is Standing.INTENDED):
        parts.append(OpenQuestion.CONTACT_UNPROVEN)
    return tuple(parts)


def standing_of(entry: Unsettled, facts: DeviceFacts) -> Standing | None:
    """Return where what runs now stands, seen from the push; `None` where either is not known."""
    if entry.undertaking is None or facts.license_block is None:
        return None
    return standing(facts.license_block, entry.undertaking)


def stands_as(entry: Unsettled, facts: DeviceFacts) -> str:
    """Return what runs now, seen from the push, for a person."""
    match standing_of(entry, facts):
        case None:
            return "the running licence block must be checked"
        case Standing.INTENDED:
            return "the running licence block is as the push intended"
        case Standing.BEFORE:
            return "the running licence block is as before the push"
        case Standing.BETWEEN:
            return "the running licence block has some of the push's lines"
        case Standing.FOREIGN:
            return "the running licence block is neither as before the push nor as intended"


def _is_contact_proven(entry: Unsettled, facts: DeviceFacts, *, is_intended: bool) -> bool:
    last = facts.authorization.last_contact
    if last.result is not ContactResult.SUCCEEDED or last.at is None or facts.transport.type is None:
        return False
    return _is_after(last.at, entry.device_at) and (
        is_intended or _is_after(last.at, facts.unsaved.modified_at)
    )


def _is_after(at: datetime, other: datetime | None) -> bool:
    return other is not None and at > other + _IN_FLIGHT
