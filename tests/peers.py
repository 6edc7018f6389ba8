"""Servers on loopback that take a connection and never come to an end: silent, or a byte at a time."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

HOST = "127.0.0.1"
# Far below any limit of a step, which such a server so never passes.
_BETWEEN_BYTES_S = 0.01


@dataclass(slots=True, kw_only=True)
class EndlessPeer:
    """One that runs; `taken` is set once somebody has connected."""

    port: int
    taken: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def endless(*, greeting: bytes = b"", drip: bytes = b"") -> Iterator[EndlessPeer]:
    """Give a server that sends the greeting at once and then the drip, byte by byte, for ever.

    Args:
        drip: Repeated; nothing for a server that is silent from there on.
    """
    listener = socket.create_server((HOST, 0))
    peer, is_over = EndlessPeer(port=listener.getsockname()[1]), threading.Event()
    taken: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(greeting)
            for byte in itertools.cycle(drip):
                if is_over.wait(_BETWEEN_BYTES_S):
                    return
                connection.sendall(bytes([byte]))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                taken.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()
                peer.taken.set()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield peer
    finally:
        is_over.set()
        # Not `close` alone, which leaves who accepts where it is.
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join()
        for one in (listener, *taken):
            one.close()


@contextlib.contextmanager
def relayed(port: int) -> Iterator[tuple[int, threading.Event]]:
    """Give the port of what stands before a server on loopback, and what makes it keep all back."""
    listener, is_frozen = socket.create_server((HOST, 0)), threading.Event()
    open_: list[socket.socket] = []

    def hand_on(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not is_frozen.is_set():
                    target.sendall(data)
        # The end is handed on too: whoever hangs up is gone for the other side.
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection((HOST, port))
                open_.extend((near, far))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=hand_on, args=pair, daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield listener.getsockname()[1], is_frozen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join()
        listener.close()
        for one in open_:
            one.close()
