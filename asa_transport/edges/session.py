"""Log in to an ASA and read from it: the only file that knows netmiko.

Guarantees: nothing leaves the machine that `is_read_only` does not admit, the
enable password aside; the host key is known and unchanged before a password is
sent; every answer stands between the echo of its command and a prompt of the
same device; each part has its own limit, and the leash closes the socket from
outside where a library would wait on.

Never enters configuration mode (netmiko's own preparation types `configure
terminal` and `terminal width 511` at every login, DOMAIN §9.1), never sends blank
lines to look for a prompt, never retries a rejected password.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

import paramiko
import tenacity
from netmiko.cisco.cisco_asa_ssh import CiscoAsaSSH
from paramiko.ssh_exception import BadHostKeyException, IncompatiblePeer
from paramiko.transport import ServiceRequestingTransport

from asa_transport import terminal
from asa_transport.capabilities import Dial, Leash, Link, is_read_only
from asa_transport.errors import (
    AuthenticationError,
    CollectError,
    ConnectError,
    DeviceError,
    EnableError,
    ForbiddenCommand,
    HostKeyError,
)
from asa_transport.model import CommandOutput, Credential, Device, HostKeys, Limits, Stage
from asa_transport.reader import Reader
from asa_transport.terminal import Prompt, printable, quoted

# A prompt without its trailing blank may be a line of a banner that is still coming:
# wait this long for more.  ASA prints the blank (DOMAIN §9.3), so real devices do not pay.
_SETTLE_S = 0.3
# paramiko re-raises whatever its reading thread met in a hostile or broken stream.
_PARAMIKO_RAISES = (
    paramiko.SSHException,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    struct.error,
)


def open_session(
    device: Device,
    *,
    credential: Credential,
    host_keys: HostKeys,
    limits: Limits,
    leash: Leash,
    dial: Dial,
    probe: bool = False,
) -> AsaSession:
    """Connect, log in, reach privileged mode, turn the pager off.

    Only the connection is tried again (`limits.attempts` times in all, 0.5 s doubling
    to 4 s apart with up to 1 s of jitter, within the leash), and only after a fault
    that may pass: no answer, a reset, a refusal, a stream that ends before the key exchange.

    Raises:
        DeviceError: As `capabilities.OpenSession`.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(
            lambda error: isinstance(error, ConnectError) and error.is_transient and leash.remaining_s() > 0
        ),
        stop=tenacity.stop_after_attempt(limits.attempts),
        wait=tenacity.wait_exponential_jitter(initial=0.5, max=4, jitter=1),
        sleep=leash.sleep,
        reraise=True,
    )
    connection = retrying(
        _connect, device, credential, host_keys=host_keys, limits=limits, leash=leash, dial=dial
    )
    session = AsaSession(
        device, connection, Reader(device, connection.shell, limits=limits, leash=leash), probe
    )
    try:
        session.prepare(credential)
    except BaseException:
        session.close()
        raise
    return session


