"""Print a live audit: its report, or what changed since an earlier one; say the rest on stderr."""

from __future__ import annotations

import errno
import sys
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from asa_transport.capabilities import Teller
from asa_transport.cli.console import say
from asa_transport.cli.option_groups import Voice
from asa_transport.cli.views.diff import Changes, print_diff
from asa_transport.cli.views.formats import render
from asa_transport.cli.views.progress import Meter
from asa_transport.core.reports.formats import Format
from asa_transport.core.reports.only import Only
from asa_transport.core.reports.report import summary
from asa_transport.edges.output_file import STDOUT, abandon_stdout, opened
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


class AuditPrinter:
    """Prints one audit, once, as soon as it is there; use it as a context.

    Where it is to go is opened before the first contact, and left as it was where no audit comes.

    Attributes:
        is_whole: Whether what was printed was also written.
    """

    def __init__(self, wanted: AuditOutput, voice: Voice, tell: Teller) -> None:
        self.is_whole = True
        self._wanted = wanted
        self._voice = voice
        self._tell = tell
        self._output = ExitStack()
        self._live = ExitStack()

    def __enter__(self) -> Self:
        self._file = self._output.enter_context(opened(self._wanted.output, sys.stdout))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)
        self._output.__exit__(kind, error, trace)

    def ended_before(self, meter: AbstractContextManager[Meter]) -> Meter:
        """Return the meter, which is gone before anything is printed."""
        return self._live.enter_context(meter)

    def show(self, done: FleetAudit) -> None:
        """Print the audit; where it cannot be written, say so, and go on."""
        self._live.close()
        try:
            with self._output.pop_all():
                print_audit(self._wanted, self._file, done, no_color=self._voice.no_color)
                self._file.flush()
        except OutputError as error:
            # Nobody is told less of a night, by mail or metrics, because a disk is full.
            self.is_whole = False
            say_unwritten(done, error)
        else:
            say_rest(self._wanted, done, self._tell, verbose=self._voice.verbose)


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
        tell.note(summary(done.report.ordered, done.report.run))
    if verbose and done.folder is not None:
        tell.note(f"answers of the devices: {done.folder / 'raw'}")
