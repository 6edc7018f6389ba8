"""What a ticket reads of a kept audit: all that it shows, or a place."""

from __future__ import annotations

import pytest

from asa_transport.core.documents.stored_audit import read
from tests.unit.test_report_schema import at, document_of, full_report


def test_what_the_document_says_of_a_device_is_read() -> None:
    """The ticket's findings are the document's."""
    (seen,) = read(document_of(full_report())).seen

    assert (seen.name, seen.verdict, seen.changes, seen.reasons) == (
        "fw1",
        "change",
        ("proxy-set",),
        ("a reason",),
    )
    assert seen.findings[0].evidence


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("devices", 0, "decision", "changes"), "the key 'changes' is missing"),
        (("devices", 0, "decision", "reasons"), "the key 'reasons' is missing"),
        (("devices", 0, "findings", 0, "evidence"), r"findings\[0\]: the key 'evidence' is missing"),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_a_part_that_was_lost_is_not_read_as_empty(path: tuple[str | int, ...], said: str) -> None:
    """A ticket without reasons or evidence would be approved for want of them."""
    damaged = document_of(full_report())
    del at(damaged, path[:-1])[path[-1]]

    with pytest.raises(ValueError, match=said):
        read(damaged)


def test_a_device_that_was_not_judged_has_no_verdict() -> None:
    """The document says so by null."""
    kept = document_of(full_report())
    kept["devices"][0]["decision"] = None

    (seen,) = read(kept).seen

    assert (seen.verdict, seen.changes, seen.reasons) == (None, (), ())
