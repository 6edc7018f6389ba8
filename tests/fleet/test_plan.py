"""`asa-transport plan`: what it writes, what it refuses, and that it only reads."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asa_transport.capabilities import is_read_only
from asa_transport.edges.state import kept_answers
from mock_devices import MockFleet
from tests.fleet.hands import at, callhome, run, smart, type_lines
from tests.fleet.test_cli_audit import LIMIT_S
from tests.processes import wait_for
from tests.support import PROGRAM, QUICK, Ended, cli, fleet_of
from tests.warm import forked

PROXY = {"host": "proxy.example.net", "port": 8080}
DEVICES = (
    callhome("fw-a"),
    callhome("fw-b", inventory={"tags": ["canary"]}),
    # The proxy does not answer it.
    callhome("fw-c", inventory={"expect": {"proxy": PROXY}}),
    smart("fw-ok"),
    {"name": "fw-pak", "model": "ASA5516", "version": "9.16(4)14"},
)
REVERT = ("--goal", "callhome", "--ticket", "INC-7", "--owner", "A. Meyer")


def written(fleet: MockFleet, directory: Path) -> None:
    """Write the inventory, and a policy that allows a revert."""
    fleet.write(directory)
    (directory / "policy.yaml").write_text("allow_callhome: true\n")


def until(days: float = 7) -> tuple[str, str]:
    return "--until", (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")


@pytest.fixture
def fleet() -> Iterator[MockFleet]:
    with fleet_of(*DEVICES) as running:
        yield running


@pytest.fixture
def planned(fleet: MockFleet, tmp_path: Path) -> Ended:
    written(fleet, tmp_path)
    return plan(tmp_path)


def plan(directory: Path, *arguments: str | Path) -> Ended:
    return run(directory, "plan", "-o", directory / "plan.json", *arguments)


def document(directory: Path) -> dict[str, Any]:
    found = json.loads((directory / "plan.json").read_text())
    assert isinstance(found, dict)
    return found


def names(directory: Path) -> list[str]:
    return [device["name"] for device in document(directory)["devices"]]


def held(directory: Path) -> dict[str, str]:
    return {device["name"]: " ".join(device["reasons"]) for device in document(directory)["held"]}


def touched(fleet: MockFleet) -> bool:
    return any(fleet[name].transcript for name in fleet.names)


# The file.


def test_the_plan_names_the_lines_the_way_back_and_the_waves(planned: Ended, tmp_path: Path) -> None:
    """A person approves exactly this, so it must all be there."""
    plan = document(tmp_path)
    first = plan["devices"][0]

    assert planned.code == 0
    assert plan["schema"] == "asa-transport/plan/1"
    assert first["apply"] == ["license smart", " transport type smart"]
    assert first["rollback"] == ["license smart", " transport type callhome"]
    assert plan["waves"][0] == ["fw-b"]
    assert sorted(name for wave in plan["waves"] for name in wave) == names(tmp_path)


def test_the_plan_file_is_private_and_the_summary_is_on_stdout(planned: Ended, tmp_path: Path) -> None:
    """A plan holds host names and licence blocks."""
    assert (tmp_path / "plan.json").stat().st_mode & 0o777 == 0o600
    assert "transport-smart" in planned.out
    assert "3 devices planned" in planned.out


def test_a_plan_on_stdout_is_the_whole_document_and_nothing_else(fleet: MockFleet, tmp_path: Path) -> None:
    """`plan -o - | jq` must not meet a table."""
    written(fleet, tmp_path)

    ended = run(tmp_path, "plan", "-o", "-")

    assert ended.document["schema"] == "asa-transport/plan/1"
    assert "3 devices planned" in ended.err


def test_the_run_keeps_the_plan_beside_the_answers(planned: Ended, tmp_path: Path) -> None:
    """What a plan rests on must be found again from its run."""
    assert planned.code == 0
    (folder,) = (tmp_path / "state" / "runs").iterdir()
    audit = json.loads((folder / "audit.json").read_text())

    assert folder.name == document(tmp_path)["run"] == audit["run"]["id"]
    assert audit["run"]["kind"] == "plan"
    assert (folder / "plan.json").read_bytes() == (tmp_path / "plan.json").read_bytes()
    assert "show_license_status" in kept_answers.read(folder, {"fw-a"})["fw-a"]


def test_a_plan_only_reads(fleet: MockFleet, planned: Ended) -> None:
    """The devices' own transcripts are the proof."""
    assert planned.code == 0
    typed = [line for name in fleet.names for line in fleet[name].typed if line != "<secret>"]

    assert typed
    assert [line for line in typed if not is_read_only(line)] == []
    assert sum(fleet[name].config_changes for name in fleet.names) == 0


# Exit codes.


