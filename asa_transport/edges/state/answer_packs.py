"""Append the answers of many devices to a few files: `raw/answers-NNNN.tar.zst`.

A pack takes a bounded number of devices and bytes; then the next one is begun.  Each process, and
each copy of a folder's packs, writes packs of its own, so that none waits for another.  What was added
is in the file when `add` returns, whatever kills the process then; a write that fails leaves the pack as
it was before.  Where a device is there twice, the last one counts.

Beside the packs lies the dictionary that they were written with (`edges/answer_pack.py` has the form).
"""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from asa_transport.edges.answer_pack import DICTIONARY, PREFIX, SUFFIX, FramePacker, own_dictionary
from asa_transport.edges.state.durable import file_mode

# Four hundred bytes a device: a pack is read, copied and, where that fails, lost as a whole.
_MOST_DEVICES: Final = 512
_MOST_BYTES: Final = 8 * 1024 * 1024


class AnswerPacks:
    """The packs of one folder, for writing; safe to share between threads."""

    def __init__(
        self, folder: Path, *, most_devices: int = _MOST_DEVICES, most_bytes: int = _MOST_BYTES
    ) -> None:
        """Open nothing: a folder in which nothing is packed has no packs."""
        self._folder = folder
        self._most = most_devices, most_bytes
        self._lock = threading.Lock()
        self._packer: FramePacker | None = None
        self._pack: _OpenPack | None = None

    def __reduce__(self) -> tuple[type[AnswerPacks], tuple[Path]]:
        # In another process it begins packs of its own.
        return AnswerPacks, (self._folder,)

    def add(self, device: str, answers: Sequence[tuple[str, bytes]], *, at: int) -> None:
        """Append one device's files, names and contents; raise OSError where they cannot be written.

        Args:
            at: When they were read, seconds since 1970.
        """
        with self._lock:
            if self._packer is None:
                self._packer = FramePacker(self._with_dictionary())
            frame = self._packer.frame(device, answers, at=at)
            if self._pack is None or self._is_full(self._pack):
                self._pack = _OpenPack(self._folder)
            self._pack.append(frame)

    def _is_full(self, pack: _OpenPack) -> bool:
        most_devices, most_bytes = self._most
        return pack.devices >= most_devices or pack.size >= most_bytes

    def _with_dictionary(self) -> bytes:
        """Put the dictionary into the folder, whole, and return it."""
        dictionary = own_dictionary()
        path = self._folder / DICTIONARY
        if not path.exists():
            # Of each process its own, and all the same: the last one there is right too.
            new = self._folder / f".{DICTIONARY}-{os.getpid()}"
            try:
                mode = file_mode(self._folder)
                with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
                    file.write(dictionary)
                new.replace(path)
            except OSError:
                new.unlink(missing_ok=True)
                raise
        return dictionary


class _OpenPack:
    """One pack that is being written; its descriptor is closed with it."""

    def __init__(self, folder: Path) -> None:
        """Make the first one whose number is free."""
        flags, mode = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, file_mode(folder)
        for number in itertools.count(1):
            with contextlib.suppress(FileExistsError):
                self._descriptor = os.open(folder / f"{PREFIX}{number:04}{SUFFIX}", flags, mode)
                break
        weakref.finalize(self, os.close, self._descriptor)
        self.devices = 0
        self.size = 0

    def append(self, frame: bytes) -> None:
        left = memoryview(frame)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            # A full disk: what comes behind half a frame would be lost too.
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(frame)
        self.devices += 1
