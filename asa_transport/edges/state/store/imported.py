"""Read the document of a run that no store knows: made before there was one, with another, or a push.

What the document does not say (credentials' names, ports, line numbers of facts) is empty
in the values that come back, so a report of such a run may say less than it once did.

Source: docs/schemas/ (audit, plan, push).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from asa_transport.edges.state.store import codec
from asa_transport.errors import StoreError, in_words
from asa_transport.files.inventory import identity
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Decision,
    Finding,
    NotAudited,
    RunStatus,
    Severity,
    StoredRun,
)

_AUDIT: Final = "asa-transport/audit/1"
_PUSH: Final = "asa-transport/push/1"
_DRY_RUN: Final = "dry-run"
_INTERRUPTED: Final = 130
_OF_INVENTORY: Final = ("name", "host", "region", "groups", "tags", "pair", "expect", "data")
_WHO_LOGS_IN: Final = {"port": 22, "username": "", "credential": "", "known_hosts": ""}


# What a document says in any case, and what the values that it is read into may be without.  Where it lacks
# one of these it is damaged: a device whose findings were lost is not one without findings.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    finished_at: datetime
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    findings: tuple[Finding, ...]
    decision: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Selected:
    region: str | None
    groups: tuple[str, ...]
    tags: tuple[str, ...]
    pair: str | None


def run_of(
    document: Mapping[str, Any], *, place: str, size: int
) -> tuple[StoredRun, tuple[AuditOutcome, ...]]:
    """Return the run that an audit document tells of; raise StoreError where it is none."""
    with _understood():
        _check(document, _AUDIT)
        head = _head(document, place, size)
        outcomes = tuple(outcome_of(record, document["run"]) for record in document["devices"])
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
    is_cut = codec.part(_Ended, head, "run").exit_code == _INTERRUPTED
    beside = {
        "status": (RunStatus.INTERRUPTED if is_cut else RunStatus.FINISHED).value,
        "place": place,
        "as_of": head["started_at"],
        "inventory_file": identity(Path(head["inventory"])),
        "fail_on": Severity.MEDIUM.value,
        "devices": len(document["devices"]),
        "size": size,
        "elsewhere": "\n".join(head.get("elsewhere", ())),
    }
    return codec.part(StoredRun, {**head, **beside}, "run")


def outcome_of(record: Mapping[str, Any], run: Mapping[str, Any]) -> AuditOutcome:
    """Return the outcome that a document's entry of a device tells of.

    Args:
        run: What the document says of its run.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: It is no such entry.
    """
    # What the inventory said of it; in a document of an older release that is a name and an address.
    if "expect" in record:
        codec.part(_Selected, record, record["name"])
    device = {key: value for key, value in record.items() if key in _OF_INVENTORY}
    found = {**record, "device": {**_WHO_LOGS_IN, **device}}
    if record["outcome"] == "not-audited":
        if "internal" in record:
            found["is_internal"] = record["internal"]
        return codec.part(NotAudited, found, record["name"])
    codec.part(_Judged, record, record["name"])
    times = {key: run[key] for key in ("started_at", "finished_at")}
    facts = dict(record["facts"])
    facts["unknown"] = [{**one, "evidence": one} for one in facts.get("unknown", ())]
    if facts.get("startup_license") is not None:
        facts["startup_license"] = facts["startup_license"]["state"]
    found |= {"facts": facts, "capture": {"device": record["name"], **times, "outputs": []}}
    return codec.part(Audited, found, record["name"])
