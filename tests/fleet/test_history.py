"""Runs that are kept: rendered again, compared, killed, crowded and grown old."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from asa_transport.core.reports.formats import Format
from asa_transport.edges.secrets.operator import login_name
from asa_transport.edges.state.store import Store, codec
from asa_transport.edges.state.store.engine import writing
from asa_transport.edges.state.store.tables import runs
from asa_transport.model import Audited, StoredRun
from mock_devices import FleetFiles, MockFleet
from tests.fleet.hands import callhome, smart, type_lines
from tests.processes import wait_for
from tests.support import PROGRAM, QUICK, Ended, cli, fleet_of, program
from tests.unit.stores import postgresql
from tests.warm import forked

KINDS = (
    smart("fw-a"),
    callhome(
        "fw-b", version="9.18(4)", call_home={"http_proxy": {"host": "proxy.example.net", "port": 8080}}
    ),
    smart("fw-c", license={"contact": "failed", "last_contact": "-80d"}),
    {"name": "fw-d", "faults": [{"action": "refuse"}]},
    {"name": "fw-e", "contexts": {"names": ["admin"]}},
    {"name": "fw-f", "license": {"mode": "pak"}, "model": "ASA5516", "version": "9.12(4)67"},
    smart("fw-g", license={"state": "eval"}),
)


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of(*KINDS) as running:
        yield running


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[MockFleet, FleetFiles]]:
    """A small fleet of the test's own, to be changed."""
    with fleet_of(smart("fw-a"), smart("fw-b")) as running:
        yield running, running.write(tmp_path)


def state_of(directory: Path) -> tuple[str, Path]:
    return ("--state-dir", directory / "state")


def audit(directory: Path, *more: str | Path) -> Ended:
    return cli("audit", "-i", directory / "inventory.yaml", *state_of(directory), *QUICK, *more)


def kept(directory: Path, command: str, *more: str | Path) -> Ended:
    return cli(command, *more, *state_of(directory))


def listed(directory: Path) -> list[dict[str, Any]]:
    """The runs, the newest first."""
    found = kept(directory, "runs", "--format=json").document["runs"]
    assert isinstance(found, list)
    return found


# A stored run, rendered again.


@pytest.mark.parametrize("output_format", list(Format))
def test_a_stored_run_is_rendered_as_the_audit_itself_did(
    fleet: MockFleet, tmp_path: Path, output_format: Format
) -> None:
    """Months later, the report must be the one that was read then, byte for byte."""
    fleet.write(tmp_path)
    ours, again = tmp_path / "ours", tmp_path / "again"
    ended = audit(tmp_path, "--format", output_format, "-o", ours)

    rendered = kept(tmp_path, "report", "last", "--format", output_format, "-o", again)

    assert again.read_bytes() == ours.read_bytes()
    assert rendered.code == ended.code == 4


@pytest.mark.usefixtures("pair")
def test_a_report_is_found_by_the_beginning_of_its_id_and_fails_as_asked(
    tmp_path: Path,
) -> None:
    """`report RUN --fail-on` asks another question than the night's own."""
    audit(tmp_path)
    (run,) = listed(tmp_path)

    ended = kept(tmp_path, "report", run["id"][:-2], "--format=json", "--fail-on=info")
    unknown = kept(tmp_path, "report", "2001")

    assert ended.document["run"]["id"] == run["id"]
    assert ended.document["run"]["exit_code"] == ended.code
    assert unknown.code == 2
    assert "'2001': there is no such run here" in unknown.err


def test_runs_lists_what_is_kept(fleet: MockFleet, tmp_path: Path) -> None:
    """The way to an id, and the place to see that last night's run is there."""
    fleet.write(tmp_path)
    audit(tmp_path)

    table = kept(tmp_path, "runs").out
    (run,) = listed(tmp_path)

    files = [path for path in (tmp_path / "state" / "runs" / run["id"]).rglob("*") if path.is_file()]
    assert run["id"] in table
    assert f" {login_name()}@{socket.gethostname()} " in table
    assert (run["machine"], run["operator"]) == (socket.gethostname(), login_name())
    assert (run["kind"], run["status"], run["exit_code"]) == ("audit", "finished", 4)
    assert (run["devices"], run["not_audited"]) == (7, 1)
    assert run["by_severity"]["critical"] >= 1
    assert run["size"] == sum(path.stat().st_size for path in files)


