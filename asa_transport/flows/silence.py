"""Approach devices so that one that is silent costs its limits twice, and not as often as there are attempts.

A fault that comes at once (a connection that is refused or reset, a bastion that is full) may pass, and
costs nothing to try again.  Silence costs a whole limit each time, and a firewall that was
silent twice is down, filtered, or out of sessions.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from asa_transport.capabilities import Approach, Deadline, Link
from asa_transport.errors import ConnectError
from asa_transport.model import Device, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentTwice:
    """Implements `capabilities.Approach` with another one; for one run, on one loop.

    Attributes:
        silent_s: A fault that took at least so many seconds to come is silence.
    """

    approach: Approach
    silent_s: float
    _silent: set[str] = field(default_factory=set)

    async def __call__(self, device: Device, deadline: Deadline) -> Link:
        """As the other one; the second silence of a device is a fault that does not pass."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            return await self.approach(device, deadline)
        except ConnectError as error:
            if not error.is_transient or clock() - began < self.silent_s:
                raise
            if device.name not in self._silent:
                self._silent.add(device.name)
                raise
            raise ConnectError(
                device.name, did=error.did, saw=f"{error.saw}, tried twice", hint=error.hint
            ) from error


def silent_twice(approach: Approach, limits: Limits) -> SilentTwice:
    """Return the approach of a run with these limits."""
    return SilentTwice(approach=approach, silent_s=min(limits.tcp_s, limits.handshake_s))
