"""A row a device: its name, the verdict and the days that are left first, and these are never cropped.

What has no room gives way in an order of its own: the proxy's name, the release, the last contact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, assert_never

from rich.console import Console
from rich.text import Text

from asa_transport.cli.console import printable
from asa_transport.cli.views.fitting import Cell, Drop, Fold, Heading, Shorten, print_fitted_rows
from asa_transport.core.documents.facts import days_left
from asa_transport.core.reports.report import Report
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
)

GOOD, BAD, ODD, DIM = "green", "bold red", "yellow", "dim"
SEVERITY_STYLES: Final = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}
_VERDICT_STYLES: Final = {
    Verdict.COMPLIANT: "green",
    Verdict.CHANGE: "bold cyan",
    Verdict.HOLD: "yellow",
    Verdict.MANUAL: "bold magenta",
    Verdict.NOT_APPLICABLE: "dim",
}
# Reserved licences need no contact, and nothing is wrong with them.
_LICENCE_STYLES: Final = {AuthorizationState.AUTHORIZED: GOOD, AuthorizationState.RESERVED: DIM}
# Ids of three rules, of two and of one in a line; the longest words of the verdict and the licence.
_STEPS: Final = (
    Shorten("transport"),
    Fold("findings", 17),
    Shorten("verdict"),
    Fold("version", 9),
    Drop("version"),
    Drop("last contact"),
    Fold("findings", 11),
    Fold("licence", 17),
    Fold("verdict", 9),
    Fold("days left", 8),
    Drop("transport"),
    Fold("findings", 5),
    Drop("licence"),
    Drop("findings"),
    Fold("device", 8),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One device; a cell in fewer words only where it has some."""

    device: Text
    verdict: Text
    short_verdict: Text
    days: Text = field(default_factory=Text)
    licence: Text = field(default_factory=Text)
    transport: Text = field(default_factory=Text)
    short_transport: Text = field(default_factory=Text)
    contact: Text = field(default_factory=Text)
    version: Text = field(default_factory=Text)
    findings: Text = field(default_factory=Text)


_HEADINGS: Final = (
    Heading("device"),
    Heading("verdict", has_short=True),
    Heading("days left", is_right=True),
    Heading("licence"),
    Heading("transport", has_short=True),
    Heading("last contact"),
    Heading("version"),
    Heading("findings"),
)


def print_devices(console: Console, report: Report, *, at_once: int = 500) -> None:
    """Print one row for each device, by name, and name the columns that have no room.

    Args:
        at_once: So many rows are in memory together; what is printed is the same with any number.
    """
    outcomes = report.ordered

    def rows() -> Iterator[Sequence[Cell]]:
        return (_cells(_row(outcome, report.now)) for outcome in outcomes)

    print_fitted_rows(console, rows, _HEADINGS, _STEPS, at_once=at_once)


def _cells(row: _Row) -> Sequence[Cell]:
    """Return its cells in the order of the headings."""
    return (
        Cell(row.device),
        Cell(row.verdict, row.short_verdict),
        Cell(row.days),
        Cell(row.licence),
        Cell(row.transport, row.short_transport),
        Cell(row.contact),
        Cell(row.version),
        Cell(row.findings),
    )


def _row(outcome: AuditOutcome, now: datetime) -> _Row:
    name = Text(printable(outcome.device.name))
    match outcome:
        case NotAudited():
            missed = Text("not audited", style=BAD)
            return _Row(
                device=name,
                verdict=missed,
                short_verdict=missed,
                licence=Text(outcome.stage.value, style=DIM),
            )
        case Audited():
            return _audited(outcome, name, now)
        case _:
            assert_never(outcome)


def _audited(outcome: Audited, name: Text, now: datetime) -> _Row:
    facts, verdict = outcome.facts, outcome.verdict
    style = "" if verdict is None else _VERDICT_STYLES[verdict]
    said = "" if verdict is None else verdict.value
    is_smart = facts.license_mode is LicenseMode.SMART
    return _Row(
        device=name,
        verdict=Text(said, style=style),
        short_verdict=Text("n/a" if verdict is Verdict.NOT_APPLICABLE else said, style=style),
        days=_days(facts, now) if is_smart else Text(),
        licence=_license(facts) if is_smart else Text(facts.license_mode.value, style=DIM),
        transport=_transport(facts) if is_smart else Text(),
        short_transport=_transport(facts, is_short=True) if is_smart else Text(),
        contact=_contact(facts, now) if is_smart else Text(),
        version=_version(facts),
        findings=_findings(outcome),
    )


def _version(facts: DeviceFacts) -> Text:
    version = Text(printable(facts.version or "?"))
    if facts.failover.enabled and facts.failover.state is not None:
        style = BAD if facts.failover.state is FailoverState.OTHER else DIM
        version.append(f" {facts.failover.state}", style=style)
    if facts.cluster.role is not None:
        style = BAD if facts.cluster.role is ClusterRole.OTHER else DIM
        version.append(f" {facts.cluster.role}", style=style)
    return version


def _transport(facts: DeviceFacts, *, is_short: bool = False) -> Text:
    kind = facts.transport.type
    if kind is None:
        return Text("?", style=ODD)
    text = Text(kind.value, style=GOOD if kind is TransportType.SMART else ODD)
    if facts.transport.proxy is not None:
        named = "+proxy" if is_short else f" via {printable(str(facts.transport.proxy))}"
        text.append(named, style=DIM)
    return text


def _license(facts: DeviceFacts) -> Text:
    """Show what is not as it should be: the registration, else the authorization."""
    registration, authorization = facts.registration.state, facts.authorization.state
    if registration is None or authorization is None:
        return Text("?", style=ODD)
    if registration is not RegistrationState.REGISTERED:
        return Text(f"{registration}, {authorization}", style=BAD)
    return Text(authorization.value, style=_LICENCE_STYLES.get(authorization, BAD))


def _contact(facts: DeviceFacts, now: datetime) -> Text:
    contact = facts.authorization.last_contact
    if contact.result is None:
        return Text("?", style=ODD)
    is_good = contact.result is ContactResult.SUCCEEDED
    clock = facts.clock.at if facts.clock is not None and facts.clock.at is not None else now
    ago = "" if contact.at is None else f" {_span(clock - contact.at)} ago"
    return Text(f"{'ok' if is_good else 'failed'}{ago}", style=GOOD if is_good else BAD)


def _span(passed: timedelta) -> str:
    hours = passed.total_seconds() / 3600
    return f"{hours / 24:.0f}d" if hours >= 48 else f"{max(hours, 0):.0f}h"


def _days(facts: DeviceFacts, now: datetime) -> Text:
    if facts.authorization.deadline_exceeded:
        return Text("exceeded", style=BAD)
    left = days_left(facts, now)
    if left is None:
        return Text()
    return Text(f"{left:.0f}", style=BAD if left <= 3 else ODD if left <= 45 else GOOD)


def _findings(outcome: Audited) -> Text:
    text = Text()
    ordered = sorted(outcome.findings, key=lambda found: found.severity.rank)
    # A rule once, as severe as its worst: two bugs are two findings of one rule.
    shown = {(found.rule, found.waived is not None): found for found in ordered}
    for finding in sorted(shown.values(), key=lambda found: -found.severity.rank):
        text.append(" " if text else "")
        is_waived = finding.waived is not None
        text.append(finding.rule, style=DIM if is_waived else SEVERITY_STYLES[finding.severity])
        text.append(" (waived)" if is_waived else "", style=DIM)
    return text
