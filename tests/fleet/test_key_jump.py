"""A jump host that is logged in to by the key of a credential: that key alone, and never a password."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncssh
import pytest
import yaml

from tests.fleet.jumps import JumpHost, jump_host
from tests.fleet.keys import UserKey, agent, by_key, user_key, words
from tests.support import Ended, cli, fleet_of


def audited(host: JumpHost, directory: Path, jump_key: dict[str, Any]) -> Ended:
    """Audit a firewall by a key of its own, through a jump host whose Host has no key that is let in."""
    key = user_key(directory / "device")
    with fleet_of({"name": "fw-far", "login": {"public_keys": [key.public]}}) as fleet:
        inventory = by_key(fleet, directory, {"file": key.path}, {"bastion": {"key": jump_key}})
        document = yaml.safe_load(inventory.read_text())
        document["devices"]["fw-far"].update(jump="bastion", jump_credential="bastion")
        inventory.write_text(yaml.safe_dump(document))
        return cli(*words(inventory, "--ssh-config", host.ssh_config))


def trusting(directory: Path, key: UserKey) -> Any:
    trusted = asyncssh.import_authorized_keys(key.public)
    return jump_host(directory / "jump", trusted=trusted)


def test_the_key_of_a_credential_logs_in_to_a_jump_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a passphrase, which ssh's configuration could not say."""
    key = user_key(tmp_path / "keys", passphrase="Jump2SENTINEL")
    monkeypatch.setenv("PASSPHRASE", "Jump2SENTINEL")
    with trusting(tmp_path, key) as host:
        ended = audited(host, tmp_path, {"file": str(key.path), "passphrase": {"env": "PASSPHRASE"}})

    assert ended.device("fw-far")["outcome"] == "audited", ended.out
    assert host.connections == 1


def test_a_jump_host_on_the_way_stays_with_ssh_configuration(tmp_path: Path) -> None:
    """The credential is that of the jump host which the inventory names, and is shown to no other."""
    key = user_key(tmp_path / "keys")
    with jump_host(tmp_path / "outer") as outer, trusting(tmp_path, key) as inner:
        bastion = inner.block("bastion 127.0.0.1", "ProxyJump outer")
        inner.ssh_config.write_text(bastion + outer.block("outer"))
        ended = audited(inner, tmp_path, {"file": str(key.path)})

    assert ended.device("fw-far")["outcome"] == "audited", ended.out
    assert (outer.connections, inner.connections) == (1, 1)
    assert outer.forwarded == [("127.0.0.1", inner.port)]


def test_the_agent_logs_in_to_a_jump_host_with_the_named_key_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What else it holds is not shown there."""
    key, other = user_key(tmp_path / "keys"), user_key(tmp_path / "keys", "other")
    with trusting(tmp_path, key) as host, agent(tmp_path, other, key) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        ended = audited(host, tmp_path, {"agent": "true", "fingerprint": key.fingerprint})

    assert ended.device("fw-far")["outcome"] == "audited", ended.out


def test_a_key_that_a_jump_host_refuses_is_named_with_its_credential(tmp_path: Path) -> None:
    """The stage is the jump host's, and nothing is known of the firewall."""
    key, other = user_key(tmp_path / "keys"), user_key(tmp_path / "keys", "other")
    with trusting(tmp_path, other) as host:
        found = audited(host, tmp_path, {"file": str(key.path)}).device("fw-far")

    assert found["stage"] == "jump"
    assert f"with the key {key.fingerprint} of the credential 'bastion'" in found["error"]
    assert "it refused the key of 'jumper'" in found["error"]
    assert "`authorized_keys`" in found["hint"]


@pytest.mark.parametrize(
    ("credential", "said"),
    [
        ("lab", "jump_credential: 'lab' has no key; a jump host is logged in to by a key, never a password"),
        ("lba", "jump_credential: 'lba' is not defined in credentials (did you mean 'lab'?)"),
    ],
)
def test_a_jump_host_gets_no_password(credential: str, said: str, tmp_path: Path) -> None:
    """It would see that of every firewall behind it."""
    with fleet_of({"name": "fw-far"}) as fleet:
        inventory = fleet.write(tmp_path).inventory
    document = yaml.safe_load(inventory.read_text())
    document["devices"]["fw-far"].update(jump="bastion", jump_credential=credential)
    inventory.write_text(yaml.safe_dump(document))

    ended = cli("inventory", "check", "-i", inventory)

    assert (ended.code, said in ended.err) == (2, True), ended.err
