"""A capture comes from anybody: what no export writes is refused, and named."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from asa_transport.core.documents import capture
from asa_transport.edges import capture_file
from asa_transport.errors import UserError
from asa_transport.flows.captures import Export, KeptRun, check, export, zipped
from asa_transport.model import Device, Expectation, Proxy, ProxyPolicy
from tests.golden.golden import DEVICES, text_of

SECRET = bytes(range(32))
AT = datetime(2026, 1, 20, 13, tzinfo=UTC)


def device(name: str, *, pair: str | None = None, proxy: Proxy | ProxyPolicy = ProxyPolicy.ANY) -> Device:
    """An entry of somebody's inventory."""
    return Device(
        name=name,
        host=f"{name}.corp.net",
        port=22,
        username="netaudit",
        credential="lab",
        known_hosts=Path(),
        pair=pair,
        expect=Expectation(proxy=proxy),
    )


def kept() -> KeptRun:
    """All golden devices, as a run would have kept them."""
    folders = sorted(path for path in DEVICES.iterdir() if path.is_dir())
    answers = {
        # As commands are kept, not as they are called in the golden texts.
        folder.name: {path.stem: text_of(path) for path in sorted(folder.glob("*.txt"))}
        for folder in folders
    }
    proxy = Proxy(host="proxy.example.net", port=8080)
    devices = tuple(
        device(folder.name, proxy=proxy if index % 2 else ProxyPolicy.NONE)
        for index, folder in enumerate(folders)
    )
    return KeptRun(id="20260120T130000Z-0000", devices=devices, answers=answers, judged_at=AT)


@pytest.fixture(scope="module")
def made() -> Export:
    """A capture of all golden devices."""
    return export(kept(), secret=SECRET)


@pytest.fixture
def path(made: Export, tmp_path: Path) -> Path:
    """It as a zip."""
    path = tmp_path / "capture.zip"
    path.write_bytes(zipped(made))
    return path


def test_every_golden_device_is_judged_in_a_capture_as_by_its_own_answers(made: Export, path: Path) -> None:
    """A capture that is judged otherwise proves nothing about the firewall."""
    assert made.differences == ()

    found = check(path, kept())

    assert found.differences == ()
    assert found.leaks == ()
    assert len(found.manifest.devices) == len(kept().devices)
    assert {one.judged.verdict for one in found.manifest.devices} >= {
        "compliant",
        "hold",
        "manual",
        "not-applicable",
    }


def test_one_secret_gives_one_zip_byte_for_byte(made: Export) -> None:
    """Whoever makes it again sees that nothing else has changed."""
    assert zipped(made) == zipped(export(kept(), secret=SECRET))
    assert zipped(made) != zipped(export(kept()))


