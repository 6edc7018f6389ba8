"""`analyze` end to end: a live audit's own answers, transcripts, and a page with pastes; no network."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from asa_transport.cli.main import app
from mock_devices import MockFleet, load_scenario
from tests.golden.golden import DEVICES, PAGES
from tests.support import Ended, audit, cli, python

NOW = "2026-01-20T12:00:00Z"


def analyzed(*arguments: str | Path) -> Ended:
    return cli("analyze", "--format", "json", "--now", NOW, "-q", *arguments)


def facts(ended: Ended, name: str) -> dict[str, Any]:
    found = ended.device(name)
    assert found["outcome"] == "audited", found
    result = found["facts"]
    assert isinstance(result, dict)
    return result


def transcript(path: Path, prompt: str, *commands: str, device: str = "smart_healthy") -> Path:
    """Write a session as a person's terminal saves it."""
    text = "User admin logged in to it\nType help or '?' for a list of available commands.\n"
    for command in commands:
        stem = command.replace(" ", "_").replace("-", "_")
        text += f"{prompt} {command}\n{(DEVICES / device / f'{stem}.txt').read_text()}"
    path.write_text(f"{text}{prompt} exit\n")
    return path


# --------------------------------------------------------------------------- the program's own runs


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Path, Path]:
    """A live audit of the mock fleet: its document, its run folder and its inventory."""
    directory = tmp_path_factory.mktemp("live")
    with MockFleet.serve(load_scenario("demo")) as fleet:
        ended = audit(fleet, directory, "--handshake-timeout=5", "-w", "30", "--now", NOW)
    (folder,) = (directory / "state" / "runs").iterdir()
    return ended, folder, directory / "inventory.yaml"


def test_the_saved_answers_of_a_live_audit_give_the_same_facts(live: tuple[Ended, Path, Path]) -> None:
    """One code path after the capture: otherwise a saved case would prove nothing about the live one."""
    ended, folder, inventory = live
    offline = analyzed(folder, "-i", inventory)

    def told(document: Ended) -> dict[str, Any]:
        return {device["name"]: device.get("facts") for device in document.document["devices"]}

    assert len(told(ended)) > 10
    assert told(offline) == told(ended)


def test_the_saved_answers_of_a_live_audit_give_the_same_decisions(live: tuple[Ended, Path, Path]) -> None:
    """A reviewer must be able to repeat the judgement at the desk."""
    ended, folder, inventory = live
    offline = analyzed(folder, "-i", inventory)

    def decided(document: Ended) -> dict[str, Any]:
        return {d["name"]: d["decision"] for d in document.document["devices"] if "decision" in d}

    assert decided(offline) == decided(ended)
    assert offline.document["run"]["kind"] == "analyze"
    assert offline.code == offline.document["run"]["exit_code"] == 4


def test_a_device_that_was_not_reached_live_is_not_audited_from_its_folder(
    live: tuple[Ended, Path, Path],
) -> None:
    """Its folder is empty, and an empty folder is no compliant firewall."""
    missed = [d["name"] for d in live[0].document["devices"] if d["outcome"] == "not-audited"]
    offline = analyzed(live[1] / "raw")

    assert missed
    for name in missed:
        found = offline.device(name)
        assert (found["outcome"], found["stage"]) == ("not-audited", "parse")
        assert found["error"]
        assert found["hint"]


def test_the_host_of_a_sample_is_the_path_that_it_was_read_from(live: tuple[Ended, Path, Path]) -> None:
    """A person wants to open the file that proves a finding."""
    assert analyzed(live[1]).device("fw-par-01")["host"] == str(live[1] / "raw" / "fw-par-01")


# --------------------------------------------------------------------------- transcripts and names


def test_two_transcripts_of_one_host_name_are_two_devices(tmp_path: Path) -> None:
    """The units of a pair share their name, and neither may hide the other."""
    transcript(tmp_path / "a.log", "edge/pri/act#", "show version", "show license status")
    transcript(tmp_path / "b.log", "edge/sec/stby#", "show version", device="callhome_pair_with_http_proxy")

    ended = analyzed(tmp_path)

    assert [device["name"] for device in ended.document["devices"]] == ["edge", "edge~2"]
    assert facts(ended, "edge")["transport"]["type"] == "smart"


