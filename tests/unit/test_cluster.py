"""A cluster: what `show cluster info` says of a unit's part, and what the judgement makes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asa_transport.asa.cluster import role_of
from asa_transport.core.judgement.cases.case import find_mates
from asa_transport.core.judgement.decisions.table import decide
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.tables import TableSet
from asa_transport.model import Capture, ClusterFacts, ClusterMember, ClusterRole, CommandOutput, DeviceFacts
from tests.golden.golden import NOW, texts
from tests.unit.judging import case_of, device, healthy

TABLES = TableSet(texts())
VERSION = "\nCisco Adaptive Security Appliance Software Version 9.22(2)14 \n\nHardware:   ASAv\n"


def read(answer: str | None, **more: str) -> DeviceFacts:
    answers = {"show version": VERSION, **more}
    if answer is not None:
        answers["show cluster info"] = answer
    outputs = tuple(
        CommandOutput(command=command, text=text, prompt="dc-fw#", started_at=NOW, duration_s=0.1)
        for command, text in answers.items()
    )
    return parse.facts(Capture(device="dc-fw", started_at=NOW, finished_at=NOW, outputs=outputs), TABLES)


@pytest.mark.parametrize(
    ("state", "role"),
    [
        ("CONTROL_NODE", ClusterRole.CONTROL),
        ("MASTER", ClusterRole.CONTROL),
        ("DATA_NODE", ClusterRole.DATA),
        ("SLAVE", ClusterRole.DATA),
        ("DATA_NODE_BULK_SYNC", ClusterRole.DATA),
        ("SLAVE_CONFIG", ClusterRole.DATA),
        ("CONTROL_NODE_CONFIG", ClusterRole.OTHER),
        ("MASTER_BULK_SYNC", ClusterRole.OTHER),
        ("DISABLED", ClusterRole.OTHER),
        ("ELECTION", ClusterRole.OTHER),
        ("NOT_CONTROL_NODE", ClusterRole.OTHER),
        ("control_node", ClusterRole.OTHER),
    ],
)
def test_only_exact_words_are_a_control_unit(state: str, role: ClusterRole) -> None:
    """A unit that is taken for the control unit may be changed; so a new word must not make one."""
    found = read(f'Cluster north: On\n    This is "a" in state {state}\n').cluster

    assert role_of(state) is role
    assert (found.enabled, found.name, found.unit, found.role) == (True, "north", "a", role)


@pytest.mark.parametrize("why", ["configured", "enabled", "supported on this model"])
def test_a_unit_on_its_own_has_no_part_in_a_cluster(why: str) -> None:
    """Cisco's own code matches the beginning only, so the rest may be anything."""
    assert read(f"Clustering is not {why}\n").cluster == ClusterFacts(enabled=False)


def test_a_device_without_the_command_is_in_no_cluster() -> None:
    """Most models have no clustering: they must not become findings, nor be held."""
    facts = read("             ^\nERROR: % Invalid input detected at '^' marker.\n")

    assert facts.cluster == ClusterFacts(enabled=False)


@pytest.mark.parametrize(
    "answer", ["", "\n", "Cluster member details follow\n", 'This is "a" in state\n', "Cluster north: On\n"]
)
def test_an_answer_without_a_part_is_none_to_change(answer: str) -> None:
    """An answer that was cut short must not read as "no cluster"."""
    assert read(answer).cluster.role is ClusterRole.OTHER


def test_two_answers_in_one_are_no_part() -> None:
    """Two firewalls' outputs in one file contradict each other here."""
    found = read('Clustering is not configured\nCluster north: On\n    This is "a" in state MASTER\n').cluster

    assert found.role is ClusterRole.OTHER


def test_nobody_asked_is_not_the_same_as_no_cluster() -> None:
    """Captures of earlier releases have no such answer."""
    assert read(None).cluster == ClusterFacts()
    assert read("ERROR: Command authorization failed\n").cluster == ClusterFacts()


