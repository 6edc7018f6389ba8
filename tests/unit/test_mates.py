"""What a unit says of the others counts: releases, unknown and failed mates, groups, the cloud, serials."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asa_transport.core.judgement.cases.case import find_mates, is_follower
from asa_transport.core.judgement.decisions.table import decide, deciding_row
from asa_transport.core.judgement.rules.table import findings
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning.units import units_of
from asa_transport.model import (
    Capture,
    ClusterRole,
    CommandOutput,
    DeviceFacts,
    FailoverState,
    FailoverUnit,
    Severity,
    Verdict,
)
from tests.golden.golden import NOW, texts
from tests.unit.judging import case, case_of, device, healthy

TABLES = TableSet(texts())
VERSION = "\nCisco Adaptive Security Appliance Software Version 9.22(2)14 \n\nHardware:   ASAv\n"
DENIED = "ERROR: Command authorization failed\n"
HEAD = "Failover On \nFailover unit Primary\nFailover LAN Interface: LANFO GigabitEthernet0/6 (up)\n"
PAIR = (
    "        This host: Primary - Active \n                Active time: 10 (sec)\n"
    "        Other host: Secondary - {mate} \n                Active time: 0 (sec)\n"
)
LICENSE_ALL = "Product Information\n===================\nUDI: PID:ASAv,SN:{serial}\n"


def read(answers: dict[str, str], prompt: str = "fw#") -> DeviceFacts:
    outputs = tuple(
        CommandOutput(command=command, text=text, prompt=prompt, started_at=NOW, duration_s=0.1)
        for command, text in {"show version": VERSION, **answers}.items()
    )
    return parse.facts(Capture(device="fw", started_at=NOW, finished_at=NOW, outputs=outputs), TABLES)


def pair(line: str = "", mate: str = "Standby Ready") -> DeviceFacts:
    return read({"show failover": HEAD + line + PAIR.format(mate=mate)})


def judged(facts: DeviceFacts) -> Verdict:
    """The verdict on a firewall that wants a change, and has these facts about its pair or cluster."""
    wanted = case_of("transport=callhome")
    mixed = replace(
        wanted,
        facts=replace(wanted.facts, failover=facts.failover, cluster=facts.cluster, refused=facts.refused),
    )
    return decide(mixed, findings(mixed)).verdict


@pytest.mark.parametrize(
    ("line", "mate", "verdict"),
    [
        ("Version: Ours 9.22(2)14, Mate 9.22(2)14\n", "Standby Ready", Verdict.CHANGE),
        ("Version: Ours 9.22(2)14, Mate 9.22.2.14\n", "Standby Ready", Verdict.CHANGE),
        ("Version: Ours 9.22(2)14, Mate 9.24(1)\n", "Standby Ready", Verdict.HOLD),
        ("Version: Ours 9.22(2)14, Mate 9.22(2)9\n", "Standby Ready", Verdict.HOLD),
        ("Version: Ours 9.22(2)14, Mate Unknown\n", "Standby Ready", Verdict.HOLD),
        ("Serial Number: Ours 9AEXAMPLE01, Mate Unknown\n", "Standby Ready", Verdict.HOLD),
        ("", "Failed", Verdict.HOLD),
        ("", "Cold Standby", Verdict.HOLD),
        ("", "Not Detected", Verdict.HOLD),
    ],
)
def test_the_word_of_one_unit_holds_its_pair(line: str, mate: str, verdict: Verdict) -> None:
    """The mate is often not in the same run; what this unit says of it must do."""
    assert judged(pair(line, mate)) is verdict


def test_a_mate_that_is_not_the_inventorys_pair_holds_both() -> None:
    """A replaced unit, or a wrong `pair:`: two firewalls would be judged by each other's words."""
    given = case_of("failover=active; transport=callhome", around="mate=same")
    mine = replace(given.facts, failover=replace(given.facts.failover, mate_serial="9AELSEWHERE"))

    held = replace(given, facts=mine)

    assert deciding_row(held, findings(held)).name == "pair-disagrees"
    assert any("9AELSEWHERE" in reason for reason in decide(held, ()).reasons)


