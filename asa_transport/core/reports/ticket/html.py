"""Prepare a change ticket for its page: every word that the template needs, none of it HTML.

Pure.  The template escapes; nothing here is marked as safe.  Every device and every name
is in the page: nothing is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asa_transport.core.reports.ticket.after import read_alike
from asa_transport.core.reports.ticket.content import Card, Content, Group, Held, count, together
from asa_transport.core.reports.ticket.push import ending
from asa_transport.text import plainly


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One line of a diff; `kind` is ``add``, ``del``, ``head`` or ``same``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Something that is true of several devices: their number and their names in words."""

    what: Any
    many: str
    names: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Device:
    """One device, and its diff line by line."""

    card: Card
    diff: tuple[_Line, ...]
    worst: str


def values(content: Content) -> dict[str, Any]:
    """Return the values by the names that the template uses."""
    return {
        "ticket": content,
        "is_plan": content.kind == "plan",
        "is_push": content.kind == "push",
        "became": [
            _row(said.text, said.names)
            for said in together((ending(one), one.name) for one in content.became)
        ],
        "left_to_do": [_row(one, one.names) for one in content.left_to_do],
        "read_after": _read_after(content),
        "after": {one.name: (one, _diff(one.config), _diff(one.status)) for one in content.after},
        "when": {one.name: one for one in content.became},
        "why": [_row(one, one.names) for one in content.why],
        "risk": [_row(one, one.names) for one in content.risk],
        "waves": [_row(number, names) for number, names in enumerate(content.waves, start=1)],
        "changes": [
            _row(_shown(group, "got" if content.kind == "push" else ""), group.names)
            for group in content.changes
        ],
        "must_answer": [_row(one, one.names) for one in content.must_answer],
        "notes": [_row(one, one.names) for one in content.notes],
        "held": [_row(one, one.names) for one in content.held],
        "held_count": _distinct(content.held),
        "not_audited_count": count(len(content.not_audited), "device"),
        "devices": [
            _Device(card=card, diff=_diff(card.diff), worst=_worst(card)) for card in content.devices
        ],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What was read on several devices after a push."""

    words: str
    diff: tuple[_Line, ...]


def _read_after(content: Content) -> list[_Row]:
    return [
        _row(_Read(words=alike.words, diff=_diff(alike.config)), alike.names)
        for alike in read_alike(content.after)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One group: how many lines, and its diff line by line."""

    group: Group
    verb: str
    lines: str
    diff: tuple[_Line, ...]


def _shown(group: Group, verb: str) -> _Change:
    return _Change(
        group=group,
        verb=verb or ("gets" if len(group.names) == 1 else "get"),
        lines=count(len(group.apply), "line"),
        diff=_diff(group.diff),
    )


def _row(what: Any, names: tuple[str, ...]) -> _Row:
    return _Row(what=what, many=count(len(names), "device"), names=plainly(names))


def _distinct(said: tuple[Held, ...]) -> str:
    return count(len({name for one in said for name in one.names}), "device")


def _worst(card: Card) -> str:
    return (
        max((finding.severity for finding in card.findings), key=lambda s: s.rank).value
        if card.findings
        else ""
    )


def _diff(diff: str) -> tuple[_Line, ...]:
    return tuple(_Line(kind=_kind(line), text=line) for line in diff.rstrip("\n").split("\n")) if diff else ()


def _kind(line: str) -> str:
    if line.startswith(("---", "+++", "@@")):
        return "head"
    return {"+": "add", "-": "del"}.get(line[:1], "same")
