"""What is said of regions and their workers: who serves which, why one does not count, and by which wire."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from prometheus_client.parser import text_string_to_metric_families

from asa_transport._version import __version__
from asa_transport.edges.broker import broker_place
from asa_transport.edges.state.store.work import WorkTable
from asa_transport.errors import BrokerError
from asa_transport.flows import inputs, standard
from asa_transport.flows.audit import audit_fleet, prepare
from asa_transport.flows.recorder import RunOrder
from asa_transport.flows.regional_engine import Patience, RegionalEngine
from asa_transport.flows.regions import templates_digest
from asa_transport.model import NotAudited
from asa_transport.model.dispatch import WorkerRecord
from mock_devices import MockFleet
from tests.fleet.hands import smart
from tests.fleet.regions import Regions, in_regions, regions
from tests.fleet.test_audit_flow import Listener
from tests.support import QUICK, cli, fleet_of, program

RECORD = WorkerRecord(
    region="",
    machine="jump-1",
    user="audit",
    pid=7,
    version=__version__,
    templates=templates_digest(None),
    catalogue="2026.11",
    sessions=100,
    started_at=datetime(2026, 11, 28, tzinfo=UTC),
)


@pytest.fixture
def two() -> Iterator[Regions]:
    with regions() as made:
        yield made


@pytest.fixture
def fleet(tmp_path: Path, two: Regions) -> Iterator[MockFleet]:
    with fleet_of(smart("fw-a"), smart("fw-b")) as running:
        running.write(tmp_path)
        in_regions(tmp_path, {"fw-a": two.region("emea"), "fw-b": two.region("apac")})
        yield running


@contextlib.contextmanager
def known(two: Regions, directory: Path, **changes: str) -> Iterator[None]:
    """A worker of EMEA that is known, and reads nothing."""
    record = replace(RECORD, region=two.region("emea"), **changes)  # type: ignore[arg-type]
    with WorkTable(directory, two.store) as table, table.register(record):
        yield


def test_a_region_of_the_inventory_without_a_worker_is_named(
    fleet: MockFleet, tmp_path: Path, two: Regions
) -> None:
    """Before the night, not after it; and a program that watches reads the same."""
    del fleet
    given = ("workers", "status", "-i", str(tmp_path / "inventory.yaml"), *two.options)
    with known(two, tmp_path):
        ended = cli(*given, "--metrics", tmp_path / "regions.prom")
        document = cli(*given, "--format=json").document

    apac, emea = document["regions"]
    assert ended.code == 4
    assert ended.err == f"warning: no worker serves the region '{two.region('apac')}'\n"
    assert [two.region("apac") in line for line in ended.out.splitlines()].count(True) == 1
    assert (apac["workers"], len(emea["workers"])) == ([], 1)
    assert emea["workers"][0]["silent_s"] < 60
    metrics = {
        family.name: family.samples
        for family in text_string_to_metric_families((tmp_path / "regions.prom").read_text())
    }
    assert [one.value for one in metrics["asa_region_workers"]] == [0, 1]
    assert [one.labels["catalogue"] for one in metrics["asa_worker_info"]] == ["2026.11"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": "0.1.9"}, f"are of version 0.1.9, and this is {__version__}"),
        ({"templates": "0" * 16}, "have other parsing templates than this program"),
    ],
    ids=["version", "templates"],
)
def test_a_worker_that_reads_otherwise_does_not_count(
    fleet: MockFleet, tmp_path: Path, two: Regions, changes: dict[str, str], said: str
) -> None:
    """What is read and what is judged belong together."""
    with known(two, tmp_path, **changes):
        ended = two.audit(tmp_path)

    errors = {one["name"]: one["error"] for one in ended.document["devices"]}
    assert ended.code == 4
    assert said in errors["fw-a"]
    assert "no worker serves the region" in errors["fw-b"]
    assert not any(device.transcript for device in fleet.devices.values())


def test_a_broker_that_stays_away_is_given_up_with_its_reason(
    fleet: MockFleet, tmp_path: Path, two: Regions
) -> None:
    """Nothing hangs: every device has an outcome that names the broker, without its password."""
    del fleet
    inventory, listener = tmp_path / "inventory.yaml", Listener()
    engine = RegionalEngine(
        place=broker_place("amqp://ops:geheim@127.0.0.1:1/asa"),
        state=tmp_path / "state",
        store=two.store,
        templates=templates_digest(None),
        patience=Patience(away_s=0.0),
    )
    request = prepare(inventory, ["fw-a"], is_elsewhere=True)
    judged_by = standard.read(inventory, inputs.Files(), now=datetime.now(UTC), is_now_given=False)
    order = RunOrder(inventory_file=inventory, devices=request.devices, limit=(), standard=judged_by)
    with known(two, tmp_path):
        done = audit_fleet(request, order, tell=listener, engine=engine)

    (missed,) = done.report.outcomes
    assert isinstance(missed, NotAudited)
    assert missed.error.startswith("the broker was away: the broker amqp://127.0.0.1:1/asa did not take")
    assert "geheim" not in missed.error + " ".join(listener.said)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "the workers of the regions are reached through a broker: give --broker"),
        ("redis://127.0.0.1/", "the broker's URL cannot be read"),
        ("amqp://:geheim@/x", "the broker's URL cannot be read"),
    ],
)
def test_a_broker_that_cannot_be_one_is_said_before_anything(url: str | None, said: str) -> None:
    """In one line, and never with what may be a password."""
    with pytest.raises(BrokerError) as refused:
        broker_place(url)

    assert said in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_an_engine_without_a_shared_store_is_a_mistake_of_the_user(fleet: MockFleet, tmp_path: Path) -> None:
    """A history of this machine is nothing that two machines can meet in."""
    del fleet
    given = ("-i", str(tmp_path / "inventory.yaml"), "--state-dir", str(tmp_path / "state"), *QUICK)
    ended = cli("audit", *given, "--engine=celery", "--broker=amqp://127.0.0.1/")

    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "is a file of one machine" in ended.err


@contextlib.contextmanager
def with_tls(port: int, authority: trustme.CA) -> Iterator[int]:
    """A server that speaks TLS in front of another on this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    listening = socket.create_server(("127.0.0.1", 0))

    def carry(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listening.accept()
                with contextlib.suppress(ssl.SSLError, OSError):
                    secured = context.wrap_socket(near, server_side=True)
                    far = socket.create_connection(("127.0.0.1", port))
                    for one, other in ((secured, far), (far, secured)):
                        threading.Thread(target=carry, args=(one, other), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def test_a_broker_behind_tls_is_believed_by_its_authority_alone(
    fleet: MockFleet, tmp_path: Path, two: Regions
) -> None:
    """The library below verifies nothing unless it is told to."""
    del fleet
    ours, other = trustme.CA(), trustme.CA()
    for name, authority in (("ours", ours), ("other", other)):
        authority.cert_pem.write_to_path(tmp_path / f"{name}.pem")
    with with_tls(two.ports[1], ours) as port:
        secured = replace(two, broker=f"amqps://guest:guest@127.0.0.1:{port}//")
        by = "--broker-ca"
        good = cli(
            "workers",
            "status",
            *secured.options,
            by,
            tmp_path / "ours.pem",
            "-i",
            tmp_path / "inventory.yaml",
        )
        bad = cli(
            "workers",
            "status",
            *secured.options,
            by,
            tmp_path / "other.pem",
            "-i",
            tmp_path / "inventory.yaml",
        )
        with secured.worker(tmp_path, "emea", by, str(tmp_path / "ours.pem")):
            ended = program("audit", *secured.given(tmp_path), by, tmp_path / "ours.pem", "-l", "fw-a")

    assert "certificate" not in good.err
    assert "CERTIFICATE_VERIFY_FAILED" in bad.err
    assert ended.code == 0, ended.err
    assert ended.document["totals"]["audited"] == 1
