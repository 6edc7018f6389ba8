"""Read saved outputs from files, directories and standard input; opens nothing but what it is given.

Guarantees: a path that does not exist is a UserError that names all of them; everything
else that cannot be read is an `Unread` with the reason, so that the caller can report it.
Directories are read in the order of their names, each once, whatever symbolic links lead
to it, and to a limited depth.  Names that begin with a dot are passed over, as a shell does.

A run folder of this program (`runs/ID`, with `audit.json` and `raw/`) is its `raw/`.
A file that gzip packed is read as what it holds, under its name without `.gz`.
"""

from __future__ import annotations

import codecs
import gzip
import os
import stat
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from asa_transport.errors import UserError

STDIN: Final = "-"
# A `show tech-support` of a large chassis has about 10 MiB.
LARGEST_MIB: Final = 32
_LARGEST: Final = LARGEST_MIB * 1024 * 1024
# Runs, regions, sites and devices have fewer levels.
_DEEPEST: Final = 8
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SNIFFED: Final = 8192
_PACKED: Final = ".gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The text of one file; its line ends are untouched, bytes that are no UTF-8 are U+FFFD."""

    path: str
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file or directory that could not be read: what was seen, and what a person can do."""

    path: str
    name: str
    saw: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The files of one directory, not of those below it; `entries` is empty for an empty one."""

    path: str
    name: str
    entries: tuple[Saved | Unread, ...]


def read(paths: Sequence[str], stdin: BinaryIO) -> Iterator[Folder]:
    """Yield what the paths hold, one directory at a time, so that memory holds no more.

    Files that are given one by one are put together by the directory they are in: a shell
    turns ``fw-par-01/*`` into such a list.

    Raises:
        UserError: A path does not exist, or no path was given; nothing was read.
    """
    missing = [path for path in paths if path != STDIN and not os.path.lexists(path)]
    if missing or not paths:
        named = "\n".join(f"{path}: no such file or directory" for path in missing)
        raise UserError(named or "give at least one file or directory, or - for standard input")
    return _read(paths, stdin)


def _read(paths: Sequence[str], stdin: BinaryIO) -> Iterator[Folder]:
    seen: set[tuple[int, int]] = set()
    together: dict[Path, list[Path]] = {}
    for given in dict.fromkeys(paths):
        path = Path(given)
        if given == STDIN:
            yield Folder(path=STDIN, name="stdin", entries=(_text_of(stdin, STDIN, "stdin"),))
        elif _is_directory(path):
            yield from _directory(path, seen, 0)
        else:
            together.setdefault(path.parent, []).append(path)
    for parent, files in together.items():
        entries = tuple(_file(path, is_given=True) for path in files)
        yield Folder(path=str(parent), name=_name(parent), entries=entries)


def _directory(path: Path, seen: set[tuple[int, int]], depth: int) -> Iterator[Folder]:
    """Yield a directory and those below it; one that was seen already is in the result already."""
    name = _name(path)
    if depth > _DEEPEST:
        saw, hint = f"more than {_DEEPEST} directories deep", "give this directory itself"
        unread = Unread(path=str(path), name=name, saw=saw, hint=hint)
        yield Folder(path=str(path), name=name, entries=(unread,))
        return
    try:
        status = path.stat()
        found = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        yield Folder(path=str(path), name=name, entries=(_unread(path, error),))
        return
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    if path / "audit.json" in found and path / "raw" in found:
        found = [path / "raw"]
    below = [entry for entry in found if _is_directory(entry)]
    files = [entry for entry in found if entry not in set(below)]
    if files or not below:
        yield Folder(path=str(path), name=name, entries=tuple(_file(file) for file in files))
    for entry in below:
        yield from _directory(entry, seen, depth + 1)


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    # Without the right to look into its parent: reading it will say so.
    except OSError:
        return False


def _file(path: Path, *, is_given: bool = False) -> Saved | Unread:
    """Read one file; a pipe only where the user gave it (`<(command)` of a shell is one)."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not (is_given and stat.S_ISFIFO(mode)):
            saw, hint = "neither a file nor a directory", "give saved outputs as files"
            return Unread(path=str(path), name=path.name, saw=saw, hint=hint)
        with path.open("rb") as file:
            if path.suffix == _PACKED:
                return _unpacked(file, path)
            return _text_of(file, str(path), path.name)
    except OSError as error:
        return _unread(path, error)


def _text_of(file: BinaryIO, path: str, name: str) -> Saved | Unread:
    data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        saw, hint = f"more than {LARGEST_MIB} MiB", "cut it into one file a firewall"
        return Unread(path=path, name=name, saw=saw, hint=hint)
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return Saved(path=path, name=name, text=data[len(mark) :].decode(encoding, "replace"))
    if b"\0" in data[:_SNIFFED]:
        saw, hint = "a binary file", "give plain text; unpack an archive first"
        return Unread(path=path, name=name, saw=saw, hint=hint)
    return Saved(path=path, name=name, text=data.decode("utf-8", "replace"))


def _unpacked(file: BinaryIO, path: Path) -> Saved | Unread:
    name = path.name.removesuffix(_PACKED)
    try:
        # Reads no more than the limit, whatever a packed file claims to hold.
        return _text_of(cast("BinaryIO", gzip.GzipFile(fileobj=file)), str(path), name)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        return Unread(
            path=str(path), name=name, saw=f"cannot be unpacked: {error}", hint="pack it again, or unpack it"
        )


def _unread(path: Path, error: OSError) -> Unread:
    return Unread(
        path=str(path),
        name=_name(path),
        saw=f"cannot be read: {error.strerror or error}",
        hint="make it readable for this user, or leave it out",
    )


def _name(path: Path) -> str:
    """Return the last part of a path, also of `.` and `..`."""
    return path.name if path.name not in {"", ".."} else path.resolve().name or "root"


def standard_input() -> BinaryIO:
    """Return standard input as bytes."""
    return sys.stdin.buffer
