"""Count the failures of one push against its budget.

Pure.  Guarantees that a budget is never overspent by more than the failure that stops the
run, in whatever order devices end: one that is in work counts as a failure that may still
come.  `consecutive` is no store to spend from but a trip wire, so those in work do not count
there; it would else be a limit on the workers.

Source: docs/push.md, "Many devices"; ansible issue 65881, which asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from asa_transport.errors import UserError
from asa_transport.model import FailureBudget
from asa_transport.model.campaign import MAX_DEVICES

_MAX_FAIL: Final = re.compile(r"(0|[1-9][0-9]{0,9})(%?)", re.ASCII)


def with_max_fail(budget: FailureBudget, text: str) -> FailureBudget:
    """Return the budget with `--max-fail` in the place of its number and percent.

    Raises:
        UserError: The text is neither `N` nor `P%`.
    """
    match = _MAX_FAIL.fullmatch(text)
    if match is not None:
        count, is_percent = int(match[1]), bool(match[2])
        if count <= (100 if is_percent else MAX_DEVICES):
            return replace(
                budget, number=None if is_percent else count, percent=count if is_percent else None
            )
    raise UserError(
        f"--max-fail {text!r}: expected a number of devices, e.g. 3, or a percentage up to 100%, e.g. 10%"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """A budget for a push of so many devices; `None` is no such limit.

    Attributes:
        total: How many may fail.
        of: What `total` is a part of, for a message, e.g. `` (10% of 30 devices)``; else empty.
    """

    total: int | None
    per_group: int | None
    consecutive: int | None
    of: str = ""


def allowance(budget: FailureBudget, devices: int) -> Allowance:
    """Return what the budget allows a push of `devices`; of number and percent, the smaller one."""
    share = None if budget.percent is None else -(-devices * budget.percent // 100)
    limits = [limit for limit in (budget.number, share) if limit is not None]
    total = min(limits, default=None)
    is_share = total is not None and total != budget.number
    return Allowance(
        total=total,
        per_group=budget.per_group,
        consecutive=budget.consecutive,
        of=f" ({budget.percent}% of {devices} device{'s' * (devices != 1)})" if is_share else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The failures so far; `streak` is how many of the last outcomes, without a break."""

    failed: int = 0
    streak: int = 0
    by_group: Mapping[str, int] = field(default_factory=dict)


def counted(tally: Tally, *, is_failure: bool, groups: Collection[str]) -> Tally:
    """Return the tally after one more device of these groups has ended."""
    if not is_failure:
        return replace(tally, streak=0)
    more = {group: tally.by_group.get(group, 0) + 1 for group in groups}
    return Tally(failed=tally.failed + 1, streak=tally.streak + 1, by_group={**tally.by_group, **more})


def exceeded(tally: Tally, allowed: Allowance) -> str | None:
    """Return which limit is passed, for an operator; `None` while the run may go on."""
    if allowed.total is not None and tally.failed > allowed.total:
        return f"failure budget: {tally.failed} failed, {allowed.total} allowed{allowed.of}"
    if allowed.per_group is not None:
        for group, failed in sorted(tally.by_group.items()):
            if failed > allowed.per_group:
                return f"failure budget: {failed} failed in group {group}, {allowed.per_group} allowed"
    if allowed.consecutive is not None and tally.streak >= allowed.consecutive:
        return f"failure budget: {tally.streak} failed in a row"
    return None


def has_room(
    tally: Tally, allowed: Allowance, groups: Collection[str], in_work: Mapping[str | None, int]
) -> bool:
    """Return whether one more device of these groups may start now.

    Args:
        in_work: How many are in work of each group, and under `None` of all.
    """
    if allowed.total is not None and tally.failed + in_work.get(None, 0) > allowed.total:
        return False
    return allowed.per_group is None or all(
        tally.by_group.get(group, 0) + in_work.get(group, 0) <= allowed.per_group for group in groups
    )
