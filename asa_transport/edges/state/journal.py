"""Append the events of a push to `runs/ID/journal.jsonl`, each on disk before `note` returns.

Guarantees: records stand in the order of their times, whichever threads note them; after a write
that failed nothing more is written, because what is on disk is then not known; one process
at a time writes a journal, and one that died holds it no longer.  Never rewrites a record.  The
text of a record, and where an unfinished journal goes on, is told by a `Form` (core/documents/journal.py).

`fcntl.flock` and `fsync` are what the file system makes of them: on NFS the lock needs a server that
has locking, and other machines must not share the state directory without it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, Self

from asa_transport.edges.state.durable import create as create_file
from asa_transport.edges.state.durable import write_through
from asa_transport.errors import JournalError
from asa_transport.model import JournalEvent, JournalTail, Resumed

# The head of a journal without records.
_FIRST: Final = "0" * 64


class Form(Protocol):
    """What a record looks like; the module core/documents/journal.py is one."""

    def line(self, seq: int, at: datetime, prev: str, event: JournalEvent) -> bytes:
        """Return the bytes of a record, its newline included."""

    def tail(self, data: bytes) -> JournalTail:
        """Return where a journal is continued, or raise BrokenJournal."""


class JournalFile:
    """The journal of one run, open for writing; may be called from many threads."""

    def __init__(
        self, descriptor: int, path: Path, tail: JournalTail, *, clock: Callable[[], datetime], form: Form
    ) -> None:
        self.path = path
        self._reserve = path.with_suffix(".reserve")
        self._descriptor = descriptor
        self._records = tail.records
        self._head = tail.head
        self._clock = clock
        self._form = form
        self._lock = threading.Lock()
        self._is_whole = True

    @classmethod
    def create(cls, path: Path, *, clock: Callable[[], datetime], form: Form) -> Self:
        """Make the journal of a new run.

        Raises:
            JournalError: It cannot be made, or is there already.
        """
        try:
            descriptor = create_file(path)
        except OSError as error:
            raise JournalError(f"{path}: the journal cannot be made: {error.strerror}") from error
        with _closed_on_error(descriptor):
            _hold(descriptor, path)
            return cls(descriptor, path, JournalTail(records=0, head=_FIRST), clock=clock, form=form)

    @classmethod
    def resume(
        cls, path: Path, *, clock: Callable[[], datetime], form: Form, operator: str, tool_version: str
    ) -> Self:
        """Continue the journal of a run that ended early; notes `Resumed`.

        Raises:
            BrokenJournal: It is not as it was written.
            JournalError: There is none, another process writes it, or it cannot be written.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW)
        except OSError as error:
            raise JournalError(f"{path}: the journal cannot be opened: {error.strerror}") from error
        with _closed_on_error(descriptor):
            _hold(descriptor, path)
            try:
                with open(descriptor, "rb", closefd=False) as file_:
                    tail = form.tail(file_.read())
                file = cls(descriptor, path, tail, clock=clock, form=form)
                file._go_on(tail.torn, operator, tool_version)
            except OSError as error:
                raise JournalError(f"{path}: the journal cannot be continued: {error.strerror}") from error
            return file

    @property
    def head(self) -> str:
        """Hash of the last record that is on disk."""
        return self._head

    @property
    def records(self) -> int:
        """How many records are on disk."""
        return self._records

    def note(self, event: JournalEvent) -> None:
        """Append one event; it is on disk when this returns.

        Raises:
            OSError: It may not be there, and the journal takes no more.
        """
        with self._lock:
            self._append(event, b"")

    def reserve(self, size: int) -> None:
        """Keep so many bytes of the disk for what is noted, until `release` or a disk that is full.

        Raises:
            JournalError: There is no such room.
        """
        try:
            descriptor = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, size)
            finally:
                os.close(descriptor)
        except OSError as error:
            self.release()
            raise JournalError(
                f"{self.path}: there is no room for the record of a push ({size} bytes: {error.strerror}); "
                "nothing was sent; make room, or give another state directory with --state-dir"
            ) from error

    def release(self) -> None:
        """Give back the room that was kept."""
        self._reserve.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file; `note` raises from then on."""
        with contextlib.suppress(OSError):
            self.release()
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _go_on(self, torn: bytes, operator: str, tool_version: str) -> None:
        """End what a crash left and note that the push goes on, both or neither."""
        size = os.fstat(self._descriptor).st_size
        digest = hashlib.sha256(torn).hexdigest() if torn else None
        event = Resumed(operator=operator, tool_version=tool_version, torn_sha256=digest)
        try:
            self._append(event, b"\n" if torn else b"")
        except BaseException:
            # A full disk: half a record here would be a second unfinished line, which no reader accepts.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, size)
            raise

    def _append(self, event: JournalEvent, before: bytes) -> None:
        if self._descriptor < 0:
            raise OSError(errno.EBADF, "the journal is closed", str(self.path))
        if not self._is_whole:
            raise OSError(errno.EIO, "an earlier write to the journal failed", str(self.path))
        if os.fstat(self._descriptor).st_nlink == 0:
            raise OSError(errno.ENOENT, "the journal was removed while it was written", str(self.path))
        written = self._form.line(self._records + 1, self._clock(), self._head, event)
        # Set back at the end only: whatever comes between, an interrupt too, leaves it unknown.
        self._is_whole = False
        self._write(before + written)
        self._records += 1
        self._head = hashlib.sha256(written[:-1]).hexdigest()
        self._is_whole = True

    def _write(self, data: bytes) -> None:
        """Write it through; where the disk is full, into the room that was kept for this."""
        size = os.fstat(self._descriptor).st_size
        try:
            write_through(self._descriptor, data)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not self._reserve.exists():
                raise
            os.ftruncate(self._descriptor, size)
            self.release()
            write_through(self._descriptor, data)


@contextlib.contextmanager
def _closed_on_error(descriptor: int) -> Iterator[None]:
    try:
        yield
    except BaseException:
        os.close(descriptor)
        raise


def _hold(descriptor: int, path: Path) -> None:
    """Keep other processes from writing the file until it is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise JournalError(
            f"{path}: another process writes this journal: the push is still running; wait for its end"
        ) from None
    except OSError as error:
        raise JournalError(f"{path}: the journal cannot be locked: {error.strerror}") from error
