"""Show text of devices and files so that it stays text; say many names in few words.

Pure; cannot fail.  What is escaped stays readable (``\\x1b``), and nothing is dropped.  No
character that XML 1.0 forbids, no half surrogate pair and no bidirectional control is left,
because Python calls none of them printable.

In GitHub-flavoured Markdown a word that could mean anything to a reader (markup, HTML, a link,
an address, a mention) becomes a code span, inside which nothing is read; the rest stays prose,
readable in the file itself.  The result holds no line end and no `|`, so it fits a table's
cell; it must not begin a line, where even a harmless word may be markup.

Of names, "A to B (N)" stands for exactly N names of the list, each number from A's to B's, and
what is cut is counted: ``fw-001 to fw-038 (38), fw-050``.

Source: CommonMark 0.31 (code spans); GitHub Flavored Markdown (tables, autolinks).
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, overload


def visible(text: str, *, keep: str = "") -> str:
    """Return the text with every character escaped that is not printable; those in `keep` stay."""
    # Nearly all of what is shown is, and a report asks this some hundred thousand times.
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def printable(text: str, *, limit: int = 200) -> str:
    """Return device text for a person's eyes: one line, no control characters, at most `limit` long."""
    shown = visible(text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def quoted(text: str) -> str:
    """Return what a device said, in quotes and `printable`."""
    return f"'{printable(text)}'"


@overload
def instant(at: datetime) -> str: ...
@overload
def instant(at: datetime | None) -> str | None: ...
def instant(at: datetime | None) -> str | None:
    """Return an aware time in whole seconds, as ``2026-01-12T13:00:00Z``."""
    if at is None:
        return None
    # Not strftime: its %Y has fewer than four digits for a clock that stands in the year 1.
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def unified_diff(before: Sequence[str], after: Sequence[str], old: str, new: str) -> str:
    """Return a unified diff with these two headings, ending with a line end; empty where nothing differs."""
    lines = difflib.unified_diff(before, after, old, new, lineterm="")
    return "".join(f"{line}\n" for line in lines)


# Backslash, emphasis, brackets, HTML and entities, cells, strike-through, mentions and
# issues, mathematics; then links without brackets, emoji, and what site builders fill in.
# `>` is not here: it quotes only where it begins a line, and closes only what `<` opened.
_ACTIVE: Final = re.compile(r"[\\`*_\[\]<&|~#@$]|://|www\.|:[\w+-]*[a-z][\w+-]*:|\{\{|\{%", re.IGNORECASE)
_TICKS: Final = re.compile(r"`+")


def inline(text: str) -> str:
    """Return the text for the inside of a line, a heading or a cell; blanks run together."""
    words = visible(text).split(" ")
    parts = []
    for is_active, group in itertools.groupby(filter(None, words), key=_is_active):
        joined = " ".join(group)
        parts.append(code(joined) if is_active else joined)
    return " ".join(parts)


def code(text: str) -> str:
    """Return the text as a code span, `|` escaped as all else that is not shown as it is."""
    # A table's row ends its cells before it reads code spans, and readers differ in what `\|` is there.
    shown = visible(text).replace("|", "\\x7c")
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _is_active(word: str) -> bool:
    return _ACTIVE.search(word) is not None


# The last number of a name; more digits are no counter.
_NUMBERED: Final = re.compile(r"(.*?)([0-9]{1,18})([^0-9]*)", re.DOTALL)
# Two names are as short as the range they make.
_SHORTEST_RANGE: Final = 3
MORE: Final = "see ticket.json"


# `port 22` is a port, `22 bytes` are none.
_BEFORE: Final = {"PORT": r"(?<=port |HOST )"}


def with_words_for(text: str, own: Mapping[str, str]) -> str:
    """Return the text with words in place of a device's own values, so that it is that of any device.

    Args:
        own: By its word what is replaced, in this order; an address is no part of a longer one.
    """
    for word, value in own.items():
        before = _BEFORE.get(word, r"(?<![\w.:-])")
        text = re.sub(rf"{before}{re.escape(value)}(?![\w:-]|\.\w)", word, text)
    return text


def counted(number: int, noun: str) -> str:
    """Return the number with its noun, in the plural where it is not one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def in_words(names: Iterable[str], *, at_most: int | None = None) -> str:
    """Return the names, as ranges where numbers follow each other; the order is by number.

    Args:
        at_most: Entries before "and N more, see ticket.json"; without it nothing is cut.
    """
    entries = ranges(names)
    shown = entries if at_most is None else entries[:at_most]
    text = ", ".join(word for word, _ in shown)
    rest = sum(count for _, count in entries[len(shown) :])
    return f"{text} and {rest} more, {MORE}" if rest else text


def plainly(names: Iterable[str]) -> str:
    """Return all the names as ranges, not made inert: for a page that escapes by itself."""
    return ", ".join(word for word, _ in ranges(names, shown=str))


def ranges(names: Iterable[str], *, shown: Callable[[str], str] = inline) -> list[tuple[str, int]]:
    """Return each entry with the number of names it stands for, each name as `shown` writes it."""
    found: list[list[str]] = []
    for name in sorted(set(names), key=_order):
        if found and name == _after(found[-1][-1]):
            found[-1].append(name)
        else:
            found.append([name])
    entries: list[tuple[str, int]] = []
    for run in found:
        if len(run) < _SHORTEST_RANGE:
            entries += [(shown(name), 1) for name in run]
        else:
            entries.append((f"{shown(run[0])} to {shown(run[-1])} ({len(run)})", len(run)))
    return entries


def _order(name: str) -> tuple[str, str, int, int]:
    match = _NUMBERED.fullmatch(name)
    return (name, "", -1, 0) if match is None else (match[1], match[3], len(match[2]), int(match[2]))


def _after(name: str) -> str | None:
    """Return the name with the next number of the same width, or one more digit where none is a zero."""
    match = _NUMBERED.fullmatch(name)
    return None if match is None else f"{match[1]}{int(match[2]) + 1:0{len(match[2])}}{match[3]}"
