"""Run the program and kill it at a write to its journal: `killed N whole|torn ARGUMENT...`.

`whole` dies when the Nth record is on disk, before what it announces; `torn` dies in the
middle of writing it, after what the record before it announced.  Nothing of the program
is replaced but two calls of the operating system.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

JOURNAL = "journal.jsonl"


def die_at(number: int, how: str) -> None:
    """Make this process kill itself at the Nth record."""
    write, sync = os.write, os.fsync
    written: Callable[[int, memoryview], int] = write
    count = 0

    def is_journal(descriptor: int) -> bool:
        return Path(f"/proc/self/fd/{descriptor}").readlink().name == JOURNAL

    def counted_write(descriptor: int, data: memoryview) -> int:
        nonlocal count
        if not is_journal(descriptor):
            return written(descriptor, data)
        count += 1
        if count == number and how == "torn":
            written(descriptor, data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return written(descriptor, data)

    def counted_sync(descriptor: int) -> None:
        sync(descriptor)
        if count == number and is_journal(descriptor):
            os.kill(os.getpid(), signal.SIGKILL)

    os.write, os.fsync = counted_write, counted_sync  # type: ignore[assignment]


if __name__ == "__main__":
    from asa_transport.cli.main import run

    die_at(int(sys.argv[1]), sys.argv[2])
    sys.argv = ["asa-transport", *sys.argv[3:]]
    run()
