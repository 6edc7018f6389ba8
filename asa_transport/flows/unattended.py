"""What an unattended audit does beside its report: metrics, a log, notifications.

Whatever can be wrong with what the user asked for is said before the first device is
contacted.  After the run nothing here changes its report or its exit code: what cannot be
written is said on stderr.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from asa_transport import __version__
from asa_transport.capabilities import Observer
from asa_transport.cli.console import say
from asa_transport.core.reports import metrics, notification
from asa_transport.core.reports.report import Report
from asa_transport.edges.notify import textfile
from asa_transport.edges.secrets.credentials import Ask
from asa_transport.errors import in_words
from asa_transport.flows.audit import Request
from asa_transport.flows.inputs import Nightly
from asa_transport.flows.notify import Notifier, Told, notifier
from asa_transport.flows.run_log import Logging, RunLog, run_log
from asa_transport.flows.standard import Judgement
from asa_transport.model import Inventory, MetricFamily, Notice, Summary
from asa_transport.model.ending import RunEnd


def prepared(asked: Nightly, ask: Ask | None) -> Night:
    """Return what was asked for, checked and with its secrets, or raise UserError."""
    if asked.metrics is not None:
        textfile.check(asked.metrics)
    people = Notifier() if asked.notify is None else notifier(asked.notify, ask=ask)
    return Night(asked=asked, log=run_log(asked.log_format, asked.log_file), people=people)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What was asked for, checked; nothing of it was done yet."""

    asked: Nightly
    log: RunLog
    people: Notifier

    @property
    def has_stderr(self) -> bool:
        """Whether the log's records are on stderr; nothing but errors should stand between them then."""
        return self.asked.log_format is not None and self.asked.log_file is None

    def observer(self, then: Observer, run_id: str, request: Request) -> Observer:
        """Begin the log; return what writes a record for each device and then tells `then`."""
        inventory, devices = str(request.inventory.path), len(request.devices)
        self.log.begin(run_id, tool_version=__version__, inventory=inventory, devices=devices)
        return Logging(self.log, then)

    def after_run(
        self,
        report: Report,
        inventory: Inventory,
        judgement: Judgement,
        *,
        summary: Summary | None = None,
        html: str | None = None,
    ) -> None:
        """End the log, tell people, write metrics; a failure is said, never raised.

        Args:
            inventory: The whole of it, also what the run did not select.
            summary: What has changed since the last run; `None` where nobody compared.
            html: The run's page, to be attached to mails.
        """
        self.log.end(report)
        told: dict[str, bool] = {}
        try:
            # What was stopped says nothing of the fleet, and who stopped it knows.
            if self.people.lines and report.run.exit_code != RunEnd.INTERRUPTED:
                said = summary or notification.of_run(report)
                notice = Notice(run_id=report.run.id, summary=said, html=html)
                for one in self.people.tell(notice, at=report.run.finished_at):
                    told[one.channel] = one.error is None
                    self._say_told(one)
        finally:
            # Also where a person is tired of waiting for a mail server.
            if self.asked.metrics is not None:
                self._write_metrics(self.asked.metrics, report, inventory, judgement, told)

    def _say_told(self, told: Told) -> None:
        fields = {"channel": told.channel, "kind": told.kind, "to": told.to}
        if told.error is None:
            self.log.event("notified", fields)
            return
        what = f"channel {told.channel} ({told.kind}, {told.to})"
        self._failed("notify-failed", f"{what}: not told of this run: {told.error}", fields)

    def _write_metrics(
        self, path: Path, report: Report, inventory: Inventory, judgement: Judgement, told: Mapping[str, bool]
    ) -> None:
        previous: tuple[MetricFamily, ...] = ()
        try:
            previous = textfile.read(path)
        except (OSError, ValueError) as error:
            reason = in_words(error) if isinstance(error, OSError) else str(error)
            why = f"what was known of devices that were not audited is lost: {reason}"
            self._failed("metrics-failed", f"--metrics {path}: {why}")
        found = metrics.families(
            report,
            inventory=inventory.devices,
            previous=previous,
            catalogue_version=judgement.catalogue_version,
            told=told,
        )
        try:
            textfile.write(path, found)
        except OSError as error:
            self._failed("metrics-failed", f"--metrics {path}: not written: {error.strerror}")

    def _failed(self, event: str, message: str, fields: Mapping[str, object] | None = None) -> None:
        """Say what went wrong after the run, once on stderr and once in a log that is elsewhere."""
        self.log.event(event, {**(fields or {}), "error": message}, is_bad=True)
        if not self.has_stderr:
            say(message)
