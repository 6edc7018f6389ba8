"""`asa-transport push PLAN.json` without `--commit`: looks again, says what would be sent, sends nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from asa_transport.capabilities import is_read_only
from asa_transport.edges.state import kept_answers
from asa_transport.errors import PlanError
from asa_transport.flows.plan_file import read_plan
from mock_devices import MockFleet
from tests.fleet.hands import callhome, run, smart, type_lines
from tests.support import Ended, cli, fleet_of

PROXY = {"host": "proxy.example.net", "port": 8080}
PAIR = {"mate": "fw-b2", "unit": "primary", "state": "active"}
MATE = {"mate": "fw-b1", "unit": "secondary", "state": "standby"}
VIA_PROXY = {"inventory": {"expect": {"proxy": PROXY}}}
DEVICES = (
    callhome("fw-a"),
    callhome("fw-b1", failover=PAIR),
    callhome("fw-b2", failover=MATE),
    smart("fw-c", reachable={"proxies": {"proxy.example.net:8080": True}}, **VIA_PROXY),
    smart("fw-ok"),
)
PLANNED = ["fw-a", "fw-b1", "fw-c"]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[MockFleet]:
    """A fleet with a plan for three of its devices."""
    with fleet_of(*DEVICES) as running:
        running.write(tmp_path)
        ended = run(tmp_path, "plan", "-o", tmp_path / "plan.json")
        assert ended.code == 0, ended.err
        running.reset_transcripts()
        yield running


def push(directory: Path, *arguments: str | Path) -> Ended:
    return run(directory, "push", directory / "plan.json", "--format", "json", *arguments)


def outcomes(ended: Ended) -> dict[str, str]:
    return {device["name"]: device["outcome"] for device in ended.document["devices"]}


def typed(fleet: MockFleet) -> list[str]:
    return [line for name in fleet.names for line in fleet[name].typed if line != "<secret>"]


def assert_only_one_is_refused(ended: Ended, name: str) -> dict[str, Any]:
    """One device's drift must not stop the others; return the refused one."""
    assert ended.code == 6
    assert outcomes(ended) == {other: "refused" if other == name else "would-push" for other in PLANNED}
    found = ended.device(name)
    assert found["reason"]
    return found


# Nothing has changed.


@pytest.mark.usefixtures("fleet")
def test_what_would_be_pushed_is_said_for_each_planned_device(tmp_path: Path) -> None:
    """The answer to "is this plan still good?" the minute before the change window."""
    ended = push(tmp_path)

    assert ended.code == 0
    assert outcomes(ended) == dict.fromkeys(PLANNED, "would-push")
    assert ended.document["mode"] == "dry-run"
    assert ended.document["run"]["exit_code"] == 0
    assert {device["saved"] for device in ended.document["devices"]} == {False}


@pytest.mark.usefixtures("fleet")
def test_the_document_is_as_its_schema_says(tmp_path: Path) -> None:
    """Programs rely on the schema that the program itself prints."""
    schema = json.loads(cli("schema", "push").out)

    jsonschema.Draft202012Validator(schema).validate(push(tmp_path).document)


def test_a_dry_run_types_only_what_an_audit_with_probe_may(fleet: MockFleet, tmp_path: Path) -> None:
    """Dry run is the absence of a capability; the devices' own transcripts prove it."""
    push(tmp_path)

    lines = typed(fleet)
    assert "ping tcp smartreceiver.cisco.com 443" in lines
    assert "ping tcp proxy.example.net 8080" in lines
    assert [line for line in lines if not is_read_only(line, probe=True)] == []
    for name in fleet.names:
        assert fleet[name].config_changes == 0
        assert fleet[name].running_config() == fleet[name].running_config_at_start


def test_only_planned_devices_and_their_mates_are_contacted(fleet: MockFleet, tmp_path: Path) -> None:
    """A push is for the devices of its plan; a mate is read because both units must be well."""
    push(tmp_path)

    assert not fleet["fw-ok"].transcript
    assert fleet["fw-b2"].transcript
    assert not [line for line in fleet["fw-b2"].typed if line.startswith("ping")]


