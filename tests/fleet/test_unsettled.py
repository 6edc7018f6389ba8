"""A push that was cut, or could not save, is named by every command until something settles it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mock_devices import MockFleet
from tests.fleet.commit import commit, outcomes, planned, reverted
from tests.fleet.hands import run
from tests.fleet.test_push_resume import killed, resumed
from tests.support import Ended, cli, fleet_of

# The lines were sent and read back; the contact is awaited.
WAITING = 18
# A contact a while after the push was cut, and too soon after it to prove anything.
LATE: dict[str, Any] = {"latency": {"contact_s": 3}}


def audited(directory: Path) -> Ended:
    return run(directory, "audit", "--format", "json")


def rules(ended: Ended, name: str) -> set[str]:
    return {finding["rule"] for finding in ended.device(name)["findings"]}


def listed(directory: Path) -> Ended:
    return cli("runs", "--format", "json", "--state-dir", directory / "state")


def run_id(directory: Path) -> str:
    (journal,) = (directory / "state" / "runs").glob("*/journal.jsonl")
    return journal.parent.name


def test_a_killed_push_is_named_everywhere_until_it_is_resumed(tmp_path: Path) -> None:
    """The night shift killed it, and the day shift must not have to remember."""
    with fleet_of(reverted("fw-a"), reverted("fw-b", **LATE)) as fleet:
        planned(fleet, tmp_path)
        killed(tmp_path, WAITING, "whole", "-l", "fw-b")
        run_ = run_id(tmp_path)

        runs = listed(tmp_path)
        audit = audited(tmp_path)
        plan = run(tmp_path, "plan", "-o", tmp_path / "again.json")
        dry = run(tmp_path, "push", tmp_path / "again.json")
        pushed = commit_of(tmp_path, "plan.json", "-l", "fw-b")
        ended = resumed(tmp_path)
        after = audited(tmp_path)

        push = next(one for one in runs.document["runs"] if one["id"] == run_)
        assert (runs.code, push["unsettled"], push["status"]) == (8, ["fw-b"], "interrupted")
        assert audit.code == 3
        assert audit.device("fw-b")["unsettled"]["run"] == run_
        assert audit.device("fw-b")["unsettled"]["step"] == "config-verified"
        assert audit.device("fw-b")["decision"]["verdict"] == "hold"
        assert {"AT601", "AT602"} <= rules(audit, "fw-b")
        assert audit.device("fw-a")["unsettled"] is None
        assert "AT601" not in rules(audit, "fw-a")
        held = json.loads((tmp_path / "again.json").read_text())["held"]
        assert plan.code == 8
        assert [(one["name"], run_ in one["reasons"][0]) for one in held] == [("fw-b", True)]
        assert dry.code == 0, "the other device is not held up"
        assert (pushed.code, outcomes(pushed)) in [(6, {"fw-b": "refused"}), (7, {})]
        assert (ended.code, outcomes(ended)) == (0, {"fw-b": "applied"})
        assert after.device("fw-b")["unsettled"] is None
        assert not {"AT601", "AT602"} & rules(after, "fw-b")
        assert listed(tmp_path).code == 0


def commit_of(directory: Path, plan: str, *arguments: str) -> Ended:
    """Push a plan; a document without devices where it is not taken at all."""
    ended = run(directory, "push", directory / plan, "--commit", "--yes", "--format", "json", *arguments)
    return ended if ended.out else Ended(code=ended.code, out='{"devices": []}', err=ended.err)


def test_an_old_plan_of_a_device_that_another_push_left_is_refused(tmp_path: Path) -> None:
    """Also where the device reads as the plan would leave it: nothing proves that, and nothing saved it."""
    with fleet_of(reverted("fw-a", **LATE)) as fleet:
        planned(fleet, tmp_path)
        (tmp_path / "other.json").write_text((tmp_path / "plan.json").read_text())
        other = run(tmp_path, "plan", "-o", tmp_path / "other.json")
        killed(tmp_path, WAITING, "whole")
        fleet.reset_transcripts()

        ended = commit_of(tmp_path, "other.json")

        assert other.code == 0
        assert (ended.code, outcomes(ended)) == (6, {"fw-a": "refused"})
        assert "configure terminal" not in fleet["fw-a"].typed


def test_a_reading_that_finds_it_saved_and_in_contact_settles_it(tmp_path: Path) -> None:
    """Somebody finished it by hand; the next audit sees that, and says so once."""
    with fleet_of(reverted("fw-a", **LATE)) as fleet:
        planned(fleet, tmp_path)
        killed(tmp_path, WAITING, "whole")

        unsaved = audited(tmp_path)
        fleet["fw-a"].colleague().saves()
        unproven = audited(tmp_path)
        proven(fleet, "fw-a")
        settling = audited(tmp_path)
        again = audited(tmp_path)

        for ended in (unsaved, unproven):
            assert ended.device("fw-a")["unsettled"] is not None
        assert "no licence contact" in detail(unproven)
        for ended in (settling, again):
            assert ended.device("fw-a")["unsettled"] is None
            assert ended.device("fw-a")["decision"]["verdict"] == "compliant"
        assert "is settled by this reading" in settling.err
        assert "settled" not in again.err
        assert listed(tmp_path).code == 0


def detail(ended: Ended) -> str:
    (found,) = (one for one in ended.device("fw-a")["findings"] if one["rule"] == "AT601")
    return str(found["detail"])


def proven(fleet: MockFleet, name: str) -> None:
    """Let a contact land, well after all that happened so far."""
    fleet.advance(60)
    fleet[name].contact_in(0)
    fleet.advance(60)


def test_a_change_that_could_not_be_saved_is_named_and_saved_by_resume(tmp_path: Path) -> None:
    """In force, and gone with the next power failure."""
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)
        fleet["fw-a"].add_fault(action="error", match="write memory", text="ERROR: no room on the flash")
        pushed = commit(tmp_path)
        fleet["fw-a"].clear_faults()

        audit = audited(tmp_path)
        ended = resumed(tmp_path)
        after = audited(tmp_path)

        assert [(one["outcome"], one["saved"]) for one in pushed.document["devices"]] == [("applied", False)]
        assert {"AT601", "AT602"} <= rules(audit, "fw-a")
        assert [(one["outcome"], one["saved"]) for one in ended.document["devices"]] == [("applied", True)]
        assert fleet["fw-a"].running_config() == fleet["fw-a"].startup_config()
        assert not {"AT601", "AT602"} & rules(after, "fw-a")


def test_a_device_that_cannot_be_reached_keeps_it(tmp_path: Path) -> None:
    """Not audited is not settled, and the report names both."""
    with fleet_of(reverted("fw-a", **LATE)) as fleet:
        planned(fleet, tmp_path)
        killed(tmp_path, WAITING, "whole")
        fleet["fw-a"].add_fault(action="refuse", on="connect")

        ended = audited(tmp_path)

        assert ended.device("fw-a")["outcome"] == "not-audited"
        assert ended.device("fw-a")["unsettled"]["run"] == run_id(tmp_path)
