"""What became of a detached OpenSSH signature: who made it, or why it does not count.

Pure.

Source: OpenSSH `PROTOCOL.sshsig`; ssh-keygen(1), ALLOWED SIGNERS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBy:
    """OpenSSH accepts the signature.

    Attributes:
        principals: Those of the allowed signers that it was accepted for; at least one, never a pattern.
        names: Every name or pattern that the allowed signers give the key, `principals` among them.
        key: Its fingerprint, ``SHA256:…``.
    """

    principals: tuple[str, ...]
    names: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The signature counts for nothing; the reason may quote a file, so it is shown escaped."""

    reason: str


SignatureVerdict: TypeAlias = SignedBy | Rejected
