"""What replacing a key does to a known_hosts file, and to whoever reads or writes it at the same time."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from asa_transport.edges.ssh.hidden_names import hidden_name, hide
from asa_transport.edges.ssh.hostkeys import Entry, KnownHosts
from asa_transport.edges.ssh.hostkeys_file import Replacement, append, replace
from asa_transport.errors import UserError
from asa_transport.model import HostKey
from tests.processes import LIMIT_S

OLD, NEW, OTHER = (HostKey(type="ssh-ed25519", blob=blob) for blob in (b"old", b"new", b"other"))


def entry(host: str, key: HostKey) -> Entry:
    return Entry(host=host, port=22, key=key)


def new_key(
    host: str = "fw-a", *, known: tuple[HostKey, ...] = (OLD,), old: tuple[HostKey, ...] = (OLD,)
) -> Replacement:
    return Replacement(entry=entry(host, NEW), known=known, old=old)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "known_hosts"
    found.write_text(f"# ours\n{entry('fw-a', OLD).line}\n{entry('fw-b', OLD).line}\n")
    return found


def accepted(path: Path, host: str) -> tuple[HostKey, ...]:
    return KnownHosts().lookup(path, host, 22).accepted


def test_a_link_stays_one_and_what_it_leads_to_keeps_its_mode(path: Path, tmp_path: Path) -> None:
    """Dotfile managers link known_hosts; a copy in the place of the link would part from it."""
    path.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(path)

    replace(link, [new_key()])

    assert link.is_symlink()
    assert (accepted(path, "fw-a"), accepted(path, "fw-b")) == ((NEW,), (OLD,))
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(entry("fw-a", OTHER).line, id="another-key"),
        pytest.param(f"@revoked {entry('fw-a', NEW).line}", id="the-new-one-is-revoked"),
        pytest.param(f"@revoked {entry('fw-a', OLD).line}", id="the-old-one-is-revoked"),
    ],
)
def test_a_file_that_says_something_else_by_now_is_left_as_it_is(line: str, path: Path) -> None:
    """The person who said yes has not seen that."""
    path.write_text(f"{path.read_text()}{line}\n")
    before = path.read_bytes()

    replace(path, [new_key(), new_key("fw-b")])

    assert path.read_bytes() == before.replace(
        f"{entry('fw-b', OLD).line}\n".encode(), f"{entry('fw-b', NEW).line}\n".encode()
    )


def test_one_that_cannot_be_exchanged_is_whole_and_nothing_is_left_beside_it(path: Path) -> None:
    """A pattern admits the old key of the second device: the first one's change is not written either."""
    path.write_text(f"{path.read_text()}fw-c* ssh-ed25519 b2xk\n")
    before = path.read_bytes()

    with pytest.raises(UserError, match=r"known_hosts:4: the old key is admitted by a pattern"):
        replace(path, [new_key(), new_key("fw-c1")])

    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["known_hosts"]


def test_who_waits_for_the_lock_writes_into_the_file_that_is_there_then(path: Path) -> None:
    """The one before has put a new file in its place: lines that went into the old one would be lost."""
    waiting = subprocess.Popen(
        [
            sys.executable, "-c",
            "import sys; from pathlib import Path; from asa_transport.edges.ssh.hostkeys import Entry; "
            "from asa_transport.edges.ssh.hostkeys_file import append; "
            "from asa_transport.model import HostKey; "
            "print('ready', flush=True); append(Path(sys.argv[1]), [Entry(host='fw-new', port=22, "
            "key=HostKey(type='ssh-ed25519', blob=b'new'))])",
            str(path),
        ],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    held = os.open(path, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    assert waiting.stdout is not None
    assert waiting.stdout.readline() == b"ready\n"
    fresh = path.with_name("fresh")
    fresh.write_text(path.read_text().replace(entry("fw-a", OLD).line, entry("fw-a", NEW).line))
    fresh.replace(path)
    os.close(held)

    assert waiting.wait(LIMIT_S) == 0
    waiting.stdout.close()
    assert [accepted(path, host) for host in ("fw-a", "fw-b", "fw-new")] == [(NEW,), (OLD,), (NEW,)]


def test_two_keys_of_one_host_go_where_one_comes(path: Path) -> None:
    """Those of a unit that was made anew: RSA and ECDSA, both known."""
    path.write_text(f"{entry('fw-a', OLD).line}\n# between\n{entry('fw-a', OTHER).line}\n")

    replace(path, [new_key(known=(OLD, OTHER), old=(OLD, OTHER))])

    assert path.read_text() == f"{entry('fw-a', NEW).line}\n# between\n"


def test_a_last_line_without_its_end_grows_into_nothing(path: Path) -> None:
    """An editor may have left it so."""
    path.write_text(entry("fw-a", OLD).line)

    replace(path, [new_key(old=())])

    assert path.read_text() == f"{entry('fw-a', OLD).line}\n{entry('fw-a', NEW).line}\n"


def hidden_lines() -> Iterator[str]:
    for number, host in enumerate(("fw-a", "fw-b")):
        yield entry(host, OLD).hashed(bytes([number]) * 20)


def test_the_line_of_a_hidden_name_is_found_by_its_hash(path: Path) -> None:
    """And the new one hides it too, with a salt of its own."""
    first, second = hidden_lines()
    path.write_text(f"{first}\n{second}\n")

    replace(path, [new_key()])
    append(path, [entry("fw-c", NEW)])

    lines = path.read_text().splitlines()
    assert (lines[1], len(lines)) == (second, 3)
    assert all(line.startswith("|1|") for line in lines)
    assert len({line.split("|")[2] for line in lines}) == 3
    assert [accepted(path, host) for host in ("fw-a", "fw-b", "fw-c")] == [(NEW,), (OLD,), (NEW,)]


@pytest.mark.parametrize("salt", [b"", b"s" * 20, b"s" * 64, b"s" * 65])
def test_a_hidden_name_is_the_one_that_was_hidden(salt: bytes) -> None:
    """As RFC 2104 has it, for salts of any length: who wrote the file may not be OpenSSH."""
    found = hidden_name(hide("[fw-a]:2222", salt))

    assert found is not None
    assert found.is_name("[fw-a]:2222")
    assert not found.is_name("[fw-a]:2223")
    assert found.is_at_a_port("fw-a")
    assert not found.is_at_a_port("fw-b")


@pytest.mark.parametrize("text", ["|1|", "|1|a", "|1|!|!", "|1|YQ==|YQ==|x", "|2|YQ==|YQ=="])
def test_what_hides_no_name_admits_nobody(text: str, path: Path) -> None:
    path.write_text(f"{text} ssh-ed25519 b2xk\n")

    assert accepted(path, "fw-a") == ()
