"""Make host keys that are the same at every start, and cheap enough for a thousand devices.

The keys are derived from fixed text and are worthless as secrets: they protect
nothing but a mock on loopback.  RSA keys cannot be derived; one is made per process.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import asyncssh
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

# Devices share this many keys unless one asks for its own.
POOL = 8


@lru_cache(maxsize=4096)
def host_key(kind: str, label: str) -> asyncssh.SSHKey:
    """Return the host key for a label, always the same one within a process."""
    if kind == "rsa":
        return asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    seed = hashlib.sha256(f"mock host key {kind} {label}".encode()).digest()
    private: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
    if kind == "ecdsa":
        private = ec.derive_private_key(int.from_bytes(seed) >> 1, ec.SECP256R1())
    else:
        private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return asyncssh.import_private_key(pem)


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
