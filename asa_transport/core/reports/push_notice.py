"""Say how a push, its dry run or a plan ended in a few words for a notification.

Pure.  How severe an outcome is says how much it needs a person, so that a channel's threshold holds for a
push as for an audit.  What needs a person comes first, with what to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, assert_never

from asa_transport.core.documents.notification import PlanDetails, PushDetails
from asa_transport.core.documents.push import DRY_RUN
from asa_transport.core.documents.records import encode
from asa_transport.core.reports.push_words import push_summary, what_to_do
from asa_transport.model import (
    Applied,
    AuditOutcome,
    Failed,
    Interest,
    NamedValue,
    NoChange,
    NotAudited,
    NoticeKind,
    NotReached,
    Plan,
    PlannedDevice,
    Refused,
    RollbackFailed,
    RolledBack,
    Severity,
    Summary,
    ToldChange,
    Unknown,
    Unreachable,
    Verified,
    WouldPush,
)
from asa_transport.model.push import AnyOutcome, verified
from asa_transport.text import counted, in_words, inline, visible

# Of each list of devices; the run has all.
_MOST: Final = 20
_PROOF: Final = {
    Verified.CONTACT: "proven by a licence contact",
    Verified.CONFIG: "proven by the configuration alone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedPush:
    """A push, or a dry run, that came to its end.

    Attributes:
        document: As `push.json` has it.
    """

    plan: Plan
    outcomes: Sequence[AnyOutcome]
    document: Mapping[str, Any]

    @property
    def began_at(self) -> datetime:
        """When it began, as its document says."""
        return datetime.fromisoformat(self.document["run"]["started_at"])

    @property
    def ended_at(self) -> datetime:
        """When it ended, as its document says."""
        return datetime.fromisoformat(self.document["run"]["finished_at"])


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedPlan:
    """A plan that was made, and the readings that it rests on.

    Attributes:
        run: The run of the readings.
    """

    run: str
    plan: Plan
    outcomes: Sequence[AuditOutcome]
    exit_code: int


def severity_of(outcome: AnyOutcome) -> Severity:
    """Return how much an outcome needs a person."""
    match outcome:
        case Unknown() | RollbackFailed():
            return Severity.CRITICAL
        case Applied():
            return Severity.INFO if outcome.saved else Severity.HIGH
        case Failed() | RolledBack() | Refused():
            return Severity.HIGH
        case NotReached() | Unreachable():
            return Severity.MEDIUM
        case NoChange() | WouldPush():
            return Severity.INFO
        case _:
            assert_never(outcome)


def of_push(ended: EndedPush, interest: Interest) -> Summary:
    """Return what a channel is told of a push; of a dry run only what stands against it is news."""
    document, run = ended.document, ended.document["run"]
    here = [outcome for outcome in ended.outcomes if interest.is_of(outcome.device.region)]
    mine = [outcome for outcome in here if interest.reaches(severity_of(outcome))]
    is_stop = bool(here) and document["stopped_by"] is not None and interest.reaches(Severity.HIGH)
    mine.sort(key=lambda outcome: (-severity_of(outcome).rank, outcome.word, outcome.device.name))
    planned = {device.name: device for device in ended.plan.devices}
    rows = [_row(outcome, planned[outcome.device.name], run["id"]) for outcome in mine]
    is_dry = document["mode"] == DRY_RUN
    urgent = sorted(outcome.device.name for outcome in mine if what_to_do(outcome, run["id"]) is not None)
    said = push_summary(mine, document["stopped_by"], what="dry run" if is_dry else "push")
    needs = f"{counted(len(urgent), 'device')} need{'s' * (len(urgent) == 1)} a person; " if urgent else ""
    headline = f"{needs}{said} (exit code {run['exit_code']}){interest.words}"
    news = _news(headline, rows, run["id"])
    details = PushDetails(
        started_at=ended.began_at,
        finished_at=ended.ended_at,
        exit_code=run["exit_code"],
        plan=ended.plan.id,
        stopped_by=document["stopped_by"],
        outcomes=dict(sorted(Counter(outcome.word for outcome in mine).items())),
        needs_a_person=tuple(urgent[:_MOST]),
    )
    return Summary(
        kind=NoticeKind.DRY_RUN if is_dry else NoticeKind.PUSH,
        headline=headline,
        has_changed=(bool(rows) or is_stop) and (not is_dry or run["exit_code"] != 0),
        news=news,
        markdown=news,
        changes=tuple(rows[:_MOST]),
        changes_left_out=max(len(rows) - _MOST, 0),
        document=encode(details),
    )


def of_plan(ended: EndedPlan, interest: Interest) -> Summary:
    """Return what a channel is told of a plan: what would be changed, what is held, who did not answer."""
    plan = ended.plan
    region_of = {outcome.name: outcome.device.region for outcome in ended.outcomes}
    rows = [row for row in _of_plan(ended) if interest.is_of(region_of.get(row.device))]
    # What nobody could read passes every threshold.
    rows = [row for row in rows if row.severity is None or interest.reaches(row.severity)]
    counts = Counter(row.kind for row in rows)
    parts = ", ".join(f"{counts[kind]} {kind}" for kind in ("planned", "held", "not-audited") if counts[kind])
    headline = f"plan {plan.id}: {parts or 'nothing to change'} (exit code {ended.exit_code}){interest.words}"
    news = _news(headline, rows, ended.run)
    details = PlanDetails(
        exit_code=ended.exit_code,
        plan=plan.id,
        goal=plan.goal,
        valid_until=plan.valid_until,
        planned=counts["planned"],
        held=counts["held"],
        not_audited=counts["not-audited"],
    )
    return Summary(
        kind=NoticeKind.PLAN,
        headline=headline,
        has_changed=bool(rows),
        news=news,
        markdown=news,
        changes=tuple(rows[:_MOST]),
        changes_left_out=max(len(rows) - _MOST, 0),
        document=encode(details),
    )


def _of_plan(ended: EndedPlan) -> Iterable[ToldChange]:
    for outcome in ended.outcomes:
        if isinstance(outcome, NotAudited):
            missed = {"stage": outcome.stage.value, "error": outcome.error}
            said = f"not audited ({outcome.stage}): {outcome.error}"
            yield _told(outcome.name, "not-audited", None, _named(missed.items()), said)
    for planned in ended.plan.devices:
        words = [change.value for change in planned.changes]
        said = f"planned in wave {planned.wave}: {', '.join(words)}"
        yield _told(planned.name, "planned", Severity.INFO, _named(("change", word) for word in words), said)
    for held in ended.plan.held:
        values = _named(("reason", reason) for reason in held.reasons)
        yield _told(held.name, "held", Severity.LOW, values, f"held: {'; '.join(held.reasons)}")


def _row(outcome: AnyOutcome, planned: PlannedDevice, run: str) -> ToldChange:
    """Return the outcome of one device, and what was planned for it."""
    proof, todo = verified(outcome), what_to_do(outcome, run)
    values: list[tuple[str, str | None]] = [("outcome", outcome.word)]
    values += [("change", change.value) for change in planned.changes]
    parts = [outcome.word]
    if isinstance(outcome, Applied):
        values += [
            ("saved", "yes" if outcome.saved else "no"),
            ("verified", None if proof is None else proof.value),
        ]
        parts += ["saved" if outcome.saved else "not saved", _PROOF[outcome.verified]]
    if outcome.reason is not None:
        values.append(("reason", outcome.reason))
    reason = "" if outcome.reason is None else f": {outcome.reason}"
    said = f"{', '.join(parts)}{reason}" + ("" if todo is None else f"; {todo}")
    return _told(outcome.device.name, outcome.word, severity_of(outcome), _named(values), said)


def _named(values: Iterable[tuple[str, str | None]]) -> tuple[NamedValue, ...]:
    return tuple(NamedValue(name=name, value=value) for name, value in values)


def _told(
    device: str, kind: str, severity: Severity | None, after: tuple[NamedValue, ...], said: str
) -> ToldChange:
    return ToldChange(
        device=device,
        kind=kind,
        rule=None,
        bug=None,
        severity=severity,
        before=None,
        after=after,
        text=visible(said),
    )


def _news(headline: str, rows: Sequence[ToldChange], run: str) -> str:
    """Return the headline and a line for each row, or one for equal ones of several devices."""
    names: dict[str, list[str]] = {}
    for row in rows:
        names.setdefault(row.text, []).append(row.device)
    lines = [inline(headline), ""]
    for text, devices in names.items():
        count = f" ({len(devices)} devices)" if len(devices) > 1 else ""
        lines.append(f"- **{in_words(devices)}**{count}: {inline(text)}")
    return "\n".join([*lines, "", f"All of it: asa-transport show {run}", ""])
