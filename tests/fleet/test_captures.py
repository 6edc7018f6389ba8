"""What is exported of a run over real SSH names nobody, and is judged as it was."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from asa_transport.asa.own_words import is_own, is_own_name
from asa_transport.core.captures.spans import words
from mock_devices import MockFleet, load_scenario
from tests.support import PROGRAM, audit, cli, fleet_of


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MockFleet, Path]]:
    """The demo fleet, audited, and everything that was kept."""
    folder = tmp_path_factory.mktemp("demo")
    with MockFleet.serve(load_scenario("demo")) as fleet:
        assert audit(fleet, folder).code in {3, 4}
        yield fleet, folder


# The keys of a scenario under which somebody or something is named.
NAMING = {
    "name", "hostname", "serial", "smart_account", "virtual_account", "username", "password",
    "enable_password", "host", "mate", "peers", "admin", "names", "landing", "pair", "url", "license_address",
    "motd", "by", "proxies",
}  # fmt: skip


def own_values(fleet: MockFleet) -> set[str]:
    """Every name, host, serial number, address and account that the fleet and its scenario have."""
    found = {one.serial for one in fleet.devices.values()}
    for device in fleet.devices.values():
        found |= set(_named(device.spec.model_dump(), ""))
        config = device.running_config_at_start
        found |= set(re.findall(r"\d+\.\d+\.\d+\.\d+|[\w-]+(?:\.[\w-]+)*\.(?:net|com)|\$sha512\S+", config))
        found |= set(re.findall(r"^(?: nameif|username|context|hostname) (\S+)", config, re.MULTILINE))
    return {value for value in found if not _is_nobodys(value)}


def _named(value: object, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            if key in NAMING:
                yield from str(name).split(":")
            yield from _named(one, str(name))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _named(one, key)
    elif isinstance(value, str) and key in NAMING:
        yield value
        yield from value.split()


def _is_nobodys(value: str) -> bool:
    # A word that every firewall prints, a mask, Cisco's own servers.
    parts = [value[a:b] for a, b in words(value)]
    return (
        all(is_own(part) or is_own_name(part) for part in parts)
        or value.endswith("cisco.com")
        or re.fullmatch(r"255[\d.]+", value) is not None
        # `Inside Hosts` is a feature; `.example` is what stands in for a domain.
        or value in {"inside", "Example"}
    )


def test_no_value_of_the_demo_fleet_is_in_a_capture_of_it(demo: tuple[MockFleet, Path]) -> None:
    """By another list than the program's: what the mock fleet says of itself."""
    fleet, folder = demo
    state = ("--state-dir", folder / "state")

    exported = cli("captures", "export", "last", "-o", folder / "all.zip", *state)
    checked = cli("captures", "check", folder / "all.zip", "--against", "last", "--format", "json", *state)

    assert exported.code == 0, exported.err
    assert (checked.code, checked.document["same_judgement"], checked.document["leaks"]) == (0, True, [])
    with zipfile.ZipFile(folder / "all.zip") as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    # Of the list, what it says of devices: its verdicts and keys are words of ours.
    texts["manifest.json"] = "\n".join(
        f"{one['name']} {one['hostname']} {one['pair']} {one['proxy']}"
        for one in json.loads(texts["manifest.json"])["devices"]
    )
    whole = "\n".join((*texts, *texts.values())).casefold()
    values = own_values(fleet)
    assert {
        "fw-par-01",
        "netaudit",
        "Networks",
        "proxy.emea.example.net",
        "198.51.100.1",
        "outside",
    } <= values
    assert len(values) > 80
    assert [
        value for value in sorted(values) if re.search(rf"(?<!\w){re.escape(value.casefold())}(?!\w)", whole)
    ] == []


def test_a_capture_has_the_answers_of_every_firewall_that_gave_any(demo: tuple[MockFleet, Path]) -> None:
    """And the others are named to the person who exports, not in the file."""
    _, folder = demo
    state = ("--state-dir", folder / "state")

    ended = cli("captures", "export", "last", "-o", folder / "all.zip", *state)

    manifest = json.loads(zipfile.ZipFile(folder / "all.zip").read("manifest.json"))
    assert len(manifest["devices"]) == 28
    assert "no answers of fw-hkg-01, fw-mex-01, fw-prg-01" in ended.err
    assert "serial number 27 in" in ended.err


