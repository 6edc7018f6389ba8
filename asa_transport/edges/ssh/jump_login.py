"""Log in to a jump host: its host key looked up by us, with the user's keys and agent, never with a password.

Guarantees what `ssh` with BatchMode does: the host key is known and not revoked before anything is
signed; nobody is asked anything; the keys are offered in OpenSSH's order, those of `IdentityFile`
that the agent holds first.

Source: ssh_config(5), IdentityFile, IdentitiesOnly, UserKnownHostsFile, HostKeyAlias; RFC 4252.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import asyncssh

from asa_transport.edges.ssh.algorithms import Algorithms, algorithms, rsa_bits
from asa_transport.edges.ssh.client import (
    Heard,
    HeardConnection,
    HostJudge,
    HostKeyRefused,
    logged_in,
    login_options,
)
from asa_transport.edges.ssh.faults import AUTHORITY_ALONE, other_service
from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.edges.ssh.jump_config import Hop
from asa_transport.edges.ssh.jump_faults import JumpFault, listed
from asa_transport.edges.ssh.links import SshLink
from asa_transport.edges.ssh.user_key import Signer
from asa_transport.engine.threads import in_thread
from asa_transport.errors import in_words
from asa_transport.model import HostKey, HostKeys, Limits, LoginKey, SshPolicy, Stage
from asa_transport.text import printable

# A frozen jump host is found after three times this share of the limit for connecting: before a
# device behind it has run into that limit.
_KEEPALIVE_SHARE: Final = 0.3
_KEEPALIVES: Final = 2
# As devices are offered: a jump host that has nothing better is no more dangerous than they are.
_ALGORITHMS: Final = SshPolicy.DEFAULT
_SSH_PORT: Final = 22
CLOSED: Final = "it closed the connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserKeys:
    """What may be offered to a jump host.

    Attributes:
        pairs: Keys that are at hand.
        public: The public halves of all identities, in their order, for those that the agent has.
        unusable: What cannot be offered, and why, for a person.
    """

    pairs: tuple[asyncssh.SSHKeyPair, ...] = ()
    public: tuple[bytes, ...] = ()
    unusable: tuple[str, ...] = ()


@dataclass(slots=True)
class Attempt:
    """One try to log in, and what came of it."""

    hop: Hop
    known: HostKeys
    keys: UserKeys
    limits: Limits
    heard: Heard = field(default_factory=Heard)
    offered: int = 0


def silence_s(limits: Limits) -> float:
    """Return after how many seconds without a word a jump host is taken for lost."""
    return limits.tcp_s * _KEEPALIVE_SHARE * (_KEEPALIVES + 1)


def host_keys(files: KnownHosts, hop: Hop) -> HostKeys:
    """Return what all its files say of a jump host; what one of them revokes is revoked.

    As OpenSSH: by its alias, else by its name and port, else by its name alone.

    Raises:
        OSError: A file cannot be read.
    """
    by_port = [files.lookup(path, hop.host, hop.port) for path in hop.known_hosts]
    found = by_port
    if hop.known_as is not None:
        found = [files.lookup(path, hop.known_as, _SSH_PORT) for path in hop.known_hosts]
    elif hop.port != _SSH_PORT and not any(one.accepted for one in by_port):
        found = [files.lookup(path, hop.host, _SSH_PORT) for path in hop.known_hosts]
    revoked = dict.fromkeys(key for one in (*found, *by_port) for key in one.revoked)
    accepted = dict.fromkeys(key for one in found for key in one.accepted if key not in revoked)
    # A certificate is for a name, whatever the port is.
    signs = dict.fromkeys(key for one in found for key in one.authorities)
    return HostKeys(accepted=tuple(accepted), revoked=tuple(revoked), authorities=tuple(signs))


def user_keys(hop: Hop) -> UserKeys:
    """Read the identities and certificates of a jump host; what cannot be read is told, not raised."""
    pairs: list[asyncssh.SSHKeyPair] = []
    public: list[bytes] = []
    unusable: list[str] = []
    certificates: list[asyncssh.SSHCertificate] = []
    for path in hop.certificates:
        try:
            certificates += asyncssh.load_certificates(str(path))
        except (OSError, ValueError) as error:
            unusable.append(f"{path}: {_in_words(error)}")
    for path in hop.identities:
        try:
            found = asyncssh.load_keypairs(str(path), certlist=certificates, ignore_encrypted=True)
        except FileNotFoundError:
            found = ()
        except (OSError, ValueError) as error:
            found = ()
            if not _public(path):
                unusable.append(f"{path}: {_in_words(error)}")
        else:
            if not found:
                unusable.append(f"{path} has a passphrase: an agent must hold it (`ssh-add {path}`)")
        pairs += found
        public += [pair.public_data for pair in found] or _public(path)
    return UserKeys(pairs=tuple(pairs), public=tuple(public), unusable=tuple(unusable))


def _public(path: Path) -> list[bytes]:
    """Return the public half of a key whose private half is not at hand."""
    for file in (path.with_name(f"{path.name}.pub"), path):
        with contextlib.suppress(OSError, ValueError):
            return [asyncssh.read_public_key(str(file)).public_data]
    return []


def _in_words(error: Exception) -> str:
    return str(error) if isinstance(error, asyncssh.KeyImportError) else in_words(error)


async def login(attempt: Attempt, link: SshLink, lost: Callable[[], None]) -> HeardConnection:
    """Return a connection that is logged in.

    Args:
        link: Its first byte need not be there.
        lost: Called once the connection has ended, whatever ended it.

    Raises:
        HostKeyRefused: Its key is not accepted.
        TimeoutError: A part took longer than its limit.
        Exception: Whatever asyncssh raised: `faults.RAISES`.
    """
    loop = asyncio.get_running_loop()
    limits = attempt.limits
    async with asyncio.timeout(limits.handshake_s) as limit:

        def begun() -> None:
            attempt.heard.stage = Stage.AUTHENTICATE
            limit.reschedule(loop.time() + limits.authentication_s)

        chosen = algorithms(_ALGORITHMS)
        options = _options(attempt, chosen)
        options.protocol_factory = lambda: _Login(attempt, chosen, begun, lost)
        return await logged_in(link, options, _judge(attempt, chosen))


def _judge(attempt: Attempt, chosen: Algorithms) -> HostJudge:
    hop = attempt.hop
    return HostJudge(
        known=attempt.known,
        name=hop.known_as or hop.host,
        least_rsa_bits=chosen.least_rsa_bits,
        heard=attempt.heard,
    )


def _options(attempt: Attempt, chosen: Algorithms) -> asyncssh.SSHClientConnectionOptions:
    hop = attempt.hop
    return login_options(
        chosen,
        tuple(key.type for key in attempt.known.accepted),
        certified=bool(attempt.known.authorities),
        host=hop.host,
        port=hop.port,
        username=hop.user,
        # The keys come from `_Login`, in OpenSSH's order.
        preferred_auth=["publickey"],
        keepalive_interval=attempt.limits.tcp_s * _KEEPALIVE_SHARE,
        keepalive_count_max=_KEEPALIVES,
    )


class _Login(asyncssh.SSHClient):
    """Answers what asyncssh asks on behalf of a jump host."""

    def __init__(
        self, attempt: Attempt, chosen: Algorithms, begun: Callable[[], None], lost: Callable[[], None]
    ) -> None:
        self._attempt = attempt
        self._chosen = chosen
        self._begun = begun
        self._lost = lost
        self._agent: asyncssh.SSHAgentClient | None = None
        self._signer: Signer | None = None
        self._left: Iterator[asyncssh.SSHKeyPair] | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Admit a key that is known, not revoked, and long enough."""
        del host, addr, port
        attempt = self._attempt
        return _judge(attempt, self._chosen).admits(key)

    def begin_auth(self, username: str) -> None:
        """Note that the key exchange is over."""
        del username
        self._begun()

    async def public_key_auth_requested(self) -> asyncssh.SSHKeyPair | None:
        """Offer the next key."""
        if self._left is None:
            key = self._attempt.hop.key
            self._left = iter(await self._in_order() if key is None else self._of_credential(key))
        found = next(self._left, None)
        self._attempt.offered += found is not None
        return found

    def auth_completed(self) -> None:
        """Note that we are in."""
        self._attempt.heard.stage = Stage.COLLECT
        self._part_from_agent()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell it."""
        del exc
        self._part_from_agent()
        self._lost()

    def _part_from_agent(self) -> None:
        if self._signer is not None:
            self._signer.close()
            self._signer = None
        if self._agent is not None:
            self._agent.close()
            self._agent = None

    def _of_credential(self, key: LoginKey) -> Sequence[asyncssh.SSHKeyPair]:
        """Return the one key that the inventory names."""
        self._signer = Signer(key, self._chosen, self._unsigned)
        return [self._signer.pair]

    def _unsigned(self, why: str) -> None:
        self._attempt.heard.unsigned = why

    async def _in_order(self) -> Sequence[asyncssh.SSHKeyPair]:
        """Return the agent's keys that are identities, its others unless they are not wanted, then files."""
        hop, keys = self._attempt.hop, self._attempt.keys
        held: dict[bytes, asyncssh.SSHKeyPair] = {}
        if hop.agent:
            self._agent = asyncssh.SSHAgentClient(hop.agent)
            # An agent that is not there, or that says nothing of use, is as good as none.
            with contextlib.suppress(OSError, ValueError):
                held = {pair.public_data: pair for pair in await self._agent.get_keys()}
        first = [held[blob] for blob in dict.fromkeys(keys.public) if blob in held]
        others = [] if hop.is_exclusive else [pair for pair in held.values() if pair not in first]
        return [*first, *others, *(pair for pair in keys.pairs if pair.public_data not in held)]


