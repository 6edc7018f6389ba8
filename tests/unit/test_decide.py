"""What `decide` guarantees for any facts whatever, and the reasons that operators act on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from itertools import takewhile
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.core.judgement.cases.case import Case, find_mates
from asa_transport.core.judgement.cases.deadlines import do_not_reload, who_expires_first
from asa_transport.core.judgement.decisions.table import ROWS, decide, deciding_row
from asa_transport.core.judgement.rules.table import findings
from asa_transport.model import (
    AuthorizationFacts,
    AuthorizationState,
    Block,
    BugReading,
    Change,
    ClusterFacts,
    ClusterRole,
    ContactResult,
    ContextMode,
    Decision,
    DeviceClock,
    DeviceFacts,
    Evidence,
    Expectation,
    ExpectedTransport,
    ExportControl,
    FailoverFacts,
    FailoverState,
    FailoverUnit,
    LastContact,
    LicenseMode,
    Policy,
    Proxy,
    ProxyPolicy,
    RegistrationFacts,
    RegistrationState,
    TransportFacts,
    TransportSource,
    TransportType,
    UnknownLine,
    Verdict,
)
from tests.unit.judging import NOW, bug_verdict, case, case_of, days, device, exemption, facts_of, healthy

Kind = TypeVar("Kind", bound=Enum)

LICENSING = {Block.TRANSPORT, Block.REGISTRATION, Block.AUTHORIZATION}
ORDER = [Change.PROXY_SET, Change.PROXY_REMOVE, Change.TRANSPORT_SMART, Change.TRANSPORT_CALLHOME]

texts = st.one_of(st.text(max_size=20), st.sampled_from(["9.22(2)14", "9.18(4)", "ASAv", "system", "edge"]))
moments = st.datetimes(timezones=st.just(UTC))
near = st.floats(-500, 500).map(lambda count: NOW + days(count))
at = st.one_of(st.none(), near, moments)
proxies = st.one_of(
    st.none(),
    st.builds(Proxy, host=st.sampled_from(["p.example.net", "P.example.net.", "q"]), port=st.integers(1, 9)),
)
lines = st.builds(Evidence, command=texts, line=st.integers(1, 99), text=texts)
unknown_lines = st.builds(UnknownLine, evidence=lines, block=st.sampled_from(Block), reason=texts)


def maybe(kind: type[Kind]) -> st.SearchStrategy[Kind | None]:
    return st.one_of(st.none(), st.sampled_from(kind))


transports = st.builds(
    TransportFacts,
    type=maybe(TransportType),
    source=maybe(TransportSource),
    url=st.one_of(st.none(), texts, st.just("https://smartreceiver.cisco.com/licservice/license")),
    proxy=proxies,
    proxy_source=maybe(TransportSource),
    callhome_proxy=proxies,
    proxy_known=st.booleans(),
)
authorizations = st.builds(
    AuthorizationFacts,
    state=maybe(AuthorizationState),
    last_contact=st.builds(LastContact, result=maybe(ContactResult), at=at, reason=st.none() | texts),
    deadline_at=at,
    deadline_exceeded=st.booleans(),
)
failovers = st.builds(
    FailoverFacts,
    enabled=st.sampled_from([None, True, False]),
    unit=maybe(FailoverUnit),
    state=maybe(FailoverState),
    mate_serial=st.none() | texts,
    mate_state=st.sampled_from([None, "Standby Ready", "Failed"]),
)
any_facts = st.builds(
    DeviceFacts,
    hostname=st.none() | texts,
    version=st.none() | texts,
    model=st.none() | texts,
    serial=st.none() | texts,
    license_mode=st.sampled_from(LicenseMode),
    reservation=st.sampled_from([None, True, False]),
    transport=transports,
    registration=st.builds(
        RegistrationFacts, state=maybe(RegistrationState), export_control=maybe(ExportControl), expires_at=at
    ),
    authorization=authorizations,
    failover=failovers,
    cluster=st.builds(ClusterFacts, enabled=st.sampled_from([None, True, False]), role=maybe(ClusterRole)),
    context_mode=maybe(ContextMode),
    context=st.none() | texts,
    clock=st.one_of(st.none(), st.builds(DeviceClock, at=at, zone=texts)),
    agent_version=st.none() | texts,
    restricted=st.lists(texts, max_size=2).map(tuple),
    license_block=st.one_of(st.none(), st.just(("license smart",))),
    unknown=st.one_of(st.just(()), st.just(()), st.lists(unknown_lines, max_size=3).map(tuple)),
    refused=st.lists(lines, max_size=2).map(tuple),
    sources=st.dictionaries(st.sampled_from(sorted(healthy().sources)), lines, max_size=5),
)


@st.composite
def nearly_healthy(draw: st.DrawFn) -> DeviceFacts:
    """A healthy device with a few parts drawn anew: nearly every draw reaches the rows far down."""
    drawn = draw(any_facts)
    names = draw(
        st.lists(st.sampled_from(["transport", "registration", "authorization", "failover", "version",
                                  "clock", "license_block", "context", "context_mode", "unknown"]),
                 max_size=2, unique=True)
    )  # fmt: skip
    return replace(healthy(), **{name: getattr(drawn, name) for name in names})


expectations = st.builds(
    Expectation,
    # Mostly what most fleets expect, so that most draws reach the rows about changes.
    transport=st.sampled_from([*ExpectedTransport, *[ExpectedTransport.SMART] * 8]),
    proxy=st.one_of(
        st.sampled_from(ProxyPolicy), st.builds(Proxy, host=st.just("p.example.net"), port=st.just(8))
    ),
)
some_facts = st.one_of(any_facts, nearly_healthy(), nearly_healthy())
cases = st.builds(
    Case,
    device=expectations.map(device),
    facts=some_facts,
    policy=st.builds(Policy, allow_callhome=st.booleans()),
    bugs=st.lists(
        st.builds(
            lambda verdict, reading: replace(verdict, reading=reading),
            st.builds(bug_verdict, blocks=st.booleans(), trusts_proxy_status=st.booleans()),
            st.sampled_from(BugReading),
        ),
        max_size=2,
    ).map(tuple),
    now=st.one_of(st.just(NOW), moments),
    clock_read_at=st.one_of(st.none(), st.just(NOW), moments),
    exemptions=st.just(())
    | st.lists(st.builds(exemption, until=near, closed_at=st.one_of(st.none(), near)), max_size=2).map(tuple),
    mate=st.one_of(st.none(), st.none(), some_facts),
    callhome_since=st.one_of(st.none(), near),
)


def judged(found: Case) -> Decision:
    return decide(found, findings(found))


@given(cases)
def test_no_facts_make_the_judgement_fail(found: Case) -> None:
    """A device whose judgement raises would be missing from the report."""
    decision = judged(found)

    assert decision.reasons
    assert all(decision.reasons)
    who_expires_first([found])
    do_not_reload([found])


@given(cases)
def test_only_a_change_carries_changes_and_the_proxy_goes_first(found: Case) -> None:
    """Transport before proxy would cut the way out for the time between the two lines."""
    decision = judged(found)

    assert bool(decision.changes) is (decision.verdict is Verdict.CHANGE)
    assert list(decision.changes) == sorted(set(decision.changes), key=ORDER.index)


@given(cases, st.sampled_from(sorted(LICENSING)))
def test_an_unknown_line_about_licensing_is_always_a_hold(found: Case, block: Block) -> None:
    """The line that nobody understands may be the one that says the device must not be touched."""
    line = UnknownLine(
        evidence=Evidence(command="show license status", line=9, text="  Novelty: yes"),
        block=block,
        reason="no template knows the line",
    )
    doubtful = replace(found, facts=replace(found.facts, unknown=(*found.facts.unknown, line)))

    assert judged(doubtful).verdict is Verdict.HOLD
    assert "AT402" in {finding.rule for finding in findings(doubtful)}


@given(cases)
def test_a_standby_unit_is_never_changed(found: Case) -> None:
    """Lines entered on a standby unit are lost, and leave the pair out of step."""
    failover = replace(found.facts.failover, state=FailoverState.STANDBY)
    standby = replace(found, facts=replace(found.facts, failover=failover))

    assert judged(standby).verdict not in (Verdict.CHANGE, Verdict.COMPLIANT)
    assert "AT401" in {finding.rule for finding in findings(standby)}


@given(cases)
def test_compliant_means_that_everything_was_positively_read(found: Case) -> None:
    """A device that is called compliant is not looked at again."""
    if judged(found).verdict is not Verdict.COMPLIANT:
        return

    facts, expect = found.facts, found.device.expect
    assert facts.transport.source in (TransportSource.LICENSE, TransportSource.RUNNING_CONFIG)
    assert facts.transport.type is not None
    assert facts.transport.type.value == expect.transport.value
    assert facts.license_mode is LicenseMode.SMART
    assert facts.registration.state is RegistrationState.REGISTERED
    assert facts.authorization.state is AuthorizationState.AUTHORIZED
    assert facts.authorization.last_contact.result is ContactResult.SUCCEEDED
    assert not LICENSING & {line.block for line in facts.unknown}
    if expect.proxy is not ProxyPolicy.ANY and expect.transport is ExpectedTransport.SMART:
        assert facts.transport.proxy_known


@given(cases)
def test_a_change_is_made_only_where_everything_it_needs_is_known(found: Case) -> None:
    """These are the push's guards; the plan must not promise what they would refuse."""
    if judged(found).verdict is not Verdict.CHANGE:
        return

    facts = found.facts
    assert facts.transport.source in (TransportSource.LICENSE, TransportSource.RUNNING_CONFIG)
    assert facts.license_mode is LicenseMode.SMART
    assert facts.license_block is not None
    assert facts.failover.enabled is not None
    assert facts.context_mode is not ContextMode.MULTIPLE or facts.context == "system"
    assert facts.registration.state is RegistrationState.REGISTERED
    assert not any(verdict.is_affected and verdict.bug.blocks for verdict in found.bugs)
    assert not any(entry.is_live(found.now) for entry in found.exemptions)
    assert found.device.expect.transport in (ExpectedTransport.SMART, ExpectedTransport.CALLHOME)


