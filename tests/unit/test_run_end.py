"""How an audit ends, by what it found and by what is new in it (docs/exit-codes.md)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asa_transport.core.history import compare
from asa_transport.core.history.differences import DeviceUnreachable, Diff, FindingNew
from asa_transport.core.history.run_end import audit_end, audit_end_since, ends_of_new
from asa_transport.model import AuditOutcome, Severity, Stage
from asa_transport.model.ending import RunEnd
from tests.unit.judging import facts_of
from tests.unit.reporting import audited, finding, missed
from tests.unit.stores import run

CLEAN = audited("fw-a", facts_of("-"))
HIGH = audited("fw-b", facts_of("-"), findings=(finding(severity=Severity.HIGH),))
GONE = missed("fw-c", Stage.CONNECT)
CRASHED = replace(missed("fw-d", Stage.COLLECT), is_internal=True)


@pytest.mark.parametrize(
    ("outcomes", "fail_on", "was_stopped", "end"),
    [
        ((), Severity.INFO, False, RunEnd.OK),
        ((CLEAN,), Severity.INFO, False, RunEnd.OK),
        ((HIGH,), Severity.HIGH, False, RunEnd.FINDINGS),
        ((HIGH,), Severity.CRITICAL, False, RunEnd.OK),
        ((HIGH, GONE), Severity.HIGH, False, RunEnd.NOT_AUDITED),
        ((HIGH, GONE), Severity.HIGH, True, RunEnd.INTERRUPTED),
        ((CRASHED, GONE), Severity.HIGH, True, RunEnd.INTERNAL),
    ],
)
def test_the_strongest_of_what_applies_is_the_end(
    outcomes: tuple[AuditOutcome, ...], fail_on: Severity, was_stopped: bool, end: RunEnd
) -> None:
    """A script reads one number."""
    assert audit_end(outcomes, fail_on, was_stopped=was_stopped) is end


def test_without_an_earlier_run_all_of_it_is_new() -> None:
    """The first night must not pass because there was none before it."""
    first = Diff(
        before=None, after=compare.compared(compare.Side(run=run(), outcomes=(HIGH,))), skipped=(), changes=()
    )

    assert audit_end_since((HIGH,), first, Severity.HIGH) is RunEnd.FINDINGS


def test_what_was_there_before_is_no_end_of_a_run_that_asks_for_what_is_new() -> None:
    """A finding that everybody knows would hide the one that nobody knows."""
    side = compare.compared(compare.Side(run=run(), outcomes=(HIGH, GONE)))
    standing = Diff(before=side, after=side, skipped=(), changes=())

    assert audit_end_since((HIGH, GONE), standing, Severity.INFO) is RunEnd.OK
    assert audit_end_since((CRASHED,), standing, Severity.INFO) is RunEnd.INTERNAL


def test_new_findings_and_newly_missed_devices_are_ends_of_their_own() -> None:
    """A person who asks for new findings also hears of a firewall that stopped answering."""
    side = compare.compared(compare.Side(run=run(), outcomes=()))
    new = FindingNew(device="fw-b", finding=finding(severity=Severity.MEDIUM))
    lost = DeviceUnreachable(device="fw-c", host="h", stage=Stage.CONNECT, error="refused", hint="look at it")
    diff = Diff(before=side, after=side, skipped=(), changes=(new, lost))

    assert ends_of_new(diff, Severity.MEDIUM) == {RunEnd.FINDINGS, RunEnd.NOT_AUDITED}
    assert ends_of_new(diff, Severity.HIGH) == {RunEnd.NOT_AUDITED}
