"""A plan is put to fresh readings before its lines are sent: what has moved, or is not known, is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from asa_transport.asa.servers import CALLHOME_SERVER
from asa_transport.core.judgement.judge import Standard
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning.identity import Who, stranger, who
from asa_transport.core.planning.recheck import MOVED, Recheck, RecheckResult, look, wanted_targets
from asa_transport.edges import templates
from asa_transport.model import (
    Audited,
    AuditOutcome,
    CommandOutput,
    DryRunOutcome,
    Goal,
    Identity,
    NoChange,
    NotReached,
    Plan,
    Policy,
    Proxy,
    Refused,
    Step,
    TransportType,
    Unsaved,
    UnsavedFacts,
    UnsavedState,
    Unsettled,
    WouldPush,
)
from tests.unit.judging import NOW, days, exemption
from tests.unit.planning import CALLHOME_ALLOWED, NEW, ORIGIN, RENDERER, REVERT, audited, missed, plan_of

TABLES = TableSet(templates.textfsm())
SERVER = Proxy(host="smartreceiver.cisco.com", port=443)
ANSWERED = "Success rate is {} percent ({}/5)\n"
LATER = NOW + timedelta(minutes=30)
CALLHOME = "transport=callhome"
Edit = Callable[[Audited], Audited]


def asked(outcome: Audited, target: Proxy | None = SERVER, *, good: int = 5) -> Audited:
    """The same reading with the answer to a probe of this target."""
    if target is None:
        return outcome
    output = CommandOutput(
        command=f"ping tcp {target.host} {target.port}",
        text=ANSWERED.format(good * 20, good),
        prompt="fw#",
        started_at=LATER,
        duration_s=0.1,
    )
    return replace(outcome, capture=replace(outcome.capture, outputs=(output,)))


def told(outcome: Audited, **changes: Any) -> Audited:
    """The same firewall, of which other facts were read."""
    return replace(outcome, facts=replace(outcome.facts, **changes))


def looked(
    plan: Plan,
    outcomes: Sequence[AuditOutcome],
    *,
    policy: Policy | None = None,
    names: Sequence[str] | None = None,
    standard: Mapping[str, Any] | None = None,
    **changes: Any,
) -> RecheckResult:
    """Put fresh readings to a plan; all devices of it are looked at where no names are given."""
    rules = Standard(policy=policy or Policy(), catalogue=(), exemptions=(), now=LATER)
    recheck = Recheck(
        plan=plan,
        standard=replace(rules, **(standard or {})),
        renderer=RENDERER,
        tables=TABLES,
        origin=replace(ORIGIN, id="again", now=LATER),
    )
    chosen = names if names is not None else [device.name for device in plan.devices]
    by_name = {outcome.device.name: outcome.device for outcome in outcomes}
    return look(outcomes, [by_name[name] for name in chosen], replace(recheck, **changes))


def one(plan: Plan, outcome: AuditOutcome, **changes: Any) -> DryRunOutcome:
    (found,) = looked(plan, [outcome], **changes).outcomes
    return found


def refused(plan: Plan, outcome: AuditOutcome, **changes: Any) -> Refused:
    found = one(plan, outcome, **changes)
    assert isinstance(found, Refused), found
    return found


@pytest.fixture
def firewall() -> Audited:
    return audited("fw1", CALLHOME)


@pytest.fixture
def plan(firewall: Audited) -> Plan:
    return plan_of([firewall])


# --------------------------------------------------------------------------- it goes on


def test_a_firewall_that_stands_where_it_was_planned_would_be_pushed(plan: Plan, firewall: Audited) -> None:
    """The same reading, and the server answered: nothing stands against the lines."""
    result = looked(plan, [asked(firewall)])

    assert result.outcomes == (WouldPush(device=firewall.device),)
    assert (result.plan.id, result.plan.created_at) == ("again", LATER)
    assert result.plan.devices[0].apply == plan.devices[0].apply
    assert result.plan.devices[0].reachability is not None
    assert result.plan.devices[0].reachability.is_proven


def test_a_firewall_that_has_the_planned_lines_already_is_left_alone(plan: Plan) -> None:
    """A line sent twice is a change that nobody approved."""
    outcome = one(plan, asked(audited("fw1")))

    assert outcome == NoChange(
        device=outcome.device, reason="the device already runs the planned licence block"
    )


def test_each_device_has_its_own_answer_in_the_order_in_which_they_were_asked_for(firewall: Audited) -> None:
    """One that has moved holds up no other."""
    other, third = audited("fw2", CALLHOME), audited("fw3", CALLHOME)
    plan = plan_of([firewall, other, third])
    moved = told(asked(third), version="9.24(1)")

    found = looked(plan, [asked(firewall), asked(other), moved], names=["fw3", "fw1"]).outcomes

    assert [(type(outcome), outcome.device.name) for outcome in found] == [
        (Refused, "fw3"),
        (WouldPush, "fw1"),
    ]


# --------------------------------------------------------------------------- not there, or another one


def test_a_firewall_that_cannot_be_read_is_not_reached(plan: Plan) -> None:
    """Its error and what to do next are both told."""
    outcome = one(plan, missed("fw1"))

    assert isinstance(outcome, NotReached)
    assert outcome.reason == "TCP: timed out; look at the route"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"serial": "X"}, "serial number 'X', planned '9AEXAMPLE01'"),
        ({"serial": None}, "serial number not said, planned '9AEXAMPLE01'"),
        ({"hostname": "fw9"}, "host name 'fw9', planned 'fw1'"),
        (
            {"serial": "X", "hostname": "fw9"},
            "serial number 'X', planned '9AEXAMPLE01'; host name 'fw9', planned 'fw1'",
        ),
    ],
)
def test_another_firewall_that_answers_is_sent_nothing(
    plan: Plan, firewall: Audited, changes: dict[str, Any], why: str
) -> None:
    """Not even where it has the planned lines already: what it reads says nothing of the planned one."""
    for reading in (firewall, audited("fw1")):
        outcome = refused(plan, told(asked(reading), **changes))

        assert outcome.reason == (
            f"another firewall answers instead of the planned one ({why}); make a new plan"
        )
        # A host name alone is nothing that a change rests on.
        assert (outcome.drift is None) is (reading is firewall and "serial" not in changes)


def test_a_planned_firewall_at_another_address_is_refused(plan: Plan, firewall: Audited) -> None:
    """Who approved the plan has seen one address; the inventory now has another."""
    moved = replace(asked(firewall), device=replace(firewall.device, host="192.0.2.9"))

    assert refused(plan, moved).reason == (
        "the inventory now has the address 192.0.2.9, but the plan was made for fw1.example.net; "
        "make a new plan"
    )


def test_an_address_in_other_letters_is_the_same(plan: Plan, firewall: Audited) -> None:
    """DNS knows no capitals."""
    shouted = replace(asked(firewall), device=replace(firewall.device, host="FW1.Example.NET"))

    assert isinstance(one(plan, shouted), WouldPush)


MINE, HERS = Identity(serial="A", hostname="fw"), Identity(serial="B", hostname="fw")


@pytest.mark.parametrize(
    ("planned", "mate", "seen", "answer"),
    [
        (MINE, "B", MINE, Who.PLANNED),
        (MINE, None, MINE, Who.PLANNED),
        (MINE, "B", HERS, Who.MATE),
        (MINE, "C", HERS, Who.STRANGER),
        (MINE, None, HERS, Who.STRANGER),
        # Two firewalls that both said no serial number are no pair.
        (MINE, None, Identity(serial=None, hostname="fw"), Who.STRANGER),
        (MINE, "B", Identity(serial="B", hostname="other"), Who.MATE),
    ],
)
def test_a_mate_is_known_by_the_serial_number_that_the_plan_names(
    planned: Identity, mate: str | None, seen: Identity, answer: Who
) -> None:
    """Both units of a pair have one host name, so that it tells nothing."""
    assert who(planned, mate, seen) is answer
    assert (stranger(planned, seen) is None) is (answer is Who.PLANNED)


# --------------------------------------------------------------------------- it has moved


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"version": "9.24(1)"}, "version: planned on '9.22(2)14', now '9.24(1)'\n"),
        (
            {"license_block": ("license smart", " throughput level 1G", " transport type callhome")},
            "+ throughput level 1G\n",
        ),
    ],
)
def test_a_firewall_that_has_moved_is_refused_with_the_differences(
    plan: Plan, firewall: Audited, changes: dict[str, Any], shown: str
) -> None:
    """Somebody was there since: the plan's way back would undo that work."""
    outcome = refused(plan, told(asked(firewall), **changes))

    assert outcome.reason == MOVED
    assert shown in (outcome.drift or "")


