"""`resume` is no side door: what stands in a run's folder is trusted no more than what `push` is given.

The fleet is gone: whoever dials ends otherwise.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from asa_transport.core.documents import journal as form
from asa_transport.core.documents import plan as plan_document
from asa_transport.edges.state.journal import JournalFile
from asa_transport.model import Began, Identity, JournalEvent, Plan, Undertaking, Undertook
from tests.fleet.commit import POLICY, outcomes, planned, reverted
from tests.fleet.hands import run
from tests.fleet.test_push_conduct import allowed, approve, key
from tests.fleet.test_push_resume import killed, resumed
from tests.support import Ended, fleet_of

APPROVALS = "approvals: 1\nallowed_signers: allowed_signers\n"
# Of the first device's journal: a line may have left, and its journal has no end.
IN_DOUBT = 16
EVIL = "username eve privilege 15"
BLIND = ("--reconnect-timeout", "0.1")


@pytest.fixture(scope="module")
def cut_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with an approved push of two firewalls that was killed in the first; no fleet any more."""
    directory = tmp_path_factory.mktemp("cut")
    with fleet_of(reverted("fw-a"), reverted("fw-b")) as fleet:
        allowed(directory, lee=key(directory, "lee"))
        planned(fleet, directory, POLICY + APPROVALS)
        approve(directory, directory / "lee", "lee")
        killed(directory, IN_DOUBT, "whole")
    return directory


@pytest.fixture
def site(cut_run: Path, tmp_path: Path) -> Path:
    """A copy of it, for one test to spoil."""
    copy = tmp_path / "site"
    shutil.copytree(cut_run, copy, symlinks=True)
    return copy


def folder_of(site: Path) -> Path:
    (folder,) = (site / "state" / "runs").glob("*Z-*/journal.jsonl")
    return folder.parent


def plan_in(folder: Path) -> Plan:
    return plan_document.read((folder / "plan.json").read_text())


def events_of(folder: Path) -> tuple[JournalEvent, ...]:
    return tuple(record.event for record in form.read((folder / "journal.jsonl").read_bytes()).records)


def write_journal(folder: Path, events: Sequence[JournalEvent]) -> None:
    """Write a journal whose chain is whole, as anybody can who has the program."""
    (folder / "journal.jsonl").unlink(missing_ok=True)
    with JournalFile.create(folder / "journal.jsonl", clock=lambda: datetime.now(UTC), form=form) as file:
        for event in events:
            file.note(event)


def other_plan(plan: Plan) -> Plan:
    """A plan that nobody approved; it is whole, and fits itself."""
    return plan_document.sealed(replace(plan, id="plan-by-hand"))


def assert_refused(ended: Ended, code: int, *words: str) -> None:
    assert ended.code == code, ended.err
    for word in words:
        assert word in ended.err


def test_the_run_itself_is_gone_on_with(site: Path) -> None:
    """Else the tests below would prove nothing: it is dialled, and nobody knows how it stands."""
    ended = resumed(site, *BLIND)

    assert ended.code == 8, ended.err
    assert outcomes(ended) == {"fw-a": "unknown", "fw-b": "not-reached"}


def test_a_plan_that_was_put_in_the_runs_place_is_not_carried_out(site: Path) -> None:
    """The journal says with which plan the run began."""
    folder = folder_of(site)
    (folder / "plan.json").write_text(plan_document.text(other_plan(plan_in(folder))))

    assert_refused(resumed(site), 7, "the run began with the plan")


def test_a_journal_by_hand_brings_no_approvals(site: Path) -> None:
    """One record is a journal; what counts are signatures over the plan's digest."""
    folder = folder_of(site)
    plan = other_plan(plan_in(folder))
    (folder / "plan.json").write_text(plan_document.text(plan))
    (began,) = (event for event in events_of(folder) if isinstance(event, Began))
    write_journal(folder, [replace(began, plan_digest=plan.digest, approvals=("lee", "kim"))])

    assert_refused(resumed(site), 7, "the plan needs 1 approval")


def test_approvals_that_are_gone_are_approvals_that_are_missing(site: Path) -> None:
    """And whoever reads this knows which firewall to look at."""
    shutil.rmtree(folder_of(site) / "approvals")

    assert_refused(resumed(site), 7, "the plan needs 1 approval", "may have been sent to fw-a")


