"""Prove a change by licence contact: one that succeeded, and is newer than the push.

Pure.  Compared by the device's own clock, because its contact times are by that clock too.

Source: DESIGN, "The push, step by step", 7; DOMAIN §3.5 (shapes of the last contact).
"""

from __future__ import annotations

from asa_transport.model import Baseline, ContactResult, DeviceFacts, LastContact


def baseline(facts: DeviceFacts) -> Baseline:
    """Return what later contacts are compared with."""
    clock = facts.clock
    return Baseline(
        clock_at=clock.at if clock is not None else None,
        contact_at=facts.authorization.last_contact.at,
    )


def is_proven(contact: LastContact, since: Baseline) -> bool:
    """Return whether this contact proves that the licence authority was reached after the push began.

    Without a device clock, it must be newer than the contact before the push; without
    either, any contact with a time is news, because there was none.
    """
    if contact.result is not ContactResult.SUCCEEDED or contact.at is None:
        return False
    marks = [mark for mark in (since.clock_at, since.contact_at) if mark is not None]
    # Contact times have whole seconds, the clock has parts of them: one in the very second of
    # the push is not counted, and the renewal that follows gives another.
    return all(contact.at > mark for mark in marks)


def shown(contact: LastContact) -> str:
    """Return the last contact in a few words, for the reason of a rollback."""
    if contact.result is None:
        return "the device names no contact"
    when = f" on {contact.at:%Y-%m-%d %H:%M:%S} UTC" if contact.at is not None else ""
    why = f": {contact.reason}" if contact.reason else ""
    return f"the last contact {contact.result.value}{when}{why}"