def test_with_detailed_exitcode_a_planned_change_is_5(fleet: MockFleet, tmp_path: Path) -> None:
    """A nightly job must tell "nothing to do" from "somebody must look"."""
    written(fleet, tmp_path)

    assert plan(tmp_path, "--detailed-exitcode").code == 5
    assert plan(tmp_path, "--detailed-exitcode", "-l", "fw-ok").code == 0


def test_a_plan_without_devices_is_written_and_says_so(fleet: MockFleet, tmp_path: Path) -> None:
    """The next step of a pipeline reads the file, whatever is in it."""
    written(fleet, tmp_path)

    ended = plan(tmp_path, "-l", "fw-ok,fw-pak")

    assert ended.code == 0
    assert names(tmp_path) == []
    assert "no device is planned" in ended.out


def test_a_device_that_was_not_audited_is_4_even_where_changes_are_planned(
    fleet: MockFleet, tmp_path: Path
) -> None:
    """What could not be looked at must not be drowned by what could."""
    fleet["fw-b"].add_fault(action="drop", match="license all")
    written(fleet, tmp_path)

    ended = plan(tmp_path, "--detailed-exitcode")

    assert ended.code == 4
    assert names(tmp_path) == ["fw-a", "fw-c"]
    assert "fw-b" in ended.err + ended.out


# Probes.


def test_without_probe_no_firewall_is_asked_to_reach_anything(
    fleet: MockFleet, planned: Ended, tmp_path: Path
) -> None:
    """A probe is traffic that the firewall itself sends: only on request."""
    assert planned.code == 0
    typed = [line for name in fleet.names for line in fleet[name].typed]

    assert not [line for line in typed if line.startswith("ping")]
    assert {device["reachability"]["is_proven"] for device in document(tmp_path)["devices"]} == {False}


def test_a_probe_proves_the_way_or_holds_the_device(fleet: MockFleet, tmp_path: Path) -> None:
    """A device that cannot reach its new server would lose its licence for the change."""
    written(fleet, tmp_path)

    ended = plan(tmp_path, "--probe")

    assert ended.code == 0
    assert names(tmp_path) == ["fw-a", "fw-b"]
    assert {device["reachability"]["is_proven"] for device in document(tmp_path)["devices"]} == {True}
    assert "proxy.example.net:8080" in held(tmp_path)["fw-c"]
    assert "ping tcp smartreceiver.cisco.com 443" in fleet["fw-a"].typed
    assert "ping tcp proxy.example.net 8080" in fleet["fw-c"].typed


# An earlier run.


def test_from_run_gives_the_same_lines_and_contacts_nobody(fleet: MockFleet, tmp_path: Path) -> None:
    """The nightly audit's evidence must be good enough for the morning's plan."""
    written(fleet, tmp_path)
    plan(tmp_path)
    live = document(tmp_path)
    run(tmp_path, "audit", "--format", "json")
    fleet.reset_transcripts()

    ended = plan(tmp_path, "--from-run", "last")

    assert ended.code == 0, ended.err
    assert not touched(fleet)
    for key in ("devices", "held", "waves", "nothing_to_do"):
        assert document(tmp_path)[key] == live[key]


def test_from_run_takes_an_id_and_a_folder(fleet: MockFleet, tmp_path: Path) -> None:
    """A person has one of these at hand, depending on where they look."""
    written(fleet, tmp_path)
    run(tmp_path, "audit")
    (folder,) = (tmp_path / "state" / "runs").iterdir()

    assert plan(tmp_path, "--from-run", folder.name).code == 0
    assert plan(tmp_path, "--from-run", folder).code == 0
    missing = plan(tmp_path, "--from-run", "20200101T000000Z-0000")
    assert missing.code == 2
    assert "20200101T000000Z-0000" in missing.err


def test_from_run_plans_no_device_that_the_run_could_not_audit(fleet: MockFleet, tmp_path: Path) -> None:
    """Half an answer on disk must not become a change."""
    fleet["fw-b"].add_fault(action="drop", match="license all")
    written(fleet, tmp_path)
    run(tmp_path, "audit")

    ended = plan(tmp_path, "--from-run", "last")

    assert ended.code == 4
    assert names(tmp_path) == ["fw-a", "fw-c"]


def test_a_run_that_is_older_than_a_plan_may_be_is_refused(fleet: MockFleet, tmp_path: Path) -> None:
    """A plan from last month's answers would be valid today and wrong."""
    written(fleet, tmp_path)
    run(tmp_path, "audit")
    later = (datetime.now(UTC) + timedelta(hours=3)).isoformat()

    ended = plan(tmp_path, "--from-run", "last", "--now", later, "--valid-for", "2h")

    assert ended.code == 2
    assert "--valid-for" in ended.err
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"schema": "asa-transport/audit/1", "run": {}}',
        '{"schema": "asa-transport/audit/2", "devices": [], '
        '"run": {"id": "x", "started_at": "2026-01-01T00:00:00Z"}}',
    ],
)
def test_a_run_whose_document_cannot_be_read_is_a_usage_error(
    fleet: MockFleet, tmp_path: Path, text: str
) -> None:
    """A damaged or newer state directory must not end in a traceback, nor in a plan."""
    written(fleet, tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "audit.json").write_text(text)

    ended = plan(tmp_path, "--from-run", tmp_path / "run")

    assert ended.code == 2
    assert "audit.json" in ended.err
    assert not (tmp_path / "plan.json").exists()


