"""A plan holds every device of the audit once: planned, held with reasons, or nothing to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asa_transport.asa.license_block import matches_prediction
from asa_transport.asa.servers import CALLHOME_SERVER, SMART_SERVER
from asa_transport.core.judgement.judge import Standard, cases, judged
from asa_transport.core.planning.plan import make_plan
from asa_transport.core.planning.probe import NotReached, Reached
from asa_transport.core.planning.render import Renderer
from asa_transport.core.planning.targets import target_of
from asa_transport.core.planning.units import twin_reason
from asa_transport.errors import ExemptionError, RenderError
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Change,
    Exemption,
    Expectation,
    Goal,
    Identity,
    LedgerSeen,
    Plan,
    PlannedDevice,
    Policy,
    Proxy,
    Reachability,
    Revert,
    Step,
    Unsettled,
    WavePolicy,
)
from tests.unit.judging import FACT_WORDS, NOW, days, exemption
from tests.unit.planning import (
    CALLHOME_ALLOWED,
    NEW,
    OLD,
    ORIGIN,
    RENDERER,
    REVERT,
    TEMPLATES,
    audited,
    missed,
    plan_of,
)


def only(plan: Plan) -> PlannedDevice:
    (device,) = plan.devices
    return device


def why(plan: Plan, name: str = "fw1") -> str:
    """The reasons for which a device is held, in one text; it must be held."""
    assert plan.devices == ()
    (held,) = [held for held in plan.held if held.name == name]
    return "; ".join(held.reasons)


def live(name: str = "fw1", ticket: str = "CHG1") -> Exemption:
    return replace(exemption(until=NOW + days(5)), device=name, ticket=ticket)


# ----------------------------------------------------------------- goal expected


def test_a_device_whose_verdict_is_change_is_planned_with_its_lines() -> None:
    """The whole of a planned device, once."""
    plan = plan_of(
        [audited("fw1", "transport=callhome", expect=f"smart, {NEW}", groups=("emea",), region="emea")]
    )

    device = only(plan)
    assert device.changes == (Change.PROXY_SET, Change.TRANSPORT_SMART)
    assert device.apply == (
        "license smart",
        " transport proxy proxy.example.net port 8080",
        " transport type smart",
    )
    assert device.rollback == ("license smart", " transport type callhome", " no transport proxy")
    assert device.before == ("license smart", " feature tier standard", " transport type callhome")
    assert device.diff.startswith("--- fw1 observed\n+++ fw1 predicted\n")
    assert (device.host, device.groups, device.region) == ("fw1.example.net", ("emea",), "emea")
    assert (device.wave, device.unit) == (1, "fw1")
    assert "'transport proxy proxy.example.net port 8080' (now none), then" in device.reasons[0]
    assert (plan.held, plan.nothing_to_do) == ((), ())


def test_the_plan_names_its_origin_and_its_end() -> None:
    """A plan without its run, policy and templates could not be audited."""
    plan = plan_of([audited("fw1", "transport=callhome")], policy=replace(Policy(), plan_valid=36.0))

    assert (plan.id, plan.run, plan.inventory) == ("plan-1", "run-1", "inventory.yaml")
    assert plan.templates_sha256 == RENDERER.sha256
    assert plan.created_at == NOW
    assert plan.valid_until == NOW + timedelta(hours=36)
    assert len(plan.digest) == 64


def test_the_plan_names_who_may_sign_and_the_ledger_that_it_was_made_under() -> None:
    """A push compares both: another file of signers, or an entry taken out, is no approval."""
    known = LedgerSeen(entries=2, sha256="1" * 64)
    origin = replace(ORIGIN, signers_sha256="2" * 64, ledger=known)

    plan = make_plan([], [], origin=origin, goal=Goal.EXPECTED, renderer=RENDERER, policy=Policy())

    assert (plan.signers_sha256, plan.ledger) == ("2" * 64, known)


def test_every_device_has_its_place() -> None:
    """A device that is missing from a plan looks as if it were well."""
    plan = plan_of(
        [
            audited("fw5", "mode=pak"),
            missed("fw4"),
            audited("fw3", "unknown=transport"),
            audited("fw2", "transport=callhome"),
            audited("fw1"),
        ]
    )

    assert [device.name for device in plan.devices] == ["fw2"]
    assert [held.name for held in plan.held] == ["fw3", "fw4"]
    assert plan.nothing_to_do == ("fw1", "fw5")
    assert plan.held[1].reasons == ("not audited (connect): TCP: timed out", "look at the route")


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ("transport=callhome; registration=unregistered", "the device must be registered"),
        ("transport=callhome; mode=fxos", "on the chassis"),
        ("transport=callhome; failover=other", "neither active nor standby"),
        ("transport=callhome; failover=active; mate-state=Failed", "'Failed', not 'Standby Ready'"),
        ("transport=callhome; context=admin", "system execution space"),
        ("transport=callhome; config=unread", "could not be rolled back"),
        ("transport=callhome; url=https://cssm.example.net/SmartTransport", "never changes it"),
        ("transport=callhome; source=version", "only the default of its release"),
        ("contact=failed", "last contact failed"),
    ],
)
def test_what_stands_against_a_change_holds_the_device_and_is_said(facts: str, reason: str) -> None:
    """The plan gives the reasons of the audit, in its words."""
    assert reason in why(plan_of([audited("fw1", facts)]))


def test_a_block_that_cannot_be_restored_holds_the_device() -> None:
    """A way back that is not certain is none."""
    block = ("license smart", " transport type callhome", " transport novelty")

    plan = plan_of([audited("fw1", "transport=callhome", block=block)])

    assert "' transport novelty' could not be entered again as it is" in why(plan)


def test_an_observed_proxy_that_we_would_not_send_holds_its_device_only() -> None:
    """One odd firewall must not stop the plan of the fleet."""
    odd = audited("fw1", "transport=callhome; proxy=my_proxy:80")

    plan = plan_of([odd, audited("fw2", "transport=callhome")])

    assert [device.name for device in plan.devices] == ["fw2"]
    assert "my_proxy" in plan.held[0].reasons[0]


def test_a_value_of_the_inventory_that_is_no_host_is_an_error() -> None:
    """It fails before anything is rendered, and names device and value."""
    outcome = audited("fw1", "transport=callhome")
    hostile = Expectation(proxy=Proxy(host="a\nno license smart", port=80))
    outcome = replace(outcome, device=replace(outcome.device, expect=hostile))

    with pytest.raises(RenderError, match=r"^fw1: the expected proxy has the host 'a\\nno license smart'"):
        plan_of([outcome])


def test_a_users_template_that_sends_something_else_is_an_error() -> None:
    """No device of the plan may have been rendered by it."""
    text = "license smart\n transport type smart\n reload\n"
    renderer = Renderer({**TEMPLATES, "change_transport_smart.apply.j2": text})

    with pytest.raises(RenderError, match="' reload', which is not to be sent"):
        plan_of([audited("fw1", "transport=callhome")], renderer=renderer)


@pytest.mark.parametrize("repeated", ["fw1", "fw2"])
def test_a_device_twice_or_without_a_case_is_a_fault_of_ours(repeated: str) -> None:
    """A plan with fewer devices than the audit must not be made."""
    outcomes: Sequence[AuditOutcome] = [audited("fw1"), audited(repeated)]
    standard = Standard(policy=Policy(), catalogue=(), exemptions=(), now=NOW)
    known = cases(judged([audited("fw1")], standard), standard)

    with pytest.raises(ValueError, match=r"twice|no case"):
        make_plan(known, outcomes, origin=ORIGIN, goal=Goal.EXPECTED, renderer=RENDERER, policy=Policy())


# ----------------------------------------------------------------- pairs and waves


def test_the_active_unit_is_planned_under_the_name_of_its_pair() -> None:
    """The standby gets the configuration from it, and is never sent a line."""
    active = audited("fw1", "transport=callhome; failover=active", pair="fw2")
    standby = audited("fw2", "transport=callhome; failover=standby")

    plan = plan_of([standby, active])

    assert only(plan).name == "fw1"
    assert only(plan).unit == "fw1+fw2"
    assert plan.nothing_to_do == ("fw2",)


def test_the_pair_has_its_name_even_where_the_mate_was_not_audited() -> None:
    """The unit of change does not depend on who answered today."""
    active = audited("fw1", "transport=callhome; failover=active", pair="fw0")

    assert only(plan_of([active])).unit == "fw0+fw1"
    assert only(plan_of([active, missed("fw0")])).unit == "fw0+fw1"


def test_waves_follow_the_policy_and_the_tags() -> None:
    """What the inventory calls a canary goes first."""
    outcomes = [
        audited(f"fw{n}", "transport=callhome", tags=("canary",) if n == 3 else ()) for n in range(1, 5)
    ]

    plan = plan_of(outcomes, policy=replace(Policy(), waves=WavePolicy(max_per_group=2)))

    assert plan.waves == (("fw3",), ("fw1", "fw2", "fw4"))
    assert {device.name: device.wave for device in plan.devices} == {"fw1": 2, "fw2": 2, "fw3": 1, "fw4": 2}


def test_two_paired_entries_that_are_both_planned_share_a_wave() -> None:
    """The inventory calls them one unit, whatever failover says."""
    outcomes = [audited("fw1", "transport=callhome", pair="fw3"), audited("fw2", "transport=callhome")]
    outcomes.append(audited("fw3", "transport=callhome"))

    assert plan_of(outcomes).waves == (("fw1", "fw3"), ("fw2",))


def with_serials(outcome: Audited, serial: str | None, mate: str | None = None) -> Audited:
    failover = replace(outcome.facts.failover, mate_serial=mate)
    return replace(outcome, facts=replace(outcome.facts, serial=serial, failover=failover))


def test_a_planned_device_carries_which_firewall_it_is() -> None:
    """A push compares it at every login: a name of the inventory may lead to another box tomorrow."""
    device = only(plan_of([audited("fw1", "transport=callhome")]))

    assert device.identity == Identity(serial="9AEXAMPLE01", hostname="fw1")


def test_one_firewall_under_two_names_is_held_with_both_names() -> None:
    """By IP address and by DNS name it is one box, and a push to both would change it twice."""
    outcomes = [
        with_serials(audited("fw1", "transport=callhome"), "9A1"),
        with_serials(audited("fw2", "unknown=transport"), "9A1"),
        with_serials(audited("fw3"), "9A1"),
        with_serials(audited("fw4", "transport=callhome"), "9A4"),
    ]

    plan = plan_of(outcomes)

    assert [device.name for device in plan.devices] == ["fw4"]
    assert [held.name for held in plan.held] == ["fw1", "fw2", "fw3"]
    for held in plan.held:
        assert "'9A1' answers under 3 names (fw1, fw2, fw3)" in held.reasons[0]
    assert len(plan.held[1].reasons) > 1, "what else holds it is said too"
    assert plan.nothing_to_do == ()


def test_a_firewall_under_exactly_two_names_is_held_too() -> None:
    """The commonest case: the old entry was not taken out when the new one was written."""
    outcomes = [with_serials(audited(name, "transport=callhome"), "9A1") for name in ("fw1", "fw2")]

    plan = plan_of(outcomes)

    assert plan.devices == ()
    assert [held.name for held in plan.held] == ["fw1", "fw2"]


@pytest.mark.parametrize(("count", "more"), [(10, ""), (11, ", …")])
def test_a_firewall_under_many_names_is_held_with_the_first_ten(count: int, more: str) -> None:
    """A reason is read on one screen."""
    names = [f"fw{number:02}" for number in range(count)]

    assert twin_reason("9A1", names) == (
        f"the serial number '9A1' answers under {count} names ({', '.join(names[:10])}{more}): they are one "
        "firewall, and a push would change it more than once; keep one of these names in the inventory"
    )


def test_firewalls_that_do_not_say_a_serial_number_are_not_one() -> None:
    """An ASAc prints none."""
    outcomes = [with_serials(audited(name, "transport=callhome"), None) for name in ("fw1", "fw2")]

    assert [device.name for device in plan_of(outcomes).devices] == ["fw1", "fw2"]


def test_a_user_context_does_not_hold_the_system_space_of_its_box() -> None:
    """Only one of the two can be changed at all."""
    outcomes = [
        with_serials(audited("fw1", "transport=callhome"), "9A1"),
        with_serials(audited("fw2", "context=user"), "9A1"),
    ]

    assert [device.name for device in plan_of(outcomes).devices] == ["fw1"]


@pytest.mark.parametrize("back", ["9A1", None])
def test_a_mate_that_is_known_by_its_serial_number_shares_the_unit_and_the_wave(back: str | None) -> None:
    """Whether the inventory says `pair:` or not, and where one of the two does not see the other."""
    outcomes = [
        with_serials(audited("fw1", "transport=callhome"), "9A1", mate="9A3"),
        audited("fw2", "transport=callhome"),
        with_serials(audited("fw3", "transport=callhome"), "9A3", mate=back),
    ]

    plan = plan_of(outcomes)

    assert plan.waves == (("fw1", "fw3"), ("fw2",))
    assert [device.unit for device in plan.devices] == ["fw1+fw3", "fw2", "fw1+fw3"]
    assert plan.devices[0].members == ("fw1", "fw3")


def test_a_pair_of_the_inventory_and_one_of_the_serial_numbers_are_one_unit_together() -> None:
    """Where they contradict each other nobody knows which is right: none of the three goes alone."""
    outcomes = [
        with_serials(audited("fw1", "transport=callhome", pair="fw2"), "9A1", mate="9A3"),
        with_serials(audited("fw2", "transport=callhome"), "9A2"),
        with_serials(audited("fw3", "transport=callhome"), "9A3", mate="9A1"),
    ]

    assert {device.unit for device in plan_of(outcomes).devices} == {"fw1+fw2+fw3"}


# ----------------------------------------------------------------- reachability


def test_what_must_be_reached_is_the_proxy_or_ciscos_server() -> None:
    """The probe goes where the licence messages will go."""
    plan = plan_of(
        [
            audited("fw1", "transport=callhome", expect=f"smart, {NEW}"),
            audited("fw2", "transport=callhome"),
            audited("fw3", "transport=callhome; proxy=old.example.net:3128", expect="smart, any"),
        ]
    )

    assert [device.reachability for device in plan.devices] == [
        Reachability(target=NEW, is_proven=False),
        Reachability(target=SMART_SERVER, is_proven=False),
        Reachability(target=Proxy(host="old.example.net", port=3128), is_proven=False),
    ]


def test_a_probe_that_answered_proves_it_and_one_that_failed_holds_the_device() -> None:
    """A change to a transport that is cut off would cut the contact."""
    outcomes = [audited(f"fw{n}", "transport=callhome") for n in (1, 2, 3)]

    plan = plan_of(outcomes, probes={"fw1": Reached(), "fw2": NotReached()})

    assert [(d.name, d.reachability and d.reachability.is_proven) for d in plan.devices] == [
        ("fw1", True),
        ("fw3", False),
    ]
    (held,) = plan.held
    assert held.reasons == (
        "smartreceiver.cisco.com:443 did not answer the probe from the firewall ('ping tcp "
        "smartreceiver.cisco.com 443'): without smartreceiver.cisco.com:443 the change would cut the contact",
    )


def test_the_target_can_be_asked_for_before_the_plan_is_made() -> None:
    """A probe has to know where to."""
    outcome = audited("fw1", "http-proxy=q.example.net:81")
    standard = Standard(policy=Policy(), catalogue=(), exemptions=(), now=NOW)
    (known,) = cases([outcome], standard)
    direct = replace(known, facts=replace(known.facts, transport=audited("fw1").facts.transport))

    assert target_of(known, Goal.EXPECTED) == target_of(known, Goal.SMART) == SMART_SERVER
    assert target_of(known, Goal.CALLHOME) == Proxy(host="q.example.net", port=81)
    assert target_of(direct, Goal.CALLHOME) == CALLHOME_SERVER


def test_a_proxy_that_goes_is_not_what_the_firewall_must_reach() -> None:
    """It answers today, and the change takes it away."""
    outcome = audited("fw1", f"transport=callhome; proxy={OLD.host}:{OLD.port}; contact=failed")
    standard = Standard(policy=Policy(), catalogue=(), exemptions=(), now=NOW)
    (known,) = cases([outcome], standard)

    assert target_of(known, Goal.EXPECTED) == SMART_SERVER
    (any_proxy,) = cases(
        [audited("fw1", f"transport=callhome; proxy={OLD.host}:{OLD.port}", expect="smart, any")], standard
    )
    assert target_of(any_proxy, Goal.EXPECTED) == OLD


def test_what_a_push_left_open_is_held_whether_it_was_read_again_or_not() -> None:
    """Nobody knows what another change would stand on, and the run that settles it is named."""
    left = [
        Unsettled(run="run-0", device=name, step=Step.CONFIG_VERIFIED, at=NOW - days(1))
        for name in ("fw1", "fw2")
    ]
    policy = Policy()
    standard = Standard(policy=policy, catalogue=(), exemptions=(), now=NOW, unsettled=left)
    outcomes = judged([audited("fw1", "transport=callhome"), missed("fw2")], standard)

    plan = make_plan(
        cases(outcomes, standard),
        outcomes,
        origin=ORIGIN,
        goal=Goal.EXPECTED,
        renderer=RENDERER,
        policy=policy,
    )

    assert plan.devices == ()
    first, second = plan.held
    assert [reason.split(",")[0] for reason in first.reasons] == [
        "the push run-0 left this device unproven or unsaved"
    ]
    assert second.reasons[:2] == ("not audited (connect): TCP: timed out", "look at the route")
    assert second.reasons[2:] == first.reasons


def test_the_waves_keep_to_the_policys_number_of_one_group() -> None:
    """Both exits of one site must not change at the same time."""
    outcomes = [audited(f"fw{n}", "transport=callhome", groups=("paris",)) for n in (1, 2)]
    policy = replace(Policy(), waves=replace(WavePolicy(), canary_count=0, max_per_group=1))

    assert plan_of(outcomes, policy=policy).waves == (("fw1",), ("fw2",))


# ----------------------------------------------------------------- goal smart


def test_the_way_back_to_smart_takes_only_devices_on_callhome() -> None:
    """What is on smart is as this goal wants it, or is held with what else is wrong."""
    plan = plan_of(
        [
            audited("fw1", "transport=callhome", expect="callhome"),
            audited("fw2", "transport=callhome"),
            audited("fw3"),
            audited("fw4", expect=f"smart, {NEW}"),
        ],
        goal=Goal.SMART,
        policy=CALLHOME_ALLOWED,
    )

    assert [device.name for device in plan.devices] == ["fw1", "fw2"]
    assert all(device.changes == (Change.TRANSPORT_SMART,) for device in plan.devices)
    assert plan.devices[0].notes[-1].startswith("the inventory expects callhome: correct it")
    assert plan.nothing_to_do == ("fw3",)
    assert plan.held[0].reasons[0].startswith("this goal changes only devices on callhome")


def test_the_way_back_brings_the_expected_proxy_along() -> None:
    """Smart without its way out is no way back."""
    plan = plan_of([audited("fw1", "transport=callhome", expect=f"smart, {NEW}")], goal=Goal.SMART)

    assert only(plan).changes == (Change.PROXY_SET, Change.TRANSPORT_SMART)


def test_a_live_exception_holds_the_way_back_and_a_past_one_does_not() -> None:
    """Somebody answers for that device; when it is over, the exception is closed."""
    past = replace(live(), until=NOW - days(1))
    outcomes = [audited("fw1", "transport=callhome")]

    assert "an exception is in force until" in why(plan_of(outcomes, goal=Goal.SMART, exemptions=[live()]))
    assert "exceptions close" in why(plan_of(outcomes, goal=Goal.SMART, exemptions=[live()]))
    assert only(plan_of(outcomes, goal=Goal.SMART, exemptions=[past])).name == "fw1"


@pytest.mark.parametrize(
    ("facts", "expect"),
    [
        ("transport=callhome; registration=unregistered", "smart"),
        ("transport=callhome; failover=other", "smart"),
        ("transport=callhome", "onprem"),
        ("transport=callhome", "reserved"),
        ("transport=callhome; http-proxy=q:81", "smart"),
        ("transport=callhome; http-proxy=q:81", "callhome, any"),
    ],
)
def test_the_blockers_of_the_audit_block_the_way_back(facts: str, expect: str) -> None:
    """A goal asks for another transport, never for less care."""
    assert why(plan_of([audited("fw1", facts, expect=expect)], goal=Goal.SMART))


# ----------------------------------------------------------------- goal callhome


def revert_of(outcomes: Sequence[AuditOutcome], policy: Policy = CALLHOME_ALLOWED, **changes: object) -> Plan:
    return plan_of(outcomes, goal=Goal.CALLHOME, policy=policy, revert=REVERT, **changes)  # type: ignore[arg-type]


def test_a_revert_is_planned_with_who_answers_and_until_when() -> None:
    """Callhome is going away: nobody reverts for good, or anonymously."""
    plan = revert_of([audited("fw1", "contact=failed")])

    device = only(plan)
    assert device.apply == ("license smart", " transport type callhome")
    assert device.rollback == ("license smart", " transport type smart")
    assert device.reasons == (
        "'transport type callhome', a temporary revert until 2026-01-30 12:00 UTC (ticket CHG7, owner kim)",
    )
    assert device.reachability == Reachability(target=CALLHOME_SERVER, is_proven=False)
    assert device.notes[-1] == (
        "nothing happens by itself at the end date: the audit reports AT502 from then on, and "
        "'asa-transport plan --goal smart' plans the return to smart"
    )
    assert plan.revert == REVERT


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ("registration=unregistered", "must be registered"),
        ("mode=fxos", "on the chassis"),
        ("failover=other", "neither active nor standby"),
        ("config=unread", "call-home"),
        ("refused=show running-config call-home", "it is not known whether callhome would have"),
        ("url=https://cssm.example.net/SmartTransport", "never changes it"),
    ],
)
def test_what_stands_against_a_change_stands_against_a_revert(facts: str, reason: str) -> None:
    """An outage is no licence to guess."""
    assert reason in why(revert_of([audited("fw1", facts)]))


def test_a_revert_needs_the_policys_leave() -> None:
    """Safe by default: nobody reverts a fleet because an option exists."""
    assert "allow_callhome: false" in why(revert_of([audited("fw1")], policy=Policy()))


def test_a_site_that_needs_a_proxy_is_reverted_only_where_call_home_has_it() -> None:
    """The proxy of smart is not that of callhome, and `call-home` is never touched from here."""
    lacking = audited("fw1", f"proxy={NEW}", expect=f"smart, {NEW}")
    having = audited("fw1", f"proxy={NEW}; http-proxy={NEW}", expect=f"smart, {NEW}")

    assert "'http-proxy' of 'call-home' is not the expected one" in why(revert_of([lacking]))
    assert only(revert_of([having])).reachability == Reachability(target=NEW, is_proven=False)


def test_a_revert_takes_the_proxy_of_call_home_as_it_is_where_the_inventory_names_none() -> None:
    """What the inventory says of smart is no word on callhome."""
    assert only(revert_of([audited("fw1", f"http-proxy={NEW}")])).reachability == Reachability(
        target=NEW, is_proven=False
    )


def test_devices_on_callhome_and_standby_units_are_not_reverted() -> None:
    """There is nothing to revert."""
    plan = revert_of(
        [
            audited("fw1", "transport=callhome", expect="callhome"),
            audited("fw2", "failover=active", pair="fw3"),
            audited("fw3", "failover=standby"),
            audited("fw4", "mode=payg"),
            audited("fw5", "transport=callhome"),
        ]
    )

    assert [device.name for device in plan.devices] == ["fw2"]
    assert plan.nothing_to_do == ("fw1", "fw3", "fw4")
    assert plan.held[0].reasons[0].startswith("this goal changes only devices on smart")


def test_the_reverts_own_exception_does_not_forbid_it_and_another_one_does() -> None:
    """The plan is made again after its exception was written."""
    own, other = live(ticket="CHG7"), live(ticket="CHG1")

    again = only(revert_of([audited("fw1")], exemptions=[own]))

    assert again.fingerprint == only(revert_of([audited("fw1")])).fingerprint
    assert "an exception is in force" in why(revert_of([audited("fw1")], exemptions=[own, other]))


@pytest.mark.parametrize(
    ("revert", "message"),
    [
        (None, "expected a ticket, an owner and an end date"),
        (replace(REVERT, ticket=" "), "ticket ' ': expected one line of text"),
        (replace(REVERT, owner="kim\n"), r"owner 'kim\\n': expected one line of text"),
        (replace(REVERT, until=NOW), "is in the past"),
        (replace(REVERT, until=NOW + days(91)), "the policy allows 90 days"),
    ],
)
def test_a_revert_without_a_ticket_an_owner_and_an_end_is_refused(
    revert: Revert | None, message: str
) -> None:
    """Temporary means: somebody, somewhere, until some day."""
    with pytest.raises(ExemptionError, match=message):
        plan_of([audited("fw1")], goal=Goal.CALLHOME, policy=CALLHOME_ALLOWED, revert=revert)


def test_a_plan_is_not_valid_beyond_the_end_of_its_revert() -> None:
    """A revert that begins after its own end would have no exception."""
    soon = replace(REVERT, until=NOW + timedelta(hours=2))

    plan = plan_of([audited("fw1")], goal=Goal.CALLHOME, policy=CALLHOME_ALLOWED, revert=soon)

    assert plan.valid_until == soon.until


@pytest.mark.parametrize("goal", [Goal.EXPECTED, Goal.SMART])
def test_a_revert_with_another_goal_is_refused(goal: Goal) -> None:
    """`--ticket` with the wrong goal is a typing mistake that matters."""
    with pytest.raises(ExemptionError, match="belong to goal callhome"):
        plan_of([audited("fw1")], goal=goal, revert=REVERT)


# ----------------------------------------------------------------- any fleet

WORDS = (
    "transport=callhome", "transport=unknown", "source=version", "proxy=old.example.net:3128", "proxy=unread",
    "http-proxy=q.example.net:81", "mode=fxos", "mode=pak", "registration=unregistered", "contact=failed",
    "authorization=expired", "deadline=exceeded", "failover=active", "failover=standby", "failover=unknown",
    "version=9.20(4)10", "version=unknown", "unknown=transport", "config=unread", "context=admin",
)  # fmt: skip
EXPECTED = ("smart", "smart, any", f"smart, {NEW}", "callhome", "callhome, any", "onprem", "reserved", "none")


@st.composite
def fleets(draw: st.DrawFn) -> list[AuditOutcome]:
    made: list[AuditOutcome] = []
    for number in range(draw(st.integers(0, 6))):
        name = f"fw{number}"
        if draw(st.integers(0, 5)) == 0:
            made.append(missed(name))
            continue
        words = draw(st.lists(st.sampled_from(WORDS), max_size=4, unique_by=lambda word: word.split("=")[0]))
        pair = f"fw{number + 1}" if draw(st.booleans()) else None
        expect = draw(st.sampled_from(EXPECTED))
        made.append(audited(name, "; ".join(words) or "-", expect=expect, pair=pair))
    return made


@settings(max_examples=150, deadline=None)
@given(fleet=fleets(), goal=st.sampled_from(list(Goal)), allow=st.booleans(), covered=st.booleans())
def test_any_fleet_is_accounted_for_and_every_planned_line_is_proven(
    fleet: list[AuditOutcome], goal: Goal, allow: bool, covered: bool
) -> None:
    """Whatever the devices say: nobody is forgotten, and nobody is changed without a way back."""
    policy = replace(Policy(), allow_callhome=allow)
    plan = plan_of(
        fleet,
        goal=goal,
        policy=policy,
        exemptions=[live("fw0")] if covered else [],
        revert=REVERT if goal is Goal.CALLHOME else None,
    )

    planned = [device.name for device in plan.devices]
    places = [*planned, *(held.name for held in plan.held), *plan.nothing_to_do]
    assert sorted(places) == sorted(outcome.device.name for outcome in fleet)
    assert sorted(name for wave in plan.waves for name in wave) == sorted(planned)
    assert all(held.reasons for held in plan.held)
    assert not (covered and "fw0" in planned)
    for device in plan.devices:
        default = device.observed.default_type
        assert device.changes
        assert not matches_prediction(device.before, device.predicted, default=default)
        if Change.TRANSPORT_CALLHOME in device.changes:
            assert allow


def test_every_word_of_the_fleets_is_known() -> None:
    """A misspelt word would test nothing."""
    assert {word.split("=")[0] for word in WORDS} <= set(FACT_WORDS)
