"""Say what went wrong while connecting and logging in, from what was sent, heard and raised.

Touches nothing; names the stage, what was seen in words that a network engineer
uses, and what to do.  A limit that was reached and a run that was stopped come
before the library's own words, which then only tell that the link was closed.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import Final

import asyncssh

from asa_transport.asa.questions import Question, wanted
from asa_transport.capabilities import Deadline, Link
from asa_transport.edges.ssh.algorithms import agreed, algorithms, has_own_integrity, rsa_bits
from asa_transport.edges.ssh.client import Heard, HostKeyRefused
from asa_transport.edges.ssh.hostkeys import why_changed
from asa_transport.edges.ssh.key_faults import key_error
from asa_transport.edges.ssh.tcp_faults import place
from asa_transport.errors import AuthenticationError, CollectError, ConnectError, DeviceError, HostKeyError
from asa_transport.model import Device, HostKey, HostKeys, Limits, LoginKey, SshPolicy, Stage
from asa_transport.text import printable

# asyncssh hands on whatever its parsing met in a hostile or broken stream.
RAISES: Final = (
    HostKeyRefused,
    asyncssh.Error,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    struct.error,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What was raised, how far the connection had come, and what may explain it."""

    device: Device
    error: Exception
    limits: Limits
    deadline: Deadline
    link: Link
    heard: Heard = field(default_factory=Heard)
    user_key: LoginKey | None = None

    @property
    def is_silent(self) -> bool:
        """Whether nothing came: the person's stop, or a limit that was reached."""
        return (
            self.deadline.is_stopped()
            or self.deadline.remaining_s() <= 0
            or isinstance(self.error, TimeoutError)
        )

    def saw(self, limit_s: float) -> str:
        """Say what was seen: the person's stop, the limit that was reached, or the library's words."""
        error = self.error
        if self.deadline.is_stopped():
            return "the run was stopped"
        if self.deadline.remaining_s() <= 0:
            return f"no answer within the device limit of {self.limits.device_s:g} s"
        if isinstance(error, TimeoutError):
            return f"no answer within {limit_s:g} s"
        if isinstance(error, EOFError | ConnectionError | asyncssh.ConnectionLost) or self.heard.farewell:
            return "the device closed the connection"
        return printable(f"{error}") or type(error).__name__


def translated(fault: Fault, host_keys: HostKeys) -> DeviceError:
    """Name the stage, what was seen and what to do, from what was raised and heard."""
    error, offer = _named(fault, host_keys), fault.heard.offer
    if offer is not None:
        ours = algorithms(fault.device.ssh or SshPolicy.DEFAULT)
        types, is_certified = tuple(key.type for key in host_keys.accepted), bool(host_keys.authorities)
        error.ssh = agreed(offer, ours, types, is_certified=is_certified)
        error.ssh_offer = offer if error.ssh is None else None
    return error


def _named(fault: Fault, host_keys: HostKeys) -> DeviceError:
    device, heard = fault.device, fault.heard
    if isinstance(fault.error, HostKeyRefused):
        return _host_key_error(device, heard, host_keys)
    lost = fault.link.jump_error(device.name)
    if lost is not None and not fault.deadline.is_stopped():
        # Before all else: what the device seemed to do then, it did not do.
        return lost
    return _by_stage(fault)


def _by_stage(fault: Fault) -> DeviceError:
    """Say what a device did, by how far the connection had come."""
    device, heard = fault.device, fault.heard
    if heard.stage is Stage.COLLECT:
        return CollectError(
            device.name,
            did="opening a terminal",
            saw=fault.saw(fault.limits.authentication_s),
            hint="the device may be out of SSH sessions (`show ssh sessions`); audit it again",
        )
    if heard.stage is Stage.AUTHENTICATE:
        return _authentication_error(fault)
    other = other_service(heard.first)
    if other is not None:
        return ConnectError(
            device.name,
            did=f"SSH handshake with {place(device)}",
            saw=other.saw,
            hint=other.hint,
        )
    disagreement = _disagreement(fault)
    if disagreement is not None:
        return disagreement
    said = (fault.saw(fault.limits.handshake_s), _last_words(fault))
    return ConnectError(
        device.name,
        did=f"SSH handshake with {place(device)}",
        saw=" - ".join(filter(None, said)),
        hint="is it an SSH server? is it out of sessions, or is this address not in its `ssh` access list?",
        is_transient=True,
    )