def test_an_exception_that_somebody_took_since_is_refused(plan: Plan, firewall: Audited) -> None:
    """He answers for the firewall as it is."""
    entries = (exemption(until=NOW + days(5)),)

    outcome = refused(plan, asked(firewall), standard={"exemptions": entries})

    assert "CHG1" in outcome.reason
    assert outcome.drift == "live exception: planned on no, now yes\n"


@pytest.mark.parametrize(("ticket", "kind"), [("CHG7", WouldPush), ("CHG8", Refused)])
def test_a_revert_goes_on_under_its_own_exception_and_no_other(
    ticket: str, kind: type[DryRunOutcome]
) -> None:
    """The exception that the revert itself writes down must not forbid it; somebody else's must."""
    smart = audited("fw1", "contact=failed")
    plan = plan_of([smart], goal=Goal.CALLHOME, revert=REVERT, policy=CALLHOME_ALLOWED)
    entries = (replace(exemption(until=REVERT.until), ticket=ticket),)
    assert plan.devices, plan.held

    outcome = one(
        plan, asked(smart, CALLHOME_SERVER), policy=CALLHOME_ALLOWED, standard={"exemptions": entries}
    )

    assert isinstance(outcome, kind), outcome


def test_a_held_firewall_is_refused_with_the_reasons_of_today(plan: Plan) -> None:
    """What forbids a plan forbids a push."""
    outcome = refused(plan, asked(audited("fw1", "transport=callhome; unknown=transport")))

    assert "no change is planned from output that is not understood" in outcome.reason
    assert "; " in outcome.reason
    assert outcome.drift is None


