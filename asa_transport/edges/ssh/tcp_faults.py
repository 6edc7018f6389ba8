"""Say what went wrong while looking up and connecting to a device, from what the system raised.

Touches nothing; the words are those that a network engineer uses.
"""

from __future__ import annotations

import errno
import socket

from asa_transport.errors import ConnectError
from asa_transport.model import Device

_WHY = {
    errno.ECONNREFUSED: ("connection refused", "is SSH enabled there, and is the port right?"),
    errno.EHOSTUNREACH: ("no route to host", "check routing and the firewalls on the way"),
    errno.ENETUNREACH: ("network unreachable", "check routing from this machine"),
    errno.ECONNRESET: ("connection reset", "a firewall on the way, or the device's `ssh` access list"),
}


def unreached(device: Device, error: OSError, within: str) -> ConnectError:
    """Return the error of a device to which no TCP connection was made.

    Args:
        within: What a TimeoutError ran out of, e.g. ``10 s``.
    """
    did = f"connecting to {device.host} port {device.port}"
    if isinstance(error, TimeoutError):
        return ConnectError(
            device.name,
            did=did,
            saw=f"no answer within {within}",
            hint="is the device up, and may this machine reach it (routing, access lists)?",
            is_transient=True,
        )
    if isinstance(error, socket.gaierror):
        return ConnectError(
            device.name,
            did=f"looking up {device.host}",
            saw=f"no address ({error.strerror})",
            hint="correct `host` in the inventory, or the name service",
            is_transient=error.errno == socket.EAI_AGAIN,
        )
    saw, hint = _WHY.get(error.errno or 0, (error.strerror or str(error), "check the network on the way"))
    return ConnectError(device.name, did=did, saw=saw, hint=hint, is_transient=True)
