"""Jump hosts for tests: one of asyncssh with faults, and Debian's own `sshd`; both on loopback only.

Either has a `ssh_config` in which it is the Host `bastion`, and counts who connects to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh
import yaml
from asyncssh.packet import String, UInt32

from mock_devices import MockFleet
from tests.processes import LIMIT_S, all_end, descendants
from tests.support import QUICK

SSHD = Path("/usr/sbin/sshd")
_READY = re.compile(r"Server listening on 127\.0\.0\.1 port")
_CONNECTION = re.compile(r"^Connection from ", re.MULTILINE)


def host_block(names: str, port: int, user: str, identity: Path, known: Path, *more: str) -> str:
    """Return the lines of a Host of ssh's configuration that is strict and uses one key and no agent."""
    lines = (
        f"Host {names}", "HostName 127.0.0.1", f"Port {port}", f"User {user}", f"IdentityFile {identity}",
        "IdentitiesOnly yes", "IdentityAgent none", f"UserKnownHostsFile {known}",
        "GlobalKnownHostsFile /dev/null", "StrictHostKeyChecking yes", *more,
    )  # fmt: skip
    return "\n ".join(lines) + "\n"


def behind(
    ssh_config: Path, fleet: MockFleet, directory: Path, named: str = "bastion"
) -> tuple[str | Path, ...]:
    """Write the fleet's files; return the options of a command whose devices `fw-far…` stand behind it."""
    files = fleet.write(directory)
    inventory = yaml.safe_load(files.inventory.read_text())
    for name, entry in inventory["devices"].items():
        if name.startswith("fw-far"):
            entry["jump"] = named
    files.inventory.write_text(yaml.safe_dump(inventory))
    return "-i", files.inventory, "--ssh-config", ssh_config


def audit_of(
    ssh_config: Path, fleet: MockFleet, directory: Path, named: str = "bastion"
) -> tuple[str | Path, ...]:
    """Return the words of an audit of such a fleet."""
    options = behind(ssh_config, fleet, directory, named)
    return "audit", *options, "--format=json", "--state-dir", directory / "state", *QUICK


class JumpHost:
    """An SSH server of asyncssh on loopback that forwards to 127.0.0.1 and does nothing else."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = 0
        self.forwarded: list[tuple[str, int]] = []
        self.connections = 0
        self.open: list[asyncssh.SSHServerConnection] = []
        self.ended = threading.Condition()
        self.is_forwarding = True
        self.is_cutting = False
        self.ssh_config = directory / "ssh_config"
        self.known = directory / "jump_known_hosts"
        self.identity = directory / "identity"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="jump-host", daemon=True)

    def start(
        self,
        *,
        lets_in: bool,
        host_key: asyncssh.SSHKey | tuple[asyncssh.SSHKey, asyncssh.SSHCertificate] | None = None,
        trusted: asyncssh.SSHAuthorizedKeys | None = None,
    ) -> None:
        self._thread.start()
        ours, other = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
        host = host_key or asyncssh.generate_private_key("ssh-ed25519")
        plain = host[0] if isinstance(host, tuple) else host
        if trusted is None:
            known = ours if lets_in else other
            trusted = asyncssh.import_authorized_keys(known.export_public_key().decode())

        async def listen() -> asyncssh.SSHAcceptor:
            return await asyncssh.listen(
                "127.0.0.1", 0, server_factory=lambda: _Forwarder(self), server_host_keys=[host],
                authorized_client_keys=trusted, password_auth=False, kbdint_auth=False,
            )  # fmt: skip

        self._server = asyncio.run_coroutine_threadsafe(listen(), self._loop).result(LIMIT_S)
        self.port = self._server.get_port()
        self.identity.touch(mode=0o600)
        ours.write_private_key(self.identity)
        self.known.write_text(f"[127.0.0.1]:{self.port} {plain.export_public_key().decode()}")
        self.ssh_config.write_text(self.block("bastion 127.0.0.1"))

    def block(self, names: str, *more: str) -> str:
        """Return its Host in ssh's configuration."""
        return host_block(names, self.port, "jumper", self.identity, self.known, *more)

    def is_left(self) -> bool:
        """Wait until nobody is connected; False where somebody is still after the limit."""
        with self.ended:
            return self.ended.wait_for(lambda: not self.open, LIMIT_S)

    def drop(self) -> None:
        """Cut every connection, without a word."""
        self._each(lambda one: one.abort())

    def close_for(self, words: str) -> None:
        """End every connection with these words, and let the other side hang up.

        asyncssh's own `disconnect` closes the channels first, and the socket before the answer to that: a
        client whose answer fails may never read the words.
        """
        self._each(lambda one: one.send_packet(1, UInt32(11), String(words), String("")))

    def _each(self, action: Callable[[asyncssh.SSHServerConnection], None]) -> None:
        async def done() -> None:
            for one in tuple(self.open):
                action(one)

        asyncio.run_coroutine_threadsafe(done(), self._loop).result(LIMIT_S)

    def stop(self) -> None:
        async def close() -> None:
            self._server.close()
            await self._server.wait_closed()
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(LIMIT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT_S)
        self._loop.close()


