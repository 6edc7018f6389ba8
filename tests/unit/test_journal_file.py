"""The journal's file: on disk when `note` returns, whole from many threads, honest after a failure."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from asa_transport.core.documents import journal
from asa_transport.edges.state.journal import JournalFile
from asa_transport.errors import BrokenJournal, JournalError
from asa_transport.model import Finished, LineSent, Resumed
from tests.full_disk import largest_file
from tests.unit.journaling import BEGAN, EVENTS, NOW, lines, sha256, written


def clock() -> datetime:
    return NOW


def created(path: Path) -> JournalFile:
    return JournalFile.create(path, clock=clock, form=journal)


def resumed(path: Path) -> JournalFile:
    return JournalFile.resume(path, clock=clock, form=journal, operator="kim@jump-1", tool_version="0.0.0")


def test_what_was_noted_is_read_back_with_its_head(tmp_path: Path) -> None:
    """The head that the file keeps is the one that verification computes."""
    path = tmp_path / "journal.jsonl"

    with created(path) as file:
        for event in EVENTS:
            file.note(event)

    history = journal.read(path.read_bytes())
    assert tuple(record.event for record in history.records) == EVENTS
    assert (file.head, file.records) == (history.head, len(EVENTS))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_event_is_in_the_file_when_note_returns_even_if_the_process_is_killed(tmp_path: Path) -> None:
    """What was announced before a line was sent is all that a resume has."""
    path = tmp_path / "journal.jsonl"
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from tests.unit.test_journal_file import BEGAN, created\n"
        "created(Path(sys.argv[1])).note(BEGAN); os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    done = subprocess.run([sys.executable, "-c", script, path], check=False, timeout=60)

    assert done.returncode == -signal.SIGKILL
    assert [record.event for record in journal.read(path.read_bytes()).records] == [BEGAN]


def test_events_from_many_threads_make_one_whole_chain(tmp_path: Path) -> None:
    """Fifty devices are worked on at once."""
    path = tmp_path / "journal.jsonl"
    events = [LineSent(device=f"fw-{number}", line="end") for number in range(200)]

    with created(path) as file, ThreadPoolExecutor(16) as pool:
        list(pool.map(file.note, events))

    history = journal.read(path.read_bytes())
    assert history.broken is None
    assert {record.event for record in history.records} == set(events)
    assert history.head == file.head


def test_a_journal_is_never_made_over_another(tmp_path: Path) -> None:
    """Not even an empty one, or a link that points somewhere."""
    path = tmp_path / "journal.jsonl"
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(JournalError, match="exists"):
        created(path)

    assert not (tmp_path / "elsewhere").exists()


def test_a_resume_goes_on_where_the_journal_ended(tmp_path: Path) -> None:
    """The chain holds over the border of two processes."""
    path = tmp_path / "journal.jsonl"
    path.write_bytes(written(EVENTS[:3]))

    with resumed(path) as file:
        file.note(Finished(exit_code=0))

    history = journal.read(path.read_bytes())
    assert history.broken is None
    assert history.records[3].event == Resumed(operator="kim@jump-1", tool_version="0.0.0")
    assert (history.head, len(history.records)) == (file.head, 5)


@pytest.mark.parametrize("cut", [1, 30, -1], ids=["a byte", "thirty bytes", "all but the newline"])
@pytest.mark.parametrize("whole", [0, 3], ids=["in the first record", "in the fourth"])
def test_a_resume_ends_the_torn_line_and_names_its_digest(tmp_path: Path, whole: int, cut: int) -> None:
    """What a crash left is kept, and counts for nothing."""
    path = tmp_path / "journal.jsonl"
    torn = lines()[whole][:cut]
    path.write_bytes(b"".join(lines()[:whole]) + torn)

    with resumed(path) as file:
        file.note(Finished(exit_code=8))

    data = path.read_bytes()
    history = journal.read(data)
    assert history.broken is None
    assert data.split(b"\n")[whole] == torn
    event = history.records[whole].event
    assert isinstance(event, Resumed)
    assert event.torn_sha256 == sha256(torn)
    assert len(history.records) == whole + 2


def test_a_broken_journal_is_not_continued_and_not_touched(tmp_path: Path) -> None:
    """A person must look at it as it was found."""
    path = tmp_path / "journal.jsonl"
    path.write_bytes(written().replace(b"kim@", b"eve@"))
    before = path.read_bytes()

    with pytest.raises(BrokenJournal, match="record 1"):
        resumed(path)

    assert path.read_bytes() == before


def test_a_journal_that_is_being_written_is_not_continued(tmp_path: Path) -> None:
    """Two writers would each break the other's chain."""
    path = tmp_path / "journal.jsonl"

    with created(path) as file:
        file.note(BEGAN)
        with pytest.raises(JournalError, match="still running"):
            resumed(path)

    with resumed(path) as again:
        assert again.records == 2


def test_a_missing_journal_cannot_be_continued(tmp_path: Path) -> None:
    """One message that names the file, no traceback."""
    with pytest.raises(JournalError, match=r"nothing\.jsonl"):
        resumed(tmp_path / "nothing.jsonl")


def test_after_a_failed_write_nothing_more_is_written(tmp_path: Path) -> None:
    """Half a record may be on disk; another one behind it would look like an alteration."""
    path = tmp_path / "journal.jsonl"
    with created(path) as file:
        file.note(BEGAN)
        size = path.stat().st_size
        with largest_file(size + 10), pytest.raises(OSError, match="large"):
            file.note(EVENTS[1])

        with pytest.raises(OSError, match="earlier write"):
            file.note(EVENTS[1])

    history = journal.read(path.read_bytes())
    assert (len(history.records), len(history.torn)) == (1, 10)
    assert (file.records, file.head) == (1, history.head)


def test_a_resume_on_a_full_disk_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    """It can be tried again when there is room."""
    path = tmp_path / "journal.jsonl"
    path.write_bytes(written(EVENTS[:2]) + b'{"seq":3,')
    before = path.read_bytes()

    with largest_file(len(before) + 10), pytest.raises(JournalError, match="large"):
        resumed(path)

    assert path.read_bytes() == before
    with resumed(path) as file:
        assert file.records == 3


def test_a_journal_that_was_removed_takes_no_more(tmp_path: Path) -> None:
    """Evidence that nobody can find is none."""
    path = tmp_path / "journal.jsonl"
    with created(path) as file:
        path.unlink()

        with pytest.raises(OSError, match="removed"):
            file.note(BEGAN)


def test_a_closed_journal_takes_no_more(tmp_path: Path) -> None:
    """Its descriptor may belong to another file by then."""
    file = created(tmp_path / "journal.jsonl")
    file.close()
    file.close()

    with pytest.raises(OSError, match="closed"):
        file.note(BEGAN)

    assert (tmp_path / "journal.jsonl").stat().st_size == 0
