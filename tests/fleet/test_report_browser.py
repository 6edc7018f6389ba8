"""The HTML report in a real browser: loads nothing, complains of nothing, sorts, filters, needs no script.

Chromium is driven over its own protocol (`browser.py`), which says what was asked for and what
went wrong.  Pictures of what was seen stay in build/screenshots.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from asa_transport.core.judgement.judge import judged
from asa_transport.core.reports.report import Report
from asa_transport.model import Evidence, Severity, Stage
from tests.fleet.browser import CHROMIUM, Browser, browser
from tests.support import ROOT
from tests.unit.judging import facts_of
from tests.unit.reporting import (
    HOSTILE,
    STANDARD,
    audited,
    every_kind,
    finding,
    large,
    missed,
    named,
    report_of,
)
from tests.unit.test_report_html import made, runs

PICTURES = ROOT / "build" / "screenshots"
OWNED = "document.title='owned'"
ACTIVE = (
    f"<script>{OWNED}</script>",
    f"<img src=http://evil.example/x.png onerror={OWNED}>",
    f'"onmouseover="{OWNED}" x="',
    f"'><svg onload={OWNED}>",
    f"javascript:{OWNED}",
    f"</code></details></table></style></script><script>{OWNED}</script>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202egnp.exe",
    "]]>",
)
# The words of a row that is in sight, without what is folded away.
SEEN = "[...document.querySelectorAll('#fleet tbody:not([hidden])')]"
NAMES = f"{SEEN}.map(body => body.querySelector('th').firstChild.data.trim())"

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no `chromium` on PATH: the page was not opened in a browser"
)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture
def fresh(chromium: Browser) -> Browser:
    """The browser with a wide light window and nothing noted."""
    chromium.complaints.clear()
    chromium.requests.clear()
    chromium.media(width=1280)
    return chromium


def saved(report: Report, directory: Path) -> Path:
    path = directory / "report.html"
    path.write_text(made(report), encoding="utf-8")
    return path


def known() -> Report:
    """Every kind of device, with earlier runs and two groups."""
    report = replace(every_kind(), history=runs(40))
    grouped = tuple(
        replace(o, device=replace(o.device, groups=("emea" if n % 3 else "apac",)))
        for n, o in enumerate(report.outcomes)
    )
    return replace(report, outcomes=grouped, devices=tuple(o.device for o in grouped))


def hostile() -> Report:
    """Devices whose every word is one that acts somewhere."""
    words = (*ACTIVE, *HOSTILE)
    outcomes = [
        audited(
            f"fw-{n}",
            replace(facts_of("-"), hostname=word, version=word, model=word, serial=word),
            device=replace(named(f"{word}{n}"), host=word, groups=(word,)),
            findings=(
                finding(
                    title=word,
                    detail=word,
                    remedy=word,
                    bug=word,
                    evidence=(Evidence(command=word, line=1, text=word),),
                ),
            ),
        )
        for n, word in enumerate(words)
    ]
    lost = [missed(f"{word}-lost-{n}", Stage.CONNECT, word, word) for n, word in enumerate(words)]
    return report_of([*judged(outcomes, STANDARD)[:3], *outcomes[3:], *lost])


def value(page: Browser, field: str, text: str) -> None:
    """Fill one of the filter's fields as a person does."""
    page.value(f"document.getElementById({field!r}).value = {text!r}")
    page.value(f"document.getElementById({field!r}).dispatchEvent(new Event('input'))")


# What it asks for.


@pytest.mark.parametrize("make", [known, hostile])
def test_the_page_asks_for_nothing_and_the_console_stays_silent(
    make: object, fresh: Browser, tmp_path: Path
) -> None:
    """It is opened from an attachment, maybe on a network that must not learn of it."""
    assert callable(make)
    path = saved(make(), tmp_path)

    fresh.open(path)
    fresh.value("document.querySelectorAll('details').forEach(each => { each.open = true; })")

    assert fresh.requests == [path.as_uri()]
    assert fresh.complaints == []


