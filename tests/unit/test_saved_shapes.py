"""The shapes in which people keep a firewall's words: each gives the same facts as the plain ones."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from asa_transport.asa import command_names
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.saved import folder as offline_folder
from asa_transport.core.parsing.saved import samples as offline
from asa_transport.core.parsing.saved.folder import Failure, File
from asa_transport.core.parsing.saved.samples import Sample
from asa_transport.core.parsing.tables import TableSet
from asa_transport.edges import saved_outputs
from asa_transport.edges.saved_outputs import Folder, Saved, Unread
from asa_transport.model import Capture, DeviceFacts, LicenseMode
from tests.golden.golden import DEVICES, capture_of, texts

TABLES = TableSet(texts())
NOW = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)
HEALTHY = capture_of(DEVICES / "smart_healthy")
OTHER = "9AANOTHER01"


def samples(text: str) -> tuple[Sample, ...]:
    return offline.read(text, name="a.txt", at=NOW).samples


def only(text: str) -> Sample:
    (sample,) = samples(text)
    return sample


def facts(sample: Sample) -> DeviceFacts:
    capture = Capture(device=sample.name, started_at=NOW, finished_at=NOW, outputs=sample.outputs)
    return parse.facts(capture, TABLES, needs_version=sample.needs_version)


def answer(command: str) -> str:
    found = HEALTHY.output(command)
    assert found is not None
    return found.text


def session(*commands: str, prompt: str = "edge-fw# ") -> str:
    return "".join(f"{prompt}{command}\n{answer(command)}" for command in commands) + f"{prompt}exit\n"


WHOLE = session("show version", "show license status", "show running-config license", "show failover")
SERIAL = facts(only(WHOLE)).serial or ""
CONFIG = """\
hostname edge-lis-09
enable password ***** pbkdf2
interface GigabitEthernet0/0
 nameif outside
call-home
 profile License
  destination address http https://tools.cisco.com/its/service/oddce/services/DDCEService
license smart
 feature tier standard
 transport type callhome
Cryptochecksum:3b1a7c1d4f2d8e9b1c2d3e4f5a6b7c8d
: end
"""
COLONS = f": Saved\n\n: \n: Serial Number: {SERIAL}\n: Hardware:   ASAv, 4096 MB RAM, CPU Xeon\n:\n"

# --------------------------------------------------------------------------- in front of each line

STAMPS = {
    "SecureCRT": "[2026-03-10 12:00:01] ",
    "SecureCRT with fractions": "[03/10/26 12:00:01:123] ",
    "MobaXterm's own clock": "[2026-03-10 12:00.01] ",
    "angle brackets": "<12:00:01.123> ",
    "Tera Term": "[Tue Mar 10 12:00:01.123 2026] ",
    "MobaXterm": "[2026-03-10 12:00:01]  ".rstrip() + " ",
    "clock only": "[12:00:01]",
    "ts": "Mar 10 12:00:01 ",
    "ISO 8601": "2026-03-10T12:00:01.123+01:00 ",
    "with a bar": "12:00:01 | ",
}


def in_front(mark: str, text: str) -> str:
    return "".join(f"{mark}{line}\n" for line in text.splitlines())


@pytest.mark.parametrize("stamp", STAMPS.values(), ids=STAMPS.keys())
def test_a_time_stamp_before_each_line_is_no_part_of_it(stamp: str) -> None:
    """A logging terminal must not make a firewall unjudgeable, and indentation has a meaning."""
    assert facts(only(in_front(stamp, WHOLE))) == facts(only(WHOLE))


@pytest.mark.parametrize("mark", ["> ", ">> ", "> > ", ">"])
def test_a_quoted_mail_is_read_like_what_it_quotes(mark: str) -> None:
    """Reports from the field come by mail, with an answer above."""
    mail = f"On Tuesday somebody wrote:\n{in_front(mark, WHOLE)}\nregards\n"

    assert facts(only(mail)).registration == facts(only(WHOLE)).registration
    assert only(mail).hostname == "edge-fw"


@pytest.mark.parametrize("margin", ["    ", " ", "> " + " " * 8])
def test_a_block_that_is_indented_as_a_whole_is_read(margin: str) -> None:
    """Tickets and mails indent what is pasted; the firewall's own indentation stays."""
    assert facts(only(in_front(margin, WHOLE))) == facts(only(WHOLE))


