"""Fetch the SSH host key that a device shows, without logging in to it.

Never sends a user name or a password, never writes a file: enrolling a key is a
person's decision, after comparing the fingerprint with the device's console
(`show ssh key-exchange hostkey` or `show crypto key mypubkey rsa`).
"""

from __future__ import annotations

from dataclasses import dataclass

from asa_transport.capabilities import Deadline, Dial
from asa_transport.edges.ssh.algorithms import algorithms
from asa_transport.edges.ssh.client import Terms, key_shown
from asa_transport.edges.ssh.faults import RAISES, Fault, translated
from asa_transport.engine import bridge
from asa_transport.model import Device, HostCertificate, HostKey, HostKeys, Limits, SshPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The key that a device shows, and its certificate, where it shows one."""

    key: HostKey
    certificate: HostCertificate | None


def shown_key(device: Device, *, limits: Limits, deadline: Deadline, dial: Dial, known: HostKeys) -> Shown:
    """Return what the device shows in one key exchange.

    Args:
        dial: Called once; what it gives is closed when this returns or raises.
        known: What its file says: types of known keys are asked for first, as an audit does, so
            that a device with several keys is not taken for a changed one.

    Raises:
        ConnectError: It was not reached, the key exchange broke, or the two agreed on no algorithm.
        HostKeyError: Its key is shorter than its policy takes.
    """
    link = dial(device)
    deadline.hold(link.cut)
    terms = Terms(
        device=device,
        # Nothing is refused before it was seen, but a key that is too short.
        host_keys=known,
        algorithms=algorithms(device.ssh or SshPolicy.DEFAULT),
        handshake_s=limits.handshake_s,
        authentication_s=limits.authentication_s,
    )
    try:
        key = bridge.wait_for(key_shown(link, terms))
    except RAISES as error:
        bridge.wait_for(link.settled())
        fault = Fault(
            device=device, error=error, limits=limits, deadline=deadline, link=link, heard=terms.heard
        )
        raise translated(fault, HostKeys()) from error
    finally:
        link.close()
    return Shown(key=key, certificate=terms.heard.certificate)