def test_without_any_run_last_says_what_to_do(fleet: MockFleet, tmp_path: Path) -> None:
    """The first user of a machine has no runs yet."""
    written(fleet, tmp_path)

    ended = plan(tmp_path, "--from-run", "last")

    assert ended.code == 2
    assert "asa-transport audit" in ended.err


# Goals.


def test_goal_smart_plans_only_devices_that_are_on_callhome(tmp_path: Path) -> None:
    """After an outage only the flip back is wanted, not every other wish of the inventory."""
    wants_proxy = smart("fw-proxy", inventory={"expect": {"proxy": PROXY}})
    silent = callhome("fw-dark", reachable={"smart": False})
    with fleet_of(callhome("fw-back"), wants_proxy, silent) as fleet:
        written(fleet, tmp_path)

        ended = plan(tmp_path, "--goal", "smart", "--probe")

        assert ended.code == 0
        assert names(tmp_path) == ["fw-back"]
        assert "smartreceiver.cisco.com" in held(tmp_path)["fw-dark"]


@pytest.mark.parametrize("missing", ["--ticket", "--owner", "--until"])
def test_goal_callhome_names_what_is_missing_and_contacts_nobody(
    fleet: MockFleet, tmp_path: Path, missing: str
) -> None:
    """A revert without an owner and an end is the forgotten revert of next year."""
    written(fleet, tmp_path)
    given = {"--ticket": "INC-7", "--owner": "A. Meyer", "--until": until()[1]}
    del given[missing]

    ended = plan(tmp_path, "--goal", "callhome", *(word for pair in given.items() for word in pair))

    assert ended.code == 2
    assert missing in ended.err
    assert all(name not in ended.err for name in given)
    assert not touched(fleet)


def test_goal_callhome_writes_the_plan_and_an_exception_for_each_planned_device(
    fleet: MockFleet, tmp_path: Path
) -> None:
    """The revert and the promise to undo it are made together."""
    written(fleet, tmp_path)

    ended = plan(tmp_path, *REVERT, *until())

    assert ended.code == 0, ended.err
    assert names(tmp_path) == ["fw-ok"]
    entries = json.loads(
        cli("exceptions", "list", "-i", tmp_path / "inventory.yaml", "--format", "json").out
    )["exceptions"]
    assert [(one["device"], one["ticket"], one["owner"], one["state"]) for one in entries] == [
        ("fw-ok", "INC-7", "A. Meyer", "live")
    ]
    assert "AT502" in ended.err
    assert "plan --goal smart" in ended.err


def test_a_revert_may_be_planned_again_under_its_own_exception(fleet: MockFleet, tmp_path: Path) -> None:
    """The first plan ended before the window came; the promise stands, a second one is not needed."""
    written(fleet, tmp_path)
    order = (*REVERT, *until())

    first, second = plan(tmp_path, *order), plan(tmp_path, *order)
    longer = plan(tmp_path, *REVERT, *until(days=9))

    assert (first.code, second.code) == (0, 0), second.err
    assert names(tmp_path) == ["fw-ok"]
    assert (tmp_path / "exceptions.yaml").read_text().count("device:") == 1
    assert longer.code == 2
    assert "close that one first" in longer.err


def test_a_policy_that_forbids_callhome_holds_every_device(fleet: MockFleet, tmp_path: Path) -> None:
    """A revert is a decision of whoever writes the policy, not of whoever has a shell."""
    fleet.write(tmp_path)

    ended = plan(tmp_path, *REVERT, *until())

    assert ended.code == 0
    assert names(tmp_path) == []
    assert "allow_callhome" in held(tmp_path)["fw-ok"]
    assert not (tmp_path / "exceptions.yaml").exists()


def test_where_the_exceptions_cannot_be_written_there_is_no_plan(fleet: MockFleet, tmp_path: Path) -> None:
    """A revert that nobody will be reminded of must not be pushed."""
    written(fleet, tmp_path)
    ledger = tmp_path / "exceptions.yaml"
    # On one line, an entry cannot be appended without rewriting what a person wrote.
    text = (
        "{exceptions: [{device: fw-a, until: 2020-01-01T00:00:00Z, owner: B, ticket: T, reason: R, "
        "added_at: 2019-12-01T00:00:00Z}]}\n"
    )
    ledger.write_text(text)

    ended = plan(tmp_path, *REVERT, *until())

    assert ended.code == 2
    assert not (tmp_path / "plan.json").exists()
    assert ledger.read_text() == text