def test_hostile_words_are_shown_and_do_not_act(fresh: Browser, tmp_path: Path) -> None:
    """Scripts, images, handlers, ends of elements, escapes, in every text of a device."""
    report = hostile()

    fresh.open(saved(report, tmp_path))
    fresh.value("document.querySelectorAll('details').forEach(each => { each.open = true; })")

    assert fresh.value("document.title") != "owned"
    assert fresh.value("document.querySelectorAll('script, style').length") == 2
    assert fresh.value("document.querySelectorAll('img, link, iframe, [onmouseover], [onload]').length") == 0
    assert fresh.value("document.querySelectorAll('#fleet tbody').length") == len(report.devices)
    words = fresh.value("document.getElementById('fleet').textContent")
    assert words.count(ACTIVE[0]) >= 8
    assert words.count(r"\x1b[31mred\x1b]0;title\x07") >= 8
    assert words.count(r"\u202egnp.exe") >= 8


def test_a_script_that_is_not_the_page_s_own_would_be_stopped(fresh: Browser, tmp_path: Path) -> None:
    """The page's policy is the second wall, and the probes of these tests see it refuse."""
    path = tmp_path / "report.html"
    foreign = f"<script>{OWNED}</script><img src=http://127.0.0.1:1/x.png></body>"
    path.write_text(made(known()).replace("</body>", foreign), encoding="utf-8")

    fresh.open(path)

    assert fresh.value("document.title") != "owned"
    assert len([said for said in fresh.complaints if "Content Security Policy" in said]) == 2


def test_the_probes_see_a_request_and_a_complaint(fresh: Browser, tmp_path: Path) -> None:
    """A browser that notes nothing would pass every test above."""
    path = tmp_path / "report.html"
    path.write_text(
        f"<title>a</title><script>{OWNED};console.error(1)</script><img src=http://127.0.0.1:1/x>"
    )

    fresh.open(path)

    assert fresh.value("document.title") == "owned"
    assert fresh.requests == [path.as_uri(), "http://127.0.0.1:1/x"]
    assert len(fresh.complaints) >= 1


# What a person does with it.


def test_the_table_filters_by_words_severity_and_verdict_and_says_how_many_are_left(
    fresh: Browser, tmp_path: Path
) -> None:
    """All three at once; "clear" brings everything back."""
    report = known()
    fresh.open(saved(report, tmp_path))
    status = "document.getElementById('shown').textContent"
    everything = f"{len(report.devices)} devices"

    before = fresh.value(status)
    value(fresh, "contains", "AT101 CALLHOME")
    by_words, said = fresh.value(NAMES), fresh.value(status)
    value(fresh, "verdict", "change")
    by_both = fresh.value(NAMES)
    value(fresh, "contains", "")
    value(fresh, "verdict", "")
    value(fresh, "worst", "not audited")
    lost = fresh.value(NAMES)
    fresh.value("document.getElementById('clear').click()")

    with_rule = {
        o.device.name for o in report.outcomes if any(f.rule == "AT101" for f in getattr(o, "findings", ()))
    }
    assert before == everything
    assert with_rule == set(by_words)
    assert said == f"{len(by_words)} of {everything} shown"
    assert 0 < len(by_both) < len(by_words)
    assert sorted(lost) == sorted(f"fw-lost-{stage}" for stage in Stage)
    assert fresh.value(status) == everything
    assert len(fresh.value(NAMES)) == len(report.devices)


def test_the_table_sorts_by_every_column_and_back(fresh: Browser, tmp_path: Path) -> None:
    """By name as people count, by days as numbers, by finding as urgency."""
    report = known()
    fresh.open(saved(report, tmp_path))
    press = "document.querySelectorAll('#fleet thead button')[{}].click()"
    days = f"{SEEN}.map(body => body.rows[0].cells[5].textContent).filter(text => Number(text))"
    worst = f"{SEEN}.map(body => body.rows[0].cells[1].textContent)"
    order = ["critical", "not audited", "high", "medium", "low", "info", "none"]

    first = fresh.value(worst)
    fresh.value(press.format(0))
    by_name, sorted_by = fresh.value(NAMES), fresh.value("document.getElementById('shown').textContent")
    fresh.value(press.format(0))
    backwards = fresh.value(NAMES)
    fresh.value(press.format(5))
    by_days = [float(text) for text in fresh.value(days)]
    fresh.value(press.format(1))
    by_worst = fresh.value(worst)

    assert first == by_worst == sorted(first, key=order.index)
    assert by_name == sorted(device.name for device in report.devices)
    assert sorted_by == f"{len(report.devices)} devices, by device, ascending"
    assert backwards == by_name[::-1]
    assert by_days == sorted(by_days)
    assert len(by_days) > 10
    sorts = "[...document.querySelectorAll('#fleet thead th')].map(th => th.getAttribute('aria-sort'))"
    assert fresh.value(sorts) == [None, "descending", None, None, None, None, None]