def test_a_mate_that_the_inventory_does_not_name_is_guarded_like_one(tmp_path: Path) -> None:
    """The plan knows it by its serial number: who forgot `pair:` must not lose the guards of a pair."""
    with fleet_of(*DEVICES) as fleet:
        fleet.write(tmp_path)
        without_pairs(tmp_path / "inventory.yaml")
        assert run(tmp_path, "plan", "-o", tmp_path / "plan.json").code == 0
        fleet["fw-b2"].set_failed()
        fleet.reset_transcripts()

        refused = assert_only_one_is_refused(push(tmp_path), "fw-b1")

        assert fleet["fw-b2"].transcript
        assert "mate" in refused["reason"]


def without_pairs(inventory: Path) -> None:
    """Take the pairs out of an inventory."""
    found = yaml.safe_load(inventory.read_text())
    named = [entry.pop("pair") for entry in found["devices"].values() if "pair" in entry]
    assert named
    inventory.write_text(yaml.safe_dump(found))


def test_one_firewall_under_two_names_is_held_with_both(tmp_path: Path) -> None:
    """By its address and by its name it is one box: a plan that has it twice changes it twice."""
    one = callhome("fw-a", serial="9ATWICE0001")
    with fleet_of(one, {**one, "name": "fw-a-by-name"}, callhome("fw-b")) as fleet:
        fleet.write(tmp_path)

        ended = run(tmp_path, "plan", "-o", tmp_path / "plan.json")

    plan = json.loads((tmp_path / "plan.json").read_text())
    assert ended.code == 0, ended.err
    assert [device["name"] for device in plan["devices"]] == ["fw-b"]
    assert plan["devices"][0]["identity"]["hostname"] == "fw-b"
    assert {held["name"] for held in plan["held"]} == {"fw-a", "fw-a-by-name"}
    for held in plan["held"]:
        assert "fw-a, fw-a-by-name" in held["reasons"][0]


@pytest.mark.usefixtures("fleet")
def test_the_limit_chooses_among_the_planned_devices(tmp_path: Path) -> None:
    """One device first, by hand, is how a careful person begins."""
    ended = push(tmp_path, "-l", "fw-a")
    outside = push(tmp_path, "-l", "fw-ok")

    assert outcomes(ended) == {"fw-a": "would-push"}
    assert outside.code == 2


@pytest.mark.usefixtures("fleet")
def test_the_table_shows_each_device_and_says_that_nothing_was_sent(tmp_path: Path) -> None:
    """A person at a terminal reads this before they add anything to the command."""
    ended = run(tmp_path, "push", tmp_path / "plan.json")

    assert ended.code == 0
    assert all(name in ended.out for name in PLANNED)
    assert "dry run, nothing was sent: 3 would-push" in ended.out


@pytest.mark.parametrize("option", ["--yes", "--pause-between=1", "--contact-timeout=9"])
def test_an_option_of_sending_without_commit_is_a_mistake_that_is_told(
    fleet: MockFleet, tmp_path: Path, option: str
) -> None:
    """Who says `--yes` and forgets `--commit` must not believe that the change was made."""
    ended = push(tmp_path, option)

    assert ended.code == 2
    assert "--commit" in ended.err
    assert not typed(fleet)


@pytest.mark.usefixtures("fleet")
def test_the_run_is_kept(tmp_path: Path) -> None:
    """What the devices said at the dry run is evidence of its own."""
    ended = push(tmp_path)

    folder = tmp_path / "state" / "runs" / ended.document["run"]["id"]
    assert json.loads((folder / "push.json").read_text()) == ended.document
    assert "show_running-config_license" in kept_answers.read(folder, {"fw-a"})["fw-a"]


# The device has changed.


def test_another_proxy_is_drift_and_shown_as_a_diff(fleet: MockFleet, tmp_path: Path) -> None:
    """The rollback lines of the plan would not restore what is there now."""
    type_lines(fleet["fw-a"], ["license smart", " transport proxy 192.0.2.80 port 80"])

    refused = assert_only_one_is_refused(push(tmp_path), "fw-a")

    assert "+ transport proxy 192.0.2.80 port 80" in refused["drift"]


def test_a_proxy_that_is_set_to_another_one_is_drift(fleet: MockFleet, tmp_path: Path) -> None:
    """Still a change, still wanted: but not the change that somebody approved."""
    type_lines(fleet["fw-c"], ["license smart", " transport proxy 192.0.2.80 port 80"])

    refused = assert_only_one_is_refused(push(tmp_path), "fw-c")

    assert "192.0.2.80" in refused["drift"]


