"""Listen for one device and speak SSH to whoever connects.

Uses asyncssh on sockets that are accepted here, so that a fault can act before the
first byte, and so that one options object serves many devices.

Source: ASA 9.22 CLI guide, Management Access (five sessions).  That the sixth connection is closed
before the SSH banner is not proven.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence

import asyncssh
from asyncssh.packet import SSHPacket, SSHPacketLogger

from mock_devices.faults import Fault, FaultAction, FaultTrigger
from mock_devices.misbehave import GARBAGE
from mock_devices.session import MockSession
from mock_devices.state import DeviceState

# One listener per device and no more waiting connections than a busy audit makes.
_BACKLOG = 64
# After the channel has closed a client hangs up by itself; this is for one that does not.
_FAREWELL_S = 0.5
_RESET = struct.pack("ii", 1, 0)
# RFC 4253, section 12.
_IGNORE = 2
_SERVICE_REQUEST = 5
_USERAUTH = b"ssh-userauth"


class Connection(asyncssh.SSHServer):
    """One SSH connection of one device: authentication, sessions."""

    def __init__(self, listener: Listener, number: int) -> None:
        self._listener = listener
        self.device = listener.device
        self.number = number
        self.username = ""
        self.peer = ""
        self._conn: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Keep the connection."""
        self._conn = conn
        self.peer = str(conn.get_extra_info("peername", ("", 0))[0])

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the place of this session."""
        del exc
        self._conn = None
        self._listener.connections.discard(self)

    def begin_auth(self, username: str) -> bool:
        """Always ask; show the pre-login banner first."""
        self.username = username
        banner = self.device.spec.login.ssh_banner
        if banner and self._conn is not None:
            self._conn.send_auth_banner(banner.replace("\n", "\r\n") + "\r\n")
        return True

    def public_key_auth_supported(self) -> bool:
        """Whether `publickey` is offered."""
        login = self.device.spec.login
        return bool(login.public_keys or login.user_authorities) or self.device.spec.ssh.auth == "publickey"

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Check a plain key: asked before it has signed, and once it has."""
        login = self.device.spec.login
        return self._is_shown(username, key, login.public_keys)

    def validate_ca_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Check the authority of a certificate; what it says of itself is asyncssh's to check."""
        return self._is_shown(username, key, self.device.spec.login.user_authorities)

    def _is_shown(self, username: str, key: asyncssh.SSHKey, known: Sequence[str]) -> bool:
        self.device.keys_shown.append(key.get_fingerprint())
        shown = " ".join(key.export_public_key().decode().split()[:2])
        return username == self.device.spec.login.username and shown in {
            " ".join(line.split()[:2]) for line in known
        }

    def password_auth_supported(self) -> bool:
        """Whether `password` is offered."""
        return self.device.spec.ssh.auth in {"password", "both"}

    def kbdint_auth_supported(self) -> bool:
        """Whether `keyboard-interactive` is offered."""
        return self.device.spec.ssh.auth in {"keyboard-interactive", "both"}

    async def validate_password(self, username: str, password: str) -> bool:
        """Check a password; one that has expired must be changed."""
        self.device.password_tries += 1
        is_right = await self._is_right(username, password)
        if is_right and self.device.spec.login.asks == "expired":
            raise asyncssh.PasswordChangeRequired("Your password has expired.")
        return is_right

    async def _is_right(self, username: str, password: str) -> bool:
        """Judge a password, unless a fault has other ideas."""
        if self.device.spec.latency.auth_s:
            await asyncio.sleep(self.device.spec.latency.auth_s)
        fault = self.device.faults.fire(FaultTrigger.AUTH)
        if fault is not None and fault.action is not FaultAction.FREEZE_AFTER_AUTH:
            if fault.delay_s:
                await asyncio.sleep(fault.delay_s)
            if fault.action in {FaultAction.REJECT_PASSWORD, FaultAction.ERROR}:
                return False
            if fault.action in {FaultAction.DROP, FaultAction.GARBAGE, FaultAction.DROP_AFTER}:
                self._hang_up(fault.text)
                return False
            if fault.action is not FaultAction.SLOW:
                await asyncio.Event().wait()
        self._frozen = fault is not None and fault.action is FaultAction.FREEZE_AFTER_AUTH
        login = self.device.spec.login
        return username == login.username and password == login.password

    _frozen = False

    def get_kbdint_challenge(
        self, username: str, lang: str, submethods: str
    ) -> tuple[str, str, str, list[tuple[str, bool]]]:
        """Ask for the password in one prompt, or for what the scenario says."""
        del username, lang, submethods
        questions = {
            "upper": ["PASSWORD: "],
            "passcode": ["Enter PASSCODE: "],
            "new-password": ["New password: "],
            "two": ["Password: ", "Token: "],
        }
        asked = questions.get(self.device.spec.login.asks, ["Password: "])
        return "", "", "", [(text, False) for text in asked]

    async def validate_kbdint_response(
        self, username: str, responses: Sequence[str]
    ) -> bool | tuple[str, str, str, list[tuple[str, bool]]]:
        """Check the one answer; some servers ask again, or for a new password."""
        self.device.password_tries += len(responses)
        is_right = len(responses) == 1 and await self._is_right(username, responses[0])
        asks = self.device.spec.login.asks
        if is_right and asks == "expired":
            return "", "Your password has expired.", "", [("New password: ", False)]
        if not is_right and asks == "again":
            return "", "", "", [("Password: ", False)]
        return is_right

    async def session_requested(self) -> MockSession | bool:
        """Give a session; a frozen device never confirms the channel."""
        if self._frozen:
            await asyncio.Event().wait()
        return MockSession(self)

    def _hang_up(self, words: str | None) -> None:
        """Close in the middle of a login, with a word of farewell or without."""
        if words is None or self._conn is None:
            self.abort()
        else:
            self._conn.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, words)

    def abort(self) -> None:
        """Cut the TCP connection without a word."""
        if self._conn is not None:
            self._conn.abort()

    def finish(self, *, restart: bool) -> None:
        """End the connection after a log-off or a reload."""
        if restart:
            self._listener.restart(self.device)
        else:
            # A disconnect at once would make OpenSSH throw away the output that it has not shown yet.
            asyncio.get_running_loop().call_later(_FAREWELL_S, self._close)

    def _close(self) -> None:
        if self._conn is not None:
            self._conn.close()


