"""Which run was the last: by the numbers that were given as they began, whatever a clock or an id says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.edges.state import run_folder
from asa_transport.edges.state.run_folder import AUDIT, JOURNAL, RunFolder
from asa_transport.edges.state.store import Store
from asa_transport.flows.history import list_runs
from asa_transport.flows.inputs import StateLocation
from asa_transport.model import RunStatus, StoredRun
from asa_transport.model.turn import RunTurn, in_turn
from tests.full_disk import largest_file
from tests.unit.judging import NOW
from tests.unit.reporting import STANDARD
from tests.unit.stores import run


def running(number: int = 0, *, sequence: int | None = None) -> StoredRun:
    return run(number, status=RunStatus.RUNNING, sequence=sequence)


def begun(state: Path, run_id: str, *files: str) -> RunFolder:
    made = RunFolder(state, run_id)
    for name in files:
        made.save_text(name, "{}\n")
    return made


def named(number: int, tail: str = "ffff", *, at: datetime = NOW) -> str:
    return f"{at + timedelta(days=number):%Y%m%dT%H%M%SZ}-{tail}"


def unnumbered(state: Path, run_id: str) -> Path:
    """The folder of a run of an older release."""
    folder = begun(state, run_id, AUDIT).path
    (folder / ".sequence").unlink()
    (state / ".sequence").unlink()
    return folder


def ids(state: Path) -> list[str]:
    return [folder.name for folder in run_folder.folders(state)]


def test_two_runs_of_one_second_stand_as_they_began(tmp_path: Path) -> None:
    """Their ids end at random: every second time the older one would be the last."""
    first, second = begun(tmp_path, named(0, "ffff"), AUDIT), begun(tmp_path, named(0, "0000"), AUDIT)

    assert (first.sequence, second.sequence) == (1, 2)
    assert ids(tmp_path) == [first.path.name, second.path.name]
    assert run_folder.find_run(tmp_path, "last") == second.path
    assert run_folder.any_run(tmp_path, "last") == second.path


def test_a_clock_that_was_ahead_for_a_night_does_not_make_its_run_the_last_for_ever(tmp_path: Path) -> None:
    """Plans, tickets and journals of `last` would be of that night until the clocks had come so far."""
    names = [named(0), named(500), named(1)]
    for name in names:
        begun(tmp_path, name, AUDIT, JOURNAL)

    assert ids(tmp_path) == names
    assert run_folder.find_run(tmp_path, "last", JOURNAL).name == names[-1]


def test_runs_of_an_older_release_stand_by_their_clocks_before_the_first_that_has_a_number(
    tmp_path: Path,
) -> None:
    """A state directory is years old."""
    old = [named(0), named(1), named(2)]
    for name in reversed(old):
        unnumbered(tmp_path, name)

    new = begun(tmp_path, named(2, "0000"))

    assert ids(tmp_path) == [*old, new.path.name]


@pytest.mark.parametrize("content", [None, "", "many\n", "-4\n", "9" * 40])
def test_the_file_of_the_highest_number_is_made_again(tmp_path: Path, content: str | None) -> None:
    """A person removes what has no meaning to him; a crash leaves an empty file."""
    for number in range(3):
        begun(tmp_path, named(number))
    counter = tmp_path / ".sequence"
    counter.unlink() if content is None else counter.write_text(content)

    assert begun(tmp_path, named(0, "0000")).sequence == 4


def test_many_runs_that_begin_at_once_have_numbers_of_their_own(tmp_path: Path) -> None:
    """Cron starts all its jobs in the same second."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: begun(tmp_path, named(0, f"{number:04}")), range(16)))

    assert len({folder.sequence for folder in made} - {None}) == 16


def test_a_run_that_goes_on_keeps_its_number(tmp_path: Path) -> None:
    """`resume` opens the folder again, days later."""
    begun(tmp_path, named(0))
    begun(tmp_path, named(1))

    assert RunFolder(tmp_path, named(0)).sequence == 1


def test_a_full_disk_costs_the_number_and_not_the_run(tmp_path: Path) -> None:
    """Its clock is what is left then."""
    begun(tmp_path, named(0))
    with largest_file(0):
        made = RunFolder(tmp_path, named(1))

    assert made.sequence is None
    assert ids(tmp_path) == [named(0), named(1)]
    assert (begun(tmp_path, named(2)).sequence or 0) > 1


@given(st.permutations([0, 1, 2, 3, 4]))
def test_the_order_in_which_they_are_read_decides_nothing(order: list[int]) -> None:
    """A directory lists its entries as it likes."""
    turns = [
        RunTurn(sequence=None, started_at=NOW, id="a"),
        RunTurn(sequence=7, started_at=NOW + timedelta(days=500), id="b"),
        RunTurn(sequence=8, started_at=NOW + timedelta(days=1), id="c"),
        RunTurn(sequence=8, started_at=NOW + timedelta(days=2), id="d"),
        RunTurn(sequence=None, started_at=NOW + timedelta(days=3), id="e"),
    ]

    assert [one.id for one in in_turn([turns[number] for number in order], lambda one: one)] == list("abcde")


# In the store.


def test_the_stores_last_run_is_the_one_that_began_last(tmp_path: Path) -> None:
    """Whatever the clocks of the machines that share it say."""
    with Store(tmp_path) as store:
        for number in (0, 500, 1):
            store.begin(running(number), (), STANDARD)
            store.finish(run(number), ())

        found = store.runs()

    assert [one.id for one in found] == [run(number).id for number in (0, 500, 1)]
    assert [one.sequence for one in found] == [1, 2, 3]


def test_a_running_run_is_the_last_though_its_machine_has_counted_less(tmp_path: Path) -> None:
    """Another machine wrote to the store since this one did."""
    with Store(tmp_path) as store:
        for number, sequence in enumerate((9, 4)):
            store.begin(running(number, sequence=sequence), (), STANDARD)

        assert [one.sequence for one in store.runs()] == [9, 10]


def test_runs_that_were_done_stand_where_they_began(tmp_path: Path) -> None:
    """They are taken in from their folders: by their number, and without one by their clock."""
    with Store(tmp_path) as store:
        for number in (0, 4):
            store.begin(running(number), (), STANDARD)
        store.begin(run(2), (), STANDARD)
        store.begin(run(1), (), STANDARD)
        store.begin(run(6, sequence=1), (), STANDARD)

        assert [one.id for one in store.runs()] == [run(number).id for number in (0, 1, 2, 6, 4)]


def test_a_push_is_listed_behind_the_audit_after_which_it_began(tmp_path: Path) -> None:
    """Pushes are in the state directory only, and have their numbers from there."""
    location = StateLocation(state_dir=tmp_path)
    with Store(tmp_path) as store:
        store.begin(running(500, sequence=1), (), STANDARD)
    begun(tmp_path, run(500).id)
    push = begun(tmp_path, named(3))
    push.save_text(JOURNAL, "")

    assert [one.id for one in list_runs(location).runs] == [push.path.name, run(500).id]
