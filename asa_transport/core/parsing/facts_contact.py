"""Read the last contact with the licence authority, and the dates of the licensing outputs.

Pure.  A contact may happen between two commands of one audit: the newer one counts then,
and is no contradiction.  Where two outputs give one contact different results, both
lines are doubted.

Source: ntc-templates (`SUCCESS` is agent 1.6, `SUCCEEDED` agent 4.x); Cisco TAC document 225967
(DEADLINE EXCEEDED).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asa_transport.asa.license_words import CONTACT, DEADLINE_EXCEEDED, NO_DATE
from asa_transport.core.parsing.reading import Notes
from asa_transport.core.parsing.walk import Cell, Table
from asa_transport.core.parsing.when import Zones, parse_date
from asa_transport.model import AuthorizationFacts, Block, ContactResult, LastContact

_LAST_CONTACT = "authorization.last_contact"
_LAST_RENEWAL = "registration.last_renewal"
_NEXT_CONTACT = "authorization.next_contact_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contact:
    """The contact lines of one output."""

    facts: AuthorizationFacts
    cell: Cell | None
    deadline: Cell | None


def contact_facts(tables: Sequence[Table], zones: Zones, notes: Notes) -> AuthorizationFacts:
    """Return the last contact and the deadline of the newest output; the state stays `None`."""
    contact = _newest([_contact(table, zones, notes) for table in tables], notes)
    if contact.cell is not None and contact.facts.last_contact.result is not None:
        notes.prove("authorization.last_contact", contact.cell)
    has_deadline = contact.facts.deadline_at is not None or contact.facts.deadline_exceeded
    if contact.deadline is not None and has_deadline:
        notes.prove("authorization.deadline_at", contact.deadline)
    return contact.facts


def dated(
    notes: Notes, name: str, found: Sequence[Cell], zones: Zones
) -> tuple[datetime | None, Cell | None]:
    """Return the date of the first cell that has one, with the cell; another date later is a doubt."""
    chosen: datetime | None = None
    first: Cell | None = None
    block = _block(name)
    for cell in found:
        text = cell.value.strip()
        if text in NO_DATE:
            continue
        at = _moment(cell, text, name, zones, notes)
        if first is None:
            first, chosen = cell, at
        elif at is not None and chosen is not None and at != chosen:
            notes.doubt(cell, block, name, "two outputs give different dates")
    return chosen, first


def _moment(cell: Cell, text: str, name: str, zones: Zones, notes: Notes) -> datetime | None:
    block = _block(name)
    moment = parse_date(text, zones)
    if moment is None:
        notes.doubt(cell, block, name, f"{text!r:.80} is not a date")
        return None
    if moment.at is None:
        # A name for two offsets is the configuration's doing: the date is open, and no more.
        part = Block.OTHER if zones.is_double(moment.zone) else block
        notes.doubt(cell, part, name, f"the offset of time zone {moment.zone!r} is not known")
    return moment.at


def _block(name: str) -> Block:
    if name in (_LAST_RENEWAL, _NEXT_CONTACT):
        # Told where understood; no verdict rests on them.
        return Block.OTHER
    return Block.REGISTRATION if name.startswith("registration") else Block.AUTHORIZATION


def _contact(table: Table, zones: Zones, notes: Notes) -> _Contact:
    """Return what one output says of its last contact and its deadline."""
    last, first = LastContact(), None
    for cell in table.every("LAST_COMMUNICATION"):
        found = _attempt(cell, table.every("COMMUNICATION_FAILURE"), _LAST_CONTACT, zones, notes)
        if first is None:
            last, first = found, cell
        elif found != last:
            notes.doubt(cell, Block.AUTHORIZATION, "authorization.last_contact", "printed twice, differently")
    deadlines = table.every("COMMUNICATION_DEADLINE")
    exceeded = bool(deadlines) and deadlines[0].value.strip() == DEADLINE_EXCEEDED
    others = [cell for cell in deadlines if cell.value.strip() != DEADLINE_EXCEEDED]
    if exceeded and others:
        notes.doubt(others[0], Block.AUTHORIZATION, "authorization.deadline_at", "printed twice, differently")
    at = None if exceeded else dated(notes, "authorization.deadline_at", others, zones)[0]
    return _Contact(
        facts=AuthorizationFacts(
            last_contact=last,
            next_contact_at=_next_contact(table, zones, notes),
            deadline_at=at,
            deadline_exceeded=exceeded,
        ),
        cell=first,
        deadline=deadlines[0] if deadlines else None,
    )


def renewal_facts(tables: Sequence[Table], zones: Zones, notes: Notes) -> LastContact:
    """Return the last attempt to renew the registration, by the first output that shows one."""
    for table in tables:
        cell = table.first("LAST_RENEWAL")
        if cell is not None:
            renewal = _attempt(cell, table.every("REGISTRATION_FAILURE"), _LAST_RENEWAL, zones, notes)
            if renewal.result is not None:
                notes.prove(_LAST_RENEWAL, cell)
            return renewal
    return LastContact()


def _attempt(cell: Cell, reasons: Sequence[Cell], name: str, zones: Zones, notes: Notes) -> LastContact:
    text = cell.value.strip()
    if text in NO_DATE:
        return LastContact()
    words, on, when = text.partition(" on ")
    result = CONTACT.get(words)
    if result is None:
        notes.doubt(cell, _block(name), name, f"the value {text!r:.80} is not known")
        return LastContact()
    at = _moment(cell, when, name, zones, notes) if on else None
    why = None
    if result is ContactResult.FAILED:
        # The reason stands below the attempt that it explains.
        below = (c for c in reasons if c.evidence.line >= cell.evidence.line)
        reason_cell = next(below, None)
        why = (reason_cell.value.strip() or None) if reason_cell else None
    return LastContact(result=result, at=at, reason=why)


def _next_contact(table: Table, zones: Zones, notes: Notes) -> datetime | None:
    at, cell = dated(notes, _NEXT_CONTACT, table.every("NEXT_COMMUNICATION"), zones)
    if at is not None and cell is not None:
        notes.prove(_NEXT_CONTACT, cell)
    return at


def _gist(contact: _Contact) -> tuple[object, ...]:
    """Return what two outputs must agree on; the wording of a reason may differ."""
    facts = contact.facts
    return (facts.last_contact.result, facts.last_contact.at, facts.deadline_at, facts.deadline_exceeded)


def _newest(contacts: Sequence[_Contact], notes: Notes) -> _Contact:
    """Return the newest contact: one may happen between two commands, and is no contradiction."""
    empty = _Contact(facts=AuthorizationFacts(), cell=None, deadline=None)
    stated = [contact for contact in contacts if contact.cell is not None]
    if not stated:
        return next((contact for contact in contacts if contact.deadline is not None), empty)
    best = stated[0]
    for other in stated[1:]:
        before, after = best.facts.last_contact, other.facts.last_contact
        if before.at is not None and after.at is not None and before.at != after.at:
            best = other if after.at > before.at else best
        elif other.cell is not None and _gist(best) != _gist(other):
            notes.doubt(
                other.cell,
                Block.AUTHORIZATION,
                "authorization.last_contact",
                "two outputs give one contact different results or deadlines",
            )
    return best
