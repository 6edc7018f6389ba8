"""The jump hosts of one run: one connection to each, whoever is behind it, made when it is first needed.

Guarantees: many devices that come at once wait for one connection.  One that was lost is made again
once; where no device has come through by then, or it cannot be made, all devices behind it are
told so at once.  Where `is_patient`, only what would be the same again (a wrong key, a refused
user) ends it: who asks again has it dialled again.

Everything here runs in the loop of the run.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import asyncssh

from asa_transport.capabilities import Deadline
from asa_transport.edges.ssh import tcp
from asa_transport.edges.ssh.client import HeardConnection
from asa_transport.edges.ssh.faults import RAISES
from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.edges.ssh.jump_config import Hop, JumpRoutes
from asa_transport.edges.ssh.jump_faults import (
    JumpFault,
    jump_given_up,
    jump_lost,
    jump_unopened,
    jump_unreached,
    unanswered,
    unforwarded,
)
from asa_transport.edges.ssh.jump_login import (
    CLOSED,
    Attempt,
    UserKeys,
    ended,
    host_keys,
    login,
    login_fault,
    read_user_keys,
)
from asa_transport.edges.ssh.links import Ahead, JumpLine, JumpLink, SshLink, TcpLink, loss_of
from asa_transport.errors import in_words
from asa_transport.model import Device, Limits

# So many channels are opened at once through one jump host: it looks up names one after the other,
# and each that hangs there takes a socket of it.
_MOST_OPENING: Final = 32
# How long a jump host is waited for to take the end of the run.
_CLOSING_S: Final = 2.0


@dataclass(slots=True)
class _Line(JumpLine):
    """One connection to a jump host."""

    connection: HeardConnection | None = None
    opening: set[asyncio.Task[Ahead]] = field(default_factory=set)


class _Lost(Exception):
    """The jump host was lost while a channel was being opened."""


class JumpHosts:
    """The jump hosts of one run; use it in one loop, and close it there."""

    def __init__(self, routes: JumpRoutes, limits: Limits, *, is_patient: bool = False) -> None:
        """Connect to nobody yet.

        Args:
            is_patient: A jump host that is not reached is tried again by whoever asks for it next.
        """
        self._routes = routes
        self._limits = limits
        self._is_patient = is_patient
        self._files = KnownHosts()
        self._gates: dict[Hop, _Gate] = {}

    async def opened(self, device: Device, deadline: Deadline) -> JumpLink:
        """Return a channel to a device that has a jump host; nothing may have come through it yet.

        Raises:
            JumpError: There is no way through the jump host.
            ConnectError: The jump host does not reach the device.
        """
        gate = self._gate(self._routes.hop(device))
        for _ in range(2):
            line = await self._line(gate, device, deadline)
            try:
                return await self._channel(gate, line, device, deadline)
            except _Lost:
                continue
        raise _loss(line, gate.hop).error_of(device.name)

    async def close(self) -> None:
        """End every connection; those that were reached through others first."""
        for gate in sorted(self._gates.values(), key=lambda gate: -gate.depth):
            await gate.close()

    def _gate(self, hop: Hop) -> _Gate:
        gate = self._gates.get(hop)
        if gate is None:
            via = None if hop.via is None else self._gate(hop.via)
            gate = self._gates[hop] = _Gate(hop, via, self._limits, self._files, is_patient=self._is_patient)
        return gate

    async def _line(self, gate: _Gate, device: Device, deadline: Deadline) -> _Line:
        try:
            async with asyncio.timeout(tcp.capped(self._limits.device_s, deadline)):
                found = await gate.line()
        except TimeoutError as error:
            fault = jump_unreached(gate.hop, error, self._limits.device_s)
            raise fault.error_of(device.name) from error
        if isinstance(found, JumpFault):
            raise found.error_of(device.name)
        return found

    async def _channel(self, gate: _Gate, line: _Line, device: Device, deadline: Deadline) -> JumpLink:
        limit_s = self._limits.tcp_s
        try:
            link = await gate.channel(line, device.host, device.port, lambda: tcp.capped(limit_s, deadline))
        except TimeoutError as error:
            raise unanswered(device, limit_s) from error
        except asyncssh.ChannelOpenError as error:
            raise unforwarded(device, error) from error
        return link


class _Gate:
    """One jump host."""

    def __init__(
        self, hop: Hop, via: _Gate | None, limits: Limits, files: KnownHosts, *, is_patient: bool
    ) -> None:
        self.hop = hop
        self.depth: int = 0 if via is None else via.depth + 1
        self._via = via
        self._limits = limits
        self._files = files
        self._is_patient = is_patient
        self._line: _Line | None = None
        self._is_again = False
        self._connecting: asyncio.Task[_Line | JumpFault] | None = None
        self._end: JumpFault | None = None
        self._opening = asyncio.Semaphore(_MOST_OPENING)

    async def line(self) -> _Line | JumpFault:
        """Return the connection, made now if need be, or why there is none."""
        if self._end is not None:
            return self._end
        if self._line is not None and self._line.loss is None:
            return self._line
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connected())
        # Who waits may give up; the others still wait for it.
        return await asyncio.shield(self._connecting)

    async def channel(self, line: _Line, host: str, port: int, limit_s: Callable[[], float]) -> JumpLink:
        """Return a channel to an address.

        Raises:
            _Lost: The jump host was lost meanwhile.
            TimeoutError: It was not opened in time.
            asyncssh.ChannelOpenError: The jump host did not open it.
        """
        async with self._opening:
            if line.loss is not None or line.connection is None:
                raise _Lost
            opening = asyncio.create_task(_ahead(line.connection, host, port))
            line.opening.add(opening)
            opening.add_done_callback(line.opening.discard)
            try:
                async with asyncio.timeout(limit_s()):
                    # Not cancelled: asyncssh would keep the channel, and nobody would close it.
                    ahead = await asyncio.shield(opening)
            except RAISES as error:
                opening.add_done_callback(_abandon)
                # A connection that ends tells its channels first, and us in the next turn.
                await asyncio.sleep(0)
                if line.loss is not None:
                    raise _Lost from error
                if isinstance(error, TimeoutError | asyncssh.ChannelOpenError):
                    raise
                raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "closed at once") from error
            except BaseException:
                opening.add_done_callback(_abandon)
                raise
        return JumpLink(ahead, line)

    async def close(self) -> None:
        """End the connection."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait((self._connecting,))
        if self._line is not None and self._line.connection is not None:
            self._line.connection.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSING_S):
                    await self._line.connection.wait_closed()
            if self._line.opening:
                await asyncio.wait(tuple(self._line.opening), timeout=_CLOSING_S)

    async def _connected(self) -> _Line | JumpFault:
        before, self._line = self._line, None
        try:
            if before is not None and self._is_again and not before.has_carried:
                found: _Line | JumpFault = jump_given_up(_loss(before, self.hop), None)
            else:
                self._is_again = before is not None
                found = await self._made()
                if isinstance(found, JumpFault) and before is not None:
                    found = jump_given_up(_loss(before, self.hop), found)
            if isinstance(found, _Line):
                self._line = found
            elif found.is_lasting or not self._is_patient:
                self._end = found
            return found
        finally:
            self._connecting = None

    async def _made(self) -> _Line | JumpFault:
        hop, limits = self.hop, self._limits
        try:
            known = host_keys(self._files, hop)
        except OSError as error:
            return JumpFault(
                did=f"reading the known_hosts files of the jump host {hop}",
                saw=in_words(error),
                hint="make them readable, or name others (`UserKnownHostsFile`)",
                is_lasting=True,
            )
        keys = UserKeys() if hop.key is not None else await read_user_keys(hop)
        link = await self._link()
        if isinstance(link, JumpFault):
            return link
        line = _Line()
        attempt = Attempt(hop=hop, known=known, keys=keys, limits=limits)

        def lost() -> None:
            # Through whom it was reached may be who was lost.
            how = ended(line.connection, attempt.heard, limits)
            line.loss = loss_of(link) or jump_lost(hop, how)
            line.ended.set()

        try:
            line.connection = await login(attempt, link, lost)
        except RAISES as error:
            link.close()
            return loss_of(link) or login_fault(attempt, error)
        except BaseException:
            link.close()
            raise
        if isinstance(link, JumpLink):
            link.line.has_carried = True
        return line

    async def _link(self) -> SshLink | JumpFault:
        """Return a link to the jump host itself."""
        hop, limit_s = self.hop, self._limits.tcp_s
        if self._via is None:
            try:
                return TcpLink(await tcp.connected(hop.host, hop.port, lambda: limit_s))
            except OSError as error:
                return jump_unreached(hop, error, limit_s)
        loss: JumpFault | None = None
        for _ in range(2):
            line = await self._via.line()
            if isinstance(line, JumpFault):
                return line
            try:
                return await self._via.channel(line, hop.host, hop.port, lambda: limit_s)
            except _Lost:
                loss = _loss(line, self._via.hop)
            except (TimeoutError, asyncssh.ChannelOpenError) as error:
                return jump_unopened(hop, self._via.hop.name, error, limit_s)
        return loss or jump_lost(self._via.hop, CLOSED)


async def _ahead(connection: asyncssh.SSHClientConnection, host: str, port: int) -> Ahead:
    # Where it comes from: as OpenSSH's own `-W` says it.
    ahead = Ahead()
    await connection.create_connection(lambda: ahead, host, port, "127.0.0.1", 65535)
    return ahead


def _abandon(opening: asyncio.Task[Ahead]) -> None:
    """Close a channel that nobody waits for any more."""
    if not opening.cancelled() and opening.exception() is None:
        channel = opening.result().channel
        if channel is not None:
            channel.abort()


def _loss(line: _Line, hop: Hop) -> JumpFault:
    return line.loss or jump_lost(hop, CLOSED)
