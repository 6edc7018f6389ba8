"""`audit --format NAME -o FILE` over real SSH: each file is whole, the exit code the same."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from mock_devices import MockFleet
from tests.support import QUICK, Ended, cli, fleet_of

NAMES = ["fw-a", "fw-b"]
FORMATS = ("csv", "html", "junit", "sarif")


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of({"name": "fw-a"}, {"name": "fw-b", "faults": [{"action": "refuse"}]}) as running:
        yield running


def audit_to(fleet: MockFleet, directory: Path, name: str) -> tuple[Ended, Path]:
    inventory, file = fleet.write(directory).inventory, directory / f"report.{name}"
    state = ("--state-dir", directory / "state")
    return cli("audit", "-i", inventory, "--format", name, "-o", file, *state, *QUICK), file


@pytest.mark.parametrize("name", ["csv", "md", "html", "junit", "sarif"])
def test_a_report_in_a_file_names_every_device_and_the_exit_code_stays(
    fleet: MockFleet, tmp_path: Path, name: str
) -> None:
    """The format is a way to show the run; it changes nothing of what the run says."""
    ended, file = audit_to(fleet, tmp_path, name)

    text = file.read_bytes().decode("utf-8")
    assert ended.code == 4
    assert ended.out == ""
    assert [device for device in NAMES if device not in text] == []


def test_the_time_of_a_firewall_that_did_not_answer_is_what_it_took(fleet: MockFleet, tmp_path: Path) -> None:
    """Who waits for a night looks for the slow ones among those that failed."""
    ended, file = audit_to(fleet, tmp_path, "junit")
    cases = ET.fromstring(file.read_text()).findall("testsuite/testcase")
    again = cli("report", "last", "--format", "json", "--state-dir", tmp_path / "state")
    took = {device["name"]: device["duration_s"] for device in json.loads(again.out)["devices"]}

    assert ended.code == 4
    assert {case.attrib["name"]: case.attrib["time"] for case in cases} == {
        name: f"{seconds:.3f}" for name, seconds in took.items()
    }
    assert all(seconds > 0 for seconds in took.values())


def test_the_formats_of_one_fleet_agree_on_who_was_not_audited(fleet: MockFleet, tmp_path: Path) -> None:
    """Two reports of one fleet that contradict each other are worth less than one."""
    texts = {name: audit_to(fleet, tmp_path, name)[1].read_text() for name in FORMATS}

    rows = list(csv.DictReader(texts["csv"].splitlines()))
    cases = ET.fromstring(texts["junit"]).findall("testsuite/testcase")
    devices = json.loads(texts["sarif"])["runs"][0]["properties"]["devices"]
    page = re.findall(r'<tbody id="device-([^"]+)">.*?</th><td class="([^"]+)"', texts["html"])

    assert {row["name"]: row["outcome"] for row in rows} == {"fw-a": "audited", "fw-b": "not-audited"}
    assert [case.attrib["name"] for case in cases if case.find("error") is not None] == ["fw-b"]
    assert {name for name, worst in page if worst == "not audited"} == {"fw-b"}
    assert {name for name, _ in page} == set(NAMES)
    assert {d["name"]: d["outcome"] for d in devices} == {"fw-a": "audited", "fw-b": "not-audited"}