def test_a_limit_chooses_and_nothing_of_the_rest_is_named(demo: tuple[MockFleet, Path]) -> None:
    """One firewall is asked for, and its neighbours are nobody's business."""
    _, folder = demo
    state = ("--state-dir", folder / "state")

    assert cli("captures", "export", "last", "-l", "fw-vie-*", "-o", folder / "pair.zip", *state).code == 0

    manifest = json.loads(zipfile.ZipFile(folder / "pair.zip").read("manifest.json"))
    first, second = manifest["devices"]
    assert {first["pair"], second["pair"]} & {first["name"], second["name"]}
    assert {one["judged"]["verdict"] for one in manifest["devices"]} == {"hold"}


def test_a_zip_may_go_to_stdout(demo: tuple[MockFleet, Path]) -> None:
    """As every result of the program may."""
    _, folder = demo
    made = subprocess.run(
        [
            PROGRAM,
            "captures",
            "export",
            "last",
            "-l",
            "fw-par-01",
            "-o",
            "-",
            "--state-dir",
            folder / "state",
        ],
        capture_output=True,
        check=True,
        timeout=60,
    )
    (folder / "out.zip").write_bytes(made.stdout)

    assert cli("captures", "check", folder / "out.zip").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export", "20990101", "-o", "x.zip"), "there is no such run here"),
        (("export", "last", "-l", "fw-hkg-01", "-o", "x.zip"), "has no answers of these devices"),
        (("export", "last", "-l", "nobody", "-o", "x.zip"), "nobody"),
        (("export", "last", "-o", "."), "it is a directory"),
        (("check", "missing.zip"), "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do(
    demo: tuple[MockFleet, Path], arguments: tuple[str, ...], said: str
) -> None:
    """No traceback, and nothing half written."""
    _, folder = demo

    ended = cli("captures", *arguments, "--state-dir", folder / "state")

    assert ended.code == 2
    assert said in ended.err
    assert not Path("x.zip").exists()


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit of a firewall that says what nobody can tell."""
    folder = tmp_path_factory.mktemp("odd")
    widget = {"on": "command", "match": "show clock", "action": "say", "text": "Widget Oslo7: frobnicated"}
    device = {"name": "fw-odd-01", "faults": [widget]}
    with fleet_of(device) as fleet:
        audit(fleet, folder)
    return folder


@pytest.mark.parametrize(("answer", "is_kept"), [("y", True), ("n", False)])
def test_a_person_at_a_terminal_is_shown_what_is_doubtful_and_asked(
    odd: Path, answer: str, is_kept: bool
) -> None:
    """Only a person can tell whether a word names somebody."""
    said = at_a_terminal(odd, answer)

    assert "Widget Oslo7: frobnicated" in said
    assert "not known: Widget, Oslo7, frobnicated" in said
    with zipfile.ZipFile(odd / "odd.zip") as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist())
    assert ("Widget Oslo7: frobnicated" in text, "Xxxxxx Xxxx0: xxxxxxxxxxx" in text) == (
        is_kept,
        not is_kept,
    )
    assert json.loads(zipfile.ZipFile(odd / "odd.zip").read("manifest.json"))["doubtful"] == {
        "lines": 1,
        "words": 3,
        "kept": is_kept,
    }


def test_without_a_terminal_nobody_is_asked_and_doubtful_words_are_left_out(odd: Path) -> None:
    """A script must not wait, and must not give away what nobody has seen."""
    state = ("--state-dir", odd / "state")

    ended = cli("captures", "export", "last", "-o", odd / "odd.zip", *state)
    kept = cli("captures", "export", "last", "-o", odd / "kept.zip", "--keep-doubtful", *state)

    assert "not known: 3 words in 1 line, written in x" in ended.err
    assert "not known: 3 words in 1 line, kept as they are" in kept.err
    assert cli("captures", "check", odd / "kept.zip", "--against", "last", *state).code == 0


def at_a_terminal(folder: Path, answer: str) -> str:
    """Export as a person does, and give this answer; what the terminal shows."""
    master, slave = pty.openpty()
    command: list[str | Path] = [
        PROGRAM,
        "captures",
        "export",
        "last",
        "-o",
        folder / "odd.zip",
        "--state-dir",
        folder / "state",
    ]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave) as running:
        os.close(slave)
        shown = b""
        while not shown.rstrip().endswith(b"[y/N]:"):
            shown += os.read(master, 4096)
        os.write(master, f"{answer}\n".encode())
        assert running.wait(60) == 0
    os.close(master)
    return shown.decode()
