"""What is sent leads where the plan says, and what is sent back restores every byte."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asa_transport.asa.license_block import applied, matches_prediction, state_of
from asa_transport.asa.licensing import first_stranger
from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.planning.license_change import is_applied, obstacle, plan_change, transport_default
from asa_transport.core.planning.render import Renderer
from asa_transport.errors import RenderError
from asa_transport.model import Change, Expectation, ExpectedTransport, TransportType
from asa_transport.text import unified_diff
from tests.unit.judging import case, device, healthy
from tests.unit.planning import NEW, OLD, RENDERER, TEMPLATES, FirewallSim, audited, plan_of

SMART, CALLHOME = TransportType.SMART, TransportType.CALLHOME
VERSIONS = {"smart": "9.22(2)14", "callhome": "9.20(4)10"}
ABOVE = (
    (),
    (" feature tier standard",),
    (" feature tier standard", " throughput level 1G"),
    (" feature tier standard ", " feature context 5", " privacy hostname", " privacy version"),
)
KINDS: tuple[tuple[Change, ...], ...] = (
    (Change.TRANSPORT_SMART,),
    (Change.TRANSPORT_CALLHOME,),
    (Change.PROXY_SET,),
    (Change.PROXY_REMOVE,),
    (Change.PROXY_SET, Change.TRANSPORT_SMART),
    (Change.PROXY_REMOVE, Change.TRANSPORT_SMART),
    (Change.PROXY_SET, Change.TRANSPORT_CALLHOME),
)


def starts() -> Iterator[FirewallSim]:
    """Every starting state: release, what it shows, type, proxy, lines around, URL."""
    proxies = (None, f"{OLD.host} port {OLD.port}", f"{NEW.host} port {NEW.port}")
    urls = (None, "https://smartreceiver.cisco.com/licservice/license")
    for default, shows, kind, proxy, above, url in itertools.product(
        ("smart", "callhome"), (True, False), ("smart", "callhome"), proxies, ABOVE, urls
    ):
        yield FirewallSim(default=default, shows_default=shows, type=kind, proxy=proxy, above=above, url=url)


def is_possible(sim: FirewallSim, kinds: Sequence[Change]) -> bool:
    """A change changes something: no way to smart from smart, no proxy to take out where there is none."""
    going = {Change.TRANSPORT_SMART: "callhome", Change.TRANSPORT_CALLHOME: "smart"}
    has_new = sim.proxy == f"{NEW.host} port {NEW.port}"
    return all(
        (change in going and sim.type == going[change])
        or (change is Change.PROXY_SET and not has_new)
        or (change is Change.PROXY_REMOVE and sim.proxy is not None)
        for change in kinds
    )


def case_of_sim(sim: FirewallSim, kinds: Sequence[Change] = ()) -> Case:
    expect = ExpectedTransport.CALLHOME if Change.TRANSPORT_CALLHOME in kinds else ExpectedTransport.SMART
    found = sim.facts(replace(healthy(), version=VERSIONS[sim.default]))
    if Change.PROXY_SET in kinds:
        return case(found, device=device(Expectation(transport=expect, proxy=NEW)))
    return case(found, device=device(Expectation(transport=expect)))


@pytest.mark.parametrize("kinds", KINDS, ids=lambda kinds: "+".join(kind.value for kind in kinds))
def test_from_every_start_the_lines_lead_there_and_back(kinds: tuple[Change, ...]) -> None:
    """The promise of a plan: the device reads as predicted, and afterwards as before, byte by byte."""
    count = 0
    for sim in starts():
        if not is_possible(sim, kinds):
            continue
        count += 1
        given_case = case_of_sim(sim, kinds)
        before = sim.block()
        # A device that has shown no default yet may show or hide it.
        is_foreseen = not sim.shows_default or sim.type == sim.default
        assert obstacle(given_case.facts) is None

        made = plan_change(given_case, kinds, RENDERER)
        default = transport_default(given_case.facts)

        assert made.before == before
        assert first_stranger(made.apply) is None
        assert first_stranger(made.rollback) is None
        sim.send(made.apply)
        assert matches_prediction(sim.block(), made.predicted, default=default)
        assert not matches_prediction(before, made.predicted, default=default)
        if is_foreseen and sim.block():
            assert sim.block() == made.predicted
        sim.send(made.rollback)
        assert sim.block() == before
    assert count >= 16


def test_a_device_that_shows_its_default_is_predicted_to_go_on_showing_types() -> None:
    """What this device did is better evidence than what its release should do."""
    sim = FirewallSim(default="smart", shows_default=True, type="smart")

    made = plan_change(case_of_sim(sim), (Change.TRANSPORT_CALLHOME,), RENDERER)

    assert made.predicted == ("license smart", " feature tier standard", " transport type callhome")
    assert made.notes == ()


def test_a_hidden_default_is_written_back_explicitly_and_said_so() -> None:
    """A rollback of nothing would leave the change in place."""
    sim = FirewallSim(default="smart", shows_default=False, type="smart")

    made = plan_change(case_of_sim(sim), (Change.TRANSPORT_CALLHOME,), RENDERER)

    assert made.rollback == ("license smart", " transport type smart")
    (note,) = made.notes
    assert "'transport type smart' was in force as the default, and the device did not show it" in note


def test_a_default_that_may_be_hidden_afterwards_is_called_a_prediction() -> None:
    """Whether `show running-config` hides it is unproven."""
    sim = FirewallSim(default="smart", shows_default=False, type="callhome")

    made = plan_change(case_of_sim(sim), (Change.TRANSPORT_SMART,), RENDERER)

    assert made.predicted == ("license smart", " feature tier standard")
    (note,) = made.notes
    assert (
        "'transport type smart' is the default of this release, so the device may show this line or hide it"
        in note
    )


def test_the_proxy_is_set_before_the_type_and_taken_back_after_it() -> None:
    """On neither way is the device on smart without its way out."""
    sim = FirewallSim(default="callhome", shows_default=False, type="callhome")

    made = plan_change(
        case_of_sim(sim, (Change.PROXY_SET,)), (Change.PROXY_SET, Change.TRANSPORT_SMART), RENDERER
    )

    assert made.apply == (
        "license smart",
        " transport proxy proxy.example.net port 8080",
        " transport type smart",
    )
    assert made.rollback == ("license smart", " transport type callhome", " no transport proxy")


def test_the_diff_is_a_unified_diff_from_observed_to_predicted() -> None:
    """It is what a person approves."""
    sim = FirewallSim(default="callhome", shows_default=False, type="callhome")

    made = plan_change(case_of_sim(sim), (Change.TRANSPORT_SMART,), RENDERER)

    assert made.diff == (
        "--- fw1 observed\n+++ fw1 predicted\n@@ -1,2 +1,3 @@\n license smart\n  feature tier standard\n"
        "+ transport type smart\n"
    )


def test_the_prediction_forgives_the_default_line_and_nothing_else() -> None:
    """A read-back that differs in more is not what was approved."""
    predicted = ("license smart", " feature tier standard", " transport proxy a port 80")
    shown = ("license smart", " feature tier standard", " transport type smart", " transport proxy a port 80")
    others = (
        (),
        ("license smart",),
        predicted[:-1],
        ("license smart", " feature tier standard", " transport proxy a port 81"),
        ("license smart", " transport proxy a port 80"),
        (*predicted, " privacy hostname"),
        (*predicted, " transport type callhome"),
    )

    assert matches_prediction(shown, predicted, default=SMART)
    assert matches_prediction(predicted, shown, default=SMART)
    assert matches_prediction([f"{line}  " for line in predicted], predicted, default=SMART)
    elsewhere = ("license smart", " transport proxy a port 80", " feature tier standard")
    assert matches_prediction(elsewhere, predicted, default=SMART), "where a new line is printed is unproven"
    assert not matches_prediction(shown, predicted, default=CALLHOME)
    assert not matches_prediction(shown, predicted, default=None)
    assert [block for block in others if matches_prediction(block, predicted, default=SMART)] == []


def test_a_block_without_sub_lines_may_be_left_out() -> None:
    """`show running-config license` prints nothing where everything is the default."""
    assert matches_prediction((), ("license smart",), default=SMART)
    assert matches_prediction(("license smart", " transport type smart"), (), default=SMART)
    assert not matches_prediction(("license smart", " transport type callhome"), (), default=SMART)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (None, "was not read"),
        (("license smart", " transport type smart", " transport type smart"), "could not be entered again"),
        (("license smart", " transport proxy a_b port 80"), "could not be entered again"),
        (("license smart", " transport proxy a port 080"), "could not be entered again"),
        (("license smart", " transport proxy a port 80 vrf x"), "could not be entered again"),
        (("license smart", " no transport type"), "could not be entered again"),
        (("license smart", " transport novelty"), "could not be entered again"),
        (("license smart", "transport type smart"), "not indented"),
        ((" transport type smart",), "is not one 'license smart' block"),
        (("license smart", "license smart"), "is not one 'license smart' block"),
        (("license smart", " transport type callhome"), "show different transports or proxies"),
        (
            ("license smart", " transport proxy a port 80"),
            "the running block and the license outputs show different transports or proxies: check them by "
            "hand",
        ),
    ],
)
def test_a_block_that_could_not_be_restored_is_an_obstacle(
    block: tuple[str, ...] | None, reason: str
) -> None:
    """No way back, no way there."""
    found = obstacle(replace(healthy(), license_block=block))

    assert found is not None
    assert reason in found


def test_lines_that_are_not_ours_are_no_obstacle() -> None:
    """`transport url` and tiers stay where they are."""
    block = ("license smart", " feature tier standard", " transport url default", " throughput level 10G")

    assert obstacle(replace(healthy(), license_block=block)) is None
    assert obstacle(replace(healthy(), license_block=())) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("change_transport_smart.apply.j2", "license smart\n transport type callhome\n"),
        ("change_transport_smart.apply.j2", "license smart\n transport type smart\n no transport proxy\n"),
        (
            "change_transport_smart.apply.j2",
            "license smart\n transport type smart\n transport proxy e port 80\n",
        ),
        ("change_transport_smart.rollback.j2", "license smart\n transport type smart\n"),
        ("change_transport_smart.rollback.j2", "license smart\n no transport proxy\n"),
    ],
)
def test_a_template_that_does_not_do_what_its_name_says_is_refused(name: str, text: str) -> None:
    """Known lines can still be the wrong ones: another proxy, or no way back."""
    sim = FirewallSim(
        default="smart", shows_default=False, type="callhome", proxy=f"{OLD.host} port {OLD.port}"
    )
    renderer = Renderer({**TEMPLATES, name: text})

    with pytest.raises(
        RenderError, match="which is not the change of that name; compare your templates with"
    ):
        plan_change(case_of_sim(sim), (Change.TRANSPORT_SMART,), renderer)


def test_a_device_that_reads_as_predicted_has_the_change_already() -> None:
    """Pushing twice must say so and send nothing."""
    outcome = audited("fw1", "transport=callhome")
    (planned,) = plan_of([outcome]).devices
    sim = FirewallSim(default="smart", shows_default=False, type="callhome")

    assert not is_applied(sim.facts(outcome.facts), planned)
    sim.send(planned.apply)
    assert is_applied(sim.facts(outcome.facts), planned)
    sim.shows_default = True
    assert is_applied(sim.facts(outcome.facts), planned)
    assert not is_applied(replace(outcome.facts, license_block=None), planned)
    # The block alone does not prove it: the licence output must agree.
    assert not is_applied(replace(outcome.facts, license_block=sim.block()), planned)


LINES = st.lists(
    st.sampled_from(
        [
            " transport type smart",
            " transport type callhome",
            " no transport proxy",
            " transport proxy a port 80",
        ]
    ),
    min_size=1,
    max_size=5,
)
BLOCKS = st.sampled_from([tuple(sim.block()) for sim in starts()])


@settings(deadline=None)
@given(block=BLOCKS, lines=LINES, default=st.sampled_from([SMART, CALLHOME]))
def test_lines_of_ours_never_touch_what_is_not_ours(
    block: tuple[str, ...], lines: list[str], default: TransportType
) -> None:
    """Tier, throughput, privacy and URL are somebody else's."""
    after = applied(block, ("license smart", *lines), default)

    assert state_of(after, default).others == state_of(block, default).others


@settings(deadline=None)
@given(st.lists(st.text(max_size=8), max_size=6), st.lists(st.text(max_size=8), max_size=6))
def test_a_diff_is_empty_only_where_nothing_differs(one: list[str], two: list[str]) -> None:
    """Whatever a device printed."""
    assert (unified_diff(one, two, "a", "b") == "") is (one == two)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Proxy.Example.NET", "proxy.example.net"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_a_proxy_that_is_printed_in_another_spelling_is_the_one_that_was_sent(sent: str, shown: str) -> None:
    """Else a firewall that prints names in its own way is taken back each time."""
    predicted, read = (("license smart", f" transport proxy {host} port 80") for host in (sent, shown))

    assert matches_prediction(read, predicted, default=None)
    assert not matches_prediction(read, (*predicted[:1], " transport proxy other port 80"), default=None)
