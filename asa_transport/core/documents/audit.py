"""Turn the outcomes of an audit into the audit document of CONTRACT §5.

Pure.  Refuses to make a document with fewer, more or other outcomes than the
run has devices: a device silently missing from a report is the second worst
thing this program could do.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from asa_transport.model import (
    Audited,
    AuditOutcome,
    Decision,
    Device,
    DeviceFacts,
    Evidence,
    Finding,
    LastContact,
    NotAudited,
    Proxy,
    StoredRun,
    UnknownLine,
    UnsettledPush,
    Waived,
)
from asa_transport.text import instant

SCHEMA = "asa-transport/audit/1"
_SECONDS_A_DAY = 86_400


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
    run: Run, devices: Sequence[Device], outcomes: Iterable[AuditOutcome], *, now: datetime
) -> dict[str, Any]:
    """Return the whole document, devices sorted by name.

    Args:
        run: Its exit code included.
        devices: Every device the run selected.
        outcomes: One for each of them, in any order.
        now: Start of the run; days are counted from it where a device's clock was not read.

    Raises:
        ValueError: The outcomes are not exactly those of the devices.
    """
    ordered = in_order(devices, outcomes)
    return {**_head(run, ordered), "devices": [outcome_record(outcome, now) for outcome in ordered]}


def texts(
    run: Run, devices: Sequence[Device], outcomes: Iterable[AuditOutcome], *, now: datetime, indent: int
) -> Iterator[str]:
    """Yield the whole document as JSON, a device at a time: what `json.dumps` makes of `document`.

    The text of ten thousand devices at once would be several times what is known of them.
    """
    ordered = in_order(devices, outcomes)
    head = json.dumps({**_head(run, ordered), "devices": []}, indent=indent, ensure_ascii=False)
    yield head.removesuffix("]\n}")
    deeper, separator = "\n" + 2 * indent * " ", ""
    for outcome in ordered:
        record = json.dumps(outcome_record(outcome, now), indent=indent, ensure_ascii=False)
        # A line end within a value is escaped, so each of these is between two values.
        yield separator + deeper + record.replace("\n", deeper)
        separator = ","
    yield f"\n{indent * ' '}]\n}}\n" if ordered else "]\n}\n"


def _head(run: Run, ordered: Sequence[AuditOutcome]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "run": run_record(run),
        "totals": totals(ordered),
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


def in_order(devices: Sequence[Device], outcomes: Iterable[AuditOutcome]) -> tuple[AuditOutcome, ...]:
    """Return the outcomes sorted by device name, or raise ValueError where they are not the devices'."""
    ordered = tuple(sorted(outcomes, key=lambda outcome: outcome.device.name))
    expected = sorted(device.name for device in devices)
    seen = [outcome.device.name for outcome in ordered]
    if seen != expected:
        odd = (Counter(expected) - Counter(seen)) + (Counter(seen) - Counter(expected))
        raise ValueError(f"{len(seen)} outcomes for {len(expected)} devices; not matched: {sorted(odd)}")
    return ordered


def totals(outcomes: Sequence[AuditOutcome]) -> dict[str, Any]:
    """Count devices by outcome and verdict, findings by severity, and those of them that are waived."""
    audited = [outcome for outcome in outcomes if isinstance(outcome, Audited)]
    verdicts = Counter(o.decision.verdict.value for o in audited if o.decision is not None)
    severities = Counter(finding.severity.value for o in audited for finding in o.findings)
    return {
        "devices": len(outcomes),
        "audited": len(audited),
        "not_audited": len(outcomes) - len(audited),
        "by_verdict": dict(sorted(verdicts.items())),
        "by_severity": dict(sorted(severities.items())),
        "waived": sum(finding.waived is not None for o in audited for finding in o.findings),
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
                "facts": _facts(outcome.facts, now),
                "findings": [_finding(finding) for finding in outcome.findings],
                "decision": _decision(outcome.decision),
                "unsettled": _unsettled(outcome.unsettled),
            }
        case NotAudited():
            return {
                "name": device.name,
                "host": device.host,
                "outcome": "not-audited",
                "stage": outcome.stage.value,
                "error": outcome.error,
                "hint": outcome.hint,
                "unsettled": _unsettled(outcome.unsettled),
            }
        case _:
            assert_never(outcome)


def days_left(facts: DeviceFacts, now: datetime) -> float | None:
    """Return days to the communication deadline, negative once past; `None` without a date.

    Counted from the device's own clock where it was read, else from `now`.
    """
    deadline = facts.authorization.deadline_at
    if deadline is None:
        return None
    clock = facts.clock.at if facts.clock is not None and facts.clock.at is not None else now
    return (deadline - clock).total_seconds() / _SECONDS_A_DAY


