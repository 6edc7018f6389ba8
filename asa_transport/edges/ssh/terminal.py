"""The terminal of a device over an asyncssh channel, read by plain code that waits through the loop.

Bounded: a device that sends faster than it is read is made to wait, by SSH's own window.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import asyncssh
from asyncssh.packet import String, UInt32

from asa_transport.engine import bridge

# More unread bytes than this, and the device waits until they are taken.
_MOST_UNREAD: Final = 1_000_000
# A device redraws the echo of a line that is longer than its terminal; netmiko asks for as many.
_TERMINAL: Final = (511, 1000, 0, 0)
# RFC 4254 §8: no modes but their end.
_NO_MODES: Final = bytes([0])


class Terminal(asyncssh.SSHClientSession[bytes]):
    """What the device sent and nobody has read yet; implements `reader.Stream`."""

    def __init__(self) -> None:
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self._is_paused = False
        self._timeout: float | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.is_over = False

    # Called by asyncssh.

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """Keep the channel, and ask for a terminal without waiting for a yes, as OpenSSH's client does.

        asyncssh would wait for it before it asks for a shell: a round trip more.
        """
        self._channel = chan
        chan._send_request(b"pty-req", String("vt100"), *map(UInt32, _TERMINAL), String(_NO_MODES))

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """Keep what came, on whichever of the two streams."""
        del datatype
        self._pieces.append(data)
        self._size += len(data)
        if self._size > _MOST_UNREAD and not self._is_paused and self._channel is not None:
            self._is_paused = True
            self._channel.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """Note the end; nothing more is to be said either."""
        self.is_over = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end."""
        del exc
        self.is_over = True
        self._wake()

    # Called by whoever reads.

    def settimeout(self, timeout: float | None) -> None:
        """Limit each `recv` from now on, seconds; `None` for no limit."""
        self._timeout = timeout

    def recv(self, nbytes: int) -> bytes:
        """Return all that has come, waiting for the first of it; `b""` at the end.

        Raises:
            TimeoutError: Nothing came within the limit.
        """
        del nbytes
        if not self._pieces and not self.is_over and not self._has_come(self._timeout):
            raise TimeoutError
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        if self._is_paused and self._channel is not None:
            self._is_paused = False
            self._channel.resume_reading()
        return data

    def recv_ready(self, within_s: float = 0.0) -> bool:
        """Return whether `recv` has something to return, the end included, after waiting so long for it."""
        return bool(self._pieces) or self.is_over or self._has_come(within_s)

    def sendall(self, data: bytes) -> None:
        """Send all of it; raise OSError where the session is closed."""
        if self._channel is None or self.is_over or self._channel.is_closing():
            raise OSError("the session is closed")
        self._channel.write(data)

    def close(self) -> None:
        """Close the channel; never raises, never waits."""
        self.is_over = True
        if self._channel is not None:
            with contextlib.suppress(asyncssh.Error, OSError):
                self._channel.close()

    def _has_come(self, within_s: float | None) -> bool:
        """Wait for the next bytes, or the end; return whether either came in time."""
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        timer = None if within_s is None else loop.call_later(within_s, bridge.settle, waiter)
        try:
            bridge.wait_for(waiter)
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()
        return bool(self._pieces) or self.is_over

    def _wake(self) -> None:
        if self._waiter is not None:
            bridge.settle(self._waiter)
