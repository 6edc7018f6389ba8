"""Every command of docs/journal.md is run by a shell, in its order, on a journal and a plan."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from asa_transport.core import journal, plan_document
from asa_transport.edges import signatures
from asa_transport.edges.journal import JournalFile
from tests.support import PROGRAM, ROOT
from tests.unit.journaling import BEGAN, EVENTS, NOW
from tests.unit.planning import audited, plan_of
from tests.unit.signing import key_of

PAGE = (ROOT / "docs" / "journal.md").read_text()


def commands() -> list[str]:
    """Return what stands behind each prompt, in order."""
    return [line.removeprefix("$ ") for line in PAGE.splitlines() if line.startswith("$ ")]


def test_every_command_of_the_journal_page_runs(tmp_path: Path) -> None:
    """An auditor follows the page to the letter, and must find what it promises."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    key = key_of(home / ".ssh", "id_ed25519")
    folder = home / ".local" / "state" / "asa-transport" / "runs" / BEGAN.run
    folder.mkdir(parents=True)
    with JournalFile.create(folder / "journal.jsonl", clock=lambda: NOW, form=journal) as file:
        for event in EVENTS:
            file.note(event)
    signatures.sign_file(folder / "journal.jsonl", key, signatures.JOURNAL_NAMESPACE)
    # A plan of the present, because an expired one may not be approved.
    plan = plan_of([audited("fw1", "transport=callhome")])
    now = f"--now {plan.created_at:%Y-%m-%dT%H:%M:%SZ}"
    (tmp_path / "plan.json").write_text(plan_document.text(plan))
    environment = {
        **{
            name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ASA_", "SSH_"))
        },
        "HOME": str(home),
        "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
    }
    said = ""

    for command in commands():
        timed = f"{command} {now}" if " approve " in command else command
        done = subprocess.run(
            ["/bin/bash", "-euc", timed],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        said += done.stdout

    assert file.head in said
    assert "by ann@example.net, with the key SHA256:" in said
    assert 'Good "asa-transport-plan" signature for ann@example.net' in said
    assert len(list(tmp_path.glob("plan.json.*.sig"))) == 2
    assert len(commands()) > 8


def test_the_page_names_every_event_with_its_fields() -> None:
    """Other programs are written by this table."""
    rows = dict(re.findall(r"^\| `([a-z-]+)` \|[^|]*\| ([^|]*) \|$", PAGE, re.MULTILINE))

    assert list(rows) == list(journal.EVENTS)
    for name, kind in journal.EVENTS.items():
        assert re.findall(r"`([a-z_0-9]+)`", rows[name]) == list(kind.__dataclass_fields__)
