"""Hard edges: what the machine denies ends in one line, which names the place and the reason."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_devices import MockFleet
from tests.fleet.hands import smart
from tests.support import PROGRAM, QUICK, ROOT, Ended, cli, fleet_of, program
from tests.warm import forked

INVENTORY = """\
defaults: {username: u, credential: c, known_hosts: known_hosts}
credentials: {c: {password: {env: ASA_TRANSPORT_PASSWORD}}}
devices: {fw-par-01: {host: 127.0.0.1, port: 9}}
"""
SECRET = {"ASA_TRANSPORT_PASSWORD": "not-sent-anywhere"}
PIPE = "pipe: cannot be read: it is a pipe or a device, not a plain file"
DENIED = "Permission denied"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with an inventory, a folder that nobody may enter, and a pipe that nobody writes to."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "inventory.yaml").write_text(INVENTORY)
    (folder / "plan.json").write_text("{}")
    os.mkfifo(folder / "pipe")
    (folder / "empty").mkdir()
    closed = folder / "closed"
    (closed / "in").mkdir(parents=True)
    closed.chmod(0)
    yield folder
    closed.chmod(0o700)


def confined(denied: str, *arguments: str | Path, cwd: Path) -> Ended:
    """Run the program in a process that is denied something; see tests/confined.py."""
    environment = {"ASA_TRANSPORT_STATE_DIR": "state", "COLUMNS": "200", **SECRET}
    path = ROOT / "tests" / "confined.py"
    with forked(path, denied, *map(str, arguments), cwd=cwd, environment=environment) as running:
        out, err = running.communicate(60)
        return Ended(code=running.wait(), out=out, err=err)


# What is denied, the words, the exit code, and all that is said, but for the count of problems.
EDGES = {
    "a report where nobody may enter": (
        "audit -o closed/report.txt", 2, f"closed/report.txt: cannot be written: {DENIED}",
    ),
    "a plan there": (
        "plan -o closed/plan.json", 2,
        "-o closed/plan.json: cannot be written: name a file in a directory of yours, or - for stdout",
    ),
    "a ticket there": ("ticket last -o closed/t", 2, f"-o closed/t: cannot be read: {DENIED}"),
    "metrics there": (
        "audit --metrics closed/asa.prom", 2, f"--metrics closed/asa.prom: cannot be written: {DENIED}",
    ),
    "a log there": ("audit --log-file closed/log", 2, f"--log-file closed/log: cannot be written: {DENIED}"),
    "a state directory there": (
        "audit --state-dir closed/state", 2,
        f"closed/state: cannot be created ({DENIED}); give a state directory of your own with --state-dir or "
        "ASA_TRANSPORT_STATE_DIR",
    ),
    "runs there": ("show last --state-dir closed/state", 2, f"closed/state/runs: cannot be read: {DENIED}"),
    "a push there": ("journal verify closed/in", 2, f"closed/in/journal.jsonl: cannot be read: {DENIED}"),
    "a plan to read there": ("show closed/plan.json", 2, f"closed/plan.json: cannot be read: {DENIED}"),
    "names there": ("audit -l @closed/names", 2, f"-l @closed/names: cannot be read: {DENIED}"),
    "parsing templates there": (
        "audit --textfsm-templates closed/in", 2, f"--textfsm-templates closed/in: cannot be read: {DENIED}",
    ),
    "no parsing templates": (
        "audit --textfsm-templates none", 2,
        "--textfsm-templates none: there is no such directory; give the directory of your templates",
    ),
    "no change templates": (
        "plan -o p.json --templates empty", 2,
        "--templates empty: there is no *.j2 in it; give the directory of your templates",
    ),
    "an inventory that is a pipe": ("inventory check -i pipe", 2, PIPE),
    "a policy that is a pipe": ("audit --policy pipe", 2, PIPE),
    "bugs that are a pipe": ("bugs --bugs pipe", 2, PIPE),
    "exceptions that are a pipe": ("exceptions list --file pipe", 2, PIPE),
    "waivers that are a pipe": ("waivers list --file pipe", 2, PIPE),
    "channels that are a pipe": ("audit --notify pipe", 2, PIPE),
    "a plan that is a pipe": ("push pipe", 2, PIPE),
    "names that are a pipe": ("audit -l @pipe", 2, "-l @pipe: cannot be read: it is a pipe, not a file"),
    "an ssh configuration that is a pipe": (
        "audit --ssh-config pipe", 2, "--ssh-config pipe: cannot be read: it is a pipe, not a file",
    ),
}  # fmt: skip


@pytest.mark.parametrize("edge", EDGES)
def test_what_is_denied_is_said_in_one_line(desk: Path, edge: str) -> None:
    """Where, what was seen, what to do; nothing was contacted."""
    words, code, said = EDGES[edge]

    ended = confined("unprivileged", *words.split(), cwd=desk)

    told = ended.err.replace("\n1 problem; nothing was contacted", "")
    assert (told, ended.out, ended.code) == (f"error: {said}\n", "", code)


@pytest.mark.parametrize(
    "words",
    ["--version", "--help", "audit --help", "rules", "rules AT101", "schema audit", "bugs", "inventory check",
     "inventory show", "runs --format json", "exceptions list --format json", "--show-completion bash"],
)  # fmt: skip
def test_a_full_stdout_is_said_in_one_line(desk: Path, words: str) -> None:
    """In one place for all commands; a script is told by the exit code that it has not got the result."""
    ended = confined("full-stdout", *words.split(), cwd=desk)

    assert (ended.err, ended.code) == ("error: stdout: cannot be written: No space left on device\n", 1)


@pytest.mark.parametrize("words", ["--version", "--help", "rules", "schema audit", "runs --format json"])
def test_a_reader_that_has_left_is_told_nothing(desk: Path, words: str) -> None:
    """`| head` has seen enough."""
    ended = confined("left", *words.split(), cwd=desk)

    assert (ended.err, ended.code) == ("", 1)


def test_a_full_stderr_costs_no_result(desk: Path) -> None:
    """A message is less than what the message is about."""
    ended = confined("full-stderr", "exceptions", "list", "--format", "json", cwd=desk)

    assert (json.loads(ended.out)["exceptions"], ended.code) == ([], 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("audit -o r.html", "the name says html, but the format is table; add --format html"),
        ("audit -o r.HTML --format json", "the name says html, but the format is json; add --format html"),
        ("audit -o r.json", "the name says json, but the format is table; add --format json"),
        (
            "report last -o r.xml --format sarif",
            "the name says junit, but the format is sarif; add --format junit",
        ),
        ("diff -o r.html", "the name says html, but the format is table; the formats are table, json, md"),
        ("plan -o r.md", "the name says md, but the format is json; the formats are json"),
        (
            "push plan.json -o r.csv",
            "the name says csv, but the format is table; the formats are table, json",
        ),
    ],
)
def test_a_name_that_says_another_format_is_refused(desk: Path, words: str, said: str) -> None:
    """A page that is a table is found out when somebody opens it, a night later."""
    ended = confined("unprivileged", *words.split(), cwd=desk)

    name = re.findall(r"-o (\S+)", words)[0]
    assert (ended.err, ended.code) == (f"error: -o {name}: {said}, or choose another name\n", 2)
    assert not (desk / name).exists()


@pytest.mark.parametrize("name", ["r.json", "r.sarif", "r", "r.txt", "r.sarif.json"])
def test_a_name_that_fits_or_says_nothing_is_taken(desk: Path, name: str) -> None:
    """SARIF is JSON, and a name may say nothing at all."""
    ended = confined("unprivileged", "analyze", "plan.json", "--format", "sarif", "-o", name, cwd=desk)

    assert ended.code == 4
    assert json.loads((desk / name).read_text())["version"] == "2.1.0"


def test_a_ticket_does_not_go_to_stdout(desk: Path) -> None:
    """It is a folder; one that is called `-` nobody can remove by that name."""
    ended = confined("unprivileged", "ticket", "last", "-o", "-", cwd=desk)

    assert (ended.err, ended.code) == (
        "error: -o -: a ticket is a folder; it cannot go to stdout; name a new one, e.g. change-1\n", 2,
    )  # fmt: skip


def test_known_hosts_that_are_a_pipe_are_not_waited_for(tmp_path: Path) -> None:
    """Every device would hang for its whole limit."""
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    os.mkfifo(tmp_path / "known_hosts")

    ended = program("hostkeys", "check", cwd=tmp_path, **SECRET)

    assert (ended.err, ended.code) == (
        f"error: {tmp_path}/known_hosts: cannot be read: it is a pipe, not a file\n", 2,
    )  # fmt: skip


def test_a_shells_own_pipe_is_read(tmp_path: Path) -> None:
    """`<(command)` has no name, and its writer is there; `grep ... | ... -l @/dev/stdin` too."""
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    script = """
        "$0" inventory check -i <(cat inventory.yaml)
        echo fw-par-01 | "$0" inventory check -l @/dev/stdin
    """

    done = subprocess.run(
        ["bash", "-c", script, PROGRAM], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stderr, done.stdout.count(": ok")) == (0, "", 2)


# A run of its own.


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[tuple[MockFleet, Path]]:
    with fleet_of(smart("fw-a")) as fleet:
        fleet.write(tmp_path)
        yield fleet, tmp_path


@pytest.mark.usefixtures("audited")
def test_minus_is_stdout(tmp_path: Path) -> None:
    """As of every other program; a file that is called `-` helps nobody."""
    ended = program("audit", *QUICK, "--format", "json", "-o", "-", "--state-dir", "state", cwd=tmp_path)
    again = program("report", "last", "-o", "-", "--format", "csv", "--state-dir", "state", cwd=tmp_path)

    assert [device["name"] for device in ended.document["devices"]] == ["fw-a"]
    assert "fw-a" in again.out
    assert not (tmp_path / "-").exists()


@pytest.mark.usefixtures("audited")
@pytest.mark.parametrize(
    ("denied", "output", "place"),
    [("full-stdout", "-", "stdout"), ("unprivileged", "/dev/full", "/dev/full")],
)
def test_a_report_that_cannot_be_written_is_named_with_where_it_is_kept(
    tmp_path: Path, denied: str, output: str, place: str
) -> None:
    """An hour of auditing is not lost, and metrics are written all the same."""
    more = ("--format", "json", "-o", output, "--metrics", "asa.prom")
    ended = confined(denied, "audit", *QUICK, *more, cwd=tmp_path)

    (folder,) = (tmp_path / "state" / "runs").iterdir()
    assert (ended.err, ended.code) == (
        f"error: {place}: cannot be written: No space left on device; the run is kept: "
        f"'asa-transport report {folder.name}'\n", 1,
    )  # fmt: skip
    assert (tmp_path / "asa.prom").exists()


@pytest.mark.usefixtures("audited")
def test_a_plan_that_a_full_disk_does_not_keep_is_printed(tmp_path: Path) -> None:
    """The plan is whole; what was read for it is not kept, and one line says so."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
    try:
        ended = cli(
            "plan", *QUICK, "-i", tmp_path / "inventory.yaml", "-o", "-", "--state-dir", tmp_path / "state"
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    (folder,) = (tmp_path / "state" / "runs").iterdir()
    assert ended.code == 1
    assert ended.document["schema"] == "asa-transport/plan/1"
    assert [line for line in ended.err.splitlines() if line.startswith("error: ")] == [
        f"error: {folder}: the run cannot be kept whole: File too large; its result is printed all the same"
    ]
    assert not (folder / "audit.json").exists()