def test_another_line_of_the_block_is_drift(fleet: MockFleet, tmp_path: Path) -> None:
    """The prediction and the diff that were approved are of another block."""
    type_lines(fleet["fw-a"], ["license smart", " feature strong-encryption"])

    refused = assert_only_one_is_refused(push(tmp_path), "fw-a")

    assert "+ feature strong-encryption" in refused["drift"]


@pytest.mark.usefixtures("fleet")
def test_another_version_is_drift_and_named(tmp_path: Path) -> None:
    """An upgrade between approval and push: the plan was made for another release."""
    upgraded = [
        {**device, "version": "9.22(2)22"} if device["name"] == "fw-a" else device for device in DEVICES
    ]
    with fleet_of(*upgraded) as later:
        later.write(tmp_path)

        refused = assert_only_one_is_refused(push(tmp_path), "fw-a")

    assert "9.22(2)14" in refused["drift"]
    assert "9.22(2)22" in refused["drift"]


@pytest.mark.usefixtures("fleet")
def test_a_replaced_device_is_drift_and_named(tmp_path: Path) -> None:
    """Another box under the same name and address."""
    replaced = [
        {**device, "serial": "9AREPLACED1"} if device["name"] == "fw-a" else device for device in DEVICES
    ]
    with fleet_of(*replaced) as later:
        later.write(tmp_path)

        refused = assert_only_one_is_refused(push(tmp_path), "fw-a")

    assert "9AREPLACED1" in refused["drift"]


def test_a_unit_that_became_standby_is_refused(fleet: MockFleet, tmp_path: Path) -> None:
    """What is typed on a standby unit is lost, and takes the pair apart."""
    fleet["fw-b1"].switch_role()

    refused = assert_only_one_is_refused(push(tmp_path), "fw-b1")

    assert "standby" in refused["reason"]
    assert "standby" in refused["drift"]


def test_a_failed_mate_is_refused(fleet: MockFleet, tmp_path: Path) -> None:
    """Without a healthy mate there is nobody to take over if the change goes wrong."""
    fleet["fw-b2"].set_failed()

    refused = assert_only_one_is_refused(push(tmp_path), "fw-b1")

    assert "mate" in refused["reason"]


@pytest.mark.usefixtures("fleet")
def test_an_exception_that_was_added_since_is_refused(tmp_path: Path) -> None:
    """Somebody answers for this device being on callhome: it is not flipped behind their back."""
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat(timespec="seconds")
    options = ("--until", until, "--owner", "B", "--ticket", "CHG-9", "--reason", "line is down")
    added = cli("exceptions", "add", "fw-a", "-i", tmp_path / "inventory.yaml", *options)
    assert added.code == 0, added.err

    refused = assert_only_one_is_refused(push(tmp_path), "fw-a")

    assert "exception" in refused["reason"]


def test_a_server_that_no_longer_answers_is_refused(fleet: MockFleet, tmp_path: Path) -> None:
    """The plan was made while the way was open; the change would lose the licence now."""
    fleet["fw-a"].set_reachable(smart=False)

    refused = assert_only_one_is_refused(push(tmp_path), "fw-a")

    assert "smartreceiver.cisco.com:443" in refused["reason"]


def test_a_way_out_that_cannot_be_probed_is_refused(tmp_path: Path) -> None:
    """Unknown means refuse: `ping tcp` takes no IPv6 address, so nothing proves the way."""
    expect = {"expect": {"proxy": {"host": "2001:db8::80", "port": 8080}}}
    with fleet_of(callhome("fw-six", inventory=expect)) as fleet:
        fleet.write(tmp_path)
        assert run(tmp_path, "plan", "-o", tmp_path / "plan.json").code == 0

        ended = push(tmp_path)

        assert outcomes(ended) == {"fw-six": "refused"}
        assert "2001:db8::80" in ended.device("fw-six")["reason"]
        assert not [line for line in typed(fleet) if line.startswith("ping")]


@pytest.mark.usefixtures("fleet")
def test_an_expectation_that_has_changed_is_refused(tmp_path: Path) -> None:
    """Lines that the inventory no longer asks for are not sent."""
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(inventory.read_text().replace("proxy.example.net", "other.example.net"))

    refused = assert_only_one_is_refused(push(tmp_path), "fw-c")

    assert "plan" in refused["reason"]


