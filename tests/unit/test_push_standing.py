"""Where a device stands between before and after, and what proves a contact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.core.changes import applied, matches_prediction, state_of
from asa_transport.core.pushing.proof import is_proven
from asa_transport.core.pushing.standing import saved_standing, standing
from asa_transport.model import (
    Baseline,
    ContactResult,
    LastContact,
    Standing,
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
CALL_HOME = "  destination transport-method http"


@pytest.mark.parametrize(
    ("startup", "expected"),
    [
        ([HEAD, CALL_HOME], Standing.INTENDED),
        ([HEAD, SMART, CALL_HOME], Standing.INTENDED),
        ([HEAD, CALLHOME, CALL_HOME], Standing.BEFORE),
        ([HEAD, PROXY], Standing.FOREIGN),
        ([], Standing.FOREIGN),
        ([CALL_HOME], Standing.FOREIGN),
        (["ERROR: Command authorization failed"], Standing.FOREIGN),
        ([HEAD, "ERROR: Command authorization failed"], Standing.FOREIGN),
        ([HEAD, "xx#>"], Standing.FOREIGN),
    ],
)
def test_a_startup_configuration_that_was_not_read_is_not_saved(
    startup: list[str], expected: Standing
) -> None:
    """On 9.22 smart is the default and not shown: a refusal must not pass for it."""
    assert saved_standing(startup, TYPE_ONLY) is expected


# The proof.

NOW = datetime(2026, 1, 12, 13, 0, 0, 400_000, tzinfo=UTC)
OLD_CONTACT = NOW - timedelta(days=12)


def contact(at: datetime | None, result: ContactResult | None = ContactResult.SUCCEEDED) -> LastContact:
    return LastContact(result=result, at=at, reason=None)


@pytest.mark.parametrize(
    ("last", "since", "expected"),
    [
        (contact(NOW + timedelta(seconds=5)), Baseline(clock_at=NOW, contact_at=OLD_CONTACT), True),
        # Contact times have no parts of a second.
        (contact(NOW.replace(microsecond=0)), Baseline(clock_at=NOW, contact_at=OLD_CONTACT), True),
        (contact(NOW - timedelta(seconds=1)), Baseline(clock_at=NOW, contact_at=OLD_CONTACT), False),
        (contact(OLD_CONTACT), Baseline(clock_at=None, contact_at=OLD_CONTACT), False),
        (contact(NOW), Baseline(clock_at=None, contact_at=OLD_CONTACT), True),
        (contact(NOW), Baseline(clock_at=NOW, contact_at=NOW), False),
        (contact(NOW), Baseline(clock_at=NOW, contact_at=None), True),
        # Newer than what?
        (contact(OLD_CONTACT), Baseline(clock_at=None, contact_at=None), False),
        (contact(None), Baseline(clock_at=NOW, contact_at=OLD_CONTACT), False),
        (
            contact(NOW + timedelta(seconds=5), ContactResult.FAILED),
            Baseline(clock_at=NOW, contact_at=OLD_CONTACT),
            False,
        ),
        (contact(NOW + timedelta(seconds=5), None), Baseline(clock_at=NOW, contact_at=OLD_CONTACT), False),
    ],
)
def test_only_a_contact_that_succeeded_since_is_proof(
    last: LastContact,
    since: Baseline,
    expected: bool,
) -> None:
    """The contact of last week proves nothing of the new transport."""
    assert is_proven(last, since) == expected
