"""Read the fleet: its firewalls now, or the answers that an earlier run kept.

Both ways end in the same outcomes, not judged yet.  An earlier run's answers are parsed again from
its `raw/`; which devices it audited is what its document says, so that half an answer never
becomes a reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asa_transport.capabilities import RunObserver, Teller
from asa_transport.core.documents import audit as audit_document
from asa_transport.core.parsing.tables import TableSet
from asa_transport.edges import saved_outputs
from asa_transport.edges.state.run_folder import AUDIT, RAW, RunFolder, read_document
from asa_transport.engine.fleet import RunStop
from asa_transport.errors import UserError, in_words
from asa_transport.flows import analyze, audit
from asa_transport.flows.audit_device import ProbeTargets
from asa_transport.model import Audited, AuditOutcome, Device, NotAudited, Policy, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The outcomes of all devices that were asked for, sorted by name, not judged yet.

    Attributes:
        run: Id of the run whose answers these are.
        read_at: When it began, aware UTC: a plan is no fresher than this.
        was_stopped: A person ended it before every device was read.
    """

    run: str
    read_at: datetime
    outcomes: Sequence[AuditOutcome]
    was_stopped: bool = False


def live_reading(
    request: audit.Request,
    folder: RunFolder,
    *,
    policy: Policy,
    targets: ProbeTargets | None,
    observed: AbstractContextManager[RunObserver],
    tell: Teller,
    stop: RunStop,
    engine: audit.FleetEngine | None = None,
) -> Reading:
    """Read the fleet now, with the audit's own sessions; with `targets` each firewall probes them.

    Args:
        observed: Held while devices are read, and no longer.
        tell: Told where answers could not be kept.
        stop: Ends the reading early.
        engine: Reads the devices; `None` for this process.
    """
    started_at = datetime.now(UTC)
    with observed as observer:
        observer.run_started(folder.path.name, request.devices)
        outcomes = audit.run(
            request,
            folder,
            stop,
            observer,
            policy=policy,
            tell=tell,
            unwritten=tell.warn,
            targets=targets,
            engine=engine,
        )
        found = tuple(outcomes)
    return Reading(
        run=folder.path.name,
        read_at=started_at,
        outcomes=audit_document.in_order(request.devices, found),
        was_stopped=stop.is_set(),
    )


def run_reading(folder: Path, devices: Sequence[Device], tables: TableSet) -> Reading:
    """Read the answers that a run kept; raise UserError where the folder is not a run's."""
    document = read_document(folder / AUDIT)
    try:
        run, read_at = str(document["run"]["id"]), datetime.fromisoformat(document["run"]["started_at"])
        records = {str(record["name"]): record for record in document["devices"]}
        is_known = document["schema"] == audit_document.SCHEMA and read_at.tzinfo is not None
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{folder / AUDIT}: not the document of a run: {in_words(error)}") from error
    if not is_known:
        raise UserError(f"{folder / AUDIT}: expected the schema {audit_document.SCHEMA!r}")
    namer = analyze.Namer(known={device.name: device for device in devices}, expect=devices[0].expect)
    kept = saved_outputs.read_devices(folder / RAW, [device.name for device in devices])
    parsed = {outcome.device.name: outcome for outcome in _parsed(kept, tables, namer, read_at)}
    outcomes = (_outcome(device, records.get(device.name), parsed.get(device.name)) for device in devices)
    return Reading(run=run, read_at=read_at, outcomes=audit_document.in_order(devices, outcomes))


def _parsed(
    kept: Iterable[saved_outputs.Folder], tables: TableSet, namer: analyze.Namer, at: datetime
) -> Iterator[AuditOutcome]:
    for directory in kept:
        found, _ = analyze.found_in(directory, at)
        yield from analyze.outcomes(found, tables, namer, at)


def _outcome(device: Device, record: Mapping[str, Any] | None, parsed: AuditOutcome | None) -> AuditOutcome:
    """Return the outcome under the inventory's own entry: what was parsed has the path of its files."""
    if record is None:
        return _missing(device, "this device was not part of the run")
    if record.get("outcome") != "audited":
        return _missing(device, f"it was not audited then: {record.get('error')}")
    if parsed is None:
        return _missing(device, "the run kept no answers of this device")
    match parsed:
        case Audited():
            return replace(parsed, device=device)
        case NotAudited():
            return replace(parsed, device=device)


def _missing(device: Device, saw: str) -> NotAudited:
    hint = "audit it again, or plan without --from-run"
    return NotAudited(device=device, stage=Stage.COLLECT, error=f"reading the run: {saw}", hint=hint)
