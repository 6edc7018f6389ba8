"""The audit as a plain Python program has it: without a terminal, a signal, or a directory of ours."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from asa_transport.core.documents.audit import document
from asa_transport.core.history.differences import Compared
from asa_transport.core.reports.report import Report
from asa_transport.edges.state import kept_answers
from asa_transport.engine.fleet import RunStop
from asa_transport.errors import UserError
from asa_transport.files.inventory import load
from asa_transport.flows import standard
from asa_transport.flows.analyze import analyze
from asa_transport.flows.audit import FleetAudit, audit, audit_fleet, prepare
from asa_transport.flows.history import diff_of, list_runs, report_of
from asa_transport.flows.inputs import Files, StateLocation
from asa_transport.flows.recorder import RunOrder
from asa_transport.model import Audited, AuditOutcome, Device, Inventory, Limits, NotAudited, Severity
from asa_transport.model.ending import RunEnd
from mock_devices import MockFleet
from tests.support import fleet_of

LIMITS = Limits(tcp_s=5, handshake_s=10, authentication_s=10, command_s=20, device_s=60, attempts=1)


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of({"name": "fw-a"}, {"name": "fw-b", "version": "9.18(4)"}) as running:
        yield running


@pytest.fixture
def inventory(fleet: MockFleet, tmp_path: Path) -> Inventory:
    return load(fleet.write(tmp_path).inventory)


class Watcher:
    """A `RunObserver` that remembers."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def run_started(self, run: str, devices: Sequence[Device]) -> None:
        assert run
        self.told.append(f"{len(devices)} devices")

    def started(self, device: Device) -> None:
        self.told.append(f"started {device.name}")

    def finished(self, outcome: AuditOutcome) -> None:
        self.told.append(f"finished {outcome.device.name}")


class Listener:
    """A `Teller` that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str, /) -> None:
        self.said.append(message)

    warn = note


def names(report: Report) -> list[str]:
    return [outcome.device.name for outcome in report.ordered]


def as_document(report: Report) -> Mapping[str, object]:
    return document(report.run, report.devices, report.outcomes, now=report.now)


def kept(inventory: Inventory, location: StateLocation, **changes: Severity) -> FleetAudit:
    """An audit that is kept, as the command has it."""
    request = prepare(inventory, limits=LIMITS)
    order = RunOrder(
        inventory_file=inventory.path,
        devices=request.devices,
        limit=(),
        not_selected=request.not_selected,
        part=request.division.part,
        elsewhere=request.division.elsewhere,
        standard=standard.read(inventory.path, Files(), now=datetime.now(UTC), is_now_given=False),
        **changes,
    )
    return audit_fleet(request, order, location=location)


def test_a_program_that_names_no_directory_has_the_answers_and_leaves_nothing_behind(
    inventory: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In a thread of a job runner no signal can be taken, and nobody reads what is printed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    before = set(tmp_path.rglob("*"))
    listener = Listener()

    with ThreadPoolExecutor(1) as job:
        report = job.submit(audit, inventory, limits=LIMITS, tell=listener).result()

    assert names(report) == ["fw-a", "fw-b"]
    for outcome in report.ordered:
        assert isinstance(outcome, Audited)
        assert outcome.decision is not None
        assert {"show version", "show license all"} <= {one.command for one in outcome.capture.outputs}
    assert report.run.exit_code is RunEnd.FINDINGS
    assert set(tmp_path.rglob("*")) == before
    assert (*capfd.readouterr(), listener.said) == ("", "", [])


def test_an_observer_is_told_of_the_run_and_of_each_device(inventory: Inventory) -> None:
    """A progress bar of somebody else's needs the number first, and no more than two words a device."""
    watcher = Watcher()

    report = audit(inventory, limit=["fw-a"], limits=LIMITS, observer=watcher)

    assert names(report) == ["fw-a"]
    assert watcher.told == ["1 devices", "started fw-a", "finished fw-a"]


