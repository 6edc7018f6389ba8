"""Connect to a device by asyncssh: algorithms, host key, one password or one key, a terminal.

Guarantees: the host key is one that was looked up for this device, byte by byte, before a
password leaves or anything is signed; the password is sent once, in the one way that the device takes,
and a key is shown once; nothing of the user's other keys, agent or configuration is offered.
What the peer said on its own account is kept, so that its faults can be told apart by what was sent
and said, not by a library's classes.  Knows nothing of ASA but how its questions are worded.

What was seen of asyncssh: a rejected, an expired and a never sent password are one error; a
changed key of another type is a failed key exchange; `known_hosts=None` means no check at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import functools
import re
import warnings
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from sys import intern
from typing import Any, Final

import asyncssh
from asyncssh.packet import PacketDecodeError, SSHPacket, SSHPacketLogger

from asa_transport.asa.questions import Question, question
from asa_transport.capabilities import Gate, Link, OpenGate
from asa_transport.edges.ssh.algorithms import Algorithms, agreed, rsa_bits
from asa_transport.edges.ssh.host_certificates import certified_key, judged
from asa_transport.edges.ssh.links import JumpLink, SshLink, TcpLink
from asa_transport.edges.ssh.terminal import Terminal
from asa_transport.edges.ssh.user_key import Signer
from asa_transport.errors import JumpError
from asa_transport.model import (
    Device,
    HostCertificate,
    HostKey,
    HostKeys,
    LoginKey,
    SecretUse,
    SshFacts,
    SshOffer,
    Stage,
)
from asa_transport.text import printable

# Where a device offers nothing better than finite fields and old ciphers, cryptography says on stderr that
# they will not be there for ever.  Who audits a firewall can do nothing with that; what the device needs is
# a fact of it, and a finding where that is on its way out.
warnings.filterwarnings("ignore", module=r"asyncssh\.crypto\.")

# RFC 4253 §12, RFC 4252 §6.
# Longer than any gate waits.
_AT_GATE_S: Final = 60.0
_DISCONNECT: Final = 1
_IGNORE: Final = 2
_KEXINIT: Final = 20
_USERAUTH_FAILURE: Final = 51
_NOTED: Final = frozenset((_DISCONNECT, _KEXINIT, _USERAUTH_FAILURE))
# RFC 4251 §6: a name has at most 64 characters.  A server of today offers some thirty of a kind, and names
# its version in some twenty characters; what a hostile one says stands in reports.
_LONGEST_NAME: Final = 64
_LONGEST_VERSION: Final = 80
_MOST_NAMES: Final = 64


@dataclass(slots=True)
class Heard:
    """What a peer said on its own account, and what it was given.

    Attributes:
        stage: How far the connection came: CONNECT, AUTHENTICATE, or COLLECT once logged in.
        first: The first bytes that came; ``SSH-`` at an SSH server.
        farewell: The words of its disconnect message; empty where it sent none.
        passwords_sent: How often the password has left; once at most.  Nothing said since may be quoted.
        keys_shown: How often a key was shown to it; once at most.
        is_held: Neither was sent, because the gate said no.
        unsigned: Why the agent has not signed; empty where it has, or was not asked.
        key: The host key that it showed, where it is not one that is accepted.
        certificate: The certificate that it showed of its key.
        short_key: An accepted host key that is shorter than policy takes.
        offered: Its lists of algorithms: key exchange, host key, ciphers and integrity towards us.
        methods: How it would let us in, in its latest refusal.
        is_partial: It took the password and wants something else beside it.
        asked: What it asked for instead of the password, or once more.
        questions: How many questions it asked at once, where that was more than one.
    """

    stage: Stage = Stage.CONNECT
    first: bytes = b""
    farewell: str = ""
    passwords_sent: int = 0
    keys_shown: int = 0
    is_held: bool = False
    unsigned: str = ""
    key: HostKey | None = None
    certificate: HostCertificate | None = None
    short_key: HostKey | None = None
    offered: tuple[tuple[str, ...], ...] = ()
    methods: tuple[str, ...] = ()
    is_partial: bool = False
    asked: Question | None = None
    questions: int = 1

    @property
    def is_password_sent(self) -> bool:
        """Whether the password has left."""
        return self.passwords_sent > 0

    @property
    def server(self) -> str:
        """The line in which it names its version (RFC 4253 §4.2), printable; empty where it did not."""
        found = re.search(rb"^SSH-.*$", self.first, re.MULTILINE)
        text = found[0].decode("utf-8", "replace").strip() if found else ""
        return printable(text, limit=_LONGEST_VERSION)

    @property
    def offer(self) -> SshOffer | None:
        """What it offers, printable; `None` where it did not come that far."""
        if not self.offered:
            return None
        kex, host_key, cipher, mac = (
            tuple(intern(printable(name, limit=_LONGEST_NAME)) for name in names[:_MOST_NAMES])
            for names in self.offered
        )
        return SshOffer(kex=kex, host_key=host_key, cipher=cipher, mac=mac, server=self.server)


class HostKeyRefused(Exception):
    """The host key is not one that may be used; `Heard` has it.  No password was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostJudge:
    """Says whether a host is the one that is meant; what it showed, `heard` has.

    Attributes:
        name: Of the host, for which a certificate must be.
        is_asking: Nobody is to log in: what is shown is all that is wanted.
    """

    known: HostKeys
    name: str
    least_rsa_bits: int
    heard: Heard
    is_asking: bool = False

    def admits(self, key: asyncssh.SSHKey) -> bool:
        """Return whether a host key is known, not revoked, and long enough."""
        shown = host_key_of(key)
        is_known = any(one.blob == shown.blob for one in self.known.accepted)
        return self._is_fit(shown, is_vouched=is_known)

    def certifies(self, key: asyncssh.SSHKey, blob: bytes) -> bool:
        """Return whether the certificate of a key is to be believed, or the key itself is known."""
        shown = host_key_of(key)
        found = judged(blob, self.known, self.name, datetime.now(UTC), self.least_rsa_bits)
        self.heard.certificate = found
        # As OpenSSH: a certificate that says nothing takes nothing from a key that is known, but one that a
        # revoked authority made does.
        is_known = any(one.blob == shown.blob for one in self.known.accepted)
        is_known = is_known and found.authority not in self.known.revoked
        return self._is_fit(shown, is_vouched=is_known or not found.problem)

    def _is_fit(self, shown: HostKey, *, is_vouched: bool) -> bool:
        bits = rsa_bits(shown.blob)
        if bits is not None and bits < self.least_rsa_bits:
            self.heard.short_key = shown
            return False
        if not is_vouched or any(one.blob == shown.blob for one in self.known.revoked) or self.is_asking:
            self.heard.key = shown
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """With what a connection is made.

    Attributes:
        password: `None` where the login is by a key, or there is none: then it ends with the host key.
        user_key: `None` where the login is by a password, or there is none.
        gate: Asked before either leaves.
        handshake_s: For version exchange and key exchange together.
        authentication_s: For the login, and once more for opening a terminal.
    """

    device: Device
    host_keys: HostKeys
    algorithms: Algorithms
    handshake_s: float
    authentication_s: float
    password: str | None = None
    user_key: LoginKey | None = None
    gate: Gate = field(default_factory=OpenGate)
    heard: Heard = field(default_factory=Heard)

    @property
    def logs_in(self) -> bool:
        """Whether there is anything to log in with."""
        return self.password is not None or self.user_key is not None

    @property
    def key_types(self) -> tuple[str, ...]:
        """The types of the host keys that are known of the device."""
        return tuple(key.type for key in self.host_keys.accepted)

    @property
    def agreed(self) -> SshFacts | None:
        """What the two sides agree on; `None` where they do not, or the device did not say."""
        offer = self.heard.offer
        if offer is None:
            return None
        return agreed(offer, self.algorithms, self.key_types, is_certified=bool(self.host_keys.authorities))

    @property
    def judge(self) -> HostJudge:
        """Who says whether the host is the one that is meant."""
        device = self.device
        return HostJudge(
            known=self.host_keys,
            name=device.known_as[0],
            least_rsa_bits=self.algorithms.least_rsa_bits,
            heard=self.heard,
            is_asking=not self.logs_in,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A connection that is logged in, and its terminal.

    Attributes:
        cut_by: Says who ended it where that was not the device: its jump host.
    """

    connection: asyncssh.SSHClientConnection
    terminal: Terminal
    facts: SshFacts | None
    cut_by: Callable[[], Awaitable[JumpError | None]]

    def abort(self) -> None:
        """Cut it, from the loop's own thread; never raises, never waits."""
        self.terminal.is_over = True
        self.connection.abort()


async def opened(link: Link, terms: Terms) -> Opened:
    """Connect, log in once, open a terminal.

    Raises:
        HostKeyRefused: The key is not accepted.
        TimeoutError: A part took longer than its limit.
        Exception: Whatever asyncssh raised: `faults.RAISES`.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(terms.handshake_s) as limit:

        def begun(seconds: float) -> None:
            limit.reschedule(loop.time() + seconds)

        connection = await _connected(link, terms, begun)
        begun(terms.authentication_s)
        try:
            terminal = Terminal()
            await connection.create_session(lambda: terminal, request_pty=False, encoding=None)
        except BaseException:
            connection.abort()
            raise
    return Opened(
        connection=connection,
        terminal=terminal,
        facts=_facts(connection, terms),
        cut_by=partial(_cut_by, link, terms.device.name),
    )


async def _cut_by(link: Link, device: str) -> JumpError | None:
    await link.settled()
    return link.jump_error(device)


async def key_shown(link: Link, terms: Terms) -> HostKey:
    """Return the host key that a device shows in one key exchange; never logs in; errors as `opened`."""
    heard = terms.heard
    async with asyncio.timeout(terms.handshake_s):
        with contextlib.suppress(HostKeyRefused):
            (await _connected(link, terms, lambda _seconds: None)).abort()
    if heard.short_key is not None:
        raise HostKeyRefused
    if heard.key is None:
        raise EOFError
    return heard.key


async def _connected(
    link: Link, terms: Terms, begun: Callable[[float], None]
) -> asyncssh.SSHClientConnection:
    """Connect to a device and log in."""
    if not isinstance(link, TcpLink | JumpLink):
        raise TypeError(f"no link of this room: {link!r}")
    device = terms.device
    by_key = terms.user_key is not None
    certified = bool(terms.host_keys.authorities)
    options = copy.copy(_options(terms.algorithms, terms.key_types, by_key=by_key, certified=certified))
    options.host, options.port, options.username = device.host, device.port, device.username
    options.protocol_factory = lambda: _Login(terms, begun)
    return await logged_in(link, options, terms.judge)


async def logged_in(
    link: SshLink, options: asyncssh.SSHClientConnectionOptions, judge: HostJudge
) -> HeardConnection:
    """Put a connection on a link, and return it once it is logged in; who calls limits the time.

    Not by `asyncssh.connect`: it reads its options anew for each device, in a thread (a quarter of a
    millisecond, six threads), and tells nobody what a peer said on its own account.

    Raises:
        HostKeyRefused: The key is not accepted.
        Exception: Whatever asyncssh raised: `faults.RAISES`.
    """
    loop = asyncio.get_running_loop()
    options.waiter = loop.create_future()
    connection = HeardConnection(loop, options, judge)
    try:
        await link.carry(connection)
        await options.waiter
    except BaseException as error:
        connection.abort()
        if isinstance(error, asyncssh.HostKeyNotVerifiable):
            raise HostKeyRefused from error
        raise
    finally:
        judge.heard.first = link.first_bytes()
    return connection


@functools.cache
def _options(
    algorithms: Algorithms, types: tuple[str, ...], *, by_key: bool, certified: bool
) -> asyncssh.SSHClientConnectionOptions:
    """Return the options of a device whose known keys are of these types."""
    methods = ["publickey"] if by_key else ["password", "keyboard-interactive"]
    return login_options(algorithms, types, certified=certified, preferred_auth=methods)


def login_options(
    algorithms: Algorithms, types: tuple[str, ...], *, certified: bool, **own: Any
) -> asyncssh.SSHClientConnectionOptions:
    """Return options with which nothing of the user's is offered, and nothing is believed unseen.

    Args:
        types: Of the host keys that are known: a key of one of them is asked for first.
        certified: Certificates of host keys are asked for before keys.
        own: What differs, as asyncssh names it.
    """
    return asyncssh.SSHClientConnectionOptions(
        # Never the file, and never None, which would switch the check off.  Empty, so that every key comes
        # to the client object, which knows what the file says of it.
        known_hosts=([], [], []),
        server_host_key_algs=algorithms.preferring(types, is_certified=certified),
        kex_algs=algorithms.kex,
        encryption_algs=algorithms.ciphers,
        mac_algs=algorithms.macs,
        compression_algs=["none"],
        # `[]` would still offer the user's own keys.
        client_keys=None,
        agent_path=None,
        config=None,
        gss_host=None,
        x509_trusted_certs=None,
        # Our own limits are by part.
        login_timeout=0,
        **own,
    )


class HeardConnection(asyncssh.SSHClientConnection):
    """Notes what asyncssh itself drops: farewells, offers, partial success."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: asyncssh.SSHClientConnectionOptions,
        judge: HostJudge,
    ) -> None:
        super().__init__(loop, options, wait="auth")
        self._judge = judge
        self._heard = judge.heard

    @property
    def has_fallen_silent(self) -> bool:
        """Whether it was ended because the peer did not answer, where it is asked to now and then."""
        return self._keepalive_count > self._keepalive_count_max

    def validate_server_host_key(self, key_data: bytes) -> asyncssh.SSHKey:
        """As asyncssh's own, but for certificates, which it believes more easily than OpenSSH does."""
        key = certified_key(key_data)
        if key is None:
            return super().validate_server_host_key(key_data)
        if not self._judge.certifies(key, key_data):
            raise asyncssh.HostKeyNotVerifiable("the certificate is not to be believed")
        self._server_host_key = key
        return key

    def process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> bool | Awaitable[None]:
        """As asyncssh's own."""
        if pkttype in _NOTED:
            _note(self._heard, pkttype, packet.get_remaining_payload())
        return super().process_packet(pkttype, pktid, packet)

    def send_packet(self, pkttype: int, *args: bytes, handler: SSHPacketLogger | None = None) -> None:
        """As asyncssh's own, without the empty message that it sends ahead of each encrypted one.

        That one keeps a guessed plain text from being checked where a cipher's blocks are chained (CBC,
        RFC 4253 §9.3.1 and §11.2), and doubles the packets of a session where they are not.
        """
        if pkttype == _IGNORE and not f"{self.get_extra_info('send_cipher')}".endswith("-cbc"):
            return
        super().send_packet(pkttype, *args, handler=handler)

    def log_received_packet(
        self, pkttype: int, pktid: int | None, packet: bytes | SSHPacket, note: str = ""
    ) -> None:
        """Log no packets: to find out that nobody reads of them costs a twentieth of a session."""

    log_sent_packet = log_received_packet


