"""Fetch the SSH host key that a device shows, without logging in to it.

Never sends a user name or a password, never writes a file: enrolling a key is a
person's decision, after comparing the fingerprint with the device's console
(`show ssh key-exchange hostkey` or `show crypto key mypubkey rsa`).
"""

from __future__ import annotations

from collections.abc import Sequence

import paramiko

from asa_transport.capabilities import Deadline, Dial
from asa_transport.edges.ssh.faults import PARAMIKO_RAISES, Fault, translated
from asa_transport.edges.ssh.transport import Transport
from asa_transport.model import Device, HostKey, HostKeys, Limits, Stage

# A known_hosts file names an RSA key by its type, a key exchange by its signature (RFC 8332).
_ALGORITHMS = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")}


def shown_key(
    device: Device, *, limits: Limits, deadline: Deadline, dial: Dial, prefer: Sequence[HostKey] = ()
) -> HostKey:
    """Return the key that the device shows in one key exchange.

    Args:
        dial: Called once; what it gives is closed when this returns or raises.
        prefer: Keys that are known for it: their types are asked for first, as an audit
            does, so that a device with several keys is not taken for a changed one.

    Raises:
        ConnectError: It was not reached, the key exchange broke, or the two agreed on no algorithm.
    """
    link = dial(device, min(limits.tcp_s, max(deadline.remaining_s(), 0.001)))
    deadline.hold(link.cut)
    transport: paramiko.Transport | None = None
    try:
        transport = Transport(link.sock)
        transport.banner_timeout = limits.handshake_s
        _prefer(transport, prefer)
        transport.start_client(timeout=limits.handshake_s)
        key = transport.get_remote_server_key()
    except PARAMIKO_RAISES as error:
        fault = Fault(
            device=device, error=error, stage=Stage.CONNECT, limits=limits, deadline=deadline, link=link
        )
        raise translated(fault, HostKeys()) from error
    finally:
        if transport is not None:
            transport.close()
        link.close()
    return HostKey(type=key.get_name(), blob=key.asbytes())


def _prefer(transport: paramiko.Transport, known: Sequence[HostKey]) -> None:
    options = transport.get_security_options()
    offered = tuple(options.key_types)
    wanted = [name for key in known for name in _ALGORITHMS.get(key.type, (key.type,)) if name in offered]
    options.key_types = tuple(dict.fromkeys((*wanted, *offered)))
