"""The build that the figures are held against: 4e2b8d2, of 22 November 2026, in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.fleets import ROOT

COMMIT = "4e2b8d2"
PLACE = ROOT / "build" / "then"
PROGRAM = PLACE / ".venv" / "bin" / "asa-transport"
_LIMIT_S = 600


def installed() -> str | None:
    """Check it out and install it, where that is not done yet; return why it cannot be, or `None`."""
    if PROGRAM.exists():
        return None
    try:
        if not PLACE.exists():
            _run("git", "worktree", "prune")
            _run("git", "worktree", "add", "--detach", "--force", str(PLACE), COMMIT)
        _run(sys.executable, "-m", "venv", str(PLACE / ".venv"))
        pip = (str(PLACE / ".venv" / "bin" / "python"), "-m", "pip", "install", "-q")
        _run(*pip, "--disable-pip-version-check", str(PLACE))
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return f"{said}".strip().splitlines()[-1]
    return None


def _run(*argv: str | Path) -> None:
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True, timeout=_LIMIT_S)
