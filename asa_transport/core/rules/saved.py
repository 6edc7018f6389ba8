"""The rules about what was not brought to its end: AT602 (a reload brings another licence block).

Pure.

Source: CONTRACT §9.2; DOMAIN §10.6 (the reading of the startup configuration).
"""

from __future__ import annotations

from collections.abc import Sequence

from asa_transport.core.case import Case, Hit, is_user_context, proof
from asa_transport.core.outputs.facts_saved import difference
from asa_transport.model import Severity, StartupLicense, UnsavedState


def at602(case: Case) -> Hit | None:
    """The licence block that a reload would bring differs from the running one."""
    facts = case.facts
    if facts.startup_license is not StartupLicense.DIFFERS or is_user_context(facts):
        return None
    lost, brought = difference(facts)
    parts = [f"{verb} {_quoted(lines)}" for verb, lines in (("lose", lost), ("bring", brought)) if lines]
    last = ""
    if facts.unsaved.state is UnsavedState.SOME:
        last = f"; the configuration was last changed by {facts.unsaved.by!r:.80} at {facts.unsaved.at}"
    return Hit(
        severity=Severity.MEDIUM,
        detail=f"a reload would {' and '.join(parts)}{last}",
        evidence=proof(facts, "startup_license", "unsaved"),
    )


def _quoted(lines: Sequence[str]) -> str:
    return ", ".join(f"{line.strip()!r:.200}" for line in lines)
