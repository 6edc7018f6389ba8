"""Nornir: what it would open a netmiko connection with is what an import makes of a host."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.readers.asked import ask
from tests.readers.installs import BIN
from tests.unit import test_inventory_nornir as examples
from tests.unit.importing import devices

# By Nornir itself, of its configuration.
ASKED = """
import json, sys
from nornir import InitNornir

nornir = InitNornir(config_file=sys.argv[1])
said = {}
for name, host in nornir.inventory.hosts.items():
    given = host.get_connection_parameters("netmiko")
    groups = [group.name for group in host.extended_groups()]
    said[name] = [given.hostname, given.port, given.username, given.platform, groups]
print(json.dumps(said))
"""
# A connection's options in the defaults stand before those of the second group, and its parents before both.
HOSTS = """\
fw-1: {hostname: 192.0.2.1, port: 1, groups: [one, two]}
fw-2: {hostname: 192.0.2.2, groups: [two, one]}
fw-3: {hostname: 192.0.2.3, username: own, connection_options: {netmiko: {port: 33}}, groups: [low]}
fw-4: {hostname: 192.0.2.4, groups: [plain, two]}
"""
GROUPS = """\
one: {username: one, groups: [low]}
two: {username: two, connection_options: {netmiko: {port: 2222, username: two-netmiko}}}
low: {port: 5, username: low, connection_options: {netmiko: {username: low-netmiko}}}
plain: {port: 7}
"""
DEFAULTS = "platform: asa\nconnection_options: {netmiko: {port: 4444}}\n"


@pytest.mark.parametrize(
    "files",
    [(examples.HOSTS, examples.GROUPS, examples.DEFAULTS), (HOSTS, GROUPS, DEFAULTS)],
    ids=["documented", "options of a connection"],
)
def test_a_host_is_reached_as_nornir_would(files: tuple[str, str, str], tmp_path: Path) -> None:
    """Whose value wins is Nornir's to say."""
    options = {}
    for option, text in zip(("host_file", "group_file", "defaults_file"), files, strict=True):
        options[option] = str(tmp_path / f"{option}.yaml")
        Path(options[option]).write_text(text)
    config = tmp_path / "config.yaml"
    settings = {"inventory": {"plugin": "SimpleInventory", "options": options}, "logging": {"enabled": False}}
    config.write_text(json.dumps(settings))
    ended = ask(BIN / "python", "-c", ASKED, config)
    assert ended.code == 0, ended.err
    said = json.loads(ended.out)

    found = devices(f"nornir:{config}", tmp_path)

    assert len(found) >= 3
    for name, device in found.items():
        host, port, username, platform, groups = said[name]
        assert "asa" in platform
        assert (device.host, device.port, device.username) == (host, port or 22, username), name
        # The first one wins there, the last one here.
        assert list(device.groups) == groups[::-1]
    assert set(said) - set(found) <= {"rt-par-01"}
