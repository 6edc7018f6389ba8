"""Where a push reads its plan from and prints to may be a pipe, full or closed: no hang, no traceback."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from tests.fleet.commit import commit, is_untouched, planned, reverted
from tests.processes import not_ignoring
from tests.support import PROGRAM, QUICK, fleet_of, program
from tests.warm import forked


def words(directory: Path) -> list[str]:
    """A push of the plan of a directory that asks first."""
    files = ("-i", directory / "inventory.yaml", "--state-dir", directory / "state")
    return [*map(str, (PROGRAM, "push", directory / "plan.json", *files)), *QUICK, "--commit"]


def test_a_pipe_is_no_plan(tmp_path: Path) -> None:
    """Nobody writes to it, and the program would wait for ever."""
    os.mkfifo(tmp_path / "plan.json")

    ended = program("push", str(tmp_path / "plan.json"))

    assert ended.code == 2
    assert "pipe" in ended.err


def test_a_closed_stdout_is_nobody_who_listens() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" rules >&-', PROGRAM],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_outcomes_that_cannot_be_printed_are_kept_and_the_place_is_named(tmp_path: Path) -> None:
    with fleet_of(reverted("fw-a")) as fleet, Path("/dev/full").open("w") as full:
        planned(fleet, tmp_path)

        command = [*words(tmp_path), "--yes", "--format", "json"]
        with forked(*command, stdout=full.fileno()) as running:
            _, err = running.communicate(100)

        assert running.returncode == 1
        assert "Traceback" not in err
        (kept,) = (tmp_path / "state" / "runs").glob("*/push.json")
        assert f"read them in {kept}" in err
        assert '"outcome": "applied"' in kept.read_text()
        assert fleet["fw-a"].transport == "smart"


def test_ctrl_c_at_the_question_is_an_interruption(tmp_path: Path) -> None:
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)
        own, theirs = pty.openpty()
        # A worker of the tests ignores Ctrl-C, and so would its child.
        command = [*not_ignoring(signal.SIGINT), *words(tmp_path)]
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
        shown = b""
        while b"[y/N]" not in shown:
            shown += os.read(own, 65536)
        # One that comes between the question and the reading of its answer does not end the reading
        # (CPython looks for signals before it reads): a person presses again.
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(2)

        assert process.returncode == 130
        assert is_untouched(fleet["fw-a"])
        os.close(own)
        os.close(theirs)


def test_a_lock_that_cannot_be_made_is_not_called_another_push(tmp_path: Path) -> None:
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)
        (tmp_path / "state" / "locks" / f"serial-{fleet['fw-a'].serial}").mkdir(parents=True)

        ended = commit(tmp_path)

        assert ended.code == 6
        reason = ended.document["devices"][0]["reason"]
        assert "cannot be made or locked" in reason
        assert "another push" not in reason
        assert is_untouched(fleet["fw-a"])


@pytest.mark.parametrize("kind", ["pipe", "folder", "dangling link", "damaged"])
def test_a_journal_that_is_no_file_is_told_and_not_waited_for(kind: str, tmp_path: Path) -> None:
    """It might hold what a killed push left; nobody may take it for nothing."""
    run = tmp_path / "state" / "runs" / "20260101T000000Z-abcd"
    run.mkdir(parents=True)
    journal = run / "journal.jsonl"
    match kind:
        case "pipe":
            os.mkfifo(journal)
        case "folder":
            journal.mkdir()
        case "damaged":
            journal.write_text('{"seq": 1, "event": "began"}\n{"seq": 2}\n')
        case _:
            journal.symlink_to(tmp_path / "nowhere")

    for words in (("runs",), ("resume", "last", "--yes"), ("resume", run.name, "--yes")):
        ended = program(*words, "--state-dir", str(tmp_path / "state"))

        assert ended.code == 2, (words, ended.err)
        assert "journal.jsonl" in ended.err
        assert "Traceback" not in ended.err


def test_notes_of_what_is_unsettled_that_are_a_pipe_are_not_waited_for(tmp_path: Path) -> None:
    run = tmp_path / "state" / "runs" / "20260101T000000Z-abcd"
    run.mkdir(parents=True)
    (run / "journal.jsonl").touch()
    os.mkfifo(run / "unsettled.json")

    assert program("runs", "--state-dir", str(tmp_path / "state")).code == 0
