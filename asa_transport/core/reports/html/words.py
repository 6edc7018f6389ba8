"""Say in one sentence what matters of a run: what needs a change, what ends first, what was not read.

Pure.  Every number is of the report's own outcomes and cases.  Days are those that the
page shows elsewhere, to a tenth, without the tenths: "in 3 days" is never less.
"""

from __future__ import annotations

from collections.abc import Sequence

from asa_transport.core.judgement.cases.deadlines import Expiry
from asa_transport.model import AuditOutcome, Verdict
from asa_transport.model.outcome_counts import counts_of
from asa_transport.text import visible


def headline(outcomes: Sequence[AuditOutcome], expiries: Sequence[Expiry]) -> str:
    """Return the first line of the page.

    Args:
        expiries: The most urgent first, as `who_expires_first` gives them.
    """
    parts = (_changes(outcomes), *_deadlines(expiries), _missed(outcomes))
    return f"{'; '.join(parts)}."


def counted(number: int, noun: str) -> str:
    """Return ``1 device``, ``2 devices``, ``5,000 devices``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def left(expiry: Expiry) -> str:
    """Return how long a device has, or since when it is over, in words."""
    if expiry.days is None:
        return "now" if expiry.is_past else "not known"
    if expiry.is_past:
        return f"{-expiry.days:.0f} days ago" if expiry.days <= -1 else "now"
    return f"{expiry.days:.1f} days"


def _changes(outcomes: Sequence[AuditOutcome]) -> str:
    counts = counts_of(outcomes)
    changing = counts.by_verdict.get(Verdict.CHANGE, 0)
    if not counts.audited:
        return "No device was audited"
    if not changing:
        return f"None of {counted(counts.audited, 'audited device')} needs a change"
    needs = "needs" if changing == 1 else "need"
    return f"{changing:,} of {counted(len(outcomes), 'device')} {needs} a change"


def _deadlines(expiries: Sequence[Expiry]) -> Sequence[str]:
    over = sum(row.is_past for row in expiries)
    ahead = next((row for row in expiries if not row.is_past and row.days is not None), None)
    said = []
    if over:
        have, are = ("has", "is") if over == 1 else ("have", "are")
        said.append(f"{over:,} {have} expired or {are} not registered")
    if ahead is not None and ahead.days is not None:
        days = int(round(ahead.days, 1))
        when = f"in {counted(days, 'day')}" if days else "in less than a day"
        said.append(f"the {'next' if over else 'first'} deadline is {visible(ahead.device)} {when}")
    return said or ["no deadline is known"]


def _missed(outcomes: Sequence[AuditOutcome]) -> str:
    missed = counts_of(outcomes).not_audited
    return f"{missed:,} could not be audited" if missed or not outcomes else "all were audited"
