"""The course of a push over many devices: first proof, one use a device, what changes midway; over SSH."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from mock_devices import MockFleet
from tests.fleet.commit import POLICY, commit, is_untouched, outcomes, planned, reverted, started
from tests.fleet.hands import run
from tests.fleet.test_push_commit import add_exception
from tests.processes import LIMIT_S
from tests.support import QUICK, ROOT, Ended, cli, fleet_of
from tests.warm import forked

NAMES = ("fw-a", "fw-b", "fw-c")


def waves(directory: Path) -> list[list[str]]:
    found: list[list[str]] = json.loads((directory / "plan.json").read_text())["waves"]
    return found


def untouched(fleet: MockFleet, names: list[str]) -> bool:
    """Whether nobody was logged in there, since the transcripts were forgotten."""
    return all(is_untouched(fleet[name]) and not fleet[name].transcript for name in names)


def dry_run(directory: Path, *arguments: str) -> Ended:
    return run(directory, "push", directory / "plan.json", "--format", "json", *arguments)


def show(directory: Path, subject: str | Path, *arguments: str) -> dict[str, Any]:
    where = ("-i", directory / "inventory.yaml", "--state-dir", directory / "state")
    ended = cli("show", subject, *where, "--format", "json", *arguments)
    assert ended.code == 0, ended.err
    return ended.document


def test_nothing_begins_behind_a_canary_that_proved_nothing_and_the_plan_is_spent_by_device(
    tmp_path: Path,
) -> None:
    """The fleet must not follow a canary that was refused or out of reach; and what was not sent may be."""
    with fleet_of(*map(reverted, NAMES)) as fleet:
        planned(fleet, tmp_path, POLICY + "failure_budget: {percent: 100}\n")
        canary = waves(tmp_path)[0][0]
        others = [name for name in NAMES if name != canary]

        fleet[canary].set_reachable(smart=False)
        told = dry_run(tmp_path)
        without = dry_run(tmp_path, "-l", f"!{canary}")
        fleet.reset_transcripts()
        refused = commit(tmp_path)

        assert told.code == refused.code == 6
        assert told.document["stopped_by"] == refused.document["stopped_by"]
        assert told.document["foretold"]["not_started"] == others
        assert told.document["foretold"]["limit"] == f"!{canary}"
        assert f"-l '!{canary}'" in told.err
        assert (without.code, without.document["foretold"]["stopped_by"]) == (0, None)
        assert outcomes(refused) == {canary: "refused", **dict.fromkeys(others, "not-reached")}
        assert canary in refused.document["stopped_by"]
        assert untouched(fleet, others)

        fleet[canary].set_reachable(smart=True)
        fleet[canary].add_fault(action="refuse")
        away = commit(tmp_path)

        assert away.code == 6
        assert "has shown" in away.document["stopped_by"]
        assert untouched(fleet, others)

        fleet[canary].clear_faults()
        first = commit(tmp_path, "-l", canary)
        again = commit(tmp_path)
        rest = commit(tmp_path, "-l", f"!{canary}")

        assert (first.code, outcomes(first)) == (0, {canary: "applied"}), first.err
        assert again.code == 7
        assert f"-l '!{canary}'" in again.err
        change = tmp_path / "change"
        run_id = rest.document["run"]["id"]
        made = cli("ticket", run_id, "-o", change, "--state-dir", tmp_path / "state")
        assert made.code == 0, made.err
        page = " ".join((change / "ticket.md").read_text().split())
        assert rest.document["journal"]["head"] in page
        assert "write memory" in page
        assert f"{others[0]}: serial number" in page
        assert "not read" not in page
        assert list((change / "evidence" / others[0]).glob("after_show_*.txt"))

        shown = show(tmp_path, tmp_path / "plan.json")
        assert [one["name"] for one in shown["used"]] == [canary, *others]
        assert shown["against"] == ["the plan is spent: it was used for each of its devices"]
        became = show(tmp_path, first.document["run"]["id"])["devices"]
        assert [(one["name"], one["outcome"], one["startup"]) for one in became] == [
            (canary, "applied", "as-intended")
        ]
        assert [one["name"] for one in show(tmp_path, "last", "-l", others[0])["devices"]] == [others[0]]
        assert (rest.code, outcomes(rest)) == (0, dict.fromkeys(others, "applied")), rest.err
        spent = dry_run(tmp_path)
        assert spent.code == commit(tmp_path, "-l", others[0]).code == 7
        assert "used before" in spent.err


def test_a_push_works_on_no_more_firewalls_of_a_region_at_once_than_the_policy_says(tmp_path: Path) -> None:
    """What a region's line or its directory bears holds for a push as for an audit."""
    names = [f"fw-{letter}" for letter in "abcde"]
    seen: list[str] = []
    with fleet_of(*map(reverted, names)) as fleet:
        planned(fleet, tmp_path, POLICY + "waves: {sizes: [100%]}\nmax_sessions: {per_region: 1}\n")
        inventory = tmp_path / "inventory.yaml"
        inventory.write_text(inventory.read_text().replace("defaults:\n", "defaults:\n  region: emea\n"))
        for name in names:
            for line in ("^configure terminal$", "^write memory$"):
                fleet[name].when(line, partial(seen.append, name))

        ended = commit(tmp_path)

    assert (ended.code, outcomes(ended)) == (0, dict.fromkeys(names, "applied")), ended.err
    assert seen == [name for one in dict.fromkeys(seen) for name in (one, one)]
    assert sorted(set(seen)) == names


def test_an_exception_that_is_added_during_the_push_is_heeded(tmp_path: Path) -> None:
    """Somebody answers for a firewall from now on: its turn comes later, and it is left alone."""
    with fleet_of(*map(reverted, ("fw-a", "fw-b"))) as fleet:
        planned(fleet, tmp_path)
        (canary,), (other,) = waves(tmp_path)
        fleet[canary].when("^license smart renew auth$", lambda: add_exception(tmp_path, other))
        with started(tmp_path) as running:
            out, err = running.communicate(timeout=LIMIT_S)

        document = json.loads(out)
        found = {device["name"]: device for device in document["devices"]}
        assert {name: one["outcome"] for name, one in found.items()} == {
            canary: "applied",
            other: "refused",
        }, err
        assert "exception" in found[other]["reason"]
        assert is_untouched(fleet[other])


def test_a_disk_that_stands_still_for_one_device_holds_up_no_other(tmp_path: Path) -> None:
    """Answers are on disk before the next step; who waits for that is the device that they are of."""
    one_wave = "waves: {canary_tag: none, canary_count: 1, sizes: [100%]}\nfailure_budget: {percent: 100}\n"
    with fleet_of(*map(reverted, ("fw-a", "fw-b", "fw-c"))) as fleet:
        planned(fleet, tmp_path, POLICY + one_wave)
        words = (
            *(
                "push",
                str(tmp_path / "plan.json"),
                "-i",
                str(tmp_path / "inventory.yaml"),
                "--commit",
                "--yes",
            ),
            *("--state-dir", str(tmp_path / "state"), *QUICK),
        )
        with forked("tests.fleet.slow_disk", "fw-b", "fw-c", *words, cwd=ROOT) as running:
            out, err = running.communicate(LIMIT_S)

    assert running.returncode == 0, err
    assert "stood still" not in err
    assert "3 applied" in out
