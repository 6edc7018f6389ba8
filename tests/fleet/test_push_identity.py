"""Which firewall is written to: the planned one or its planned mate, at every connect; nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from asa_transport.edges.state.locks import DeviceLocks, Lock
from asa_transport.model import RolledBack, Unknown
from tests.fleet.commit import commit, configured, outcomes, reverted
from tests.fleet.commit import planned as with_plan
from tests.fleet.hands import callhome
from tests.fleet.pushing import BRIEF, enrol_mates, pushing
from tests.fleet.test_push_device import AT_ONCE, changing, pair, planned
from tests.fleet.test_push_resume import RECORDS, SPEED, killed, resumed
from tests.support import fleet_of
from tests.unit.journaling import NOW

CALLHOME = {"license_config": {"transport": "callhome"}}


@pytest.mark.parametrize("new", [{"serial": "9AOTHER0001"}, {"serial": None, "hostname": "fw-other"}])
@pytest.mark.parametrize("line", ["transport type smart", "license smart renew auth", "write memory"])
def test_another_box_that_answers_after_a_loss_is_not_written_to(
    line: str, new: dict[str, str | None], tmp_path: Path
) -> None:
    """An address can point to another firewall from one connect to the next."""
    with planned(tmp_path, callhome("fw-a", **AT_ONCE)) as fleet:
        device = fleet["fw-a"]
        serial = new["serial"] or device.serial
        fields = {key: value for key, value in new.items() if key != "serial"}
        device.when(line, lambda: device.replaced_by(serial=serial, **fields))

        outcome = pushing(tmp_path, patience=BRIEF).push("fw-a")

        assert isinstance(outcome, Unknown), outcome
        assert "another firewall answers" in outcome.reason
        assert "nothing was sent to it" in outcome.reason
        assert outcome.seen.identity is not None
        assert outcome.seen.identity.serial == serial
        assert changing(device) == []
        assert device.config_changes == 0


@pytest.mark.parametrize("number", [10, RECORDS - 8, RECORDS - 3])
def test_resume_settles_no_other_box(number: int, tmp_path: Path) -> None:
    """Between the crash and the morning a box is replaced, and the inventory's name points to the new one."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        with_plan(fleet, tmp_path)
        killed(tmp_path, number, "whole")
        fleet["fw-a"].replaced_by(serial="9AOTHER0001", **CALLHOME)

        ended = resumed(tmp_path, "--reconnect-timeout", "0.5")

        assert ended.code == 8, ended.err
        assert outcomes(ended) == {"fw-a": "unknown"}
        assert ended.device("fw-a")["identity"]["serial"] == "9AOTHER0001"
        assert configured(fleet["fw-a"]) == []


def test_a_mate_that_took_over_the_address_is_taken_back_there(tmp_path: Path) -> None:
    """The addresses of a pair belong to its roles: after a role change the mate answers under both."""
    first, second = pair(**AT_ONCE)
    for unit in (first, second):
        unit["failover"] = {**unit["failover"], "address_follows": True}
    with planned(tmp_path, first, second) as fleet:
        enrol_mates(fleet, tmp_path)
        fleet["fw-a"].add_fault(action="switch_role", match="transport type smart", moment="after")

        outcome = pushing(tmp_path, patience=BRIEF).push("fw-a")

        assert isinstance(outcome, RolledBack), outcome
        for name in fleet.names:
            assert fleet[name].running_config() == fleet[name].running_config_at_start


def test_a_firewall_is_held_by_its_serial_number(tmp_path: Path) -> None:
    """Under another name, in another inventory, it is the same box."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        with_plan(fleet, tmp_path)
        held = DeviceLocks(tmp_path / "state", run="other").take(f"serial-{fleet['fw-a'].serial}", NOW)
        assert isinstance(held, Lock)
        with held:
            ended = commit(tmp_path)

        assert outcomes(ended) == {"fw-a": "refused"}
        assert "run other" in ended.device("fw-a")["reason"]
        assert not fleet["fw-a"].transcript


def test_the_document_names_the_firewall_that_answered(tmp_path: Path) -> None:
    """A ticket is closed for a box, and not for a name."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        with_plan(fleet, tmp_path)

        ended = commit(tmp_path)

        found = ended.device("fw-a")
        assert found["identity"] == {"serial": fleet["fw-a"].serial, "hostname": "fw-a"}
        assert (found["outcome"], found["startup"]) == ("applied", "as-intended")
