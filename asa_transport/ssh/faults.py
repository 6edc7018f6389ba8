"""Say what went wrong while connecting and logging in, from what paramiko raised.

Touches nothing; names the stage, what was seen in words that a network engineer
uses, and what to do.  A limit that was reached and a run that was stopped come
before paramiko's own words, which then only tell that the socket was closed.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass

import paramiko
from paramiko.ssh_exception import BadHostKeyException, IncompatiblePeer

from asa_transport.capabilities import Leash, Link
from asa_transport.errors import AuthenticationError, CollectError, ConnectError, DeviceError, HostKeyError
from asa_transport.model import Device, HostKeys, Limits, Stage
from asa_transport.terminal import printable

# paramiko re-raises whatever its reading thread met in a hostile or broken stream.
PARAMIKO_RAISES = (
    paramiko.SSHException,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    struct.error,
)


class UnknownHostKey(paramiko.SSHException):
    """The device's key is not among those that are accepted for it."""

    def __init__(self, key: paramiko.PKey) -> None:
        self.key = key
        super().__init__("host key not known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What was raised, how far the connection had come, and what may explain it."""

    device: Device
    error: Exception
    stage: Stage
    limits: Limits
    leash: Leash
    link: Link

    def saw(self, limit_s: float, timed_out: bool) -> str:
        """Say what was seen: the person's stop, the limit that was reached, or paramiko's words."""
        if self.leash.is_stopped():
            return "the run was stopped"
        if self.leash.remaining_s() <= 0:
            return f"no answer within the device limit of {self.limits.device_s:g} s"
        # paramiko rewords what its thread met, and keeps it as the context.
        met = (self.error, self.error.__context__)
        if timed_out or any(isinstance(error, TimeoutError) for error in met):
            return f"no answer within {limit_s:g} s"
        if any(isinstance(error, EOFError | ConnectionError) for error in met) or "EOF" in f"{self.error}":
            return "the device closed the connection"
        return printable(f"{self.error}") or type(self.error).__name__


def translated(fault: Fault, host_keys: HostKeys) -> DeviceError:
    """Name the stage, what was seen and what to do, from what paramiko raised."""
    device, error, text = fault.device, fault.error, f"{fault.error}"
    if isinstance(error, BadHostKeyException | UnknownHostKey):
        return _host_key_error(device, error.key, host_keys)
    if fault.stage is Stage.COLLECT:
        return CollectError(
            device.name,
            did="opening a terminal",
            saw=fault.saw(fault.limits.authentication_s, "Timeout" in text),
            hint="the device may be out of SSH sessions (`show ssh sessions`); audit it again",
        )
    if fault.stage is Stage.AUTHENTICATE:
        return _authentication_error(fault)
    if isinstance(error, IncompatiblePeer):
        return ConnectError(
            device.name,
            did="agreeing on SSH algorithms",
            saw=printable(text),
            hint="the device may offer only SHA-1 algorithms, which paramiko 5 removed: enable better "
            "ones there (`ssh key-exchange group`), or install asa-transport[legacy-ssh]",
        )
    return ConnectError(
        device.name,
        did=f"SSH handshake with {device.host} port {device.port}",
        saw=" - ".join(
            filter(
                None,
                (fault.saw(fault.limits.handshake_s, "No existing session" in text), fault.link.last_words()),
            )
        ),
        hint="is it an SSH server? is it out of sessions, or is this address not in its `ssh` access list?",
        is_transient=True,
    )


def _authentication_error(fault: Fault) -> AuthenticationError:
    device, text = fault.device, f"{fault.error}"
    is_rejection = type(fault.error) is paramiko.AuthenticationException and text == "Authentication failed."
    if is_rejection:
        saw, hint = "rejected", "the password is not tried again, so that no account is locked"
    elif isinstance(fault.error, paramiko.BadAuthenticationType):
        saw = f"the device takes only {', '.join(fault.error.allowed_types)}"
        hint = "allow password or keyboard-interactive authentication there"
    else:
        saw = fault.saw(fault.limits.authentication_s, "timeout" in text.lower())
        hint = "is its AAA server reachable? the password is not tried again"
    return AuthenticationError(
        device.name,
        did=f"logging in as {device.username!r} with the credential {device.credential!r}",
        saw=saw,
        hint=hint,
        is_rejection=is_rejection,
    )


def _host_key_error(device: Device, key: paramiko.PKey, host_keys: HostKeys) -> HostKeyError:
    fingerprint = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    shown = f"{key.get_name()} SHA256:{fingerprint}"
    if any(revoked.blob == key.asbytes() for revoked in host_keys.revoked):
        saw, hint = (
            f"{shown}, which {device.known_hosts} marks as revoked",
            "do not log in; ask who revoked it",
        )
    elif host_keys.accepted:
        saw = f"{shown}, but {device.known_hosts} holds another key"
        hint = (
            "no password was sent; find out why it changed (replaced unit? other device?) before you enrol it"
        )
    else:
        saw = f"{shown}, and {device.known_hosts} has no key for it"
        hint = (
            "no password was sent; compare the fingerprint on its console, then enrol it: "
            f"asa-transport hostkeys scan --add -l {device.name}"
        )
    return HostKeyError(
        device.name, did=f"checking the host key of {device.host} port {device.port}", saw=saw, hint=hint
    )
