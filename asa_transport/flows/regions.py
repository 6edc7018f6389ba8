"""What the commands of regions do: have one's devices read elsewhere, serve one, say who serves which."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from asa_transport._version import __version__
from asa_transport.capabilities import Teller
from asa_transport.errors import BrokerError, UserError
from asa_transport.flows.inputs import BrokerOptions, EngineKind, EngineOptions, StateLocation
from asa_transport.model import MetricFamily, Sample

if TYPE_CHECKING:
    from asa_transport.flows.audit import FleetEngine
    from asa_transport.flows.push_far import FarPush
    from asa_transport.flows.region_worker import WorkerSetup
    from asa_transport.model.dispatch import LiveWorker


def regional_engine(
    options: EngineOptions, location: StateLocation, textfsm: Path | None
) -> FleetEngine | None:
    """Return what reads the devices; `None` for this process.

    Raises:
        UserError: A broker was named without the engine, or what the engine needs is not there.
    """
    if options.kind is EngineKind.LOCAL:
        return None
    # They bring the database and the broker.
    from asa_transport.edges.broker import broker_place  # noqa: PLC0415
    from asa_transport.flows.regional_engine import RegionalEngine  # noqa: PLC0415

    authority = None if options.authority is None else str(options.authority)
    return RegionalEngine(
        place=broker_place(options.url, authority),
        state=location.directory,
        store=location.store,
        templates=templates_digest(textfsm),
    )


def far_push(options: EngineOptions, location: StateLocation, textfsm: Path | None) -> FarPush | None:
    """Return what has the work on each device of a push done in its region; `None` for this process.

    Raises:
        UserError: What the engine needs is not there.
    """
    if options.kind is EngineKind.LOCAL:
        return None
    # They bring the database and the broker.
    from asa_transport.edges.broker import broker_place  # noqa: PLC0415
    from asa_transport.flows.push_far import FarPush  # noqa: PLC0415

    authority = None if options.authority is None else str(options.authority)
    return FarPush(
        place=broker_place(options.url, authority),
        state=location.directory,
        store=location.store,
        templates=templates_digest(textfsm),
    )


def templates_digest(own: Path | None) -> str:
    """Return what tells two sets of parsing templates apart."""
    from asa_transport.edges import templates  # noqa: PLC0415

    digest = hashlib.sha256()
    for name, text in sorted(templates.textfsm(own).items()):
        digest.update(f"{name}\0{len(text)}\0{text}\0".encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFiles:
    """What a worker is started with, as the user named it; `None` where it was not."""

    inventory: Path
    known_hosts: Path | None = None
    ssh_config: Path | None = None
    textfsm: Path | None = None
    sessions: int = 100


def serve_region(
    region: str, files: WorkerFiles, broker: BrokerOptions, location: StateLocation, tell: Teller
) -> None:
    """Serve a region until a signal ends it: what is being read is finished, nothing more is begun.

    Raises:
        UserError: What was given is not usable, or store or broker cannot be used.
    """
    from asa_transport.edges import broker as brokers  # noqa: PLC0415
    from asa_transport.edges.state.store.work import WorkTable  # noqa: PLC0415
    from asa_transport.flows.region_worker import RegionWorker  # noqa: PLC0415

    authority = None if broker.authority is None else str(broker.authority)
    place = brokers.broker_place(broker.url, authority)
    setup = _setup(region, files)
    with WorkTable(location.directory, location.store) as table:
        worker = RegionWorker(table, setup, tell)
        with worker.known():
            tell.note(f"serving the region {region!r}: {setup.sessions} devices at once; Ctrl-C ends it")
            brokers.serve(place, region, worker.collect, ending=worker.end, said=tell.warn)


def serve_pushes(
    region: str, files: WorkerFiles, broker: BrokerOptions, location: StateLocation, tell: Teller
) -> None:
    """Serve the pushes of a region until a signal ends it: what is in work ends by its own rules.

    The only way to a worker that has sessions which may write.

    Raises:
        UserError: What was given is not usable, or store or broker cannot be used.
    """
    from asa_transport.edges import broker as brokers  # noqa: PLC0415
    from asa_transport.edges.state.store.machines import Machines  # noqa: PLC0415
    from asa_transport.edges.state.store.pushes import PushTable  # noqa: PLC0415
    from asa_transport.flows.region_pusher import MOST_RUNS, RegionPusher  # noqa: PLC0415

    authority = None if broker.authority is None else str(broker.authority)
    place = brokers.broker_place(broker.url, authority)
    setup, state = _setup(region, files), location.directory
    with (
        PushTable(state, location.store) as table,
        Machines(state, location.store or "", limit_s=location.limit_s) as machines,
    ):
        worker = RegionPusher(table, machines, setup, state, tell)
        with worker.known():
            tell.note(f"pushing in the region {region!r}: {setup.sessions} devices at once; Ctrl-C ends it")
            brokers.serve_pushes(
                place, region, worker.push, at_once=MOST_RUNS, ending=worker.end, said=tell.warn
            )


def _setup(region: str, files: WorkerFiles) -> WorkerSetup:
    from asa_transport.asa.version import train_of  # noqa: PLC0415
    from asa_transport.files import bugs  # noqa: PLC0415
    from asa_transport.files import inventory as inventories  # noqa: PLC0415
    from asa_transport.flows.own_templates import parsing_tables  # noqa: PLC0415
    from asa_transport.flows.region_worker import WorkerSetup  # noqa: PLC0415

    return WorkerSetup(
        region=region,
        inventory=inventories.load(files.inventory),
        known_hosts=files.known_hosts,
        ssh_config=files.ssh_config,
        tables=parsing_tables(files.textfsm),
        digest=templates_digest(files.textfsm),
        catalogue=bugs.load(None, train_of=train_of).version,
        sessions=files.sessions,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionStatus:
    """One region: who serves it, and how many messages wait for it; `None` where nobody knows."""

    region: str
    workers: Sequence[LiveWorker]
    queued: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersStatus:
    """All regions that are served or asked for; `broker_error` is why no depth is known."""

    regions: Sequence[RegionStatus]
    broker_error: str | None


def workers_status(broker: BrokerOptions, location: StateLocation, wanted: Sequence[str]) -> WorkersStatus:
    """Return who serves which region.

    Args:
        wanted: Regions that are to be served.

    Raises:
        UserError: The store cannot be used.
    """
    from asa_transport.edges import broker as brokers  # noqa: PLC0415
    from asa_transport.edges.state.store.work import WorkTable  # noqa: PLC0415

    with WorkTable(location.directory, location.store) as table:
        alive = table.live_workers()
    names = sorted({one.record.region for one in alive} | set(wanted))
    depths: dict[str, int | None] = {}
    error: str | None = None
    try:
        authority = None if broker.authority is None else str(broker.authority)
        with brokers.Broker(brokers.broker_place(broker.url, authority)) as asked:
            depths = {name: asked.depth(name) for name in names}
    except BrokerError as broken:
        error = str(broken)
    regions = [
        RegionStatus(
            region=name,
            workers=[one for one in alive if one.record.region == name],
            queued=depths.get(name),
        )
        for name in names
    ]
    return WorkersStatus(regions=regions, broker_error=error)


def unserved(status: WorkersStatus) -> Sequence[str]:
    """Return the regions that no worker of this version reads."""
    return [
        one.region
        for one in status.regions
        if not any(
            worker.record.version == __version__ and not worker.record.is_pushing for worker in one.workers
        )
    ]


def write_metrics(status: WorkersStatus, path: Path) -> None:
    """Write metrics of all regions: one file with one writer, which no other region's worker overwrites.

    Raises:
        UserError: The file cannot be written.
    """
    from asa_transport.edges.notify import textfile  # noqa: PLC0415

    textfile.check(path)
    try:
        textfile.write(path, worker_metrics(status))
    except OSError as error:
        raise UserError(f"--metrics {path}: cannot be written: {error.strerror}") from error


def worker_metrics(status: WorkersStatus) -> tuple[MetricFamily, ...]:
    """Return the metrics of the regions."""
    alive, pushing = (
        [
            Sample(
                labels={"region": one.region},
                value=sum(worker.record.is_pushing is is_pushing for worker in one.workers),
            )
            for one in status.regions
        ]
        for is_pushing in (False, True)
    )
    queued = [
        Sample(labels={"region": one.region}, value=one.queued)
        for one in status.regions
        if one.queued is not None
    ]
    of_workers = [
        ({"region": one.region, "machine": worker.record.machine, "worker": str(worker.key)}, worker)
        for one in status.regions
        for worker in one.workers
    ]
    silent = [Sample(labels=labels, value=worker.silent_s) for labels, worker in of_workers]
    versions = [
        Sample(
            labels={**labels, "version": worker.record.version, "catalogue": worker.record.catalogue}, value=1
        )
        for labels, worker in of_workers
    ]
    who = ("region", "machine", "worker")
    return (
        MetricFamily(
            name="asa_region_workers",
            help="Workers that live and read for audits, by region.",
            labels=("region",),
            samples=tuple(alive),
        ),
        MetricFamily(
            name="asa_region_push_workers",
            help="Workers that live and push, by region.",
            labels=("region",),
            samples=tuple(pushing),
        ),
        MetricFamily(
            name="asa_region_queued_messages",
            help="Messages that wait for the workers of a region.",
            labels=("region",),
            samples=tuple(queued),
        ),
        MetricFamily(
            name="asa_worker_silent_seconds",
            help="How long ago a worker was last heard of.",
            labels=who,
            samples=tuple(silent),
        ),
        MetricFamily(
            name="asa_worker_info",
            help="The version of each worker and of its bug catalogue.",
            labels=(*who, "version", "catalogue"),
            samples=tuple(versions),
        ),
    )


def regions_of(inventory: Path) -> Sequence[str]:
    """Return the regions that an inventory names; raise UserError where it cannot be read."""
    from asa_transport.files import inventory as inventories  # noqa: PLC0415

    loaded = inventories.load(inventory)
    return sorted({device.region for device in loaded.devices if device.enabled and device.region})
