"""Make folders and files for their owner alone, so that they are there after a power cut.

Base; knows nothing of what is written.
"""

from __future__ import annotations

import os
from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder and what is missing above it, each for its owner alone (0700)."""
    # One by one: `parents=True` would give the folders above the umask's mode.
    if not folder.parent.exists():
        make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def create(path: Path, flags: int = 0) -> int:
    """Make a new file (0600), put its name on disk, and return its descriptor, open for appending.

    Raises:
        FileExistsError: There is one, or a link.
        OSError: It cannot be made.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | flags, 0o600)
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
