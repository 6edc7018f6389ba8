"""What an unattended audit does beside its report: metrics and a log.

Whatever can be wrong with what the user asked for is said before the first device is
contacted.  After the run nothing here changes its report or its exit code: what cannot be
written is said on stderr.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asa_transport import __version__
from asa_transport.capabilities import Observer
from asa_transport.cli.common import say
from asa_transport.cli.logs import LogFormat, Logging, RunLog, run_log
from asa_transport.core.report import metrics
from asa_transport.core.report.audit_report import Report
from asa_transport.edges import textfile
from asa_transport.model import Device, MetricFamily


@dataclass(frozen=True, slots=True, kw_only=True)
class Nightly:
    """What the user asked for."""

    metrics: Path | None = None
    log_format: LogFormat | None = None
    log_file: Path | None = None

    def prepared(self) -> Night:
        """Return it checked, or raise UserError."""
        if self.metrics is not None:
            textfile.check(self.metrics)
        return Night(asked=self, log=run_log(self.log_format, self.log_file))


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What was asked for, checked; nothing of it was done yet."""

    asked: Nightly
    log: RunLog

    @property
    def has_stderr(self) -> bool:
        """Whether the log's records are on stderr; nothing but errors should stand between them then."""
        return self.asked.log_format is not None and self.asked.log_file is None

    def observer(self, then: Observer, *, run_id: str, inventory: Path, devices: int) -> Observer:
        """Begin the log; return what writes a record for each device and then tells `then`."""
        self.log.begin(run_id, tool_version=__version__, inventory=str(inventory), devices=devices)
        return Logging(self.log, then)

    def after_run(self, report: Report, *, inventory: Sequence[Device], catalogue_version: str) -> None:
        """End the log and write what was asked for; a failure is said, never raised.

        Args:
            inventory: All devices, also those that the run did not select.
        """
        self.log.end(report)
        if self.asked.metrics is not None:
            self._write_metrics(self.asked.metrics, report, inventory, catalogue_version)

    def _write_metrics(
        self, path: Path, report: Report, inventory: Sequence[Device], catalogue_version: str
    ) -> None:
        previous: tuple[MetricFamily, ...] = ()
        try:
            previous = textfile.read(path)
        except (OSError, ValueError) as error:
            why = f"what was known of devices that were not audited is lost: {error}"
            self._failed("metrics-failed", f"--metrics {path}: {why}")
        found = metrics.families(
            report, inventory=inventory, previous=previous, catalogue_version=catalogue_version
        )
        try:
            textfile.write(path, found)
        except OSError as error:
            self._failed("metrics-failed", f"--metrics {path}: not written: {error.strerror}")

    def _failed(self, event: str, message: str) -> None:
        """Say what went wrong after the run, once on stderr and once in a log that is elsewhere."""
        self.log.event(event, {"error": message}, is_bad=True)
        if not self.has_stderr:
            say(message)