@given(cases)
def test_callhome_is_never_gone_to_unless_inventory_and_policy_both_say_so(found: Case) -> None:
    """A revert is a person's decision: it is proposed, never planned by itself."""
    if Change.TRANSPORT_CALLHOME in judged(found).changes:
        assert found.device.expect.transport is ExpectedTransport.CALLHOME
        assert found.policy.allow_callhome


def test_every_verdict_can_be_given() -> None:
    """A verdict that no row gives would be dead text in the interface."""
    assert {row.verdict for row in ROWS} == set(Verdict)


def test_the_rows_have_names_of_their_own_and_the_last_one_matches_always() -> None:
    """Without a last row that matches, some device would have no decision."""
    names = [row.name for row in ROWS]

    assert len(names) == len(set(names))
    assert ROWS[-1].verdict is Verdict.HOLD
    assert ROWS[-1].when(case(), ())


def test_what_is_unknown_is_asked_before_any_change() -> None:
    """A hold below `change` in the table would never hold anything back."""
    before = {row.name for row in takewhile(lambda row: row.verdict is not Verdict.CHANGE, ROWS)}

    assert {"unknown-lines", "mode-unknown", "transport-unknown", "proxy-unknown", "role-unknown"} <= before
    assert {"live-exception", "blocking-bug", "pair-disagrees", "standby", "mate-not-ready"} <= before