class Listener:
    """The port of one device."""

    def __init__(
        self,
        device: DeviceState,
        options_of: Callable[[DeviceState], asyncssh.SSHServerConnectionOptions],
        host: str,
    ) -> None:
        self._unit = device
        self._first_role = device.role
        self.host = host
        self.port = 0
        self.connections: set[Connection] = set()
        self._options_of = options_of
        self._sock: socket.socket | None = None
        self._held: set[socket.socket] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.greeted = 0
        self._loop = asyncio.get_running_loop()
        self._open = False

        device.on_switch.append(self._moved)

    @property
    def device(self) -> DeviceState:
        """Who answers here now: of a pair whose addresses follow the roles, the unit with that role."""
        unit = self._unit
        if self._follows and unit.mate is not None and unit.role != self._first_role:
            return unit.mate
        return unit

    @property
    def _follows(self) -> bool:
        failover = self._unit.spec.failover
        return failover is not None and failover.address_follows

    def _moved(self) -> None:
        if self._follows:
            # Sessions are not replicated: the other unit knows nothing of them.  Soon, not now:
            # the line during which the role changed may still be at work.
            self._loop.call_soon(self.cut)

    def replace(self, device: DeviceState) -> None:
        """Put another box here; sessions with the old one are gone."""
        self._unit.on_switch.remove(self._moved)
        self._unit, self._first_role = device, device.role
        device.on_switch.append(self._moved)
        self._loop.call_soon(self.cut)

    def bind(self, port: int) -> None:
        """Take the port; `refuse` keeps it bound without listening, so that connecting is refused."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((self.host, port))
        except OSError:
            sock.close()
            raise
        self._sock = sock
        self.port = sock.getsockname()[1]
        self.refresh()

    def refresh(self) -> None:
        """Listen, or stop listening, as the faults of the moment say."""
        sock = self._sock
        if sock is None:
            return
        wanted = not self.device.faults.refuses_always()
        if wanted and not self._open:
            sock.listen(_BACKLOG)
            self._loop.add_reader(sock.fileno(), self._accept)
            self._open = True
        elif self._open and not wanted:
            port = self.port
            self._shut()
            self.bind(port)

    def _shut(self) -> None:
        if self._sock is not None:
            if self._open:
                self._loop.remove_reader(self._sock.fileno())
            self._sock.close()
        self._sock, self._open = None, False

    def close(self) -> None:
        """Close the port and every connection."""
        self._shut()
        self.cut()
        for sock in self._held:
            sock.close()
        self._held.clear()
        for task in self._tasks:
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait until nothing of this port is left running."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Drop every connection."""
        for connection in list(self.connections):
            connection.abort()

    def restart(self, device: DeviceState) -> None:
        """Reload a device: sessions are gone, unsaved changes too."""
        device.restart()
        # The last lines of the reload still leave before the connections are cut.
        self._loop.call_later(0.05, self.cut)

    def _accept(self) -> None:
        sock = self._sock
        while sock is not None and self._open:
            try:
                accepted, _ = sock.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                return
            accepted.setblocking(False)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = self._loop.create_task(self._greet(accepted))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _greet(self, sock: socket.socket) -> None:
        for stage in (FaultTrigger.CONNECT, FaultTrigger.BANNER):
            fault = self.device.faults.fire(stage)
            if fault is not None and await self._spoil(sock, fault, stage):
                return
        if len(self.connections) >= self.device.spec.ssh.max_sessions:
            sock.close()
            return
        self.greeted += 1
        connection = Connection(self, self.greeted)
        self.connections.add(connection)
        options = self._options_of(self.device)
        rtt_s = self.device.spec.latency.rtt_s
        # On loopback the client was connected at once; its SYN and then our banner each take a round trip.
        await asyncio.sleep(2 * rtt_s)
        try:
            await self._loop.connect_accepted_socket(
                lambda: _ServerConnection(self._loop, options, connection, rtt_s), sock
            )
        except OSError:
            self.connections.discard(connection)
            sock.close()

    async def _spoil(self, sock: socket.socket, fault: Fault, stage: FaultTrigger) -> bool:
        """Act before SSH starts; False where SSH should start after all."""
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if stage is FaultTrigger.BANNER and fault.action is not FaultAction.SLOW:
            await self._send(sock, f"SSH-2.0-{self.device.spec.ssh.version}\r\n".encode())
        match fault.action:
            case FaultAction.SLOW:
                return False
            case FaultAction.REFUSE:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                sock.close()
            case FaultAction.BLACK_HOLE | FaultAction.HANG | FaultAction.NO_PROMPT:
                self._held.add(sock)
            case FaultAction.GARBAGE:
                # Latin-1, so that a scenario can say any byte: telnet begins with 255.
                await self._send(sock, (fault.text or "").encode("latin-1") or GARBAGE)
                self._held.add(sock)
            case FaultAction.ENDLESS:
                with contextlib.suppress(OSError):
                    while True:
                        await self._loop.sock_sendall(sock, b"Please wait.\r\n" * 50)
                        await asyncio.sleep(0.005)
                sock.close()
            case _:
                if fault.text is not None:
                    await self._send(sock, fault.text.encode("latin-1"))
                sock.close()
        return True

    async def _send(self, sock: socket.socket, data: bytes) -> None:
        with contextlib.suppress(OSError):
            await self._loop.sock_sendall(sock, data)


