"""What the first screen is made of: what gives way, what is told together, what comes first."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from asa_transport.cli.views.audit import print_table
from asa_transport.cli.views.fitting import Column, Drop, Fold, Shorten, fitted
from asa_transport.core.history import compare
from asa_transport.core.history.differences import (
    DeadlineMoved,
    DeviceUnreachable,
    Difference,
    FindingNew,
    VersionChanged,
)
from asa_transport.core.history.grouped import grouped
from asa_transport.core.judgement.judge import judged
from asa_transport.core.reports.fired import fired
from asa_transport.core.reports.missed import missed
from asa_transport.core.reports.only import WORDS, left_out, only, part_of
from asa_transport.core.reports.report import Report
from asa_transport.core.reports.tasks import tasks
from asa_transport.errors import UserError
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Decision,
    FindingValue,
    NotAudited,
    Severity,
    Stage,
    Verdict,
    Waived,
)
from tests.unit.judging import NOW, facts_of
from tests.unit.reporting import STANDARD, audited, every_kind, finding, named, report_of
from tests.unit.reporting import missed as not_audited
from tests.unit.stores import run

# What gives way.

_words = st.text("abcdefghij", min_size=1, max_size=12)
_tables = st.integers(1, 6).flatmap(
    lambda rows: st.lists(st.lists(_words, min_size=rows, max_size=rows), min_size=2, max_size=6)
)


@given(_tables, st.integers(20, 140), st.permutations(range(6)))
def test_a_table_takes_no_more_room_than_there_is(
    cells: list[list[str]], width: int, order: list[int]
) -> None:
    """Else the terminal folds every row, and no column is one any more."""
    columns = [Column(heading=f"c{number}", cells=[*map(Text, texts)]) for number, texts in enumerate(cells)]
    steps = [Drop(f"c{number}") for number in order if 0 < number < len(cells)]

    found = fitted(columns, [*steps, Fold("c0", 4)], width)

    total = sum(wide for _, wide in found.columns) + 2 * (len(found.columns) - 1)
    assert total <= width
    assert {c.heading for c, _ in found.columns} | set(found.dropped) == {c.heading for c in columns}
    for column, wide in found.columns[1:]:
        assert wide == max(len(column.heading), *(cell.cell_len for cell in column.cells))


def test_what_gives_way_does_so_in_its_order_and_no_more_than_is_needed() -> None:
    """A column that is folded before another one is left out gets its room back."""
    columns = [
        Column(heading="device", cells=[Text("fw-ber-01")]),
        Column(heading="proxy", cells=[Text("proxy.example.net:8080")], short=[Text("yes")]),
        Column(heading="why", cells=[Text("AT101 AT102 AT104")]),
        Column(heading="version", cells=[Text("9.22(2)14")]),
    ]
    steps = (Shorten("proxy"), Fold("why", 5), Drop("version"), Drop("why"))

    shapes = {
        width: ([(c.heading, wide) for c, wide in found.columns], found.dropped)
        for width in (80, 50, 40, 35, 20)
        for found in (fitted(columns, steps, width),)
    }

    assert shapes == {
        80: ([("device", 9), ("proxy", 22), ("why", 17), ("version", 9)], ()),
        50: ([("device", 9), ("proxy", 5), ("why", 17), ("version", 9)], ()),
        40: ([("device", 9), ("proxy", 5), ("why", 11), ("version", 9)], ()),
        35: ([("device", 9), ("proxy", 5), ("why", 6), ("version", 9)], ()),
        20: ([("device", 9), ("proxy", 5)], ("version", "why")),
    }


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_no_verdict_and_no_day_is_cut_at_any_width(width: int) -> None:
    """Half a word is a wrong one: every word of the table is one that is whole somewhere."""
    report = every_kind()

    narrow, wide = (_drawn(report, columns).partition("\nrule")[0] for columns in (width, 400))

    known = {*wide.split(), "n/a", "smart+proxy", "callhome+proxy"}
    cut = [word for word in narrow.partition("no room")[0].split() if word not in known]
    # A name is folded, never cut, where the terminal is narrower than any that people use.
    assert cut == [] or width == 40


def _drawn(report: Report, width: int) -> str:
    file = io.StringIO()
    print_table(Console(file=file, width=width, force_terminal=True, color_system=None), report)
    return file.getvalue()


# What comes first.


def at(
    name: str, verdict: Verdict, severity: Severity | None, *, words: str = "-", why: str = "look"
) -> Audited:
    """A device as it was judged."""
    return audited(
        name,
        facts_of(words),
        findings=() if severity is None else (finding(severity=severity),),
        decision=Decision(verdict=verdict, reasons=(why,)),
    )


def test_tasks_are_ordered_by_severity_then_by_days() -> None:
    """Whoever reads three lines reads the three that matter."""
    report = report_of(
        [
            at("fw-a", Verdict.CHANGE, Severity.MEDIUM, why="a"),
            at("fw-b", Verdict.HOLD, None, why="b"),
            at("fw-c", Verdict.MANUAL, Severity.CRITICAL, words="contact=failed; deadline=30d", why="c"),
            at("fw-d", Verdict.MANUAL, Severity.CRITICAL, words="contact=failed; deadline=2d", why="d"),
            at("fw-e", Verdict.MANUAL, Severity.CRITICAL, words="registration=expired; expires=-3d", why="e"),
            at("fw-f", Verdict.COMPLIANT, Severity.HIGH, why="f"),
        ]
    )

    assert [task.names for task in tasks(report)] == [("fw-e",), ("fw-d",), ("fw-c",), ("fw-a",), ("fw-b",)]


def test_a_critical_finding_is_a_task_whatever_the_verdict() -> None:
    """A standby unit is not judged, and its licence may be the one that is over."""
    report = report_of(
        [at("fw-a", Verdict.NOT_APPLICABLE, Severity.CRITICAL, why="this is the standby unit")]
    )

    (task,) = tasks(report)

    assert (task.severity, task.said) == (Severity.CRITICAL, "Callhome where smart is expected (AT101)")


def test_a_waived_finding_makes_no_task_urgent() -> None:
    """It was accepted by somebody who answers for it."""
    waived = Waived(owner="ops", until=NOW, reason="known")
    outcome = at("fw-a", Verdict.CHANGE, Severity.HIGH)
    report = report_of([replace(outcome, findings=(replace(outcome.findings[0], waived=waived),))])

    assert [task.severity for task in tasks(report)] == [None]


def test_nothing_critical_is_behind_and_so_many_more() -> None:
    """The screen may get long; it may not hide the firewall that fails tomorrow."""
    report = report_of(
        [
            *(at(f"fw-m{number}", Verdict.MANUAL, Severity.MEDIUM, why=f"m{number}") for number in range(20)),
            *(
                at(f"fw-c{number}", Verdict.MANUAL, Severity.CRITICAL, why=f"c{number}")
                for number in range(30)
            ),
        ]
    )

    todo = _drawn(report, 80).partition("what to do")[2]

    assert all(f"fw-c{number}:" in todo for number in range(30))
    assert "fw-m0:" not in todo
    assert "… and 20 more (20 medium): --format md has all" in todo


def test_equal_tasks_are_one_with_all_devices_of_a_critical_one() -> None:
    """Three hundred times the same line is one line."""
    report = report_of(
        [
            at(f"fw-{number * 2:03}", Verdict.MANUAL, severity, why=severity.value)
            for severity in (Severity.CRITICAL, Severity.MEDIUM)
            for number in range(
                300 if severity is Severity.CRITICAL else 0, 340 if severity is Severity.CRITICAL else 100
            )
        ]
    )

    todo = " ".join(_drawn(report, 120).partition("what to do")[2].split())

    assert len(tasks(report)) == 2
    assert all(f"fw-{number * 2:03}" in todo for number in range(300, 340))
    assert "fw-022 and 88 more: manual: medium" in todo


# What is told together.


def refused(number: int, **more: str) -> NotAudited:
    device = named(f"fw-{number:03}")
    return not_audited(
        device.name,
        Stage.CONNECT,
        more.get("error", f"connecting to {device.host} port 22: refused"),
        more.get("hint", f"try: nc -vz {device.host} 22; then 'audit -l {device.name}'"),
    )


def test_equal_failures_are_one_with_their_devices() -> None:
    """Equal but for what is each device's own; the port that they share is named."""
    (found,) = missed([refused(number) for number in range(300)])

    assert found.error == "connecting to HOST port 22: refused"
    assert found.hint == "try: nc -vz HOST 22; then 'audit -l NAME'"
    assert len(found.names) == 300


