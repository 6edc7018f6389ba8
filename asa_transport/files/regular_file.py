"""Open a file that a user's rules stand in, and nothing that only looks like one.

A link that leads nowhere is not "no file", and a pipe that nobody writes to would hold the program for
ever: both are errors, so that a rule that cannot be read is never taken for a rule that is not there.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def is_named(path: Path) -> bool:
    """Return whether something has this name: also a link that leads nowhere, or what may not be read."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def read_plain(path: Path, most: int) -> bytes:
    """Return the first bytes of a file; never waits for somebody to write.

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
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is a pipe or a device, not a plain file", str(path))
        return file.read(most)
