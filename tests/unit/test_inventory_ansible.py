"""Ansible's inventory: what its program says, and what is read without it; `tests/readers` asks Ansible."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asa_transport.errors import InventoryError
from tests.unit import ansible_examples
from tests.unit.importing import SENTINEL, devices, imported

Answer = Callable[[Any], None]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and no Ansible."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("ASA_TRANSPORT_ENABLE", raising=False)
    monkeypatch.chdir(tmp_path)
    ansible_examples.written(tmp_path)
    return tmp_path


@pytest.fixture
def answer(folder: Path) -> Answer:
    """An `ansible-inventory` that prints this, and ends with 0; a text is a shell's line."""
    cat = shutil.which("cat", path="/usr/bin:/bin")

    def put(said: Any) -> None:
        (folder / "said.json").write_text(json.dumps(said))
        line = said if isinstance(said, str) else f'echo "$@" > {folder}/asked; exec {cat} {folder}/said.json'
        program = folder / "bin" / "ansible-inventory"
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)

    return put


def listed(hostvars: dict[str, Any], **groups: Any) -> dict[str, Any]:
    return {"_meta": {"hostvars": hostvars}, "all": {"children": ["ungrouped", *groups]}, **groups}


# --------------------------------------------------------------------------- by ansible-inventory


def test_what_ansible_says_is_taken(answer: Answer, folder: Path) -> None:
    """A host without variables is in its groups only."""
    answer(
        listed(
            {"fw-1": {"ansible_host": "192.0.2.1", "ansible_port": 2222, "ansible_user": "ann",
                      "ansible_network_os": "cisco.asa.asa"}},
            par={"hosts": ["fw-1", "fw-2"]},
            emea={"children": ["par"]},
        )
    )  # fmt: skip

    found = devices("ansible:hosts.ini", folder)

    assert (folder / "asked").read_text() == "--inventory=hosts.ini --list\n"
    one, two = found["fw-1"], found["fw-2"]
    assert (one.host, one.port, one.username, one.groups) == ("192.0.2.1", 2222, "ann", ("emea", "par"))
    assert (two.host, two.port, two.username, two.groups) == ("fw-2", 22, "netaudit", ("emea", "par"))


@pytest.mark.parametrize("key", ["ansible_host", "ansible_port", "ansible_user"])
@pytest.mark.parametrize(
    "value", ["{{ address }}", {"__ansible_vault": f"$ANSIBLE_VAULT;1.1;AES256\n{SENTINEL}"}, ["x"]]
)
def test_what_ansible_knows_later_leaves_the_device_out(answer: Answer, key: str, value: Any) -> None:
    """`--list` keeps templates and ciphertext: any other address would be another firewall."""
    answer(listed({"fw-1": {key: value}, "fw-2": {}}))

    found = imported("ansible:hosts.ini").inventory

    assert [device.name for device in found.devices] == ["fw-2"]
    assert f"device 'fw-1': left out: its {key} is a template, encrypted, or no text" in found.notes[-1]


def test_secrets_of_ansible_are_told_by_their_names(answer: Answer) -> None:
    """Encrypted ones and plain ones."""
    secrets = {
        "ansible_password": SENTINEL,
        "ansible_become_password": {"__ansible_vault": SENTINEL},
        "ansible_ssh_private_key_file": f"/keys/{SENTINEL}",
        "snmp_community": SENTINEL,
    }
    answer(listed({"fw-1": secrets, "fw-2": secrets}))

    made = imported("ansible:hosts.ini")

    assert [note.partition(" ")[2] for note in made.inventory.notes] == [
        f"host fw-1: '{name}' (2 times): a secret; it is not copied: name its source under credentials"
        for name in secrets
    ]
    assert made.inventory.credentials[0].enable is not None


@pytest.mark.parametrize(
    ("arguments", "jump"),
    [
        ("-o ProxyJump=bastion", "bastion"),
        ("-oProxyJump=ann@bastion:2222", "ann@bastion:2222"),
        ("-J bastion", "bastion"),
        ("-o 'ProxyJump bastion'", "bastion"),
        ("-J one,two", None),
        ("-o ProxyCommand='ssh -W %h:%p bastion'", None),
    ],
)
def test_a_jump_host_is_found_in_the_arguments_of_ssh(
    answer: Answer, folder: Path, arguments: str, jump: str | None
) -> None:
    """What cannot be said here is told."""
    answer(listed({"fw-1": {"ansible_ssh_common_args": arguments}}))

    assert devices("ansible:hosts.ini", folder)["fw-1"].jump == jump
    assert bool(imported("ansible:hosts.ini").inventory.notes) is (jump is None)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"echo {SENTINEL} >&2; exit 4", "ansible-inventory ended with 4; run 'ansible-inventory -i"),
        ("echo hello", "ansible-inventory printed no JSON"),
        ("echo '[]'", "ansible-inventory printed no JSON"),
    ],
)
def test_an_ansible_that_fails_is_told_without_its_words(answer: Answer, line: str, why: str) -> None:
    """They may quote a line of a file, with a password in it."""
    answer(line)

    with pytest.raises(InventoryError) as caught:
        imported("ansible:hosts.ini")

    assert why in str(caught.value)
    assert SENTINEL not in str(caught.value)