def test_what_is_no_devices_own_is_not_replaced() -> None:
    """`10.0.0.1` is no part of `10.0.0.12`, and 22 bytes are no port."""
    one, other = (
        replace(
            refused(number, hint="look"),
            device=replace(named(f"fw-{number}"), host="10.0.0.1", port=22),
            error="connecting to 10.0.0.1 port 22 by 10.0.0.12: 22 bytes",
        )
        for number in range(2)
    )
    third = replace(
        one,
        device=replace(one.device, name="fw-2", host="10.0.0.9"),
        error="connecting to 10.0.0.9 port 22 by 10.0.0.12: 22 bytes",
    )

    (found,) = missed([one, other, third])

    assert found.error == "connecting to HOST port 22 by 10.0.0.12: 22 bytes"


def test_one_failure_keeps_its_words() -> None:
    """Nobody wants to look up what HOST is where there is only one."""
    (found,) = missed([refused(7)])

    assert found.error == "connecting to fw-007.example.net port 22: refused"


def test_failures_that_differ_in_a_fingerprint_are_told_by_their_remedy() -> None:
    """A first audit without host keys fails three hundred times in three hundred ways, and has one cure."""
    unknown = [
        refused(number, error=f"ssh-rsa SHA256:{number:040} is not known", hint="hostkeys scan")
        for number in range(300)
    ]

    (found,) = missed(unknown)
    few = missed(unknown[:3])

    assert (found.is_example, found.error, found.hint) == (True, unknown[0].error, "hostkeys scan")
    assert len(found.names) == 300
    assert [one.names for one in few] == [("fw-000",), ("fw-001",), ("fw-002",)]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from(Stage)), max_size=30))
