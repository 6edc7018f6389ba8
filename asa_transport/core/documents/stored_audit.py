"""Read the audit document of a stored run, as far as a change ticket needs it.

Pure.  A document of another shape is a ValueError that names the place; nothing is guessed.

Source: docs/schemas/audit.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from asa_transport.core.documents.records import in_json, part
from asa_transport.model import Evidence, Finding, Severity
from asa_transport.model.fields import says

_SCHEMA: Final = "asa-transport/audit/1"
_LINE: Final = {
    "description": "Command, line number, text.",
    "type": "array",
    "prefixItems": [{"type": "string"}, {"type": "integer"}, {"type": "string"}],
    "minItems": 3,
    "maxItems": 3,
}
_NOT_JUDGED: Final[Mapping[str, Any]] = {"verdict": None, "changes": [], "reasons": []}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown(Finding):
    """As a document has it: one that lost its evidence is not one without."""

    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One finding; `evidence` are (command, line number, text)."""

    rule: str
    severity: Severity
    title: str
    detail: str
    remedy: str
    bug: str | None
    evidence: tuple[tuple[str, int, str], ...] = field(metadata=says(items=_LINE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One device that was audited; `verdict` is `None` where it was not judged."""

    name: str
    host: str
    hostname: str | None = None
    model: str | None = None
    version: str | None = None
    findings: tuple[Found, ...]
    verdict: str | None = None
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
    seen: tuple[Seen, ...] = ()
    missed: tuple[Missed, ...] = ()


def read(document: Mapping[str, Any]) -> AuditRun:
    """Return the run that the document tells of.

    Raises:
        ValueError: It is no audit document, or a part of it is missing or of the wrong type.
    """
    if document.get("schema") != _SCHEMA:
        raise ValueError(f"schema is {in_json(document.get('schema'))}; expected {_SCHEMA!r}")
    devices = document.get("devices")
    if not isinstance(devices, list) or not all(isinstance(one, dict) for one in devices):
        raise ValueError("devices: expected a list of objects")
    run = part(AuditRun, document.get("run"), "run")
    seen = tuple(_seen(one) for one in devices if one.get("outcome") == "audited")
    missed = tuple(part(Missed, one) for one in devices if one.get("outcome") == "not-audited")
    if len(seen) + len(missed) != len(devices):
        raise ValueError("a device's outcome is neither 'audited' nor 'not-audited'")
    return replace(run, seen=seen, missed=missed)


def _seen(device: Mapping[str, Any]) -> Seen:
    decision = device.get("decision")
    said: dict[str, Any] = {
        "facts": device.get("facts"),
        "decision": _NOT_JUDGED if decision is None else decision,
    }
    for key, value in said.items():
        if not isinstance(value, dict):
            raise ValueError(f"{key}: expected an object")
    findings = part(tuple[_Shown, ...], device.get("findings"), "findings")
    seen = part(Seen, {**said["facts"], **said["decision"], **device, "findings": []})
    return replace(seen, findings=tuple(map(_found, findings)))


def _found(finding: Finding) -> Found:
    return Found(
        rule=finding.rule,
        severity=finding.severity,
        title=finding.title,
        detail=finding.detail,
        remedy=finding.remedy,
        bug=finding.bug,
        evidence=tuple((one.command, one.line, one.text) for one in finding.evidence),
    )
