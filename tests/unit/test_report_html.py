"""The HTML report: whole, the same every time, inert, and small enough for 5,000 devices."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from asa_transport.core.judgement.cases.deadlines import Expiry
from asa_transport.core.judgement.judge import cases, judged
from asa_transport.core.reports.html import page
from asa_transport.core.reports.html.history import LAST, history
from asa_transport.core.reports.html.words import headline
from asa_transport.core.reports.report import Report, RunTransport, run_transport
from asa_transport.edges import templates
from asa_transport.errors import TemplateError
from asa_transport.model import Audited, Learnt, LicenseMode, NotAudited, Stage
from tests.unit.judging import NOW, facts_of
from tests.unit.reading import Page
from tests.unit.reporting import (
    BUG,
    HOSTILE,
    RUN,
    STANDARD,
    audited,
    every_kind,
    finding,
    hostile_reports,
    large,
    missed,
    named,
    report_of,
    with_one_too_few,
)

TEMPLATES = templates.jinja()
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "report.txt"


def made(report: Report) -> str:
    return page.text(report, TEMPLATES)


def test_what_was_learnt_of_a_release_is_a_section_of_its_own_and_absent_without_it() -> None:
    """Who reads the page has to know that something of this release is not told as of the others."""
    entry = Learnt(
        release="9.22(2)14", id="default-transport", value="callhome", device="fw-<b>", seen="callhome <i>",
        by="ann@host", at=NOW,
    )  # fmt: skip
    found = audited("fw-par-01", facts_of("version=9.22(2)14"))
    standard = replace(STANDARD, learnt=(entry, replace(entry, release="9.23(1)")))
    outcomes = judged([found], standard)
    report = replace(report_of(outcomes), cases=cases(outcomes, standard))

    text, plain = made(report), made(report_of(judged([found], STANDARD)))

    (line,) = [line for line in Page(text).lines if line.startswith("9.22(2)14 | default-transport")]
    assert "callhome <i>" in line
    assert "fw-<b>" in line
    assert "9.23(1)" not in "\n".join(Page(text).lines)
    assert "Releases that differ" not in plain


def small() -> Report:
    """One device that needs a change, one near its deadline, one that is well, one that was not audited."""
    words = {
        "fw-ber-01": "transport=callhome",
        "fw-par-01": "contact=failed; deadline=2d",
        "fw-osl-01": "-",
    }
    found = [
        audited(name, facts_of(text), device=named(name, groups=("emea",))) for name, text in words.items()
    ]
    lost = missed("fw-lis-01", Stage.CONNECT)
    return report_of([*judged([*found, lost], STANDARD)])


def runs(count: int) -> tuple[RunTransport, ...]:
    """So many earlier runs, a day apart, in the order in which they began."""
    return tuple(
        RunTransport(
            run_id=f"run-{age:03}",
            started_at=NOW - timedelta(days=age),
            smart=10 + age % 3,
            callhome=5,
            unknown=1,
            not_audited=age % 2,
        )
        for age in range(count, 0, -1)
    )


@functools.cache
def own_elements() -> frozenset[str]:
    """What the page is made of; a device's words can add no other."""
    return frozenset(Page(made(replace(every_kind(), history=runs(3)))).tags)


# What is in it.


def test_every_device_has_exactly_one_row() -> None:
    """A device silently missing from a report is the second worst thing."""
    report = every_kind()

    rows = Page(made(report)).values("tbody", "id")

    assert Counter(rows) == Counter(f"device-{device.name}" for device in report.devices)


def test_a_report_with_a_device_too_few_is_refused() -> None:
    """Half a report that looks whole is worse than none."""
    with pytest.raises(ValueError, match="not matched"):
        made(with_one_too_few(every_kind()))


def test_the_text_of_a_small_report_is_the_golden_one() -> None:
    """What a person reads, without what it is wrapped in; see the end of this file to write it anew."""
    lines = Page(made(small())).lines

    assert lines == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_a_device_that_was_not_audited_is_in_a_section_of_its_own_with_all_that_is_known() -> None:
    """Stage, error and hint, before the findings and again in its row."""
    report = report_of([missed(f"fw-{stage}", stage, f"saw {stage}", f"try {stage}") for stage in Stage])

    lines = Page(made(report)).lines

    # The first of these lines is the link to the section.
    first_rule = lines.index("Findings by rule", lines.index("Findings by rule") + 1)
    assert lines[0] == "No device was audited; no deadline is known; 7 could not be audited."
    for stage in Stage:
        assert lines.index(f"At {stage}: 1") < first_rule
        assert f"fw-{stage} fw-{stage}.example.net saw {stage} Hint: try {stage}" in lines[:first_rule]
        assert f"At {stage}: saw {stage}" in lines[first_rule:]
        assert f"Hint: try {stage}" in lines[first_rule:]


