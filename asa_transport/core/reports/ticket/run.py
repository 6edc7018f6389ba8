"""Say in a ticket what an audit found and decided; there is nothing to send in it.

Pure.  Every device of the run is in it.

Source: docs/schemas/audit.json; docs/rules.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from asa_transport.core.documents.stored_audit import AuditRun, Seen
from asa_transport.core.reports.ticket.content import (
    Card,
    Content,
    Label,
    count,
    held_together,
    risks,
    together,
)

_HELD: Final = ("hold", "manual")


def content(audit: AuditRun, evidence: Mapping[str, Mapping[str, str]]) -> Content:
    """Return the ticket of an audit run, cleaned already; `evidence` are file names of answers by device."""
    return Content(
        kind="audit",
        title=f"Audit of the licensing transport of {count(len(audit.seen) + len(audit.missed), 'firewall')}",
        head=(
            Label(what="audit run", text=audit.id),
            Label(what="started", text=audit.started_at),
            Label(what="finished", text=audit.finished_at),
            Label(what="inventory", text=audit.inventory),
            Label(what="policy", text=f"sha256 {audit.policy_sha256}"),
            Label(what="made by", text=f"asa-transport {audit.tool_version}"),
        ),
        summary=_summary(audit),
        why=together(
            (f"{device.verdict}: {reason}", device.name)
            for device in audit.seen
            if device.verdict is not None and device.verdict not in _HELD
            for reason in device.reasons or ("no reason given",)
        ),
        risk=risks(audit.seen),
        waves=(),
        changes=(),
        must_answer=(),
        success=(),
        way_back=(),
        notes=(),
        held=held_together((one.name, one.reasons) for one in audit.seen if one.verdict in _HELD),
        not_audited=audit.missed,
        nothing_to_do=(),
        devices=tuple(_card(device, tuple(evidence.get(device.name, ()))) for device in audit.seen),
    )


def _summary(audit: AuditRun) -> tuple[str, ...]:
    verdicts = Counter(device.verdict or "not judged" for device in audit.seen)
    severities = Counter(finding.severity for device in audit.seen for finding in device.findings)
    found = ", ".join(
        f"{severities[severity]:,} {severity.value}"
        for severity in sorted(severities, key=lambda severity: -severity.rank)
    )
    decided = ", ".join(f"{number:,} {verdict}" for verdict, number in sorted(verdicts.items()))
    return (
        f"{count(len(audit.seen), 'device')} audited{f': {decided}' if decided else ''}.",
        f"Findings: {found or 'none'}.",
        f"{count(len(audit.missed), 'device')} could not be audited.",
        "Nothing was changed on any device, and this ticket sends nothing.",
    )


def _card(device: Seen, evidence: tuple[str, ...]) -> Card:
    return Card(
        name=device.name,
        host=device.host,
        hostname=device.hostname,
        model=device.model,
        version=device.version,
        wave=None,
        unit=None,
        region=None,
        groups=(),
        verdict=device.verdict,
        changes=device.changes,
        reasons=device.reasons,
        notes=(),
        must_answer=None,
        apply=(),
        rollback=(),
        diff="",
        fingerprint=None,
        findings=device.findings,
        evidence=evidence,
    )
