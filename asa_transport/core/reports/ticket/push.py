"""Say in a ticket what became of a push: the closing record of a change.

Pure.  Every device of the push is in it.  What it says of a device's end was read at that end
(`startup`, the serial number); what was typed is taken from the journal, not from the plan.

Source: the help of `ticket`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from asa_transport.core.reports.push_record import Became, PushRecord
from asa_transport.core.reports.ticket.after import Readings, after_change, left_to_do
from asa_transport.core.reports.ticket.content import Card, Content, Group, Label, count, together
from asa_transport.model import Plan, PlannedDevice

DRY_RUN = "dry-run"


def content(
    record: PushRecord,
    plan: Plan | None,
    evidence: Mapping[str, Mapping[str, str]],
    readings: Mapping[str, Readings],
) -> Content:
    """Return the ticket of a push.

    Args:
        record: Cleaned already, as `plan` is.
        plan: The run's own copy; `None` where it is not at hand.
        evidence: File names of the answers by device.
        readings: What was read on each device before and after, cleaned.
    """
    is_dry = record.mode == DRY_RUN
    planned = {} if plan is None else {one.name: one for one in plan.devices}
    names = [one.name for one in record.devices]
    waves = () if plan is None else tuple(tuple(n for n in wave if n in names) for wave in plan.waves)
    return Content(
        kind="push",
        title=_title(record),
        head=tuple(Label(what=what, text=text) for what, text in _head(record)),
        summary=tuple(_summary(record)),
        why=together((one.reason, one.name) for one in record.devices if one.reason),
        risk=(),
        waves=waves,
        changes=_sent(record.devices, planned),
        must_answer=(),
        success=(),
        way_back=(),
        notes=(),
        held=(),
        not_audited=(),
        nothing_to_do=(),
        devices=tuple(
            _card(one, planned.get(one.name), tuple(evidence.get(one.name, ()))) for one in record.devices
        ),
        became=record.devices,
        after=() if is_dry else after_change(record.devices, readings),
        left_to_do=() if is_dry else left_to_do(record),
    )


def ending(one: Became) -> str:
    """Return how a device ended, in one sentence that can be shared by many."""
    parts = [one.outcome]
    if one.outcome == "applied":
        proof = "proven by licence contact" if one.verified == "contact" else "by the configuration only"
        parts += [proof, "saved" if one.saved else "NOT saved"]
    if one.startup is not None:
        parts.append(f"startup configuration {one.startup}")
    return ", ".join(parts)


def _title(record: PushRecord) -> str:
    many = count(len(record.devices), "firewall")
    if record.mode == DRY_RUN:
        return f"Dry run of a change of the licensing transport of {many}"
    return f"Closing record: change of the licensing transport of {many}"


def _head(record: PushRecord) -> Iterator[tuple[str, str]]:
    yield "push run", record.id
    yield "plan", record.plan_id
    yield "digest", record.plan_digest
    yield "approved by", ", ".join(record.approvals) or "nobody (none was demanded)"
    for number, (operator, at) in enumerate(record.operators):
        yield ("pushed by" if number == 0 else "resumed by"), f"{operator} at {at}"
    yield "started", record.started_at or ""
    yield "finished", record.finished_at or "the run did not end"
    if record.exit_code is not None:
        yield "exit code", str(record.exit_code)
    journal = record.journal
    if journal is not None:
        yield "journal head", f"{journal.head} ({count(journal.records, 'record')})"
        yield "journal", "whole" if journal.broken is None else f"damaged or altered: {journal.broken}"
    yield "inventory", record.inventory or ""
    if record.policy_sha256 is not None:
        yield "policy", f"sha256 {record.policy_sha256}"
    yield "made by", f"asa-transport {record.tool_version or ''}".strip()


def _summary(record: PushRecord) -> Iterator[str]:
    devices = record.devices
    words = Counter(one.outcome for one in devices)
    yield (
        f"{count(len(devices), 'device')}: "
        + (", ".join(f"{number:,} {word}" for word, number in words.most_common()) or "none")
        + "."
    )
    if record.mode == DRY_RUN:
        yield "This was a dry run: nothing was sent."
    else:
        proven = sum(one.outcome == "applied" and one.verified == "contact" for one in devices)
        unsaved = sum(one.outcome == "applied" and not one.saved for one in devices)
        yield f"{count(proven, 'device')} reached the licence authority over the new transport."
        if unsaved:
            yield f"In force and not saved on {count(unsaved, 'device')}: a reload loses it."
    doubt = [one.name for one in devices if one.outcome in {"unknown", "rollback-failed"}]
    if doubt:
        yield f"A person must look at {', '.join(doubt)}."
    if record.stopped_by is not None:
        yield f"It was stopped: {record.stopped_by}."
    if not record.is_finished:
        yield f"The run did not end; 'asa-transport resume {record.id}' continues it."


def _sent(devices: Sequence[Became], planned: Mapping[str, PlannedDevice]) -> tuple[Group, ...]:
    """Return what was typed, equal lines once; the way back and the diff are the plan's."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for one in devices:
        if one.lines:
            alike.setdefault(one.lines, []).append(one.name)
    groups = []
    for lines, names in alike.items():
        first = planned.get(names[0])
        groups.append(
            Group(
                names=tuple(names),
                apply=lines,
                rollback=() if first is None else first.rollback,
                diff="" if first is None else first.diff,
            )
        )
    return tuple(sorted(groups, key=lambda group: (-len(group.names), group.names)))


def _card(one: Became, planned: PlannedDevice | None, evidence: tuple[str, ...]) -> Card:
    return Card(
        name=one.name,
        host="" if planned is None else planned.host,
        hostname=one.hostname,
        model=None,
        version=None if planned is None else planned.observed.version,
        wave=one.wave,
        unit=None if planned is None else planned.unit,
        region=None if planned is None else planned.region,
        groups=() if planned is None else planned.groups,
        verdict=one.outcome,
        changes=() if planned is None else tuple(change.value for change in planned.changes),
        reasons=(ending(one), *((one.reason,) if one.reason else ())),
        notes=(),
        must_answer=None,
        apply=one.lines,
        rollback=() if planned is None else planned.rollback,
        diff=one.drift or ("" if planned is None or not one.lines else planned.diff),
        fingerprint=None if planned is None else planned.fingerprint,
        findings=(),
        evidence=evidence,
    )
