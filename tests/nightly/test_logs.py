"""The log: one record a device, stable keys, and nothing in it that acts or that is secret."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from asa_transport.cli.console import StderrTeller
from asa_transport.core.documents.push import OUTCOMES
from asa_transport.flows.inputs import LogFormat
from asa_transport.flows.run_log import LogTeller, RunLog, RunLogObserver
from asa_transport.flows.told_push import PushLogWatcher
from asa_transport.model import AuditOutcome, Device, Refused, Secret, Severity, Stage, Step
from mock_devices import MockFleet
from tests.fleet.hands import run
from tests.support import QUICK, ROOT, cli, fleet_of, program
from tests.unit.judging import facts_of
from tests.unit.reporting import HOSTILE, audited, every_kind, finding, missed, named, report_of, texts

SECRETS = ("mock-Login-1", "mock-Enable-1")


class _Everything:
    """Takes whatever a watcher is told."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_given: None


class Nobody:
    """An observer that counts."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def run_started(self, run: str, devices: Sequence[Device]) -> None:
        self.told.append(f"{run} of {len(devices)}")

    def started(self, device: Device) -> None:
        self.told.append(f"started {device.name}")

    def finished(self, outcome: AuditOutcome) -> None:
        self.told.append(f"finished {outcome.device.name}")


def logged(log_format: LogFormat, act: Callable[[RunLog], None]) -> list[str]:
    """The lines that something writes into a log."""
    written: list[str] = []
    act(RunLog(log_format, written.append))
    text = "".join(written)
    assert text == "" or text.endswith("\n")
    return text.splitlines()


def records(act: Callable[[RunLog], None]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged(LogFormat.JSON, act)]


def whole_run(log: RunLog) -> None:
    report = every_kind()
    log.begin(report.run.id, tool_version="1", inventory="i.yaml", devices=len(report.devices))
    observer = RunLogObserver(log, Nobody())
    for outcome in report.outcomes:
        observer.started(outcome.device)
        observer.finished(outcome)
    channel = {"channel": "c", "kind": "webhook", "to": "h"}
    log.event("notified", channel)
    log.event("notify-failed", {**channel, "error": "x"}, is_bad=True)
    log.event("metrics-failed", {"error": "x"}, is_bad=True)
    LogTeller(log, None).warn("x")
    log.end(report)


def whole_push(log: RunLog) -> None:
    watcher = PushLogWatcher(log, _Everything(), inventory="i.yaml")
    device = named("fw-a")
    watcher.run_started("20260120T120000Z-0001", (device,))
    watcher.stepped(device, Step.SENDING)
    watcher.ended(Refused(device=device, reason="x"))
    watcher.stopped("x")
    push = {
        "mode": "commit",
        "stopped_by": None,
        **{f"outcome_{word.replace('-', '_')}": 0 for word in OUTCOMES},
    }
    log.finish("20260120T120000Z-0001", 6, duration_s=1.0, **push)
    log.finish("20260120T120000Z-0001", 0, duration_s=None, audited=1, not_audited=0, planned=1, held=0)


def test_there_is_one_record_for_each_device_and_one_at_each_end() -> None:
    """Counting lines is how a log is read."""
    found = records(whole_run)

    report = every_kind()
    assert [found[0]["event"], found[-1]["event"]] == ["run-started", "run-finished"]
    devices = [record["device"] for record in found if record["event"] == "device-finished"]
    assert sorted(devices) == sorted(device.name for device in report.devices)
    assert {record["run_id"] for record in found} == {report.run.id}
    assert found[-1]["audited"] + found[-1]["not_audited"] == len(report.devices) == found[0]["devices"]


def test_the_keys_are_those_of_the_page() -> None:
    """Queries and alerts are written against the page."""
    page = (ROOT / "docs" / "logging.md").read_text()
    above, _, below = page.partition("## Keys")
    events = re.findall(r"^\| `([a-z-]+)` \|", above, flags=re.MULTILINE)
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", below, flags=re.MULTILINE)
    documented = {name: set[str]() for name in events}
    for key, where in rows:
        for event in documented if where == "every record" else re.findall(r"`([a-z-]+)`", where):
            documented[event].add(key)

    found: dict[str, set[str]] = {}
    for record in (*records(whole_run), *records(whole_push)):
        found.setdefault(record["event"], set()).update(record)

    assert found == documented


def test_a_device_that_nobody_began_has_no_duration() -> None:
    """0 seconds would look like a refused connection."""
    (record,) = records(lambda log: RunLogObserver(log, Nobody()).finished(missed("fw-a", Stage.COLLECT)))

    assert record["duration_s"] is None
    assert (record["outcome"], record["stage"], record["level"]) == ("not-audited", "collect", "warning")


def test_the_other_observer_is_told_too() -> None:
    """The progress bar goes on."""
    other = Nobody()
    observer = RunLogObserver(RunLog(LogFormat.TEXT, None), other)

    observer.started(named("fw-a"))
    observer.finished(audited("fw-a", facts_of("-")))

    assert other.told == ["started fw-a", "finished fw-a"]


@given(text=texts)
def test_a_record_is_one_inert_line_whatever_a_device_says(text: str) -> None:
    """A forged line in a log is evidence of something that never was."""
    outcome = missed("fw-a", Stage.CONNECT, error=text)
    for log_format in LogFormat:
        lines = logged(log_format, lambda log: RunLogObserver(log, Nobody()).finished(outcome))

        assert len(lines) == 1
        assert lines[0].isprintable()
        assert lines[0].encode("utf-8")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_json_record_reads_back_inert(text: str) -> None:
    """`jq -r` prints what a string holds: an escape sequence must not come out of it."""
    (record,) = records(
        lambda log: RunLogObserver(log, Nobody()).finished(missed("fw-a", Stage.CONNECT, error=text))
    )

    assert record["error"].isprintable()


def test_keys_that_could_name_a_secret_are_dropped_and_a_secret_has_no_text() -> None:
    """For the field that somebody adds one day."""
    fields = {
        "password": "x1",
        "enable_secret": "x2",
        "webhookToken": "x3",
        "api_key": "x4",
        "url": Secret("x5"),
    }

    lines = [line for f in LogFormat for line in logged(f, lambda log: log.event("test", fields))]

    assert re.findall(r"x\d", "".join(lines)) == []
    assert "****" in lines[0]


def test_a_log_that_cannot_be_written_is_said_once_and_the_run_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A full disk must not cost the audit."""

    def full(_line: str) -> None:
        raise OSError(28, "No space left on device")

    log = RunLog(LogFormat.JSON, full, tell=StderrTeller())

    log.event("one", {})
    log.event("two", {})

    assert capsys.readouterr().err == "the log ends here: it cannot be written: No space left on device\n"


