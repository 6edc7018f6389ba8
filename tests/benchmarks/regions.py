"""Print P10, what regions cost: `python -m tests.benchmarks.regions [DEVICES] [SIMULATED]`.

First DEVICES mock firewalls (2,000) over real SSH, by a worker of one region, then by two workers of two, at
the same settings: seconds, and what went through the broker.  Then SIMULATED devices (100,000) without SSH: a
worker that answers for each at once, through the real broker and store, and the coordinator's peak memory,
seconds, and what the database holds.  0 leaves a part out.  Nothing here passes or fails.

Needs RabbitMQ and PostgreSQL, as the tests of regions do (`ASA_TRANSPORT_TEST_BROKER`,
`ASA_TRANSPORT_TEST_POSTGRES`).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import yaml

from asa_transport._version import __version__
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.tables import TableSet
from asa_transport.edges import broker, templates
from asa_transport.edges.state.store.work import Finished, WorkTable
from asa_transport.flows.audit_worker import without_answers
from asa_transport.flows.regions import templates_digest
from asa_transport.model import Audited, Capture, Device
from asa_transport.model.dispatch import WorkerRecord
from tests.benchmarks.clients import measured
from tests.benchmarks.fleets import Served, served
from tests.benchmarks.memory import KINDS, NOW, answers, device
from tests.benchmarks.settings import Settings
from tests.benchmarks.shared import size_mb
from tests.fleet.middle import middle
from tests.fleet.regions import Regions, regions
from tests.support import PROGRAM

_SESSIONS = 100
_CLAIM = 200


def main(devices: int = 2000, simulated: int = 100_000) -> None:
    """Print both parts."""
    with tempfile.TemporaryDirectory(prefix="asa-transport-regions-") as name, regions() as made:
        if devices:
            _over_ssh(made, devices, Path(name))
        if simulated:
            _simulated(made, simulated, Path(name))


def _over_ssh(made: Regions, count: int, directory: Path) -> None:
    settings = replace(Settings(), devices=count)
    with served(settings, count, directory) as fleet:
        seconds = []
        for names in (("emea",), ("emea", "apac")):
            took, carried = _audited(made, fleet, names, directory)
            seconds.append(took)
            print(
                f"{len(names)} worker{'s' * (len(names) > 1)} of {_SESSIONS} sessions: {count:,} devices in "
                f"{took:.1f} s, {carried / count:.0f} bytes a device through the broker",
                flush=True,
            )
    print(f"P10: two regional workers read {seconds[0] / seconds[1]:.2f} times as fast as one", flush=True)


def _audited(made: Regions, fleet: Served, names: Sequence[str], directory: Path) -> tuple[float, int]:
    """Return the seconds of an audit by these regions' workers, and the bytes through the broker."""
    path = fleet.inventory(fleet.devices, "-".join(names))
    document = yaml.safe_load(path.read_text())
    for number, entry in enumerate(document["devices"].values()):
        entry["region"] = made.region(names[number % len(names)])
    path.write_text(yaml.safe_dump(document))
    with ExitStack() as stack:
        wire = stack.enter_context(middle(made.ports[1]))
        far = made.through(broker=wire)
        for name in names:
            argv = [
                *("worker", "--region", made.region(name), "-i", path, f"--workers={_SESSIONS}", "-q"),
                *("--state-dir", directory / f"worker-{name}", *far.options),
            ]
            stack.enter_context(_running([PROGRAM, *argv]))
        _until(made, len(names))
        output = directory / f"{len(names)}.json"
        argv = [
            *("audit", "-i", path, "--format", "json", "-o", output, "-q", "--engine=celery"),
            *("--state-dir", directory / f"state-{len(names)}", *far.options),
        ]
        before = wire.carried
        figures, _ = measured([PROGRAM, *argv])
        audited = json.loads(output.read_text())["totals"]["audited"]
        if audited != len(fleet.devices):
            raise RuntimeError(f"{audited} of {len(fleet.devices)} devices were audited")
        return float(figures["wall_s"]), wire.carried - before


