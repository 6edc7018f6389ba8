"""A program that has the report of an audit makes the plan of it, without a terminal and without a device."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from asa_transport.core.documents.audit import Run
from asa_transport.core.judgement.judge import cases, judged
from asa_transport.core.reports.report import Report
from asa_transport.errors import UserError
from asa_transport.flows import standard
from asa_transport.flows.inputs import Files
from asa_transport.flows.plan import PlanOrder, plan_from_report
from asa_transport.flows.plan_file import read_plan, write_plan
from asa_transport.model import AuditOutcome, Severity
from tests.unit.judging import NOW
from tests.unit.planning import audited, missed


def report_of(folder: Path, outcomes: Sequence[AuditOutcome], *, started_at: datetime = NOW) -> Report:
    """The report of an audit by the files of this folder."""
    known = standard.read(folder / "inventory.yaml", Files(), now=NOW, is_now_given=True).standard
    ready = judged(outcomes, known)
    run = Run(
        id="20260112T130000Z-0001",
        kind="audit",
        started_at=started_at,
        finished_at=started_at,
        tool_version="0.1.0",
        inventory=str(folder / "inventory.yaml"),
        policy_sha256="",
        exit_code=0,
    )
    return Report(
        run=run,
        devices=tuple(one.device for one in outcomes),
        outcomes=ready,
        cases=cases(ready, known),
        now=NOW,
        fail_on=Severity.MEDIUM,
    )


def test_a_report_becomes_the_plan_of_its_devices(tmp_path: Path) -> None:
    """One call: what would be changed, and what is held because it was not audited."""
    report = report_of(tmp_path, [audited("fw1", "transport=callhome"), missed("fw2")])

    plan = plan_from_report(report, order=PlanOrder(now=NOW))

    assert [device.name for device in plan.devices] == ["fw1"]
    assert [held.name for held in plan.held] == ["fw2"]
    assert (plan.run, plan.inventory) == (report.run.id, str(tmp_path / "inventory.yaml"))


def test_a_plan_of_a_report_is_no_fresher_than_its_audit(tmp_path: Path) -> None:
    """Its validity counts from when the fleet was read, and an old audit is no ground for a plan at all."""
    outcomes = [audited("fw1", "transport=callhome")]
    order = PlanOrder(now=NOW, valid_for=timedelta(hours=8))

    plan = plan_from_report(report_of(tmp_path, outcomes, started_at=NOW - timedelta(hours=3)), order=order)

    assert plan.valid_until == NOW + timedelta(hours=5)
    with pytest.raises(UserError, match="audit again"):
        plan_from_report(report_of(tmp_path, outcomes, started_at=NOW - timedelta(hours=9)), order=order)


def test_a_plan_that_was_written_is_read_back(tmp_path: Path) -> None:
    """The file of a plain program is the one that a push takes."""
    known = standard.read(tmp_path / "inventory.yaml", Files(), now=NOW, is_now_given=True)
    plan = plan_from_report(
        report_of(tmp_path, [audited("fw1", "transport=callhome")]), order=PlanOrder(now=NOW), standard=known
    )

    write_plan(plan, tmp_path / "plan.json", StringIO(), standard=known)

    assert read_plan(tmp_path / "plan.json", NOW) == plan