GROUPS = (
    "        This host:    Primary\n        Group 1       State:          {0}\n"
    "        Group 2       State:          {1}\n        Other host:   Secondary\n"
    "        Group 1       State:          {2}\n        Group 2       State:          {3}\n"
)


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        (("Active", "Standby Ready", "Standby Ready", "Active"), Verdict.CHANGE),
        (("Active", "Active", "Standby Ready", "Standby Ready"), Verdict.CHANGE),
        (("Standby Ready", "Active", "Active", "Standby Ready"), Verdict.NOT_APPLICABLE),
        (("Active", "Failed", "Standby Ready", "Active"), Verdict.HOLD),
        (("Active", "Active", "Standby Ready", "Failed"), Verdict.HOLD),
        (("Active", "Active", "Standby Ready", "Active"), Verdict.HOLD),
        (("Active", "Standby Ready", "Standby Ready", "Standby Ready"), Verdict.HOLD),
    ],
)
def test_every_failover_group_counts_at_both_units(states: tuple[str, ...], verdict: Verdict) -> None:
    """Group 1 is where licences are configured, but a group that failed is a pair in trouble."""
    assert judged(read({"show failover": HEAD + GROUPS.format(*states)})) is verdict


CLOUD = "Failover On\nFailover unit {0}\n        This host: {0} - {1}\n        Other host: {2} - {3}\n"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (CLOUD.format("Secondary", "Backup", "Primary", "Active"), FailoverState.BACKUP),
        (CLOUD.format("Primary", "Active", "Secondary", "Backup"), FailoverState.ACTIVE),
        (
            "Failover On\nFailover cloud peer 10.0.0.2 port 4444\n        This host: Primary - Active\n",
            FailoverState.ACTIVE,
        ),
    ],
)
def test_a_pair_in_a_public_cloud_is_two_firewalls(text: str, state: FailoverState) -> None:
    """Its units exchange no configuration: each is changed by itself, and neither speaks for the other."""
    facts = read({"show failover": text})

    assert (facts.failover.is_cloud, facts.failover.state) == (True, state)
    assert not is_follower(facts)
    assert judged(facts) is Verdict.CHANGE
    names = ("fw-a", "fw-b")
    told = {name: replace(facts, serial=f"SN-{name}") for name in names}
    devices = [replace(device(), name="fw-a"), replace(device(), name="fw-b", pair="fw-a")]
    assert not find_mates(devices, told)
    assert units_of(devices, told) == {"fw-a": "fw-a", "fw-b": "fw-b"}


@pytest.mark.parametrize(
    ("prompt", "enabled", "unit", "state"),
    [
        ("fw/sec/stby#", True, FailoverUnit.SECONDARY, FailoverState.STANDBY),
        ("fw/pri/act#", True, FailoverUnit.PRIMARY, FailoverState.ACTIVE),
        ("stby/fw#", True, None, FailoverState.STANDBY),
        ("fw/actNoFailover#", False, None, FailoverState.ACTIVE),
        ("fw/stbyNoFailover#", False, None, FailoverState.OTHER),
        ("fw#", None, None, None),
    ],
)
def test_the_prompt_tells_the_role_where_the_device_would_not(
    prompt: str, enabled: bool | None, unit: FailoverUnit | None, state: FailoverState | None
) -> None:
    """AAA may refuse `show failover` to an audit's user; a standby unit must not pass for compliant then."""
    found = read({"show failover": DENIED}, prompt).failover

    assert (found.enabled, found.unit, found.state) == (enabled, unit, state)


def test_a_role_that_changed_while_it_was_read_is_none() -> None:
    """The last prompt is newer than the answer."""
    facts = read({"show failover": HEAD + PAIR.format(mate="Standby Ready")}, "fw/pri/stby#")

    assert facts.failover.state is FailoverState.OTHER


@pytest.mark.parametrize(
    ("prompt", "role"),
    [
        ("fw/u-2/data#", ClusterRole.DATA),
        ("fw/slave#", ClusterRole.DATA),
        ("fw/control#", ClusterRole.CONTROL),
    ],
)
def test_the_prompt_tells_the_part_in_a_cluster_too(prompt: str, role: ClusterRole) -> None:
    """The same for a cluster; enough to leave a unit alone, not to change it."""
    facts = read({"show cluster info": DENIED}, prompt)

    assert facts.cluster.role is role
    assert judged(facts) is (Verdict.NOT_APPLICABLE if role is ClusterRole.DATA else Verdict.HOLD)


