"""An audit through a jump host, over real SSH on both legs; the user's own `ssh` does the first."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pytest
import yaml

from mock_devices import MockFleet
from tests.processes import all_end
from tests.support import QUICK, cli, fleet_of, program

# Far above what loopback needs; a test that reaches it has failed.
LIMIT_S = 20.0


class JumpHost:
    """An SSH server on loopback that forwards to 127.0.0.1 and does nothing else."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = 0
        self.forwarded: list[tuple[str, int]] = []
        self.ssh_config = directory / "ssh_config"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="jump-host", daemon=True)

    def start(self, *, lets_in: bool) -> None:
        self._thread.start()
        ours, other, host = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))
        trusted = asyncssh.import_authorized_keys((ours if lets_in else other).export_public_key().decode())

        async def listen() -> asyncssh.SSHAcceptor:
            return await asyncssh.listen(
                "127.0.0.1", 0, server_factory=lambda: _Forwarder(self), server_host_keys=[host],
                authorized_client_keys=trusted, password_auth=False, kbdint_auth=False,
            )  # fmt: skip

        self._server = asyncio.run_coroutine_threadsafe(listen(), self._loop).result(LIMIT_S)
        self.port = self._server.get_port()
        identity = self.directory / "identity"
        identity.touch(mode=0o600)
        ours.write_private_key(identity)
        known = self.directory / "jump_known_hosts"
        known.write_text(f"[127.0.0.1]:{self.port} {host.export_public_key().decode()}")
        self.ssh_config.write_text(
            f"Host bastion 127.0.0.1\n HostName 127.0.0.1\n Port {self.port}\n User jumper\n"
            f" IdentityFile {identity}\n"
            f" IdentitiesOnly yes\n IdentityAgent none\n UserKnownHostsFile {known}\n"
            " GlobalKnownHostsFile /dev/null\n StrictHostKeyChecking yes\n"
        )

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

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        """Allow a forwarding to loopback, and keep it for the test to see."""
        del orig_host, orig_port
        self._host.forwarded.append((dest_host, dest_port))
        return dest_host == "127.0.0.1"


@contextmanager
def jump_host(directory: Path, *, lets_in: bool = True) -> Iterator[JumpHost]:
    directory.mkdir()
    host = JumpHost(directory)
    host.start(lets_in=lets_in)
    try:
        yield host
    finally:
        host.stop()


def command(jump: JumpHost, fleet: MockFleet, directory: Path, named: str = "bastion") -> list[str | Path]:
    """Return the audit's arguments; devices whose names begin with `fw-far` stand behind the jump host."""
    files = fleet.write(directory)
    inventory = yaml.safe_load(files.inventory.read_text())
    for name, entry in inventory["devices"].items():
        if name.startswith("fw-far"):
            entry["jump"] = named
    files.inventory.write_text(yaml.safe_dump(inventory))
    return [
        "audit", "-i", files.inventory, "--format=json", "--ssh-config", jump.ssh_config,
        "--state-dir", directory / "state", *QUICK,
    ]  # fmt: skip


