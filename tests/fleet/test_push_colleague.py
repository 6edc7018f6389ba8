"""Somebody else works on a firewall that is pushed: nothing of theirs is saved, deleted or called ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asa_transport.model import (
    Applied,
    NoChange,
    PushOutcome,
    Refused,
    RollbackFailed,
    RolledBack,
    Startup,
    Unsaved,
    Verified,
)
from mock_devices import MockDevice
from tests.fleet.hands import callhome
from tests.fleet.pushing import BRIEF, LONG, Pushing, make_plan, pushed, pushing
from tests.fleet.test_push_device import AT_ONCE, NEVER, changing
from tests.support import fleet_of

SPEED = 5000
BANNER = "banner motd hello"
# Our last line, and what follows it.
END, RENEW, SAVE = "^end$", "^license smart renew auth$", "^write memory$"
STATUS = "^show license status$"


def including(hand: Pushing) -> PushOutcome:
    """Push with a policy that includes what others have not saved."""
    recheck = hand.pusher.recheck
    policy = replace(recheck.standard.policy, unsaved=Unsaved.INCLUDE)
    standard = replace(recheck.standard, policy=policy)
    pusher = replace(hand.pusher, recheck=replace(recheck, standard=standard))
    return pushed(pusher, hand.devices["fw-a"])


def is_as_intended(device: MockDevice) -> bool:
    return device.transport == "smart"


# Before the first line.


@pytest.mark.parametrize("policy", list(Unsaved))
def test_unsaved_changes_of_others_are_refused_or_named(policy: Unsaved, tmp_path: Path) -> None:
    """`write memory` saves all of it, also what a colleague was only trying."""
    with fleet_of(callhome("fw-a", **AT_ONCE), speed=SPEED) as fleet:
        fleet.write(tmp_path)
        make_plan(tmp_path)
        fleet["fw-a"].colleague("kim").types("hostname fw-a", "no call-home reporting anonymous")
        hand = pushing(tmp_path)
        fleet.reset_transcripts()

        outcome = hand.push("fw-a") if policy is Unsaved.REFUSE else including(hand)

        assert "kim" in (outcome.reason or "")
        if policy is Unsaved.REFUSE:
            assert isinstance(outcome, Refused), outcome
            assert changing(fleet["fw-a"]) == []
        else:
            assert isinstance(outcome, Applied)
            assert outcome.saved


def test_a_change_right_before_the_first_line_is_refused(tmp_path: Path) -> None:
    """The guards were put seconds ago; a plan's way back would delete what came since."""
    with fleet_of(callhome("fw-a", **AT_ONCE), speed=SPEED) as fleet:
        fleet.write(tmp_path)
        make_plan(tmp_path)
        device = fleet["fw-a"]
        edit = device.colleague("kim")
        # The second: the first was read for the guards.
        device.when(
            STATUS, lambda: edit.types("license smart", "transport proxy kim.example.net port 3128"), nth=2
        )

        outcome = pushing(tmp_path).push("fw-a")

        assert isinstance(outcome, Refused), outcome
        assert changing(device) == []
        assert "kim.example.net" in device.running_config()


# While contact is awaited.


def test_a_flip_back_during_the_wait_is_not_called_applied(tmp_path: Path) -> None:
    """A contact then comes, over callhome, and nothing of it proves smart."""
    with fleet_of(callhome("fw-a", **AT_ONCE), speed=SPEED) as fleet:
        fleet.write(tmp_path)
        make_plan(tmp_path)
        device = fleet["fw-a"]
        colleague = device.colleague("kim")
        device.when(RENEW, lambda: colleague.types("license smart", "transport type callhome"))

        outcome = pushing(tmp_path).push("fw-a")

        assert isinstance(outcome, RolledBack), outcome
        assert "write memory" not in device.typed
        assert outcome.seen.startup is Startup.AS_BEFORE


