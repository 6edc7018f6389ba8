"""Ansible: what it says of a host is what an import makes of it, by its program and without it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from asa_transport.model import Device
from tests.readers.asked import ask
from tests.readers.installs import BIN
from tests.unit import ansible_examples
from tests.unit.importing import devices

KINDS = ("ini", "yaml", "folder")


def said_by_ansible(inventory: Path, host: str) -> dict[str, Any]:
    """What `ansible-inventory --host` prints."""
    ended = ask(BIN / "ansible-inventory", "-i", inventory, "--host", host)
    assert ended.code == 0, ended.err
    variables = json.loads(ended.out)
    assert isinstance(variables, dict)
    return variables


def reached_by(device: Device) -> tuple[str, int, str]:
    return device.host, device.port, device.username


@pytest.mark.parametrize("kind", KINDS)
def test_a_host_is_reached_as_ansible_would(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ranges, depth, alphabet, priority, and the files of variables: whose value wins is Ansible's to say."""
    inventory = tmp_path / ansible_examples.written(tmp_path)[kind]
    monkeypatch.setenv("PATH", f"{BIN}:/usr/bin:/bin")
    by_program = devices(f"ansible:{inventory}", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    without = devices(f"ansible:{inventory}", tmp_path)

    assert len(by_program) >= 5
    for name, device in by_program.items():
        said = said_by_ansible(inventory, name)
        expected = (
            str(said.get("ansible_host", name)),
            said.get("ansible_port", 22),
            str(said.get("ansible_user", "netaudit")),
        )
        assert reached_by(device) == expected, name
    # The same, groups and their order with it, where there is no Ansible.
    assert without == by_program


def test_a_release_on_a_hosts_line_is_a_number_to_ansible(tmp_path: Path) -> None:
    """Why none is taken: in quotes there, and a text where the group says it."""
    inventory = tmp_path / ansible_examples.written(tmp_path)["ini"]

    assert said_by_ansible(inventory, "fw-par-04")["release"] == 9.2
    assert said_by_ansible(inventory, "fw-par-01")["release"] == "9.20"


def test_an_inventory_of_which_ansible_would_leave_out_a_part_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It warns, and ends with 0, where nobody asks it to be strict."""
    folder = tmp_path / "inventory"
    folder.mkdir()
    (folder / "good").write_text("fw-1\n")
    (folder / "bad").write_text("fw-2 no-variable\n")
    monkeypatch.setenv("PATH", f"{BIN}:/usr/bin:/bin")

    with pytest.raises(Exception, match="ansible-inventory ended with"):
        devices(f"ansible:{folder}", tmp_path)
