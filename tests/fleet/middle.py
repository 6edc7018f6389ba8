"""A wire between a program and a server that a test can cut: refused as by a restart, or gone silent."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

_AT_ONCE = 1 << 16


class Middle:
    """Forwards connections to a server on loopback.

    Attributes:
        port: Where it listens.
        carried: Bytes that went through it, both ways.
    """

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.carried = 0
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._is_cut = False
        self._is_open = threading.Event()
        self._is_open.set()
        threading.Thread(target=self._accept, name="middle", daemon=True).start()

    def cut(self) -> None:
        """Close every connection, and refuse new ones until it is mended: the server is down."""
        with self._lock:
            self._is_cut = True
            ends, self._ends = self._ends, set()
        for end in ends:
            _close(end)

    def silence(self) -> None:
        """Carry nothing more, and close nothing: a cable is out."""
        self._is_open.clear()

    def mend(self) -> None:
        """Carry again."""
        self._is_cut = False
        self._is_open.set()

    def close(self) -> None:
        """End it."""
        self.mend()
        self.cut()
        _close(self._server)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                if self._is_cut:
                    _close(near)
                    continue
                try:
                    far = socket.create_connection(self._to)
                except OSError:
                    _close(near)
                    continue
                with self._lock:
                    self._ends |= {near, far}
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_AT_ONCE):
                self._is_open.wait()
                self.carried += len(data)
                sink.sendall(data)
        for end in (source, sink):
            with self._lock:
                self._ends.discard(end)
            _close(end)


def _close(end: socket.socket) -> None:
    # Who reads it in another thread is woken by the first, not by the second.
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextlib.contextmanager
def middle(port: int) -> Iterator[Middle]:
    """Give a wire to a server of this machine."""
    made = Middle(port)
    try:
        yield made
    finally:
        made.close()
