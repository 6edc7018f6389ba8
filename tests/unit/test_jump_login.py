"""Which keys of a jump host are known, and which keys of ours are offered to it."""

from __future__ import annotations

import base64
from pathlib import Path

import asyncssh
import pytest

from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.edges.ssh.jump_config import Hop
from asa_transport.edges.ssh.jump_login import host_keys, user_keys
from asa_transport.model import HostKey

HOST = HostKey(type="ssh-ed25519", blob=b"host")
OTHER = HostKey(type="ssh-ed25519", blob=b"other")


def hop(*, port: int = 22, known_as: str | None = None, known_hosts: tuple[Path, ...] = ()) -> Hop:
    return Hop(
        name="bastion",
        host="bastion.example.net",
        port=port,
        user="kim",
        known_as=known_as,
        known_hosts=known_hosts,
        identities=(),
        certificates=(),
        agent="",
        is_exclusive=False,
    )


def line(names: str, key: HostKey, marker: str = "") -> str:
    return f"{marker} {names} {key.type} {base64.b64encode(key.blob).decode()}\n".lstrip()


@pytest.mark.parametrize(
    ("text", "port", "known_as", "accepted"),
    [
        pytest.param(line("bastion.example.net", HOST), 22, None, (HOST,), id="by-name"),
        pytest.param(line("[bastion.example.net]:2222", HOST), 2222, None, (HOST,), id="by-name-and-port"),
        pytest.param(line("bastion.example.net", HOST), 2222, None, (HOST,), id="by-name-without-its-port"),
        pytest.param(
            line("[bastion.example.net]:2222", HOST) + line("bastion.example.net", OTHER),
            2222,
            None,
            (HOST,),
            id="the-port-s-own-key-alone",
        ),
        pytest.param(line("[bastion.example.net]:2222", HOST), 22, None, (), id="not-by-another-port"),
        pytest.param(
            line("other", HOST) + line("bastion.example.net", OTHER), 22, "other", (HOST,), id="alias"
        ),
        pytest.param(line("other", HOST), 2222, "other", (HOST,), id="an-alias-has-no-port"),
        pytest.param(line("bastion.example.net", HOST), 22, "other", (), id="an-alias-alone"),
        pytest.param(line("bastion.example.net", HOST, "@cert-authority"), 22, None, (), id="no-authority"),
        pytest.param(
            line("bastion.example.net", HOST) + line("*", HOST, "@revoked"), 22, None, (), id="revoked"
        ),
        pytest.param(
            line("bastion.example.net", HOST) + line("[bastion.example.net]:2222", HOST, "@revoked"),
            22,
            None,
            (),
            id="revoked-with-another-port",
        ),
        pytest.param(
            line("bastion.example.net", HOST) + line("[bastion.example.net]:2222", HOST, "@revoked"),
            2222,
            None,
            (),
            id="revoked-with-its-port",
        ),
        pytest.param(
            line("alias", HOST) + line("[bastion.example.net]:2222", HOST, "@revoked"),
            22,
            "alias",
            (),
            id="revoked-by-its-name-and-another-port",
        ),
        pytest.param(line("Bastion.EXAMPLE.net", HOST), 22, None, (HOST,), id="capitals"),
    ],
)
def test_the_key_of_a_jump_host_is_looked_up_as_ssh_looks_it_up(
    text: str, port: int, known_as: str | None, accepted: tuple[HostKey, ...], tmp_path: Path
) -> None:
    """A key that is accepted under a name that was not meant is somebody else's."""
    (tmp_path / "known").write_text(text)

    found = host_keys(
        KnownHosts(), hop(port=port, known_as=known_as, known_hosts=(tmp_path / "none", tmp_path / "known"))
    )

    assert found.accepted == accepted


@pytest.mark.parametrize("known_as", [None, "alias"])
def test_what_one_file_revokes_is_revoked_in_all(known_as: str | None, tmp_path: Path) -> None:
    """The system's file is where an administrator revokes what users have accepted."""
    (tmp_path / "own").write_text(line("bastion.example.net,alias", HOST))
    (tmp_path / "system").write_text(line("bastion.example.net", HOST, "@revoked"))

    found = host_keys(
        KnownHosts(), hop(known_as=known_as, known_hosts=(tmp_path / "own", tmp_path / "system"))
    )

    assert (found.accepted, found.revoked) == ((), (HOST,))


def test_keys_that_cannot_be_offered_are_named_with_the_reason(tmp_path: Path) -> None:
    """`it does not let you in` alone sends nobody to the passphrase."""
    good, locked, public = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))
    good.write_private_key(tmp_path / "good")
    locked.write_private_key(tmp_path / "locked", passphrase="secret")
    public.write_public_key(tmp_path / "public.pub")
    (tmp_path / "broken").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nno\n")
    one = hop()
    wanted = tuple(tmp_path / name for name in ("good", "locked", "public", "broken", "absent"))

    found = user_keys(
        Hop(
            **{name: getattr(one, name) for name in Hop.__dataclass_fields__ if name != "identities"},
            identities=wanted,
        )
    )

    assert [pair.public_data for pair in found.pairs] == [good.public_data]
    # Of a locked one the public half can be read: an agent may hold it.
    assert found.public == (good.public_data, locked.public_data, public.public_data)
    assert [words.split(maxsplit=1)[0].rstrip(":") for words in found.unusable] == [
        str(tmp_path / "locked"),
        str(tmp_path / "broken"),
    ]
    assert "has a passphrase: an agent must hold it" in found.unusable[0]
