"""Write a capture as a zip, and read one, or the folder that was unpacked from it; writes nothing else.

A capture comes from anybody.  Guarantees that what is returned is bounded, whatever a zip claims, that each
name is one of ours, that nothing but regular files is opened, and that no link is followed.  Anything that
no capture holds (a path, a link, a name twice, a packed file too large, a password, a comment, bytes that
belong to no file) refuses all of it.

Source: PKWARE APPNOTE 6.3 (4.3: sizes of headers; 4.4.4: encryption; 4.4.15: external attributes).
"""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from asa_transport.edges.zip_bytes import write_zip
from asa_transport.errors import UserError, in_words

MANIFEST: Final = "manifest.json"
# A name is a folder's, and an answer's a file's: nothing that leads anywhere else.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+~-]{0,254}")
# A run's answers have some ten kilobytes a device, and pack to a fifth.
_LARGEST_ZIP: Final = 64 * 1024 * 1024
_LARGEST: Final = 256 * 1024 * 1024
_LARGEST_FILE: Final = 8 * 1024 * 1024
_MOST: Final = 100_000
_ENCRYPTED: Final = 0x1
_KNOWN_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# Bytes of a file's header, of its entry in the list, of the list's end, and what more that has of many.
_LOCAL: Final = 30
_CENTRAL: Final = 46
_END: Final = 22
_END_64: Final = 76
_SHORT: Final = 0xFFFF
# Device, file.
_DEEPEST: Final = 2
_TEXT: Final = ".txt"


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the zip of these files; the same files give the same bytes."""
    made = io.BytesIO()
    write_zip(made, files)
    return made.getvalue()


def read(path: Path) -> dict[str, bytes]:
    """Return what a capture holds, by path in it.

    Raises:
        UserError: It is not there, cannot be read, or is no capture.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return _folder(path)
        if not stat.S_ISREG(mode):
            raise _refused(path, "it is neither a file nor a folder")
        if path.stat().st_size > _LARGEST_ZIP:
            raise _refused(path, f"it has more than {_LARGEST_ZIP >> 20} MiB")
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            return _unpacked(path, archive)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or in_words(error)}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _refused(path, f"it cannot be unpacked: {in_words(error)}") from error


def _unpacked(path: Path, archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > _MOST:
        raise _refused(path, f"it has more than {_MOST} files")
    found: dict[str, bytes] = {}
    left = _LARGEST
    for entry in entries:
        # As the archive says it: `filename` is cut at a NUL.
        name = entry.orig_filename
        _check_name(path, name)
        if name in found:
            raise _refused(path, f"{name!r:.80} is in it twice")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in {0, stat.S_IFREG}:
            raise _refused(path, f"{name!r:.80} is no plain file in it")
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _KNOWN_METHODS:
            raise _refused(path, f"{name!r:.80} is encrypted, or packed in an unusual way")
        with archive.open(entry) as file:
            data = file.read(min(left, _LARGEST_FILE) + 1)
        if len(data) > min(left, _LARGEST_FILE):
            raise _refused(path, f"{name!r:.80} unpacks to more than a capture holds")
        left -= len(data)
        found[name] = data
    _check_rest(path, archive)
    return found


def _check_rest(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse a zip that holds anything beside its files: nobody would look there for a name."""
    entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
    if archive.comment or any(entry.comment or entry.extra for entry in entries):
        raise _refused(path, "it has a comment or an extra field")
    at = listed = 0
    for entry in entries:
        name = len(entry.orig_filename.encode())
        if entry.header_offset != at:
            break
        at += _LOCAL + name + entry.compress_size
        listed += _CENTRAL + name
    end = listed + _END + (_END_64 if len(entries) >= _SHORT else 0)
    if at != archive.start_dir or at + end != path.stat().st_size:
        raise _refused(path, "there is something between, before or behind its files")


def _folder(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = _LARGEST
    for name, entry in _entries(path):
        _check_name(path, name)
        # The last part only: those above were looked at on the way.
        descriptor = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(min(left, _LARGEST_FILE) + 1)
        if len(data) > min(left, _LARGEST_FILE) or len(found) >= _MOST:
            raise _refused(path, f"{name!r:.80} is more than a capture holds")
        left -= len(data)
        found[name] = data
    return found


def _entries(path: Path) -> Iterator[tuple[str, Path]]:
    for entry in sorted(path.iterdir()):
        if entry.is_symlink():
            raise _refused(path, f"{entry.name!r:.80} is a link")
        if entry.is_dir():
            for one in sorted(entry.iterdir()):
                if not one.is_file() or one.is_symlink():
                    raise _refused(path, f"{entry.name}/{one.name!r:.80} is no plain file")
                yield f"{entry.name}/{one.name}", one
        elif entry.is_file():
            yield entry.name, entry
        else:
            raise _refused(path, f"{entry.name!r:.80} is no plain file")


def _check_name(path: Path, name: str) -> None:
    parts = name.split("/")
    is_answer = len(parts) == _DEEPEST and name.endswith(_TEXT) and all(map(_NAME.fullmatch, parts))
    if name != MANIFEST and not is_answer:
        raise _refused(path, f"{name!r:.80} is no name of a file of a capture")


def _refused(path: Path, why: str) -> UserError:
    return UserError(
        f"{path}: this is no capture: {why}; expected what 'asa-transport captures export' writes, unaltered"
    )
