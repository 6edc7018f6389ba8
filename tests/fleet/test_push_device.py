"""The guarded push of one device: what it refuses, what it takes back, what it keeps."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asa_transport.model import (
    Applied,
    Failed,
    Refused,
    RolledBack,
    Step,
    Unknown,
    Verified,
)
from mock_devices import MockDevice, MockFleet
from tests.fleet.hands import callhome, run, type_lines
from tests.fleet.pushing import BRIEF, LONG, Memory, make_plan, pushed, pushing
from tests.support import cli, fleet_of

AT_ONCE: dict[str, Any] = {"latency": {"contact_s": 0}}
NEVER: dict[str, Any] = {"latency": {"contact_s": 1e6}}
PAIR = {"mate": "fw-b", "unit": "primary", "state": "active"}
MATE = {"mate": "fw-a", "unit": "secondary", "state": "standby"}
LINES = ["configure terminal", "license smart", " transport type smart", "end"]


@contextmanager
def planned(directory: Path, *devices: dict[str, Any]) -> Iterator[MockFleet]:
    """Serve devices and write a plan for them."""
    with fleet_of(*devices) as fleet:
        fleet.write(directory)
        make_plan(directory)
        fleet.reset_transcripts()
        yield fleet


def pair(**more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return callhome("fw-a", failover=PAIR, **more), callhome("fw-b", failover=MATE, **more)


def changing(device: MockDevice) -> list[str]:
    """Return what was typed that could change something."""
    reading = ("show ", "ping ", "terminal pager", "changeto ", "enable", "exit", "<secret>")
    return [line for line in device.typed if not line.startswith(reading)]


def assert_untouched(fleet: MockFleet) -> None:
    for name in fleet.names:
        assert changing(fleet[name]) == []
        assert fleet[name].config_changes == 0


def assert_as_before(fleet: MockFleet) -> None:
    for name in fleet.names:
        device = fleet[name]
        assert device.running_config() == device.running_config_at_start
        assert device.startup_config() == device.running_config_at_start


# It works.


def test_the_planned_lines_are_sent_once_each_proven_and_saved(tmp_path: Path) -> None:
    """The whole way, on one device."""
    with planned(tmp_path, callhome("fw-a", **AT_ONCE)) as fleet:
        hand = pushing(tmp_path)

        outcome = hand.push("fw-a")

        assert isinstance(outcome, Applied)
        assert (outcome.verified, outcome.saved, outcome.reason) == (Verified.CONTACT, True, None)
        # The first contact comes so soon that it may have been under way before the lines.
        assert changing(fleet["fw-a"]) == [*LINES, *2 * ["license smart renew auth"], "write memory"]
        assert hand.memory.lines == changing(fleet["fw-a"])
        assert fleet["fw-a"].transport == "smart"
        assert not fleet["fw-a"].is_dirty


def test_a_clock_that_may_not_be_read_does_not_hide_a_contact(tmp_path: Path) -> None:
    """Contacts that share a whole second could not be told apart by their time alone."""
    with planned(tmp_path, callhome("fw-a", **AT_ONCE, deny=["show clock"])) as fleet:
        outcome = pushing(tmp_path).push("fw-a")

        assert isinstance(outcome, Applied), outcome
        assert outcome.verified is Verified.CONTACT
        assert fleet["fw-a"].transport == "smart"


def test_evidence_is_kept_before_the_first_line(tmp_path: Path) -> None:
    """Whoever must go back by hand finds what was there."""

    class Watched(Memory):
        lines_at_first_evidence: int | None = None

        def keep(self, capture: Any, part: str) -> None:
            if self.lines_at_first_evidence is None:
                self.lines_at_first_evidence = len(self.lines)
            super().keep(capture, part)

    memory = Watched()
    with planned(tmp_path, callhome("fw-a", **AT_ONCE)):
        pushing(tmp_path, memory=memory).push("fw-a")

    assert memory.lines_at_first_evidence == 0
    part, capture = memory.kept[0]
    assert part == "raw"
    assert capture.output("show running-config license") is not None


@pytest.mark.parametrize("disk", ["evidence", "journal"])
def test_what_cannot_be_recorded_is_not_done(disk: str, tmp_path: Path) -> None:
    """A full disk before the first line costs nothing but the push."""

    class Full(Memory):
        def keep(self, capture: Any, part: str) -> None:
            if disk == "evidence":
                raise OSError("No space left on device")
            super().keep(capture, part)

        def note(self, event: Any) -> None:
            if disk == "journal":
                raise OSError("No space left on device")
            super().note(event)

    with planned(tmp_path, callhome("fw-a", **AT_ONCE)) as fleet:
        outcome = pushing(tmp_path, memory=Full()).push("fw-a")

        assert isinstance(outcome, Failed)
        assert_untouched(fleet)


def test_the_question_about_reporting_is_left_open(tmp_path: Path) -> None:
    """The answer that decides nothing; the device asks again the next time."""
    with planned(tmp_path, callhome("fw-a", call_home={"reporting_anonymous": None}, **AT_ONCE)) as fleet:
        outcome = pushing(tmp_path).push("fw-a")

        assert isinstance(outcome, Applied)
        assert fleet["fw-a"].typed.count("A") == 1
        assert "reporting anonymous" not in fleet["fw-a"].running_config()


def test_multiple_mode_is_changed_in_the_system_space(tmp_path: Path) -> None:
    """Licences are configured there (unproven, AT401); the login lands in a context."""
    contexts = {"names": ["admin", "c1"]}
    with planned(tmp_path, callhome("fw-a", contexts=contexts, **AT_ONCE)) as fleet:
        outcome = pushing(tmp_path).push("fw-a")

        assert isinstance(outcome, Applied)
        prompts = {line.prompt for line in fleet["fw-a"].transcript if line.text.startswith(" transport")}
        assert prompts == {"fw-a(config-smart-lic)#"}


def test_a_system_space_that_is_not_reached_is_no_place_to_type(tmp_path: Path) -> None:
    """The same lines in a user context would be other lines."""
    contexts = {"names": ["admin", "c1"]}
    with planned(tmp_path, callhome("fw-a", contexts=contexts, **AT_ONCE)) as fleet:
        denied = "ERROR: Command authorization failed"
        fleet["fw-a"].add_fault(action="error", match="changeto system", nth=2, text=denied)

        outcome = pushing(tmp_path).push("fw-a")

        assert isinstance(outcome, Failed)
        assert "changeto system" in outcome.reason
        assert_untouched(fleet)


def test_a_warning_is_in_the_outcome(tmp_path: Path) -> None:
    """It goes on, and a person reads it."""
    with planned(tmp_path, callhome("fw-a", **AT_ONCE)) as fleet:
        fleet["fw-a"].add_fault(action="say", match="transport type smart", text="WARNING: made up")

        outcome = pushing(tmp_path).push("fw-a")

    assert isinstance(outcome, Applied)
    assert outcome.reason == "WARNING: made up"


def test_a_line_that_is_printed_at_another_place_is_the_same_line(tmp_path: Path) -> None:
    """Where a release prints a new transport line is unproven."""
    text = "license smart\n transport type smart\n feature tier standard\n throughput level 1G"
    with planned(tmp_path, callhome("fw-a", **AT_ONCE)) as fleet:
        fleet["fw-a"].add_fault(
            action="error", match="^show running-config license$", nth=3, times=1, text=text
        )

        outcome = pushing(tmp_path).push("fw-a")

    assert isinstance(outcome, Applied)


# It is refused: nothing is typed in configuration mode.


def refused(directory: Path, fleet: MockFleet) -> Refused:
    outcome = pushing(directory).push("fw-a")
    assert isinstance(outcome, Refused), outcome
    assert_untouched(fleet)
    return outcome


def test_a_server_that_the_firewall_does_not_reach(tmp_path: Path) -> None:
    """The change would cost the device its licence."""
    with planned(tmp_path, callhome("fw-a", **AT_ONCE)) as fleet:
        fleet["fw-a"].set_reachable(smart=False)

        outcome = refused(tmp_path, fleet)

    assert "smartreceiver.cisco.com:443" in outcome.reason


def test_a_device_that_has_changed_since_the_plan(tmp_path: Path) -> None:
    """The way back of the plan would not lead back."""
    with planned(tmp_path, callhome("fw-a", **AT_ONCE)) as fleet:
        type_lines(fleet["fw-a"], ["license smart", " feature strong-encryption"])
        changes = fleet["fw-a"].config_changes
        fleet.reset_transcripts()

        outcome = pushing(tmp_path).push("fw-a")

        assert isinstance(outcome, Refused)
        assert outcome.drift is not None
        assert changing(fleet["fw-a"]) == []
        assert fleet["fw-a"].config_changes == changes


def test_a_live_exception(tmp_path: Path) -> None:
    """Somebody answers for this device being on callhome."""
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat(timespec="seconds")
    options = ("--until", until, "--owner", "B", "--ticket", "CHG-9", "--reason", "line is down")
    with planned(tmp_path, callhome("fw-a", **AT_ONCE)) as fleet:
        added = cli("exceptions", "add", "fw-a", "-i", tmp_path / "inventory.yaml", *options)
        assert added.code == 0, added.err

        outcome = refused(tmp_path, fleet)

    assert "exception" in outcome.reason


def test_a_unit_that_became_standby(tmp_path: Path) -> None:
    """What is typed on a standby unit is lost."""
    with planned(tmp_path, *pair(**AT_ONCE)) as fleet:
        fleet["fw-a"].switch_role()

        outcome = refused(tmp_path, fleet)

    assert "standby" in outcome.reason


def test_a_chassis_that_took_the_place_of_the_device(tmp_path: Path) -> None:
    """On a Firepower 4100 or 9300 the licence belongs to the chassis."""
    with planned(tmp_path, callhome("fw-a", **AT_ONCE)):
        pass
    chassis = {"name": "fw-a", "model": "FPR4K-SM-12", "version": "9.22(2)14"}
    with fleet_of(chassis) as fleet:
        fleet.write(tmp_path)

        refused(tmp_path, fleet)


def test_a_bug_that_blocks(tmp_path: Path) -> None:
    """Somebody found out since the plan was made that this release must not be touched."""
    with planned(tmp_path, callhome("fw-a", **AT_ONCE)) as fleet:
        hand = pushing(tmp_path)
        recheck = hand.pusher.recheck
        known = tuple(replace(bug, blocks=True) for bug in recheck.standard.catalogue)
        standard = replace(recheck.standard, catalogue=known)
        pusher = replace(hand.pusher, recheck=replace(recheck, standard=standard))

        outcome = pushed(pusher, hand.devices["fw-a"])

        assert isinstance(outcome, Refused)
        assert_untouched(fleet)


# It goes back.


def test_contact_that_never_comes_is_taken_back(tmp_path: Path) -> None:
    """Only a contact is proof; without it nothing is kept and nothing saved."""
    with planned(tmp_path, callhome("fw-a", **NEVER)) as fleet:
        outcome = pushing(tmp_path, patience=BRIEF).push("fw-a")

        assert isinstance(outcome, RolledBack)
        assert "no contact succeeded within" in outcome.reason
        assert "write memory" not in fleet["fw-a"].typed
        assert_as_before(fleet)


def test_a_policy_may_accept_the_configuration_as_proof(tmp_path: Path) -> None:
    """Weaker, and said so."""
    with planned(tmp_path, callhome("fw-a", **NEVER)) as fleet:
        outcome = pushing(tmp_path, patience=replace(BRIEF, accept=Verified.CONFIG)).push("fw-a")

        assert isinstance(outcome, Applied)
        assert (outcome.verified, outcome.saved) == (Verified.CONFIG, True)
        assert "kept without proof" in (outcome.reason or "")
        assert not fleet["fw-a"].is_dirty


def test_a_person_who_ends_the_run_does_not_wait_for_contact(tmp_path: Path) -> None:
    """The device in flight is taken back, whatever the policy would accept."""
    memory = Memory()
    patience = replace(BRIEF, contact_s=50.0, accept=Verified.CONFIG)
    with planned(tmp_path, callhome("fw-a", **NEVER)) as fleet:
        hand = pushing(
            tmp_path, patience=patience, memory=memory, is_ending=lambda: Step.SENDING in memory.steps
        )

        outcome = hand.push("fw-a")

        assert isinstance(outcome, RolledBack)
        assert_as_before(fleet)


@pytest.mark.parametrize("prompt", [None, ["hostname"]])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_mate_that_takes_over_is_where_the_change_is_taken_back(
    moment: str, prompt: list[str] | None, tmp_path: Path
) -> None:
    """Both units are as before, also where the line had come to a standby."""
    with planned(tmp_path, *pair(prompt=prompt, **AT_ONCE)) as fleet:
        fleet["fw-a"].add_fault(action="switch_role", match="transport type smart", moment=moment)

        outcome = pushing(tmp_path).push("fw-a")

        assert isinstance(outcome, RolledBack)
        assert "rolled back on fw-b" in outcome.reason
        assert " transport type callhome" in fleet["fw-b"].typed
        assert " transport type callhome" not in fleet["fw-a"].typed
        assert_as_before(fleet)


def test_a_mate_that_takes_over_and_cannot_be_reached_is_for_a_person(tmp_path: Path) -> None:
    """Nobody else can look at the unit that is active now."""
    with planned(tmp_path, *pair(**AT_ONCE)) as fleet:
        fleet["fw-a"].add_fault(action="switch_role", match="transport type smart", moment="after")
        # The first connection reads it for the guards.
        fleet["fw-b"].add_fault(action="refuse", on="connect", nth=2)

        outcome = pushing(tmp_path).push("fw-a")

    assert isinstance(outcome, Unknown)
    assert "fw-b" in outcome.reason


def test_a_save_by_a_unit_that_is_standby_now_is_not_called_saved(tmp_path: Path) -> None:
    """The prompt need not show the role, and `[OK]` is then about the standby alone."""
    with planned(tmp_path, *pair(prompt=["hostname"], **AT_ONCE)) as fleet:
        fleet["fw-a"].add_fault(action="switch_role", match="write memory")

        outcome = pushing(tmp_path).push("fw-a")

        assert isinstance(outcome, Applied)
        assert not outcome.saved
        assert "not confirmed as saved" in (outcome.reason or "")
        assert fleet["fw-b"].is_dirty


def test_a_refused_look_at_the_startup_configuration_is_not_called_saved(tmp_path: Path) -> None:
    """On 9.22 smart is not shown: no answer must not look like the default."""
    with planned(tmp_path, callhome("fw-a", **AT_ONCE)) as fleet:
        fleet["fw-a"].add_fault(action="drop", match="write memory", times=2)
        denied = "ERROR: Command authorization failed"
        fleet["fw-a"].add_fault(action="error", match="show startup-config", text=denied)

        outcome = pushing(tmp_path).push("fw-a")

        assert isinstance(outcome, Applied)
        assert outcome.saved
        assert fleet["fw-a"].typed.count("write memory") == 3
        assert not fleet["fw-a"].is_dirty


def test_a_device_that_answers_again_after_a_while_is_looked_at(tmp_path: Path) -> None:
    """A lost session may be a short loss of the way to the device."""
    with planned(tmp_path, callhome("fw-a", **AT_ONCE)) as fleet:
        fleet["fw-a"].add_fault(action="drop_after", match="transport type smart")
        fleet["fw-a"].add_fault(action="refuse", on="connect", nth=2, times=1)

        outcome = pushing(tmp_path, patience=replace(BRIEF, contact_s=30.0, reconnect_s=30.0)).push("fw-a")

    assert isinstance(outcome, Applied)
    assert outcome.saved


def test_a_slow_box_that_answers_has_the_time_to_go_back(tmp_path: Path) -> None:
    """Its whole time was used up by the wait for contact, and nobody was left to take the lines back."""
    slow = {"latency": {"contact_s": 1e6, "command_s": 0.1}}
    patience = replace(BRIEF, contact_s=500.0, reserve_s=20.0)
    with planned(tmp_path, callhome("fw-a", **slow)) as fleet:
        hand = pushing(tmp_path, patience=patience)

        outcome = pushed(hand.pusher, hand.devices["fw-a"], 30.0)

        assert isinstance(outcome, RolledBack), outcome
        assert_as_before(fleet)


def test_a_box_that_is_too_slow_is_not_begun_with(tmp_path: Path) -> None:
    """What cannot be taken back in time is not typed."""
    slow = {"latency": {"contact_s": 0, "command_s": 0.2}}
    with planned(tmp_path, callhome("fw-a", **slow)) as fleet:
        hand = pushing(tmp_path, patience=replace(LONG, reserve_s=5.0))

        outcome = pushed(hand.pusher, hand.devices["fw-a"], 60.0)

        assert isinstance(outcome, Refused), outcome
        assert "too slowly" in outcome.reason
        assert_untouched(fleet)


def test_what_was_read_back_is_kept_beside_what_was_read_after_going_back(tmp_path: Path) -> None:
    """Why it went back is in the first, that it did in the second."""
    with planned(tmp_path, callhome("fw-a", **NEVER)) as fleet:
        ended = run(tmp_path, "push", tmp_path / "plan.json", "--commit", "--yes", "--contact-timeout", "0.2")

        assert ended.code == 6, ended.err
        (folder,) = (tmp_path / "state" / "runs").glob("*/raw-after/fw-a")
        texts = [gzip.decompress(path.read_bytes()).decode() for path in folder.glob("*config_license*")]
        assert any("callhome" in text for text in texts)
        assert any("callhome" not in text for text in texts)
        assert "write memory" not in fleet["fw-a"].typed
