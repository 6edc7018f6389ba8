"""What release 0.1.0 kept is still read: its store, its runs without the store, its journal.

`kept/state-0.1.0.tar.xz` is a state directory that a build of 22 November 2026 filled, with three mock
firewalls: an audit, a plan, a dry run, a committed push, an audit after it, and one of two firewalls that
were off.
"""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from asa_transport.core.reports.formats import Format
from tests.support import cli

KEPT = Path(__file__).with_name("kept") / "state-0.1.0.tar.xz"
BEFORE, PLAN, DRY, PUSH, AFTER, OFF = (
    "20261128T124036Z-e797",
    "20261128T124039Z-88e6",
    "20261128T124042Z-1dfb",
    "20261128T124045Z-adae",
    "20261128T124047Z-edce",
    "20261128T124129Z-e849",
)
AUDITS = {BEFORE: 3, AFTER: 3, OFF: 4}


@pytest.fixture(params=["with its store", "without its store"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The state directory; without the store the runs are taken from their folders."""
    with tarfile.open(KEPT) as kept:
        kept.extractall(tmp_path, filter="data")
    if request.param == "without its store":
        (tmp_path / "history.db").unlink()
    return tmp_path


def lost(before: Any, now: Any, place: str = "") -> list[str]:
    """The places where what was said then is not said now; what is said beside it does not count."""
    if isinstance(before, dict) and isinstance(now, dict):
        return [
            found
            for key, value in before.items()
            for found in (lost(value, now[key], f"{place}.{key}") if key in now else [f"{place}.{key}"])
        ]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        pairs = enumerate(zip(before, now, strict=True))
        return [found for at, (one, other) in pairs for found in lost(one, other, f"{place}[{at}]")]
    return [] if before == now else [place]


def test_every_run_is_listed(state: Path) -> None:
    """A history of 400 days outlives releases."""
    is_stored = (state / "history.db").exists()

    ended = cli("runs", "--state-dir", state)

    assert ended.code == 0
    assert all(run in ended.out for run in (BEFORE, PLAN, DRY, PUSH, AFTER, OFF))
    assert "1 applied, 1 refused" in ended.out
    assert "1 would-push, 1 refused" in ended.out
    assert "3 medium, 4 low" in ended.out
    # Of its audits the store has no name, only the machine.
    assert ("unknown@" in ended.out) is is_stored


@pytest.mark.parametrize("run", AUDITS)
def test_a_report_says_what_it_said(state: Path, run: str) -> None:
    """Made again it has every key and value of the document that the old release wrote."""
    then = json.loads((state / "runs" / run / "audit.json").read_text())

    ended = cli("report", run, "--format", "json", "--state-dir", state)

    assert ended.code == AUDITS[run]
    assert lost(then, ended.document) == []


@pytest.mark.parametrize("shape", Format)
def test_every_format_can_be_made_of_it(state: Path, shape: Format, tmp_path: Path) -> None:
    """Whoever keeps last year's reports makes them anew in the format of today."""
    file = tmp_path / "report"

    ended = cli("report", BEFORE, "--format", shape.value, "-o", file, "--state-dir", state)

    assert ended.code == 3
    assert "fw-ber-01" in file.read_text()


def test_two_audits_are_compared(state: Path) -> None:
    """The push is all that happened between them."""
    ended = cli("diff", BEFORE, AFTER, "--state-dir", state)

    assert ended.code == 0
    assert "3 changes on 1 device" in ended.out
    assert "fw-ber-01  callhome -> smart" in ended.out


@pytest.mark.parametrize("run", [PLAN, DRY, PUSH, AFTER, OFF])
def test_what_became_of_each_device_is_shown(state: Path, run: str, tmp_path: Path) -> None:
    """On the screen and in a ticket."""
    shown = cli("show", run, "--state-dir", state)
    ticket = cli("ticket", run, "-o", tmp_path / "ticket", "--state-dir", state)

    assert (shown.code, ticket.code) == (0, 0)
    assert "fw-mad-01" in shown.out
    assert "fw-mad-01" in (tmp_path / "ticket" / "ticket.md").read_text()


def test_the_journal_is_whole(state: Path) -> None:
    """What proves a push must prove it for as long as it is kept."""
    ended = cli("journal", "verify", PUSH, "--state-dir", state)

    assert ended.code == 0
    assert "chain      good: 29 records hold" in ended.out
    assert "push.json  good: it names the same head" in ended.out
