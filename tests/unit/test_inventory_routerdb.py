"""The router.db of Oxidized and of RANCID: which column is what, and who is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from asa_transport.errors import InventoryError
from tests.unit.importing import SENTINEL, devices, imported

# As the documentation of Oxidized has it, with other names: a configuration and its table.
CONFIG = f"""\
---
username: oxidized
password: {SENTINEL}
model: junos
model_map:
  cisco: ios
  firewall: asa
groups:
  emea:
    username: emea-reader
    password: {SENTINEL}
models:
  asa:
    username: asa-reader
    vars: {{enable: {SENTINEL}}}
source:
  default: csv
  csv:
    file: router.db
    delimiter: !ruby/regexp /:/
    map:
      name: 0
      ip: 1
      model: 2
      group: 3
      username: 4
      password: 5
    vars_map:
      enable: 6
      ssh_port: 7
"""
TABLE = f"""\
# the firewalls
fw-1:192.0.2.11:firewall:emea:ann:{SENTINEL}:{SENTINEL}:2222
fw-2:192.0.2.12:asa:emea:nil::
fw-3:192.0.2.13:asa:::
rt-1:192.0.2.14:cisco:emea:::

"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ASA_TRANSPORT_ENABLE", raising=False)


@pytest.mark.parametrize("named", ["router.db", "config"])
def test_the_columns_of_oxidized_are_those_of_its_configuration(named: str, tmp_path: Path) -> None:
    """Whichever of the two files is named; a model may have another name, and a group a user of its own."""
    Path("config").write_text(CONFIG)
    Path("router.db").write_text(TABLE)

    found = devices(f"oxidized:{named}", tmp_path)

    assert {name: (one.host, one.port, one.username, one.groups) for name, one in found.items()} == {
        "fw-1": ("192.0.2.11", 2222, "ann", ("emea",)),
        "fw-2": ("192.0.2.12", 22, "emea-reader", ("emea",)),
        "fw-3": ("192.0.2.13", 22, "asa-reader", ()),
    }


def test_secrets_of_oxidized_are_told_by_their_key_alone() -> None:
    """Both files hold them."""
    Path("config").write_text(CONFIG)
    Path("router.db").write_text(TABLE)

    made = imported("oxidized:router.db")

    notes = "\n".join(made.inventory.notes)
    assert "router.db:2, column 5: 'password' (3 times): a secret; it is not copied" in notes
    assert "'enable': a secret" in notes
    assert "devices of platform 'ios': not an ASA" in notes
    assert made.inventory.credentials[0].enable is not None


def test_without_a_configuration_the_columns_are_name_and_model(tmp_path: Path) -> None:
    """What others are, nobody guesses: one of them is the password as a rule."""
    Path("router.db").write_text(f"192.0.2.11:asa:emea:ann:{SENTINEL}\n")

    found = imported("oxidized:router.db")
    mapped = devices("oxidized:router.db", tmp_path, **{"2": "group", "3": "username", "4": ""})

    assert found.inventory.devices[0].username == "netaudit"
    assert "router.db:1, column 4: column 4: not shown: nobody has said what it is; say with --map" in (
        found.inventory.notes
    )
    assert (mapped["192.0.2.11"].groups, mapped["192.0.2.11"].username) == (("emea",), "ann")


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ("source: {default: sql}\n", "its source is not csv"),
        ("source: {csv: {file: router.db, gpg: true}}\n", "is encrypted"),
        ("source: {csv: {gpg: false}}\n", "names no file"),
        ("source: {csv: {file: router.db, delimiter: '/[:;]/'}}\n", "is no single character"),
        ("- source\n", "this is no configuration of Oxidized"),
    ],
)
def test_a_configuration_that_cannot_be_followed_is_refused(config: str, why: str) -> None:
    """Half a table is no inventory."""
    Path("config").write_text(config)

    with pytest.raises(InventoryError, match=why):
        imported("oxidized:config")


@pytest.mark.parametrize("separator", [";", ":"])
def test_rancid_is_read_in_both_of_its_shapes(separator: str, tmp_path: Path) -> None:
    """Names are dialled, as RANCID does; what is not up, it leaves alone, and so do we."""
    lines = ("fw-1.example.net;cisco;up;a comment", "fw-2;cisco;down", "sw-1;juniper;up", "#fw-3;cisco;up")
    Path("router.db").write_text("".join(f"{line}\n".replace(";", separator) for line in lines))

    found = devices("rancid:router.db", tmp_path)

    assert {name: one.host for name, one in found.items()} == {"fw-1.example.net": "fw-1.example.net"}
    assert imported("rancid:router.db").inventory.notes == (
        "router.db:1: devices of type 'cisco': taken; RANCID calls routers so too: look through them",
        "router.db:2: devices whose state is not 'up': RANCID leaves them alone",
        "router.db:3: devices of platform 'juniper': not an ASA",
    )


def test_an_address_of_version_6_is_no_row_of_colons() -> None:
    """RANCID 3 has `;` for it."""
    Path("router.db").write_text("fw-1;cisco;up\n2001:db8::1;cisco;up\n")

    made = imported("rancid:router.db")

    assert made.inventory.left_out == 1
    assert "router.db:2: device (name not shown): left out" in made.inventory.notes[-1]
