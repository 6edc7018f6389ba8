"""Turn a run into a Markdown page for a ticket or a wiki, readable as plain text too.

Pure.  Guarantees a row for every device, in the table at the end.  Whatever a device or a
file says is inert: no link, no HTML, no markup, no extra row (`text.py`).  Identical
findings of several devices are one entry that names them all.

Source: docs/formats.md; GitHub Flavored Markdown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias, assert_never

from asa_transport.core.documents.audit import totals
from asa_transport.core.documents.facts import days_left
from asa_transport.core.judgement.cases.deadlines import (
    Expiry,
    NoReload,
    do_not_reload,
    urgency,
    who_expires_first,
)
from asa_transport.core.reports.brief import BriefFindings
from asa_transport.core.reports.report import Report, data_keys, summary
from asa_transport.model import (
    Audited,
    AuditOutcome,
    DeviceFacts,
    Finding,
    NotAudited,
    Proxy,
    Severity,
    Verdict,
    Waived,
)
from asa_transport.text import inline, instant

Lines: TypeAlias = list[str]
_HEADINGS: Final = (
    "device",
    "host",
    "model",
    "version",
    "unit",
    "license",
    "transport",
    "proxy",
    "registration",
    "authorization",
    "last contact",
    "days left",
    "verdict",
    "changes",
    "reasons",
    "findings",
)
_URGENT_FIRST: Final = tuple(reversed(Severity))


def text(report: Report) -> str:
    """Return the whole page; errors as of `parts`."""
    return "".join(parts(report))


def parts(report: Report) -> Iterator[str]:
    """Return the page in parts; the table of all devices, its longest one, row by row.

    Raises:
        ValueError: The outcomes are not exactly those of the devices; before the first part.
    """
    return _parts(report, report.ordered)


def _parts(report: Report, outcomes: Sequence[AuditOutcome]) -> Iterator[str]:
    seen = _seen(report)
    sections = (
        _head(report, outcomes),
        _totals(outcomes),
        _not_audited(seen.missed),
        _no_reload(seen.no_reload),
        _expiries(seen.expiries),
        _findings(seen.by_rule),
    )
    for lines in sections:
        yield "\n".join(lines) + "\n\n"
    keys = data_keys(report.devices)
    headings = (*_HEADINGS, *(inline(f"data.{key}") for key in keys))
    yield "\n".join([f"## Devices ({len(outcomes)})", "", *_table(headings, ())]) + "\n"
    for outcome in outcomes:
        data = (inline(outcome.device.data.get(key, "")) for key in keys)
        yield f"{_table_row((*_device(outcome, report), *data))}\n"


@dataclass(slots=True)
class _Seen:
    """What is said of several devices in one place; rows and findings without their evidence."""

    missed: list[Sequence[str]] = field(default_factory=list)
    no_reload: list[NoReload] = field(default_factory=list)
    expiries: list[Expiry] = field(default_factory=list)
    by_rule: defaultdict[str, list[tuple[str, Finding]]] = field(default_factory=lambda: defaultdict(list))


def _seen(report: Report) -> _Seen:
    """Go through all devices once."""
    seen, brief = _Seen(), BriefFindings()
    for outcome, case in report.with_cases():
        match outcome:
            case NotAudited():
                told = (outcome.name, outcome.device.host, outcome.stage.value, outcome.error, outcome.hint)
                seen.missed.append(tuple(map(inline, told)))
            case Audited():
                for finding in outcome.findings:
                    seen.by_rule[finding.rule].append((outcome.name, brief(finding)))
        if case is not None:
            seen.no_reload += do_not_reload([case])
            seen.expiries += who_expires_first([case])
    seen.no_reload.sort(key=lambda row: row.device)
    seen.expiries.sort(key=urgency)
    return seen


def _head(report: Report, outcomes: Sequence[AuditOutcome]) -> Lines:
    run = report.run
    return [
        f"# ASA licensing transport: {inline(run.kind)} {inline(run.id)}",
        "",
        f"**{summary(outcomes, run)}**",
        "",
        f"- Started {instant(run.started_at)}, finished {instant(run.finished_at)}, "
        f"judged as of {instant(report.now)}",
        f"- Inventory: {inline(run.inventory)}",
        f"- Policy: sha256 {inline(run.policy_sha256)}",
        f"- asa-transport {inline(run.tool_version)}, exit code {int(run.exit_code)}",
    ]


def _totals(outcomes: Sequence[AuditOutcome]) -> Lines:
    count = totals(outcomes)
    unjudged = count.audited - sum(count.by_verdict.values())
    verdicts = [(verdict.value, count.by_verdict.get(verdict, 0)) for verdict in Verdict]
    verdicts += [("not judged", unjudged)] * (unjudged > 0)
    verdicts.append(("not audited", count.not_audited))
    severities = [(severity.value, count.by_severity.get(severity, 0)) for severity in _URGENT_FIRST]
    return [
        "## Totals",
        "",
        *_table(("verdict", "devices"), ((name, str(number)) for name, number in verdicts)),
        "",
        *_table(("severity", "findings"), ((name, str(number)) for name, number in severities)),
    ]


def _not_audited(rows: Sequence[Sequence[str]]) -> Lines:
    body = _table(("device", "host", "stage", "error", "hint"), rows) if rows else ["None."]
    return [f"## Not audited ({len(rows)})", "", *body]


def _no_reload(found: Sequence[NoReload]) -> Lines:
    rows = [f"- {inline(row.device)}: {inline(row.reason)}" for row in found]
    none = "Of no audited device is it known that a reload today would bring it into evaluation mode (AT205)."
    return [f"## Do not reload ({len(rows)})", "", *(rows or [none])]


def _expiries(found: Sequence[Expiry]) -> Lines:
    rows = [(inline(row.device), _left(row), inline(row.what), inline(row.effect)) for row in found]
    body = _table(("device", "days left", "what", "effect"), rows) if rows else ["No audited device can."]
    return ["## Who expires first", "", *body]


def _left(row: Expiry) -> str:
    if row.days is None:
        return "past" if row.is_past else "not known"
    return f"{row.days:.1f}"


def _findings(by_rule: Mapping[str, Sequence[tuple[str, Finding]]]) -> Lines:
    worst_first = sorted(by_rule, key=lambda rule: (-max(f.severity.rank for _, f in by_rule[rule]), rule))
    lines = [f"## Findings ({sum(map(len, by_rule.values()))})", ""]
    if not by_rule:
        return [*lines, "None."]
    for rule in worst_first:
        lines += [*_rule(rule, by_rule[rule]), ""]
    return lines[:-1]


def _rule(rule: str, found: Sequence[tuple[str, Finding]]) -> Lines:
    """Return one rule's section, what several devices share said once."""
    groups: defaultdict[tuple[Severity, str, str | None, str, Waived | None], list[str]] = defaultdict(list)
    for name, finding in found:
        groups[finding.severity, finding.detail, finding.bug, finding.remedy, finding.waived].append(name)
    remedies = {finding.remedy for _, finding in found}
    lines = [f"### {inline(rule)} {inline(found[0][1].title)}", ""]
    if len(remedies) == 1:
        lines += [f"Remedy: {inline(*remedies)}", ""]
    urgent_first = sorted(groups.items(), key=lambda item: (-item[0][0].rank, -len(item[1]), item[1]))
    for (severity, detail, bug, remedy, waived), names in urgent_first:
        about = f" ({inline(bug)})" if bug is not None else ""
        lines += [
            f"- **{severity}**{about}, {_count(names)}: {', '.join(map(inline, names))}",
            f"  - Detail: {inline(detail)}",
        ]
        if len(remedies) > 1:
            lines.append(f"  - Remedy: {inline(remedy)}")
        if waived is not None:
            lines.append(
                f"  - Waived until {instant(waived.until)} ({inline(waived.owner)}): {inline(waived.reason)}"
            )
    return lines


