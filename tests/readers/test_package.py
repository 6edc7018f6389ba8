"""twine: an index would take the wheel and the source archive, and show their page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.readers.asked import ask
from tests.readers.installs import BIN
from tests.support import ROOT


def test_both_packages_pass_with_no_remark(tmp_path: Path) -> None:
    """A README that an index cannot show, or metadata that it refuses, is found before the release."""
    argv = [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)]
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, timeout=100)
    packages = sorted(tmp_path.iterdir())

    ended = ask(BIN / "twine", "--no-color", "check", "--strict", *packages)

    assert [path.suffix for path in packages] == [".whl", ".gz"]
    assert (ended.code, ended.out.count("PASSED")) == (0, 2), ended.out
