"""Turn a device's outcome into the columns that are searched and counted, and its record."""

from __future__ import annotations

from typing import Any, Final, assert_never

from asa_transport.edges.state.store import codec
from asa_transport.model import Audited, AuditOutcome, NotAudited

AUDITED: Final = "audited"
NOT_AUDITED: Final = "not-audited"
# In a run that is under way, or was killed: nobody has come to it yet.
UNFINISHED: Final = "unfinished"
# Shorter than any column: what a device prints as its version may be anything.
_LONGEST: Final = 80


def columns(outcome: AuditOutcome) -> dict[str, Any]:
    """Return the columns of one device, without the run's key; those not known are `None`."""
    found: dict[str, Any] = dict.fromkeys(
        ("verdict", "version", "model", "transport", "deadline_at", "contact", "severity")
    )
    found |= {"name": outcome.device.name, "record": codec.write_outcome(outcome)}
    match outcome:
        case NotAudited():
            return found | {"outcome": NOT_AUDITED}
        case Audited():
            facts = outcome.facts
            contact, kind = facts.authorization.last_contact.result, facts.transport.type
            worst = max((one.severity for one in outcome.findings), key=lambda one: one.rank, default=None)
            return found | {
                "outcome": AUDITED,
                "verdict": None if outcome.decision is None else outcome.decision.verdict.value,
                "version": text(facts.version),
                "model": text(facts.model),
                "transport": None if kind is None else kind.value,
                "deadline_at": facts.authorization.deadline_at,
                "contact": None if contact is None else contact.value,
                "severity": None if worst is None else worst.value,
            }
        case _:
            assert_never(outcome)


def text(said: str | None, longest: int = _LONGEST) -> str | None:
    """Return a text that any database takes: printable, and not long."""
    if said is None:
        return None
    return "".join(c if c.isprintable() else "?" for c in said[:longest])
