"""`asa-transport push PLAN.json --commit`: sends exactly the plan, proves it, saves it, or goes back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from mock_devices import MockFleet
from tests.fleet.commit import (
    FRAME,
    LINES,
    POLICY,
    commit,
    configured,
    is_untouched,
    outcomes,
    planned,
    reverted,
    started,
)
from tests.fleet.hands import run, smart, type_lines
from tests.support import cli, fleet_of, plain

THIRTY = [f"fw-{number:02}" for number in range(30)]


# All goes well.


def test_thirty_devices_are_applied_verified_by_contact_and_saved(tmp_path: Path) -> None:
    """The whole purpose: after an outage the fleet goes back without a person at each box."""
    with fleet_of(*map(reverted, THIRTY)) as fleet:
        planned(fleet, tmp_path)

        ended = commit(tmp_path)

        assert ended.code == 0, ended.err
        assert [(one["outcome"], one["verified"], one["saved"]) for one in ended.document["devices"]] == [
            ("applied", "contact", True)
        ] * 30
        for name in THIRTY:
            device = fleet[name]
            assert device.transport == "smart"
            assert not device.is_dirty
            assert list(dict.fromkeys(configured(device))) == [
                *FRAME,
                "license smart renew auth",
                "write memory",
            ]


def test_the_document_is_as_its_schema_says_and_the_run_keeps_it(tmp_path: Path) -> None:
    """Programs rely on the schema that the program itself prints; the run folder is the evidence."""
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)

        ended = commit(tmp_path)

    document = ended.document
    jsonschema.Draft202012Validator(json.loads(cli("schema", "push").out)).validate(document)
    assert document["mode"] == "commit"
    assert document["stopped_by"] is None
    folder = tmp_path / "state" / "runs" / document["run"]["id"]
    assert json.loads((folder / "push.json").read_text()) == document
    assert (folder / "journal.jsonl").stat().st_mode & 0o077 == 0
    assert list((folder / "raw" / "fw-a").iterdir())
    verified = cli("journal", "verify", document["run"]["id"], "--state-dir", tmp_path / "state")
    assert verified.code == 0, verified.err


def test_a_pair_is_changed_on_its_active_unit_alone(tmp_path: Path) -> None:
    """The active unit replicates; a line typed on the standby would divide the pair."""
    one = reverted("fw-b1", failover={"mate": "fw-b2", "unit": "primary", "state": "active"})
    two = reverted("fw-b2", failover={"mate": "fw-b1", "unit": "secondary", "state": "standby"})
    with fleet_of(one, two) as fleet:
        planned(fleet, tmp_path)

        ended = commit(tmp_path)

        assert outcomes(ended) == {"fw-b1": "applied"}
        assert configured(fleet["fw-b2"]) == []
        assert fleet["fw-b2"].transport == "smart"
        assert not fleet["fw-b2"].is_dirty


def test_a_proxy_and_a_type_are_one_change(tmp_path: Path) -> None:
    """On smart the proxy of `call-home` is not used: both lines go together, the proxy first."""
    proxy = {"host": "proxy.example.net", "port": 8080}
    device = reverted(
        "fw-a",
        reachable={"smart": False, "proxies": {"proxy.example.net:8080": True}},
        inventory={"expect": {"proxy": proxy}},
    )
    with fleet_of(device) as fleet:
        planned(fleet, tmp_path)

        ended = commit(tmp_path)

        assert ended.code == 0, ended.err
        lines = [line for line in configured(fleet["fw-a"]) if "transport" in line]
        assert lines == [" transport proxy proxy.example.net port 8080", " transport type smart"]


# The way to the licence authority is not there.


def test_what_the_firewall_cannot_reach_is_refused_by_the_probe(tmp_path: Path) -> None:
    """The push after an outage that is not over: nothing may be typed anywhere."""
    with fleet_of(reverted("fw-a"), reverted("fw-b")) as fleet:
        planned(fleet, tmp_path)
        for name in fleet.names:
            fleet[name].set_reachable(smart=False)

        ended = commit(tmp_path)

        assert ended.code == 6
        assert set(outcomes(ended).values()) <= {"refused", "not-reached"}
        assert outcomes(ended)["fw-a"] == "refused"
        assert all(is_untouched(fleet[name]) for name in fleet.names)


def test_without_contact_the_canary_goes_back_and_the_rest_is_not_reached(tmp_path: Path) -> None:
    """An answered probe is no proof; the canary finds out for everybody."""
    never = {"latency": {"contact_s": 100_000}}
    with fleet_of(*(reverted(name, **never) for name in ("fw-a", "fw-b", "fw-c"))) as fleet:
        planned(fleet, tmp_path)

        ended = commit(tmp_path, "--contact-timeout", "1")

        assert ended.code == 6
        assert sorted(outcomes(ended).values()) == ["not-reached", "not-reached", "rolled-back"]
        (canary,) = [name for name, word in outcomes(ended).items() if word == "rolled-back"]
        for name in fleet.names:
            device = fleet[name]
            assert device.running_config() == device.running_config_at_start
            assert not device.is_dirty
            assert name == canary or is_untouched(device)
        assert "write memory" not in fleet[canary].typed


# Refused: nothing is typed in configuration mode.


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ("drift", "proxy"),
        ("exception", "exception"),
        ("standby", "standby"),
        ("mate", "mate"),
    ],
)
def test_what_has_moved_since_the_plan_is_refused_and_others_go_on(
    tmp_path: Path, now: str, why: str
) -> None:
    """Facts that a plan was made from may not be true any more when it is pushed."""
    pair = (
        reverted("fw-p1", failover={"mate": "fw-p2", "unit": "primary", "state": "active"}),
        reverted("fw-p2", failover={"mate": "fw-p1", "unit": "secondary", "state": "standby"}),
    )
    with fleet_of(reverted("fw-a"), *pair) as fleet:
        planned(fleet, tmp_path)
        if now == "drift":
            type_lines(fleet["fw-p1"], ["license smart", "transport proxy other.example.net port 80"])
        elif now == "exception":
            add_exception(tmp_path, "fw-p1")
        elif now == "standby":
            fleet["fw-p1"].switch_role()
        else:
            fleet["fw-p2"].set_failed()
        before = {name: fleet[name].running_config() for name in fleet.names}
        fleet.reset_transcripts()

        ended = commit(tmp_path)

        assert ended.code == 6
        assert outcomes(ended) == {"fw-a": "applied", "fw-p1": "refused"}
        assert why in ended.device("fw-p1")["reason"]
        for name in ("fw-p1", "fw-p2"):
            assert configured(fleet[name]) == []
            assert fleet[name].running_config() == before[name]


def add_exception(directory: Path, name: str) -> None:
    until = f"{datetime.now(UTC) + timedelta(days=10):%Y-%m-%d}"
    words = ("--until", until, "--ticket", "CHG1", "--owner", "kim", "--reason", "upstream")
    ended = cli("exceptions", "add", name, "-i", directory / "inventory.yaml", *words)
    assert ended.code == 0, ended.err


# A plan is used once, by one push.


def test_a_plan_is_used_once(tmp_path: Path) -> None:
    """What was approved was one push."""
    with fleet_of(reverted("fw-a"), smart("fw-ok")) as fleet:
        planned(fleet, tmp_path)
        first = commit(tmp_path)
        fleet.reset_transcripts()

        second = commit(tmp_path)

        assert first.code == 0
        assert second.code == 7
        assert first.document["run"]["id"] in second.err
        assert not fleet["fw-a"].transcript


def test_of_two_pushes_started_together_one_works_and_one_refuses(tmp_path: Path) -> None:
    """Two people at two terminals, the same plan: every line arrives once."""
    with fleet_of(*map(reverted, ("fw-a", "fw-b", "fw-c"))) as fleet:
        planned(fleet, tmp_path)

        both = [started(tmp_path) for _ in range(2)]
        ends = [(process.communicate(timeout=100), process.wait()) for process in both]

        assert sorted(code for _, code in ends) == [0, 7], ends
        for name in fleet.names:
            assert [line for line in configured(fleet[name]) if line in LINES] == LINES
            assert not fleet[name].is_dirty


# Nothing is sent by accident.


def test_now_is_no_word_for_a_committed_push(tmp_path: Path) -> None:
    """A push that may choose its own time could use an expired plan."""
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)

        ended = commit(tmp_path, "--now", "2026-01-12T13:00:00Z")

        assert ended.code == 2
        assert not fleet["fw-a"].transcript


def test_without_a_terminal_and_without_yes_nothing_starts(tmp_path: Path) -> None:
    """A question that nobody can answer is answered with no."""
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)

        ended = run(tmp_path, "push", tmp_path / "plan.json", "--commit")

        assert ended.code == 2
        assert "--yes" in ended.err
        assert not fleet["fw-a"].transcript
        assert commit(tmp_path).code == 0, "and the plan was not used up by it"


def test_outside_the_change_window_everything_is_refused(tmp_path: Path) -> None:
    """The window is the policy's, not the operator's at three in the morning."""
    # Twelve hours from now, whenever that is: there is no minute of the day in which this would be open.
    opens = datetime.now(UTC) + timedelta(hours=12)
    closed = POLICY + (
        "change_windows:\n  - {days: [mon, tue, wed, thu, fri, sat, sun], "
        f"from: '{opens:%H:%M}', to: '{opens + timedelta(minutes=1):%H:%M}', zone: UTC}}\n"
    )
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path, closed)

        ended = commit(tmp_path)

        assert ended.code == 6
        assert outcomes(ended) == {"fw-a": "refused"}
        assert not fleet["fw-a"].transcript
        told = run(tmp_path, "push", tmp_path / "plan.json", "--format", "json")
        assert (told.code, told.document["foretold"]["window"]) == (6, ended.document["stopped_by"])


def assert_secretless(directory: Path, fleet: MockFleet) -> None:
    texts = [plain(path) for path in (directory / "state").rglob("*") if path.is_file()]
    for name in fleet.names:
        login = fleet[name].spec.login
        for secret in (login.password, login.enable_password):
            assert secret is None or not any(secret.encode() in text for text in texts)


def test_no_secret_is_in_anything_that_is_kept(tmp_path: Path) -> None:
    """A journal is given to auditors."""
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)

        commit(tmp_path)

        assert_secretless(tmp_path, fleet)


def test_a_device_that_a_colleague_mended_is_called_proven_only_by_a_contact_after_that(
    tmp_path: Path,
) -> None:
    """Nothing was sent to it, so that nothing of ours says that the licence authority is reached."""
    with fleet_of(reverted("fw-a"), reverted("fw-b")) as fleet:
        planned(fleet, tmp_path, POLICY)
        for name in ("fw-a", "fw-b"):
            fleet[name].set_reachable(smart=name == "fw-a")
            type_lines(fleet[name], ["license smart", "transport type smart"])
        soon = commit(tmp_path, "-l", "fw-a").document["devices"][0]["reason"]
        fleet.advance(60)
        for name in ("fw-a", "fw-b"):
            fleet[name].contact_in(0)
        found = {one["name"]: one for one in commit(tmp_path).document["devices"]}
        typed = [configured(fleet[name])[4:] for name in found]

    assert {name: one["outcome"] for name, one in found.items()} == dict.fromkeys(found, "no-change")
    # In the very second of the change: over which transport it came, nobody knows.
    assert "; not proven: the last contact succeeded" in soon
    assert "; proven: the last contact succeeded" in found["fw-a"]["reason"]
    assert "; not proven: the last contact failed" in found["fw-b"]["reason"]
    assert all("a reload would lose it" in one["reason"] for one in found.values())
    assert typed == [[], []]
