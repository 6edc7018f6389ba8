"""The table of steps: every way through it ends, and none goes where it must not."""

from __future__ import annotations

import itertools

import pytest

from asa_transport.core.pushing.steps import NEXT, check, may_have_sent
from asa_transport.model import Step

# What a push may end with; `LOST` follows only where the process died before it could say so.
ENDS = frozenset({Step.SAVED, Step.ROLLED_BACK, Step.ROLLBACK_FAILED, Step.UNKNOWN})
VERIFIED = frozenset({Step.CONFIG_VERIFIED, Step.CONTACT_VERIFIED})


def reachable(start: Step | None, *, without: frozenset[Step] = frozenset()) -> set[Step]:
    """Return every step that may come after `start`, ways through `without` left out."""
    found: set[Step] = set()
    waiting = [start]
    while waiting:
        for step in NEXT[waiting.pop()] - found - without:
            found.add(step)
            waiting.append(step)
    return found


def test_every_step_is_in_the_table_and_is_reached() -> None:
    """A step that nobody can take, or nobody can leave, is a fault of the table."""
    assert set(NEXT) == {None, *Step}
    assert reachable(None) == set(Step)


@pytest.mark.parametrize("step", [step for step in Step if step not in ENDS])
def test_every_step_has_a_way_to_an_end(step: Step) -> None:
    """A push that hangs in the middle is a device between before and after."""
    assert reachable(step) & ENDS


@pytest.mark.parametrize("end", sorted(ENDS))
def test_nothing_follows_an_end_but_a_look(end: Step) -> None:
    """A device that has its outcome is not touched again."""
    assert NEXT[end] <= {Step.LOST}


def test_nothing_is_saved_that_was_not_verified() -> None:
    """`write memory` on hope would survive the reload that should have been the way back."""
    fresh = reachable(None, without=VERIFIED | {Step.LOST})

    assert not fresh & {Step.SAVING, Step.SAVED}


def test_nothing_is_sent_that_was_not_announced() -> None:
    """What a crash leaves behind is judged by the last step in the journal."""
    for step, following in itertools.product([None, *Step], Step):
        is_allowed = following in NEXT[step]
        if is_allowed and not may_have_sent(step) and may_have_sent(following):
            assert following is Step.SENDING


def test_evidence_comes_before_the_first_line() -> None:
    """Without it nobody could go back."""
    assert Step.SENDING not in reachable(None, without=frozenset({Step.EVIDENCED}))
    assert Step.EVIDENCED not in reachable(None, without=frozenset({Step.GUARDED}))


def test_a_step_that_is_not_in_the_table_is_a_fault_of_ours() -> None:
    """A path that nobody has thought through cannot be taken by accident."""
    with pytest.raises(ValueError, match="may not go"):
        check(Step.SENDING, Step.SAVING)