def _simulated(made: Regions, count: int, directory: Path) -> None:
    inventory = directory / "simulated.yaml"
    (directory / "nothing").write_text("nothing\n")
    (directory / "nothing").chmod(0o600)
    region = made.region("amer")
    hosts = (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(count))
    lines = (f"  fw-{number:06}: {{host: {host}}}" for number, host in enumerate(hosts))
    inventory.write_text(
        f"defaults: {{username: u, credential: c, region: {region}}}\n"
        f"credentials: {{c: {{password: {{file: {directory / 'nothing'}}}}}}}\n"
        "devices:\n" + "\n".join(lines) + "\n"
    )
    argv = [sys.executable, "-m", "tests.benchmarks.regions", "--answer", region, made.store, made.broker]
    before = size_mb(made.store)
    with _running([*argv, str(directory / "answering")]):
        _until(made, 1)
        output, state = directory / "simulated.json", directory / "state-simulated"
        audit = [
            *("audit", "-i", inventory, "--format", "json", "-o", output, "-q", "--engine=celery"),
            *("--state-dir", state, *made.options),
        ]
        figures, _ = measured([PROGRAM, *audit])
    with output.open() as file:
        audited = json.load(file)["totals"]["audited"]
    print(
        f"{count:,} devices without SSH: {audited:,} audited in {figures['wall_s']:.0f} s; coordinator's "
        f"peak {figures['peak_mb']:.0f} MB, its processor {figures['cpu_s']:.0f} s; the database holds "
        f"{size_mb(made.store) - before:.0f} MB",
        flush=True,
    )


def _until(made: Regions, count: int) -> None:
    """Wait until so many workers are known."""
    until = time.monotonic() + 60
    while sum(len(one["workers"]) for one in made.alive()) < count:
        if time.monotonic() > until:
            raise RuntimeError("the workers did not start")
        time.sleep(0.2)


@contextmanager
def _running(argv: Sequence[object]) -> Iterator[None]:
    process = subprocess.Popen([str(word) for word in argv], env={**os.environ})
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def answer(region: str, store: str, url: str, state: str) -> None:
    """Be a worker that answers for each device at once, with one answer of a firewall."""
    Path(state).mkdir(parents=True, exist_ok=True)
    record = WorkerRecord(
        region=region,
        machine="here",
        user="bench",
        pid=os.getpid(),
        version=__version__,
        templates=templates_digest(None),
        catalogue="",
        sessions=_CLAIM,
        started_at=datetime.now(UTC).replace(microsecond=0),
    )
    known = _answered()
    with WorkTable(Path(state), store) as table, table.register(record) as registration:

        def collect(run: str) -> None:
            registration.beat(run)
            while claimed := table.claim(run, region, registration.key, _CLAIM):
                table.finish(run, [_finished(known, one) for one in claimed])
            registration.beat(None)

        broker.serve(broker.broker_place(url), region, collect, ending=lambda: None, said=print)


def _answered() -> Audited:
    """Return what a firewall says, read as an audit reads it."""
    kind = KINDS[0]
    capture = Capture(device=kind, started_at=NOW, finished_at=NOW, outputs=answers(kind))
    facts = parse.facts(capture, TableSet(templates.textfsm(None)))
    return Audited(device=device(0), capture=capture, facts=facts)


def _finished(known: Audited, one: Device) -> Finished:
    facts = replace(known.facts, hostname=one.name, serial=f"9A{one.name[3:]}")
    capture = replace(known.capture, device=one.name)
    outcome = replace(known, device=one, facts=facts, capture=capture)
    return Finished(outcome=without_answers(outcome), answers=capture, duration_s=1.0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--answer"]:
        answer(*sys.argv[2:6])
    else:
        main(*map(int, sys.argv[1:3]))
