"""How long the program takes to start: `python -m tests.benchmarks.start`.

Prints P8's figures: `--version`, helps, TABs and one rule, beside a bare typer program, which is the
floor.  Whole processes, in turn, so that a machine that changes its speed changes all of them; on a
machine that does other work too, trust the minimum of the CPU and its ratio to the bare `--help`.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.benchmarks.page import Figure, Table

_MOST_ROUNDS: Final = 7
_FEWEST_ROUNDS: Final = 2
# Another round is begun only before: on a machine with much else to do a round takes ten seconds.
_LIMIT_S: Final = 35.0
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
_TABS: Final = (
    "asa-transport au",
    "asa-transport audit --li",
    "asa-transport audit -l fw",
    "asa-transport show 2026",
    "asa-transport rules AT1",
)
_FLOOR: Final = "bare typer: --help"
_INVENTORY: Final = """\
defaults: {username: u, credential: c, known_hosts: none}
credentials: {c: {password: {command: [false]}}}
devices: {fw-par-01: {host: 192.0.2.1}}
"""


def took(
    argv: list[str], environment: Mapping[str, str], folder: str, *, exit_code: int = 0
) -> tuple[float, float]:
    """Return the wall time and the CPU time of one whole process, in seconds.

    Raises:
        subprocess.CalledProcessError: It ended with another exit code.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    # What it says of a mistake that was planted is no news.
    said = subprocess.DEVNULL if exit_code else None
    done = subprocess.run(
        argv, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=said, check=False
    )
    if done.returncode != exit_code:
        raise subprocess.CalledProcessError(done.returncode, argv)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _work(folder: Path) -> dict[str, tuple[list[str], Mapping[str, str]]]:
    """Return the words and the environment of each process, by the name of its row."""
    bare = folder / "bare.py"
    bare.write_text(_BARE, encoding="utf-8")
    (folder / "inventory.yaml").write_text(_INVENTORY, encoding="utf-8")
    (folder / "runs" / "20260112T130000Z-4f1c").mkdir(parents=True)
    plain = {**os.environ, "ASA_TRANSPORT_STATE_DIR": str(folder)}
    # A machine that keeps no compiled modules would compile ours at each start, and not those it installed.
    plain.pop("PYTHONDONTWRITEBYTECODE", None)
    work: dict[str, tuple[list[str], Mapping[str, str]]] = {
        _FLOOR: ([sys.executable, str(bare), "--help"], plain),
        "bare typer: one": ([sys.executable, str(bare), "one"], plain),
    }
    for line in _LINES:
        work[line] = ([sys.executable, "-c", _START, *line.split()], plain)
    for line in _TABS:
        asked = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
        completing = {**plain, "_ASA_TRANSPORT_COMPLETE": "complete_bash", **asked}
        work[f"TAB: {line}"] = ([sys.executable, "-c", _START], completing)
    return work


def figures(*, most_rounds: int = _MOST_ROUNDS) -> tuple[Figure, Table]:
    """Return P8."""
    rounds, times = _timed(most_rounds)
    least = {name: min(cpu for _, cpu in pairs) for name, pairs in times.items()}
    slow = [f"{name} {least[name]:.2f}" for name in least if name != _FLOOR and least[name] > _most(name)]
    figure = Figure(
        name="P8",
        title="CPU s of a start: --version, helps, TABs; `rules AT101`",
        asked="<= 0.15; <= 0.3",
        measured="; ".join(slow) + " over it" if slow else "all within",
        is_met=not slow,
        how=f"whole processes, {rounds} rounds in turn, the least CPU of each; a bare typer program's --help "
        f"takes {least[_FLOOR]:.2f} s.",
    )
    rows = tuple(
        (name, f"{least[name]:.3f}", f"{statistics.median(cpu for _, cpu in pairs):.3f}")
        for name, pairs in times.items()
    )
    return figure, Table(title="P8: starts", header=("words", "CPU s, least", "median"), rows=rows)


def _most(name: str) -> float:
    return 0.3 if name.startswith("rules") else 0.15


def _timed(most_rounds: int) -> tuple[int, dict[str, list[tuple[float, float]]]]:
    """Time every line; return how often, and wall and CPU seconds of each time."""
    began, rounds = time.perf_counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        work = _work(Path(folder))
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
        # The first round fills the caches of files and of compiled modules.
        for argv, environment in work.values():
            took(argv, environment, folder)
        while rounds < most_rounds and (rounds < _FEWEST_ROUNDS or time.perf_counter() - began < _LIMIT_S):
            rounds += 1
            for name, (argv, environment) in work.items():
                times[name].append(took(argv, environment, folder))
    return rounds, times


def main() -> None:
    """Print minimum, median and maximum of wall and CPU seconds of every line."""
    rounds, times = _timed(_MOST_ROUNDS)
    floor = min(cpu for _, cpu in times[_FLOOR])
    print(f"{rounds} rounds, load {os.getloadavg()[0]:.1f}; seconds, minimum/median/maximum")
    print(f"{'':32}  {'CPU':17}  {'ratio':5}  wall")
    for name, pairs in times.items():
        wall, cpu = (
            f"{min(c):.3f}/{statistics.median(c):.3f}/{max(c):.3f}" for c in zip(*pairs, strict=True)
        )
        print(f"{name:32}  {cpu:17}  {min(one for _, one in pairs) / floor:5.2f}  {wall}")


if __name__ == "__main__":
    main()
