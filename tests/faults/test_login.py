"""The login, over real SSH: a secret answers its own question, on few devices, and behind a good key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_devices import MockFleet
from tests.support import QUICK, Ended, audit, cli, fleet_of, plain

SHORT = ("--handshake-timeout=3", "--login-timeout=3", "--command-timeout=3")
SECRETS = ("mock-Login-1", "mock-Enable-1", "not-the-password")


def again(directory: Path, *arguments: str) -> Ended:
    """Audit with the files as they stand."""
    state = ("--state-dir", directory / "state")
    return cli("audit", "-i", directory / "inventory.yaml", "--format", "json", *state, *QUICK, *arguments)


def with_wrong(fleet: MockFleet, directory: Path, which: str) -> None:
    """Write the files, with a wrong password in them."""
    files = fleet.write(directory)
    {"password": files.password_file, "enable": files.enable_file}[which].write_text("not-the-password\n")


def kept(directory: Path) -> str:
    """Return all that a run left on disk, as text."""
    state = directory / "state"
    return "\n".join(plain(path).decode("latin-1") for path in sorted(state.rglob("*")) if path.is_file())


# ------------------------------------------------------------------ host keys


@pytest.mark.parametrize("line", ["@revoked {host} {key}", "@revoked * {key}", "@Revoked 127.0.0.1 {key}"])
def test_a_revoked_key_gets_no_password_although_another_line_admits_it(line: str, tmp_path: Path) -> None:
    """Who revokes a key knows that somebody else has it; he seldom looks for the line that admitted it."""
    with fleet_of({"name": "fw-a"}) as fleet:
        files = fleet.write(tmp_path)
        host = f"[127.0.0.1]:{fleet['fw-a'].port}"
        text = line.format(host=host, key=fleet.public_key("fw-a"))
        files.known_hosts.write_text(f"{files.known_hosts.read_text()}{text}\n")
        ended = again(tmp_path)
        typed, tries = fleet["fw-a"].typed, fleet["fw-a"].password_tries

    device = ended.device("fw-a")
    assert device["stage"] == "host-key"
    assert "marks as revoked" in device["error"]
    assert (typed, tries) == ((), 0)


# ------------------------------------------------------------------ what is asked


@pytest.mark.parametrize(
    ("login", "stage", "seen"),
    [
        pytest.param({"asks": "passcode"}, "authenticate", "code of a second factor", id="second-factor"),
        pytest.param({"asks": "new-password"}, "authenticate", "a new password", id="new-password"),
        pytest.param({"asks": "two"}, "authenticate", "2 questions at once", id="two-questions"),
        pytest.param({"asks": "expired"}, "authenticate", "a new password after", id="expired"),
        pytest.param({"enable": "not-set"}, "enable", "a new password: 'Enter  Password: '", id="not-set"),
        pytest.param({"enable": "new-password"}, "enable", "a new password after", id="enable-expired"),
        pytest.param({"enable": "passcode"}, "enable", "second factor: 'Enter PASSCODE", id="enable-factor"),
    ],
)
def test_nothing_is_typed_into_another_question_than_the_expected_one(
    login: dict[str, str], stage: str, seen: str, tmp_path: Path
) -> None:
    """Typed where a new one is set, a secret becomes the password; typed as a code, a wrong one."""
    device = {"name": "fw-a", "ssh": {"auth": "keyboard-interactive"}, "login": login}
    with fleet_of(device) as fleet:
        ended = audit(fleet, tmp_path, *SHORT)
        secrets = [line.prompt for line in fleet["fw-a"].transcript if line.text == "<secret>"]
        answers = fleet["fw-a"].password_tries

    found = ended.device("fw-a")
    assert (found["stage"], seen in found["error"]) == (stage, True), found
    assert found["hint"]
    assert secrets in ([], ["Password:"])
    assert answers <= 1
    assert not any(secret in ended.out + ended.err + kept(tmp_path) for secret in SECRETS)


@pytest.mark.parametrize("auth", ["password", "keyboard-interactive"])
def test_an_expired_password_is_called_one_by_either_method(auth: str, tmp_path: Path) -> None:
    """The two methods say it in different messages, and a library in none."""
    with fleet_of({"name": "fw-a", "ssh": {"auth": auth}, "login": {"asks": "expired"}}) as fleet:
        found = audit(fleet, tmp_path, *SHORT).device("fw-a")

    assert "asked for a new password" in found["error"]
    assert "has expired" in found["hint"]


@pytest.mark.parametrize("login", [{"asks": "upper"}, {"enable": "upper"}])
def test_a_question_in_capitals_is_answered(login: dict[str, str], tmp_path: Path) -> None:
    """RADIUS servers choose the words."""
    device = {"name": "fw-a", "ssh": {"auth": "keyboard-interactive"}, "login": login}
    with fleet_of(device) as fleet:
        assert audit(fleet, tmp_path).device("fw-a")["outcome"] == "audited"


# ------------------------------------------------------------------ a wrong secret and a shared account


FEW = 2
MANY = 9


@pytest.mark.parametrize(
    ("which", "device", "stage"),
    [
        pytest.param("password", {}, "authenticate", id="rejected"),
        pytest.param(
            "password", {"faults": [{"action": "drop", "on": "auth"}]}, "authenticate", id="hang-up"
        ),
        pytest.param(
            "password",
            {"faults": [{"action": "drop", "on": "auth", "text": "bye"}]},
            "authenticate",
            id="hang-up-with-words",
        ),
        pytest.param(
            "password",
            {"ssh": {"auth": "keyboard-interactive"}, "login": {"asks": "again"}},
            "authenticate",
            id="asked-again",
        ),
        pytest.param("enable", {}, "enable", id="enable"),
        pytest.param("enable", {"login": {"enable": "hang-up"}}, "enable", id="enable-hang-up"),
    ],
)
def test_one_wrong_secret_is_offered_to_two_devices_and_no_more(
    which: str, device: dict[str, Any], stage: str, tmp_path: Path
) -> None:
    """A directory locks the account of the whole team after three to five."""
    with fleet_of(*({"name": f"fw-{number}", **device} for number in range(MANY))) as fleet:
        with_wrong(fleet, tmp_path, which)
        ended = again(tmp_path, *SHORT)
        offered = sum(
            fleet[name].password_tries if which == "password" else fleet[name].secrets_typed
            for name in fleet.names
        )

    found = ended.document["devices"]
    assert offered == FEW
    assert {one["stage"] for one in found} == {stage}
    assert sum("not tried: 2 devices rejected this password" in one["error"] for one in found) == MANY - FEW
    assert ended.code == 4
    assert not any(secret in ended.out + ended.err + kept(tmp_path) for secret in SECRETS)


def test_a_silent_server_is_no_rejection(tmp_path: Path) -> None:
    """A AAA server that is down must not end the audit of those behind another one."""
    silent = {"faults": [{"action": "hang", "on": "auth"}]}
    fleet_ = [{"name": f"fw-{number}", **silent} for number in range(4)]
    with fleet_of(*fleet_, {"name": "fw-good"}) as fleet:
        ended = audit(fleet, tmp_path, "--login-timeout=1", "-w", "1")

    assert ended.device("fw-good")["outcome"] == "audited"
    assert not any("not tried" in one.get("error", "") for one in ended.document["devices"])


def test_no_enable_password_is_called_rejected_where_none_was_asked_for(tmp_path: Path) -> None:
    """`enable` that a user may not run is no wrong password, and stops nobody else."""
    denied = {"action": "error", "match": "^enable", "text": "Command authorization failed"}
    fleet_ = [{"name": f"fw-{number}", "faults": [denied]} for number in range(3)]
    with fleet_of(*fleet_, {"name": "fw-good"}) as fleet:
        ended = audit(fleet, tmp_path, "-w", "1")

    assert ended.device("fw-good")["outcome"] == "audited"
    error = ended.device("fw-0")["error"]
    assert "none was sent" in error
    assert "rejected" not in error


def test_the_policy_says_how_many_devices_may_reject_a_password(tmp_path: Path) -> None:
    """Who runs a directory that locks at the second knows it."""
    with fleet_of(*({"name": f"fw-{number}"} for number in range(4))) as fleet:
        with_wrong(fleet, tmp_path, "password")
        (tmp_path / "policy.yaml").write_text("lockout_after: 1\n")
        ended = again(tmp_path, "--policy", str(tmp_path / "policy.yaml"))
        offered = sum(fleet[name].password_tries for name in fleet.names)

    assert offered == 1
    assert "not tried: 1 device rejected this password" in ended.device("fw-3")["error"]


def test_worker_processes_share_the_guard(tmp_path: Path) -> None:
    """Each process for itself would multiply the tries."""
    with fleet_of(*({"name": f"fw-{number}"} for number in range(MANY))) as fleet:
        with_wrong(fleet, tmp_path, "enable")
        ended = again(tmp_path, "--processes=2", "-w", "6")
        offered = sum(fleet[name].secrets_typed for name in fleet.names)

    assert offered == FEW
    assert {one["stage"] for one in ended.document["devices"]} == {"enable"}


# ------------------------------------------------------------------ an echo


def test_an_enable_password_that_a_device_shows_is_nowhere(tmp_path: Path) -> None:
    """Not every terminal server keeps what was typed to itself."""
    with fleet_of({"name": "fw-a", "login": {"enable": "echo"}}) as fleet:
        ended = audit(fleet, tmp_path, "-v")

    assert ended.device("fw-a")["outcome"] == "audited"
    assert not any(secret in ended.out + ended.err + kept(tmp_path) for secret in SECRETS)


# ------------------------------------------------------------------ what else listens there


@pytest.mark.parametrize(
    ("fault", "seen", "hint"),
    [
        pytest.param(
            {"action": "garbage", "text": "\xff\xfd\x18\r\nUser Access Verification\r\n\r\nUsername: "},
            "a telnet server answers there: it says 'User Access Verification",
            "SSH port",
            id="telnet",
        ),
        pytest.param(
            {"action": "garbage", "text": "Password: "},
            "a telnet server",
            "SSH port",
            id="telnet-bare",
        ),
        pytest.param(
            {"action": "drop", "text": "Exceeded MaxStartups\r\n"},
            "it says 'Exceeded MaxStartups'",
            "out of sessions",
            id="words-before-closing",
        ),
        pytest.param(
            {"action": "drop", "text": "SSH-1.5-Cisco-1.25\r\n"}, "1.5", "ssh version 2", id="version-1"
        ),
    ],
)
def test_what_listens_there_is_called_by_its_name(
    fault: dict[str, Any], seen: str, hint: str, tmp_path: Path
) -> None:
    """Words about a banner that cannot be read send a person to the wrong page of the manual."""
    with fleet_of({"name": "fw-a", "faults": [{**fault, "on": "connect"}]}) as fleet:
        found = audit(fleet, tmp_path, *SHORT).device("fw-a")

    assert (found["stage"], seen in found["error"]) == ("connect", True), found
    assert hint in found["hint"]


@pytest.mark.parametrize(
    ("ssh", "seen", "hint"),
    [
        pytest.param(
            {"kex": ["diffie-hellman-group1-sha1"]},
            "key exchanges",
            "ssh key-exchange group",
            id="key-exchange",
        ),
        pytest.param({"ciphers": ["3des-cbc"]}, "cipher", "ssh cipher encryption", id="cipher"),
    ],
)
def test_each_kind_of_disagreement_has_its_own_cure(
    ssh: dict[str, Any], seen: str, hint: str, tmp_path: Path
) -> None:
    """A better key-exchange group cures no cipher."""
    with fleet_of({"name": "fw-a", "ssh": ssh}) as fleet:
        found = audit(fleet, tmp_path, *SHORT).device("fw-a")

    if found["outcome"] == "audited":
        pytest.fail("the library takes it by now: the hint is for nothing any more")
    assert seen in found["error"]
    assert hint in found["hint"]