# --------------------------------------------------------------------------- what went wrong


def login_fault(attempt: Attempt, error: Exception) -> JumpFault:
    """Say why there was no login, from what was heard and raised."""
    hop, heard, limits = attempt.hop, attempt.heard, attempt.limits
    did = f"connecting to the jump host {hop}"
    if isinstance(error, HostKeyRefused):
        return _host_key_fault(attempt)
    is_silent = isinstance(error, TimeoutError)
    if heard.stage is Stage.AUTHENTICATE:
        if isinstance(error, asyncssh.PermissionDenied):
            return _refused(attempt)
        saw = f"no answer within {limits.authentication_s:g} s" if is_silent else _ended(heard, error)
        return JumpFault(
            did=f"logging in to the jump host {hop}",
            saw=saw,
            hint=f"log in by hand and look: `ssh -o BatchMode=yes {hop.name}`",
        )
    other = other_service(heard.first)
    if other is not None:
        return JumpFault(
            did=did, saw=other.saw, hint="is this the SSH port of the jump host?", is_lasting=True
        )
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return JumpFault(
            did=did,
            saw="the two have no algorithm in common",
            hint=f"it offers: {printable(listed(name for some in heard.offered for name in some), limit=400)}"
            + _unread_words(hop),
            is_lasting=True,
        )
    saw = f"no answer within {limits.handshake_s:g} s" if is_silent else _ended(heard, error)
    return JumpFault(
        did=did,
        saw=saw,
        hint="is it an SSH server, and does it work? does it allow so many logins at once (`MaxStartups`)?",
    )


