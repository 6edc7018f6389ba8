"""The assumptions on outputs in the shapes in which real firewalls were recorded, as `doctor --offline`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from asa_transport.core.documents.doctor import contradictions
from asa_transport.flows.doctor import examine_saved
from asa_transport.model import CheckVerdict, Examined
from tests.golden.golden import CAPTURED, DEVICES

# By folder and file, what holds and what differs; the rest is not told, or not applicable.
NAMED = ("model-names", "release-suffixes")
TIMES = ("deadline-90-days", "contact-timers")
EXPECTED: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "session/asa_5512": (NAMED, ()),
    "show_context/wrapped": ((), ()),
    "show_failover/active_with_prompt": ((), ()),
    "show_failover/module_with_trailing_blanks": ((), ()),
    "show_failover/modules_listed_twice": ((), ()),
    "show_failover/standby_with_prompt": ((), ()),
    "show_failover/unindented_internal_build": ((), ()),
    "show_failover/unindented_without_serial": ((), ()),
    "show_license_all/agent_1_6_evaluation": (("status-own-end",), ()),
    "show_license_all/agent_1_6_registered": (("status-own-end", *TIMES), ()),
    "show_license_all/agent_4_3_callhome": (("status-own-end", *TIMES), ()),
    "show_license_all/chassis": (("chassis-answers-license",), ()),
    # IOS XE has the same agent, with an end and a timer of its own.
    "show_license_status/other_agent_by_policy": (("smart-transport-lines",), ("status-own-end",)),
    "show_license_status/other_agent_out_of_compliance": (
        ("status-own-end", "deadline-90-days"), ("contact-timers",),
    ),
    "show_license_status/page_reindented": (("smart-transport-lines", "status-own-end"), ()),
    "show_version/asac_in_a_container": (NAMED, ()),
    "show_version/asav_before_9_6": (NAMED, ()),
    "show_version/asav_by_the_hour": (NAMED, ()),
    "show_version/asav_tabs_with_prompt": (NAMED, ()),
    "show_version/asav_unlicensed_padded": (NAMED, ()),
    "show_version/chassis_with_failover_up": (NAMED, ()),
    "show_version/isa_3000_with_keys": (NAMED, ()),
}  # fmt: skip
# No command that is read: an audit does not ask `show failover state`.
UNREAD: Final = {"show_failover/state"}


def examined(path: Path) -> tuple[Examined, ...]:
    return examine_saved([str(path)], textfsm=None, stdin=None).examined


def said(one: Examined, verdict: CheckVerdict) -> set[str]:
    return {check.id for check in one.checks if check.verdict is verdict}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_shape_says_what_it_says_and_nothing_more(name: str) -> None:
    """A part of one answer must not be taken for proof of all."""
    holds, differs = EXPECTED[name]

    (one,) = examined(CAPTURED / f"{name}.txt")

    assert said(one, CheckVerdict.HOLDS) == set(holds)
    assert said(one, CheckVerdict.DIFFERS) == set(differs)


def test_every_recorded_shape_is_tried() -> None:
    there = {str(path.relative_to(CAPTURED).with_suffix("")) for path in CAPTURED.glob("*/*.txt")}

    assert there == EXPECTED.keys() | UNREAD


def test_where_two_sets_of_outputs_contradict_each_other_is_named_with_who_says_what() -> None:
    """Ours against ours: the same agent on IOS XE beside one on an ASA."""
    here = examined(CAPTURED / "show_license_all" / "agent_4_3_callhome.txt")
    there = examined(CAPTURED / "show_license_status" / "other_agent_out_of_compliance.txt")

    (found,) = contradictions(here, there)

    assert (found.id, found.here, found.there) == ("contact-timers", CheckVerdict.HOLDS, CheckVerdict.DIFFERS)
    assert (found.here_on, found.there_on) == (("agent_4_3_callhome",), ("other_agent_out_of_compliance",))
    assert contradictions(here, here) == contradictions(here, ()) == ()


def test_who_knows_both_readings_is_contradicted_by_nobody() -> None:
    shown = examined(DEVICES / "smart_healthy")
    folder = CAPTURED / "show_license_status"
    mixed = examined(folder / "other_agent_by_policy.txt") + examined(folder / "page_reindented.txt")

    assert "status-own-end" not in {one.id for one in contradictions(mixed, shown)}
