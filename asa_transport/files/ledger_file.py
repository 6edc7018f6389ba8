"""Read and extend a ledger: a YAML file with one list of entries that people and this program write.

    exceptions:
      - device: fw-par-01
        until: 2026-12-31T23:59:59Z

Guarantees that what a person wrote stays as it is, byte for byte: an entry is
appended at the end, closing one adds one line to it, and the result is read again
before it replaces the file, which must then say what was meant and nothing else.  The
file is replaced as a whole or not at all; of two writers one waits.  Never drops an entry.

Base of the ledgers (exceptions, waivers); `ledger_model.py` reads their entries.

Source: docs/outage.md.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Final, Generic, TypeVar

from asa_transport.errors import LedgerError, UserError
from asa_transport.files import ledger_text
from asa_transport.files.checker import has_control_characters, quoted, why_unreadable
from asa_transport.files.other_files import FileKind
from asa_transport.files.user_file import data_of, top_of
from asa_transport.model import Exemption, Problem, Waiver
from asa_transport.text import instant

T = TypeVar("T", bound=Exemption | Waiver)
# A writer needs milliseconds; who holds the lock longer than this has been stopped.
_LOCK_WAIT_S: Final = 10.0
_LOCK_POLL_S: Final = 0.05
_MAX_TEXT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger(Generic[T]):
    """One kind of ledger.

    Attributes:
        kind: Which file it is; its list and its commands have the same name.
        entry: An entry; its fields are the keys, in the order in which they are written.
        refusal: The error of what may not be added or closed.
        header: The head of a new file.
    """

    kind: FileKind
    entry: type[T]
    refusal: type[UserError]
    header: str

    def load(self, path: Path, *, must_exist: bool = False) -> tuple[T, ...] | None:
        """Return all entries in file order, closed ones too; `None` where there is no file.

        Raises:
            LedgerError: Holds every problem, in file order; with `must_exist` also that there is no file.
        """
        data = _read(path)
        if data is None:
            if must_exist:
                raise _error(path, "there is no such file")
            return None
        return self._parsed(data, str(path))

    def append(self, path: Path, entries: tuple[T, ...], check: Callable[[tuple[T, ...]], None]) -> None:
        """Append several entries, all of them or none.

        Args:
            check: Raises where they may not stand beside those that are there.

        Raises:
            LedgerError: The file cannot be used as it is.
        """
        with self._locked(path):
            data = _read(path)
            before = () if data is None else self._parsed(data, str(path))
            check(before)
            written = [_written(new) for new in entries]
            for text in ledger_text.appended(data, written, self.kind.name, self.header):
                if self._says(text, (*before, *entries)):
                    self._replace(path, text)
                    return
        raise self.refusal(
            f"{path}: an entry cannot be appended without rewriting what stands there; add it by hand:\n"
            + "".join(ledger_text.entry(one, indent=2) for one in written)
        )

    def extend(self, path: Path, choose: Callable[[tuple[T, ...]], tuple[int, T]], key: str, value: str) -> T:
        """Add one field to one entry, and return the entry as it is then.

        Args:
            choose: Returns which entry, and what it becomes; raises where there is none.

        Raises:
            LedgerError: The file cannot be used as it is, or is not there.
        """
        with self._locked(path):
            data = _read(path)
            if data is None:
                raise _error(path, "there is no such file, so there is no entry to close")
            before = self._parsed(data, str(path))
            index, changed = choose(before)
            after = (*before[:index], changed, *before[index + 1 :])
            for text in ledger_text.with_field(data, self.kind.name, index, key, value):
                if self._says(text, after):
                    self._replace(path, text)
                    return changed
        raise self.refusal(
            f"{path}: the entry cannot be extended without rewriting it; add to it by hand: {key}: {value}"
        )

    def check_texts(self, new: T, keys: Iterable[str]) -> None:
        """Raise the refusal where one of these texts of a new entry is not a line that can be written."""
        for key in keys:
            text = getattr(new, key)
            if not text or text != text.strip() or has_control_characters(text) or len(text) > _MAX_TEXT:
                raise self.refusal(
                    f"{key} {quoted(text)}; expected 1 to {_MAX_TEXT} characters on one line, without blanks "
                    "around them"
                )

    def check_end(self, until: datetime, *, now: datetime) -> None:
        """Raise the refusal where a new entry would have ended already."""
        if until <= now:
            raise self.refusal(
                f"until {instant(until)} is in the past: it is {instant(now)} now; give a later end"
            )

    def _parsed(self, data: bytes, file: str) -> tuple[T, ...]:
        if ledger_text.is_only_comments(data):
            return ()
        top, checker = top_of(data, file, self.kind, LedgerError)
        # Brings pydantic, and importing that takes longer than most commands.
        from asa_transport.files import ledger_model  # noqa: PLC0415

        found = ledger_model.read(self.kind.name, top, checker)
        if checker.problems:
            raise LedgerError(checker.problems)
        return tuple(self.entry(**one) for one in found)

    def _says(self, data: bytes, expected: tuple[T, ...]) -> bool:
        """Return whether the text would be read as exactly these entries."""
        try:
            return self._parsed(data, "") == expected
        except LedgerError:
            return False

    @contextlib.contextmanager
    def _locked(self, path: Path) -> Iterator[None]:
        """Hold the ledger's directory: a lock that a dead process releases and that leaves no file behind."""
        folder = path.resolve().parent
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise _error(folder, why_unreadable(error)) from error
        try:
            deadline = time.monotonic() + _LOCK_WAIT_S
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise self.refusal(
                            f"{path}: another process is writing it for more than {_LOCK_WAIT_S:g} s; "
                            "try again"
                        ) from None
                    # flock has no timeout of its own.
                    time.sleep(_LOCK_POLL_S)
            yield
        finally:
            os.close(descriptor)

    def _replace(self, path: Path, data: bytes) -> None:
        """Put the new content in the file's place, with its mode, owner and group; a link stays one."""
        target = path.resolve()
        scratch = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
        try:
            with scratch.open("xb") as stream:
                with contextlib.suppress(FileNotFoundError):
                    _keep(stream.fileno(), target.stat())
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            scratch.replace(target)
            folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            why = f"cannot be written: {error.strerror}; look at 'asa-transport {self.kind.name} list'"
            raise _error(path, why) from error
        finally:
            with contextlib.suppress(OSError):
                scratch.unlink(missing_ok=True)


def _error(path: Path, why: str) -> LedgerError:
    return LedgerError((Problem(file=str(path), message=why),))


def _written(new: T) -> dict[str, str]:
    """Return what is written of a new entry, in order."""
    values = ((field.name, getattr(new, field.name)) for field in fields(new))
    return {
        key: value if isinstance(value, str) else instant(value) for key, value in values if value is not None
    }


def _read(path: Path) -> bytes | None:
    """Return the content, `None` where there is no file."""
    try:
        return data_of(path, LedgerError)
    except LedgerError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise


def _keep(descriptor: int, was: os.stat_result) -> None:
    """Give a new file what the old one had: a service that reads it by its group must go on reading it."""
    # Root may give a file to anybody, its owner to his groups only.
    for owner in (was.st_uid, -1):
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, owner, was.st_gid)
            break
    # Behind it, because the system may take rights away with a change of owner.
    os.fchmod(descriptor, was.st_mode & 0o777)
