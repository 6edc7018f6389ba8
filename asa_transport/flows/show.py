"""Know what a plan would do, or what became of a run, from files alone; contacts nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias, assert_never

from asa_transport.core.documents import stored_audit as audits
from asa_transport.core.judgement.select import select
from asa_transport.core.pushing.campaign.outlook import Outlook, outlook
from asa_transport.core.reports.push_record import Became, PushRecord
from asa_transport.edges.state.run_folder import AUDIT, any_run, read_document
from asa_transport.errors import UserError
from asa_transport.files.pattern_file import read_pattern_file
from asa_transport.files.regular_file import is_file
from asa_transport.flows.inputs import Files
from asa_transport.flows.plan_file import read_plan
from asa_transport.flows.plan_readiness import Readiness, readiness
from asa_transport.flows.push_records import is_push, kept_plan, read_record
from asa_transport.model import Device, Plan
from asa_transport.text import instant

SCHEMA: Final = "asa-transport/show/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanShown:
    """What a push of these devices of a plan would do, and what stands for and against it."""

    plan: Plan
    names: frozenset[str]
    outlook: Outlook
    readiness: Readiness


@dataclass(frozen=True, slots=True, kw_only=True)
class PushShown:
    """What became of these devices of a push."""

    record: PushRecord
    devices: tuple[Became, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditShown:
    """What became of these devices of an audit; `document` is all of it."""

    run: audits.AuditRun
    names: frozenset[str]
    document: Mapping[str, Any]


Shown: TypeAlias = PlanShown | PushShown | AuditShown


def shown(
    subject: str, limit: Sequence[str], *, inventory: Path, files: Files, state: Path, now: datetime
) -> Shown:
    """Return what is known of a plan's file, or of a run by its id, its folder or `last`.

    Args:
        limit: As `-l`.
        inventory: Beside it stand the rules that a plan is judged by, where `files` names none.

    Raises:
        UserError: There is no such plan or run, or it cannot be read, or the limit selects nothing.
    """
    file = Path(subject)
    if is_file(file):
        plan = read_plan(file)
        found = readiness(file, plan, inventory, files, state=state, now=now)
        entries = [_entry(one.name, one.host, one.groups, one.region) for one in plan.devices]
        names = _chosen(entries, limit)
        view = outlook(plan, names, found.budget, found.accept)
        return PlanShown(plan=plan, names=names, outlook=view, readiness=found)
    run = any_run(state, subject)
    return _push(run, limit) if is_push(run) else _audit(run, limit)


def document(found: Shown) -> dict[str, Any]:
    """Return it as a program reads it."""
    match found:
        case PlanShown():
            return {"schema": SCHEMA, "kind": "plan", **_plan_members(found)}
        case PushShown(record=record):
            head = {key: value for key, value in _listed(asdict(record)).items() if key != "devices"}
            head["operators"] = [{"name": name, "at": at} for name, at in record.operators]
            devices = [_listed(asdict(device)) for device in found.devices]
            return {"schema": SCHEMA, "kind": "push", "run": head, "devices": devices}
        case AuditShown():
            devices = [one for one in found.document["devices"] if one["name"] in found.names]
            return {"schema": SCHEMA, "kind": "audit", "run": found.document["run"], "devices": devices}
        case _:
            assert_never(found)


def _plan_members(found: PlanShown) -> dict[str, Any]:
    plan, view, ready = found.plan, found.outlook, found.readiness
    return {
        "plan": {
            "id": plan.id,
            "digest": plan.digest,
            "goal": plan.goal.value,
            "created_at": instant(plan.created_at),
            "valid_until": instant(plan.valid_until),
        },
        "waves": [{"wave": wave.wave, "devices": list(wave.names)} for wave in view.waves],
        "lines": [_listed(asdict(same)) for same in view.lines],
        "guards": [_listed(asdict(guard)) for guard in view.guards],
        "stops": list(view.bounds),
        "approvals": {"needed": ready.needed, "by": list(ready.principals), "missing": ready.unapproved},
        "used": [
            {"name": name, "run": use.run, "at": use.at}
            for name, use in sorted(ready.used.items())
            if name in found.names
        ],
        "against": list(ready.against),
    }


def _push(run: Path, limit: Sequence[str]) -> PushShown:
    record, plan = read_record(run), kept_plan(run)
    known = {} if plan is None else {one.name: one for one in plan.devices}
    entries = [
        _entry(one.name, known[one.name].host, known[one.name].groups, known[one.name].region)
        if one.name in known
        else _entry(one.name)
        for one in record.devices
    ]
    names = _chosen(entries, limit)
    return PushShown(record=record, devices=tuple(one for one in record.devices if one.name in names))


def _audit(run: Path, limit: Sequence[str]) -> AuditShown:
    kept = read_document(run / AUDIT)
    try:
        found = audits.read(kept)
    except ValueError as error:
        raise UserError(f"{run / AUDIT}: not the document of an audit: {error}") from error
    entries = [_entry(one.name, one.host) for one in found.seen]
    entries += [_entry(one.name, one.host) for one in found.missed]
    return AuditShown(run=found, names=_chosen(entries, limit), document=kept)


def _chosen(entries: Sequence[Device], limit: Sequence[str]) -> frozenset[str]:
    return (
        frozenset(one.name for one in select(entries, limit, read_pattern_file)) if entries else frozenset()
    )


def _entry(name: str, host: str = "", groups: tuple[str, ...] = (), region: str | None = None) -> Device:
    """Return what `-l` chooses from: names, groups and regions as they are kept; nobody dials it."""
    return Device(
        name=name, host=host, port=0, username="", credential="", known_hosts=Path(), groups=groups,
        region=region,
    )  # fmt: skip


def _listed(value: dict[str, Any]) -> dict[str, Any]:
    return {key: list(one) if isinstance(one, tuple) else one for key, one in value.items()}
