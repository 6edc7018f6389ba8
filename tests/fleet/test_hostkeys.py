"""`hostkeys scan` and `hostkeys check` against real SSH servers, and what they do to known_hosts files."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import asyncssh
import pytest

from asa_transport.edges.ssh.hostkeys import Entry, KnownHosts, Standing, standing
from asa_transport.edges.ssh.hostkeys_file import append
from asa_transport.errors import UserError
from asa_transport.model import HostKey, HostKeys
from mock_devices import FleetFiles, MockFleet
from tests.processes import wait_for
from tests.support import PROGRAM, QUICK, Ended, cli, fleet_of, program
from tests.warm import forked

FAST = ("--connect-timeout=5", "--handshake-timeout=10", "--attempts=1")
SAME = {"name": "fw-same"}
UNKNOWN = {"name": "fw-unknown", "faults": [{"action": "unknown_host_key"}]}
CHANGED = {"name": "fw-changed", "faults": [{"action": "changed_host_key"}]}
# A key that nobody else at its address has: a revocation counts at every port.
OWN = {"name": "fw-revoked", "ssh": {"own_key": True}}
DOWN = {"name": "fw-down", "faults": [{"action": "refuse"}]}
LIMIT_S = 20.0


def run(command: str, files: FleetFiles, *arguments: str | Path) -> Ended:
    return cli("hostkeys", command, "-i", files.inventory, *FAST, *arguments)


def fingerprint_of(public: str) -> str:
    return HostKey(type="", blob=base64.b64decode(public.split()[1])).fingerprint


def line_of(fleet: MockFleet, name: str) -> str:
    return f"[127.0.0.1]:{fleet[name].port} {fleet.public_key(name)}\n"


def revoke(fleet: MockFleet, files: FleetFiles, name: str) -> None:
    files.known_hosts.write_text(f"{files.known_hosts.read_text()}@revoked {line_of(fleet, name)}")


def test_check_says_of_every_device_how_its_key_stands(tmp_path: Path) -> None:
    """One outcome a device, in the order of the inventory, with fingerprints to compare on the console."""
    with fleet_of(SAME, UNKNOWN, CHANGED, DOWN, OWN) as fleet:
        files = fleet.write(tmp_path)
        revoke(fleet, files, "fw-revoked")
        ended = run("check", files, "--format=json")
        keys = {name: fingerprint_of(fleet.public_key(name)) for name in fleet.names}
        typed = [fleet[name].typed for name in fleet.names]

    devices = ended.document["devices"]
    assert [(one["name"], one["outcome"]) for one in devices] == [
        ("fw-changed", "changed"),
        ("fw-down", "not-reached"),
        ("fw-revoked", "revoked"),
        ("fw-same", "same"),
        ("fw-unknown", "unknown"),
    ]
    for one in devices:
        if one["outcome"] != "not-reached":
            assert one["shown"]["fingerprint"] == keys[one["name"]]
    assert devices[0]["accepted"][0]["fingerprint"] != keys["fw-changed"]
    assert "connection refused" in devices[1]["error"]
    assert ended.document["totals"]["devices"] == 5
    assert (ended.code, ended.document["exit_code"]) == (4, 4)
    assert typed == [()] * 5


@pytest.mark.parametrize(
    ("device", "code"),
    [
        pytest.param(SAME, 0, id="same"),
        pytest.param(UNKNOWN, 3, id="unknown"),
        pytest.param(CHANGED, 3, id="changed"),
        pytest.param(DOWN, 4, id="not-reached"),
    ],
)
def test_check_ends_with_a_code_for_scripts(device: dict[str, object], code: int, tmp_path: Path) -> None:
    """A nightly check must notice a key that changed."""
    with fleet_of(device) as fleet:
        ended = run("check", fleet.write(tmp_path))

    assert ended.code == code
    assert str(device["name"]) in ended.out


def test_no_secret_is_touched(tmp_path: Path) -> None:
    """Enrolment comes before the first login: the passwords may not even exist yet."""
    with fleet_of(SAME) as fleet:
        files = fleet.write(tmp_path)
        files.password_file.unlink()
        files.enable_file.unlink()
        ended = run("check", files)

    assert (ended.code, ended.err) == (0, "")


def test_a_device_with_several_keys_is_asked_for_the_type_that_is_known(tmp_path: Path) -> None:
    """An audit asks for it too: a device that gained a key has not changed."""
    with fleet_of({"name": "fw-rsa", "ssh": {"host_key": "rsa"}}) as fleet:
        ended = run("check", fleet.write(tmp_path), "--format=json")

    assert ended.device("fw-rsa")["outcome"] == "same"
    assert ended.device("fw-rsa")["shown"]["type"] == "ssh-rsa"


@pytest.mark.parametrize(("known", "is_told"), [("ssh-ed25519", True), ("ecdsa-sha2-nistp256", False)])
def test_a_key_that_changed_from_eddsa_is_explained_by_the_release_that_has_none(
    known: str, is_told: bool, tmp_path: Path
) -> None:
    """A whole fleet "changes" its keys in the night of its upgrade to 9.23, and nobody has attacked it."""
    with fleet_of({"name": "fw-a", "ssh": {"host_key": "rsa"}}) as fleet:
        files = fleet.write(tmp_path)
        old = asyncssh.generate_private_key(known).export_public_key().decode().strip()
        files.known_hosts.write_text(f"[127.0.0.1]:{fleet['fw-a'].port} {old}\n")
        ended = cli(
            "audit", "-i", files.inventory, "--format=json", "--state-dir", tmp_path / "state", *QUICK
        )

    device = ended.device("fw-a")
    assert (device["stage"], "holds another key" in device["error"]) == ("host-key", True)
    assert ("ASA 9.23 has none" in device["hint"]) is is_told


def test_scan_prints_the_lines_of_unknown_devices_and_nothing_else(tmp_path: Path) -> None:
    """They can be redirected into a file; what is amiss is said on stderr."""
    with fleet_of(SAME, UNKNOWN, CHANGED) as fleet:
        files = fleet.write(tmp_path)
        before = files.known_hosts.read_text()
        ended = run("scan", files)
        expected = line_of(fleet, "fw-unknown")

    assert ended.out == expected
    assert files.known_hosts.read_text() == before
    assert "fw-changed: changed: shows ssh-ed25519 SHA256:" in ended.err
    assert ended.code == 3


def test_scan_writes_a_file_that_appears_whole(tmp_path: Path) -> None:
    """Nothing half-written, nothing left over."""
    target = tmp_path / "out" / "lines"
    target.parent.mkdir()
    with fleet_of(UNKNOWN) as fleet:
        ended = run("scan", fleet.write(tmp_path), "-o", target)
        expected = line_of(fleet, "fw-unknown")

    assert (ended.code, ended.out) == (0, "")
    assert target.read_text() == expected
    assert list(target.parent.iterdir()) == [target]


def test_scan_add_without_a_terminal_needs_yes_and_contacts_nothing(tmp_path: Path) -> None:
    """A key is not to be trusted because nobody was there to ask."""
    with fleet_of({**DOWN, "name": "fw-unknown"}) as fleet:
        files = fleet.write(tmp_path)
        ended = program("hostkeys", "scan", "--add", "-i", files.inventory)

    assert (ended.code, ended.out) == (2, "")
    assert "--yes" in ended.err
    assert "refused" not in ended.err


def test_scan_add_yes_enrols_and_the_audit_then_logs_in(tmp_path: Path) -> None:
    """The line goes to the device's own file, which is made where it is absent, for its owner only."""
    with fleet_of(UNKNOWN) as fleet:
        files = fleet.write(tmp_path)
        own = tmp_path / "keys" / "known_hosts"
        text = files.inventory.read_text().replace(str(files.known_hosts), str(own))
        files.inventory.write_text(text)
        ended = run("scan", files, "--add", "--yes")
        again = run("check", files)
        audited = cli("audit", "-i", files.inventory, "--format=json", "--state-dir", tmp_path / "state")
        expected, shown = line_of(fleet, "fw-unknown"), fingerprint_of(fleet.public_key("fw-unknown"))

    assert (ended.code, again.code) == (0, 0)
    assert own.read_text() == expected
    assert (own.stat().st_mode & 0o777, own.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert shown in ended.err
    assert audited.device("fw-unknown")["outcome"] == "audited"


def test_scan_add_never_touches_a_changed_or_revoked_key(tmp_path: Path) -> None:
    """To replace it by itself is what an attacker would wish for."""
    with fleet_of(CHANGED, UNKNOWN, OWN) as fleet:
        files = fleet.write(tmp_path)
        revoke(fleet, files, "fw-revoked")
        before = files.known_hosts.read_text()
        ended = run("scan", files, "--add", "--yes")
        expected = line_of(fleet, "fw-unknown")

    assert ended.code == 3
    assert files.known_hosts.read_text() == before + expected
    assert "fw-changed: changed" in ended.err
    assert "fw-revoked: revoked" in ended.err


@pytest.mark.parametrize(
    ("answer", "is_added", "code"), [("y\n", True, 0), ("n\n", False, 3), ("\n", False, 3)]
)
def test_scan_add_asks_on_a_terminal_after_showing_the_fingerprint(
    answer: str, is_added: bool, code: int, tmp_path: Path
) -> None:
    """The default is no; what is asked stands on stderr, beside the fingerprint."""
    with fleet_of(UNKNOWN) as fleet:
        files = fleet.write(tmp_path)
        shown = fingerprint_of(fleet.public_key("fw-unknown"))
        ours, theirs = pty.openpty()
        argv = ["hostkeys", "scan", "--add", "-i", str(files.inventory), *FAST]
        with forked(PROGRAM, *argv, stdin=theirs) as asking:
            os.close(theirs)
            os.write(ours, answer.encode())
            out, err = asking.communicate(timeout=60)
        os.close(ours)
        expected = line_of(fleet, "fw-unknown")

    assert asking.returncode == code
    assert out == expected
    assert err.index(shown) < err.index("Add 1 key?")
    assert (files.known_hosts.read_text() == expected) == is_added


def test_a_hostile_server_reaches_the_terminal_only_in_printable_form(tmp_path: Path) -> None:
    """Whatever answers on that port may not move a person's cursor."""
    garbage = {"action": "garbage", "on": "connect", "text": "\x1b]0;owned\x07\x9b31m\r\n"}
    with fleet_of({"name": "fw-bad", "faults": [garbage]}) as fleet:
        files = fleet.write(tmp_path)
        both = [run(command, files, "--handshake-timeout=1") for command in ("check", "scan")]

    for ended in both:
        assert ended.code == 4
        assert not set(ended.out + ended.err) & {"\x1b", "\x07", "\x9b", "\r"}


def test_a_stopped_scan_still_has_an_outcome_for_every_device(tmp_path: Path) -> None:
    """Ctrl-C ends it with what is known, as it ends an audit."""
    with fleet_of(SAME) as fleet, socket.create_server(("127.0.0.1", 0)) as silent:
        files = fleet.write(tmp_path)
        port = silent.getsockname()[1]
        text = files.inventory.read_text() + f"  fw-silent:\n    host: 127.0.0.1\n    port: {port}\n"
        files.inventory.write_text(text)
        argv = ["hostkeys", "check", "-i", str(files.inventory), "--format=json", "-w", "2"]
        with forked(PROGRAM, *argv) as checking:
            silent.settimeout(LIMIT_S)
            connection, _ = silent.accept()
            wait_for(lambda: fleet["fw-same"].greeted_count > 0 == fleet["fw-same"].session_count, checking)
            connection.settimeout(LIMIT_S)
            # It is in the middle of a key exchange once it has answered this.
            connection.sendall(b"SSH-2.0-silent\r\n")
            heard = b""
            while b"diffie-hellman" not in heard:
                heard += connection.recv(4096)
            checking.send_signal(signal.SIGINT)
            out, err = checking.communicate(timeout=60)
            connection.close()
    ended = Ended(code=checking.wait(), out=out, err=err)

    assert ended.code == 130
    assert [one["name"] for one in ended.document["devices"]] == ["fw-same", "fw-silent"]
    assert ended.device("fw-same")["outcome"] == "same"
    assert "stopped" in ended.device("fw-silent")["error"]


def test_an_unreadable_known_hosts_file_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    """It is the user's file, not a device's fault."""
    with fleet_of(SAME) as fleet:
        files = fleet.write(tmp_path)
        files.known_hosts.unlink()
        files.known_hosts.mkdir()
        ended = run("check", files)

    assert (ended.code, ended.out) == (2, "")
    assert f"{files.known_hosts}: cannot be read" in ended.err


# The file itself, without a network.

KEY = HostKey(type="ssh-ed25519", blob=b"one key")
OTHER = HostKey(type="ssh-ed25519", blob=b"another key")
ENTRY = Entry(host="FW.example.net", port=22, key=KEY)


def looked_up(path: Path, entry: Entry = ENTRY) -> HostKeys:
    return KnownHosts().lookup(path, entry.host, entry.port)


def test_append_keeps_every_byte_that_stood_there(tmp_path: Path) -> None:
    """A last line without its end must not grow into the new one."""
    path = tmp_path / "known_hosts"
    path.write_bytes(b"# mine \xff\nother.example.net ssh-rsa AAAA")

    append(path, [ENTRY])

    assert path.read_bytes() == b"# mine \xff\nother.example.net ssh-rsa AAAA\n" + ENTRY.line.encode() + b"\n"
    assert standing(looked_up(path), KEY) is Standing.SAME


@pytest.mark.parametrize(("marker", "key"), [("", OTHER), ("@revoked ", KEY)])
def test_append_passes_over_a_host_that_the_file_knows(marker: str, key: HostKey, tmp_path: Path) -> None:
    """Between the scan and the answer another process may have enrolled, or revoked, a key."""
    path = tmp_path / "known_hosts"
    line = f"{marker}fw.example.net ssh-ed25519 {base64.b64encode(key.blob).decode()}\n"
    path.write_text(line)

    append(path, [ENTRY])

    assert path.read_text() == line


def test_a_new_key_is_enrolled_beside_the_old_one_that_was_revoked(tmp_path: Path) -> None:
    """Whoever lost a key has revoked it first, and has made another one then."""
    path = tmp_path / "known_hosts"
    line = f"@revoked fw.example.net ssh-ed25519 {base64.b64encode(OTHER.blob).decode()}\n"
    path.write_text(line)

    append(path, [ENTRY])

    assert path.read_text() == f"{line}{ENTRY.line}\n"


def test_append_follows_a_symbolic_link_and_keeps_the_mode(tmp_path: Path) -> None:
    """Dotfile managers link known_hosts; replacing the link would fork the file."""
    target = tmp_path / "target"
    target.touch()
    # Not by `touch`: a umask of 077 would take a part of it.
    target.chmod(0o640)
    link = tmp_path / "known_hosts"
    link.symlink_to(target)

    append(link, [ENTRY])

    assert link.is_symlink()
    assert target.read_text() == f"{ENTRY.line}\n"
    assert target.stat().st_mode & 0o777 == 0o640


def test_appending_processes_wait_for_each_other(tmp_path: Path) -> None:
    """Two enrolments at once must both be there afterwards, each on a line of its own."""
    path = tmp_path / "known_hosts"
    path.touch()
    code = (
        "import sys; from pathlib import Path; from asa_transport.edges.ssh.hostkeys import Entry; "
        "from asa_transport.edges.ssh.hostkeys_file import append; "
        "from asa_transport.model import HostKey; print('ready', flush=True); sys.stdin.read(); "
        "append(Path(sys.argv[1]), [Entry(host=sys.argv[2], port=22, "
        "key=HostKey(type='ssh-ed25519', blob=b'key'))])"
    )
    argv = [sys.executable, "-c", code, str(path)]
    held = os.open(path, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    writers = [
        subprocess.Popen([*argv, f"fw-{number}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for number in range(3)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert select.select([writer.stdout], [], [], LIMIT_S)[0]
        assert writer.stdin is not None
        writer.stdin.close()

    assert path.read_text() == ""
    os.close(held)
    assert [writer.wait(LIMIT_S) for writer in writers] == [0, 0, 0]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.close()

    assert sorted(line.split()[0] for line in path.read_text().splitlines()) == ["fw-0", "fw-1", "fw-2"]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """And nothing is claimed to be enrolled."""
    (tmp_path / "file").touch()

    with pytest.raises(UserError, match="no key was added"):
        append(tmp_path / "file" / "known_hosts", [ENTRY])


def test_a_key_is_revoked_whatever_else_the_file_says() -> None:
    """`@revoked` after an old line for the same key must win."""
    both = HostKeys(accepted=(KEY,), revoked=(KEY,))

    assert standing(both, KEY) is Standing.REVOKED
    assert standing(HostKeys(accepted=(OTHER,)), KEY) is Standing.CHANGED
    assert standing(HostKeys(accepted=(OTHER, KEY)), KEY) is Standing.SAME
    assert standing(HostKeys(), KEY) is Standing.UNKNOWN


def test_scan_as_json_holds_the_line_of_each_key(tmp_path: Path) -> None:
    """A program that enrols by other means needs the line, not its own guess of the format."""
    with fleet_of(UNKNOWN) as fleet:
        ended = run("scan", fleet.write(tmp_path), "--format=json")
        expected = line_of(fleet, "fw-unknown")

    (device,) = json.loads(ended.out)["devices"]
    assert f"{device['line']}\n" == expected