def test_a_person_without_a_mouse_reaches_and_presses_everything(fresh: Browser, tmp_path: Path) -> None:
    """Tab finds links, fields, headings and findings; Enter sorts and opens; the focus is seen."""
    fresh.open(saved(known(), tmp_path))
    focused = "document.activeElement.closest('th') && document.activeElement.textContent"
    outline = "getComputedStyle(document.activeElement).outlineStyle"

    outlines = []
    for _ in range(60):
        fresh.press("Tab")
        outlines.append(fresh.value(outline))
        if fresh.value(focused) == "Device":
            break
    fresh.press("Enter")
    is_sorted = fresh.value("document.querySelector('#fleet th').getAttribute('aria-sort')")
    while fresh.value("document.activeElement.closest('tbody') === null"):
        fresh.press("Tab")
    fresh.press("Enter")

    assert set(outlines) <= {"solid", "auto"}
    assert is_sorted == "ascending"
    assert (
        fresh.value("document.activeElement.tagName + document.activeElement.parentNode.open")
        == "SUMMARYtrue"
    )


def test_a_finding_that_is_opened_shows_its_remedy_in_place(fresh: Browser, tmp_path: Path) -> None:
    """The remedy stands once a page; the reader need not go there and come back."""
    fresh.open(saved(known(), tmp_path))

    # The page's own listener hears of it on the way down, before the element itself.
    first = "document.querySelector('#fleet details')"
    opened = (
        f"new Promise(done => {{ {first}.addEventListener('toggle', () => done()); {first}.open = true; }})"
    )
    fresh.value(opened)

    assert "Remedy: now: permit HTTPS" in fresh.value(f"{first}.textContent")
    assert fresh.value(f"{first}.querySelector('a') === null")


def test_a_link_to_a_device_that_the_filter_hides_still_arrives(fresh: Browser, tmp_path: Path) -> None:
    """From "not audited" to the row, whatever was filtered before."""
    fresh.open(saved(known(), tmp_path))
    value(fresh, "worst", "critical")

    arrived = "new Promise(done => addEventListener('hashchange', () => setTimeout(done)))"
    fresh.value(f"{{const all = {arrived}; document.querySelector('.missed a').click(); all}}")

    assert fresh.value("document.querySelector(':target').hidden") is False
    assert fresh.value("document.querySelector(':target').getBoundingClientRect().top < innerHeight") is True


# For every reader.


