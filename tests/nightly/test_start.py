"""What a start of the program imports: neither `--version`, a help nor a TAB brings what only a run needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from asa_transport.cli.lazy import commands_of
from asa_transport.cli.main import app

# What reaches a firewall, a database, a receiver or a page; each costs a tenth of a second or more.
FOR_A_RUN = (
    "alembic", "asyncio", "asyncssh", "cattrs", "cryptography", "jinja2", "mock_devices", "multiprocessing",
    "netmiko", "paramiko", "prometheus_client", "smtplib", "sqlalchemy", "structlog", "tenacity", "textfsm",
)  # fmt: skip
# typer converts what a command is given with it, and only that.
HEAVY = (*FOR_A_RUN, "pydantic")
# What prints a help is rich; what completes a word prints plain lines.
FOR_COMPLETION = (*HEAVY, "rich")
FOR_A_NAME = (*FOR_COMPLETION, "yaml")
# For each line its words, and what it has brought that none before it did.
START = """
import json, sys
from asa_transport.cli.main import run

lines, unwanted = json.loads(sys.argv[1])
brought, known = {}, set()
for line in lines:
    sys.argv = ["asa-transport", *line.split()]
    try:
        run()
    except SystemExit:
        pass
    found = set(unwanted) & set(sys.modules)
    brought[line] = sorted(found - known)
    known |= found
print("brought:", json.dumps({line: names for line, names in brought.items() if names}), file=sys.stderr)
"""
INVENTORY = """\
defaults: {username: u, credential: c, known_hosts: none}
credentials: {c: {password: {command: [false]}}}
devices:
  fw-par-01: {host: 192.0.2.1}
"""


def started(
    lines: Sequence[str], unwanted: Sequence[str], *, cwd: Path | None = None, **environment: str
) -> tuple[str, dict[str, list[str]]]:
    """Run the program for each line, in one process; return what it printed, and what it brought."""
    done = subprocess.run(
        [sys.executable, "-c", START, json.dumps([lines, unwanted])],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **environment},
        timeout=60,
    )
    _, mark, brought = done.stderr.rpartition("brought:")
    assert mark, done.stderr
    return done.stdout, json.loads(brought)


def paths() -> list[str]:
    """Every command, and every command of a group."""
    found = []
    for name, command in commands_of(typer.main.get_command(app)).items():
        found += [name, *(f"{name} {below}" for below in getattr(command, "commands", ()))]
    return found


def test_the_version_brings_none_of_it() -> None:
    """Scripts ask for it before each run."""
    out, brought = started(["--version"], FOR_A_NAME)

    assert out.startswith("asa-transport ")
    assert brought == {}


def test_no_help_brings_any_of_it() -> None:
    """A command's module declares its options, and imports what it does when it is run."""
    lines = [f"{path} --help".strip() for path in ("", *paths())]

    out, brought = started(lines, HEAVY)

    assert out.count("Usage:") == len(lines)
    assert brought == {}


def test_one_rule_brings_neither_templates_nor_plans() -> None:
    """A rule's words are beside the function that asks it, and that function judges what others have read."""
    unwanted = (
        *FOR_A_RUN,
        "asa_transport.core.parsing.tables",
        "asa_transport.core.planning",
        "asa_transport.model.push",
        "yaml",
    )

    out, brought = started(["rules AT101"], unwanted)

    assert "AT101" in out
    assert brought == {}


@pytest.mark.parametrize(
    ("line", "offered", "unwanted"),
    [
        ("asa-transport au", "audit", FOR_A_NAME),
        ("asa-transport audit --textf", "--textfsm-templates", FOR_A_NAME),
        ("asa-transport schema pu", "push", FOR_A_NAME),
        ("asa-transport exceptions cl", "close", FOR_A_NAME),
        ("asa-transport rules AT10", "AT101 AT102 AT103 AT104 AT105 AT106", FOR_A_NAME),
        ("asa-transport show 2026", "20260112T130000Z-4f1c", FOR_A_NAME),
        ("asa-transport audit -l fw", "fw-par-01", FOR_COMPLETION),
    ],
)
def test_a_tab_brings_none_of_it(line: str, offered: str, unwanted: tuple[str, ...], tmp_path: Path) -> None:
    """Who waits for a TAB presses it once more; names of an inventory need YAML and nothing else."""
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    (tmp_path / "state" / "runs" / "20260112T130000Z-4f1c").mkdir(parents=True)

    out, brought = started(
        [""],
        unwanted,
        cwd=tmp_path,
        _ASA_TRANSPORT_COMPLETE="complete_bash",
        COMP_WORDS=line,
        COMP_CWORD=str(line.count(" ")),
        ASA_TRANSPORT_STATE_DIR=str(tmp_path / "state"),
    )

    assert out.split() == offered.split()
    assert brought == {}
