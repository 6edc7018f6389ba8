"""Where a device stands between before and after, and what proves a contact."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.asa.license_block import applied, matches_prediction, state_of
from asa_transport.core.judgement.cases.standing import standing
from asa_transport.core.pushing.proof import Proof, is_over_intended, is_told_apart, weighed
from asa_transport.core.pushing.rollback import lines_back
from asa_transport.core.pushing.startup import startup_standing, transport_lines
from asa_transport.model import (
    Baseline,
    ContactRequest,
    ContactResult,
    LastContact,
    Proxy,
    Standing,
    Startup,
    TransportFacts,
    TransportType,
    Undertaking,
)

HEAD = "license smart"
TIER = " feature tier standard"
CALLHOME, SMART = " transport type callhome", " transport type smart"
PROXY, OLD = " transport proxy proxy.example.net port 8080", " transport proxy 192.0.2.80 port 80"
NO_PROXY = " no transport proxy"


def undertaking(
    before: tuple[str, ...],
    apply: tuple[str, ...],
    rollback: tuple[str, ...],
    *,
    default: TransportType = TransportType.SMART,
) -> Undertaking:
    return Undertaking(
        apply=apply,
        rollback=rollback,
        before=before,
        predicted=applied(before, apply, default),
        default_type=default,
        baseline=Baseline(),
    )


BOTH = undertaking((HEAD, TIER, CALLHOME), (HEAD, PROXY, SMART), (HEAD, CALLHOME, NO_PROXY))
CHANGES = (
    BOTH,
    undertaking((HEAD, TIER, CALLHOME), (HEAD, SMART), (HEAD, CALLHOME)),
    undertaking((HEAD, CALLHOME, OLD), (HEAD, PROXY, SMART), (HEAD, CALLHOME, OLD)),
    undertaking(
        (HEAD, TIER), (HEAD, PROXY, SMART), (HEAD, CALLHOME, NO_PROXY), default=TransportType.CALLHOME
    ),
)
ONE_OF_THEM = {Standing.BEFORE, Standing.INTENDED, Standing.BETWEEN}


@pytest.mark.parametrize("change", CHANGES)
def test_every_place_on_the_way_is_known(change: Undertaking) -> None:
    """A cut after any line, there or back, must not look like somebody else's work."""
    default = change.default_type
    for there in range(1, len(change.apply) + 1):
        station = applied(change.before, change.apply[:there], default)
        assert standing(station, change) in ONE_OF_THEM
        for back in range(1, len(change.rollback) + 1):
            assert standing(applied(station, change.rollback[:back], default), change) in ONE_OF_THEM
    assert standing(change.before, change) is Standing.BEFORE
    assert standing(change.predicted, change) is Standing.INTENDED
    whole = applied(change.predicted, change.rollback, default)
    assert standing(whole, change) is Standing.BEFORE


def test_half_of_two_lines_is_between() -> None:
    """The proxy is set, and the transport is still the old one."""
    assert standing((HEAD, TIER, CALLHOME, PROXY), BOTH) is Standing.BETWEEN


@pytest.mark.parametrize("place", range(4))
def test_where_a_release_prints_the_transport_lines_means_nothing(place: int) -> None:
    """Where a new line is printed within the block is unproven."""
    rest = [TIER, " throughput level 1G", " privacy version"]
    change = undertaking((HEAD, *rest, CALLHOME), (HEAD, PROXY, SMART), (HEAD, CALLHOME, NO_PROXY))
    rest.insert(place, PROXY)

    assert standing((HEAD, *rest), change) is Standing.INTENDED


LINES = st.lists(
    st.sampled_from(
        [HEAD, TIER, CALLHOME, SMART, PROXY, OLD, NO_PROXY, " transport url https://ssm.example.net", " x"]
    ),
    max_size=5,
)


@given(LINES)
def test_anything_else_is_foreign(lines: list[str]) -> None:
    """What somebody else typed meanwhile is not taken back, and not called ours."""
    default = BOTH.default_type
    found = standing(lines, BOTH)

    others = state_of(lines, default).others
    if others != (TIER,):
        assert found is Standing.FOREIGN
    if found is not Standing.FOREIGN:
        stations = [(HEAD, TIER, kind, *proxy) for kind in (CALLHOME, SMART) for proxy in ((), (PROXY,))]
        assert any(matches_prediction(lines, station, default=default) for station in stations)


def test_a_block_that_was_not_read_is_foreign() -> None:
    """ "Unread" and "empty" must not look alike."""
    assert standing(None, BOTH) is Standing.FOREIGN


# The startup configuration.

TYPE_ONLY = CHANGES[1]


@pytest.mark.parametrize(
    ("startup", "expected"),
    [
        ([HEAD, TIER], Startup.AS_INTENDED),
        ([HEAD, SMART], Startup.AS_INTENDED),
        ([HEAD, CALLHOME, TIER], Startup.AS_BEFORE),
        ([HEAD, PROXY], Startup.OTHER),
        (None, None),
    ],
)
def test_what_a_reload_would_bring_is_compared_with_the_change(
    startup: list[str] | None, expected: Startup | None
) -> None:
    """On 9.22 smart is the default and not shown: "unread" must not pass for it."""
    assert startup_standing(transport_lines(startup), TYPE_ONLY) is expected


