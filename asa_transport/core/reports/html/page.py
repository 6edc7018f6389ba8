"""Turn a run into one HTML file that needs nothing else: no network, and no script to be read.

Pure.  Guarantees a row for every device, that what devices and files say is escaped text,
and the same bytes for the same report.  The page's own policy permits its one style and
its one script by their hashes and nothing else, so that even an escape that failed could
not act.

Source: CONTRACT §5, §6; Content Security Policy Level 3 (hashes, `meta`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from asa_transport.core.judgement.cases.deadlines import Expiry, do_not_reload, who_expires_first
from asa_transport.core.reports.html import charts, devices, findings
from asa_transport.core.reports.html.history import history
from asa_transport.core.reports.html.words import counted, headline
from asa_transport.core.reports.jinja import rendered
from asa_transport.core.reports.report import Report
from asa_transport.model import Bug, DayThresholds, NotAudited
from asa_transport.text import instant, ranges, visible

TEMPLATE: Final = "audit.html.j2"
STYLE: Final = "audit.css.j2"
SCRIPT: Final = "audit.js.j2"


def text(report: Report, templates: Mapping[str, str]) -> str:
    """Return the whole page.

    Args:
        templates: Template texts by file name, as `edges.templates.jinja` reads them.

    Raises:
        ValueError: The outcomes are not exactly those of the devices.
        TemplateError: A template is missing or malformed.
    """
    values = _values(report)
    for what, name in (("style", STYLE), ("script", SCRIPT)):
        values[f"{what}_hash"] = _csp_hash(rendered(templates, name, {}))
    return rendered(templates, TEMPLATE, values)


def _values(report: Report) -> dict[str, Any]:
    """Return the values by the names that the template uses."""
    outcomes = report.ordered
    expiries = who_expires_first(report.cases)
    no_reload = do_not_reload(report.cases)
    index = findings.index(outcomes)
    rows = devices.rows(report, index)
    missed = sum(isinstance(outcome, NotAudited) for outcome in outcomes)
    return {
        "kind": visible(report.run.kind),
        "title": headline(outcomes, expiries),
        "judged_as_of": instant(report.now),
        "no_reload": ", ".join(words for words, _ in ranges((r.device for r in no_reload), shown=visible)),
        "no_reload_count": counted(len(no_reload), "device"),
        **_charts(report, expiries),
        "stages": devices.by_stage(rows),
        "missed_count": counted(missed, "device"),
        "rules": index.rules,
        "findings_count": f"{counted(index.count, 'finding')} on {counted(index.devices, 'device')}",
        "rows": rows,
        "row_count": counted(len(rows), "device"),
        "verdicts": charts.VERDICTS,
        "worst": devices.WORST,
        "run": _run(report),
    }


def _charts(report: Report, expiries: tuple[Expiry, ...]) -> dict[str, Any]:
    limits = report.cases[0].policy.contact_deadline if report.cases else DayThresholds()
    bugs = tuple(verdict.bug for verdict in report.cases[0].bugs) if report.cases else ()
    return {
        "by_verdict": charts.by_verdict(report.ordered),
        "by_time": charts.by_time(expiries, limits),
        "time_line": charts.time_line(expiries, limits),
        "effects": charts.effects(expiries),
        "expiring": len(expiries),
        "ticks": charts.ticks(limits),
        "by_version": charts.by_version(report.cases),
        "fixed": [_fix(bug) for bug in bugs if not bug.informs_only],
        "informing": [visible(bug.id) for bug in bugs if bug.informs_only],
        "history": history(report),
        "by_group": charts.by_group(report.ordered),
        "severities": [severity.value for severity in charts.URGENT_FIRST],
    }


def _fix(bug: Bug) -> tuple[str, str]:
    only = f" (only {', '.join(bug.platforms)})" if bug.platforms else ""
    return visible(bug.id), visible(f"fixed in {', '.join(bug.fixed_in)}{only}")


def _run(report: Report) -> tuple[tuple[str, str], ...]:
    run = report.run
    return tuple(
        (label, visible(str(value)))
        for label, value in (
            ("run", run.id),
            ("started", instant(run.started_at)),
            ("finished", instant(run.finished_at)),
            ("judged as of", instant(report.now)),
            ("inventory", run.inventory or "none"),
            ("policy sha256", run.policy_sha256),
            ("asa-transport", run.tool_version),
            ("exit code", int(run.exit_code)),
        )
    )


def _csp_hash(inline: str) -> str:
    digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
    return f"'sha256-{digest}'"