def test_every_finding_is_there_with_its_lines_and_a_link_to_its_remedy() -> None:
    """Also where its words are said once for many devices."""
    report = every_kind()
    text = made(report)

    read = Page(text)

    found = [f for outcome in report.outcomes if isinstance(outcome, Audited) for f in outcome.findings]
    joined = "\n".join(read.lines)
    assert text.count('<a href="#note-') == len(found)
    for each in found:
        assert " ".join(each.detail.split()) in joined
        assert " ".join(each.remedy.split()) in joined
        for line in each.evidence:
            assert f"{line.command}, line {line.line} {' '.join(line.text.split())}" in joined


def test_a_remedy_and_a_long_explanation_that_devices_share_stand_once() -> None:
    """At each of 5,000 devices they would be most of the page."""
    words = "what Cisco says of this bug, " * 6
    found = finding(detail=words, remedy="read it in the Bug Search Tool")
    report = report_of([audited(f"fw-{n}", facts_of("-"), findings=(found,)) for n in range(40)])

    text = made(report)

    assert text.count(words.strip()) == 1
    assert text.count("read it in the Bug Search Tool") == 1


def test_every_link_leads_to_a_place_of_the_page_and_every_place_is_one() -> None:
    """A remedy that cannot be reached is none."""
    read = Page(made(every_kind()))

    assert {link.removeprefix("#") for link in read.links} <= set(read.ids)
    assert all(link.startswith("#") for link in read.links)
    assert len(read.ids) == len(set(read.ids))


# The same every time.


def test_the_same_report_gives_the_same_bytes_whatever_the_order_of_its_outcomes() -> None:
    """Two nights are compared; devices answer in any order."""
    report = every_kind()

    assert made(report) == made(replace(report, outcomes=report.outcomes[::-1], cases=report.cases[::-1]))


# The first line.


def expiry(name: str, days: float | None, *, is_past: bool = False) -> Expiry:
    return Expiry(device=name, days=days, is_past=is_past, what="communication deadline", effect="then less")


@pytest.mark.parametrize(
    ("expiries", "said"),
    [
        ((), "no deadline is known"),
        ((expiry("fw-x", 3.4),), "the first deadline is fw-x in 3 days"),
        ((expiry("fw-x", 0.4),), "the first deadline is fw-x in less than a day"),
        ((expiry("fw-x", 1.999),), "the first deadline is fw-x in 2 days"),
        ((expiry("fw-x", None),), "no deadline is known"),
        ((expiry("fw-x", -2.0, is_past=True),), "1 has expired or is not registered"),
        (
            (expiry("fw-x", None, is_past=True), expiry("fw-y", -1.0, is_past=True), expiry("fw-z", 1.2)),
            "2 have expired or are not registered; the next deadline is fw-z in 1 day",
        ),
    ],
)
def test_the_first_line_names_the_first_deadline(expiries: tuple[Expiry, ...], said: str) -> None:
    """It is what a duty engineer reads at three in the morning."""
    outcomes = small().ordered

    assert headline(outcomes, expiries) == f"1 of 4 devices needs a change; {said}; 1 could not be audited."


def test_the_first_line_says_that_nothing_is_wrong() -> None:
    """No news is news, too."""
    report = report_of(judged([audited("fw-a", facts_of("-"))], STANDARD))

    assert "None of 1 audited device needs a change" in headline(report.ordered, ())
    assert headline(report.ordered, ()).endswith("all were audited.")


# The charts.


def test_without_an_earlier_run_the_page_says_so_instead_of_an_empty_chart() -> None:
    """An axis with one point would look like a fleet that vanished."""
    lines = Page(made(small())).lines

    assert "There is no earlier run to compare with: this chart begins with the second one." in lines