class _Forwarder(asyncssh.SSHServer):
    def __init__(self, host: JumpHost) -> None:
        self._host = host

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._host.connections += 1
        self._host.open.append(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        with self._host.ended:
            self._host.open.remove(self._connection)
            self._host.ended.notify_all()

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        """Allow a forwarding to loopback, and keep it for the test to see."""
        del orig_host, orig_port
        self._host.forwarded.append((dest_host, dest_port))
        if self._host.is_cutting:
            self._connection.abort()
        return self._host.is_forwarding and dest_host == "127.0.0.1"


@contextmanager
def jump_host(
    directory: Path,
    *,
    lets_in: bool = True,
    host_key: asyncssh.SSHKey | None = None,
    trusted: asyncssh.SSHAuthorizedKeys | None = None,
) -> Iterator[JumpHost]:
    """Serve one."""
    directory.mkdir()
    host = JumpHost(directory)
    host.start(lets_in=lets_in, host_key=host_key, trusted=trusted)
    try:
        yield host
    finally:
        host.stop()


class OpenSsh:
    """Debian's own `sshd`, unprivileged, on loopback.  One started by root runs as nobody: so can it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.user = "nobody" if os.geteuid() == 0 else getpass.getuser()
        self._held = _held_port()
        self.port: int = self._held.getsockname()[1]
        self.log: list[str] = []
        self.ssh_config = directory / "ssh_config"
        self.known = directory / "known"
        self.identity = directory / "identity"
        self.host_key = directory / "host_key"
        self.authorized = directory / "authorized"

    def start(self, *settings: str) -> None:
        """Make keys, where there are none, and listen."""
        for path in (self.host_key, self.identity):
            if not path.exists():
                _ssh_keygen("-t", "ed25519", "-N", "", "-f", path)
        if not self.authorized.exists():
            self.authorized.write_text(self.identity.with_suffix(".pub").read_text())
        self.enrol()
        self.ssh_config.write_text(self.block("bastion"))
        config = self.directory / "sshd_config"
        config.write_text(
            "\n".join(
                (
                    *settings, f"Port {self.port}", "ListenAddress 127.0.0.1", f"HostKey {self.host_key}",
                    f"AuthorizedKeysFile {self.authorized}", "PidFile none", "StrictModes no",
                    # Without it an account that has no password is a locked one.
                    "UsePAM yes", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
                    "LogLevel VERBOSE", "UseDNS no",
                )
            )
        )  # fmt: skip
        account = pwd.getpwnam(self.user)
        given: dict[str, Any] = {}
        if os.geteuid() == 0:
            for path in (self.directory, *self.directory.iterdir()):
                os.chown(path, account.pw_uid, account.pw_gid)
            given = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self._process = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", config],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            **given,
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.log.append(line)
            if _READY.match(line):
                break
        else:
            raise AssertionError(f"sshd does not start: {''.join(self.log)}")
        self._reader = threading.Thread(target=self._read, name="sshd-log", daemon=True)
        self._reader.start()

    def enrol(self) -> None:
        """Write its key into the file of keys that are known."""
        key = self.host_key.with_suffix(".pub").read_text()
        self.known.write_text(f"[127.0.0.1]:{self.port} {key}")

    def block(self, names: str, *more: str) -> str:
        """Return its Host in ssh's configuration."""
        return host_block(names, self.port, self.user, self.identity, self.known, *more)

    def sessions(self) -> list[int]:
        """Return its processes but the one that listens: those of connections."""
        return descendants(self._process.pid)

    @property
    def connections(self) -> int:
        """How many TCP connections were made to it."""
        return len(_CONNECTION.findall("".join(self.log)))

    def kill_sessions(self) -> None:
        """Kill every connection's process; it goes on to listen."""
        self._signal(self.sessions(), signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it and all of its processes, as a machine that hangs: TCP stands, and nobody answers."""
        self._signal([self._process.pid, *self.sessions()], signal.SIGSTOP)

    def thaw(self) -> None:
        """Let all of them go on."""
        self._signal([self._process.pid, *self.sessions()], signal.SIGCONT)

    def stop(self) -> None:
        """End it, and whatever is left of it."""
        rest = [self._process.pid, *self.sessions()]
        self._signal(rest, signal.SIGKILL)
        self._process.wait(LIMIT_S)
        assert all_end(rest)
        self._reader.join(LIMIT_S)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def release(self) -> None:
        """Give its port back."""
        self._held.close()

    def _read(self) -> None:
        assert self._process.stderr is not None
        self.log.extend(self._process.stderr)

    @staticmethod
    def _signal(processes: Sequence[int], number: signal.Signals) -> None:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)


@contextmanager
def openssh(*settings: str) -> Iterator[OpenSsh]:
    """Serve one, with these lines ahead of its configuration."""
    assert SSHD.exists(), "the tests drive OpenSSH's own server: install the Debian package openssh-server"
    # Not below the test's own directory, which nobody may enter.
    directory = Path(tempfile.mkdtemp(prefix="sshd-"))
    try:
        server = OpenSsh(directory)
        server.start(*settings)
        try:
            yield server
        finally:
            server.stop()
            server.release()
    finally:
        shutil.rmtree(directory)


def _held_port() -> socket.socket:
    """Take a port that nobody else gets, also while no server listens there: connecting is refused then."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def _ssh_keygen(*words: str | Path) -> None:
    subprocess.run(["ssh-keygen", "-q", *words], check=True, stdin=subprocess.DEVNULL)
