"""Foretell from a dry run how a commit would go: where it would stop, and what would let it pass.

Pure.  Drives the same `Course`, over the same portions, that a commit drives, one device after
the other in the order of their turn: what the dry run found is what the commit is taken to meet.
What nobody can know before, whether a contact comes, is taken to go well.  Several devices in
work at once may end in another order, and then a limit on failures in a row may hit elsewhere.

Source: docs/push.md, "Many devices".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import assert_never

from asa_transport.core.pushing.campaign.budget import allowance
from asa_transport.core.pushing.campaign.course import Course, Start
from asa_transport.core.pushing.campaign.portions import portions
from asa_transport.core.pushing.campaign.verdicts import is_failure
from asa_transport.model import (
    Applied,
    DryRunOutcome,
    FailureBudget,
    Foretold,
    NoChange,
    NotReached,
    Plan,
    PushOutcome,
    Refused,
    Rehearsal,
    Unreachable,
    Verified,
    WouldPush,
)


def limit_text(given: Sequence[str], without: Sequence[str]) -> str:
    """Return a `-l` that chooses what was chosen, but for these devices."""
    return ",".join((*given, *(f"!{name}" for name in without)))


def foretold(
    plan: Plan, outcomes: Sequence[DryRunOutcome], budget: FailureBudget, accept: Verified
) -> Foretold:
    """Return how a commit would go over the devices of a dry run.

    Args:
        outcomes: One for each device of the push.
        accept: The policy's `proof`.
    """
    met = [_met(outcome) for outcome in outcomes]

    def rehearsed(those: Sequence[PushOutcome], budget: FailureBudget) -> Rehearsal:
        return rehearse(plan, those, budget, accept)

    rehearsal = rehearsed(met, budget)
    if rehearsal.stopped_by is None:
        return Foretold(rehearsal=rehearsal)
    failures = sum(map(is_failure, met))
    is_enough = rehearsed(met, replace(budget, number=failures, percent=None)).stopped_by is None
    return Foretold(
        rehearsal=rehearsal,
        without=_without(met, lambda those: rehearsed(those, budget)),
        max_fail=failures if is_enough else None,
    )


def rehearse(
    plan: Plan, outcomes: Sequence[PushOutcome], budget: FailureBudget, accept: Verified
) -> Rehearsal:
    """Return how a run would go in which the devices end like this, one after the other.

    Args:
        outcomes: One for each device of the push, in any order.
    """
    ends = {outcome.device.name: outcome for outcome in outcomes}
    planned = {one.name: one for one in plan.devices}
    course = Course(planned, allowance(budget, len(ends)), accept=accept)
    left = dict.fromkeys(name for portion in portions(plan, ends) for name in portion.names)
    for number, portion in enumerate(portions(plan, ends)):
        unproven = course.unproven() if number else None
        if unproven is not None:
            course.stop(nothing_else(unproven))
        course.begin_wave()
        for name in portion.names:
            if course.start_of(name) is not Start.NOW:
                break
            del left[name]
            course.started(name)
            course.ended(ends[name])
    return Rehearsal(stopped_by=course.stopped_by, not_started=tuple(left))


def nothing_else(unproven: str) -> str:
    """Return why a run ends after a first wave that has proven nothing."""
    return f"{unproven}; no other wave begins"


def _without(
    met: Sequence[PushOutcome], rehearsed: Callable[[Sequence[PushOutcome]], Rehearsal]
) -> tuple[str, ...] | None:
    """Return the devices that fail, where the others would pass without them."""
    well = [one for one in met if not is_failure(one)]
    if not well or rehearsed(well).stopped_by is not None:
        return None
    return tuple(sorted(one.device.name for one in met if is_failure(one)))


def _met(outcome: DryRunOutcome) -> PushOutcome:
    """Return what a commit would meet where a dry run found this."""
    match outcome:
        case WouldPush():
            return Applied(device=outcome.device, verified=Verified.CONTACT, saved=True)
        case NoChange() | Refused():
            return outcome
        case NotReached():
            return Unreachable(device=outcome.device, reason=outcome.reason)
        case _:
            assert_never(outcome)
