"""What a channel is told of a push and a plan: what needs a person first, and its own part only."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from asa_transport.cli.schemas import SCHEMAS
from asa_transport.core.documents import push as push_document
from asa_transport.core.documents.audit import Run
from asa_transport.core.documents.notification import document
from asa_transport.core.reports.push_notice import EndedPlan, EndedPush, of_plan, of_push, severity_of
from asa_transport.model import (
    Applied,
    Failed,
    Interest,
    NoChange,
    Notice,
    NotReached,
    Plan,
    Refused,
    RollbackFailed,
    RolledBack,
    Severity,
    Stage,
    Summary,
    Unknown,
    Verified,
    WouldPush,
)
from asa_transport.model.push import AnyOutcome
from tests.unit.campaigning import plan as whole_plan
from tests.unit.campaigning import planned
from tests.unit.judging import NOW, facts_of
from tests.unit.reporting import HOSTILE, RUN, audited, missed, named

ALL = Interest()
A, B, C = named("fw-a", region="emea"), named("fw-b", region="apac"), named("fw-c")


def plan_of(*names: str) -> Plan:
    return whole_plan(*map(planned, names))


def ended(
    *outcomes: AnyOutcome, stopped_by: str | None = None, mode: str = push_document.COMMIT
) -> EndedPush:
    plan = plan_of(*(outcome.device.name for outcome in outcomes))
    run: Run = replace(RUN, kind="push", exit_code=6 if stopped_by else 0)
    names = [outcome.device.name for outcome in outcomes]
    made = push_document.document(run, plan, names, outcomes, mode=mode, stopped_by=stopped_by)
    return EndedPush(plan=plan, outcomes=outcomes, document=made)


def valid(summary: Summary) -> Summary:
    sent = json.loads(json.dumps(document(Notice(run_id=RUN.id, summary=summary))))
    jsonschema.validate(sent, SCHEMAS["notification"]())
    return summary


def test_what_needs_a_person_comes_first_and_is_counted() -> None:
    """Who is woken reads one line."""
    push = ended(
        Applied(device=A, verified=Verified.CONTACT, saved=True),
        Unknown(device=B, reason="the session was lost"),
        RolledBack(device=C, reason="no contact came"),
        stopped_by="1 device failed",
    )

    summary = valid(of_push(push, ALL))

    assert summary.headline == (
        "1 device needs a person; push: 1 applied, 1 rolled-back, 1 unknown; stopped: 1 device failed "
        "(exit code 6)"
    )
    assert [change.device for change in summary.changes] == ["fw-b", "fw-c", "fw-a"]
    assert summary.news.splitlines()[2].startswith(
        "- **fw-b**: unknown: the session was lost; run 'asa-transport"
    )


@pytest.mark.parametrize(
    ("outcome", "severity"),
    [
        (Unknown(device=A, reason="r"), Severity.CRITICAL),
        (RollbackFailed(device=A, reason="r"), Severity.CRITICAL),
        (Applied(device=A, verified=Verified.CONTACT, saved=False, reason="r"), Severity.HIGH),
        (Failed(device=A, reason="r"), Severity.HIGH),
        (Refused(device=A, reason="r"), Severity.HIGH),
        (NotReached(device=A, reason="r"), Severity.MEDIUM),
        (Applied(device=A, verified=Verified.CONTACT, saved=True), Severity.INFO),
        (NoChange(device=A, reason="r"), Severity.INFO),
    ],
)
def test_a_threshold_holds_for_outcomes_too(outcome: AnyOutcome, severity: Severity) -> None:
    """Called for critical, nobody gets up for a change that went back."""
    assert severity_of(outcome) is severity
    assert valid(of_push(ended(outcome), Interest(severity=severity))).has_changed
    higher = [one for one in Severity if one.rank > severity.rank]
    assert not any(of_push(ended(outcome), Interest(severity=one)).has_changed for one in higher)


def test_a_push_that_stopped_is_told_where_nothing_was_begun() -> None:
    """A closed window left everything as it was, and that is what the morning must know."""
    push = ended(NotReached(device=A, reason="not started"), stopped_by="the change window is closed")

    told = of_push(push, Interest(severity=Severity.HIGH))
    elsewhere = of_push(push, Interest(severity=Severity.HIGH, regions=("apac",)))

    assert (told.has_changed, elsewhere.has_changed) == (True, False)
    assert "the change window is closed" in told.headline


def test_a_region_is_told_of_its_own_firewalls_only() -> None:
    """The count in the headline too."""
    push = ended(*(Applied(device=one, verified=Verified.CONTACT, saved=True) for one in (A, B, C)))

    summary = of_push(push, Interest(regions=("apac",)))

    assert [change.device for change in summary.changes] == ["fw-b"]
    assert summary.headline == "push: 1 applied (exit code 0); region apac"


def test_a_dry_run_is_news_where_something_stands_against_it() -> None:
    """It changes nothing; what it foretells may matter."""
    fine = ended(WouldPush(device=A), mode=push_document.DRY_RUN)
    bad = ended(Refused(device=A, reason="r"), stopped_by="x", mode=push_document.DRY_RUN)

    assert (valid(of_push(fine, ALL)).has_changed, valid(of_push(bad, ALL)).has_changed) == (False, True)
    assert of_push(bad, ALL).kind.value == "dry-run"


def test_equal_outcomes_are_one_line() -> None:
    """A thousand firewalls that went well are a line, not a page."""
    devices = [named(f"fw-{number:04}") for number in range(1000)]
    push = ended(*(Applied(device=one, verified=Verified.CONTACT, saved=True) for one in devices))

    summary = valid(of_push(push, ALL))

    said = "(1000 devices): applied, saved, proven by a licence contact"
    assert f"- **fw-0000 to fw-0999 (1000)** {said}" in summary.news
    assert (len(summary.changes), summary.changes_left_out) == (20, 980)


@pytest.mark.parametrize("said", HOSTILE)
def test_what_a_firewall_says_acts_in_no_text_for_people(said: str) -> None:
    """A reason quotes the device."""
    summary = valid(of_push(ended(Failed(device=A, reason=said)), ALL))

    assert all(change.text.isprintable() for change in summary.changes)
    assert summary.headline.isprintable()
    assert all(line.isprintable() for line in summary.news.splitlines())


def test_a_plan_is_told_with_who_did_not_answer() -> None:
    """Of whom nothing is known passes every threshold."""
    plan = replace(plan_of("fw-a"), created_at=NOW)
    outcomes = (audited("fw-a", facts_of("-")), missed("fw-b", Stage.CONNECT))
    made = EndedPlan(run=RUN.id, plan=plan, outcomes=outcomes, exit_code=4)

    whole, high = valid(of_plan(made, ALL)), of_plan(made, Interest(severity=Severity.HIGH))

    kinds = {change.device: change.kind for change in whole.changes}
    assert kinds == {"fw-a": "planned", "fw-b": "not-audited"}
    assert [change.device for change in high.changes] == ["fw-b"]
    assert whole.headline == f"plan {plan.id}: 1 planned, 1 not-audited (exit code 4)"