def _count(names: Sequence[str]) -> str:
    return f"{len(names)} device{'' if len(names) == 1 else 's'}"


def _device(outcome: AuditOutcome, report: Report) -> Sequence[str]:
    name, host = inline(outcome.device.name), inline(outcome.device.host)
    match outcome:
        case NotAudited():
            verdict = f"not audited ({outcome.stage})"
            return (name, host, *[""] * (_HEADINGS.index("verdict") - 2), verdict, "", "", "")
        case Audited():
            return (name, host, *_fact_cells(outcome, report), *_judgement_cells(outcome))
        case _:
            assert_never(outcome)


def _fact_cells(outcome: Audited, report: Report) -> Iterable[str]:
    facts = outcome.facts
    contact, left = facts.authorization.last_contact, days_left(facts, report.now)
    exceeded = facts.authorization.deadline_exceeded
    transport, callhome_proxy = facts.transport, facts.transport.callhome_proxy
    proxy = _proxy(transport.proxy, is_known=transport.proxy_known)
    if callhome_proxy is not None:
        proxy += f"; call-home: {callhome_proxy}"
    cells = (
        facts.model or "?",
        facts.version or "?",
        _unit(facts),
        facts.license_mode.value,
        _joined(transport.type, f"(by {transport.source})" if transport.source else None) or "?",
        proxy,
        facts.registration.state or "?",
        facts.authorization.state or "?",
        _joined(contact.result, instant(contact.at)) or "?",
        "exceeded" if exceeded else "" if left is None else f"{left:.1f}",
    )
    return map(inline, cells)


def _judgement_cells(outcome: Audited) -> Iterable[str]:
    decision = outcome.decision
    found = Counter(f"{f.rule}{f' {f.bug}' if f.bug else ''} {f.weight}" for f in outcome.findings)
    findings = ", ".join(what if count == 1 else f"{count} x {what}" for what, count in found.items())
    if decision is None:
        return ("not judged", "", "", inline(findings))
    changes = ", ".join(decision.changes)
    return map(inline, (decision.verdict.value, changes, "; ".join(decision.reasons), findings))


def _unit(facts: DeviceFacts) -> str:
    # A unit is primary or secondary by its configuration, also where failover is off.
    unit = None if facts.failover.enabled is False else facts.failover.unit
    return _joined(unit, facts.failover.state, facts.cluster.role)


def _proxy(proxy: Proxy | None, *, is_known: bool) -> str:
    if proxy is not None:
        return str(proxy)
    return "none" if is_known else "?"


def _joined(*words: str | None) -> str:
    return " ".join(word for word in words if word is not None)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Lines:
    """Return a table of cells that are inert already."""
    head = [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
    return head + list(map(_table_row, rows))


def _table_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
