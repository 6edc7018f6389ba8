"""Read `policy.yaml`: what the user decided once for the whole fleet.

Guarantees every problem at once with its line and column, unknown keys refused, and
for a key that is left out the default of `Policy`.  Without a file, all defaults.
Never looks for a file by itself.

Source: policy.example.yaml documents every key.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, Final, assert_never
from zoneinfo import ZoneInfo

from asa_transport.errors import PolicyError
from asa_transport.files import other_files, yamltext
from asa_transport.files.checker import Checker, quoted, seen, why_unreadable
from asa_transport.files.fields import boolean, span
from asa_transport.files.policy_fields import (
    FIELDS,
    MAX_NAMES,
    MAX_PEOPLE,
    MAX_SIZES,
    MAX_WINDOWS,
    THRESHOLD_KEYS,
    BudgetField,
    CapsField,
    ChoiceField,
    CountField,
    Field,
    FileField,
    FlagField,
    PeopleField,
    SpanField,
    ThresholdField,
    WavesField,
    WindowsField,
    attribute_of,
)
from asa_transport.files.regular_file import read_plain
from asa_transport.files.yamltext import Entry, Node, Scalar, Sequence
from asa_transport.model import (
    ChangeWindow,
    DayThresholds,
    FailureBudget,
    Policy,
    Problem,
    SessionCaps,
    WavePolicy,
    WaveSize,
    Weekday,
)
from asa_transport.model.campaign import MAX_DEVICES

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_DAY_ENDS: Final = "24:00"
_PEOPLE: Final = "[[kim@example.net, adm-kim]]"
_EXAMPLE: Final = '[{days: [mon, tue], from: "22:00", to: "04:00", zone: Europe/Berlin}]'

# A threshold of less than a quarter of an hour would be a mistake of units.
_LEAST_DAYS: Final = 0.01
# A number of devices, or a percentage; ten digits bound the conversion.
_SIZE: Final = re.compile(r"([1-9][0-9]{0,9})(%?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPolicy:
    """A policy and the digest that a report carries: of the file's bytes, or of the defaults as JSON.

    Attributes:
        given: The attributes that the file sets.
    """

    policy: Policy
    sha256: str
    given: frozenset[str] = frozenset()


def load(path: Path | None) -> Policy:
    """Return the policy of a file, the defaults where it is `None`; raises as `read`."""
    return read(path).policy


def read(path: Path | None) -> LoadedPolicy:
    """Return the policy of a file with its digest.

    Args:
        path: YAML, UTF-8; `None` for the defaults.  A path that is given must exist.

    Raises:
        PolicyError: Holds every problem, in file order.
    """
    if path is None:
        canonical = json.dumps(dataclasses.asdict(Policy()), sort_keys=True).encode()
        return LoadedPolicy(policy=Policy(), sha256=hashlib.sha256(canonical).hexdigest())
    file = str(path)
    try:
        data = read_plain(path, yamltext.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PolicyError((Problem(file=file, message=why_unreadable(error)),)) from error
    document = yamltext.parse(data, file=file)
    if document.root is None:
        raise PolicyError(document.problems)
    checker = Checker(file, document.problems)
    given = _given(checker, document.root, path.parent)
    if checker.problems:
        raise PolicyError(checker.problems)
    digest = hashlib.sha256(data).hexdigest()
    return LoadedPolicy(policy=Policy(**given), sha256=digest, given=frozenset(given))


def _given(checker: Checker, root: Node, folder: Path) -> dict[str, Any]:
    """Return the attributes that a file sets, as far as they are right."""
    top = other_files.top(checker, root, other_files.POLICY)
    if top is None:
        return {}
    entries = checker.fields(top, other_files.POLICY.keys, "policy")
    given: dict[str, Any] = {}
    for field in FIELDS:
        if field.key in entries:
            value = _value(checker, entries[field.key].value, field, folder)
            if value is not None:
                given[attribute_of(field)] = value
    needed = given.get("approvals")
    if needed and given.get("allowed_signers") is None:
        # A file that is named and cannot be used has its own problem; this one stays true.
        checker.add(
            entries["approvals"].value,
            f"approvals: {needed}, and no allowed_signers to check them with; name that file",
        )
    return given


def _value(checker: Checker, node: Node, field: Field, folder: Path) -> object:  # noqa: PLR0911 - one return a kind of key
    """Return what the key's attribute is to be; `None` where it keeps its default, or is wrong."""
    match field:
        case SpanField():
            return span(checker, node, field.key, unit=field.unit, low=field.low, high=field.high)
        case ThresholdField():
            return _thresholds(checker, node, field)
        case FlagField():
            return boolean(checker, node, field.key)
        case WavesField():
            return _waves(checker, node, field)
        case CapsField():
            return _caps(checker, node, field)
        case BudgetField():
            return budget(checker, node, field)
        case WindowsField():
            return windows(checker, node, field)
        case ChoiceField():
            text = checker.choice(node, field.key, tuple(member.value for member in field.kind))
            return None if text is None else field.kind(text)
        case CountField():
            return checker.number(node, field.key, low=field.low, high=field.high)
        case FileField():
            return None if is_null(node) else _path(checker, node, field, folder)
        case PeopleField():
            return people(checker, node, field)
        case _ as never:
            assert_never(never)


