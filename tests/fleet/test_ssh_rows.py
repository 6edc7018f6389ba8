"""Where an SSH library does otherwise than one would guess: what this program does, over real SSH.

Host keys first: one audit and one check of a fleet in which each firewall has a known_hosts file of its
own.  Then what is offered beside the password, and the terminal.
"""

from __future__ import annotations

import base64
import hmac
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from asa_transport.edges.state import kept_answers
from mock_devices import MockDevice, MockFleet
from tests.fleet.jumps import OpenSsh, openssh
from tests.support import QUICK, Ended, audit, cli, fleet_of

# Of nobody: an Ed25519, an ECDSA and an RSA key, as known_hosts has them.
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM+eEnJKsFt5GdSSKrdTgomaP/CLFAh2Rrtrw6GuSVoJ"
ECDSA = (
    "ecdsa-sha2-nistp256 "
    + base64.b64encode(
        b"\0\0\0\x13ecdsa-sha2-nistp256\0\0\0\x08nistp256\0\0\0\x41\x04" + bytes(range(64))
    ).decode()
)
RSA = "ssh-rsa " + base64.b64encode(b"\0\0\0\x07ssh-rsa\0\0\0\x03\1\0\1\0\0\1\1\0" + b"\xa5" * 256).decode()
MINE = "[localhost]:{port} {key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A firewall, and the file that says what its host key is.

    Attributes:
        lines: Of the file; `None` for no file at all.
        standing: What is to be found: `same`, `unknown`, `changed` or `revoked`.
        host: As the inventory spells it.
    """

    lines: tuple[str, ...] | None
    standing: str
    host: str = "localhost"


def same(*lines: str, host: str = "localhost") -> Known:
    return Known(lines=lines, standing="same", host=host)


def changed(*lines: str, host: str = "localhost") -> Known:
    return Known(lines=lines, standing="changed", host=host)


def revoked(line: str) -> Known:
    """A firewall whose key is admitted by one line, and revoked by another."""
    return Known(lines=(MINE, f"@revoked {line}"), standing="revoked")


# The other firewall's line stands for its key: {other} is of the same kind, {ecdsa} and {rsa} are not.
FILES: Mapping[str, Known] = {
    "capitals-in-the-file": same("[LocalHost]:{port} {key}"),
    "capitals-in-the-inventory": same(MINE, host="LOCALHOST"),
    "capitals-in-a-pattern": same("[LOCAL*]:{port} {key}"),
    "capitals-behind-a-hash": same("{hashed} {key}", host="LocalHost"),
    "capitals-in-a-list": same("FW.example.net,[LOCALHOST]:{port} {key}"),
    "no-marker-in-capitals": revoked("LOCALHOST {key}"),
    "a-line-of-one-word": same("oops", MINE),
    "a-marker-alone": same("@revoked", "@cert-authority", MINE),
    "a-key-that-is-none": same("[localhost]:{port} ssh-ed25519 %%%", MINE),
    "a-line-that-is-no-text": same("\udcff\udcfe \udcff", MINE),
    "the-address-disagrees": same(MINE, "[127.0.0.1]:{port} {other}"),
    "the-name-disagrees": changed("[localhost]:{port} {other}", "[127.0.0.1]:{port} {key}"),
    "dialled-by-address": changed(MINE, "[127.0.0.1]:{port} {other}", host="127.0.0.1"),
    "one-line-for-both": same("[127.0.0.1]:{port},[localhost]:{port} {key}"),
    "the-address-alone": Known(lines=("[127.0.0.1]:{port} {key}",), standing="unknown"),
    "another-port": Known(lines=("[localhost]:1 {key}",), standing="unknown"),
    "no-port": Known(lines=("localhost {key}",), standing="unknown"),
    "an-authority-alone": Known(lines=("@cert-authority * {key}",), standing="unknown"),
    "no-file": Known(lines=None, standing="unknown"),
    "an-empty-file": Known(lines=(), standing="unknown"),
    "of-another-type": changed("[localhost]:{port} {ecdsa}"),
    "of-another-type-rsa": changed("[localhost]:{port} {rsa}"),
    "revoked-with-its-port": revoked("[localhost]:{port} {key}"),
    "revoked-with-another-port": revoked("[localhost]:1 {key}"),
    "revoked-without-a-port": revoked("localhost {key}"),
    "revoked-for-everybody": revoked("* {key}"),
    "revoked-by-a-pattern-with-a-port": revoked("[local*]:2222 {key}"),
    "revoked-by-a-list-with-a-port": revoked("fw.example.net,[localhost]:2222,[10.0.0.1]:22 {key}"),
    "revoked-behind-a-hash": revoked("{hashed} {key}"),
    "revoked-where-it-is-not-admitted": Known(lines=("@revoked localhost {key}",), standing="revoked"),
    "revoked-elsewhere": same(MINE, "@revoked fw.example.net {key}", "@revoked [127.0.0.1]:{port} {key}"),
    "revoked-but-not-here": same(MINE, "@revoked *,!localhost,![localhost]:{port} {key}"),
    "another-key-revoked": same(MINE, "@revoked localhost {other}", "@revoked * {rsa}"),
}  # fmt: skip
WORDS = {
    "unknown": "has no key for it",
    "changed": "holds another key",
    "revoked": "marks as revoked",
}


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of(*({"name": f"fw-{name}", "ssh": {"own_key": True}} for name in FILES)) as running:
        yield running


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """What an audit and a check of host keys said."""

    audited: Ended
    checked: Ended


@pytest.fixture(scope="module")
def told(fleet: MockFleet, tmp_path_factory: pytest.TempPathFactory) -> Both:
    directory = tmp_path_factory.mktemp("rows")
    files = fleet.write(directory)
    inventory = yaml.safe_load(files.inventory.read_text())
    for name, known in FILES.items():
        device = fleet[f"fw-{name}"]
        inventory["devices"][device.name] |= {"host": known.host, "known_hosts": f"known-{name}"}
        if known.lines is not None:
            write_known(directory / f"known-{name}", known.lines, device, fleet.public_key(device.name))
    files.inventory.write_text(yaml.safe_dump(inventory))
    state = ("--state-dir", directory / "state")
    audited = cli("audit", "-i", files.inventory, "--format=json", *state, *QUICK)
    return Both(audited=audited, checked=cli("hostkeys", "check", "-i", files.inventory, "--format=json"))


def write_known(path: Path, lines: tuple[str, ...], device: MockDevice, key: str) -> None:
    """Write a known_hosts file: the lines with what they name."""
    salt = b"salt" * 5
    name = f"[localhost]:{device.port}"
    parts = (base64.b64encode(one).decode() for one in (salt, hmac.digest(salt, name.encode(), "sha1")))
    values = {
        "port": device.port,
        "key": key,
        "other": ED25519,
        "ecdsa": ECDSA,
        "rsa": RSA,
        "hashed": "|1|" + "|".join(parts),
    }
    text = "".join(f"{line.format(**values)}\n" for line in lines)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


def test_a_key_is_what_the_file_says_of_the_name_that_is_dialled(fleet: MockFleet, told: Both) -> None:
    """In an audit and in a check alike; and no password goes where the key is not the known one."""
    checked = {name: told.checked.device(f"fw-{name}")["outcome"] for name in FILES}
    audited = {name: told.audited.device(f"fw-{name}") for name in FILES}

    assert checked == {name: known.standing for name, known in FILES.items()}
    for name, known in FILES.items():
        if known.standing == "same":
            assert audited[name]["outcome"] == "audited", audited[name]
            continue
        assert audited[name]["stage"] == "host-key", audited[name]
        assert WORDS[known.standing] in audited[name]["error"]
        assert (fleet[f"fw-{name}"].password_tries, fleet[f"fw-{name}"].typed) == (0, ())


def test_a_key_of_another_type_is_no_failed_key_exchange(told: Both) -> None:
    """The two agree on algorithms all the same, and the key that is shown is named."""
    for name in ("of-another-type", "of-another-type-rsa"):
        found = told.audited.device(f"fw-{name}")

        assert found["error"].startswith("checking the host key of localhost port ")
        assert ": ssh-ed25519 SHA256:" in found["error"]
        assert found["ssh"]["host_key"] == "ssh-ed25519"
        assert "find out why it changed" in found["hint"]


def test_a_line_of_an_authority_is_said_to_count_for_nothing(told: Both) -> None:
    """`ssh` itself would have gone in; that this program does not is no riddle then."""
    found = told.audited.device("fw-an-authority-alone")
    others = [told.audited.device(f"fw-{name}") for name in ("no-port", "no-file")]

    words = "only a '@cert-authority' line matches, and it showed no certificate"
    assert found["error"].endswith(f"has no key for it: {words}")
    assert "asa-transport hostkeys scan --add -l fw-an-authority-alone" in found["hint"]
    assert not any("@cert-authority" in one["error"] for one in others)
    checked = {
        one["name"]: one["cert_authority"] for one in told.checked.document["devices"] if "shown" in one
    }
    assert [name for name, there in checked.items() if there] == ["fw-an-authority-alone"]


# ------------------------------------------------------------------ what is offered beside a password


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[socket.socket]:
    """Listen where an agent would."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "agent"))
        listener.listen()
        listener.setblocking(False)
        yield listener


