"""Audits through OpenSSH's own server: killed, frozen, with a wrong key, and with a crowd behind it."""

from __future__ import annotations

from pathlib import Path

from tests.fleet.jumps import audit_of, openssh
from tests.fleet.test_jump import errors, far
from tests.processes import all_end
from tests.support import cli, fleet_of


def test_a_fleet_behind_openssh_is_audited_over_one_connection_that_ends(tmp_path: Path) -> None:
    """What people have is OpenSSH; the mock of a jump host shares our library, and its mistakes."""
    with fleet_of(*(far(number) for number in range(5))) as fleet, openssh() as bastion:
        ended = cli(*audit_of(bastion.ssh_config, fleet, tmp_path))

        assert all_end(bastion.sessions())
        assert bastion.connections == 1

    assert errors(ended) == {}
