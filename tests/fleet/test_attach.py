"""An audit that was killed goes on: what it has finished is not contacted again; over real SSH."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from asa_transport.edges.state.store import Store, rows
from mock_devices import MockFleet
from tests.fleet.hands import callhome, run, smart
from tests.fleet.regions import in_regions, regions
from tests.processes import LIMIT_S, wait_for
from tests.support import PROGRAM, QUICK, Ended, cli, fleet_of
from tests.unit.stores import postgresql
from tests.warm import Forked, forked

NAMES = ("fw-a", "fw-b", "fw-c", "fw-d")
# These have not answered when the run is killed; one waits for its mate.
SILENT = ("fw-c", "fw-d")


@pytest.fixture
def fleet() -> Iterator[MockFleet]:
    with fleet_of(smart("fw-a"), callhome("fw-b"), smart("fw-c"), smart("fw-d")) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[tuple[str, ...]]:
    if request.param == "sqlite":
        yield ()
    else:
        with postgresql() as url:
            yield ("--store", url)


def audited(directory: Path, *more: str | Path) -> Ended:
    return run(directory, "audit", "--format=json", *more)


def contacted(fleet: MockFleet) -> list[str]:
    """Those that were logged in to since their transcripts were forgotten."""
    return [name for name in NAMES if fleet[name].transcript]


def begun(directory: Path, *more: str) -> Forked:
    given = ("-i", directory / "inventory.yaml", "--state-dir", directory / "state", "--format=json", *more)
    return forked(PROGRAM, "audit", *map(str, given), *QUICK, "--command-timeout=600", "--device-timeout=900")


def written(directory: Path, store: tuple[str, ...]) -> set[str]:
    """The devices of the only run that are finished in the store."""
    with Store(directory / "state", *store[1:]) as opened:
        return {
            name
            for one in opened.runs()
            for page in opened._pages(one.id)
            for name, kind, _ in page
            if kind != rows.UNFINISHED
        }


def killed(fleet: MockFleet, directory: Path, store: tuple[str, ...], *more: str) -> str:
    """Begin an audit, and kill it when all but the silent ones are in the store; return its id."""
    for name in SILENT:
        fleet[name].add_fault(action="hang", match="^show version$")
    with begun(directory, *store, *more) as running:
        wait_for((directory / "state" / "runs").exists, running)
        wait_for(lambda: written(directory, store) == set(NAMES) - set(SILENT), running)
        running.send_signal(signal.SIGKILL)
        running.communicate(timeout=LIMIT_S)
    for name in SILENT:
        fleet[name].clear_faults()
    ((folder,),) = [list((directory / "state" / "runs").iterdir())]
    return folder.name


def test_a_killed_audit_goes_on_with_what_is_left(
    fleet: MockFleet, tmp_path: Path, store: tuple[str, ...]
) -> None:
    """A region of 10,000 is not read again because a coordinator died at the last site."""
    fleet.write(tmp_path)
    killed_run = killed(fleet, tmp_path, store)
    fleet.reset_transcripts()

    attached = audited(tmp_path, *store, "--attach", "last")
    read = contacted(fleet)
    again = audited(tmp_path, *store, "--attach", killed_run)
    whole = audited(tmp_path, *store)
    diff = cli("diff", "--format=json", "--state-dir", tmp_path / "state", *store)
    listed = cli("runs", "--format=json", "--state-dir", tmp_path / "state", *store).document["runs"]
    report = cli("report", killed_run, "--format=json", "--state-dir", tmp_path / "state", *store)

    assert attached.code == 3, attached.err
    assert attached.document["run"]["id"] == killed_run
    assert [(one["name"], one["outcome"]) for one in attached.document["devices"]] == [
        (name, "audited") for name in NAMES
    ]
    assert f"run {killed_run} goes on: 2 of 4 devices were finished before" in attached.err
    assert read == list(SILENT)
    assert (again.code, "this audit has ended" in again.err) == (2, True)
    assert {one["rule"] for one in attached.device("fw-b")["findings"]} == {
        one["rule"] for one in whole.device("fw-b")["findings"]
    }
    assert diff.document["changes"] == []
    assert [one["status"] for one in listed] == ["finished", "finished"]
    assert report.out == attached.out


def test_another_machine_goes_on_with_it(fleet: MockFleet, tmp_path: Path) -> None:
    """The one that began it may be gone for good."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    fleet.write(ours)
    fleet.write(theirs)
    with postgresql() as url:
        store = ("--store", url)
        killed_run = killed(fleet, ours, store)
        fleet.reset_transcripts()
        attached = audited(theirs, *store, "--attach", "last")
        read = contacted(fleet)
        report = cli("report", "last", "--format=json", "--state-dir", ours / "state", *store)

    assert attached.document["run"]["id"] == killed_run, attached.err
    assert [one["outcome"] for one in attached.document["devices"]] == ["audited"] * 4
    assert read == list(SILENT)
    assert report.document["devices"] == attached.document["devices"]