class AsaSession:
    """A privileged, read-only session; implements `capabilities.Session`."""

    def __init__(self, device: Device, connection: _Connection, reader: Reader, probe: bool) -> None:
        self._device = device
        self._connection = connection
        self._reader = reader
        self._probe = probe
        self._prompt: Prompt | None = None
        self._is_proven = False

    @property
    def prompt(self) -> str:
        """The last prompt seen, e.g. ``fw-par-01/pri/act#``; empty before the first."""
        return self._prompt.text if self._prompt else ""

    def prepare(self, credential: Credential) -> None:
        """Find the first prompt, enter privileged mode, turn the pager off."""
        self._first_prompt()
        if self.prompt.endswith(">"):
            self._enable(credential)
        self.run("terminal pager 0")
        if self.prompt.endswith(">"):
            # What looked like a privileged prompt was a line of a banner.
            self._enable(credential)
            self.run("terminal pager 0")

    def run(self, command: str) -> CommandOutput:
        """Send one allow-listed line and return what came back; errors as `capabilities.Session.run`."""
        started_at = datetime.now(UTC)
        began = time.monotonic()
        self._send(command)
        raw = self._reader.until(lambda text: terminal.prompt_at_end(text) is not None, repr(command))
        answer = terminal.answer_to(command, raw)
        # Until a prompt is proven, the rest of a banner may stand ahead of the first echo.
        if answer is None or (self._is_proven and not all(map(terminal.is_chatter, answer.before))):
            self._lost_place(command, raw)
        self._follow(command, raw)
        return CommandOutput(
            command=command,
            text=answer.text,
            prompt=self.prompt,
            started_at=started_at,
            duration_s=time.monotonic() - began,
        )

    def close(self) -> None:
        """Log out and close; never raises, never waits for the device."""
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._connection.shell.sendall(b"exit\n")
        self._connection.disconnect()

    def _send(self, command: str) -> None:
        if not is_read_only(command, probe=self._probe):
            raise ForbiddenCommand(
                f"{self._device.name}: {command!r} may not be sent by an audit (CONTRACT §8)"
            )
        self._reader.write(command)

    def _first_prompt(self) -> None:
        did = "waiting for the first prompt"
        raw = self._reader.until(lambda text: terminal.prompt_at_end(text) is not None, did)
        prompt = terminal.prompt_at_end(raw)
        while prompt is None or not prompt.is_certain:
            more = self._reader.more(_SETTLE_S)
            if more == "" and prompt is not None:
                break
            raw += more or self._reader.until(lambda text: terminal.prompt_at_end(text) is not None, did)
            prompt = terminal.prompt_at_end(raw)
        self._prompt = prompt

    def _enable(self, credential: Credential) -> None:
        def is_over(text: str) -> bool:
            return terminal.asks_password(text) or terminal.prompt_at_end(text) is not None

        self._send("enable")
        raw = self._reader.until(is_over, "'enable'", EnableError)
        if terminal.asks_password(raw):
            if credential.enable is None:
                raise EnableError(
                    self._device.name,
                    did="'enable'",
                    saw="asked for a password, and the inventory gives none",
                    hint=f"add `enable:` to the credential {self._device.credential!r}, "
                    "or let the login land at '#' (`aaa authorization exec LOCAL auto-enable`)",
                )
            self._reader.write(credential.enable.reveal())
            raw = self._reader.until(is_over, "sending the enable password", EnableError)
        prompt = terminal.prompt_at_end(raw)
        if prompt is None or not prompt.is_privileged:
            raise EnableError(
                self._device.name,
                did="'enable'",
                saw="the enable password was rejected" if prompt is None else f"still at {prompt.text!r}",
                hint=f"check the `enable` source of the credential {self._device.credential!r}; "
                "it was tried once and is not tried again",
            )
        self._prompt, self._is_proven = prompt, True

    def _follow(self, command: str, raw: str) -> None:
        prompt = terminal.prompt_at_end(raw)
        if prompt is None or (self._is_proven and self._prompt and not prompt.is_same_device(self._prompt)):
            self._lost_place(command, raw)
        self._prompt, self._is_proven = prompt, True

    def _lost_place(self, command: str, raw: str) -> NoReturn:
        raise CollectError(
            self._device.name,
            did=repr(command),
            saw=f"its echo and then a prompt of this device were expected, {quoted(raw[-160:])} came",
            hint=f"audit it again; if it repeats, see 'asa-transport audit -l {self._device.name} -v'",
        )


# --------------------------------------------------------------------------- the connection


class _UnknownHostKey(paramiko.SSHException):
    def __init__(self, key: paramiko.PKey) -> None:
        self.key = key
        super().__init__("host key not known")


class _Strict(paramiko.MissingHostKeyPolicy):
    """Never learns a key (netmiko's default adds unknown ones silently, PEERS T3)."""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> NoReturn:
        del client, hostname
        raise _UnknownHostKey(key)


