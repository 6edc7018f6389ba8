"""The list of contents of a capture, `manifest.json`: what was replaced by kind and count, and the judgement.

Pure.  Holds none of the values that were replaced.  What it says of a judgement names nobody: the decision,
each finding with the places that prove it, and the facts that are states, releases and times.

Source: docs/schemas/capture.json, which is made of it; JSON Schema draft 2020-12.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from asa_transport.core.documents import records
from asa_transport.core.documents.schema_parts import Schema, of_document
from asa_transport.model import (
    Audited,
    AuditOutcome,
    DeviceFacts,
    Evidence,
    Expectation,
    ExpectedTransport,
    NotAudited,
    Proxy,
    ProxyPolicy,
    Severity,
    Verdict,
)
from asa_transport.model.fields import NOT_EMPTY, SHA256, WORD, says

SCHEMA: Final = "asa-transport/capture/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedAnswer:
    """One file: a command's answer."""

    name: str = field(metadata=NOT_EMPTY)
    sha256: str = field(metadata=SHA256)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenBy:
    """Where a line stands that proves a finding."""

    command: str = field(metadata=NOT_EMPTY)
    line: int = field(metadata=says(minimum=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFinding:
    """One finding, without its words."""

    rule: str = field(metadata=NOT_EMPTY)
    severity: Severity
    bug: str | None
    evidence: tuple[ProvenBy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedDevice:
    """How one device is judged; `verdict` is null, and `stage` is not, where its answers cannot be read."""

    verdict: Verdict | None
    stage: str | None
    changes: tuple[str, ...] = field(metadata=says(items=WORD))
    findings: tuple[JudgedFinding, ...]
    facts: Mapping[str, str] = field(metadata=says("States, releases and times; no name of anything."))


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedDevice:
    """One firewall of a capture; its answers are in the folder of its name.

    Attributes:
        hostname: What its prompt says; `None` where no answer does.
        pair: The other unit of its pair, as the inventory named it.
        proxy: What was expected: `none`, `any`, or HOST:PORT with another host.
    """

    name: str = field(metadata=NOT_EMPTY)
    hostname: str | None
    pair: str | None
    transport: ExpectedTransport = field(metadata=says("The transport that was expected."))
    proxy: str = field(metadata=says("The proxy that was expected: none, any, or HOST:PORT.", minLength=1))
    answers: tuple[CapturedAnswer, ...]
    judged: JudgedDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacedCount:
    """How many values of a kind were replaced, in how many places."""

    kind: str = field(metadata=NOT_EMPTY)
    values: int = field(metadata=says(minimum=0))
    places: int = field(metadata=says(minimum=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulCount:
    """How many lines had words that nobody can tell; and whether they stayed, or were written in x."""

    lines: int = field(metadata=says(minimum=0))
    words: int = field(metadata=says(minimum=0))
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureManifest:
    """What a capture holds.

    Attributes:
        judged_at: As of when the judgement is, aware UTC: when the run began.
        tool_version: Of the program that made it.
    """

    tool_version: str = field(metadata=NOT_EMPTY)
    judged_at: datetime
    devices: tuple[CapturedDevice, ...]
    replaced: tuple[ReplacedCount, ...]
    doubtful: DoubtfulCount


class MalformedManifest(ValueError):
    """A text is no list of contents; says what is wrong with it."""


def document(manifest: CaptureManifest) -> dict[str, Any]:
    """Return the JSON object."""
    return {"schema": SCHEMA, **records.encode(manifest)}


def read(value: Any) -> CaptureManifest:
    """Return what a JSON value says.

    Raises:
        MalformedManifest: It is none of ours.
    """
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise MalformedManifest(f"expected the key 'schema' to be {SCHEMA!r}")
    try:
        found = records.decode(CaptureManifest, {key: one for key, one in value.items() if key != "schema"})
    except records.WireError as error:
        raise MalformedManifest(str(error)) from error
    names = [device.name for device in found.devices]
    if len(set(names)) != len(names):
        raise MalformedManifest("a device stands there twice")
    return found


def schema() -> Schema:
    """Return the JSON Schema of `manifest.json`."""
    return of_document(SCHEMA, records.schema(CaptureManifest)["properties"])


def proxy_word(expectation: Expectation) -> str:
    """Return what is expected of a proxy, in one word."""
    return str(expectation.proxy)


def expectation_of(device: CapturedDevice) -> Expectation:
    """Return what was expected; a proxy that is none raises MalformedManifest."""
    if device.proxy in {one.value for one in ProxyPolicy}:
        return Expectation(transport=device.transport, proxy=ProxyPolicy(device.proxy))
    host, _, port = device.proxy.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port[:6]) < 65_536:
        raise MalformedManifest(f"{device.name}: the proxy {device.proxy!r:.80} is not HOST:PORT")
    return Expectation(transport=device.transport, proxy=Proxy(host=host, port=int(port)))


def judged_device(outcome: AuditOutcome) -> JudgedDevice:
    """Return how a device was judged, without what names anybody."""
    if isinstance(outcome, NotAudited):
        return JudgedDevice(verdict=None, stage=outcome.stage.value, changes=(), findings=(), facts={})
    return JudgedDevice(
        verdict=None if outcome.decision is None else outcome.decision.verdict,
        stage=None,
        changes=() if outcome.decision is None else tuple(map(str, outcome.decision.changes)),
        findings=_findings(outcome),
        facts=dict(_facts(outcome.facts)),
    )


def _findings(outcome: Audited) -> tuple[JudgedFinding, ...]:
    return tuple(
        JudgedFinding(
            rule=one.rule,
            severity=one.severity,
            bug=one.bug,
            evidence=tuple(map(_place, one.evidence)),
        )
        for one in outcome.findings
    )


def _place(evidence: Evidence) -> ProvenBy:
    # What is asked of a server names it.
    asked = evidence.command.split(" ")
    command = " ".join(asked[:2]) if asked[0] in {"ping", "changeto"} else evidence.command
    return ProvenBy(command=command, line=evidence.line)


def _facts(facts: DeviceFacts) -> Iterator[tuple[str, str]]:
    """Yield the facts that name nobody, each as a text; what the device did not say is left out."""
    transport, registration, authorization = facts.transport, facts.registration, facts.authorization
    contact = authorization.last_contact
    found: dict[str, object] = {
        "version": facts.version,
        "model": facts.model,
        "license_mode": facts.license_mode,
        "reservation": facts.reservation,
        "agent_version": facts.agent_version,
        "transport.type": transport.type,
        "transport.source": transport.source,
        "transport.has_url": transport.url is not None,
        "transport.has_proxy": transport.proxy is not None if transport.proxy_known else None,
        "transport.proxy_source": transport.proxy_source,
        "transport.has_callhome_proxy": transport.callhome_proxy is not None,
        "registration.state": registration.state,
        "registration.export_control": registration.export_control,
        "registration.expires_at": registration.expires_at,
        "authorization.state": authorization.state,
        "authorization.last_contact.result": contact.result,
        "authorization.last_contact.at": contact.at,
        "authorization.next_contact_at": authorization.next_contact_at,
        "authorization.deadline_at": authorization.deadline_at,
        "authorization.deadline_exceeded": authorization.deadline_exceeded,
        "failover.enabled": facts.failover.enabled,
        "failover.unit": facts.failover.unit,
        "failover.state": facts.failover.state,
        "failover.has_mate": facts.failover.mate_serial is not None,
        "cluster.enabled": facts.cluster.enabled,
        "cluster.role": facts.cluster.role,
        "cluster.members": len(facts.cluster.members),
        "context_mode": facts.context_mode,
        "clock": None if facts.clock is None else facts.clock.at,
        "unsaved.state": facts.unsaved.state,
        "startup_license": facts.startup_license,
        "restricted": ", ".join(facts.restricted),
        "chatter": facts.chatter,
        "refused": len(facts.refused),
        "unknown": len(facts.unknown),
        "serial": facts.serial is not None,
        "hostname": facts.hostname is not None,
    }
    for name, value in found.items():
        if value is not None:
            yield name, str(records.encode(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What is judged otherwise of one device; the texts name nobody."""

    device: str
    what: str
    before: str
    after: str


def differences(device: str, before: JudgedDevice, after: JudgedDevice) -> Iterator[Difference]:
    """Yield what two judgements of one device do not have in common."""
    for what, one, other in (
        ("verdict", before.verdict, after.verdict),
        ("stage", before.stage, after.stage),
        ("changes", ", ".join(before.changes), ", ".join(after.changes)),
    ):
        if one != other:
            yield Difference(device=device, what=what, before=_word(one), after=_word(other))
    ours, theirs = (list(map(_finding_text, one.findings)) for one in (before, after))
    for text in dict.fromkeys((*ours, *theirs)):
        if ours.count(text) != theirs.count(text):
            yield Difference(
                device=device,
                what=text,
                before="found" if text in ours else "not found",
                after="found" if text in theirs else "not found",
            )
    for name in sorted(before.facts.keys() | after.facts.keys()):
        one, other = before.facts.get(name), after.facts.get(name)
        if one != other:
            yield Difference(device=device, what=name, before=_word(one), after=_word(other))


def _word(value: object) -> str:
    return "nothing" if value is None or value == "" else str(value)


def _finding_text(finding: JudgedFinding) -> str:
    places = ", ".join(f"{one.command} line {one.line}" for one in finding.evidence)
    named = finding.rule if finding.bug is None else f"{finding.rule} {finding.bug}"
    return f"{named} {finding.severity.value}" + (f" by {places}" if places else "")