def test_what_would_be_another_run_is_refused_before_the_first_contact(
    fleet: MockFleet, tmp_path: Path
) -> None:
    """A document that is half of one fleet and half of another would be believed."""
    fleet.write(tmp_path)
    killed(fleet, tmp_path, ())
    fleet.reset_transcripts()
    inventory = (tmp_path / "inventory.yaml").read_text()

    limited = audited(tmp_path, "--attach", "last", "-l", "fw-a")
    as_of = audited(tmp_path, "--attach", "last", "--now", "2026-01-20T12:00:00Z")
    (tmp_path / "policy.yaml").write_text("callhome_grace_days: 3\n")
    policy = audited(tmp_path, "--attach", "last")
    (tmp_path / "policy.yaml").unlink()
    port = str(fleet["fw-a"].port)
    (tmp_path / "inventory.yaml").write_text(inventory.replace(f"port: {port}", "port: 1", 1))
    moved = audited(tmp_path, "--attach", "last")
    (tmp_path / "inventory.yaml").write_text(inventory)

    assert {one.code for one in (limited, as_of, policy, moved)} == {2}
    assert "only in the run: fw-b, fw-c, fw-d" in limited.err
    assert "leave out --now" in as_of.err
    assert "the policy is another one" in policy.err
    assert "fw-a was read at 127.0.0.1" in moved.err
    assert not any(fleet[name].transcript for name in NAMES)
    assert audited(tmp_path, "--attach", "last").code == 3


def test_a_run_that_lives_is_nobody_elses(fleet: MockFleet, tmp_path: Path, store: tuple[str, ...]) -> None:
    """Two that write one run would each have half of the answers."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    fleet.write(ours)
    fleet.write(theirs)
    fleet["fw-c"].add_fault(action="hang", match="^show version$")
    with begun(ours, *store) as running:
        wait_for(lambda: bool(written(ours, store)) if (ours / "state" / "runs").exists() else False, running)
        (folder,) = (ours / "state" / "runs").iterdir()
        here = audited(ours, *store, "--attach", folder.name)
        there = audited(theirs, *store, "--attach", folder.name)
        none = audited(ours, *store, "--attach", "last")
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=LIMIT_S)
    stopped = audited(ours, *store, "--attach", folder.name)

    assert json.loads(out)["run"]["exit_code"] == 130
    assert (here.code, there.code, none.code, stopped.code) == (2, 2, 2, 2)
    assert "is still being made" in here.err
    if store:
        assert "is still being made, by process " in there.err
    assert "no audit was left unfinished" in none.err
    assert "this audit has ended" in stopped.err


def test_a_killed_coordinator_of_regions_goes_on_with_what_is_left(tmp_path: Path) -> None:
    """Its workers live on; what they had been given is given to them anew, and comes once."""
    slow = {"faults": [{"match": "show version", "action": "slow", "delay_s": 3.0}]}
    with regions() as two, fleet_of(*(smart(name, **slow) for name in NAMES)) as fleet:
        fleet.write(tmp_path)
        in_regions(tmp_path, dict.fromkeys(NAMES, two.region("emea")))
        given = tuple(map(str, two.given(tmp_path)))
        with two.worker(tmp_path, "emea", "--workers=1"):
            with forked(PROGRAM, "audit", *given) as audit:
                wait_for(lambda: bool(written(tmp_path, two.options[:2])), audit)
                audit.send_signal(signal.SIGKILL)
                audit.communicate(timeout=LIMIT_S)
            done = written(tmp_path, two.options[:2])
            attached = two.audit(tmp_path, "--attach", "last")

        assert 0 < len(done) < len(NAMES)
        assert [(one["name"], one["outcome"]) for one in attached.document["devices"]] == [
            (name, "audited") for name in NAMES
        ], attached.err
        assert f"{len(done)} of 4 devices were finished before" in attached.err
