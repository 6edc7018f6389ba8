"""A list of fingerprints that somebody vouches for, as people and `ssh-keygen -l` write it."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest

from asa_transport.edges.ssh.hostkeys import Entry
from asa_transport.errors import UserError
from asa_transport.files import fingerprints
from asa_transport.model import HostKey
from tests.support import tool
from tests.unit.signing import key_of, public

KEY = HostKey(type="ssh-ed25519", blob=b"one key")
OTHER = HostKey(type="ssh-ed25519", blob=b"another key")


def read(directory: Path, text: str) -> dict[str, frozenset[str]]:
    path = directory / "list"
    path.write_text(text)
    return dict(fingerprints.read(path))


@pytest.mark.parametrize(
    "line",
    [
        f"fw-a {KEY.fingerprint}",
        f"{KEY.fingerprint}\tfw-a",
        f"  fw-a   {KEY.fingerprint}=  # read by K. Jansen",
        f"256 {KEY.fingerprint} fw-a (ED25519)",
        f"2048 {KEY.fingerprint} fw-a of the lab (RSA)",
    ],
)
def test_a_line_is_a_name_and_a_fingerprint(line: str, tmp_path: Path) -> None:
    """However somebody has written it down; some programs fill base64 up."""
    assert read(tmp_path, f"\n# of the consoles\n{line}\r\n") == {"fw-a": frozenset({KEY.fingerprint})}


def test_a_device_may_have_several_keys(tmp_path: Path) -> None:
    """RSA and ECDSA, or those of two units."""
    text = f"fw-a {KEY.fingerprint}\nfw-b {KEY.fingerprint}\nfw-a {OTHER.fingerprint}\n"

    assert read(tmp_path, text) == {
        "fw-a": frozenset({KEY.fingerprint, OTHER.fingerprint}),
        "fw-b": frozenset({KEY.fingerprint}),
    }


def test_what_ssh_keygen_lists_of_a_file_is_such_a_list(tmp_path: Path) -> None:
    """Of a known_hosts file that somebody trusts already, by the names that it has."""
    key = key_of(tmp_path, "id_ed25519")
    kind, blob = public(key).split()[:2]
    known = tmp_path / "known_hosts"
    known.write_text(f"fw-a {kind} {blob}\n")
    argv = [tool("ssh-keygen", "openssh-client"), "-lf", str(known)]
    listed = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True).stdout

    (fingerprint,) = read(tmp_path, listed)["fw-a"]

    assert fingerprint in listed


@pytest.mark.parametrize(
    "line",
    [
        "fw-a",
        KEY.fingerprint,
        f"fw-a {KEY.fingerprint[:-1]}",
        "fw-a MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
        f"{KEY.fingerprint} {OTHER.fingerprint}",
        f"fw-a fw-b {KEY.fingerprint}",
        Entry(host="fw-a", port=22, key=KEY).line,
    ],
)
def test_what_is_no_such_line_is_told_with_its_place(line: str, tmp_path: Path) -> None:
    """A line that is passed over in silence would be a device that nobody enrols."""
    with pytest.raises(UserError, match=r"list:2:1: .*expected a device's name and its fingerprint"):
        read(tmp_path, f"fw-c {KEY.fingerprint}\n{line}\n")


def test_many_mistakes_are_told_as_some_and_a_number(tmp_path: Path) -> None:
    """The wrong file may have thousands of lines."""
    with pytest.raises(UserError, match=r"list:20:1: [^\n]*\nand 80 more$"):
        read(tmp_path, "x\n" * 100)


def test_a_dash_is_what_is_piped_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"fw-a {KEY.fingerprint}\n"))

    assert fingerprints.read(Path("-")) == {"fw-a": frozenset({KEY.fingerprint})}
