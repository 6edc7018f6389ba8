"""Read from ssh's own configuration how jump hosts are reached: address, user, keys, host keys, through whom.

The reader is asyncssh's: `Host`, `Match` and `Include` choose as in OpenSSH, the first value wins,
and `~/.ssh/config` comes before the system's file.  What this program does not act on is kept with
its file and line, so that it can be named: that a jump host is reached otherwise than `ssh` reaches
it must not be a surprise.

Reads files, and runs what a `Match exec` of theirs says, as `ssh` does; contacts nothing.

Source: ssh_config(5).
"""

from __future__ import annotations

import getpass
import linecache
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from asyncssh.config import SSHClientConfig

from asa_transport.errors import UserError, in_words
from asa_transport.model import Device, JumpHost, LoginKey, jump_host
from asa_transport.text import quoted

_OWN: Final = "~/.ssh/config"
_SYSTEM: Final = Path("/etc/ssh/ssh_config")
_PORT: Final = 22
_USER_KNOWN: Final = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
_GLOBAL_KNOWN: Final = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
# In the order of OpenSSH (ssh_config(5), IdentityFile); DSA is taken by nobody any more.
_IDENTITIES: Final = tuple(
    f"~/.ssh/id_{kind}" for kind in ("rsa", "ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk")
)


def _keywords(text: str) -> frozenset[str]:
    return frozenset(text.split())


