"""Choose the SSH algorithms that are offered to a device, the cheap and safe ones first.

Three sets.  By default what firewalls in service have is taken, also where it is on its way out:
`ssh-rsa` host keys and SHA-1 key exchange with group 14 (a finding then, AT106).  `strict`
refuses those.  `legacy` takes besides what OpenSSH itself gave up: CBC ciphers, group 1, MD5 and
truncated integrity, RSA keys below 2048 bits.

Curves come first because they cost a tenth of a group, AES-GCM because chacha20-poly1305 costs a
fifth of a session in Python (docs/performance.md); group 14 by SHA-1 comes last.

Source: RFC 9142 (key exchanges), RFC 8332 (RSA signatures), RFC 5647 and OpenSSH's PROTOCOL file
(AES-GCM); what an ASA offers: AT106 (docs/rules.md).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

import asyncssh
from asyncssh.encryption import get_encryption_algs
from asyncssh.kex import get_kex_algs
from asyncssh.mac import get_mac_algs
from asyncssh.public_key import get_public_key_algs

from asa_transport.model import SshFacts, SshOffer, SshPolicy

_KEX: Final = (
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "mlkem768x25519-sha256",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group-exchange-sha256",
)
_KEX_LEAVING: Final = ("diffie-hellman-group14-sha1",)
_KEX_GONE: Final = ("diffie-hellman-group-exchange-sha1", "diffie-hellman-group1-sha1")
_HOST_KEYS: Final = (
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-ed25519",
    "rsa-sha2-256",
    "rsa-sha2-512",
)
_HOST_KEYS_LEAVING: Final = ("ssh-rsa",)
# OpenSSH's PROTOCOL.certkeys; the same names for RSA with SHA-2 (RFC 8332 has none).
_CERTIFIED: Final = "-cert-v01@openssh.com"
_CIPHERS: Final = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes256-ctr",
    "aes192-ctr",
    "chacha20-poly1305@openssh.com",
)
_CIPHERS_GONE: Final = ("aes128-cbc", "aes256-cbc", "aes192-cbc", "3des-cbc")
_MACS: Final = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha1-etm@openssh.com",
    "hmac-sha1",
)
_MACS_GONE: Final = ("hmac-sha1-96", "hmac-md5", "hmac-md5-96")

# OpenSSH refuses shorter ones since 2023 (RequiredRSASize 1024, by default); NIST SP 800-131A asks 2048.
_LEAST_RSA_BITS: Final = {SshPolicy.STRICT: 2048, SshPolicy.DEFAULT: 2048, SshPolicy.LEGACY: 1024}


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithms:
    """What is offered, in the order of our choice (RFC 4253 §7.1: the client's order decides).

    Attributes:
        least_rsa_bits: A host key that is shorter is refused.
    """

    kex: tuple[str, ...]
    host_keys: tuple[str, ...]
    ciphers: tuple[str, ...]
    macs: tuple[str, ...]
    least_rsa_bits: int

    def preferring(self, types: tuple[str, ...], *, is_certified: bool = False) -> tuple[str, ...]:
        """Return the host key algorithms with those of these key types first.

        A device with several keys then shows one that is known, and is not taken for a changed one.

        Args:
            is_certified: Certificates come first: an authority is known.  Else none is asked for.
        """
        wanted = [name for type_ in types for name in _signatures(type_) if name in self.host_keys]
        plain = dict.fromkeys((*wanted, *self.host_keys))
        # None is signed by a host with SHA-1: that is what was given up when they came into use.
        certified = [f"{name}{_CERTIFIED}" for name in plain if name not in _HOST_KEYS_LEAVING]
        return (*certified, *plain) if is_certified else tuple(plain)


@functools.cache
def algorithms(policy: SshPolicy) -> Algorithms:
    """Return what this policy offers, as far as the library here has it."""
    is_strict, is_legacy = policy is SshPolicy.STRICT, policy is SshPolicy.LEGACY
    return Algorithms(
        kex=_had(
            (*_KEX, *(() if is_strict else _KEX_LEAVING), *(_KEX_GONE if is_legacy else ())), get_kex_algs()
        ),
        host_keys=_had((*_HOST_KEYS, *(() if is_strict else _HOST_KEYS_LEAVING)), get_public_key_algs()),
        ciphers=_had((*_CIPHERS, *(_CIPHERS_GONE if is_legacy else ())), get_encryption_algs()),
        macs=_had((*_MACS, *(_MACS_GONE if is_legacy else ())), get_mac_algs()),
        least_rsa_bits=_LEAST_RSA_BITS[policy],
    )


def agreed(
    offer: SshOffer, ours: Algorithms, types: tuple[str, ...], *, is_certified: bool = False
) -> SshFacts | None:
    """Return what the two sides agree on, the first of ours that the device offers too (RFC 4253 §7.1).

    Args:
        types: Of the keys that are known of the device.
        is_certified: As in `Algorithms.preferring`.

    Returns:
        `None` where a kind of algorithm has nothing in common.
    """

    def first(wanted: tuple[str, ...], offered: tuple[str, ...]) -> str | None:
        return next((name for name in wanted if name in offered), None)

    kex = first(ours.kex, offer.kex)
    host_key = first(ours.preferring(types, is_certified=is_certified), offer.host_key)
    cipher = first(ours.ciphers, offer.cipher)
    mac = cipher if cipher is not None and has_own_integrity(cipher) else first(ours.macs, offer.mac)
    if kex is None or host_key is None or cipher is None or mac is None:
        return None
    return SshFacts(
        kex=kex, host_key=host_key, cipher=cipher, mac=mac, server=offer.server, host_keys=offer.host_key
    )


def has_own_integrity(cipher: str) -> bool:
    """Return whether a cipher needs no integrity algorithm beside it (RFC 5647, OpenSSH's PROTOCOL file)."""
    return "gcm@" in cipher or "poly1305@" in cipher


def _signatures(key_type: str) -> tuple[str, ...]:
    # A known_hosts file names an RSA key by its type, a key exchange by its signature (RFC 8332).
    return ("rsa-sha2-256", "rsa-sha2-512", "ssh-rsa") if key_type == "ssh-rsa" else (key_type,)


def _had(wanted: tuple[str, ...], there: list[bytes]) -> tuple[str, ...]:
    return tuple(name for name in wanted if name.encode() in there)


def rsa_bits(blob: bytes) -> int | None:
    """Return how long an RSA key is, `None` for a key of another kind (RFC 4253 §6.6: type, e, n)."""
    try:
        packet = asyncssh.packet.SSHPacket(blob)
        if packet.get_string() != b"ssh-rsa":
            return None
        packet.get_mpint()
        return packet.get_mpint().bit_length()
    except asyncssh.packet.PacketDecodeError:
        return None
