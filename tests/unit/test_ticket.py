"""The bundle of a change ticket: what is in it, how it reads, and that it stays the same and small."""

from __future__ import annotations

import functools
import itertools
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from asa_transport.cli.schemas import SCHEMAS
from asa_transport.core.reports.jinja import rendered
from asa_transport.core.reports.ticket import markdown
from asa_transport.core.reports.ticket.bundle import bundle, run_bundle
from asa_transport.core.reports.ticket.content import cleaned
from asa_transport.core.reports.ticket.markdown import LARGEST
from asa_transport.core.reports.ticket.plan import content
from asa_transport.edges import ticket_folder as folder
from asa_transport.errors import TemplateError, UserError
from asa_transport.model import HeldDevice, Severity
from asa_transport.text import in_words, ranges
from tests.benchmarks.ticket import fleet
from tests.support import ROOT
from tests.unit.reporting import HOSTILE, texts
from tests.unit.ticketing import (
    DIGEST,
    TEMPLATES,
    example,
    found,
    missed,
    plan_of,
    planned,
    reverted,
    run_of,
    seen,
)

VOID = {"meta", "br"}


@functools.cache
def example_bundle() -> dict[str, bytes]:
    plan, audit, evidence = example()
    return bundle(plan, audit=audit, evidence=evidence, templates=TEMPLATES)


def page(name: str = "ticket.md") -> str:
    return example_bundle()[name].decode()


def unwrapped(text: str) -> str:
    return " ".join(text.split())


