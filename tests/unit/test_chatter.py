"""What an ASA prints without being asked, and whose prompt a prompt is: one list each."""

from __future__ import annotations

import pytest

from asa_transport.asa import chatter, prompts, terminal
from asa_transport.asa.chatter import Chatter
from asa_transport.asa.prompts import Prompt
from asa_transport.asa.replies import Objected, is_standby_prompt, judged, role_change


def prompt(text: str) -> Prompt:
    """Return a prompt that must be one."""
    found = prompts.whole(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pri/act# ", "pri/stby# "),
        ("act# ", "stby# "),
        ("sec# ", "sec(config)# "),
        ("sec/pri/act# ", "sec/pri/stby# "),
        ("fw-a/master# ", "fw-a/slave# "),
        ("fw-a/unit-1-2/data# ", "fw-a/unit-1-2/control# "),
        ("fw-a/pri/actNoFailover# ", "fw-a/pri/stbyNoFailover# "),
        ("fw-a/admin# ", "fw-a# "),
        ("act/pri/fw-a# ", "stby/pri/fw-a# "),
        ("master# ", "master(config)# "),
    ],
)
def test_a_firewall_stays_itself_when_its_role_mode_or_context_changes(one: str, other: str) -> None:
    """A failover in mid-session must not end the reading."""
    assert prompt(one).is_same_device(prompt(other))
    assert prompt(other).is_same_device(prompt(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fw-a/master# ", "fw-b/master# "),
        ("fw-a/unit-1-1/data# ", "fw-b/unit-1-1/data# "),
        ("fw-a/unit-1-1/data# ", "fw-a/unit-1-2/data# "),
        ("fw-a/admin# ", "fw-b/admin# "),
        ("fw-a/pri/act# ", "fw-a/sec/stby# "),
        ("pri/act# ", "sec/act# "),
        ("fw-a# ", "fw-b# "),
        ("fw-a# ", "act# "),
        ("master# ", "control# "),
    ],
)
def test_another_unit_or_host_is_another_firewall(one: str, other: str) -> None:
    """A word that many prompts share is nobody's name."""
    assert not prompt(one).is_same_device(prompt(other))


@pytest.mark.parametrize(
    ("text", "hostname", "unit", "state", "is_following"),
    [
        ("fw-a/sec/stby# ", "fw-a", "sec", "stby", True),
        ("fw-a/stbyNoFailover# ", "fw-a", None, "stbyNoFailover", True),
        ("fw-a/unit-1-2/data# ", "fw-a", None, "data", True),
        ("fw-a/master(config)# ", "fw-a", None, "master", False),
        ("pri/act> ", None, "pri", "act", False),
        ("sec/pri/act# ", "sec", "pri", "act", False),
        ("control# ", "control", None, None, False),
    ],
)
def test_a_prompt_tells_name_unit_and_role(
    text: str, hostname: str | None, unit: str | None, state: str | None, is_following: bool
) -> None:
    """The judgement of a unit that refuses `show failover` hangs on the role in its prompt."""
    found = prompt(text)

    assert (found.hostname, found.unit, found.state) == (hostname, unit, state)
    assert found.is_following is is_following
    assert is_standby_prompt(text.rstrip()) is is_following


def test_a_change_of_any_role_is_seen_by_the_push() -> None:
    """A unit that became a data unit or lost its failover must not be configured on."""
    assert role_change("fw-a/pri/act#", "fw-a/pri/stbyNoFailover(config)#") is not None
    assert role_change("fw-a/u1/control#", "fw-a/u1/data#") is not None
    assert role_change("pri/act#", "pri/act(config)#") is None


TAGS = [
    "%ASA-6-302013: Built outbound TCP connection 7781",
    "%ASA-session-6-302013: Built outbound TCP connection 7781",
    "<166>%ASA-6-302013: Built outbound TCP connection 7781",
    "<166>:Mar 10 12:00:01 UTC: %ASA-session-6-302013: Built",
    "<166>Mar 10 2026 12:00:01 fw-a : %ASA-6-302013: Built",
    "Mar 10 2026 12:00:01: %ASA-6-302013: Built outbound",
    "Mar  9 2026 12:00:01 fw-a/ctx : %ASA-5-111008: User 'x' executed the 'show clock' command.",
    "<165>1 2026-03-10T12:00:01Z fw-a : %ASA-5-111008: User",
    "2026-03-10T12:00:01.123+01:00 %ASA-config-5-111008: User",
    "fw-a : %ASA-1-104001: (Primary) Switching to ACTIVE",
    "%FTD-6-302013: Built outbound TCP connection 7781",
]
NOTICES = {
    Chatter.LICENSE: [
        "Warning: ASAv platform license state is Unlicensed.",
        "Install ASAv platform license for full functionality.",
        "WARNING: ASAc platform license state is Unlicensed.",
    ],
    Chatter.MATE_VERSION: [
        "************WARNING****WARNING****WARNING********************************",
        "   Mate version 9.20(2)10 is not identical with ours 9.22(2)14",
    ],
    Chatter.REPLICATION: [
        "Beginning configuration replication: Sending to mate.",
        "End Configuration Replication from mate.",
        "        Detected an Active mate",
    ],
    Chatter.ROLE: [
        "        Switching to Standby",
        "Group 1 Switching to Active",
        "Cluster unit unit-1-1 transitioned from DATA_NODE to CONTROL_NODE",
        "Cluster unit A transitioned from SLAVE to MASTER",
    ],
    Chatter.SHUTDOWN: [
        "***",
        "*** --- SHUTDOWN in 0:05:00 ---",
        "*** Message to all terminals:",
        "***   maintenance tonight",
        "Shutting down isakmp",
    ],
}


@pytest.mark.parametrize("line", TAGS)
def test_a_syslog_line_is_known_in_every_form(line: str) -> None:
    """Each operator's `logging` settings make another form of the same line."""
    assert chatter.kind(line) is Chatter.SYSLOG
    assert terminal.is_chatter(f"fw-a/pri/act# {line}")


@pytest.mark.parametrize(("kind", "line"), [(kind, line) for kind, all_ in NOTICES.items() for line in all_])
def test_a_notice_is_known(kind: Chatter, line: str) -> None:
    """A notice that is taken for an answer makes a good firewall unjudgeable."""
    assert chatter.kind(line) is kind


@pytest.mark.parametrize(
    "line",
    [
        "  Smart Account: %ASA-5-111008: Lusitania",
        "Description: %ASA-6-302013: not a log",
        "    Failure reason: Switching to Standby",
        "Warning: the license expires tomorrow",
        "**** WARNING ****",
        "    Configuration Replication is NOT performed from Standby unit to Active unit.",
        "ERROR: % Invalid input detected at '^' marker.",
        "*Memory resource allocation is more than permitted",
        "Failover Off",
        "Shutting down isakmp" + " x" * 200,
    ],
)
def test_an_answer_is_never_chatter(line: str) -> None:
    """What is passed over is never judged: words alone prove nothing."""
    assert chatter.kind(line) is None
    assert not terminal.is_chatter(line)


def test_a_push_stops_where_the_device_says_that_it_goes_down() -> None:
    """Chatter is passed over, but not what makes the next line a gamble."""
    goes = judged("transport type smart", "%ASA-5-111008: User 'x'\n", before="fw-a#", after="fw-a(config)#")
    stops = judged(
        "transport type smart",
        "***\n*** --- START GRACEFUL SHUTDOWN ---\n",
        before="fw-a#",
        after="fw-a(config)#",
    )

    assert not isinstance(goes, Objected)
    assert isinstance(stops, Objected)
    assert "shutting down" in stops.reason
