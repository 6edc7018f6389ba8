"""The time that is kept for going back, and the room on the disk that is kept for the record."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from asa_transport.core.documents import journal
from asa_transport.core.pushing.time_left import too_slow
from asa_transport.edges.state.journal import JournalFile
from asa_transport.engine.fleet import DeviceDeadline
from asa_transport.flows.push_reserve import Reserve
from asa_transport.model import LineSent


def test_what_is_kept_is_there_once_it_is_opened() -> None:
    """Whatever leads on ends early, and going back has its time."""
    now = [0.0]
    reserve = Reserve(DeviceDeadline(100.0, clock=lambda: now[0]), 30.0)

    now[0] = 80.0

    assert reserve.remaining_s() == 0.0
    reserve.open()
    assert reserve.remaining_s() == 20.0
    assert reserve.held_s == 0.0


@pytest.mark.parametrize(
    ("answers", "left_s", "kept_s", "is_slow"),
    [
        ([0.1, 0.3], 60.0, 30.0, False),
        ([5.0, 5.0], 60.0, 600.0, True),
        ([5.0, 5.0], 600.0, 30.0, True),
        ([], 0.0, 0.0, False),
    ],
)
def test_what_cannot_be_finished_is_not_begun(
    answers: list[float], left_s: float, kept_s: float, is_slow: bool
) -> None:
    """A box that answers, but slowly, must not be left between two lines."""
    assert (too_slow(answers, left_s=left_s, kept_s=kept_s) is not None) is is_slow


def test_a_journal_goes_on_into_the_room_that_was_kept_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills while firewalls are changed must not take the record with it."""
    path = tmp_path / "journal.jsonl"
    with JournalFile.create(path, clock=lambda: datetime.now(UTC), form=journal) as file:
        file.reserve(1 << 16)
        file.note(LineSent(device="fw-a", line="end"))
        write = os.write

        def full(descriptor: int, data: bytes) -> int:
            if any(tmp_path.glob("*.reserve")):
                write(descriptor, data[:3])
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(descriptor, data)

        monkeypatch.setattr(os, "write", full)
        file.note(LineSent(device="fw-a", line="configure terminal"))
        file.note(LineSent(device="fw-a", line="end"))

    history = journal.read(path.read_bytes())
    assert history.broken is None
    assert history.torn == b""
    assert len(history.records) == 3


def test_a_device_that_is_too_slow_is_refused_with_the_times_and_the_option() -> None:
    """The remedy is typed as it stands there."""
    assert too_slow([3.0, 5.0], left_s=99.4, kept_s=200.0) == (
        "the device answers too slowly for a change and a rollback within its time limit (an answer takes "
        "4.0 s, 99 s are left and 200 s are kept for the rollback); nothing was sent; allow more time with "
        "--device-timeout"
    )
