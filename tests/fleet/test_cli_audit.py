"""`asa-transport audit` as a terminal, a pipe, a script and an impatient person meet it."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from asa_transport.cli.signals import stopping_on_signals
from asa_transport.edges.state import kept_answers
from asa_transport.edges.state.store import Store
from asa_transport.engine.fleet import RunStop
from mock_devices import FleetFiles, MockFleet
from tests.processes import started, wait_for
from tests.support import PROGRAM, QUICK, Ended, cli, fleet_of, installed, program
from tests.warm import forked

# Far above what loopback needs; a test that reaches it has failed.
LIMIT_S = 60.0
GOOD, HANG, WAITING = {"name": "fw-a"}, {"name": "fw-hang"}, {"name": "fw-z"}
HANG["faults"] = [{"action": "hang", "match": "license all"}]  # type: ignore[assignment]
# What a person's shell may have set must not decide these tests.
SHELL = {"NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "CI", "GITHUB_ACTIONS"}
CLEAN = {key: value for key, value in os.environ.items() if key not in SHELL}
SECRETS = ("mock-Login-1", "mock-Enable-1")


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of({"name": "fw-a"}, {"name": "fw-b", "version": "9.18(4)"}) as running:
        yield running


@pytest.fixture
def files(fleet: MockFleet, tmp_path: Path) -> FleetFiles:
    fleet.reset_transcripts()
    return fleet.write(tmp_path)


def arguments(files: FleetFiles, *more: str | Path) -> list[str]:
    state = files.inventory.parent / "state"
    return [str(one) for one in ("audit", "-i", files.inventory, "--state-dir", state, *QUICK, *more)]


def on_terminal(argv: list[str], stream: str, **environment: str) -> tuple[str, Ended]:
    """Run the program with one stream on a terminal; return what came out there, and the rest."""
    ours, theirs = pty.openpty()
    given = {**CLEAN, "TERM": "xterm-256color", **environment}
    shown = b""
    running = forked(
        PROGRAM,
        *argv,
        environment=given,
        is_whole_environment=True,
        stdout=theirs if stream == "stdout" else None,
        stderr=theirs if stream == "stderr" else None,
    )
    with running:
        os.close(theirs)
        while select.select([ours], [], [], LIMIT_S)[0]:
            try:
                shown += os.read(ours, 65536)
            except OSError:
                # So a terminal ends when nobody holds its other side.
                break
        out, err = running.communicate(LIMIT_S)
        code = running.wait()
    os.close(ours)
    return shown.decode(), Ended(code=code, out=out, err=err)


# What is printed, and where.


def test_json_is_one_document_with_every_device(files: FleetFiles) -> None:
    """Programs parse stdout whole; messages would break them."""
    ended = program(*arguments(files, "--format=json", "-v"))

    assert [one["name"] for one in ended.document["devices"]] == ["fw-a", "fw-b"]
    assert ended.document["run"]["exit_code"] == ended.code
    assert "fw-a: audited" in ended.err


def test_jsonl_is_one_line_a_device(files: FleetFiles) -> None:
    """Each line stands alone, for `jq` and `grep`, and says what the document says of that device."""
    ended = program(*arguments(files, "--format=jsonl"))

    records = [json.loads(line) for line in ended.out.splitlines()]
    assert [(one["name"], one["outcome"]) for one in records] == [("fw-a", "audited"), ("fw-b", "audited")]
    assert records[0]["facts"]["hostname"] == "fw-a"


def test_a_table_in_a_pipe_has_one_line_a_device_and_no_escapes(files: FleetFiles) -> None:
    """`asa-transport audit | grep fw-b` must show all of the row."""
    reader, writer = os.pipe()
    with forked(
        PROGRAM, *arguments(files), environment=CLEAN, is_whole_environment=True, stdout=writer
    ) as running:
        os.close(writer)
        _, err = running.communicate(LIMIT_S)
    out = os.read(reader, 65536).decode()
    os.close(reader)

    rows = [line for line in out.splitlines() if line.startswith("fw-")]
    assert [row.split()[0] for row in rows] == ["fw-a", "fw-b"]
    assert "9.18(4)" in rows[1]
    assert "\x1b" not in out + err


def test_a_terminal_has_colours_unless_they_are_unwanted(files: FleetFiles) -> None:
    """NO_COLOR and --no-color leave no escape at all, bold ones neither."""
    shown, _ = on_terminal(arguments(files), "stdout")
    by_option, _ = on_terminal(arguments(files, "--no-color"), "stdout")
    by_environment, _ = on_terminal(arguments(files), "stdout", NO_COLOR="1")

    assert "\x1b[" in shown
    for plain in (by_option, by_environment):
        assert "fw-a" in plain
        assert "\x1b" not in plain


def test_progress_is_on_a_terminal_of_stderr_only(files: FleetFiles) -> None:
    """Stdout stays a clean document while a person watches the bar."""
    shown, ended = on_terminal(arguments(files, "--format=json"), "stderr")
    quiet, _ = on_terminal(arguments(files, "--format=json", "-q"), "stderr")
    piped = program(*arguments(files, "--format=json"))

    assert "auditing" in shown
    assert len(ended.document["devices"]) == 2
    assert "auditing" not in quiet
    assert "auditing" not in piped.err


@pytest.mark.parametrize("output_format", ["json", "jsonl", "table"])
def test_an_output_file_appears_whole_and_alone(
    output_format: str, files: FleetFiles, tmp_path: Path
) -> None:
    """A report that another program picks up must never be half of one."""
    target = tmp_path / "reports" / "audit.out"
    target.parent.mkdir()
    target.write_text("the report of yesterday")

    ended = program(*arguments(files, f"--format={output_format}", "-o", target))

    text = target.read_text()
    assert ended.out == ""
    assert "2 devices: 2 audited" in ended.err
    assert list(target.parent.iterdir()) == [target]
    assert ("fw-a" in text, "fw-b" in text, "yesterday" in text, "\x1b" in text) == (True, True, False, False)
    if output_format == "json":
        assert len(json.loads(text)["devices"]) == 2


def test_an_output_that_is_no_file_is_written_and_not_replaced(files: FleetFiles, tmp_path: Path) -> None:
    """`-o /dev/null` must not turn the device into a file; here a named pipe stands for it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        program(*arguments(files, "--format=jsonl", "-l", "fw-a", "-o", pipe))
        text = os.read(reader, 65536).decode()
    finally:
        os.close(reader)

    assert json.loads(text)["name"] == "fw-a"
    assert pipe.is_fifo()


