"""The rules about what was not brought to its end: AT601 (a push), AT602 (a reload brings another block).

Pure.

Source: as each rule names them; `asa/sources.py` has the documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from asa_transport.asa.sources import NTC_VERSION, OXIDIZED, inferred, not_proven, observed, own_rule
from asa_transport.core.judgement.cases.case import Hit, is_user_context, proof, values_of
from asa_transport.core.judgement.cases.unsettled import OPEN_WORDS, standing_of, stands_as, unproven
from asa_transport.core.judgement.rules.rule import Rule
from asa_transport.core.parsing.startup_block import difference
from asa_transport.model import Severity, StartupLicense, UnsavedState

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import Case


def at601(case: Case) -> Hit | None:
    """A push left this device unproven or unsaved, and nothing has settled it."""
    left, facts = case.unsettled, case.facts
    if left is None:
        return None
    where, still = standing_of(left, facts), unproven(left, facts)
    open_ = "; ".join(OPEN_WORDS[one] for one in still)
    end = "was cut" if left.outcome is None else f"ended as {left.outcome!r}"
    return Hit(
        severity=Severity.CRITICAL,
        detail=f"the push {left.run} {end} at the step {left.step.value!r} on {left.at:%Y-%m-%d %H:%M} UTC; "
        f"{stands_as(left, facts)}; {open_}",
        values=values_of(
            run=left.run,
            step=left.step.value,
            outcome=left.outcome,
            standing=where and where.value,
            open=tuple(one.value for one in still),
        ),
        remedy=f"run 'asa-transport resume {left.run}': it reads the device first, then finishes, rolls "
        "back or says unknown. Do not reload before that, and start no other push",
        evidence=proof(facts, "transport.type", "authorization.last_contact", "startup_license", "unsaved"),
    )


AT601: Final = Rule(
    id="AT601",
    title="A push left the device unproven or unsaved",
    severity="critical",
    meaning="A push was killed on this device, ended with its state unknown, or could not save. The finding "
    "stays until 'resume' or a later reading of the device settles it. Such a reading shows the same "
    "licence block in the running and the startup configuration, and a contact that succeeded since "
    "then. The finding cannot be waived.",
    remedy="run 'asa-transport resume RUN': it reads the device first, then finishes, rolls back or says "
    "unknown. Do not reload before that, and start no other push",
    evidence="the transport, the last contact, the startup configuration; the journal of the run",
    sources=(own_rule("what a push left open is settled by its journal ('resume') or by a later reading"),),
    check=at601,
)


def at602(case: Case) -> Hit | None:
    """The licence block that a reload would bring differs from the running one."""
    facts = case.facts
    if facts.startup_license is not StartupLicense.DIFFERS or is_user_context(facts):
        return None
    lost, brought = difference(facts)
    parts = [f"{verb} {_quoted(lines)}" for verb, lines in (("lose", lost), ("bring", brought)) if lines]
    last = ""
    if facts.unsaved.state is UnsavedState.SOME:
        last = _last_change(facts.unsaved.by, facts.unsaved.at)
    return Hit(
        severity=Severity.MEDIUM,
        detail=f"a reload would {' and '.join(parts)}{last}",
        values=values_of(
            lose=lost, bring=brought, by=facts.unsaved.by, at=facts.unsaved.at if last else None
        ),
        evidence=proof(facts, "startup_license", "unsaved"),
    )


AT602: Final = Rule(
    id="AT602",
    title="A reload would bring another licence block",
    severity="medium",
    meaning="The 'license smart' block of the startup configuration differs from the running one: the "
    "running change was never saved, or a different one was saved.",
    remedy="find out who changed it and which block is right. If the running block is right, enter 'write "
    "memory' on the active unit; this saves the unsaved changes of everybody, so check them first. Do "
    "not reload before that. After a push that could not save, run 'asa-transport resume'",
    evidence="the line of the startup configuration that is missing in the running one, and the last line of "
    "'show version'",
    sources=(
        OXIDIZED,
        NTC_VERSION,
        observed("': Written by NAME at TIME' at the head of 'show startup-config', its release not said"),
        inferred("a block that is missing in the startup configuration is lost at a reload"),
        not_proven(
            "whether '| include' keeps the lines that begin with a colon: both ways are taken",
            row="filter-keeps-colon",
        ),
    ),
    check=at602,
)


def _last_change(by: str | None, at: str | None) -> str:
    """Say who changed the configuration, as far as the device said so; a checksum tells neither."""
    if by is None and at is None:
        return "; the configuration has unsaved changes"
    return f"; the configuration was last changed{f' by {by!r:.80}' if by else ''}{f' at {at}' if at else ''}"


def _quoted(lines: Sequence[str]) -> str:
    return ", ".join(f"{line.strip()!r:.200}" for line in lines)


RULES: Final = (AT601, AT602)
