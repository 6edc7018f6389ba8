"""Look up a device's SSH host keys in a known_hosts file, and append keys that a person enrolled.

Each file is read once a run and indexed by name; a line's key is decoded only
when its host is asked for.  (paramiko's own table is searched line by line and
re-read for every connection: 4.4 s each at 5,000 entries, docs/performance.md.)
Knows plain names, `[host]:port`, hashed names, wildcards, `!` and `@revoked`.
`@cert-authority` lines admit nobody, for ASA has no host certificates; that there is one is said.

A revoked key is never accepted, whatever other lines say of it, and a revocation counts at every
port of its host, whatever port it is written with: who revokes the key of a host means the key.  One
whose name is hashed together with another port cannot be seen: hash plain names only.

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
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
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
# The port of a name in a list of them; `[host]:port` (sshd(8)).
_PORT: Final = re.compile(r"(^|,|!)\[([^\],]*)\]:[^,]*")


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
    file has come to know in the meantime is passed over, whatever its key is, and so is a key that
    it has come to revoke.

    Raises:
        UserError: It cannot be written, or another process keeps it locked; it is as it was.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(path) as descriptor:
            now = _index(path)
            new = [one for one in entries if _is_new(one, _found(now, one.host, one.port))]
            if new:
                _append(descriptor, path, new)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}; no key was added") from error


def _is_new(entry: Entry, known: HostKeys) -> bool:
    # Another key may be revoked: that of the unit that was replaced.
    return not known.accepted and entry.key not in known.revoked


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
class _Lines:
    """Lines by the names of hosts that stand in them."""

    by_name: dict[str, list[str]] = field(default_factory=dict)
    by_pattern: list[tuple[str, str]] = field(default_factory=list)

    def add(self, names: str, line: str) -> None:
        """Take a line; its names are parted by commas."""
        if any(mark in names for mark in "|*?!"):
            self.by_pattern.append((names, line))
            return
        for name in names.lower().split(","):
            self.by_name.setdefault(name, []).append(line)

    def of(self, name: str) -> list[str]:
        """Return those that name this host."""
        found = list(self.by_name.get(name, ()))
        return found + [line for patterns, line in self.by_pattern if _matches(patterns, name)]


@dataclass(slots=True)
class _File:
    """One file.

    Attributes:
        admitting: Lines of keys as they are.
        revoking: Those of revoked keys, by names as they are written.
        revoking_anywhere: The same by names without the ports that are written.
        authorities: Those of who signs host certificates.
    """

    admitting: _Lines = field(default_factory=_Lines)
    revoking: _Lines = field(default_factory=_Lines)
    revoking_anywhere: _Lines = field(default_factory=_Lines)
    authorities: _Lines = field(default_factory=_Lines)


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
    name, bare = _name(host, port), _name(host, 22)
    lines = (*file.revoking.of(name), *file.revoking.of(bare), *file.revoking_anywhere.of(bare))
    revoked = dict.fromkeys(_keys(lines))
    accepted = [key for key in _keys(file.admitting.of(name)) if key not in revoked]
    return HostKeys(
        accepted=tuple(accepted), revoked=tuple(revoked), has_authority=bool(file.authorities.of(name))
    )


def _keys(lines: Iterable[str]) -> Iterator[HostKey]:
    """Yield the keys of lines; one that holds none is passed over."""
    for line in lines:
        key = _decode(line)
        if key is not None:
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
        # In lower case: a revocation that is written as `@Revoked` is still meant.
        marker = line.split(None, 1)[0].lower() if line.startswith("@") else ""
        rest = line[len(marker) :].lstrip()
        names = rest.split(None, 1)[0] if rest else ""
        match marker:
            case "":
                file.admitting.add(names, rest)
            case "@revoked":
                file.revoking.add(names, rest)
                file.revoking_anywhere.add(_PORT.sub(r"\1\2", names), rest)
            case "@cert-authority":
                file.authorities.add(names, rest)
            case _:
                # What nobody knows admits nobody.
                pass
    return file


def _matches(patterns: str, name: str) -> bool:
    found = False
    for pattern in patterns.split(","):
        if pattern.startswith("|1|"):
            found = found or _is_hash_of(pattern, name)
        elif pattern.startswith("!"):
            if _is_like(pattern[1:], name):
                return False
        else:
            found = found or _is_like(pattern, name)
    return found


def _is_like(pattern: str, name: str) -> bool:
    # `[` opens a set for fnmatch, but stands for itself in `[host]:port`.
    return fnmatchcase(name, pattern.lower().replace("[", "[[]"))


def _is_hash_of(pattern: str, name: str) -> bool:
    try:
        _, _, salt, digest = pattern.split("|")
        expected = base64.b64decode(digest, validate=True)
        seen = hmac.digest(base64.b64decode(salt, validate=True), name.encode(), "sha1")
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(seen, expected)


def _decode(line: str) -> HostKey | None:
    """Return the key of a line without its marker; `None` where it has none that can be read."""
    fields = line.split()
    if len(fields) < 3:
        return None
    try:
        return HostKey(type=fields[1], blob=base64.b64decode(fields[2], validate=True))
    except (ValueError, binascii.Error):
        return None
