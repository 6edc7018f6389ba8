"""The audit as a table that a person can read; below it what was not audited, what to do, what ends first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from rich.console import Console
from rich.table import Table
from rich.text import Text

from asa_transport.cli.console import plain, print_pairs, printable
from asa_transport.core.documents.facts import days_left
from asa_transport.core.judgement.cases.deadlines import Expiry, do_not_reload, who_expires_first
from asa_transport.core.reports.report import Report, summary
from asa_transport.model import (
    Audited,
    AuditOutcome,
    AuthorizationState,
    ClusterRole,
    ContactResult,
    DeviceFacts,
    FailoverState,
    LicenseMode,
    NotAudited,
    RegistrationState,
    Severity,
    TransportType,
    Verdict,
    Waived,
)
from asa_transport.text import instant

# From this width on, proxies are named and findings listed; below, the table would fold into shreds.
_WIDE = 120
_GOOD, _BAD, _ODD, _DIM = "green", "bold red", "yellow", "dim"
_SEVERITY_STYLE = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}
_VERDICT_STYLE = {
    Verdict.COMPLIANT: "green",
    Verdict.CHANGE: "bold cyan",
    Verdict.HOLD: "yellow",
    Verdict.MANUAL: "bold magenta",
    Verdict.NOT_APPLICABLE: "dim",
}


def print_table(console: Console, report: Report) -> None:
    """Print one row per device, what to do, the devices that were not audited with their hints, a count."""
    outcomes = report.ordered
    judged = any(isinstance(outcome, Audited) and outcome.decision is not None for outcome in outcomes)
    is_wide = console.width >= _WIDE
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("device", no_wrap=True)
    for heading, least in (("version", 9), ("transport", 11), ("licence", 17), ("last contact", 13)):
        table.add_column(heading, no_wrap=is_wide, min_width=least)
    table.add_column("days left", justify="right")
    if judged:
        table.add_column("verdict", no_wrap=True)
    if judged and is_wide:
        table.add_column("findings")
    for outcome in outcomes:
        table.add_row(*_row(outcome, report.now, is_wide=is_wide)[: len(table.columns)])
    console.print(table)
    print_views(console, report)
    missed = [outcome for outcome in outcomes if isinstance(outcome, NotAudited)]
    if missed:
        console.print(Text("\nnot audited", style="bold"))
        print_pairs(console, map(_missed, missed))
    print_waived(console, outcomes)
    console.print(Text("\n" + summary(outcomes)))


def _missed(outcome: NotAudited) -> tuple[Text, Text]:
    said = Text(f"{outcome.stage}: {printable(outcome.error)}")
    return Text(outcome.device.name, _BAD), said + Text(f"\nhint: {printable(outcome.hint)}", _DIM)


def _row(outcome: AuditOutcome, now: datetime, *, is_wide: bool) -> list[Text]:
    match outcome:
        case NotAudited():
            return [Text(outcome.device.name), *[Text("")] * 2, Text("not audited", style=_BAD)]
        case Audited():
            facts = _fact_cells(outcome.facts, now, is_wide=is_wide)
            return [Text(outcome.device.name), *facts, _verdict(outcome, is_wide=is_wide), _findings(outcome)]
        case _:
            assert_never(outcome)


def _fact_cells(facts: DeviceFacts, now: datetime, *, is_wide: bool) -> list[Text]:
    version = Text(printable(facts.version or "?"))
    if facts.failover.enabled and facts.failover.state is not None:
        style = _BAD if facts.failover.state is FailoverState.OTHER else _DIM
        version.append(f" {facts.failover.state}", style=style)
    if facts.cluster.role is not None:
        style = _BAD if facts.cluster.role is ClusterRole.OTHER else _DIM
        version.append(f" {facts.cluster.role}", style=style)
    if facts.license_mode is not LicenseMode.SMART:
        return [version, Text(""), Text(facts.license_mode.value, style=_DIM), Text(""), Text("")]
    left = days_left(facts, now)
    days = Text("exceeded", style=_BAD) if facts.authorization.deadline_exceeded else _days(left)
    return [version, _transport(facts, is_wide=is_wide), _license(facts), _contact(facts, now), days]


def _transport(facts: DeviceFacts, *, is_wide: bool) -> Text:
    kind = facts.transport.type
    if kind is None:
        return Text("?", style=_ODD)
    text = Text(kind.value, style=_GOOD if kind is TransportType.SMART else _ODD)
    if facts.transport.proxy is not None:
        named = f" via {printable(str(facts.transport.proxy))}" if is_wide else "+proxy"
        text.append(named, style=_DIM)
    return text


def _license(facts: DeviceFacts) -> Text:
    """Show what is not as it should be: the registration, else the authorization."""
    registration, authorization = facts.registration.state, facts.authorization.state
    if registration is None or authorization is None:
        return Text("?", style=_ODD)
    if registration is not RegistrationState.REGISTERED:
        return Text(f"{registration}, {authorization}", style=_BAD)
    return Text(authorization.value, style=_GOOD if authorization is AuthorizationState.AUTHORIZED else _BAD)


def _contact(facts: DeviceFacts, now: datetime) -> Text:
    contact = facts.authorization.last_contact
    if contact.result is None:
        return Text("?", style=_ODD)
    is_good = contact.result is ContactResult.SUCCEEDED
    clock = facts.clock.at if facts.clock is not None and facts.clock.at is not None else now
    ago = "" if contact.at is None else f" {_span(clock - contact.at)} ago"
    return Text(f"{'ok' if is_good else 'failed'}{ago}", style=_GOOD if is_good else _BAD)


def _span(passed: timedelta) -> str:
    hours = passed.total_seconds() / 3600
    return f"{hours / 24:.0f}d" if hours >= 48 else f"{max(hours, 0):.0f}h"


def _days(left: float | None) -> Text:
    if left is None:
        return Text("")
    return Text(f"{left:.0f}", style=_BAD if left <= 3 else _ODD if left <= 45 else _GOOD)


def _verdict(outcome: Audited, *, is_wide: bool) -> Text:
    if outcome.decision is None:
        return Text("")
    verdict = outcome.decision.verdict
    is_long = verdict is Verdict.NOT_APPLICABLE and not is_wide
    return Text("n/a" if is_long else verdict.value, style=_VERDICT_STYLE[verdict])


def _findings(outcome: Audited) -> Text:
    text = Text()
    ordered = sorted(outcome.findings, key=lambda found: found.severity.rank)
    # A rule once, as severe as its worst: two bugs are two findings of one rule.
    shown = {(found.rule, found.waived is not None): found for found in ordered}
    for finding in sorted(shown.values(), key=lambda found: -found.severity.rank):
        text.append(" " if text else "")
        is_waived = finding.waived is not None
        text.append(finding.rule, style=_DIM if is_waived else _SEVERITY_STYLE[finding.severity])
        text.append(" (waived)" if is_waived else "", style=_DIM)
    return text


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
        said = f"until {instant(waived.until)} ({waived.owner}): {waived.reason}"
        console.print(Text(printable(f"  {what} on {shown}, {said}"), style="dim"), soft_wrap=True)
