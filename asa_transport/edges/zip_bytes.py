"""Make a zip whose bytes depend on the files alone: fixed times, order, permissions and compression.

Base of two edges, tickets and captures; touches no file.

Source: PKWARE APPNOTE 6.3 (4.4: times since 1980, external attributes).
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from typing import IO, Final

# The first moment that a zip can hold.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_FILE_MODE: Final = 0o100600
_UNIX: Final = 3


def write_zip(file: IO[bytes], files: Mapping[str, bytes]) -> None:
    """Write the files by path, in the order of their paths; raise OSError where that fails."""
    with zipfile.ZipFile(file, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _FILE_MODE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name], compresslevel=6)
