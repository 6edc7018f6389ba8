"""Files of other programs, with passwords in them, in the place of ours: refused, and no secret is quoted."""

from __future__ import annotations

from pathlib import Path

import pytest

from asa_transport.files.inventory import SOURCES
from tests.support import cli

FOREIGN = {
    "ansible.yaml": """\
all:
  vars:
    ansible_user: admin
    ansible_password: S3cret!one
  hosts:
    fw1: {ansible_host: 192.0.2.1, ansible_become_pass: S3cret!two}
""",
    "ansible.ini": "[asa]\nfw1 ansible_host=192.0.2.1 ansible_password=S3cret!one\n",
    "line.ini": "fw1 ansible_host=192.0.2.1 ansible_password=S3cret!one\n",
    "vault.yaml": "ansible_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  S3cret!one\n",
    "nornir.yaml": "fw1:\n  hostname: 192.0.2.1\n  username: admin\n  password: S3cret!one\n",
    "hosts.csv": "name,host,username,password\nfw1,192.0.2.1,admin,S3cret!one\n",
    "semicolon.csv": "fw1;192.0.2.1;admin;S3cret!one\n",
    "router.db": "fw1:asa:admin:S3cret!one\nfw2:asa:admin:S3cret!two\n",
    "hosts.json": '{"hosts": [{"name": "fw1", "password": "S3cret!one"}]}',
    "testbed.yaml": """\
testbed: {credentials: {default: {username: admin, password: S3cret!one}}}
devices:
  fw1: {os: asa, credentials: {enable: {password: S3cret!two}}, connections: {cli: {ip: 192.0.2.1}}}
""",
    "netmiko.yml": "fw1: {host: 192.0.2.1, password: S3cret!one, secret: S3cret!two}\n",
    "twice.yaml": "fw1 S3cret!one: 1\nfw1 S3cret!one: 2\n",
    "broken.yaml": "password: S3cret!one: x\n",
    "devices.yaml": "devices: {fw1: S3cretone}\ncredentials: {c: S3cretone, d: {S3cret!one: x}}\n",
}
COMMANDS = {
    "-i": ("inventory", "check", "-i"),
    "--policy": ("audit", "-i", "inventory.yaml", "--policy"),
    "--bugs": ("bugs", "--bugs"),
    "--exceptions": ("audit", "-i", "inventory.yaml", "--exceptions"),
    "--waivers": ("audit", "-i", "inventory.yaml", "--waivers"),
    "--notify": ("audit", "-i", "inventory.yaml", "--notify"),
    "push": ("push", "-i", "inventory.yaml"),
}
INVENTORY = """\
defaults: {username: u, credential: c, known_hosts: known_hosts}
credentials: {c: {password: {env: ASA_TRANSPORT_PASSWORD}}}
devices: {fw1: {host: 192.0.2.1}}
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASA_TRANSPORT_PASSWORD", "x")
    Path("inventory.yaml").write_text(INVENTORY)
    for name, text in FOREIGN.items():
        Path(name).write_text(text)
    return tmp_path


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("option", COMMANDS)
def test_no_secret_of_a_foreign_file_is_quoted(option: str) -> None:
    """Somebody gives the file that Ansible, Nornir or a spreadsheet has; the error goes to a log."""
    for name in FOREIGN:
        ended = cli(*COMMANDS[option], name)

        assert ended.code in {2, 7}, name
        assert "S3cret" not in ended.out + ended.err, name
        assert ended.err.startswith("error: "), name


@pytest.mark.usefixtures("desk")
def test_no_secret_of_a_foreign_file_of_names_is_quoted() -> None:
    """`-l @FILE` with a list that has more than names."""
    for name in FOREIGN:
        ended = cli("inventory", "check", "-l", f"@{name}")

        assert (ended.code, "S3cret" in ended.err) == (2, False), name


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("source", [source.name for source in SOURCES if source.is_on_disk])
def test_no_secret_of_a_file_that_is_taken_for_a_source_is_copied_or_quoted(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever kind somebody says it is: what is imported goes into a repository, an error to a log."""
    monkeypatch.setenv("PATH", "")
    for name in FOREIGN:
        ended = cli("inventory", "import", f"{source}:{name}", "--username", "netaudit")

        assert ended.code in {0, 2}, name
        assert "S3cret" not in ended.out + ended.err, (name, ended)
