"""The program on a terminal of a given width: what comes out there, and what a person then sees."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import PROGRAM
from tests.warm import Forked, forked

# Far above what loopback needs; a test that reaches it has failed.
LIMIT_S = 60.0
WIDTHS = (80, 100, 120)
# What a person's shell may have set must not decide these tests.
_SHELL = {"NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "LINES", "CI",
          "GITHUB_ACTIONS"}  # fmt: skip
CLEAN = {key: value for key, value in os.environ.items() if key not in _SHELL}
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(slots=True)
class Terminal:
    """A program that runs on a terminal; `raw` grows as it writes."""

    running: Forked
    width: int
    raw: bytes = b""
    _ours: int = -1
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def text(self) -> str:
        """All that it wrote, without colours, the moves of a picture, and blanks at the ends of lines."""
        return "\n".join(self.lines)

    @property
    def lines(self) -> list[str]:
        """Its lines, without the blanks at their ends."""
        text = _ESCAPE.sub("", self.raw.decode(errors="replace")).replace("\r\n", "\n")
        return [line.rstrip() for line in text.split("\n")]

    def answer(self, text: str) -> None:
        """Type a line."""
        os.write(self._ours, f"{text}\n".encode())

    def wait_for(self, is_there: Callable[[str], bool]) -> str:
        """Return the text once this is true of it."""
        with self._changed:
            assert self._changed.wait_for(lambda: is_there(self.text), LIMIT_S), self.text
            return self.text

    def end(self) -> int:
        """Return the exit code, when all that it wrote has been read."""
        return self.running.wait(LIMIT_S)

    def read(self) -> None:
        """Read until nobody holds the other side."""
        while select.select([self._ours], [], [], LIMIT_S)[0]:
            try:
                more = os.read(self._ours, 65536)
            except OSError:
                return
            with self._changed:
                self.raw += more
                self._changed.notify_all()


@contextmanager
def on_terminal(
    *arguments: str | Path, width: int, height: int = 50, cwd: Path | None = None, **environment: str
) -> Iterator[Terminal]:
    """Run the program on a terminal of this size; at the end it has ended, and all of it is read."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    running = forked(
        PROGRAM,
        *map(str, arguments),
        cwd=cwd,
        environment={**CLEAN, "TERM": "xterm-256color", **environment},
        is_whole_environment=True,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    terminal = Terminal(running, width, _ours=ours)
    reader = threading.Thread(target=terminal.read)
    reader.start()
    try:
        with running:
            yield terminal
            running.wait(LIMIT_S)
        # The warm server may hold the other side a moment longer than the program.
        reader.join(LIMIT_S)
    finally:
        running.kill()
        reader.join(LIMIT_S)
        os.close(ours)


def shown(*arguments: str | Path, width: int, cwd: Path | None = None, **environment: str) -> Terminal:
    """Run the program on a terminal to its end."""
    with on_terminal(*arguments, width=width, height=50, cwd=cwd, **environment) as terminal:
        pass
    return terminal