def test_a_startup_configuration_that_nobody_has_touched_is_as_before() -> None:
    """It may have differed from what runs before the push already, and nobody has saved since."""
    was = transport_lines([HEAD, PROXY])

    assert startup_standing((PROXY,), replace(TYPE_ONLY, startup=was)) is Startup.AS_BEFORE


# The way back, where somebody else has changed the block meanwhile.


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (None, BOTH.rollback),
        (BOTH.predicted, BOTH.rollback),
        # Half of it was taken back: that is a place on our own way.
        ((HEAD, TIER, CALLHOME, PROXY), BOTH.rollback),
        # Their proxy stays; the type is still ours.
        ((HEAD, TIER, SMART, OLD), (HEAD, CALLHOME)),
        ((HEAD, TIER, CALLHOME, OLD), ()),
        # They changed something that is none of our business, and ours is all there.
        ((HEAD, TIER, " feature strong-encryption", PROXY, SMART), BOTH.rollback),
        # They took all of it out.
        ((), ()),
        ((HEAD, TIER, " transport proxy", SMART), ()),
    ],
)
def test_only_what_is_ours_is_taken_back(block: tuple[str, ...] | None, expected: tuple[str, ...]) -> None:
    """The way back must not delete what a colleague has just typed."""
    assert lines_back(block, BOTH) == expected


# The proof.

NOW = datetime(2026, 1, 12, 13, 0, 0, 400_000, tzinfo=UTC)
OLD_CONTACT = NOW - timedelta(days=12)
ASKED = ContactRequest(asked_at=NOW, contact_at=OLD_CONTACT)


def contact(seconds: float, result: ContactResult | None = ContactResult.SUCCEEDED) -> LastContact:
    return LastContact(result=result, at=NOW.replace(microsecond=0) + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("last", "request_", "expected"),
    [
        # Contact times have no parts of a second: this one may have come before the request.
        (contact(0), ASKED, Proof.EARLY),
        (contact(0), replace(ASKED, is_second=True), Proof.GIVEN),
        (contact(-1), ASKED, Proof.NONE),
        (contact(-1), replace(ASKED, is_second=True), Proof.NONE),
        # Under way before the lines, or told by a clock that somebody set?
        (contact(5), ASKED, Proof.EARLY),
        (contact(3600), ASKED, Proof.EARLY),
        (contact(5), replace(ASKED, is_second=True), Proof.GIVEN),
        # No clock: another contact than the last one, twice.
        (contact(5), replace(ASKED, asked_at=None), Proof.EARLY),
        (contact(5), replace(ASKED, asked_at=None, is_second=True), Proof.GIVEN),
        (contact(5), replace(ASKED, asked_at=None, contact_at=contact(5).at), Proof.NONE),
        (contact(5), replace(ASKED, contact_at=contact(5).at), Proof.NONE),
        (contact(5), replace(ASKED, contact_at=None, is_second=True), Proof.GIVEN),
        # Newer than what?
        (contact(5), replace(ASKED, contact_at=None, asked_at=None, is_second=True), Proof.NONE),
        (replace(contact(5), at=None), ASKED, Proof.NONE),
        (contact(5, ContactResult.FAILED), ASKED, Proof.NONE),
        (contact(5, None), ASKED, Proof.NONE),
    ],
)
def test_only_a_contact_that_set_out_after_the_lines_is_proof(
    last: LastContact, request_: ContactRequest, expected: Proof
) -> None:
    """The contact of last week proves nothing of the new transport, nor does one that was under way."""
    assert weighed(last, request_) is expected


PROXY_VALUE = Proxy(host="proxy.example.net", port=8080)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (TransportFacts(type=TransportType.SMART, proxy=PROXY_VALUE), True),
        # CSCwr56980: it denies a proxy that is set; the block beside it decides.
        (TransportFacts(type=TransportType.SMART), True),
        (TransportFacts(), True),
        (TransportFacts(type=TransportType.CALLHOME), False),
        (TransportFacts(type=TransportType.SMART, proxy=replace(PROXY_VALUE, port=80)), False),
    ],
)
def test_a_contact_over_another_transport_proves_nothing(answer: TransportFacts, expected: bool) -> None:
    """A colleague may have flipped it back, and the authority is then reached over what was broken before."""
    assert is_over_intended(answer, BOTH) is expected


@pytest.mark.parametrize(("clock", "expected"), [(0.4, False), (1.0, True), (None, True)])
def test_a_contact_is_asked_for_once_its_time_can_be_told_from_the_last(
    clock: float | None, expected: bool
) -> None:
    """Two contacts in one second look like one, and the proof would never come."""
    at = None if clock is None else contact(clock).at

    assert is_told_apart(at, contact(0).at) is expected