@pytest.mark.parametrize("moment", [RENEW, "^show failover$"])
def test_a_proxy_that_somebody_sets_meanwhile_is_neither_saved_nor_deleted(
    moment: str, tmp_path: Path
) -> None:
    """What is ours goes back, what is theirs stays, and a person must look."""
    with fleet_of(callhome("fw-a", **AT_ONCE), speed=SPEED) as fleet:
        fleet.write(tmp_path)
        make_plan(tmp_path)
        device = fleet["fw-a"]
        colleague = device.colleague("kim")
        act: Any = lambda: colleague.types("license smart", "transport proxy kim.example.net port 3128")  # noqa: E731
        device.when(moment, act, nth=1 if moment == RENEW else 3)

        outcome = pushing(tmp_path).push("fw-a")

        assert isinstance(outcome, RollbackFailed), outcome
        assert "kim.example.net" in device.running_config()
        assert device.transport == "callhome"
        assert "kim.example.net" not in device.startup_config()


@pytest.mark.parametrize("name", ["kim", "netaudit"])
def test_what_somebody_else_changes_meanwhile_is_not_saved(name: str, tmp_path: Path) -> None:
    """Proven and in force; whether the rest is to stay, somebody else decides."""
    with fleet_of(callhome("fw-a", **AT_ONCE), speed=SPEED) as fleet:
        fleet.write(tmp_path)
        make_plan(tmp_path)
        device = fleet["fw-a"]
        colleague = device.colleague(name)
        device.when(
            RENEW, lambda: colleague.types("license smart", "feature context 5", "no feature context")
        )

        outcome = pushing(tmp_path).push("fw-a")

        assert isinstance(outcome, Applied), outcome
        assert (outcome.verified, outcome.saved) == (Verified.CONTACT, False)
        assert name in (outcome.reason or "")
        assert "write memory" not in device.typed


def test_a_save_by_somebody_else_makes_a_rollback_none(tmp_path: Path) -> None:
    """The nightly backup job saves what runs: a reload would bring the dead transport."""
    with fleet_of(callhome("fw-a", **NEVER), speed=SPEED) as fleet:
        fleet.write(tmp_path)
        make_plan(tmp_path)
        device = fleet["fw-a"]
        device.when(RENEW, device.colleague("backup").saves)

        outcome = pushing(tmp_path, patience=replace(BRIEF, contact_s=0.0)).push("fw-a")

        assert isinstance(outcome, RollbackFailed), outcome
        assert outcome.seen.startup is Startup.AS_INTENDED
        assert "reload would activate" in outcome.reason
        assert device.running_config() == device.running_config_at_start
        assert device.startup_config() != device.startup_config_at_start


# Contacts.


def test_a_contact_that_set_out_before_the_lines_is_no_proof(tmp_path: Path) -> None:
    """It lands right after our request, and it went over callhome."""
    with fleet_of(callhome("fw-a", **NEVER)) as fleet:
        fleet.write(tmp_path)
        make_plan(tmp_path)
        device = fleet["fw-a"]
        flights: list[Any] = []
        device.when(
            "^configure terminal$", lambda: flights.append(device.contact_sets_out()), moment="before"
        )
        device.when(RENEW, lambda: device.contact_lands(flights[0]))

        outcome = pushing(tmp_path, patience=replace(LONG, contact_s=1.5)).push("fw-a")

        assert isinstance(outcome, RolledBack), outcome
        assert "write memory" not in device.typed


# Around saving.


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_block_that_changes_at_the_save_is_not_called_applied_and_saved(
    moment: Any, tmp_path: Path
) -> None:
    """Both configurations are read after `write memory`."""
    with fleet_of(callhome("fw-a", **AT_ONCE), speed=SPEED) as fleet:
        fleet.write(tmp_path)
        make_plan(tmp_path)
        device = fleet["fw-a"]
        colleague = device.colleague("kim")
        device.when(SAVE, lambda: colleague.types("license smart", "transport type callhome"), moment=moment)

        outcome = pushing(tmp_path).push("fw-a")

        assert not isinstance(outcome, Applied), outcome
        assert outcome.reason
        assert not is_as_intended(device)


def test_no_change_says_whether_a_reload_would_keep_it(tmp_path: Path) -> None:
    """Somebody did by hand what was planned, and did not save."""
    with fleet_of(callhome("fw-a", **AT_ONCE), speed=SPEED) as fleet:
        fleet.write(tmp_path)
        make_plan(tmp_path)
        fleet["fw-a"].colleague("kim").types("license smart", "transport type smart")

        outcome = pushing(tmp_path).push("fw-a")

        assert isinstance(outcome, NoChange), outcome
        assert outcome.seen.startup is Startup.AS_BEFORE
        assert "not saved" in outcome.reason
