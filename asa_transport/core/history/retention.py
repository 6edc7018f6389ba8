"""Choose which runs are too old to be kept, by the time that the runs themselves have seen pass.

Pure.  A clock that is 500 days ahead for a night makes every run too old, so age is not what the clock
says now: it is the sum of the steps from each run to the next, in the order in which they began, and no
step counts for more than a month.  A clock that goes wrong and comes back so adds nothing; a fleet that
nobody has audited for a year is forgotten later, and not at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from asa_transport.model import PUSH_KIND, RunStatus, StoredRun

# Who audits does so more often; a clock that is off by less than this does little harm.
_LONGEST_STEP: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """Runs that are too old, the oldest first."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJump:
    """The clock has moved further since the run before this one than audits are apart: nothing is removed.

    Attributes:
        before: That run.
        moved: How far, back where it is negative.
        spared: How many runs would be too old by the clock.
    """

    before: StoredRun
    moved: timedelta
    spared: int


Retention: TypeAlias = Expired | ClockJump


def retention(known: Sequence[StoredRun], run_id: str, keep: timedelta) -> Retention:
    """Return what is to be removed at the end of this run; never the newest whole one, never a push.

    Args:
        known: All runs, this one among them, in the order in which they began.
    """
    place = next((number for number, run in enumerate(known) if run.id == run_id), None)
    if not place:
        return Expired(ids=())
    now, before = known[place], known[place - 1]
    newest = next((run.id for run in reversed(known) if run.is_whole), None)
    removable = [
        run
        for run in known[:place]
        # What was sent to a firewall is kept for good; a shared store may list it.
        if run.id != newest and run.status is not RunStatus.RUNNING and run.kind != PUSH_KIND
    ]
    moved = now.started_at - before.started_at
    spared = sum(now.started_at - run.started_at > keep for run in removable)
    if abs(moved) > _LONGEST_STEP and spared:
        return ClockJump(before=before, moved=moved, spared=spared)
    ages, age = {}, timedelta()
    for earlier, later in zip(reversed(known[:place]), reversed(known[1 : place + 1]), strict=True):
        age += max(-_LONGEST_STEP, min(later.started_at - earlier.started_at, _LONGEST_STEP))
        ages[earlier.id] = age
    return Expired(ids=tuple(run.id for run in removable if ages[run.id] > keep))


def jump_text(jump: ClockJump, keep_days: float) -> str:
    """Return what a person is told."""
    days = abs(jump.moved).days
    way = "ahead of" if jump.moved > timedelta() else "behind"
    count = "1 run that is" if jump.spared == 1 else f"{jump.spared} runs that are"
    return (
        f"warning: the clock is {days} days {way} the run before ({jump.before.id}), so {count} older than "
        f"{keep_days:g} days by this clock are kept (policy: keep); correct the clock, or do nothing if it "
        "is right: later audits remove the old runs"
    )
