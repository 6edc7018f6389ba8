"""What an SSH session may use, and what it used."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class SshPolicy(enum.StrEnum):
    """Which SSH algorithms are offered to a device; `edges/ssh/algorithms.py` names them."""

    STRICT = "strict"
    DEFAULT = "default"
    LEGACY = "legacy"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshFacts:
    """What one session agreed on, in the names of the protocol.

    Attributes:
        kex: Key exchange.
        host_key: Signature algorithm of the host key, e.g. ``ssh-rsa`` (SHA-1) or ``rsa-sha2-256``.
        cipher: From the device to us.
        mac: The same way; the cipher's name again where it has its own integrity.
        server: The device's version string, e.g. ``SSH-2.0-Cisco-1.25``.
    """

    kex: str
    host_key: str
    cipher: str
    mac: str
    server: str
