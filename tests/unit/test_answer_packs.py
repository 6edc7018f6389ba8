"""The answers of many devices in few files: whole after a crash, found again, read by two common programs."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from asa_transport.edges import answer_pack, saved_outputs
from asa_transport.edges.saved_outputs import Saved, Unread
from asa_transport.edges.state import kept_answers
from asa_transport.edges.state.answer_packs import AnswerPacks
from asa_transport.edges.state.run_folder import RunFolder, answer_file
from asa_transport.errors import UserError
from asa_transport.model import Capture, CommandOutput
from tests.full_disk import largest_file
from tests.unit.judging import NOW

RUN = "20260120T120000Z-0001"
ANSWER = "Smart Licensing is ENABLED\r\n\x1b[0m \ufffd\n"


def capture_of(device: str, *answers: tuple[str, str]) -> Capture:
    outputs = tuple(
        CommandOutput(command=command, text=text, prompt="fw#", started_at=NOW, duration_s=1.0)
        for command, text in answers or (("show license status", ANSWER), ("show version", f"{device}\n"))
    )
    return Capture(device=device, started_at=NOW, finished_at=NOW, outputs=outputs)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path, RUN)


def packs(folder: RunFolder) -> list[Path]:
    return sorted((folder.path / "raw").glob("answers-*.tar.zst"))


def names(count: int) -> list[str]:
    return [f"fw-{number:04}" for number in range(count)]


def test_answers_come_back_as_they_were(folder: RunFolder) -> None:
    """Evidence is byte for byte what the firewall said."""
    for name in names(3):
        folder.pack_capture(capture_of(name))

    found = kept_answers.read(folder.path, {"fw-0000", "fw-0002", "fw-none"})

    assert found == {
        name: {"show_license_status": ANSWER, "show_version": f"{name}\n"} for name in ("fw-0000", "fw-0002")
    }


def test_a_fleet_is_a_handful_of_files_for_their_owner_alone(folder: RunFolder) -> None:
    """Eighty thousand files are what a backup, a copy and a removal choke on."""
    for name in names(1100):
        folder.pack_capture(capture_of(name))

    found = list((folder.path / "raw").iterdir())

    assert len(packs(folder)) == 3
    assert len(found) == 4
    assert {path.stat().st_mode & 0o777 for path in found} == {0o600}
    assert len(kept_answers.read(folder.path, names(1100))) == 1100


def test_a_pack_is_bounded_in_bytes_too(folder: RunFolder) -> None:
    """A pack is copied, and where a disk fails lost, as a whole."""
    written = AnswerPacks(folder.path / "raw", most_bytes=1500)
    for name in names(8):
        written.add(name, (("show_version.txt", os.urandom(1000)),), at=0)

    assert len(packs(folder)) == 4


def test_the_documented_command_unpacks_a_run(folder: RunFolder) -> None:
    """A person reads the evidence years later, without this program."""
    for name in names(2):
        folder.pack_capture(capture_of(name))
    (command,) = [
        line.strip()
        for line in Path("docs/history.md").read_text().splitlines()
        if line.strip().startswith("zstd -D")
    ]

    subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], cwd=folder.path / "raw", check=True)

    assert (folder.path / "raw/fw-0001/show_version.txt").read_text() == "fw-0001\n"
    # What was unpacked is a copy: nothing is there twice.
    assert [one.name for one in saved_outputs.read([str(folder.path)], io.BytesIO())] == names(2)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.unit.test_answer_packs import RUN, capture_of
from asa_transport.edges.state.run_folder import RunFolder

folder = RunFolder(Path(sys.argv[1]), RUN)
for number in range(40):
    folder.pack_capture(capture_of(f"fw-{number:04}"))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_kill_9_in_the_middle_leaves_every_finished_device_readable(tmp_path: Path) -> None:
    """What an audit has read is evidence, whatever ends the audit."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)

    found = kept_answers.read(tmp_path / "runs" / RUN, names(40))

    assert done.returncode == -signal.SIGKILL
    assert sorted(found) == names(40)