class Outline(HTMLParser):
    """The elements, attributes and text of a page; fails where an element is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


# What is in it.


def test_a_plan_s_bundle_has_a_diff_and_a_rollback_for_each_planned_device() -> None:
    """Evidence also of the held ones: it is why they are held."""
    files = example_bundle()

    planned_names = {"fw-ber-01", "fw-par-01", *(f"fw-ham-0{n}" for n in range(1, 6))}
    assert {path for path in files if "/" not in path} == {"ticket.md", "ticket.html", "ticket.json"}
    assert {path for path in files if path.startswith("diffs/")} == {f"diffs/{n}.diff" for n in planned_names}
    assert {p for p in files if p.startswith("rollback/")} == {f"rollback/{n}.txt" for n in planned_names}
    assert "evidence/fw-osl-01/show_license_status.txt" in files
    assert "evidence/fw-rom-01/show_license_status.txt" not in files


def test_the_ticket_for_programs_is_as_its_schema_says() -> None:
    """Whoever opens the change by a script relies on it."""
    document = json.loads(page("ticket.json"))

    jsonschema.validate(document, SCHEMAS["ticket"]())
    assert any(finding["evidence"] for card in document["devices"] for finding in card["findings"])
    wrong: tuple[dict[str, object], ...] = ({"kind": "order"}, {"devices": [{}]}, {"more": 1})
    for damage in wrong:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**document, **damage}, SCHEMAS["ticket"]())


def test_the_diff_and_the_rollback_are_the_plan_s_lines_and_no_others() -> None:
    """A person pastes them."""
    plan, *_ = example()
    files = example_bundle()

    for device in plan.devices:
        assert files[f"diffs/{device.name}.diff"].decode() == device.diff
        assert files[f"rollback/{device.name}.txt"].decode().splitlines() == list(device.rollback)


@pytest.mark.parametrize("name", ["ticket.md", "ticket.html", "ticket.json"])
def test_every_form_says_all_that_an_approver_asks(name: str) -> None:
    """One content in three forms."""
    text = unwrapped(page(name))

    for said in (
        DIGEST,
        "2026-01-27T12:00:00Z",
        "expected",
        "transport is callhome, expected smart",
        "AT201",
        "fw-osl-01",
        "standby unit: change the active unit",
        "fw-zur-01",
        "TCP connection: refused",
        "SUCCEEDED and is newer than the push",
        "write memory",
        "smartreceiver.cisco.com:443 must answer the firewall itself: to be probed at push",
        "the way back writes it explicitly",
        "transport proxy proxy.example.net port 8080",
        "no transport proxy",
    ):
        assert said in text, said


def test_identical_changes_are_said_once_with_their_number() -> None:
    """Nobody reads the same two lines 38 times."""
    text = page()

    assert "### 6 devices get these 2 lines" in text
    assert text.count("    license smart\n     transport type smart\n") == 1
    assert "Sent to fw-ber-01, fw-ham-01 to fw-ham-05 (5)." in text


def test_a_temporary_revert_says_who_until_when_and_what_happens_then() -> None:
    """A revert without an end is the fault that this program exists to find."""
    plan, audit, evidence = example()
    temporary = replace(plan, **reverted(plan))  # type: ignore[arg-type]

    text = unwrapped(
        bundle(temporary, audit=audit, evidence=evidence, templates=TEMPLATES)["ticket.md"].decode()
    )

    assert "owner: net-team" in text
    assert "net-team answers for it (CHG-1) until 2026-02-03T12:00:00Z" in text
    assert "AT502" in text


def test_a_plan_without_its_run_says_what_is_missing() -> None:
    """An empty risk section must not read as "no risk"."""
    plan, *_ = example()

    files = bundle(plan, audit=None, evidence={}, templates=TEMPLATES)

    assert "was not at hand" in files["ticket.md"].decode()
    assert "was not at hand" in files["ticket.html"].decode()
    assert not any(path.startswith("evidence/") for path in files)


def test_an_audit_s_bundle_sends_nothing() -> None:
    """Findings, decisions and evidence; no diff, no rollback."""
    _, audit, evidence = example()

    files = run_bundle(audit, evidence=evidence, templates=TEMPLATES)

    assert not any(path.startswith(("diffs/", "rollback/")) for path in files)
    assert "evidence/fw-rom-01/show_license_status.txt" in files
    assert "What is sent" not in files["ticket.md"].decode()
    assert "7 change, 1 compliant, 1 hold" in unwrapped(files["ticket.md"].decode())


def test_an_empty_plan_is_a_ticket_that_says_so() -> None:
    """Nothing to do is an answer, too."""
    files = bundle(plan_of([]), audit=run_of([]), evidence={}, templates=TEMPLATES)

    assert "Nothing is to be changed." in files["ticket.md"].decode()
    Outline(files["ticket.html"].decode())


# The same bytes.


def test_the_same_plan_gives_the_same_bytes_in_any_order_of_its_answers() -> None:
    """An approver compares two bundles by their digest."""
    plan, audit, evidence = example()
    turned = {name: dict(reversed(list(evidence[name].items()))) for name in reversed(list(evidence))}

    one = bundle(plan, audit=audit, evidence=evidence, templates=TEMPLATES)
    two = bundle(plan, audit=audit, evidence=turned, templates=TEMPLATES)

    assert list(one.items()) == list(two.items())


def test_the_same_files_give_the_same_zip_wherever_it_is_written(tmp_path: Path) -> None:
    """Times, order and permissions are fixed."""
    files = example_bundle()
    turned = dict(reversed(files.items()))

    folder.write(files, tmp_path / "one", zip_root="ticket-1")
    folder.write(turned, tmp_path / "two" / "deep", zip_root="ticket-1")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two" / "deep.zip").read_bytes()


def test_what_is_written_is_private_and_whole(tmp_path: Path) -> None:
    """A bundle tells where every firewall is."""
    files = example_bundle()

    folder.write(files, tmp_path / "change", zip_root="ticket-1")

    written = {p.relative_to(tmp_path / "change").as_posix(): p for p in (tmp_path / "change").rglob("*.*")}
    assert {name: p.read_bytes() for name, p in written.items() if p.is_file()} == files
    modes = {p.stat().st_mode & 0o777 for p in tmp_path.rglob("*") if p.is_file()}
    assert modes == {0o600}
    assert {p.stat().st_mode & 0o777 for p in tmp_path.rglob("*") if p.is_dir()} == {0o700}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["change", "change.zip"]


@pytest.mark.parametrize("kind", ["filled", "file", "zip", "dangling"])
def test_nothing_that_is_there_is_overwritten(tmp_path: Path, kind: str) -> None:
    """A ticket that was approved must not change under its name."""
    directory = tmp_path / "change"
    if kind == "filled":
        directory.mkdir()
        (directory / "note").write_text("mine")
    elif kind == "file":
        directory.write_text("mine")
    elif kind == "zip":
        (tmp_path / "change.zip").write_text("mine")
    else:
        directory.symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(UserError, match="change"):
        folder.write({"a": b""}, directory, zip_root="t")

    assert sorted(tmp_path.rglob("*")) == before


# How it reads.


def test_the_markdown_has_no_html_no_table_and_short_lines() -> None:
    """It is pasted into systems that know none of these."""
    text = page()

    kinds = {token.type for token in MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(text)}
    assert not kinds & {"html_block", "table_open"}
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("said", HOSTILE)
def test_hostile_words_stay_words_in_the_markdown(said: str) -> None:
    """No heading, no list, no link, no HTML that we did not write."""
    calm, wild = _structure("calm"), _structure(said)

    assert wild == calm


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(said=texts)
def test_whatever_a_device_says_stays_words_in_every_page(said: str) -> None:
    """The same elements, whatever the words are."""
    assert _structure(said) == _structure("calm")
    assert _outline(said).tags == _outline("calm").tags


def _told(said: str) -> dict[str, bytes]:
    finding = found(title=said, detail=said, remedy=said, bug=said or "-", evidence=(("show x", 1, said),))
    device = planned("fw-a", reasons=(f"{said} ",), notes=(f"{said} ",), region=said or "-", groups=(said,))
    plan = plan_of([device], held=(HeldDevice(name="fw-b", reasons=(said,)),), inventory=said)
    audit = run_of(
        [seen("fw-a", hostname=said or "-", model=said or "-", findings=(finding,))],
        [missed("fw-c", host=said, stage=said, error=said, hint=said)],
    )
    return bundle(plan, audit=audit, evidence={"fw-a": {"show_x": said}}, templates=TEMPLATES)


def _structure(said: str) -> list[str]:
    tokens = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(_told(said)["ticket.md"].decode())
    inner = [child.type for token in tokens for child in token.children or ()]
    quiet = {"text", "code_inline", "softbreak"}
    # A paragraph may be there or not: an entry without words has none.
    blocks = [token.type for token in tokens if not token.type.startswith(("paragraph", "inline"))]
    return [*blocks, *(kind for kind in inner if kind not in quiet)]


def _outline(said: str) -> Outline:
    return Outline(_told(said)["ticket.html"].decode())


def test_the_html_needs_nothing_but_itself() -> None:
    """No script, no address to load from, and a policy that forbids both."""
    outline = Outline(page("ticket.html"))

    names = {name for name, _ in outline.attributes}
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(outline.tags)
    assert not {"src", "srcset", "action", "onclick", "onload", "style"} & names
    assert all(value and value.startswith("#") for name, value in outline.attributes if name == "href")
    assert "default-src 'none'" in page("ticket.html")
    assert "url(" not in page("ticket.html")


@pytest.mark.parametrize(
    "page",
    ["ticket/plan/ticket.html", "ticket/push/ticket.html", "ticket/run/ticket.html", "report/audit.html"],
)
def test_headings_go_down_one_level_at_a_time(page: str) -> None:
    """Who moves by headings takes a level that is left out for a part that is missing."""
    text = (ROOT / "tests" / "golden" / "snapshots" / page).read_text(encoding="utf-8")

    levels = [int(level) for level in re.findall(r"<h([1-6])\b", text)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [pair for pair in itertools.pairwise(levels) if pair[1] > pair[0] + 1] == []


def test_every_link_of_the_html_has_its_place() -> None:
    """A keyboard user follows them."""
    outline = Outline(page("ticket.html"))
    places = [value for name, value in outline.attributes if name == "id"]

    assert len(places) == len(set(places))
    for name, value in outline.attributes:
        if name in {"href", "aria-labelledby"}:
            assert value is not None
            assert value.lstrip("#") in places


def test_a_hostile_hostname_is_shown_as_text() -> None:
    """The approver's browser is not the device's."""
    hostile = "<script>document.title='owned'</script>"

    outline = _outline(hostile)

    assert "script" not in outline.tags
    assert hostile in "".join(outline.words)


def test_a_template_that_names_an_unknown_value_is_an_error() -> None:
    """An empty word in an approved page would be a lie."""
    with pytest.raises(TemplateError, match="nobody"):
        rendered({"x.html.j2": "{{ nobody }}"}, "x.html.j2", {})


# What an approver decides by.


def test_the_risk_is_that_of_the_devices_of_this_change() -> None:
    """An approver of one change must not read the whole fleet's findings, nor miss those of the mate."""
    pair = planned("fw-a1", unit="fw-a1+fw-a2")
    critical = found("AT202", Severity.CRITICAL, title="elsewhere")
    audit = run_of(
        [seen("fw-a1"), seen("fw-a2", findings=(found("AT401"),)), seen("fw-b", findings=(critical,))], []
    )

    made = content(cleaned(plan_of([pair])), cleaned(audit), {})

    assert [(one.rule, one.names) for one in made.risk] == [("AT101", ("fw-a1",)), ("AT401", ("fw-a2",))]
    assert "## Risk of the change" in markdown.text(made)


