"""Type at a real shell that has installed the completion, and see what it makes of a TAB."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.nightly.test_completion import AUDITED, INVENTORY
from tests.support import PROGRAM

# Far above what a shell needs; a test that reaches it has failed.
LIMIT_S: Final = 30.0
# fish looks for a terminal that is its own.
_AT_ITS_OWN: Final = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
# What is typed before a TAB, and what stands there after it.
BECOMES: Final[Mapping[str, str]] = {
    "aud": "audit ",
    "audit --lim": "audit --limit ",
    "audit -l fw-s": "audit -l fw-sin-01 ",
    "audit -l group:e": "audit -l group:emea ",
    "audit -l 'fw-par-01,tag:p": "audit -l 'fw-par-01,tag:prod' ",
    "audit --limit=fw-s": "audit --limit=fw-sin-01 ",
    "audit --limit=group:e": "audit --limit=group:emea ",
    "audit --limit=fw-par-01,region:n": "audit --limit=fw-par-01,region:north ",
    "ticket 2026": f"ticket {AUDITED} ",
    "report last --only change,man": "report last --only change,manual ",
    "report --format=sa": "report --format=sarif ",
    "push my-p": "push my-plan.json ",
    "audit -o my-p": "audit -o my-plan.json ",
    "audit --output=my-p": "audit --output=my-plan.json ",
}


def furnished(home: Path) -> dict[str, str]:
    """Put what is completed in a home of its own; return the environment of its shells."""
    (home / "inventory.yaml").write_text(INVENTORY)
    (home / "my-plan.json").write_text("{}")
    run = home / "state" / "runs" / AUDITED
    run.mkdir(parents=True)
    (run / "audit.json").touch()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ZDOTDIR"))},
        "HOME": str(home),
        "PATH": f"{Path(PROGRAM).parent}:{os.environ['PATH']}",
        "TERM": "dumb",
        "ASA_TRANSPORT_STATE_DIR": str(home / "state"),
    }


def asked_from(shell: str, option: str, home: Path, environment: Mapping[str, str]) -> str:
    """Run the program with this option from a shell, which it has to find out; return what it says."""
    # Two commands: a shell puts the last one in its own place, and would be no parent of it.
    done = subprocess.run(
        [shell, "-c", f"asa-transport {option}; true"],
        cwd=home,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


class Shell:
    """An interactive shell at a terminal of its own."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._said = ""

    def type(self, keys: str) -> None:
        """Press these keys."""
        os.write(self._terminal, keys.encode())

    def shows(self, text: str) -> bool:
        """Wait until this is shown; False, where it is not within the limit."""
        while text not in self._said:
            if not select.select([self._terminal], [], [], LIMIT_S)[0]:
                return False
            try:
                self._said += os.read(self._terminal, 65_536).decode(errors="replace")
            except OSError:
                return False
        self._said = self._said.partition(text)[2]
        return True

    def completes(self, typed: str, becomes: str) -> bool:
        """Whether a TAB makes this of that; the line is given up then."""
        self.type(f"asa-transport {typed}\t")
        is_so = self.shows(f"asa-transport {becomes}")
        self.type("\x15")
        return is_so


@contextmanager
def interactive(argv: list[str], home: Path, environment: Mapping[str, str]) -> Iterator[Shell]:
    """Start a shell; it does not outlive the test."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", _AT_ITS_OWN, *argv], cwd=home, env=dict(environment), stdin=theirs,
        stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        yield Shell(ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
