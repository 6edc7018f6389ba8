"""How ssh's own configuration says that a jump host is reached."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from asa_transport.edges.ssh.jump_config import Hop, jump_routes
from asa_transport.errors import UserError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory of its own, and no agent."""
    (tmp_path / ".ssh").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "kim")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path


def hop(directory: Path, text: str, name: str = "bastion") -> Hop:
    """Return how a configuration says that a jump host is reached."""
    return jump_routes([name], written(directory, text)).by_name[name]


def written(directory: Path, text: str) -> Path:
    path = directory / "ssh_config"
    path.write_text(text)
    return path


TEXT = """\
Host bastion
  HostName bastion.example.net
  Port 2222
  User jumper
  IdentityFile ~/.ssh/id_%r
  UserKnownHostsFile %d/known one
  HostKeyAlias the-bastion
Host *.example.net bastion
  Port 99
  IdentityFile /keys/common
  CertificateFile ~/.ssh/cert
  IdentitiesOnly yes
  IdentityAgent ~/agent.sock
  GlobalKnownHostsFile /etc/known
"""


def test_a_host_of_the_configuration_is_read_as_ssh_reads_it(home: Path) -> None:
    """The first value wins, files of keys add up, a tilde and tokens are expanded."""
    found = hop(home, TEXT)

    assert (found.name, found.host, found.port, found.user) == (
        "bastion", "bastion.example.net", 2222, "jumper",
    )  # fmt: skip
    assert found.identities == (home / ".ssh/id_jumper", Path("/keys/common"))
    assert found.certificates == (home / ".ssh/cert",)
    assert found.known_hosts == (home / "known", Path("one"), Path("/etc/known"))
    assert (found.known_as, found.is_exclusive, found.agent) == (
        "the-bastion", True, str(home / "agent.sock"),
    )  # fmt: skip
    assert (found.via, found.unread) == (None, ())


@pytest.mark.parametrize("text", [TEXT, "", "Match host bast*\n HostName 192.0.2.9\nHost *\n User pat\n"])
def test_ssh_itself_reads_the_same(text: str, home: Path) -> None:
    """`ssh -G` prints what it would do; nothing is contacted."""
    ssh = shutil.which("ssh")
    assert ssh is not None, "install the Debian package openssh-client"
    path = written(home, text)
    done = subprocess.run([ssh, "-G", "-F", path, "bastion"], capture_output=True, text=True, check=True)
    theirs = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)

    found = hop(home, text)

    assert {name: theirs[name] for name in ("hostname", "port", "user")} == {
        "hostname": found.host, "port": str(found.port), "user": found.user if text else theirs["user"],
    }  # fmt: skip
    assert theirs.get("hostkeyalias") == found.known_as


def test_without_a_configuration_ssh_s_own_defaults_hold(home: Path) -> None:
    """`user@host:port` of an inventory needs no file at all."""
    found = hop(home, "", "[2001:db8::1]:2222")

    assert (found.host, found.port, found.user) == ("2001:db8::1", 2222, "kim")
    assert str(found) == "[2001:db8::1]:2222 (kim@[2001:db8::1]:2222)"
    assert found.identities[0] == home / ".ssh/id_rsa"
    assert found.known_hosts[0] == home / ".ssh/known_hosts"


def test_what_the_inventory_says_of_user_and_port_wins(home: Path) -> None:
    """It is as if they stood on ssh's command line."""
    found = hop(home, TEXT, "pat@bastion:22")

    assert (found.host, found.user, found.port) == ("bastion.example.net", "pat", 22)


