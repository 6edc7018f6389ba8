"""Hold a device or a plan for one push at a time, by locks that a dead process releases by itself.

    STATE/locks/device-NAME      held while a push works on the device
    STATE/locks/serial-NUMBER    held while a push works on the firewall, whatever its names
    STATE/locks/plan-DIGEST      held while a push works on the plan

The lock is `fcntl.flock` on the file; what stands in it is for the message only, and says who
held it last.  Excludes threads of one process as well as processes; a forked child neither
keeps nor releases its parent's lock.  Files stay when they are released: removing one would let
two processes hold "the same" lock.  Taking never waits.

`flock` is kept by the kernel of one machine.  On NFS it works between machines only where client and
server have NFSv4 or `lockd`, and a lost lease releases it in silence: keep the state directory on
a local disk, and push to one fleet from one machine.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from asa_transport.edges.state.durable import make_private
from asa_transport.errors import StateError

_NAME: Final = re.compile(r"(device|serial|plan)-[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
# Whoever removes the file as often as this while we take it does so on purpose.
_ATTEMPTS: Final = 100
_LARGEST: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Somebody else has the lock; `by` says who, as far as the file tells it."""

    name: str
    by: str


class Lock:
    """A lock that is held until `release`, the end of its `with`, or the end of the process."""

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = name
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let go; nothing happens the second time, or in a forked child."""
        with _GUARD:
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is None or _OPEN.pop(descriptor, None) is not self:
                return
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)
            # Not by closing alone: a child that was just forked has the file open as well.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class DeviceLocks:
    """The locks of a state directory, as one run takes them; may be called from many threads."""

    def __init__(self, state: Path, *, run: str) -> None:
        """Make the directory, or raise StateError naming it."""
        self._folder = state / "locks"
        self._run = run
        with self._telling():
            make_private(self._folder)

    def take(self, name: str, now: datetime) -> Lock | Held:
        """Take a lock, or say at once who has it.

        Args:
            name: `device-NAME`, `serial-NUMBER` or `plan-DIGEST`.
            now: For the message of whoever finds it held; aware.

        Raises:
            StateError: The file cannot be made or locked.
            ValueError: It is no such name.
        """
        if not _NAME.fullmatch(name) or ".." in name:
            raise ValueError(f"{name!r:.80} cannot be the name of a lock")
        path = self._folder / name
        with self._telling():
            for _ in range(_ATTEMPTS):
                # Under the guard, so that no fork comes between the opening and the note of it.
                with _GUARD:
                    found = self._taken(path, now)
                if found is not None:
                    return found
        raise StateError(f"{path}: the file is removed again and again while it is locked; find out by whom")

    def _taken(self, path: Path, now: datetime) -> Lock | Held | None:
        """Return the lock or its holder; `None` where the file was removed meanwhile."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        is_ours = False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever comes now would make a new file and lock that one.
            is_ours = _is_at(descriptor, path)
            if not is_ours:
                return None
            _write_holder(descriptor, self._run, now)
            lock = Lock(path.name, descriptor)
            _OPEN[descriptor] = lock
            return lock
        except BlockingIOError:
            return Held(name=path.name, by=_holder(descriptor))
        except BaseException:
            is_ours = False
            raise
        finally:
            if not is_ours:
                _OPEN.pop(descriptor, None)
                os.close(descriptor)

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateError(
                f"{error.filename or self._folder}: cannot be made or locked ({error.strerror}); give "
                "a state directory of your own on a local disk, with --state-dir or ASA_TRANSPORT_STATE_DIR"
            ) from error


# Every lock of this process, by its descriptor; also what a forked child must close.
_OPEN: Final[dict[int, Lock]] = {}
_GUARD: Final = threading.RLock()


def _let_go_in_child() -> None:
    """Close what the parent holds, without releasing it: else the lock would outlive the parent."""
    for descriptor in _OPEN:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _OPEN.clear()
    _GUARD.release()


os.register_at_fork(before=_GUARD.acquire, after_in_parent=_GUARD.release, after_in_child=_let_go_in_child)


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether the open file is still the one that has the name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _write_holder(descriptor: int, run: str, now: datetime) -> None:
    holder = {"pid": os.getpid(), "machine": os.uname().nodename, "run": run, "at": _text(now)}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _holder(descriptor: int) -> str:
    """Return who holds the lock, in words; the file may be empty, because it is written after locking."""
    try:
        found = json.loads(os.pread(descriptor, _LARGEST, 0))
        return f"process {found['pid']} on {found['machine']}, run {found['run']}, since {found['at']}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "another process, which has not said its name"


def _text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