def test_who_began_the_run_does_not_approve_its_going_on(site: Path) -> None:
    """A colleague who resumes must not turn the first one's own signature into an approval."""
    folder = folder_of(site)
    first, *others = events_of(folder)
    assert isinstance(first, Began)
    write_journal(folder, [replace(first, operator="lee@jump-1"), *others])

    assert_refused(resumed(site), 7, "the operator's own")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda one: replace(one, rollback=("license smart", EVIL)),
            f"the journal's rollback holds '{EVIL}'",
        ),
        (lambda one: replace(one, apply=("license smart", " transport type callhome")), "is not the plan's"),
        (lambda one: replace(one, before=("license smart",)), "goes back to another state"),
        (lambda one: replace(one, identity=Identity(serial="9AOTHER")), "names another firewall"),
        (lambda one: replace(one, mate_serial="9AOTHER"), "names another mate"),
        (lambda one: replace(one, predicted=one.before), "leads to another state"),
    ],
)
def test_a_line_of_the_journal_that_is_not_the_plans_is_not_typed(
    site: Path, change: Callable[[Undertaking], Undertaking], words: str
) -> None:
    """The way back stands in the journal, and whoever can write there could type on the firewall."""
    folder = folder_of(site)
    events = [
        replace(event, undertaking=change(event.undertaking)) if isinstance(event, Undertook) else event
        for event in events_of(folder)
    ]
    write_journal(folder, events)

    assert_refused(resumed(site), 7, words)


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, run="20260101T000000Z-aaaa"),
        lambda one: replace(one, devices=("fw-a", "fw-c")),
        lambda one: replace(one, devices=("fw-a", "fw-a")),
    ],
)
def test_a_journal_of_another_run_or_for_other_devices_is_refused(
    site: Path, change: Callable[[Began], Began]
) -> None:
    """A run is its folder, its plan and its journal together."""
    folder = folder_of(site)
    first, *others = events_of(folder)
    assert isinstance(first, Began)
    write_journal(folder, [change(first), *others])

    assert resumed(site).code in {2, 7}


def test_a_run_whose_plan_another_run_pushed_is_refused(site: Path) -> None:
    """A copy of a folder under a new name must not push the plan a second time."""
    folder = folder_of(site)
    copy = folder.with_name("20990101T000000Z-abcd")
    shutil.copytree(folder, copy)
    first, *others = events_of(copy)
    assert isinstance(first, Began)
    write_journal(copy, [replace(first, run=copy.name), *others])

    assert_refused(resumed(site), 7, "the plan was used before")


def test_a_resumed_run_marks_its_plan_as_used(site: Path) -> None:
    """Whoever lost the note must not be able to push the plan again beside it."""
    shutil.rmtree(site / "state" / "plans")

    resumed(site, *BLIND)

    (note,) = (site / "state" / "plans").glob("*/fw-a.json")
    assert json.loads(note.read_text())["run"] == folder_of(site).name


@pytest.mark.parametrize("how", ["path elsewhere", "linked folder", "linked plan"])
def test_a_run_is_in_the_state_directory_and_nowhere_else(site: Path, how: str) -> None:
    """Files of elsewhere are somebody's word for what was done here."""
    folder = folder_of(site)
    outside = site / "outside"
    wanted = folder.name
    if how == "linked plan":
        (folder / "plan.json").rename(outside)
        (folder / "plan.json").symlink_to(outside)
    else:
        folder.rename(outside)
        wanted = str(outside)
    if how == "linked folder":
        folder.symlink_to(outside)
        wanted = folder.name

    ended = resumed_run(site, wanted)

    assert_refused(ended, 2, "so nothing is sent for")


def test_the_path_of_a_run_of_the_state_directory_is_taken(site: Path) -> None:
    """It is what a shell completes."""
    assert resumed_run(site, str(folder_of(site)), *BLIND).code == 8


def resumed_run(site: Path, wanted: str, *arguments: str) -> Ended:
    return run(site, "resume", wanted, "--yes", "--format", "json", *arguments)


@pytest.mark.parametrize("name", ["policy.yaml", "allowed_signers"])
def test_a_run_is_gone_on_with_under_the_rules_of_its_plan_alone(site: Path, name: str) -> None:
    """A policy that asks for nothing is as good as none."""
    (site / name).unlink()

    ended = resumed(site)

    assert ended.code in {2, 7}, ended.err
    assert name in ended.err or "built-in policy" in ended.err


def without(site: Path, *names: str) -> None:
    found = yaml.safe_load((site / "inventory.yaml").read_text())
    for name in names:
        del found["devices"][name]
    (site / "inventory.yaml").write_text(yaml.safe_dump(found))


def test_a_device_that_left_the_inventory_does_not_block_the_others(site: Path) -> None:
    """What is in doubt must be looked at tonight, whoever tidied the inventory meanwhile."""
    without(site, "fw-b")

    ended = resumed(site, *BLIND)

    assert outcomes(ended) == {"fw-a": "unknown", "fw-b": "not-reached"}
    assert "no longer in the inventory" in ended.device("fw-b")["reason"]


def test_a_device_in_doubt_that_left_the_inventory_is_unknown_and_named(site: Path) -> None:
    """Lines may have been sent to it, and nobody can look: that is the worst news, and ends the run."""
    without(site, "fw-a")

    ended = resumed(site, *BLIND)

    assert ended.code == 8, ended.err
    assert outcomes(ended) == {"fw-a": "unknown", "fw-b": "not-reached"}
    assert "no longer in the inventory" in ended.device("fw-a")["reason"]
