"""Keep what was learnt of releases: one file of the state directory, replaced as a whole.

    learnt.json   {"schema", "entries": […]}

Two programs that learn at once: the later one wins, and the other's firewall is asked again.

Base; knows nothing of what is in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Final

from asa_transport.edges.state.durable import file_mode, sync_folder
from asa_transport.errors import UserError
from asa_transport.files.regular_file import read_plain

NAME: Final = "learnt.json"
# An entry has some 300 bytes, and a release five of them at most.
_LARGEST: Final = 4 * 1024 * 1024


def read(state: Path) -> Any:
    """Return the file's JSON value; `None` where there is no file.

    Raises:
        UserError: It is there, and cannot be read.
    """
    path = state / NAME
    try:
        return json.loads(read_plain(path, _LARGEST))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise unusable(state, why) from error


def write(state: Path, value: Any) -> None:
    """Replace the file; raise UserError where that cannot be done."""
    path = state / NAME
    try:
        descriptor, name = tempfile.mkstemp(dir=state, prefix=f".{NAME}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, file_mode(state))
                json.dump(value, file, indent=1, ensure_ascii=False)
                file.write("\n")
                file.flush()
                os.fsync(descriptor)
            Path(name).replace(path)
            sync_folder(state)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written: {error.strerror}; what was learnt of a release is not kept"
        ) from error


def unusable(state: Path, why: str) -> UserError:
    """Return that the file is there and says nothing that can be used."""
    return UserError(
        f"{state / NAME}: cannot be used: {why}; it holds where releases are not as assumed. Move it away, "
        "and run 'asa-transport doctor' again"
    )
