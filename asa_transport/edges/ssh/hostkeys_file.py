"""Write known_hosts files: append keys that a person enrolled, put a new key in the place of an old one.

Guarantees: one writer at a time, by a lock; what was written is read back, and undone where it does not
say what was meant.  Appending is one write at the end.  Replacing touches the lines that admit the old
key by the name of that one host; every other line stays byte for byte, comments, markers and other hosts
of a shared line included, and the file is exchanged as a whole, so that who reads sees the old or the new.

Never accepts by itself, and never what a person did not see: a file that says something else of the
host by now, or that has come to revoke the key, is left as it is.

Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"; ssh-keygen(1), `-R` and `-H`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asa_transport.edges.ssh.hidden_names import is_hidden
from asa_transport.edges.ssh.hostkeys import Entry, File, Line, found, index, is_hash_of, matches, parsed
from asa_transport.errors import UserError
from asa_transport.model import HostKey, HostKeys

# A writer needs milliseconds; who holds the lock longer than this has been stopped.
_LOCK_WAIT_S: Final = 10.0
_LOCK_POLL_S: Final = 0.05
# As long as OpenSSH's own (a SHA-1 digest).
_SALT_BYTES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A new key of a host, in the place of old ones.

    Attributes:
        known: All keys that the file admitted when a person looked.
        old: Those of them that go; none where the new key stands beside them.
    """

    entry: Entry
    known: tuple[HostKey, ...]
    old: tuple[HostKey, ...]


def append(path: Path, entries: Sequence[Entry], *, is_hashed: bool = False) -> None:
    """Append each entry whose host the file does not know; look them up again to see what it says now.

    The file is made (0600, its directory 0700) where it is absent.  A host that the
    file has come to know in the meantime is passed over, whatever its key is, and so is a key that
    it has come to revoke.

    Args:
        is_hashed: Hide the names; so they are too where the file hides one.

    Raises:
        UserError: It cannot be written, or another process keeps it locked; it is as it was.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(path) as descriptor:
            now = index(path)
            new = [one for one in entries if _is_new(one, _now(now, one))]
            if new:
                _append(descriptor, path, new, is_hashed=is_hashed or bool(now.admitting.hidden))
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}; no key was added") from error


def replace(path: Path, replacements: Sequence[Replacement]) -> None:
    """Replace keys; look them up again to see what the file says now.

    A host of which the file says something else than `known` by now is passed over.

    Raises:
        UserError: It cannot be written, or a line admits the old key by a pattern; it is as it was.
    """
    try:
        with _locked(path):
            before = path.read_bytes()
            lines = _split(before)
            now = index(path)
            wanted = [one for one in replacements if _is_as_seen(one, _now(now, one.entry))]
            for one in wanted:
                lines = _replaced(path, lines, one)
            if wanted:
                _exchange(path, b"".join(lines), wanted)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written: {error.strerror or error}; no key was replaced"
        ) from error


def _split(data: bytes) -> list[bytes]:
    """Return the lines with their ends; a carriage return ends none."""
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + [parts[-1]] * bool(parts[-1])


def _now(file: File, entry: Entry) -> HostKeys:
    return found(file, entry.host, entry.port, shown=entry.key)


def _is_new(entry: Entry, known: HostKeys) -> bool:
    # Another key may be revoked: that of the unit that was replaced.
    return not known.accepted and entry.key not in known.revoked


def _is_as_seen(one: Replacement, known: HostKeys) -> bool:
    return frozenset(known.accepted) == frozenset(one.known) and one.entry.key not in known.revoked


def _written(entry: Entry, *, is_hashed: bool) -> bytes:
    line = entry.hashed(os.urandom(_SALT_BYTES)) if is_hashed else entry.line
    return f"{line}\n".encode()


# --------------------------------------------------------------------------- appending


def _append(descriptor: int, path: Path, new: Sequence[Entry], *, is_hashed: bool) -> None:
    before = os.fstat(descriptor).st_size
    has_open_line = before > 0 and os.pread(descriptor, 1, before - 1) != b"\n"
    data = b"\n" * has_open_line + b"".join(_written(one, is_hashed=is_hashed) for one in new)
    try:
        # One write: who reads at the same time sees all of it or nothing.
        written = os.write(descriptor, data)
        os.fsync(descriptor)
        now = index(path)
        if written != len(data) or any(one.key not in _now(now, one).accepted for one in new):
            raise OSError("what was written does not read back")
    except BaseException:
        # A program that asks for no lock may have appended behind us; its line is not ours to cut.
        if os.fstat(descriptor).st_size <= before + len(data):
            os.ftruncate(descriptor, before)
        raise


# --------------------------------------------------------------------------- replacing


def _replaced(path: Path, lines: Sequence[bytes], one: Replacement) -> list[bytes]:
    """Return the lines with the new key where the first old one stood, or behind the last known one."""
    kept: list[bytes] = []
    place, is_hashed = None, False
    for number, raw in enumerate(lines, start=1):
        # Bytes that are no UTF-8 are kept too.
        line = parsed(raw.decode(errors="surrogateescape"))
        if line is None or line.marker or line.key not in one.known or not line.is_of(one.entry.name):
            kept.append(raw)
            continue
        is_hashed = is_hashed or is_hidden(line.names)
        if line.key in one.old:
            place = len(kept) if place is None else place
            kept += _without(path, number, raw, line, one.entry.name)
        else:
            kept.append(raw if raw.endswith(b"\n") else raw + b"\n")
            place = place if one.old else len(kept)
    place = len(kept) if place is None else place
    if place and not kept[place - 1].endswith(b"\n"):
        kept[place - 1] += b"\n"
    return [*kept[:place], _written(one.entry, is_hashed=is_hashed), *kept[place:]]


def _without(path: Path, number: int, raw: bytes, line: Line, name: str) -> list[bytes]:
    """Return a line without one of its names; none where it had no other."""
    names = line.names.split(",")
    left = [one for one in names if one.lower() != name and not is_hash_of(one, name)]
    if matches(",".join(left), name):
        raise UserError(
            f"{path}:{number}: the old key is admitted by a pattern, which may stand for other hosts too; "
            "no key was replaced: put the hosts in its place by hand"
        )
    if all(one.startswith("!") for one in left):
        return []
    written = line.names.encode(errors="surrogateescape")
    return [raw.replace(written, ",".join(left).encode(errors="surrogateescape"), 1)]


def _exchange(path: Path, data: bytes, done: Sequence[Replacement]) -> None:
    """Put a new file in the place of the old one, once it reads back as meant."""
    # Who links the file from elsewhere keeps the link.
    target = path.resolve(strict=True)
    state = target.stat()
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if (state.st_uid, state.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), state.st_uid, state.st_gid)
            os.fchmod(file.fileno(), state.st_mode & 0o7777)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        now = index(new)
        for one in done:
            meant = frozenset(one.known) - frozenset(one.old) | {one.entry.key}
            if frozenset(_now(now, one.entry).accepted) != meant:
                raise OSError("what was written does not read back")
        new.replace(target)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    directory = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


# --------------------------------------------------------------------------- the lock


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Give the file, open for appending and ours alone; of those who ask here, one waits."""
    deadline = time.monotonic() + _LOCK_WAIT_S
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _wait_for_lock(descriptor, deadline)
            # Who had the lock before may have put a new file there.
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _wait_for_lock(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise OSError(f"another process has it locked for more than {_LOCK_WAIT_S:g} s") from None
            # flock has no timeout of its own.
            time.sleep(_LOCK_POLL_S)
        else:
            return
