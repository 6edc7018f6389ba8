"""Nornir's SimpleInventory: whose value wins, and what is not taken; `tests/readers` asks Nornir itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from asa_transport.errors import InventoryError
from tests.unit.importing import SENTINEL, devices, imported

HOSTS = f"""\
---
fw-par-01:
  hostname: 192.0.2.11
  groups: [edge, emea]
  data: {{site: paris, vlans: [1, 2], role: edge}}
fw-par-02:
  hostname: 192.0.2.12
  port: 2022
  password: {SENTINEL}
  groups: [emea, edge]
fw-ber-01:
  hostname: 192.0.2.13
  platform: asa
  connection_options:
    netmiko: {{port: 2323, extras: {{secret: {SENTINEL}, session_log: out.txt}}}}
    napalm: {{platform: asa}}
rt-par-01:
  hostname: 192.0.2.14
  platform: ios
"""
GROUPS = f"""\
---
emea:
  username: emea-reader
  port: 22
  groups: [world]
  data: {{site: somewhere, owner: emea-team}}
edge:
  username: edge-reader
  port: 2222
  password: {SENTINEL}
world:
  platform: cisco_asa
  port: 1
  data: {{owner: nobody}}
"""
DEFAULTS = f"""\
username: everybody
password: {SENTINEL}
platform: asa
data: {{enable_password: {SENTINEL}}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The three files where Nornir looks for them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ASA_TRANSPORT_ENABLE", raising=False)
    for name, text in (("hosts", HOSTS), ("groups", GROUPS), ("defaults", DEFAULTS)):
        Path(f"{name}.yaml").write_text(text)
    return tmp_path


def test_the_first_group_wins_and_its_own_groups_before_the_second(folder: Path) -> None:
    """The other way round than here: a device whose port comes from the wrong group is not reached."""
    found = devices("nornir:hosts.yaml", folder)

    assert {name: (one.username, one.port) for name, one in found.items()} == {
        "fw-par-01": ("edge-reader", 2222),
        "fw-par-02": ("emea-reader", 2022),
        "fw-ber-01": ("everybody", 2323),
    }


def test_groups_are_written_in_the_order_that_is_ours(folder: Path) -> None:
    """Who adds a value to a group in the file that was written gets what Nornir would give."""
    found = devices("nornir:hosts.yaml", folder)

    assert found["fw-par-01"].groups == ("world", "emea", "edge")
    assert found["fw-par-02"].groups == ("edge", "world", "emea")


def test_data_are_carried_and_merged_as_nornir_does(folder: Path) -> None:
    """Texts only; lists, and what reads like a secret, are told."""
    found = devices("nornir:hosts.yaml", folder)

    assert found["fw-par-01"].data == {"site": "paris", "role": "edge", "owner": "emea-team"}


def test_what_does_not_translate_is_told_and_secrets_by_their_key(folder: Path) -> None:
    """Of hosts, of groups and of defaults."""
    made = imported(f"nornir:{folder}")

    notes = "\n".join(made.inventory.notes)
    for said in (
        "'password' (3 times): a secret",
        "'data.vlans': only texts",
        "'data.enable_password': a secret",
        "'connection_options.netmiko.extras.secret': a secret",
        "'connection_options.netmiko.extras.session_log': has no meaning here",
        "'connection_options.napalm': firewalls are reached as by netmiko",
        "devices of platform 'ios': not an ASA",
    ):
        assert said in notes
    assert made.inventory.credentials[0].enable is not None


@pytest.mark.parametrize(
    ("config", "moved"),
    [
        ("inventory: {plugin: SimpleInventory, options: {host_file: sub/hosts.yaml}}\n", "hosts.yaml"),
        ("inventory: {options: {group_file: sub/groups.yaml}}\n", "groups.yaml"),
    ],
)
def test_nornirs_configuration_says_where_the_files_are(config: str, moved: str, folder: Path) -> None:
    """Beside it, where it says nothing else."""
    (folder / "sub").mkdir()
    (folder / moved).rename(folder / "sub" / moved)
    (folder / "config.yaml").write_text(config)

    assert len(devices("nornir:config.yaml", folder)) == 3


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        (
            "hosts.yaml",
            "fw-1: {hostname: 192.0.2.1, groups: [nowhere]}\n",
            "hosts.yaml:1:38: group 'nowhere'",
        ),
        ("groups.yaml", "emea: {groups: [edge]}\nedge: {groups: [emea]}\n", "is in itself"),
        ("hosts.yaml", "fw-1: [x]\n", "hosts.yaml:1:1: 'fw-1': expected a map"),
        ("hosts.yaml", "- fw-1\n", "this is no file of Nornir's"),
        ("hosts.yaml", "# nothing\n", "no device is in it"),
        ("hosts.yaml", "fw-1: {hostname: x}\nfw-1: {hostname: y}\n", "is here twice"),
        ("config.yaml", "inventory: {plugin: NetBoxInventory2}\n", "its inventory is not SimpleInventory"),
    ],
)
def test_files_that_cannot_be_used_say_where(folder: Path, file: str, text: str, why: str) -> None:
    """Exit 2, and nothing is guessed."""
    (folder / file).write_text(text)
    source = "config.yaml" if file == "config.yaml" else "hosts.yaml"

    with pytest.raises(InventoryError) as caught:
        imported(f"nornir:{source}")

    assert why in str(caught.value)


def test_a_host_without_an_address_is_left_out(folder: Path) -> None:
    """Nornir has none for it either."""
    (folder / "hosts.yaml").write_text(
        "fw-1: {hostname: 192.0.2.1, groups: [edge]}\nfw-2: {groups: [edge]}\nfw-3:\n"
    )

    made = imported("nornir:hosts.yaml")

    assert (len(made.inventory.devices), made.inventory.left_out) == (1, 2)


def test_groups_and_defaults_need_not_be_there(folder: Path) -> None:
    """As with Nornir."""
    (folder / "groups.yaml").unlink()
    (folder / "defaults.yaml").write_text("---\n# nothing yet\n")
    (folder / "hosts.yaml").write_text("fw-1: {hostname: 192.0.2.1}\n")

    assert devices("nornir:hosts.yaml", folder)["fw-1"].host == "192.0.2.1"
