"""Compare host names with those that a known_hosts file hides behind a hash (`HashKnownHosts`).

Pure.  Who looks a fleet up in such a file compares each device with each line; the part of the work that
depends on the line alone is done once a line (a sixth of the time of an HMAC each).

Source: ssh_config(5), HashKnownHosts; RFC 2104 (HMAC).
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
from typing import Final

# How such a name begins.
HIDES: Final = "|1|"
_PORTS: Final = range(1, 65536)
# RFC 2104: the length of a block of SHA-1, and what its two keys are made with.
_BLOCK: Final = 64
_INNER: Final = bytes(one ^ 0x36 for one in range(256))
_OUTER: Final = bytes(one ^ 0x5C for one in range(256))
# The format's own; nothing is kept safe by it.
_sha1: Final = functools.partial(hashlib.sha1, usedforsecurity=False)


class HiddenName:
    """One name that is hidden: nobody can read it, anybody can ask whether it is this one."""

    __slots__ = ("_digest", "_inner", "_outer")

    def __init__(self, salt: bytes, digest: bytes) -> None:
        key = (_sha1(salt).digest() if len(salt) > _BLOCK else salt).ljust(_BLOCK, b"\0")
        self._inner, self._outer = _sha1(key.translate(_INNER)), _sha1(key.translate(_OUTER))
        self._digest = digest

    def is_name(self, name: str) -> bool:
        """Return whether it is this one."""
        return self._of(name.encode()) == self._digest

    def is_at_a_port(self, bare: str) -> bool:
        """Return whether it is this host with a port, whichever it is; takes a fifth of a second."""
        return any(self.is_name(f"[{bare}]:{port}") for port in _PORTS)

    def _of(self, name: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(name)
        outer.update(inner.digest())
        return outer.digest()


def is_hidden(names: str) -> bool:
    """Return whether a line's names are one that is hidden."""
    return names.startswith(HIDES) and "," not in names


def hide(name: str, salt: bytes) -> str:
    """Return a name as such a file hides it."""
    hidden = HiddenName(salt, b"")
    salted, digest = (base64.b64encode(part).decode() for part in (salt, hidden._of(name.encode())))
    return f"{HIDES}{salted}|{digest}"


@functools.lru_cache(maxsize=65536)
def hidden_name(pattern: str) -> HiddenName | None:
    """Return what a pattern hides; `None` where it is not such a name."""
    try:
        _, _, salt, digest = pattern.split("|")
        return HiddenName(base64.b64decode(salt, validate=True), base64.b64decode(digest, validate=True))
    except (ValueError, binascii.Error):
        return None
