"""Keys that log in: read once, with their passphrase and certificate, and never shown."""

from __future__ import annotations

import os
import socket
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncssh
import pytest

from asa_transport.edges.secrets.credentials import resolve
from asa_transport.engine.wait_limit import WaitBudget
from asa_transport.errors import CredentialError
from asa_transport.model import (
    AgentKeySpec,
    CredentialSpec,
    EnvSource,
    FileSource,
    KeyCertificate,
    KeySpec,
    LoginKey,
    PrivateKey,
    PrivateKeySpec,
    SystemdSource,
)
from tests.fleet.keys import UserKey, agent, certified, user_key

PASSPHRASE = "Hunter2SENTINEL"


def obtained(spec: KeySpec, budget: WaitBudget | None = None) -> LoginKey:
    key = resolve([CredentialSpec(name="lab", key=spec)], {"lab"}, ask=None, budget=budget)["lab"].key
    assert key is not None
    return key


def refusal(spec: KeySpec, budget: WaitBudget | None = None) -> str:
    """Return the one line of the error, after looking for secrets everywhere in it."""
    with pytest.raises(CredentialError) as caught:
        obtained(spec, budget)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__)
    assert PASSPHRASE not in shown
    assert "PRIVATE KEY" not in shown
    (line,) = str(caught.value).splitlines()
    return line.removeprefix("credential lab: key: ")


def of_file(key: UserKey, passphrase: str | None = None, **more: KeyCertificate) -> PrivateKeySpec:
    source = None if passphrase is None else EnvSource(name=passphrase)
    return PrivateKeySpec(source=FileSource(path=key.path), passphrase=source, **more)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIGHT", PASSPHRASE)
    monkeypatch.setenv("WRONG", "Not2SENTINEL")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


def test_a_passphrase_opens_a_key_whatever_its_source(tmp_path: Path) -> None:
    """It is opened once a run: that takes longer than a login."""
    key = user_key(tmp_path, passphrase=PASSPHRASE)

    found = obtained(of_file(key, "RIGHT"))

    assert found.fingerprint == key.fingerprint
    assert PASSPHRASE not in repr(found)
    assert "PRIVATE" not in repr(found)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (None, "it has a passphrase; name its source, e.g. passphrase: {prompt: true}, or use an agent"),
        ("WRONG", "the passphrase is not this key's; correct what its source gives"),
    ],
)
@pytest.mark.parametrize("form", ["openssh", "pkcs8-pem"])
def test_a_key_that_is_not_opened_says_why(form: str, source: str | None, said: str, tmp_path: Path) -> None:
    """The two are mended in different places."""
    key = user_key(tmp_path, kind="ecdsa")
    private = asyncssh.read_private_key(key.path)
    key.path.write_bytes(private.export_private_key(form, passphrase=PASSPHRASE))

    assert refusal(of_file(key, source)) == f"file {key.path}: {said}"


def test_a_passphrase_that_cannot_be_had_is_named_as_one(tmp_path: Path) -> None:
    """And the key is not tried without."""
    key = user_key(tmp_path, passphrase=PASSPHRASE)

    assert refusal(of_file(key, "NOT_SET")).startswith("passphrase: env NOT_SET: the variable is not set")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"ssh-ed25519 AAAA night", "it is a public key; name the private one"),
        (b"PuTTY-User-Key-File-3: ssh-ed25519", "it is PuTTY's format; convert it"),
        (b"Hunter2SENTINEL", "it is no private key"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nHunter2SENTINEL\n", "it is no private key that can be read"),
        (b"x" * 70_000, "it is longer than 65536 bytes; is this the right file?"),
    ],
)
def test_what_is_no_private_key_is_named_by_what_it_is(content: bytes, said: str, tmp_path: Path) -> None:
    """The public half is beside it, and PuTTY is what many firewall people have."""
    path = tmp_path / "id"
    path.write_bytes(content)
    path.chmod(0o600)

    assert said in refusal(PrivateKeySpec(source=FileSource(path=path)))