def test_the_folder_that_was_unpacked_is_a_capture_too(path: Path, tmp_path: Path) -> None:
    """In a repository a folder is looked at, a zip is believed."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")

    assert check(tmp_path / "unpacked") == check(path)


def test_the_list_of_contents_is_as_its_schema_says_and_comes_back(made: Export) -> None:
    """Other programs read it."""
    value = json.loads(made.files["manifest.json"])

    jsonschema.Draft202012Validator(capture.schema()).validate(value)

    assert capture.read(value) == made.manifest


def test_the_list_of_contents_names_no_value(made: Export) -> None:
    """By kind and count, never the values."""
    text = made.files["manifest.json"].decode().casefold()

    for value in ("edge-fw", "9aexample", "example gmbh", "netadmin", "proxy.example.net", "corp.net"):
        assert value not in text
    assert {one.kind for one in made.manifest.replaced} >= {
        "name",
        "serial number",
        "account",
        "address",
        "server",
    }


def test_the_pair_and_the_proxy_that_were_expected_are_kept_under_their_other_names() -> None:
    """Without them the capture would be judged by another expectation."""
    answers = {path.stem: text_of(path) for path in (DEVICES / "callhome_pair_with_http_proxy").glob("*.txt")}
    run = replace(
        kept(),
        devices=(
            device("fw-a", pair="fw-b", proxy=Proxy(host="192.0.2.80", port=80)),
            device("fw-b", pair="fw-a"),
        ),
        answers={"fw-a": answers},
    )

    made = export(run, secret=SECRET)

    (one,) = made.manifest.devices
    config = made.files[f"{one.name}/show_running_config_call_home.txt"].decode()
    assert one.proxy.removesuffix(":80") in config
    assert one.pair is not None
    assert "fw" not in one.pair
    assert made.without_answers == ("fw-b",)


def test_an_answer_that_was_changed_is_refused(path: Path) -> None:
    """The judgement would be of something else."""
    files = capture_file.read(path)
    name = next(name for name in files if name.endswith("show_version.txt"))

    with pytest.raises(UserError, match=r"show_version\.txt' was changed since it was made; export it again"):
        check(_zip(path, {**files, name: files[name] + b"\n"}))


@pytest.mark.parametrize("change", ["more", "fewer"])
def test_a_file_more_or_fewer_than_the_list_says_is_refused(path: Path, change: str) -> None:
    """What the list does not name was put there later."""
    files = capture_file.read(path)
    name = next(name for name in files if name.endswith("show_version.txt"))
    device_name = name.partition("/")[0]
    others = {**files, f"{device_name}/show_tech.txt": b"x"} if change == "more" else {**files}
    if change == "fewer":
        del others[name]

    with pytest.raises(UserError, match=r"manifest\.json; export it again"):
        check(_zip(path, others))


def _zip(path: Path, files: dict[str, bytes]) -> Path:
    path.write_bytes(capture_file.zipped(files))
    return path


def _entry(name: str, *, mode: int = stat.S_IFREG | 0o600) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _of(*entries: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for entry, data in entries:
            archive.writestr(entry, data)
    return made.getvalue()


def _encrypted() -> bytes:
    data = bytearray(_of((_entry("a/b.txt"), b"x")))
    # The flag of encryption, in both headers.
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    return bytes(data)


def _damaged() -> bytes:
    data = bytearray(_of((_entry("a/b.txt"), b"some text " * 100)))
    data[60] ^= 0xFF
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (lambda: b"", "cannot be unpacked"),
        (lambda: b"PK\x03\x04 no zip", "cannot be unpacked"),
        (lambda: _of((_entry("../a.txt"), b"")), "no name of a file of a capture"),
        (lambda: _of((_entry("/etc/passwd.txt"), b"")), "no name of a file of a capture"),
        (lambda: _of((_entry("a/../b.txt"), b"")), "no name of a file of a capture"),
        (lambda: _of((_entry("a\\b.txt"), b"")), "no name of a file of a capture"),
        (lambda: _of((_entry("C:/b.txt"), b"")), "no name of a file of a capture"),
        (lambda: _of((_entry("a/b\x1b[2J.txt"), b"")), "no name of a file of a capture"),
        (lambda: _of((_entry("a/.bashrc.txt"), b"")), "no name of a file of a capture"),
        (lambda: _of((_entry("a/b/c.txt"), b"")), "no name of a file of a capture"),
        (lambda: _of((_entry("a/b.sh"), b"")), "no name of a file of a capture"),
        (lambda: _of((_entry("a/b.txt", mode=stat.S_IFLNK | 0o777), b"/etc/passwd")), "is no plain file"),
        (lambda: _of((_entry("a/b.txt", mode=stat.S_IFIFO | 0o600), b"")), "is no plain file"),
        (lambda: _of((_entry("a/b.txt"), b"\0" * (9 << 20))), "unpacks to more"),
        (lambda: _of(*((_entry(f"a/{n}.txt"), b"\0" * (7 << 20)) for n in range(40))), "unpacks to more"),
        (lambda: _of(*((_entry(f"a/{n}.txt"), b"") for n in range(100_001))), "more than 100000 files"),
        (_encrypted, "is encrypted"),
        (_damaged, "cannot be unpacked"),
        (lambda: _of((_entry("a/b.txt"), b"x")), r"there is no manifest\.json"),
        (lambda: _of((_entry("manifest.json"), b"{")), "is not JSON"),
        (lambda: _of((_entry("manifest.json"), b"[" * 100_000)), "is not JSON"),
        (lambda: _of((_entry("manifest.json"), b"[]")), "expected the key 'schema'"),
        (lambda: _of((_entry("manifest.json"), b'{"schema": "asa-transport/capture/1"}')), "is missing"),
    ],
)
def test_what_is_no_capture_is_refused_with_its_reason(
    data: Callable[[], bytes], why: str, tmp_path: Path
) -> None:
    """Paths, links, bombs: whatever a zip can be."""
    path = tmp_path / "hostile.zip"
    path.write_bytes(data())

    with pytest.raises(UserError, match=why):
        check(path)

    assert os.listdir(tmp_path) == ["hostile.zip"]  # noqa: PTH208


@pytest.mark.parametrize(
    ("comment", "entry_comment", "extra", "before", "behind", "why"),
    [
        (b"fw-7", b"", b"", b"", b"", "a comment or an extra field"),
        (b"", b"fw-7", b"", b"", b"", "a comment or an extra field"),
        (b"", b"", b"\x99\x99\x04\x00fw-7", b"", b"", "a comment or an extra field"),
        (b"", b"", b"", b"fw-7", b"", "between, before or behind"),
        (b"", b"", b"", b"", b"fw-7", "between, before or behind|cannot be unpacked"),
    ],
)
def test_a_zip_with_anything_beside_its_files_is_refused(
    path: Path, comment: bytes, entry_comment: bytes, extra: bytes, before: bytes, behind: bytes, why: str
) -> None:
    """Nobody looks for a name there, and no export writes any."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.comment = comment
        for name, data in capture_file.read(path).items():
            entry = _entry(name)
            entry.comment, entry.extra = entry_comment, extra
            archive.writestr(entry, data)
    path.write_bytes(before + made.getvalue() + behind)

    with pytest.raises(UserError, match=why):
        check(path)


