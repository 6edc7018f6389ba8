"""Turn the outcomes of an audit into the audit document, and say its JSON Schema.

Pure.  Refuses to make a document with fewer, more or other outcomes than the
run has devices: a device silently missing from a report is the second worst
thing this program could do.

The schema is strict; `$defs/device` is the schema of one line of `--format jsonl`.

Source: docs/schemas/audit.json, which is made of it; JSON Schema draft 2020-12.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, assert_never

from asa_transport.core.documents import json_parts
from asa_transport.core.documents.facts import (
    definitions,
    evidence_record,
    facts_record,
    facts_schema,
    session_record,
)
from asa_transport.core.documents.json_parts import Items
from asa_transport.core.documents.schema_parts import (
    COUNT,
    FLAG,
    INSTANT,
    TEXT,
    TEXT_OR_NULL,
    WORD,
    Schema,
    counted_by,
    list_of,
    one_of,
    one_of_or_null,
    strict_object,
)
from asa_transport.core.documents.ssh_census import SshCensusRow, census_record, census_schema
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Change,
    Decision,
    Device,
    DeviceFacts,
    ExpectedTransport,
    Finding,
    FindingValue,
    NotAudited,
    Proxy,
    ProxyPolicy,
    Severity,
    Stage,
    Step,
    StoredRun,
    UnsettledPush,
    Verdict,
    Waived,
)
from asa_transport.model.outcome_counts import OutcomeList, counts_of
from asa_transport.text import instant

SCHEMA = "asa-transport/audit/1"
CENSUS: Final = "ssh_census"
_DURATION: Final[Schema] = {
    "description": "Seconds from the first attempt to reach it; null: nobody measured.",
    "type": ["number", "null"],
    "minimum": 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a document says of its run; times are aware UTC."""

    id: str
    kind: str
    started_at: datetime
    finished_at: datetime
    tool_version: str
    inventory: str
    policy_sha256: str
    exit_code: int


def run_of(run: StoredRun, exit_code: int, finished_at: datetime) -> Run:
    """Return what documents say of a stored run."""
    return Run(
        id=run.id,
        kind=run.kind,
        started_at=run.started_at,
        finished_at=finished_at,
        tool_version=run.tool_version,
        inventory=run.inventory,
        policy_sha256=run.policy_sha256,
        exit_code=exit_code,
    )


def document(
    run: Run,
    devices: Sequence[Device],
    outcomes: Iterable[AuditOutcome],
    *,
    now: datetime,
    census: Iterable[SshCensusRow] | None = None,
) -> dict[str, Any]:
    """Return the whole document, devices sorted by name.

    Args:
        run: Its exit code included.
        devices: Every device the run selected.
        outcomes: One for each of them, in any order.
        now: Start of the run; days are counted from it where a device's clock was not read.
        census: What SSH the devices have; `None` where nobody asked.

    Raises:
        ValueError: The outcomes are not exactly those of the devices.
    """
    ordered = in_order(devices, outcomes)
    found = [outcome_record(outcome, now) for outcome in ordered]
    return {**_head(run, ordered, census), "devices": found}


def texts(
    run: Run,
    devices: Sequence[Device],
    outcomes: Iterable[AuditOutcome],
    *,
    now: datetime,
    census: Iterable[SshCensusRow] | None = None,
) -> Iterator[str]:
    """Return the whole document as JSON, a device at a time: what `json.dumps` makes of `document`.

    The text of ten thousand devices at once would be several times what is known of them.

    Raises:
        ValueError: The outcomes are not exactly those of the devices; before the first part.
    """
    ordered = in_order(devices, outcomes)
    records = Items(outcome_record(outcome, now) for outcome in ordered)
    return json_parts.texts({**_head(run, ordered, census), "devices": records})


def _head(run: Run, ordered: Sequence[AuditOutcome], census: Iterable[SshCensusRow] | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "run": run_record(run),
        "totals": totals(ordered),
        **({} if census is None else {CENSUS: census_record(census)}),
    }


def run_record(run: Run) -> dict[str, Any]:
    """Return what every document says of its run."""
    return {
        "id": run.id,
        "kind": run.kind,
        "started_at": instant(run.started_at),
        "finished_at": instant(run.finished_at),
        "tool_version": run.tool_version,
        "inventory": run.inventory,
        "policy_sha256": run.policy_sha256,
        "exit_code": run.exit_code,
    }