def test_every_device_is_in_exactly_one_entry(made: list[tuple[int, int, Stage]]) -> None:
    """A device missing here would be missing."""
    outcomes = [
        replace(refused(number, error=f"e{error}", hint=f"h{hint}"), stage=stage)
        for number, (error, hint, stage) in enumerate(made)
    ]

    found = missed(outcomes)

    assert sorted(name for one in found for name in one.names) == [one.name for one in outcomes]
    assert sum(len(group.names) for group in grouped([_lost(one) for one in outcomes])) == len(outcomes)


def _lost(one: NotAudited) -> DeviceUnreachable:
    return DeviceUnreachable(
        device=one.name, host=one.device.host, stage=one.stage, error=one.error, hint=one.hint
    )


def test_equal_changes_are_told_once_and_others_apart() -> None:
    """Also a finding that counts other days on each device: it found the same."""
    found = finding(values=(FindingValue(name="contact", value="failed"),))
    changes: list[Difference] = [
        *(FindingNew(device=f"fw-{n}", finding=replace(found, detail=f"{n} days left")) for n in range(3)),
        FindingNew(device="fw-9", finding=replace(found, values=(), detail="overdue")),
        *(VersionChanged(device=f"fw-{n}", before="9.20(4)14", after="9.22(2)14") for n in range(4)),
        VersionChanged(device="fw-5", before="9.20(4)14", after="9.24(1)9"),
    ]

    groups = grouped(changes)

    assert [(group.names, group.said) for group in groups] == [
        (("fw-0", "fw-1", "fw-2"), "medium AT101 Callhome where smart is expected"),
        (("fw-9",), "medium AT101 Callhome where smart is expected: overdue"),
        (("fw-0", "fw-1", "fw-2", "fw-3"), "9.20(4)14 -> 9.22(2)14"),
        (("fw-5",), "9.20(4)14 -> 9.24(1)9"),
    ]
    assert groups[0].example == ("fw-0", "0 days left")


def test_more_than_a_few_dates_are_told_by_what_they_have_in_common() -> None:
    """Fifty deadlines that moved back are one fault of a site."""
    moved = [change for number in range(50) for change in _moved(f"fw-{number:02}", number)]

    (group,) = grouped(moved)

    assert group.said == "communication deadline: it moved back"
    assert len(group.names) == 50
    assert group.example is not None
    assert group.example[0] == "fw-00"


