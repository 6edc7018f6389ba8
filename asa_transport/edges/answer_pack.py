"""The form of packed answers: a tar of one device in a frame of Zstandard, many of them one behind another.

    PACK   = { MARK FRAME }
    MARK   = a skippable frame: how many bytes FRAME has (32 bits, little-endian), the device's name
    FRAME  = a frame with checksum and dictionary: the tar of one device's files, without an end

Base of two edges, the state directory and saved outputs; writes nothing, and opens what it is given.  The
frames of a pack are one tar, because readers of tar need no end, and `zstd` passes over a mark: both
programs read a pack without knowing this page.  The marks are the index: a device is found without
unpacking what stands before it.  What a crash cut off in the middle is the last device alone; all
before it is whole.

The dictionary was made once, by `zstd.finalize_dict`, of the outputs of tests/golden/devices and of mock
firewalls; with it eight answers need a sixth.  A frame names its dictionary, and a folder of packs
holds a copy, so that a better one may follow.

Source: RFC 8878 §3.1.1 (frames), §3.1.2 (skippable frames), §5 (dictionaries); POSIX.1-1988 `ustar`.
"""

from __future__ import annotations

import functools
import io
import struct
import tarfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from asa_transport.edges.zstandard import zstd

SUFFIX: Final = ".tar.zst"
PREFIX: Final = "answers-"
DICTIONARY: Final = "dictionary"
# Any of the sixteen magic numbers; of the others' skippable frames nothing is known.
_MAGIC: Final = 0x184D2A5A
_MARK: Final = struct.Struct("<III")
# Without it a dictionary is any text.
_DICTIONARY_MAGIC: Final = (0xEC30A437).to_bytes(4, "little")
_MAGIC_AND_SIZE: Final = 8
# A level more costs three times the work, for a twentieth of the size.
_OPTIONS: Final[dict[int, int]] = {
    zstd.CompressionParameter.compression_level: 3,
    zstd.CompressionParameter.checksum_flag: 1,
}
# A session takes no answer above 1 MB (4 before 0.2.0), and asks a dozen; more in one device is
# no frame of ours.
_LARGEST: Final = 64 * 1024 * 1024
# Of a mark; device names have at most 120 characters.
_LONGEST_NAME: Final = 1024
_BLOCK: Final = 512


class DamagedPack(ValueError):
    """What stands in a pack is no frame of ours; the text says what was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one device's frame is in a pack."""

    device: str
    offset: int
    length: int


@functools.cache
def own_dictionary() -> bytes:
    """Return the dictionary that packs are written with; the files of older ones would stay for ever."""
    return Path(__file__).with_name("answers-1.zdict").read_bytes()


# Preparing one takes longer than unpacking what was packed with it; a run has one.
@functools.lru_cache(maxsize=4)
def _loaded(dictionary: bytes) -> zstd.ZstdDict:
    return zstd.ZstdDict(dictionary, is_raw=not dictionary.startswith(_DICTIONARY_MAGIC))


class FramePacker:
    """Packs one device after the other; not to be shared between threads."""

    def __init__(self, dictionary: bytes) -> None:
        self._compressor = zstd.ZstdCompressor(options=_OPTIONS, zstd_dict=_loaded(dictionary))

    def frame(self, device: str, answers: Sequence[tuple[str, bytes]], *, at: int) -> bytes:
        """Return a mark and its frame.

        Args:
            device: A name that is safe as one of a folder.
            answers: Name and content of each file, in their order; of none the folder is there, empty.
            at: When they were read, seconds since 1970.
        """
        parts = [] if answers else [_folder(device, at)]
        for file, data in answers:
            member = tarfile.TarInfo(f"{device}/{file}")
            member.size, member.mode, member.mtime = len(data), 0o600, at
            parts += (member.tobuf(tarfile.GNU_FORMAT), data, b"\0" * (-len(data) % _BLOCK))
        packed = self._compressor.compress(b"".join(parts), zstd.ZstdCompressor.FLUSH_FRAME)
        name = device.encode()
        return _MARK.pack(_MAGIC, len(name) + 4, len(packed)) + name + packed


def _folder(device: str, at: int) -> bytes:
    member = tarfile.TarInfo(device)
    member.type, member.mode, member.mtime = tarfile.DIRTYPE, 0o700, at
    return member.tobuf(tarfile.GNU_FORMAT)