def test_a_device_that_is_as_planned_already_is_no_change(fleet: MockFleet, tmp_path: Path) -> None:
    """Somebody was faster: nothing is to be sent, and nothing is wrong."""
    type_lines(fleet["fw-a"], ["license smart", " transport type smart"])
    fleet.advance(60)

    ended = push(tmp_path)

    assert ended.code == 0
    assert outcomes(ended) == {"fw-a": "no-change", "fw-b1": "would-push", "fw-c": "would-push"}


def test_a_device_that_does_not_answer_is_not_reached(fleet: MockFleet, tmp_path: Path) -> None:
    """The others go on; the push as a whole is not a success."""
    fleet["fw-a"].add_fault(action="drop", match="license all")

    ended = push(tmp_path)

    assert ended.code == 6
    assert outcomes(ended) == {"fw-a": "not-reached", "fw-b1": "would-push", "fw-c": "would-push"}
    assert "license all" in ended.device("fw-a")["reason"]


def test_a_device_that_left_the_inventory_is_a_usage_error(fleet: MockFleet, tmp_path: Path) -> None:
    """A plan with another fleet's inventory would dial who knows whom."""
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(inventory.read_text().replace("fw-c:", "fw-renamed:"))

    ended = push(tmp_path)

    assert ended.code == 2
    assert "fw-c" in ended.err
    assert not typed(fleet)


@pytest.mark.usefixtures("fleet")
def test_a_device_with_another_address_is_refused(tmp_path: Path) -> None:
    """The name is the same; whether the box is, the plan cannot know."""
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert {device["host"] for device in plan["devices"]} == {"127.0.0.1"}
    inventory = tmp_path / "inventory.yaml"
    text = inventory.read_text()
    before, mark, after = text.partition("  fw-c:\n    host: ")
    inventory.write_text(before + mark + after.replace("127.0.0.1", "localhost", 1))
    known = tmp_path / "known_hosts"
    known.write_text(known.read_text() + known.read_text().replace("127.0.0.1", "localhost"))

    refused = assert_only_one_is_refused(push(tmp_path), "fw-c")

    assert "localhost" in refused["reason"]


def test_an_empty_plan_contacts_nobody_and_is_no_failure(tmp_path: Path) -> None:
    """A pipeline that pushes every night must not fail on the night with nothing to do."""
    with fleet_of(smart("fw-ok")) as fleet:
        fleet.write(tmp_path)
        assert run(tmp_path, "plan", "-o", tmp_path / "plan.json").code == 0
        fleet.reset_transcripts()

        ended = push(tmp_path)

        assert ended.code == 0
        assert ended.document["devices"] == []
        assert not typed(fleet)


# A temporary revert.


def test_a_revert_is_not_refused_for_its_own_exception(tmp_path: Path) -> None:
    """The plan wrote the exception itself; another one still counts."""
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat(timespec="seconds")
    given = ("--goal", "callhome", "--ticket", "INC-7", "--owner", "A", "--until", until)
    with fleet_of(smart("fw-a")) as fleet:
        fleet.write(tmp_path)
        (tmp_path / "policy.yaml").write_text("allow_callhome: true\n")
        assert run(tmp_path, "plan", "-o", tmp_path / "plan.json", *given).code == 0

        ended = push(tmp_path)
        fleet["fw-a"].set_reachable(callhome=False)
        dark = push(tmp_path)

    assert outcomes(ended) == {"fw-a": "would-push"}
    assert outcomes(dark) == {"fw-a": "refused"}


# The plan is not what was approved.


def assert_unusable(ended: Ended, fleet: MockFleet, *words: str) -> None:
    assert ended.code == 7, ended.err
    assert ended.out == ""
    for word in words:
        assert word in ended.err
    assert not typed(fleet)


def test_a_plan_past_its_end_is_refused(fleet: MockFleet, tmp_path: Path) -> None:
    """What was observed then says nothing of today."""
    later = (datetime.now(UTC) + timedelta(days=40)).isoformat()

    assert_unusable(push(tmp_path, "--now", later), fleet, "expired", "plan")


