"""Turn the files of one directory into samples: one file a command, or whatever each file holds.

Pure; no text raises.  Files that are named after a command are one firewall, named like
the directory (or like what stands before or behind the command in the files' names).  Files
named after a command that is not read are passed over beside them, and named.  Such a file
that is a transcript itself gives its answers to that firewall too.  Every other file
stands for itself (`offline`), but for what an audit kept of the session that its answers were read in.

A firewall of which one file cannot be read is not judged by the others: what is missing
would pass for "not configured".  Every file ends in a sample or in a `Failure`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from asa_transport.asa import command_names
from asa_transport.asa.commands import VERSION
from asa_transport.core.parsing.saved import samples as offline
from asa_transport.core.parsing.saved.samples import Sample, Skipped
from asa_transport.model import SSH_SESSION, CommandOutput, SshFacts, ssh_facts

# As `edges/state/run_folder` names it, and a person who unpacks it.
_SESSION_FILE = SSH_SESSION.replace(" ", "_")
_KNOWN_SHAPES = (
    "known are: one file a command (show_version.txt), a transcript with prompts "
    "('fw# show version'), a 'show tech-support', and pastes of 'show license status'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a directory: its text, or, where it could not be read, why and what to do."""

    path: str
    name: str
    text: str | None = None
    saw: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A file or a firewall that gave no sample."""

    name: str
    did: str
    saw: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one file or one firewall's files gave, and where it was."""

    path: str
    item: Sample | Failure


def samples(
    files: Sequence[File], *, path: str, name: str, at: datetime
) -> tuple[tuple[Found, ...], Skipped]:
    """Return one or more `Found` for a directory, and how many lines were passed over.

    Args:
        files: In the order of their names; none for an empty directory.
        path: Of the directory.
        name: Of the directory, for the firewall whose files are named after commands.
        at: The time that the outputs are given, aware UTC.
    """
    ssh, files = _session_of(files)
    if not files:
        saw, hint = "the directory is empty", "nothing was saved of this firewall; audit it again"
        failure = Failure(name=name, did="reading the directory", saw=saw, hint=hint)
        return (Found(path=path, item=failure),), Skipped()
    devices: dict[str, list[tuple[str, File]]] = {}
    others: list[File] = []
    unread: list[tuple[str, File]] = []
    first = (command_names.of_file(file.name) for file in files)
    hosts = frozenset(named[0] for named in first if named is not None)
    for file in files:
        named = command_names.of_file(file.name, hosts)
        other = command_names.other_of_file(file.name) if named is None else None
        if other is not None and file.text is not None:
            unread.append((other, file))
        elif named is None:
            others.append(file)
        else:
            devices.setdefault(named[0] or name, []).append((named[1], file))
    found: list[Found] = []
    skipped = Skipped()
    for device, own in devices.items():
        # A run's folder of a device holds the answers of this one session.
        items, passed = _of_device(device, own, path=path, at=at, ssh=ssh if device == name else None)
        found.extend(items)
        skipped += passed
    for command, file in unread:
        if offline.is_transcript(file.text or "") or not devices:
            others.append(file)
        else:
            # One more answer of a firewall that is there already is no further firewall.
            skipped += Skipped(commands=(command,))
    for file in others:
        items, passed = _of_file(file, at=at)
        found.extend(items)
        skipped += passed
    return tuple(found), skipped


def _session_of(files: Sequence[File]) -> tuple[SshFacts | None, Sequence[File]]:
    """Return what an audit kept of its session among its answers, and all other files.

    A file of that name that says anything else is one that somebody saved: a log of PuTTY may be called so.
    """
    for file in files:
        if command_names.without_suffix(file.name) == _SESSION_FILE and file.text is not None:
            found = ssh_facts(file.text)
            if found is not None:
                return found, [other for other in files if other is not file]
    return None, files


def _of_device(
    name: str, files: Sequence[tuple[str, File]], *, path: str, at: datetime, ssh: SshFacts | None
) -> tuple[list[Found], Skipped]:
    outputs: list[CommandOutput] = []
    apart: list[Found] = []
    skipped = Skipped()
    for command, file in files:
        if file.text is None:
            failure = Failure(name=name, did=f"reading {file.name}", saw=file.saw, hint=file.hint)
            return [Found(path=path, item=failure)], skipped
        if not offline.is_transcript(file.text):
            outputs.append(offline.output(command, file.text, at=at))
            continue
        reading = offline.read(file.text, name=file.name, at=at)
        skipped += reading.skipped
        if len(reading.samples) == 1 and not reading.samples[0].is_named:
            outputs.extend(reading.samples[0].outputs)
        else:
            apart.extend(Found(path=file.path, item=sample) for sample in reading.samples)
    twice = _asked_twice(outputs)
    if twice is not None:
        hint = "keep one of them, or put each firewall's files into a directory of its own"
        failure = Failure(name=name, did="reading the directory", saw=f"two answers to '{twice}'", hint=hint)
        return [Found(path=path, item=failure), *apart], skipped
    if not outputs:
        return apart, skipped
    place = files[0][1].path if len(files) == 1 else path
    sample = Sample(
        name=name,
        hostname=None,
        outputs=tuple(sorted(outputs, key=lambda output: command_names.KNOWN.index(output.command))),
        is_named=True,
        needs_version=any(output.command == VERSION for output in outputs),
        ssh=ssh,
    )
    return [Found(path=place, item=sample), *apart], skipped


def _asked_twice(outputs: Sequence[CommandOutput]) -> str | None:
    """Return a command with two different answers: nobody knows which of them is the newer one."""
    texts: dict[str, str] = {}
    for output in outputs:
        if texts.setdefault(output.command, output.text) != output.text:
            return output.command
    return None


def _of_file(file: File, *, at: datetime) -> tuple[list[Found], Skipped]:
    did = "reading the file"
    if file.text is None:
        failure = Failure(name=file.name, did=did, saw=file.saw, hint=file.hint)
        return [Found(path=file.path, item=failure)], Skipped()
    reading = offline.read(file.text, name=file.name, at=at)
    if not reading.samples:
        failure = Failure(name=file.name, did=did, saw=reading.saw, hint=_KNOWN_SHAPES)
        return [Found(path=file.path, item=failure)], reading.skipped
    alone = len(reading.samples) == 1
    found = [Found(path=file.path, item=_stemmed(sample, alone=alone)) for sample in reading.samples]
    return found, reading.skipped


def _stemmed(sample: Sample, *, alone: bool) -> Sample:
    """Drop the extension from the name of a file that is one firewall."""
    if not alone or sample.is_named:
        return sample
    return replace(sample, name=command_names.without_suffix(sample.name))
