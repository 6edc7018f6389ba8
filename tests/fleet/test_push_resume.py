"""kill -9 at every record of a push's journal, then `resume`: before or after, never between."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from mock_devices import MockDevice, MockFleet
from tests.fleet.commit import LINES, commit, configured, outcomes, planned, reverted
from tests.fleet.hands import run
from tests.processes import LIMIT_S
from tests.support import QUICK, ROOT, Ended, cli, fleet_of
from tests.warm import forked

# Of an undisturbed push of one device: a test below counts them, so that no step is left out.
RECORDS = 30
# Its last one before a contact is asked for.
VERIFIED = 17
# Of a push whose contact never comes: from the step `rolling-back` on, to the end.
BACK = range(21, 33)
HOW = ("whole", "torn")
NEVER: dict[str, Any] = {"latency": {"contact_s": 1e9}}
# Virtual seconds a second: each contact comes late enough to be believed at once.
SPEED = 5000


def killed(directory: Path, number: int, how: str, *arguments: str) -> None:
    """Push the plan of a directory in a process that kills itself at a record of its journal."""
    state = ("--state-dir", str(directory / "state"))
    inventory = ("-i", str(directory / "inventory.yaml"))
    words = ("push", str(directory / "plan.json"), *inventory, *state, *QUICK, "--commit", "--yes")
    with forked("tests.fleet.killed", str(number), how, *words, *arguments, cwd=ROOT) as running:
        _, err = running.communicate(LIMIT_S)
    assert running.returncode == -signal.SIGKILL, err


def resumed(directory: Path, *arguments: str) -> Ended:
    return run(directory, "resume", "last", "--yes", "--format", "json", *arguments)


def assert_true(word: dict[str, Any], device: MockDevice) -> None:
    """Whatever is said of a device is so; it is as before or as intended, and saved or not accordingly."""
    start = device.running_config_at_start
    running, startup = device.running_config(), device.startup_config()
    is_before, is_intended = running == start, device.transport == "smart"
    assert is_before is not is_intended
    assert [line for line in configured(device) if line == LINES[1]] in ([], [LINES[1]])
    match word["outcome"]:
        case "applied":
            assert is_intended
            assert word["verified"] == "contact"
            assert word["saved"] is (startup == running)
        case "rolled-back" | "not-reached" | "failed" | "refused":
            assert is_before
            assert startup == start
        case other:
            raise AssertionError(f"{other}: {word['reason']}")


def test_a_push_of_one_device_has_so_many_records(tmp_path: Path) -> None:
    """The tests below kill at each of them; one more would be a step that nobody tries."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        planned(fleet, tmp_path)

        ended = commit(tmp_path)

    assert ended.document["journal"]["records"] == RECORDS


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("number", range(1, RECORDS + 1))
def test_killed_at_any_record_and_resumed(tmp_path: Path, number: int, how: str) -> None:
    """A machine can lose its power at any moment; the fleet must not depend on which."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        planned(fleet, tmp_path)
        killed(tmp_path, number, how)

        ended = resumed(tmp_path)

        if (number, how) == (1, "torn"):
            assert ended.code == 2, "nothing had begun: there is no run to go on with"
            assert configured(fleet["fw-a"]) == []
            return
        assert ended.code in {0, 6}, ended.err
        if number < RECORDS or how == "torn":
            assert_true(ended.device("fw-a"), fleet["fw-a"])
        verified = cli("journal", "verify", "last", "--state-dir", tmp_path / "state")
        assert verified.code == 0, verified.out


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("number", BACK)
def test_killed_on_the_way_back_and_resumed(tmp_path: Path, number: int, how: str) -> None:
    """A rollback that is cut is finished, and by the lines that were made before it began."""
    with fleet_of(reverted("fw-a", **NEVER), speed=SPEED) as fleet:
        planned(fleet, tmp_path)
        killed(tmp_path, number, how, "--contact-timeout", "0.2")

        ended = resumed(tmp_path, "--contact-timeout", "0.2")

        assert ended.code == 6, ended.err
        device = fleet["fw-a"]
        assert device.running_config() == device.startup_config() == device.running_config_at_start
        if number < BACK[-1]:
            assert outcomes(ended) == {"fw-a": "rolled-back"}


def test_what_our_own_account_changes_between_the_crash_and_resume_is_not_saved(tmp_path: Path) -> None:
    """The trace that our lines left outlives the process: without it, such a change is taken for ours."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        planned(fleet, tmp_path)
        killed(tmp_path, VERIFIED, "whole")
        (journal,) = (tmp_path / "state" / "runs").glob("*/journal.jsonl")
        assert json.loads(journal.read_text().splitlines()[-1])["step"] == "config-verified"
        device = fleet["fw-a"]
        device.colleague("enable_15").types("pager lines 30")

        ended = resumed(tmp_path)

        word = ended.device("fw-a")
        assert (word["outcome"], word["saved"]) == ("applied", False), word["reason"]
        assert device.startup_config() == device.running_config_at_start


def test_the_devices_whose_turn_had_not_come_are_pushed_by_the_resumed_run(tmp_path: Path) -> None:
    """A crash in the middle of a fleet is no reason to make a new plan at four in the morning."""
    names = ("fw-a", "fw-b", "fw-c", "fw-d")
    with fleet_of(*map(reverted, names), speed=SPEED) as fleet:
        planned(fleet, tmp_path)
        killed(tmp_path, RECORDS + 5, "whole")

        ended = resumed(tmp_path)

        assert ended.code == 0, ended.err
        assert set(outcomes(ended)) == set(names)
        for name in names:
            assert_true(ended.device(name), fleet[name])


def test_a_run_that_was_stopped_is_not_gone_on_with(tmp_path: Path) -> None:
    """What a failure budget has stopped, `resume` does not set going again."""
    with fleet_of(*(reverted(name, **NEVER) for name in ("fw-a", "fw-b"))) as fleet:
        planned(fleet, tmp_path)
        first = commit(tmp_path, "--contact-timeout", "0.2")
        fleet.reset_transcripts()

        again = resumed(tmp_path)

        assert (first.code, again.code) == (6, 6)
        assert not any(fleet[name].transcript for name in fleet.names)


def test_a_device_that_cannot_be_looked_at_stays_unknown_and_can_be_resumed_later(tmp_path: Path) -> None:
    """Nobody knows is an answer; it is asked again when the device is back."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        planned(fleet, tmp_path)
        killed(tmp_path, 16, "whole")
        refuse(fleet, "fw-a")

        blind = resumed(tmp_path, "--reconnect-timeout", "0.1")
        fleet["fw-a"].clear_faults()
        seen = resumed(tmp_path)

        assert blind.code == 8
        assert outcomes(blind) == {"fw-a": "unknown"}
        assert seen.code in {0, 6}
        assert_true(seen.device("fw-a"), fleet["fw-a"])


def refuse(fleet: MockFleet, name: str) -> None:
    fleet[name].add_fault(action="refuse", on="connect")