def places(pack: bytes) -> Iterator[Place]:
    """Yield where each device's frame is, in the order in which they were written; not one that was cut off.

    Raises:
        DamagedPack: What stands there is no mark.
    """
    offset = 0
    while offset + _MARK.size <= len(pack):
        magic, length, packed = _MARK.unpack_from(pack, offset)
        if magic != _MAGIC or not 4 < length <= _LONGEST_NAME:
            raise DamagedPack(f"at byte {offset} stands no device")
        begin = offset + _MAGIC_AND_SIZE + length
        if begin + packed > len(pack):
            return
        name = pack[offset + _MARK.size : begin].decode("utf-8", "replace")
        yield Place(device=name, offset=begin, length=packed)
        offset = begin + packed


def files(device: str, frame: bytes, dictionary: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of one device's files; none where it gave no answer.

    Raises:
        DamagedPack: It cannot be unpacked, holds too much, or files of another device.
    """
    try:
        unpacker = zstd.ZstdDecompressor(zstd_dict=_loaded(dictionary))
        data = unpacker.decompress(frame, max_length=_LARGEST + 1)
    except (zstd.ZstdError, ValueError, EOFError) as error:
        raise DamagedPack(f"{device}: {error}") from error
    if not unpacker.eof or len(data) > _LARGEST:
        raise DamagedPack(f"{device}: cut off, or more than {_LARGEST // 1024 // 1024} MiB")
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for member in archive:
                place = PurePosixPath(member.name)
                if member.isdir() and member.name == device:
                    continue
                content = archive.extractfile(member) if member.isreg() else None
                if content is None or len(place.parts) != 2 or place.parts[0] != device:
                    raise DamagedPack(f"{device}: a file {member.name!r:.80}")
                yield place.name, content.read()
    except tarfile.TarError as error:
        raise DamagedPack(f"{device}: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One pack: a file, or, where `data` is given, what an archive holds under that path."""

    path: Path
    data: bytes | None = None

    def read(self, offset: int = 0, length: int = _LARGEST + 1) -> bytes:
        """Return so many bytes, fewer at the end; raise OSError where the file cannot be read."""
        if self.data is not None:
            return self.data[offset : offset + length]
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedAnswers:
    """What the packs of one folder hold.

    Attributes:
        found: Where each device is: which pack, which place in it.
        damaged: Packs of which not all can be read, and why.
    """

    dictionary: bytes
    found: Mapping[str, tuple[Pack, Place]]
    damaged: tuple[tuple[Path, str], ...]

    def answers(self, device: str) -> tuple[tuple[str, bytes], ...]:
        """Return names and contents of one device's files; none where it is not there.

        Raises:
            OSError, DamagedPack: They cannot be read.
        """
        if device not in self.found:
            return ()
        pack, place = self.found[device]
        return tuple(files(device, pack.read(place.offset, place.length), self.dictionary))


def is_pack(name: str) -> bool:
    """Return whether a file of this name is a pack of ours."""
    return name.startswith(PREFIX) and name.endswith(SUFFIX)


def packed(
    packs: Iterable[Pack], dictionary: bytes | None, devices: Collection[str] | None = None
) -> PackedAnswers:
    """Return what packs hold.

    Args:
        packs: Where a device is in two of them, the last one counts.
        dictionary: What lies beside them; `None` for that of this release.
        devices: Only these are looked for; `None` for all.
    """
    found: dict[str, tuple[Pack, Place]] = {}
    damaged: list[tuple[Path, str]] = []
    for pack in packs:
        try:
            # Written by us it has some hundred kilobytes; a folder may come from anywhere.
            data = pack.read()
            if len(data) > _LARGEST:
                raise DamagedPack(f"more than {_LARGEST // 1024 // 1024} MiB")
            for place in places(data):
                if devices is None or place.device in devices:
                    found[place.device] = pack, place
        except DamagedPack as error:
            damaged.append((pack.path, str(error)))
        except OSError as error:
            damaged.append((pack.path, error.strerror or str(error)))
    return PackedAnswers(dictionary=dictionary or own_dictionary(), found=found, damaged=tuple(damaged))


def packed_in(folder: Path, devices: Collection[str] | None = None) -> PackedAnswers:
    """Return what is packed in a folder; follows no link, and opens nothing but regular files.

    Raises:
        OSError: The folder, or the dictionary in it, cannot be read.
    """
    names = sorted(entry for entry in folder.iterdir() if is_pack(entry.name)) if folder.is_dir() else []
    packs = [Pack(path=path) for path in names if _is_regular(path)]
    beside = folder / DICTIONARY
    dictionary = beside.read_bytes() if packs and _is_regular(beside) else None
    return packed(packs, dictionary, devices)


def _is_regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