class _Login(asyncssh.SSHClient):
    """Answers what asyncssh asks on behalf of the device."""

    def __init__(self, terms: Terms, begun: Callable[[float], None]) -> None:
        self._terms = terms
        self._heard = terms.heard
        self._begun = begun
        self._signer: Signer | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Admit a key that is known, not revoked, and long enough."""
        del host, addr, port
        return self._terms.judge.admits(key)

    def begin_auth(self, username: str) -> None:
        """Note that the key exchange is over.

        asyncssh asks first how the device lets anybody in (`none`), so that nothing goes to
        one that does not take it: a rejection and "not that way" would look the same.
        """
        del username
        self._heard.stage = Stage.AUTHENTICATE
        self._begun(self._terms.authentication_s)

    async def _may_send(self) -> bool:
        """Wait for the gate; the limit of the login begins anew behind it."""
        heard, terms = self._heard, self._terms
        self._begun(_AT_GATE_S)
        heard.is_held = not await terms.gate.enter(SecretUse.LOGIN)
        self._begun(terms.authentication_s)
        return not heard.is_held

    async def public_key_auth_requested(self) -> asyncssh.SSHKeyPair | None:
        """Show the one key of the credential, once: each that is shown may count as an attempt."""
        heard, key = self._heard, self._terms.user_key
        if heard.keys_shown or heard.is_held or key is None or not await self._may_send():
            return None
        heard.keys_shown += 1
        self._signer = Signer(key, self._terms.algorithms, self._unsigned)
        return self._signer.pair

    def _unsigned(self, why: str) -> None:
        self._heard.unsigned = why

    async def password_auth_requested(self) -> str | None:
        """Give the password, once."""
        heard = self._heard
        if heard.is_password_sent or heard.is_held or self._terms.password is None:
            return None
        if not await self._may_send():
            return None
        heard.passwords_sent += 1
        return self._terms.password

    def password_change_requested(self, prompt: str, lang: str) -> Any:
        """Change nothing."""
        del prompt, lang
        self._heard.asked = Question.NEW_PASSWORD
        return NotImplemented

    def kbdint_auth_requested(self) -> str | None:
        """Go that way only where the password was not judged already."""
        if self._heard.is_password_sent or self._heard.is_held or self._terms.password is None:
            return None
        return ""

    async def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        """Answer the one question for a password, once, and no other question."""
        del lang
        heard = self._heard
        if not prompts:
            return []
        if len(prompts) > 1:
            heard.asked, heard.questions = Question.OTHER, len(prompts)
            return None
        asked = question(prompts[0][0], before=f"{name} {instructions}")
        if asked is not Question.PASSWORD or heard.is_password_sent or self._terms.password is None:
            heard.asked = asked
            return None
        if not await self._may_send():
            return None
        heard.passwords_sent += 1
        return [self._terms.password]

    def auth_completed(self) -> None:
        """Note that we are in."""
        self._heard.stage = Stage.COLLECT
        self._terms.gate.answered(SecretUse.LOGIN)
        self._part_from_signer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the agent go, however the login ended."""
        del exc
        self._part_from_signer()

    def _part_from_signer(self) -> None:
        if self._signer is not None:
            self._signer.close()
            self._signer = None