def test_the_reason_of_a_proposed_revert_is_a_command_that_can_be_typed() -> None:
    """At night nobody composes a command with five options."""
    decision = judged(case_of("contact=failed; deadline=10d", around="policy=allow_callhome"))

    text = " ".join(decision.reasons)
    assert "asa-transport plan --goal callhome -l fw1 --ticket TICKET --owner OWNER --until DATE" in text
    assert decision.changes == ()


def test_the_reason_of_a_registration_names_what_is_to_be_mended_first() -> None:
    """A token entered while the transport is wrong is wasted."""
    decision = judged(case_of("registration=unregistered; transport=callhome", "smart, p.example.net:80"))

    text = " ".join(decision.reasons)
    assert "first: 'transport proxy p.example.net port 80' (now none), then 'transport type smart'" in text
    assert "idtoken TOKEN" in text
    assert "do not reload; do not paste the token" in text


def test_the_reason_of_a_change_below_9_22_says_that_the_line_is_unproven() -> None:
    """Which older releases take the line is not published; the operator decides with open eyes."""
    old = judged(case_of("transport=callhome; version=9.20(4)22"))
    new = judged(case_of("transport=callhome; version=9.22(2)14"))

    assert "unproven" in " ".join(old.reasons)
    assert "unproven" not in " ".join(new.reasons)


