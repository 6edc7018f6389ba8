"""Read saved outputs from files, directories and standard input; opens nothing but what it is given.

Guarantees: a path that does not exist is a UserError that names all of them; everything
else that cannot be read is an `Unread` with the reason, so that the caller can report it.
Directories are read in the order of their names, each once, whatever symbolic links lead
to it, and to a limited depth.  Names that begin with a dot are passed over, as a shell does.

A run folder of this program (`runs/ID`, with `audit.json` and `raw/`) is its `raw/`, and each device that
is packed there (`answers-NNNN.tar.zst`) is read like a directory of its name.
A file that gzip packed is read as what it holds, under its name without `.gz`.  A zip or tar
archive is read like the directory that was packed, in memory: nothing is written, no link
is followed, no path leads out of it, and what it may hold is bounded, whatever it claims.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import stat
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, cast

from asa_transport.edges import answer_pack
from asa_transport.edges.answer_pack import DamagedPack, Pack, PackedAnswers
from asa_transport.errors import UserError, in_words
from asa_transport.files.regular_file import is_named

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
# What one archive may hold in all, unpacked: some hundreds of firewalls.
_LARGEST_ARCHIVE_MIB: Final = 256
_MOST_MEMBERS: Final = 20_000
_TARS: Final = {
    ".tar": None,
    ".tar.gz": gzip.open,
    ".tgz": gzip.open,
    ".tar.bz2": bz2.open,
    ".tar.xz": lzma.open,
}
_ZIP: Final = ".zip"
_UNPACKING: Final = (
    EOFError,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    tarfile.TarError,
    # An encrypted or an exotic member of a zip archive; a number in a header that is none.
    RuntimeError,
    NotImplementedError,
    ValueError,
)


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
    missing = [path for path in paths if path != STDIN and not is_named(Path(path))]
    if missing or not paths:
        named = "\n".join(f"{path}: no such file or directory" for path in missing)
        raise UserError(named or "give at least one file or directory, or - for standard input")
    return _read(paths, stdin)


def read_devices(raw: Path, names: Sequence[str]) -> Iterator[Folder]:
    """Yield what the `raw/` of a run holds of these devices, one at a time; none that is missing."""
    try:
        packs = answer_pack.packed_in(raw, set(names))
    except OSError as error:
        yield Folder(path=str(raw), name=_name(raw), entries=(_unread(raw, error),))
        return
    yield from (_damaged(raw, path, why) for path, why in packs.damaged)
    for name in names:
        if name in packs.found:
            yield _packed(raw, name, packs)
        elif _is_directory(raw / name):
            yield from _directory(raw / name, set(), 0)


def _read(paths: Sequence[str], stdin: BinaryIO) -> Iterator[Folder]:
    seen: set[tuple[int, int]] = set()
    together: dict[Path, list[Path]] = {}
    for given in dict.fromkeys(paths):
        path = Path(given)
        if given == STDIN:
            yield Folder(path=STDIN, name="stdin", entries=(_text_of(stdin, STDIN, "stdin"),))
        elif _is_directory(path):
            yield from _directory(path, seen, 0)
        elif _archive_suffix(path.name) is not None:
            yield from _archive(path)
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
    if any(answer_pack.is_pack(entry.name) for entry in files):
        yield from _packs(path, below, seen, depth)
        return
    archives = [file for file in files if _archive_suffix(file.name) is not None]
    files = [file for file in files if file not in set(archives)]
    if files or not (below or archives):
        yield Folder(path=str(path), name=name, entries=tuple(_file(file) for file in files))
    for file in archives:
        yield from _archive(file)
    for entry in below:
        yield from _directory(entry, seen, depth + 1)


def _packs(raw: Path, below: Sequence[Path], seen: set[tuple[int, int]], depth: int) -> Iterator[Folder]:
    """Yield what stands beside packs of answers, and in them; what a person unpacked there is a copy."""
    packs = answer_pack.packed_in(raw)
    yield from (_damaged(raw, path, why) for path, why in packs.damaged)
    folders = {entry.name: entry for entry in below}
    for name in sorted(packs.found.keys() | folders.keys()):
        if name in packs.found:
            yield _packed(raw, name, packs)
        else:
            yield from _directory(folders[name], seen, depth + 1)


def _packed(raw: Path, device: str, packs: PackedAnswers) -> Folder:
    pack, _ = packs.found[device]
    entries: tuple[Saved | Unread, ...]
    try:
        entries = tuple(
            _text_of(io.BytesIO(data), str(raw / device / name), name) for name, data in packs.answers(device)
        )
    except DamagedPack as error:
        entries = (_not_unpacked(str(pack.path), device, error),)
    except OSError as error:
        entries = (_unread(pack.path, error),)
    return Folder(path=str(raw / device), name=device, entries=entries)


def _damaged(raw: Path, path: Path, why: str) -> Folder:
    entry = _not_unpacked(str(path), path.name, DamagedPack(why))
    return Folder(path=str(raw), name=_name(raw), entries=(entry,))


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
                return _unpacked(file, str(path), path.name)
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
    wide = _without_mark(data[:_SNIFFED])
    if wide is not None:
        return Saved(path=path, name=name, text=data.decode(wide, "replace"))
    if b"\0" in data[:_SNIFFED]:
        saw, hint = "a binary file", "give plain text; unpack an archive first"
        return Unread(path=path, name=name, saw=saw, hint=hint)
    return Saved(path=path, name=name, text=data.decode("utf-8", "replace"))


def _without_mark(head: bytes) -> str | None:
    """Return the encoding of UTF-16 text without its mark: every second byte is zero, in Latin text."""
    half = len(head) // 2
    low, high = head[0 : 2 * half : 2].count(0), head[1 : 2 * half : 2].count(0)
    if half and high > 0.7 * half and low < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if half and low > 0.7 * half and high < 0.05 * half else None


def _unpacked(file: BinaryIO, path: str, name: str) -> Saved | Unread:
    name = name.removesuffix(_PACKED)
    try:
        # Reads no more than the limit, whatever a packed file claims to hold.
        return _text_of(cast("BinaryIO", gzip.GzipFile(fileobj=file)), path, name)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        return _not_unpacked(path, name, error)


def _not_unpacked(path: str, name: str, error: Exception) -> Unread:
    return Unread(
        path=path, name=name, saw=f"cannot be unpacked: {in_words(error)}", hint="pack it again, or unpack it"
    )


# --------------------------------------------------------------------------- archives


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packed:
    """A pack of answers in an archive, or the dictionary beside it."""

    name: str
    data: bytes


class _TooMuch(ValueError):
    """An archive holds more than may be unpacked."""


class _Allowance:
    """How much of one archive may still be unpacked."""

    def __init__(self) -> None:
        self._bytes = _LARGEST_ARCHIVE_MIB * 1024 * 1024
        self._members = _MOST_MEMBERS

    def take(self, size: int) -> None:
        """Count bytes that were unpacked; raise _TooMuch above the limit."""
        self._bytes -= size
        if self._bytes < 0:
            raise _TooMuch(f"it holds more than {_LARGEST_ARCHIVE_MIB} MiB")

    def member(self) -> None:
        """Count one member; raise _TooMuch above the limit."""
        self._members -= 1
        if self._members < 0:
            raise _TooMuch(f"it holds more than {_MOST_MEMBERS} files")


class _Counted:
    """A stream of which no more than the allowance can be read."""

    def __init__(self, stream: BinaryIO, allowance: _Allowance) -> None:
        self._stream = stream
        self._allowance = allowance

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        if size < 0:
            size = _LARGEST + 1
        data = self._stream.read(min(size, _LARGEST + 1))
        self._allowance.take(len(data))
        return data


def _archive_suffix(name: str) -> str | None:
    return next((end for end in (*_TARS, _ZIP) if name.lower().endswith(end) and len(name) > len(end)), None)


def _archive(path: Path) -> Iterator[Folder]:
    """Yield the directories of an archive; what it holds of itself is named like it."""
    suffix = _archive_suffix(path.name) or ""
    name = path.name[: -len(suffix)]
    found: dict[PurePosixPath, list[Saved | Unread]] = {}
    packed: dict[PurePosixPath, list[_Packed]] = {}
    try:
        with path.open("rb") as file:
            members = _zipped(file, path) if suffix == _ZIP else _tarred(file, path, suffix)
            for place, item in members:
                if isinstance(item, _Packed):
                    packed.setdefault(place.parent, []).append(item)
                else:
                    found.setdefault(place.parent, []).append(item)
            allowance = _Allowance()
            for raw, packs in packed.items():
                found |= _unpacked_devices(path, raw, packs, allowance)
    except _UNPACKING as error:
        # Nothing of it is judged: what is missing would pass for "not configured".
        yield Folder(path=str(path), name=name, entries=(_not_unpacked(str(path), path.name, error),))
        return
    except OSError as error:
        yield Folder(path=str(path.parent), name=name, entries=(_unread(path, error),))
        return
    if not found:
        yield Folder(path=str(path), name=name, entries=())
    for place in _places(found):
        entries = tuple(sorted(found[place], key=lambda entry: entry.name))
        folder = place.name or name
        yield Folder(path=str(path / place), name=folder, entries=entries)


def _unpacked_devices(
    archive: Path, raw: PurePosixPath, packed: Sequence[_Packed], allowance: _Allowance
) -> dict[PurePosixPath, list[Saved | Unread]]:
    """Return the devices that are packed in one directory of an archive."""
    beside = [one.data for one in packed if one.name == answer_pack.DICTIONARY]
    packs = [
        Pack(path=archive / raw / one.name, data=one.data)
        for one in sorted(packed, key=lambda one: one.name)
        if answer_pack.is_pack(one.name)
    ]
    answers = answer_pack.packed(packs, beside[0] if beside else None)
    found: dict[PurePosixPath, list[Saved | Unread]] = {
        raw: [_not_unpacked(str(pack), pack.name, DamagedPack(why)) for pack, why in answers.damaged]
    }
    for device in answers.found:
        folder = _packed(archive / raw, device, answers)
        allowance.take(sum(len(entry.text) for entry in folder.entries if isinstance(entry, Saved)))
        found[raw / device] = list(folder.entries)
    return {place: entries for place, entries in found.items() if entries or place != raw}


def _places(found: dict[PurePosixPath, list[Saved | Unread]]) -> list[PurePosixPath]:
    """Return the directories to read, in order; of a run folder its `raw/`, as outside an archive."""
    runs = [
        place
        for place, entries in found.items()
        if any(entry.name == "audit.json" for entry in entries)
        and any(other.is_relative_to(place / "raw") for other in found)
    ]
    return sorted(
        place
        for place in found
        if all(not place.is_relative_to(run) or place.is_relative_to(run / "raw") for run in runs)
    )


def _zipped(file: BinaryIO, path: Path) -> Iterator[tuple[PurePosixPath, Saved | Unread | _Packed]]:
    allowance = _Allowance()
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            allowance.member()
            place = _place(info.filename)
            if info.is_dir() or _is_hidden(place):
                continue
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in {0, stat.S_IFREG}:
                yield _inside(place), _unusable(path, place, "neither a file nor a directory, or a link")
            elif _leads_out(place):
                yield _inside(place), _unusable(path, place, "a path that leads out of the archive")
            else:
                with archive.open(info) as member:
                    counted = cast("BinaryIO", _Counted(cast("BinaryIO", member), allowance))
                    yield place, _member(counted, path, place, allowance)


def _tarred(
    file: BinaryIO, path: Path, suffix: str
) -> Iterator[tuple[PurePosixPath, Saved | Unread | _Packed]]:
    allowance = _Allowance()
    unpack = _TARS[suffix]
    stream = cast("BinaryIO", unpack(file, "rb")) if unpack is not None else file
    counted = cast("BinaryIO", _Counted(stream, allowance))
    # As a stream: it is read once, from front to end, and never more of it than the allowance.
    with tarfile.open(fileobj=counted, mode="r|") as archive:
        for info in archive:
            allowance.member()
            place = _place(info.name)
            if info.isdir() or _is_hidden(place):
                continue
            member = archive.extractfile(info) if info.isreg() else None
            if member is None:
                yield _inside(place), _unusable(path, place, "neither a file nor a directory, or a link")
            elif _leads_out(place):
                yield _inside(place), _unusable(path, place, "a path that leads out of the archive")
            else:
                yield place, _member(cast("BinaryIO", member), path, place, allowance)


def _member(
    stream: BinaryIO, path: Path, place: PurePosixPath, allowance: _Allowance
) -> Saved | Unread | _Packed:
    shown = str(path / place)
    if answer_pack.is_pack(place.name) or place.name == answer_pack.DICTIONARY:
        return _Packed(name=place.name, data=stream.read(_LARGEST + 1))
    if _archive_suffix(place.name) is not None:
        return _unusable(path, place, "an archive inside an archive")
    if place.suffix == _PACKED:
        unpacked = _unpacked(stream, shown, place.name)
        allowance.take(len(unpacked.text) if isinstance(unpacked, Saved) else 0)
        return unpacked
    return _text_of(stream, shown, place.name)


def _unusable(path: Path, place: PurePosixPath, saw: str) -> Unread:
    hint = "unpack it by hand and give the files"
    return Unread(path=str(path / _inside(place)), name=place.name or "root", saw=saw, hint=hint)


def _place(name: str) -> PurePosixPath:
    # Archives of Windows have backslashes; a line end in a name would be one in the report.
    return PurePosixPath("".join(c if c.isprintable() else "_" for c in name.replace("\\", "/")))


def _leads_out(place: PurePosixPath) -> bool:
    return place.is_absolute() or ".." in place.parts or ":" in place.parts[0]


def _inside(place: PurePosixPath) -> PurePosixPath:
    return PurePosixPath(*(part for part in place.parts if part not in {"/", "//", ".."}))


def _is_hidden(place: PurePosixPath) -> bool:
    return not place.parts or any(
        (part.startswith(".") and part != "..") or part == "__MACOSX" for part in place.parts
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
