"""What an unattended audit does beside its report: metrics.

Whatever can be wrong with what the user asked for is said before the first device is
contacted.  After the run nothing here changes its report or its exit code: what cannot be
written is said on stderr.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asa_transport.cli.common import say
from asa_transport.core.report import metrics
from asa_transport.core.report.audit_report import Report
from asa_transport.edges import textfile
from asa_transport.model import Device, MetricFamily


@dataclass(frozen=True, slots=True, kw_only=True)
class Nightly:
    """What the user asked for."""

    metrics: Path | None = None

    def prepared(self) -> Night:
        """Return it checked, or raise UserError."""
        if self.metrics is not None:
            textfile.check(self.metrics)
        return Night(asked=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What was asked for, checked; nothing of it was done yet."""

    asked: Nightly

    def after_run(self, report: Report, *, inventory: Sequence[Device], catalogue_version: str) -> None:
        """Write what was asked for; a failure is said, never raised.

        Args:
            inventory: All devices, also those that the run did not select.
        """
        if self.asked.metrics is not None:
            _write_metrics(self.asked.metrics, report, inventory, catalogue_version)


def _write_metrics(path: Path, report: Report, inventory: Sequence[Device], catalogue_version: str) -> None:
    previous: tuple[MetricFamily, ...] = ()
    try:
        previous = textfile.read(path)
    except (OSError, ValueError) as error:
        say(f"--metrics {path}: what was known of devices that were not audited is lost: {error}")
    found = metrics.families(
        report, inventory=inventory, previous=previous, catalogue_version=catalogue_version
    )
    try:
        textfile.write(path, found)
    except OSError as error:
        say(f"--metrics {path}: not written: {error.strerror}")
