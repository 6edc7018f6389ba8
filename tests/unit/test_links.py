"""A socket that a session was put on, and who closes it; without a network."""

from __future__ import annotations

import asyncio
import socket

from asa_transport.edges.ssh.links import TcpLink


class Held(asyncio.Protocol):
    """A session that ends its transport a turn of the loop later, as asyncssh does."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.is_lost = True

    def end(self) -> None:
        assert self.transport is not None
        asyncio.get_running_loop().call_soon(self.transport.abort)


def pair() -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return ours, theirs


def test_a_descriptor_goes_to_no_other_device_while_a_session_still_has_it() -> None:
    """Dialled in the same turn, the next device had its number: an internal error, or a wait in vain."""
    session = Held()

    async def ended(link: TcpLink) -> None:
        session.end()
        link.close()

    async def dialled() -> None:
        mine, his = pair()
        # Said once the session's own end has come.
        asyncio.get_running_loop().call_later(0.01, his.sendall, b"SSH-2.0-Cisco-1.25\r\n")
        async with asyncio.timeout(5):
            await TcpLink(mine).spoken()
        mine.close()
        his.close()

    async def main() -> None:
        ours, theirs = pair()
        link = TcpLink(ours)
        await link.carry(session)
        await asyncio.gather(ended(link), *(dialled() for _ in range(4)))
        assert theirs.recv(1) == b""
        theirs.close()

    asyncio.run(main())

    assert session.is_lost


def test_a_link_that_is_closed_tells_its_session_and_gives_its_descriptor_back() -> None:
    """Also where the session does nothing about its end, and where it is closed twice."""
    session = Held()

    async def main() -> socket.socket:
        ours, theirs = pair()
        link = TcpLink(ours)
        await link.carry(session)
        link.close()
        link.close()
        theirs.close()
        return ours

    assert asyncio.run(main()).fileno() == -1
    assert session.is_lost


def test_a_link_without_a_session_is_closed_at_once() -> None:
    """Also where the session could not be put on it."""

    async def main() -> tuple[socket.socket, socket.socket]:
        bare, far = pair()
        TcpLink(bare).close()
        gone, other = pair()
        link = TcpLink(gone)
        carrying = asyncio.ensure_future(link.carry(Held()))
        await asyncio.sleep(0)
        carrying.cancel()
        await asyncio.wait((carrying,))
        link.close()
        far.close()
        other.close()
        return bare, gone

    assert [sock.fileno() for sock in asyncio.run(main())] == [-1, -1]
