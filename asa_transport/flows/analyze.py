"""Turn saved outputs into outcomes, as a live audit would have: read, find the samples, parse.

The way after the capture is that of an audit, so that both judge alike.  Each sample gets
a device: the inventory's, where its name or the host name that the firewall says is one
of the inventory's, else a made-up one.  Names are unique: the second firewall of a name
is NAME~2.  Nothing is contacted.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, assert_never

from asa_transport._version import __version__
from asa_transport.core.documents.audit import Run, in_order
from asa_transport.core.history.run_end import audit_end
from asa_transport.core.judgement.judge import cases, judged
from asa_transport.core.judgement.select import select
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.saved import folder as offline_folder
from asa_transport.core.parsing.saved.folder import Failure, File, Found
from asa_transport.core.parsing.saved.samples import Sample, Skipped
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.reports.report import Report
from asa_transport.edges import saved_outputs
from asa_transport.edges.saved_outputs import Folder, Saved, Unread
from asa_transport.edges.state.run_folder import new_run_id
from asa_transport.errors import ParseError, UserError
from asa_transport.files.pattern_file import read_pattern_file
from asa_transport.flows.audit_device import not_audited
from asa_transport.flows.inputs import Files
from asa_transport.flows.own_templates import parsing_tables
from asa_transport.flows.standard import LoadedStandard
from asa_transport.flows.standard import read as read_standard
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Capture,
    Device,
    DeviceFacts,
    Expectation,
    Inventory,
    NotAudited,
    ProxyPolicy,
    Severity,
    Stage,
)
from asa_transport.text import printable

# Letters of any language, because files are named in any; no blanks, slashes or controls.
_UNSAFE = re.compile(r"[^\w.:@+-]+")
_LONGEST_NAME = 120
# Not a character of an inventory's names, so that NAME~2 is never another device.
_NUMBERED = "{name}~{number}"


_MOST_NAMES: Final = 10
_EXPECTED: Final = Expectation(proxy=ProxyPolicy.ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What saved outputs say, and what a person should know of how they were read.

    Attributes:
        remarks: A sentence each: what was passed over, of which devices nothing was saved.
    """

    report: Report
    remarks: tuple[str, ...]


def analyze(
    paths: Sequence[str | Path],
    *,
    inventory: Inventory | None = None,
    inventory_name: str | None = None,
    expect: Expectation = _EXPECTED,
    limit: Sequence[str] = (),
    standard: LoadedStandard | None = None,
    fail_on: Severity = Severity.MEDIUM,
    textfsm: Path | None = None,
    stdin: BinaryIO | None = None,
) -> Analysis:
    """Judge saved outputs as an audit would; contacts nothing and stores nothing.

    Args:
        paths: Files, directories and archives; `-` is `stdin`.
        inventory: What is expected of a firewall whose host name or file name is one of it.
        inventory_name: What the report calls it; `None` for its path.
        expect: Expected of every other firewall.
        limit: Patterns as of `--limit`, of the names that the firewalls were found to have.
        standard: What is judged by; `None` for the files beside the inventory, or in the current
            directory, else safe defaults.
        textfsm: A directory of templates that are searched before ours.

    Raises:
        UserError: A path does not exist, or another file is not usable.
    """
    started_at = datetime.now(UTC)
    known = standard or _standard(inventory, started_at)
    devices = () if inventory is None else inventory.devices
    namer = Namer(known={device.name: device for device in devices}, expect=expect)
    reading = _read(list(map(str, paths)), parsing_tables(textfsm), namer, stdin)
    chosen = select([outcome.device for outcome in reading.outcomes], limit, read_pattern_file)
    names = {device.name for device in chosen}
    mine = tuple(outcome for outcome in reading.outcomes if outcome.device.name in names)
    name = inventory_name or ("" if inventory is None else str(inventory.path))
    return Analysis(
        report=_report(mine, started_at, known, name, fail_on),
        remarks=tuple(_remarks(reading.skipped, reading.chatter, without_output(namer))),
    )


def read_saved(
    paths: Sequence[str | Path], tables: TableSet, stdin: BinaryIO | None
) -> tuple[AuditOutcome, ...]:
    """Return what was saved of each firewall, with its answers; arguments and errors as of `analyze`."""
    namer = Namer(known={}, expect=_EXPECTED)
    return _read(list(map(str, paths)), tables, namer, stdin, keep=True).outcomes


