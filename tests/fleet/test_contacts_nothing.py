"""What is typed at a reviewer's desk opens no connection and starts no program."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.fleet.hands import callhome, run
from tests.support import fleet_of, python

COMMANDS = (
    ("analyze", "SAVED", "--format", "html"),
    ("runs", "--state-dir", "state"),
    ("diff", "--state-dir", "state"),
    ("report", "last", "--state-dir", "state"),
    ("ticket", "last", "-o", "ticket", "--state-dir", "state"),
    ("ticket", "plan.json", "-o", "ticket-2", "--state-dir", "state"),
    ("show", "plan.json", "--state-dir", "state"),
    ("show", "last", "--state-dir", "state"),
    ("exceptions", "list"),
    ("waivers", "list"),
    ("inventory", "check"),
    ("inventory", "show"),
    ("rules", "AT101"),
    ("bugs", "9.20(3)7"),
    ("schema", "plan"),
)
SCRIPT = """
import sys
from typer.testing import CliRunner
from asa_transport.cli.main import app

seen, codes = [], []
watched = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.exec")
sys.addaudithook(lambda event, found: seen.append((event, str(found)[:80])) if event in watched else None)
for line in {commands}:
    seen.append(line)
    codes.append(int(CliRunner().invoke(app, line).exit_code))
print((seen, codes))
"""


def test_what_needs_no_firewall_contacts_nothing(tmp_path: Path) -> None:
    """The state, the plan and the saved answers are real; the fleet that they came from is gone."""
    with fleet_of(callhome("fw-a")) as fleet:
        fleet.write(tmp_path)
        run(tmp_path, "audit")
        run(tmp_path, "audit")
        assert run(tmp_path, "plan", "--from-run", "last", "-o", tmp_path / "plan.json").code == 0
    (saved,) = sorted((tmp_path / "state" / "runs").glob("*/raw"))[:1]
    lines = [[word.replace("SAVED", str(saved)) for word in command] for command in COMMANDS]

    ended = python("-c", SCRIPT.format(commands=lines), cwd=tmp_path)

    assert ended.code == 0, ended
    seen, codes = ast.literal_eval(ended.out)
    assert seen == lines
    # 3: there are findings, and the command was told to fail on nothing else.
    assert set(codes) <= {0, 3}, list(zip(COMMANDS, codes, strict=True))