_NOT_AGAIN: Final = (
    "check the user name and the source of the password; it is not tried again, so that no account is locked"
)
# In the order of `Heard.offered`.  The cures for the key exchange and the host key: AT106
# (docs/rules.md); those for cipher and integrity are unproven (`ssh-cures`), told by operators.
_LEGACY: Final = "or set `ssh: legacy` for this device in the inventory, which still accepts the old ones"
_STRICT: Final = "or do not set `ssh: strict` for this device"
_INTEGRITY: Final = "integrity algorithms"
_CURES: Final = (
    ("key exchanges", "enable a better one there (`ssh key-exchange group dh-group14-sha256`)"),
    (
        "host key algorithms",
        "create an ECDSA key there (`crypto key generate ecdsa elliptic-curve 384`); a key-exchange group "
        "does not help here",
    ),
    ("ciphers", "choose better ones there (`ssh cipher encryption high`)"),
    (_INTEGRITY, "choose better ones there (`ssh cipher integrity high`)"),
)


def _disagreement(fault: Fault) -> ConnectError | None:
    """Return that the two have no algorithm in common, where that is so; whoever of them noticed first."""
    device, heard = fault.device, fault.heard
    did = "agreeing on SSH algorithms"
    if isinstance(fault.error, asyncssh.ProtocolNotSupported):
        saw = f"it says '{heard.server}', which is not version 2"
        hint = "the device speaks only SSH version 1: enter `ssh version 2` on it"
        return ConnectError(device.name, did=did, saw=saw, hint=hint)
    way_out = _STRICT if device.ssh is SshPolicy.STRICT else _LEGACY
    ours = algorithms(device.ssh or SshPolicy.DEFAULT)
    mine = (ours.kex, ours.host_keys, ours.ciphers, ours.macs)
    # With a cipher that has its own, the integrity algorithms do not matter.
    is_integrity_open = any(map(has_own_integrity, heard.offered[2])) if heard.offered else False
    for (name, cure), wanted_, offered in zip(_CURES, mine, heard.offered, strict=False):
        if not set(wanted_) & set(offered) and not (name == _INTEGRITY and is_integrity_open):
            saw = (
                f"the device offers none of the {name} of this program; it offers "
                f"{printable(', '.join(offered), limit=200)}"
            )
            return ConnectError(device.name, did=did, saw=saw, hint=f"{cure}, {way_out}")
    if isinstance(fault.error, asyncssh.KeyExchangeFailed):
        hint = f"compare `show ssh ciphers` there with 'asa-transport rules AT106', {way_out}"
        return ConnectError(device.name, did=did, saw=printable(f"{fault.error}"), hint=hint)
    return None


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
    """Return what the peer said before it closed."""
    farewell = printable(fault.heard.farewell)
    return f"it said '{farewell}'" if farewell else ""


def _authentication_error(fault: Fault) -> AuthenticationError:
    device, heard = fault.device, fault.heard
    is_sent, is_silent = heard.is_password_sent, fault.is_silent
    is_refused = isinstance(fault.error, asyncssh.PermissionDenied)
    if fault.user_key is not None:
        saw = " - ".join(filter(None, (fault.saw(fault.limits.authentication_s), _last_words(fault))))
        return key_error(device, fault.user_key, heard, is_refused=is_refused, is_silent=is_silent, saw=saw)
    if is_refused and heard.is_partial:
        saw, hint = _unexpected(Question.SECOND_FACTOR, 1, is_sent)
    elif heard.asked is not None and not is_silent:
        saw, hint = _unexpected(heard.asked, heard.questions, is_sent)
    elif is_refused and is_sent:
        saw, hint = "rejected", _NOT_AGAIN
    elif is_refused:
        saw = f"the device takes only {printable(', '.join(heard.methods)) or 'no method at all'}"
        hint = "allow password or keyboard-interactive authentication there"
    elif is_sent and not is_silent:
        saw = "the device closed the connection after the password was sent"
        hint = f"this counts as a rejection; {_NOT_AGAIN}"
    else:
        saw = fault.saw(fault.limits.authentication_s)
        saw = " - ".join(filter(None, (saw, _last_words(fault))))
        hint = "is its AAA server reachable? the password is not tried again"
    return AuthenticationError(
        device.name,
        did=f"logging in as {device.username!r} with the credential {device.credential!r}",
        saw=saw,
        hint=hint,
        is_rejection=is_sent and not is_silent,
    )


