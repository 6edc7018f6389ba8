"""Write a change ticket as Markdown that reads as well as plain text in any ticketing system.

Pure.  Guarantees no HTML, no tables and lines of about 100 columns; every word of a device
is inert; lines for a device stand indented by four blanks, exactly as they are.  Where
grouping alone does not keep it short, lists end in "and N more, see ticket.json".

Source: CommonMark 0.31 (indented code, lazy continuation).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from asa_transport.core.documents.stored_audit import Missed
from asa_transport.core.reports.push_record import Became
from asa_transport.core.reports.ticket.after import ReadAlike, read_alike
from asa_transport.core.reports.ticket.content import Content, Group, Held, Risk, Said, count, together
from asa_transport.core.reports.ticket.push import ending
from asa_transport.text import MORE, in_words, inline

Lines: TypeAlias = list[str]
T = TypeVar("T")
_WIDTH: Final = 100
# Ticketing systems take 200 KB and more; some room for what they add.
LARGEST: Final = 190_000
# A device may answer with anything; its words stand in full in ticket.json.
_LONGEST: Final = 500
# A line may begin so without becoming a heading, a list, a quotation or a fence.
_OPENS_NOTHING: Final = re.compile(r"[^\W\d_]|\d+(?![\d.)])|\(|`(?!`)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    """The most names in a list and the most entries in a section; `None` cuts nothing."""

    names: int | None
    entries: int | None


_SHORTER: Final = (
    _Limits(names=None, entries=None),
    _Limits(names=400, entries=200),
    _Limits(names=100, entries=100),
    _Limits(names=30, entries=60),
    _Limits(names=10, entries=40),
    _Limits(names=3, entries=25),
)


def text(content: Content) -> str:
    """Return the whole ticket, the first of ever shorter ones that is below `LARGEST` bytes."""
    for limits in _SHORTER:
        page = _Page(content, limits).text()
        if len(page.encode()) <= LARGEST:
            break
    return page


class _Page:
    """One ticket with one set of limits."""

    def __init__(self, content: Content, limits: _Limits) -> None:
        self._content = content
        self._limits = limits

    def text(self) -> str:
        content = self._content
        if content.kind == "push":
            return self._closing()
        sections = [self._head(), self._said("Why", content.why, "No reason is recorded.")]
        sections.append(self._risk(content.risk))
        if content.kind == "plan":
            sections += [
                self._waves(),
                self._changes(),
                self._said("What must answer first", content.must_answer),
            ]
            sections.append(_steps("What verifies success", content.success))
            sections.append(_steps("What rolls back", content.way_back))
            if content.notes:
                sections.append(self._said("Worth knowing", content.notes))
        sections += [self._held(), self._not_audited()]
        sections.append(self._files())
        return "\n\n".join("\n".join(lines) for lines in sections) + "\n"

    def _closing(self) -> str:
        content = self._content
        sections = [
            self._head(),
            self._said(
                "What became of each device", together((ending(one), one.name) for one in content.became)
            ),
            self._said("Why", content.why, "Nothing needs a word."),
            self._who_and_when(),
            self._waves(),
            self._changes("What was sent"),
            self._after(),
            self._files(),
        ]
        return "\n\n".join("\n".join(lines) for lines in sections) + "\n"

    def _who_and_when(self) -> Lines:
        def row(one: Became) -> Lines:
            serial = "serial number not read" if one.serial is None else f"serial number {one.serial}"
            when = f"first line {one.first_line_at or 'never'}, end {one.ended_at or 'not recorded'}"
            return _item(f"Device {one.name}: {serial}, {when}")

        rows = self._each(self._content.became, row)
        return ["## Which firewall, and when", "", *(rows or ["None."])]

    def _head(self) -> Lines:
        content = self._content
        lines = [f"# {inline(content.title)}", ""]
        lines += [line for label in content.head for line in _item(f"{label.what}: {label.text}")]
        lines += ["", "## Summary", ""]
        return lines + [line for sentence in content.summary for line in _item(sentence)]

    def _said(self, heading: str, said: Sequence[Said], none: str = "None.") -> Lines:
        return [f"## {heading}", "", *(self._each(said, self._sentence) or [none])]

    def _sentence(self, said: Said) -> Lines:
        return [*_item(said.text), *_more(f"{count(len(said.names), 'device')}: {self._names(said.names)}")]

    def _held(self) -> Lines:
        def row(held: Held) -> Lines:
            first, *more = held.reasons
            many = "Device" if len(held.names) == 1 else f"{count(len(held.names), 'device')},"
            # Not cut: who approves decides by them.
            return [
                *_item_of(f"{many} {self._names(held.names)}: {inline(first)}"),
                *(line for reason in more for line in _more(f"and: {inline(reason)}")),
            ]

        held = self._content.held
        return [f"## Held back ({_devices(held)})", "", *(self._each(held, row) or ["None."])]

    def _after(self) -> Lines:
        """Return what was read after the change, and what is left to do; a dry run has neither."""
        content = self._content
        if not content.after and not content.left_to_do:
            return ["## After the change", "", "Nothing was sent, so nothing has changed."]
        left = self._each(content.left_to_do, self._sentence) or ["Nothing."]
        lines = [
            "## After the change",
            "",
            "### What is left to do",
            "",
            *left,
            "",
            "### What was read then",
            "",
        ]
        return [*lines, *(self._each(read_alike(content.after), self._read) or ["Nothing."])]

    def _read(self, alike: ReadAlike) -> Lines:
        many = f"{count(len(alike.names), 'device')}: {self._names(alike.names)}"
        shown = [*_block(alike.config.split("\n")), ""] if alike.config else []
        return [*_wrapped(f"{alike.words} {many}"), "", *shown]

    def _risk(self, risk: Sequence[Risk]) -> Lines:
        def row(one: Risk) -> Lines:
            about = f" ({inline(one.bug)})" if one.bug is not None else ""
            rule = f"{inline(one.rule)} {one.severity}{about}, {count(len(one.names), 'device')}: "
            return [
                *_item_of(rule + inline(one.title)),
                *_more(f"On {self._names(one.names)}"),
                *_more(f"Remedy: {inline(_short(one.remedy))}"),
            ]

        if self._content.kind == "plan":
            none = "No finding on a device of this change is at hand."
            return ["## Risk of the change", "", *(self._each(risk, row) or [none])]
        return ["## Findings by rule", "", *(self._each(risk, row) or ["No finding is at hand."])]

    def _waves(self) -> Lines:
        def row(numbered: tuple[int, tuple[str, ...]]) -> Lines:
            number, names = numbered
            return _item_of(f"Wave {number}, {count(len(names), 'device')}: {self._names(names)}")

        waves = self._each(list(enumerate(self._content.waves, start=1)), row)
        return ["## Devices by wave", "", *(waves or ["None."])]

    def _changes(self, heading: str = "What is sent") -> Lines:
        groups = self._each(self._content.changes, self._group)
        return [f"## {heading}", "", *(groups or ["Nothing."])]

    def _group(self, group: Group) -> Lines:
        many, lines = count(len(group.names), "device"), count(len(group.apply), "line")
        get = "gets" if len(group.names) == 1 else "get"
        if self._content.kind == "push":
            get = "got"
        these = "this" if len(group.apply) == 1 else "these"
        return [
            f"### {many} {get} {these} {lines}",
            "",
            *_block(group.apply),
            "",
            *_wrapped(f"Sent to {self._names(group.names)}."),
            "",
            "The rollback:",
            "",
            *_block(group.rollback),
            "",
            f"Observed and predicted, on {inline(group.names[0])}:",
            "",
            *_block(group.diff.rstrip("\n").split("\n")),
            "",
        ]

    def _not_audited(self) -> Lines:
        def row(missed: Missed) -> Lines:
            where = f"{inline(missed.name)} ({inline(missed.host)}), {inline(missed.stage)}: "
            return [
                *_item_of("Device " + where + inline(_short(missed.error))),
                *_more(f"Hint: {inline(_short(missed.hint))}"),
            ]

        missed = self._content.not_audited
        return [
            f"## Not audited ({count(len(missed), 'device')})",
            "",
            *(self._each(missed, row) or ["None."]),
        ]

    def _files(self) -> Lines:
        names = ["ticket.json: all of this, for programs; ticket.html: all of this, for a browser"]
        if self._content.kind == "plan":
            names.append("diffs/NAME.diff, rollback/NAME.txt: what is predicted, and the rollback, by device")
        names.append("evidence/NAME/COMMAND.txt: what each device answered, secrets masked")
        return ["## In this bundle", "", *(line for name in names for line in _item(name))]

    def _names(self, names: Iterable[str]) -> str:
        return in_words(names, at_most=self._limits.names)

    def _each(self, values: Sequence[T], lines_of: Callable[[T], Lines]) -> Lines:
        """Return the lines of each value, and how many are not shown."""
        shown = values if self._limits.entries is None else values[: self._limits.entries]
        lines = [line for value in shown for line in lines_of(value)]
        if len(values) > len(shown):
            # A paragraph of its own, so that it never continues a list.
            lines += ["", f"And {len(values) - len(shown):,} more, {MORE}."]
        while lines and not lines[-1]:
            lines.pop()
        return lines


def _devices(said: Sequence[Held]) -> str:
    return count(len({name for one in said for name in one.names}), "device")


def _steps(heading: str, steps: Sequence[str]) -> Lines:
    return [f"## {heading}", "", *(line for step in steps for line in _item(step))]


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}… ({MORE})"


def _item(words: str) -> Lines:
    """Return a list's entry of words that are not inert yet."""
    return _item_of(inline(_short(words)))


def _item_of(inert: str) -> Lines:
    # A word that could open a block of its own gets one before it that cannot.
    first, *rest = _wrapped(inert, indent="  ") or [""]
    if not _OPENS_NOTHING.match(first.lstrip()):
        first = f"… {first.lstrip()}"
    return [f"- {first.lstrip()}".rstrip(), *rest]


def _more(inert: str) -> Lines:
    """Return more of a list's entry: a paragraph that begins on its own line."""
    return _wrapped(inert, indent="  ")


def _block(lines: Iterable[str]) -> Lines:
    return [f"    {line}" for line in lines]


def _wrapped(inert: str, indent: str = "") -> Lines:
    """Break at blanks, only before words that may begin a line; so a line may be longer than the width."""
    lines: Lines = []
    for word in inert.split():
        if lines and (len(lines[-1]) + 1 + len(word) <= _WIDTH or not _OPENS_NOTHING.match(word)):
            lines[-1] += f" {word}"
        else:
            lines.append(f"{indent}{word}")
    return lines