def in_order(devices: Sequence[Device], outcomes: Iterable[AuditOutcome]) -> Sequence[AuditOutcome]:
    """Return the outcomes sorted by device name, or raise ValueError where they are not the devices'.

    Those that are kept elsewhere stay there: an `OutcomeList` is returned as it is.
    """
    ordered: Sequence[AuditOutcome]
    if isinstance(outcomes, OutcomeList):
        ordered, seen = outcomes, list(outcomes.names)
    else:
        ordered = tuple(sorted(outcomes, key=lambda outcome: outcome.device.name))
        seen = [outcome.device.name for outcome in ordered]
    expected = sorted(device.name for device in devices)
    if seen != expected:
        odd = (Counter(expected) - Counter(seen)) + (Counter(seen) - Counter(expected))
        raise ValueError(f"{len(seen)} outcomes for {len(expected)} devices; not matched: {sorted(odd)}")
    return ordered


def totals(outcomes: Sequence[AuditOutcome]) -> dict[str, Any]:
    """Count devices by outcome and verdict, findings by severity, and those of them that are waived."""
    counts = counts_of(outcomes)
    return {
        "devices": counts.devices,
        "audited": counts.audited,
        "not_audited": counts.not_audited,
        "by_verdict": dict(sorted((verdict.value, number) for verdict, number in counts.by_verdict.items())),
        "by_severity": dict(
            sorted((severity.value, number) for severity, number in counts.by_severity.items())
        ),
        "waived": counts.waived,
    }


def outcome_record(outcome: AuditOutcome, now: datetime) -> dict[str, Any]:
    """Return one entry of `devices`, which is one line of `--format jsonl` too."""
    device = outcome.device
    match outcome:
        case Audited():
            return {
                "name": device.name,
                "host": device.host,
                "outcome": "audited",
                **_inventory_record(device),
                "role": unit_role(outcome.facts),
                "duration_s": outcome.duration_s,
                "facts": facts_record(outcome.facts, now),
                "findings": [_finding(finding) for finding in outcome.findings],
                "decision": _decision(outcome.decision),
                "unsettled": _unsettled(outcome.unsettled),
            }
        case NotAudited():
            return {
                "name": device.name,
                "host": device.host,
                "outcome": "not-audited",
                **_inventory_record(device),
                "duration_s": outcome.duration_s,
                "stage": outcome.stage.value,
                "error": outcome.error,
                "hint": outcome.hint,
                "internal": outcome.is_internal,
                "ssh": session_record(outcome.ssh),
                "ssh_offer": session_record(outcome.ssh_offer),
                "unsettled": _unsettled(outcome.unsettled),
            }
        case _:
            assert_never(outcome)


def _inventory_record(device: Device) -> dict[str, Any]:
    """Return what the inventory says of the device."""
    proxy = device.expect.proxy
    return {
        "region": device.region,
        "groups": list(device.groups),
        "tags": list(device.tags),
        "pair": device.pair,
        "expect": {
            "transport": device.expect.transport.value,
            "proxy": {"host": proxy.host, "port": proxy.port} if isinstance(proxy, Proxy) else proxy.value,
        },
    }


class UnitRole(enum.StrEnum):
    """The unit's part in its pair or cluster, in one word."""

    ALONE = "alone"
    ACTIVE = "active"
    STANDBY = "standby"
    BACKUP = "backup"
    CONTROL = "control"
    DATA = "data"
    OTHER = "other"


def unit_role(facts: DeviceFacts) -> UnitRole | None:
    """Return the unit's part, ALONE where it has neither mate nor cluster; `None` where it did not say."""
    said = facts.cluster.role or facts.failover.state
    if said is not None:
        return UnitRole(said.value)
    is_alone = facts.failover.enabled is False and facts.cluster.enabled is False
    return UnitRole.ALONE if is_alone else None


def _unsettled(left: UnsettledPush | None) -> dict[str, Any] | None:
    if left is None:
        return None
    return {"run": left.run, "step": left.step.value, "at": instant(left.at)}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "key": finding.key,
        "severity": finding.severity.value,
        "title": finding.title,
        "detail": finding.detail,
        "remedy": finding.remedy,
        "bug": finding.bug,
        "values": _values(finding.values),
        "evidence": [evidence_record(evidence) for evidence in finding.evidence],
        "missing_from": finding.missing_from,
        "waived": _waived(finding.waived),
    }


def _values(values: tuple[FindingValue, ...] | None) -> list[dict[str, str]] | None:
    return None if values is None else [{"name": one.name, "value": one.value} for one in values]


def _waived(waived: Waived | None) -> dict[str, Any] | None:
    if waived is None:
        return None
    return {"owner": waived.owner, "until": instant(waived.until), "reason": waived.reason}


