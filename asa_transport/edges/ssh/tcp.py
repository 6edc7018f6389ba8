"""Connect by TCP without holding a thread: look a host up, try its addresses in turn."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from collections.abc import Callable
from errno import EINPROGRESS
from typing import Any

from asa_transport.capabilities import Deadline
from asa_transport.engine.threads import in_thread

_Address = tuple[socket.AddressFamily, Any]


def capped(seconds: float, deadline: Deadline) -> float:
    """Return the seconds, but no more than the deadline has left."""
    # Not 0: the deadline may end in this moment, and a limit of nothing is an error of its own.
    return max(0.001, min(seconds, deadline.remaining_s()))


async def connected(host: str, port: int, limit_s: Callable[[], float]) -> socket.socket:
    """Return a connected socket, not blocking; each address is tried in turn, until one answers.

    Args:
        limit_s: Seconds for the lookup, and for each address; asked before each.

    Raises:
        OSError: The last address's error, gaierror where there is no address, TimeoutError.
    """
    last: OSError = socket.gaierror(socket.EAI_NONAME, "no address")
    async with asyncio.timeout(limit_s()):
        addresses = await _addresses(host, port)
    for family, address in addresses:
        try:
            async with asyncio.timeout(limit_s()):
                return await _connection(family, address)
        except OSError as error:
            last = error
    raise last


async def ready(watch: Callable[..., object], sock: socket.socket) -> None:
    """Wait until the socket can be read or written, as `watch` (`loop.add_reader` or `add_writer`) has it."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    descriptor = sock.fileno()
    watch(descriptor, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(descriptor)
        loop.remove_writer(descriptor)


async def _addresses(host: str, port: int) -> list[_Address]:
    """Look a host up; in a thread, unless it is an address."""

    def found() -> list[_Address] | OSError:
        try:
            return [
                (family, address)
                for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            ]
        except OSError as error:
            return error
        except UnicodeError as error:
            # A label that is empty or too long for the name service.
            return socket.gaierror(socket.EAI_NONAME, str(error))

    try:
        ipaddress.ip_address(host)
        result = found()
    except ValueError:
        result = await in_thread("fleet-lookup", found)
    if isinstance(result, OSError):
        raise result
    return result


async def _connection(family: socket.AddressFamily, address: Any) -> socket.socket:
    """Return a connected socket, not blocking; closes it when cancelled."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        error = sock.connect_ex(address)
        if error == EINPROGRESS:
            await ready(asyncio.get_running_loop().add_writer, sock)
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))
        # Without it, NEWKEYS and the next request wait for a delayed acknowledgement: 80 ms a device.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock
