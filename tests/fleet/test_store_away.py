"""A store that is away, silent or damaged costs the history, and never the audit."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from asa_transport.core.history.differences import HistoryUnread
from asa_transport.core.reports.notification import of_changes
from asa_transport.edges.state.store.engine import FILE
from asa_transport.files import inventory as inventories
from asa_transport.flows import standard
from asa_transport.flows.audit import FleetAudit, audit_fleet, prepare
from asa_transport.flows.inputs import Files, StateLocation
from asa_transport.flows.recorder import RunOrder
from mock_devices import MockFleet
from tests.fleet.hands import callhome, run, smart
from tests.fleet.test_audit_flow import LIMITS, Listener
from tests.nightly.receivers import HOST, http_receiver
from tests.peers import endless
from tests.processes import LIMIT_S, wait_for
from tests.support import PROGRAM, QUICK, Ended, cli, fleet_of
from tests.warm import forked

# Nobody listens there.
AWAY = "postgresql+psycopg://audit:geheim@127.0.0.1:1/asa"
ALONE = "; this run is compared with no earlier one, is not in the history and is kept in {folder} alone"


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of(smart("fw-a"), callhome("fw-c")) as running:
        yield running


def folder_of(directory: Path) -> Path:
    return max((directory / "state" / "runs").iterdir())


def audited(directory: Path, *more: str | Path) -> Ended:
    return run(directory, "audit", "--format=json", *more)


def flow(directory: Path, location: StateLocation, **more: object) -> tuple[FleetAudit, list[str]]:
    """An audit as the command runs it, and what was said meanwhile."""
    inventory, listener = inventories.load(directory / "inventory.yaml"), Listener()
    request = prepare(inventory, limits=LIMITS)
    known = standard.read(inventory.path, Files(), now=datetime.now(UTC), is_now_given=False)
    order = RunOrder(inventory_file=inventory.path, devices=request.devices, limit=(), standard=known)
    done = audit_fleet(request, order, location=location, tell=listener, **more)  # type: ignore[arg-type]
    return done, listener.said


def test_a_store_that_is_away_costs_nobody_the_report(fleet: MockFleet, tmp_path: Path) -> None:
    """The audit's own end, one line without the password, one record; and the next command takes it in."""
    fleet.write(tmp_path)

    ended = audited(tmp_path, "--store", AWAY, "--log-file", tmp_path / "log", "--log-format", "json")
    listed = cli("runs", "--state-dir", tmp_path / "state", "--format=json")

    (said,) = ended.err.splitlines()[:-1]
    records = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert ended.code == ended.document["run"]["exit_code"] == 3
    assert ended.document["totals"]["audited"] == 2
    assert said.startswith("warning: the run store postgresql+psycopg://127.0.0.1:1/asa: ")
    assert "Connection refused" in said
    assert said.endswith(ALONE.format(folder=folder_of(tmp_path)))
    assert "geheim" not in ended.err
    assert [one["error"] for one in records if one["event"] == "warned"] == [said]
    assert {one["run_id"] for one in records} == {ended.document["run"]["id"]}
    assert [one["id"] for one in listed.document["runs"]] == [ended.document["run"]["id"]]


def test_a_history_that_could_not_be_read_is_no_first_audit(fleet: MockFleet, tmp_path: Path) -> None:
    """ "The first whole audit" would be believed; and without a history everything counts as new."""
    fleet.write(tmp_path)
    audited(tmp_path)
    (tmp_path / "url").write_text("")
    (tmp_path / "url").chmod(0o600)
    (tmp_path / "notify.yaml").write_text(
        "channels:\n  ops: {kind: webhook, url: {file: url}, always: true, attempts: 1}\n"
    )

    with http_receiver() as receiver:
        (tmp_path / "url").write_text(f"http://{HOST}:{receiver.port}/")
        cron = ("--since=last", "--fail-on-new=medium", "--notify", tmp_path / "notify.yaml")
        ended = audited(tmp_path, "--store", AWAY, *cron)
        known = audited(tmp_path, *cron)

    told = json.loads(receiver.posts[0].body)
    assert (ended.code, known.code) == (3, 0)
    assert ended.document["before"] is None
    assert "Connection refused" in ended.document["unread"]
    assert known.document["unread"] is None
    assert told["headline"].endswith("it is not known what has changed: the history could not be read")
    assert told["changed"] is True
    assert "first" not in told["headline"]
    assert told["details"]["diff"]["unread"] == ended.document["unread"]


def test_the_line_for_cron_says_that_nothing_is_known(fleet: MockFleet, tmp_path: Path) -> None:
    """Not "nothing changed", and not "the first"."""
    fleet.write(tmp_path)

    ended = run(tmp_path, "audit", "--store", AWAY, "--since=last", "-q")

    assert ended.out == "it is not known what has changed: the history could not be read; 2 devices\n"


def damaged_page(file: Path) -> None:
    data = bytearray(file.read_bytes())
    # The first page says that all is well.
    data[4096:] = b"\xa5" * (len(data) - 4096)
    file.write_bytes(bytes(data))


