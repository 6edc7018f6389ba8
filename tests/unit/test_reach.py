"""The stage in front of the workers, against real sockets of loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from asa_transport.capabilities import Deadline
from asa_transport.edges.ssh.jump_config import JumpRoutes
from asa_transport.edges.ssh.jump_hosts import JumpHosts
from asa_transport.edges.ssh.links import TcpLink
from asa_transport.edges.ssh.reach import Reach
from asa_transport.engine.fleet import DeviceDeadline
from asa_transport.errors import ConnectError
from asa_transport.model import Device, Limits

SHORT = Limits(tcp_s=5.0, handshake_s=0.05, device_s=120.0)
BANNER = b"SSH-2.0-Cisco-1.25\r\n"


def at(port: int, host: str = "127.0.0.1") -> Device:
    return Device(name="fw", host=host, port=port, username="u", credential="c", known_hosts=Path("/nowhere"))


def reach_of(limits: Limits) -> Reach:
    """Return what reaches devices that have no jump host."""
    return Reach(limits=limits, jumps=JumpHosts(JumpRoutes(), limits))


def reached(
    limits: Limits,
    device: Callable[[int], Device],
    *,
    says: bytes | None = BANNER,
    deadline: Deadline | None = None,
    meanwhile: Callable[[], Awaitable[None]] | None = None,
) -> TcpLink:
    """Approach a device that says something, closes (`b""`) or keeps silent (`None`)."""
    kept = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        kept.append(writer)
        if says is not None:
            writer.write(says)
            await writer.drain()
        if says == b"":
            writer.close()

    async def main() -> TcpLink:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        if meanwhile is not None:
            await meanwhile()
        link = await reach_of(limits)(device(port), deadline or DeviceDeadline(60.0))
        assert isinstance(link, TcpLink)
        return link

    return asyncio.run(main())


def test_the_first_byte_is_left_for_the_session() -> None:
    """The version exchange is part of what the host key signs."""
    link = reached(replace(SHORT, handshake_s=5.0), at)

    with link.sock:
        assert link.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert link.sock.recv(100) == BANNER


def test_a_name_is_looked_up_and_its_addresses_tried_in_turn() -> None:
    """`localhost` has an IPv6 address on most machines, where this server does not listen."""
    link = reached(replace(SHORT, handshake_s=5.0), lambda port: at(port, "localhost"))

    with link.sock:
        assert link.sock.recv(3) == b"SSH"


@pytest.mark.parametrize(
    ("says", "seen"),
    [
        pytest.param(None, "no answer within 0.05 s", id="silent"),
        pytest.param(b"", "the device closed the connection", id="closes"),
    ],
)
def test_a_device_that_does_not_speak_is_a_fault_of_the_connection(says: bytes | None, seen: str) -> None:
    """It may pass, so it is tried again; and the words are those of the handshake."""
    limits = SHORT if says is None else replace(SHORT, handshake_s=5.0)

    with pytest.raises(ConnectError, match=r"SSH handshake with 127\.0\.0\.1 port") as caught:
        reached(limits, at, says=says)

    assert caught.value.saw == seen
    assert caught.value.is_transient


def test_the_end_of_the_devices_time_is_named() -> None:
    """Otherwise a person would raise the wrong limit."""
    deadline = DeviceDeadline(0.05)

    with pytest.raises(ConnectError) as caught:
        reached(replace(SHORT, handshake_s=60.0, device_s=7.0), at, says=None, deadline=deadline)

    assert "within the device limit of 7 s" in caught.value.saw


@pytest.mark.parametrize(
    ("host", "did", "is_transient"),
    [
        pytest.param("no-such-host.invalid", "looking up no-such-host.invalid", None, id="unknown-name"),
        pytest.param("a" * 64 + ".example", "looking up", False, id="impossible-name"),
        pytest.param("127.0.0.1", "connecting to 127.0.0.1 port 1", True, id="refused"),
    ],
)
def test_who_cannot_be_connected_to_is_said_in_words(host: str, did: str, is_transient: bool | None) -> None:
    """A typing mistake in `host` is corrected there; a refusal may pass."""
    with pytest.raises(ConnectError) as caught:
        reached(SHORT, lambda _: at(1, host))

    assert caught.value.did.startswith(did)
    assert is_transient is None or caught.value.is_transient is is_transient


def test_an_approach_that_is_given_up_leaves_no_socket() -> None:
    """A person stops the run while a thousand connections are being made."""
    closed: list[bool] = []

    async def main() -> None:
        gone = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            del writer
            gone.set()
            closed.append(await reader.read() == b"")

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        limits = replace(SHORT, handshake_s=60.0)
        task = asyncio.create_task(reach_of(limits)(at(port), DeviceDeadline(60.0)))
        await gone.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while not closed:
            await asyncio.sleep(0)

    asyncio.run(main())

    assert closed == [True]