def ended(connection: HeardConnection | None, heard: Heard, limits: Limits) -> str:
    """Say how a connection that stood has ended."""
    if connection is not None and connection.has_fallen_silent:
        return f"it did not answer for {silence_s(limits):g} s"
    return _ended(heard, None)


def _ended(heard: Heard, error: Exception | None) -> str:
    if heard.farewell:
        return f"it closed the connection: it said '{printable(heard.farewell)}'"
    if error is None or isinstance(error, EOFError | OSError | asyncssh.ConnectionLost):
        return CLOSED
    return printable(f"{error}") or type(error).__name__


def _refused(attempt: Attempt) -> JumpFault:
    hop, heard, keys = attempt.hop, attempt.heard, attempt.keys
    if hop.key is not None:
        return _key_refused(attempt, hop.key)
    takes = printable(listed(heard.methods)) or "nothing"
    if heard.is_partial:
        saw = f"it accepted the key of {hop.user!r} but asks for more ({takes}), which cannot be given here"
        hint = "use an account there that logs in with a key alone"
    else:
        count = f"{attempt.offered} key{'s' * (attempt.offered != 1)}"
        offered = f"{count} offered" if attempt.offered else "no key to offer"
        saw = f"it refused the login of {hop.user!r} ({offered}; it accepts {takes})"
        hint = f"look with `ssh -o BatchMode=yes {hop.name}`; a password is never sent to a jump host"
    if keys.unusable:
        hint += f"; {'; '.join(keys.unusable)}"
    return JumpFault(
        did=f"logging in to the jump host {hop}", saw=saw, hint=hint + _unread_words(hop), is_lasting=True
    )


