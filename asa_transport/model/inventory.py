"""What a user's files say: devices, credentials, host keys.

Pure.  A secret has a type of its own, so that it is never printed by accident.

Source: docs/schemas/inventory.json.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn, TypeAlias, final

from asa_transport.model.expectation import Expectation
from asa_transport.model.fields import (
    ADDED,
    FORGOTTEN,
    LEFT_OUT,
    NOT_EMPTY,
    WORD,
    TextKind,
    of_inventory,
    says,
)
from asa_transport.model.ssh import SshPolicy


@final
class Secret:
    """A text that is shown, logged and pickled never.

    Deliberately not a dataclass: `dataclasses.asdict` would copy the text out.
    `reveal()` is called only in the edges that hand it on: `edges/ssh/session.py` to a
    device, `webhook.py`, `mail.py` and
    `apprise.py` of `edges/notify/` to a receiver of notifications; and where a key is opened
    (`edges/secrets/user_keys.py`) and signs (`edges/ssh/user_key.py`).
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(****)"

    def __str__(self) -> str:
        return "****"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled or copied")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a user's file; line and column count from 1, `None` where there is no place."""

    file: str
    line: int | None = None
    column: int | None = None
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvSource:
    """A secret in an environment variable."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """A secret in a file that only its owner can read; a trailing newline is dropped."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSource:
    """A secret on the first line of a command's output; the command is never given to a shell."""

    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyringSource:
    """A secret in the desktop's keyring (extra `keyring`)."""

    service: str
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemdSource:
    """A secret in `$CREDENTIALS_DIRECTORY/NAME`, as systemd's LoadCredential= leaves it."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSource:
    """A secret that is asked for once a run, on the terminal."""


PlainSource: TypeAlias = EnvSource | FileSource | CommandSource | KeyringSource | SystemdSource | PromptSource


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultToken:
    """A login to Vault by a token."""

    token: PlainSource


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultAppRole:
    """A login to Vault as a machine; `mount` is where its AppRole method is."""

    role_id: PlainSource
    secret_id: PlainSource
    mount: str = "approle"


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultServer:
    """A server of HashiCorp Vault.

    Attributes:
        address: An https URL; http to this machine alone.
        ca: A file of authorities, in the place of the known ones.
    """

    address: str
    auth: VaultToken | VaultAppRole
    namespace: str | None = None
    ca: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultSource:
    """A field of a secret in Vault's key-value engine (extra `vault`).

    Attributes:
        version: Of the engine at the mount: 1 or 2.
    """

    server: VaultServer
    path: str
    field: str
    mount: str = "secret"
    version: int = 2


SecretSource: TypeAlias = PlainSource | VaultSource


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCertificate:
    """Which certificate of its authority is shown in the place of a plain key.

    Attributes:
        path: Its file; `None` for the one beside the key's own (`-cert.pub`), if there is one.
        is_wanted: False where the plain key is shown, whatever lies beside it.
    """

    path: Path | None = None
    is_wanted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKeySpec:
    """A private key in a file of its own; `passphrase` is `None` where it has none."""

    source: FileSource | SystemdSource
    passphrase: SecretSource | None = None
    certificate: KeyCertificate = KeyCertificate()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentKeySpec:
    """The one key of the SSH agent that may be shown, named by its public half or by its fingerprint.

    Attributes:
        public: A file that holds the public half: `NAME.pub`, or the private key that has one beside it.
        fingerprint: As OpenSSH prints it, ``SHA256:`` and 43 characters.
    """

    public: Path | None = None
    fingerprint: str | None = None
    certificate: KeyCertificate = KeyCertificate()


KeySpec: TypeAlias = PrivateKeySpec | AgentKeySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialSpec:
    """Where the secrets of one named credential come from.

    Attributes:
        password: `None` where the login is by a key.
        enable: `None` where login lands at '#'.
        key: `None` where the login is by a password.
    """

    name: str
    password: SecretSource | None = None
    enable: SecretSource | None = None
    key: KeySpec | None = None


class SecretUse(enum.StrEnum):
    """Which secret of a credential is meant: they are judged apart, because a login may need only one."""

    LOGIN = "login"
    ENABLE = "enable"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKey:
    """A private key, read and without its passphrase.

    Attributes:
        private: In OpenSSH's own format.
        certificate: As its file has it; `None` for the plain key.
        fingerprint: Of its public half, as OpenSSH prints it.
    """

    private: Secret
    certificate: bytes | None = None
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentKey:
    """A key that the SSH agent holds, and signs with.

    Attributes:
        socket: Where the agent listens.
        public: Its public half, as SSH writes it on the wire.
        certificate: As in `PrivateKey`.
        fingerprint: As in `PrivateKey`.
    """

    socket: str
    public: bytes
    certificate: bytes | None = None
    fingerprint: str


LoginKey: TypeAlias = PrivateKey | AgentKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """The secrets themselves, obtained once a run; one of `password` and `key` is there."""

    password: Secret | None = None
    enable: Secret | None = None
    key: LoginKey | None = None


def by_key(secrets: Mapping[str, Credential]) -> frozenset[str]:
    """Return the names of those that log in by a key."""
    return frozenset(name for name, credential in secrets.items() if credential.key is not None)


# No leading '-': the text must never read as an option where a program is given it.
_JUMP: Final = re.compile(
    r"(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9._\\-]*)@)?"
    r"(?P<host>[A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.%A-Za-z]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JumpHost:
    """Where a device is reached through; user and port are `None` where ssh's configuration says them.

    Attributes:
        host: A Host of `~/.ssh/config`, a name or an address; IPv6 without its brackets.
    """

    host: str
    user: str | None = None
    port: int | None = None


def jump_host(text: str) -> JumpHost | None:
    """Return the jump host that a text names, `None` where it names none: a Host, or user@host:port."""
    match = _JUMP.fullmatch(text)
    if match is None or (match["port"] and not 1 <= int(match["port"]) <= 65535):
        return None
    port = int(match["port"]) if match["port"] else None
    return JumpHost(host=match["host"].strip("[]"), user=match["user"], port=port)


# RFC 4253 §4.1.  A known_hosts file does not write it.
SSH_PORT: Final = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One inventory entry, with the merged values of its groups and the defaults.

    Attributes:
        name: Inventory key, unique.
        host: What we dial: a name or an address.
        known_hosts: File of SSH host keys; absolute.
        host_key_alias: The name that its key has in that file, in the place of host and port.
        pair: Name of the failover mate's entry, if the inventory says so.
        jump: As `jump_host` reads it.
        jump_credential: Whose key logs in to the jump host; `None` for what ssh's configuration says.
        ssh: Which SSH algorithms are offered to it; `None` for those that the policy says.
        enabled: Whether any command but those that only read the inventory works on it.
        data: What the inventory has of it for people and their programs; nothing here decides by it.
        origins: For each merged key, the place whose value won, e.g. ``groups.emea``.
    """

    name: str = field(metadata=NOT_EMPTY)
    host: str = field(
        metadata=of_inventory(
            "IPv4 or IPv6 address, or name, to dial.", NOT_EMPTY, kind=TextKind.DIALLED, is_own=True
        )
    )
    port: int = field(metadata=of_inventory("SSH port; 22 if not given.", LEFT_OUT, given=22))
    username: str = field(
        metadata=of_inventory("Who logs in.", LEFT_OUT, kind=TextKind.TEXT, needed="who logs in")
    )
    credential: str = field(
        metadata=of_inventory(
            "A name from credentials.", LEFT_OUT, kind=TextKind.CREDENTIAL, needed="a name from credentials"
        )
    )
    known_hosts: Path = field(
        metadata=of_inventory(
            "File of SSH host keys, relative to this file. Default ~/.ssh/known_hosts.",
            LEFT_OUT,
            given=Path("~/.ssh/known_hosts"),
            needed="the file of SSH host keys",
        )
    )
    host_key_alias: str | None = field(
        default=None,
        metadata=of_inventory(
            "Its name in known_hosts, in the place of host and port, as HostKeyAlias.", LEFT_OUT, is_own=True
        ),
    )
    region: str | None = field(default=None, metadata=of_inventory("Where the device is reached from."))
    groups: tuple[str, ...] = field(
        default=(), metadata=of_inventory("Groups; the last listed wins.", says(items=WORD), is_own=True)
    )
    tags: tuple[str, ...] = field(
        default=(),
        metadata=of_inventory(
            "Marks to select devices by; those of defaults, groups and device unite.",
            says(items=WORD),
            behind="ssh",
        ),
    )
    pair: str | None = field(
        default=None,
        metadata=of_inventory(
            "The entry of the failover mate.", says("The inventory's entry of the mate."), is_own=True
        ),
    )
    jump: str | None = field(
        default=None,
        metadata=of_inventory(
            "A Host of ~/.ssh/config, user@host:port, or none.", LEFT_OUT, kind=TextKind.JUMP, or_none=True
        ),
    )
    jump_credential: str | None = field(
        default=None,
        metadata=of_inventory(
            "A credential with a key, which logs in to the jump host; if not given, or none, the keys of "
            "~/.ssh/config and the agent.",
            LEFT_OUT,
            kind=TextKind.KEY_CREDENTIAL,
            or_none=True,
        ),
    )
    ssh: SshPolicy | None = field(
        default=None,
        metadata=of_inventory(
            "Which SSH algorithms are offered: strict (no SHA-1), default, or legacy (CBC, group 1 and RSA "
            "keys from 1024 bits too). If not given, what the policy says.",
            LEFT_OUT,
        ),
    )
    expect: Expectation = field(
        default_factory=Expectation,
        metadata=of_inventory(
            "What the licensing transport should be.", says("What the inventory expects."), behind="region"
        ),
    )
    data: Mapping[str, str] = field(
        default_factory=dict,
        metadata=of_inventory(
            "Free keys for people and their programs, carried to the reports; never a secret.",
            {**ADDED, **says("Free keys of the inventory, for people and their programs.")},
        ),
    )
    # Questions to the inventory as it is now.
    enabled: bool = field(
        default=True,
        metadata=of_inventory("false: it is not selected, whatever -l says, and counted as such.", FORGOTTEN),
    )
    origins: Mapping[str, str] = field(default_factory=dict, metadata=FORGOTTEN)

    @property
    def known_as(self) -> tuple[str, int]:
        """The host and port that a known_hosts file has its key by; ssh_config(5), HostKeyAlias."""
        return (self.host, self.port) if self.host_key_alias is None else (self.host_key_alias, SSH_PORT)


