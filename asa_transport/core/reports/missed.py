"""Devices that could not be audited, equal failures of many of them as one.

Pure.  Two failures are equal where they differ in nothing but the device's own address, port and
name.  Where very many differ in more, a host key's fingerprint perhaps, and have one
remedy, they are told by that remedy, with one of them as the example.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from asa_transport.model import Device, NotAudited, Stage
from asa_transport.text import with_words_for

# So many different failures with one remedy are read one by one; more are not.
_MOST_APART: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """One failure, of one or more devices.

    Attributes:
        error: As it was said of the device; of several, with `HOST`, `PORT` and `NAME` in place of what is
            each one's own.
        is_example: Whether the others failed with other words, and share the hint alone.
    """

    stage: Stage
    error: str
    hint: str
    names: tuple[str, ...]
    is_example: bool = False


def missed(outcomes: Iterable[NotAudited]) -> tuple[Missed, ...]:
    """Return the failures, by stage, the most common first; every outcome is in exactly one of them."""
    equal: defaultdict[tuple[Stage, str, str], list[NotAudited]] = defaultdict(list)
    for outcome in outcomes:
        error, hint = (_inert(text, outcome.device) for text in (outcome.error, outcome.hint))
        equal[outcome.stage, error, hint].append(outcome)
    by_remedy: defaultdict[tuple[Stage, str], list[list[NotAudited]]] = defaultdict(list)
    for (stage, _, hint), group in equal.items():
        by_remedy[stage, hint].append(group)
    found: list[Missed] = []
    for groups in by_remedy.values():
        if len(groups) > _MOST_APART:
            found.append(_as_one([outcome for group in groups for outcome in group], is_example=True))
        else:
            found += [_as_one(group, is_example=False) for group in groups]
    stages = list(Stage)
    return tuple(sorted(found, key=lambda one: (stages.index(one.stage), -len(one.names), one.names[0])))


def _as_one(group: Sequence[NotAudited], *, is_example: bool) -> Missed:
    first, devices = group[0], [outcome.device for outcome in group]
    # A port that all of them have is worth more than a word.
    differing = tuple(word for word, own in _OWN.items() if len({own(device) for device in devices}) > 1)
    return Missed(
        stage=first.stage,
        error=first.error if is_example else _inert(first.error, first.device, differing),
        hint=_inert(first.hint, first.device, differing),
        names=tuple(sorted(outcome.name for outcome in group)),
        is_example=is_example,
    )


_OWN: Final[Mapping[str, Callable[[Device], str]]] = {
    "HOST": lambda device: device.host,
    "NAME": lambda device: device.name,
    "PORT": lambda device: f"{device.port}",
}


def _inert(text: str, device: Device, words: Iterable[str] = tuple(_OWN)) -> str:
    return with_words_for(text, {word: _OWN[word](device) for word in words})
