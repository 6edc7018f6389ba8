"""paramiko's transport with what costs it most in Python replaced: arithmetic, small reads, timers.

Many sessions share one interpreter, so that each step of one makes the others wait.
Here a packet takes one system call instead of four, its MAC is compared in C, and the
limit of a handshake is a time to look at instead of a thread.

Guarantees: the same bytes in and out, the same errors at the same limits, as paramiko's
own.  Knows nothing of ASA.
"""

from __future__ import annotations

import hmac
import socket
import time
from dataclasses import dataclass
from typing import Any

import paramiko
import paramiko.util
from paramiko.packet import Packetizer

from asa_transport.edges.ssh.key_exchange import ARITHMETIC, engines, order

# More than a device sends between two of our reads; what does not fit waits in the kernel.
_READ_BYTES = 32_768
# Enough to tell an SSH server from whatever else listens there.
_FIRST_BYTES = 200

# paramiko compares byte by byte in Python, so that the time tells nothing: a third of what a
# packet costs.  The standard library does the same in C.
paramiko.util.constant_time_bytes_eq = hmac.compare_digest  # type: ignore[assignment] # takes more types


@dataclass(slots=True)
class Heard:
    """What a peer said on its own account, and what it was given.

    Attributes:
        first: The first bytes that came; ``SSH-`` at an SSH server.
        farewell: The words of its disconnect message; empty where it sent none.
        is_password_sent: Whether the password has left, so that nothing said since may be quoted.
    """

    first: bytes = b""
    farewell: str = ""
    is_password_sent: bool = False


class ReadAhead:
    """A socket that reads all that came at once; everything but `recv` is the socket's own.

    paramiko asks for 16 bytes, then for the rest of a packet, and a socket with a time-out
    costs two system calls each time.
    """

    def __init__(self, sock: socket.socket, heard: Heard) -> None:
        self._sock = sock
        self._ahead = b""
        self._heard = heard

    def recv(self, most: int) -> bytes:
        """Return up to so many bytes; `b""` at the end; TimeoutError as the socket does."""
        data = self._ahead or self._sock.recv(_READ_BYTES)
        if len(self._heard.first) < _FIRST_BYTES:
            self._heard.first += data[: _FIRST_BYTES - len(self._heard.first)]
        self._ahead = data[most:]
        return data[:most]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _Packets(Packetizer):
    """paramiko's packets, whose handshake limit is not a thread (`threading.Timer`) of its own."""

    _until = float("inf")

    def start_handshake(self, timeout: float) -> None:
        """Limit the handshake, which is read in the transport's thread."""
        self._until = time.monotonic() + timeout

    def handshake_timed_out(self) -> bool:
        """Return whether it has taken too long; asked ten times a second while nothing comes."""
        return time.monotonic() > self._until

    def complete_handshake(self) -> None:
        """Lift the limit; called for every packet from the first that is encrypted."""
        self._until = float("inf")


class Transport(paramiko.Transport):
    """paramiko's transport; cheap key exchanges ahead of the others, and it remembers what a peer said."""

    _kex_info = engines(ARITHMETIC)
    _preferred_kex = order(paramiko.Transport._preferred_kex)  # type: ignore[attr-defined] # no stub

    def __init__(self, sock: socket.socket, **options: Any) -> None:
        self.heard = Heard()
        ahead: Any = ReadAhead(sock, self.heard)
        super().__init__(ahead, packetizer_class=_Packets, **options)

    def _parse_disconnect(self, m: paramiko.Message) -> None:
        """Keep the words; paramiko itself only logs them."""
        m.get_int()
        words = m.get_text()
        if not self.heard.is_password_sent:
            self.heard.farewell = words
        m.rewind()
        super()._parse_disconnect(m)  # type: ignore[misc] # no stub