# What ends before it begins.


@pytest.fixture
def nobody_calls(tmp_path: Path) -> Iterator[Path]:
    """Give an inventory of one device, and fail where anybody connects to it."""
    (tmp_path / "password").touch(mode=0o600)
    (tmp_path / "password").write_text("x\n")
    with socket.create_server(("127.0.0.1", 0)) as device:
        inventory = tmp_path / "inventory.yaml"
        inventory.write_text(
            "defaults: {username: netaudit, credential: lab, known_hosts: /dev/null}\n"
            f"credentials: {{lab: {{password: {{file: {tmp_path / 'password'}}}}}}}\n"
            f"devices:\n  fw-a: {{host: 127.0.0.1, port: {device.getsockname()[1]}}}\n"
        )
        yield inventory
        device.setblocking(False)
        with pytest.raises(BlockingIOError):
            device.accept()


def refused(inventory: Path, *more: str | Path) -> str:
    """Run an audit that must end with 2 and an empty stdout; return what it says."""
    ended = program("audit", "-i", inventory, "--state-dir", inventory.parent / "state", *more)
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err
    return " ".join(ended.err.split())


def test_a_limit_that_matches_nothing_contacts_nothing(nobody_calls: Path) -> None:
    """A misspelt name must not read as `all is well`."""
    assert "fw-nowhere" in refused(nobody_calls, "-l", "fw-nowhere")


def test_a_limit_contacts_only_what_it_selects(fleet: MockFleet, files: FleetFiles) -> None:
    """The transcript of the other device is the proof."""
    ended = cli(*arguments(files, "--format=json", "-l", "fw-b"))

    assert [one["name"] for one in ended.document["devices"]] == ["fw-b"]
    assert fleet["fw-b"].typed
    assert fleet["fw-a"].typed == ()


def test_a_broken_inventory_names_every_place_and_contacts_nothing(nobody_calls: Path) -> None:
    """FILE:LINE:COLUMN, so that an editor jumps there; all of them at once."""
    nobody_calls.write_text(nobody_calls.read_text() + "  fw-b: {hots: 192.0.2.1, port: many}\n")

    said = refused(nobody_calls)

    assert re.search(rf"{re.escape(str(nobody_calls))}:5:\d+: .*hots", said)
    assert re.search(rf"{re.escape(str(nobody_calls))}:5:\d+: .*many", said)
    assert "nothing was contacted" in said


