"""What a change ticket says, before it is Markdown, HTML or JSON: values that all three share.

Pure.  Holds texts only, each of them masked and printable already; what several devices
share is said once, with all their names.

Source: docs/schemas/plan.json and push.json; ticket.json, which is made of it.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Final, TypeVar, cast

from asa_transport.core.documents.records import encode
from asa_transport.core.documents.records import schema as schema_of
from asa_transport.core.documents.schema_parts import Schema, of_document
from asa_transport.core.documents.stored_audit import Found, Missed, Seen
from asa_transport.core.reports.push_record import Became
from asa_transport.core.reports.ticket.mask import masked
from asa_transport.model.fields import says
from asa_transport.text import visible

T = TypeVar("T")
SCHEMA: Final = "asa-transport/ticket/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One line of the head, e.g. "valid until"."""

    what: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One sentence, and every device that it is true of."""

    text: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Devices that are held for the same reasons, all of which are here; `text` is all of them in one."""

    names: tuple[str, ...]
    reasons: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """What was read on one device before and after its push, as differences without heads.

    `is_read` is False where nothing was read after the first line; empty differences say nothing then.
    """

    name: str
    is_read: bool
    config: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """One rule in one severity, and every device where it fired."""

    rule: str
    severity: str
    title: str
    bug: str | None
    remedy: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Devices that get the same lines and have the same way back; the diff is the first one's."""

    names: tuple[str, ...]
    apply: tuple[str, ...]
    rollback: tuple[str, ...]
    diff: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All of one device: what is sent to it, what was found, and its files in the bundle."""

    name: str
    host: str
    hostname: str | None
    model: str | None
    version: str | None
    wave: int | None
    unit: str | None
    region: str | None
    groups: tuple[str, ...]
    verdict: str | None
    changes: tuple[str, ...]
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    must_answer: str | None
    apply: tuple[str, ...]
    rollback: tuple[str, ...]
    diff: str
    fingerprint: str | None
    findings: tuple[Found, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A whole ticket; only that of a push has the last three."""

    kind: str = field(metadata=says("What it is of.", enum=["plan", "audit", "push"]))
    title: str
    head: tuple[Label, ...]
    summary: tuple[str, ...]
    why: tuple[Said, ...]
    risk: tuple[Risk, ...]
    waves: tuple[tuple[str, ...], ...]
    changes: tuple[Group, ...]
    must_answer: tuple[Said, ...]
    success: tuple[str, ...]
    way_back: tuple[str, ...]
    notes: tuple[Said, ...]
    held: tuple[Held, ...]
    not_audited: tuple[Missed, ...]
    nothing_to_do: tuple[str, ...]
    devices: tuple[Card, ...]
    became: tuple[Became, ...] = ()
    after: tuple[After, ...] = ()
    left_to_do: tuple[Said, ...] = ()


def document(content: Content) -> dict[str, Any]:
    """Return the whole document."""
    return {"schema": SCHEMA, **encode(content)}


def schema() -> Schema:
    """Return the JSON Schema of the document."""
    return of_document(SCHEMA, schema_of(Content)["properties"])


def cleaned(value: T) -> T:
    """Return the value with every text in it masked and printable; line ends and enumerations stay."""
    return cast("T", _cleaned(value))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, enum.Enum):
        return visible(masked(value), keep="\n")
    if isinstance(value, tuple):
        return tuple(map(_cleaned, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _cleaned(getattr(value, field.name)) for field in fields(value)})
    return value


def together(said: Iterable[tuple[str, str]]) -> tuple[Said, ...]:
    """Group (text, device) pairs by their text, the most common first."""
    by_text: defaultdict[str, set[str]] = defaultdict(set)
    for text, name in said:
        by_text[text].add(name)
    return tuple(
        Said(text=text, names=tuple(sorted(names)))
        for text, names in sorted(by_text.items(), key=lambda item: (-len(item[1]), item[0]))
    )


def held_together(held: Iterable[tuple[str, Sequence[str]]]) -> tuple[Held, ...]:
    """Group (device, reasons) by all the reasons together, in the order of the first device of each."""
    by_reasons: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, reasons in sorted(held, key=lambda one: one[0]):
        by_reasons[tuple(reasons) or ("no reason given",)].append(name)
    return tuple(
        Held(names=tuple(names), reasons=reasons, text="; ".join(reasons))
        for reasons, names in by_reasons.items()
    )


def risks(seen: Sequence[Seen]) -> tuple[Risk, ...]:
    """Return the findings of the devices by rule and severity, the worst first."""
    found: defaultdict[tuple[int, str, str], list[tuple[str, Found]]] = defaultdict(list)
    for device in seen:
        for finding in device.findings:
            found[-finding.severity.rank, finding.rule, finding.bug or ""].append((device.name, finding))
    return tuple(_risk(rows) for _, rows in sorted(found.items(), key=lambda item: item[0]))


def _risk(rows: Sequence[tuple[str, Found]]) -> Risk:
    first = rows[0][1]
    return Risk(
        rule=first.rule,
        severity=first.severity.value,
        title=first.title,
        bug=first.bug,
        # A remedy with a device's own values in it would be another one for each of them.
        remedy=first.remedy if len({finding.remedy for _, finding in rows}) == 1 else "see each device",
        names=tuple(sorted({name for name, _ in rows})),
    )


def count(number: int, noun: str) -> str:
    """Return ``1 device``, ``38 devices``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