def test_the_inventory_says_what_is_expected_of_a_transcripts_host(tmp_path: Path) -> None:
    """Without it, callhome is a finding; where callhome is expected, it is none."""
    directory = tmp_path / "saved"
    directory.mkdir()
    transcript(
        directory / "any.txt",
        "fw-ber-01#",
        "show version",
        "show license status",
        device="callhome_pair_with_http_proxy",
    )
    (tmp_path / "inventory.yaml").write_text(
        "defaults: {username: u, credential: c, known_hosts: k}\n"
        "credentials: {c: {password: {env: NEVER_READ}}}\n"
        "devices:\n  fw-ber-01: {host: 192.0.2.1, expect: {transport: callhome, proxy: any}}\n"
        "  fw-ber-02: {host: 192.0.2.2}\n"
    )

    bare = analyzed(directory)
    expected = cli("analyze", directory, "-i", tmp_path / "inventory.yaml", "--format", "json", "--now", NOW)

    assert "AT101" in {finding["rule"] for finding in bare.device("fw-ber-01")["findings"]}
    assert "AT101" not in {finding["rule"] for finding in expected.device("fw-ber-01")["findings"]}
    assert "fw-ber-02" in expected.err


def test_the_expectation_may_be_given_by_options(tmp_path: Path) -> None:
    """One file from a customer needs no inventory."""
    path = transcript(
        tmp_path / "a", "fw#", "show version", "show license status", "show running-config license"
    )

    def rules(*arguments: str) -> set[str]:
        return {finding["rule"] for finding in analyzed(path, *arguments).device("fw")["findings"]}

    assert "AT103" in rules("--expect-proxy", "other.example.net:3128")
    assert "AT103" not in rules()
    assert cli("analyze", path, "--expect-proxy", "proxy.example.net").code == 2


def test_standard_input_is_a_file_named_stdin() -> None:
    """`ssh bastion cat log | asa-transport analyze -`."""
    text = (DEVICES / "smart_healthy" / "show_license_status.txt").read_bytes()

    done = CliRunner().invoke(app, ["analyze", "-", "--format", "json", "-q"], input=text)

    (found,) = json.loads(done.stdout)["devices"]
    assert (found["name"], found["host"]) == ("stdin", "-")
    assert found["facts"]["transport"]["type"] == "smart"


def test_files_of_one_firewall_that_a_shell_listed_are_one_device() -> None:
    """`analyze fw-par-01/*` must not make seven firewalls of one."""
    files = sorted((DEVICES / "smart_healthy").glob("*.txt"))

    (found,) = analyzed(*files).document["devices"]

    assert found["name"] == "smart_healthy"


# --------------------------------------------------------------------------- what cannot be read


def test_a_path_that_does_not_exist_is_a_usage_error_that_names_all_of_them(tmp_path: Path) -> None:
    """A typing mistake must not end in a report of the other half."""
    ended = analyzed(tmp_path, tmp_path / "one", tmp_path / "two")

    assert ended.code == 2
    assert "one: no such file" in ended.err
    assert "two: no such file" in ended.err
    assert ended.out == ""


def test_what_cannot_be_read_is_not_audited_and_the_rest_is(tmp_path: Path) -> None:
    """Never silence: binary, too large, a device file, prose and an empty file each say why."""
    transcript(tmp_path / "good.txt", "fw-good#", "show version")
    (tmp_path / "binary").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "letter.txt").write_text("Dear all,\nthe firewall works again.\n")
    (tmp_path / "nothing.txt").touch()
    (tmp_path / "broken").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large.log").open("wb") as file:
        file.truncate(33 * 1024 * 1024)

    ended = analyzed(tmp_path)

    said = {d["name"]: d["error"] for d in ended.document["devices"] if d["outcome"] == "not-audited"}
    assert ended.code == 4
    assert facts(ended, "fw-good")["version"]
    assert set(said) == {"binary", "letter.txt", "nothing.txt", "broken", "pipe", "large.log"}
    assert "a binary file" in said["binary"]
    assert "Dear all," in said["letter.txt"]
    assert "empty" in said["nothing.txt"]
    assert "cannot be read" in said["broken"]
    assert "neither a file" in said["pipe"]
    assert "more than 32 MiB" in said["large.log"]


def test_a_loop_of_symbolic_links_ends(tmp_path: Path) -> None:
    """A backup tree with a link to its own top is common."""
    transcript(tmp_path / "a.txt", "fw-a#", "show version")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "up").symlink_to(tmp_path)

    ended = analyzed(tmp_path)

    assert [device["name"] for device in ended.document["devices"]] == ["fw-a"]


