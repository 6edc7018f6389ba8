"""Plan, dry run, push and resume through OpenSSH's own server, and what becomes of them when it is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mock_devices import MockFleet
from tests.fleet.commit import LINES, POLICY, commit, configured, is_untouched, outcomes, reverted, started
from tests.fleet.hands import run
from tests.fleet.jumps import OpenSsh, behind, openssh
from tests.processes import LIMIT_S, all_end, wait_for
from tests.support import Ended, fleet_of

# The session stands where the configuration was entered and the change was typed.
AT_END = {"faults": [{"action": "hang", "match": "^end$"}]}


@contextmanager
def site(directory: Path, *devices: dict[str, object]) -> Iterator[tuple[MockFleet, OpenSsh]]:
    """Serve devices behind a jump host, and write a plan for those that can be reached through it."""
    with fleet_of(*devices) as fleet, openssh() as bastion:
        behind(bastion.ssh_config, fleet, directory)
        (directory / "policy.yaml").write_text(POLICY)
        ended = run(directory, "plan", *through(bastion), "-o", directory / "plan.json")
        assert ended.code == 0, ended.err
        fleet.reset_transcripts()
        yield fleet, bastion


def through(bastion: OpenSsh) -> tuple[str | Path, ...]:
    return "--ssh-config", bastion.ssh_config


def dry(directory: Path, bastion: OpenSsh) -> Ended:
    return run(directory, "push", directory / "plan.json", *through(bastion), "--format", "json")


def resumed(directory: Path, bastion: OpenSsh) -> Ended:
    words = ("--yes", "--format", "json", "--reconnect-timeout", "1")
    return run(directory, "resume", "last", *through(bastion), *words)


def test_a_site_behind_a_jump_host_is_planned_rehearsed_and_pushed_by_one_connection_each(
    tmp_path: Path,
) -> None:
    """What can be audited there can be changed there, and the jump host sees one login a run."""
    names = ("fw-far-1", "fw-far-2", "fw-near")
    with site(tmp_path, *map(reverted, names)) as (fleet, bastion):
        assert bastion.connections == 1
        looked = dry(tmp_path, bastion)
        assert bastion.connections == 2
        pushed = commit(tmp_path, *through(bastion))
        assert bastion.connections == 3
        assert all_end(bastion.sessions())
        transports = {fleet[name].transport for name in names}

    assert outcomes(looked) == dict.fromkeys(names, "would-push")
    assert (looked.code, pushed.code) == (0, 0)
    assert outcomes(pushed) == dict.fromkeys(names, "applied")
    assert transports == {"smart"}


def disturbed(
    fleet: MockFleet, bastion: OpenSsh, directory: Path, do: Callable[[], None], *more: str
) -> Ended:
    """Push, and do something to the jump host once the first device has all of its lines."""
    with started(directory, *through(bastion), *more) as running:
        wait_for(lambda: "end" in fleet["fw-far-1"].typed, running)
        do()
        out, err = running.communicate(timeout=LIMIT_S)
        return Ended(code=running.wait(), out=out, err=err)


def test_a_device_whose_jump_host_is_lost_in_the_middle_is_unknown_until_it_is_looked_at(
    tmp_path: Path,
) -> None:
    """Lines were sent, and nobody can look: anything else that is said would be a guess."""
    with site(tmp_path, reverted("fw-far-1", **AT_END), reverted("fw-far-2")) as (fleet, bastion):
        where = f"the jump host bastion ({bastion.user}@127.0.0.1:{bastion.port})"
        ended = disturbed(fleet, bastion, tmp_path, bastion.stop, "--reconnect-timeout=1")
        blind = resumed(tmp_path, bastion)
        fleet["fw-far-1"].clear_faults()
        bastion.start()
        seen = resumed(tmp_path, bastion)

        assert is_untouched(fleet["fw-far-2"])
        typed, transport = configured(fleet["fw-far-1"]), fleet["fw-far-1"].transport

    lost = f"reaching it through {where}: the connection to the jump host was lost: it closed the connection"
    refused = f"connecting to {where}: connection refused"
    for told, words in ((ended, (lost, refused)), (blind, (refused,))):
        assert told.code == 8
        assert outcomes(told) == {"fw-far-1": "unknown", "fw-far-2": "not-reached"}
        for word in words:
            assert word in told.device("fw-far-1")["reason"]
    assert (seen.code, outcomes(seen)["fw-far-1"], transport) == (0, "applied", "smart")
    assert typed.count(LINES[1]) == 1


def test_a_push_goes_on_through_a_jump_host_that_comes_back(tmp_path: Path) -> None:
    """It was gone for a moment; the device was looked at again, and nothing was sent twice."""
    once = {"faults": [{"action": "hang", "match": "^end$", "nth": 1}]}
    with site(tmp_path, reverted("fw-far-1", **once), reverted("fw-far-2")) as (fleet, bastion):
        before = bastion.connections
        ended = disturbed(fleet, bastion, tmp_path, bastion.kill_sessions)

        assert bastion.connections == before + 2
        typed = {name: configured(fleet[name]) for name in fleet.names}

    assert (ended.code, set(outcomes(ended).values())) == (0, {"applied"})
    assert all(lines.count(LINES[1]) == 1 for lines in typed.values())


def test_a_jump_host_that_is_not_there_is_named_once_by_plan_and_dry_run(tmp_path: Path) -> None:
    """Fifty rows with one sentence hide the one row that says something else."""
    names = ("fw-far-1", "fw-far-2", "fw-far-3", "fw-near")
    with site(tmp_path, *map(reverted, names)) as (fleet, bastion):
        bastion.stop()
        dry_run = run(tmp_path, "push", tmp_path / "plan.json", *through(bastion))
        again = run(tmp_path, "plan", *through(bastion), "-o", tmp_path / "again.json")
        audited = run(tmp_path, "audit", *through(bastion))
        bastion.start()

        assert all(is_untouched(fleet[name]) for name in names)
        where = f"connecting to the jump host bastion ({bastion.user}@127.0.0.1:{bastion.port})"

    for told in (dry_run, again, audited):
        assert told.out.count(f"{where}: connection refused") == 1, told.out
        assert told.out.count("is it up, and is the address right") <= 1
    assert [line.split()[2] for line in dry_run.out.splitlines()[1:5]] == ["not-reached"] * 3 + ["would-push"]
    assert f"fw-far-1 to fw-far-3 (3): {where}" in " ".join(dry_run.out.split())
    assert "  fw-far-1 to fw-far-3 (3): not audited (jump): " in again.out
    assert "3 devices" in audited.out
