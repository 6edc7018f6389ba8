"""Run the program on a disk that stands still for one device: `slow_disk DEVICE OTHER ARGUMENT...`.

What is synced of the device's answers waits until the journal says that the other one was applied.
Nothing of the program is replaced but two calls of the operating system.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from tests.fleet.killed import JOURNAL

# Only a push that waits for the disk with all its devices comes to this.
_LIMIT_S = 20.0


def stand_still(device: str, other: str) -> None:
    """Make the disk wait for the other device."""
    write, sync = os.write, os.fsync
    applied = threading.Event()

    def noted_write(descriptor: int, data: bytes | memoryview) -> int:
        is_journal = Path(f"/proc/self/fd/{descriptor}").readlink().name == JOURNAL
        if is_journal and other.encode() in bytes(data) and b'"applied"' in bytes(data):
            applied.set()
        return write(descriptor, data)

    def waiting_sync(descriptor: int) -> None:
        if device in Path(f"/proc/self/fd/{descriptor}").readlink().parts and not applied.wait(_LIMIT_S):
            print(f"{other} was not applied while the disk stood still for {device}", file=sys.stderr)
            applied.set()
        sync(descriptor)

    os.write, os.fsync = noted_write, waiting_sync  # type: ignore[assignment]


if __name__ == "__main__":
    from asa_transport.cli.main import run

    stand_still(sys.argv[1], sys.argv[2])
    sys.argv = ["asa-transport", *sys.argv[3:]]
    run()
