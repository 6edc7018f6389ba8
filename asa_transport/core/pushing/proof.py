"""Prove a change by licence contact: one that came after the change, over what the change is for.

Pure.  Compared by the device's own clock, because its contact times are by that clock too.
Three things make a proof, and all are read: the contact succeeded after our own request; the
answer that tells it names the intended transport and, where it tells one, the intended proxy;
and it cannot have been under way before the lines.

Source: docs/push.md, "One device, step by step"; ntc-templates (shapes of the last contact);
Cisco bug CSCwr56980 (inferred: the answer may deny a proxy that is set).
"""

from __future__ import annotations

import enum
from datetime import datetime

from asa_transport.asa.license_block import state_of
from asa_transport.model import (
    Baseline,
    ContactRequest,
    ContactResult,
    DeviceFacts,
    LastContact,
    TransportFacts,
    Undertaking,
)


class Proof(enum.Enum):
    """What a contact proves."""

    NONE = enum.auto()
    EARLY = enum.auto()  # it succeeded, and may have been under way before the lines
    GIVEN = enum.auto()


def baseline(facts: DeviceFacts) -> Baseline:
    """Return how the device stood immediately before the first line."""
    clock = facts.clock
    return Baseline(
        clock_at=clock.at if clock is not None else None,
        contact_at=facts.authorization.last_contact.at,
    )


def weighed(contact: LastContact, request: ContactRequest) -> Proof:
    """Return what this contact proves of a change that a contact was asked for.

    It must be another one than the last before the request, and not older than the device's
    clock was then, where either is known, and one must be; the clock has parts of a second, contact
    times have not.  The first that succeeds is early, however late it comes: a contact that was under
    way before the lines may take long, and somebody may set the clock.  The second one set out after
    the first had ended, and so after the lines.
    """
    if contact.result is not ContactResult.SUCCEEDED or contact.at is None:
        return Proof.NONE
    asked_at = _whole(request.asked_at)
    if request.contact_at is None and asked_at is None:
        return Proof.NONE  # newer than what?
    is_news = request.contact_at is None or contact.at > request.contact_at
    is_since = asked_at is None or contact.at >= asked_at
    if not (is_news and is_since):
        return Proof.NONE
    return Proof.GIVEN if request.is_second else Proof.EARLY


def is_over_intended(answer: TransportFacts, undertaking: Undertaking) -> bool:
    """Return whether the answer that tells a contact contradicts neither the intended type nor the proxy.

    What it does not tell, or denies (`Not Supported`), is for the block that is read beside it.

    Args:
        answer: Of that one answer alone.
    """
    wanted = state_of(undertaking.predicted, undertaking.default_type)
    is_type = answer.type is None or answer.type is wanted.type
    return is_type and (answer.proxy is None or answer.proxy == wanted.proxy)


def is_told_apart(clock_at: datetime | None, contact_at: datetime | None) -> bool:
    """Return whether a contact from now on has another time, in whole seconds, than the last one."""
    now = _whole(clock_at)
    return now is None or contact_at is None or now > contact_at


def shown(contact: LastContact) -> str:
    """Return the last contact in a few words, for the reason of a rollback."""
    if contact.result is None:
        return "the device names no contact"
    when = f" on {contact.at:%Y-%m-%d %H:%M:%S} UTC" if contact.at is not None else ""
    why = f": {contact.reason}" if contact.reason else ""
    return f"the last contact {contact.result.value}{when}{why}"


def _whole(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(microsecond=0)
