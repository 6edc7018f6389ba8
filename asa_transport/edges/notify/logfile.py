"""Append lines to a log file.

Each line is one write at the file's end, so two runs may share a file, and it may be rotated at
any time: nothing is kept open.  A new file is for its owner alone (0600); one that is there keeps
its mode.
"""

from __future__ import annotations

import os
from pathlib import Path

from asa_transport.errors import UserError


def check(path: Path) -> None:
    """Raise UserError where no line can be appended; makes the file where it is not there."""
    try:
        append(path, "")
    except OSError as error:
        raise UserError(f"--log-file {path}: cannot be written: {error.strerror}") from error


def append(path: Path, text: str) -> None:
    """Append a text, which ends its own lines; raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, text.encode("utf-8", "backslashreplace"))
    finally:
        os.close(descriptor)