def test_the_last_column_is_this_run_whether_or_not_the_history_has_it() -> None:
    """A store may keep the run before or after it is rendered."""
    report = replace(small(), history=runs(3))
    own = run_transport(report.run, report.ordered)

    without, within = history(report), history(replace(report, history=(own, *runs(3))))

    assert without == within
    assert [column.run_id for column in without.columns] == ["run-003", "run-002", "run-001", RUN.id]
    assert own == RunTransport(
        run_id=RUN.id, started_at=RUN.started_at, smart=2, callhome=1, unknown=0, not_audited=1
    )


def test_a_clock_that_was_wrong_one_night_moves_no_column() -> None:
    """The runs come in the order in which they began; their times are what their clocks said."""
    first, *rest = runs(3)
    ahead = replace(first, started_at=NOW + timedelta(days=500))

    shown = history(replace(small(), history=(ahead, *rest)))

    assert [column.run_id for column in shown.columns] == ["run-003", "run-002", "run-001", RUN.id]


def test_a_long_history_is_shown_by_its_last_runs_and_counted() -> None:
    """400 nights have no place side by side."""
    report = replace(small(), history=runs(400))

    shown = history(report)

    assert (len(shown.columns), shown.runs) == (LAST, 401)
    assert "last 30 of 401 runs" in "\n".join(Page(made(report)).lines)


def test_columns_stand_on_the_ground_and_fill_their_height() -> None:
    """Smart at the bottom, not audited on top; the tallest run reaches the top."""
    report = replace(small(), history=runs(2))

    tallest = max(history(report).columns, key=lambda column: sum(float(part.width) for part in column.parts))

    bottom, top = tallest.parts[0], tallest.parts[-1]
    assert bottom.kind == "smart"
    assert float(bottom.x) + float(bottom.width) == pytest.approx(100, abs=0.02)
    assert float(top.x) == pytest.approx(0, abs=0.02)


def test_a_version_is_shown_with_the_bugs_that_affect_it_and_older_ones_come_first() -> None:
    """9.9 is older than 9.20, whatever the alphabet says."""
    words = ("version=9.20(4)10", "version=9.9(2)1", "version=unknown", "version=9.20(4)10")
    report = report_of(judged([audited(f"fw-{n}", facts_of(text)) for n, text in enumerate(words)], STANDARD))

    lines = Page(made(report)).lines

    start = next(n for n, line in enumerate(lines) if line.startswith("Version | Devices"))
    assert lines[start + 1 : start + 4] == [
        "9.9(2)1 | 1 | 1 | | CSCxx00001: 1 (no fix listed)",
        "9.20(4)10 | 2 | 2 | | CSCxx00001: 2",
        "not known | 1 | 1 | | CSCxx00001: 1 (no fix listed)",
    ]


def test_a_release_of_another_system_is_not_judged_by_the_bugs_of_asa_releases() -> None:
    """Threat Defense 7.4.2 is no ASA 7.4 without a fixed release."""
    facts = replace(facts_of("version=7.4.2"), license_mode=LicenseMode.THREAT_DEFENSE)

    lines = Page(made(report_of(judged([audited("fw-1", facts)], STANDARD)))).lines

    assert any(line.startswith("7.4.2 (Threat Defense) | 1 | 0 |") for line in lines)


def test_a_bug_without_a_fixed_release_names_those_that_it_affects() -> None:
    """ "fixed in ." says nothing, and looks as if something were cut."""
    bug = replace(BUG, affected=("9.12(4)", "9.8(2)"), fixed_in=())
    outcomes = judged([audited("fw-1", facts_of("-"))], replace(STANDARD, catalogue=(bug,)))
    report = replace(report_of(outcomes), cases=cases(outcomes, replace(STANDARD, catalogue=(bug,))))

    text = " ".join(Page(made(report)).lines)

    assert "CSCxx00001: affects 9.12(4), 9.8(2), no fixed release is listed." in text


# Inert.


def test_hostile_words_stay_words() -> None:
    """In every place that a device, an inventory or a file fills."""
    text = "<script>alert(1)</script>\"onmouseover=alert(1) x='"
    words = (*HOSTILE, text, "javascript:alert(1)", "]]>", "{{ 7 * 7 }}", "{% raw %}")
    outcomes = [
        audited(
            f"fw-{n}",
            replace(facts_of("-"), hostname=word, version=word, model=word),
            device=replace(named(f"fw-{n}"), host=word, groups=(word,)),
            findings=(finding(title=word, detail=word, remedy=word, bug=word),),
        )
        for n, word in enumerate(words)
    ]
    lost = [missed(f"{word}-{n}", Stage.CONNECT, word, word) for n, word in enumerate(words)]

    read = Page(made(report_of([*outcomes, *lost])))

    assert set(read.tags) <= own_elements()
    assert read.tags.count("script") == 1
    assert "\n".join(read.lines).count("<script>alert(1)</script>") >= 7
    assert "49" not in read.lines


