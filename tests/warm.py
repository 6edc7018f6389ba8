"""Programs in processes of their own that need not start Python and import everything first.

A server without threads has imported the program and forks for each start.  What is forked has its own
process id, arguments, environment, directory and standard files, and ends by itself or by a signal as
any process does.  It is not for a test of the start itself, of what `ps` shows, or of what Python takes
from the environment as it starts; those start the installed program.  For a line that a shell runs, a
stand-in on PATH asks the server.

The server runs as `python -m tests.warm FD`, and ends, with all that it started, when the socket of
that number is closed.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import io
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# An environment and a command line; a message of this socket comes whole or not at all.
_MOST_BYTES = 1 << 17
# Isolated, and without site packages: it starts in a small part of the time that the program takes.
_STAND_IN = """\
#!{python} -IS
import json, os, signal, socket, sys

order = {{"what": {what!r}, "arguments": sys.argv[1:], "cwd": os.getcwd(), "environment": dict(os.environ)}}
status, theirs = os.pipe()
with socket.socket(fileno={handle}) as server:
    socket.send_fds(server, [json.dumps(order).encode()], [0, 1, 2, theirs])
os.close(theirs)
os.read(status, 16)
code = int(os.read(status, 16))
if code < 0:
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""

# Two threads that want the first program must not start a server each.
_STARTING = threading.Lock()


class Forked:
    """A started program: the few words of `subprocess.Popen` that tests use; output goes to files.

    What was given another stdout or stderr has written nothing to be returned.
    """

    def __init__(self, pid: int, status: int, out: Any, err: Any) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._status = status
        self._files = (out, err)

    def __enter__(self) -> Forked:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self.wait()
        for file in self._files:
            file.close()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; `subprocess.TimeoutExpired` where it has not come in so many seconds."""
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            said = os.read(self._status, 16)
            os.close(self._status)
            assert said, "the server has died"
            self.returncode = int(said)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for the end, and return what it wrote."""
        self.wait(timeout)
        texts = []
        for file in self._files:
            file.seek(0)
            texts.append(file.read().decode())
        return texts[0], texts[1]

    def send_signal(self, number: int) -> None:
        """Send a signal, where it has not ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
            return
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)


def forked(
    what: str | Path,
    *arguments: str,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    is_whole_environment: bool = False,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
) -> Forked:
    """Start a file as Python's main one, or a module as `python -m` does.

    Args:
        environment: In addition to that of the tests, or with `is_whole_environment` in its place.
        stdin, stdout, stderr: Handles of its standard files; else stdin is `/dev/null`.
    """
    order = {
        "what": str(what),
        "arguments": arguments,
        "cwd": str(cwd or Path.cwd()),
        "environment": {**({} if is_whole_environment else os.environ), **(environment or {})},
    }
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - read when it has ended
    status, theirs = os.pipe()
    with Path(os.devnull).open("rb") as nothing:
        given = (stdin, stdout, stderr)
        own = (nothing.fileno(), out.fileno(), err.fileno())
        files = [mine if one is None else one for one, mine in zip(given, own, strict=True)]
        with _STARTING:
            server = _server()
        socket.send_fds(server, [json.dumps(order).encode()], [*files, theirs])
    os.close(theirs)
    return Forked(int(os.read(status, 16)), status, out, err)


def stand_in(file: Path, what: Path) -> int:
    """Write a program that a shell can start in place of `what`, which is forked, and ends as that does.

    Arguments, environment, directory and standard files are those of the stand-in.  The shell must be
    given the handle that is returned (`pass_fds`).
    """
    with _STARTING:
        handle = _server().fileno()
    file.write_text(_STAND_IN.format(python=sys.executable, handle=handle, what=str(what)), encoding="utf-8")
    file.chmod(0o755)
    return handle


@functools.cache
def _server() -> socket.socket:
    """Start the server of this process, once."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.warm", str(theirs.fileno())],
            cwd=ROOT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # What a terminal sends to the tests is not for it: it ends when they do.
            start_new_session=True,
        )

    def end() -> None:
        ours.close()
        server.wait()

    atexit.register(end)
    return ours


def _serve(control: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Fork for each order; return the order in the process that is to run it, and `None` at the end."""
    running: dict[int, tuple[int, int]] = {}
    while True:
        for handle in select.select([control.fileno(), *running], [], [])[0]:
            if handle in running:
                pid, status = running.pop(handle)
                os.close(handle)
                # A test that has failed no longer listens.
                with contextlib.suppress(BrokenPipeError):
                    os.write(status, b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                os.close(status)
                continue
            data, files, _, _ = socket.recv_fds(control, _MOST_BYTES, 4)
            if not data:
                for pid, _ in running.values():
                    os.kill(pid, signal.SIGKILL)
                return None
            pid = os.fork()
            if pid == 0:
                control.close()
                for number in (files.pop(), *running, *(status for _, status in running.values())):
                    os.close(number)
                return json.loads(data), files
            os.write(files[3], b"%-16d" % pid)
            for number in files[:3]:
                os.close(number)
            running[os.pidfd_open(pid)] = (pid, files[3])


def _become(order: dict[str, Any], files: Sequence[int]) -> None:
    """Make this process one that was started so."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8")
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), "utf-8")
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)), "utf-8", "backslashreplace", line_buffering=True
    )
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["cwd"])
    time.tzset()
    sys.argv = [order["what"], *order["arguments"]]
    try:
        if order["what"].startswith("/"):
            sys.path[0] = str(Path(order["what"]).parent)
            runpy.run_path(order["what"], run_name="__main__")
        else:
            runpy.run_module(order["what"], run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, int):
            # Where what is printed last cannot be, Python is to say so as it does.
            with contextlib.suppress(OSError, ValueError):
                _end(ended.code)
        raise


def _end(code: int) -> None:
    """End as Python does, but for taking every module apart: that copies what is shared, and takes longest.

    So do the children that `multiprocessing` forks.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _import_the_program() -> None:
    """Import what the commands that tests start so need; what is forgotten here only costs time."""
    import sqlite3  # noqa: F401

    import alembic.config  # noqa: F401
    import sqlalchemy.dialects.sqlite  # noqa: F401
    import typer

    import asa_transport.cli.views.audit
    import asa_transport.cli.views.diff
    import asa_transport.cli.views.fleet_audit
    import asa_transport.cli.views.formats
    import asa_transport.cli.views.push_terminal
    import asa_transport.core.reports.html
    import asa_transport.core.reports.markdown
    import asa_transport.edges.ssh.backend
    import asa_transport.flows.analyze
    import asa_transport.flows.plan
    import asa_transport.flows.recorder
    import asa_transport.flows.run_log
    import asa_transport.flows.unattended  # noqa: F401
    from asa_transport.cli.lazy import commands_of
    from asa_transport.cli.main import app

    # What some releases of typer import when they read the first command line.
    with contextlib.suppress(ImportError):
        importlib.import_module("typer._adapters")
    commands_of(typer.main.get_command(app))
    # The collector must not touch, and so copy, what all of them share.
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    _import_the_program()
    order = _serve(socket.socket(fileno=int(sys.argv[1])))
    if order is not None:
        _become(*order)
