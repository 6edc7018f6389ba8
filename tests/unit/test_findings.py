"""The scripts of findings/ keep their form; what they show is run by `make findings`, outside this suite."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support import ROOT

FINDINGS = sorted((ROOT / "findings").glob("*.sh"))


@pytest.mark.parametrize("script", FINDINGS, ids=lambda path: path.stem)
def test_a_finding_says_what_it_shows_and_installs_pinned_packages(script: Path) -> None:
    """One without a version is no fact, and one that is not in the list is not found."""
    text = script.read_text()
    head = text.split("set -euo pipefail")[0]

    assert [word for word in ("Guess:", "Seen:", "Matters:") if word not in head] == []
    packages = re.findall(r"pip\" install [^\n]*", text)
    assert packages
    assert all("==" in word for line in packages for word in line.split()[2:] if not word.startswith("-"))
    assert script.name in (ROOT / "findings" / "README.md").read_text()
    assert "asa_transport" not in text
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
