"""Say many device names in few words: ``fw-001 to fw-038 (38), fw-050``.

Pure; cannot fail.  Guarantees that "A to B (N)" stands for exactly N names of the list,
each number from A's to B's, and that what is cut is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from asa_transport.core.report.inert import inline

# The last number of a name; more digits are no counter.
_NUMBERED: Final = re.compile(r"(.*?)([0-9]{1,18})([^0-9]*)", re.DOTALL)
# Two names are as short as the range they make.
_SHORTEST_RANGE: Final = 3
MORE: Final = "see ticket.json"


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
