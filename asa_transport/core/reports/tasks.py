"""What a person has to do after an audit: the most urgent first, equal tasks of many devices as one.

Pure.  A device has a task where its verdict asks for one, and where a critical finding that
counts stands beside any other verdict.

Source: docs/decisions.md; docs/rules.md (severities).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from asa_transport.core.judgement.cases.deadlines import Expiry, who_expires_first
from asa_transport.core.reports.report import Report
from asa_transport.model import Audited, Finding, Severity, Verdict

_ASKS: Final = frozenset({Verdict.CHANGE, Verdict.MANUAL, Verdict.HOLD})
_NEVER: Final = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do, on one or more devices.

    Attributes:
        severity: Of the worst finding that counts on any of them; `None` where none counts.
        days: The fewest days that one of them has, negative once past; `None` where no date is known.
        is_past: Whether something of one of them is over already.
        names: The device with the fewest days first.
    """

    severity: Severity | None
    verdict: Verdict
    said: str
    days: float | None
    is_past: bool
    names: tuple[str, ...]


def worst_of(findings: Iterable[Finding]) -> Severity | None:
    """Return the highest severity of the findings that are not waived; `None` without any."""
    counting = (finding.severity for finding in findings if finding.waived is None)
    return max(counting, key=lambda severity: severity.rank, default=None)


def tasks(report: Report) -> tuple[Task, ...]:
    """Return what is to be done, by severity, then by the days that are left, then by name."""
    expiries = {row.device: row for row in who_expires_first(report.cases)}
    groups: defaultdict[tuple[Severity | None, Verdict, str], list[str]] = defaultdict(list)
    for outcome in report.ordered:
        if not isinstance(outcome, Audited):
            continue
        severity, said = worst_of(outcome.findings), _said(outcome)
        if said is not None and outcome.verdict is not None:
            groups[severity, outcome.verdict, said].append(outcome.name)
    found = [
        _task(severity, verdict, said, names, expiries) for (severity, verdict, said), names in groups.items()
    ]
    return tuple(sorted(found, key=_urgency))


def _said(outcome: Audited) -> str | None:
    """Return what is to be done, in words; `None` where nothing is."""
    if outcome.decision is None:
        return None
    if outcome.decision.verdict in _ASKS:
        return "; ".join(outcome.decision.reasons[:1])
    critical = [
        f"{finding.title} ({finding.rule})"
        for finding in outcome.findings
        if finding.severity is Severity.CRITICAL and finding.waived is None
    ]
    return "; ".join(dict.fromkeys(critical)) or None


def _task(
    severity: Severity | None, verdict: Verdict, said: str, names: list[str], expiries: dict[str, Expiry]
) -> Task:
    ordered = sorted(names, key=lambda name: (_days(expiries.get(name)), name))
    first = expiries.get(ordered[0])
    return Task(
        severity=severity,
        verdict=verdict,
        said=said,
        days=None if first is None else first.days,
        is_past=first is not None and first.is_past,
        names=tuple(ordered),
    )


def _days(row: Expiry | None) -> float:
    if row is None:
        return _NEVER
    if row.days is None:
        return -_NEVER if row.is_past else _NEVER
    return row.days


def _urgency(task: Task) -> tuple[int, float, str]:
    rank = -1 if task.severity is None else task.severity.rank
    left = -_NEVER if task.is_past and task.days is None else _NEVER if task.days is None else task.days
    return -rank, left, task.names[0]
