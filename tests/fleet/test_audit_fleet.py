"""The audit of a whole mixed fleet over real SSH: right, complete, and read-only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from asa_transport.capabilities import is_read_only
from asa_transport.edges.state import kept_answers
from mock_devices import MockFleet, load_scenario
from tests.support import ROOT, Ended, audit

# Verdict, or the stage at which the audit ended; and the rules that fire, each once.
DEMO = {
    "fw-aws-use1-01": ("not-applicable", ""),
    "fw-ber-01": ("change", "AT101 AT501"),
    "fw-bom-01": ("change", "AT101 AT501"),
    "fw-bom-02": ("not-applicable", "AT401"),
    "fw-chi-01": ("manual", "AT203 AT207 AT301"),
    "fw-dal-01": ("compliant", "AT301"),
    "fw-del-01": ("compliant", "AT302"),
    "fw-fra-ssp-01": ("manual", ""),
    "fw-gru-ftd-01": ("not-applicable", ""),
    "fw-hkg-01": ("connect", ""),
    "fw-lab-plr-01": ("not-applicable", ""),
    "fw-lab-plr-02": ("not-applicable", ""),
    "fw-lon-01": ("compliant", "AT302"),
    "fw-mad-01": ("not-applicable", ""),
    "fw-mex-01": ("connect", ""),
    "fw-mil-01": ("compliant", ""),
    "fw-mil-02": ("not-applicable", "AT401"),
    "fw-nyc-01": ("manual", "AT202 AT204 AT207"),
    "fw-osl-01": ("change", "AT101 AT102 AT104 AT501"),
    "fw-par-01": ("compliant", ""),
    "fw-prg-01": ("host-key", ""),
    "fw-sao-01": ("compliant", "AT301"),
    "fw-sin-01": ("manual", "AT201 AT204"),
    "fw-syd-01": ("change", "AT102 AT201 AT204 AT302"),
    "fw-tor-01": ("manual", "AT206"),
    "fw-tyo-01": ("manual", "AT201 AT204"),
    "fw-vie-01": ("hold", "AT101 AT301 AT501"),
    "fw-vie-02": ("hold", "AT401"),
    "fw-vno-01": ("manual", "AT209"),
    "fw-waw-01": ("hold", "AT106 AT301"),
    "fw-zrh-mc-01": ("compliant", ""),
}


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
    """The devices' own transcripts are the proof that an audit only reads (docs/security.md)."""
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


def test_each_firewall_of_the_demo_is_judged_as_its_situation_asks(ended: Ended) -> None:
    """The demo is the first thing that a stranger sees, and each of its firewalls stands for many."""
    found = {
        one["name"]: (
            one["decision"]["verdict"] if "decision" in one else one["stage"],
            " ".join(sorted({finding["rule"] for finding in one.get("findings", ())})),
        )
        for one in ended.document["devices"]
    }

    assert found == DEMO


def test_a_firewall_with_a_revoked_key_is_sent_nothing(fleet: MockFleet, ended: Ended) -> None:
    """Whoever holds the key may be listening: not even a user name's password goes there."""
    missed = ended.device("fw-prg-01")

    assert "revoked" in missed["error"]
    assert "ask who revoked it" in missed["hint"]
    assert fleet["fw-prg-01"].typed == ()


def test_a_firewall_that_has_only_an_old_host_key_is_told_its_cure(ended: Ended) -> None:
    """It is read like any other, while there are clients that still can."""
    found = ended.device("fw-waw-01")
    (finding,) = [one for one in found["findings"] if one["rule"] == "AT106"]

    assert found["facts"]["ssh"]["host_keys"] == ["ssh-rsa"]
    assert finding["values"] == [{"name": "host_key", "value": "ssh-rsa"}]
    assert "'crypto key generate ecdsa elliptic-curve 384'" in finding["remedy"]
    assert "asa-transport hostkeys scan --add -l fw-waw-01" in finding["remedy"]


def test_the_readme_shows_the_demo_as_it_is() -> None:
    """Its table is a transcript; one that was true once is an advertisement."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table, _, rest = text.partition("```text\n")[2].partition("\n\n")
    rows = table.splitlines()[1:]
    shown = {}
    for row in rows:
        name, *cells = row.split()
        rules = {cell for cell in cells if cell.startswith("AT")}
        said = next((cell for cell in cells if cell in {verdict for verdict, _ in DEMO.values()}), None)
        shown[name] = (said or re.findall(rf"^  {name} +([\w-]+):", rest, re.MULTILINE)[0], rules)

    words = {12: "twelve"}
    assert f"shortened to {words[len(rows)]} of its {len(DEMO)} mock firewalls" in text
    assert shown == {name: (DEMO[name][0], set(DEMO[name][1].split())) for name in shown}


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

    (saved,) = (tmp_path / "state" / "runs").glob("*/raw/answers-*.tar.zst")

    (answers,) = kept_answers.read(saved.parents[1], {"fw-par-01"}).values()
    assert "Transport:" in answers["show_license_status"]
    assert saved.stat().st_mode & 0o777 == 0o600
    for folder in [*saved.parents][:4]:
        assert folder.stat().st_mode & 0o777 == 0o700, folder