def test_the_reason_of_a_renewal_says_what_to_type() -> None:
    """Scenario B: the configuration is right, only the contact is missing."""
    facts = "authorization=expired; deadline=exceeded; contact=failed"

    text = " ".join(judged(case_of(facts)).reasons)

    assert "'license smart renew auth'" in text
    assert "smartreceiver.cisco.com:443" in text
    assert "do not reload" in text


def test_the_reason_of_failing_contact_points_upstream() -> None:
    """Scenario A: nothing on the firewall is wrong."""
    text = " ".join(judged(case_of("contact=failed")).reasons)

    assert "permit HTTPS from the firewall to smartreceiver.cisco.com:443" in text


def test_high_findings_about_the_licence_keep_a_device_from_being_compliant() -> None:
    """'Compliant' beside a critical finding would be read as 'all is well'."""
    found = case_of("restricted=throughput-100kbps")

    assert deciding_row(found, findings(found)).name == "license-finding"
    assert decide(found, ()).verdict is Verdict.COMPLIANT


def test_callhome_becomes_urgent_by_its_history_where_no_exception_ever_was() -> None:
    """The grace of the policy ends also where nobody wrote anything into the ledger."""
    base = case_of("transport=callhome")
    old = replace(base, callhome_since=NOW - days(15))
    new = replace(base, callhome_since=NOW - days(13))

    severities = [next(f.severity.value for f in findings(c) if f.rule == "AT101") for c in (base, new, old)]
    assert severities == ["medium", "medium", "high"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("failover=standby", None),
        ("failover=standby; transport=unknown", None),
        ("failover=standby; proxy=unread", None),
        ("failover=standby; transport=callhome", "transport smart and callhome"),
        ("failover=standby; proxy=p.example.net:80", "proxy none and p.example.net:80"),
        ("failover=standby; url=https://ssm.example.net/SmartTransport", "URL"),
        ("failover=standby; mode=disabled", "license mode smart and disabled"),
        ("failover=active", "both are active"),
        ("-", "failover is on at one unit and off at the other"),
    ],
)
def test_a_pair_that_disagrees_says_in_what(other: str, said: str | None) -> None:
    """What one unit did not say is no disagreement; what both say differently stops every change."""
    found = replace(case_of("failover=active"), mate=facts_of(other))

    assert (deciding_row(found, findings(found)).name == "pair-disagrees") is (said is not None)
    assert said is None or said in judged(found).reasons[0]


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("-", "-", "both are active"),
        ("proxy=p.example.net:80", "-", "proxy p.example.net:80 and none; both are active"),
        (
            "transport=callhome; proxy=none",
            "mode=disabled; proxy=p.example.net:80",
            "license mode smart and disabled; transport callhome and smart; proxy none and "
            "p.example.net:80; both are active",
        ),
        (
            "url=https://ssm.example.net/a",
            "url=https://ssm.example.net/b",
            "URL 'https://ssm.example.net/a' and 'https://ssm.example.net/b'; both are active",
        ),
        (
            f"url=https://ssm.example.net/{'a' * 200}",
            "-",
            f"URL 'https://ssm.example.net/{'a' * 95} and 'https://smartreceiver.cisco.com/licservice/license';"
            " both are active",
        ),
    ],
)
def test_all_in_which_a_pair_disagrees_is_told_in_whole_words(one: str, other: str, said: str) -> None:
    """Whoever is called for it reads this line and nothing else."""
    found = replace(
        case_of(f"{one}; failover=active".removeprefix("-; ")),
        mate=facts_of(f"{other}; failover=active".removeprefix("-; ")),
    )

    assert judged(found).reasons[0] == f"the two units of the failover pair differ: {said}"


