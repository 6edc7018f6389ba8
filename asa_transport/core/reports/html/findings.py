"""Sort the findings of a run by rule, and say once what many of them share.

Pure.  Guarantees that every remedy stands once a rule, and that a finding names the note in
which it stands.  A long explanation that many devices share stands there too, instead of at
each of them; a short one, or one that few share, stays with its device.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from asa_transport.core.reports.brief import BriefFindings
from asa_transport.core.reports.html.charts import URGENT_FIRST
from asa_transport.core.reports.html.words import counted
from asa_transport.model import Audited, Finding, Waived
from asa_transport.text import instant, ranges, visible

# A detail this long, on more devices than this, is said once: it would be most of a large page.
_LONG: Final = 80
_MANY: Final = 3
_PLAIN: Final = re.compile(r"[\w.:@+~-]+", re.ASCII)
_Found: TypeAlias = Sequence[tuple[str, Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An explanation that devices share."""

    anchor: str
    label: str
    text: str
    devices: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One remedy of a rule, the devices that it is for, and what is said of several of them."""

    anchor: str
    label: str
    remedy: str
    devices: str
    names: str
    said: tuple[Said, ...]


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
    """One finding of one device; its explanation is `said` where it is shared, else `text`.

    `waived` is empty where the finding counts.
    """

    severity: str
    rule: str
    title: str
    text: str
    said: Said | None
    note: Note
    evidence: tuple[tuple[str, str], ...]
    waived: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """All findings of a run."""

    rules: tuple[RuleFindings, ...]
    items: Callable[[Audited], tuple[Item, ...]]
    count: int
    devices: int


class IndexMaker:
    """Takes the findings of one device after the other, without the lines that prove them."""

    def __init__(self) -> None:
        self._by_rule: dict[str, list[tuple[str, Finding]]] = {}
        self._brief = BriefFindings()
        self._devices = 0

    def add(self, outcome: Audited) -> None:
        """Take those of one device."""
        self._devices += bool(outcome.findings)
        for finding in outcome.findings:
            self._by_rule.setdefault(finding.rule, []).append((outcome.name, self._brief(finding)))

    def index(self) -> Index:
        """Return the findings by rule, and the way from a device to its own."""
        return _index(self._by_rule, self._devices)


def _index(by_rule: Mapping[str, _Found], devices: int) -> Index:
    notes: dict[tuple[str, str], Note] = {}
    said: dict[tuple[str, str, str], Said] = {}
    for rule, its in by_rule.items():
        for remedy, note in _notes(rule, its).items():
            notes[rule, remedy] = note
            said |= {(rule, remedy, one.text): one for one in note.said}

    def items(outcome: Audited) -> tuple[Item, ...]:
        urgent_first = sorted(outcome.findings, key=lambda finding: -finding.severity.rank)
        return tuple(
            _item(f, notes[f.rule, f.remedy], said.get((f.rule, f.remedy, visible(f.detail))))
            for f in urgent_first
        )

    ordered = sorted(by_rule, key=_worst_first(by_rule))
    sections = tuple(
        _section(rule, number, by_rule[rule], [note for (its, _), note in notes.items() if its == rule])
        for number, rule in enumerate(ordered, start=1)
    )
    count = sum(map(len, by_rule.values()))
    return Index(rules=sections, items=items, count=count, devices=devices)


def anchor(kind: str, name: str, number: int) -> str:
    """Return an id that needs no escaping anywhere: by name where that is plain, else by number."""
    return f"{kind}-{name}" if _PLAIN.fullmatch(name) else f"{kind}.{number}"


def _worst_first(by_rule: Mapping[str, _Found]) -> Callable[[str], tuple[int, str]]:
    return lambda rule: (-max(finding.severity.rank for _, finding in by_rule[rule]), rule)


def _section(rule: str, number: int, found: _Found, notes: Sequence[Note]) -> RuleFindings:
    severities = Counter(finding.severity for _, finding in found)
    worst = max(severities, key=lambda severity: severity.rank)
    return RuleFindings(
        anchor=anchor("rule", rule, number),
        rule=visible(rule),
        title=visible(found[0][1].title),
        worst=worst.value,
        counts=", ".join(f"{severities[s]:,} {s.value}" for s in URGENT_FIRST if severities[s]),
        notes=tuple(notes),
    )


def _notes(rule: str, found: _Found) -> dict[str, Note]:
    """Return a rule's notes by their remedy, the most used first."""
    by_remedy: dict[str, list[tuple[str, Finding]]] = {}
    for name, finding in found:
        by_remedy.setdefault(finding.remedy, []).append((name, finding))
    ordered = sorted(by_remedy, key=lambda remedy: (-len(by_remedy[remedy]), remedy))
    return {
        remedy: _note(rule if len(ordered) == 1 else f"{rule}-{number}", number, remedy, by_remedy[remedy])
        for number, remedy in enumerate(ordered, start=1)
    }


def _note(label: str, number: int, remedy: str, found: _Found) -> Note:
    names = tuple(dict.fromkeys(name for name, _ in found))
    texts = Counter(finding.detail for _, finding in found if len(finding.detail) > _LONG)
    shared = sorted((-count, text) for text, count in texts.items() if count > _MANY)
    return Note(
        anchor=anchor("note", label, number),
        label=visible(label),
        remedy=visible(remedy),
        devices=counted(len(names), "device"),
        names=", ".join(words for words, _ in ranges(names, shown=visible)),
        said=tuple(
            Said(
                anchor=anchor("said", f"{label}.{place}", place),
                label=visible(f"{label}.{place}"),
                text=visible(text),
                devices=counted(-count, "device"),
            )
            for place, (count, text) in enumerate(shared, start=1)
        ),
    )


def _item(finding: Finding, note: Note, said: Said | None) -> Item:
    return Item(
        severity=finding.severity.value,
        rule=visible(finding.rule),
        title=visible(finding.title if finding.bug is None else f"{finding.title}: {finding.bug}"),
        text="" if said is not None else visible(finding.detail),
        said=said,
        note=note,
        evidence=tuple(
            (f"{visible(line.command)}, line {line.line}", visible(line.text.rstrip()))
            for line in finding.evidence
        )
        + (
            ()
            if finding.missing_from is None
            else ((f"{visible(finding.missing_from)}: the line is missing", ""),)
        ),
        waived="" if finding.waived is None else visible(_waived(finding.waived)),
    )


def _waived(waived: Waived) -> str:
    return f"until {instant(waived.until)} ({waived.owner}): {waived.reason}"
