"""Shell completion, driven as bash drives it: names from the inventory, never an error, never a contact."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support import PROGRAM

INVENTORY = """\
defaults: {username: u, credential: c, known_hosts: none}
credentials: {c: {password: {command: [touch, asked-for-a-secret]}}}
groups: {emea: {region: north}}
devices:
  fw-par-01: {host: 192.0.2.1, groups: [emea], tags: [prod]}
  fw-par-02: {host: 192.0.2.2}
  fw-sin-01: {host: 192.0.2.3, tags: [lab]}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    (tmp_path / "other.yaml").write_text(INVENTORY.replace("fw-", "asa-"))
    for name in ("20260112T130000Z-4f1c", "20260113T130000Z-0a2b", "lost+found"):
        (tmp_path / "state" / "runs" / name).mkdir(parents=True)
    return tmp_path


def complete(home: Path, line: str, **environment: str) -> list[str]:
    """What bash would offer at the end of a line."""
    words = line.split(" ")
    done = subprocess.run(
        [PROGRAM],
        cwd=home,
        env={
            **os.environ,
            "_ASA_TRANSPORT_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
            "ASA_TRANSPORT_STATE_DIR": str(home / "state"),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_limits_are_names_groups_tags_and_regions(home: Path) -> None:
    """What `-l` takes, from the inventory beside."""
    assert complete(home, "asa-transport audit -l ") == [
        "fw-par-01", "fw-par-02", "fw-sin-01", "group:emea", "tag:lab", "tag:prod", "region:north",
    ]  # fmt: skip
    assert complete(home, "asa-transport audit -l fw-par") == ["fw-par-01", "fw-par-02"]


def test_a_second_pattern_begins_behind_a_comma(home: Path) -> None:
    """The whole word is replaced by the shell, so what stands before the comma is kept."""
    assert complete(home, "asa-transport plan -l fw-sin-01,!fw-par-0") == [
        "fw-sin-01,!fw-par-01",
        "fw-sin-01,!fw-par-02",
    ]


def test_the_inventory_of_the_line_is_read(home: Path) -> None:
    """`-i other.yaml` is where the names are."""
    assert complete(home, "asa-transport audit -i other.yaml -l asa-p") == ["asa-par-01", "asa-par-02"]
    assert complete(home, "asa-transport exceptions close -i other.yaml asa-s") == ["asa-sin-01"]


def test_runs_are_the_kept_ones_the_newest_first(home: Path) -> None:
    """Nothing else in the folder is a run."""
    assert complete(home, "asa-transport ticket ") == [
        "last",
        "20260113T130000Z-0a2b",
        "20260112T130000Z-4f1c",
    ]
    assert complete(home, "asa-transport plan --from-run 20260112") == ["20260112T130000Z-4f1c"]
    other = complete(home, f"asa-transport plan --state-dir {home}/none --from-run ")
    assert other == ["last"]


def test_rules_and_schemas_are_completed(home: Path) -> None:
    """Nobody knows their numbers by heart."""
    assert complete(home, "asa-transport rules AT10") == ["AT101", "AT102", "AT103", "AT104", "AT105"]
    assert complete(home, "asa-transport schema no") == ["notify"]


@pytest.mark.parametrize("text", ["devices: [", "\x00", "devices: {fw-a: {host: 1.2.3.4, x: y}}", "\xff"])
def test_an_inventory_that_cannot_be_used_offers_nothing(home: Path, text: str) -> None:
    """A traceback in the middle of a command line helps nobody."""
    (home / "inventory.yaml").write_text(text, encoding="latin-1")

    assert complete(home, "asa-transport audit -l fw") == []
    assert complete(home, "asa-transport audit -i . -l fw") == []
    assert complete(home, "asa-transport audit -i none.yaml -l fw") == []


def test_no_secret_is_asked_for(home: Path) -> None:
    """The credential's command would leave a file."""
    complete(home, "asa-transport audit -l ")

    assert not (home / "asked-for-a-secret").exists()
