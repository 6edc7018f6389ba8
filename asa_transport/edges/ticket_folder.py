"""Write the files of a bundle as a folder, and as a zip beside it; nothing appears before it is whole.

A folder is written under a hidden name beside its own and renamed; so is the zip.
Directories are 0700, files 0600.  The zip's bytes depend on the files alone (`zip_bytes`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from asa_transport.edges.zip_bytes import write_zip
from asa_transport.errors import UserError


def zip_beside(directory: Path) -> Path:
    """Return where the zip of a bundle goes: ``change-1`` -> ``change-1.zip``."""
    return directory.with_name(f"{directory.name}.zip")


def check_free(directory: Path, *, with_zip: bool) -> None:
    """Raise UserError where the folder holds anything, is no folder, or the zip is there already."""
    if not directory.name or directory.name == "..":
        raise UserError(f"-o {directory}: name a new folder, e.g. change-1")
    try:
        is_taken = directory.is_symlink() or (directory.exists() and not directory.is_dir())
        is_used = not is_taken and directory.is_dir() and any(directory.iterdir())
    except OSError as error:
        raise UserError(f"-o {directory}: cannot be read: {error.strerror}") from error
    if is_taken:
        raise UserError(f"-o {directory}: this is not a folder, and a ticket is one; give a new name")
    if is_used:
        raise UserError(f"-o {directory}: the folder is not empty; name a new one, nothing is overwritten")
    if with_zip and os.path.lexists(zip_beside(directory)):
        raise UserError(
            f"{zip_beside(directory)}: exists already; name another folder, nothing is overwritten"
        )


def write(files: Mapping[str, bytes], directory: Path, *, zip_root: str | None) -> None:
    """Write the folder, and with `zip_root` the zip beside it, whose paths begin with that name.

    Raises:
        UserError: The place is taken or cannot be written; nothing of the bundle is left there.
    """
    check_free(directory, with_zip=zip_root is not None)
    archive: Path | None = None
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        hidden = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}."))
        try:
            _write_all(files, hidden / "bundle")
            if zip_root is not None:
                _zip(files, hidden / "zip", zip_root)
                archive = zip_beside(directory)
                # Unlike a rename, a link never replaces a file that came meanwhile.
                os.link(hidden / "zip", archive)
            # An empty folder is replaced; one that was filled meanwhile is an error.
            (hidden / "bundle").rename(directory)
            archive = None
        finally:
            shutil.rmtree(hidden, ignore_errors=True)
            if archive is not None:
                archive.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(
            f"-o {directory}: cannot be written: {error.strerror}; nothing is left of it"
        ) from error


def _write_all(files: Mapping[str, bytes], folder: Path) -> None:
    made: set[str] = set()
    folder.mkdir(mode=0o700)
    for path, content in files.items():
        above = path.rpartition("/")[0]
        if above and above not in made:
            _make(folder, above, made)
        descriptor = os.open(folder / path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)


def _make(folder: Path, path: str, made: set[str]) -> None:
    """Make a folder and those above it, each 0700; `mkdir(parents=True)` would take the umask's mode."""
    above = path.rpartition("/")[0]
    if above and above not in made:
        _make(folder, above, made)
    (folder / path).mkdir(mode=0o700)
    made.add(path)


def _zip(files: Mapping[str, bytes], path: Path, root: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        write_zip(file, {f"{root}/{name}": content for name, content in files.items()})
