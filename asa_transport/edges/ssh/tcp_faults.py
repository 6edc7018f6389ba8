"""Say what went wrong while looking up and connecting to a device, from what the system raised.

Touches nothing; the words are those that a network engineer uses.
"""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass

from asa_transport.errors import ConnectError
from asa_transport.model import Device

_WHY = {
    errno.ECONNREFUSED: ("connection refused", "is SSH enabled there, and is the port right?"),
    errno.EHOSTUNREACH: ("no route to host", "check routing and the firewalls on the way"),
    errno.ENETUNREACH: ("network unreachable", "check routing from this machine"),
    errno.ECONNRESET: ("connection reset", "a firewall on the way, or the device's `ssh` access list"),
}


def place(device: Device) -> str:
    """Return where a device is, and through whom it is reached."""
    through = "" if device.jump is None else f" through the jump host {device.jump}"
    return f"{device.host} port {device.port}{through}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpFault:
    """Why no TCP connection was made; `is_transient` where another try may succeed."""

    did: str
    saw: str
    hint: str
    is_transient: bool = True


def tcp_fault(host: str, port: int, error: OSError, within: str) -> TcpFault:
    """Say why there is no connection to a host.

    Args:
        within: What a TimeoutError ran out of, e.g. ``10 s``.
    """
    did = f"connecting to {host} port {port}"
    if isinstance(error, TimeoutError):
        return TcpFault(
            did=did,
            saw=f"no answer within {within}",
            hint="is the device up, and may this machine reach it (routing, access lists)?",
        )
    if isinstance(error, socket.gaierror):
        return TcpFault(
            did=f"looking up {host}",
            saw=f"no address ({error.strerror})",
            hint="correct `host` in the inventory, or the name service",
            is_transient=error.errno == socket.EAI_AGAIN,
        )
    saw, hint = _WHY.get(error.errno or 0, (error.strerror or str(error), "check the network on the way"))
    return TcpFault(did=did, saw=saw, hint=hint)


def unreached(device: Device, error: OSError, within: str) -> ConnectError:
    """Return the error of a device to which no TCP connection was made; as `tcp_fault`."""
    fault = tcp_fault(device.host, device.port, error, within)
    return ConnectError(
        device.name, did=fault.did, saw=fault.saw, hint=fault.hint, is_transient=fault.is_transient
    )
