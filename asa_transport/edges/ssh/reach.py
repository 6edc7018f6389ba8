"""Bring devices to the point where they speak: TCP and the first byte of SSH, holding no thread.

The first byte is left for the session.  A device that has a jump host is reached by a channel
through the connection that all devices behind it share (`jump_hosts.py`).  Each part has its own
limit, and each is cut at the end of the device's deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
from dataclasses import dataclass

from asa_transport.capabilities import Deadline
from asa_transport.edges.ssh import tcp
from asa_transport.edges.ssh.faults import Fault, translated
from asa_transport.edges.ssh.jump_hosts import JumpHosts
from asa_transport.edges.ssh.links import SshLink, TcpLink
from asa_transport.edges.ssh.tcp_faults import unreached
from asa_transport.errors import JumpError
from asa_transport.model import Device, HostKeys, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Implements `capabilities.Approach`."""

    limits: Limits
    jumps: JumpHosts

    async def __call__(self, device: Device, deadline: Deadline) -> SshLink:
        """Return a link of which nothing was read, or raise ConnectError."""
        if device.jump is None:
            return await self._spoken(device, deadline, await self._connected(device, deadline))
        link = await self.jumps.opened(device, deadline)
        try:
            return await self._spoken(device, deadline, link)
        except JumpError:
            # The jump host was lost before the device spoke: nothing was sent to it.
            return await self._spoken(device, deadline, await self.jumps.opened(device, deadline))

    async def _connected(self, device: Device, deadline: Deadline) -> TcpLink:
        limit_s = self.limits.tcp_s
        try:
            return TcpLink(
                await tcp.connected(device.host, device.port, lambda: tcp.capped(limit_s, deadline))
            )
        except OSError as error:
            is_over = deadline.remaining_s() <= 0
            within = f"the device limit of {self.limits.device_s:g} s" if is_over else f"{limit_s:g} s"
            raise unreached(device, error, within) from error

    async def _spoken(self, device: Device, deadline: Deadline, link: SshLink) -> SshLink:
        """Return the link once its first byte is there; close it otherwise."""
        try:
            try:
                async with asyncio.timeout(tcp.capped(self.limits.handshake_s, deadline)):
                    await link.spoken()
                if not link.first_bytes():
                    raise EOFError
            except (OSError, EOFError) as error:
                await link.settled()
                fault = Fault(device=device, error=error, limits=self.limits, deadline=deadline, link=link)
                raise translated(fault, HostKeys()) from error
        except BaseException:
            link.close()
            raise
        return link


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
