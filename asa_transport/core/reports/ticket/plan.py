"""Say in a ticket what a plan will do, why, in which order, how success shows and what goes back.

Pure.  Every planned, held and not audited device is in it.

Source: docs/schemas/plan.json; docs/push.md, "One device, step by step".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, assert_never

from asa_transport.core.documents.stored_audit import AuditRun, Seen
from asa_transport.core.pushing.campaign.outlook import same_lines
from asa_transport.core.reports.ticket.content import (
    Card,
    Content,
    Group,
    Label,
    count,
    held_together,
    risks,
    together,
)
from asa_transport.model import Goal, Plan, PlannedDevice, Reachability
from asa_transport.text import instant

SUCCESS: Final = (
    "Before the first line, each device is read again. It must still be what the plan saw (its fingerprint); "
    "otherwise it is refused and keeps its configuration, and the others go on.",
    "After the lines, 'show running-config license' must read as the diff predicts.",
    "After 'license smart renew auth', the device must show a last contact that SUCCEEDED and is newer than "
    "the push. Only this proves that licensing works over the new transport.",
    "Then, and only then, 'write memory' must answer '[OK]'.",
)
WAY_BACK: Final = (
    "The rollback lines are sent when the device rejects a line, when the configuration does not read as "
    "predicted, or when no new contact succeeds in time. Nothing was saved until then.",
    "The configuration is read after a rollback, too. A rollback that fails stops the whole push: a person "
    "must look.",
    "A session that is lost during the push leaves the state unknown: the device is read again before "
    "anything else is decided, and no line is ever sent twice.",
    "By hand: enter 'configure terminal' and paste 'rollback/NAME.txt'; it restores what was observed.",
)


def content(plan: Plan, audit: AuditRun | None, evidence: Mapping[str, Mapping[str, str]]) -> Content:
    """Return the ticket of a plan.

    Args:
        plan: Cleaned already.
        audit: The run that the plan was made from, cleaned; `None` where it is not at hand.
        evidence: File names of the answers by device.
    """
    seen = {device.name: device for device in audit.seen} if audit is not None else {}
    touched = {name for device in plan.devices for name in device.members}
    ordered = sorted(plan.devices, key=lambda device: (device.wave, device.name))
    return Content(
        kind="plan",
        title=_title(plan),
        head=_head(plan),
        summary=_summary(plan, audit),
        why=together((reason, device.name) for device in ordered for reason in device.reasons),
        # Of this change: what was found on devices that it does not touch is the audit's to say.
        risk=risks([device for device in seen.values() if device.name in touched]),
        waves=plan.waves,
        changes=_groups(plan),
        must_answer=together(
            (must_answer(device.reachability), device.name)
            for device in ordered
            if device.reachability is not None
        ),
        success=SUCCESS,
        way_back=WAY_BACK,
        notes=together((note, device.name) for device in ordered for note in device.notes),
        held=held_together((held.name, held.reasons) for held in plan.held),
        not_audited=audit.missed if audit is not None else (),
        nothing_to_do=plan.nothing_to_do,
        devices=tuple(
            _card(device, seen.get(device.name), tuple(evidence.get(device.name, ()))) for device in ordered
        ),
    )


def must_answer(reachability: Reachability) -> str:
    """Return what must answer the firewall itself before its transport changes."""
    proof = "answered in the plan's own run" if reachability.is_proven else "to be probed at push"
    return f"{reachability.target} must answer the firewall itself: {proof}"


def _title(plan: Plan) -> str:
    many = count(len(plan.devices), "firewall")
    match plan.goal:
        case Goal.EXPECTED:
            return f"Give {many} the licensing transport that the inventory expects"
        case Goal.SMART:
            return f"Return {many} to the smart licensing transport"
        case Goal.CALLHOME:
            return f"Revert {many} to the callhome licensing transport for a time"
        case _:
            assert_never(plan.goal)


def _head(plan: Plan) -> tuple[Label, ...]:
    rows = [
        ("plan", plan.id),
        ("digest", plan.digest or "none: the plan is no document yet"),
        ("goal", plan.goal.value),
        ("made", instant(plan.created_at)),
        ("valid until", instant(plan.valid_until)),
    ]
    if plan.revert is not None:
        rows += [
            ("ticket", plan.revert.ticket),
            ("owner", plan.revert.owner),
            ("reverted until", instant(plan.revert.until)),
        ]
    rows += [
        ("audit run", plan.run),
        ("inventory", plan.inventory),
        ("policy", f"sha256 {plan.policy_sha256}"),
        ("templates", f"sha256 {plan.templates_sha256}"),
        ("made by", f"asa-transport {plan.tool_version}"),
    ]
    return tuple(Label(what=what, text=text or "") for what, text in rows)


def _summary(plan: Plan, audit: AuditRun | None) -> tuple[str, ...]:
    changes = Counter(change.value for device in plan.devices for change in device.changes)
    kinds = ", ".join(f"{number:,} x {change}" for change, number in sorted(changes.items()))
    planned = count(len(plan.devices), "device")
    lines = [
        f"{planned} will be changed in {count(len(plan.waves), 'wave')}: {kinds}."
        if plan.devices
        else "Nothing is to be changed.",
        f"{count(len(plan.held), 'device')} held back, "
        f"{count(len(plan.nothing_to_do), 'device')} with nothing to do.",
        f"The plan is valid until {instant(plan.valid_until)}, for one push, and only unaltered (its digest "
        "shows that).",
        "Each device is left as it was unless its licence contact succeeds over the new transport.",
    ]
    if plan.revert is not None:
        lines.append(
            f"This is temporary: {plan.revert.owner} answers for it ({plan.revert.ticket}) until "
            f"{instant(plan.revert.until)}. From then on every audit reports each device that is still on "
            "callhome (AT502, high), until it is back on smart or has a new exception."
        )
    if audit is None:
        lines.append(
            f"The audit run {plan.run} was not at hand when this ticket was written: risk, evidence and the "
            "devices that were not audited are missing here."
        )
    else:
        lines.append(f"{count(len(audit.missed), 'device')} could not be audited and will not be touched.")
    return tuple(lines)


def _groups(plan: Plan) -> tuple[Group, ...]:
    return tuple(
        Group(names=same.names, apply=same.apply, rollback=same.rollback, diff=same.diff)
        for same in same_lines(sorted(plan.devices, key=lambda device: device.name))
    )


def _card(device: PlannedDevice, seen: Seen | None, evidence: tuple[str, ...]) -> Card:
    return Card(
        name=device.name,
        host=device.host,
        hostname=seen.hostname if seen is not None else None,
        model=seen.model if seen is not None else None,
        version=seen.version if seen is not None else None,
        wave=device.wave,
        unit=device.unit,
        region=device.region,
        groups=device.groups,
        verdict=seen.verdict if seen is not None else None,
        changes=tuple(change.value for change in device.changes),
        reasons=device.reasons,
        notes=device.notes,
        must_answer=must_answer(device.reachability) if device.reachability is not None else None,
        apply=device.apply,
        rollback=device.rollback,
        diff=device.diff,
        fingerprint=device.fingerprint,
        findings=seen.findings if seen is not None else (),
        evidence=evidence,
    )