def with_ssh(device: Device, policy: SshPolicy) -> Device:
    """Return the device with what is offered to it: what the inventory says, else the policy's word."""
    return device if device.ssh is not None else replace(device, ssh=policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """A whole inventory; devices sorted by name.

    Attributes:
        notes: What of another program's inventory does not translate, one thing a line; secrets by key only.
        left_out: How many of its devices are not among these; each is in a note.
    """

    path: Path
    devices: tuple[Device, ...]
    credentials: tuple[CredentialSpec, ...]
    groups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKey:
    """One SSH host key, as a known_hosts file holds it; `blob` is the decoded base64."""

    type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` and the ASA's console show it: ``SHA256:…``."""
        return f"SHA256:{base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip('=')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCertificate:
    """A certificate that a host showed of its key, and what is to be thought of it.

    Attributes:
        key_id: What its authority calls it, printable.
        ends_at: `None` for never.
        problem: Why it is not believed; empty where it is.
    """

    authority: HostKey
    key_id: str
    ends_at: datetime | None
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeys:
    """What a known_hosts file says of one host and port.

    Attributes:
        authorities: Who signs host certificates for it (`@cert-authority`); one that is revoked is among
            them, as it is asked for and told.
        mate: The other unit of its failover pair, which answers at its address after a failover.
        of_mate: Keys that are accepted of that one, and are not known of this one.
    """

    accepted: tuple[HostKey, ...] = ()
    revoked: tuple[HostKey, ...] = ()
    authorities: tuple[HostKey, ...] = ()
    mate: str | None = None
    of_mate: tuple[HostKey, ...] = ()