def test_the_other_members_are_told_with_what_they_run() -> None:
    """Without auditing them, this unit says who the control unit is and whether all run one release."""
    facts = read(
        'Cluster north: On\n    This is "b" in state DATA_NODE\n        Version   : 9.22(2)14\n'
        '        Serial No.: 9A2\nOther members in the cluster:\n    Unit "a" in state CONTROL_NODE\n'
        "        ID        : 0\n        Version   : 9.22(3)\n        Serial No.: 9A1\n"
        '    Unit "c" in state DISABLED\n'
    )

    told = [(one.unit, one.role, one.version, one.serial) for one in facts.cluster.members]
    assert told == [
        ("a", ClusterRole.CONTROL, "9.22(3)", "9A1"),
        ("c", ClusterRole.OTHER, None, None),
    ]
    assert not facts.unknown


def test_the_control_unit_speaks_for_the_data_units_of_its_run() -> None:
    """One cluster on callhome is one finding for its people, not one a unit."""
    control = replace(healthy(), serial="9A1", cluster=ClusterFacts(enabled=True, role=ClusterRole.CONTROL))
    member = ClusterMember(unit="a", state="CONTROL_NODE", role=ClusterRole.CONTROL, serial="9A1")
    data = ClusterFacts(enabled=True, role=ClusterRole.DATA, members=(member,))
    facts = {"dc-1": control, "dc-2": replace(healthy(), serial="9A2", cluster=data)}

    assert find_mates([replace(device(), name=name) for name in facts], facts) == {"dc-2": "dc-1"}


def test_the_registration_of_a_data_unit_is_its_own() -> None:
    """Cisco registers each ASAv of a cluster by itself: the control unit's token does not help it."""
    case_ = case_of("cluster=data; expires=-1d")

    assert any("each unit registers by itself" in reason for reason in decide(case_, ()).reasons)
    assert not any("each unit registers by itself" in r for r in decide(case_of("cluster=data"), ()).reasons)


CONTROL = (
    'Cluster north: On\n    This is "a" in state CONTROL_NODE\n        ID        : 0\n'
    "        Version   : {version}\n        Serial No.: {serial}\nOther members in the cluster:\n"
)
OWN_SERIAL = {"show license all": "Product Information\n===================\nUDI: PID:ASAv,SN:9AEXAMPLE01\n"}


@pytest.mark.parametrize(
    ("version", "serial", "reason"),
    [
        ("9.22(2)14", "9AEXAMPLE01", None),
        ("9.20(2)10", "9AEXAMPLE01", "release: not that of 'show version'"),
        ("9.22(2)14", "9AEXAMPLE02", "serial: another firewall than that of"),
    ],
)
def test_what_a_unit_says_of_itself_in_its_cluster_is_compared(
    version: str, serial: str, reason: str | None
) -> None:
    """Two serial numbers, or two releases, in what is read as one firewall."""
    unknown = read(CONTROL.format(version=version, serial=serial), **OWN_SERIAL).unknown

    assert [line.reason.startswith(reason or "") for line in unknown] == ([True] if reason else [])


def test_a_cluster_of_one_is_understood() -> None:
    """It is an ordinary state of a cluster that is being built."""
    text = CONTROL.format(version="9.22(2)14", serial="9AEXAMPLE01")
    found = read(f"{text}    There is no other unit in the cluster\n")

    assert (found.unknown, found.cluster.role, found.cluster.members) == ((), ClusterRole.CONTROL, ())


@pytest.mark.parametrize("state", ["CONTROL_NODE", "MASTER"])
def test_two_control_units_are_none(state: str) -> None:
    """A cluster that fell apart: which half takes configuration is not known."""
    text = CONTROL.format(version="9.22(2)14", serial="9AEXAMPLE01")
    found = read(f'{text}    Unit "b" in state {state}\n')

    assert found.cluster.role is ClusterRole.OTHER


@pytest.mark.parametrize(
    "answer",
    [
        "Clustering is not configured\n",
        CONTROL.format(version="9.22(2)14", serial="9AEXAMPLE01"),
        "Cluster x: On\n",
    ],
)
def test_the_prompt_of_a_data_unit_is_believed(answer: str) -> None:
    """An answer of another unit or minute does not make it a unit that takes configuration."""
    outputs = tuple(
        CommandOutput(command=command, text=text, prompt="dc/u2/data#", started_at=NOW, duration_s=0.1)
        for command, text in (("show version", VERSION), ("show cluster info", answer))
    )
    found = parse.facts(Capture(device="dc", started_at=NOW, finished_at=NOW, outputs=outputs), TABLES)

    assert found.cluster.role is ClusterRole.OTHER