@settings(max_examples=30)
@given(hostile_reports)
def test_no_text_of_a_device_becomes_markup_or_hides(report: Report) -> None:
    """Every character there is, in every text of a report."""
    text = made(report)

    read = Page(text)

    assert set(read.tags) <= own_elements()
    assert not [name for _, name, _ in read.attributes if name.startswith("on") or name == "style"]
    assert all(link.startswith("#") for link in read.links)
    assert [c for c in text if not c.isprintable() and c != "\n"] == []
    assert len(read.values("tbody", "id")) == len(report.devices)


def test_the_page_permits_its_own_style_and_script_and_nothing_else() -> None:
    """The second wall: where escaping failed, the browser would still refuse."""
    read = Page(made(small()))

    (policy,) = [value for tag, name, value in read.attributes if tag == "meta" and "default-src" in value]
    hashes = {
        f"{what}-src 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for what, text in read.inline.items()
    }
    assert set(policy.split("; ")) == {
        "default-src 'none'",
        "img-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        *hashes,
    }
    assert read.tags.count("style") == read.tags.count("script") == 1


def test_a_template_that_is_missing_is_named() -> None:
    """As where an installation is broken."""
    without = {name: text for name, text in TEMPLATES.items() if name != page.SCRIPT}

    with pytest.raises(TemplateError, match=r"audit\.js\.j2: not found; reinstall"):
        page.text(small(), without)


# For every reader.


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def palettes() -> dict[str, dict[str, str]]:
    """Every colour of the style by scheme."""
    style = Page(made(small())).inline["style"]
    found: dict[str, dict[str, str]] = {"light": {}, "dark": {}}
    for match in re.finditer(r"(@media \(prefers-color-scheme: dark\) \{\s*)?:root \{([^}]*)\}", style):
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", match[2]))
        found["dark" if match[1] else "light"] |= colours
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "panel"])
def test_text_has_a_contrast_of_at_least_four_and_a_half_and_drawings_of_three(
    scheme: str, ground: str
) -> None:
    """WCAG 2.2, 1.4.3 and 1.4.11."""
    colours = palettes()[scheme]

    def contrast(name: str) -> float:
        lighter, darker = sorted((luminance(colours[name]), luminance(colours[ground])), reverse=True)
        return (lighter + 0.05) / (darker + 0.05)

    texts = ("ink", "soft", "link", "critical", "high", "medium", "low", "info")
    assert {name: contrast(name) for name in texts if contrast(name) < 4.5} == {}
    assert {name: contrast(name) for name in ("bar", "warm") if contrast(name) < 3} == {}


def test_tables_have_captions_and_headings_have_scopes() -> None:
    """A screen reader says which table it is in and what a number means."""
    read = Page(made(replace(small(), history=runs(3))))

    assert read.tags.count("caption") == read.tags.count("table")
    assert read.tags.count("th") == len(read.values("th", "scope"))


# Size.


def test_a_report_of_5000_devices_is_smaller_than_10_mb() -> None:
    """It is sent by e-mail and opened on a laptop."""
    report = large(5_000)

    size = len(made(report).encode())

    assert (len(report.devices), sum(isinstance(o, NotAudited) for o in report.outcomes)) == (5_000, 100)
    assert size < 10_000_000


if __name__ == "__main__":
    GOLDEN.write_text("\n".join(Page(made(small())).lines) + "\n", encoding="utf-8")


def test_data_of_the_inventory_are_told_of_every_device() -> None:
    """Who is to be called is asked first of a firewall that did not answer."""
    shown = made(
        report_of(
            [
                replace(audited("fw-a", facts_of("-")), device=named("fw-a", data={"owner": "<noc>"})),
                replace(missed("fw-b", Stage.CONNECT), device=named("fw-b", data={"owner": "site team"})),
            ]
        )
    )

    assert "<dt>owner</dt><dd>&lt;noc&gt;</dd>" in shown
    assert "<dt>owner</dt><dd>site team</dd>" in shown
