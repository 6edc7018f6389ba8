"""csvkit: what stands in a cell, and what it takes for empty."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from asa_transport.model import (
    Expectation,
    ExpectedTransport,
    ProxyPolicy,
    TransportFacts,
    UnsavedFacts,
    UnsavedState,
)
from tests.readers.asked import ask, written
from tests.readers.installs import BIN
from tests.unit.judging import facts_of, healthy
from tests.unit.reporting import audited, every_kind, named, report_of


def read(path: Path) -> list[dict[str, Any]]:
    """The rows as csvkit reads them, with the types that it infers."""
    ended = ask(BIN / "csvjson", path)
    assert (ended.code, ended.err) == (0, "")
    rows = json.loads(ended.out)
    assert isinstance(rows, list)
    return rows


def test_csvkit_reads_as_many_firewalls_as_there_are(tmp_path: Path) -> None:
    """Whatever is in them: quotes, semicolons, escaped control characters."""
    report = every_kind()

    rows = read(written(tmp_path, report, "csv"))

    assert [row["name"] for row in rows] == [outcome.name for outcome in report.ordered]


def test_csvkit_finds_no_structural_fault(tmp_path: Path) -> None:
    """`csvclean` names rows of another length."""
    ended = ask(BIN / "csvclean", "--enable-all-checks", written(tmp_path, every_kind(), "csv"))

    # It also names columns that are empty in every row, which a fleet may have.
    assert "length" not in ended.err.lower()


def test_csvkit_tells_no_proxy_from_an_unknown_one(tmp_path: Path) -> None:
    """It reads the word `none` as null: the two were one there."""
    none = Expectation(transport=ExpectedTransport.NONE, proxy=ProxyPolicy.NONE)
    known = replace(
        healthy(),
        transport=TransportFacts(proxy_known=True),
        unsaved=UnsavedFacts(state=UnsavedState.NONE),
    )
    unknown = replace(known, transport=TransportFacts(), unsaved=UnsavedFacts())
    outcomes = [
        replace(audited(name, facts), device=named(name, expect=none))
        for name, facts in (("fw-known", known), ("fw-unknown", unknown))
    ]

    first, second = read(written(tmp_path, report_of(outcomes), "csv"))

    assert (first["proxy"], first["unsaved"]) == ("no-proxy", "nothing")
    assert (first["expected_transport"], first["expected_proxy"]) == ("no-transport", "no-proxy")
    assert (second["proxy"], second["unsaved"]) == (None, None)


def test_csvkit_takes_days_and_times_for_numbers_and_times(tmp_path: Path) -> None:
    """Who sorts by days left needs numbers, negative ones too."""
    outcomes = [audited("fw-1", facts_of("deadline=-3.5d")), audited("fw-2", facts_of("deadline=80d"))]

    rows = read(written(tmp_path, report_of(outcomes), "csv"))

    assert [row["days_left"] for row in rows] == [-3.5, 80.0]
    assert all(row["deadline_at"].startswith("2026-") for row in rows)
