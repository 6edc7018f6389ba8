"""Turn a run into the numbers of the page's charts; a template draws them.

Pure.  Guarantees that every device of the run is in the chart by verdict and in that by
group, that every audited one is in the chart by version, and that a place on an axis is a
percentage with two decimals, so that the same run gives the same page.

Source: docs/formats.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from asa_transport.asa.version import try_parse
from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.judgement.cases.deadlines import Expiry, severity_by_days
from asa_transport.core.reports.html.words import left
from asa_transport.model import (
    Audited,
    AuditOutcome,
    BugReading,
    BugVerdict,
    DayThresholds,
    LicenseMode,
    NotAudited,
    Severity,
    Verdict,
)
from asa_transport.model.outcome_counts import counts_of
from asa_transport.text import ranges, visible

URGENT_FIRST: Final = tuple(reversed(Severity))
NO_GROUP: Final = "(no group)"
NOT_KNOWN: Final = "not known"
NOT_AUDITED: Final = "not audited"
NOT_JUDGED: Final = "not judged"
# What asks for somebody's work comes first.
VERDICTS: Final = (
    Verdict.CHANGE.value,
    Verdict.HOLD.value,
    Verdict.MANUAL.value,
    NOT_AUDITED,
    NOT_JUDGED,
    Verdict.COMPLIANT.value,
    Verdict.NOT_APPLICABLE.value,
)
# Beyond the first dozen nobody compares; the bars beside it count all of them.
_FIRST: Final = 12
# A communication deadline is at most so far away (90 days: TAC document 225967).
_AXIS_DAYS: Final = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar; `width` is its part of the whole or of the longest bar, `kind` a class of the style."""

    label: str
    count: int
    width: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One device on the time line; `at` is `None` where it has no date."""

    device: str
    left: str
    at: str | None
    kind: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a stacked bar."""

    x: str
    width: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One version: how many devices run it, and what the catalogue says of them."""

    version: str
    devices: int
    affected: int
    parts: tuple[Part, ...]
    bugs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One inventory group: its findings by severity, the most urgent first."""

    group: str
    devices: int
    not_audited: int
    counts: tuple[int, ...]
    parts: tuple[Part, ...]


def verdict_of(outcome: AuditOutcome) -> str:
    """Return one of `VERDICTS`."""
    if isinstance(outcome, NotAudited):
        return NOT_AUDITED
    return NOT_JUDGED if outcome.decision is None else outcome.decision.verdict.value


def by_verdict(outcomes: Sequence[AuditOutcome]) -> tuple[Bar, ...]:
    """Return one bar for each verdict, and for what has none; nothing for "not judged" where all were."""
    found = counts_of(outcomes)
    counts = Counter({verdict.value: number for verdict, number in found.by_verdict.items()})
    counts[NOT_AUDITED] = found.not_audited
    counts[NOT_JUDGED] = found.audited - sum(found.by_verdict.values())
    return tuple(
        Bar(
            label=verdict,
            count=counts[verdict],
            width=percent(counts[verdict], found.devices),
            kind="missing" if verdict == NOT_AUDITED else "plain",
        )
        for verdict in VERDICTS
        if counts[verdict] or verdict != NOT_JUDGED
    )


def by_time(expiries: Sequence[Expiry], limits: DayThresholds) -> tuple[Bar, ...]:
    """Return how many devices have how long, by the policy's own steps."""
    steps = (limits.high, limits.medium, limits.low)
    labels = [
        "over, or not registered",
        f"within {limits.high:g} days",
        f"{limits.high:g} to {limits.medium:g} days",
        f"{limits.medium:g} to {limits.low:g} days",
        f"more than {limits.low:g} days",
        "no date shown",
    ]
    kinds = ("critical", "critical", "high", "medium", "low", "missing")
    counts = Counter(_step(row, steps) for row in expiries)
    return tuple(
        Bar(label=label, count=counts[n], width=percent(counts[n], len(expiries)), kind=kind)
        for n, (label, kind) in enumerate(zip(labels, kinds, strict=True))
    )


def time_line(expiries: Sequence[Expiry], limits: DayThresholds) -> tuple[Mark, ...]:
    """Return the first devices to expire; what is over stands at the beginning of the axis."""
    return tuple(
        Mark(
            device=visible(row.device),
            left=left(row),
            at=None if row.days is None and not row.is_past else at_day(max(row.days or 0.0, 0.0)),
            kind="critical" if row.is_past else _kind(row.days, limits),
            what=visible(row.what),
        )
        for row in expiries[:_FIRST]
    )


def effects(expiries: Sequence[Expiry]) -> tuple[tuple[str, str, str], ...]:
    """Return what happens to the devices of the time line: what ends, of which, and what then; said once."""
    names: dict[tuple[str, str], list[str]] = {}
    for row in expiries[:_FIRST]:
        names.setdefault((row.what, row.effect), []).append(row.device)
    return tuple(
        (visible(what), ", ".join(words for words, _ in ranges(found, shown=visible)), visible(effect))
        for (what, effect), found in names.items()
    )


