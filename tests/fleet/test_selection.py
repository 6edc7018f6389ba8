"""What the inventory says of its devices, from the file to the reports of a run over real SSH."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mock_devices import MockFleet
from tests.fleet.hands import callhome
from tests.support import QUICK, Ended, cli, fleet_of


def written(fleet: MockFleet, directory: Path, **more: dict[str, Any]) -> Path:
    """Write the fleet's inventory, with more said of some devices; return its path."""
    path = fleet.write(directory).inventory
    document = yaml.safe_load(path.read_text())
    document["groups"] = {**(document.get("groups") or {}), "site": {"groups": ["region"]}, "region": {}}
    for name, said in more.items():
        document["devices"][name.replace("_", "-")] |= said
    path.write_text(yaml.safe_dump(document))
    return path


def told(command: str, inventory: Path, *more: str) -> Ended:
    words: list[str | Path] = ["-i", inventory, "--state-dir", inventory.parent / "state", *QUICK]
    return cli(*command.split(), *words, *more)


def test_a_device_that_is_not_enabled_is_not_asked_and_is_in_every_count(tmp_path: Path) -> None:
    """It is not audited and not forgotten: run, report and the next run's comparison say the same of it."""
    with fleet_of({"name": "fw-a"}, {"name": "fw-b"}) as fleet:
        awake = written(fleet, tmp_path)
        told("audit", awake)
        path = written(fleet, tmp_path, fw_b={"enabled": False, "groups": ["site"]})
        fleet.reset_transcripts()
        ended = told("audit", path, "--format", "json")
        since = told("audit", path, "--since", "last", "--format", "json")
        typed = list(fleet["fw-b"].typed)

    state = ("--state-dir", tmp_path / "state")
    kept = json.loads(cli("report", "last", "--format", "json", *state).out)
    page = cli("report", "last", "--format", "md", *state).out
    assert typed == []
    assert [one["name"] for one in ended.document["devices"]] == ["fw-a"]
    assert ended.document["run"]["not_selected"] == kept["run"]["not_selected"] == ["fw-b"]
    assert "; 1 not selected (enabled: false)**" in page
    jsonschema.validate(kept, json.loads(cli("schema", "audit").out))
    assert "1 not selected (enabled: false)" in ended.err
    assert since.document["changes"] == []
    sarif = json.loads(cli("report", "last", "--format", "sarif", *state).out)
    assert sarif["runs"][0]["properties"]["notSelected"] == ["fw-b"]
    junit = cli("report", "last", "--format", "junit", *state).out
    assert '<property name="run.not_selected" value="fw-b" />' in junit


def test_a_limit_knows_the_groups_that_a_group_is_in(tmp_path: Path) -> None:
    """`-l group:region` finds the devices of its sites."""
    with fleet_of({"name": "fw-a"}, {"name": "fw-b"}) as fleet:
        path = written(fleet, tmp_path, fw_a={"groups": ["site"], "tags": ["prod"]}, fw_b={"tags": ["prod"]})
        ended = told("audit", path, "-l", "tag:prod,&group:region", "--format", "json")

    (device,) = ended.document["devices"]
    assert (device["name"], device["groups"]) == ("fw-a", ["region", "site"])


def test_data_of_the_inventory_are_in_the_reports_of_a_kept_run(tmp_path: Path) -> None:
    """Whoever is called at night reads whose firewall it is."""
    with fleet_of({"name": "fw-a"}, {"name": "fw-b"}) as fleet:
        path = written(fleet, tmp_path, fw_a={"data": {"owner": "emea-noc"}})
        ended = told("audit", path, "--format", "json")

    rows = cli("report", "last", "--format", "csv", "--state-dir", tmp_path / "state").out
    assert ended.device("fw-a")["data"] == {"owner": "emea-noc"}
    assert "data" not in ended.device("fw-b")
    assert [row["data.owner"] for row in csv.DictReader(io.StringIO(rows))] == ["emea-noc", ""]
    state = ("--state-dir", tmp_path / "state")
    sarif = json.loads(cli("report", "last", "--format", "sarif", *state).out)
    bags = sarif["runs"][0]["properties"]["devices"]
    assert [one.get("data") for one in bags] == [{"owner": "emea-noc"}, None]
    junit = cli("report", "last", "--format", "junit", *state).out
    assert '<property name="data.fw-a.owner" value="emea-noc" />' in junit


