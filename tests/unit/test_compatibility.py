"""The page on what firewalls have told us is made of the captures that are there, and of nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.captures.bundles import FOLDERS
from tools import compatibility


@pytest.fixture
def captures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of captures of one's own."""
    # The place that the page's maker reads, which is no setting of the program.
    monkeypatch.setattr(compatibility, "CAPTURES", tmp_path)
    compatibility._columns.cache_clear()
    return tmp_path


def page() -> str:
    """The made parts alone."""
    names = ("real firewalls", "real assumptions", "mock assumptions", "other lines")
    text = "".join(f"<!-- made: {name} -->\n<!-- end -->\n" for name in names)
    made = compatibility.filled(text)
    compatibility._columns.cache_clear()
    return made


def test_without_a_capture_every_cell_is_empty(captures: Path) -> None:
    """Nobody may take silence for an answer."""
    assert not list(captures.iterdir())

    made = page()

    assert "| no capture yet |" in made
    assert "holds" not in made
    assert "differs" not in made
    assert "| 9.22 |  |  |" in made


def test_a_capture_of_a_real_firewall_fills_its_own_cells(captures: Path) -> None:
    """By release and model; one that is made up stands apart."""
    folder = next(folder for folder in FOLDERS if folder.name == "mock-firepower")
    shutil.copytree(folder, captures / "oslo")

    made = page()
    real, _, mock = made.partition("<!-- made: mock assumptions -->")

    assert "| ASAv 9.23(1)22 | FPR-1150 9.22(3) | FPR-2130 9.20(4)20 |" in real
    assert "| **differs** |" in real
    assert "| 9.20 |  |  |  |  |  |  | 1 |" in real
    assert "| no capture yet |" in mock


def test_a_line_that_no_mock_firewall_prints_is_listed_and_so_are_two_in_another_order(
    captures: Path,
) -> None:
    """A mock that prints what no firewall does proves nothing."""
    folder = next(folder for folder in FOLDERS if folder.name == "mock-agent-4-callhome-and-expired")
    shutil.copytree(folder, captures / "oslo")

    made = page()

    assert "| oslo | `show failover` | `slot 0: empty` |" in made
    assert ", then `" in made
    assert "| oslo | `show version` | `Serial Number" not in made
