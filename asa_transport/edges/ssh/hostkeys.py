"""Look up a device's SSH host keys in a known_hosts file, and append keys that a person enrolled.

Each file is read once a run and indexed by name; a line's key is decoded only
when its host is asked for.  (paramiko's own table is searched line by line and
re-read for every connection: 4.4 s each at 5,000 entries, docs/performance.md.)
Knows plain names, `[host]:port`, hashed names, wildcards, `!` and `@revoked`.
`@cert-authority` lines are passed over: ASA has no host certificates.

A revoked key is never accepted, whatever other lines say of it, and a revocation counts with
and without a port: who revokes the key of a host means it at every port of it.

Never accepts by itself: an unknown key is for a person to enrol.  Never changes or
removes a line: appending is one write at the end, under a lock, read back, and undone
where it does not say what was meant.

Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT".
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import enum
import fcntl
import hashlib
import hmac
import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from asa_transport.errors import UserError
from asa_transport.files.regular_file import check_no_pipe
from asa_transport.model import HostKey, HostKeys

# A writer needs milliseconds; who holds the lock longer than this has been stopped.
_LOCK_WAIT_S: Final = 10.0
_LOCK_POLL_S: Final = 0.05
_REVOKED: Final = "@revoked"


class Standing(enum.StrEnum):
    """What a known_hosts file says of a key that a device shows."""

    SAME = "same"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key to enrol for a host and port."""

    host: str
    port: int
    key: HostKey

    @property
    def line(self) -> str:
        """The line of a known_hosts file, without its end."""
        return f"{_name(self.host, self.port)} {self.key.type} {base64.b64encode(self.key.blob).decode()}"


def fingerprint(key: HostKey) -> str:
    """Return the key's fingerprint as `ssh-keygen -l` and the ASA's console show it: ``SHA256:…``."""
    return f"SHA256:{base64.b64encode(hashlib.sha256(key.blob).digest()).decode().rstrip('=')}"


def standing(keys: HostKeys, shown: HostKey) -> Standing:
    """Return what the file says of the shown key; a revoked one is revoked whatever else is said."""
    if shown in keys.revoked:
        return Standing.REVOKED
    if shown in keys.accepted:
        return Standing.SAME
    return Standing.CHANGED if keys.accepted else Standing.UNKNOWN


def append(path: Path, entries: Sequence[Entry]) -> None:
    """Append each entry whose host the file does not know; look them up again to see what it says now.

    The file is made (0600, its directory 0700) where it is absent.  A host that the
    file has come to know in the meantime is passed over, whatever its key is.

    Raises:
        UserError: It cannot be written, or another process keeps it locked; it is as it was.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(path) as descriptor:
            now = _index(path)
            new = [one for one in entries if _found(now, one.host, one.port) == HostKeys()]
            if new:
                _append(descriptor, path, new)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}; no key was added") from error


def _append(descriptor: int, path: Path, new: Sequence[Entry]) -> None:
    before = os.fstat(descriptor).st_size
    has_open_line = before > 0 and os.pread(descriptor, 1, before - 1) != b"\n"
    data = ("\n" * has_open_line + "".join(f"{one.line}\n" for one in new)).encode()
    try:
        # One write: who reads at the same time sees all of it or nothing.
        written = os.write(descriptor, data)
        os.fsync(descriptor)
        now = _index(path)
        if written != len(data) or any(
            one.key not in _found(now, one.host, one.port).accepted for one in new
        ):
            raise OSError("what was written does not read back")
    except BaseException:
        # A program that asks for no lock may have appended behind us; its line is not ours to cut.
        if os.fstat(descriptor).st_size <= before + len(data):
            os.ftruncate(descriptor, before)
        raise


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Give the file, open for appending and ours alone; of those who ask here, one waits."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + _LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise OSError(f"another process has it locked for more than {_LOCK_WAIT_S:g} s") from None
                # flock has no timeout of its own.
                time.sleep(_LOCK_POLL_S)
        if not os.path.samestat(os.fstat(descriptor), path.stat()):
            raise OSError("it was replaced by another process in this moment; try again")
        yield descriptor
    finally:
        os.close(descriptor)


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
        return _found(file, host, port)


def _name(host: str, port: int) -> str:
    return host.lower() if port == 22 else f"[{host.lower()}]:{port}"


def _found(file: _File, host: str, port: int) -> HostKeys:
    revoked = {key for name in {_name(host, port), _name(host, 22)} for key in _keys(file, name, _REVOKED)}
    accepted = [key for key in _keys(file, _name(host, port), "") if key not in revoked]
    return HostKeys(accepted=tuple(accepted), revoked=tuple(revoked))


def _keys(file: _File, name: str, wanted: str) -> Iterator[HostKey]:
    """Yield the keys of the lines that have this marker and name this host."""
    lines = list(file.by_name.get(name, ()))
    lines += [line for patterns, line in file.by_pattern if _matches(patterns, name)]
    for line in lines:
        marker, key = _decode(line)
        if key is not None and marker == wanted:
            yield key


def _index(path: Path) -> _File:
    file = _File()
    try:
        check_no_pipe(path)
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
    # In lower case: a revocation that is written as `@Revoked` is still meant.
    marker = fields.pop(0).lower() if fields[0].startswith("@") else ""
    if len(fields) < 3:
        return marker, None
    try:
        return marker, HostKey(type=fields[1], blob=base64.b64decode(fields[2], validate=True))
    except (ValueError, binascii.Error):
        return marker, None