def without_tables(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.executescript("DROP TABLE asa_run_devices; DROP TABLE asa_runs")


def of_a_newer_release(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.executescript("UPDATE asa_transport_version SET version_num = '9999'")


def with_broken_records(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.executescript("UPDATE asa_run_devices SET record = x'02ff'")


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


MOVE = "move the file away; the next command makes a new one from the folders of the runs"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda file: file.write_bytes(b"dear diary, " * 1000), f"file is not a database: {MOVE}"),
        (lambda file: os.truncate(file, 5000), f"database disk image is malformed: {MOVE}"),
        (damaged_page, f"database disk image is malformed: {MOVE}"),
        (without_tables, f"no such table: asa_runs: {MOVE}"),
        (of_a_newer_release, "use that release, or another --state-dir"),
        (with_broken_records, "holds a record that this release cannot read: "),
        (a_folder, "Is a directory"),
    ],
    ids=["no database", "cut off", "broken bytes", "no tables", "newer", "broken records", "a folder"],
)
def test_a_damaged_store_names_its_cure_and_costs_the_history_alone(
    fleet: MockFleet, tmp_path: Path, damage: Callable[[Path], object], said: str
) -> None:
    """In one line, on the night when it is found; the report is whole."""
    fleet.write(tmp_path)
    audited(tmp_path)
    file = tmp_path / "state" / FILE
    damage(file)

    ended = audited(tmp_path)
    (line,) = [line for line in ended.err.splitlines() if line.startswith("warning: ")]
    diff = cli("diff", "--state-dir", tmp_path / "state")

    assert ended.code == ended.document["run"]["exit_code"] == 3
    assert line.startswith("warning: the run store ")
    assert said in line
    assert (diff.code, diff.err.count("\n"), said in diff.err) == (2, 1, True)


def test_a_damaged_file_that_is_moved_away_is_made_anew_from_the_folders(
    fleet: MockFleet, tmp_path: Path
) -> None:
    """The cure that is named must be one."""
    fleet.write(tmp_path)
    audited(tmp_path)
    file = tmp_path / "state" / FILE
    damaged_page(file)
    audited(tmp_path)

    for path in file.parent.glob(f"{FILE}*"):
        path.rename(path.with_name(f"away-{path.name}"))
    listed = cli("runs", "--state-dir", tmp_path / "state", "--format=json").document["runs"]
    diff = cli("diff", "--state-dir", tmp_path / "state")

    assert [one["status"] for one in listed] == ["finished", "finished"]
    assert diff.out.startswith("nothing changed since ")


def test_a_silent_store_is_given_up_before_the_first_contact(fleet: MockFleet, tmp_path: Path) -> None:
    """It takes the connection, and nothing more is heard of it."""
    fleet.write(tmp_path)
    with endless() as peer:
        url = f"postgresql+psycopg://audit@127.0.0.1:{peer.port}/asa"
        location = StateLocation(state_dir=tmp_path / "state", store=url, limit_s=0.2)
        done, said = flow(tmp_path, location)

    assert done.report.run.exit_code == 3
    assert isinstance(done.diff.before, HistoryUnread)
    assert said[0].startswith("warning: the run store postgresql+psycopg://127.0.0.1:")
    assert said[0].endswith(f": no answer within 0.2 s{ALONE.format(folder=done.folder)}")
    assert len(said) == 1


def test_the_report_comes_before_the_stores_last_word(fleet: MockFleet, tmp_path: Path) -> None:
    """A store that is lost or silent from then on costs and delays nobody's report."""
    fleet.write(tmp_path)
    shown: list[FleetAudit] = []

    def show(done: FleetAudit) -> None:
        shown.append(done)
        without_tables(tmp_path / "state" / FILE)

    done, said = flow(tmp_path, StateLocation(state_dir=tmp_path / "state"), show=show)

    assert shown == [done]
    assert said == [
        f"warning: the run store {tmp_path / 'state' / FILE}: no such table: asa_runs: {MOVE}; this run is "
        f"not in the history and is kept in {done.folder} alone"
    ]


def test_a_store_that_is_lost_while_devices_are_read_is_compared_with_nothing(
    fleet: MockFleet, tmp_path: Path
) -> None:
    """What it held at the beginning is not read at the end: so what has changed is not known."""
    fleet.write(tmp_path)
    location = StateLocation(state_dir=tmp_path / "state")
    flow(tmp_path, location)

    class Breaking(Listener):
        def run_started(self, run_id: str, devices: object) -> None:
            del run_id, devices
            without_tables(tmp_path / "state" / FILE)

        def started(self, device: object) -> None:
            """Nothing."""

        def finished(self, outcome: object) -> None:
            """Nothing."""

    done, said = flow(tmp_path, location, observer=Breaking())

    assert isinstance(done.diff.before, HistoryUnread)
    assert "the history could not be read" in of_changes(done.report, done.diff).headline
    assert [MOVE in line for line in said] == [True]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_the_run_while_a_store_is_silent_is_heard(
    fleet: MockFleet, tmp_path: Path, number: signal.Signals
) -> None:
    """A database that hangs is no reason for `kill -9`; the report names what was not read."""
    files = fleet.write(tmp_path)
    with endless() as peer:
        url = f"postgresql+psycopg://audit@127.0.0.1:{peer.port}/asa"
        given = ("-i", files.inventory, "--state-dir", tmp_path / "state", "--store", url, "--format=json")
        with forked(PROGRAM, "audit", *map(str, given), *QUICK) as running:
            wait_for(peer.taken.is_set, running)
            running.send_signal(number)
            out, err = running.communicate(timeout=LIMIT_S)

    assert running.returncode == 130
    assert [one["outcome"] for one in json.loads(out)["devices"]] == ["not-audited", "not-audited"]
    assert "no answer within 2 s after the run was ended" in err