def test_a_missing_password_names_its_variable_and_contacts_nothing(nobody_calls: Path) -> None:
    """The operator learns what to set, before an account is locked by empty passwords."""
    text = re.sub(r"\{file: [^}]*\}", "{env: FLEET_PASSWORD_NOT_SET}", nobody_calls.read_text())
    nobody_calls.write_text(text)

    assert "FLEET_PASSWORD_NOT_SET" in refused(nobody_calls)


def test_a_time_without_a_zone_is_refused(nobody_calls: Path) -> None:
    """Days left would be wrong by hours, silently."""
    assert "zone" in refused(nobody_calls, "--now", "2026-01-12T13:00:00")


@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_state_directory_that_cannot_be_made_is_said(by: str, nobody_calls: Path, tmp_path: Path) -> None:
    """Without it no answer could be kept, so nobody is asked anything."""
    (tmp_path / "a-file").touch()
    where = tmp_path / "a-file" / "state"

    if by == "option":
        said = refused(nobody_calls, "--state-dir", where)
    else:
        ended = program("audit", "-i", nobody_calls, ASA_TRANSPORT_STATE_DIR=str(where))
        assert ended.code == 2
        said = ended.err

    assert str(where) in said
    assert "--state-dir" in said


def test_an_output_file_that_cannot_be_made_is_said_before_the_run(
    nobody_calls: Path, tmp_path: Path
) -> None:
    """An hour of auditing must not end in a misspelt path."""
    assert "cannot be written" in refused(nobody_calls, "-o", tmp_path / "nowhere" / "audit.txt")


def test_the_version_is_printed() -> None:
    """Bug reports begin with it."""
    ended = installed("--version")

    assert (ended.code, ended.err) == (0, "")
    assert re.fullmatch(r"asa-transport \d+\.\d+\S*\n", ended.out)


def test_no_arguments_show_the_help() -> None:
    """The first thing that anybody types."""
    ended = installed()

    assert "audit" in ended.out + ended.err
    assert "Usage" in ended.out + ended.err
    assert "Traceback" not in ended.err


# Signals.


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_a_whole_document(number: signal.Signals, tmp_path: Path) -> None:
    """What was read stays read; what was not is listed, each device once."""
    with fleet_of(GOOD, HANG, WAITING) as fleet:
        argv = arguments(fleet.write(tmp_path), "--format=json", "-w", "1", "--command-timeout=50")
        with forked(PROGRAM, *argv) as running:
            wait_for(lambda: "show license all" in fleet["fw-hang"].typed, running)
            running.send_signal(number)
            out, err = running.communicate(LIMIT_S)
        ended = Ended(code=running.wait(), out=out, err=err)
        never_asked = fleet["fw-z"].typed

    assert ended.code == ended.document["run"]["exit_code"] == 130
    assert [one["name"] for one in ended.document["devices"]] == ["fw-a", "fw-hang", "fw-z"]
    assert ended.device("fw-a")["outcome"] == "audited"
    for name in ("fw-hang", "fw-z"):
        assert ended.device(name)["outcome"] == "not-audited"
        assert "stopped" in ended.device(name)["error"]
    assert "stopped" in err
    assert "Traceback" not in err
    assert never_asked == ()


@contextlib.contextmanager
def never_accepted() -> Iterator[int]:
    """Give a port of loopback on which a connection neither fails nor succeeds: its queue is full."""
    with socket.socket() as full, contextlib.ExitStack() as queue:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        while True:
            client = queue.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
            # On loopback a connection that is taken is writable at once.
            if not select.select([], [client], [], 0.2)[1]:
                break
        yield full.getsockname()[1]


def test_a_signal_ends_a_connection_that_is_still_being_made(tmp_path: Path) -> None:
    """A person who stops the run does not wait for a black hole."""
    with fleet_of(HANG) as fleet, never_accepted() as port:
        files = fleet.write(tmp_path)
        text = files.inventory.read_text() + f"  fw-stuck:\n    host: 127.0.0.1\n    port: {port}\n"
        files.inventory.write_text(text)
        argv = arguments(files, "--format=json", "--connect-timeout=100", "--command-timeout=50")
        with forked(PROGRAM, *argv, "--device-timeout=100") as running:
            wait_for(lambda: "show license all" in fleet["fw-hang"].typed, running)
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(LIMIT_S)

    ended = Ended(code=running.wait(), out=out, err=err)
    assert ended.code == 130
    assert "stopped" in ended.device("fw-stuck")["error"]


def test_a_second_signal_ends_at_once() -> None:
    """What the first left is not worth a person's wait."""
    stop = RunStop()

    with stopping_on_signals(stop):
        signal.raise_signal(signal.SIGINT)
        was_stopped = stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    assert was_stopped


# Pipes that break, and secrets.