def test_stamps_inside_a_quoted_mail_are_taken_off_too() -> None:
    """Both programs had the text."""
    assert facts(only(in_front("> ", in_front(STAMPS["MobaXterm"], WHOLE)))) == facts(only(WHOLE))


def test_a_line_that_merely_begins_with_a_time_keeps_it() -> None:
    """The clock's own answer is no stamp."""
    text = session("show clock", "show version", "show failover")

    assert facts(only(text)).clock is not None


# --------------------------------------------------------------------------- backups


def commented(mark: str, text: str) -> str:
    return "".join(f"{mark}{line}\n" for line in text.splitlines() if " up " not in line)


BACKUPS = {
    "oxidized": f"! \n{commented('! ', answer('show version'))}! \n"
    f'! Name: "Chassis", DESCR: "ASAv"\n! PID: ASAv , VID: V01 , SN: {SERIAL}\n\nASA Version 9.22(2)14 \n!\n',
    "rancid": f"!RANCID-CONTENT-TYPE: cisco\n!\n!Chassis type: ASAv\n!Hardware:   ASAv, 4096 MB RAM\n"
    f"!Serial Number: {SERIAL}\n!\nASA Version 9.22(2)14 \n!\n",
    "copy run": f"{COLONS}ASA Version 9.22(2)14 \n!\n",
    "bare": "ASA Version 9.22(2)14 \n!\n",
}


@pytest.mark.parametrize("head", BACKUPS.values(), ids=BACKUPS.keys())
def test_a_backup_says_version_host_serial_and_model(head: str) -> None:
    """A model that is not known got the bugs of another one."""
    found = facts(only(head + CONFIG))
    has_head = head != BACKUPS["bare"]

    assert (found.version, found.hostname) == ("9.22(2)14", "edge-lis-09")
    assert (found.serial, found.model) == ((SERIAL, "ASAv") if has_head else (None, None))
    assert found.unknown == ()
    assert found.license_block is not None


def test_a_backup_of_a_user_context_is_one() -> None:
    """Licences are configured in the system execution space."""
    found = facts(only(COLONS + "ASA Version 9.22(2)14 <context>\n!\n" + CONFIG))

    assert found.context == "context"


def test_a_backup_of_threat_defense_is_no_asa() -> None:
    """Its running configuration looks much like an ASA's."""
    found = facts(only(COLONS + "NGFW Version 7.6.2\n!\n" + CONFIG))

    assert found.license_mode is LicenseMode.THREAT_DEFENSE


def test_two_words_for_one_thing_are_said() -> None:
    """A configuration of one firewall beside the version of another proves neither."""
    text = session("show version", prompt="edge-fw# ") + f"edge-fw# show running-config\n{COLONS}{CONFIG}"
    text = text.replace("edge-fw# exit\n", "").replace(
        f": Serial Number: {SERIAL}", f": Serial Number: {OTHER}"
    )

    assert any(line.reason.startswith("serial: contradicts") for line in facts(only(text)).unknown)


# --------------------------------------------------------------------------- sessions

STATUS_ONLY = session("show license status")
VERSION = session("show version", "show license status")
ANOTHER = VERSION.replace(SERIAL, OTHER)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (VERSION + VERSION, 1),
        (VERSION + STATUS_ONLY, 2),
        (STATUS_ONLY + VERSION, 2),
        (VERSION + ANOTHER, 2),
        (VERSION.replace("edge-fw# exit\n", "Connection to edge-fw closed.\n") + STATUS_ONLY, 2),
        (VERSION.replace("edge-fw# exit\n", "Logoff\n") + STATUS_ONLY, 2),
        (VERSION.replace("exit", "conf t\nedge-fw(config)# exit") + "edge-fw# show clock\n", 1),
        ((VERSION + STATUS_ONLY).replace("edge-fw# exit\n", ""), 1),
    ],
)
def test_a_new_login_is_joined_by_its_serial_number_alone(text: str, count: int) -> None:
    """Two firewalls may bear one name, and a half of each is the picture of neither."""
    assert len(samples(text)) == count


def test_what_follows_the_end_of_a_session_is_no_part_of_the_last_answer() -> None:
    """The words of an SSH client are not the firewall's."""
    text = session("show license status").replace("edge-fw# exit\n", "Connection to edge-fw closed.\n$ ls\n")

    assert facts(only(text)).unknown == ()


