"""Put records aside that are too many for memory, in a file that has no name; ends with what holds it.

What a full disk does not take stays in memory: it is not lost, and the run is told by whatever else it
could not write.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from array import array
from pathlib import Path
from typing import Final

_KEPT: Final = -1


class RecordSpool:
    """Records by the numbers in which they came; safe to be read by many threads, and written by one."""

    def __init__(self, folder: Path) -> None:
        """Make the file in a folder that is there; without room for it all stays in memory."""
        self._offsets, self._lengths = array("q"), array("q")
        self._end = 0
        self._kept: dict[int, bytes] = {}
        self._descriptor: int | None = None
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                self._descriptor = os.dup(file.fileno())
        except OSError:
            return
        weakref.finalize(self, os.close, self._descriptor)

    def add(self, record: bytes) -> int:
        """Take a record, and return its number."""
        number = len(self._offsets)
        written = self._written(record)
        self._offsets.append(self._end if written else _KEPT)
        self._lengths.append(len(record))
        if written:
            self._end += len(record)
        else:
            self._kept[number] = record
        return number

    def __getitem__(self, number: int) -> bytes:
        """Return a record; raise OSError where the disk does not give it back."""
        offset = self._offsets[number]
        if offset == _KEPT or self._descriptor is None:
            return self._kept[number]
        data = os.pread(self._descriptor, self._lengths[number], offset)
        if len(data) != self._lengths[number]:
            raise OSError("the file of the run's outcomes was cut off")
        return data

    def _written(self, record: bytes) -> bool:
        if self._descriptor is None:
            return False
        try:
            # Where only a part was taken, the next record begins in front of it again.
            return os.pwrite(self._descriptor, record, self._end) == len(record)
        except OSError:
            return False
