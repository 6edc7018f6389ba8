"""Faults of one device, over real SSH: the right stage, a clear message, and nobody else harmed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import audit, fleet_of

HEALTHY = {"name": "fw-good"}
# Short limits: each is reached by the fault that it is for, and by nothing else.
SHORT = ("--handshake-timeout=2", "--login-timeout=2", "--command-timeout=2")


@pytest.mark.parametrize(
    ("fault", "stage", "seen"),
    [
        pytest.param({"action": "refuse"}, "connect", "connection refused", id="refuse"),
        pytest.param({"action": "black_hole"}, "connect", "no answer within 2 s", id="black-hole"),
        pytest.param({"action": "drop", "on": "connect"}, "connect", "closed the connection", id="drop-tcp"),
        pytest.param({"action": "garbage", "on": "connect"}, "connect", "SSH handshake", id="garbage-banner"),
        pytest.param({"action": "endless", "on": "connect"}, "connect", "SSH handshake", id="endless-banner"),
        pytest.param({"action": "hang", "on": "banner"}, "connect", "no answer within 2 s", id="hang-in-kex"),
        pytest.param({"action": "drop", "on": "banner"}, "connect", "SSH handshake", id="drop-in-kex"),
        pytest.param({"action": "unknown_host_key"}, "host-key", "has no key for it", id="unknown-host-key"),
        pytest.param({"action": "changed_host_key"}, "host-key", "holds another key", id="changed-host-key"),
        pytest.param({"action": "reject_password"}, "authenticate", "rejected", id="wrong-password"),
        pytest.param(
            {"action": "hang", "on": "auth"}, "authenticate", "no answer within 2 s", id="hang-in-auth"
        ),
        pytest.param({"action": "drop", "on": "auth"}, "authenticate", "closed", id="drop-in-auth"),
        pytest.param(
            {"action": "freeze_after_auth"}, "collect", "opening a terminal", id="freeze-after-auth"
        ),
        pytest.param(
            {"action": "hang", "on": "login"}, "collect", "waiting for the first prompt", id="no-first-prompt"
        ),
        pytest.param({"action": "drop", "on": "login"}, "collect", "closed the session", id="drop-at-login"),
        pytest.param(
            {"action": "drop", "match": "^enable"}, "enable", "closed the session", id="drop-enable"
        ),
        pytest.param({"action": "hang", "match": "^enable"}, "enable", "limit of 2 s", id="hang-enable"),
        pytest.param(
            {"action": "drop", "match": "license all"}, "collect", "'show license all'", id="drop-in-command"
        ),
        pytest.param(
            {"action": "drop_after", "after_bytes": 100, "match": "license all"},
            "collect",
            "closed the session after",
            id="drop-in-answer",
        ),
        pytest.param(
            {"action": "hang", "match": "license all"},
            "collect",
            "command limit of 2 s",
            id="hang-in-command",
        ),
        pytest.param(
            {"action": "no_prompt", "match": "license all"}, "collect", "command limit of 2 s", id="no-prompt"
        ),
        pytest.param(
            {"action": "endless", "match": "license all"}, "collect", "'show license all'", id="endless"
        ),
        pytest.param(
            {"action": "slow", "per_line_s": 0.5, "match": "show version"},
            "collect",
            "command limit of 2 s",
            id="slower-than-the-limit",
        ),
    ],
)
def test_a_fault_ends_at_its_stage_and_the_others_are_audited(
    fault: dict[str, Any], stage: str, seen: str, tmp_path: Path
) -> None:
    """Each outcome names what was done, what was seen and what to do, and costs no other device its audit."""
    with fleet_of({"name": "fw-bad", "faults": [fault]}, HEALTHY) as fleet:
        ended = audit(fleet, tmp_path, *SHORT)

    bad = ended.device("fw-bad")
    assert (bad["outcome"], bad["stage"]) == ("not-audited", stage), bad
    assert seen in bad["error"]
    assert bad["hint"]
    assert ended.device("fw-good")["outcome"] == "audited"
    assert ended.code == 4


def test_a_device_that_freezes_ends_at_the_device_limit(tmp_path: Path) -> None:
    """netmiko still waits at 75 s on such a device; the deadline closes its socket from outside."""
    frozen = {"name": "fw-bad", "faults": [{"action": "freeze_after_auth"}]}
    with fleet_of(frozen, HEALTHY) as fleet:
        ended = audit(fleet, tmp_path, "--login-timeout=60", "--device-timeout=2")

    assert ended.device("fw-bad")["stage"] == "collect"
    assert "device limit of 2 s" in ended.device("fw-bad")["error"]


def test_a_rejected_password_is_sent_once(tmp_path: Path) -> None:
    """Ten thousand devices times three attempts would lock the account."""
    with fleet_of({"name": "fw-bad", "faults": [{"action": "reject_password", "times": 1}]}) as fleet:
        ended = audit(fleet, tmp_path, "--attempts=3")

    # The fault is used up: a second attempt would have been let in.
    assert ended.device("fw-bad")["stage"] == "authenticate"


def test_a_passing_fault_of_the_connection_is_tried_again(tmp_path: Path) -> None:
    """A device that was out of sessions a second ago is no finding."""
    with fleet_of({"name": "fw-bad", "faults": [{"action": "drop", "on": "connect", "times": 1}]}) as fleet:
        ended = audit(fleet, tmp_path, "--attempts=3")

    assert ended.device("fw-bad")["outcome"] == "audited"
    assert ended.code in (0, 3)


@pytest.mark.parametrize("auth", ["password", "keyboard-interactive", "both"])
def test_a_wrong_enable_password_is_an_outcome_and_is_typed_once(auth: str, tmp_path: Path) -> None:
    """The enable password may be the AAA account's: a second try counts against it."""
    device = {"name": "fw-bad", "ssh": {"auth": auth}, "login": {"enable_password": "another"}}
    with fleet_of(device, HEALTHY) as fleet:
        files = fleet.write(tmp_path)
        (tmp_path / files.enable_file.name).write_text("not-the-enable-password\n")
        ended = audit_again(tmp_path)
        secrets = [line for line in fleet["fw-bad"].transcript if line.text == "<secret>"]

    assert ended.device("fw-bad")["stage"] == "enable"
    assert "not-the-enable-password" not in ended.out + ended.err
    assert len(secrets) == 1