def test_a_command_behind_chatter_is_a_command_without_its_prompt() -> None:
    """An ASA does not print its prompt again behind a licence warning."""
    said = "Warning: ASAv platform license state is Unlicensed.\n"
    text = f"edge-fw# \n{said}show failover\n{answer('show failover')}edge-fw# exit\n"

    assert [output.command for output in only(text).outputs] == ["show failover"]


# --------------------------------------------------------------------------- Threat Defense

FTD = """\
> show version
-------------[ ftd-lis-01 ]-------------
Model                     : Cisco Secure Firewall 3110 Threat Defense (80) Version 7.4.1 (Build 172)
UUID                      : 7c2d1c0e-932b-11ee-96ae-1f0c0a7b11ab
LSP version               : lsp-rel-20260210-1252
----------------------------------------
> exit
"""


@pytest.mark.parametrize(
    "text", [FTD, FTD.removeprefix("> show version\n"), FTD.replace("> ", "ftd-lis-01> ")]
)
def test_threat_defense_is_known_in_every_saved_shape(text: str) -> None:
    """An ASA's verdict on it would be a false word about a firewall."""
    found = facts(only(text))

    assert found.license_mode is LicenseMode.THREAT_DEFENSE
    assert (found.hostname, found.version) == ("ftd-lis-01", "7.4.1")
    assert found.model == "Cisco Secure Firewall 3110 Threat Defense"


# --------------------------------------------------------------------------- names of files


@pytest.mark.parametrize(
    ("name", "host", "command"),
    [
        ("show_version_edge-lis-01.txt", "edge-lis-01", "show version"),
        ("show-license-status-fw01.example.net.log", "fw01.example.net", "show license status"),
        ("show version fw_1.txt", "fw_1", "show version"),
        ("sh_run_lic_fw-7_20260310-120001.txt", "fw-7", "show running-config license"),
        ("show_running-config_fw-7.txt", "fw-7", "show running-config"),
        ("show_running-config.cfg", "", "show running-config"),
        ("show_failover_EDGE_2026-03-10.txt", "EDGE", "show failover"),
    ],
)
def test_a_command_may_stand_before_the_host(name: str, host: str, command: str) -> None:
    """Half of the collectors name their files so."""
    assert command_names.of_file(name) == (host, command)


@pytest.mark.parametrize(
    "name",
    [
        "show_failover_state.txt",
        "show_version_detail.txt",
        "show_running-config_interface.txt",
        "show_running-config_ikev2.txt",
        "show_license_all_detail.txt",
        "show_version.docx",
    ],
)
def test_a_word_of_a_command_is_no_host(name: str) -> None:
    """A part of an output must not pass for the whole."""
    assert command_names.of_file(name) is None


def found_in(**files: str) -> tuple[list[Sample | Failure], tuple[str, ...]]:
    given = [File(path=name, name=name, text=text) for name, text in files.items()]
    found, skipped = offline_folder.samples(given, path="fw-a", name="fw-a", at=NOW)
    return [each.item for each in found], skipped.commands


def test_further_saved_commands_are_no_further_firewalls_and_are_named() -> None:
    """One firewall that is two in a report hides the one that is missing."""
    items, commands = found_in(
        **{
            "show_version.txt": answer("show version"),
            "show_interface.txt": "Interface GigabitEthernet0/0 is up\n",
            "show_running-config_all.txt": f"{COLONS}ASA Version 9.22(2)14\n{CONFIG}",
            "fw-a_show_inventory.log": 'Name: "Chassis"\n',
        }
    )

    (sample,) = items
    assert isinstance(sample, Sample)
    assert commands == ("show interface", "show running config all", "show inventory")


def test_a_host_without_a_digit_is_known_from_the_other_files() -> None:
    """Its running configuration must not be left out."""
    items, _ = found_in(
        **{
            "show_version_edge.txt": answer("show version"),
            "show_running-config_edge.txt": f"{COLONS}ASA Version 9.22(2)14\n{CONFIG}",
        }
    )

    (sample,) = items
    assert isinstance(sample, Sample)
    assert [output.command for output in sample.outputs] == ["show version", "show running-config"]


def test_a_file_that_is_alone_is_never_passed_over() -> None:
    """A firewall that is silently missing is the third worst."""
    items, commands = found_in(**{"show_interface.txt": "Interface GigabitEthernet0/0 is up\n"})

    assert isinstance(items[0], Failure)
    assert commands == ()


