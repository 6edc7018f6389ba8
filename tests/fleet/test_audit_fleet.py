"""The audit of a whole mixed fleet over real SSH: right, complete, and read-only."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from asa_transport.capabilities import is_read_only
from mock_devices import MockFleet, load_scenario
from tests.support import Ended, audit


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with MockFleet.serve(load_scenario("demo")) as running:
        yield running


@pytest.fixture(scope="module")
def ended(fleet: MockFleet, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    return audit(fleet, tmp_path_factory.mktemp("audit"), "-w", "30", "--handshake-timeout=5")


def test_every_device_of_the_inventory_is_in_the_report_once_and_in_order(
    fleet: MockFleet, ended: Ended
) -> None:
    """A device silently missing from a report is the second worst thing."""
    names = [device["name"] for device in ended.document["devices"]]

    assert names == sorted(fleet.names)
    assert ended.document["totals"]["devices"] == len(fleet.names)


def test_nothing_outside_the_allow_list_was_typed_on_any_device(fleet: MockFleet, ended: Ended) -> None:
    """The devices' own transcripts are the proof that an audit only reads (CONTRACT §8)."""
    typed = [(name, line) for name in fleet.names for line in fleet[name].typed if line != "<secret>"]

    assert ended.document["totals"]["audited"] > 0
    assert len(typed) > 100
    assert [(name, line) for name, line in typed if not is_read_only(line)] == []


def test_secrets_are_typed_only_where_a_password_was_asked(fleet: MockFleet, ended: Ended) -> None:
    """A password on an open prompt would be echoed, logged and sent to an AAA server as a command."""
    assert ended.document
    for name in fleet.names:
        for line in fleet[name].transcript:
            assert ("assword" in line.prompt) == (line.text == "<secret>"), (name, line)


def test_no_running_configuration_changed(fleet: MockFleet, ended: Ended) -> None:
    """netmiko's own preparation changes the terminal width at every login."""
    assert ended.document
    changed = [
        name
        for name in fleet.names
        if fleet[name].config_changes or fleet[name].running_config() != fleet[name].running_config_at_start
    ]

    assert changed == []


def test_the_facts_are_those_of_the_devices(ended: Ended) -> None:
    """One row a kind: what the scenario says must be what the audit says."""

    def facts(name: str) -> dict[str, object]:
        found = ended.device(name)["facts"]
        assert isinstance(found, dict)
        return found

    assert facts("fw-ber-01")["transport"]["type"] == "callhome"  # type: ignore[index]
    assert facts("fw-par-01")["transport"]["type"] == "smart"  # type: ignore[index]
    assert facts("fw-lon-01")["transport"]["proxy"] == {  # type: ignore[index]
        "host": "proxy.emea.example.net",
        "port": 8080,
    }
    assert facts("fw-nyc-01")["authorization"]["state"] == "expired"  # type: ignore[index]
    assert "throughput-100kbps" in facts("fw-nyc-01")["restricted"]  # type: ignore[operator]
    assert facts("fw-chi-01")["registration"]["state"] == "registering"  # type: ignore[index]
    assert facts("fw-chi-01")["authorization"]["state"] == "evaluation"  # type: ignore[index]
    assert facts("fw-fra-ssp-01")["license_mode"] == "fxos"
    assert facts("fw-mad-01")["license_mode"] == "pak"
    assert facts("fw-aws-use1-01")["license_mode"] == "payg"
    assert facts("fw-mil-01")["failover"]["state"] == "active"  # type: ignore[index]
    assert facts("fw-mil-02")["failover"]["state"] == "standby"  # type: ignore[index]
    assert facts("fw-zrh-mc-01")["context_mode"] == "multiple"
    assert facts("fw-sin-01")["authorization"]["last_contact"]["result"] == "failed"  # type: ignore[index]


def test_an_unreachable_device_is_not_audited_with_stage_error_and_hint(ended: Ended) -> None:
    """What could not be audited says where it ended, what was seen and what to do."""
    missed = ended.device("fw-mex-01")

    assert missed["outcome"] == "not-audited"
    assert missed["stage"] == "connect"
    assert "connection refused" in missed["error"]
    assert missed["hint"]
    assert ended.code == 4
    assert ended.document["run"]["exit_code"] == 4


def test_the_multiple_context_device_is_left_in_the_context_it_was_found_in(
    fleet: MockFleet, ended: Ended
) -> None:
    """The system space holds the licence; the session goes there and comes back."""
    assert ended.document
    typed = fleet["fw-zrh-mc-01"].typed

    assert "changeto system" in typed
    assert typed[-2:] == ("changeto context admin", "exit") or "changeto context admin" in typed


def test_the_answers_are_kept_for_a_person_to_read(fleet: MockFleet, tmp_path: Path) -> None:
    """Every finding must be derivable again from the raw text."""
    audit(fleet, tmp_path, "-l", "fw-par-01")

    (saved,) = (tmp_path / "state" / "runs").glob("*/raw/fw-par-01/show_license_status.txt.gz")

    assert b"Transport:" in gzip.decompress(saved.read_bytes())
    assert saved.stat().st_mode & 0o777 == 0o600
    for folder in [*saved.parents][:5]:
        assert folder.stat().st_mode & 0o777 == 0o700, folder
