"""Ask a reader, and the files that they are asked about."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import asa_transport
from asa_transport.core.reports.report import Report
from tests.support import ROOT, Ended


def ask(*argv: str | Path, stdin: str = "", env: Mapping[str, str] | None = None) -> Ended:
    """Run a reader; it is given no network address by us, and no question."""
    done = subprocess.run(
        [*map(str, argv)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def written(directory: Path, report: Report, name: str) -> Path:
    """Return a file that holds the report in a format."""
    path = directory / f"audit.{name}"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(asa_transport.render(report, name))
    return path
