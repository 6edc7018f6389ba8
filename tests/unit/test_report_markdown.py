"""Markdown: everything is in it once, grouped, and nothing that a device says is markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

from asa_transport.core.reports import markdown
from asa_transport.core.reports.report import Report
from asa_transport.model import AuditOutcome, Severity, Stage
from asa_transport.text import code, inline
from tests.unit.judging import facts_of, healthy
from tests.unit.reporting import (
    HOSTILE,
    audited,
    every_kind,
    finding,
    hostile_reports,
    missed,
    named,
    one,
    report_of,
    texts,
    with_one_too_few,
)

# What our page is made of; anything else came from a device.
OURS = {
    "bullet_list_open", "code_inline", "heading_open", "inline", "list_item_open", "paragraph_open",
    "softbreak", "strong_open", "table_open", "tbody_open", "td_open", "text", "th_open", "thead_open",
    "tr_open",
}  # fmt: skip
# GitHub makes links of these without brackets, outside code.
ADDRESS = re.compile(r"://|www\.|@|#\d", re.IGNORECASE)


def parse(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)


def flat(tokens: Sequence[Token]) -> list[Token]:
    return [child for token in tokens for child in (token, *(token.children or ()))]


def rows_under(heading: str, text: str) -> list[list[str]]:
    """The body rows of the one table under a heading, as a reader of Markdown sees them."""
    tokens = parse(text)
    (at,) = [n for n, t in enumerate(tokens) if t.type == "inline" and t.content.startswith(heading)]
    rows: list[list[str]] = []
    for token in tokens[at + 1 :]:
        if token.type == "heading_open":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append("".join(child.content for child in token.children or ()))
    return rows[1:]


def test_every_device_has_one_row_in_order() -> None:
    """A device silently missing from a report is the second worst thing."""
    report = every_kind()

    rows = rows_under("Devices (", markdown.text(report))

    assert [row[0] for row in rows] == sorted(device.name for device in report.devices)


def test_devices_that_were_not_audited_are_listed_with_stage_error_and_hint() -> None:
    """What is not known comes before what was found."""
    outcomes: list[AuditOutcome] = [
        missed("fw2", Stage.CONNECT, "connection refused", "is it on?"),
        audited("fw1", healthy()),
    ]

    text = markdown.text(report_of(outcomes))

    assert rows_under("Not audited (1)", text) == [
        ["fw2", "fw2.example.net", "connect", "connection refused", "is it on?"]
    ]
    assert text.index("## Not audited") < text.index("## Findings")


def test_totals_by_verdict_add_up_to_the_devices() -> None:
    """A device that no verdict counts would be missed by who reads the totals only."""
    report = every_kind()

    rows = rows_under("Totals", markdown.text(report))

    verdicts = rows[: [row[0] for row in rows].index("severity")]
    assert sum(int(number) for _, number in verdicts) == len(report.devices)
    assert {"not judged", "not audited", "compliant", "hold"} <= {name for name, _ in verdicts}


def test_a_finding_that_devices_share_is_said_once_and_names_them_all() -> None:
    """Twelve equal paragraphs hide the thirteenth."""
    outcomes = [audited(f"fw{n:02}", healthy(), findings=(finding(),)) for n in range(12)]
    other = audited("fw99", healthy(), findings=(finding(severity=Severity.HIGH, detail="for a year"),))

    text = markdown.text(report_of([*outcomes, other]))

    assert text.count("the transport is callhome") == 1
    assert f"- **medium**, 12 devices: {', '.join(f'fw{n:02}' for n in range(12))}\n" in text
    assert "- **high**, 1 device: fw99\n  - Detail: for a year\n" in text
    assert text.count("make it smart") == 1


def test_the_worst_rule_comes_first() -> None:
    """Who reads one paragraph should read the one that matters."""
    found = (finding(rule="AT101"), finding(rule="AT202", severity=Severity.CRITICAL, title="expired"))

    text = markdown.text(one(audited("fw1", healthy(), findings=found)))

    assert text.index("### AT202 expired") < text.index("### AT101")


def test_who_expires_first_and_what_not_to_reload_are_listed() -> None:
    """These two lists are why the page is sent to the people who plan maintenance."""
    outcomes = [
        audited("fw-far", facts_of("deadline=80d")),
        audited("fw-near", facts_of("deadline=2d")),
        audited("fw-over", facts_of("registration=expired; expires=-3d")),
    ]

    text = markdown.text(report_of(outcomes))

    expiring = rows_under("Who expires first", text)
    assert [(row[0], row[1]) for row in expiring] == [
        ("fw-over", "-3.0"),
        ("fw-near", "2.0"),
        ("fw-far", "80.0"),
    ]
    assert "## Do not reload (1)\n\n- fw-over: the registration has expired\n" in text


def test_a_page_without_devices_still_says_so() -> None:
    """An empty section must not look like a page that was cut off."""
    text = markdown.text(report_of([]))

    assert "0 devices: 0 audited, 0 not audited" in text
    assert "## Devices (0)" in text


def test_prose_stays_prose_and_only_what_could_act_becomes_code() -> None:
    """The page is read as plain text as often as rendered."""
    assert inline("permit HTTPS to smartreceiver.cisco.com:443, then 'renew auth'") == (
        "permit HTTPS to smartreceiver.cisco.com:443, then 'renew auth'"
    )
    assert inline("see https://evil.example or <b>bold</b> text") == (
        "see `https://evil.example` or `<b>bold</b>` text"
    )


def test_a_pipe_can_not_end_a_cell_even_inside_code() -> None:
    """GitHub splits a row into cells before it looks for code."""
    assert code("a|b\\|c") == "`a\\x7cb\\\\x7cc`"


def test_markdown_is_refused_with_fewer_outcomes_than_devices() -> None:
    """A device silently missing from a report is the second worst thing."""
    with pytest.raises(ValueError, match="not matched"):
        markdown.text(with_one_too_few(every_kind()))


# A busy machine is not a failure.
@settings(deadline=None)
@given(texts)
@example("`")
@example("a` b` c")
@example("\\` <b>")
def test_any_text_in_a_line_is_text_or_code_and_nothing_else(text: str) -> None:
    """No link, image, HTML, emphasis or entity: what a device prints is shown, not obeyed."""
    tokens = flat(parse(f"x {inline(text)} y"))

    assert {token.type for token in tokens} <= {
        "paragraph_open",
        "inline",
        "text",
        "code_inline",
        "paragraph_close",
    }
    outside = "".join(token.content for token in tokens if token.type == "text")
    assert ADDRESS.search(outside) is None
    assert outside[0] == "x"
    assert outside[-1] == "y"


# A busy machine is not a failure.
@settings(deadline=None)
@given(hostile_reports)
def test_any_text_gives_a_page_of_our_own_markup_and_one_row_a_device(report: Report) -> None:
    """No text of a device may add a row, a heading or markup, or hide what follows it."""
    text = markdown.text(report)
    opened = {t.type for t in flat(parse(text)) if not t.type.endswith("_close")}

    assert opened <= OURS
    assert [row[0] for row in rows_under("Devices (", text)] == sorted(d.name for d in report.devices)
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("text", HOSTILE)
def test_known_attacks_leave_the_other_rows_alone(text: str) -> None:
    """The examples that every reviewer tries first, in the places a device controls."""
    facts = replace(healthy(), version=text, model=text)
    outcomes: list[AuditOutcome] = [
        audited("fw1", facts, findings=(finding(detail=text, title=text, remedy=text),)),
        missed("fw2", Stage.CONNECT, text, text),
    ]

    page = markdown.text(report_of(outcomes))

    assert [row[0] for row in rows_under("Devices (2)", page)] == ["fw1", "fw2"]
    assert {len(row) for row in rows_under("Devices (2)", page)} == {16}


def test_data_of_the_inventory_are_columns_of_the_table() -> None:
    """As in CSV; a fleet without data has the table that it had."""
    page = markdown.text(
        report_of(
            [
                replace(audited("fw-a", facts_of("-")), device=named("fw-a", data={"owner": "noc"})),
                replace(missed("fw-b", Stage.CONNECT), device=named("fw-b")),
            ]
        )
    )

    heading, _, first, second = page.splitlines()[-4:]
    assert heading.endswith("| findings | data.owner |")
    assert (first.endswith("| noc |"), second.endswith("|  |  |")) == (True, True)
