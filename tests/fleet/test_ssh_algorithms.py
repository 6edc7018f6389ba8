"""SSH algorithms over real SSH: what is agreed on with each kind of device, and what is refused."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from asa_transport.capabilities import Deadline, Link
from asa_transport.edges.ssh.backend import open_session
from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.edges.ssh.links import TcpLink
from asa_transport.engine import bridge
from asa_transport.engine.fleet import DeviceDeadline
from asa_transport.errors import CollectError, ConnectError
from asa_transport.model import Credential, Device, Limits, Secret, SshFacts, SshPolicy
from mock_devices import MockFleet
from tests.support import audit, cli, fleet_of


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of(
        {"name": "fw-asadef", "ssh": {"profile": "asadef"}},
        {"name": "fw-modern", "ssh": {"profile": "modern"}},
        {"name": "fw-group16", "ssh": {"kex": ["diffie-hellman-group16-sha512"]}},
        {"name": "fw-rfc8731", "ssh": {"kex": ["curve25519-sha256"]}},
        {"name": "fw-sha1", "ssh": {"kex": ["diffie-hellman-group14-sha1"]}},
        {"name": "fw-group1", "ssh": {"kex": ["diffie-hellman-group1-sha1"]}},
        {"name": "fw-cbc", "ssh": {"ciphers": ["aes256-cbc"]}},
        {"name": "fw-everything"},
    ) as running:
        yield running


def visited(fleet: MockFleet, name: str, tmp_path: Path, policy: SshPolicy = SshPolicy.DEFAULT) -> SshFacts:
    """Log in to a device, and out again."""
    files = fleet.write(tmp_path)
    device = Device(
        name=name,
        host=fleet[name].host,
        port=fleet[name].port,
        username="netaudit",
        credential="lab",
        known_hosts=files.known_hosts,
        ssh=policy,
    )

    def work() -> SshFacts | None:
        session = open_session(
            device,
            credential=Credential(password=Secret("mock-Login-1"), enable=Secret("mock-Enable-1")),
            host_keys=KnownHosts().lookup(device.known_hosts, device.host, device.port),
            limits=Limits(attempts=1),
            deadline=DeviceDeadline(60),
            dial=connected,
        )
        session.close()
        return session.ssh

    found = bridge.run(work)
    assert found is not None
    return found


def connected(device: Device, limit_s: float) -> Link:
    sock = socket.create_connection((device.host, device.port), timeout=limit_s)
    sock.setblocking(False)
    return TcpLink(sock)


@pytest.mark.parametrize(
    ("name", "exchange"),
    [
        ("fw-asadef", "diffie-hellman-group14-sha256"),
        ("fw-group16", "diffie-hellman-group16-sha512"),
        ("fw-modern", "curve25519-sha256"),
        ("fw-rfc8731", "curve25519-sha256"),
        ("fw-sha1", "diffie-hellman-group14-sha1"),
        ("fw-everything", "curve25519-sha256"),
    ],
)
def test_the_cheapest_exchange_that_is_offered_is_taken(
    fleet: MockFleet, name: str, exchange: str, tmp_path: Path
) -> None:
    """A curve costs a fraction of a group; and a device that has nothing better is reached all the same."""
    assert visited(fleet, name, tmp_path).kex == exchange


def test_what_was_agreed_on_is_a_fact(fleet: MockFleet, tmp_path: Path) -> None:
    """AES-GCM before chacha20: that is a fifth of a session in Python."""
    ssh = visited(fleet, "fw-everything", tmp_path)

    assert ssh.cipher == ssh.mac == "aes128-gcm@openssh.com"
    assert ssh.host_key == "ssh-ed25519"
    assert ssh.server.startswith("SSH-2.0-")


@pytest.mark.parametrize(
    ("name", "takes"),
    [
        ("fw-sha1", {SshPolicy.DEFAULT, SshPolicy.LEGACY}),
        ("fw-group1", {SshPolicy.LEGACY}),
        ("fw-cbc", {SshPolicy.LEGACY}),
        ("fw-everything", set(SshPolicy)),
    ],
)
@pytest.mark.parametrize("policy", SshPolicy)
def test_each_policy_takes_what_it_says(
    fleet: MockFleet, name: str, takes: set[SshPolicy], policy: SshPolicy, tmp_path: Path
) -> None:
    """Strict refuses SHA-1; what OpenSSH gave up is taken only where somebody said so."""
    if policy in takes:
        assert visited(fleet, name, tmp_path, policy).kex
        return
    with pytest.raises(ConnectError, match="offers none of our") as caught:
        visited(fleet, name, tmp_path, policy)

    assert not caught.value.is_transient


def test_an_audit_reads_devices_of_every_profile(fleet: MockFleet, tmp_path: Path) -> None:
    """Host keys, strict known_hosts and key exchange together, as a user runs them."""
    ended = audit(fleet, tmp_path)

    found = {device["name"] for device in ended.document["devices"] if device["outcome"] == "audited"}
    assert found == {*fleet.names} - {"fw-group1", "fw-cbc"}


def test_a_scan_reaches_what_an_audit_reaches(fleet: MockFleet, tmp_path: Path) -> None:
    """A device that can be audited and not enrolled could only be enrolled by hand."""
    files = fleet.write(tmp_path)
    files.known_hosts.write_text("")

    ended = cli("hostkeys", "scan", "-i", files.inventory, "--format", "json")

    found = {one["name"] for one in ended.document["devices"] if "shown" in one}
    assert found == {*fleet.names} - {"fw-group1", "fw-cbc"}


def test_a_changed_byte_on_the_way_ends_the_session(fleet: MockFleet, tmp_path: Path) -> None:
    """Integrity is the library's; that it is looked at is ours to see."""
    device = fleet["fw-asadef"]
    seen: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as between:
        threading.Thread(
            target=_spoil, args=(between, device.host, device.port, seen), name="between", daemon=True
        ).start()
        known = fleet.write(tmp_path).known_hosts
        lines = known.read_text().replace(f"]:{device.port} ", f"]:{between.getsockname()[1]} ")
        known.write_text(lines)
        spoilt = Device(
            name="fw-asadef",
            host="127.0.0.1",
            port=between.getsockname()[1],
            username="netaudit",
            credential="lab",
            known_hosts=known,
        )

        def work() -> None:
            deadline: Deadline = DeviceDeadline(60)
            session = open_session(
                spoilt,
                credential=Credential(password=Secret("mock-Login-1"), enable=Secret("mock-Enable-1")),
                host_keys=KnownHosts().lookup(known, spoilt.host, spoilt.port),
                limits=Limits(attempts=1, command_s=20),
                deadline=deadline,
                dial=connected,
            )
            session.run("show version")

        with pytest.raises(CollectError, match="closed the session"):
            bridge.run(work)

    assert seen


# The key exchange and the login of this mock are shorter than this.
_CLEAN_BYTES = 4_500


def _spoil(between: socket.socket, host: str, port: int, seen: list[int]) -> None:
    """Pass everything on, and change one byte of what comes from the device once it is logged in."""
    client, _ = between.accept()
    with client, socket.create_connection((host, port)) as device:
        threading.Thread(target=_pass, args=(client, device), daemon=True).start()
        passed = 0
        while data := device.recv(65_536):
            passed += len(data)
            if passed > _CLEAN_BYTES and not seen:
                data = data[:-1] + bytes([data[-1] ^ 1])
                seen.append(passed)
            try:
                client.sendall(data)
            except OSError:
                return


def _pass(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
    except OSError:
        return
