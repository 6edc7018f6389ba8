"""What is replaced in paramiko's transport behaves as what it replaces."""

from __future__ import annotations

import hmac
import socket
from collections.abc import Iterator

import paramiko.util
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.edges.ssh.transport import Heard, ReadAhead, Transport


@pytest.fixture
def pair() -> Iterator[tuple[ReadAhead, socket.socket]]:
    """A socket as paramiko sees it, and its other end."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ReadAhead(ours, Heard()), theirs


@given(pieces=st.lists(st.binary(max_size=200), max_size=20), most=st.integers(1, 64))
def test_reading_ahead_loses_and_reorders_nothing(pieces: list[bytes], most: int) -> None:
    """A byte out of its place ends the session with a wrong MAC, at best."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ahead = ReadAhead(ours, Heard())
        read = b""
        for piece in pieces:
            theirs.sendall(piece)
            if piece:
                read += ahead.recv(most)
        theirs.shutdown(socket.SHUT_WR)
        while data := ahead.recv(most):
            assert len(data) <= most
            read += data

        assert read == b"".join(pieces)
        assert ahead.recv(most) == b""


def test_a_read_takes_no_more_than_was_asked_for(pair: tuple[ReadAhead, socket.socket]) -> None:
    """paramiko reads the banner line, and must find the packet behind it untouched."""
    ahead, theirs = pair
    theirs.sendall(b"SSH-2.0-Cisco-1.25\r\nrest")

    assert [ahead.recv(20), ahead.recv(2), ahead.recv(2)] == [b"SSH-2.0-Cisco-1.25\r\n", b"re", b"st"]


def test_limits_and_ends_are_those_of_the_socket(pair: tuple[ReadAhead, socket.socket]) -> None:
    """paramiko looks ten times a second whether it should stop; the deadline shuts the socket itself."""
    ahead, theirs = pair
    ahead.settimeout(0.001)

    with pytest.raises(TimeoutError):
        ahead.recv(10)
    theirs.sendall(b"ab")
    assert ahead.recv(1) == b"a"
    ahead.shutdown(socket.SHUT_RDWR)
    assert ahead.recv(1) == b"b"
    assert ahead.recv(1) == b""


def test_a_handshake_ends_at_its_limit_and_not_after_it_is_complete(
    pair: tuple[ReadAhead, socket.socket],
) -> None:
    """A device that stops in the key exchange would otherwise hold its worker for good."""
    packets = Transport(pair[0]).packetizer  # type: ignore[arg-type] # a socket to paramiko

    assert not packets.handshake_timed_out()
    packets.start_handshake(-1)
    assert packets.handshake_timed_out()
    packets.complete_handshake()
    assert not packets.handshake_timed_out()


def test_macs_are_compared_by_the_standard_library() -> None:
    """In C, and in a time that does not depend on where they differ."""
    equal = paramiko.util.constant_time_bytes_eq

    assert equal is hmac.compare_digest
    assert equal(b"\x00" * 32, b"\x00" * 32)
    assert not equal(b"\x00" * 32, b"\x00" * 31 + b"\x01")
    assert not equal(b"\x00" * 32, b"\x00" * 31)
