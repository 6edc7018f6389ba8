"""Judge the certificate that a host shows with its key: by whom, for whom, from when until when.

Pure but for the bytes that it reads.  As OpenSSH 10.3 judges one: an authority that a `@cert-authority` line
names for the host and no `@revoked` line names, the host's name (or alias, without a port) among its
principals, which may be patterns, and a time within its bounds.  One without principals is for nobody,
one that was signed with SHA-1 is not believed, and one with a critical option is not read.

What was seen of asyncssh: it takes principals letter by letter, takes one without principals for
every host, and takes signatures with SHA-1.

Source: draft-miller-ssh-cert-04 §2; ssh(1) and sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"; OpenSSH's release
notes for 8.2 (SHA-1) and 10.3 (no principals).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import asyncssh
from asyncssh.packet import PacketDecodeError, SSHPacket, String
from asyncssh.public_key import CERT_TYPE_HOST, SSHOpenSSHCertificate, decode_ssh_certificate

from asa_transport.edges.ssh.algorithms import rsa_bits
from asa_transport.edges.ssh.hostkeys import is_like
from asa_transport.model import HostCertificate, HostKey, HostKeys
from asa_transport.text import printable

_SHA1: Final = b"ssh-rsa"
# A certificate may have thousands of names; a message has some.
_MOST_SHOWN: Final = 200
# The greatest time that it can hold means for ever.
_FOR_EVER: Final = 2**64 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What a certificate says of itself."""

    key: HostKey
    authority: HostKey
    kind: int
    key_id: str
    principals: tuple[str, ...]
    valid_after: int
    valid_before: int
    signed_with: bytes


def certified_key(blob: bytes) -> asyncssh.SSHKey | None:
    """Return the key in a certificate; `None` where the bytes are none that can be read."""
    certificate = _decoded(blob)
    return None if certificate is None else certificate.key


def judged(blob: bytes, known: HostKeys, name: str, now: datetime, least_rsa_bits: int) -> HostCertificate:
    """Return what is to be thought of a certificate of which `certified_key` gave the key.

    Args:
        name: Of the host, as its file has it, without a port.
        least_rsa_bits: How long an authority's RSA key is at least.
    """
    certificate = _decoded(blob)
    if certificate is None:
        raise ValueError("this is no certificate")
    shown = _read(blob, certificate)
    return HostCertificate(
        authority=shown.authority,
        key_id=printable(shown.key_id, limit=_MOST_SHOWN),
        ends_at=_moment(shown.valid_before),
        problem=next(_problems(shown, known, name.lower(), now, least_rsa_bits), ""),
    )


def _problems(shown: _Shown, known: HostKeys, name: str, now: datetime, least_rsa_bits: int) -> Iterator[str]:
    """Yield why it is not believed, who signed it first: of a stranger's nothing else is looked at."""
    if shown.authority in known.revoked:
        yield "its authority is revoked"
    if shown.authority not in known.authorities:
        yield f"its authority {shown.authority.fingerprint} is not one that the file names for it"
    bits = rsa_bits(shown.authority.blob)
    if bits is not None and bits < least_rsa_bits:
        yield f"its authority has an RSA key of only {bits} bits"
    if shown.signed_with == _SHA1:
        yield "it is signed with SHA-1"
    if shown.kind != CERT_TYPE_HOST:
        yield "it is a user's, not a host's"
    if not shown.principals:
        yield "it names no host"
    if not any(is_like(one, name) for one in shown.principals):
        yield f"it is for {printable(', '.join(shown.principals), limit=_MOST_SHOWN)}, not for {name}"
    if now.timestamp() < shown.valid_after:
        yield f"it begins at {_said(shown.valid_after)}"
    if now.timestamp() >= shown.valid_before:
        yield f"it ended at {_said(shown.valid_before)}"


def _decoded(blob: bytes) -> SSHOpenSSHCertificate | None:
    try:
        found = decode_ssh_certificate(blob)
    except (asyncssh.KeyImportError, PacketDecodeError):
        return None
    return found if isinstance(found, SSHOpenSSHCertificate) else None


def _read(blob: bytes, certificate: SSHOpenSSHCertificate) -> _Shown:
    authority = certificate.signing_key
    # The signature comes last, behind the key that made it.
    _, _, signature = blob.rpartition(String(authority.public_data))
    packet = SSHPacket(SSHPacket(signature).get_string())
    return _Shown(
        key=_of(certificate.key),
        authority=_of(authority),
        kind=certificate._cert_type,
        key_id=certificate._key_id,
        principals=tuple(certificate.principals),
        valid_after=certificate._valid_after,
        valid_before=certificate._valid_before,
        signed_with=packet.get_string(),
    )


def _of(key: asyncssh.SSHKey) -> HostKey:
    return HostKey(type=key.algorithm.decode(), blob=key.public_data)


def _moment(seconds: int) -> datetime | None:
    """Return a time of a certificate; `None` for one that never comes."""
    try:
        return None if seconds == _FOR_EVER else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _said(seconds: int) -> str:
    moment = _moment(seconds)
    return "a time that never comes" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"