_READ: Final = _keywords(
    """
    host match include hostname port user hostkeyalias userknownhostsfile globalknownhostsfile
    identityfile certificatefile identitiesonly identityagent proxyjump revokedhostkeys
    """
)
# What changes nothing about a connection that only forwards, logs in with keys alone, and is strict
# about host keys; and what this program has limits of its own for.
_WITHOUT_EFFECT: Final = _keywords(
    """
    addkeystoagent batchmode canonicaldomains canonicalizefallbacklocal canonicalizemaxdots
    canonicalizepermittedcnames challengeresponseauthentication checkhostip clearallforwardings compression
    connectionattempts connecttimeout controlmaster controlpersist dynamicforward enableescapecommandline
    enablesshkeysign escapechar exitonforwardfailure fingerprinthash forkafterauthentication forwardagent
    forwardx11 forwardx11timeout forwardx11trusted gatewayports hashknownhosts ignoreunknown ipqos
    kbdinteractiveauthentication kbdinteractivedevices localcommand localforward loglevel logverbose
    numberofpasswordprompts obscurekeystroketiming passwordauthentication permitlocalcommand
    permitremoteopen proxyusefdpass rekeylimit remotecommand remoteforward requesttty sendenv
    serveralivecountmax serveraliveinterval sessiontype setenv stdinnull streamlocalbindmask
    streamlocalbindunlink syslogfacility tag tcpkeepalive tunnel tunneldevice updatehostkeys usekeychain
    visualhostkey xauthlocation
    """
)
# Systems set these for everybody (Debian: GSSAPI; Red Hat: the algorithms of its policies).  Where they
# stand in the system's file they are named only when a login fails, which they may explain.
_OF_SYSTEMS: Final = _keywords(
    """
    casignaturealgorithms ciphers gssapiauthentication gssapidelegatecredentials gssapikexalgorithms
    gssapikeyexchange hostbasedacceptedalgorithms hostkeyalgorithms kexalgorithms macs
    pubkeyacceptedalgorithms pubkeyacceptedkeytypes requiredrsasize
    """
)
_OFF: Final = frozenset(("no", "none", "false", "off"))
# Values with which a keyword asks for what is done here in any case.
_AS_HERE: Final[Mapping[str, Callable[[str], bool]]] = {
    "addressfamily": lambda value: value == "any",
    "preferredauthentications": lambda value: "publickey" in value.split(","),
    "pubkeyauthentication": lambda value: value not in _OFF,
    "stricthostkeychecking": lambda value: value in {"yes", "true", "ask"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A line that holds for a jump host, and is not acted on.

    Attributes:
        keyword: As it is written there.
        is_default: It is of a kind that systems set for everybody, and in the system's file.
    """

    file: Path
    line: int
    keyword: str
    is_default: bool = False

    def __str__(self) -> str:
        return f"{self.keyword} ({self.file}, line {self.line})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A jump host as it is dialled; two names for the same one are equal.

    Attributes:
        name: As the inventory, or a ProxyJump, has it.
        known_as: The name that its host key is looked up by; `None` for its address and port.
        known_hosts: Files of host keys; what one of them revokes is revoked.
        identities: Files of keys, in the order in which they are offered.
        agent: The socket of the agent; empty for none.
        is_exclusive: Nothing but `identities` is offered, whatever else the agent has.
        via: Through which it is reached in its turn.
        credential: Of the inventory, whose key logs in; `None` for the keys above.
        key: Its key.
    """

    name: str = field(compare=False)
    host: str
    port: int
    user: str
    known_as: str | None
    known_hosts: tuple[Path, ...]
    identities: tuple[Path, ...]
    certificates: tuple[Path, ...]
    agent: str
    is_exclusive: bool
    via: Hop | None = None
    credential: str | None = None
    key: LoginKey | None = None
    unread: tuple[Unread, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        address = f"{self.user}@{host}:{self.port}"
        return address if address == self.name else f"{self.name} ({address})"


@dataclass(frozen=True, slots=True, kw_only=True)
class JumpRoutes:
    """How each jump host of a run is reached, by its name in the inventory.

    Attributes:
        keys: The keys of credentials that log in to jump hosts.
    """

    by_name: Mapping[str, Hop] = field(default_factory=dict)
    keys: Mapping[str, LoginKey] = field(default_factory=dict)

    def hop(self, device: Device) -> Hop:
        """Return the jump host of a device that has one, and with which key it is logged in to."""
        found, credential = self.by_name[device.jump or ""], device.jump_credential
        if credential is None:
            return found
        return replace(found, credential=credential, key=self.keys[credential])

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know, each line once: what holds for a jump host, and is not acted on."""
        behind: dict[Unread, dict[str, None]] = {}
        for hop in self._hops():
            for unread in hop.unread:
                if not unread.is_default:
                    behind.setdefault(unread, {})[hop.name] = None
        return tuple(
            f"{unread.file}:{unread.line}: {unread.keyword} is not read here; it holds for the jump host "
            f"{', '.join(names)}"
            for unread, names in behind.items()
        )

    def _hops(self) -> Iterator[Hop]:
        for first in self.by_name.values():
            hop: Hop | None = first
            while hop is not None:
                yield hop
                hop = hop.via


def jump_routes(names: Iterable[str], ssh_config: Path | None) -> JumpRoutes:
    """Return how these jump hosts are reached; without one, nothing is read.

    Args:
        names: As inventories name them.
        ssh_config: In place of `~/.ssh/config` and the system's file.

    Raises:
        UserError: The configuration cannot be read, or leads nowhere.
    """
    wanted = sorted(set(names))
    if not wanted:
        return JumpRoutes()
    reader = _Reader((ssh_config,) if ssh_config is not None else _usual())
    return JumpRoutes(by_name={name: reader.hop(name) for name in wanted})


def _usual() -> tuple[Path, ...]:
    """Return the files that `ssh` reads by itself, as far as they are there."""
    own = _expanded(_OWN)
    if own.exists():
        state = own.stat()
        # As ssh: who else can write it could send the logins of a run elsewhere.
        if state.st_uid not in {0, os.getuid()} or state.st_mode & 0o022:
            raise UserError(
                f"{own}: bad owner or permissions: nobody but you may be able to write it "
                f"(`chmod go-w {own}`); or name another file with --ssh-config"
            )
    return tuple(path for path in (own, _SYSTEM) if path.exists())


class _Config(SSHClientConfig):
    """asyncssh's reader, which also keeps what it, or this program, does not act on."""

    _percent_expand = SSHClientConfig._percent_expand | {"ProxyJump", "UserKnownHostsFile"}

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.unread: dict[str, Unread] = {}

    def note_unread(self, keyword: str, args: list[str]) -> None:
        """Keep a line; the first one of a keyword is the one that counts."""
        value = " ".join(args).lower()
        args.clear()
        as_here = _AS_HERE.get(keyword, _OFF.__contains__)
        if keyword in _WITHOUT_EFFECT or as_here(value):
            return
        is_default = keyword in _OF_SYSTEMS and self._is_systems()
        # The reader has it in lower case only.
        written = linecache.getline(str(self._path), self._line_no).replace("=", " ").split()
        place = Unread(
            file=self._path,
            line=self._line_no,
            keyword=written[0] if written else keyword,
            is_default=is_default,
        )
        self.unread.setdefault(keyword, place)

    def _is_systems(self) -> bool:
        return not self._path.is_relative_to(self._default_path) and self._path.is_relative_to("/etc")


class _Handlers(dict[str, tuple[str, Callable[..., None]]]):
    """What asyncssh does with each keyword: of those that are read, what it does; of all others, a note."""

    def __missing__(self, keyword: str) -> tuple[str, Callable[..., None]]:
        return keyword, _Config.note_unread


_Config._handlers = _Handlers(
    {name: handler for name, handler in SSHClientConfig._handlers.items() if name in _READ}
    | {"revokedhostkeys": ("RevokedHostKeys", SSHClientConfig._set_string)}
)


class _Reader:
    """Reads one set of files, as often as there are jump hosts."""

    def __init__(self, files: tuple[Path, ...]) -> None:
        self._files = files

    def hop(self, text: str, *, behind: tuple[str, ...] = (), via: Hop | None = None) -> Hop:
        """Return how a jump host is reached.

        Args:
            text: As the inventory or a ProxyJump has it.
            behind: Those that are reached through it, the nearest first.
            via: Given where a ProxyJump says what comes before; its own is not asked for then.
        """
        named = jump_host(text.removeprefix("ssh://").removesuffix("/"))
        if named is None:
            raise UserError(f"ProxyJump {quoted(text)}: expected a Host, or user@host:port")
        if text in behind:
            raise UserError(f"ProxyJump leads in a circle: {' -> '.join((*reversed(behind), text))}")
        try:
            config, unread = self._config(named)
        except (ValueError, RuntimeError, OSError) as error:
            files = ", ".join(map(str, self._files))
            raise UserError(
                f"the ssh configuration of the jump host {text} cannot be used ({files}): {_why(error)}"
            ) from error
        if config.get("RevokedHostKeys") is not None:
            raise UserError(
                f"RevokedHostKeys holds for the jump host {text}, and is not read here; mark those keys as "
                "`@revoked` in its known_hosts file, and leave RevokedHostKeys to the hosts that need it"
            )
        if via is None:
            via = self._before(config, (text, *behind))
        return _made(text, named, config, via, unread)

    def _config(self, named: JumpHost) -> tuple[_Config, tuple[Unread, ...]]:
        given = (getpass.getuser(), named.user or (), named.host, named.port or ())
        config = _loaded(None, self._files, is_final=False, given=given)
        unread = dict(config.unread)
        if config.has_match_final():
            config = _loaded(config, self._files, is_final=True, given=given)
            unread = config.unread | unread
        return config, tuple(unread.values())

    def _before(self, config: _Config, behind: tuple[str, ...]) -> Hop | None:
        """Return the last of the jump hosts that stand before this one, as its ProxyJump says."""
        via: Hop | None = None
        listed = config.get("ProxyJump")
        for text in listed.split(",") if isinstance(listed, str) else ():
            via = self.hop(text.strip(), behind=behind, via=via)
        return via


def _loaded(
    before: _Config | None, files: tuple[Path, ...], *, is_final: bool, given: tuple[object, ...]
) -> _Config:
    # Neither reload nor canonical: as asyncssh itself asks where no name is made canonical.
    config = _Config.load(before, files, False, False, is_final, *given)
    if not isinstance(config, _Config):
        raise TypeError(f"asyncssh made a {type(config).__name__}")
    return config


def _made(text: str, named: JumpHost, config: _Config, via: Hop | None, unread: tuple[Unread, ...]) -> Hop:
    def listed(keyword: str, default: tuple[str, ...]) -> tuple[Path, ...]:
        found = config.get(keyword)
        return tuple(dict.fromkeys(map(_expanded, found if isinstance(found, list) else default)))

    alias = config.get("HostKeyAlias")
    port = config.get("Port", _PORT)
    if not isinstance(port, int) or not 1 <= port <= 65535:
        raise UserError(f"Port {port} of the jump host {text}: expected 1 to 65535")
    return Hop(
        name=text,
        host=str(config.get("Hostname", named.host)),
        port=port,
        user=str(config.get("User") or getpass.getuser()),
        known_as=str(alias) if alias else None,
        known_hosts=(
            *listed("UserKnownHostsFile", _USER_KNOWN),
            *listed("GlobalKnownHostsFile", _GLOBAL_KNOWN),
        ),
        identities=listed("IdentityFile", _IDENTITIES),
        certificates=listed("CertificateFile", ()),
        agent=_agent(config),
        is_exclusive=bool(config.get("IdentitiesOnly")),
        via=via,
        unread=unread,
    )


def _agent(config: _Config) -> str:
    """Return the agent's socket: `IdentityAgent`, else that of the environment."""
    named = config.get("IdentityAgent", "SSH_AUTH_SOCK")
    if named is None:
        return ""
    path = str(named)
    if path == "SSH_AUTH_SOCK":
        return os.environ.get(path, "")
    if path.startswith("$"):
        return os.environ.get(path[1:], "")
    return str(_expanded(path))


def _expanded(path: str) -> Path:
    return Path(path).expanduser()


def _why(error: Exception) -> str:
    return str(error) if type(error).__module__.startswith("asyncssh") else in_words(error)
