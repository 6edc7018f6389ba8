"""A push goes by the rules of its plan, or not at all; the fleet is gone: whoever dials ends otherwise."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from asa_transport.text import instant
from tests.fleet.commit import POLICY, commit, planned, reverted
from tests.fleet.hands import run
from tests.fleet.test_push_conduct import allowed, approve, key
from tests.support import cli, fleet_of

ENTRY = (
    "  - device: {device}\n    until: {until}\n    owner: kim\n    ticket: CHG1\n    reason: outage\n"
    "    added_at: {added}\n"
)
# Somebody was dialled, and did not answer.
DIALLED = 6


def entry(device: str) -> str:
    now = datetime.now(UTC)
    return ENTRY.format(device=device, until=instant(now + timedelta(days=2)), added=instant(now))


@pytest.fixture(scope="module")
def approved_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with inventory, policy, ledger, signers, a plan and its approval; no fleet any more."""
    directory = tmp_path_factory.mktemp("site")
    with fleet_of(reverted("fw-a")) as fleet:
        allowed(directory, lee=key(directory, "lee"))
        (directory / "exceptions.yaml").write_text("exceptions:\n" + entry("fw-z"))
        planned(fleet, directory, POLICY + "approvals: 1\nallowed_signers: allowed_signers\n")
    approve(directory, directory / "lee", "lee")
    return directory


@pytest.fixture
def site(approved_site: Path, tmp_path: Path) -> Path:
    """A copy of it, for one test to spoil."""
    copy = tmp_path / "site"
    shutil.copytree(approved_site, copy)
    return copy


def dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def gone(path: Path) -> None:
    path.unlink()


def edited(path: Path) -> None:
    path.write_text("# another one\n" + path.read_text())


def emptied(path: Path) -> None:
    path.write_text("# nothing here\n")


def test_with_the_rules_of_its_plan_a_push_begins(site: Path) -> None:
    """Else the tests below would prove nothing."""
    with (site / "exceptions.yaml").open("a") as ledger:
        ledger.write(entry("fw-y"))

    ended = commit(site)

    assert ended.code == DIALLED, ended.err


@pytest.mark.parametrize(
    ("name", "spoil", "code"),
    [
        ("policy.yaml", dangling, 2),
        ("policy.yaml", pipe, 2),
        ("policy.yaml", folder, 2),
        ("policy.yaml", gone, 7),
        ("policy.yaml", edited, 7),
        ("policy.yaml", emptied, 2),
        ("exceptions.yaml", dangling, 2),
        ("exceptions.yaml", pipe, 2),
        ("exceptions.yaml", folder, 2),
        ("exceptions.yaml", gone, 7),
        ("exceptions.yaml", emptied, 7),
        ("allowed_signers", dangling, 2),
        ("allowed_signers", pipe, 2),
        ("allowed_signers", gone, 2),
        ("allowed_signers", edited, 7),
    ],
)
def test_rules_that_are_missing_or_others_are_no_permission(
    site: Path, name: str, spoil: Callable[[Path], None], code: int
) -> None:
    """A lost policy file must not take the two approvals with it."""
    spoil(site / name)

    ended = commit(site)

    assert ended.code == code, ended.err
    assert name in ended.err
    assert not list((site / "state").glob("plans/*")), "the plan is not used up by it"


def test_a_dry_run_says_so_too(site: Path) -> None:
    """It foretells the commit."""
    gone(site / "policy.yaml")

    assert run(site, "push", site / "plan.json").code == 7


def test_a_push_from_beside_another_inventory_has_no_rules(site: Path) -> None:
    """The policy lies beside the inventory: a copy of the inventory elsewhere has none."""
    elsewhere = site / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(site / "inventory.yaml", elsewhere)

    given = ("-i", elsewhere / "inventory.yaml", "--state-dir", site / "state")
    ended = cli("push", site / "plan.json", *given, "--commit", "--yes")

    assert ended.code == 7, ended.err
    assert "built-in policy" in ended.err


def test_an_approval_that_is_not_there_is_a_mistake(site: Path) -> None:
    """A mistyped name must not look like one approval fewer."""
    ended = commit(site, "--approval", site / "nowhere.sig")

    assert ended.code == 2, ended.err
    assert "nowhere.sig" in ended.err


def test_a_plan_is_not_made_under_rules_that_cannot_be_read(site: Path) -> None:
    """What could never be approved need not be read from the fleet."""
    dangling(site / "allowed_signers")

    ended = run(site, "plan", "-o", site / "other.json")

    assert ended.code == 2, ended.err
    assert not (site / "other.json").exists()


def test_a_key_whose_agent_is_gone_is_found_before_anything_is_contacted(site: Path) -> None:
    """At the end of the push there is nothing to be done about it."""
    own = key(site, "own")
    own.unlink()

    ended = commit(site, "--sign-key", own.with_suffix(".pub"))

    assert ended.code == 2, ended.err
    assert "cannot sign" in ended.err


def test_the_plan_says_under_which_rules_it_was_made(site: Path) -> None:
    """In the document, so that anybody can compare."""
    plan = json.loads((site / "plan.json").read_text())

    for name, digest in (("allowed_signers", "signers_sha256"), ("policy.yaml", "policy_sha256")):
        assert plan[digest] == hashlib.sha256((site / name).read_bytes()).hexdigest()
    assert plan["ledger"]["entries"] == 1
