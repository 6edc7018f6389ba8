"""Read a file that holds a secret: only a regular one, of ours or root's, that nobody else may use.

What is opened is judged, not its path: a link may be changed between the two.  No message holds anything
of the content.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


class Unobtainable(Exception):
    """Why one secret could not be obtained; never holds it."""


def read(path: Path, *, only_ours: bool, most: int) -> bytes:
    """Return the first `most` bytes, and one more where there are more.

    Args:
        only_ours: False where somebody else guards the directory: systemd.

    Raises:
        Unobtainable: It cannot be read, or others may use it.
    """
    try:
        # Non-blocking, or a FIFO would hold us here before it can be refused.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise Unobtainable(f"cannot be opened: {reason or 'this is not a file name'}") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Unobtainable("it is not a regular file; name one")
        if only_ours:
            _check_owner(status)
        return os.read(descriptor, most + 1)
    except OSError as error:
        raise Unobtainable(f"cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)


def _check_owner(status: os.stat_result) -> None:
    if status.st_uid not in {os.geteuid(), 0}:
        raise Unobtainable(
            f"it belongs to user {status.st_uid}, not to you and not to root; change that with chown"
        )
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode = stat.S_IMODE(status.st_mode)
        raise Unobtainable(f"other people may use it (mode {mode:04o}); change that with chmod 600")