def test_a_firewall_that_nobody_would_change_any_more_is_refused(plan: Plan, firewall: Audited) -> None:
    """The inventory now expects callhome: there is nothing to do."""
    content = replace(asked(firewall), device=audited("fw1", CALLHOME, expect="callhome").device)

    reason = refused(plan, content).reason

    assert reason.startswith("a plan made now would not change this device: ")
    assert len(reason) > len("a plan made now would not change this device: ")


def test_an_expectation_that_has_changed_is_refused_with_todays_changes(firewall: Audited) -> None:
    """The firewall stands where it stood, and the lines would be others."""
    plan = plan_of([firewall])
    wants_proxy = replace(
        asked(firewall, NEW), device=audited("fw1", CALLHOME, expect=f"smart, {NEW}").device
    )

    outcome = refused(plan, wants_proxy)

    assert outcome.reason == (
        "a plan made now would make other changes (proxy-set, transport-smart), because the inventory, the "
        "policy or what 'doctor' learnt has changed; make a new plan"
    )
    assert outcome.drift is None


# --------------------------------------------------------------------------- the way out


def test_a_server_that_does_not_answer_any_more_is_refused(plan: Plan, firewall: Audited) -> None:
    """Smart Transport would have nobody to talk to."""
    reason = refused(plan, asked(firewall, good=2)).reason

    assert "did not answer the probe from the firewall" in reason


