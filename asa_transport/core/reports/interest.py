"""Take from a run and from what changed in it the part that a channel wants to hear of.

Pure.  What is not known passes every threshold: a device that could not be audited has no severity, and
may be the worst of all.  What has no severity of its own (transport, proxy, release, deadline) is told
beside a finding of the same device that reaches the threshold.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from asa_transport.core.history.differences import (
    DeviceAnswering,
    DeviceGone,
    DeviceNew,
    DeviceUnreachable,
    Diff,
    Difference,
    FailureChanged,
    findings_of,
)
from asa_transport.core.history.run_end import audit_end
from asa_transport.core.reports.report import Report
from asa_transport.model import Interest, Severity
from asa_transport.model.ending import RunEnd


def of_regions(report: Report, diff: Diff, regions: Collection[str]) -> tuple[Report, Diff]:
    """Return what of both is about firewalls of these regions; without any, all of it."""
    if not regions:
        return report, diff
    devices = tuple(device for device in report.devices if device.region in regions)
    names = {device.name for device in devices}
    mine = replace(
        report,
        devices=devices,
        outcomes=tuple(outcome for outcome in report.ordered if outcome.name in names),
        cases=tuple(case for case in report.cases if case.device.name in names),
        # It counts the whole fleet.
        history=(),
    )
    changes = tuple(
        change
        for change in diff.changes
        if (change.region in regions if isinstance(change, DeviceGone) else change.device in names)
    )
    return mine, replace(diff, changes=changes)


def of_severity(changes: Sequence[Difference], least: Severity | None) -> tuple[Difference, ...]:
    """Return the changes that reach this severity, and what belongs to them, in their order."""
    if least is None:
        return tuple(changes)
    reaching = {id(change) for change in changes if _reaches(change, least)}
    named = {change.device for change in changes if id(change) in reaching}
    return tuple(
        change
        for change in changes
        if id(change) in reaching or (not findings_of(change) and change.device in named)
    )


def is_news(report: Report, interest: Interest) -> bool:
    """Return whether a run that is compared with none is to be told: not all is well in this part of it."""
    if interest.is_all:
        return report.run.exit_code != RunEnd.OK
    if report.run.exit_code == RunEnd.INTERNAL:
        return True
    return audit_end(report.ordered, interest.severity or report.fail_on) != RunEnd.OK


def _reaches(change: Difference, least: Severity) -> bool:
    match change:
        case DeviceUnreachable() | DeviceAnswering() | FailureChanged():
            return True
        case DeviceNew():
            return change.missed is not None
        case _:
            return any(finding.counts(least) for finding in findings_of(change))
