"""What makes a session lean, where a test can see it; how lean it is, `make bench` says."""

from __future__ import annotations

import socket
from pathlib import Path

from asa_transport.capabilities import is_read_only
from asa_transport.edges.ssh.dial import dial
from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.model import Device
from tests.support import audit, fleet_of


def test_small_packets_leave_at_once(tmp_path: Path) -> None:
    """Without TCP_NODELAY the login waits for a delayed acknowledgement, 80 ms a device."""
    with fleet_of({"name": "fw-1"}) as fleet:
        device = Device(
            name="fw-1",
            host=fleet["fw-1"].host,
            port=fleet["fw-1"].port,
            username="netaudit",
            credential="lab",
            known_hosts=tmp_path / "known_hosts",
        )
        link = dial(device, 5.0)
        with link.sock as sock:
            no_delay = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert no_delay == 1


def test_known_hosts_is_read_once_a_run(tmp_path: Path) -> None:
    """paramiko reads and parses it for every connection: seconds each in a large fleet's file."""
    with fleet_of({"name": "fw-1"}, {"name": "fw-2"}) as fleet:
        path = fleet.write(tmp_path).known_hosts
        one, two = fleet["fw-1"], fleet["fw-2"]
    known = KnownHosts()

    first = known.lookup(path, one.host, one.port)
    path.unlink()
    second = known.lookup(path, two.host, two.port)

    assert first.accepted
    assert second.accepted


def test_a_login_types_what_it_needs_and_no_blank_lines(tmp_path: Path) -> None:
    """Each line is a round trip; netmiko's own login sends blank ones and enters configuration mode."""
    with fleet_of({"name": "fw-1"}) as fleet:
        audit(fleet, tmp_path)
        typed = fleet["fw-1"].typed

    assert typed[:3] == ("enable", "<secret>", "terminal pager 0")
    assert typed[-1] == "exit"
    assert all(is_read_only(line) for line in typed if line != "<secret>")
    assert "" not in typed
