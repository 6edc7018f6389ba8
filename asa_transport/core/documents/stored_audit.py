"""Read the audit document of a stored run, as far as a change ticket needs it.

Pure.  A document of another shape is a ValueError that names the place; nothing is guessed.

Source: docs/schemas/audit.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from asa_transport.core.documents.records import in_json
from asa_transport.model import Severity

_SCHEMA: Final = "asa-transport/audit/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One finding; `evidence` are (command, line number, text)."""

    rule: str
    severity: Severity
    title: str
    detail: str
    remedy: str
    bug: str | None
    evidence: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One device that was audited; `verdict` is `None` where it was not judged."""

    name: str
    host: str
    hostname: str | None
    model: str | None
    version: str | None
    findings: tuple[Found, ...]
    verdict: str | None
    changes: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """One device that could not be audited."""

    name: str
    host: str
    stage: str
    error: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRun:
    """One run; times as the document has them."""

    id: str
    started_at: str
    finished_at: str
    tool_version: str
    inventory: str
    policy_sha256: str
    seen: tuple[Seen, ...]
    missed: tuple[Missed, ...]


def read(document: Mapping[str, Any]) -> AuditRun:
    """Return the run that the document tells of.

    Raises:
        ValueError: It is no audit document, or a part of it is missing or of the wrong type.
    """
    if document.get("schema") != _SCHEMA:
        raise ValueError(f"schema is {in_json(document.get('schema'))}; expected {_SCHEMA!r}")
    run = _map(document, "run")
    devices = [_map({"device": one}, "device") for one in _list(document, "devices")]
    seen = tuple(_seen(one) for one in devices if _text(one, "outcome") == "audited")
    missed = tuple(_missed(one) for one in devices if one["outcome"] == "not-audited")
    if len(seen) + len(missed) != len(devices):
        raise ValueError("a device's outcome is neither 'audited' nor 'not-audited'")
    return AuditRun(
        id=_text(run, "id"),
        started_at=_text(run, "started_at"),
        finished_at=_text(run, "finished_at"),
        tool_version=_text(run, "tool_version"),
        inventory=_text(run, "inventory"),
        policy_sha256=_text(run, "policy_sha256"),
        seen=seen,
        missed=missed,
    )


def _seen(device: Mapping[str, Any]) -> Seen:
    facts, decision = _map(device, "facts"), device.get("decision")
    judged = {"verdict": None, "changes": [], "reasons": []} if decision is None else _map(device, "decision")
    return Seen(
        name=_text(device, "name"),
        host=_text(device, "host"),
        hostname=_maybe(facts, "hostname"),
        model=_maybe(facts, "model"),
        version=_maybe(facts, "version"),
        findings=tuple(_found(_map({"finding": one}, "finding")) for one in _list(device, "findings")),
        verdict=_maybe(judged, "verdict"),
        changes=_texts(judged, "changes"),
        reasons=_texts(judged, "reasons"),
    )


def _found(finding: Mapping[str, Any]) -> Found:
    lines = [_map({"evidence": one}, "evidence") for one in _list(finding, "evidence")]
    return Found(
        rule=_text(finding, "rule"),
        severity=Severity(_text(finding, "severity")),
        title=_text(finding, "title"),
        detail=_text(finding, "detail"),
        remedy=_text(finding, "remedy"),
        bug=_maybe(finding, "bug"),
        evidence=tuple((_text(one, "command"), _number(one, "line"), _text(one, "text")) for one in lines),
    )


def _missed(device: Mapping[str, Any]) -> Missed:
    return Missed(
        name=_text(device, "name"),
        host=_text(device, "host"),
        stage=_text(device, "stage"),
        error=_text(device, "error"),
        hint=_text(device, "hint"),
    )


def _map(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = holder.get(key)
    if not isinstance(value, Mapping):
        raise ValueError(f"{key}: expected an object")
    return value


def _list(holder: Mapping[str, Any], key: str) -> list[Any]:
    value = holder.get(key)
    if not isinstance(value, list):
        raise ValueError(f"{key}: expected a list")
    return value


def _text(holder: Mapping[str, Any], key: str) -> str:
    value = _maybe(holder, key)
    if value is None:
        raise ValueError(f"{key}: expected a text")
    return value


def _maybe(holder: Mapping[str, Any], key: str) -> str | None:
    value = holder.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key}: expected a text or null")
    return value


def _number(holder: Mapping[str, Any], key: str) -> int:
    value = holder.get(key)
    if not isinstance(value, int):
        raise ValueError(f"{key}: expected a whole number")
    return value


def _texts(holder: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = _list(holder, key)
    if not all(isinstance(one, str) for one in found):
        raise ValueError(f"{key}: expected a list of texts")
    return tuple(found)