@pytest.mark.parametrize("method", ["no", "yes"])
def test_no_key_of_the_user_and_no_agent_is_offered_to_a_device(
    method: str, agent: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each key is a try, and a device that counts tries would lock the account before the password comes."""
    home = tmp_path / "home" / ".ssh"
    home.mkdir(parents=True)
    with openssh(f"PasswordAuthentication {method}", "PubkeyAuthentication yes") as server:
        for kind in ("rsa", "ecdsa", "ed25519"):
            # One that would be let in.
            (home / f"id_{kind}").write_bytes(server.identity.read_bytes())
            (home / f"id_{kind}").chmod(0o600)
        (home / "config").write_text(f"Host *\n IdentityFile {home / 'id_ed25519'}\n")
        monkeypatch.setenv("HOME", str(home.parent))
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        ended = audit_of(server, tmp_path)
    log = "".join(server.log)

    assert ended.device("fw-strange")["stage"] == "authenticate"
    assert server.connections == 1
    assert "publickey" not in log
    assert "Accepted" not in log
    assert log.count("Failed password") == (method == "yes")
    with pytest.raises(BlockingIOError):
        agent.accept()


def audit_of(server: OpenSsh, directory: Path) -> Ended:
    """Audit what is no firewall at all."""
    with fleet_of({"name": "fw-strange"}) as fleet:
        files = fleet.write(directory)
        entry = {
            "host": "127.0.0.1",
            "port": server.port,
            "known_hosts": str(server.known),
            "username": server.user,
        }
        inventory = yaml.safe_load(files.inventory.read_text())
        inventory["devices"]["fw-strange"] |= entry
        files.inventory.write_text(yaml.safe_dump(inventory))
        state = ("--state-dir", directory / "state")
        return cli("audit", "-i", files.inventory, "--format=json", *state, *QUICK)


# ------------------------------------------------------------------ the terminal

LONG = "fw-with-a-name-as-long-as-the-asa-takes-them-for-a-hostname-00"


def test_a_terminal_is_asked_for_and_the_echo_is_read_at_any_width_of_the_device(tmp_path: Path) -> None:
    """A firewall goes by its own `terminal width`, whatever is asked for: 80, or as many as it takes."""
    devices = [
        {
            "name": f"fw-{redraw}-{width}",
            "hostname": LONG,
            "terminal": {"redraw": redraw, "width": width},
            "quirks": {"agent": "1.6"},
        }
        for redraw in ("dollar", "backspace", "none")
        for width in (80, 511)
    ]
    with fleet_of(*devices) as fleet:
        ended = audit(fleet, tmp_path)
        asked = {size for name in fleet.names for size in fleet[name].terminal_sizes}
        lengths = {len(f"{LONG}# {line}") for name in fleet.names for line in fleet[name].typed}

    for device in ended.document["devices"]:
        assert device["outcome"] == "audited", device
        assert device["facts"]["hostname"] == LONG
    ((columns, rows),) = asked
    assert columns >= 80
    assert rows > 0
    # There was an echo to redraw at the one width, and none at the other.
    assert 80 < max(lengths) < 511


def test_nothing_of_it_is_left_to_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cron job has no terminal, and a person's may have forty columns."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "dumb")
    with fleet_of({"name": "fw-a"}) as fleet:
        ended = audit(fleet, tmp_path)
        sizes = fleet["fw-a"].terminal_sizes

    assert ended.device("fw-a")["outcome"] == "audited"
    assert [columns for columns, _ in sizes] == [511]


# ------------------------------------------------------------------ the answers


def test_answers_that_are_larger_than_the_librarys_window_are_read_whole(tmp_path: Path) -> None:
    """The library's own reader gives up at 2 MiB of a session, which stands; 0.9 MB is a long answer here."""
    flood = "x" * 1000 + "\r\n"
    asked = ("show version", "show license all", "show failover")
    with fleet_of({"name": "fw-a"}) as fleet:
        for command in asked:
            fleet["fw-a"].add_fault(
                action="garbage", match=f"^{command}$", after_bytes=1_000, text=flood * 900
            )
        ended = audit(fleet, tmp_path)

    (run,) = (tmp_path / "state" / "runs").iterdir()
    assert ended.device("fw-a")["outcome"] == "audited"
    answers = kept_answers.read(run, {"fw-a"})["fw-a"]
    assert [answers[one.replace(" ", "_")].count("x" * 1000) for one in asked] == [900, 900, 900]
