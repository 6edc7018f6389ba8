"""Print a live audit: its report, or what changed since an earlier one; say the rest on stderr."""

from __future__ import annotations

import errno
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from asa_transport.capabilities import Teller
from asa_transport.cli.console import say
from asa_transport.cli.views.diff import Changes, print_diff
from asa_transport.cli.views.formats import render
from asa_transport.core.reports.formats import Format
from asa_transport.core.reports.only import Only
from asa_transport.core.reports.report import summary
from asa_transport.edges.output_file import STDOUT, abandon_stdout
from asa_transport.errors import OutputError
from asa_transport.flows.audit import FleetAudit


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOutput:
    """What is printed of an audit, and where.

    Attributes:
        changes: `None` without `--since`.
        shown: Of which devices a table has rows; `None` for all of them.
        has_census: Whether what SSH the devices have is counted.
    """

    output_format: Format
    output: Path | None
    changes: Changes | None
    shown: Only | None = None
    has_census: bool = False


def print_audit(wanted: AuditOutput, file: IO[str], done: FleetAudit, *, no_color: bool) -> None:
    """Write the report to an open file, the changes to stdout; only the changes where both are stdout."""
    if wanted.changes is None or wanted.output is not None:
        report = done.report.with_ssh_census() if wanted.has_census else done.report
        render(wanted.output_format, file, report, no_color=no_color, shown=wanted.shown)
    if wanted.changes is not None:
        print_diff(wanted.changes.shape, sys.stdout, done.diff, no_color=no_color)


def say_unwritten(done: FleetAudit, error: OutputError) -> None:
    """Say where the report is kept that could not be written; to a reader that left (`| head`), nothing."""
    if error.place == STDOUT:
        abandon_stdout()
    if error.errno == errno.EPIPE:
        return
    where = "" if done.folder is None else f"; the run is kept: 'asa-transport report {done.folder.name}'"
    say(f"error: {error}{where}")


def say_rest(wanted: AuditOutput, done: FleetAudit, tell: Teller, *, verbose: bool) -> None:
    """Say what the output does not show where a person reads it."""
    if done.was_stopped:
        tell.note("stopped: what was not finished is listed as not audited")
    is_report_elsewhere = wanted.output is not None or wanted.output_format is not Format.TABLE
    if wanted.changes is None and is_report_elsewhere:
        tell.note(summary(done.report.ordered))
    if verbose and done.folder is not None:
        tell.note(f"answers of the devices: {done.folder / 'raw'}")