def test_the_page_is_whole_without_script(tmp_path: Path) -> None:
    """Mail programs and strict companies turn it off; nothing may be missing or dead."""
    report = known()
    with browser(tmp_path) as page:
        page.without_script()
        page.media(width=1280)
        page.open(saved(report, tmp_path))

        assert len(page.value(NAMES)) == len(report.devices)
        assert page.value("document.getElementById('controls').checkVisibility()") is False
        assert page.value("document.querySelectorAll('#fleet button').length") == 0
        words = page.value("document.body.textContent")
        assert f"{len(report.devices)} devices" in words
        assert page.complaints == []
        page.picture(PICTURES / "report-without-script.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_is_wider_than_the_window(width: int, scheme: str, fresh: Browser, tmp_path: Path) -> None:
    """A page that moves sideways is not read on a telephone; its pictures are kept to be looked at."""
    fresh.media(width=width, scheme=scheme)

    fresh.open(saved(known(), tmp_path))
    fresh.value("document.querySelectorAll('#fleet details').forEach((each, n) => { each.open = n < 4; })")

    ground = fresh.value("getComputedStyle(document.body).backgroundColor")
    fresh.media(width=width, scheme=scheme, height=5000)
    fresh.picture(PICTURES / f"report-{width}-{scheme}.png")
    assert fresh.value("document.documentElement.scrollWidth") <= width
    assert ground == {"light": "rgb(253, 253, 251)", "dark": "rgb(22, 25, 29)"}[scheme]


def test_a_hostile_page_is_not_wider_than_the_window_either(fresh: Browser, tmp_path: Path) -> None:
    """A host name of 200 letters breaks; it does not push the page aside."""
    long = "w" * 200
    found = finding(
        title=long, detail=long, remedy=long, evidence=(Evidence(command="show", line=1, text=long),)
    )
    report = report_of(
        [
            audited(long, replace(facts_of("-"), version=long, model=long), findings=(found,)),
            missed(f"{long}-lost", Stage.COLLECT, long, long),
        ]
    )
    fresh.media(width=400)

    fresh.open(saved(report, tmp_path))
    fresh.value("document.querySelectorAll('details').forEach(each => { each.open = true; })")

    assert fresh.value("document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize("width", [400, 540, 700, 1280])
def test_the_headline_breaks_no_name_of_a_device(width: int, fresh: Browser, tmp_path: Path) -> None:
    """`fw-` at the end of one line and `tyo-01` on the next is no device that anybody knows."""
    fresh.media(width=width)

    fresh.open(saved(known(), tmp_path))

    heights = fresh.value(
        "[...document.querySelectorAll('h1 span')].map(each => each.getBoundingClientRect().height)"
    )
    text = fresh.value("document.querySelector('h1').textContent")
    size = fresh.value("parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)")
    assert text == fresh.value("document.title")
    assert len(heights) == len(text.split())
    assert all(height < 2 * size for height in heights)


def test_on_paper_every_finding_is_open_and_the_heading_of_the_table_repeats(
    fresh: Browser, tmp_path: Path
) -> None:
    """Nobody can open anything on paper."""
    fresh.media(width=794, medium="print")

    fresh.open(saved(known(), tmp_path))

    hidden = (
        "[...document.querySelectorAll('#fleet details > *')].filter(each => !each.checkVisibility()).length"
    )
    assert fresh.value(hidden) == 0
    assert (
        fresh.value("getComputedStyle(document.querySelector('#fleet thead')).display")
        == "table-header-group"
    )
    assert fresh.value("document.getElementById('controls').checkVisibility()") is False
    fresh.printed(PICTURES / "report.pdf")


def test_a_screen_reader_is_told_of_every_row_also_of_those_out_of_sight(tmp_path: Path) -> None:
    """Rows are laid out as they come into sight, and the table is drawn as a grid: neither may hide them."""
    report = known()
    with browser(tmp_path, "--force-renderer-accessibility") as page:
        page.media(width=400, height=400)
        page.open(saved(report, tmp_path))

        rows = page.value(
            "[...document.querySelectorAll('tr')].filter(row => !row.closest('details')).length"
        )
        roles = page.roles()

    assert roles["row"] == rows
    assert roles["rowheader"] >= len(report.devices)
    assert roles["DisclosureTriangle"] >= sum(len(getattr(o, "findings", ())) for o in report.outcomes)


def test_5000_devices_are_opened_sorted_and_filtered(fresh: Browser, tmp_path: Path) -> None:
    """Without a complaint; how long it takes is printed by `python -m tests.benchmarks.html`."""
    report = large(5_000)
    critical = sum(
        any(f.severity is Severity.CRITICAL for f in getattr(o, "findings", ())) for o in report.outcomes
    )

    fresh.open(saved(report, tmp_path))
    fresh.value("document.querySelector('#fleet thead button').click()")
    value(fresh, "worst", "critical")

    names = fresh.value(NAMES)
    assert len(names) == critical > 1_000
    assert names == sorted(names)
    assert fresh.complaints == []
