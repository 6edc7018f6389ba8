"""Devices whose own words deny the licence that they say to have, over real SSH to the mock fleet."""

from __future__ import annotations

from pathlib import Path

from tests.fleet.hands import run, smart
from tests.support import fleet_of


def test_no_device_that_contradicts_itself_is_compliant(tmp_path: Path) -> None:
    """All of them are registered, authorized, in contact, and on smart."""
    devices = [
        smart("fw-a", license={"platform_state": "Unlicensed"}),
        smart("fw-b", license={"enforce_mode": "Out of compliance"}),
        smart("fw-c", license={"usage_status": "OUT OF COMPLIANCE"}),
        smart("fw-d", license={"export_allowed": False}),
        smart("fw-e", model="FPR4K-SM-12", license={"state": "out-of-compliance"}),
        smart("fw-z"),
    ]
    with fleet_of(*devices) as fleet:
        fleet.write(tmp_path)
        found = run(tmp_path, "audit", "--format", "json")

    rules = {
        one["name"]: {finding["rule"] for finding in one["findings"]} for one in found.document["devices"]
    }
    verdicts = {one["name"]: one["decision"]["verdict"] for one in found.document["devices"]}
    assert {name for name, fired in rules.items() if "AT209" in fired} == {
        "fw-a",
        "fw-b",
        "fw-c",
        "fw-d",
        "fw-e",
    }
    assert "AT206" in rules["fw-e"]
    assert {name for name, verdict in verdicts.items() if verdict == "compliant"} == {"fw-z"}
    assert not rules["fw-z"]
