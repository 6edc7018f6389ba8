"""Keep beside each journal what its run left unsettled, so that no audit reads all journals again.

    runs/ID/unsettled.json   {"schema", "journal_bytes", "open": […], "settled": […]}

The journal is what counts: the file is made from it again whenever the journal has another size,
and may be removed at any time.  `settled` is all that stands in it alone: which later reading
settled what.  Whether a process writes the journal is asked of its lock.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from asa_transport.errors import UserError
from asa_transport.files.regular_file import read_plain

SCHEMA: Final = "asa-transport/unsettled/1"
_INDEX: Final = "unsettled.json"
# A device has about 2 KiB.
_LARGEST: Final = 64 * 1024 * 1024


def is_being_written(journal: Path) -> bool:
    """Return whether the push of this journal lives; raise UserError where it is no plain file."""
    try:
        descriptor = os.open(journal, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise _unreadable(journal, error) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _unreadable(journal, OSError(errno.EINVAL, "it is no plain file"))
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def size(journal: Path) -> int:
    """Return the bytes of a journal, or raise UserError."""
    try:
        return journal.stat().st_size
    except OSError as error:
        raise _unreadable(journal, error) from error


def read(path: Path) -> bytes:
    """Return what is in a journal, or raise UserError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def index(folder: Path) -> Mapping[str, Any] | None:
    """Return what was kept of a run; `None` where there is nothing that can be used."""
    try:
        found = json.loads(read_plain(folder / _INDEX, _LARGEST))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("schema") == SCHEMA else None


def keep(folder: Path, values: Mapping[str, Any]) -> None:
    """Keep it; where that cannot be done, the next command reads the journal again."""
    with contextlib.suppress(OSError):
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{_INDEX}.")
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                json.dump({"schema": SCHEMA, **values}, file)
            Path(name).replace(folder / _INDEX)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise


def _unreadable(path: Path, error: OSError) -> UserError:
    return UserError(
        f"{path}: cannot be read: {error.strerror}; without it nobody knows whether that push left a "
        "firewall between two states: make it readable for this user"
    )
