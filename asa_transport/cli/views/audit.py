"""The audit as a person reads it: the table, which rules fired, what to do, what ends first, what failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from asa_transport.cli.console import plain, print_pairs, printable
from asa_transport.cli.views.audit_table import BAD, DIM, ODD, SEVERITY_STYLES, print_devices
from asa_transport.cli.views.fitting import Column, Fold, print_fitted
from asa_transport.cli.views.names import beside
from asa_transport.cli.views.ssh_census import print_census
from asa_transport.core.judgement.cases.deadlines import Expiry, do_not_reload, who_expires_first
from asa_transport.core.reports.fired import Fired, fired
from asa_transport.core.reports.missed import Missed, missed
from asa_transport.core.reports.only import Only, left_out, part_of
from asa_transport.core.reports.report import Report, summary
from asa_transport.core.reports.tasks import Task, tasks
from asa_transport.model import Audited, AuditOutcome, Severity, Verdict, Waived
from asa_transport.text import instant, plainly

# A terminal's page; what is critical, or over, is shown beyond it.
_MOST: Final = 12
# Below this many days something is worth a line here: the policy's own "low" begins at 45.
_SOON_DAYS: Final = 45.0
# And below this many it is critical (the policy's own default), and never left out.
_CRITICAL_DAYS: Final = 3.0
# More names are no list that somebody reads; those of a critical task are all named.
_MOST_NAMED: Final = 12
_NO_FINDING: Final = "no finding"
_FIRED: Final = "what fired (more: asa-transport rules ID)"
_REST: Final = "--format md has all"
_STYLES: Final = {
    Verdict.CHANGE: "bold cyan",
    Verdict.MANUAL: "bold magenta",
    Verdict.HOLD: "yellow",
}


def print_table(console: Console, report: Report, *, only: Only | None = None) -> None:
    """Print a row per device and what follows from all of them; with `only` of the devices that it chooses.

    What is not shown is counted, and the last line of it is that of all devices; below is the census of
    SSH, of all devices too, where it was asked for.
    """
    shown = report if only is None else part_of(report, only)
    print_devices(console, shown)
    _print_fired(console, fired(shown.ordered))
    print_views(console, shown)
    _print_missed(console, missed(shown.not_audited))
    print_waived(console, shown.ordered)
    hidden = None if only is None else left_out(report, only)
    if hidden is not None:
        _line(console, Text(f"\n{hidden}", style="bold"))
    _line(console, Text("\n" * (hidden is None) + summary(report.ordered, report.run)))
    if report.ssh_census is not None:
        print_census(console, report.ssh_census)


def print_views(console: Console, report: Report) -> None:
    """Print each view that has something to say."""
    _print_tasks(console, tasks(report))
    ends: dict[tuple[str, bool, bool], list[str]] = {}
    for row in who_expires_first(report.cases):
        if _is_soon(row):
            ends.setdefault((_end(row), row.is_past, _is_urgent(row)), []).append(row.device)
    shown = [(key, names) for number, (key, names) in enumerate(ends.items()) if number < _MOST or key[2]]
    _section(
        console,
        "expires first",
        (
            beside(
                console,
                names,
                plain(said),
                style=BAD if is_past else ODD,
                rest=None if is_urgent else _REST,
            )
            for (said, is_past, is_urgent), names in shown
        ),
    )
    _more(console, sum(map(len, ends.values())) - sum(len(names) for _, names in shown))
    grouped: dict[str, list[str]] = {}
    for danger in do_not_reload(report.cases):
        grouped.setdefault(danger.reason, []).append(danger.device)
    # Each of them is critical (AT205).
    _section(
        console,
        "do not reload",
        (beside(console, names, plain(why), style=BAD, rest=None) for why, names in grouped.items()),
    )


def _line(console: Console, text: Text) -> None:
    console.print(text, soft_wrap=not console.is_terminal)


def _section(console: Console, heading: str, rows: Iterable[tuple[Text, Text]]) -> None:
    found = list(rows)
    if found:
        console.print(Text(f"\n{heading}", style="bold"))
        print_pairs(console, found)


def _more(console: Console, count: int, kinds: str = "") -> None:
    if count > 0:
        _line(console, Text(f"  … and {count} more{kinds}: --format md has all", style=DIM))


def _print_fired(console: Console, rules: Sequence[Fired]) -> None:
    """Print what the ids beside the devices mean."""
    if not rules:
        return
    console.print()
    columns = (
        Column(heading="rule", cells=[Text(one.rule) for one in rules]),
        Column(heading="findings", cells=[_counted(one) for one in rules]),
        Column(heading=_FIRED, cells=[plain(one.title) for one in rules]),
    )
    print_fitted(console, columns, (Fold("findings", 26), Fold(_FIRED, 24), Fold("findings", 11)))


def _padded(text: Text, width: int) -> Text:
    return text + Text(" " * (width - text.cell_len))


def _counted(one: Fired) -> Text:
    parts = [Text(f"{count} {severity}", SEVERITY_STYLES[severity]) for severity, count in one.counts]
    if one.waived:
        parts.append(Text(f"{one.waived} waived", DIM))
    return Text(", ").join(parts)


def _print_tasks(console: Console, found: Sequence[Task]) -> None:
    """Print what to do; nothing critical is ever behind "and N more"."""
    shown = [task for number, task in enumerate(found) if number < _MOST or _is_critical(task)]
    hidden = found[len(shown) :]
    if not shown:
        return
    console.print(Text("\nwhat to do", style="bold"))
    width = max(len(_word(task)) for task in shown)
    print_pairs(console, ((_padded(_severity(task), width), _task(task)) for task in shown))
    kinds: list[tuple[Severity | None, int]] = [
        (severity, sum(task.severity is severity for task in hidden)) for severity in reversed(Severity)
    ]
    kinds.append((None, sum(task.severity is None for task in hidden)))
    counts = ", ".join(f"{count} {_NO_FINDING if one is None else one}" for one, count in kinds if count)
    _more(console, len(hidden), f" ({counts})")


def _is_critical(task: Task) -> bool:
    return task.severity is Severity.CRITICAL


def _word(task: Task) -> str:
    return _NO_FINDING if task.severity is None else task.severity.value


def _severity(task: Task) -> Text:
    return Text(_word(task), DIM if task.severity is None else SEVERITY_STYLES[task.severity])


def _task(task: Task) -> Text:
    names, rest = task.names, 0
    if not _is_critical(task) and len(names) > _MOST_NAMED:
        names, rest = names[:_MOST_NAMED], len(names) - _MOST_NAMED
    shown = printable(plainly(names)) + (f" and {rest} more" if rest else "")
    verdict = (task.verdict.value, _STYLES.get(task.verdict, ""))
    return Text.assemble((shown, "bold"), _left(task), ": ", verdict, ": ", plain(task.said))


def _left(task: Task) -> str:
    """Return how long there is, where that is not long."""
    if task.is_past or task.days is None or task.days > _SOON_DAYS:
        return ""
    first = "the first " if len(task.names) > 1 else ""
    return f" ({first}in {_days(task.days)})"


def _days(count: float) -> str:
    return "less than a day" if 0 <= count < 1 else "1 day" if round(count) == 1 else f"{count:.0f} days"


def _is_soon(row: Expiry) -> bool:
    return row.is_past or (row.days is not None and row.days <= _SOON_DAYS)


def _is_urgent(row: Expiry) -> bool:
    return row.is_past or (row.days is not None and row.days <= _CRITICAL_DAYS)


def _end(row: Expiry) -> str:
    if row.is_past:
        when = "past" if row.days is None else f"{_days(-row.days)} ago"
    else:
        when = "not known" if row.days is None else f"in {_days(row.days)}"
    return f"{when}: {row.what}; {row.effect}"


def _print_missed(console: Console, groups: Sequence[Missed]) -> None:
    _section(console, "not audited", (_missed(console, one) for one in groups))


def _missed(console: Console, one: Missed) -> tuple[Text, Text]:
    error = f"each in its own words; {one.names[0]}: {one.error}" if one.is_example else one.error
    said = plain(f"{one.stage}: {error}") + Text(f"\nhint: {printable(one.hint)}", DIM)
    return beside(console, one.names, said, style=BAD, rest="they are in the table")


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
