"""What a person looks for below the table: what to do, what expires first, what not to reload."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from asa_transport.cli.common import plain, print_pairs, printable
from asa_transport.core.deadlines import Expiry, do_not_reload, who_expires_first
from asa_transport.core.report.audit_report import Report
from asa_transport.model import Audited, AuditOutcome, Verdict, Waived
from asa_transport.userfiles.yamlvalues import moment_text

# A terminal's page; every other format holds all of it.
_MOST = 12
# Below this many days something is worth a line here: the policy's own "low" begins at 45.
_SOON_DAYS = 45.0
_STYLE = {Verdict.CHANGE: "bold cyan", Verdict.MANUAL: "bold magenta", Verdict.HOLD: "yellow"}


def print_views(console: Console, report: Report) -> None:
    """Print each view that has something to say."""
    _section(console, "what to do", _tasks(report))
    soon = (row for row in who_expires_first(report.cases) if _is_soon(row))
    _section(console, "expires first", (_expiry(row) for row in soon))
    dangers = do_not_reload(report.cases)
    _section(console, "do not reload", ((Text(row.device, "bold red"), row.reason) for row in dangers))


def _section(console: Console, heading: str, rows: Iterable[tuple[Text, str]]) -> None:
    found = list(rows)
    if not found:
        return
    console.print(Text(f"\n{heading}", style="bold"))
    print_pairs(console, ((name, plain(text)) for name, text in found[:_MOST]))
    if len(found) > _MOST:
        console.print(Text(f"  … and {len(found) - _MOST} more: --format md has all", style="dim"))


def _tasks(report: Report) -> Iterable[tuple[Text, str]]:
    for verdict, style in _STYLE.items():
        for outcome in report.ordered:
            if isinstance(outcome, Audited) and outcome.decision and outcome.decision.verdict is verdict:
                said = "; ".join(outcome.decision.reasons[:1])
                yield Text(outcome.device.name, style), f"{verdict}: {said}"


def _is_soon(row: Expiry) -> bool:
    return row.is_past or (row.days is not None and row.days <= _SOON_DAYS)


def _expiry(row: Expiry) -> tuple[Text, str]:
    if row.is_past:
        when = "past" if row.days is None else f"{-row.days:.0f} days ago"
    else:
        when = f"in {row.days:.0f} days"
    return Text(row.device, "bold red" if row.is_past else "yellow"), f"{when}: {row.what}; {row.effect}"


def print_waived(console: Console, outcomes: Sequence[AuditOutcome]) -> None:
    """Print which findings are waived: on which devices, by whom, until when, and why."""
    groups: dict[tuple[str, Waived], list[str]] = {}
    for outcome in outcomes:
        for finding in outcome.findings if isinstance(outcome, Audited) else ():
            if finding.waived is not None:
                what = " ".join(filter(None, (finding.rule, finding.bug, finding.severity.value)))
                groups.setdefault((what, finding.waived), []).append(outcome.device.name)
    if not groups:
        return
    console.print(Text("\nwaived", style="bold"))
    for (what, waived), names in groups.items():
        shown = ", ".join(dict.fromkeys(names))
        said = f"until {moment_text(waived.until)} ({waived.owner}): {waived.reason}"
        console.print(Text(printable(f"  {what} on {shown}, {said}"), style="dim"), soft_wrap=True)