def audit_again(directory: Path) -> Any:
    """Audit with the files as they stand."""
    from tests.support import QUICK, cli

    state = ("--state-dir", directory / "state")
    return cli("audit", "-i", directory / "inventory.yaml", "--format", "json", *state, *QUICK)


def test_garbage_in_an_answer_reaches_neither_the_terminal_nor_the_report_raw(tmp_path: Path) -> None:
    """A device must not be able to move a person's cursor, or to break the JSON."""
    hostile = "\x1b[2J\x1b]0;owned\x07\x9b31m[red]half a line"
    fault = {"action": "garbage", "match": "show version", "text": hostile, "after_bytes": 40}
    with fleet_of({"name": "fw-bad", "faults": [fault]}, HEALTHY) as fleet:
        ended = audit(fleet, tmp_path, *SHORT)
        files = fleet.write(tmp_path)
        from tests.support import QUICK, cli

        table = cli("audit", "-i", files.inventory, "--state-dir", tmp_path / "state", *QUICK, *SHORT)

    assert ended.device("fw-good")["outcome"] == "audited"
    for text in (ended.out, ended.err, table.out, table.err):
        assert "\x1b]0;" not in text
        assert "\x9b" not in text


def test_banners_with_prompt_characters_do_not_end_the_login_early(tmp_path: Path) -> None:
    """Motd lines may hold, or end in, `#` and `>`."""
    motd = ["#" * 60, "# Authorized access only #", "press > to go on >", "fw-other#", "see fw-other>"]
    with fleet_of(
        {"name": "fw-user", "login": {"motd": motd}},
        {"name": "fw-priv", "login": {"motd": motd, "landing": "privileged"}},
    ) as fleet:
        ended = audit(fleet, tmp_path)

    assert [device["outcome"] for device in ended.document["devices"]] == ["audited", "audited"]


@pytest.mark.parametrize("redraw", ["dollar", "backspace", "none"])
def test_long_prompts_at_80_columns_are_read(redraw: str, tmp_path: Path) -> None:
    """`terminal width` would change the running configuration, so long input is redrawn."""
    name = "fw-with-a-name-as-long-as-the-asa-takes-them-for-a-hostname-00"
    device = {
        "name": "fw-long",
        "hostname": name,
        "terminal": {"redraw": redraw},
        "quirks": {"agent": "1.6"},
    }
    with fleet_of(device) as fleet:
        ended = audit(fleet, tmp_path)

    assert ended.device("fw-long")["outcome"] == "audited", ended.device("fw-long")
    assert ended.device("fw-long")["facts"]["hostname"] == name


def test_a_pager_that_may_not_be_turned_off_is_said(tmp_path: Path) -> None:
    """A space would page on, but nothing outside the allow-list is ever sent."""
    with fleet_of({"name": "fw-bad", "deny": ["terminal pager"]}) as fleet:
        ended = audit(fleet, tmp_path)

    assert ended.device("fw-bad")["stage"] == "collect"
    assert "authorize `terminal pager`" in ended.device("fw-bad")["hint"]


def test_a_command_that_the_user_may_not_run_is_no_fact_and_no_failure(tmp_path: Path) -> None:
    """A proxy that could not be read is not the same as none."""
    with fleet_of({"name": "fw-ro", "deny": ["show running-config"]}) as fleet:
        ended = audit(fleet, tmp_path)

    facts = ended.device("fw-ro")["facts"]
    assert facts["transport"]["type"] == "smart"
    assert facts["transport"]["proxy_source"] != "running-config"


def test_a_failover_in_the_middle_of_a_session_does_not_lose_the_device(tmp_path: Path) -> None:
    """The prompt changes from pri/act to pri/stby, with a line that nobody asked for."""
    pair = (
        {"name": "fw-a", "prompt": ["hostname", "priority", "state"], "failover": {"mate": "fw-b"}},
        {
            "name": "fw-b",
            "hostname": "fw-a",
            "failover": {"mate": "fw-a", "unit": "secondary", "state": "standby"},
        },
    )
    with fleet_of(*pair) as fleet:
        before = audit(fleet, tmp_path / "1")
        fleet["fw-a"].switch_role()
        after = audit(fleet, tmp_path / "2")

    assert before.device("fw-a")["facts"]["failover"]["state"] == "active"
    assert after.device("fw-a")["facts"]["failover"]["state"] == "standby"