def _unexpected(asked: Question, count: int, is_sent: bool) -> tuple[str, str]:
    """Return what was asked, and what to do; never in the device's words once the password was sent."""
    if count > 1:
        return (
            f"the device asked {count} questions at once; nothing was typed",
            "allow a login with the password alone for this account",
        )
    if asked is Question.PASSWORD and is_sent:
        return (
            "rejected: the password was asked for once more",
            _NOT_AGAIN,
        )
    after = " after the password" if is_sent else ""
    saw = f"asked for {wanted(asked)}{after}; nothing was typed there"
    if asked is Question.NEW_PASSWORD:
        return saw, "the password has expired, or must be changed: log in by hand and change it"
    if asked is Question.SECOND_FACTOR:
        return saw, "use an account that logs in with a password alone"
    return saw, "log in by hand and look"


AUTHORITY_ALONE: Final = "only a '@cert-authority' line matches, and it showed no certificate"


def _host_key_error(device: Device, heard: Heard, host_keys: HostKeys) -> HostKeyError:
    alias = f" as {device.host_key_alias}" if device.host_key_alias is not None else ""
    did = f"checking the host key of {device.host} port {device.port}{alias}"
    if heard.short_key is not None:
        bits = rsa_bits(heard.short_key.blob)
        return HostKeyError(
            device.name,
            did=did,
            saw=f"{_shown(heard.short_key)}, an RSA key of only {bits} bits",
            hint="no password was sent; make a longer one there (`crypto key generate rsa modulus 2048`, or "
            f"better an ECDSA key), {_LEGACY} (1024 bits at least)",
        )
    key = heard.key
    shown = "a key that cannot be read" if key is None else _shown(key)
    if key is not None and any(revoked.blob == key.blob for revoked in host_keys.revoked):
        saw, hint = (
            f"{shown}, which {device.known_hosts} marks as revoked",
            "do not log in; ask who revoked it",
        )
    elif heard.certificate is not None and (not host_keys.accepted or _is_signer_revoked(heard, host_keys)):
        saw = f"{shown}, with a certificate that is not to be believed: {heard.certificate.problem}"
        hint = "no password was sent; have its authority make a new one, or enrol the key itself"
    elif host_keys.accepted:
        saw = f"{shown}, but {device.known_hosts} holds another key"
        hint = _changed(device, key, host_keys)
    else:
        alone = f": {AUTHORITY_ALONE}" if host_keys.authorities else ""
        saw = f"{shown}, and {device.known_hosts} has no key for it{alone}"
        hint = (
            "no password was sent; compare the fingerprint on its console, then enrol it: "
            f"asa-transport hostkeys scan --add -l {device.name}"
        )
    return HostKeyError(device.name, did=did, saw=saw, hint=hint)


def _changed(device: Device, key: HostKey | None, host_keys: HostKeys) -> str:
    """Return what to do about a key that is not the known one."""
    if key is not None and key in host_keys.of_mate:
        mate = host_keys.mate
        return (
            f"no password was sent; it is the key of its mate {mate}: have they changed roles? "
            f"Enrol both keys for both: asa-transport hostkeys scan --add --pairs -l {device.name},{mate}"
        )
    return (
        f"no password was sent; {why_changed(host_keys, key)}; if it was meant, compare the new "
        f"fingerprint on its console, then: asa-transport hostkeys rotate -l {device.name}"
    )


def _is_signer_revoked(heard: Heard, host_keys: HostKeys) -> bool:
    return heard.certificate is not None and heard.certificate.authority in host_keys.revoked


def _shown(key: HostKey) -> str:
    return f"{key.type} {key.fingerprint}"
