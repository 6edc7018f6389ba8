"""What the tests see of the processes that a program has started, in /proc."""

from __future__ import annotations

import os
import select
from pathlib import Path

# Far above what loopback needs; a test that reaches it has failed.
LIMIT_S = 30.0


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


def workers(pid: int) -> list[int]:
    """Return the worker processes of a running program: the children of its fork server."""
    children = [child for child in descendants(pid) if b"forkserver" in command_line(child)]
    return [child for child in children if set(descendants(child)) == set() and parent(child) in children]


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def command_line(pid: int) -> bytes:
    """Return what `ps` shows; empty where the process has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def environment(pid: int) -> bytes:
    """Return the environment that the process was started with; empty where it has ended."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
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