def at_day(days: float) -> str:
    """Return the place of a day on the time line; what is beyond its end stands at the end."""
    return percent(min(days, _AXIS_DAYS), _AXIS_DAYS)


def ticks(limits: DayThresholds) -> tuple[tuple[str, str], ...]:
    """Return places and labels of the time line's axis."""
    return tuple((at_day(day), f"{day:g}") for day in (limits.medium, limits.low) if day < _AXIS_DAYS)


class VersionCounter:
    """Counts devices by version, and the bugs that they have."""

    def __init__(self) -> None:
        self._devices: Counter[str] = Counter()
        self._affected: Counter[str] = Counter()
        self._bugs: defaultdict[str, Counter[tuple[str, BugReading]]] = defaultdict(Counter)

    def add(self, case: Case) -> None:
        """Count one device."""
        version = visible(case.facts.version or NOT_KNOWN)
        if case.facts.license_mode is LicenseMode.THREAT_DEFENSE:
            # The catalogue is one of ASA releases: the numbers of another system's say nothing there.
            self._devices[f"{version} (Threat Defense)"] += 1
            return
        bugs = _counted_bugs(case)
        self._devices[version] += 1
        self._affected[version] += bool(bugs)
        self._bugs[version].update((verdict.bug.id, verdict.reading) for verdict in bugs)

    def rows(self) -> tuple[VersionRow, ...]:
        """Return one row a version, the oldest first, that of no known order last."""
        most = max(self._devices.values(), default=0)
        return tuple(self._row(version, most) for version in sorted(self._devices, key=_by_age))

    def _row(self, version: str, most: int) -> VersionRow:
        devices, affected = self._devices[version], self._affected[version]
        bugs = (
            f"{visible(bug)}: {number}{' (no fix listed)' if reading is BugReading.NO_FIX_LISTED else ''}"
            for (bug, reading), number in sorted(self._bugs[version].items())
        )
        return VersionRow(
            version=version,
            devices=devices,
            affected=affected,
            parts=stacked(((affected, "medium"), (devices - affected, "plain")), most),
            bugs=", ".join(bugs),
        )


class GroupCounter:
    """Counts devices and findings by inventory group; a device of two groups is in both."""

    def __init__(self) -> None:
        self._devices: Counter[str] = Counter()
        self._missed: Counter[str] = Counter()
        self._findings: defaultdict[str, Counter[Severity]] = defaultdict(Counter)

    def add(self, outcome: AuditOutcome) -> None:
        """Count one device."""
        findings = outcome.findings if isinstance(outcome, Audited) else ()
        for group in map(visible, outcome.device.groups or (NO_GROUP,)):
            self._devices[group] += 1
            self._missed[group] += isinstance(outcome, NotAudited)
            self._findings[group].update(finding.severity for finding in findings)

    def rows(self) -> tuple[GroupRow, ...]:
        """Return one row a group, by name, those of no group last."""
        counts = {
            group: tuple(self._findings[group][severity] for severity in URGENT_FIRST)
            for group in self._devices
        }
        most = max((sum(numbers) for numbers in counts.values()), default=0)
        return tuple(
            GroupRow(
                group=group,
                devices=self._devices[group],
                not_audited=self._missed[group],
                counts=counts[group],
                parts=stacked(
                    tuple(zip(counts[group], (severity.value for severity in URGENT_FIRST), strict=True)),
                    most,
                ),
            )
            for group in sorted(self._devices, key=lambda name: (name == NO_GROUP, name))
        )


def stacked(counts: Sequence[tuple[int, str]], most: int) -> tuple[Part, ...]:
    """Return the pieces of one bar, in this order, nothing for a zero."""
    parts, before = [], 0
    for count, kind in counts:
        if count:
            parts.append(Part(x=percent(before, most), width=percent(count, most), kind=kind))
            before += count
    return tuple(parts)


def percent(part: float, whole: float) -> str:
    """Return a part as a percentage without its sign; 0 of nothing is 0."""
    return f"{100 * part / whole:.2f}" if whole else "0.00"


def _step(row: Expiry, steps: Sequence[float]) -> int:
    if row.is_past:
        return 0
    if row.days is None:
        return len(steps) + 2
    return 1 + sum(row.days > step for step in steps)


def _kind(days: float | None, limits: DayThresholds) -> str:
    return "missing" if days is None else severity_by_days(days, limits).value


def _by_age(version: str) -> tuple[bool, object, str]:
    parsed = try_parse(version)
    return (parsed is None, parsed if parsed is not None else 0, version)


def _counted_bugs(case: Case) -> tuple[BugVerdict, ...]:
    # An entry without a fixed release judges no version: it would call every device affected.
    return tuple(found for found in case.bugs if found.is_affected and not found.bug.informs_only)
