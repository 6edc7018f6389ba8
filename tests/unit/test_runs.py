"""The files of a run: packed, private, the same bytes for the same answers, and read back."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import pytest

from asa_transport.edges import saved_outputs
from asa_transport.edges.state import kept_answers, run_folder
from asa_transport.edges.state.run_folder import RunFolder
from asa_transport.errors import UserError
from asa_transport.model import Capture, CommandOutput
from tests.unit.judging import NOW

ANSWER = "Smart Licensing is ENABLED\r\n\x1b[0m \ufffd\n"


def capture_of(text: str = ANSWER) -> Capture:
    output = CommandOutput(
        command="show license status", text=text, prompt="fw#", started_at=NOW, duration_s=1.0
    )
    return Capture(device="fw-a", started_at=NOW, finished_at=NOW, outputs=(output,))


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path, "20260120T120000Z-0001")


def test_an_answer_is_kept_untouched_and_gives_the_same_bytes_each_time(folder: RunFolder) -> None:
    """Evidence is compared by its digest; a packer's clock must not be in it."""
    path = folder.path / "raw" / "fw-a" / "show_license_status.txt.gz"

    folder.save_capture(capture_of())
    once = path.read_bytes()
    os.utime(path, (0, 0))
    folder.save_capture(capture_of(), durable=True)

    assert path.read_bytes() == once
    assert gzip.decompress(once).decode() == ANSWER
    assert path.stat().st_mode & 0o777 == 0o600
    assert kept_answers.read(folder.path, {"fw-a"}) == {"fw-a": {"show_license_status": ANSWER}}


def test_durable_answers_are_synced_with_their_names(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a line is sent, the way back must survive a power cut: the file, and what names it."""
    synced: list[str] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)

    folder.save_capture(capture_of())
    before = list(synced)
    folder.save_capture(capture_of(), durable=True)

    raw = folder.path / "raw"
    assert before == []
    assert set(synced) >= {str(raw / "fw-a" / "show_license_status.txt.gz"), str(raw / "fw-a"), str(raw)}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"no gzip", "cannot be unpacked"),
        (gzip.compress(b"x" * 1000)[:-9], "cannot be unpacked"),
        (gzip.compress(b"\0" * (saved_outputs.LARGEST_MIB * 1024 * 1024 + 1)), "more than 32 MiB"),
    ],
    ids=["none", "cut off", "bomb"],
)
def test_a_packed_file_that_is_none_or_a_bomb_is_said(tmp_path: Path, data: bytes, said: str) -> None:
    """Saved outputs come by mail; one bad file must cost neither memory nor the others."""
    (tmp_path / "show_version.txt.gz").write_bytes(data)
    (tmp_path / "show_clock.txt.gz").write_bytes(gzip.compress(b"12:00:00.000 UTC Tue Jan 20 2026\n"))

    (found,) = saved_outputs.read([str(tmp_path)], io.BytesIO())

    clock, version = found.entries
    assert isinstance(clock, saved_outputs.Saved)
    assert (clock.name, clock.text[:8]) == ("show_clock.txt", "12:00:00")
    assert isinstance(version, saved_outputs.Unread)
    assert said in version.saw


def test_an_answer_that_was_damaged_is_said(folder: RunFolder) -> None:
    """A ticket must not lack evidence in silence."""
    folder.save_capture(capture_of())
    path = folder.path / "raw" / "fw-a" / "show_license_status.txt.gz"
    path.write_bytes(path.read_bytes()[:-5])

    with pytest.raises(UserError, match="cannot be unpacked"):
        kept_answers.read(folder.path, {"fw-a"})


def test_a_run_is_held_as_long_as_its_process_holds_it(folder: RunFolder, tmp_path: Path) -> None:
    """So it is known to be alive, and not when its process was killed."""
    run = folder.path.name

    with folder.held():
        during = run_folder.is_held(tmp_path, run)

    assert during
    assert not run_folder.is_held(tmp_path, run)
    assert not run_folder.is_held(tmp_path, "20260101T000000Z-none")


@pytest.mark.parametrize("name", ["..", "../20260120T120000Z-0001", ".", "a/b", "link"])
def test_nothing_but_a_runs_folder_is_removed(folder: RunFolder, tmp_path: Path, name: str) -> None:
    """Ids come out of a database that others may write."""
    target = tmp_path / "somebody's"
    target.mkdir()
    (tmp_path / "runs" / "link").symlink_to(target)

    run_folder.remove(tmp_path, name)

    assert folder.path.is_dir()
    assert target.is_dir()
    assert run_folder.folders(tmp_path) == (folder.path,)


def test_a_removed_run_takes_its_answers_along(folder: RunFolder, tmp_path: Path) -> None:
    """Retention is there for the disk."""
    folder.save_capture(capture_of())

    run_folder.remove(tmp_path, folder.path.name)

    assert run_folder.folders(tmp_path) == ()