def _moved(name: str, number: int) -> list[DeadlineMoved]:
    then, now = (
        compare.Side(
            run=run(night), outcomes=(audited(name, facts_of(f"deadline={80 - 10 * night - number / 10}d")),)
        )
        for night in range(2)
    )
    return [one for one in compare.changes(then, now, {}) if isinstance(one, DeadlineMoved)]


# The legend, and what is chosen.


def test_the_legend_counts_findings_by_severity_and_those_that_are_waived_apart() -> None:
    """What is waived fails nothing, and is there."""
    waived = Waived(owner="ops", until=NOW, reason="known")
    by_bug, over = finding(rule="AT301"), finding(rule="AT202", severity=Severity.CRITICAL)
    outcomes: list[AuditOutcome] = [
        audited("fw-a", facts_of("-"), findings=(by_bug, replace(by_bug, severity=Severity.LOW))),
        audited("fw-b", facts_of("-"), findings=(replace(by_bug, waived=waived), over)),
        not_audited("fw-c", Stage.CONNECT),
    ]

    found = fired(outcomes)

    assert [(one.rule, one.counts, one.waived, one.devices) for one in found] == [
        ("AT202", ((Severity.CRITICAL, 1),), 0, 1),
        ("AT301", ((Severity.MEDIUM, 1), (Severity.LOW, 1)), 1, 2),
    ]


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))
def test_what_is_chosen_and_what_is_counted_are_all_devices(words: list[str]) -> None:
    """And nothing else of the report changes: the run, its end, the order."""
    report = every_kind()
    wanted = only([",".join(words)])
    assert wanted is not None

    part, said = part_of(report, wanted), left_out(report, wanted)

    hidden = len(report.devices) - len(part.ordered)
    assert (part.run, part.fail_on, part.now) == (report.run, report.fail_on, report.now)
    assert [one for one in report.ordered if wanted.chooses(one)] == list(part.ordered)
    assert (said is None) == (hidden == 0)
    if said is not None:
        counts = re.findall(r"\d+", said.partition("(")[2].partition(")")[0])
        assert f"{hidden} of {len(report.devices)} devices" in said
        assert sum(map(int, counts)) == hidden


def test_a_severity_chooses_by_findings_that_count() -> None:
    """And a verdict by the verdict; one of the words is enough."""
    waived = Waived(owner="ops", until=NOW, reason="known")
    high, low = at("fw-a", Verdict.CHANGE, Severity.HIGH), at("fw-b", Verdict.HOLD, Severity.LOW)
    accepted = replace(high, findings=(replace(high.findings[0], waived=waived),))
    lost = not_audited("fw-c", Stage.CONNECT)

    def chosen(words: str) -> list[bool]:
        wanted = only([words])
        assert wanted is not None
        return [wanted.chooses(one) for one in (high, low, accepted, lost)]

    assert chosen("high") == [True, False, False, False]
    assert chosen("low, change") == [True, True, True, False]
    assert chosen("not-audited") == [False, False, False, True]


@pytest.mark.parametrize(
    ("word", "near"), [("Critical", "critical"), ("compliance", "compliant"), ("n/a", ""), ("xyz", "")]
)
def test_an_unknown_word_is_refused_with_the_one_that_was_meant(word: str, near: str) -> None:
    """Did-you-mean, and all that there is."""
    with pytest.raises(UserError) as raised:
        only(["change", word])

    meant = f" (did you mean {near}?)" if near else ""
    assert str(raised.value) == (
        f"--only: {word!r}{meant}; expected one of: compliant, change, hold, manual, not-applicable, "
        "not-audited, critical, high, medium, low, info"
    )


def test_a_judged_fleet_has_a_task_for_whatever_asks_for_one() -> None:
    """No device with something to do is in no task, and none is in two."""
    report = every_kind()

    names = [name for task in tasks(report) for name in task.names]

    asking = {Verdict.CHANGE, Verdict.MANUAL, Verdict.HOLD}
    expected = {one.name for one in report.audited if one.verdict in asking}
    assert len(names) == len(set(names))
    assert expected <= set(names)
    assert judged(report.outcomes, STANDARD)
