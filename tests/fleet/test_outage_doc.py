"""Every command of docs/outage.md is run, in its order, against a mock fleet."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from tests.fleet.hands import callhome, smart
from tests.support import PROGRAM, QUICK, ROOT, fleet_of, program

PAGE = ROOT / "docs" / "outage.md"
# Findings, a device that is refused in a dry run: what an outage looks like.
FINE = {0, 3, 6}
SESSIONS = {"audit", "plan", "push"}


def commands() -> list[list[str]]:
    """Return the arguments after `$ asa-transport`, in order."""
    lines = (line.strip() for line in PAGE.read_text().splitlines())
    return [shlex.split(line)[2:] for line in lines if line.startswith("$ asa-transport ")]


def test_every_command_of_the_outage_page_runs(tmp_path: Path) -> None:
    """The page is read by a tired person at night; nothing in it may be made up."""
    with fleet_of(smart("fw-par-01"), callhome("fw-par-02")) as fleet:
        files = fleet.write(tmp_path)
        inventory = yaml.safe_load(files.inventory.read_text())
        for device in inventory["devices"].values():
            device["region"] = "emea"
        files.inventory.write_text(yaml.safe_dump(inventory))
        (tmp_path / "policy.yaml").write_text("allow_callhome: true\n")
        for given in commands():
            # The page names a day; the policy allows only so many from today.
            if "--until" in given:
                soon = datetime.now(UTC) + timedelta(days=10)
                given[given.index("--until") + 1] = f"{soon:%Y-%m-%d}"
            limits = QUICK if given[0] in SESSIONS else ()

            ended = program(*given, *limits, cwd=tmp_path, ASA_TRANSPORT_STATE_DIR=str(tmp_path / "state"))

            assert ended.code in FINE, (given, ended.code, ended.out, ended.err)
            assert "Traceback" not in ended.err, given

    made = {path.name for path in tmp_path.iterdir()}
    assert made >= {
        "revert.json",
        "INC-4711",
        "INC-4711.zip",
        "findings",
        "back.json",
        "CHG-4712",
        "audit.md",
    }
    assert "INC-4711" in (tmp_path / "INC-4711" / "ticket.md").read_text()
    assert PROGRAM.exists()
