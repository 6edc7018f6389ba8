"""Every capture is served by the mock fleet, audited over real SSH, and judged as it says."""

from __future__ import annotations

import json
import os
import re
import zipfile
from pathlib import Path

import pytest

from asa_transport.core.captures.spans import seen
from asa_transport.core.documents import capture
from asa_transport.edges.state import kept_answers
from asa_transport.edges.state.run_folder import folders
from asa_transport.flows.captures import check, judged_again, opened
from mock_devices import MockFleet, ScenarioError, load_capture
from mock_devices.capture_names import key_of
from tests.captures.bundles import FOLDERS
from tests.support import audit, python

SSH = "SSH_session"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_capture_is_served_audited_and_judged_as_it_says(folder: Path, tmp_path: Path) -> None:
    """So that a firewall that somebody has is a member of the fleet, whatever changes here."""
    manifest, answers = opened(folder)
    names = [device.name for device in manifest.devices]

    with MockFleet.serve(load_capture(folder)) as fleet:
        ended = audit(fleet, tmp_path, "--now", f"{manifest.judged_at:%Y-%m-%dT%H:%M:%SZ}")

    (run,) = folders(tmp_path / "state")
    read = kept_answers.read(run, names)
    again = {}
    for name in names:
        # What was asked then and is asked now, byte for byte; a command more is one that it did not know.
        shown = {file: text for file, text in read[name].items() if file != SSH}
        asked = {key_of(file): text for file, text in answers[name].items() if file != SSH}
        same = {file for file in shown if key_of(file) in asked}
        assert len(same) == len(asked)
        assert {file: shown[file] for file in same} == {file: asked[key_of(file)] for file in same}
        again[name] = {
            file: text for file, text in read[name].items() if file in same | {SSH} & answers[name].keys()
        }
    # As of the same moment, and by what was read now.
    judged = judged_again(manifest, again)
    assert [
        list(capture.differences(one.name, one.judged, judged[one.name])) for one in manifest.devices
    ] == [[] for _ in manifest.devices]
    live = {device["name"]: device["decision"]["verdict"] for device in ended.document["devices"]}
    assert live == {one.name: one.judged.verdict for one in manifest.devices}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_capture_is_what_an_export_makes(folder: Path) -> None:
    """A folder that was edited by hand is no evidence."""
    found = check(folder)

    assert found.differences == ()
    assert not found.manifest.doubtful.kept


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_capture_names_nobody_that_stand_ins_do_not_stand_for(folder: Path) -> None:
    """What it names, it names by an address for documentation or a server below `.example`."""
    _, answers = opened(folder)
    documented = ("192.0.2.", "198.51.100.", "203.0.113.", "198.18.", "198.19.", "2001:db8:")

    for text in (text for files in answers.values() for file, text in files.items() if file != SSH):
        for line in text.split("\n"):
            for span in seen(line, {}).spans:
                value = line[span.start : span.end]
                if span.kind == "address":
                    assert value.startswith(documented)
                if span.kind == "server" and "." in value:
                    assert value.endswith(".example")


def test_there_are_captures_of_several_kinds_of_firewalls() -> None:
    """One that nobody serves shows nothing."""
    found = [device.judged for folder in FOLDERS for device in opened(folder)[0].devices]

    assert len(FOLDERS) >= 3
    assert len({judged.facts.get("model") for judged in found}) >= 5
    assert len({judged.verdict for judged in found}) >= 4


def test_what_was_not_captured_is_not_known_to_the_firewall(tmp_path: Path) -> None:
    """It must not be answered as a made-up firewall would."""
    manifest, answers = opened(FOLDERS[0])
    name = manifest.devices[0].name
    scenario = load_capture(FOLDERS[0])
    spec = scenario.devices[0]
    assert spec.captured is not None
    del spec.captured["show_failover"]
    assert "show_failover" in map(key_of, answers[name])

    with MockFleet.serve(scenario.model_copy(update={"devices": [spec]})) as fleet:
        audit(fleet, tmp_path, "-l", name)

    (run,) = folders(tmp_path / "state")
    text = kept_answers.read(run, [name])[name]["show_failover"]
    assert text.endswith("ERROR: % Invalid input detected at '^' marker.\n")


def test_the_command_line_says_what_is_no_capture(tmp_path: Path) -> None:
    """It is somebody's file, and the first thing that a contributor types."""
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": "asa-transport/audit/1"}))

    with pytest.raises(ScenarioError, match="expected the schema 'asa-transport/capture/1'"):
        load_capture(tmp_path)
    with pytest.raises(ScenarioError, match="cannot read this capture"):
        load_capture(tmp_path / "missing.zip")
    assert python("-m", "mock_devices", "--from-capture", "missing.zip", cwd=tmp_path).code == 2


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("proxy", 5, "proxy: expected none, any, or HOST:PORT"),
        ("name", "../../etc", "is no name of a device"),
        ("name", "fw\x1b[2J", "is no name of a device"),
        ("hostname", ["fw"], "hostname: "),
    ],
)
def test_a_list_of_contents_that_says_nonsense_is_refused_in_one_line(
    key: str, value: object, why: str, tmp_path: Path
) -> None:
    """It comes from anybody."""
    document = json.loads((FOLDERS[0] / "manifest.json").read_text())
    document["devices"][0][key] = value
    (tmp_path / "manifest.json").write_text(json.dumps(document))

    with pytest.raises(ScenarioError, match=re.escape(why)) as refused:
        load_capture(tmp_path)

    assert "\n" not in str(refused.value)


@pytest.mark.timeout(30)
def test_an_answer_that_is_made_to_be_read_slowly_is_read_at_once(tmp_path: Path) -> None:
    """A pattern that tries every way to divide a line would never end."""
    document = json.loads((FOLDERS[0] / "manifest.json").read_text())
    name = document["devices"][0]["name"]
    (tmp_path / name).mkdir()
    (tmp_path / name / "show_version.txt").write_text("Model : " + " Threat Defense" * 60_000)
    os.mkfifo(tmp_path / name / "show_clock.txt")
    (tmp_path / "manifest.json").write_text(json.dumps(document))

    captured = load_capture(tmp_path).devices[0].captured

    assert captured is not None
    assert "show_clock" not in captured


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_a_name_twice_is_not_served(tmp_path: Path) -> None:
    """Which of the two it is would be a guess."""
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", "{}")
        archive.writestr("manifest.json", "{}")

    with pytest.raises(ScenarioError, match="is in it twice"):
        load_capture(path)
