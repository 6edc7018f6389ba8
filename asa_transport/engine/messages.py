"""Send and receive messages between this program's own processes, with open descriptors beside them.

A message is bytes with their length before them, on a pair of connected UNIX sockets.
Touches nothing else: no name in the file system, no port.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Sequence

LENGTH = struct.Struct("!I")
# A link, and what the `ssh` of its jump host says.
_MOST_DESCRIPTORS = 2


def send(sock: socket.socket, data: bytes, descriptors: Sequence[int] = ()) -> None:
    """Send one message; raise OSError where the other side is gone or does not read."""
    # The descriptors travel with the length: who has read that has them.
    if descriptors:
        sent = socket.send_fds(sock, [LENGTH.pack(len(data))], list(descriptors))
        if sent != LENGTH.size:
            raise OSError("half a message was sent")
        sock.sendall(data)
    else:
        sock.sendall(LENGTH.pack(len(data)) + data)


def receive(sock: socket.socket) -> tuple[bytes, tuple[int, ...]] | None:
    """Return the next message and its descriptors, which the caller closes; `None` at the end."""
    descriptors: list[int] = []
    try:
        head = b""
        while len(head) < LENGTH.size:
            more, found, _, _ = socket.recv_fds(sock, LENGTH.size - len(head), _MOST_DESCRIPTORS)
            descriptors += found
            if not more:
                break
            head += more
        body = bytearray()
        length = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else -1
        while len(body) < length:
            more = sock.recv(length - len(body))
            if not more:
                break
            body += more
    except OSError:
        length, body = -1, bytearray()
    if len(body) == length:
        return bytes(body), tuple(descriptors)
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    return None