def test_failover_at_one_unit_alone_and_two_that_stand_by_are_told_in_whole_words() -> None:
    """Neither may be changed: the first is no pair, and of the second nobody forwards anything."""
    on, standby = case_of("failover=active"), case_of("failover=standby")
    off = replace(on, mate=replace(facts_of("failover=active"), failover=FailoverFacts(enabled=False)))
    both = replace(standby, mate=facts_of("failover=standby"))
    unsaid = replace(on, mate=replace(facts_of("failover=active"), failover=FailoverFacts()))

    head = "the two units of the failover pair differ: "
    assert judged(off).reasons[0] == f"{head}failover is on at one unit and off at the other"
    assert judged(both).reasons[0] == f"{head}both are standby"
    assert not any(reason.startswith(head) for reason in judged(unsaid).reasons)


def test_an_exception_that_was_closed_in_time_is_not_past_its_end() -> None:
    """Whoever tidies up the ledger must not be told off a week later."""
    closed = exemption(until=NOW - days(1), closed_at=NOW - days(5))
    found = replace(case_of("transport=callhome"), exemptions=(closed,))

    assert {finding.rule for finding in findings(found)} == {"AT101", "AT501"}


def test_the_reason_of_a_change_names_the_exception_that_is_past_its_end() -> None:
    """Its owner is the one to be told before the device goes back."""
    text = " ".join(judged(case_of("transport=callhome", around="exception=past")).reasons)

    assert "CHG1 is past its end" in text


def test_mates_are_found_by_the_inventory_from_either_side() -> None:
    """The inventory names the pair at one of its devices only."""
    one = replace(device(), name="fw1")
    two = replace(device(), name="fw2", pair="fw1")
    alone = replace(device(), name="fw3", pair="elsewhere")

    assert find_mates([one, two, alone], {}) == {"fw1": "fw2", "fw2": "fw1"}


def test_mates_are_found_by_their_serial_numbers_where_the_inventory_is_silent() -> None:
    """`show failover` prints both serial numbers; both units must name each other."""
    failover = FailoverFacts(enabled=True)
    a = replace(facts_of("-"), serial="A", failover=replace(failover, mate_serial="B"))
    b = replace(facts_of("-"), serial="B", failover=replace(failover, mate_serial="A"))
    c = replace(facts_of("-"), serial="C", failover=replace(failover, mate_serial="B"))
    devices = [replace(device(), name=name) for name in ("fwa", "fwb", "fwc")]

    assert find_mates(devices, {"fwa": a, "fwb": b, "fwc": c}) == {"fwa": "fwb", "fwb": "fwa"}


@given(some_facts, st.floats(-400, 400), st.floats(-400, 400))
def test_findings_grow_no_calmer_as_the_deadline_comes_nearer(
    facts: DeviceFacts, one: float, other: float
) -> None:
    """Severity by days left is monotone for every device, not only in the function that computes it."""
    ranks = []
    for left in sorted((one, other)):
        authorization = replace(facts.authorization, deadline_at=NOW + days(left))
        made = case(replace(facts, authorization=authorization, clock=None))
        ranks.append(max((f.severity.rank for f in findings(made) if f.rule == "AT201"), default=-1))

    assert ranks[0] >= ranks[1]


