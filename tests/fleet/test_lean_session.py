"""What makes a session lean, where a test can see it; how lean it is, `make bench` says."""

from __future__ import annotations

from pathlib import Path

from asa_transport.capabilities import is_read_only
from asa_transport.edges.ssh.hostkeys import KnownHosts
from tests.support import audit, fleet_of


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