def test_a_key_of_systemd_is_guarded_by_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a unit's directory the files are mode 0440."""
    key = user_key(tmp_path)
    key.path.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert obtained(PrivateKeySpec(source=SystemdSource(name="id"))).fingerprint == key.fingerprint


# --------------------------------------------------------------------------- certificates


def moment(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y%m%d}"


def test_a_certificate_beside_the_key_is_taken_and_none_is_not(tmp_path: Path) -> None:
    """As ssh does; and a firewall that takes plain keys alone needs the other."""
    key, authority = user_key(tmp_path), user_key(tmp_path, "ca")
    certificate = certified(key, authority)

    assert obtained(of_file(key)).certificate == certificate.read_bytes()
    assert obtained(of_file(key, certificate=KeyCertificate(is_wanted=False))).certificate is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-h",), "is a host's, not a user's"),
        (("-V", f"{moment(-9)}:{moment(-3)}"), "was valid until"),
        (("-V", f"{moment(3)}:{moment(9)}"), "is not valid before"),
    ],
)
def test_a_certificate_that_does_not_count_today_is_refused_before_anybody_is_contacted(
    options: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    """Ten thousand firewalls would each say no more than that the login failed."""
    key, authority = user_key(tmp_path), user_key(tmp_path, "ca")
    certified(key, authority, *options)

    text = refusal(of_file(key))
    assert said in text
    assert "`certificate: none`" in text


def test_a_certificate_of_another_key_is_refused(tmp_path: Path) -> None:
    """A key was made anew, and its certificate was not."""
    key, other, authority = user_key(tmp_path), user_key(tmp_path, "other"), user_key(tmp_path, "ca")
    path = certified(other, authority)

    assert "is another key's" in refusal(of_file(key, certificate=KeyCertificate(path=path)))


# --------------------------------------------------------------------------- the agent


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[UserKey]:
    """A key that a running agent holds, beside another."""
    key, other = user_key(tmp_path), user_key(tmp_path, "other")
    with agent(tmp_path, other, key) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        yield key


def test_the_agent_is_asked_for_the_key_that_is_named(held: UserKey) -> None:
    """By its public half, by the private one that has it beside it, or by its fingerprint."""
    specs = [
        AgentKeySpec(public=held.path),
        AgentKeySpec(public=held.path.with_name("id.pub")),
        AgentKeySpec(fingerprint=held.fingerprint),
    ]

    found = [obtained(spec) for spec in specs]

    assert {one.fingerprint for one in found} == {held.fingerprint}
    assert not any(isinstance(one, PrivateKey) for one in found)


def test_a_key_that_the_agent_does_not_hold_is_named(held: UserKey) -> None:
    """It is empty after each reboot."""
    wanted = "SHA256:" + "a" * 43

    assert refusal(AgentKeySpec(fingerprint=wanted)) == (
        f"agent {wanted}: the agent does not hold this key (it has 2 other keys); add it with ssh-add"
    )
    assert held.fingerprint not in wanted


def test_no_agent_is_said_clearly() -> None:
    """cron has none."""
    assert "SSH_AUTH_SOCK is not set: there is no agent here" in refusal(AgentKeySpec(fingerprint="SHA256:x"))


def test_an_agent_that_is_gone_and_one_that_hangs_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is one for the whole answer, however it drips."""
    spec, path = AgentKeySpec(fingerprint="SHA256:x"), tmp_path / "agent"
    monkeypatch.setenv("SSH_AUTH_SOCK", os.fspath(path))

    assert "does not answer: No such file or directory" in refusal(spec)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(os.fspath(path))
        silent.listen()
        budget = WaitBudget(each_s=0.1, whole_s=9)
        assert "the agent did not answer within 0.1 s" in refusal(spec, budget)