class _Transport(ServiceRequestingTransport):
    """paramiko's transport, offering the password once, by the method that the device takes.

    The plain Transport asks for the authentication service anew with each method, which
    some servers take for an attack; and it reports a password that was rejected by
    keyboard-interactive as "bad authentication type".
    """

    def auth_password(self, username: str, password: str, *_: object, **__: object) -> list[str]:
        """Try `password`; only where the device does not offer it, `keyboard-interactive`."""

        unsaid = [password]

        def answer(title: str, instructions: str, fields: list[tuple[str, bool]]) -> list[str]:
            del title, instructions
            if not fields:
                return []
            # The one question for a password is answered once: asked again, it was rejected;
            # anything else (a token, a new password) is a person's matter.
            if len(fields) > 1 or "assword" not in fields[0][0] or not unsaid:
                raise paramiko.AuthenticationException(f"asked {printable(fields[0][0])!r}")
            return [unsaid.pop()]

        try:
            return list(super().auth_password(username, password, fallback=False))
        except paramiko.BadAuthenticationType as error:
            if "keyboard-interactive" not in error.allowed_types:
                raise
        return list(self.auth_interactive(username, answer))


class _Connection(CiscoAsaSSH):
    """netmiko's ASA connection without its preparation, which writes configuration."""

    def __init__(self, host_keys: HostKeys, **kwargs: Any) -> None:
        self._known = host_keys
        self._transport: _Transport | None = None
        super().__init__(auto_connect=False, allow_auto_change=False, ssh_strict=True, **kwargs)
        self.key_policy = _Strict()

    @property
    def shell(self) -> paramiko.Channel:
        """The open terminal."""
        if not isinstance(self.remote_conn, paramiko.Channel):
            raise OSError("the session is closed")
        return self.remote_conn

    def session_preparation(self) -> None:
        """Do nothing: `AsaSession.prepare` does it, without a line that an audit may not send."""

    def cleanup(self, command: str = "") -> None:
        """Do nothing: netmiko's version looks for configuration mode, and waits."""

    def _build_ssh_client(self) -> paramiko.SSHClient:
        client = super()._build_ssh_client()
        name = self.host if self.port == 22 else f"[{self.host}]:{self.port}"
        for known in self._known.accepted:
            # A key of a type that paramiko no longer takes (ssh-dss) cannot be met either.
            with contextlib.suppress(paramiko.SSHException, ValueError, paramiko.pkey.UnknownKeyType):
                client.get_host_keys().add(
                    name, known.type, paramiko.PKey.from_type_string(known.type, known.blob)
                )
        return client

    def _connect_params_dict(self) -> dict[str, Any]:
        given = super()._connect_params_dict()
        return {**given, "channel_timeout": self.auth_timeout, "transport_factory": self._make_transport}

    def _make_transport(self, sock: socket.socket, **kwargs: Any) -> paramiko.Transport:
        self._transport = _Transport(sock, **kwargs)
        return self._transport

    @property
    def stage(self) -> Stage:
        """How far the connection came; asked before `disconnect`."""
        # netmiko drops its client when connecting fails, and keeps it when the terminal does.
        if self.remote_conn_pre is not None:
            return Stage.COLLECT
        if self._transport is not None and self._transport.auth_handler is not None:
            return Stage.AUTHENTICATE
        return Stage.CONNECT


def _connect(
    device: Device,
    credential: Credential,
    *,
    host_keys: HostKeys,
    limits: Limits,
    leash: Leash,
    dial: Dial,
) -> _Connection:
    link = dial(device, min(limits.tcp_s, max(leash.remaining_s(), 0.001)))
    leash.hold(lambda: _cut(link.sock))
    connection = _Connection(
        host_keys,
        host=device.host,
        port=device.port,
        device_type="cisco_asa",
        username=device.username,
        password=credential.password.reveal(),
        sock=link.sock,
        conn_timeout=limits.handshake_s,
        banner_timeout=limits.handshake_s,
        auth_timeout=limits.authentication_s,
    )
    try:
        connection.establish_connection()
    except _PARAMIKO_RAISES as error:
        stage = connection.stage
        connection.disconnect()
        _cut(link.sock)
        link.sock.close()
        # netmiko words errors for a person at a terminal; paramiko's own is the context.
        cause = error.__context__ if isinstance(error.__context__, Exception) else error
        raise _translated(_Fault(device, cause, stage, limits, leash, link), host_keys) from cause
    return connection


