"""Read back the answers that a run kept: `raw/DEVICE/COMMAND.txt` of its folder.

Follows no symbolic link and opens nothing but regular files at that depth.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from asa_transport.errors import UserError


def read(run: Path, devices: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the answers by device and file name without `.txt`; a device without any has no entry.

    Args:
        run: The run's folder.
        devices: Only these are read.

    Raises:
        UserError: A file is there and cannot be read.
    """
    found: dict[str, dict[str, str]] = {}
    raw = run / "raw"
    try:
        folders = sorted(raw.iterdir()) if raw.is_dir() else []
        for folder in folders:
            if folder.name in devices and folder.is_dir() and not folder.is_symlink():
                found[folder.name] = {
                    path.stem: _text(path)
                    for path in sorted(folder.glob("*.txt"))
                    if path.is_file() and not path.is_symlink()
                }
    except OSError as error:
        raise UserError(f"{error.filename or raw}: cannot be read: {error.strerror}") from error
    return {name: answers for name, answers in found.items() if answers}


def _text(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return file.read()
