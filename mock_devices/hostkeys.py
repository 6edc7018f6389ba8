"""Make host keys that are the same at every start, and cheap enough for a thousand devices.

The keys are derived from fixed text and are worthless as secrets: they protect
nothing but a mock on loopback.  RSA keys cannot be derived; one is made per process and length, but
for the length that no library makes any more, which is here.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import asyncssh
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mock_devices.faults import FaultAction
from mock_devices.scenario import DeviceSpec, HostCertificateSpec

# A host key as asyncssh's server takes it: plain, or with a certificate.
ServerKey: TypeAlias = asyncssh.SSHKey | tuple[asyncssh.SSHKey, asyncssh.SSHCertificate]

# Devices share this many keys unless one asks for its own.
POOL = 8

# No library makes a shorter one than 1024 bits any more; they still take it.
_SHORTEST = 768
_SHORTEST_PRIMES = (
    0xFAA7F9B4A5ED2DCB4447ECA44D9DD7884968589FD4B465A424AF67BC6EBF4E31DA46E5F35FA21E2FF7F33E4FDC52C7AB,
    0xC98052B504F3130C1485526503D5A9C42FE72BF2F182D4CE5510CC6A970BF1650140B936D0D46673BDB0D6C02896F157,
)
_EXPONENT = 65537


@lru_cache(maxsize=4096)
def host_key(kind: str, label: str, rsa_bits: int = 2048) -> asyncssh.SSHKey:
    """Return the host key for a label, always the same one within a process."""
    if kind == "rsa":
        if rsa_bits == _SHORTEST:
            return _of_primes(*_SHORTEST_PRIMES)
        return asyncssh.generate_private_key("ssh-rsa", key_size=rsa_bits)
    seed = hashlib.sha256(f"mock host key {kind} {label}".encode()).digest()
    private: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
    if kind == "ecdsa":
        private = ec.derive_private_key(int.from_bytes(seed) >> 1, ec.SECP256R1())
    else:
        private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return asyncssh.import_private_key(pem)


def _of_primes(p: int, q: int) -> asyncssh.SSHKey:
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )
    pem = numbers.private_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return asyncssh.import_private_key(pem)


def keys_of(spec: DeviceSpec) -> list[asyncssh.SSHKey]:
    """Return the host keys of a device, the one that known_hosts gets first."""
    ssh = spec.ssh
    # All of a fleet have one address: to revoke a key of the pool would be to revoke it for others too.
    is_own = ssh.own_key or any(fault.action is FaultAction.REVOKED_HOST_KEY for fault in spec.faults)
    return [
        host_key(kind, label_of(spec.name, kind, own=is_own), ssh.rsa_bits)
        for kind in (ssh.host_key, *ssh.other_host_keys)
    ]


def authority_key(name: str) -> asyncssh.SSHKey:
    """Return the key of an authority that signs host keys."""
    return host_key("ed25519", f"authority {name}")


def server_keys(keys: Sequence[asyncssh.SSHKey], certificate: HostCertificateSpec | None) -> list[ServerKey]:
    """Return what a server shows: the plain keys, and their certificates if it has any."""
    if certificate is None:
        return list(keys)
    # asyncssh shows the plain key beside its certificate.
    return [(key, _certificate(key, certificate)) for key in keys]


def _certificate(key: asyncssh.SSHKey, spec: HostCertificateSpec) -> asyncssh.SSHCertificate:
    now = time.time()
    authority = authority_key(spec.authority)
    generate = authority.generate_user_certificate if spec.user else authority.generate_host_certificate
    return generate(
        key,
        "mock",
        principals=spec.principals,
        valid_after=now + spec.starts_days * 86400,
        valid_before=now + spec.ends_days * 86400,
    )


def label_of(name: str, kind: str, *, own: bool) -> str:
    """Return which key a device uses: its own, or one of the pool."""
    if own:
        return name
    if kind == "rsa":
        return "pool"
    return f"pool {int(hashlib.sha256(name.encode()).hexdigest(), 16) % POOL}"


def public_line(key: asyncssh.SSHKey) -> str:
    """Return `type base64` of a key."""
    return " ".join(key.export_public_key().decode().split()[:2])
