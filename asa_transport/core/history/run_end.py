"""Say how an audit ends by what it found: which of the numbers of docs/exit-codes.md holds.

Pure.  A device that nobody audited and a push that nobody proved are an end of their own,
whatever the findings are; only findings are weighed by how severe a person wants them to be.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from asa_transport.core.history.differences import Compared, Diff, is_newly_missed, new_severity
from asa_transport.model import Audited, AuditOutcome, NotAudited, Severity
from asa_transport.model.ending import RunEnd, strongest
from asa_transport.model.outcome_counts import OutcomeCounts, counts_of


def audit_end(outcomes: Iterable[AuditOutcome], fail_on: Severity, *, was_stopped: bool = False) -> RunEnd:
    """Return how a run with these outcomes ends.

    Args:
        outcomes: Judged.
        fail_on: From which severity on a finding is a failure.
        was_stopped: A person ended it before every device was read.
    """
    counts = counts_of(outcomes)
    ends = _ends(counts, was_stopped=was_stopped)
    if any(severity.rank >= fail_on.rank for severity in counts.counting):
        ends.add(RunEnd.FINDINGS)
    if counts.not_audited:
        ends.add(RunEnd.NOT_AUDITED)
    return strongest(ends)


def audit_end_since(
    outcomes: Iterable[AuditOutcome], diff: Diff, fail_on_new: Severity, *, was_stopped: bool = False
) -> RunEnd:
    """Return how a run ends by what is new in it; without an earlier run all of it is new.

    So it is where none could be read: what is not known to be standing counts.
    """
    if not isinstance(diff.before, Compared):
        return audit_end(outcomes, fail_on_new, was_stopped=was_stopped)
    return strongest(_ends(counts_of(outcomes), was_stopped=was_stopped) | ends_of_new(diff, fail_on_new))


def ends_of_new(diff: Diff, fail_on_new: Severity) -> set[RunEnd]:
    """Return what is asked by what is new: a finding so severe, a device that is not audited any more."""
    ends = set()
    severities = [severity for change in diff.changes if (severity := new_severity(change)) is not None]
    if any(severity.rank >= fail_on_new.rank for severity in severities):
        ends.add(RunEnd.FINDINGS)
    if any(map(is_newly_missed, diff.changes)):
        ends.add(RunEnd.NOT_AUDITED)
    return ends


def is_internal_error(outcome: AuditOutcome) -> bool:
    """Return whether the outcome is a fault of ours."""
    match outcome:
        case NotAudited():
            return outcome.is_internal
        case Audited():
            return False
        case _:
            assert_never(outcome)


def _ends(counts: OutcomeCounts, *, was_stopped: bool) -> set[RunEnd]:
    """Return the ends of what holds whatever the audit found, or what was found before."""
    ends = set()
    if counts.internal:
        ends.add(RunEnd.INTERNAL)
    # It counts every night, new or not, until something settles it (AT601).
    if counts.unsettled:
        ends.add(RunEnd.FINDINGS)
    if was_stopped:
        ends.add(RunEnd.INTERRUPTED)
    return ends