@pytest.mark.parametrize(
    ("given", "folders", "files"), [(0o700, 0o700, 0o600), (0o755, 0o700, 0o600), (0o2750, 0o750, 0o640)]
)
@pytest.mark.usefixtures("pair")
def test_the_store_and_the_answers_are_for_those_who_were_given_the_state_directory(
    tmp_path: Path, given: int, folders: int, files: int
) -> None:
    """A history of a fleet's weak points is its owner's alone, or a group's that was named on purpose."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(given)
    audit(tmp_path)

    modes = {path: path.stat().st_mode & 0o777 for path in (tmp_path / "state").rglob("*")}
    packed = list((tmp_path / "state").glob("runs/*/raw/answers-*.tar.zst"))

    assert {mode for path, mode in modes.items() if path.is_dir()} == {folders}
    assert {mode for path, mode in modes.items() if path.is_file()} == {files}
    assert tmp_path / "state" / "history.db" in modes
    assert packed


@pytest.mark.parametrize("form", ["packed", "a file each", "not compressed"])
@pytest.mark.usefixtures("pair")
def test_answers_are_read_back_whatever_release_kept_them(tmp_path: Path, form: str) -> None:
    """Plans, tickets and analyses are made of the runs of older releases too."""
    audit(tmp_path)
    (run,) = (tmp_path / "state" / "runs").iterdir()
    if form != "packed":
        unpack = "zstd -D dictionary -dc answers-*.tar.zst | tar -xf - && rm answers-* dictionary"
        subprocess.run(["bash", "-c", unpack], cwd=run / "raw", check=True)
    if form == "a file each":
        subprocess.run(["gzip", *(run / "raw").glob("*/*.txt")], check=True)

    analyzed = cli("analyze", run / "raw", "--format=json")
    planned = kept(
        tmp_path,
        "plan",
        "-i",
        tmp_path / "inventory.yaml",
        "--from-run",
        "last",
        "-o",
        tmp_path / "plan.json",
    )
    ticket = kept(tmp_path, "ticket", "last", "-o", tmp_path / "ticket")

    assert [one["outcome"] for one in analyzed.document["devices"]] == ["audited", "audited"]
    assert planned.code == 0
    assert ticket.code == 0
    assert "Transport:" in (tmp_path / "ticket/evidence/fw-a/show_license_status.txt").read_text()


def test_pushes_and_plans_are_listed_beside_the_audits(
    pair: tuple[MockFleet, FleetFiles], tmp_path: Path
) -> None:
    """One place to find what was done to the fleet, whatever it was."""
    fleet, files = pair
    type_lines(fleet["fw-a"], ["license smart", "transport type callhome"])
    plan = tmp_path / "plan.json"
    shared: tuple[str | Path, ...] = ("-i", files.inventory, *QUICK)
    planned = kept(tmp_path, "plan", *shared, "-o", plan)
    pushed = kept(tmp_path, "push", plan, *shared)

    found = {(run["kind"], run["status"], run["exit_code"]) for run in listed(tmp_path)}

    assert found == {("push", "finished", pushed.code), ("plan", "finished", planned.code)}


def test_a_fleet_s_history_may_be_on_a_postgresql_server(
    pair: tuple[MockFleet, FleetFiles], tmp_path: Path
) -> None:
    """Two machines audit; each sees the other's runs, and what changed since."""
    fleet, _ = pair
    ours, theirs = state_of(tmp_path), ("--state-dir", tmp_path / "another machine")
    with postgresql() as url:
        store = ("--store", url)
        argv: tuple[str | Path, ...] = ("audit", "-i", tmp_path / "inventory.yaml", *QUICK, *store)
        cli(*argv, *ours)
        type_lines(fleet["fw-a"], ["license smart", "transport type callhome"])
        second = cli(*argv, *theirs, "--since=last", "--fail-on-new=medium")
        report = cli("report", "last", *ours, *store, "--format=json")
        diff = cli("diff", *ours, *store, "--format=json")
        runs = cli("runs", *ours, "--format=json", *store)

    assert second.code == 3
    assert [one["decision"]["verdict"] for one in report.document["devices"]] == ["change", "compliant"]
    assert {change["device"] for change in diff.document["changes"]} == {"fw-a"}
    assert [run["operator"] for run in runs.document["runs"]] == [login_name()] * 2
    assert not (tmp_path / "state" / "history.db").exists()


# What is compared.


