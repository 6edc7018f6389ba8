"""Bring devices to the point where they speak: TCP and the first byte of SSH, holding no thread.

The first byte is left in the socket.  A name is looked up, and a jump host's `ssh` is
started, in a thread that nobody waits for when the run ends.  Each part has its own
limit, and each is cut at the end of the device's deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import resource
import socket
from collections.abc import Callable
from dataclasses import dataclass
from errno import EINPROGRESS
from typing import Any

from asa_transport.capabilities import Deadline
from asa_transport.edges.ssh.faults import Fault, translated
from asa_transport.edges.ssh.links import TcpLink
from asa_transport.edges.ssh.tcp_faults import unreached
from asa_transport.engine.threads import in_thread
from asa_transport.errors import ConnectError
from asa_transport.model import Device, HostKeys, Limits

_Address = tuple[socket.AddressFamily, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Implements `capabilities.Approach`.

    Attributes:
        jump: Opens the link to a device that has a jump host; called in a thread.
    """

    limits: Limits
    jump: Callable[[Device, float], TcpLink]

    async def __call__(self, device: Device, deadline: Deadline) -> TcpLink:
        """Return a link of which nothing was read, or raise ConnectError."""
        if device.jump is None:
            link = TcpLink(await self._connected(device, deadline))
        else:
            link = await self._jumped(device, deadline)
        try:
            await self._first_byte(device, deadline, link)
        except BaseException:
            link.close()
            raise
        return link

    async def _connected(self, device: Device, deadline: Deadline) -> socket.socket:
        """Try each address in turn, as `socket.create_connection` does; raise the last one's error."""
        limit_s = self.limits.tcp_s
        last: OSError = socket.gaierror(socket.EAI_NONAME, "no address")
        try:
            async with asyncio.timeout(_least(limit_s, deadline)):
                addresses = await _addresses(device)
            for family, address in addresses:
                try:
                    async with asyncio.timeout(_least(limit_s, deadline)):
                        return await _connection(family, address)
                except OSError as error:
                    last = error
        except OSError as error:
            last = error
        is_over = deadline.remaining_s() <= 0
        within = f"the device limit of {self.limits.device_s:g} s" if is_over else f"{limit_s:g} s"
        raise unreached(device, last, within) from last

    async def _jumped(self, device: Device, deadline: Deadline) -> TcpLink:
        def dialled() -> TcpLink | ConnectError:
            try:
                return self.jump(device, _least(self.limits.tcp_s, deadline))
            except ConnectError as error:
                return error

        def closed(result: TcpLink | ConnectError) -> None:
            if isinstance(result, TcpLink):
                result.close()

        found = await in_thread("fleet-jump", dialled, unwanted=closed)
        if isinstance(found, ConnectError):
            raise found
        found.sock.setblocking(False)
        return found

    async def _first_byte(self, device: Device, deadline: Deadline, link: TcpLink) -> None:
        try:
            async with asyncio.timeout(_least(self.limits.handshake_s, deadline)):
                await _ready(asyncio.get_running_loop().add_reader, link.sock)
            if not link.sock.recv(1, socket.MSG_PEEK):
                raise EOFError
        except (OSError, EOFError) as error:
            fault = Fault(
                device=device,
                error=error,
                limits=self.limits,
                deadline=deadline,
                link=link,
            )
            raise translated(fault, HostKeys()) from error


def sockets_for(workers: int, wanted: int) -> int:
    """Return how many devices that do not answer may be dialled beside the workers, at most `wanted`.

    Raises this process's own limit of open files as far as the system lets it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # A link has up to two descriptors; the rest is for files, pipes, and what is dialled ahead.
    beside = 2 * workers + 200
    most = beside + wanted
    if soft != resource.RLIM_INFINITY and soft < most:
        soft = most if hard == resource.RLIM_INFINITY else min(hard, most)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else max(16, min(wanted, soft - beside))


def _least(seconds: float, deadline: Deadline) -> float:
    # Not 0: the deadline may end in this moment, and a limit of nothing is an error of its own.
    return max(0.001, min(seconds, deadline.remaining_s()))


async def _addresses(device: Device) -> list[_Address]:
    """Look a host up; in a thread, unless it is an address."""

    def found() -> list[_Address] | OSError:
        try:
            return [
                (family, address)
                for family, _, _, _, address in socket.getaddrinfo(
                    device.host, device.port, type=socket.SOCK_STREAM
                )
            ]
        except OSError as error:
            return error
        except UnicodeError as error:
            # A label that is empty or too long for the name service.
            return socket.gaierror(socket.EAI_NONAME, str(error))

    try:
        ipaddress.ip_address(device.host)
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
            await _ready(asyncio.get_running_loop().add_writer, sock)
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))
        # Without it, NEWKEYS and the next request wait for a delayed acknowledgement: 80 ms a device.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


async def _ready(watch: Callable[..., object], sock: socket.socket) -> None:
    """Wait until the socket can be read or written, as `watch` (`loop.add_reader` or `add_writer`) has it."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    descriptor = sock.fileno()
    watch(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
        loop.remove_writer(descriptor)
