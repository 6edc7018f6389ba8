"""Read back the answers that a run kept: `raw/DEVICE/COMMAND.txt.gz` of its folder, older ones `.txt`.

Follows no symbolic link and opens nothing but regular files at that depth.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Final

from asa_transport.errors import UserError, in_words

# A session takes no answer that is longer than 4 MB; a file that unpacks to more is none.
_LARGEST: Final = 32 * 1024 * 1024
_PACKED: Final = ".gz"


def read(run: Path, devices: Collection[str], part: str = "raw") -> dict[str, dict[str, str]]:
    """Return the answers by device and file name without its ending; a device without any has no entry.

    Args:
        run: The run's folder.
        devices: Only these are read.
        part: The part of the folder: `raw`, or `raw-after`.

    Raises:
        UserError: A file is there and cannot be read.
    """
    found: dict[str, dict[str, str]] = {}
    raw = run / part
    try:
        folders = sorted(raw.iterdir()) if raw.is_dir() else []
        for folder in folders:
            if folder.name in devices and folder.is_dir() and not folder.is_symlink():
                found[folder.name] = {
                    path.name.removesuffix(_PACKED).removesuffix(".txt"): _text(path)
                    for pattern in ("*.txt", f"*.txt{_PACKED}")
                    for path in sorted(folder.glob(pattern))
                    if path.is_file() and not path.is_symlink()
                }
    except OSError as error:
        raise UserError(f"{error.filename or raw}: cannot be read: {error.strerror}") from error
    return {name: answers for name, answers in found.items() if answers}


def _text(path: Path) -> str:
    with path.open("rb") as file:
        if path.suffix != _PACKED:
            data = file.read(_LARGEST)
        else:
            try:
                data = gzip.GzipFile(fileobj=file).read(_LARGEST)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise UserError(f"{path}: cannot be unpacked: {in_words(error)}") from error
    return data.decode("utf-8", "replace")