def _facts(facts: DeviceFacts, now: datetime) -> dict[str, Any]:
    return {
        "hostname": facts.hostname,
        "version": facts.version,
        "model": facts.model,
        "serial": facts.serial,
        "license_mode": facts.license_mode.value,
        "reservation": facts.reservation,
        "agent_version": facts.agent_version,
        **_license_facts(facts, now),
        **_unit_facts(facts),
        "context_mode": _value(facts.context_mode),
        "context": facts.context,
        "clock": None if facts.clock is None else {"at": instant(facts.clock.at), "zone": facts.clock.zone},
        "unsaved": {
            "state": _value(facts.unsaved.state),
            "by": facts.unsaved.by,
            "at": facts.unsaved.at,
        },
        "startup_license": {"state": _value(facts.startup_license)},
        "restricted": list(facts.restricted),
        "chatter": facts.chatter,
        "refused": [_evidence(refused) for refused in facts.refused],
        "unknown": [_unknown(unknown) for unknown in facts.unknown],
    }


def _license_facts(facts: DeviceFacts, now: datetime) -> dict[str, Any]:
    left = days_left(facts, now)
    return {
        "transport": {
            "type": _value(facts.transport.type),
            "source": _value(facts.transport.source),
            "url": facts.transport.url,
            "proxy": _proxy(facts.transport.proxy),
            "proxy_known": facts.transport.proxy_known,
            "proxy_source": _value(facts.transport.proxy_source),
            "callhome_proxy": _proxy(facts.transport.callhome_proxy),
            "callhome_url": facts.transport.callhome_url,
        },
        "registration": {
            "state": _value(facts.registration.state),
            "export_control": _value(facts.registration.export_control),
            "last_renewal": _contact(facts.registration.last_renewal),
            "expires_at": instant(facts.registration.expires_at),
        },
        "authorization": {
            "state": _value(facts.authorization.state),
            "last_contact": _contact(facts.authorization.last_contact),
            "next_contact_at": instant(facts.authorization.next_contact_at),
            "deadline_at": instant(facts.authorization.deadline_at),
            "deadline_exceeded": facts.authorization.deadline_exceeded,
            "days_left": None if left is None else round(left, 2),
        },
        "usage": {
            "platform_state": facts.usage.platform_state,
            "enforce_modes": list(facts.usage.enforce_modes),
            "entitlements": [
                {"name": one.name, "status": one.status, "export": one.export}
                for one in facts.usage.entitlements
            ],
            "strong_encryption": facts.usage.strong_encryption,
            "compliance": facts.usage.compliance,
            "overall_status": facts.usage.overall_status,
        },
    }


def _unit_facts(facts: DeviceFacts) -> dict[str, Any]:
    return {
        "failover": {
            "enabled": facts.failover.enabled,
            "unit": _value(facts.failover.unit),
            "state": _value(facts.failover.state),
            "mate_serial": facts.failover.mate_serial,
            "mate_state": facts.failover.mate_state,
            "version": facts.failover.version,
            "mate_version": facts.failover.mate_version,
            "is_mate_unknown": facts.failover.is_mate_unknown,
            "is_cloud": facts.failover.is_cloud,
        },
        "cluster": {
            "enabled": facts.cluster.enabled,
            "name": facts.cluster.name,
            "unit": facts.cluster.unit,
            "role": _value(facts.cluster.role),
            "members": [
                {
                    "unit": member.unit,
                    "state": member.state,
                    "role": member.role.value,
                    "version": member.version,
                    "serial": member.serial,
                }
                for member in facts.cluster.members
            ],
        },
    }


def _contact(contact: LastContact) -> dict[str, Any]:
    return {"result": _value(contact.result), "at": instant(contact.at), "reason": contact.reason}


def _unsettled(left: UnsettledPush | None) -> dict[str, Any] | None:
    if left is None:
        return None
    return {"run": left.run, "step": left.step.value, "at": instant(left.at)}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "title": finding.title,
        "detail": finding.detail,
        "remedy": finding.remedy,
        "bug": finding.bug,
        "evidence": [_evidence(evidence) for evidence in finding.evidence],
        "waived": _waived(finding.waived),
    }


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


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {"command": evidence.command, "line": evidence.line, "text": evidence.text}


def _unknown(unknown: UnknownLine) -> dict[str, Any]:
    return {**_evidence(unknown.evidence), "block": unknown.block.value, "reason": unknown.reason}


def _proxy(proxy: Proxy | None) -> Mapping[str, Any] | None:
    return None if proxy is None else {"host": proxy.host, "port": proxy.port}


def _value(member: Any) -> str | None:
    return None if member is None else str(member.value)