def test_the_line_for_cron_is_one_and_its_code_is_of_what_is_new(
    pair: tuple[MockFleet, FleetFiles], tmp_path: Path
) -> None:
    """A standing finding wakes nobody at night; a new one does, once."""
    fleet, _ = pair
    cron = ("--since=last", "--fail-on-new=medium")

    first = audit(tmp_path, *cron)
    second = audit(tmp_path, *cron)
    type_lines(fleet["fw-a"], ["license smart", "transport type callhome"])
    third = audit(tmp_path, *cron)
    fourth = audit(tmp_path, *cron)
    fleet["fw-b"].add_fault(action="refuse")
    fifth = audit(tmp_path, *cron)
    sixth = audit(tmp_path, *cron)

    codes = [ended.code for ended in (first, second, third, fourth, fifth, sixth)]
    assert codes == [0, 0, 3, 0, 4, 0]
    assert "nothing to compare" in first.out
    for quiet in (second, fourth, sixth):
        assert quiet.out.startswith("nothing changed since ")
        assert quiet.out.count("\n") == 1
    assert sixth.out.endswith("2 devices, 1 not audited\n")
    assert [run["exit_code"] for run in reversed(listed(tmp_path))] == codes


def test_the_first_night_counts_everything_as_new(fleet: MockFleet, tmp_path: Path) -> None:
    """Without a night before, nothing is known to be standing."""
    fleet.write(tmp_path)

    ended = audit(tmp_path, "-l", "fw-g", "--since=last", "--fail-on-new=high")

    assert ended.code == 3


@pytest.mark.usefixtures("pair")
def test_the_report_goes_to_a_file_beside_the_line_for_cron(
    tmp_path: Path,
) -> None:
    """The mail has the line, the web server has the page."""
    audit(tmp_path)

    ended = audit(tmp_path, "--since=last", "--format=csv", "-o", tmp_path / "page.csv")

    assert ended.out.startswith("nothing changed since ")
    assert (tmp_path / "page.csv").read_text().count("\n") == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--fail-on-new=low",), "add --since last"),
        (("--since=last", "--format=csv"), "-o FILE for the report"),
        (("--since=nothing",), "'nothing': there is no such run here"),
        (("--store=mysql://root:geheim@host/db",), "begins with 'mysql'"),
        (("--store=root:geheim@host",), "cannot be read"),
    ],
)
def test_a_mistake_is_said_before_anything_is_contacted(
    pair: tuple[MockFleet, FleetFiles], tmp_path: Path, given: tuple[str, ...], said: str
) -> None:
    """An audit of hours must not end with a usage error, and no message shows a password."""
    fleet, _ = pair

    ended = audit(tmp_path, *given)

    assert ended.code == 2
    assert said in ended.err
    assert "geheim" not in ended.err
    assert fleet["fw-a"].typed == ()


@pytest.mark.usefixtures("pair")
def test_an_audit_of_some_devices_is_compared_on_those_and_is_no_baseline(
    tmp_path: Path,
) -> None:
    """A look at one firewall at noon must not make the night's diff say that all others are new."""
    audit(tmp_path)
    limited = audit(tmp_path, "-l", "fw-a", "--since=last")
    audit(tmp_path)

    whole = kept(tmp_path, "diff", "--format=json").document
    both = kept(tmp_path, "diff", listed(tmp_path)[1]["id"], "last")

    assert limited.out.startswith("nothing changed since ")
    assert whole["before"]["id"] == listed(tmp_path)[2]["id"]
    assert both.out.startswith("nothing changed since ")
    assert "one had a limit" in both.out


@pytest.mark.usefixtures("pair")
def test_the_last_two_runs_are_those_that_began_last(tmp_path: Path) -> None:
    """Whatever their clocks said, and however their ids end: they may have begun in one second."""
    audit(tmp_path)
    _age(tmp_path, days=-500)
    audit(tmp_path)
    audit(tmp_path)
    newest, before, ahead = (run["id"] for run in listed(tmp_path))

    diff = kept(tmp_path, "diff", "--format=json").document
    older = kept(tmp_path, "diff", ahead)
    report = kept(tmp_path, "report", "last", "--format=json").document

    assert (diff["before"]["id"], diff["after"]["id"]) == (before, newest)
    assert older.out.startswith(f"nothing changed since {ahead}")
    assert report["run"]["id"] == newest


@pytest.mark.usefixtures("pair")
def test_diff_without_two_runs_says_so(
    tmp_path: Path,
) -> None:
    """The first evening, and a name that is none."""
    empty = kept(tmp_path, "diff")
    audit(tmp_path)
    alone = kept(tmp_path, "diff")

    assert (empty.code, alone.code) == (2, 2)
    assert "run 'asa-transport audit' first" in empty.err
    assert "nothing to compare" in alone.err


