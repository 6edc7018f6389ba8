"""What an SSH session may use, what it agreed on, and what a device offered where none came about.

Pure.  What a session agreed on is kept with the answers that were read in it, as a text of one line a
value: a person reads it, a finding points into it, and who judges the answers again judges the same.

Source: RFC 4253 §4.2, §7.1.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final

from asa_transport.model.fields import says

# Under this name it stands among the answers to commands, which it is none of.
SSH_SESSION: Final = "SSH session"
# In the order of the lines.
_LABELS: Final = {
    "kex": "key exchange",
    "host_key": "host key",
    "cipher": "cipher",
    "mac": "integrity",
    "server": "server",
    "host_keys": "host keys offered",
}
_SEPARATOR: Final = ", "


def is_leaving(algorithm: str) -> bool:
    """Return whether SSH clients are giving it up: SHA-1 in a signature or a key exchange, or CBC.

    Args:
        algorithm: A key exchange, a signature algorithm of a host key, or a cipher.

    Source: RFC 9142, RFC 8332; OpenSSH's release notes (`ssh-rsa` off since 8.8, CBC since 6.7).
    """
    return algorithm == "ssh-rsa" or "sha1" in algorithm or algorithm.endswith("-cbc")


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
        host_keys: The signature algorithms that it offered: a device may have a better key than the
            one that is known of it.
    """

    kex: str
    host_key: str = field(metadata=says("Signature algorithm of the host key; ssh-rsa is SHA-1."))
    cipher: str
    mac: str = field(metadata=says("The cipher's name again where it has its own integrity."))
    server: str
    host_keys: tuple[str, ...] = field(default=(), metadata=says("What the device offered of those."))

    @property
    def lines(self) -> tuple[str, ...]:
        """It as text, a value a line, in the order of `SSH_LINES`."""
        values = (
            self.kex,
            self.host_key,
            self.cipher,
            self.mac,
            self.server,
            _SEPARATOR.join(self.host_keys),
        )
        return tuple(f"{label}: {value}" for label, value in zip(_LABELS.values(), values, strict=True))


# Of which field each line is.
SSH_LINES: Final = tuple(_LABELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SshOffer:
    """What a device offered, each list in its own order; as in `SshFacts`."""

    kex: tuple[str, ...]
    host_key: tuple[str, ...]
    cipher: tuple[str, ...]
    mac: tuple[str, ...]
    server: str


def ssh_facts(text: str) -> SshFacts | None:
    """Return what `SshFacts.lines` said, `None` where the text is not that, whole and unaltered."""
    labels = list(_LABELS.values())
    said = [line.partition(": ") for line in text.rstrip("\r\n").split("\n")]
    if [label for label, _, _ in said] != labels:
        return None
    *values, host_keys = (value.rstrip("\r") for _, _, value in said)
    kex, host_key, cipher, mac, server = values
    if not all((kex, host_key, cipher, mac)):
        return None
    return SshFacts(
        kex=kex,
        host_key=host_key,
        cipher=cipher,
        mac=mac,
        server=server,
        host_keys=tuple(filter(None, host_keys.split(_SEPARATOR))),
    )