def test_there_must_be_such_an_inventory(answer: Answer) -> None:
    """Ansible would take a name with a comma for hosts, and nothing for its own default."""
    answer(listed({"fw-1": {}}))

    for source in ("ansible:nowhere.ini", "ansible:fw-1,", "ansible:"):
        with pytest.raises(InventoryError):
            imported(source)


# --------------------------------------------------------------------------- without it


def test_static_files_are_read_without_ansible_and_that_is_said(folder: Path) -> None:
    """Ranges, ports, groups in groups, and whose value wins: the deeper one, the priority, the alphabet."""
    found = devices("ansible:hosts.ini", folder)

    assert {name: (one.host, one.port, one.username) for name, one in found.items()} == {
        "fw-lab": ("192.0.2.9", 22, "netaudit"),
        **{f"fw-par-0{n}": (f"fw-par-0{n}", 2222, "ann") for n in (1, 2, 3)},
        "fw-par-04": ("fw-par-04", 2022, "par-reader"),
        **{f"fw-ber-{n}.example.net": (f"fw-ber-{n}.example.net", 22, "ber-reader") for n in "abc"},
    }
    assert found["fw-par-01"].jump == "jump@bastion.example.net"
    assert found["fw-ber-a.example.net"].groups == ("emea", "asa", "ber")
    notes = imported("ansible:hosts.ini").inventory.notes
    assert notes[0] == (
        "hosts.ini: no ansible-inventory on this machine: static YAML and INI are read without it; "
        "templates, vaults and plugins are not followed"
    )


def test_of_two_groups_as_deep_the_later_name_wins_but_for_a_priority(folder: Path) -> None:
    """And a deeper one over both."""
    found = devices("ansible:hosts.yml", folder)

    assert {name: (one.port, one.username) for name, one in found.items()} == {
        "fw-lab": (22, "83"),
        "fw-1": (2003, "zebra"),
        "fw-02": (2001, "first"),
        "fw-03": (2001, "zebra"),
        "fw-9": (2002, "alpha"),
    }


def test_files_of_variables_win_over_the_inventory_of_the_groups(folder: Path) -> None:
    """A host's own line over those, and a host's own file over that."""
    found = devices("ansible:both", folder)

    assert {name: (one.host, one.port, one.username) for name, one in found.items()} == {
        "fw-lab": ("192.0.2.9", 22, "83"),
        "fw-1": ("192.0.2.101", 2201, "from-alpha"),
        "fw-02": ("fw-02", 2201, "from-all"),
        "fw-03": ("fw-03", 2201, "from-all"),
        "fw-9": ("192.0.2.8", 2002, "from-alpha"),
    }


def test_a_release_is_never_taken_from_a_variable() -> None:
    """`"9.20"` is the number 9.2 on a host's line: it is told, and nothing is made of it."""
    made = imported("ansible:hosts.ini")

    assert "9.2" not in made.text.replace("192.0.2.9", "")
    assert any("'release' (" in note for note in made.inventory.notes)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        (
            "x.yml",
            "plugin: netbox.netbox.nb_inventory\n",
            "configuration of a plugin, which only Ansible reads",
        ),
        ("x.sh", "#!/bin/sh\n", "a script, which only Ansible reads"),
        ("x", f"$ANSIBLE_VAULT;1.1;AES256\n{SENTINEL}\n", "an encrypted file, which only Ansible reads"),
        ("x.yml", "- fw-1\n", "expected a map of groups"),
        ("x.yml", "all: {hosts: [fw-1]}\n", "group all: hosts: expected a map"),
        ("x.yml", "all: {\n", "x.yml:2:1: this is not YAML"),
        ("x.ini", "[g:what]\n", "x.ini:1:1: a section is of hosts, of vars or of children"),
        ("x.ini", f"fw-1 ansible_password='{SENTINEL}\n", "x.ini:1:1: a quote is not closed"),
        ("x.ini", f"fw-1 ansible_password=a {SENTINEL}\n", "x.ini:1:1: expected NAME=VALUE behind"),
        ("x.ini", "fw-[9:1]\n", "ends before it begins"),
        ("x.ini", "fw-[1:999999999]\n", "has no end"),
        ("x.ini", "fw-[aa:b]\n", "has numbers, or single letters"),
    ],
)
def test_what_only_ansible_reads_is_refused(folder: Path, name: str, text: str, why: str) -> None:
    """And no line is shown: there may be a password in it."""
    (folder / name).write_text(text)

    with pytest.raises(InventoryError) as caught:
        imported(f"ansible:{name}")

    assert why in str(caught.value)
    assert SENTINEL not in str(caught.value)


def test_encrypted_variables_are_told(folder: Path) -> None:
    """A value, and a whole file of them."""
    (folder / "group_vars").mkdir()
    (folder / "group_vars" / "all.yml").write_text(f"$ANSIBLE_VAULT;1.1;AES256\n{SENTINEL}\n")
    (folder / "x.yml").write_text(
        f"all:\n  hosts:\n    fw-1: {{ansible_password: !vault '{SENTINEL}', banner: !unsafe '{{{{ x'}}\n"
    )

    notes = "\n".join(imported("ansible:x.yml").inventory.notes)

    assert "'ansible_password': a secret" in notes
    assert "group_vars/all.yml': a secret" in notes