def test_held_devices_stand_in_order_with_all_their_reasons_whole() -> None:
    """A reason that is cut, or that stands under another device's, is no ground to decide by."""
    long = "because " + "of a long story " * 60 + "that ends here"
    plan = plan_of(
        [planned("fw-z")],
        held=(
            HeldDevice(name="fw-c", reasons=("common",)),
            HeldDevice(name="fw-a", reasons=(long, "second")),
            HeldDevice(name="fw-b", reasons=("common",)),
        ),
    )

    made = content(cleaned(plan), None, {})

    assert [(one.names, one.reasons) for one in made.held] == [
        (("fw-a",), (long, "second")),
        (("fw-b", "fw-c"), ("common",)),
    ]
    files = bundle(plan, audit=None, evidence={}, templates=TEMPLATES)
    for name in ("ticket.md", "ticket.html"):
        text = " ".join(files[name].decode().split())
        assert "that ends here" in text
        assert text.index("that ends here") < text.index("second") < text.index("common")


# Secrets.

LEAKS = (
    "license smart register idtoken {}",
    "enable password {} encrypted",
    "username admin password {}",
    " key {}",
    "snmp-server community {}",
    "https://user:{}@proxy.example.net/",
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40, deadline=None)
@given(
    secret=st.text("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789+", min_size=10, max_size=30),
    line=st.sampled_from(LEAKS),
)
def test_a_secret_is_nowhere_in_the_bundle(secret: str, line: str) -> None:
    """Whichever way it came in: an answer, a finding, a reason, an error, a name of a file."""
    # Of a password like `fingerprin` nobody can say whether it is there.
    assume(not any(secret.encode() in content for content in _harmless().values()))

    files = _told(line.format(secret))

    assert not [path for path, content in files.items() if secret.encode() in content]


