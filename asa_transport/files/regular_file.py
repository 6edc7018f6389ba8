"""Open a file that a user's rules stand in, and nothing that only looks like one.

A link that leads nowhere is not "no file", and a pipe that nobody writes to would hold the program for
ever: both are errors, so that a rule that cannot be read is never taken for a rule that is not there.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

from asa_transport.errors import UserError

# As Linux shows what `/dev/fd/63` leads to.
_UNNAMED_PIPE: Final = "pipe:["


def is_named(path: Path) -> bool:
    """Return whether something has this name: also a link that leads nowhere, or what may not be read."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def is_file(path: Path) -> bool:
    """Return whether it is a plain file, or a link to one; raise UserError where nobody may look."""
    try:
        return path.is_file()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error


def check_no_pipe(path: Path) -> None:
    """Raise OSError where a pipe has this name, whose reader would wait for somebody to write.

    The pipe of a shell's `<(command)` has no name of its own: its writer is there.
    """
    if stat.S_ISFIFO(path.stat().st_mode) and not _has_no_name(path):
        raise OSError(errno.EINVAL, "it is a pipe, not a file", str(path))


def _has_no_name(pipe: Path) -> bool:
    return pipe.resolve().name.startswith(_UNNAMED_PIPE)


def read_plain(path: Path, most: int, *, or_piped: bool = False) -> bytes:
    """Return the first bytes of a file; never waits for somebody to come and write.

    Args:
        or_piped: Take a pipe without a name too (`<(command)`, `/dev/stdin`): its writer is there.

    Raises:
        OSError: It cannot be read, or is no plain file; `strerror` says which.
        ValueError: The path holds a null byte.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        if path.is_symlink():
            raise OSError(
                errno.EINVAL, "it is a link, and what it leads to is not there", str(path)
            ) from None
        raise
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if or_piped and stat.S_ISFIFO(mode) and _has_no_name(path):
            os.set_blocking(descriptor, True)
            return file.read(most)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is a pipe or a device, not a plain file", str(path))
        return file.read(most)
