"""Reading needs no writing: on a full disk, and for a user who may only read, nothing is missing."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from asa_transport.edges.state.store.engine import FILE
from mock_devices import MockFleet
from tests.fleet.hands import callhome, run, smart, type_lines
from tests.full_disk import largest_file
from tests.support import QUICK, ROOT, Ended, cli, fleet_of
from tests.unit.stores import FIRST_RELEASE, postgresql
from tests.warm import forked

COMMANDS = (
    ("runs", "--format=json"),
    ("show", "last"),
    ("report", "last", "--format=html"),
    ("report", "last", "--format=json"),
    ("diff", "--format=json"),
    ("show", "last", "--format=json"),
)


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of(smart("fw-a"), callhome("fw-c")) as running:
        yield running


@pytest.fixture(scope="module")
def audited(fleet: MockFleet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with two audits, between which something has changed, and a copy of them."""
    directory = tmp_path_factory.mktemp("read")
    fleet.write(directory)
    run(directory, "audit")
    type_lines(fleet["fw-a"], ["license smart", "transport type callhome"])
    run(directory, "audit")
    shutil.copytree(directory / "state", directory / "copy")
    return directory


@pytest.fixture
def state(audited: Path) -> Path:
    """These audits as they were, in the place where they were made."""
    state = audited / "state"
    shutil.rmtree(state)
    shutil.copytree(audited / "copy", state)
    return state


def change(state: Path, script: str) -> None:
    with closing(sqlite3.connect(state / FILE)) as database:
        database.execute("PRAGMA foreign_keys=ON")
        database.executescript(script)


NEWEST = "(SELECT id FROM asa_runs ORDER BY sequence DESC LIMIT 1)"


def as_it_is(state: Path) -> None:
    del state


def killed(state: Path) -> None:
    change(state, f"UPDATE asa_runs SET status = 'running' WHERE id = {NEWEST}")
    (newest(state) / "audit.json").unlink()


def killed_at_the_end(state: Path) -> None:
    change(state, f"UPDATE asa_runs SET status = 'running' WHERE id = {NEWEST}")


def in_its_folder_alone(state: Path) -> None:
    change(state, f"DELETE FROM asa_runs WHERE id = {NEWEST}")


def of_an_older_release(state: Path) -> None:
    change(state, "; ".join(FIRST_RELEASE))


def without_a_store(state: Path) -> None:
    for path in state.glob(f"{FILE}*"):
        path.unlink()


def newest(state: Path) -> Path:
    return max((state / "runs").iterdir(), key=lambda folder: int((folder / ".sequence").read_text()))


STATES = (as_it_is, killed, killed_at_the_end, in_its_folder_alone, of_an_older_release, without_a_store)


def told(ended: Ended) -> tuple[int, str, str]:
    return ended.code, ended.out, ended.err


def files(state: Path) -> dict[Path, bytes]:
    """What is in the files; where a disk is full, one that is empty may be left."""
    found = {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}
    return {path: data for path, data in found.items() if data}


@pytest.mark.parametrize("left", STATES)
def test_a_full_disk_is_read_as_any_other(state: Path, left: Callable[[Path], None]) -> None:
    """The morning after the disk has filled up is when somebody looks: the same words, the same codes."""
    left(state)
    before = files(state)

    with largest_file(0):
        full = [told(cli(*words, "--state-dir", state)) for words in COMMANDS]
    after = files(state)
    roomy = [told(cli(*words, "--state-dir", state)) for words in COMMANDS]

    assert full == roomy
    assert after == before


@contextmanager
def for_reading(state: Path) -> Iterator[None]:
    """Take what lets its owner write there."""
    every = [state, *state.rglob("*")]
    modes = {path: path.stat().st_mode & 0o777 for path in every}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def unprivileged(*words: str | Path) -> tuple[int, str, str]:
    with forked(ROOT / "tests" / "confined.py", "unprivileged", *map(str, words)) as running:
        out, err = running.communicate(60)
        return running.wait(), out, err


@pytest.mark.parametrize("left", [as_it_is, killed_at_the_end, without_a_store])
def test_a_user_who_may_only_read_reads_all_of_it(state: Path, left: Callable[[Path], None]) -> None:
    """A colleague on the same machine, a backup that is mounted read-only."""
    left(state)

    with for_reading(state):
        reader = [unprivileged(*words, "--state-dir", state) for words in COMMANDS[::2]]
    owner = [told(cli(*words, "--state-dir", state)) for words in COMMANDS[::2]]

    assert reader == owner


def test_a_reader_beside_an_audit_that_writes_sees_what_is_there(state: Path) -> None:
    """What is written since the last time that the file was put in order is beside it."""
    with closing(sqlite3.connect(state / FILE)) as database:
        database.execute("UPDATE asa_runs SET status = 'interrupted'")
        database.commit()
        with for_reading(state):
            code, out, err = unprivileged("runs", "--format=json", "--state-dir", state)

    assert (code, err) == (0, "")
    assert out.count('"status": "interrupted"') == 2


def test_what_was_written_last_is_not_passed_over(state: Path) -> None:
    """A copy of the files of a store in use, without the one that its users share, is not read by halves."""
    with closing(sqlite3.connect(state / FILE)) as database:
        database.execute("UPDATE asa_runs SET status = 'interrupted'")
        database.commit()
        copy = shutil.copytree(state, state.with_name("snapshot"), dirs_exist_ok=True)
    (copy / f"{FILE}-shm").unlink()
    with for_reading(copy):
        code, out, err = unprivileged("runs", "--state-dir", copy)

    assert (code, out) == (2, "")
    assert f"{FILE}-wal has what was written last" in err
    assert "copy both to a directory of yours" in err


@pytest.mark.usefixtures("fleet")
def test_a_server_that_lets_this_user_read_is_read(audited: Path, tmp_path: Path) -> None:
    """A colleague has no right to write to the history that all share."""
    given = ("-i", audited / "inventory.yaml", "--state-dir", tmp_path)
    with postgresql() as url:
        for _ in range(2):
            cli("audit", *given, *QUICK, "--store", url)
        reader = f"{url}?options=-cdefault_transaction_read_only%3Don"
        for words in COMMANDS[:1] + COMMANDS[3:5]:
            place = ("--state-dir", tmp_path / "none")
            theirs, ours = (cli(*words, *place, "--store", one) for one in (reader, url))
            assert told(theirs) == told(ours)
            assert theirs.code in {0, 3}


def test_a_directory_that_is_not_there_is_not_made_by_who_reads(tmp_path: Path) -> None:
    """A word that was mistyped leaves nothing behind."""
    ended = cli("runs", "--state-dir", tmp_path / "none")

    assert (ended.code, ended.out) == (0, "")
    assert "there is no run here; run 'asa-transport audit' first" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_an_audit_on_a_full_disk_is_compared_with_the_history_that_it_reads(state: Path) -> None:
    """The night is not kept, which is said, and what has changed is known all the same."""
    before = cli("runs", "--state-dir", state, "--format=json").document["runs"][0]["id"]
    with largest_file(0):
        ended = run(state.parent, "audit", "--since=last")

    assert ended.code == 1
    assert ended.out.startswith(f"nothing changed since {before}")
    assert "the run cannot be kept whole" in ended.err