@pytest.mark.parametrize("missing", [1, 30, 100])
def test_of_a_pack_that_is_cut_off_all_but_the_last_device_is_read(folder: RunFolder, missing: int) -> None:
    """A power cut may take the end of a file, and no more of it."""
    for name in names(5):
        folder.pack_capture(capture_of(name))
    (pack,) = packs(folder)
    pack.write_bytes(pack.read_bytes()[:-missing])

    read = [one.name for one in saved_outputs.read([str(folder.path / "raw")], io.BytesIO())]

    assert sorted(kept_answers.read(folder.path, names(5))) == read == names(4)
    assert {Path(member).parts[0] for member in _listed(folder)} >= set(names(4))


def _listed(folder: RunFolder) -> list[str]:
    """Return what zstd and tar make of a pack, whatever they say of its end."""
    command = "zstd -q -D dictionary -dc answers-*.tar.zst | tar -tf -"
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder.path / "raw", capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines()


def test_one_damaged_device_costs_no_other(folder: RunFolder) -> None:
    """A flipped bit is one firewall that cannot be read, and it is named."""
    for name in names(3):
        folder.pack_capture(capture_of(name))
    (pack,) = packs(folder)
    data = bytearray(pack.read_bytes())
    (_, place, _) = answer_pack.places(bytes(data))
    data[place.offset + place.length - 2] ^= 0xFF
    pack.write_bytes(data)

    found = {one.name: one.entries for one in saved_outputs.read([str(folder.path)], io.BytesIO())}

    assert [type(entry) for entry in found["fw-0001"]] == [Unread]
    assert all(isinstance(entry, Saved) for name in ("fw-0000", "fw-0002") for entry in found[name])
    with pytest.raises(UserError, match="cannot be unpacked"):
        kept_answers.read(folder.path, names(3))


def test_a_file_that_is_no_pack_is_said(folder: RunFolder) -> None:
    """A ticket must not lack evidence in silence."""
    folder.pack_capture(capture_of("fw-0000"))
    (folder.path / "raw" / "answers-0009.tar.zst").write_bytes(b"somebody's own words, of forty bytes....")

    entries = [entry for one in saved_outputs.read([str(folder.path)], io.BytesIO()) for entry in one.entries]

    assert [type(entry) for entry in entries] == [Unread, Saved, Saved]
    with pytest.raises(UserError, match=r"answers-0009\.tar\.zst"):
        kept_answers.read(folder.path, {"fw-0000"})


def test_a_write_that_fails_leaves_the_pack_as_it_was(folder: RunFolder) -> None:
    """Half a frame in the middle would hide every device behind it."""
    for name in names(2):
        folder.pack_capture(capture_of(name))
    (pack,) = packs(folder)
    whole = pack.read_bytes()

    with largest_file(len(whole) + 20), pytest.raises(OSError, match="too large"):
        folder.pack_capture(capture_of("fw-0002"))
    during = pack.read_bytes()
    folder.pack_capture(capture_of("fw-0003"))

    assert during == whole
    assert sorted(kept_answers.read(folder.path, names(4))) == ["fw-0000", "fw-0001", "fw-0003"]


def test_a_dictionary_that_cannot_be_written_leaves_nothing_that_needs_it(folder: RunFolder) -> None:
    """Without its dictionary no pack can be read by hand."""
    with largest_file(100), pytest.raises(OSError, match="too large"):
        folder.pack_capture(capture_of("fw-0000"))

    assert list((folder.path / "raw").iterdir()) == []


def test_processes_write_packs_of_their_own(folder: RunFolder) -> None:
    """None waits for another, and no frame stands in the middle of another's."""
    other = pickle.loads(pickle.dumps(folder))

    folder.pack_capture(capture_of("fw-0000"))
    other.pack_capture(capture_of("fw-0001"))
    folder.pack_capture(capture_of("fw-0002"))

    assert len(packs(folder)) == 2
    assert sorted(kept_answers.read(folder.path, names(3))) == names(3)


