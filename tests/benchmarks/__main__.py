"""Print the figures of an audit: `make bench`, or `python -m tests.benchmarks [DEVICES [WORKERS]]`.

The mock fleet runs in a process of its own on loopback; the audit is the
installed program in another, and its figures are the operating system's own.
Nothing here passes or fails.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sysconfig.get_path("scripts")) / "asa-transport"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One audit as a whole process: seconds, megabytes (10^6 bytes), devices."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    devices: int
    audited: int


@contextmanager
def served(count: int, directory: Path) -> Iterator[Path]:
    """Serve a made-up fleet and give its inventory."""
    argv = [sys.executable, "-m", "mock_devices", "--count", str(count), "--base-port", "0"]
    with subprocess.Popen(
        [*argv, "--directory", str(directory)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        cwd=ROOT,
    ) as serving:  # fmt: skip
        assert serving.stdout is not None
        for line in serving.stdout:
            if line.startswith("ready:"):
                break
        try:
            yield directory / "inventory.yaml"
        finally:
            serving.send_signal(signal.SIGTERM)


def audited(inventory: Path, workers: int, directory: Path) -> Figures:
    """Audit it once with the installed program."""
    output = directory / "audit.json"
    argv = [PROGRAM, "audit", "-i", inventory, "-w", workers, "--format", "json", "-o", output, "-q"]
    began = time.perf_counter()
    process = subprocess.Popen([*map(str, argv), "--state-dir", str(directory / "state")])
    _, _, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - began
    process.returncode = 0
    totals = json.loads(output.read_text())["totals"]
    return Figures(
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss * 1024 / 1e6,
        devices=totals["devices"],
        audited=totals["audited"],
    )


def main(count: int = 200, workers: int = 50, runs: int = 3) -> None:
    """Print the machine, the versions and each run."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("netmiko", "paramiko", "asyncssh", "textfsm"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {versions}")
    print(f"{count} mock devices on loopback, -w {workers}, no added latency; each run a process of its own")
    print(f"{'wall s':>8} {'dev/s':>8} {'CPU ms/device':>14} {'peak MB':>8}  audited")
    with (
        tempfile.TemporaryDirectory(prefix="asa-transport-bench-") as name,
        served(count, Path(name) / "mock") as inventory,
    ):
        for _ in range(runs):
            seen = audited(inventory, workers, Path(name))
            print(
                f"{seen.wall_s:8.2f} {seen.devices / seen.wall_s:8.1f} "
                f"{1000 * seen.cpu_s / seen.devices:14.1f} {seen.peak_mb:8.1f}  "
                f"{seen.audited} of {seen.devices}"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
