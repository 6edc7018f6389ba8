"""Read `policy.yaml`: what the user decided once for the whole fleet.

Guarantees every problem at once with its line and column, unknown keys refused, and
for a key that is left out the default of `Policy`.  Without a file, all defaults.
Never looks for a file by itself.

Source: CONTRACT §2 (`--policy`), §6; policy.example.yaml documents every key.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, assert_never

from asa_transport.errors import PolicyError
from asa_transport.files import push_policy, yamltext
from asa_transport.files.fields import boolean, span
from asa_transport.files.plainfile import read_plain
from asa_transport.files.policy_fields import (
    FIELDS,
    MAX_SIZES,
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
from asa_transport.files.read import Checker, quoted, seen, why_unreadable
from asa_transport.files.yamltext import Entry, Node, Sequence
from asa_transport.model import (
    DayThresholds,
    Policy,
    Problem,
    SessionCaps,
    WavePolicy,
    WaveSize,
)
from asa_transport.model.campaign import MAX_DEVICES

_KEYS: Final = tuple(field.key for field in FIELDS)
# A threshold of less than a quarter of an hour would be a mistake of units.
_LEAST_DAYS: Final = 0.01
# A number of devices, or a percentage; ten digits bound the conversion.
_SIZE: Final = re.compile(r"([1-9][0-9]{0,9})(%?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPolicy:
    """A policy and the digest that a report carries: of the file's bytes, or of the defaults as JSON."""

    policy: Policy
    sha256: str


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
    policy = _policy(checker, document.root, path.parent)
    if checker.problems:
        raise PolicyError(checker.problems)
    return LoadedPolicy(policy=policy, sha256=hashlib.sha256(data).hexdigest())


def _policy(checker: Checker, root: Node, folder: Path) -> Policy:
    top = checker.mapping(root, "policy")
    if top is None:
        return Policy()
    entries = checker.fields(top, _KEYS, "policy")
    given: dict[str, Any] = {}
    for field in FIELDS:
        if field.key in entries:
            value = _value(checker, entries[field.key].value, field, folder)
            if value is not None:
                given[attribute_of(field)] = value
    policy = Policy(**given)
    if policy.approvals and policy.allowed_signers is None:
        # A file that is named and cannot be used has its own problem; this one stays true.
        checker.add(
            entries["approvals"].value,
            f"approvals: {policy.approvals}, and no allowed_signers to check them with; name that file",
        )
    return policy


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
            return push_policy.budget(checker, node, field)
        case WindowsField():
            return push_policy.windows(checker, node, field)
        case ChoiceField():
            text = checker.choice(node, field.key, tuple(member.value for member in field.kind))
            return None if text is None else field.kind(text)
        case CountField():
            return checker.number(node, field.key, low=field.low, high=field.high)
        case FileField():
            return None if push_policy.is_null(node) else _path(checker, node, field, folder)
        case PeopleField():
            return push_policy.people(checker, node, field)
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
