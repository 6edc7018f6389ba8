"""Say a run in a few words for a notification, and as the document of a webhook.

Pure.  Small whatever the fleet's size: counts, and the devices that come first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from asa_transport.core.documents.audit import totals
from asa_transport.core.documents.diff import document, markdown
from asa_transport.core.history.differences import Diff
from asa_transport.core.history.wording import headline
from asa_transport.core.judgement.cases.deadlines import do_not_reload, who_expires_first
from asa_transport.core.reports import markdown as audit_markdown
from asa_transport.core.reports.report import Report, summary
from asa_transport.model import Audited, NotAudited, Notice, Summary
from asa_transport.text import instant

SCHEMA: Final = "asa-transport/notification/1"
# Of each list of devices; the report has all.
_MOST: Final = 20
_CUT: Final = "\n\n(cut; the report has all of it)\n"


def of_run(report: Report) -> Summary:
    """Return the summary of one run on its own: anything but exit code 0 is called a change."""
    outcomes, run = report.ordered, report.run
    found = Counter(
        (finding.rule, finding.severity.value)
        for outcome in outcomes
        if isinstance(outcome, Audited)
        for finding in outcome.findings
        if finding.waived is None
    )
    missed = [outcome for outcome in outcomes if isinstance(outcome, NotAudited)]
    return Summary(
        headline=f"{summary(outcomes)} (exit code {int(run.exit_code)})",
        has_changed=run.exit_code != 0,
        markdown=audit_markdown.text(report),
        document={
            "started_at": instant(run.started_at),
            "finished_at": instant(run.finished_at),
            "exit_code": int(run.exit_code),
            "totals": totals(outcomes),
            "findings": [
                {"rule": rule, "severity": severity, "count": count}
                for (rule, severity), count in sorted(found.items())
            ],
            "not_audited": [{"name": o.device.name, "stage": o.stage.value} for o in missed[:_MOST]],
            "do_not_reload": [row.device for row in do_not_reload(report.cases)[:_MOST]],
            "expires_first": [
                {"name": row.device, "what": row.what, "days_left": row.days, "is_past": row.is_past}
                for row in who_expires_first(report.cases)[:_MOST]
            ],
        },
    )


def of_changes(report: Report, diff: Diff) -> Summary:
    """Return the summary of one run by what it changed; without a run before it, as `of_run`."""
    own = of_run(report)
    if diff.before is None:
        return own
    changes = document(diff)
    news = {**changes, "changes": changes["changes"][:_MOST]}
    return replace(
        own,
        headline=headline(diff),
        has_changed=bool(diff.changes),
        markdown=f"{markdown(diff)}\n{own.markdown}",
        document={**own.document, "diff": news},
    )


def payload(notice: Notice) -> Mapping[str, Any]:
    """Return the document that a webhook receives."""
    return {
        "schema": SCHEMA,
        "run": notice.run_id,
        "headline": notice.summary.headline,
        "changed": notice.summary.has_changed,
        "details": dict(notice.summary.document),
    }


def excerpt(markdown: str, most: int) -> str:
    """Return the beginning of a page, at most so many characters, whole lines; says where it was cut."""
    if len(markdown) <= most:
        return markdown
    kept, _, _ = markdown[: most - len(_CUT)].rpartition("\n")
    return kept + _CUT
