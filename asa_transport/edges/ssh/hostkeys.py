"""Look up a device's SSH host keys in a known_hosts file.

Each file is read once a run and indexed by name; a line's key is decoded only
when its host is asked for.  (paramiko's own table is searched line by line and
re-read for every connection: 4.4 s each at 5,000 entries, docs/performance.md.)
Knows plain names, `[host]:port`, hashed names, wildcards, `!` and `@revoked`.
`@cert-authority` lines name authorities, at every port as OpenSSH takes them; an ASA has no host
certificates, but a jump host may, or what stands in front of a firewall.

A revoked key is never accepted, whatever other lines say of it, and a revocation counts at every
port of its host, whatever port it is written with: who revokes the key of a host means the key.  A
name that is hashed together with a port says neither; where the key is the one in question, every
port there is is tried.

Never accepts by itself: an unknown key is for a person to enrol.  Writes nothing; `hostkeys_file.py` does.

Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"; ssh_config(5), HostKeyAlias.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import enum
import re
import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from asa_transport.edges.ssh.hidden_names import HIDES, HiddenName, hidden_name, hide, is_hidden
from asa_transport.files.regular_file import check_no_pipe
from asa_transport.model import SSH_PORT, Device, HostCertificate, HostKey, HostKeys

# The port of a name in a list of them; `[host]:port` (sshd(8)).
_PORT: Final = re.compile(r"(^|,|!)\[([^\],]*)\]:[^,]*")


class Standing(enum.StrEnum):
    """What a known_hosts file says of a key that a device shows."""

    SAME = "same"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"
    # The file names an authority for the host, and its certificate is not to be believed.
    UNCERTIFIED = "uncertified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key to enrol for a host and port."""

    host: str
    port: int
    key: HostKey

    @property
    def name(self) -> str:
        """The host and port as such a file has them."""
        return _name(self.host, self.port)

    @property
    def line(self) -> str:
        """The line of a known_hosts file, without its end."""
        return f"{self.name} {self._key}"

    def hashed(self, salt: bytes) -> str:
        """The same with the name hidden, as OpenSSH's `HashKnownHosts` does; 20 bytes of salt."""
        return f"{hide(self.name, salt)} {self._key}"

    @property
    def _key(self) -> str:
        return f"{self.key.type} {base64.b64encode(self.key.blob).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a line of such a file says.

    Attributes:
        marker: `@revoked`, `@cert-authority`, or what nobody knows, in small letters; empty for none.
        names: Whose key it is: names, patterns, hashes, parted by commas.
        rest: The line from the names on.
    """

    marker: str
    names: str
    rest: str

    @property
    def key(self) -> HostKey | None:
        """Its key; `None` where it has none that can be read."""
        return _decode(self.rest)

    def is_of(self, name: str) -> bool:
        """Whether it is about this host, as `Entry.name` has it."""
        return matches(self.names, name)


def parsed(raw: str) -> Line | None:
    """Return what a line says, `None` where it is empty or a comment."""
    text = raw.strip()
    if not text or text.startswith("#"):
        return None
    # In lower case: a revocation that is written as `@Revoked` is still meant.
    marker = text.split(None, 1)[0].lower() if text.startswith("@") else ""
    rest = text[len(marker) :].lstrip()
    return Line(marker=marker, names=rest.split(None, 1)[0] if rest else "", rest=rest)


def standing(keys: HostKeys, shown: HostKey, certificate: HostCertificate | None = None) -> Standing:
    """Return what the file says of the shown key; a revoked one is revoked whatever else is said."""
    if shown in keys.revoked or (certificate is not None and certificate.authority in keys.revoked):
        return Standing.REVOKED
    if shown in keys.accepted or (certificate is not None and not certificate.problem):
        return Standing.SAME
    if keys.accepted:
        return Standing.CHANGED
    return Standing.UNKNOWN if certificate is None else Standing.UNCERTIFIED


_EDDSA: Final = "ssh-ed25519"


def why_changed(keys: HostKeys, shown: HostKey | None) -> str:
    """Return what may explain a key that is not one of the known ones, in words for a hint."""
    is_eddsa_alone = {known.type for known in keys.accepted} == {_EDDSA}
    if shown is not None and shown.type != _EDDSA and is_eddsa_alone:
        # Source: `sources.UPGRADE`: 9.23 has the Cisco SSH stack alone, which has no EdDSA host key.
        return (
            "only an EdDSA key of it is known, and ASA 9.23 has none, so that an upgrade to it brings "
            "another one"
        )
    return "find out why it changed (replaced unit? other device?)"


@dataclass(slots=True)
class _Lines:
    """Lines by the names of hosts that stand in them."""

    by_name: dict[str, list[str]] = field(default_factory=dict)
    by_pattern: list[tuple[str, str]] = field(default_factory=list)
    hidden: list[tuple[HiddenName, str]] = field(default_factory=list)

    def add(self, names: str, line: str) -> None:
        """Take a line; its names are parted by commas."""
        if is_hidden(names):
            one = hidden_name(names)
            self.hidden += [] if one is None else [(one, line)]
            return
        if any(mark in names for mark in "|*?!"):
            self.by_pattern.append((names, line))
            return
        for name in names.lower().split(","):
            self.by_name.setdefault(name, []).append(line)

    def of(self, name: str) -> list[str]:
        """Return those that name this host."""
        return [
            *self.by_name.get(name, ()),
            *(line for patterns, line in self.by_pattern if matches(patterns, name)),
            *(line for one, line in self.hidden if one.is_name(name)),
        ]


@dataclass(slots=True)
class File:
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

    def __init__(self, devices: Iterable[Device] = ()) -> None:
        """Read nothing yet.

        Args:
            devices: Of the whole inventory: the mates of failover pairs are looked up among them.
        """
        self._paired = {device.name: device for device in devices if device.pair is not None}
        self._files: dict[Path, File] = {}
        self._lock = threading.Lock()

    def of(self, device: Device, *, shown: HostKey | None = None) -> HostKeys:
        """Return what its file says of a device, by the name that it has there, and of its mate.

        What is revoked for its address is revoked, whatever its alias is.

        Args:
            shown: As `lookup`.

        Raises:
            OSError: As `lookup`.
        """
        said = self._of(device, shown)
        mate = self._paired.get(device.pair or "")
        if mate is None:
            return said
        # Its own file is for its own outcome.
        with contextlib.suppress(OSError):
            known = {*said.accepted, *said.revoked}
            theirs = [key for key in self._of(mate, None).accepted if key not in known]
            said = replace(said, of_mate=tuple(theirs))
        return replace(said, mate=mate.name)

    def _of(self, device: Device, shown: HostKey | None) -> HostKeys:
        said = self.lookup(device.known_hosts, *device.known_as, shown=shown)
        if device.host_key_alias is None:
            return said
        dialled = self.lookup(device.known_hosts, device.host, device.port, shown=shown)
        revoked = dict.fromkeys((*said.revoked, *dialled.revoked))
        accepted = tuple(key for key in said.accepted if key not in revoked)
        return replace(said, accepted=accepted, revoked=tuple(revoked))

    def lookup(self, path: Path, host: str, port: int, *, shown: HostKey | None = None) -> HostKeys:
        """Return what `path` says of this host; nothing where the file does not exist.

        Args:
            shown: A key that it shows: is it revoked by a name that is hashed with another port?

        Raises:
            OSError: The file exists and cannot be read.
        """
        with self._lock:
            file = self._files.get(path)
            if file is None:
                file = self._files[path] = index(path)
        return found(file, host, port, shown=shown)


def _name(host: str, port: int) -> str:
    return host.lower() if port == SSH_PORT else f"[{host.lower()}]:{port}"


def found(file: File, host: str, port: int, *, shown: HostKey | None = None) -> HostKeys:
    """Return what a file says of a host; of a key that it shows, also what a hidden name says."""
    name, bare = _name(host, port), _name(host, SSH_PORT)
    lines = (*file.revoking.of(name), *file.revoking.of(bare), *file.revoking_anywhere.of(bare))
    admitted = tuple(dict.fromkeys(_keys(file.admitting.of(name))))
    in_question = admitted if shown is None else (*admitted, shown)
    signs = dict.fromkeys(_keys((*file.authorities.of(name), *file.authorities.of(bare))))
    revoked = dict.fromkeys((*_keys(lines), *_revoked_in_hiding(file, bare, {*in_question, *signs})))
    return HostKeys(
        accepted=tuple(key for key in admitted if key not in revoked),
        revoked=tuple(revoked),
        authorities=tuple(signs),
    )


def _revoked_in_hiding(file: File, bare: str, keys: Collection[HostKey]) -> Iterator[HostKey]:
    """Yield those of the keys that are revoked for the host by a hashed name, at whichever port."""
    for name, line in file.revoking.hidden:
        key = _decode(line)
        # Every port is tried, and only for a key that is revoked somewhere.
        if key is not None and key in keys and name.is_at_a_port(bare):
            yield key


def _keys(lines: Iterable[str]) -> Iterator[HostKey]:
    """Yield the keys of lines; one that holds none is passed over."""
    for line in lines:
        key = _decode(line)
        if key is not None:
            yield key


def index(path: Path) -> File:
    """Read a file; one that does not exist says nothing."""
    file = File()
    try:
        check_no_pipe(path)
        text = path.read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return file
    # As OpenSSH parts them, and as they are written: not at what else Python takes for the end of a line.
    for raw in text.split("\n"):
        line = parsed(raw)
        if line is None:
            continue
        match line.marker:
            case "":
                file.admitting.add(line.names, line.rest)
            case "@revoked":
                file.revoking.add(line.names, line.rest)
                file.revoking_anywhere.add(_PORT.sub(r"\1\2", line.names), line.rest)
            case "@cert-authority":
                file.authorities.add(line.names, line.rest)
            case _:
                # What nobody knows admits nobody.
                pass
    return file


def matches(patterns: str, name: str) -> bool:
    """Return whether one of the patterns is this name, and none excludes it."""
    is_found = False
    for pattern in patterns.split(","):
        if pattern.startswith(HIDES):
            is_found = is_found or is_hash_of(pattern, name)
        elif pattern.startswith("!"):
            if is_like(pattern[1:], name):
                return False
        else:
            is_found = is_found or is_like(pattern, name)
    return is_found


def is_like(pattern: str, name: str) -> bool:
    """Return whether a pattern, of which `*` and `?` are special, is this name in small letters."""
    # `[` opens a set for fnmatch, but stands for itself in `[host]:port`.
    return fnmatchcase(name, pattern.lower().replace("[", "[[]"))


def is_hash_of(pattern: str, name: str) -> bool:
    """Return whether a hidden name is this one."""
    hidden = hidden_name(pattern)
    return hidden is not None and hidden.is_name(name)


def _decode(line: str) -> HostKey | None:
    """Return the key of a line without its marker; `None` where it has none that can be read."""
    fields = line.split()
    if len(fields) < 3:
        return None
    try:
        return HostKey(type=fields[1], blob=base64.b64decode(fields[2], validate=True))
    except (ValueError, binascii.Error):
        return None
