"""Start a program that gives us a secret or a signature, wait for it within a limit, and leave nothing of it.

Whatever ends the wait (the limit, Ctrl-C, SIGTERM) ends the program first.  Where it has a session of its
own, what it has started goes with it; at a terminal, where it must be able to ask a person, Ctrl-C
reaches all of them by the terminal itself.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType, TracebackType
from typing import IO, Final, Self, cast

from asa_transport.engine.wait_limit import Wait

# How soon the end of a program is seen whose output somebody else holds open.
_LOOK_S: Final = 0.05
# For a program at a terminal to set it right again (it may have turned off the echo) before it is killed.
_GRACE_S: Final = 0.25
# A killed program is gone at once, or hangs in a file system, and then nobody can end it.
_GONE_S: Final = 1.0


class Overdue(Exception):
    """A program has not come to its end in time, and was killed; holds nothing of what it printed.

    Attributes:
        has_ended: It has ended, but what it started holds its output open, in the middle of a line.
    """

    def __init__(self, *, has_ended: bool = False) -> None:
        self.has_ended = has_ended
        super().__init__()


def first_line(argv: Sequence[str], wait: Wait, *, most: int) -> tuple[int, bytes]:
    """Return a program's exit code and what it printed, as far as its first line goes.

    Its stderr goes nowhere; it has no stdin.  What is behind the line, or behind `most` bytes and more, is
    read and forgotten, so that the program is not held up by it.

    Raises:
        Overdue: It was killed.
        OSError: It cannot be started.
        ValueError: Its words cannot be given to a program.
    """
    is_alone = not _has_terminal()
    with _Started(is_alone=is_alone) as started:
        process = started.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=is_alone,
        )  # fmt: skip
        started.hear()
        printed = _line(process, wait, most)
        return process.wait(wait.left_s()), printed


def whole(
    argv: Sequence[str], wait: Wait, *, data: bytes, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    """Return how a program without a terminal ended, and all that it printed.

    Raises:
        Overdue: It was killed.
        OSError: It cannot be started.
    """
    with _Started(is_alone=True) as started:
        process = started.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
            start_new_session=True,
        )  # fmt: skip
        started.hear()
        out, err = process.communicate(data, timeout=wait.left_s())
    return subprocess.CompletedProcess(argv, process.returncode, out, err)


class _Started:
    """A program that does not outlive the context, unless it ends by itself; use it once.

    Until `hear`, signals wait: an exception of Ctrl-C between the fork and the place where its process
    is known would leave a program behind that nobody can end.
    """

    def __init__(self, *, is_alone: bool) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._is_alone = is_alone
        self._came: list[int] = []
        self._handlers: dict[int, Callable[[int, FrameType | None], object]] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in signal.valid_signals():
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, self._wait)
        return self

    def hear(self) -> None:
        """Let signals come as ever, and those that came meanwhile first."""
        handlers, self._handlers = self._handlers, {}
        came, self._came = self._came, []
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in came:
            handlers[number](number, None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self.process is not None:
                if error is not None:
                    _end(self.process, is_alone=self._is_alone)
                _close(self.process)
        finally:
            self.hear()
        if isinstance(error, subprocess.TimeoutExpired):
            raise Overdue from None

    def _wait(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._came.append(number)


def _line(process: subprocess.Popen[bytes], wait: Wait, most: int) -> bytes:
    """Return what was printed up to the end of the first line; it may have more."""
    number = cast("IO[bytes]", process.stdout).fileno()
    os.set_blocking(number, False)
    poll = select.poll()
    poll.register(number, select.POLLIN)
    printed = b""
    while True:
        # Asked before the last look at the output: what it has printed is there then.
        code = process.poll()
        # A process that it has left behind, an agent perhaps, may hold the output open for ever.  Half a
        # line is not taken: half a password, sent to each firewall, locks its user.
        if code is not None and (code or b"\n" in printed):
            return printed
        left = wait.left_s()
        if not left:
            raise Overdue(has_ended=process.poll() is not None)
        if poll.poll(1000 * min(left, _LOOK_S)):
            more = os.read(number, 65_536)
            if not more:
                return printed
            if b"\n" not in printed and len(printed) <= most:
                printed += more


def _end(process: subprocess.Popen[bytes], *, is_alone: bool) -> None:
    """Kill a program, and what is in its session where that is its own; wait no longer than a moment."""
    if not is_alone:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
    with suppress(ProcessLookupError, PermissionError):
        if is_alone:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GONE_S)


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            # What was left to be written goes to nobody.
            with suppress(OSError):
                pipe.close()


def _has_terminal() -> bool:
    """Return whether a program could ask a person, at the terminal that this process belongs to."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
