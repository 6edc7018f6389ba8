"""The second matrix of a push: somebody acts at each step, and no word about the device is untrue."""

from __future__ import annotations

import pytest

from tests.faults.colleague_matrix import ROWS, Row, run
from tests.faults.colleague_page import PAGE, read, rendered
from tests.faults.colleague_steps import STEPS
from tests.faults.colleague_truth import faults_of


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_colleague_never_makes_a_word_untrue(row: Row) -> None:
    """What is said of a firewall was read on it, whoever else was at work."""
    on_page = read(PAGE.read_text(encoding="utf-8"))

    cells = run(row)

    assert [fault for ran in cells for fault in faults_of(ran)] == []
    assert {ran.name: ran.word for ran in cells} == {ran.name: on_page[ran.name] for ran in cells}, (
        "run `python -m tests.faults.colleague_page` and read what has changed in docs/push-colleagues.md"
    )


def test_the_page_is_the_matrix_and_nothing_else() -> None:
    """A page that was written by hand would tell an operator what somebody hoped."""
    page = PAGE.read_text(encoding="utf-8")

    words = read(page)

    assert set(words) == {f"{row.name}: {step.title}" for row in ROWS for step in STEPS[row.scene]}
    assert page == rendered(words)
