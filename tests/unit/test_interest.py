"""What a channel with a threshold or a region is told: its part, and of what nobody knows always."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asa_transport.core.history.differences import (
    DeviceAnswering,
    DeviceGone,
    DeviceNew,
    DeviceUnreachable,
    Difference,
    FindingChanged,
    FindingCleared,
    FindingNew,
    TransportChanged,
)
from asa_transport.core.reports.interest import of_severity
from asa_transport.core.reports.notification import of_changes
from asa_transport.model import Interest, Severity, Stage, TransportType, Waived
from asa_transport.model.ending import RunEnd
from tests.unit.judging import NOW, facts_of
from tests.unit.reporting import audited, finding, missed, named, report_of
from tests.unit.test_history import diff_of

LOW, HIGH = finding(severity=Severity.LOW), finding(severity=Severity.HIGH)
WAIVED = replace(HIGH, waived=Waived(owner="kim", until=NOW, reason="known"))
MOVED = TransportChanged(device="fw", before=TransportType.SMART, after=TransportType.CALLHOME, since=None)


def unreachable(name: str) -> DeviceUnreachable:
    return DeviceUnreachable(device=name, host="h", stage=Stage.CONNECT, error="refused", hint="is it on?")


@pytest.mark.parametrize(
    ("change", "is_told"),
    [
        (FindingNew(device="fw", finding=HIGH), True),
        (FindingNew(device="fw", finding=LOW), False),
        (FindingNew(device="fw", finding=WAIVED), False),
        # Who was told of it hears of its end.
        (FindingCleared(device="fw", finding=HIGH), True),
        (FindingChanged(device="fw", before=LOW, after=HIGH), True),
        (FindingChanged(device="fw", before=HIGH, after=LOW), True),
        (FindingChanged(device="fw", before=HIGH, after=WAIVED), True),
        # Nothing is known of it: it may be the worst of all.
        (unreachable("fw"), True),
        (DeviceAnswering(device="fw", was=Stage.CONNECT), True),
        (DeviceNew(device="fw", host="h", missed=Stage.CONNECT), True),
        (DeviceNew(device="fw", host="h", missed=None), False),
        (MOVED, False),
    ],
)  # fmt: skip
def test_a_threshold_lets_through_what_reaches_it_and_what_nobody_knows(
    change: Difference, is_told: bool
) -> None:
    """Called for high, nobody gets up for low; a firewall that nobody could read is no low one."""
    assert bool(of_severity([change], Severity.HIGH)) is is_told


def test_what_has_no_severity_is_told_beside_a_finding_that_has_one() -> None:
    """The cause belongs to its effect, and to that of its own firewall only."""
    changes = (
        FindingNew(device="fw", finding=HIGH),
        FindingNew(device="fw", finding=LOW),
        MOVED,
        replace(MOVED, device="other"),
    )

    assert of_severity(changes, Severity.HIGH) == (changes[0], changes[2])


def test_a_region_is_told_of_its_own_firewalls_only() -> None:
    """Of those that left the inventory too; and the report in the mail is of them alone."""
    report = report_of(
        [
            replace(audited("fw-a", facts_of("-")), device=named("fw-a", region="emea")),
            replace(audited("fw-b", facts_of("-")), device=named("fw-b", region="apac")),
            missed("fw-c", Stage.CONNECT),
        ]
    )
    diff = diff_of(
        replace(MOVED, device="fw-a"),
        replace(MOVED, device="fw-b"),
        unreachable("fw-c"),
        DeviceGone(device="fw-d", host="h", region="emea"),
        DeviceGone(device="fw-e", host="h", region="apac"),
    )

    told = of_changes(report, diff, Interest(regions=("emea",)))
    both = of_changes(report, diff, Interest(regions=("emea", "apac")))
    other = of_changes(report, diff, Interest(regions=("latam",)))

    assert [change.device for change in told.changes] == ["fw-a", "fw-d"]
    assert told.document["totals"]["devices"] == 1
    assert "fw-a" in told.markdown
    assert "fw-b" not in told.markdown
    assert told.headline.endswith("; region emea")
    assert (both.headline.endswith("; regions emea, apac"), len(both.changes)) == (True, 4)
    assert (other.has_changed, other.changes) == (False, ())


@pytest.mark.parametrize(
    ("interest", "is_told"),
    [
        (Interest(), True),
        (Interest(severity=Severity.HIGH), False),
        (Interest(severity=Severity.LOW), True),
        (Interest(regions=("emea",)), True),
        (Interest(regions=("apac",)), False),
    ],
)
def test_a_first_run_is_told_where_its_part_is_not_well(interest: Interest, is_told: bool) -> None:
    """There is nothing to compare with; what is found now is the news."""
    found = audited("fw-a", facts_of("-"), findings=(finding(severity=Severity.MEDIUM),))
    report = report_of([replace(found, device=replace(found.device, region="emea"))])
    first = replace(diff_of(), before=None)

    assert of_changes(report, first, interest).has_changed is is_told


@pytest.mark.parametrize("interest", [Interest(severity=Severity.CRITICAL), Interest(regions=("apac",))])
def test_a_run_that_failed_is_told_to_everybody(interest: Interest) -> None:
    """A full disk has no severity and no region."""
    report = report_of([audited("fw-a", facts_of("-"))])
    failed = replace(report, run=replace(report.run, exit_code=RunEnd.INTERNAL))

    assert of_changes(failed, replace(diff_of(), before=None), interest).has_changed
