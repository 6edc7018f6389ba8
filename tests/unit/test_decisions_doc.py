"""docs/decisions.md says what `decide` does: its rows are those of the program, every example is run."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from asa_transport.core.judgement.decisions.table import ROWS, decide, deciding_row
from asa_transport.core.judgement.rules.table import findings
from asa_transport.model import Change, Verdict
from tests.unit.judging import case_of

PAGE = Path(__file__).parents[2] / "docs" / "decisions.md"
HEADER = "| row | situation | facts | expect | around | verdict | changes | findings |"


class DocRow(NamedTuple):
    line: int
    row: str
    situation: str
    facts: str
    expect: str
    around: str
    verdict: str
    changes: str
    findings: str


def doc_rows() -> list[DocRow]:
    lines = PAGE.read_text(encoding="utf-8").split("\n")
    start = lines.index(HEADER)
    rows = []
    for number, text in enumerate(lines[start + 2 :], start + 3):
        if not text.startswith("|"):
            break
        cells = [cell.strip() for cell in text.strip("|").split("|")]
        assert len(cells) == 8, f"line {number} has not eight cells"
        assert all(cells), f"line {number} has an empty cell; nothing is written as '-'"
        rows.append(DocRow(number, *cells))
    return rows


def listed(cell: str) -> tuple[str, ...]:
    return () if cell == "-" else tuple(cell.split(", "))


@pytest.mark.parametrize("row", doc_rows(), ids=lambda row: f"line {row.line}: {row.situation}")
def test_a_row_of_the_decision_table_is_what_the_program_decides(row: DocRow) -> None:
    """The page is what operators rely on when they ask why a device was held."""
    case = case_of(row.facts, row.expect, row.around)
    found = findings(case)

    decision = decide(case, found)

    assert deciding_row(case, found).name == row.row
    assert decision.verdict is Verdict(row.verdict)
    assert decision.changes == tuple(Change(change) for change in listed(row.changes))
    assert sorted(finding.rule for finding in found) == list(listed(row.findings))
    assert decision.reasons
    assert all(reason.strip() for reason in decision.reasons)


def test_the_page_lists_every_row_in_the_order_of_precedence() -> None:
    """Who is told a row's name looks there for what it means, and for what would have come before it."""
    lines = PAGE.read_text(encoding="utf-8").split("\n")
    start = lines.index("| row | verdict | situation |") + 2

    listed_rows = [tuple(line.strip("| ").split(" | ")) for line in lines[start : start + len(ROWS)]]

    assert listed_rows == [(row.name, row.verdict.value, row.meaning) for row in ROWS]
    assert lines[start + len(ROWS)] == "<!-- end -->"


def test_every_row_has_an_example_and_they_stand_in_the_same_order() -> None:
    """A situation that the page leaves out is one that nobody reviewed."""
    documented = list(dict.fromkeys(row.row for row in doc_rows()))

    assert documented == [row.name for row in ROWS]


def test_no_two_rows_of_the_page_are_the_same_situation() -> None:
    """A copy that was not edited would claim coverage that is not there."""
    cases = [(row.facts, row.expect, row.around) for row in doc_rows()]

    assert len(cases) == len(set(cases))
