"""Turn saved outputs into outcomes, as a live audit would have: read, find the samples, parse.

The way after the capture is that of an audit, so that both judge alike.  Each sample gets
a device: the inventory's, where its name or the host name that the firewall says is one
of the inventory's, else a made-up one.  Names are unique: the second firewall of a name
is NAME~2.  Nothing is contacted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import assert_never

from asa_transport.core.parsing import parse
from asa_transport.core.parsing.saved import folder as offline_folder
from asa_transport.core.parsing.saved.folder import Failure, File, Found
from asa_transport.core.parsing.saved.samples import Sample, Skipped
from asa_transport.core.parsing.tables import TableSet
from asa_transport.edges.saved_outputs import Folder, Saved, Unread
from asa_transport.errors import ParseError
from asa_transport.flows.audit_device import not_audited
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Capture,
    Device,
    DeviceFacts,
    Expectation,
    NotAudited,
    Stage,
)

# Letters of any language, because files are named in any; no blanks, slashes or controls.
_UNSAFE = re.compile(r"[^\w.:@+-]+")
_LONGEST_NAME = 120
# Not a character of an inventory's names, so that NAME~2 is never another device.
_NUMBERED = "{name}~{number}"


@dataclass(slots=True)
class Namer:
    """Gives every outcome its device; lives for one run.

    Attributes:
        known: The inventory's devices by name; empty without an inventory.
        expect: What is expected of every other one.
    """

    known: Mapping[str, Device]
    expect: Expectation
    matched: set[str] = field(default_factory=set)
    _used: set[str] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict)

    def device(self, path: str, *names: str | None) -> Device:
        """Return a device, not used before, for the first of these names that the inventory knows."""
        given = [safe for name in names if name and (safe := _safe(name))]
        entry = next((self.known[name] for name in given if name in self.known), None)
        if entry is not None:
            self.matched.add(entry.name)
            return replace(entry, name=self._unique(entry.name), host=path)
        return Device(
            name=self._unique(next(iter(given), "sample")),
            host=path,
            port=22,
            username="",
            credential="",
            known_hosts=Path(),
            expect=self.expect,
        )

    def _unique(self, name: str) -> str:
        # The number goes on where it was: a log may hold thousands of logins of one name.
        unique, number = name, self._numbers.get(name, 1)
        while unique in self._used:
            number += 1
            unique = _NUMBERED.format(name=name, number=number)
        self._numbers[name] = number
        self._used.add(unique)
        return unique


def found_in(folder: Folder, at: datetime) -> tuple[tuple[Found, ...], Skipped]:
    """Return what one directory holds; see `offline_folder`."""
    files = tuple(map(_as_file, folder.entries))
    return offline_folder.samples(files, path=folder.path, name=folder.name, at=at)


def outcomes(found: Iterable[Found], tables: TableSet, namer: Namer, at: datetime) -> Iterator[AuditOutcome]:
    """Yield one outcome for each sample and each failure; texts are dropped once they are parsed."""
    for each in found:
        item = each.item
        match item:
            case Sample():
                yield _outcome(item, each.path, tables, namer, at)
            case Failure():
                yield NotAudited(
                    device=namer.device(each.path, item.name),
                    stage=Stage.PARSE,
                    error=f"{item.did}: {item.saw}",
                    hint=item.hint,
                )
            case _:
                assert_never(item)


def without_output(namer: Namer) -> Sequence[str]:
    """Return the inventory's devices of which nothing was saved."""
    return sorted(namer.known.keys() - namer.matched)


def _outcome(sample: Sample, path: str, tables: TableSet, namer: Namer, at: datetime) -> AuditOutcome:
    capture = Capture(device=sample.name, started_at=at, finished_at=at, outputs=sample.outputs)
    try:
        facts = parse.facts(capture, tables, needs_version=sample.needs_version)
    except ParseError as error:
        return not_audited(namer.device(path, *_names(sample, None)), error)
    device = namer.device(path, *_names(sample, facts))
    kept = replace(capture, device=device.name, outputs=())
    return Audited(device=device, capture=kept, facts=facts)


def _names(sample: Sample, facts: DeviceFacts | None) -> tuple[str | None, ...]:
    """Return the names of a sample, the one that it should have first."""
    said = sample.hostname or (facts.hostname if facts is not None else None)
    return (sample.name, said) if sample.is_named else (said, sample.name)


def _as_file(entry: Saved | Unread) -> File:
    match entry:
        case Saved():
            return File(path=entry.path, name=entry.name, text=entry.text)
        case Unread():
            return File(path=entry.path, name=entry.name, saw=entry.saw, hint=entry.hint)
        case _:
            assert_never(entry)


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name)[:_LONGEST_NAME].strip("_")