def host_key_of(key: asyncssh.SSHKey) -> HostKey:
    """Return a key as our own values have it."""
    return HostKey(type=key.algorithm.decode(), blob=key.public_data)


def _note(heard: Heard, kind: int, payload: bytes) -> None:
    """Keep what a message says; one that cannot be read is for asyncssh to refuse."""
    packet = SSHPacket(payload)
    try:
        if kind == _DISCONNECT:
            packet.get_uint32()
            words = packet.get_string().decode(errors="replace")
            if not heard.is_password_sent:
                heard.farewell = words
        elif kind == _KEXINIT:
            packet.get_bytes(16)
            kex, host_key, _, cipher, _, mac = (_names(packet) for _ in range(6))
            heard.offered = (kex, host_key, cipher, mac)
        else:
            heard.methods, heard.is_partial = _names(packet), packet.get_boolean()
    except PacketDecodeError:
        pass


def _names(packet: SSHPacket) -> tuple[str, ...]:
    return tuple(name.decode(errors="replace") for name in packet.get_namelist())


def _facts(connection: asyncssh.SSHClientConnection, terms: Terms) -> SshFacts | None:
    """Return what was agreed on; cipher, integrity and version are those of the connection itself."""
    found = terms.agreed
    if found is None:
        return None
    cipher, mac, server = (
        intern(printable(f"{connection.get_extra_info(name, '')}", limit=_LONGEST_VERSION))
        for name in ("recv_cipher", "recv_mac", "server_version")
    )
    return replace(found, cipher=cipher, mac=mac, server=server)