def test_a_diff_that_finds_something_new_can_fail(pair: tuple[MockFleet, FleetFiles], tmp_path: Path) -> None:
    """For scripts that audit at one time and decide at another."""
    fleet, _ = pair
    audit(tmp_path)
    type_lines(fleet["fw-a"], ["license smart", "transport type callhome"])
    audit(tmp_path)

    assert kept(tmp_path, "diff").code == 0
    assert kept(tmp_path, "diff", "--fail-on-new=medium").code == 3
    assert kept(tmp_path, "diff", "--fail-on-new=high").code == 0


# What goes wrong.


def test_a_killed_audit_leaves_the_others_whole_and_is_said(tmp_path: Path) -> None:
    """`kill -9` in the middle: the next night compares with the last whole run, and says which it did not."""
    with fleet_of(smart("fw-a"), smart("fw-b"), smart("fw-hang")) as fleet:
        fleet.write(tmp_path)
        audit(tmp_path)
        (whole,) = listed(tmp_path)
        fleet["fw-hang"].add_fault(action="hang", match="license all")
        fleet.reset_transcripts()
        argv = ["audit", "-i", tmp_path / "inventory.yaml", *state_of(tmp_path), *QUICK]
        with forked(PROGRAM, *map(str, argv)) as running:
            wait_for(lambda: _is_reading_last(fleet, tmp_path), running)
            during = listed(tmp_path)[0]
            os.kill(running.pid, signal.SIGKILL)
            running.wait()
        killed = listed(tmp_path)[0]
        report = kept(tmp_path, "report", killed["id"], "--format=json")
        fleet["fw-hang"].clear_faults()
        next_night = audit(tmp_path, "--since=last")
        diff = kept(tmp_path, "diff", "--format=json").document

    assert (during["status"], killed["status"]) == ("running", "interrupted")
    assert during["id"] == killed["id"]
    assert killed["not_audited"] == 1
    assert killed["size"] > 0
    outcomes = {one["name"]: one["outcome"] for one in report.document["devices"]}
    assert outcomes == {"fw-a": "audited", "fw-b": "audited", "fw-hang": "not-audited"}
    assert next_night.out.startswith(f"nothing changed since {whole['id']}")
    assert next_night.out.endswith(f"interrupted and not compared: {killed['id']}\n")
    assert (diff["before"]["id"], diff["skipped"]) == (whole["id"], [killed["id"]])


def _is_reading_last(fleet: MockFleet, directory: Path) -> bool:
    """Whether only the device that hangs is left, and the store has the others."""
    if "show license all" not in fleet["fw-hang"].typed or fleet["fw-a"].session_count:
        return False
    with Store(directory / "state") as store:
        return sum(isinstance(o, Audited) for o in store.outcomes(store.runs()[-1].id)) == 2


def test_an_audit_that_a_person_stops_is_interrupted_too(tmp_path: Path) -> None:
    """Devices that were not reached for lack of time are not lost devices."""
    with fleet_of(smart("fw-a"), smart("fw-hang")) as fleet:
        fleet.write(tmp_path)
        audit(tmp_path)
        fleet["fw-hang"].add_fault(action="hang", match="license all")
        fleet.reset_transcripts()
        argv = ["audit", "-i", tmp_path / "inventory.yaml", *state_of(tmp_path), *QUICK]
        with forked(PROGRAM, *map(str, argv)) as running:
            wait_for(lambda: "show license all" in fleet["fw-hang"].typed, running)
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=60)
        fleet["fw-hang"].clear_faults()
        after = audit(tmp_path, "--since=last")

    stopped = listed(tmp_path)[1]
    assert (stopped["status"], stopped["exit_code"]) == ("interrupted", 130)
    assert after.out.startswith("nothing changed since ")
    assert stopped["id"] in after.out


@pytest.mark.usefixtures("pair")
def test_two_audits_at_once_share_one_store_and_a_reader_sees_whole_runs(
    tmp_path: Path,
) -> None:
    """Cron and a person meet, while a page is made."""
    argv: list[str | Path] = ["audit", "-i", tmp_path / "inventory.yaml", *state_of(tmp_path), *QUICK]
    is_over = threading.Event()
    seen: list[int] = []

    with ThreadPoolExecutor() as pool:
        both = [pool.submit(program, *argv) for _ in range(2)]
        watcher = pool.submit(_watched, tmp_path, is_over, seen)
        codes = [one.result().code for one in both]
        is_over.set()
        watcher.result()

    assert codes == [0, 0]
    assert [run["status"] for run in listed(tmp_path)] == ["finished", "finished"]
    assert set(seen) <= {2}


