"""Several exceptions at once: all of them or none, in a file that a person may have written by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from asa_transport.errors import ExemptionError
from asa_transport.files import ledger
from asa_transport.model import Exemption

NOW = datetime(2026, 1, 12, 13, tzinfo=UTC)
NAMES = tuple(f"fw-{number:04}" for number in range(500))


def entries(*names: str) -> list[Exemption]:
    return [
        Exemption(
            device=name,
            until=NOW + timedelta(days=3),
            owner="A. Meyer",
            ticket="INC-7",
            reason="temporary revert",
            added_at=NOW,
        )
        for name in names
    ]


def add(path: Path, *names: str) -> tuple[Exemption, ...]:
    return ledger.add_all(path, entries(*names), devices=NAMES, max_days=30)


def test_all_are_appended_in_order_and_what_was_there_stays(tmp_path: Path) -> None:
    """A revert of a whole fleet is one edit of the file."""
    path = tmp_path / "exceptions.yaml"
    add(path, "fw-0001")
    before = path.read_text() + "  # a person's remark\n"
    path.write_text(before)

    added = add(path, *NAMES[2:])

    assert ledger.load(path) == (*entries("fw-0001"), *added)
    assert [one.device for one in added] == list(NAMES[2:])
    assert path.read_text().startswith(before)


@pytest.mark.parametrize("bad", [("fw-0002", "fw-0001"), ("fw-0002", "fw-0002"), ("fw-0002", "unknown")])
def test_where_one_may_not_be_added_none_is(tmp_path: Path, bad: tuple[str, ...]) -> None:
    """A live one already, the same device twice, a device that does not exist."""
    path = tmp_path / "exceptions.yaml"
    add(path, "fw-0001")
    before = path.read_bytes()

    with pytest.raises(ExemptionError):
        add(path, *bad)

    assert path.read_bytes() == before


def test_none_at_all_makes_no_file(tmp_path: Path) -> None:
    """A plan without devices has no exceptions to write."""
    path = tmp_path / "exceptions.yaml"

    assert add(path) == ()
    assert not path.exists()