@pytest.mark.parametrize(
    ("command", "text", "severity"),
    [
        ("show failover", DENIED, Severity.MEDIUM),
        ("show mode", DENIED, Severity.MEDIUM),
        ("show cluster info", DENIED, Severity.MEDIUM),
        ("show cluster info", "ERROR: % Invalid input detected at '^' marker.\n" + DENIED, Severity.MEDIUM),
        ("show clock", DENIED, Severity.INFO),
    ],
)
def test_a_refused_role_is_named(command: str, text: str, severity: Severity) -> None:
    """Silence about a role reads like the role of a unit on its own."""
    refused = read({command: text}).refused

    found = findings(case(replace(healthy(), refused=refused)))

    assert [(one.rule, one.severity) for one in found] == [("AT402", severity)]
    assert command in found[0].detail


def test_a_model_without_clusters_is_no_finding() -> None:
    """The command does not exist on most models."""
    facts = read({"show cluster info": "ERROR: % Invalid input detected at '^' marker.\n"})

    assert not findings(case(replace(healthy(), refused=facts.refused, cluster=facts.cluster)))


@pytest.mark.parametrize(
    "answers",
    [
        {"show license all": LICENSE_ALL.format(serial="9AOTHER")},
        {"show failover": HEAD + "Serial Number: Ours 9AOTHER, Mate 9ATHIRD\n"},
        {"show failover": HEAD + "Serial Number: Ours 9AOWN, Mate 9AOWN\n"},
        {
            "show cluster info": 'Cluster c: On\n    This is "a" in state CONTROL_NODE\n'
            'Other members in the cluster:\n    Unit "b" in state DATA_NODE\n        Serial No.: 9AOWN\n'
        },
    ],
    ids=["license", "failover", "own mate", "own member"],
)
def test_two_serial_numbers_in_one_firewall_are_said_and_held(answers: dict[str, str]) -> None:
    """Answers of two firewalls in one folder would be judged as one that does not exist."""
    facts = read({"show version": VERSION + "Serial Number: 9AOWN\n", **answers})
    mixed = case(replace(healthy(), unknown=facts.unknown))

    assert decide(mixed, findings(mixed)).verdict is Verdict.HOLD
    assert any(one.rule == "AT402" and "9AO" in one.detail for one in findings(mixed))


def test_one_serial_number_everywhere_is_one_firewall() -> None:
    """As printed by a healthy unit of a pair."""
    facts = read(
        {
            "show version": VERSION + "Serial Number: 9AOWN\n",
            "show license all": LICENSE_ALL.format(serial="9AOWN"),
            "show failover": HEAD + "Serial Number: Ours 9AOWN, Mate 9AMATE\n",
        }
    )

    assert not facts.unknown


@pytest.mark.parametrize(
    ("answer", "is_doubted"),
    [
        (f"{HEAD}Version: Ours 9.22(2)14, Mate 9.22(2)14\n", False),
        (f"{HEAD}Version: Ours 9.22.2.14, Mate 9.22(2)14\n", False),
        (f"{HEAD}Version: Ours 9.20(2), Mate 9.20(2)\n", True),
        (f"{HEAD}Version: Ours 9.22(2)9, Mate 9.22(2)14\n", True),
    ],
)
def test_a_release_of_another_time_or_firewall_is_doubted(answer: str, is_doubted: bool) -> None:
    """Outputs from before and after an upgrade agree about the pair, and with nothing else."""
    reasons = [line.reason for line in read({"show failover": answer}).unknown]

    assert [reason.endswith("two firewalls or two times in one?") for reason in reasons] == [
        True
    ] * is_doubted


@pytest.mark.parametrize("prompt", ["fw/pri/stby#", "sec/stby#", "fw/stbyNoFailover#", "fw/negotiation#"])
@pytest.mark.parametrize("answer", ["Failover Off \n", HEAD, HEAD + PAIR.format(mate="Standby Ready")])
def test_a_prompt_that_denies_an_active_unit_is_believed(prompt: str, answer: str) -> None:
    """The answer may be another unit's, or of another minute: neither role is known."""
    assert read({"show failover": answer}, prompt).failover.state is FailoverState.OTHER


