"""What is asked at a login, and what listens at a port: told from the text alone."""

from __future__ import annotations

import socket
from pathlib import Path

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.asa.questions import Question, question, question_at_end
from asa_transport.edges.ssh.client import Heard
from asa_transport.edges.ssh.faults import Fault, other_service, translated
from asa_transport.edges.ssh.links import TcpLink
from asa_transport.engine.fleet import DeviceDeadline
from asa_transport.errors import DeviceError
from asa_transport.model import Device, HostKeys, Limits, Stage


@pytest.mark.parametrize(
    ("text", "before", "asked"),
    [
        ("Password: ", "", Question.PASSWORD),
        ("PASSWORD:", "", Question.PASSWORD),
        ("netaudit@192.0.2.1's password: ", "", Question.PASSWORD),
        ("Password for netaudit: ", "", Question.PASSWORD),
        (
            "Enter  Password: ",
            "The enable password is not set.  Please set it now.\r\n",
            Question.NEW_PASSWORD,
        ),
        ("Password: ", "Your password has expired.\n", Question.NEW_PASSWORD),
        ("Repeat Password: ", "", Question.NEW_PASSWORD),
        ("Old Password: ", "", Question.NEW_PASSWORD),
        ("Re-enter new password: ", "", Question.NEW_PASSWORD),
        ("Confirm Password: ", "", Question.NEW_PASSWORD),
        ("Enter PASSCODE: ", "", Question.SECOND_FACTOR),
        ("One-time password: ", "", Question.SECOND_FACTOR),
        ("Second Password: ", "", Question.SECOND_FACTOR),
        ("Duo two-factor login, passcode or option: ", "", Question.SECOND_FACTOR),
        ("Username: ", "", Question.USER_NAME),
        ("login: ", "", Question.USER_NAME),
        ("Continue: ", "", Question.OTHER),
    ],
)
def test_a_question_is_what_a_person_would_take_it_for(text: str, before: str, asked: Question) -> None:
    """Only the plain one gets the secret."""
    assert question(text, before=before) is asked


@given(st.text(max_size=60))
def test_nothing_that_speaks_of_a_change_is_taken_for_the_plain_question(text: str) -> None:
    """Whatever stands around it: a new password is not the old one."""
    assert question(f"{text} new password: ") is not Question.PASSWORD


@pytest.mark.parametrize(
    ("raw", "asked"),
    [
        ("enable\r\nPassword: ", Question.PASSWORD),
        (
            "enable\r\nThe enable password is not set.  Please set it now.\r\nEnter  Password: ",
            Question.NEW_PASSWORD,
        ),
        ("Your password is: secret\r\nfw-a> ", None),
        ("This is the password:\r\n", None),
        ("For authorized use only: ", None),
        ("fw-a# ", None),
    ],
)
def test_only_a_line_that_is_still_open_is_a_question(raw: str, asked: Question | None) -> None:
    """A banner may speak of passwords as long as it likes."""
    found = question_at_end(raw)

    assert (None if found is None else found[0]) is asked


@pytest.mark.parametrize(
    ("first", "seen"),
    [
        (b"", None),
        (b"SSH-2.0-Cisco-1.25\r\n", None),
        (b"Welcome\r\nSSH-2.0-OpenSSH_9.2\r\n", None),
        (b"\xff\xfb\x01\xff\xfb\x03\xff\xfd\x18", "a telnet server answers there"),
        (b"\r\nUser Access Verification\r\n\r\nPassword: ", "a telnet server answers there: it says"),
        (b"HTTP/1.1 400 Bad Request\r\n", "no SSH server: it says 'HTTP/1.1 400 Bad Request'"),
        (b"\x15\x03\x01\x00\x02\x02\x16", "no SSH server"),
    ],
)
def test_what_is_no_ssh_server_is_told_from_its_first_bytes(first: bytes, seen: str | None) -> None:
    """RFC 4253 lets a server say other lines first, so that those alone prove nothing."""
    found = other_service(first)

    assert found is None if seen is None else found is not None and seen in found.saw


@given(st.binary(max_size=200))
def test_no_first_bytes_reach_a_message_raw(first: bytes) -> None:
    """They come from whoever listens there."""
    found = other_service(first)

    assert found is None or found.saw.isprintable()


KEX, HOST_KEYS, CIPHERS, MACS = "curve25519-sha256", "ssh-rsa", "aes128-ctr", "hmac-sha1"


@pytest.mark.parametrize(
    ("offered", "seen", "cure"),
    [
        (
            ("a-kex", HOST_KEYS, CIPHERS, MACS),
            "none of the key exchanges of this program; it offers a-kex",
            "`ssh key-exchange group",
        ),
        ((KEX, "a-key", CIPHERS, MACS), "none of the host key", "`crypto key generate ecdsa"),
        ((KEX, HOST_KEYS, "a-cipher", MACS), "none of the ciphers", "`ssh cipher encryption"),
        ((KEX, HOST_KEYS, CIPHERS, "a-mac"), "none of the integrity", "`ssh cipher integrity"),
        ((KEX, HOST_KEYS, "aes128-gcm@openssh.com", "a-mac"), "compression", "`show ssh ciphers`"),
        ((), "compression", "`show ssh ciphers`"),
    ],
)
def test_each_disagreement_has_its_cure(offered: tuple[str, ...], seen: str, cure: str) -> None:
    """A key-exchange group gives no firewall another host key (AT106)."""
    error = translated_from(
        asyncssh.KeyExchangeFailed("No matching compression algorithm found, sent a and received b"),
        Heard(first=b"SSH-2.0-Cisco-1.25", offered=tuple((name,) for name in offered)),
    )

    assert error.stage is Stage.CONNECT
    assert seen in error.saw
    assert cure in error.hint


def test_a_device_that_speaks_the_first_version_only_is_told() -> None:
    """Nobody has written of the first version for years: a person must be told that there was one."""
    error = translated_from(
        asyncssh.ProtocolNotSupported("x"), Heard(first=b"hello\r\nSSH-1.5-Cisco-1.25\r\n")
    )

    assert "'SSH-1.5-Cisco-1.25'" in error.saw
    assert "`ssh version 2`" in error.hint


def translated_from(raised: Exception, heard: Heard) -> DeviceError:
    device = Device(
        name="fw", host="192.0.2.1", port=22, username="u", credential="c", known_hosts=Path("/nowhere")
    )
    ours, theirs = socket.socketpair()
    with ours, theirs:
        fault = Fault(
            device=device,
            error=raised,
            limits=Limits(),
            deadline=DeviceDeadline(10.0),
            link=TcpLink(ours),
            heard=heard,
        )
        return translated(fault, HostKeys())