def _key_refused(attempt: Attempt, key: LoginKey) -> JumpFault:
    """Say what came of the one key of a credential."""
    hop, heard = attempt.hop, attempt.heard
    takes = printable(listed(heard.methods)) or "nothing"
    kind = "certificate of the key" if key.certificate is not None else "key"
    with_ = f"with the {kind} {key.fingerprint} of the credential {hop.credential!r}"
    if heard.unsigned:
        saw = f"the agent has not signed: {printable(heard.unsigned)}"
        hint = "is the agent unlocked, and has it the key still (`ssh-add -l`)?"
    elif heard.is_partial:
        saw = f"it accepted the key of {hop.user!r} but asks for more ({takes}), which cannot be given here"
        hint = "use an account there that logs in with a key alone"
    elif not attempt.offered:
        saw = f"it takes no keys of {hop.user!r}; it accepts {takes}"
        hint = "allow keys for this account there; a password is never sent to a jump host"
    else:
        saw = f"it refused the key of {hop.user!r}; it accepts {takes}"
        hint = "enter its public half in the `authorized_keys` of this user there, or its authority"
    return JumpFault(
        did=f"logging in to the jump host {hop} {with_}",
        saw=saw,
        hint=hint + _unread_words(hop),
        is_lasting=True,
    )


def _unread_words(hop: Hop) -> str:
    return f"; not read here: {listed(hop.unread)}" if hop.unread else ""


def _host_key_fault(attempt: Attempt) -> JumpFault:
    hop, heard, known = attempt.hop, attempt.heard, attempt.known
    did = f"checking the host key of the jump host {hop}"
    files = listed(path for path in hop.known_hosts if path.exists()) or listed(hop.known_hosts[:1])
    shown = heard.short_key or heard.key
    saw = "a key that cannot be read" if shown is None else _shown(shown)
    if heard.short_key is not None:
        return JumpFault(
            did=did,
            saw=f"{saw}, an RSA key of only {rsa_bits(heard.short_key.blob)} bits",
            hint="nobody was logged in; make a longer one there",
            is_lasting=True,
        )
    certificate = heard.certificate
    if shown is not None and any(key.blob == shown.blob for key in known.revoked):
        saw, hint = f"{saw}, which is marked as revoked in {files}", "do not log in; ask who revoked it"
    elif known.accepted and not (certificate is not None and certificate.authority in known.revoked):
        saw = f"{saw}, but {files} holds another key"
        hint = "nobody was logged in; find out why it changed before you touch that file"
    elif certificate is not None:
        saw = f"{saw}, with a certificate that is not to be believed: {certificate.problem}"
        hint = "nobody was logged in; have its authority make a new one"
    elif known.authorities and shown is not None:
        saw = f"{saw}, and {files} has no key for it: {AUTHORITY_ALONE}"
        hint = (
            "nobody was logged in; enrol the key itself, and compare the fingerprint before you say yes: "
            f"`ssh -o HostKeyAlgorithms={_asked_for(shown)} {hop.name}`"
        )
    else:
        saw = f"{saw}, and {files or 'no file'} has no key for it"
        hint = (
            "nobody was logged in; log in once by hand, and compare the fingerprint before you say yes: "
            f"`ssh {hop.name}`"
        )
    return JumpFault(did=did, saw=saw, hint=hint, is_lasting=True)


def _asked_for(key: HostKey) -> str:
    """Return the signature by which `ssh` is shown a key, and no certificate of it."""
    return "rsa-sha2-512" if key.type == "ssh-rsa" else key.type


def _shown(key: HostKey) -> str:
    return f"{key.type} {key.fingerprint}"


async def read_user_keys(hop: Hop) -> UserKeys:
    """As `user_keys`, in a thread: a home directory may hang."""
    return await in_thread("fleet-keys", partial(user_keys, hop))
