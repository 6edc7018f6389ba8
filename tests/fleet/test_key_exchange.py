"""Key exchanges over real SSH, against a server that is not paramiko."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from asa_transport.edges.ssh.key_exchange import Arithmetic, engines, working
from asa_transport.edges.ssh.transport import Transport
from mock_devices import MockFleet
from tests.support import audit, cli, fleet_of

ALL = {found.name: found for found in working()}


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of(
        {"name": "fw-asadef", "ssh": {"profile": "asadef"}},
        {"name": "fw-modern", "ssh": {"profile": "modern"}},
        {"name": "fw-group16", "ssh": {"kex": ["diffie-hellman-group16-sha512"]}},
        {"name": "fw-rfc8731", "ssh": {"kex": ["curve25519-sha256"]}},
        {"name": "fw-everything"},
    ) as running:
        yield running


def agreed(fleet: MockFleet, name: str, known: dict[str, Any]) -> str:
    """Log in with these key exchanges and return the one that was agreed on."""
    taken: list[str] = []

    class Noting(dict[str, Any]):
        def __getitem__(self, exchange: str) -> Any:
            taken.append(exchange)
            return super().__getitem__(exchange)

    def made(sock: Any, **options: Any) -> paramiko.Transport:
        transport = Transport(sock, **options)
        transport._kex_info = Noting(known)
        return transport

    device = fleet[name]
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(
            device.host,
            port=device.port,
            username="netaudit",
            password="mock-Login-1",
            look_for_keys=False,
            allow_agent=False,
            transport_factory=made,
        )
        transport = client.get_transport()
        assert transport is not None
        assert transport.is_authenticated()
    (exchange,) = taken
    return exchange


@pytest.mark.parametrize("library", ALL.values(), ids=ALL)
@pytest.mark.parametrize(
    ("name", "group"),
    [("fw-asadef", "diffie-hellman-group14-sha256"), ("fw-group16", "diffie-hellman-group16-sha512")],
)
def test_a_device_with_one_group_only_lets_us_in_with_each_library(
    fleet: MockFleet, library: Arithmetic, name: str, group: str
) -> None:
    """The other side checks our numbers: a wrong secret could not decrypt its first packet."""
    assert agreed(fleet, name, engines(library)) == group


@pytest.mark.parametrize(
    ("name", "exchange"),
    [
        ("fw-asadef", "diffie-hellman-group14-sha256"),
        ("fw-modern", "curve25519-sha256"),
        ("fw-rfc8731", "curve25519-sha256"),
    ],
)
def test_the_cheapest_exchange_that_is_offered_is_taken(fleet: MockFleet, name: str, exchange: str) -> None:
    """A curve costs a fraction of a group, and a device with one name of it must not pay for the other."""
    assert agreed(fleet, name, Transport._kex_info) == exchange


def test_no_group_is_computed_where_a_curve_is_offered(fleet: MockFleet) -> None:
    """asyncssh offers everything; the choice is ours (RFC 4253 §7.1)."""
    assert not agreed(fleet, "fw-everything", Transport._kex_info).startswith("diffie-hellman")


def test_an_audit_reads_devices_of_every_profile(fleet: MockFleet, tmp_path: Path) -> None:
    """Host keys, strict known_hosts and key exchange together, as a user runs them."""
    ended = audit(fleet, tmp_path)

    assert {device["outcome"] for device in ended.document["devices"]} == {"audited"}


def test_a_scan_reaches_what_an_audit_reaches(fleet: MockFleet, tmp_path: Path) -> None:
    """A device that can be audited and not enrolled could only be enrolled by hand."""
    files = fleet.write(tmp_path)
    files.known_hosts.write_text("")

    ended = cli("hostkeys", "scan", "-i", files.inventory, "--format", "json")

    assert {one["name"] for one in ended.document["devices"] if "shown" in one} == set(fleet.names)


def test_a_changed_byte_on_the_way_ends_the_session(fleet: MockFleet) -> None:
    """The check of the MAC is replaced by a faster one; it must still refuse."""
    device = fleet["fw-asadef"]
    with socket.create_connection((device.host, device.port)) as sock:
        transport = Transport(sock)
        transport.start_client(timeout=20)
        transport.auth_password("netaudit", "mock-Login-1")
        ahead: Any = transport.sock
        true = ahead.recv

        def changed(most: int) -> bytes:
            """Change the last byte of what follows a packet's first block: its MAC."""
            data = bytes(true(most))
            return data if most == 16 else data[:-1] + bytes([data[-1] ^ 1])

        ahead.recv = changed

        with pytest.raises(paramiko.SSHException, match="Mismatched MAC"):
            transport.open_session(timeout=20)

        assert not transport.is_active()
        transport.close()
