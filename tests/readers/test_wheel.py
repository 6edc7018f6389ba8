"""check-wheel-contents: the wheel holds what it should, and nothing twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.readers.asked import ask
from tests.readers.installs import BIN
from tests.support import ROOT


def test_the_wheel_has_no_remark(tmp_path: Path) -> None:
    """Two files of the same bytes, or a library that nobody meant, are faults of packing."""
    argv = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")

    ended = ask(BIN / "check-wheel-contents", "--config", ROOT / "pyproject.toml", wheel)

    assert (ended.code, ended.out.strip().endswith(": OK")) == (0, True), ended.out
