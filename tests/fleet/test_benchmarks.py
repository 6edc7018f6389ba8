"""The benchmarks run, and say what they measured; what comes out is nobody's promise here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.settings import AUDIT_COMMANDS
from tests.support import ROOT, audit, fleet_of


# A dozen whole programs, one after the other, on a machine that may be busy.
@pytest.mark.timeout(400)
def test_the_quick_run_measures_every_figure_and_keeps_what_it_printed(tmp_path: Path) -> None:
    """A benchmark that nobody can run is a claim; `make bench` must work on the day it is needed."""
    kept = tmp_path / "performance.md"

    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--quick", "--output", str(kept)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=380,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == kept.read_text()
    figures = re.findall(r"^\| (P\db?) \|.*\| (?:not )?met \|$", done.stdout, re.MULTILINE)
    assert figures == ["P1", "P2", "P3", "P4", "P4b", "P5", "P6", "P7", "P8", "P9"]
    assert "the verdicts were NOT those expected" not in done.stdout
    assert "| asa-transport audit | 12 | 12 |" in done.stdout


def test_the_peers_are_given_the_commands_of_an_audit(tmp_path: Path) -> None:
    """A comparison with a client that asks less would not be one."""
    with fleet_of({"name": "fw-1"}) as fleet:
        ended = audit(fleet, tmp_path)
        typed = [line for line in fleet["fw-1"].typed if line.startswith("show")]

    assert ended.device("fw-1")["outcome"] == "audited"
    assert tuple(typed) == AUDIT_COMMANDS