class _ServerConnection(asyncssh.SSHServerConnection):
    """An SSH connection whose server object is already known.

    What it receives counts only a round trip later, whatever it is: key exchange, login, typing.
    It also takes a second request for the authentication service, as OpenSSH does: paramiko
    sends one with every method it tries, and asyncssh alone would hang up on it.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: asyncssh.SSHServerConnectionOptions,
        server: Connection,
        rtt_s: float,
    ) -> None:
        super().__init__(loop, options)
        self._protocol_factory = lambda: server
        self._device = server.device
        self._rtt_s = rtt_s
        self._is_greeted = False
        self._under_way: deque[bytes] = deque()

    def data_received(self, data: bytes, datatype: int | None = None) -> None:
        """Take bytes of the client."""
        del datatype
        # A client's version comes as soon as it is connected: it was under way while `_greet` waited.
        is_version, self._is_greeted = not self._is_greeted, True
        if is_version or not self._rtt_s:
            super().data_received(data)
            return
        # The queue keeps the order, which timers of the same instant do not.
        self._under_way.append(data)
        self._loop.call_later(self._rtt_s, self._arrived)

    def _arrived(self) -> None:
        data = self._under_way.popleft()
        if self._transport is not None:
            super().data_received(data)

    def send_packet(self, pkttype: int, *args: bytes, handler: SSHPacketLogger | None = None) -> None:
        """As asyncssh's own, without its empty message ahead of each encrypted one: no firewall sends it."""
        if pkttype != _IGNORE:
            super().send_packet(pkttype, *args, handler=handler)

    def log_received_packet(
        self, pkttype: int, pktid: int | None, packet: bytes | SSHPacket, note: str = ""
    ) -> None:
        """Log no packets; nobody reads of them."""

    log_sent_packet = log_received_packet

    def send_newkeys(self, k: bytes, h: bytes) -> None:
        """As asyncssh's own; it forgets the name of the key exchange here."""
        kex, pair = self._kex, self.get_server_host_key()
        super().send_newkeys(k, h)
        if kex is not None and pair is not None:
            cipher, mac = (str(self.get_extra_info(name)) for name in ("send_cipher", "send_mac"))
            self._device.agreed.append((kex.algorithm.decode(), pair.sig_algorithm.decode(), cipher, mac))

    def _service_requested(self, kind: int, number: int, packet: SSHPacket) -> None:
        if self._auth_in_progress and not self._auth_complete:
            self._next_service = _USERAUTH
        self._process_service_request(kind, number, packet)

    _packet_handlers = {  # noqa: RUF012 - the shape asyncssh gives it
        **asyncssh.SSHServerConnection._packet_handlers,
        _SERVICE_REQUEST: _service_requested,
    }
