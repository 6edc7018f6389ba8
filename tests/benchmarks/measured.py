"""Run a program and measure it with all that it starts: `python measured.py LIMIT_S ARGV...`.

Prints `{"wall_s", "cpu_s", "peak_mb", "threads", "code", "left"}` to the last line of stdout.  Processor
time is the operating system's, of the program and every process below it, also one
that outlived it.  Memory is what all these processes hold together, asked five times a
second: a page that several share counts once (the kernel's proportional set size), and a
process counts from its second time on (one about to become another program still has the
size of the first).  `threads`: the most that all of them had together, asked as often.
`left`: processes that were still there half a second after the program had ended; they
are ended.

A process of its own, because whoever also runs a mock fleet could not tell their times apart.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

# linux/prctl.h: orphans below this process become its children, so that their time counts.
_SUBREAPER = 36
_SAMPLE_S = 0.2
_PROPORTIONAL = re.compile(r"^Pss: +(\d+) kB", re.MULTILINE)


def below(pid: int) -> Iterator[int]:
    """Yield every process below one."""
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from below(int(child))


def held_mb(pids: set[int]) -> float:
    """Return what these processes hold together, in 10^6 bytes."""
    kilobytes = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            found = _PROPORTIONAL.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
            kilobytes += int(found[1]) if found else 0
    return kilobytes * 1024 / 1e6


def threads_of(pid: int) -> int:
    """Return how many threads a process has at this moment."""
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return 0


def main(limit: str, *argv: str) -> None:
    """Run it, end what it leaves, print the figures."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    peak_mb, threads, over = 0.0, 0, threading.Event()

    def watch() -> None:
        nonlocal peak_mb, threads
        before: set[int] = set()
        while not over.wait(_SAMPLE_S):
            now = set(below(os.getpid()))
            peak_mb = max(peak_mb, held_mb(now & before))
            threads = max(threads, sum(map(threads_of, now & before)))
            before = now

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    began = time.perf_counter()
    process = subprocess.Popen(argv)
    try:
        code = process.wait(float(limit))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
    wall_s = time.perf_counter() - began
    over.set()
    watching.join()
    left = ended()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = {
        "wall_s": wall_s,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        # The kernel's own maximum of one process, for a peak between two samples.
        "peak_mb": max(peak_mb, usage.ru_maxrss * 1024 / 1e6),
        "threads": threads,
        "code": code,
        "left": left,
    }
    print(json.dumps(figures), flush=True)


def ended() -> int:
    """Wait a moment for what the program left, end the rest, and return how many that were."""
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline and any(below(os.getpid())):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
        time.sleep(0.02)
    rest = list(below(os.getpid()))
    for pid in rest:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    return len(rest)


if __name__ == "__main__":
    main(*sys.argv[1:])