def test_what_the_run_found_is_counted() -> None:
    """The last record alone says whether a person must look."""
    report = report_of([audited("fw-a", facts_of("-"), findings=(finding(severity=Severity.CRITICAL),))])

    (record,) = records(lambda log: log.end(report))

    assert (record["findings_critical"], record["findings_high"], record["exit_code"]) == (1, 0, 4)


# The program.


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of({"name": "fw-a"}, {"name": "fw-b", "faults": [{"action": "refuse"}]}) as running:
        yield running


def test_stderr_is_json_lines_and_nothing_else(fleet: MockFleet, tmp_path: Path) -> None:
    """A collector that meets a line of prose drops it, or stops."""
    fleet.write(tmp_path)
    before = datetime.now(UTC)

    ended = program(
        "audit", "--log-format=json", "--format=json", "-v", *QUICK, cwd=tmp_path,
        ASA_TRANSPORT_STATE_DIR=str(tmp_path / "state"),
    )  # fmt: skip

    found = [json.loads(line) for line in ended.err.splitlines()]
    assert [record["event"] for record in found] == ["run-started", *["device-finished"] * 2, "run-finished"]
    assert {record["run_id"] for record in found} == {ended.document["run"]["id"]}
    assert all(before <= datetime.fromisoformat(record["time"]) <= datetime.now(UTC) for record in found)
    assert all(record["time"].endswith("Z") for record in found)
    assert not any(secret in ended.err for secret in SECRETS)


def test_a_log_file_is_appended_to_and_is_private(fleet: MockFleet, tmp_path: Path) -> None:
    """Two nights, one file; it names every firewall's address."""
    fleet.write(tmp_path)
    log = tmp_path / "audit.log"

    for _ in range(2):
        ended = run(tmp_path, "audit", "--log-file", log)

    lines = log.read_text().splitlines()
    assert ended.code == 4
    assert sum("event=run-finished" in line for line in lines) == 2
    assert all(line.startswith("time=20") and "run_id=20" in line for line in lines)
    assert log.stat().st_mode & 0o077 == 0
    assert not any(secret in log.read_text() for secret in SECRETS)


def test_a_log_that_cannot_be_opened_is_said_before_any_contact(fleet: MockFleet, tmp_path: Path) -> None:
    """Exit 2 at once, not a night without a log."""
    files = fleet.write(tmp_path)
    fleet.reset_transcripts()

    ended = cli("audit", "-i", files.inventory, "--log-file", tmp_path / "none" / "audit.log")

    assert ended.code == 2
    assert "--log-file" in ended.err
    assert fleet["fw-a"].typed == ()
