"""`audit --metrics FILE` over real SSH, two nights."""

from __future__ import annotations

from pathlib import Path

from asa_transport.edges.notify import textfile
from tests.fleet.hands import run
from tests.support import Ended, cli, fleet_of


def value(path: Path, name: str, device: str) -> float:
    (found,) = [
        sample.value
        for family in textfile.read(path)
        if family.name == name
        for sample in family.samples
        if sample.labels.get("device") == device
    ]
    return found


def night(directory: Path, *arguments: str) -> Ended:
    return run(directory, "audit", "--format", "json", "--metrics", directory / "asa.prom", *arguments)


def test_a_firewall_that_is_gone_tonight_keeps_yesterdays_time(tmp_path: Path) -> None:
    """The alert "not audited for 26 h" can only fire where the time of the last success stays."""
    metrics = tmp_path / "asa.prom"
    with fleet_of({"name": "fw-a"}, {"name": "fw-b"}) as fleet:
        fleet.write(tmp_path)
        first = night(tmp_path)
        then = {
            name: value(metrics, "asa_audit_last_success_timestamp_seconds", name)
            for name in ("fw-a", "fw-b")
        }
        fleet["fw-b"].add_fault(action="refuse")
        second = night(tmp_path)

    now = {
        name: value(metrics, "asa_audit_last_success_timestamp_seconds", name) for name in ("fw-a", "fw-b")
    }
    assert (first.document["totals"]["audited"], second.document["totals"]["audited"]) == (2, 1)
    assert now["fw-a"] > then["fw-a"]
    assert now["fw-b"] == then["fw-b"] > 0


def test_a_last_file_that_cannot_be_read_is_said_and_replaced(tmp_path: Path) -> None:
    """The report is printed and the exit code stands."""
    metrics = tmp_path / "asa.prom"
    metrics.write_text("asa_x{")
    with fleet_of({"name": "fw-a"}) as fleet:
        fleet.write(tmp_path)
        ended = night(tmp_path)

    assert "what was known of devices that were not audited is lost" in ended.err
    assert ended.code == ended.document["run"]["exit_code"]
    assert value(metrics, "asa_audit_device_success", "fw-a") == 1.0


def test_a_directory_that_is_not_there_is_said_before_any_contact(tmp_path: Path) -> None:
    """Exit 2, and no session."""
    with fleet_of({"name": "fw-a"}) as fleet:
        files = fleet.write(tmp_path)
        ended = cli("audit", "-i", files.inventory, "--metrics", tmp_path / "none" / "asa.prom")
        typed = fleet["fw-a"].typed

    assert ended.code == 2
    assert "there is no directory" in ended.err
    assert typed == ()
    assert ended.out == ""
