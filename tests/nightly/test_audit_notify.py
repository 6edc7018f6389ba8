"""`audit --notify FILE` over real SSH, as a timer runs it."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from asa_transport.edges.notify import textfile
from mock_devices import MockFleet
from tests.fleet.hands import callhome, run, smart, type_lines
from tests.fleet.test_cli_audit import arguments
from tests.nightly.receivers import HOST, Receiver, http_receiver, smtp_receiver
from tests.peers import endless
from tests.processes import LIMIT_S, wait_for
from tests.support import PROGRAM, QUICK, cli, fleet_of, program
from tests.warm import forked

TOKEN = "T0KEN-that-nobody-may-see"


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of(smart("fw-a"), {"name": "fw-b", "faults": [{"action": "refuse"}]}) as running:
        yield running


def webhook_file(directory: Path, receiver: Receiver, more: str = "") -> Path:
    url = directory / "url"
    url.write_text(f"http://{HOST}:{receiver.port}/{TOKEN}")
    url.chmod(0o600)
    file = directory / "notify.yaml"
    file.write_text(f"channels:\n  ops: {{kind: webhook, url: {{file: url}}, attempts: 1{more}}}\n")
    return file


def test_a_run_with_something_to_tell_is_told(fleet: MockFleet, tmp_path: Path) -> None:
    """The document names the run that was printed, and its exit code."""
    fleet.write(tmp_path)
    with http_receiver() as receiver:
        ended = run(tmp_path, "audit", "--format=json", "--notify", webhook_file(tmp_path, receiver))

    (post,) = receiver.posts
    sent = json.loads(post.body)
    assert sent["run"] == ended.document["run"]["id"]
    assert sent["details"]["exit_code"] == ended.code == 4
    assert sent["details"]["not_audited"] == [{"name": "fw-b", "stage": "connect"}]


def test_a_run_with_nothing_to_tell_is_quiet(fleet: MockFleet, tmp_path: Path) -> None:
    """Exit 0 is no news, unless the channel asks for it."""
    fleet.write(tmp_path)
    with http_receiver() as receiver:
        arguments = ("audit", "-l", "fw-a", "--fail-on=critical", "--notify")
        first = run(tmp_path, *arguments, webhook_file(tmp_path, receiver))
        quiet = len(receiver.posts)
        second = run(tmp_path, *arguments, webhook_file(tmp_path, receiver, ", always: true"))

    assert (first.code, second.code) == (0, 0)
    assert (quiet, len(receiver.posts)) == (0, 1)


def test_a_channel_that_fails_costs_neither_the_report_nor_the_exit_code(
    fleet: MockFleet, tmp_path: Path
) -> None:
    """It is said on stderr, without the URL, and counted."""
    fleet.write(tmp_path)
    with http_receiver(404) as receiver:
        file = webhook_file(tmp_path, receiver)
        ended = program(
            "audit", "--format=json", "--notify", file, "--metrics", tmp_path / "asa.prom",
            "--log-file", tmp_path / "log", *QUICK, cwd=tmp_path,
            ASA_TRANSPORT_STATE_DIR=str(tmp_path / "state"),
        )  # fmt: skip

    said = "channel ops (webhook, 127.0.0.1): not told of this run: it answered 404; "
    said += "correct the URL or the receiver"
    counted = [f for f in textfile.read(tmp_path / "asa.prom") if f.name == "asa_audit_notification_success"]
    assert ended.code == ended.document["run"]["exit_code"] == 4
    assert said in ended.err.splitlines()
    assert [(s.labels["channel"], s.value) for s in counted[0].samples] == [("ops", 0.0)]
    assert "event=notify-failed" in (tmp_path / "log").read_text()
    for path in (tmp_path / "log", tmp_path / "asa.prom", *(tmp_path / "state").rglob("*.*")):
        assert TOKEN.encode() not in path.read_bytes(), path
    assert TOKEN not in ended.err + ended.out


def test_a_mail_carries_the_report_of_the_run(fleet: MockFleet, tmp_path: Path) -> None:
    """The same page as `--format md`, and the page that one looks at."""
    fleet.write(tmp_path)
    file = tmp_path / "notify.yaml"
    with smtp_receiver() as mailbox:
        file.write_text(
            f"channels:\n  team: {{kind: email, host: {HOST}, port: {mailbox.port}, tls: none, "
            "from: a@b.example, to: c@d.example}\n"
        )
        ended = run(tmp_path, "audit", "--format=md", "--notify", file)

    text, page = mailbox.mails[0].iter_attachments()
    assert text.get_content().replace("\r\n", "\n") == ended.out
    assert page.get_content_type() == "text/html"
    assert "fw-b" in page.get_content()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_people_are_told_of_a_change_and_not_of_the_same_again(tmp_path: Path) -> None:
    """A mail every night is a mail that nobody reads; one that comes says what was, and what is."""
    with (
        fleet_of(smart("fw-a"), callhome("fw-c")) as fleet,
        http_receiver() as receiver,
        http_receiver(200, 200) as chat,
        smtp_receiver() as mailbox,
    ):
        fleet.write(tmp_path)
        file = webhook_file(tmp_path, receiver)
        (tmp_path / "chat").write_text(f"json://{HOST}:{chat.port}/{TOKEN}")
        (tmp_path / "chat").chmod(0o600)
        file.write_text(
            f"{file.read_text()}  chat: {{kind: apprise, url: {{file: chat}}}}\n"
            f"  team: {{kind: email, host: {HOST}, port: {mailbox.port}, tls: none, "
            "from: a@b.example, to: c@d.example}\n"
        )
        run(tmp_path, "audit", "--notify", file)
        run(tmp_path, "audit", "--notify", file)
        same = len(receiver.posts)
        type_lines(fleet["fw-a"], ["license smart", "transport type callhome"])
        run(tmp_path, "audit", "--notify", file)

    sent = json.loads(receiver.posts[-1].body)
    rows = {(one["device"], one["rule"], one["kind"]): one for one in sent["changes"]}
    moved = rows["fw-a", None, "transport-changed"]
    mail = mailbox.mails[-1].get_body()
    assert (same, len(receiver.posts), len(mailbox.mails), len(chat.posts)) == (1, 2, 2, 2)
    assert sent["changed"] is True
    assert {device for device, _, _ in rows} == {"fw-a"}
    assert [moved["before"], moved["after"]] == [
        [{"name": "transport", "value": "smart"}],
        [{"name": "transport", "value": "callhome"}],
    ]
    assert rows["fw-a", "AT101", "finding-new"]["severity"] == "medium"
    assert mail is not None
    for told in (mail.get_content(), json.loads(chat.posts[-1].body)["message"]):
        assert "AT101 Callhome where smart is expected: not found -> medium" in told
    assert "transport: smart -> callhome" in mail.get_content()


def test_a_channel_is_told_of_its_region_and_its_severity_only(tmp_path: Path) -> None:
    """One team's night is not another's; a region that no firewall is in is named, and the run goes on."""
    with fleet_of(smart("fw-a"), smart("fw-b")) as fleet, http_receiver() as receiver:
        files = fleet.write(tmp_path)
        inventory = yaml.safe_load(files.inventory.read_text())
        for name, region in (("fw-a", "emea"), ("fw-b", "apac")):
            inventory["devices"][name]["region"] = region
        files.inventory.write_text(yaml.safe_dump(inventory))
        file = webhook_file(tmp_path, receiver)
        (ops,) = yaml.safe_load(file.read_text())["channels"].values()
        channels = {
            "emea": ops | {"region": "emea"},
            "apac": ops | {"region": ["apac", "latam"]},
            "high": ops | {"severity": "high"},
        }
        file.write_text(yaml.safe_dump({"channels": channels}))
        run(tmp_path, "audit", "--fail-on=critical", "--notify", file)
        receiver.posts.clear()
        type_lines(fleet["fw-a"], ["license smart", "transport type callhome"])
        ended = run(tmp_path, "audit", "--fail-on=critical", "--notify", file)

    told = {post.headers["X-Asa-Transport-Delivery"].partition(".")[2]: post for post in receiver.posts}
    assert set(told) == {"emea"}
    assert {one["device"] for one in json.loads(told["emea"].body)["changes"]} == {"fw-a"}
    assert (
        "warning: channel apac: region: no firewall of the inventory is in 'latam', so nothing is told of it"
        "; regions: apac, emea"
    ) in ended.err.splitlines()


def test_what_is_wrong_with_the_file_is_said_before_any_contact(fleet: MockFleet, tmp_path: Path) -> None:
    """With its place, and exit code 2."""
    files = fleet.write(tmp_path)
    fleet.reset_transcripts()
    (tmp_path / "notify.yaml").write_text("channels:\n  ops: {kind: webhook, url: {env: NO_SUCH_VARIABLE}}\n")

    ended = cli("audit", "-i", files.inventory, "--notify", tmp_path / "notify.yaml")

    assert ended.code == 2
    assert "channel ops: url: env NO_SUCH_VARIABLE: the variable is not set" in ended.err
    assert fleet["fw-a"].typed == ()


def test_an_interrupted_run_is_told_to_nobody_and_counted(tmp_path: Path) -> None:
    """A person's Ctrl-C must not call the person on duty."""
    hang = {"name": "fw-hang", "faults": [{"action": "hang", "match": "license all"}]}
    with fleet_of(hang) as fleet, http_receiver() as receiver:
        files = fleet.write(tmp_path)
        given = ("--notify", str(webhook_file(tmp_path, receiver)), "--metrics", str(tmp_path / "asa.prom"))
        with forked(PROGRAM, *arguments(files, *given)) as running:
            wait_for(lambda: "show license all" in fleet["fw-hang"].typed, running)
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=LIMIT_S)

    (code,) = [f for f in textfile.read(tmp_path / "asa.prom") if f.name == "asa_audit_run_exit_code"]
    assert running.returncode == 130
    assert receiver.posts == []
    assert [sample.value for sample in code.samples] == [130.0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_the_program_while_people_are_told_keeps_the_report_and_the_metrics(
    fleet: MockFleet, tmp_path: Path, number: signal.Signals
) -> None:
    """A mail server that hangs is no reason to kill it; that nobody was told is said, logged and counted."""
    files = fleet.write(tmp_path)
    metrics, log = tmp_path / "asa.prom", tmp_path / "log"
    with endless(drip=b"H") as peer:
        channels = webhook_file(tmp_path, Receiver(port=peer.port, answers=[]))
        with channels.open("a") as file:
            file.write("  late: {kind: webhook, url: {file: url}}\n")
        given = ("--notify", channels, "--metrics", metrics, "--log-file", log, "--format", "json")
        with forked(PROGRAM, *arguments(files, *map(str, given))) as running:
            wait_for(peer.taken.is_set, running)
            running.send_signal(number)
            out, err = running.communicate(timeout=LIMIT_S)

    counted = [f for f in textfile.read(metrics) if f.name == "asa_audit_notification_success"]
    said = "not told of this run: the program was ended before it was told"
    assert running.returncode == 130
    assert len(json.loads(out)["devices"]) == 2
    assert [f"channel {name} (webhook, {HOST}): {said}" in err for name in ("ops", "late")] == [True, True]
    assert {sample.labels["channel"]: sample.value for sample in counted[0].samples} == {"ops": 0, "late": 0}
    assert log.read_text().count("event=notify-failed") == 2
