"""Say what went wrong while connecting and logging in, from what paramiko raised.

Touches nothing; names the stage, what was seen in words that a network engineer
uses, and what to do.  A limit that was reached and a run that was stopped come
before paramiko's own words, which then only tell that the socket was closed.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from dataclasses import dataclass, field
from typing import Final

import paramiko
from paramiko.ssh_exception import BadHostKeyException, IncompatiblePeer

from asa_transport.asa.questions import Question, wanted
from asa_transport.asa.terminal import printable
from asa_transport.capabilities import Deadline, Link
from asa_transport.edges.ssh.transport import Heard
from asa_transport.errors import AuthenticationError, CollectError, ConnectError, DeviceError, HostKeyError
from asa_transport.model import Device, HostKeys, Limits, Stage

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


class UnexpectedQuestion(paramiko.AuthenticationException):
    """The device asked for something else than the password, or for it once more; it was not answered."""

    def __init__(self, asked: Question, *, count: int = 1) -> None:
        self.asked = asked
        self.count = count
        super().__init__(f"asked for {wanted(asked)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What was raised, how far the connection had come, and what may explain it."""

    device: Device
    error: Exception
    stage: Stage
    limits: Limits
    deadline: Deadline
    link: Link
    heard: Heard = field(default_factory=Heard)

    @property
    def is_silent(self) -> bool:
        """Whether nothing came: the person's stop, or a limit that was reached."""
        met = (self.error, self.error.__context__)
        return (
            self.deadline.is_stopped()
            or self.deadline.remaining_s() <= 0
            or any(isinstance(error, TimeoutError) for error in met)
            or "timeout" in f"{self.error}".lower()
        )

    def saw(self, limit_s: float, timed_out: bool) -> str:
        """Say what was seen: the person's stop, the limit that was reached, or paramiko's words."""
        if self.deadline.is_stopped():
            return "the run was stopped"
        if self.deadline.remaining_s() <= 0:
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
            hint=next(hint for mark, hint in _DISAGREEMENTS if mark in text),
        )
    other = other_service(fault.heard.first)
    if other is not None:
        return ConnectError(
            device.name,
            did=f"SSH handshake with {device.host} port {device.port}",
            saw=other.saw,
            hint=other.hint,
        )
    said = (fault.saw(fault.limits.handshake_s, "No existing session" in text), _last_words(fault))
    return ConnectError(
        device.name,
        did=f"SSH handshake with {device.host} port {device.port}",
        saw=" - ".join(filter(None, said)),
        hint="is it an SSH server? is it out of sessions, or is this address not in its `ssh` access list?",
        is_transient=True,
    )