def _cut(sock: socket.socket) -> None:
    """Close from outside: wakes every read, in any thread."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


# --------------------------------------------------------------------------- what went wrong


@dataclass(frozen=True, slots=True)
class _Fault:
    device: Device
    error: Exception
    stage: Stage
    limits: Limits
    leash: Leash
    link: Link

    def saw(self, limit_s: float, timed_out: bool) -> str:
        """Say what was seen: the person's stop, the limit that was reached, or paramiko's words."""
        if self.leash.is_stopped():
            return "the run was stopped"
        if self.leash.remaining_s() <= 0:
            return f"no answer within the device limit of {self.limits.device_s:g} s"
        # paramiko rewords what its thread met, and keeps it as the context.
        met = (self.error, self.error.__context__)
        if timed_out or any(isinstance(error, TimeoutError) for error in met):
            return f"no answer within {limit_s:g} s"
        if any(isinstance(error, EOFError) for error in met) or "EOF" in f"{self.error}":
            return "the device closed the connection"
        return printable(f"{self.error}") or type(self.error).__name__


def _translated(fault: _Fault, host_keys: HostKeys) -> DeviceError:
    """Name the stage, what was seen and what to do, from what paramiko raised."""
    device, error, text = fault.device, fault.error, f"{fault.error}"
    if isinstance(error, BadHostKeyException | _UnknownHostKey):
        return _host_key_error(device, error.key, host_keys)
    if fault.stage is Stage.COLLECT:
        return CollectError(
            device.name,
            did="opening a terminal",
            saw=fault.saw(fault.limits.authentication_s, "Timeout" in text),
            hint="the device may be out of SSH sessions (`show ssh sessions`); audit it again",
        )
    if fault.stage is Stage.AUTHENTICATE:
        return _authentication_error(fault)
    if isinstance(error, IncompatiblePeer):
        return ConnectError(
            device.name,
            did="agreeing on SSH algorithms",
            saw=printable(text),
            hint="the device may offer only SHA-1 algorithms, which paramiko 5 removed: enable better "
            "ones there (`ssh key-exchange group`), or install asa-transport[legacy-ssh]",
        )
    return ConnectError(
        device.name,
        did=f"SSH handshake with {device.host} port {device.port}",
        saw=" - ".join(
            filter(
                None,
                (fault.saw(fault.limits.handshake_s, "No existing session" in text), fault.link.last_words()),
            )
        ),
        hint="is it an SSH server? is it out of sessions, or is this address not in its `ssh` access list?",
        is_transient=True,
    )


def _authentication_error(fault: _Fault) -> AuthenticationError:
    device, text = fault.device, f"{fault.error}"
    if type(fault.error) is paramiko.AuthenticationException and text == "Authentication failed.":
        saw, hint = "rejected", "the password is not tried again, so that no account is locked"
    elif isinstance(fault.error, paramiko.BadAuthenticationType):
        saw = f"the device takes only {', '.join(fault.error.allowed_types)}"
        hint = "allow password or keyboard-interactive authentication there"
    else:
        saw = fault.saw(fault.limits.authentication_s, "timeout" in text.lower())
        hint = "is its AAA server reachable? the password is not tried again"
    return AuthenticationError(
        device.name,
        did=f"logging in as {device.username!r} with the credential {device.credential!r}",
        saw=saw,
        hint=hint,
    )


def _host_key_error(device: Device, key: paramiko.PKey, host_keys: HostKeys) -> HostKeyError:
    fingerprint = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    shown = f"{key.get_name()} SHA256:{fingerprint}"
    if any(revoked.blob == key.asbytes() for revoked in host_keys.revoked):
        saw, hint = (
            f"{shown}, which {device.known_hosts} marks as revoked",
            "do not log in; ask who revoked it",
        )
    elif host_keys.accepted:
        saw = f"{shown}, but {device.known_hosts} holds another key"
        hint = (
            "no password was sent; find out why it changed (replaced unit? other device?) before you enrol it"
        )
    else:
        saw = f"{shown}, and {device.known_hosts} has no key for it"
        hint = "no password was sent; compare the fingerprint on its console, then enrol it in known_hosts"
    return HostKeyError(
        device.name, did=f"checking the host key of {device.host} port {device.port}", saw=saw, hint=hint
    )
