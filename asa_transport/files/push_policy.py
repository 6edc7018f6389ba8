"""Read the keys of `policy.yaml` that bound a push: the failure budget and the change windows.

Collects what is wrong in the `Checker`, as all readers of a user's file.  Guarantees a budget
with at least one limit for the push as a whole, and windows whose zone is known.  Reads
nothing but the tz database, through `zoneinfo`.

Source: PEERS N18, N19; the tz database names zones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Final
from zoneinfo import ZoneInfo

from asa_transport.files.policy_fields import (
    MAX_NAMES,
    MAX_PEOPLE,
    MAX_WINDOWS,
    BudgetField,
    PeopleField,
    WindowsField,
)
from asa_transport.files.read import Checker, quoted, seen
from asa_transport.files.yamltext import Entry, Node, Scalar, Sequence
from asa_transport.model import ChangeWindow, FailureBudget, Weekday

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_DAY_ENDS: Final = "24:00"
_PEOPLE: Final = "[[kim@example.net, adm-kim]]"
_EXAMPLE: Final = '[{days: [mon, tue], from: "22:00", to: "04:00", zone: Europe/Berlin}]'


def is_null(node: Node) -> bool:
    """Return whether a key says `null`, or nothing at all."""
    return isinstance(node, Scalar) and node.is_null


def budget(checker: Checker, node: Node, field: BudgetField) -> FailureBudget | None:
    """Return the budget of a map; a key that is left out keeps its default, `null` is no such limit."""
    mapping = checker.mapping(node, field.key)
    if mapping is None:
        return None
    limits: dict[str, int | None] = {}
    is_whole = True
    for key, entry in checker.fields(mapping, tuple(field.texts), field.key).items():
        if is_null(entry.value):
            limits[key] = None
            continue
        what = f"{field.key}: {key}"
        limits[key] = checker.number(entry.value, what, low=field.lows[key], high=field.highs[key])
        is_whole = is_whole and limits[key] is not None
    if not is_whole:
        return None
    result = FailureBudget(**limits)
    if result.number is result.percent is result.consecutive is None:
        checker.add(
            mapping,
            f"{field.key}: number, percent and consecutive are all null, so nothing would ever stop a push; "
            "give one of them",
        )
        return None
    return result


def people(checker: Checker, node: Node, field: PeopleField) -> tuple[tuple[str, ...], ...] | None:
    """Return the names of each person; a name belongs to one person, whatever its upper or lower case."""
    if not isinstance(node, Sequence) or len(node.items) > MAX_PEOPLE:
        checker.add(
            node, f"{field.key}: {seen(node)}; expected a list of at most {MAX_PEOPLE}, e.g. {_PEOPLE}"
        )
        return None
    found, known, is_whole = [], set[str](), True
    for item in node.items:
        names = checker.each(item, field.key, checker.text)
        if names is None or len(names) != len(getattr(item, "items", ())):
            is_whole = False
            continue
        if not 2 <= len(names) <= MAX_NAMES:
            checker.add(item, f"{field.key}: expected 2 to {MAX_NAMES} names of one person, e.g. {_PEOPLE}")
            is_whole = False
        for name in names:
            if name.text.casefold() in known:
                checker.add(
                    name, f"{field.key}: {quoted(name.text)} is somebody else's already; join the two"
                )
                is_whole = False
        known.update(name.text.casefold() for name in names)
        found.append(tuple(name.text for name in names))
    return tuple(found) if is_whole else None


def windows(checker: Checker, node: Node, field: WindowsField) -> tuple[ChangeWindow, ...] | None:
    """Return the windows of a list, which may be empty."""
    if not isinstance(node, Sequence) or len(node.items) > MAX_WINDOWS:
        checker.add(
            node, f"{field.key}: {seen(node)}; expected a list of at most {MAX_WINDOWS}, e.g. {_EXAMPLE}"
        )
        return None
    found = tuple(_window(checker, item, field) for item in node.items)
    good = tuple(window for window in found if window is not None)
    return good if len(good) == len(found) else None


def _window(checker: Checker, node: Node, field: WindowsField) -> ChangeWindow | None:
    mapping = checker.mapping(node, field.key)
    if mapping is None:
        return None
    entries = checker.fields(mapping, tuple(field.texts), field.key)
    missing = [key for key in ("from", "to", "zone") if key not in entries]
    if missing:
        checker.add(mapping, f"{field.key}: {', '.join(missing)} missing; expected e.g. {_EXAMPLE}")
    days = _days(checker, entries["days"].value, field) if "days" in entries else tuple(Weekday)
    opens = _clock(checker, entries, "from", field)
    closes = _clock(checker, entries, "to", field)
    zone = _zone(checker, entries["zone"].value, f"{field.key}: zone") if "zone" in entries else None
    if days is None or opens is None or closes is None or zone is None:
        return None
    end = entries["to"].value
    if opens == closes and not (isinstance(end, Scalar) and end.text == _DAY_ENDS):
        checker.add(
            end,
            f"{field.key}: it would end when it begins; for a whole day write from 00:00 to {_DAY_ENDS}",
        )
        return None
    return ChangeWindow(days=days, opens=opens, closes=closes, zone=zone)


def _days(checker: Checker, node: Node, field: WindowsField) -> tuple[Weekday, ...] | None:
    known = tuple(day.value for day in Weekday)
    items = checker.each(node, f"{field.key}: days", lambda item, what: checker.choice(item, what, known))
    if items is None:
        return None
    if isinstance(node, Sequence) and not node.items:
        checker.add(node, f"{field.key}: days: no day; expected some of: {', '.join(known)}")
        return None
    named = {item.text for item in items}
    return tuple(day for day in Weekday if day in named)


def _clock(checker: Checker, entries: Mapping[str, Entry], key: str, field: WindowsField) -> time | None:
    if key not in entries:
        return None
    node, what = entries[key].value, f"{field.key}: {key}"
    text = checker.text(node, what)
    if text is None:
        return None
    if key == "to" and text == _DAY_ENDS:
        return time(0)
    match = _CLOCK.fullmatch(text)
    if match is None:
        checker.add(node, f"{what}: {quoted(text)}; expected a time of day, HH:MM, e.g. 22:00")
        return None
    return time(int(match[1]), int(match[2]))


def _zone(checker: Checker, node: Node, what: str) -> ZoneInfo | None:
    text = checker.text(node, what)
    if text is None:
        return None
    try:
        return ZoneInfo(text)
    # `zoneinfo` raises ValueError for a path that leads outside, and OSError for a folder, e.g. Europe.
    except (KeyError, ValueError, OSError):
        checker.add(
            node,
            f"{what}: {quoted(text)} is no zone of the tz database; expected e.g. Europe/Berlin or UTC",
        )
        return None