def test_a_way_out_that_was_not_tested_is_refused(plan: Plan, firewall: Audited) -> None:
    """Not known is no permission."""
    assert refused(plan, firewall).reason == (
        "it cannot be tested whether the device reaches smartreceiver.cisco.com:443: 'ping tcp' accepts "
        "only names and IPv4 addresses"
    )


def test_an_answer_of_another_server_proves_nothing(plan: Plan, firewall: Audited) -> None:
    """A firewall that reaches its proxy may not reach Cisco."""
    assert "it cannot be tested" in refused(plan, asked(firewall, NEW)).reason


def test_a_plan_that_does_not_say_what_is_to_be_reached_is_refused(plan: Plan, firewall: Audited) -> None:
    """Plans of older releases do not."""
    old = replace(plan, devices=tuple(replace(device, reachability=None) for device in plan.devices))

    assert refused(old, asked(firewall)).reason == (
        "the plan does not say what the device must reach; make a new plan"
    )


def test_a_plan_that_names_another_server_than_todays_is_refused(plan: Plan, firewall: Audited) -> None:
    """What was tested is what the plan names, and the lines lead elsewhere."""
    (device,) = plan.devices
    assert device.reachability is not None
    other = replace(device, reachability=replace(device.reachability, target=NEW))

    assert refused(replace(plan, devices=(other,)), asked(firewall, NEW)).reason == (
        f"the device must reach {SERVER}, but the plan names {NEW}; make a new plan"
    )


def test_only_the_servers_of_the_devices_in_turn_are_asked_for(firewall: Audited) -> None:
    """A probe costs a firewall up to ten seconds."""
    plan = plan_of([firewall, audited("fw2", CALLHOME)])

    assert wanted_targets(plan, [firewall.device]) == {"fw1": SERVER}
    assert wanted_targets(plan, []) == {}


# --------------------------------------------------------------------------- what others left


SOME = UnsavedFacts(state=UnsavedState.SOME, by="kim", at="11:00:00 UTC Jan 20 2026")


def test_somebody_elses_unsaved_changes_are_refused_unless_the_policy_includes_them(
    plan: Plan, firewall: Audited
) -> None:
    """Our `write memory` would make them permanent."""
    theirs = told(asked(firewall), unsaved=SOME)

    assert refused(plan, theirs).reason == (
        "the running configuration has changes that nobody has saved (last by kim at 11:00:00 UTC Jan 20 "
        "2026): the push would save this too; ask its owner to save or undo it first (policy: unsaved)"
    )
    assert isinstance(one(plan, theirs, policy=replace(Policy(), unsaved=Unsaved.INCLUDE)), WouldPush)


def test_a_firewall_that_an_earlier_push_left_open_is_refused(plan: Plan, firewall: Audited) -> None:
    """Nobody knows what the lines would stand on; `resume` settles it."""
    left = Unsettled(run="run-0", device="fw1", step=Step.CONFIG_VERIFIED, at=NOW)

    reason = refused(plan, asked(firewall), unsettled=(left,)).reason

    assert reason.startswith("the push run-0 left this device unproven or unsaved, at the step ")


def test_what_stood_open_when_the_standard_was_made_does_not_count(plan: Plan, firewall: Audited) -> None:
    """What other pushes left is read anew for each push, and by then it may be settled."""
    left = Unsettled(run="run-0", device="fw1", step=Step.CONFIG_VERIFIED, at=NOW)

    assert isinstance(one(plan, asked(firewall), standard={"unsettled": (left,)}), WouldPush)


def test_a_transport_that_the_lines_do_not_show_is_not_the_planned_state(plan: Plan) -> None:
    """The block reads as planned, and the licence output says callhome: that is not done, and not known."""
    odd = audited("fw1", block=("license smart", " feature tier standard"))
    odd = told(asked(odd), transport=replace(odd.facts.transport, type=TransportType.CALLHOME))

    assert isinstance(one(plan, odd), Refused)