def test_a_zip_with_bytes_between_its_files_is_refused(path: Path) -> None:
    """A file that is no more in the list is still in the zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(_entry("fw-7/gone.txt"), b"10.1.2.3")
        for name, data in capture_file.read(path).items():
            archive.writestr(_entry(name), data)
        del archive.NameToInfo[archive.filelist.pop(0).filename]
    path.write_bytes(made.getvalue())

    with pytest.raises(UserError, match="between, before or behind"):
        check(path)


def test_a_zip_of_more_files_than_its_short_form_counts_is_read(tmp_path: Path) -> None:
    """A large fleet has more than 65,535 answers."""
    path = tmp_path / "large.zip"
    files = {f"a/{number}.txt": b"" for number in range(65_536)}
    path.write_bytes(capture_file.zipped(files))

    assert capture_file.read(path) == files


def test_a_key_that_is_in_the_list_twice_is_refused(path: Path) -> None:
    """One of its values would be looked at by nobody."""
    files = capture_file.read(path)
    text = files["manifest.json"].decode().lstrip().removeprefix("{")

    with pytest.raises(UserError, match="the key 'tool_version' stands there twice"):
        check(_zip(path, {**files, "manifest.json": f'{{"tool_version": "fw-7",{text}'.encode()}))


@pytest.mark.parametrize("place", ["tool_version", "kind"])
def test_what_the_list_says_of_no_device_is_looked_at_too(path: Path, place: str) -> None:
    """These are texts like any, and may have been altered."""
    files = capture_file.read(path)
    document: dict[str, Any] = json.loads(files["manifest.json"])
    holder = document if place == "tool_version" else document["replaced"][0]
    holder[place] = "of proxy.example.net"

    found = check(_zip(path, {**files, "manifest.json": json.dumps(document).encode()}), kept())

    assert [(leak.file, leak.value) for leak in found.leaks or ()] == [("manifest.json", "proxy.example.net")]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_in_a_zip_twice_is_refused(tmp_path: Path) -> None:
    """Two readers would see two captures."""
    path = tmp_path / "twice.zip"
    path.write_bytes(_of((_entry("a/b.txt"), b"1"), (_entry("a/b.txt"), b"2")))

    with pytest.raises(UserError, match="is in it twice"):
        check(path)


def test_a_folder_with_a_link_or_a_pipe_in_it_is_refused(tmp_path: Path) -> None:
    """A link leads to somebody's file, and a pipe never ends."""
    folder = tmp_path / "capture"
    (folder / "dev").mkdir(parents=True)
    (folder / "dev" / "show_version.txt").symlink_to("/etc/passwd")
    with pytest.raises(UserError, match="is no plain file"):
        check(folder)
    (folder / "dev" / "show_version.txt").unlink()
    os.mkfifo(folder / "dev" / "show_version.txt")
    with pytest.raises(UserError, match="is no plain file"):
        check(folder)
    (folder / "dev" / "show_version.txt").unlink()
    (folder / "dev").rmdir()
    (folder / "dev").symlink_to("/etc")
    with pytest.raises(UserError, match="is a link"):
        check(folder)
    with pytest.raises(UserError, match="neither a file nor a folder"):
        check(Path("/dev/null"))
    with pytest.raises(UserError, match="cannot be read"):
        check(tmp_path / "nothing.zip")


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("proxy", "proxy.example", "is not HOST:PORT"),
        ("proxy", "proxy.example:99999", "is not HOST:PORT"),
        ("name", "../../etc", "is named by manifest"),
        ("transport", "carrier-pigeon", "expected one of"),
    ],
)
def test_a_list_that_says_nonsense_is_refused(path: Path, key: str, value: str, why: str) -> None:
    """It is read before anything that it names."""
    files = capture_file.read(path)
    document: dict[str, Any] = json.loads(files["manifest.json"])
    document["devices"][0][key] = value

    with pytest.raises(UserError, match=why):
        check(_zip(path, {**files, "manifest.json": json.dumps(document).encode()}))


def test_a_judgement_that_was_changed_is_told_with_what_it_was(path: Path) -> None:
    """The list is a claim; the answers are what is judged."""
    files = capture_file.read(path)
    document: dict[str, Any] = json.loads(files["manifest.json"])
    judged = document["devices"][0]["judged"]
    judged["verdict"], judged["findings"], judged["facts"]["model"] = "compliant", [], "FPR-9999"

    found = check(_zip(path, {**files, "manifest.json": json.dumps(document).encode()}))

    said = {(one.what.partition(" ")[0], one.before) for one in found.differences}
    assert {("verdict", "compliant"), ("model", "FPR-9999")} <= said
    assert any(one.after == "found" for one in found.differences)