@pytest.mark.parametrize("typed", ["exit", "exi", "ex", "quit", "qu", "logout", "logo", "en", "ter pager 0"])
def test_how_a_session_is_entered_and_left_is_no_command_that_was_passed_over(typed: str) -> None:
    """What ends a session for the reader of a transcript is not named as a command that it does not read."""
    text = f"fw-a# show version\n{answer('show version')}fw-a# {typed}\n"

    assert offline.read(text, name="a.txt", at=NOW).skipped.commands == ()


# --------------------------------------------------------------------------- files and archives


def read(path: Path) -> dict[str, dict[str, Saved | Unread]]:
    """Return what a path holds, by directory and file."""
    folders = saved_outputs.read([str(path)], io.BytesIO())
    return {folder.name: {entry.name: entry for entry in folder.entries} for folder in _all(folders)}


def _all(folders: object) -> Sequence[Folder]:
    return [folder for folder in folders if isinstance(folder, Folder)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-8-sig"])
def test_utf_16_is_read_with_and_without_its_mark(encoding: str, tmp_path: Path) -> None:
    """PowerShell writes so."""
    (tmp_path / "a.txt").write_bytes(WHOLE.encode(encoding))

    (entry,) = read(tmp_path)[tmp_path.name].values()

    assert isinstance(entry, Saved)
    assert entry.text == WHOLE


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, mode: str, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for info, data in members:
            info.size = len(data) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    ("suffix", "mode"), [(".tar", "w"), (".tar.gz", "w:gz"), (".tgz", "w:gz"), (".zip", "")]
)
def test_an_archive_is_read_like_the_directory_that_was_packed(
    suffix: str, mode: str, tmp_path: Path
) -> None:
    """People send what they saved in one piece."""
    path = tmp_path / f"fw-a{suffix}"
    inner = {"show_version.txt": b"one", "fw-b/show_version.txt.gz": gzip.compress(b"two"), ".hidden": b"x"}
    if mode:
        tarred(path, mode, *((tarfile.TarInfo(name), data) for name, data in inner.items()))
    else:
        zipped(path, **inner)

    found = read(tmp_path)

    assert {name: list(entries) for name, entries in found.items()} == {
        "fw-a": ["show_version.txt"],
        "fw-b": ["show_version.txt"],
    }
    assert [
        entry.text for entries in found.values() for entry in entries.values() if isinstance(entry, Saved)
    ] == [
        "one",
        "two",
    ]


def link(name: str, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


def test_no_member_of_an_archive_leads_out_of_it(tmp_path: Path) -> None:
    """A link to the host's own files would put them into a report."""
    tarred(
        tmp_path / "fw-a.tar",
        "w",
        (link("show_version.txt", "/etc/passwd"), b""),
        (tarfile.TarInfo("../../show_clock.txt"), b"x"),
        (tarfile.TarInfo("/show_mode.txt"), b"x"),
        (tarfile.TarInfo("inner.zip"), b"x"),
    )

    entries = [entry for entries in read(tmp_path).values() for entry in entries.values()]

    assert len(entries) == 4
    assert all(isinstance(entry, Unread) for entry in entries)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("fw-a.zip", b"no archive"),
        ("fw-a.tar.gz", gzip.compress(b"x" * 2000, mtime=0)[:-9]),
        ("fw-a.tgz", b"no archive"),
    ],
    ids=["zip", "cut", "tgz"],
)
def test_a_broken_archive_is_a_firewall_that_could_not_be_read(
    name: str, data: bytes, tmp_path: Path
) -> None:
    """Half of it would pass for the whole."""
    (tmp_path / name).write_bytes(data)

    (entry,) = read(tmp_path)["fw-a"].values()

    assert isinstance(entry, Unread)
    assert "cannot be unpacked" in entry.saw


def test_an_archive_that_unpacks_without_end_ends(tmp_path: Path) -> None:
    """Ten files of zeros, a few kilobytes packed, are three hundred megabytes."""
    flood = b"\0" * (31 * 1024 * 1024)
    with zipfile.ZipFile(tmp_path / "fw-a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"{number}.txt", flood)

    (entry,) = read(tmp_path)["fw-a"].values()

    assert isinstance(entry, Unread)
    assert "more than 256 MiB" in entry.saw