# By what paramiko calls the disagreement; the last is for all that it may call otherwise.  The cures
# for the key exchange and the host key: DOMAIN §10.3, §10.11; those for cipher and integrity are
# the ASA command reference's [uncited].
_LEGACY: Final = "or install asa-transport[legacy-ssh], whose SSH library still has the old ones"
_DISAGREEMENTS: Final = (
    (
        "kex",
        "the device offers only key exchanges that were given up (SHA-1): enable a better one there "
        f"(`ssh key-exchange group dh-group14-sha256`), {_LEGACY}",
    ),
    (
        "host key",
        "the device has an RSA key that signs with SHA-1 alone (`ssh-rsa`): make an ECDSA key there (`crypto "
        f"key generate ecdsa elliptic-curve 384`), which a key-exchange group does not replace, {_LEGACY}",
    ),
    (
        "cipher",
        "the device offers only ciphers that were given up: choose better ones there (`ssh cipher encryption "
        f"high`), {_LEGACY}",
    ),
    (
        "mac",
        "the device offers only integrity algorithms that were given up: choose better ones there (`ssh "
        f"cipher integrity high`), {_LEGACY}",
    ),
    ("version", "the device speaks SSH version 1 alone: `ssh version 2` there"),
    ("", f"compare `show ssh ciphers` there with what this client offers, {_LEGACY}"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherService:
    """What listens there in the place of SSH."""

    saw: str
    hint: str


def other_service(first: bytes) -> OtherService | None:
    """Return what the first bytes of a peer show it to be, where that is not SSH; `None` where it may be."""
    if not first or first.startswith(b"SSH-") or b"\nSSH-" in first:
        return None
    text = printable(re.sub(rb"\xff[\xfb-\xfe].", b"", first).decode("utf-8", "replace").strip(), limit=80)
    # RFC 854: a server begins with IAC WILL, WONT, DO or DONT; Cisco's greets with these words.
    is_telnet = re.search(rb"\xff[\xfb-\xfe]", first) or re.search(
        rb"user access verification|(?:username|login|password): ?$", first.lower().strip()
    )
    if is_telnet:
        said = f": it says '{text}'" if text else ""
        return OtherService(
            saw=f"a telnet server answers there{said}",
            hint="this program speaks SSH only: give the SSH port as `port`, and enable SSH on the device",
        )
    return OtherService(
        saw=f"the peer is no SSH server: it says '{text}'",
        hint="is this the SSH port of the firewall? is it out of sessions, or is this address not in its "
        "`ssh` access list?",
    )


def _last_words(fault: Fault) -> str:
    """Return what the peer, or a jump host, said before it closed."""
    farewell = printable(fault.heard.farewell)
    return " - ".join(filter(None, (farewell and f"it said '{farewell}'", fault.link.last_words())))


def _authentication_error(fault: Fault) -> AuthenticationError:
    device, error = fault.device, fault.error
    is_sent = fault.heard.is_password_sent
    if isinstance(error, UnexpectedQuestion):
        saw, hint = _unexpected(error, is_sent)
    elif isinstance(error, paramiko.BadAuthenticationType):
        saw = f"the device takes only {', '.join(error.allowed_types)}"
        hint = "allow password or keyboard-interactive authentication there"
    elif "Illegal info request" in f"{error}":
        # paramiko's words for the request to change the password, SSH_MSG_USERAUTH_PASSWD_CHANGEREQ.
        saw, hint = _unexpected(UnexpectedQuestion(Question.NEW_PASSWORD), is_sent)
    elif type(error) is paramiko.AuthenticationException and f"{error}" == "Authentication failed.":
        saw, hint = "rejected", "the password is not tried again, so that no account is locked"
    elif is_sent and not fault.is_silent:
        saw = "the device closed the connection after the password was sent"
        hint = "taken for a rejection: the password is not tried again, so that no account is locked"
    else:
        saw = fault.saw(fault.limits.authentication_s, "timeout" in f"{error}".lower())
        saw = " - ".join(filter(None, (saw, _last_words(fault))))
        hint = "is its AAA server reachable? the password is not tried again"
    return AuthenticationError(
        device.name,
        did=f"logging in as {device.username!r} with the credential {device.credential!r}",
        saw=saw,
        hint=hint,
        is_rejection=is_sent and not fault.is_silent,
    )


def _unexpected(error: UnexpectedQuestion, is_sent: bool) -> tuple[str, str]:
    """Return what was asked, and what to do; never in the device's words once the password was sent."""
    if error.count > 1:
        return (
            f"the device asked {error.count} questions at once; nothing was typed",
            "allow a login with the password alone for this account",
        )
    if error.asked is Question.PASSWORD and is_sent:
        return (
            "rejected: the password was asked for once more",
            "the password is not tried again, so that no account is locked",
        )
    after = " after the password" if is_sent else ""
    saw = f"asked for {wanted(error.asked)}{after}; nothing was typed there"
    if error.asked is Question.NEW_PASSWORD:
        return saw, "the password has expired, or must be changed: log in by hand and change it"
    if error.asked is Question.SECOND_FACTOR:
        return saw, "use an account that logs in with a password alone"
    return saw, "log in by hand and look"


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
