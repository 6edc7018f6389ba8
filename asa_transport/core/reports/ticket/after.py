"""Say what stands on the firewalls after a push, as it was read then, and what is left to a person.

Pure.  Nothing here is taken from the plan: a line that was to be sent is not one that was read.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from asa_transport.core.reports.push_record import Became, PushRecord
from asa_transport.core.reports.ticket.content import After, Said

_READ: Final = {
    (False, False): "Nothing was read after the first line.",
    (True, False): "The licence block is the same as before.",
    (True, True): "The licence block differs from before:",
}
# Outcomes after which no line of the push is in force.
_AS_BEFORE = frozenset({"refused", "rolled-back", "not-reached", "failed"})
_IN_DOUBT = frozenset({"unknown", "rollback-failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """The last answers of one firewall before and after the first line; `None` where there is none."""

    config_before: str | None = None
    config_after: str | None = None
    status_before: str | None = None
    status_after: str | None = None


def after_change(devices: Sequence[Became], readings: Mapping[str, Readings]) -> tuple[After, ...]:
    """Return what was read on each device that something was sent to, in their order."""
    return tuple(
        After(
            name=one.name,
            is_read=(found := readings.get(one.name, Readings())).config_after is not None,
            config=_difference(found.config_before, found.config_after, context=1000),
            status=_difference(found.status_before, found.status_after, context=0),
        )
        for one in devices
        if one.lines
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAlike:
    """What was read on several devices alike: a sentence, and how their licence block differs."""

    words: str
    config: str
    names: tuple[str, ...]


def read_alike(after: Sequence[After]) -> tuple[ReadAlike, ...]:
    """Group the devices by what was read on them; those where nothing was read come first."""
    alike: dict[tuple[bool, str], list[str]] = {}
    for one in after:
        alike.setdefault((one.is_read, one.config), []).append(one.name)
    return tuple(
        ReadAlike(words=_READ[is_read, bool(config)], config=config, names=tuple(names))
        for (is_read, config), names in sorted(alike.items(), key=lambda item: (item[0][0], -len(item[1])))
    )


def left_to_do(record: PushRecord) -> tuple[Said, ...]:
    """Return what a person has to do now, the most urgent first, with the devices that it is about."""
    return tuple(Said(text=text, names=names) for text, names in _tasks(record) if names)


def _tasks(record: PushRecord) -> Iterator[tuple[str, tuple[str, ...]]]:
    def those(wanted: Iterable[Became]) -> tuple[str, ...]:
        return tuple(one.name for one in wanted)

    devices = record.devices
    applied = [one for one in devices if one.outcome == "applied"]
    yield (
        f"run 'asa-transport resume {record.id}', which reads the device first; if that fails, log in and "
        "read 'show running-config license'. Do not reload it",
        those(one for one in devices if one.outcome == "unknown"),
    )
    yield (
        "log in, compare 'show running-config license' with the plan, and restore the configuration by hand. "
        "Do not reload it",
        those(one for one in devices if one.outcome == "rollback-failed"),
    )
    yield (
        "the change is in force only until the next reload: log in, check, and send 'write memory'",
        those(one for one in applied if not one.saved),
    )
    yield (
        "no licence contact has proven the change: check that the last contact SUCCEEDED, before the "
        "deadline",
        those(one for one in applied if one.verified != "contact"),
    )
    yield (
        "the startup configuration has neither the licence block of before nor the intended one: compare "
        "by hand",
        those(one for one in devices if one.startup == "other" and one.outcome not in _IN_DOUBT),
    )
    yield (
        "no part of this change is in force on the device: remove the cause, then make another plan",
        those(one for one in devices if one.outcome in _AS_BEFORE),
    )
    yield (
        "audit the device, and see what changed: 'asa-transport audit', 'asa-transport diff'",
        those(one for one in devices if one.lines),
    )


def _difference(before: str | None, after: str | None, *, context: int) -> str:
    """Return a unified diff without its heads; empty where nothing differs or one is not there."""
    if before is None or after is None:
        return ""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=context)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