def test_a_run_that_is_stopped_says_so_and_names_what_it_did_not_audit(inventory: Inventory) -> None:
    """A device that is silently missing would be the second worst thing."""
    stop = RunStop()
    stop.set()

    report = audit(inventory, limits=LIMITS, stop=stop)

    assert names(report) == ["fw-a", "fw-b"]
    assert all(isinstance(outcome, NotAudited) for outcome in report.ordered)
    assert report.run.exit_code is RunEnd.INTERRUPTED


def test_runs_that_are_kept_are_compared_listed_and_reported_again(
    inventory: Inventory, tmp_path: Path
) -> None:
    """What the commands print are the values that these functions return."""
    location = StateLocation(state_dir=tmp_path / "state")

    first = kept(inventory, location)
    second = kept(inventory, location, fail_on_new=Severity.INFO)

    assert first.folder is not None
    assert sorted(kept_answers.read(first.folder, {"fw-a", "fw-b", "fw-c"})) == ["fw-a", "fw-b"]
    assert all(not one.capture.outputs for one in first.report.outcomes if isinstance(one, Audited))
    assert first.diff.before is None
    assert first.report.run.exit_code is RunEnd.FINDINGS
    assert isinstance(second.diff.before, Compared)
    assert second.diff.before.id == first.report.run.id
    assert second.diff.changes == ()
    assert second.report.run.exit_code is RunEnd.OK
    listed = list_runs(location)
    assert [run.id for run in listed.runs] == [second.report.run.id, first.report.run.id]
    assert listed.unsettled == ()
    run, again = report_of(location, first.report.run.id)
    assert run.id == first.report.run.id
    assert as_document(again) == as_document(first.report)
    assert diff_of(location, ()).changes == ()


def test_answers_that_were_kept_are_judged_as_they_were_live(inventory: Inventory, tmp_path: Path) -> None:
    """The way after the capture is one and the same."""
    live = kept(inventory, StateLocation(state_dir=tmp_path / "state"))
    assert live.folder is not None

    found = analyze([live.folder], inventory=inventory)

    def judged(report: Report) -> list[object]:
        return [
            (one.device.name, one.decision and one.decision.verdict, [each.rule for each in one.findings])
            for one in report.ordered
            if isinstance(one, Audited)
        ]

    assert judged(found.report) == judged(live.report)
    assert found.remarks == ()


def test_a_dash_is_refused_where_nobody_gave_a_standard_input() -> None:
    """A job that waits for the stdin of its scheduler waits for ever."""
    with pytest.raises(UserError, match="there is no standard input"):
        analyze(["-"])


class Filling(Watcher):
    """From the first contact on no file grows beyond so many bytes, as on a full disk."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def run_started(self, run: str, devices: Sequence[Device]) -> None:
        super().run_started(run, devices)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@contextmanager
def kept_limits() -> Iterator[None]:
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_that_is_full_costs_the_answers_and_no_outcome(inventory: Inventory, tmp_path: Path) -> None:
    """What was found out is worth more than the text that it was read in."""
    listener = Listener()
    with kept_limits():
        location = StateLocation(state_dir=tmp_path / "state")
        # What the run's document needs.
        observer = Filling(12 * 1024)
        report = audit(inventory, limits=LIMITS, location=location, observer=observer, tell=listener)

    assert all(isinstance(outcome, Audited) for outcome in report.ordered)
    (said,) = [said for said in listener.said if "answers" in said]
    assert said.startswith("warning: the answers of fw-a, fw-b could not be written to ")


def test_a_disk_that_takes_nothing_more_costs_the_record_and_not_the_report(
    inventory: Inventory, tmp_path: Path
) -> None:
    """The report is whole, its end says that something was wrong, and one line says what."""
    listener = Listener()
    with kept_limits():
        location = StateLocation(state_dir=tmp_path / "state")
        report = audit(inventory, limits=LIMITS, location=location, observer=Filling(500), tell=listener)

    (folder,) = (tmp_path / "state" / "runs").iterdir()
    assert all(isinstance(outcome, Audited) for outcome in report.ordered)
    assert report.run.exit_code == 1
    assert listener.said == [
        f"error: {folder}: the run cannot be kept whole: File too large; its result is printed all the same"
    ]
    assert not (folder / "audit.json").exists()
