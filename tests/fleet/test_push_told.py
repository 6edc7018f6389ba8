"""`plan`, `push` and `resume` with `--notify`, `--log-format` and `--store`, over real SSH."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from asa_transport.cli.schemas import SCHEMAS
from tests.fleet.commit import commit, outcomes, planned, reverted
from tests.fleet.hands import run
from tests.fleet.test_push_resume import NEVER, SPEED, killed, refuse, resumed
from tests.nightly.receivers import HOST, Receiver, http_receiver, smtp_receiver
from tests.support import cli, fleet_of


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the machine that runs the tests is no way to a server on loopback."""
    monkeypatch.setenv("NO_PROXY", "*")


def notify_file(directory: Path, receiver: Receiver, more: str = "", channels: str = "") -> Path:
    url = directory / "url"
    url.write_text(f"http://{HOST}:{receiver.port}/x")
    url.chmod(0o600)
    file = directory / "notify.yaml"
    file.write_text(f"channels:\n  ops: {{kind: webhook, url: {{file: url}}, attempts: 1{more}}}\n{channels}")
    return file


def sent(receiver: Receiver) -> list[dict[str, Any]]:
    found = [json.loads(post.body) for post in receiver.posts]
    for one in found:
        jsonschema.validate(one, SCHEMAS["notification"]())
    return found


def told(document: dict[str, Any]) -> dict[str, str]:
    """By device what was told of it."""
    return {change["device"]: change["kind"] for change in document["changes"]}


def test_a_plan_its_dry_run_and_its_push_are_told_logged_and_listed(tmp_path: Path) -> None:
    """Who is on duty hears what was changed in the night, and another machine lists who did it."""
    store = f"sqlite:///{tmp_path / 'shared.db'}"
    with (
        fleet_of(reverted("fw-a"), reverted("fw-b", **NEVER), speed=SPEED) as fleet,
        http_receiver() as receiver,
        smtp_receiver() as mailbox,
    ):
        planned(fleet, tmp_path)
        file = notify_file(
            tmp_path,
            receiver,
            channels=f"  team: {{kind: email, host: {HOST}, port: {mailbox.port}, tls: none, "
            "from: a@b.example, to: c@d.example}\n",
        )
        given = ("--notify", file, "--store", store, "--log-format", "json", "--log-file", tmp_path / "log")
        run(tmp_path, "plan", "-o", tmp_path / "plan.json", *given)
        dry = run(tmp_path, "push", tmp_path / "plan.json", "--format", "json", *given)
        ended = commit(tmp_path, "--contact-timeout", "0.2", *given)

    plan, push = sent(receiver)
    records = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    pushed = [record for record in records if record["run_id"] == push["run"]]
    body = mailbox.mails[-1].get_body()
    listed = cli("runs", "--store", store, "--state-dir", tmp_path / "other", "--format", "json").document
    # A dry run that meets nothing is no news.
    assert (dry.code, ended.code) == (0, 6)
    assert outcomes(ended) == {"fw-a": "applied", "fw-b": "rolled-back"}
    assert (plan["kind"], told(plan)) == ("plan", {"fw-a": "planned", "fw-b": "planned"})
    assert (push["kind"], push["run"]) == ("push", ended.document["run"]["id"])
    assert told(push) == {"fw-b": "rolled-back", "fw-a": "applied"}
    assert push["details"]["outcomes"] == {"applied": 1, "rolled-back": 1}
    assert body is not None
    assert "**fw-a**: applied, saved, proven by a licence contact" in body.get_content()
    assert [record["event"] for record in pushed][:2] == ["run-started", "device-stepped"]
    assert {(one["device"], one["outcome"]) for one in pushed if one["event"] == "device-pushed"} == {
        ("fw-a", "applied"), ("fw-b", "rolled-back"),
    }  # fmt: skip
    (last,) = [one for one in pushed if one["event"] == "run-finished"]
    assert (last["exit_code"], last["outcome_applied"], last["outcome_rolled_back"]) == (6, 1, 1)
    made = {plan["run"], dry.document["run"]["id"], push["run"]}
    assert made <= {one["id"] for one in listed["runs"]}


def test_what_needs_a_person_is_told_first_with_what_to_do(tmp_path: Path) -> None:
    """A push that was cut, and a firewall that nobody can look at: that is what people are called for."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet, http_receiver() as receiver:
        planned(fleet, tmp_path)
        killed(tmp_path, 16, "whole")
        refuse(fleet, "fw-a")
        file = notify_file(tmp_path, receiver, ", severity: critical")

        blind = resumed(tmp_path, "--reconnect-timeout", "0.1", "--notify", str(file))

    (document,) = sent(receiver)
    assert blind.code == 8
    assert document["headline"].startswith("1 device needs a person; push: 1 unknown")
    assert (document["details"]["needs_a_person"], told(document)) == (["fw-a"], {"fw-a": "unknown"})
    assert document["changes"][0]["severity"] == "critical"
    assert "asa-transport resume" in document["changes"][0]["text"]


def test_records_on_stderr_have_nothing_but_errors_between_them(tmp_path: Path) -> None:
    """A collector reads each line as JSON."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        planned(fleet, tmp_path)

        ended = commit(tmp_path, "--log-format", "json")

    assert ended.code == 0
    assert {json.loads(line)["event"] for line in ended.err.splitlines()} == {
        "run-started", "device-stepped", "device-pushed", "run-finished",
    }  # fmt: skip


@pytest.mark.parametrize("command", ["plan", "push"])
def test_a_wrong_file_or_store_is_said_before_any_contact(tmp_path: Path, command: str) -> None:
    """As for an audit: exit code 2, and no firewall knows of it."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        plan = planned(fleet, tmp_path)
        words = ("-o", tmp_path / "new.json") if command == "plan" else (plan, "--commit", "--yes")

        no_file = run(tmp_path, command, *words, "--notify", tmp_path / "none.yaml")
        no_store = run(tmp_path, command, *words, "--store", "mysql://db.example.net/asa")
        typed = fleet["fw-a"].typed

    assert (no_file.code, no_store.code, typed) == (2, 2, ())
    assert "there is no such file" in no_file.err
    assert "postgresql+psycopg://USER@HOST/DATABASE" in no_store.err


def test_a_store_that_is_away_costs_no_push(tmp_path: Path) -> None:
    """The firewalls are changed and proven; that one list misses a line is said, and no more."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        planned(fleet, tmp_path)

        ended = commit(tmp_path, "--store", f"sqlite:///{tmp_path / 'none' / 'shared.db'}")

    folder = tmp_path / "state" / "runs" / ended.document["run"]["id"]
    assert (ended.code, outcomes(ended)) == (0, {"fw-a": "applied"})
    assert f"this run is not in the history and is kept in {folder} alone" in ended.err
