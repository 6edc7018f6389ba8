"""What a start of the program imports: neither `--version`, a help nor a TAB brings what only a run needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from asa_transport.cli.lazy import commands_of
from asa_transport.cli.main import app
from tests.golden.golden import DEVICES

# What reaches a firewall, a database, a receiver or a page; each costs a tenth of a second or more.
FOR_A_RUN = (
    "alembic", "asyncio", "asyncssh", "cryptography", "jinja2", "mock_devices", "multiprocessing",
    "netmiko", "paramiko", "prometheus_client", "smtplib", "sqlalchemy", "structlog", "tenacity", "textfsm",
)  # fmt: skip
# typer converts with the first what is not plain, and brings the others for texts that no help has.
HEAVY = (*FOR_A_RUN, "pydantic", "attr", "markdown_it", "pygments", "rich.markdown", "rich.traceback")
# A command that is run keeps the logs of the SSH libraries from stderr.
# What prints a help is rich; what completes a word prints plain lines.
FOR_COMPLETION = (*HEAVY, "logging", "rich")
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
    lines: Sequence[str],
    unwanted: Sequence[str],
    *,
    cwd: Path | None = None,
    before: str = "",
    **environment: str,
) -> tuple[str, dict[str, list[str]]]:
    """Run the program for each line, in one process; return what it printed, and what it brought.

    Args:
        before: What Python is told first.
    """
    done = subprocess.run(
        [sys.executable, "-c", before + START, json.dumps([lines, unwanted])],
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

    # The classes of an inventory take a tenth of a help's time to be made.
    out, brought = started(lines, (*HEAVY, "logging", "asa_transport.model.inventory"))

    assert out.count("Usage:") == len(lines)
    assert brought == {}


def test_the_printer_of_a_help_is_given_the_classes_of_rich_when_it_uses_them() -> None:
    """What stands in for them while typer is imported must be them for whoever does show a traceback."""
    told = """
from asa_transport.cli.help_imports import import_help_printer
import_help_printer()
import sys
from typer import rich_utils
assert not {"rich.markdown", "rich.traceback"} & set(sys.modules)
made = rich_utils._make_rich_text(text="*a*", markup_mode="markdown")
shown = rich_utils.Traceback.from_exception(ValueError, ValueError(), None)
from rich.markdown import Markdown
from rich.traceback import Traceback
assert type(made) is Markdown and isinstance(made, rich_utils.Markdown)
assert type(shown) is Traceback
class Own(rich_utils.Markdown): pass
assert issubclass(Own, Markdown)
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.stdout == "done\n", done.stderr


def test_a_typer_that_takes_more_of_rich_prints_the_same_help(tmp_path: Path) -> None:
    """The next typer may import what stands back otherwise: a help is slower then, and no other one."""
    printer = Path(typer.__file__).with_name("rich_utils.py").read_text(encoding="utf-8")
    (tmp_path / "rich_utils.py").write_text(f"from rich.markdown import Heading\n{printer}", encoding="utf-8")
    other = f"import typer; typer.__path__.insert(0, {str(tmp_path)!r})\n"
    as_ever, brought = started(["audit --help"], ("rich.markdown",))
    more, brought_by_more = started(["audit --help"], ("rich.markdown",), before=other)

    assert more == as_ever
    assert "Usage:" in more
    assert (brought, brought_by_more) == ({}, {"audit --help": ["rich.markdown"]})


@pytest.mark.parametrize(
    ("reader", "mine"),
    [
        ("bugs --bugs mine.yaml", "bugs: {}\n"),
        ("exceptions list --file mine.yaml", "exceptions: []\n"),
        ("waivers list --file mine.yaml", "waivers: []\n"),
        ("analyze fw-par-01 --policy mine.yaml", "allow_callhome: true\n"),
        ("notify test --notify mine.yaml none", "channels: {ops: {kind: apprise, url: {env: MADE_UP}}}\n"),
    ],
)
def test_only_what_reads_such_a_file_brings_pydantic(reader: str, mine: str, tmp_path: Path) -> None:
    """Importing it takes longer than most commands; our own catalogue is checked by a test, once."""
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    (tmp_path / "mine.yaml").write_text(mine)
    shutil.copytree(DEVICES / "smart_healthy", tmp_path / "fw-par-01")
    light = ["schema audit", "inventory show", "exceptions list", "waivers list", "bugs", "analyze fw-par-01"]
    home = {"ASA_TRANSPORT_STATE_DIR": str(tmp_path / "state")}

    out, brought = started([*light, reader], ("pydantic",), cwd=tmp_path, **home)
    _, by_library = started(["--version"], ("pydantic",), before="import asa_transport.library\n")

    assert "CSCwp10957" in out
    assert brought == {reader: ["pydantic"]}
    assert by_library == {}


# What rules judge, and what they are judged by: classes that nobody needs who reads a rule's words.
FOR_A_JUDGEMENT = tuple(
    f"asa_transport.{name}"
    for name in (
        "asa.chatter", "asa.prompts", "asa.terminal", "core.parsing.tables", "core.planning",
        "model.campaign", "model.facts", "model.inventory", "model.ledger", "model.policy", "model.push",
        "model.unsettled",
    )
)  # fmt: skip


def test_one_rule_brings_neither_templates_nor_facts() -> None:
    """A rule's words are beside the function that asks it, and that function judges what others have read."""
    out, brought = started(["rules AT101"], (*HEAVY, *FOR_A_JUDGEMENT, "yaml"))

    assert "AT101" in out
    assert brought == {}


@pytest.mark.parametrize(
    ("line", "offered", "unwanted"),
    [
        ("asa-transport au", "audit", FOR_A_NAME),
        ("asa-transport audit --textf", "--textfsm-templates", FOR_A_NAME),
        ("asa-transport schema pu", "push", FOR_A_NAME),
        ("asa-transport exceptions cl", "close", FOR_A_NAME),
        ("asa-transport rules AT10", "AT101 AT102 AT103 AT104 AT105 AT106", (*FOR_A_NAME, *FOR_A_JUDGEMENT)),
        ("asa-transport show 2026", "20260112T130000Z-4f1c", FOR_A_NAME),
        ("asa-transport waivers add fw-par-01 --bug CSCwp", "CSCwp10957", FOR_COMPLETION),
        ("asa-transport audit -l fw", "fw-par-01", FOR_COMPLETION),
        ("asa-transport notify test on", "on-call", FOR_COMPLETION),
    ],
)
def test_a_tab_brings_none_of_it(line: str, offered: str, unwanted: tuple[str, ...], tmp_path: Path) -> None:
    """Who waits for a TAB presses it once more; names in a file need YAML and nothing else."""
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    (tmp_path / "notify.yaml").write_text("channels: {on-call: {kind: apprise, url: {env: URL}}}\n")
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