@pytest.mark.parametrize("output_format", ["json", "jsonl", "table"])
def test_a_reader_that_leaves_is_no_traceback(
    output_format: str, fleet: MockFleet, files: FleetFiles
) -> None:
    """`| head -1` is an everyday thing."""
    reader, writer = os.pipe()
    os.close(reader)

    with forked(PROGRAM, *arguments(files, f"--format={output_format}"), stdout=writer) as running:
        os.close(writer)
        _, err = running.communicate(LIMIT_S)

    assert fleet["fw-b"].typed
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    assert "Broken pipe" not in err


def test_head_shows_the_first_line(files: FleetFiles) -> None:
    """The same through a real pipe."""
    with subprocess.Popen(["head", "-1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as head:
        assert head.stdin is not None
        done = subprocess.run(
            [PROGRAM, *arguments(files, "--format=jsonl")],
            stdout=head.stdin, stderr=subprocess.PIPE, text=True, timeout=LIMIT_S, check=False,
        )  # fmt: skip
        head.stdin.close()
        assert head.stdout is not None
        shown = head.stdout.read()

    assert json.loads(shown)["name"] == "fw-a"
    assert "Traceback" not in done.stderr


def test_secrets_appear_nowhere(tmp_path: Path) -> None:
    """Not in what is printed, not in what is kept, not where `ps` looks; with -v neither."""
    rejecting = {"name": "fw-rejecting", "faults": [{"action": "reject_password"}]}
    dropping = {"name": "fw-dropping", "faults": [{"action": "drop", "match": "^enable"}]}
    with fleet_of(GOOD, HANG, rejecting, dropping) as fleet:
        files = fleet.write(tmp_path, credentials="env")
        given = dict(zip(("ASA_TRANSPORT_PASSWORD", "ASA_TRANSPORT_ENABLE"), SECRETS, strict=True))
        with started(*arguments(files, "--format=json", "-v"), **given) as running:
            wait_for(lambda: "exit" in fleet["fw-a"].typed, running)
            wait_for(lambda: "show license all" in fleet["fw-hang"].typed, running)
            seen = Path(f"/proc/{running.pid}/cmdline").read_bytes()
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=LIMIT_S)
        passwords = {
            (device.spec.login.password, device.spec.login.enable_password)
            for device in fleet.devices.values()
        }

    kept = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert passwords == {SECRETS}
    assert json.loads(out)["totals"]["audited"] == 1
    (run,) = (tmp_path / "state" / "runs").iterdir()
    names = {"fw-a", "fw-hang", "fw-rejecting", "fw-dropping"}
    answers = kept_answers.read(run, names)
    with Store(tmp_path / "state") as store:
        stored = [repr(outcome).encode() for outcome in store.outcomes(run.name)]
    # What is packed is read unpacked, too.
    unpacked = [text.encode() for found in answers.values() for text in found.values()]
    assert {"answers-0001.tar.zst", "audit.json", "history.db"} <= {path.name for path in kept}
    assert len(stored) == 4
    assert len(answers["fw-a"]) > 5
    for text in (out.encode(), err.encode(), seen, *(path.read_bytes() for path in kept), *stored, *unpacked):
        assert not [secret for secret in SECRETS if secret.encode() in text]
        assert b"$sha512$" not in text
    assert run.stat().st_mode & 0o077 == 0
    assert [path for path in kept if path.stat().st_mode & 0o077] == []


def test_a_table_is_audited_as_it_is(fleet: MockFleet, tmp_path: Path) -> None:
    """With what is left out of it said, and a baseline that is its own the second time."""
    files = fleet.write(tmp_path)
    rows = [f"{name},127.0.0.1,{fleet[name].port},asa" for name in fleet.names]
    table = tmp_path / "hosts.csv"
    table.write_text("\n".join(["name,ip,port,os", *rows, "sw-1,192.0.2.1,22,ios", ""]))
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "known_hosts").write_bytes(files.known_hosts.read_bytes())
    state = ("--state-dir", tmp_path / "state")

    first, _ = (
        program(
            "audit", "-i", f"csv:{table}", *state, *QUICK, HOME=str(home), ASA_TRANSPORT_USERNAME="netaudit",
            ASA_TRANSPORT_PASSWORD=SECRETS[0], ASA_TRANSPORT_ENABLE=SECRETS[1],
        )
        for _ in range(2)
    )  # fmt: skip

    assert "2 audited, 0 not audited" in first.out
    assert f"note: csv:{table}: 1 device left out; which, and why: 'asa-transport inventory" in first.err
    assert "nothing changed since" in program("diff", *state).out