def _decision(decision: Decision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    return {
        "verdict": decision.verdict.value,
        "changes": [change.value for change in decision.changes],
        "reasons": list(decision.reasons),
    }


def schema(*, exit_codes: Iterable[int]) -> Schema:
    """Return the JSON Schema of the document; `exit_codes` are those that a run may end with."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "asa-transport audit",
        **strict_object(
            {
                "schema": {"const": SCHEMA},
                "run": _run_schema(exit_codes),
                "totals": totals_schema(),
                "devices": {
                    "description": "Every device that the limit selected, once, sorted by name.",
                    "type": "array",
                    "items": {"$ref": "#/$defs/device"},
                },
            },
            {CENSUS: census_schema()},
        ),
        "$defs": {
            "device": {"oneOf": [_audited_schema(), _not_audited_schema()]},
            "facts": facts_schema(),
            "finding": _finding_schema(),
            "decision": _decision_schema(),
            **definitions(),
        },
    }


def _run_schema(exit_codes: Iterable[int]) -> Schema:
    return strict_object(
        {
            "id": WORD,
            "kind": {"description": "The command, as `audit`.", **WORD},
            "started_at": INSTANT,
            "finished_at": INSTANT,
            "tool_version": WORD,
            "inventory": TEXT,
            "policy_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "exit_code": {"enum": sorted(int(code) for code in exit_codes)},
        }
    )


def totals_schema() -> Schema:
    """Return the schema of what `totals` returns."""
    return strict_object(
        {
            "devices": COUNT,
            "audited": COUNT,
            "not_audited": COUNT,
            "by_verdict": counted_by(Verdict),
            "by_severity": counted_by(Severity),
            "waived": {"description": "How many of the findings are waived.", **COUNT},
        }
    )


def _audited_schema() -> Schema:
    return strict_object(
        {
            "name": WORD,
            "host": WORD,
            "outcome": {"const": "audited"},
            **_inventory_schema(),
            "role": {
                "description": "The unit's part in its pair or cluster; null: it did not say.",
                **one_of_or_null(UnitRole),
            },
            "duration_s": _DURATION,
            "facts": {"$ref": "#/$defs/facts"},
            "findings": list_of({"$ref": "#/$defs/finding"}),
            "decision": {
                "description": "null where nothing was judged.",
                "anyOf": [{"$ref": "#/$defs/decision"}, {"type": "null"}],
            },
            "unsettled": _unsettled_schema(),
        }
    )


def _not_audited_schema() -> Schema:
    return strict_object(
        {
            "name": WORD,
            "host": WORD,
            "outcome": {"const": "not-audited"},
            **_inventory_schema(),
            "duration_s": _DURATION,
            "stage": one_of(Stage),
            "error": TEXT,
            "hint": TEXT,
            "internal": {"description": "An error in asa-transport, not in the device.", **FLAG},
            "ssh": {
                "description": "What the two sides agreed on; null: it did not come that far.",
                "anyOf": [{"$ref": "#/$defs/ssh"}, {"type": "null"}],
            },
            "ssh_offer": {
                "description": "What the device offered, where they agreed on nothing; null: it did not say.",
                "anyOf": [{"$ref": "#/$defs/ssh_offer"}, {"type": "null"}],
            },
            "unsettled": _unsettled_schema(),
        }
    )


def _inventory_schema() -> dict[str, Schema]:
    """Return the schemas of what the inventory says of a device."""
    proxy = {"anyOf": [one_of(ProxyPolicy), {"$ref": "#/$defs/proxy"}]}
    return {
        "region": TEXT_OR_NULL,
        "groups": list_of(WORD),
        "tags": list_of(WORD),
        "pair": {"description": "The inventory's entry of the mate.", **TEXT_OR_NULL},
        "expect": {
            "description": "What the inventory expects.",
            **strict_object({"transport": one_of(ExpectedTransport), "proxy": proxy}),
        },
    }


def _unsettled_schema() -> Schema:
    left = strict_object({"run": WORD, "step": one_of(Step), "at": INSTANT})
    return {
        "description": "What a push left unproven or unsaved, and nothing has settled.",
        "anyOf": [left, {"type": "null"}],
    }


def _finding_schema() -> Schema:
    return strict_object(
        {
            "rule": WORD,
            "key": {"description": "With the device: the same finding, however it is worded.", **WORD},
            "severity": one_of(Severity),
            "title": TEXT,
            "detail": TEXT,
            "remedy": TEXT,
            "bug": TEXT_OR_NULL,
            "values": {
                "description": "Another one is another finding; null: kept by an older release.",
                "anyOf": [list_of(strict_object({"name": WORD, "value": TEXT})), {"type": "null"}],
            },
            "evidence": list_of({"$ref": "#/$defs/evidence"}),
            "missing_from": {
                "description": "The command whose answer proves it by a line that is not there.",
                **TEXT_OR_NULL,
            },
            "waived": {
                "description": "Who accepted it, until when, and why; null: it counts.",
                "anyOf": [_waived_schema(), {"type": "null"}],
            },
        }
    )


def _waived_schema() -> Schema:
    return strict_object({"owner": TEXT, "until": INSTANT, "reason": TEXT})


def _decision_schema() -> Schema:
    return strict_object(
        {
            "verdict": one_of(Verdict),
            "changes": list_of(one_of(Change)),
            "reasons": list_of(TEXT),
        }
    )
