"""Look up a device's SSH host keys in a known_hosts file.

Each file is read once a run and indexed by name; a line's key is decoded only
when its host is asked for.  (paramiko's own table is searched line by line and
re-read for every connection: 4.4 s each at 5,000 entries, docs/performance.md.)
Knows plain names, `[host]:port`, hashed names, wildcards, `!` and `@revoked`.
`@cert-authority` lines are passed over: ASA has no host certificates.

Never writes, never accepts: an unknown key is for a person to enrol.

Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT".
"""

from __future__ import annotations

import base64
import binascii
import hmac
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from asa_transport.model import HostKey, HostKeys


@dataclass(slots=True)
class _File:
    by_name: dict[str, list[str]] = field(default_factory=dict)
    by_pattern: list[tuple[str, str]] = field(default_factory=list)


class KnownHosts:
    """The known_hosts files of one run; safe to share between threads."""

    def __init__(self) -> None:
        self._files: dict[Path, _File] = {}
        self._lock = threading.Lock()

    def lookup(self, path: Path, host: str, port: int) -> HostKeys:
        """Return what `path` says of this host; nothing where the file does not exist.

        Raises:
            OSError: The file exists and cannot be read.
        """
        with self._lock:
            file = self._files.get(path)
            if file is None:
                file = self._files[path] = _index(path)
        name = host.lower() if port == 22 else f"[{host.lower()}]:{port}"
        lines = list(file.by_name.get(name, ()))
        lines += [line for patterns, line in file.by_pattern if _matches(patterns, name)]
        accepted: list[HostKey] = []
        revoked: list[HostKey] = []
        for line in lines:
            marker, key = _decode(line)
            if key is not None and marker in ("", "@revoked"):
                (revoked if marker else accepted).append(key)
        return HostKeys(accepted=tuple(accepted), revoked=tuple(revoked))


def _index(path: Path) -> _File:
    file = _File()
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return file
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        fields = line.split(None, 2)
        names = fields[1] if fields[0].startswith("@") and len(fields) > 1 else fields[0]
        if any(mark in names for mark in "|*?!"):
            file.by_pattern.append((names, line))
        else:
            for name in names.lower().split(","):
                file.by_name.setdefault(name, []).append(line)
    return file


def _matches(patterns: str, name: str) -> bool:
    found = False
    for pattern in patterns.split(","):
        if pattern.startswith("|1|"):
            found = found or _is_hash_of(pattern, name)
        elif pattern.startswith("!"):
            if fnmatchcase(name, pattern[1:].lower()):
                return False
        else:
            # `[` opens a set for fnmatch, but stands for itself in `[host]:port`.
            found = found or fnmatchcase(name, pattern.lower().replace("[", "[[]"))
    return found


def _is_hash_of(pattern: str, name: str) -> bool:
    try:
        _, _, salt, digest = pattern.split("|")
        expected = base64.b64decode(digest, validate=True)
        seen = hmac.digest(base64.b64decode(salt, validate=True), name.encode(), "sha1")
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(seen, expected)


def _decode(line: str) -> tuple[str, HostKey | None]:
    fields = line.split()
    marker = fields.pop(0) if fields[0].startswith("@") else ""
    if len(fields) < 3:
        return marker, None
    try:
        return marker, HostKey(type=fields[1], blob=base64.b64decode(fields[2], validate=True))
    except (ValueError, binascii.Error):
        return marker, None
