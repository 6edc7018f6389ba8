"""The fault matrix of a push: each step fails in each way, and the device is whole and the word is true."""

from __future__ import annotations

import pytest

from tests.faults.push_matrix import run
from tests.faults.push_page import EXCUSES, PAGE, read, rendered
from tests.faults.push_steps import Cell, cells
from tests.faults.push_truth import faults_of

CELLS = tuple(cells())


@pytest.mark.parametrize("cell", CELLS, ids=[cell.name for cell in CELLS])
def test_a_fault_leaves_a_whole_device_and_a_true_word(cell: Cell) -> None:
    """Somebody sleeps while this runs: before or after, never between, and told as it is."""
    on_page = read(PAGE.read_text(encoding="utf-8"))

    ran = run(cell)

    assert faults_of(ran) == [], ran.end
    assert ran.word == on_page[cell.name], (
        f"{ran.end}: run `python -m tests.faults.push_page` and read what has changed in docs/push-faults.md"
    )


def test_the_page_is_the_matrix_and_nothing_else() -> None:
    """A page that was written by hand would tell an operator what somebody hoped."""
    page = PAGE.read_text(encoding="utf-8")

    words = read(page)

    assert set(words) == {cell.name for cell in CELLS}
    assert page == rendered(words)


def test_a_person_is_called_only_where_nobody_else_could_know() -> None:
    """Each `unknown` stops a whole campaign; so each has its reason on the page."""
    words = read(PAGE.read_text(encoding="utf-8"))

    called = {cell.trouble.title for cell in CELLS if words[cell.name].startswith(("unknown", "rollback-"))}

    assert called == set(EXCUSES)