def _watched(directory: Path, is_over: threading.Event, seen: list[int]) -> None:
    """Read every run again and again: how many devices each has at that moment."""
    while not is_over.is_set():
        if not (directory / "state" / "history.db").exists():
            continue
        with Store(directory / "state") as store:
            seen += [len(store.outcomes(run.id)) for run in store.runs()]


def test_a_store_that_fails_in_the_middle_does_not_cost_the_audit(tmp_path: Path) -> None:
    """A full disk under the database is bad; a night without a report is worse."""
    with fleet_of(smart("fw-a"), smart("fw-hang")) as fleet:
        fleet.write(tmp_path)
        fleet["fw-hang"].add_fault(action="slow", match="license all", delay_s=2.0)
        argv = ["audit", "-i", tmp_path / "inventory.yaml", *state_of(tmp_path), *QUICK, "--format=json"]
        with forked(PROGRAM, *map(str, argv)) as running:
            wait_for(lambda: "show license all" in fleet["fw-hang"].typed, running)
            with Store(tmp_path / "state") as store:
                store.remove([run.id for run in store.runs()])
            out, err = running.communicate(timeout=60)
        listing = listed(tmp_path)

    assert running.returncode == 0, err
    assert len(json.loads(out)["devices"]) == 2
    assert "warning: the run store" in err
    # The next command took it in again, from its folder.
    assert [(run["status"], run["devices"]) for run in listing] == [("finished", 2)]


# What is old.


def test_a_state_directory_of_an_older_release_goes_on(
    pair: tuple[MockFleet, FleetFiles], tmp_path: Path
) -> None:
    """The first night after an upgrade is compared with the last one before it."""
    fleet, _ = pair
    audit(tmp_path)
    for path in (tmp_path / "state").glob("history.db*"):
        path.unlink()
    type_lines(fleet["fw-a"], ["license smart", "transport type callhome"])

    ended = audit(tmp_path, "--since=last", "--format=json")

    found = {(change["device"], change["kind"]) for change in ended.document["changes"]}
    assert found == {("fw-a", "finding-new"), ("fw-a", "transport-changed")}
    assert len(listed(tmp_path)) == 2


@pytest.mark.usefixtures("pair")
def test_old_runs_are_removed_with_their_folders_but_never_the_newest_whole_one(
    tmp_path: Path,
) -> None:
    """A disk that fills up ends the audits; a history without a last run ends the diffs."""
    for _ in range(3):
        audit(tmp_path)
    _age(tmp_path, days=2)
    (tmp_path / "policy.yaml").write_text("keep: 1 day\n")

    audit(tmp_path, "-l", "fw-a")

    left = [(run["limit"]) for run in listed(tmp_path)]
    folders = {path.name for path in (tmp_path / "state" / "runs").iterdir()}
    assert left == [["fw-a"], []]
    assert folders == {run["id"] for run in listed(tmp_path)}


@pytest.mark.usefixtures("pair")
def test_a_clock_that_is_500_days_ahead_removes_no_history(tmp_path: Path) -> None:
    """A server without its battery starts in another year; one line says so, and what to do."""
    for _ in range(3):
        audit(tmp_path)
    _age(tmp_path, days=500)

    ended = audit(tmp_path)

    (said,) = [line for line in ended.err.splitlines() if line.startswith("warning: ")]
    folders = {path.name for path in (tmp_path / "state" / "runs").iterdir()}
    assert ended.code == 0
    assert said.startswith("warning: the clock is 500 days ahead of the run before (")
    assert "3 runs that are older than 400 days by this clock are kept" in said
    assert len(folders) == len(listed(tmp_path)) == 4


def _age(directory: Path, days: int) -> None:
    """Let every run have begun so many days earlier."""
    with Store(directory / "state") as store, writing(store._engine) as connection:
        for key, at, data in connection.execute(sa.select(runs.c.key, runs.c.started_at, runs.c.run)).all():
            earlier = at - timedelta(days=days)
            run = codec.write(replace(codec.read(StoredRun, data), started_at=earlier))
            values = {"started_at": earlier, "run": run}
            connection.execute(runs.update().where(runs.c.key == key).values(values))
