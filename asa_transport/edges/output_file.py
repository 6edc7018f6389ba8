"""Write a result where the user wants it, and nothing where it did not become whole.

What goes wrong while a result is written is an `OutputError` that names the place, for stdout as for
a file: whoever writes need not ask where to.  A link, a file's mode and its owner stay as they are.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

from asa_transport.errors import OutputError, UserError, in_words

# One file of a container, which is a disk of its own; or somebody else's file, whose owner we cannot give.
_NO_RENAME: Final = {errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES}
# The folder takes no new file; the file that is there may be written all the same.
_NO_NEW_FILE: Final = {errno.EACCES, errno.EPERM, errno.EROFS}
# What people call it.
STDOUT: Final = "stdout"
IS_A_DIRECTORY: Final = "it is a directory; name a file in it"
_PIECE: Final = 1 << 20


class OutputStream(io.TextIOWrapper):
    """A text stream to where a result goes; once something was lost, it takes no more."""

    def __init__(self, buffer: BinaryIO, place: str, **how: Any) -> None:
        super().__init__(buffer, **how)
        self._place = place
        self._error: OutputError | None = None

    def write(self, text: str, /) -> int:
        """Write it; raise OutputError where that fails."""
        with self._naming():
            return super().write(text)

    def flush(self) -> None:
        """Write what waits; raise OutputError where that fails."""
        with self._naming():
            super().flush()

    def close(self) -> None:
        """Write what waits, and close; raise OutputError where that fails."""
        try:
            super().close()
        except OutputError:
            raise
        except OSError as error:
            raise OutputError(self._place, error) from error

    def abandon(self) -> None:
        """Let what could not be written, and all that follows, go nowhere."""
        if self._error is not None:
            self._error = None
            _lead_nowhere(self)

    @contextmanager
    def _naming(self) -> Iterator[None]:
        # Whoever tries a stream before it is used (click does) keeps the first failure to itself.
        if self._error is not None:
            raise self._error
        try:
            yield
        except OSError as error:
            self._error = OutputError(self._place, error)
            raise self._error from error


class StandardError(io.TextIOWrapper):
    """The program's stderr: a message that cannot be written ends nothing that is being done."""

    def write(self, text: str, /) -> int:
        """Write it, or drop it."""
        try:
            return super().write(text)
        except OSError:
            _lead_nowhere(self)
            return len(text)

    def flush(self) -> None:
        """Write what waits, or drop it."""
        try:
            super().flush()
        except OSError:
            _lead_nowhere(self)


def _lead_nowhere(stream: io.TextIOWrapper) -> None:
    # What Python has kept to write would be tried once more at its end, and complained of.
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def hold_standard_streams() -> None:
    """Put streams in the place of stdout and stderr whose failures are told apart from all others.

    What a stream cannot encode (a terminal that is not UTF-8) is escaped there.
    """
    sys.stdout = OutputStream(place=STDOUT, **_taken(sys.stdout))
    sys.stderr = StandardError(**_taken(sys.stderr))


def abandon_stdout() -> None:
    """Let what stdout could not take go nowhere: whoever had to be told has been told."""
    if isinstance(sys.stdout, OutputStream):
        sys.stdout.abandon()


def _taken(stream: Any) -> dict[str, Any]:
    """Return what a standard stream was made of."""
    how = {
        "encoding": stream.encoding,
        "errors": "backslashreplace",
        "line_buffering": stream.line_buffering,
        "write_through": stream.write_through,
    }
    return {**how, "buffer": stream.detach()}


@contextmanager
def opened(output: Path | None, otherwise: IO[str]) -> Iterator[IO[str]]:
    """Give `otherwise`, or a file that appears under its name only when it is whole.

    Raises:
        UserError: It cannot be opened.
        OutputError: It could be, and not be written then.
    """
    if output is None:
        yield otherwise
        return
    with _whole(output) as file:
        yield file


@contextmanager
def _whole(output: Path) -> Iterator[IO[str]]:
    try:
        target, there = _target(output)
        if there is None or stat.S_ISREG(there.st_mode):
            raw, scratch = _scratch(target, there)
        else:
            # `/dev/null` or a named pipe is written, not replaced: a file in its place is no use to anybody.
            raw, scratch = target.open("wb"), None
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {_why(output, error)}") from error
    try:
        with OutputStream(raw, str(output), encoding="utf-8") as file:
            yield file
        if scratch is not None:
            _put(scratch, target, there, output)
    finally:
        if scratch is not None:
            scratch.unlink(missing_ok=True)


def _target(output: Path) -> tuple[Path, os.stat_result | None]:
    """Return what is to be written, behind all links, and what is there already."""
    try:
        there = output.stat()
    except FileNotFoundError:
        there = None
    # By a rename it could be replaced all the same, and nobody's wish not to have it written would count.
    if there is not None and stat.S_ISREG(there.st_mode) and not os.access(output, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(output))
    return (output.resolve() if output.is_symlink() else output), there


def _why(output: Path, error: OSError) -> str:
    if error.errno == errno.EISDIR:
        return IS_A_DIRECTORY
    if error.errno == errno.ENOENT:
        return f"there is no directory {output.parent}; make it first"
    return in_words(error)


def _scratch(target: Path, there: os.stat_result | None) -> tuple[BinaryIO, Path]:
    """Open what is written first: beside the target, or, where that folder takes no new file, elsewhere."""
    # Only here: neither `--version` nor a TAB writes a file.
    import tempfile  # noqa: PLC0415

    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".asa-transport-")
    except OSError as error:
        if there is None or error.errno not in _NO_NEW_FILE:
            raise
        descriptor, name = tempfile.mkstemp(prefix="asa-transport-")
    return os.fdopen(descriptor, "wb"), Path(name)


def _put(scratch: Path, target: Path, there: os.stat_result | None, output: Path) -> None:
    """Bring what was written under the target's name, which keeps its mode, its owner and its other names."""
    try:
        if not _renamed(scratch, target, there):
            with scratch.open("rb") as whole, target.open("wb") as file:
                while data := whole.read(_PIECE):
                    file.write(data)
    except OSError as error:
        raise OutputError(str(output), error) from error


def _renamed(scratch: Path, target: Path, there: os.stat_result | None) -> bool:
    """Rename it, and return whether that was possible with all that the target is to keep."""
    try:
        if there is not None:
            made = scratch.stat()
            if there.st_nlink > 1 or scratch.parent != target.parent:
                return False
            if (made.st_uid, made.st_gid) != (there.st_uid, there.st_gid):
                os.chown(scratch, there.st_uid, there.st_gid)
            scratch.chmod(stat.S_IMODE(there.st_mode))
        scratch.replace(target)
    except OSError as error:
        if error.errno not in _NO_RENAME:
            raise
        return False
    return True