@pytest.mark.parametrize(
    ("agent", "environment", "expected"),
    [
        ("", {"SSH_AUTH_SOCK": "/run/agent"}, "/run/agent"),
        ("IdentityAgent SSH_AUTH_SOCK", {"SSH_AUTH_SOCK": "/run/agent"}, "/run/agent"),
        ("IdentityAgent $MINE", {"SSH_AUTH_SOCK": "/run/agent", "MINE": "/run/mine"}, "/run/mine"),
        ("IdentityAgent ${MINE}", {"MINE": "/run/mine"}, "/run/mine"),
        ("IdentityAgent none", {"SSH_AUTH_SOCK": "/run/agent"}, ""),
        ("", {}, ""),
    ],
)
def test_the_agent_is_the_one_that_ssh_would_ask(
    agent: str,
    environment: Mapping[str, str],
    expected: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`none` must not find the one of the environment all the same."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert hop(home, f"Host bastion\n {agent}\n").agent == expected


def test_jump_hosts_before_jump_hosts_are_followed(home: Path) -> None:
    """The last of a ProxyJump is the nearest; only its first one is asked for a ProxyJump of its own."""
    text = (
        "Host bastion\n ProxyJump pat@edge:2022,middle\n"
        "Host edge\n ProxyJump ssh://outer.example.net\n"
        "Host middle\n ProxyJump never\n HostName 192.0.2.5\n"
    )
    found = hop(home, text)

    assert found.via is not None
    assert found.via.via is not None
    assert found.via.via.via is not None
    assert (found.via.name, found.via.host) == ("middle", "192.0.2.5")
    assert (found.via.via.host, found.via.via.port, found.via.via.user) == ("edge", 2022, "pat")
    assert (found.via.via.via.host, found.via.via.via.via) == ("outer.example.net", None)


def test_two_names_of_one_jump_host_are_one_connection(home: Path) -> None:
    """What counts is where it leads."""
    path = written(home, "Host a b\n HostName 192.0.2.1\n User kim\n")
    routes = jump_routes(["a", "b", "kim@192.0.2.1:22"], path)

    assert len(set(routes.by_name.values())) == 1


def test_what_is_not_read_is_named_once_with_its_file_and_line(home: Path) -> None:
    """A jump host that is dialled past its ProxyCommand must not be a riddle."""
    (home / ".ssh/more").write_text("ControlPath ~/%C\n")
    path = written(
        home,
        "Host inner\n ProxyJump bastion\n"
        "Host bastion inner\n ProxyCommand nc %h %p\n StrictHostKeyChecking=accept-new\n Include more\n"
        " Bogus x\n ProxyCommand never\n"
        "Host other\n BindAddress 192.0.2.1\n",
    )
    notes = jump_routes(["bastion", "inner"], path).notes

    assert notes == (
        f"{path}:4: ProxyCommand is not read here; it holds for the jump host bastion, inner",
        f"{path}:5: StrictHostKeyChecking is not read here; it holds for the jump host bastion, inner",
        f"{home}/.ssh/more:1: ControlPath is not read here; it holds for the jump host bastion, inner",
        f"{path}:7: Bogus is not read here; it holds for the jump host bastion, inner",
    )


def test_what_changes_nothing_is_not_named(home: Path) -> None:
    """A note that is there every night is read by nobody."""
    text = (
        "Host *\n SendEnv LANG\n HashKnownHosts yes\n ServerAliveInterval 5\n StrictHostKeyChecking ask\n"
        " GSSAPIAuthentication no\n ProxyCommand none\n PubkeyAuthentication yes\n"
        " PreferredAuthentications publickey,password\n ControlMaster auto\n ForwardAgent no\n"
    )
    assert jump_routes(["bastion"], written(home, text)).notes == ()


def test_where_no_device_has_a_jump_host_nothing_is_read(home: Path) -> None:
    """A mistake in a file that is not needed must not stop a run."""
    assert jump_routes([], written(home, 'Host "\nPort x\n')).by_name == {}


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Host bastion\n Port many\n", "line 2: Invalid Port integer value: many"),
        ("Host bastion\n Port 99999\n", "Port 99999 of the jump host bastion: expected 1 to 65535"),
        ('Host bastion\n User "kim\n', "line 2: No closing quotation"),
        ("Host bastion\n HostName a b\n", "line 2: Extra data at end: b"),
        ("Host bastion\n IdentityFile %x\n", "Invalid token expansion: x"),
        ("Host bastion\n ProxyJump a b\n", "Extra data"),
        ("Host bastion\n ProxyJump -oProxyCommand=x\n", "ProxyJump '-oProxyCommand=x'"),
        ("Host *\n ProxyJump bastion\n", "ProxyJump leads in a circle: bastion -> bastion"),
        ("Host bastion\n ProxyJump b\nHost b\n ProxyJump bastion\n", "circle: bastion -> b -> bastion"),
        ("Host bastion\n RevokedHostKeys /etc/krl\n", "RevokedHostKeys holds for the jump host bastion"),
        ("Match address 192.0.2.0/24\n", "line 1: Invalid match condition address"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_said_before_anything_is_contacted(
    text: str, seen: str, home: Path
) -> None:
    """One sentence with the place, in the place of one failure a device."""
    with pytest.raises(UserError) as caught:
        hop(home, text)

    assert seen in str(caught.value)


def test_bytes_that_are_no_text_are_said(home: Path) -> None:
    """They come from an editor of another century."""
    path = home / "ssh_config"
    path.write_bytes(b"Host bastion\n User \xe9\n")
    with pytest.raises(UserError, match="is not UTF-8 text"):
        jump_routes(["bastion"], path)


def test_the_users_own_file_comes_first_and_nobody_else_may_write_it(home: Path) -> None:
    """As ssh: whoever writes it decides who gets the signatures of a run's keys."""
    own = home / ".ssh/config"
    own.write_text("Host bastion\n HostName 192.0.2.7\n")
    own.chmod(0o600)
    assert jump_routes(["bastion"], None).by_name["bastion"].host == "192.0.2.7"

    own.chmod(0o620)
    with pytest.raises(UserError, match="bad owner or permissions"):
        jump_routes(["bastion"], None)
