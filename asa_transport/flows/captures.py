"""Make a capture of the answers that a run kept, and check one: is it judged alike, and names it nobody?

Contacts nothing, stores nothing but the file that is asked for.  The judgement is that of `analyze`, by the
default policy and the catalogue of this release, as of when the run was judged: what a policy of one's own,
exceptions and waivers say stays at home.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from asa_transport._version import __version__
from asa_transport.asa.version import train_of
from asa_transport.core.captures.leaks import Leak, leaks
from asa_transport.core.captures.redact import Answers, DoubtfulLine, Redacted, redacted
from asa_transport.core.documents import capture
from asa_transport.core.documents.audit import in_order
from asa_transport.core.documents.capture import (
    CapturedAnswer,
    CapturedDevice,
    CaptureManifest,
    Difference,
    DoubtfulCount,
    JudgedDevice,
    MalformedManifest,
    ReplacedCount,
)
from asa_transport.core.judgement.judge import Standard, judged
from asa_transport.core.judgement.select import select
from asa_transport.edges import capture_file
from asa_transport.edges.capture_file import MANIFEST
from asa_transport.edges.saved_outputs import Folder, Saved
from asa_transport.edges.state import kept_answers
from asa_transport.errors import UserError, in_words
from asa_transport.files import bugs as catalogue
from asa_transport.files.pattern_file import read_pattern_file
from asa_transport.flows import analyze
from asa_transport.flows.history import report_of
from asa_transport.flows.inputs import StateLocation
from asa_transport.flows.own_templates import parsing_tables
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Device,
    Expectation,
    NotAudited,
    Policy,
    Proxy,
    Stage,
)

_SECRET_BYTES: Final = 32
_SUFFIX: Final = ".txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """What a run kept of the devices that are meant.

    Attributes:
        answers: By device and file, of those that gave any.
        judged_at: As of when the run was judged, aware UTC.
    """

    id: str
    devices: tuple[Device, ...]
    answers: Answers
    judged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A capture that was made.

    Attributes:
        differences: What is judged otherwise in it than in the answers.
        without_answers: Devices that are meant, and of which the run kept nothing.
    """

    manifest: CaptureManifest
    files: Mapping[str, bytes]
    doubtful: tuple[DoubtfulLine, ...]
    differences: tuple[Difference, ...]
    without_answers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a capture is found to be.

    Attributes:
        leaks: Where something of a run stands in it; `None` where it was compared with none.
    """

    manifest: CaptureManifest
    differences: tuple[Difference, ...]
    leaks: tuple[Leak, ...] | None


def kept_run(location: StateLocation, name: str, limit: Sequence[str] = ()) -> KeptRun:
    """Return what a run kept.

    Args:
        name: Its id, the beginning of one, or `last`, the newest audit.
        limit: Patterns as of `--limit`.

    Raises:
        UserError: There is no such run, or it kept no answers here.
    """
    found, report = report_of(location, name)
    devices = select(report.devices, limit, read_pattern_file)
    folder = location.directory / "runs" / found.id
    answers = kept_answers.read(folder, {device.name for device in devices})
    if not answers:
        raise UserError(
            f"run {found.id}: {folder} has no answers of these devices; "
            "export it where it was made, or audit again"
        )
    return KeptRun(id=found.id, devices=tuple(devices), answers=answers, judged_at=report.now)


def export(kept: KeptRun, *, keep_doubtful: bool = False, secret: bytes | None = None) -> Export:
    """Return a capture of a run.

    Args:
        keep_doubtful: Leave words as they are that nobody can tell.
        secret: What stand-ins follow from; `None` for random bytes, which are forgotten.
    """
    devices = tuple(device for device in kept.devices if device.name in kept.answers)
    made = redacted(
        kept.answers,
        names=dict.fromkeys(name for device in kept.devices for name in _names(device)),
        secret=secrets.token_bytes(_SECRET_BYTES) if secret is None else secret,
        keep_doubtful=keep_doubtful,
    )
    others = tuple(_redacted_device(device, made.names) for device in devices)
    before = _judged(kept.answers, devices, kept.judged_at)
    after = _judged(made.answers, others, kept.judged_at)
    differing = (
        capture.differences(other.name, before[device.name][0], after[other.name][0])
        for device, other in zip(devices, others, strict=True)
    )
    manifest = CaptureManifest(
        tool_version=__version__,
        judged_at=kept.judged_at.replace(microsecond=0),
        devices=tuple(
            _captured(other, made.answers[other.name], before[device.name][0], after[other.name][1])
            for device, other in sorted(zip(devices, others, strict=True), key=lambda pair: pair[1].name)
        ),
        replaced=tuple(
            ReplacedCount(kind=one.kind.value, values=one.values, places=one.places) for one in made.replaced
        ),
        doubtful=_doubtful_count(made, keep_doubtful),
    )
    return Export(
        manifest=manifest,
        files=_files(manifest, made.answers),
        doubtful=made.doubtful,
        differences=tuple(one for each in differing for one in each),
        without_answers=tuple(one.name for one in kept.devices if one.name not in kept.answers),
    )


def zipped(made: Export) -> bytes:
    """Return the capture as a zip; the same capture gives the same bytes."""
    return capture_file.zipped(made.files)


def check(path: Path, against: KeptRun | None = None) -> Checked:
    """Return what a capture is found to be.

    Args:
        path: A zip, or the folder that was unpacked from it.
        against: A run, of which nothing may be in it.

    Raises:
        UserError: It is no capture, or not as it was made.
    """
    manifest, answers = opened(path)
    found = judged_again(manifest, answers)
    differing = (capture.differences(one.name, one.judged, found[one.name]) for one in manifest.devices)
    return Checked(
        manifest=manifest,
        differences=tuple(one for each in differing for one in each),
        leaks=None if against is None else tuple(_leaks(against, answers, manifest)),
    )


def judged_again(manifest: CaptureManifest, answers: Answers) -> dict[str, JudgedDevice]:
    """Return how the devices of a capture are judged by these answers, with this release."""
    devices = tuple(_device(one.name, one.pair, capture.expectation_of(one)) for one in manifest.devices)
    found = _judged(answers, devices, manifest.judged_at)
    return {name: judgement for name, (judgement, _) in found.items()}


def opened(path: Path) -> tuple[CaptureManifest, Answers]:
    """Return what a capture holds, each answer as it was when it was made; errors as of `check`."""
    files = capture_file.read(path)
    manifest = _manifest(path, files)
    try:
        for one in manifest.devices:
            capture.expectation_of(one)
    except MalformedManifest as error:
        raise UserError(f"{path}: {MANIFEST}: {error}") from error
    return manifest, _answers(path, manifest, files)


def _leaks(against: KeptRun, answers: Answers, manifest: CaptureManifest) -> Iterator[Leak]:
    names = [name for device in against.devices for name in _names(device)]
    texts = {
        f"{device}/{file}{_SUFFIX}": text for device, files in answers.items() for file, text in files.items()
    }
    # Its own words are keys and states; of what it says of devices, each value stands in an answer too.
    texts[MANIFEST] = "\n".join(
        (
            manifest.tool_version,
            *(one.kind for one in manifest.replaced),
            *(
                text
                for one in manifest.devices
                for text in (one.name, one.hostname or "", one.pair or "", one.proxy)
            ),
        )
    )
    return leaks(against.answers, names, texts, are_words_kept=manifest.doubtful.kept)


def _names(device: Device) -> Iterator[str]:
    yield from (device.name, device.host)
    yield from (one for one in (device.pair, device.username) if one)
    if isinstance(device.expect.proxy, Proxy):
        yield device.expect.proxy.host


def _redacted_device(device: Device, names: Mapping[str, str]) -> Device:
    expect = device.expect
    if isinstance(expect.proxy, Proxy):
        expect = replace(expect, proxy=replace(expect.proxy, host=names[expect.proxy.host]))
    return _device(names[device.name], device.pair and names[device.pair], expect)


def _device(name: str, pair: str | None, expect: Expectation) -> Device:
    return Device(
        name=name,
        host=name,
        port=22,
        username="",
        credential="",
        known_hosts=Path(),
        pair=pair,
        expect=expect,
    )


def _judged(
    answers: Answers, devices: Sequence[Device], at: datetime
) -> dict[str, tuple[JudgedDevice, str | None]]:
    """Return by device how it is judged, and its host name."""
    tables = parsing_tables(None)
    plain = tuple(_device(device.name, device.pair, device.expect) for device in devices)
    namer = analyze.Namer(known={device.name: device for device in plain}, expect=Expectation())
    found = {}
    for device in plain:
        items, _ = analyze.found_in(_folder(device.name, answers[device.name]), at)
        outcomes = {one.device.name: one for one in analyze.outcomes(items, tables, namer, at)}
        found[device.name] = _own(device, outcomes)
    standard = Standard(
        policy=Policy(),
        catalogue=catalogue.load(None, train_of=train_of).bugs,
        exemptions=(),
        now=at,
    )
    return {
        outcome.device.name: (capture.judged_device(outcome), _hostname(outcome))
        for outcome in judged(in_order(plain, tuple(found.values())), standard)
    }


def _own(device: Device, outcomes: Mapping[str, AuditOutcome]) -> AuditOutcome:
    outcome = outcomes.get(device.name)
    if outcome is None:
        return NotAudited(device=device, stage=Stage.PARSE, error="its answers are no outputs", hint="")
    return replace(outcome, device=device)


def _hostname(outcome: AuditOutcome) -> str | None:
    return outcome.facts.hostname if isinstance(outcome, Audited) else None


def _folder(name: str, files: Mapping[str, str]) -> Folder:
    entries = tuple(
        Saved(path=f"{name}/{file}", name=f"{file}{_SUFFIX}", text=text)
        for file, text in sorted(files.items())
    )
    return Folder(path=name, name=name, entries=entries)


def _captured(
    device: Device, files: Mapping[str, str], judgement: JudgedDevice, hostname: str | None
) -> CapturedDevice:
    return CapturedDevice(
        name=device.name,
        hostname=hostname,
        pair=device.pair,
        transport=device.expect.transport,
        proxy=str(device.expect.proxy),
        answers=tuple(
            CapturedAnswer(name=f"{file}{_SUFFIX}", sha256=hashlib.sha256(text.encode()).hexdigest())
            for file, text in sorted(files.items())
        ),
        judged=judgement,
    )


def _doubtful_count(made: Redacted, keep_doubtful: bool) -> DoubtfulCount:
    return DoubtfulCount(
        lines=len(made.doubtful), words=sum(len(one.words) for one in made.doubtful), kept=keep_doubtful
    )


def manifest_text(manifest: CaptureManifest) -> str:
    """Return the list of contents as its file has it."""
    return json.dumps(capture.document(manifest), indent=1, ensure_ascii=False) + "\n"


def _files(manifest: CaptureManifest, answers: Answers) -> dict[str, bytes]:
    found = {MANIFEST: manifest_text(manifest).encode()}
    for device, files in answers.items():
        found.update({f"{device}/{file}{_SUFFIX}": text.encode() for file, text in files.items()})
    return found


def _manifest(path: Path, files: Mapping[str, bytes]) -> CaptureManifest:
    try:
        value: Any = json.loads(files[MANIFEST], object_pairs_hook=_once)
    except KeyError as error:
        raise UserError(f"{path}: this is no capture: there is no {MANIFEST} in it") from error
    except _Twice as error:
        raise UserError(f"{path}: {MANIFEST}: the key {error} stands there twice; export it again") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: {MANIFEST} is not JSON: {in_words(error)}") from error
    try:
        return capture.read(value)
    except MalformedManifest as error:
        raise UserError(f"{path}: {MANIFEST}: {error}") from error


class _Twice(ValueError):
    """A key is in an object twice; the text is the key."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; of two values of a key, one would be in it and looked at by nobody."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(f"{key!r:.80}")
        found[key] = value
    return found


def _answers(path: Path, manifest: CaptureManifest, files: Mapping[str, bytes]) -> Answers:
    """Return the answers, each exactly as it was when the capture was made."""
    found: dict[str, dict[str, str]] = {}
    named = set(_paths(manifest))
    for name in sorted(files.keys() ^ {MANIFEST, *(one for one, _ in named)}):
        where = "is in it and not in" if name in files else "is named by"
        raise UserError(f"{path}: {name!r:.120} {where} {MANIFEST}; export it again")
    for name, digest in sorted(named):
        if hashlib.sha256(files[name]).hexdigest() != digest:
            raise UserError(f"{path}: {name!r:.120} was changed since it was made; export it again")
        device, _, file = name.partition("/")
        found.setdefault(device, {})[file.removesuffix(_SUFFIX)] = files[name].decode("utf-8", "replace")
    return {**{one.name: {} for one in manifest.devices}, **found}


def _paths(manifest: CaptureManifest) -> Iterable[tuple[str, str]]:
    for device in manifest.devices:
        yield from ((f"{device.name}/{answer.name}", answer.sha256) for answer in device.answers)
