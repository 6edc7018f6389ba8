"""Scenarios, files, the command line, and other people's clients."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mock_devices import MockFleet, ScenarioError, load_scenario, parse_scenario
from mock_devices.terminal import LineEditor
from tests.mock.conftest import ENABLE, PASSWORD, Connect, Serve

HERE = Path("here.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("devices: [{name: a, modle: ASAv}]", ("devices.0.modle (device a)", "no such key")),
        ("devices: [{name: a}, {name: a}]", ("each name once", "a")),
        ("devices: [{name: a, up: yesterday}]", ("up (device a)", "'yesterday' is not a time")),
        ("devices: [{name: a, name: b}]", ("here.yaml:1:", "stands here twice")),
        ("- a", ("expected a map",)),
        ("devices: [{name: a, faults: [{action: explode}]}]", ("faults.0.action", "'explode'")),
        ("devices: [{name: a, failover: {mate: b}}]", ("failover.mate",)),
    ],
)
def test_a_broken_scenario_is_explained(text: str, expected: tuple[str, ...]) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, HERE)

    message = str(caught.value)
    assert message.startswith("here.yaml")
    for part in expected:
        assert part in message


def test_versions_stay_text() -> None:
    scenario = parse_scenario("devices: [{name: a, version: 9.20}]", HERE)

    assert scenario.devices[0].version == "9.20"


def test_the_demo_serves_every_situation(tmp_path: Path, connect: Connect) -> None:
    with MockFleet.serve(load_scenario("demo")) as fleet:
        files = fleet.write(tmp_path)
        inventory = yaml.safe_load(files.inventory.read_text())
        # The client of these tests has given SHA-1 up; tests/fleet/test_audit_fleet.py logs in there.
        reachable = [
            name
            for name in fleet.names
            if not fleet[name].spec.faults and fleet[name].spec.ssh.host_key_algs != ["ssh-rsa"]
        ]
        for name in reachable:
            client = connect(fleet[name])
            spec = fleet[name].spec
            if spec.threat_defense is None:
                assert (spec.hostname or name) in client.until()
            else:
                assert spec.threat_defense in client.until("\r> $")
            client.close()

    assert list(inventory["devices"]) == list(fleet.names)
    assert inventory["devices"]["fw-mil-02"]["pair"] == "fw-mil-01"
    assert inventory["defaults"]["expect"] == {"transport": "smart", "proxy": "none"}
    assert inventory["credentials"]["lab"]["password"] == {"file": str(files.password_file)}
    assert files.password_file.stat().st_mode & 0o777 == 0o600
    assert files.password_file.read_text() == f"{PASSWORD}\n"


def test_env_credentials_are_named_as_the_contract_does(serve: Serve) -> None:
    inventory = yaml.safe_load(serve().inventory_text(credentials="env"))

    assert inventory["credentials"]["lab"] == {
        "password": {"env": "ASA_TRANSPORT_PASSWORD"},
        "enable": {"env": "ASA_TRANSPORT_ENABLE"},
    }


def test_leaving_the_context_leaves_nothing_behind(connect: Connect) -> None:
    before = threading.active_count()
    with MockFleet.serve(3) as fleet:
        client = connect(fleet[fleet.names[0]])
        client.until()

    assert client.is_closed()
    client.close()
    client.ssh.close()
    assert [one for one in threading.enumerate() if one.name == "mock-fleet"] == []
    assert threading.active_count() <= before + 1


def test_a_generated_fleet_is_the_same_for_the_same_seed() -> None:
    first, again, other = (MockFleet.serve(40, seed=seed).scenario for seed in (1, 1, 2))

    assert first == again
    assert first != other
    assert len({device.model for device in first.devices}) > 3


def test_the_virtual_clock_jumps(serve: Serve) -> None:
    fleet = serve(clock="2026-01-12T13:00:00Z")
    before = fleet.now

    fleet.advance(86400)

    assert (fleet.now - before).total_seconds() >= 86400


def test_reset_transcripts_forgets(serve: Serve, connect: Connect) -> None:
    fleet = serve()
    connect(fleet["fw-1"]).enable()

    fleet.reset_transcripts()

    assert fleet["fw-1"].transcript == ()


@given(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=400),
    st.sampled_from(["backspace", "dollar", "none"]),
)
def test_an_editor_never_loses_a_character(text: str, style: str) -> None:
    editor = LineEditor("fw-1(config)# ", 80, style)  # type: ignore[arg-type]

    for start in range(0, len(text), 7):
        editor.type(text[start : start + 7])

    assert editor.text == text
    assert editor.enter().endswith("\r\n")


def start_program(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mock_devices", "--directory", str(tmp_path), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_program_says_ready_and_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    process = start_program(tmp_path, "--count", "3", "--base-port", "0")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(6)]
    process.send_signal(number)

    rest, errors = process.communicate(timeout=30)

    assert lines[0] == f"inventory:   {tmp_path / 'inventory.yaml'}\n"
    assert lines[-1] == "ready: 3 devices\n"
    assert (process.returncode, rest, errors) == (0, "", "")


def test_a_taken_port_is_one_clear_message(tmp_path: Path, serve: Serve) -> None:
    port = serve()["fw-1"].port

    process = start_program(tmp_path, "--count", "1", "--base-port", str(port))
    _, errors = process.communicate(timeout=30)

    assert process.returncode == 2
    assert errors.count("\n") == 1
    assert f"port {port} for fw-" in errors


def test_a_broken_scenario_ends_the_program_with_2(tmp_path: Path) -> None:
    scenario = tmp_path / "broken.yaml"
    scenario.write_text("devices: [{name: a, color: red}]\n")

    process = start_program(tmp_path, "--scenario", str(scenario))
    _, errors = process.communicate(timeout=30)

    assert process.returncode == 2
    assert errors == f"{scenario}: devices.0.color (device a): no such key (saw 'red')\n"


def test_openssh_runs_a_session(serve: Serve, tmp_path: Path) -> None:
    fleet = serve({"login": {"landing": "privileged"}})
    files = fleet.write(tmp_path)
    askpass = tmp_path / "askpass"
    askpass.write_text(f"#!/bin/sh\ncat {files.password_file}\n")
    askpass.chmod(0o700)
    environment = {**os.environ, "SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force"}
    command = [
        "ssh",
        "-F",
        "none",
        "-tt",
        "-p",
        str(fleet["fw-1"].port),
        "-o",
        f"UserKnownHostsFile={files.known_hosts}",
        "-o",
        "StrictHostKeyChecking=yes",
        "netaudit@127.0.0.1",
    ]

    done = subprocess.run(
        command,
        input="show mode\nexit\n",
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "Security context mode: single" in done.stdout
    assert fleet["fw-1"].typed == ("show mode", "exit")


def test_a_default_netmiko_session_shows_what_it_typed(serve: Serve) -> None:
    """The trap: netmiko alone changes the configuration of every device that it audits."""
    netmiko = pytest.importorskip("netmiko")
    fleet = serve()
    device = fleet["fw-1"]

    with netmiko.ConnectHandler(
        device_type="cisco_asa",
        host=device.host,
        port=device.port,
        username="netaudit",
        password=PASSWORD,
        secret=ENABLE,
    ) as session:
        text = session.send_command("show license status")

    assert "Registration:" in text
    assert "configure terminal" in device.typed or "config term" in device.typed
    assert "terminal width 511" in device.typed
    assert device.config_changes == 1
    assert device.running_config() != device.running_config_at_start


def test_netmiko_can_be_told_to_leave_the_width_alone(serve: Serve) -> None:
    netmiko = pytest.importorskip("netmiko")
    device = serve()["fw-1"]

    with netmiko.ConnectHandler(
        device_type="cisco_asa",
        host=device.host,
        port=device.port,
        username="netaudit",
        password=PASSWORD,
        secret=ENABLE,
        allow_auto_change=False,
    ) as session:
        session.send_command("show running-config license")

    assert device.config_changes == 0
    assert "terminal width 511" not in device.typed
