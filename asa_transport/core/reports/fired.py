"""Which rules fired in a run: the legend of the ids that stand beside the devices.

Pure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from asa_transport.model import Audited, AuditOutcome, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """One rule.

    Attributes:
        counts: How many findings of each severity count, the worst first; none that is 0.
        waived: How many more are waived.
        devices: On how many devices it fired, waived or not.
    """

    rule: str
    title: str
    counts: tuple[tuple[Severity, int], ...]
    waived: int
    devices: int


def fired(outcomes: Iterable[AuditOutcome]) -> tuple[Fired, ...]:
    """Return the rules that fired, the worst first, then by id."""
    titles: dict[str, str] = {}
    counts: defaultdict[str, Counter[Severity]] = defaultdict(Counter)
    waived: Counter[str] = Counter()
    devices: defaultdict[str, set[str]] = defaultdict(set)
    for outcome in outcomes:
        for finding in outcome.findings if isinstance(outcome, Audited) else ():
            titles.setdefault(finding.rule, finding.title)
            devices[finding.rule].add(outcome.name)
            if finding.waived is None:
                counts[finding.rule][finding.severity] += 1
            else:
                waived[finding.rule] += 1
    found = (
        Fired(
            rule=rule,
            title=title,
            counts=tuple((one, counts[rule][one]) for one in reversed(Severity) if counts[rule][one]),
            waived=waived[rule],
            devices=len(devices[rule]),
        )
        for rule, title in titles.items()
    )
    return tuple(sorted(found, key=lambda one: (-_rank(one), one.rule)))


def _rank(one: Fired) -> int:
    return one.counts[0][0].rank if one.counts else -1