def places(text: str) -> Iterator[int]:
    """Yield positions all over a text: each key, each value, the line ends, and a spread of others."""
    yield from (0, 1, len(text) // 2, len(text) - 2, len(text) - 1)
    for number, line in enumerate(text.splitlines(keepends=True)):
        begin = sum(map(len, text.splitlines(keepends=True)[:number]))
        yield begin + len(line) // 2
        yield begin + len(line) - 1
        yield begin + len(line) - len(line.lstrip())


def edits(text: str) -> dict[str, str]:
    """Return edited texts: at each place, in turn, a byte replaced, one added, one taken away."""
    found = {}
    for number, place in enumerate(sorted(set(places(text)))):
        other = "x" if text[place] != "x" else "y"
        if text[place].isdigit():
            other = str((int(text[place]) + 1) % 10)
        kind = ("replaced", "added", "taken")[number % 3]
        instead = {"replaced": other, "added": f" {text[place]}", "taken": ""}[kind]
        found[f"{place} {kind}"] = text[:place] + instead + text[place + 1 :]
    return {name: edited for name, edited in found.items() if edited != text}


def test_a_plan_with_any_byte_edited_is_refused(fleet: MockFleet, tmp_path: Path) -> None:
    """The file that was approved is the file that is pushed, or nothing is."""
    file = tmp_path / "plan.json"
    text = file.read_text()
    taken = []

    for number, (name, edited) in enumerate(edits(text).items()):
        file.write_text(edited)
        try:
            read_plan(file, datetime.now(UTC))
        except PlanError:
            pass
        else:
            taken.append(name)
        # The program reads it by the same function, which a run of it for each place would not show better.
        if number % 50 == 0:
            ended = push(tmp_path)
            assert (ended.code, ended.err[:7]) == (7, "error: "), name

    assert taken == []
    assert not typed(fleet)


Edit = Callable[[dict[str, Any]], None]
EDITS: dict[str, Edit] = {
    "a line": lambda plan: plan["devices"][0]["apply"].append(" transport type callhome"),
    "another device's line": lambda plan: plan["devices"][0].update(apply=["reload"]),
    "the host": lambda plan: plan["devices"][0].update(host="192.0.2.1"),
    "the rollback": lambda plan: plan["devices"][0].update(rollback=["license smart"]),
    "the end": lambda plan: plan.update(valid_until="2099-01-01T00:00:00Z"),
    "a device less": lambda plan: plan["devices"].pop(),
    "the waves": lambda plan: plan["waves"].reverse(),
    "a held device": lambda plan: plan["held"].append({"name": "fw-z", "reasons": ["no"]}),
    "the digest": lambda plan: plan.update(digest="0" * 64),
    "a new key": lambda plan: plan.update(note="approved"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_plan_with_an_edited_field_is_refused_as_altered(
    fleet: MockFleet, tmp_path: Path, edit: str
) -> None:
    """Written back as good JSON, in the same shape, by a tool."""
    file = tmp_path / "plan.json"
    plan = json.loads(file.read_text())
    EDITS[edit](plan)
    file.write_text(json.dumps(plan, indent=2, ensure_ascii=False) + "\n")

    assert_unusable(push(tmp_path), fleet, "plan")


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "{}", "\xff", '{"schema": "asa-transport/plan/2"}',
        '{"schema": "asa-transport/audit/1"}', '{"schema": 1}', "[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_plan_is_refused(fleet: MockFleet, tmp_path: Path, text: str) -> None:
    """Another file, half a file, a file of another version."""
    (tmp_path / "plan.json").write_bytes(text.encode("latin-1"))

    assert_unusable(push(tmp_path), fleet, "plan")


@pytest.mark.usefixtures("fleet")
def test_a_plan_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    """A typing error is not a stale plan."""
    ended = run(tmp_path, "push", tmp_path / "nothing.json")

    assert ended.code == 2
    assert "nothing.json" in ended.err


@pytest.mark.usefixtures("fleet")
def test_the_digest_is_that_of_the_plan(tmp_path: Path) -> None:
    """A ticket quotes it, and a person can compare the two."""
    digest = json.loads((tmp_path / "plan.json").read_text())["digest"]

    assert push(tmp_path).document["plan"]["digest"] == digest
    assert len(digest) == hashlib.sha256().digest_size * 2
