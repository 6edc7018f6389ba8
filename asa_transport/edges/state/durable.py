"""Make folders and files for their owner alone, so that they are there after a power cut.

A folder that its owner has given to a group (setgid, and the group may read and enter it: 2750) shares
what is made in it with that group, for reading; all of it, because what is made below inherits both.

Base; knows nothing of what is written.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

# What to do where no run can be kept in the usual place.
OWN_DIRECTORY: Final = "give a state directory of your own with --state-dir or ASA_TRANSPORT_STATE_DIR"
# What keeps a writer out, and perhaps no reader: a full disk, a read-only one, one that is somebody else's.
DENIED: Final = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM),
}
# Nobody makes a folder setgid by accident, as a umask makes one readable.
_GIVEN: Final = stat.S_ISGID | stat.S_IRGRP | stat.S_IXGRP


def file_mode(folder: Path) -> int:
    """Return the mode of a new file in this folder."""
    return 0o640 if _is_given(folder) else 0o600


def folder_mode(above: Path) -> int:
    """Return the mode of a new folder in this one."""
    return 0o750 if _is_given(above) else 0o700


def _is_given(folder: Path) -> bool:
    return folder.stat().st_mode & _GIVEN == _GIVEN


def make_private(folder: Path) -> None:
    """Make a folder and what is missing above it, each for those who have the one above it."""
    # One by one: `parents=True` would give the folders above the umask's mode.
    if not folder.parent.exists():
        make_private(folder.parent)
    folder.mkdir(mode=folder_mode(folder.parent), exist_ok=True)


def create(path: Path, flags: int = 0) -> int:
    """Make a new file, put its name on disk, and return its descriptor, open for appending.

    Raises:
        FileExistsError: There is one, or a link.
        OSError: It cannot be made.
    """
    descriptor = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | flags, file_mode(path.parent)
    )
    try:
        sync_folder(path.parent)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def write_through(descriptor: int, data: bytes) -> None:
    """Write all of it and wait until it is on disk, or raise OSError; then part of it may be there."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
