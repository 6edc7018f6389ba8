"""Say a run in a few words for a notification.

Pure.  Small whatever the fleet's size: counts, and the devices that come first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from asa_transport.core.documents.audit import totals
from asa_transport.core.documents.diff import document
from asa_transport.core.documents.notification import (
    AuditDetails,
    ExpiringDevice,
    FiredRule,
    MissedDevice,
)
from asa_transport.core.documents.records import encode
from asa_transport.core.history.before_after import WORDS, row
from asa_transport.core.history.differences import Diff, HistoryUnread
from asa_transport.core.history.grouped import by_kind
from asa_transport.core.history.wording import UNREAD, headline
from asa_transport.core.judgement.cases.deadlines import do_not_reload, who_expires_first
from asa_transport.core.reports import markdown as audit_markdown
from asa_transport.core.reports.interest import is_news, of_regions, of_severity
from asa_transport.core.reports.report import Report, summary
from asa_transport.model import Audited, Interest, NotAudited, NoticeKind, Summary
from asa_transport.text import in_words, inline

_ALL: Final = Interest()
# Of each list of devices; the report has all.
_MOST: Final = 20
_CUT: Final = "\n\n(cut; the report has all of it)\n"


def of_run(report: Report, interest: Interest = _ALL) -> Summary:
    """Return the summary of one run on its own: anything but exit code 0 is called a change.

    Args:
        report: Of the part of the run that is of interest.
    """
    outcomes, run = report.ordered, report.run
    found = Counter(
        (finding.rule, finding.severity)
        for outcome in outcomes
        if isinstance(outcome, Audited)
        for finding in outcome.findings
        if finding.waived is None
    )
    missed = [outcome for outcome in outcomes if isinstance(outcome, NotAudited)]
    details = AuditDetails(
        started_at=run.started_at,
        finished_at=run.finished_at,
        exit_code=run.exit_code,
        totals=totals(outcomes),
        findings=tuple(
            FiredRule(rule=rule, severity=severity, count=count)
            for (rule, severity), count in sorted(found.items())
        ),
        not_audited=tuple(MissedDevice(name=one.device.name, stage=one.stage) for one in missed[:_MOST]),
        do_not_reload=tuple(row.device for row in do_not_reload(report.cases)[:_MOST]),
        expires_first=tuple(
            ExpiringDevice(name=row.device, what=row.what, days_left=row.days, is_past=row.is_past)
            for row in who_expires_first(report.cases)[:_MOST]
        ),
    )
    whole = audit_markdown.text(report)
    return Summary(
        headline=f"{summary(outcomes)} (exit code {int(run.exit_code)}){interest.words}",
        has_changed=is_news(report, interest),
        news=whole,
        markdown=whole,
        document=encode(details),
    )


def of_changes(report: Report, diff: Diff, interest: Interest = _ALL) -> Summary:
    """Return the summary of one run by what it changed; without a run before it, as `of_run`.

    Where the history could not be read, it says so: what changed is not known then.

    Args:
        report: Of the whole run, and so is the diff; only what is of interest is told.
    """
    report, diff = of_regions(report, diff, interest.regions)
    diff = replace(diff, changes=of_severity(diff.changes, interest.severity))
    own = of_run(report, interest)
    if diff.before is None:
        return own
    if isinstance(diff.before, HistoryUnread):
        unread = f"**{UNREAD.capitalize()}.**\n\n"
        return replace(
            own,
            headline=f"{own.headline}; {UNREAD}",
            news=unread + own.news,
            markdown=unread + own.markdown,
            document={**own.document, "diff": document(diff)},
        )
    changes, said = document(diff), headline(diff) + interest.words
    news = _news(diff, said, report.run.id)
    cut = {**changes, "changes": changes["changes"][:_MOST]}
    return replace(
        own,
        headline=said,
        has_changed=bool(diff.changes),
        news=news,
        markdown=f"{news}\n{own.markdown}",
        changes=tuple(map(row, diff.changes[:_MOST])),
        changes_left_out=max(len(diff.changes) - _MOST, 0),
        document={**own.document, "diff": cut},
    )


def of_test(channel: str, *, by: str) -> Summary:
    """Return what a channel is told for a test, marked as one wherever it is read.

    Args:
        by: Who sends it.
    """
    said = (
        f"This is a test of the channel {inline(channel)}, sent by {inline(by)} with 'asa-transport notify "
        "test'. No firewall was contacted, and nothing has changed.\n"
    )
    return Summary(
        kind=NoticeKind.TEST,
        headline=f"TEST of the channel {channel}: nothing has changed",
        has_changed=False,
        news=said,
        markdown=said,
    )


def _news(diff: Diff, said: str, run_id: str) -> str:
    """Return what changed, a line for each change or for equal ones of several devices."""
    lines = [inline(said), ""]
    for _, groups in by_kind(diff.changes, WORDS):
        for group in groups:
            example = (
                ""
                if group.example is None
                else f"; on {inline(group.example[0])}: {inline(group.example[1])}"
            )
            count = f" ({len(group.names)} devices)" if len(group.names) > 1 else ""
            lines.append(f"- **{in_words(group.names)}**{count}: {inline(group.said)}{example}")
    return "\n".join([*lines, "", f"All of it: asa-transport report {run_id}", ""])


def excerpt(markdown: str, most: int) -> str:
    """Return the beginning of a page, at most so many characters, whole lines; says where it was cut."""
    if len(markdown) <= most:
        return markdown
    kept, _, _ = markdown[: most - len(_CUT)].rpartition("\n")
    return kept + _CUT
