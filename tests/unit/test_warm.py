"""A program that is forked, and what stands in for it on PATH, behave as the program itself would."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.warm import forked, stand_in

# Says what it was given, and ends as it is told.
SAYS = """
import atexit, json, os, signal, sys, threading

said = {"arguments": sys.argv[1:], "in": sys.stdin.read(), "cwd": os.getcwd(), "word": os.environ.get("WORD")}
print(json.dumps(said), flush=True)
print("an error", file=sys.stderr)
how = sys.argv[1]
if how == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if how == "terminated":
    os.kill(os.getpid(), signal.SIGTERM)
if how == "raised":
    raise RuntimeError("made up")
if how == "late":
    atexit.register(print, "atexit")
    threading.Thread(target=lambda: (threading.Event().wait(0.05), print("thread"))).start()
if how == "worded":
    sys.exit("in words")
if how == "full":
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
    print("lost")
    sys.exit(0)
if how != "none":
    sys.exit(int(how) if how.isdigit() else 0)
"""
ENDS = ("0", "3", "none", "killed", "terminated", "raised", "late", "worded", "full")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "says"
    file.write_text(SAYS)
    return file


def run(*argv: str | Path, cwd: Path, handles: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, cwd=cwd, env={"WORD": "ä"}, input="one\ntwo", pass_fds=handles, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("how", ENDS)
def test_a_stand_in_is_given_and_ends_as_the_program_itself(how: str, script: Path, tmp_path: Path) -> None:
    """Else a page of the documentation would be run by something else than what a reader types."""
    other = tmp_path / "other"
    handle = stand_in(other, script)

    one = run(sys.executable, script, how, "a b", "", cwd=tmp_path)
    two = run(other, how, "a b", "", cwd=tmp_path, handles=(handle,))

    said = json.loads(one.stdout.partition("\n")[0])
    assert said == {"arguments": [how, "a b", ""], "in": "one\ntwo", "cwd": str(tmp_path), "word": "ä"}
    assert (two.returncode, two.stdout) == (one.returncode, one.stdout)
    assert two.stderr.splitlines()[-1:] == one.stderr.splitlines()[-1:]


def test_a_shell_sees_the_signal_that_ended_the_program(script: Path, tmp_path: Path) -> None:
    """A page may say what `$?` is."""
    handle = stand_in(tmp_path / "other", script)

    done = subprocess.run(
        ["bash", "-c", "./other killed </dev/null; echo $?"],
        cwd=tmp_path,
        pass_fds=[handle],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.splitlines()[-1] == str(128 + signal.SIGKILL)


@pytest.mark.parametrize(("how", "code"), [("3", 3), ("none", 0), ("terminated", -15), ("worded", 1)])
def test_what_is_forked_ends_with_its_own_code(how: str, code: int, script: Path) -> None:
    """What a test claims of an exit code is claimed of this one."""
    with forked(script, how) as running:
        out, _ = running.communicate(60)

        assert running.wait() == code
        assert json.loads(out.partition("\n")[0])["arguments"] == [how]