def test_directories_end_at_a_depth_that_is_said(tmp_path: Path) -> None:
    """A tree without end must not be a run without end."""
    deep = tmp_path.joinpath(*"abcdefghijkl")
    deep.mkdir(parents=True)
    transcript(deep / "a.txt", "fw-a#", "show version")

    (found,) = analyzed(tmp_path).document["devices"]

    assert found["outcome"] == "not-audited"
    assert "directories deep" in found["error"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_the_encodings_of_windows_are_read(tmp_path: Path, encoding: str) -> None:
    """PowerShell writes UTF-16, an editor a byte order mark, an old terminal Latin-1."""
    path = transcript(tmp_path / "a.txt", "fw-ü#" if encoding != "latin-1" else "fw#", "show version")
    path.write_bytes(("Größe\r\n" + path.read_text().replace("\n", "\r\n")).encode(encoding))

    (found,) = analyzed(path).document["devices"]

    assert found["facts"]["version"] == "9.22(2)14"


# --------------------------------------------------------------------------- a published page, no network


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_the_pastes_of_a_page_give_the_facts_that_it_describes(path: Path) -> None:
    """Six samples; its prose and its configuration examples are no facts."""
    ended = analyzed(path)
    names = [f"{path.name}:{line}" for line in (10, 27, 48, 55, 59, 64)]
    smart, callhome, reverted, below, above, evaluation = (facts(ended, name) for name in names)

    assert [device["name"] for device in ended.document["devices"]] == names
    assert (smart["transport"]["type"], smart["transport"]["source"]) == ("smart", "license")
    assert smart["transport"]["url"] == "https://smartreceiver.cisco.com/licservice/license"
    assert (callhome["transport"]["type"], callhome["transport"]["source"]) == ("callhome", "license")
    assert (reverted["transport"]["type"], reverted["transport"]["source"]) == ("callhome", "running-config")
    for found in (below, above):
        assert found["registration"]["state"] == "registered"
        assert found["registration"]["export_control"] == "allowed"
        assert found["authorization"]["last_contact"]["result"] == "failed"
    assert below["authorization"]["state"] == "authorized"
    assert below["authorization"]["deadline_at"] == "2026-04-09T08:26:33Z"
    assert below["authorization"]["days_left"] == pytest.approx(78.85, abs=0.01)
    assert above["authorization"]["state"] == "expired"
    assert above["authorization"]["deadline_exceeded"] is True
    assert above["restricted"] == ["anyconnect-2-peers"]
    assert evaluation["registration"]["state"] == "registering"
    assert evaluation["registration"]["export_control"] == "not-allowed"
    assert evaluation["authorization"]["state"] == "evaluation"
    assert all(facts(ended, name)["unknown"] == [] for name in names)


def test_nothing_of_a_page_is_called_compliant_or_changed() -> None:
    """A paste is a part of a firewall, and what it does not say is not known."""
    ended = analyzed(PAGES["en"])

    verdicts = {device["decision"]["verdict"] for device in ended.document["devices"]}
    assert verdicts == {"hold", "manual"}
    assert ended.code == 3


def test_analyze_opens_no_socket() -> None:
    """Customers' outputs are analysed on machines that must not talk to anybody."""
    program = (
        "import socket, sys\n"
        "def forbidden(*a, **k): raise SystemExit('a socket was opened')\n"
        "socket.socket.__init__ = socket.create_connection = socket.getaddrinfo = forbidden\n"
        "sys.argv = ['asa-transport', 'analyze', '--format', 'json', '-q', *sys.argv[1:]]\n"
        "from asa_transport.cli.main import run\nrun()\n"
    )

    ended = python("-c", program, str(DEVICES))
    control = python("-c", program.partition("sys.argv")[0] + "socket.socket()")

    assert "a socket was opened" in control.err
    assert ended.document["totals"]["audited"] > 5
    assert ended.code == ended.document["run"]["exit_code"]


def test_every_golden_device_is_read_from_its_directory() -> None:
    """One file a command, as a person or a collector saves them."""
    ended = analyzed(DEVICES)

    names = {device["name"] for device in ended.document["devices"]}
    assert {path.name for path in DEVICES.iterdir() if path.is_dir()} <= names