@functools.cache
def _harmless() -> dict[str, bytes]:
    return _told("nothing to hide")


# Many devices.


@pytest.fixture(scope="module")
def large() -> dict[str, bytes]:
    plan, audit, evidence = fleet(5000)
    few = dict(list(evidence.items())[:3])
    return bundle(plan, audit=audit, evidence=few, templates=TEMPLATES)


def test_the_markdown_of_5000_devices_is_below_200_kb(large: dict[str, bytes]) -> None:
    """Ticketing systems cut what is longer."""
    assert len(large["ticket.md"]) <= LARGEST < 200_000


def test_what_the_markdown_leaves_out_is_in_the_json(large: dict[str, bytes]) -> None:
    """Cut, and said so; never lost."""
    text, document = large["ticket.md"].decode(), json.loads(large["ticket.json"])

    assert re.search(r"[0-9,]+ more, see\s+ticket.json", text)
    assert len(document["devices"]) == 5000
    assert sum(len(group["names"]) for group in document["changes"]) == 5000
    assert sum(len(wave) for wave in document["waves"]) == 5000
    assert len([path for path in large if path.startswith("diffs/")]) == 5000


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=5, deadline=None)
@given(words=st.lists(texts, min_size=1, max_size=3))
def test_the_markdown_stays_small_when_every_device_says_something_else(words: list[str]) -> None:
    """Where nothing can be grouped, the number of entries is what gives way."""
    said = " ".join(words) * 20
    audited = [
        seen(
            f"x{n}y{n}", findings=(found(f"AT{n}", Severity.HIGH, title=f"{n} {said}", remedy=f"{n} {said}"),)
        )
        # More than any of the lengths that the page tries has entries or names.
        for n in range(900)
    ]
    lost = [missed(f"m{n}", error=f"{n} {said}", hint=said) for n in range(500)]
    devices = [planned(one.name, wave=n + 1, reasons=(f"{n} {said}",)) for n, one in enumerate(audited)]

    page = markdown.text(content(cleaned(plan_of(devices)), cleaned(run_of(audited, lost)), {}))

    assert len(page.encode()) <= LARGEST


# Names.

NAMES = st.lists(st.from_regex(r"[a-c]{1,2}-?[0-9]{0,3}(?:-x)?", fullmatch=True), max_size=40)


@settings(deadline=None)
@given(names=NAMES)
def test_every_name_is_in_exactly_one_entry(names: list[str]) -> None:
    """A range stands for exactly the names that are there."""
    entries = ranges(names)

    assert sum(count for _, count in entries) == len(set(names))
    told: list[str] = []
    for entry, count in entries:
        if count == 1:
            told.append(entry)
            continue
        first, last = entry.rpartition(" (")[0].split(" to ")
        match = re.fullmatch(r"(.*?)([0-9]+)([^0-9]*)", first)
        assert match is not None
        start, width = int(match[2]), len(match[2])
        run = [f"{match[1]}{start + step:0{width}}{match[3]}" for step in range(count)]
        assert run[-1] == last
        told += run
    assert sorted(told) == sorted(set(names))


def test_names_that_are_cut_are_counted() -> None:
    """ "And N more" is a number of devices, not of entries."""
    names = ["a", "b", *(f"fw-{n:03}" for n in range(1, 101))]

    assert in_words(names) == "a, b, fw-001 to fw-100 (100)"
    assert in_words(names, at_most=2) == "a, b and 100 more, see ticket.json"
    assert in_words(["fw-8", "fw-9", "fw-10", "fw-12"]) == "fw-8 to fw-10 (3), fw-12"


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "a..b", "a\x00b"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    """A plan is a file from somebody."""
    with pytest.raises(ValueError, match="cannot be a file's name"):
        bundle(plan_of([planned(name)]), audit=None, evidence={}, templates=TEMPLATES)
