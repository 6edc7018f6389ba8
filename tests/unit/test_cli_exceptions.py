"""`exceptions list|add|close` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from asa_transport.cli.commands import exceptions

NOW = "2026-11-22T05:40:00Z"
INVENTORY = """\
defaults: {username: u, credential: lab, known_hosts: kh}
credentials: {lab: {password: {env: P}}}
devices:
  fw-par-01: {host: 192.0.2.11}
  fw-par-02: {host: 192.0.2.12}
"""
app = typer.Typer()
app.add_typer(exceptions.app, name="exceptions")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    return tmp_path


def run(folder: Path, command: str, *arguments: str, now: str = NOW) -> Result:
    inventory = str(folder / "inventory.yaml")
    return CliRunner().invoke(app, ["exceptions", command, "-i", inventory, "--now", now, *arguments])


def add(
    folder: Path, device: str = "fw-par-01", *more: str, until: str = "2026-12-31", now: str = NOW
) -> Result:
    told = ("--until", until, "--owner", "A. Meyer", "--ticket", "CHG1", "--reason", "proxy outage")
    return run(folder, "add", device, *told, *more, now=now)


def test_add_writes_the_ledger_beside_the_inventory(folder: Path) -> None:
    """It belongs to the same repository."""
    result = add(folder)

    assert result.exit_code == 0, result.stderr
    assert "fw-par-01 may stay on callhome until 2026-12-31T23:59:59Z (CHG1)" in result.stderr
    assert "device: fw-par-01" in (folder / "exceptions.yaml").read_text(encoding="utf-8")


def test_list_tells_live_expired_and_closed_with_the_days_left(folder: Path) -> None:
    """The list is read on the morning when something ends."""
    add(folder, until="2026-11-24T05:40:00Z")
    run(folder, "close", "fw-par-01")
    add(folder, until="2026-12-02T05:40:00Z")
    add(folder, "fw-par-02", until="2026-11-25T05:40:00Z")

    result = run(folder, "list", "--format", "json", now="2026-11-27T05:40:00Z")

    assert [
        (one["device"], one["state"], one["days_left"]) for one in json.loads(result.stdout)["exceptions"]
    ] == [
        ("fw-par-01", "closed", None),
        ("fw-par-01", "live", 5.0),
        ("fw-par-02", "expired", -2.0),
    ]


def test_list_shows_a_table_with_owner_ticket_and_reason(folder: Path) -> None:
    """One row an entry."""
    add(folder)

    result = run(folder, "list")

    assert result.exit_code == 0
    for part in ("fw-par-01", "live", "39.8", "A. Meyer", "CHG1", "proxy outage"):
        assert part in result.stdout


def test_list_without_a_ledger_says_that_there_is_none(folder: Path) -> None:
    """That is the usual case, and no error."""
    result = run(folder, "list")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "no exceptions" in result.stderr


def test_close_keeps_the_entry(folder: Path) -> None:
    """The ledger is the history, too."""
    add(folder)

    result = run(folder, "close", "fw-par-01")

    assert result.exit_code == 0
    assert "the exception of fw-par-01 (CHG1) is closed" in result.stderr
    assert "closed_at: 2026-11-22T05:40:00Z" in (folder / "exceptions.yaml").read_text(encoding="utf-8")


def test_the_policy_beside_the_inventory_bounds_the_end(folder: Path) -> None:
    """The bound is the fleet's, not the person's who types."""
    (folder / "policy.yaml").write_text("exception_max_days: 7\n", encoding="utf-8")

    result = add(folder)

    assert result.exit_code == 2
    assert "the policy allows 7 days" in result.stderr
    assert not (folder / "exceptions.yaml").exists()


def test_a_policy_that_is_named_wins_over_the_one_beside_the_inventory(folder: Path) -> None:
    """`--policy` is what a person said last."""
    (folder / "policy.yaml").write_text("exception_max_days: 7\n", encoding="utf-8")
    (folder / "mine.yaml").write_text("exception_max_days: 60\n", encoding="utf-8")

    assert add(folder, "fw-par-01", "--policy", str(folder / "mine.yaml")).exit_code == 0


def test_file_names_another_ledger(folder: Path) -> None:
    """A trial need not touch the real one."""
    other = folder / "other.yaml"

    assert add(folder, "fw-par-01", "--file", str(other)).exit_code == 0
    assert other.exists()
    assert not (folder / "exceptions.yaml").exists()


def test_list_and_close_need_no_inventory_when_the_ledger_is_named(folder: Path) -> None:
    """A device may have left the inventory before its exception ended."""
    add(folder)
    (folder / "inventory.yaml").unlink()
    ledger = str(folder / "exceptions.yaml")

    assert "fw-par-01" in run(folder, "list", "--file", ledger).stdout
    assert run(folder, "close", "fw-par-01", "--file", ledger).exit_code == 0


@pytest.mark.parametrize(
    ("device", "until", "message"),
    [
        ("fw-par-03", "2026-12-31", "'fw-par-03' is not in the inventory"),
        ("fw-par-01", "2026-11-21", "is in the past"),
        ("fw-par-01", "2027-12-31", "the policy allows 90 days"),
        ("fw-par-01", "2026-12-31T18:00:00", "--until '2026-12-31T18:00:00' is not a date"),
        ("fw-par-01", "soon", "--until 'soon' is not a date"),
    ],
)
def test_what_may_not_be_added_ends_with_exit_code_2(
    folder: Path, device: str, until: str, message: str
) -> None:
    """And nothing is written."""
    result = add(folder, device, until=until)

    assert result.exit_code == 2
    assert message in result.stderr
    assert not (folder / "exceptions.yaml").exists()


@pytest.mark.parametrize(
    ("command", "arguments", "message"),
    [
        ("close", ["fw-par-02"], "has no open exception"),
        ("list", ["--file", "/nowhere/x.yaml"], "there is no such file"),
        ("close", ["fw-par-01", "--file", "/nowhere/x.yaml"], "there is no such file"),
    ],
)
def test_other_mistakes_end_with_exit_code_2(
    folder: Path, command: str, arguments: list[str], message: str
) -> None:
    """A typing mistake must not look like success."""
    add(folder)

    result = run(folder, command, *arguments)

    assert result.exit_code == 2
    assert message in result.stderr


def test_a_ledger_with_mistakes_ends_with_exit_code_2_and_all_of_them(folder: Path) -> None:
    """An exception that cannot be read must not be taken for none."""
    (folder / "exceptions.yaml").write_text("exceptions:\n  - devise: x\n", encoding="utf-8")

    result = run(folder, "list")

    assert result.exit_code == 2
    assert "unknown key 'devise' (did you mean 'device'?)" in result.stderr
    assert "problems; nothing was contacted" in result.stderr
