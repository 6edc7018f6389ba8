"""What the program assumes of the ASA without proof, and what one firewall's answers say of it.

Pure.  An assumption is a row of `asa/assumptions.yaml`; a check is that row tried on one firewall.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from asa_transport.model.evidence import Evidence
from asa_transport.model.fields import LEFT_OUT, NOT_EMPTY, says


class Confidence(enum.StrEnum):
    """How well a thing is known that is assumed."""

    MEDIUM = "medium"
    """Seen once in material that is not Cisco's, or it follows safely from recorded outputs."""
    LOW = "low"
    """The sources contradict each other, or say it of another product."""
    UNPROVEN = "unproven"
    """Told by operators, without a public source."""


class Effect(enum.StrEnum):
    """What it does to audits and pushes of a release that an assumption was seen to differ on it."""

    PREDICTS = "predicts"
    """What a change would look like there is predicted by it."""
    REFUSES = "refuses"
    """What rests on it counts as not known there, so that more is refused."""
    INFORMS = "informs"
    """Nothing: the code takes both readings, or nothing can be done by itself."""


class CheckVerdict(enum.StrEnum):
    """What a firewall's answers say of an assumption."""

    HOLDS = "holds"
    DIFFERS = "differs"
    NOT_APPLICABLE = "not-applicable"
    """It is about something that this firewall does not have."""
    UNKNOWN = "unknown"
    """The answers do not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One row.

    Attributes:
        statement: What is assumed, as a sentence.
        otherwise: The other reading, as a sentence.
        source: Where it comes from.
        shown_by: The commands whose answers show it, most telling first; empty where no command that an
            audit may send does.
        used_by: For each kind of dependent (parser, rule, guard, prediction, message) what rests on it:
            dotted names below `asa_transport`, ids of rules, names of templates.
        consequence: What follows where it differs.
    """

    id: str
    statement: str
    otherwise: str
    source: str
    confidence: Confidence
    shown_by: tuple[str, ...]
    used_by: Mapping[str, tuple[str, ...]]
    consequence: str
    effect: Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A firewall on which every assumption was tried; `None` is what it did not say."""

    name: str
    host: str
    version: str | None
    model: str | None
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """Where a release is not as assumed, and on which firewall that was seen.

    Attributes:
        id: The assumption's row.
        value: As `Check.value`.
        by: Who ran `doctor`: login name and machine.
    """

    release: str = field(metadata=NOT_EMPTY)
    id: str = field(metadata=NOT_EMPTY)
    value: str = field(metadata=NOT_EMPTY)
    device: str = field(metadata=NOT_EMPTY)
    seen: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """An assumption, tried on one firewall.

    Attributes:
        seen: What the answers say, in words.
        evidence: The device's own lines.
        consequence: What follows from a difference; `None` where there is none.
        value: What was seen in place of what is assumed, for the program to act by; `None` where it cannot.
    """

    id: str = field(metadata=says("The assumption's row, as `asa-transport doctor --list` names it."))
    assumption: str = field(metadata=NOT_EMPTY)
    source: str = field(metadata=NOT_EMPTY)
    verdict: CheckVerdict
    seen: str = field(metadata=says("What the answers say.", minLength=1))
    evidence: tuple[Evidence, ...] = field(metadata=says("The lines of the device that show it."))
    consequence: str | None = field(
        metadata=says("What follows for this release where it differs; null: nothing differs.")
    )
    effect: Effect = field(metadata=says("What a difference does to later audits and pushes of the release."))
    value: str | None = field(default=None, metadata=LEFT_OUT)