def _path(checker: Checker, node: Node, field: FileField, folder: Path) -> Path | None:
    text = checker.text(node, field.key)
    if text is None:
        return None
    try:
        return folder / Path(text).expanduser()
    except RuntimeError:
        checker.add(node, f"{field.key}: {quoted(text)}: there is no such home directory; write the path out")
        return None


def _thresholds(checker: Checker, node: Node, field: ThresholdField) -> DayThresholds | None:
    mapping = checker.mapping(node, field.key)
    if mapping is None:
        return None
    entries = checker.fields(mapping, THRESHOLD_KEYS, field.key)
    default: DayThresholds = getattr(Policy(), field.key)
    low, medium, high = (
        _days(checker, entries, key, field) if key in entries else float(getattr(default, key))
        for key in THRESHOLD_KEYS
    )
    if low is None or medium is None or high is None:
        return None
    result = DayThresholds(low=low, medium=medium, high=high)
    if not result.low > result.medium > result.high:
        checker.add(
            mapping,
            f"{field.key}: low {result.low:g}, medium {result.medium:g}, high {result.high:g} (a key that is "
            "left out keeps its default); expected low > medium > high",
        )
        return None
    return result


def _days(checker: Checker, entries: Mapping[str, Entry], key: str, field: ThresholdField) -> float | None:
    return span(
        checker, entries[key].value, f"{field.key}: {key}", unit="days", low=_LEAST_DAYS, high=field.high
    )


def _waves(checker: Checker, node: Node, field: WavesField) -> WavePolicy | None:
    mapping = checker.mapping(node, field.key)
    if mapping is None:
        return None
    given: dict[str, Any] = {}
    for key, entry in checker.fields(mapping, tuple(field.texts), field.key).items():
        what, value = f"{field.key}: {key}", entry.value
        match key:
            case "canary_tag":
                given[key] = checker.name(value, what)
            case "sizes":
                given[key] = _sizes(checker, value, what)
            case _:
                given[key] = checker.number(value, what, low=0, high=MAX_DEVICES)
    return None if None in given.values() else WavePolicy(**given)


def _caps(checker: Checker, node: Node, field: CapsField) -> SessionCaps | None:
    mapping = checker.mapping(node, field.key)
    if mapping is None:
        return None
    given = {
        key: checker.number(entry.value, f"{field.key}: {key}", low=0, high=MAX_DEVICES)
        for key, entry in checker.fields(mapping, tuple(field.texts), field.key).items()
    }
    caps = {key: value for key, value in given.items() if value is not None}
    return SessionCaps(**caps) if len(caps) == len(given) else None


def _sizes(checker: Checker, node: Node, what: str) -> tuple[WaveSize, ...] | None:
    if not isinstance(node, Sequence) or not 1 <= len(node.items) <= MAX_SIZES:
        checker.add(node, f"{what}: {seen(node)}; expected a list of 1 to {MAX_SIZES}, e.g. [5, 25%, 100%]")
        return None
    sizes = tuple(_size(checker, item, what) for item in node.items)
    good = tuple(size for size in sizes if size is not None)
    return good if len(good) == len(sizes) else None


def _size(checker: Checker, node: Node, what: str) -> WaveSize | None:
    text = checker.text(node, what)
    if text is None:
        return None
    match = _SIZE.fullmatch(text)
    if match is not None:
        size = WaveSize(count=int(match[1]), is_percent=bool(match[2]))
        if size.count <= (100 if size.is_percent else MAX_DEVICES):
            return size
    checker.add(
        node, f"{what}: {quoted(text)}; expected a number of devices, or a percentage from 1% to 100%"
    )
    return None


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
                    name, f"{field.key}: {quoted(name.text)} already belongs to another entry; join the two"
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
    days = _weekdays(checker, entries["days"].value, field) if "days" in entries else tuple(Weekday)
    opens = _clock(checker, entries, "from", field)
    closes = _clock(checker, entries, "to", field)
    zone = _zone(checker, entries["zone"].value, f"{field.key}: zone") if "zone" in entries else None
    if days is None or opens is None or closes is None or zone is None:
        return None
    end = entries["to"].value
    if opens == closes and not (isinstance(end, Scalar) and end.text == _DAY_ENDS):
        checker.add(
            end,
            f"{field.key}: it ends when it begins, so it never opens; for a whole day write from 00:00 to "
            f"{_DAY_ENDS}",
        )
        return None
    return ChangeWindow(days=days, opens=opens, closes=closes, zone=zone)


def _weekdays(checker: Checker, node: Node, field: WindowsField) -> tuple[Weekday, ...] | None:
    known = tuple(day.value for day in Weekday)
    items = checker.each(node, f"{field.key}: days", lambda item, what: checker.choice(item, what, known))
    if items is None:
        return None
    if isinstance(node, Sequence) and not node.items:
        checker.add(
            node,
            f"{field.key}: days: the list is empty, so it never opens; expected some of: {', '.join(known)}",
        )
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
            f"{what}: {quoted(text)} is not a time zone; expected e.g. Europe/Berlin or UTC",
        )
        return None
