"""Plans and audit runs for the tests of the ticket, made by hand."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from asa_transport.core.documents.stored_audit import AuditRun, Found, Missed, Seen
from asa_transport.core.reports.ticket.bundle import Evidence
from asa_transport.model import (
    Change,
    Goal,
    HeldDevice,
    Plan,
    PlannedDevice,
    Proxy,
    Reachability,
    Revert,
    Severity,
)
from tests.unit.judging import NOW

TEMPLATES = {
    path.name: path.read_text(encoding="utf-8")
    for path in (Path(__file__).resolve().parents[2] / "templates").glob("*.j2")
}
RUN_ID = "20260120T120000Z-0001"
DIGEST = "4f1c" * 16
BEFORE = ("license smart", " feature tier standard", " transport type callhome")
AFTER = ("license smart", " feature tier standard", " transport type smart")


def planned(name: str, *, wave: int = 1, **changes: object) -> PlannedDevice:
    """One device that goes from callhome to smart."""
    given: dict[str, object] = {
        "name": name,
        "host": f"{name}.example.net",
        "changes": (Change.TRANSPORT_SMART,),
        "reasons": ("transport is callhome, expected smart",),
        "apply": ("license smart", " transport type smart"),
        "rollback": ("license smart", " transport type callhome"),
        "before": BEFORE,
        "predicted": AFTER,
        "diff": diff(name, BEFORE, AFTER),
        "fingerprint": "a" * 64,
        "wave": wave,
        "unit": name,
        "reachability": Reachability(target=Proxy(host="smartreceiver.cisco.com", port=443), is_proven=False),
    }
    return PlannedDevice(**{**given, **changes})  # type: ignore[arg-type]


def diff(name: str, before: Sequence[str], after: Sequence[str]) -> str:
    lines = difflib.unified_diff(before, after, f"{name} observed", f"{name} predicted", lineterm="")
    return "".join(f"{line}\n" for line in lines)


def plan_of(devices: Sequence[PlannedDevice], **changes: object) -> Plan:
    waves = sorted({device.wave for device in devices})
    given: dict[str, object] = {
        "id": "20260120T121500Z-00aa",
        "created_at": NOW,
        "valid_until": NOW + timedelta(days=7),
        "goal": Goal.EXPECTED,
        "run": RUN_ID,
        "inventory": "inventory.yaml",
        "tool_version": "0.1.0",
        "templates_sha256": "b" * 64,
        "policy_sha256": "c" * 64,
        "waves": tuple(tuple(d.name for d in devices if d.wave == wave) for wave in waves),
        "devices": tuple(devices),
        "held": (),
        "digest": DIGEST,
    }
    return Plan(**{**given, **changes})  # type: ignore[arg-type]


def found(rule: str = "AT101", severity: Severity = Severity.MEDIUM, **changes: object) -> Found:
    given: dict[str, object] = {
        "rule": rule,
        "severity": severity,
        "title": "Callhome where smart is expected",
        "detail": "the transport is callhome",
        "remedy": "make it smart",
        "bug": None,
        "evidence": (("show license status", 31, "  Type: Callhome"),),
    }
    return Found(**{**given, **changes})  # type: ignore[arg-type]


def seen(name: str, **changes: object) -> Seen:
    given: dict[str, object] = {
        "name": name,
        "host": f"{name}.example.net",
        "hostname": name,
        "model": "ASAv",
        "version": "9.22(2)14",
        "findings": (found(),),
        "verdict": "change",
        "changes": ("transport-smart",),
        "reasons": ("transport is callhome, expected smart",),
    }
    return Seen(**{**given, **changes})  # type: ignore[arg-type]


def missed(name: str, **changes: object) -> Missed:
    given: dict[str, object] = {
        "name": name,
        "host": f"{name}.example.net",
        "stage": "connect",
        "error": "TCP connection: refused",
        "hint": "is it on?",
    }
    return Missed(**{**given, **changes})  # type: ignore[arg-type]


def run_of(devices: Sequence[Seen], lost: Sequence[Missed] = (), **changes: object) -> AuditRun:
    given: dict[str, object] = {
        "id": RUN_ID,
        "started_at": "2026-01-20T12:00:00Z",
        "finished_at": "2026-01-20T12:01:30Z",
        "tool_version": "0.1.0",
        "inventory": "inventory.yaml",
        "policy_sha256": "c" * 64,
        "seen": tuple(devices),
        "missed": tuple(lost),
    }
    return AuditRun(**{**given, **changes})  # type: ignore[arg-type]


def example() -> tuple[Plan, AuditRun, Evidence]:
    """Two waves and two kinds of change, one device held, one not audited, one with nothing to do."""
    proxied_before = (*AFTER[:2], " transport type smart")
    proxied_after = (*proxied_before, " transport proxy proxy.example.net port 8080")
    with_proxy = planned(
        "fw-par-01",
        wave=2,
        changes=(Change.PROXY_SET,),
        reasons=("proxy is none, expected proxy.example.net:8080",),
        apply=("license smart", " transport proxy proxy.example.net port 8080"),
        rollback=("license smart", " no transport proxy"),
        before=proxied_before,
        predicted=proxied_after,
        diff=diff("fw-par-01", proxied_before, proxied_after),
        groups=("emea",),
        region="emea",
        unit="fw-par-01+fw-par-02",
        reachability=Reachability(target=Proxy(host="proxy.example.net", port=8080), is_proven=True),
        notes=("the transport was shown as a default; the way back writes it explicitly",),
    )
    devices = [planned("fw-ber-01"), *(planned(f"fw-ham-{n:02}", wave=2) for n in range(1, 6)), with_proxy]
    plan = plan_of(
        devices,
        held=(HeldDevice(name="fw-osl-01", reasons=("standby unit: change the active unit",)),),
        nothing_to_do=("fw-rom-01",),
    )
    failing = found(
        "AT201",
        Severity.HIGH,
        title="The last contact failed",
        detail="the last contact failed on 2026-01-12; 9 days are left",
        remedy="restore the way to Cisco",
        evidence=(("show license status", 33, "  Last Communication Attempt: FAILED on Jan 12 2026"),),
    )
    audited = [seen(device.name) for device in devices[:-1]]
    audited.append(seen("fw-par-01", changes=("proxy-set",), findings=(failing, found("AT102"))))
    audited.append(seen("fw-osl-01", verdict="hold", changes=(), reasons=("standby unit",), findings=()))
    audited.append(seen("fw-rom-01", verdict="compliant", changes=(), reasons=(), findings=()))
    evidence = {one.name: {"show_license_status": "Transport:\n  Type: Callhome\n"} for one in audited}
    return plan, run_of(sorted(audited, key=lambda one: one.name), [missed("fw-zur-01")]), evidence


def reverted(plan: Plan) -> dict[str, object]:
    """Changes that make a plan a temporary revert."""
    until = plan.created_at + timedelta(days=14)
    return {"goal": Goal.CALLHOME, "revert": Revert(ticket="CHG-1", owner="net-team", until=until)}
