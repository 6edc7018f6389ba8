"""Sort the findings of a run by rule, and say once what many of them share.

Pure.  Guarantees that every remedy stands once a rule, and that a finding names the note
in which it stands.  A long explanation that many devices share stands in that note too,
instead of at each of them; a short one, or one that few share, stays with its device.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from asa_transport.core.report.html.charts import URGENT_FIRST
from asa_transport.core.report.html.words import counted
from asa_transport.core.report.text import visible
from asa_transport.core.tickets.names import ranges
from asa_transport.model import Audited, AuditOutcome, Finding

# A detail this long, on more devices than this, is said once: it would be most of a large page.
_LONG: Final = 80
_MANY: Final = 3
_PLAIN: Final = re.compile(r"[\w.:@+~-]+", re.ASCII)
_Key: TypeAlias = tuple[str, str | None, str | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What findings of one rule share; `text` is `None` where each device has its own words."""

    anchor: str
    label: str
    bug: str | None
    text: str | None
    remedy: str
    devices: str
    names: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFindings:
    """One rule, how often it fired by severity, and its notes, the most shared first."""

    anchor: str
    rule: str
    title: str
    worst: str
    counts: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One finding of one device; `text` is `None` where its note says it."""

    severity: str
    rule: str
    title: str
    text: str | None
    note: Note
    evidence: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """All findings of a run."""

    rules: tuple[RuleFindings, ...]
    items: Callable[[Audited], tuple[Item, ...]]
    count: int
    devices: int


def index(outcomes: Sequence[AuditOutcome]) -> Index:
    """Return the findings by rule, and the way from a device to its own."""
    found = [
        (outcome.device.name, finding)
        for outcome in outcomes
        if isinstance(outcome, Audited)
        for finding in outcome.findings
    ]
    shared = _shared(finding for _, finding in found)

    def key(finding: Finding) -> _Key:
        text = finding.detail if (finding.rule, finding.detail) in shared else None
        return finding.rule, finding.bug, text, finding.remedy

    by_rule: dict[str, list[tuple[str, Finding]]] = {}
    for name, finding in found:
        by_rule.setdefault(finding.rule, []).append((name, finding))
    notes: dict[_Key, Note] = {}
    ordered = sorted(by_rule, key=_worst_first(by_rule))
    sections = tuple(_section(rule, by_rule[rule], key, notes) for rule in ordered)

    def items(outcome: Audited) -> tuple[Item, ...]:
        urgent_first = sorted(outcome.findings, key=lambda finding: -finding.severity.rank)
        return tuple(_item(finding, notes[key(finding)]) for finding in urgent_first)

    return Index(rules=sections, items=items, count=len(found), devices=len({name for name, _ in found}))


def anchor(kind: str, name: str, number: int) -> str:
    """Return an id that needs no escaping anywhere: by name where that is plain, else by number."""
    return f"{kind}-{name}" if _PLAIN.fullmatch(name) else f"{kind}.{number}"


def _shared(findings: Iterable[Finding]) -> frozenset[tuple[str, str]]:
    counts = Counter((finding.rule, finding.detail) for finding in findings if len(finding.detail) > _LONG)
    return frozenset(said for said, count in counts.items() if count > _MANY)


def _worst_first(by_rule: Mapping[str, Sequence[tuple[str, Finding]]]) -> Callable[[str], tuple[int, str]]:
    return lambda rule: (-max(finding.severity.rank for _, finding in by_rule[rule]), rule)


def _section(
    rule: str, found: Sequence[tuple[str, Finding]], key: Callable[[Finding], _Key], notes: dict[_Key, Note]
) -> RuleFindings:
    """Return one rule's part, and put its notes where the devices find them."""
    names: dict[_Key, list[str]] = {}
    for name, finding in found:
        names.setdefault(key(finding), []).append(name)
    ordered = sorted(names, key=lambda one: (-len(names[one]), str(one)))
    shown = visible(rule)
    here = [
        _note(shown if len(ordered) == 1 else f"{shown}-{number}", number, one, names[one])
        for number, one in enumerate(ordered, start=1)
    ]
    notes.update(zip(ordered, here, strict=True))
    severities = Counter(finding.severity for _, finding in found)
    worst = max(severities, key=lambda severity: severity.rank)
    return RuleFindings(
        anchor=anchor("rule", rule, len(notes)),
        rule=shown,
        title=visible(found[0][1].title),
        worst=worst.value,
        counts=", ".join(f"{severities[s]:,} {s.value}" for s in URGENT_FIRST if severities[s]),
        notes=tuple(here),
    )


def _note(label: str, number: int, key: _Key, names: Sequence[str]) -> Note:
    _, bug, text, remedy = key
    distinct = tuple(dict.fromkeys(names))
    return Note(
        anchor=anchor("note", label, number),
        label=label,
        bug=None if bug is None else visible(bug),
        text=None if text is None else visible(text),
        remedy=visible(remedy),
        devices=counted(len(distinct), "device"),
        names=", ".join(words for words, _ in ranges(distinct, shown=visible)),
    )


def _item(finding: Finding, note: Note) -> Item:
    return Item(
        severity=finding.severity.value,
        rule=visible(finding.rule),
        title=visible(finding.title) + (f": {note.bug}" if note.bug is not None else ""),
        text=visible(finding.detail) if note.text is None else None,
        note=note,
        evidence=tuple(
            (f"{visible(line.command)}, line {line.line}", visible(line.text.rstrip()))
            for line in finding.evidence
        ),
    )
