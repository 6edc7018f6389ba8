"""`asa-transport show PLAN.json|RUN`: what a push would do, or what became of a run; contacts nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from asa_transport.cli import completion, options
from asa_transport.cli.console import console, exit_on_user_error, print_json
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.errors import UserError
from asa_transport.flows import inputs
from asa_transport.flows.inputs import Shape
from asa_transport.text import instant

if TYPE_CHECKING:
    from asa_transport.flows.plan_readiness import Readiness
    from asa_transport.model import Device, Plan

SCHEMA: Final = "asa-transport/show/1"
_FILES, _VOICE = inputs.Files(), Voice()


@with_bundles
def show(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="PLAN.json|RUN",
            autocompletion=completion.runs,
            help="The file of a plan, or a run: its id, its folder, or `last`, the newest one.",
        ),
    ],
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    limit: options.LimitOption = None,
    shape: options.ShapeOption = Shape.TABLE,
    files: inputs.Files = _FILES,
    state_dir: options.StateOption = None,
    voice: Voice = _VOICE,
) -> None:
    """Show a plan (waves, lines, guards, approvals, where it would stop), or what became of a run."""
    from asa_transport.edges.state.run_folder import any_run, state_directory
    from asa_transport.flows.plan_file import read_plan
    from asa_transport.flows.plan_readiness import readiness
    from asa_transport.flows.push_records import is_push

    with exit_on_user_error():
        state = state_directory(state_dir)
        if Path(subject).is_file():
            plan = read_plan(Path(subject))
            found = readiness(Path(subject), plan, inventory, files, state=state, now=datetime.now(UTC))
            _plan(plan, found, limit or (), shape, voice)
            return
        run = any_run(state, subject)
        if is_push(run):
            _push(run, limit or (), shape, voice)
        else:
            _audit(run, limit or (), shape, voice)


def _plan(plan: Plan, found: Readiness, limit: Sequence[str], shape: Shape, voice: Voice) -> None:
    from asa_transport.cli.views.push_outlook import print_outlook, print_readiness
    from asa_transport.core.pushing.campaign.outlook import outlook

    names = _chosen([_entry(one.name, one.host, one.groups, one.region) for one in plan.devices], limit)
    view = outlook(plan, names, found.budget, found.accept)
    if shape is Shape.TABLE:
        out = console(sys.stdout, no_color=voice.no_color)
        print_outlook(out, plan, view, whole=True)
        print_readiness(out, found, names)
        return
    print_json(
        {
            "schema": SCHEMA,
            "kind": "plan",
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
            "approvals": {"needed": found.needed, "by": list(found.principals), "missing": found.unapproved},
            "used": [
                {"name": name, "run": use.run, "at": use.at}
                for name, use in sorted(found.used.items())
                if name in names
            ],
            "against": list(found.against),
        }
    )


def _push(run: Path, limit: Sequence[str], shape: Shape, voice: Voice) -> None:
    from asa_transport.cli.views.push_record import print_record
    from asa_transport.flows.push_records import kept_plan, read_record

    record, plan = read_record(run), kept_plan(run)
    known = {} if plan is None else {one.name: one for one in plan.devices}
    entries = [
        _entry(one.name, known[one.name].host, known[one.name].groups, known[one.name].region)
        if one.name in known
        else _entry(one.name)
        for one in record.devices
    ]
    names = _chosen(entries, limit)
    devices = [one for one in record.devices if one.name in names]
    if shape is Shape.TABLE:
        print_record(console(sys.stdout, no_color=voice.no_color), record, devices)
        return
    head = {key: value for key, value in _listed(asdict(record)).items() if key != "devices"}
    head["operators"] = [{"name": name, "at": at} for name, at in record.operators]
    print_json(
        {
            "schema": SCHEMA,
            "kind": "push",
            "run": head,
            "devices": [_listed(asdict(device)) for device in devices],
        }
    )


def _audit(run: Path, limit: Sequence[str], shape: Shape, voice: Voice) -> None:
    from asa_transport.cli.views.audit_record import print_seen
    from asa_transport.core.documents import _ticket_audit as audits
    from asa_transport.edges.state.run_folder import AUDIT, read_document

    document = read_document(run / AUDIT)
    try:
        found = audits.read(document)
    except ValueError as error:
        raise UserError(f"{run / AUDIT}: not the document of an audit: {error}") from error
    entries = [_entry(one.name, one.host) for one in found.seen]
    entries += [_entry(one.name, one.host) for one in found.missed]
    names = _chosen(entries, limit)
    if shape is Shape.TABLE:
        print_seen(console(sys.stdout, no_color=voice.no_color), found, names)
        return
    print_json(
        {
            "schema": SCHEMA,
            "kind": "audit",
            "run": document["run"],
            "devices": [device for device in document["devices"] if device["name"] in names],
        }
    )


def _chosen(entries: Sequence[Device], limit: Sequence[str]) -> frozenset[str]:
    from asa_transport.core.judgement.select import select
    from asa_transport.flows.audit import read_pattern_file

    return (
        frozenset(one.name for one in select(entries, limit, read_pattern_file)) if entries else frozenset()
    )


def _entry(name: str, host: str = "", groups: tuple[str, ...] = (), region: str | None = None) -> Device:
    """Return what `-l` chooses from: names, groups and regions as they are kept; nobody dials it."""
    from asa_transport.model import Device

    return Device(
        name=name, host=host, port=0, username="", credential="", known_hosts=Path(), groups=groups,
        region=region,
    )  # fmt: skip


def _listed(value: dict[str, Any]) -> dict[str, Any]:
    return {key: list(one) if isinstance(one, tuple) else one for key, one in value.items()}
