"""Read the document of a run that no store knows: made before there was one, with another, or a push.

What the document does not say (credentials' names, ports, line numbers of facts) is empty
in the values that come back, so a report of such a run may say less than it once did.

Source: docs/schemas/ (audit, plan, push).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from asa_transport.edges.state.store import codec
from asa_transport.errors import StoreError, in_words, was_internal
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Capture,
    Decision,
    Device,
    DeviceFacts,
    Expectation,
    Finding,
    NotAudited,
    RunStatus,
    Severity,
    SshFacts,
    SshOffer,
    Stage,
    StoredRun,
    UnsettledPush,
)

_AUDIT: Final = "asa-transport/audit/1"
_PUSH: Final = "asa-transport/push/1"
_DRY_RUN: Final = "dry-run"
_INTERRUPTED: Final = 130


def run_of(
    document: Mapping[str, Any], *, place: str, size: int
) -> tuple[StoredRun, tuple[AuditOutcome, ...]]:
    """Return the run that an audit document tells of; raise StoreError where it is none."""
    with _understood():
        _check(document, _AUDIT)
        head = _head(document, place, size)
        at = head.started_at, head.finished_at or head.started_at
        outcomes = tuple(_outcome(record, *at) for record in document["devices"])
    found = [finding.severity for one in outcomes if isinstance(one, Audited) for finding in one.findings]
    run = replace(
        head,
        not_audited=sum(isinstance(one, NotAudited) for one in outcomes),
        by_severity={severity: found.count(severity) for severity in Severity if severity in found},
    )
    return run, outcomes


def is_taken_in(outcomes: Iterable[AuditOutcome]) -> bool:
    """Return whether these outcomes were read from a document, which does not say who logs in."""
    return all(not outcome.device.username for outcome in outcomes)


def push_of(document: Mapping[str, Any], *, place: str, size: int) -> StoredRun:
    """Return the run that a push document tells of; raise StoreError where it is none."""
    with _understood():
        _check(document, _PUSH)
        return replace(
            _head(document, place, size),
            is_dry=document["mode"] == _DRY_RUN,
            outcomes=Counter(str(device["outcome"]) for device in document["devices"]),
        )


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"not the document of a run: {in_words(error):.200}") from error


def _check(document: Mapping[str, Any], schema: str) -> None:
    if document["schema"] != schema:
        raise StoreError(f"the schema is {str(document['schema'])!r:.60}; expected {schema!r}")


def _head(document: Mapping[str, Any], place: str, size: int) -> StoredRun:
    head = document["run"]
    started_at, finished_at = (datetime.fromisoformat(head[key]) for key in ("started_at", "finished_at"))
    code = int(head["exit_code"])
    return StoredRun(
        id=str(head["id"]),
        kind=str(head["kind"]),
        status=RunStatus.INTERRUPTED if code == _INTERRUPTED else RunStatus.FINISHED,
        place=place,
        started_at=started_at,
        as_of=started_at,
        finished_at=finished_at,
        tool_version=str(head["tool_version"]),
        inventory=str(head["inventory"]),
        inventory_file=str(Path(head["inventory"]).resolve()),
        policy_sha256=str(head["policy_sha256"]),
        exit_code=code,
        fail_on=Severity.MEDIUM,
        devices=len(document["devices"]),
        size=size,
    )


def _outcome(record: Mapping[str, Any], started_at: datetime, finished_at: datetime) -> AuditOutcome:
    device = Device(
        name=record["name"],
        host=record["host"],
        port=22,
        username="",
        credential="",
        known_hosts=Path(),
        **_of_inventory(record),
    )
    if record["outcome"] == "not-audited":
        return NotAudited(
            device=device,
            stage=Stage(record["stage"]),
            error=record["error"],
            hint=record["hint"],
            unsettled=_unsettled(record),
            is_internal=record.get("internal", was_internal(record["error"])),
            duration_s=record.get("duration_s"),
            ssh=codec.from_document(SshFacts, record["ssh"]) if record.get("ssh") else None,
            ssh_offer=codec.from_document(SshOffer, record["ssh_offer"]) if record.get("ssh_offer") else None,
        )
    facts = dict(record["facts"])
    facts["unknown"] = [{**one, "evidence": one} for one in facts.get("unknown", ())]
    startup = facts.pop("startup_license", None)
    if startup is not None:
        facts["startup_license"] = startup["state"]
    decision = record["decision"]
    return Audited(
        device=device,
        capture=Capture(device=device.name, started_at=started_at, finished_at=finished_at, outputs=()),
        facts=codec.from_document(DeviceFacts, facts),
        findings=codec.from_document(tuple[Finding, ...], record["findings"]),
        decision=None if decision is None else codec.from_document(Decision, decision),
        unsettled=_unsettled(record),
        duration_s=record.get("duration_s"),
    )


def _of_inventory(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the inventory said of the device; nothing where an older release wrote the document."""
    if "expect" not in record:
        return {}
    return {
        "region": record["region"],
        "groups": tuple(record["groups"]),
        "tags": tuple(record["tags"]),
        "pair": record["pair"],
        "expect": codec.from_document(Expectation, record["expect"]),
    }


def _unsettled(record: Mapping[str, Any]) -> UnsettledPush | None:
    left = record.get("unsettled")
    return None if left is None else codec.from_document(UnsettledPush, left)
