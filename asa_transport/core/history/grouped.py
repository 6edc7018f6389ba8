"""Tell what changed with equal changes of many devices as one.

Pure.  Two changes are equal where they read the same but for the device's own name.  Where more
than a few of one family differ in more, in dates or in addresses, they are told by what they
have in common, with one of them as the example; the JSON document has each.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, assert_never

from asa_transport.core.history.differences import (
    CoverageFell,
    DeadlineMoved,
    DeviceAnswering,
    DeviceGone,
    DeviceNew,
    DeviceUnreachable,
    Difference,
    FailureChanged,
    FindingChanged,
    FindingCleared,
    FindingNew,
    ProxyChanged,
    TransportChanged,
    VersionChanged,
)
from asa_transport.core.history.wording import beside_common, in_common, sentence
from asa_transport.text import with_words_for

# So many different ones of a family are read one by one; more are not.
_MOST_APART: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How a change is said: whole, what equal ones have in common, and what is one's own beside that."""

    whole: Callable[[Difference], str]
    common: Callable[[Difference], str]
    beside: Callable[[Difference], str]


# Below a heading that names the kind.
UNDER_HEADING: Final = Words(whole=sentence, common=in_common, beside=beside_common)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One change, of one or more devices.

    Attributes:
        example: What changed on one of the devices, where it reads otherwise on each of them.
    """

    said: str
    names: tuple[str, ...]
    example: tuple[str, str] | None = None


def by_kind(
    changes: Iterable[Difference], words: Words = UNDER_HEADING
) -> Iterable[tuple[type[Difference], tuple[Group, ...]]]:
    """Yield each kind of change with its groups; kinds and groups in the order of the changes."""
    for kind, found in groupby(changes, key=type):
        yield kind, grouped(tuple(found), words)


def grouped(changes: Sequence[Difference], words: Words = UNDER_HEADING) -> tuple[Group, ...]:
    """Return the groups; every change is in exactly one of them."""
    families: dict[Hashable, dict[Hashable, list[Difference]]] = {}
    for change in changes:
        families.setdefault(_family(change), {}).setdefault(_same(change), []).append(change)
    groups: list[Group] = []
    for equal in families.values():
        if len(equal) > _MOST_APART:
            groups.append(_group([change for found in equal.values() for change in found], words))
        else:
            groups += (_group(found, words) for found in equal.values())
    return tuple(groups)


def _group(found: Sequence[Difference], words: Words) -> Group:
    first, names = found[0], tuple(change.device for change in found)
    if len(found) == 1:
        return Group(said=words.whole(first), names=names)
    if len({_anyones(change, words.whole(change)) for change in found}) == 1:
        return Group(said=_anyones(first, words.whole(first)), names=names)
    common = _anyones(first, words.common(first))
    return Group(said=common, names=names, example=(first.device, words.beside(first)))


def _same(change: Difference) -> Hashable:
    """Return what equal changes have in common: of findings that is what they found, not what they count."""
    match change:
        case FindingNew() | FindingCleared() if change.finding.values is not None:
            return change.finding.values
        case FindingChanged() if change.before.values is not None and change.after.values is not None:
            return change.before.values, change.after.values
        case _:
            return _anyones(change, sentence(change))


def _anyones(change: Difference, text: str) -> str:
    """Return the text without what is the device's own."""
    own = {"HOST": change.host} if isinstance(change, DeviceUnreachable | FailureChanged) else {}
    return with_words_for(text, {**own, "NAME": change.device})


def _family(change: Difference) -> Hashable:  # noqa: PLR0911 - one a kind
    """Return what changes that belong together have in common."""
    match change:
        case FindingNew() | FindingCleared():
            return change.finding.key, change.finding.severity, change.finding.waived is None
        case FindingChanged():
            was, now = change.before, change.after
            return now.key, was.severity, now.severity, was.waived is None, now.waived is None
        case DeviceUnreachable():
            return change.stage, _anyones(change, change.hint)
        case FailureChanged():
            return change.before, change.after
        case DeviceNew():
            return change.missed
        case DeviceGone() | CoverageFell():
            return None
        case DeviceAnswering():
            return change.was
        case TransportChanged() | VersionChanged():
            return change.before, change.after
        case ProxyChanged():
            return change.place, change.before, change.after
        case DeadlineMoved():
            return change.deadline, change.movement
        case _:
            assert_never(change)
