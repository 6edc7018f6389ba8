"""Number the runs of a state directory as they begin, so that no clock decides which one is the last.

    .sequence            the highest number that was given
    runs/ID/.sequence    the run's own

Any number of processes may begin runs at once.  The first of the two files may be removed: it is made
again from the others.  A run of an older release has no number, and one for which the disk had no room.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asa_transport.edges.state.durable import file_mode
from asa_transport.model.turn import RunTurn, in_turn

_FILE: Final = ".sequence"
# No number of ours is longer.
_MOST_DIGITS: Final = 18
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def number(folder: Path, *, after: int = 0) -> int | None:
    """Give a new run its number, and return it; `None` where the disk does not take it.

    Args:
        folder: Of the run, which is there.
        after: The highest number that is known of elsewhere: of a store that several machines share.
    """
    with suppress(OSError):
        with _opened(folder.parent.parent) as counter:
            fcntl.flock(counter, fcntl.LOCK_EX)
            given = _number(os.read(counter, _MOST_DIGITS + 1))
            mine = max(_highest(folder) if given is None else given, after) + 1
            # First: a number that is never used is better than one that is given twice.
            _write(counter, mine)
        with _opened(folder) as own:
            _write(own, mine)
        return mine
    return None


def turn(folder: Path) -> RunTurn:
    """Return where a run stands among the others."""
    try:
        with (folder / _FILE).open("rb") as file:
            found = _number(file.read(_MOST_DIGITS + 1))
    except OSError:
        found = None
    return RunTurn(sequence=found, started_at=_started_at(folder.name), id=folder.name)


def in_order(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Return the folders of runs in the order in which these began."""
    return in_turn(folders, turn)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder / _FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, file_mode(folder))
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write(descriptor: int, value: int) -> None:
    data = b"%d\n" % value
    if os.pwrite(descriptor, data, 0) != len(data):
        # Half of it would be another number.
        os.ftruncate(descriptor, 0)
        raise OSError


def _number(data: bytes) -> int | None:
    text = data.removesuffix(b"\n")
    return int(text) if text.isdigit() and len(text) <= _MOST_DIGITS else None


def _highest(folder: Path) -> int:
    """Return a number that no other run has passed; those of older releases, which have none, count too."""
    found = (Path(entry) for entry in os.scandir(folder.parent) if entry.is_dir(follow_symlinks=False))
    others = [one for one in found if one.name != folder.name]
    return max([len(others), *(turn(one).sequence or 0 for one in others)])


def _started_at(run_id: str) -> datetime:
    """Return when a run began, as its id has it; an id that a person gave stands before all others."""
    try:
        return datetime.strptime(run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return _NEVER
