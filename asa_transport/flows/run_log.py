"""The log of a run: one record when it starts, one for each device, one when it ends.

Guarantees that a record is one line whatever a device says, that its time is UTC, that its keys
are those of docs/logging.md, and that no key that could name a secret is in it.  A log that
cannot be written any more is said once and ends; the run goes on.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, assert_never

import structlog

from asa_transport._version import __version__
from asa_transport.capabilities import RunObserver, Silence, Teller
from asa_transport.core.reports.report import Report
from asa_transport.edges.notify import logfile
from asa_transport.flows.inputs import LogFormat
from asa_transport.model import (
    Applied,
    Audited,
    AuditOutcome,
    Device,
    NoChange,
    NotAudited,
    Severity,
    Verdict,
    WouldPush,
)
from asa_transport.model.outcome_counts import counts_of
from asa_transport.model.push import AnyOutcome
from asa_transport.text import visible

Record: TypeAlias = MutableMapping[str, Any]
Write: TypeAlias = Callable[[str], None]

_FIRST: Final = ("time", "level", "event", "run_id", "device")
# A `Secret` never enters a record; this is for the key that somebody adds one day.
_SECRET: Final = re.compile(
    r"pass(word|wd|phrase)|secret|token|credential|(api|private)_?key|signature", re.IGNORECASE
)


class RunLog:
    """The records of one run; safe to share between threads.

    Args:
        write: Takes one line, its end included; `None` for no log at all.
        tell: Told where the log cannot be written any more.
    """

    def __init__(self, log_format: LogFormat, write: Write | None, *, tell: Teller | None = None) -> None:
        self._tell = Silence() if tell is None else tell
        self._logger = None if write is None else _logger(log_format, write)
        self._is_begun = False

    def event(self, name: str, fields: Mapping[str, object], *, is_bad: bool = False) -> None:
        """Write a record, as a warning where something is bad; never raises."""
        if self._logger is None:
            return
        try:
            (self._logger.warning if is_bad else self._logger.info)(name, **fields)
        except OSError as error:
            self._logger = None
            # Where the log was on stderr, and that is gone, nobody can be told.
            with contextlib.suppress(OSError):
                self._tell.warn(f"the log ends here: it cannot be written: {error.strerror}")

    def begin(self, run_id: str, **fields: object) -> None:
        """Write the first record; every later one carries the id too."""
        self._is_begun = True
        if self._logger is not None:
            self._logger = self._logger.bind(run_id=run_id)
        self.event("run-started", fields)

    def outcome(self, outcome: AnyOutcome) -> None:
        """Write the record of a device that was pushed."""
        device = outcome.device
        fields = {
            "device": device.name,
            "host": device.host,
            "region": device.region,
            "outcome": outcome.word,
            "error": outcome.reason,
        }
        self.event("device-pushed", fields, is_bad=not isinstance(outcome, Applied | NoChange | WouldPush))

    def finish(self, run_id: str, exit_code: int, *, duration_s: float | None, **fields: object) -> None:
        """Write what a run came to that is no audit; the first record too, where nobody began it."""
        if not self._is_begun:
            self.begin(run_id, tool_version=__version__)
        known = {
            "exit_code": exit_code,
            "duration_s": None if duration_s is None else round(duration_s, 3),
            **fields,
        }
        self.event("run-finished", known, is_bad=exit_code != 0)

    def end(self, report: Report) -> None:
        """Write what the run came to."""
        counts, run = counts_of(report.ordered), report.run
        fields = {
            "exit_code": int(run.exit_code),
            "duration_s": round((run.finished_at - run.started_at).total_seconds(), 3),
            "audited": counts.audited,
            "not_audited": counts.not_audited,
            **{
                f"verdict_{verdict.replace('-', '_')}": counts.by_verdict.get(verdict, 0)
                for verdict in Verdict
            },
            **{f"findings_{severity}": counts.by_severity.get(severity, 0) for severity in Severity},
        }
        self.event("run-finished", fields, is_bad=run.exit_code != 0)


class RunLogObserver:
    """Implements `capabilities.RunObserver`: a record for each device, then what the other observer does."""

    def __init__(self, log: RunLog, then: RunObserver, *, inventory: str = "") -> None:
        self._log = log
        self._then = then
        self._inventory = inventory

    def run_started(self, run: str, devices: Sequence[Device]) -> None:
        """Write the first record."""
        self._log.begin(run, tool_version=__version__, inventory=self._inventory, devices=len(devices))
        self._then.run_started(run, devices)

    def started(self, device: Device) -> None:
        """Write nothing; the one record of a device is written at its end."""
        self._then.started(device)

    def finished(self, outcome: AuditOutcome) -> None:
        """Write the device's record."""
        device = outcome.device
        fields: dict[str, object] = {"device": device.name, "host": device.host, "region": device.region}
        match outcome:
            case Audited():
                fields |= {"outcome": "audited", "stage": None, "error": None}
            case NotAudited():
                fields |= {"outcome": "not-audited", "stage": outcome.stage.value, "error": outcome.error}
            case _:
                assert_never(outcome)
        fields["duration_s"] = outcome.duration_s
        self._log.event("device-finished", fields, is_bad=isinstance(outcome, NotAudited))
        self._then.finished(outcome)


class LogTeller:
    """Implements `capabilities.Teller`: a record for each warning, then what the other teller does.

    Args:
        then: `None` where the records are read in its place.
    """

    def __init__(self, log: RunLog, then: Teller | None) -> None:
        self._log = log
        self._then = Silence() if then is None else then

    def note(self, message: str, /) -> None:
        """Say it; it is no news of the run."""
        self._then.note(message)

    def warn(self, message: str, /) -> None:
        """Write it down, and say it."""
        self._log.event("warned", {"error": message}, is_bad=True)
        self._then.warn(message)


def run_log(log_format: LogFormat | None, file: Path | None, *, stream: Write, tell: Teller) -> RunLog:
    """Return the log that was asked for: to a file, to the stream where only a format is named, or none.

    Raises:
        UserError: The file cannot be written.
    """
    if file is not None:
        logfile.check(file)
        return RunLog(log_format or LogFormat.TEXT, lambda line: logfile.append(file, line), tell=tell)
    return RunLog(log_format or LogFormat.TEXT, None if log_format is None else stream, tell=tell)


class _Sink:
    """What structlog hands its finished line to."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def msg(self, line: str) -> None:
        self._write(line + "\n")

    info = warning = msg


def _logger(log_format: LogFormat, write: Write) -> Any:
    renderer: Callable[[Any, str, Record], str | bytes]
    match log_format:
        case LogFormat.TEXT:
            renderer = structlog.processors.LogfmtRenderer()
        case LogFormat.JSON:
            renderer = structlog.processors.JSONRenderer()
        case _:
            assert_never(log_format)
    return structlog.wrap_logger(
        _Sink(write),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            without_secrets,
            inert,
            _ordered,
            renderer,
        ],
        wrapper_class=structlog.BoundLogger,
    )


def without_secrets(_logger: Any, _name: str, record: Record) -> Record:
    """Return the record without the keys that could name a secret."""
    return {key: value for key, value in record.items() if not _SECRET.search(key)}


def inert(_logger: Any, _name: str, record: Record) -> Record:
    """Return the record with texts, numbers and null only, and nothing in them that acts."""
    return {key: _plain(value) for key, value in record.items()}


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return visible(str(value))


def _ordered(_logger: Any, _name: str, record: Record) -> Record:
    first = {key: record[key] for key in _FIRST if key in record}
    return {**first, **record}
