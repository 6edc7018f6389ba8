"""A plan is bound to what was observed, and a refusal shows what has moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from asa_transport.core.planning.fingerprint import drift, fingerprint, has_exception
from asa_transport.core.planning.ledger import goes_on, seen
from asa_transport.model import (
    AuthorizationState,
    DeviceFacts,
    Exemption,
    FailoverFacts,
    FailoverState,
    FailoverUnit,
    LedgerSeen,
    PlannedDevice,
    Proxy,
    Revert,
    TransportType,
)
from tests.unit.judging import NOW, days, exemption, healthy
from tests.unit.planning import REVERT, audited, plan_of

Edit = Callable[[DeviceFacts], DeviceFacts]
FACTS = audited("fw1", "transport=callhome").facts


def planned() -> PlannedDevice:
    (device,) = plan_of([audited("fw1", "transport=callhome")]).devices
    return device


def failover(**changes: object) -> Edit:
    return lambda facts: replace(facts, failover=replace(facts.failover, **changes))  # type: ignore[arg-type]


def transport(**changes: object) -> Edit:
    return lambda facts: replace(facts, transport=replace(facts.transport, **changes))  # type: ignore[arg-type]


def block(*lines: str) -> Edit:
    return lambda facts: replace(facts, license_block=lines)


MOVED: dict[str, Edit] = {
    "version: planned on '9.22(2)14', now '9.24(1)'": lambda facts: replace(facts, version="9.24(1)"),
    "serial number: planned on '9AEXAMPLE01', now 'X'": lambda facts: replace(facts, serial="X"),
    "serial number: planned on '9AEXAMPLE01', now not said": lambda facts: replace(facts, serial=None),
    "failover unit: planned on not said, now 'secondary'": failover(unit=FailoverUnit.SECONDARY),
    "failover state: planned on not said, now 'standby'": failover(state=FailoverState.STANDBY),
    "serial number of the mate: planned on not said, now 'Y'": failover(mate_serial="Y"),
    "transport: planned on 'callhome', now 'smart'": transport(type=TransportType.SMART),
    "proxy: planned on not said, now 'p:80'": transport(proxy=Proxy(host="p", port=80)),
    "- transport type callhome": block("license smart", " feature tier standard"),
    "+ throughput level 1G": block(
        "license smart", " feature tier standard", " throughput level 1G", " transport type callhome"
    ),
    "+ transport type callhome": block("license smart", " transport type callhome", " feature tier standard"),
    "the 'license smart' block was not read now": lambda facts: replace(facts, license_block=None),
}


def test_the_same_facts_give_the_planned_fingerprint() -> None:
    """Otherwise no push would ever start."""
    assert fingerprint(FACTS, has_exception=False) == planned().fingerprint
    assert drift(planned(), FACTS, has_exception=False) == ""


@pytest.mark.parametrize("shown", MOVED)
def test_what_a_change_rests_on_moves_the_fingerprint_and_is_shown(shown: str) -> None:
    """'The fingerprint differs' helps nobody at three in the morning."""
    facts = MOVED[shown](FACTS)

    assert fingerprint(facts, has_exception=False) != planned().fingerprint
    assert shown in drift(planned(), facts, has_exception=False).splitlines()


def test_a_new_exception_moves_it() -> None:
    """Somebody took charge of the device since the plan."""
    assert fingerprint(FACTS, has_exception=True) != planned().fingerprint
    assert drift(planned(), FACTS, has_exception=True) == "live exception: planned on no, now yes\n"


@pytest.mark.parametrize(
    "edit",
    [
        block("license smart ", " feature tier standard\t", " transport type callhome   "),
        lambda facts: replace(facts, clock=None),
        lambda facts: replace(facts, hostname="other"),
        failover(mate_state="Standby Ready"),
        lambda facts: replace(
            facts, authorization=replace(facts.authorization, state=AuthorizationState.EXPIRED)
        ),
    ],
)
def test_what_moves_by_itself_does_not_move_it(edit: Edit) -> None:
    """Contact, clock and deadline change every hour, and blanks mean nothing."""
    assert fingerprint(edit(FACTS), has_exception=False) == planned().fingerprint
    assert drift(planned(), edit(FACTS), has_exception=False) == ""


def test_an_unread_block_is_not_an_empty_one() -> None:
    """Not known and nothing there must not look alike."""
    empty, unread = (replace(FACTS, license_block=block) for block in ((), None))

    assert fingerprint(empty, has_exception=False) != fingerprint(unread, has_exception=False)


def test_lines_are_not_run_together() -> None:
    """Two blocks whose joined text is one."""
    one = replace(healthy(), license_block=("license smart", " a", " b"))
    two = replace(healthy(), license_block=("license smart", " a\n b"))

    assert fingerprint(one, has_exception=False) != fingerprint(two, has_exception=False)


def test_a_fingerprint_of_another_device_is_drift_even_without_a_difference() -> None:
    """A refusal always has a text."""
    odd = replace(planned(), fingerprint="0" * 64)

    assert "the fingerprint differs" in drift(odd, FACTS, has_exception=False)


def test_the_role_of_a_pair_is_part_of_it() -> None:
    """After a failover the planned unit is the standby."""
    one = replace(FACTS, failover=FailoverFacts(enabled=True, state=FailoverState.ACTIVE))
    two = replace(FACTS, failover=FailoverFacts(enabled=True, state=FailoverState.STANDBY))

    assert fingerprint(one, has_exception=False) != fingerprint(two, has_exception=False)


def test_only_a_live_exception_that_is_not_the_plans_own_counts() -> None:
    """The plan of a revert writes an exception: it must not forbid what it is for."""
    live = exemption(until=NOW + days(5))
    own = Revert(ticket=live.ticket, owner="kim", until=live.until)

    assert has_exception([live], NOW, revert=None)
    assert has_exception([live], NOW, revert=REVERT)
    assert not has_exception([live], NOW, revert=own)
    assert not has_exception([live], live.until + timedelta(seconds=1), revert=None)
    assert not has_exception([replace(live, closed_at=NOW)], NOW, revert=None)
    assert not has_exception([], NOW, revert=None)


def entry(**changes: object) -> Exemption:
    return replace(exemption(until=NOW + days(5)), reason="Störung", **changes)  # type: ignore[arg-type]


def test_a_ledger_is_known_again_by_every_word_of_its_entries() -> None:
    """A plan that was approved while kim answered for a firewall until Sunday is of that ledger alone."""
    kept = seen([entry()])
    others = [
        entry(device="fw2"),
        entry(until=NOW + days(6)),
        entry(owner="lee"),
        entry(ticket="CHG2"),
        replace(entry(), reason="Umbau"),
        entry(added_at=NOW - days(24)),
    ]

    assert not any(goes_on([other], kept) for other in others)
    assert goes_on([entry(), entry(device="fw2")], kept)
    # Closing one adds a time to it and is no other ledger.
    assert goes_on([entry(closed_at=NOW)], kept)


def test_the_ledger_of_an_older_release_is_known_again() -> None:
    """Plans are kept: how a ledger is written down before it is digested is fixed."""
    assert seen([entry()]) == LedgerSeen(
        entries=1, sha256="0f7c377ebea0ef0e7223faeb6fafa82a12a4d3423e0b9f49d09dd1e484830192"
    )


def test_all_that_has_moved_is_shown_line_by_line() -> None:
    """Who reads it at night compares two columns."""
    facts = replace(FACTS, version="9.24(1)", serial="X", license_block=None)

    assert drift(planned(), facts, has_exception=False) == (
        "the 'license smart' block was not read now\n"
        "version: planned on '9.22(2)14', now '9.24(1)'\n"
        "serial number: planned on '9AEXAMPLE01', now 'X'\n"
    )


def test_a_fingerprint_of_a_plan_that_is_not_of_this_device_says_so() -> None:
    """None of the values differs, and the number does: somebody has changed one of the two."""
    other = replace(planned(), fingerprint="0" * 64)

    assert drift(other, FACTS, has_exception=False) == (
        "the fingerprint differs, although none of its values does: the plan was not made for this device\n"
    )