def ssh_processes(jump: JumpHost) -> list[int]:
    """Return every process, ours or an orphan, that was started with this jump host's configuration."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if words and words[0] == b"ssh" and os.fsencode(jump.ssh_config) in words:
            found.append(int(entry.name))
    return found


FAR = {
    "name": "fw-far-1",
    "hostname": "fw-behind",
    "version": "9.22(1)3",
    "license_config": {"transport": "smart", "proxy": {"host": "192.0.2.80", "port": 8080}},
}


@pytest.mark.parametrize("named", ["bastion", "jumper@[127.0.0.1]:{port}"])
def test_a_device_behind_a_jump_host_is_audited_as_any_other(tmp_path: Path, named: str) -> None:
    """Its host key and its password go through the tunnel; the facts are those of the device."""
    with fleet_of(FAR, {"name": "fw-near"}) as fleet, jump_host(tmp_path / "jump") as jump:
        ended = cli(*command(jump, fleet, tmp_path, named.format(port=jump.port)))
        forwarded, port = list(jump.forwarded), fleet["fw-far-1"].port
        typed = fleet["fw-far-1"].typed

        assert all_end(ssh_processes(jump))

    far = ended.device("fw-far-1")
    assert far["outcome"] == "audited", far
    assert (far["facts"]["hostname"], far["facts"]["version"]) == ("fw-behind", "9.22(1)3")
    assert far["facts"]["transport"]["type"] == "smart"
    assert far["facts"]["transport"]["proxy"] == {"host": "192.0.2.80", "port": 8080}
    assert ended.device("fw-near")["outcome"] == "audited"
    assert forwarded == [("127.0.0.1", port)]
    assert "show license status" in typed


def test_a_jump_host_that_refuses_the_key_is_said_in_its_own_words(tmp_path: Path) -> None:
    """Nobody finds a missing key from `the device closed the connection`; nobody is asked for a password."""
    with fleet_of(FAR, {"name": "fw-near"}) as fleet, jump_host(tmp_path / "jump", lets_in=False) as jump:
        ended = cli(*command(jump, fleet, tmp_path))
        forwarded = list(jump.forwarded)

        assert all_end(ssh_processes(jump))

    far = ended.device("fw-far-1")
    assert (far["outcome"], far["stage"]) == ("not-audited", "connect")
    assert "jump host bastion says: jumper@127.0.0.1: Permission denied (publickey)" in far["error"]
    assert "\x1b" not in far["error"]
    assert ended.device("fw-near")["outcome"] == "audited"
    assert (forwarded, ended.code) == ([], 4)


def test_a_device_that_the_jump_host_does_not_reach_is_said(tmp_path: Path) -> None:
    """Which of the two legs failed decides whom to call."""
    refusing = {**FAR, "faults": [{"action": "refuse"}]}
    with fleet_of(refusing) as fleet, jump_host(tmp_path / "jump") as jump:
        ended = cli(*command(jump, fleet, tmp_path))

        assert all_end(ssh_processes(jump))

    assert ended.device("fw-far-1")["stage"] == "connect"
    assert "jump host bastion says: " in ended.device("fw-far-1")["error"]
    assert "stdio forwarding failed" in ended.device("fw-far-1")["error"]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"action": "hang", "match": "license all"}, id="hangs-in-a-command"),
        pytest.param({"action": "black_hole"}, id="says-nothing"),
    ],
)
def test_no_ssh_outlives_the_program_when_a_device_behind_the_jump_host_hangs(
    fault: dict[str, str], tmp_path: Path
) -> None:
    """A nightly audit must not leave processes behind that hold sessions of the jump host."""
    with fleet_of({**FAR, "faults": [fault]}) as fleet, jump_host(tmp_path / "jump") as jump:
        ended = program(*command(jump, fleet, tmp_path), "--device-timeout=3")

        assert all_end(ssh_processes(jump))

    assert ended.device("fw-far-1")["outcome"] == "not-audited"
    assert "within the device limit of 3 s" in ended.device("fw-far-1")["error"]


def test_no_ssh_outlives_the_program_when_the_jump_host_itself_hangs(tmp_path: Path) -> None:
    """An `ssh` that still connects looks at nothing else, and would wait for minutes."""
    with fleet_of(FAR) as fleet, jump_host(tmp_path / "jump") as jump, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        text = jump.ssh_config.read_text()
        jump.ssh_config.write_text(text.replace(f"Port {jump.port}", f"Port {silent.getsockname()[1]}"))
        ended = program(*command(jump, fleet, tmp_path), "--connect-timeout=60", "--handshake-timeout=1")

        assert all_end(ssh_processes(jump))

    assert ended.device("fw-far-1")["stage"] == "connect"
    assert "no answer within 1 s" in ended.device("fw-far-1")["error"]


def test_an_ssh_configuration_that_cannot_be_read_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    """One sentence, instead of one failure a device."""
    with fleet_of(FAR) as fleet, jump_host(tmp_path / "jump") as jump:
        arguments = command(jump, fleet, tmp_path)
        jump.ssh_config.unlink()
        ended = cli(*arguments)
        typed = fleet["fw-far-1"].typed

    assert (ended.code, ended.out, typed) == (2, "", ())
    assert "--ssh-config" in ended.err
