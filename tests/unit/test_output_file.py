"""Where a result is written: what is there keeps its link, mode and names, and failures name the place."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from pathlib import Path

import pytest

from asa_transport.edges.output_file import OutputStream, StandardError, opened
from asa_transport.errors import OutputError, UserError


class Full(io.RawIOBase):
    """A raw file on a full disk."""

    name = "full"

    def writable(self) -> bool:
        return True

    def write(self, _: object, /) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def write(output: Path, text: str) -> None:
    with opened(output, sys.stdout) as file:
        file.write(text)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    """`latest.html` of a web server leads to another disk, and must go on doing so."""
    (tmp_path / "real").mkdir()
    link = tmp_path / "latest.html"
    link.symlink_to("real/report.html")

    write(link, "new")
    write(link, "newer")

    assert link.readlink() == Path("real/report.html")
    assert (tmp_path / "real" / "report.html").read_text() == "newer"
    assert [path.name for path in (tmp_path / "real").iterdir()] == ["report.html"]


@pytest.mark.parametrize("given", [0o600, 0o640, 0o664])
def test_a_file_keeps_its_mode(tmp_path: Path, given: int) -> None:
    """Who lets a group read last night's report means tonight's too."""
    output = tmp_path / "report.csv"
    output.touch()
    output.chmod(given)

    write(output, "new")

    assert (output.read_text(), mode(output)) == ("new", given)


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It names every firewall and what is wrong with it."""
    write(tmp_path / "report.csv", "new")

    assert mode(tmp_path / "report.csv") == 0o600


def test_a_second_name_is_a_name_of_the_new_text(tmp_path: Path) -> None:
    """A rename would leave the old text under the other name."""
    (tmp_path / "one").write_text("old and longer")
    os.link(tmp_path / "one", tmp_path / "two")

    write(tmp_path / "one", "new")

    assert (tmp_path / "two").read_text() == "new"


def test_the_longest_name_is_a_name(tmp_path: Path) -> None:
    """What is written first, beside it, must not need a longer one."""
    write(tmp_path / ("n" * 255), "new")

    assert (tmp_path / ("n" * 255)).read_text() == "new"


def test_what_did_not_become_whole_is_not_there(tmp_path: Path) -> None:
    """Half a report is worse than yesterday's."""
    output = tmp_path / "report.csv"
    output.write_text("old")

    def broken_off() -> None:
        with opened(output, sys.stdout) as file:
            file.write("new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()

    assert output.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.csv"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nowhere/report.csv", "there is no directory nowhere; make it first"),
        (".", "it is a directory; name a file in it"),
        ("file/report.csv", "Not a directory"),
        ("circle", "Too many levels of symbolic links"),
        ("n" * 256, "File name too long"),
    ],
)
def test_a_place_that_takes_no_file_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    """Before an hour of auditing, and without a word of Python's."""
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("circle").symlink_to("circle")

    with pytest.raises(UserError) as said:
        write(Path(name), "new")

    assert str(said.value) == f"{Path(name)}: cannot be written: {why}"


def test_a_stream_names_its_place_and_forgets_no_failure() -> None:
    """Whoever tries a stream first keeps the failure to himself; the result is lost all the same."""
    stream = OutputStream(io.BufferedWriter(Full()), "stdout", encoding="utf-8")
    with pytest.raises(OutputError):
        stream.write("x" * 100_000)

    with pytest.raises(OutputError) as said:
        stream.write("")

    assert str(said.value) == "stdout: cannot be written: No space left on device"
    assert said.value.errno == errno.ENOSPC


def test_a_message_that_cannot_be_written_ends_nothing() -> None:
    """A report goes to stdout, also where stderr is full."""
    stream = StandardError(Full(), encoding="utf-8", write_through=True)

    assert stream.write("a message\n") == 10
    stream.flush()
