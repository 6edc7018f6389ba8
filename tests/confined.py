"""Run the program in a process that is denied something: `forked("tests/confined.py", DENIED, ARGUMENT...)`.

unprivileged    root reads and enters what its mode denies to its owner; not here
full-stdout     stdout is a full disk
full-stderr     stderr is one
left            stdout is a pipe whose reader has left
BYTES           no file grows beyond so many bytes, as on a full disk
"""

from __future__ import annotations

import ctypes
import os
import resource
import runpy
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# Source: capabilities(7), capset(2), linux/capability.h.
_VERSION_3 = 0x20080522
_OVERRIDES = (1 << 1) | (1 << 2)


def _unprivileged() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    header, data = (ctypes.c_uint32 * 2)(_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, data) == 0
    # Effective, and permitted: access(2) goes by these.
    data[0] &= ~_OVERRIDES
    data[1] &= ~_OVERRIDES
    assert libc.capset(header, data) == 0


def _full(number: int) -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), number)


def _left() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.dup2(writer, 1)
    # What is there has found out already that it may seek.
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def main() -> None:
    """Deny it, and become the program."""
    from tests.support import PROGRAM

    _, denied, *arguments = sys.argv
    match denied:
        case "unprivileged":
            _unprivileged()
        case "full-stdout":
            _full(1)
        case "full-stderr":
            _full(2)
        case "left":
            _left()
        case _:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(denied), resource.RLIM_INFINITY))
    sys.argv = [str(PROGRAM), *arguments]
    runpy.run_path(str(PROGRAM), run_name="__main__")


if __name__ == "__main__":
    main()
