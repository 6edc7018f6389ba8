"""What a terminal prints between and inside answers, over real SSH: no firewall is lost to it or misread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import Ended, audit, fleet_of

LOG = "%ASA-5-111008: User 'opsadmin' executed the 'show license status' command."
WARNING = "\n".join(
    (
        "Warning: ASAv platform license state is Unlicensed.",
        "Install ASAv platform license for full functionality.",
    )
)
MATE = "\n".join(
    ("****WARNING****WARNING****", "   Mate version 9.22(1) is not identical with ours 9.22(2)14")
)


def chatting(name: str, place: str, text: str, match: str, **more: Any) -> dict[str, Any]:
    """Return a healthy device that prints the text at one command."""
    delay = {"delay_s": 0.3} if place == "ahead" else {}
    fault = {"action": "chatter", "place": place, "text": text, "match": match, **delay}
    return {"name": name, "faults": [fault], **more}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Audit one fleet in which every terminal talks."""
    devices = [
        chatting("ahead", "ahead", LOG, "^show version$"),
        chatting("ahead-of-enable", "ahead", WARNING, "^enable$"),
        chatting("inside", "inside", f"<165>Mar 10 2026 12:00:01 inside : {LOG}", "license status"),
        chatting("inside-roles", "inside", MATE, "license all", prompt=["priority", "state"]),
        chatting("behind", "behind", WARNING, "^show mode$"),
        chatting("blanks", "ahead", " " * 300_000, "^show version$"),
        chatting("stray", "behind", "connection to the archive server lost", "^show mode$"),
        chatting("stray-ahead", "ahead", "archive: 7 files copied", "^show mode$"),
        {"name": "ftd", "model": "FPR-1150", "version": "9.22(1)127", "threat_defense": "7.6.2"},
        {
            "name": "ftdv",
            "version": "9.20(3)7",
            "threat_defense": "7.4.1",
            "login": {"motd": ["> keep out <"]},
            "terminal": {"pager_lines": 0},
        },
    ]
    with fleet_of(*devices) as fleet:
        return audit(fleet, tmp_path_factory.mktemp("chatter"), "--command-timeout=20")


@pytest.mark.parametrize("name", ["ahead", "ahead-of-enable", "inside", "inside-roles", "behind", "blanks"])
def test_a_firewall_that_talks_is_judged_like_one_that_is_silent(name: str, ended: Ended) -> None:
    """A syslog line must make no good firewall unjudgeable, and no prompt before the echo ends an answer."""
    device = ended.device(name)

    assert device["outcome"] == "audited", device
    assert device["decision"]["verdict"] == "compliant"
    assert device["facts"]["unknown"] == []


def test_what_was_passed_over_is_counted(ended: Ended) -> None:
    """Nothing that a device printed is dropped without a word."""
    assert ended.device("inside")["facts"]["chatter"] == 1
    assert ended.device("inside-roles")["facts"]["chatter"] == 2
    assert ended.device("ahead")["facts"]["chatter"] == 0


@pytest.mark.parametrize(
    ("name", "line"),
    [("stray", "connection to the archive server lost"), ("stray-ahead", "archive: 7 files copied")],
)
def test_the_error_quotes_the_line_that_disturbed_and_does_not_wait_for_the_limit(
    name: str, line: str, ended: Ended
) -> None:
    """An operator must see what to silence, and the night is short."""
    device = ended.device(name)

    assert (device["outcome"], device["stage"]) == ("not-audited", "collect")
    assert f"'{line}'" in device["error"]
    assert "limit" not in device["error"]


@pytest.mark.parametrize(("name", "version"), [("ftd", "7.6.2"), ("ftdv", "7.4.1")])
def test_threat_defense_is_known_at_its_prompt(name: str, version: str, ended: Ended) -> None:
    """It has no licence of an ASA: nothing is asked, typed or judged beyond what it is."""
    device = ended.device(name)

    assert device["outcome"] == "audited", device
    assert device["facts"]["license_mode"] == "threat-defense"
    assert device["facts"]["version"] == version
    assert device["decision"]["verdict"] == "not-applicable"
    assert device["decision"]["reasons"] == ["Threat Defense, licences are in FMC/FDM"]
    assert device["findings"] == []


def test_nothing_but_its_version_is_asked_of_threat_defense(tmp_path: Path) -> None:
    """`enable` or `configure` typed at its prompt would be somebody else's log entry."""
    with fleet_of({"name": "ftd", "threat_defense": "7.6.2", "terminal": {"pager_lines": 0}}) as fleet:
        audit(fleet, tmp_path)
        typed = [line.text for line in fleet["ftd"].transcript]

    assert typed == ["show version", "exit"]
