"""What an unattended run does beside its report: metrics, a log, notifications.

Whatever can be wrong with what the user asked for is said before the first device is
contacted.  After the run nothing here changes its report or its exit code: what cannot be
written is told, never raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path

from asa_transport.capabilities import RunObserver, Teller
from asa_transport.core.history.differences import Diff
from asa_transport.core.reports import metrics
from asa_transport.core.reports.html import page
from asa_transport.core.reports.interest import of_regions
from asa_transport.core.reports.notification import of_changes
from asa_transport.core.reports.report import Report
from asa_transport.edges import templates
from asa_transport.edges.notify import textfile
from asa_transport.edges.secrets.credentials import Ask
from asa_transport.errors import in_words
from asa_transport.flows.inputs import UnattendedOptions
from asa_transport.flows.notify import DeliveryResult, Notifier, notifier
from asa_transport.flows.run_log import LogTeller, RunLog, RunLogObserver, Write, run_log
from asa_transport.model import Device, Interest, MetricFamily, Notice
from asa_transport.model.ending import RunEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Unattended:
    """What was asked for, checked; nothing of it was done yet."""

    options: UnattendedOptions
    log: RunLog
    people: Notifier
    tell: Teller

    @property
    def is_log_on_stream(self) -> bool:
        """Whether the records are on the stream; nothing but errors should stand between them there."""
        return self.options.log_format is not None and self.options.log_file is None

    def observer(self, then: RunObserver, inventory: Path) -> RunObserver:
        """Return what writes the log's records of a run and then tells `then`."""
        return RunLogObserver(self.log, then, inventory=str(inventory))

    def teller(self, then: Teller) -> Teller:
        """Return what writes a record of each warning, and says it where the log is elsewhere."""
        return LogTeller(self.log, None if self.is_log_on_stream else then)

    def after_run(
        self,
        report: Report,
        diff: Diff,
        *,
        inventory: Sequence[Device],
        catalogue_version: str,
        is_ended: bool = False,
    ) -> None:
        """End the log, tell people, write metrics; a failure is told, never raised.

        Args:
            diff: What has changed since the last run.
            inventory: All of its devices, also those that the run did not select.
            is_ended: A person wants the end, after the report: people are not told.
        """
        self.log.end(report)
        delivered: dict[str, bool] = {}
        try:
            # What was stopped says nothing of the fleet, and who stopped it knows.
            if report.run.exit_code != RunEnd.INTERRUPTED and not is_ended:
                notice_of = cache(partial(self._notice, report, diff))
                self.tell_people(notice_of, at=report.run.finished_at, delivered=delivered)
        finally:
            # Also where a person is tired of waiting for a mail server.
            if self.options.metrics is not None:
                found = metrics.families(
                    report,
                    inventory=inventory,
                    previous=self._earlier(self.options.metrics),
                    catalogue_version=catalogue_version,
                    told=delivered,
                )
                self._write(self.options.metrics, found)

    def tell_people(
        self,
        notice_of: Callable[[Interest], Notice],
        *,
        at: datetime,
        delivered: dict[str, bool] | None = None,
    ) -> None:
        """Tell each channel that hears of it; a failure is told, never raised.

        Args:
            notice_of: Returns what a channel of such an interest is told.
            at: When the run ended.
            delivered: Takes by channel whether it was told.
        """
        for one in self.people.tell(notice_of, at=at):
            if delivered is not None:
                delivered[one.channel] = one.error is None
            self._note(one)

    def _notice(self, report: Report, diff: Diff, interest: Interest) -> Notice:
        summary = of_changes(report, diff, interest)
        html = None
        if self.people.wants_page(interest):
            mine, _ = of_regions(report, diff, interest.regions)
            html = page.text(mine, templates.jinja())
        return Notice(run_id=report.run.id, summary=summary, html=html)

    def _note(self, result: DeliveryResult) -> None:
        fields = {"channel": result.channel, "kind": result.kind, "to": result.to}
        if result.error is None:
            self.log.event("notified", fields)
            return
        what = f"channel {result.channel} ({result.kind}, {result.to})"
        self._failed("notify-failed", f"{what}: not told of this run: {result.error}", fields)

    def _earlier(self, path: Path) -> tuple[MetricFamily, ...]:
        """Return the metrics of the last run; devices that this one did not audit are still of interest."""
        try:
            return textfile.read(path)
        except (OSError, ValueError) as error:
            reason = in_words(error) if isinstance(error, OSError) else str(error)
            why = f"what was known of devices that were not audited is lost: {reason}"
            self._failed("metrics-failed", f"--metrics {path}: {why}")
            return ()

    def _write(self, path: Path, found: Sequence[MetricFamily]) -> None:
        try:
            textfile.write(path, found)
        except OSError as error:
            self._failed("metrics-failed", f"--metrics {path}: not written: {error.strerror}")

    def _failed(self, event: str, message: str, fields: Mapping[str, object] | None = None) -> None:
        """Say what went wrong after the run: to a person once, and in a log that is elsewhere."""
        self.log.event(event, {**(fields or {}), "error": message}, is_bad=True)
        if not self.is_log_on_stream:
            self.tell.warn(message)


def prepare_unattended(
    options: UnattendedOptions, *, inventory: Sequence[Device], ask: Ask | None, stream: Write, tell: Teller
) -> Unattended:
    """Return what was asked for, checked and with its secrets.

    Args:
        inventory: All of its devices: a channel for a region that has none is told of.
        ask: Puts a question to a person; `None` where nobody can be asked.
        stream: Takes the log's lines where a format is named and no file.

    Raises:
        UserError: A file, a channel or a secret is not usable.
    """
    if options.metrics is not None:
        textfile.check(options.metrics)
    people = Notifier() if options.notify is None else notifier(options.notify, ask=ask)
    for note in people.regions_without({device.region for device in inventory}):
        tell.warn(note)
    log = run_log(options.log_format, options.log_file, stream=stream, tell=tell)
    return Unattended(options=options, log=log, people=people, tell=tell)
