"""How long the program takes to start: `python -m tests.benchmarks.start`.

Prints P8's figures: `--version`, helps, a TAB and one rule, beside a bare typer program, which is the
floor.  Whole processes, in turn, so that a machine that changes its speed changes all of them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_RUNS: Final = 5
_BARE: Final = """
import typer

app = typer.Typer()


@app.command()
def one(number: int = 1) -> None:
    pass


@app.callback()
def root() -> None:
    pass


app()
"""
_START: Final = "import sys; sys.argv[0] = 'asa-transport'; from asa_transport.cli.main import run; run()"
_LINES: Final = (
    "--version", "--help", "audit --help", "push --help", "hostkeys scan --help", "rules AT101",
)  # fmt: skip
_TABS: Final = ("asa-transport au", "asa-transport audit --li", "asa-transport show ")


def _took(argv: list[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Return the wall time and the CPU time of one whole process, in seconds."""
    before, began = os.times(), time.perf_counter()
    subprocess.run(argv, env=environment, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - began, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu


def main() -> None:
    """Time every line, and print minimum, median and maximum of wall and CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(_BARE, encoding="utf-8")
        plain = {**os.environ, "ASA_TRANSPORT_STATE_DIR": folder}
        work: dict[str, tuple[list[str], Mapping[str, str]]] = {
            "bare typer: --help": ([sys.executable, str(bare), "--help"], plain),
            "bare typer: one": ([sys.executable, str(bare), "one"], plain),
        }
        for line in _LINES:
            work[line] = ([sys.executable, "-c", _START, *line.split()], plain)
        for line in _TABS:
            asked = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
            completing = {**plain, "_ASA_TRANSPORT_COMPLETE": "complete_bash", **asked}
            work[f"TAB: {line}"] = ([sys.executable, "-c", _START], completing)
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
        for number in range(_RUNS + 1):
            for name, (argv, environment) in work.items():
                found = _took(argv, environment)
                # The first one fills the caches of files and of compiled modules.
                if number:
                    took[name].append(found)
    print(f"{'seconds, minimum/median/maximum':32}  wall               CPU")
    for name, pairs in took.items():
        columns = [f"{min(c):.2f}/{statistics.median(c):.2f}/{max(c):.2f}" for c in zip(*pairs, strict=True)]
        print(f"{name:32}  {columns[0]:17}  {columns[1]}")


if __name__ == "__main__":
    main()