def test_the_moment_of_judgement_is_an_argument() -> None:
    """`--now` must give the same judgement tomorrow as today."""
    later = replace(case_of("contact=failed; deadline=10d"), now=datetime(2026, 1, 29, tzinfo=UTC))
    later = replace(later, facts=replace(later.facts, clock=None))

    assert [f.severity.value for f in findings(later) if f.rule == "AT201"] == ["critical"]


@pytest.mark.parametrize(
    ("count", "shown", "more"), [(5, 5, None), (6, 5, "and 1 more"), (8, 5, "and 3 more")]
)
def test_the_first_five_lines_that_are_not_understood_are_named(
    count: int, shown: int, more: str | None
) -> None:
    """A hundred lines are no reason that anybody reads, and it is said that there are more."""
    facts = "; ".join(["unknown=transport"] * count)

    reasons = judged(case_of(facts)).reasons

    assert sum("is not understood: " in reason for reason in reasons) == shown
    assert [reason for reason in reasons if reason.startswith("and ")] == ([more] if more else [])


def test_the_first_five_units_that_cannot_take_a_change_are_named() -> None:
    """Six names tell nothing more than five."""
    base = case_of("transport=callhome; cluster=control; member=DISABLED")
    (one,) = base.facts.cluster.members
    members = tuple(replace(one, unit=f"unit-{number}") for number in range(1, 8))
    case = replace(base, facts=replace(base.facts, cluster=replace(base.facts.cluster, members=members)))

    (reason,) = judged(case).reasons

    assert "'unit-5' is 'DISABLED'" in reason
    assert "unit-6" not in reason


@pytest.mark.parametrize(
    ("facts", "mate", "reason"),
    [
        (
            "failover=active; mate-state=Cold Standby",
            "same",
            "the mate's state is 'Cold Standby', not 'Standby Ready'",
        ),
        ("failover=active; mate=unknown", "same", "the device says 'Mate Unknown'"),
        ("failover=active", "unknown", "the mate's transport type is not known"),
    ],
)
def test_why_a_mate_cannot_take_a_change_is_said_in_full(facts: str, mate: str, reason: str) -> None:
    """Each has another remedy."""
    (said,) = judged(case_of(f"transport=callhome; {facts}", around=f"mate={mate}")).reasons

    assert said.startswith(reason)


def test_what_a_mate_does_not_tell_is_named_as_not_known() -> None:
    """Not as a state of its own."""
    base = case_of("transport=callhome; failover=active", around="mate=callhome")
    assert base.mate is not None
    silent = replace(base.facts, failover=replace(base.facts.failover, mate_state=None))

    unsaid = judged(replace(base, facts=silent)).reasons
    no_release = judged(replace(base, mate=replace(base.mate, version=None))).reasons

    assert unsaid == (
        "the mate's state is not known, not 'Standby Ready': a change would not reach it safely",
    )
    assert no_release == ("the mate's release is not known",)


def test_a_context_and_the_releases_of_a_pair_are_named_also_where_they_are_not_told() -> None:
    """What a unit did not say is said to be so."""
    context = case_of("context=edge")
    unnamed = judged(replace(context, facts=replace(context.facts, context=None))).reasons
    pair = case_of("failover=active; version=unknown; mate-version=9.22(3)")
    told = replace(pair, facts=replace(pair.facts, failover=replace(pair.facts.failover, version="9.22(1)")))
    members = case_of("cluster=control; member=DATA_NODE 9.24(1)")
    (one,) = members.facts.cluster.members
    two = replace(
        members.facts, cluster=replace(members.facts.cluster, members=(one, replace(one, version="9.23(1)")))
    )

    assert unnamed[0].startswith("this is a context that is not named: ")
    assert judged(told).reasons[0] == (
        "upgrade in progress: this unit runs '9.22(1)', another unit of its pair or cluster runs '9.22(3)'"
    )
    assert judged(replace(members, facts=two)).reasons[0].endswith("runs '9.24(1)', '9.23(1)'")