def test_a_plan_and_a_push_leave_a_device_alone_that_is_not_enabled(tmp_path: Path) -> None:
    """A plan has it not; a plan that was made before is not pushed in silence without it."""
    plan = tmp_path / "plan.json"
    with fleet_of(callhome("fw-a"), callhome("fw-b")) as fleet:
        told("plan", written(fleet, tmp_path), "-o", str(plan))
        both = {one["name"] for one in json.loads(plan.read_text())["devices"]}
        path = written(fleet, tmp_path, fw_b={"enabled": False})
        fleet.reset_transcripts()
        refused = cli("push", plan, "-i", path, "--state-dir", tmp_path / "state", *QUICK)
        alone = cli("push", plan, "-i", path, "-l", "!fw-b", "--state-dir", tmp_path / "state", *QUICK)
        anew = told("plan", path, "-o", str(tmp_path / "new.json"))
        typed = list(fleet["fw-b"].typed)

    assert both == {"fw-a", "fw-b"}
    assert refused.code == 2
    assert "the inventory says 'enabled: false' of fw-b, which the plan changes" in refused.err
    assert (alone.code, typed) == (0, [])
    assert {one["name"] for one in json.loads((tmp_path / "new.json").read_text())["devices"]} == {"fw-a"}
    assert "1 device not selected (enabled: false): fw-b" in anew.err


def test_a_mate_that_is_not_enabled_is_told_by_a_push_and_in_its_document(tmp_path: Path) -> None:
    """It is not looked at, and what it would have shown is not known."""
    plan = tmp_path / "plan.json"
    with fleet_of(callhome("fw-a"), {"name": "fw-b"}) as fleet:
        path = written(fleet, tmp_path, fw_b={"enabled": False, "pair": "fw-a"})
        told("plan", path, "-o", str(plan))
        state = ("--state-dir", tmp_path / "state")
        ended = cli("push", plan, "-i", path, *state, "--format", "json", *QUICK)
        typed = list(fleet["fw-b"].typed)

    assert typed == []
    assert ended.document["run"]["not_selected"] == ["fw-b"]
    assert ended.err.count("1 device not selected (enabled: false): fw-b") == 1


def test_every_command_that_selects_says_once_what_it_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An inventory of another program has switches too, and a plan of a kept run is of the same devices."""
    table, state = tmp_path / "hosts.csv", tmp_path / "state"
    table.write_text("name,ip,os\nfw-a,127.0.0.1,asa\nsw-1,192.0.2.1,ios\n")
    given = f"csv:{table}"
    for name in ("USERNAME", "PASSWORD"):
        monkeypatch.setenv(f"ASA_TRANSPORT_{name}", "nobody")
    with fleet_of({"name": "fw-a"}, {"name": "fw-b"}) as fleet:
        path = written(fleet, tmp_path, fw_b={"enabled": False})
        told("audit", path)
        plan = tmp_path / "plan.json"
        again = cli("plan", "--from-run", "last", "-i", path, "-o", plan, "--state-dir", state)
    found = [cli("plan", "--from-run", "last", "-i", given, "-o", plan, "--state-dir", state)]
    found.append(cli("plan", "-i", given, "-o", plan, "--state-dir", state, *QUICK))
    found.append(cli("hostkeys", "check", "-i", given, "--connect-timeout=1"))

    assert again.err.count("1 device not selected (enabled: false): fw-b") == 1, again.err
    note = f"note: {given}: 1 device left out; which, and why: "
    assert [one.err.count(note) for one in found] == [1, 1, 1], [one.err for one in found]
