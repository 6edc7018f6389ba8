"""A push logs in as carefully as an audit: no password to a revoked key, a wrong one to few devices."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_devices import MockFleet
from tests.fleet.commit import POLICY, commit, is_untouched, planned, reverted
from tests.fleet.hands import run
from tests.support import Ended, fleet_of


def revoke(fleet: MockFleet, directory: Path, name: str) -> None:
    """Append the revocation, beside the line that admits the key."""
    line = f"@revoked [127.0.0.1]:{fleet[name].port} {fleet.public_key(name)}\n"
    path = directory / "known_hosts"
    path.write_text(path.read_text() + line)


def dry(directory: Path) -> Ended:
    return run(directory, "push", directory / "plan.json", "--format", "json")


@pytest.mark.parametrize("push", [dry, commit], ids=["dry-run", "commit"])
def test_a_key_that_was_revoked_after_the_plan_gets_no_password(push: object, tmp_path: Path) -> None:
    """Between plan and push is when somebody notices that a key was stolen."""
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)
        revoke(fleet, tmp_path, "fw-a")
        tries = fleet["fw-a"].password_tries
        ended = dry(tmp_path) if push is dry else commit(tmp_path)

        (device,) = ended.document["devices"]
        assert (device["outcome"], ended.code) == ("not-reached", 6)
        assert "marks as revoked" in device["reason"]
        assert fleet["fw-a"].password_tries == tries
        assert is_untouched(fleet["fw-a"])


def test_resume_gives_no_password_to_a_revoked_key(tmp_path: Path) -> None:
    """The run that it goes on with began when the key was still good."""
    with fleet_of(reverted("fw-a", faults=[{"action": "drop", "match": "^end$"}])) as fleet:
        planned(fleet, tmp_path)
        # The session breaks at `end`, and no other comes about: the device ends as unknown.
        fleet["fw-a"].add_fault(action="drop", on="connect", nth=2)
        first = commit(tmp_path, "--reconnect-timeout", "1")
        assert first.code == 8, first.out
        fleet["fw-a"].clear_faults()
        revoke(fleet, tmp_path, "fw-a")
        tries = fleet["fw-a"].password_tries
        ended = run(tmp_path, "resume", "last", "--format", "json", "--yes", "--reconnect-timeout", "1")

        (device,) = ended.document["devices"]
        assert (device["outcome"], ended.code) == ("unknown", 8)
        assert "marks as revoked" in device["reason"]
        assert fleet["fw-a"].password_tries == tries


@pytest.mark.parametrize("which", ["password", "enable"])
def test_a_push_offers_a_wrong_secret_to_two_devices_and_no_more(which: str, tmp_path: Path) -> None:
    """The budget may let many fail; a directory does not."""
    names = [f"fw-{number}" for number in range(5)]
    budget = "failure_budget: {percent: 100, consecutive: 50}\n"
    with fleet_of(*map(reverted, names)) as fleet:
        planned(fleet, tmp_path, POLICY + budget)
        (tmp_path / which).write_text("not-the-password\n")
        before = {name: fleet[name].password_tries for name in names}
        commit(tmp_path)
        offered = {
            "password": sum(fleet[name].password_tries - before[name] for name in names),
            "enable": sum(fleet[name].secrets_typed for name in names),
        }

        assert offered[which] <= 2
        assert all(is_untouched(fleet[name]) for name in names)