@pytest.mark.parametrize(
    ("interface", "unit"),
    [("not Configured", None), ("LANFO GigabitEthernet0/6 (up)", FailoverUnit.SECONDARY)],
)
def test_a_firewall_without_a_mate_is_no_unit_of_a_pair(interface: str, unit: FailoverUnit | None) -> None:
    """`show failover` calls every lone firewall Secondary; one with failover off still is one."""
    text = f"Failover Off \nFailover unit Secondary\nFailover LAN Interface: {interface}\n"

    found = read({"show failover": text})

    assert (found.failover.enabled, found.failover.unit) == (False, unit)
    assert ("failover.unit" in found.sources) is (unit is not None)


def test_a_unit_that_was_standby_when_failover_was_turned_off_is_not_active() -> None:
    """Its configuration is a copy that the other unit writes over."""
    text = HEAD.replace("On", "Off (pseudo-Standby)", 1) + PAIR.format(mate="Active")

    assert read({"show failover": text}).failover.state is FailoverState.OTHER
    assert (
        read({"show failover": text.replace("pseudo-Standby", "pseudo-Active")}).failover.state
        is FailoverState.ACTIVE
    )


@pytest.mark.parametrize("release", ["99.x", "9", "v9.22(2)14", "interim-7"])
def test_an_asa_of_a_release_that_nobody_knows_is_still_an_asa(release: str) -> None:
    """It was left out of the report, for want of the very line that the error then quoted."""
    facts = read({"show version": VERSION.replace("9.22(2)14", release)})

    assert (facts.version, facts.model) == (release, "ASAv")


@pytest.mark.parametrize(
    ("limit", "is_restricted"),
    [
        ("100 Kbps", True),
        ("100 kbps", True),
        ("100Kbps", True),
        ("1 Gbps", False),
        ("100 Mbps", False),
        ("1100 Kbps", False),
    ],
)
def test_a_throttled_firewall_is_known_in_every_spelling(limit: str, is_restricted: bool) -> None:
    """A firewall at 100 kbps is an outage, and was compliant where it wrote a small k."""
    facts = read(
        {"show version": f"{VERSION}License mode: Smart Licensing\nFirewall throughput limited to {limit}\n"}
    )

    assert facts.restricted == (("throughput-100kbps",) if is_restricted else ())


ONPREM = "https://ssm.corp.example/SmartTransport"
CISCO = "https://smartreceiver.cisco.com/licservice/license"
STATUS = "Smart Licensing is ENABLED\n\nTransport:\n  Type: Smart\n  URL: {url}\n"
BLOCK = "license smart\n feature tier standard\n transport url {url}\n"


@pytest.mark.parametrize(
    ("shown", "configured", "is_doubted"),
    [
        (CISCO, ONPREM, True),
        (ONPREM, CISCO, True),
        (ONPREM, ONPREM, False),
        (CISCO, "HTTPS://SmartReceiver.Cisco.com:443/licservice/license", False),
        (CISCO, "default", False),
    ],
)
def test_two_servers_in_one_firewall_are_doubted(shown: str, configured: str, is_doubted: bool) -> None:
    """The configuration of an On-Prem firewall beside the answer of another was compliant."""
    facts = read(
        {
            "show license status": STATUS.format(url=shown),
            "show running-config license": BLOCK.format(url=configured),
        }
    )

    assert [line.reason.startswith("transport.url: contradicts") for line in facts.unknown] == [
        True
    ] * is_doubted


@pytest.mark.parametrize(
    "line",
    [
        " transport url https://kim:s3cret@ssm.corp.example/SmartTransport",
        " transport url HTTP://s3cret@ssm.corp.example/SmartTransport",
        " transport proxy kim:s3cret@proxy.example.net port 8080",
    ],
)
def test_a_password_in_front_of_a_server_is_in_no_fact(line: str) -> None:
    """Facts and evidence go into every report."""
    facts = read({"show running-config license": f"license smart\n{line}\n"})

    assert "s3cret" not in repr(facts)
    assert "***@" in repr(facts)
