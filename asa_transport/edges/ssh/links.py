"""An open byte stream to a device: a socket of our own, or a channel through a jump host.

Implements `capabilities.Link`.  A session is put on it once, by `carry`; whatever came before
that waits, and its first bytes can be looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import asyncssh

from asa_transport.edges.ssh.jump_faults import JumpFault
from asa_transport.edges.ssh.tcp import ready
from asa_transport.errors import JumpError

# Enough to tell an SSH server from whatever else listens there.
_FIRST_BYTES: Final = 200
# RFC 4253 lets a server say lines before its version; more than this before a session is put on the
# link is no login any more.
_MOST_AHEAD: Final = 65_536
# Between the end of a channel and that of the connection that carried it.
_SETTLE_S: Final = 0.3


class TcpLink:
    """A connected socket, not blocking; implements `capabilities.Link`."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._first = b""
        self._transport: asyncio.Transport | None = None

    async def spoken(self) -> None:
        """Wait until there is something to read, or the end."""
        await ready(asyncio.get_running_loop().add_reader, self.sock)

    async def carry(self, protocol: asyncio.Protocol) -> None:
        """Put a session on it, at most once; the session closes the socket then."""
        self._first = self._peeked()
        self._transport, _ = await asyncio.get_running_loop().create_connection(
            lambda: protocol, sock=self.sock
        )

    def first_bytes(self) -> bytes:
        """Return what stood in the socket when a session was put on it, or stands there now."""
        return self._first or self._peeked()

    async def settled(self) -> None:
        """Do nothing: there is only the device."""

    def jump_error(self, device: str) -> JumpError | None:
        """Return `None`: there is no jump host."""
        del device
        return None

    def cut(self) -> None:
        """Shut it from outside: wakes whoever waits for it; never raises."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Shut it and give its descriptors back; never raises."""
        self.cut()
        if self._transport is not None:
            # asyncssh ends it a turn of the loop later.  Closed below it now, the descriptor would be that of
            # a device dialled in this turn, whose reader that end would remove.
            self._transport.abort()
            return
        with contextlib.suppress(OSError):
            self.sock.close()

    def _peeked(self) -> bytes:
        try:
            return self.sock.recv(_FIRST_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except (OSError, ValueError):
            return b""


class Ahead(asyncssh.SSHTCPSession[bytes]):
    """The end of a channel through a jump host, until the session of the device takes it over."""

    def __init__(self) -> None:
        self.channel: asyncssh.SSHTCPChannel[bytes] | None = None
        self.first = b""
        self.spoke = asyncio.Event()
        self._ahead: list[tuple[str, tuple[Any, ...]]] = []
        self._size = 0
        self._taker: Any = None

    def connection_made(self, chan: asyncssh.SSHTCPChannel[bytes]) -> None:
        """Keep the channel."""
        self.channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """Keep what comes, or hand it on."""
        if self._taker is None:
            self.first += data[: _FIRST_BYTES - len(self.first)]
            self._size += len(data)
            if self._size > _MOST_AHEAD and self.channel is not None:
                self.channel.pause_reading()
        self._tell("data_received", data, datatype)

    def eof_received(self) -> bool:
        """Hand the end on."""
        self._tell("eof_received")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand the loss on."""
        self._tell("connection_lost", exc)

    def pause_writing(self) -> None:
        """Hand it on."""
        if self._taker is not None:
            self._taker.pause_writing()

    def resume_writing(self) -> None:
        """Hand it on."""
        if self._taker is not None:
            self._taker.resume_writing()

    def given_to(self, taker: Any) -> None:
        """Let another session have all that came and will come."""
        self._taker = taker
        taker.connection_made(self.channel)
        ahead, self._ahead = self._ahead, []
        for name, given in ahead:
            getattr(taker, name)(*given)
        if self.channel is not None and self._size > _MOST_AHEAD:
            self.channel.resume_reading()

    def _tell(self, name: str, *given: Any) -> None:
        self.spoke.set()
        if self._taker is None:
            self._ahead.append((name, given))
        else:
            getattr(self._taker, name)(*given)


@dataclass(slots=True)
class JumpLine:
    """One connection to a jump host, as its channels see it.

    Attributes:
        loss: Why it has ended; `None` while it stands.
        has_carried: Whether somebody behind it has spoken through it.
        ended: Set with the loss.
    """

    loss: JumpFault | None = None
    has_carried: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class JumpLink:
    """A channel through a jump host; implements `capabilities.Link`."""

    def __init__(self, ahead: Ahead, line: JumpLine) -> None:
        """Take an open channel of a connection."""
        self.ahead = ahead
        self.line = line

    async def spoken(self) -> None:
        """Wait until something came, or the end."""
        await self.ahead.spoke.wait()
        self.line.has_carried |= bool(self.ahead.first)

    async def carry(self, protocol: asyncio.Protocol) -> None:
        """Put a session on it, at most once."""
        self.ahead.given_to(protocol)

    def first_bytes(self) -> bytes:
        """Return what the device said first."""
        return self.ahead.first

    async def settled(self) -> None:
        """Wait for the end of the connection: a jump host that ends it in order closes its channels first."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.line.ended.wait(), _SETTLE_S)

    def jump_error(self, device: str) -> JumpError | None:
        """Return what became of the jump host, where it did not stand to the end."""
        return None if self.line.loss is None else self.line.loss.error_of(device)

    def cut(self) -> None:
        """Close the channel; never raises, never waits."""
        if self.ahead.channel is not None:
            self.ahead.channel.abort()

    def close(self) -> None:
        """Close the channel; never raises, never waits."""
        self.cut()


SshLink: TypeAlias = TcpLink | JumpLink


def loss_of(link: SshLink) -> JumpFault | None:
    """Return why the jump host of a link was lost; `None` where it stands, or there is none."""
    return link.line.loss if isinstance(link, JumpLink) else None
