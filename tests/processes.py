"""A program that runs while a test looks: what it has started, in /proc, and how it is waited for."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import PROGRAM
from tests.warm import Forked

# Far above what loopback needs; a test that reaches it has failed.
LIMIT_S = 60.0
_NOT_IGNORED = (
    "import os, signal, sys; "
    "signal.signal(int(sys.argv[1]), signal.SIG_DFL); os.execv(sys.argv[2], sys.argv[2:])"
)


def not_ignoring(number: signal.Signals) -> tuple[str, ...]:
    """Return the words that start a program with a signal that ends it, also where the tests ignore it.

    A child inherits what its parent ignores: Ctrl-C from a worker of the tests or from a shell's
    background job, a lost terminal from `nohup`.
    """
    return (sys.executable, "-c", _NOT_IGNORED, str(int(number)))


def descendants(pid: int) -> list[int]:
    """Return the processes below this one, itself left out."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        children = parents.get(todo.pop(), [])
        found += children
        todo += children
    return found


def command_line(pid: int) -> bytes:
    """Return what `ps` shows; empty where the process has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def all_end(processes: list[int]) -> bool:
    """Wait until each of these processes has ended; False where one has not within the limit."""
    for number in processes:
        try:
            handle = os.pidfd_open(number)
        except ProcessLookupError:
            continue
        try:
            if not select.select([handle], [], [], LIMIT_S)[0]:
                return False
        finally:
            os.close(handle)
    return True


@contextlib.contextmanager
def started(*given: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Give the installed program, running, with pipes; it does not outlive the test."""
    running = subprocess.Popen(
        [PROGRAM, *given],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate(timeout=LIMIT_S)


def wait_for(condition: Callable[[], bool], running: subprocess.Popen[str] | Forked) -> None:
    """Wait until something is seen on a mock device, while the program runs."""
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline
        # It must not end meanwhile; and it is watched without spinning.
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(0.02)
            pytest.fail(f"ended with {running.returncode}: {running.communicate()}")