def test_where_the_plan_cannot_be_written_no_exception_is(fleet: MockFleet, tmp_path: Path) -> None:
    """An exception without its plan would silence the audit for nothing."""
    written(fleet, tmp_path)

    ended = run(tmp_path, "plan", "-o", tmp_path / "nowhere" / "plan.json", *REVERT, *until())

    assert ended.code == 2
    assert not (tmp_path / "exceptions.yaml").exists()
    assert not touched(fleet)


def test_an_end_beyond_the_policy_is_refused_before_anything_is_contacted(
    fleet: MockFleet, tmp_path: Path
) -> None:
    """Ten thousand logins for a plan that cannot be made would be a waste."""
    written(fleet, tmp_path)

    ended = plan(tmp_path, *REVERT, *until(days=400))

    assert ended.code == 2
    assert "exception_max_days" in ended.err
    assert not touched(fleet)


def test_the_story_of_an_outage_there_and_back(tmp_path: Path) -> None:
    """Smart is down: revert; it is back: return; the exception is what stands between."""
    with fleet_of(smart("fw-a")) as fleet:
        written(fleet, tmp_path)
        plan(tmp_path, *REVERT, *until())
        (there,) = document(tmp_path)["devices"]
        type_lines(fleet["fw-a"], there["apply"])
        fleet.advance(60)
        inventory = ("-i", tmp_path / "inventory.yaml")

        plan(tmp_path, "--goal", "expected")
        covered = held(tmp_path)
        cli("exceptions", "close", "fw-a", *inventory)
        back = plan(tmp_path, "--goal", "smart")

        assert fleet["fw-a"].transport == "callhome"
        assert "INC-7" in covered["fw-a"]
        assert back.code == 0
        (device,) = document(tmp_path)["devices"]
        assert device["changes"] == ["transport-smart"]


# What does not fit together.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--ticket", "INC-7"), "--goal callhome"),
        (("--probe", "--from-run", "last"), "--from-run"),
        (("--valid-for", "soon"), "--valid-for"),
        (("--valid-for", "99 weeks"), "--valid-for"),
        ((*REVERT, "--until", "tomorrow"), "--until"),
    ],
)
def test_options_that_do_not_fit_are_named_and_nothing_is_contacted(
    fleet: MockFleet, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Exit code 2 promises that nothing was contacted."""
    written(fleet, tmp_path)

    ended = plan(tmp_path, *arguments)

    assert ended.code == 2
    assert said in ended.err
    assert not touched(fleet)


def test_a_users_own_template_that_would_send_something_else_is_refused(
    fleet: MockFleet, tmp_path: Path
) -> None:
    """A template is a file that anybody may edit; what it makes is checked all the same."""
    written(fleet, tmp_path)
    own = tmp_path / "own"
    own.mkdir()
    (own / "change_transport_smart.apply.j2").write_text("license smart\n transport type smart\nreload\n")

    ended = plan(tmp_path, "--templates", own)

    assert ended.code == 2
    assert "reload" in ended.err
    assert not (tmp_path / "plan.json").exists()


def test_a_probe_on_a_multiple_context_device_goes_out_of_the_context_it_landed_in(tmp_path: Path) -> None:
    """The system space has no interfaces of its own."""
    device = callhome("fw-mc", contexts={"names": ["admin", "edge"]})
    with fleet_of(device) as fleet:
        written(fleet, tmp_path)

        plan(tmp_path, "--probe")

        typed = fleet["fw-mc"].typed
        assert names(tmp_path) == ["fw-mc"]
        assert typed.index("changeto context admin") < typed.index("ping tcp smartreceiver.cisco.com 443")
        with at(fleet["fw-mc"]):
            assert fleet["fw-mc"].config_changes == 0


def test_an_interrupted_plan_writes_nothing(tmp_path: Path) -> None:
    """A plan of half a fleet would look like a plan of the fleet."""
    hanging = callhome("fw-hang", faults=[{"action": "hang", "match": "license all"}])
    with fleet_of(callhome("fw-a"), hanging) as fleet:
        written(fleet, tmp_path)
        state = ("--state-dir", tmp_path / "state")
        given = ("plan", "-o", tmp_path / "plan.json", "-i", tmp_path / "inventory.yaml", *state, *QUICK)
        with forked(PROGRAM, *map(str, given)) as running:
            wait_for(lambda: "show license all" in fleet["fw-hang"].typed, running)
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=LIMIT_S)

        assert running.returncode == 130
        assert "no plan was written" in err
        assert not (tmp_path / "plan.json").exists()
