"""Read back the answers that a run kept, of many devices in few files or each in a file of its own.

The former are `raw/answers-NNNN.tar.zst` of its folder, the latter `raw/DEVICE/COMMAND.txt.gz`: of pushes,
and of older releases, which had `.txt` too.  Follows no symbolic link and opens nothing but regular
files at that depth.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from asa_transport.edges.answer_pack import DamagedPack, packed_in
from asa_transport.errors import UserError, in_words

# A session takes no answer that is longer than 1 MB (4 before 0.2.0); a file that unpacks to more is none.
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
    return dict(each(run, devices, part))


def each(run: Path, devices: Collection[str], part: str = "raw") -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the same by device, in the order of their names, so that memory holds one device."""
    raw = run / part
    try:
        folders = {path.name: path for path in raw.iterdir() if _is_folder(path)} if raw.is_dir() else {}
        packs = packed_in(raw, devices)
        for path, why in packs.damaged:
            raise UserError(f"{path}: cannot be unpacked: {why}")
        for name in sorted((folders.keys() | packs.found.keys()) & set(devices)):
            # What a person unpacked there is a copy.
            found = dict(_unpacked(packs.answers(name))) if name in packs.found else _files(folders[name])
            if found:
                yield name, found
    except OSError as error:
        raise UserError(f"{error.filename or raw}: cannot be read: {error.strerror}") from error
    except DamagedPack as error:
        raise UserError(f"{raw}: cannot be unpacked: {error}") from error


def _unpacked(answers: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, str]]:
    for name, data in answers:
        yield name.removesuffix(".txt"), data.decode("utf-8", "replace")


def _files(folder: Path) -> dict[str, str]:
    return {
        path.name.removesuffix(_PACKED).removesuffix(".txt"): _text(path)
        for pattern in ("*.txt", f"*.txt{_PACKED}")
        for path in sorted(folder.glob(pattern))
        if path.is_file() and not path.is_symlink()
    }


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


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
