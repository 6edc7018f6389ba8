"""A login by an SSH key, over real SSH: what is shown to a device, what is not, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_devices import MockFleet
from tests.fleet.keys import UserKey, agent, by_key, certified, listing_agent, user_key, words
from tests.support import cli, fleet_of

KEYS_ALONE = {"auth": "publickey"}


def fleet_for(*keys: UserKey, **ssh: object) -> MockFleet:
    login = {"public_keys": [key.public for key in keys]}
    return fleet_of({"name": "fw-a", "login": login, "ssh": {**KEYS_ALONE, **ssh}})


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_key_logs_in_and_enable_has_its_own_password(kind: str, tmp_path: Path) -> None:
    """The whole way: one key is shown, no password leaves for the login, `enable` is typed once."""
    key = user_key(tmp_path / "keys", kind=kind)
    with fleet_for(key) as fleet:
        ended = cli(*words(by_key(fleet, tmp_path, {"file": key.path})))
        device = fleet["fw-a"]

        assert ended.device("fw-a")["outcome"] == "audited", ended.err
        assert set(device.keys_shown) == {key.fingerprint}
        assert (device.password_tries, device.secrets_typed) == (0, 1)


def test_a_key_is_shown_to_a_device_that_takes_passwords_too(tmp_path: Path) -> None:
    """An ASA lists every method; a credential with a key has no password that could go to it."""
    key = user_key(tmp_path / "keys")
    with fleet_for(key, auth="both") as fleet:
        ended = cli(*words(by_key(fleet, tmp_path, {"file": key.path})))

        assert ended.device("fw-a")["outcome"] == "audited"
        assert fleet["fw-a"].password_tries == 0


def test_a_rejected_key_is_told_apart_and_shown_once(tmp_path: Path) -> None:
    """What to do about it is another thing than about a password, and no second key is tried."""
    key, other = user_key(tmp_path / "keys"), user_key(tmp_path / "keys", "other")
    with fleet_for(other, auth="both") as fleet:
        ended = cli(*words(by_key(fleet, tmp_path, {"file": key.path})))
        shown, tries = fleet["fw-a"].keys_shown, fleet["fw-a"].password_tries

    found = ended.device("fw-a")
    assert (found["stage"], shown, tries) == ("authenticate", (key.fingerprint,), 0)
    assert found["error"] == (
        f"logging in as 'netaudit' with the key {key.fingerprint} of the credential 'lab': "
        "the key was rejected"
    )
    assert "ssh authentication publickey" in found["hint"]
    assert "not shown again" in found["hint"]


def test_a_device_that_takes_no_keys_is_shown_none(tmp_path: Path) -> None:
    """Nothing was rejected there, and nothing counts."""
    key = user_key(tmp_path / "keys")
    with fleet_of({"name": "fw-a"}) as fleet:
        ended = cli(*words(by_key(fleet, tmp_path, {"file": key.path})))

        assert fleet["fw-a"].keys_shown == ()
    found = ended.device("fw-a")
    assert found["stage"] == "authenticate"
    assert "the device takes only" in found["error"]


def test_a_rejected_key_is_tried_on_few_devices_only(tmp_path: Path) -> None:
    """Whether a firewall counts it as a failed login is not known."""
    key, other = user_key(tmp_path / "keys"), user_key(tmp_path / "keys", "other")
    devices = [{"name": f"fw-{n}", "login": {"public_keys": [other.public]}} for n in range(8)]
    with fleet_of(*devices) as fleet:
        ended = cli(*words(by_key(fleet, tmp_path, {"file": key.path})))
        shown = sum(len(fleet[name].keys_shown) for name in fleet.names)

    said = [one["error"] for one in ended.document["devices"]]
    assert shown == 2
    assert sum("2 devices rejected this key and none accepted it" in one for one in said) == 6


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622])
def test_a_key_that_others_may_use_is_refused_before_anybody_is_contacted(mode: int, tmp_path: Path) -> None:
    """As ssh does; and whoever may write it says with which key we log in."""
    key = user_key(tmp_path / "keys")
    key.path.chmod(mode)
    with fleet_for(key) as fleet:
        ended = cli(*words(by_key(fleet, tmp_path, {"file": key.path})))

        assert fleet["fw-a"].greeted_count == 0
    assert ended.code == 2
    assert (
        f"credential lab: key: file {key.path}: other people may use it (mode {mode:04o}); "
        "change that with chmod 600" in ended.err
    )


# ------------------------------------------------------------------ agents, certificates


def test_of_an_agent_only_the_named_key_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent of a firewall person holds ten keys; a directory locks an account after three attempts."""
    key, *others = (user_key(tmp_path / "keys", name) for name in ("mine", "a", "b", "c"))
    with agent(tmp_path, *others, key) as path, fleet_for(key) as fleet:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        ended = cli(*words(by_key(fleet, tmp_path, {"agent": "true", "fingerprint": key.fingerprint})))

        assert ended.device("fw-a")["outcome"] == "audited", ended.out
        assert set(fleet["fw-a"].keys_shown) == {key.fingerprint}


def test_an_agent_that_does_not_sign_is_not_a_rejection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was locked after the run began, or the key has to be confirmed: no account is in danger."""
    key = user_key(tmp_path / "keys")
    with listing_agent(tmp_path, key) as path, fleet_for(key) as fleet:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        ended = cli(*words(by_key(fleet, tmp_path, {"agent": "true", "file": key.path})))

    found = ended.device("fw-a")
    assert found["stage"] == "authenticate"
    assert "the agent has not signed with it" in found["error"]
    assert "ssh-add -l" in found["hint"]


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_certificate_is_shown_in_the_place_of_its_key(kind: str, tmp_path: Path) -> None:
    """One login shows one thing: an authority signs, and no firewall has to know the key."""
    key, authority = user_key(tmp_path / "keys", kind=kind), user_key(tmp_path / "keys", "ca")
    certified(key, authority)
    login = {"user_authorities": [authority.public]}
    with fleet_of({"name": "fw-a", "login": login, "ssh": KEYS_ALONE}) as fleet:
        ended = cli(*words(by_key(fleet, tmp_path, {"file": key.path})))

        assert ended.device("fw-a")["outcome"] == "audited", ended.out
        assert set(fleet["fw-a"].keys_shown) == {authority.fingerprint}


def test_a_firewall_that_takes_plain_keys_alone_rejects_a_certificate_and_the_way_out_is_named(
    tmp_path: Path,
) -> None:
    """An ASA does; the certificate lay beside the key, and nobody had thought of it."""
    key, authority = user_key(tmp_path / "keys"), user_key(tmp_path / "keys", "ca")
    certified(key, authority)
    with fleet_for(key) as fleet:
        rejected = cli(*words(by_key(fleet, tmp_path, {"file": key.path}))).device("fw-a")
        plain = cli(*words(by_key(fleet, tmp_path, {"file": key.path, "certificate": "none"})))

    assert "with the certificate of the key" in rejected["error"]
    assert "set `certificate: none`" in rejected["hint"]
    assert plain.device("fw-a")["outcome"] == "audited"
