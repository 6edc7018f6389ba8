"""What the inventory says of its devices, from the file to the reports of a run over real SSH."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
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