def _standard(inventory: Inventory | None, now: datetime) -> LoadedStandard:
    # When these clocks were read is not known, so no clock is called wrong.
    beside = Path("inventory.yaml") if inventory is None else inventory.path
    return read_standard(beside, Files(), now=now, is_now_given=False)


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
            # What is handed over is judged, whether the inventory would have it asked or not.
            return replace(entry, name=self._unique(entry.name), host=path, enabled=True)
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


def outcomes(
    found: Iterable[Found], tables: TableSet, namer: Namer, at: datetime, *, keep: bool = False
) -> Iterator[AuditOutcome]:
    """Yield one outcome for each sample and each failure; texts are dropped once they are parsed.

    Args:
        keep: Leave the texts in the outcomes.
    """
    for each in found:
        item = each.item
        match item:
            case Sample():
                yield _outcome(item, each.path, tables, namer, at, keep=keep)
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


def _outcome(
    sample: Sample, path: str, tables: TableSet, namer: Namer, at: datetime, *, keep: bool
) -> AuditOutcome:
    capture = Capture(
        device=sample.name, started_at=at, finished_at=at, outputs=sample.outputs, ssh=sample.ssh
    )
    try:
        facts = parse.facts(capture, tables, needs_version=sample.needs_version)
    except ParseError as error:
        return not_audited(namer.device(path, *_names(sample, None)), error)
    device = namer.device(path, *_names(sample, facts))
    kept = replace(capture, device=device.name, outputs=capture.outputs if keep else ())
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What the paths held; `chatter` are lines that the firewalls printed unasked."""

    outcomes: tuple[AuditOutcome, ...]
    skipped: Skipped
    chatter: int


def _read(
    paths: Sequence[str], tables: TableSet, namer: Namer, stdin: BinaryIO | None, *, keep: bool = False
) -> _Reading:
    if stdin is None and saved_outputs.STDIN in paths:
        raise UserError(f"{saved_outputs.STDIN}: there is no standard input; give a file or a directory")
    at = datetime.now(UTC)
    found: list[AuditOutcome] = []
    skipped = Skipped()
    for folder in saved_outputs.read(paths, io.BytesIO() if stdin is None else stdin):
        items, passed = found_in(folder, at)
        found.extend(outcomes(items, tables, namer, at, keep=keep))
        skipped += passed
    chatter = sum(outcome.facts.chatter for outcome in found if isinstance(outcome, Audited))
    return _Reading(outcomes=tuple(found), skipped=skipped, chatter=chatter)


def _remarks(skipped: Skipped, chatter: int, missing: Sequence[str]) -> Iterator[str]:
    counts = {
        "prose": skipped.prose,
        "configuration": skipped.configuration,
        "other commands": skipped.other,
    }
    shown = dict.fromkeys(printable(command, limit=60) for command in skipped.commands)
    parts = [f"{count} of {what}" for what, count in counts.items() if count]
    if parts:
        yield f"lines passed over: {', '.join(parts)}"
    if shown:
        yield f"commands passed over: {_some(list(shown))}"
    if chatter:
        yield f"lines passed over that the firewalls printed unasked: {chatter}"
    if missing:
        yield f"nothing was saved of {len(missing)} devices of the inventory: {_some(missing)}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")


def _report(
    found: Sequence[AuditOutcome],
    started_at: datetime,
    standard: LoadedStandard,
    inventory: str,
    fail_on: Severity,
) -> Report:
    devices = tuple(outcome.device for outcome in found)
    ordered = judged(in_order(devices, found), standard.standard)
    return Report(
        run=Run(
            id=new_run_id(started_at),
            kind="analyze",
            started_at=started_at,
            finished_at=datetime.now(UTC),
            tool_version=__version__,
            inventory=inventory,
            policy_sha256=standard.policy_sha256,
            exit_code=audit_end(ordered, fail_on),
        ),
        devices=devices,
        outcomes=ordered,
        cases=cases(ordered, standard.standard),
        now=standard.standard.now,
        fail_on=fail_on,
    )
