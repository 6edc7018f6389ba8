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

    It must be another one than the last before the push, and not older than the device's
    clock was then, where either is known, and one must be; the clock has parts of a second, contact times
    have not.  Both are read immediately before the first line.
    """
    if contact.result is not ContactResult.SUCCEEDED or contact.at is None:
        return False
    if since.contact_at is None and since.clock_at is None:
        return False  # newer than what?
    is_news = since.contact_at is None or contact.at > since.contact_at
    is_since = since.clock_at is None or contact.at >= since.clock_at.replace(microsecond=0)
    return is_news and is_since


def shown(contact: LastContact) -> str:
    """Return the last contact in a few words, for the reason of a rollback."""
    if contact.result is None:
        return "the device names no contact"
    when = f" on {contact.at:%Y-%m-%d %H:%M:%S} UTC" if contact.at is not None else ""
    why = f": {contact.reason}" if contact.reason else ""
    return f"the last contact {contact.result.value}{when}{why}"