def test_a_device_that_gave_no_answer_is_there_and_empty(folder: RunFolder) -> None:
    """An analysis of the run lists it as not audited; it must not vanish."""
    folder.pack_capture(Capture(device="fw-a", started_at=NOW, finished_at=NOW, outputs=()))

    (found,) = saved_outputs.read([str(folder.path)], io.BytesIO())

    assert (found.name, found.entries) == ("fw-a", ())
    assert kept_answers.read(folder.path, {"fw-a"}) == {}


def test_what_was_kept_a_file_an_answer_is_read_beside_it(folder: RunFolder) -> None:
    """Runs of older releases are kept for 400 days."""
    folder.save_capture(capture_of("fw-old"))
    folder.pack_capture(capture_of("fw-new"))

    assert sorted(kept_answers.read(folder.path, {"fw-old", "fw-new"})) == ["fw-new", "fw-old"]
    assert [one.name for one in saved_outputs.read([str(folder.path)], io.BytesIO())] == ["fw-new", "fw-old"]


@pytest.mark.parametrize("form", ["zip", "tgz"])
def test_a_run_that_was_sent_as_an_archive_is_read(folder: RunFolder, tmp_path: Path, form: str) -> None:
    """People send a run in one piece."""
    for name in names(2):
        folder.pack_capture(capture_of(name))
    (folder.path / "audit.json").write_text("{}")
    sent = tmp_path / f"run.{form}"
    if form == "zip":
        with zipfile.ZipFile(sent, "w") as archive:
            for path in folder.path.rglob("*"):
                archive.write(path, path.relative_to(folder.path.parent))
    else:
        with tarfile.open(sent, "w:gz") as archive:
            archive.add(folder.path, folder.path.name)

    found = {one.name: one.entries for one in saved_outputs.read([str(sent)], io.BytesIO())}

    assert sorted(found) == names(2)
    assert sorted(one.text for one in found["fw-0001"] if isinstance(one, Saved)) == [ANSWER, "fw-0001\n"]


def test_a_frame_that_names_another_folder_is_refused(folder: RunFolder) -> None:
    """A pack may come by mail."""
    packer = answer_pack.FramePacker(answer_pack.own_dictionary())
    frame = packer.frame("fw-a", (("../../x", b"x"),), at=0)
    (folder.path / "raw" / "answers-0001.tar.zst").write_bytes(frame)

    (found,) = saved_outputs.read([str(folder.path)], io.BytesIO())

    assert [type(entry) for entry in found.entries] == [Unread]


def test_a_frame_that_unpacks_without_end_ends(folder: RunFolder) -> None:
    """A hundred megabytes of zeros are some kilobytes, packed."""
    packer = answer_pack.FramePacker(answer_pack.own_dictionary())
    frame = packer.frame("fw-a", ((answer_file("show version"), b"\0" * (65 * 1024 * 1024)),), at=0)
    (folder.path / "raw" / "answers-0001.tar.zst").write_bytes(frame)

    (found,) = saved_outputs.read([str(folder.path)], io.BytesIO())

    assert [type(entry) for entry in found.entries] == [Unread]


def test_what_was_packed_with_another_dictionary_is_read_with_that(folder: RunFolder) -> None:
    """A run carries its own, so that a release with a better one reads it still."""
    other = b"Smart Licensing is ENABLED, in the words of another release; " * 9
    frame = answer_pack.FramePacker(other).frame("fw-a", (("show_version.txt", other),), at=0)
    (folder.path / "raw" / "answers-0001.tar.zst").write_bytes(frame)
    (folder.path / "raw" / "dictionary").write_bytes(other)

    assert kept_answers.read(folder.path, {"fw-a"}) == {"fw-a": {"show_version": other.decode()}}
