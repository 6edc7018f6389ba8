"""The table of events of docs/journal.md is that of the code; tests/fleet/test_docs.py runs the rest."""

from __future__ import annotations

import re

from asa_transport.core.documents import journal
from tests.support import ROOT

PAGE = (ROOT / "docs" / "journal.md").read_text()


def test_the_page_names_every_event_with_its_fields() -> None:
    """Other programs are written by this table."""
    rows = dict(re.findall(r"^\| `([a-z-]+)` \|[^|]*\| ([^|]*) \|$", PAGE, re.MULTILINE))

    assert list(rows) == list(journal.EVENTS)
    for name, kind in journal.EVENTS.items():
        assert re.findall(r"`([a-z_0-9]+)`", rows[name]) == list(kind.__dataclass_fields__)
