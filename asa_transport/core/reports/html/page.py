"""Turn a run into one HTML file that needs nothing else: no network, and no script to be read.

Pure.  Guarantees a row for every device, that what devices and files say is escaped text,
and the same bytes for the same report.  The page's own policy permits its one style and
its one script by their hashes and nothing else, so that even an escape that failed could
not act.

Source: docs/formats.md; Content Security Policy Level 3 (hashes, `meta`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.judgement.cases.deadlines import (
    Expiry,
    NoReload,
    do_not_reload,
    urgency,
    who_expires_first,
)
from asa_transport.core.reports.html import charts, devices, findings, learnt
from asa_transport.core.reports.html.history import history
from asa_transport.core.reports.html.words import counted, headline
from asa_transport.core.reports.jinja import rendered, rendered_parts
from asa_transport.core.reports.report import Report
from asa_transport.model import Bug, DayThresholds, Learnt, NotAudited
from asa_transport.text import instant, ranges, visible

TEMPLATE: Final = "audit.html.j2"
STYLE: Final = "audit.css.j2"
SCRIPT: Final = "audit.js.j2"


def text(report: Report, templates: Mapping[str, str]) -> str:
    """Return the whole page; arguments and errors as of `parts`."""
    return "".join(parts(report, templates))


def parts(report: Report, templates: Mapping[str, str]) -> Iterator[str]:
    """Return the page in parts; each device is read when its row is asked for.

    Args:
        templates: Template texts by file name, as `edges.templates.jinja` reads them.

    Raises:
        ValueError: The outcomes are not exactly those of the devices; before the first part.
        TemplateError: A template is missing or malformed.
    """
    values = _values(report)
    for what, name in (("style", STYLE), ("script", SCRIPT)):
        values[f"{what}_hash"] = _csp_hash(rendered(templates, name, {}))
    return rendered_parts(templates, TEMPLATE, values)


class _Seen:
    """What the page says of several devices in one place."""

    def __init__(self, report: Report) -> None:
        """Go through all devices once."""
        self.places: list[devices.Place] = []
        self.missed: list[devices.Row] = []
        self.expiries: list[Expiry] = []
        self.no_reload: list[NoReload] = []
        self.learnt: set[Learnt] = set()
        self.versions = charts.VersionCounter()
        self.groups = charts.GroupCounter()
        self.limits, self.bugs = DayThresholds(), tuple[Bug, ...]()
        index = findings.IndexMaker()
        for number, (outcome, case) in enumerate(report.with_cases()):
            self.places.append(devices.place(outcome, number, report))
            self.groups.add(outcome)
            if isinstance(outcome, NotAudited):
                self.missed.append(devices.missed_row(outcome, number))
            else:
                index.add(outcome)
            if case is not None:
                self._add(case)
        self.places.sort()
        self.expiries.sort(key=urgency)
        self.index = index.index()

    def _add(self, case: Case) -> None:
        self.expiries += who_expires_first([case])
        self.no_reload += do_not_reload([case])
        self.learnt.update(case.learnt)
        self.versions.add(case)
        self.limits = case.policy.contact_deadline
        self.bugs = tuple(verdict.bug for verdict in case.bugs)


def _values(report: Report) -> dict[str, Any]:
    """Return the values by the names that the template uses."""
    outcomes = report.ordered
    seen = _Seen(report)
    index = seen.index
    return {
        "kind": visible(report.run.kind),
        "title": headline(outcomes, seen.expiries),
        "judged_as_of": instant(report.now),
        "no_reload": ", ".join(
            words for words, _ in ranges(sorted(row.device for row in seen.no_reload), shown=visible)
        ),
        "no_reload_count": counted(len(seen.no_reload), "device"),
        **_charts(report, seen),
        "stages": devices.by_stage(seen.missed),
        "missed_count": counted(len(seen.missed), "device"),
        "rules": index.rules,
        "findings_count": f"{counted(index.count, 'finding')} on {counted(index.devices, 'device')}",
        "learnt": learnt.rows(seen.learnt),
        "rows": devices.rows(report, seen.places, index),
        "row_count": counted(len(outcomes), "device"),
        "verdicts": charts.VERDICTS,
        "worst": devices.WORST,
        "run": _run(report),
    }


def _charts(report: Report, seen: _Seen) -> dict[str, Any]:
    expiries, limits = tuple(seen.expiries), seen.limits
    return {
        "by_verdict": charts.by_verdict(report.ordered),
        "by_time": charts.by_time(expiries, limits),
        "time_line": charts.time_line(expiries, limits),
        "effects": charts.effects(expiries),
        "expiring": len(expiries),
        "ticks": charts.ticks(limits),
        "by_version": seen.versions.rows(),
        "fixed": [_fix(bug) for bug in seen.bugs if not bug.informs_only],
        "informing": [visible(bug.id) for bug in seen.bugs if bug.informs_only],
        "history": history(report),
        "by_group": seen.groups.rows(),
        "severities": [severity.value for severity in charts.URGENT_FIRST],
    }


def _fix(bug: Bug) -> tuple[str, str]:
    only = f" (only {', '.join(bug.platforms)})" if bug.platforms else ""
    if not bug.fixed_in:
        return visible(bug.id), visible(
            f"affects {', '.join(bug.affected)}, no fixed release is listed{only}"
        )
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
            *(() if run.part is None else (("devices", f"only {run.part.chosen}"),)),
            ("policy sha256", run.policy_sha256),
            ("asa-transport", run.tool_version),
            ("exit code", int(run.exit_code)),
        )
    )


def _csp_hash(inline: str) -> str:
    digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
    return f"'sha256-{digest}'"
