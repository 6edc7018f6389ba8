"""Whatever is shown as a source can be opened by a stranger, or says in plain words how it is known."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text
from typer.testing import CliRunner

from asa_transport.asa import sources
from asa_transport.asa.sources import Document, Kind, Known, Source
from asa_transport.asa.version import train_of
from asa_transport.cli.console import print_whole
from asa_transport.cli.main import app
from asa_transport.core.judgement.rules.table import RULES
from asa_transport.files import bugs as catalogue
from tests.pages import PAGES, prose
from tests.support import ROOT

# What only those who wrote the program can open: their notes and plans, by name; the outputs of firewalls
# that they collected; and the short names that they gave to all of these.
INTERNAL = re.compile(
    r"(?<!@)\b(?:DOMAIN|CONTRACT|DESIGN|PERFORMANCE|HOUSE|CONVENTIONS)\b|\bPEERS N?\d"
    r"|\bshared/|(?<!tests/)(?<!core/)\bcaptures/(?=\w)"
    r"|\bcap(?:ture)?s?:? (?:NAME|none|ntc|(?:asav?|iosxe|tac)\d*_)|\bntc[1-5]\b"
    r"|\b(?:asav?|asac|iosxe)_(?:show|ha|ping|write|oxidized|unicon|fxos|anonymous|plr|day0|boot)_"
    r"|(?<![\w\"'.-])S(?:[1-9]|1[0-3])\b(?=[,;).]|\s\()|(?:, |question )Q[1-7]\b|\bissue \"The "
)
KINDS = "|".join(re.escape(kind.value) for kind in Kind)
# A title and an address; or a bug of Cisco's; or one of the few kinds of knowledge without a document.
OPEN = re.compile(
    r"[^;]{8,}, https://[a-z0-9.-]+\.[a-z]+/[^\s;]*"
    rf"|Cisco bug ID CSC[a-z]{{2}}\d{{5}}|(?:{KINDS}): [^;]{{12,}}"
)

SHOWN = {f"rule {rule.id}": rule.source for rule in RULES} | {
    f"bug {bug.id}": bug.source for bug in catalogue.load(None, train_of=train_of).bugs
}
DOCUMENTS = {name: value for name, value in vars(sources).items() if isinstance(value, Document)}
# What a user has before them, the pages and what is shipped as text; and the code, whose readers have no
# more.
TEXTS = sorted(
    path
    for pattern in (
        "*.md", "*.yaml", "docs/**/*.md", "docs/**/*.json", "templates/**/*", "textfsm_templates/*",
        "contrib/**/*", "findings/*", "asa_transport/data/*.yaml", "asa_transport/**/*.py",
        "mock_devices/**/*.py", "tools/*.py", "tests/**/*.py",
    )
    for path in ROOT.glob(pattern)
    if path.is_file() and path != Path(__file__)
)  # fmt: skip


def parts(source: str) -> list[str]:
    return source.split("; ")


@pytest.mark.parametrize("shown", SHOWN)
def test_a_source_can_be_opened_or_says_how_it_is_known(shown: str) -> None:
    """A name that only the authors can look up proves nothing to whoever must decide by the rule."""
    source = SHOWN[shown]

    assert [part for part in parts(source) if not OPEN.fullmatch(part)] == []
    assert INTERNAL.search(source) is None
    assert "http://" not in source


@pytest.mark.parametrize(
    "source",
    [
        "Cisco TAC 225967",
        "DOMAIN 0 C, 8.2",
        "CONTRACT 9.2",
        "Cisco ASA Upgrade Guide, http://www.cisco.com/planning.html",
        "RFC 8332, RFC 9142",
        "asa_show_license_all_ntc1.txt",
        "observed",
        "known: by hearsay",
        "https://www.cisco.com/",
    ],
)
def test_what_is_no_open_source_is_told_from_one(source: str) -> None:
    """What the rules said before, and near misses: the pattern must not take everything."""
    assert OPEN.fullmatch(source) is None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_has_a_title_and_an_address_of_its_own(name: str) -> None:
    """Two names of one page, or two titles, would look like two proofs."""
    document = DOCUMENTS[name]

    assert OPEN.fullmatch(str(document))
    assert [other for other, one in DOCUMENTS.items() if one.address == document.address] == [name]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_names_no_source_twice(rule: object) -> None:
    """Each stands for itself."""
    named: tuple[Source, ...] = rule.sources  # type: ignore[attr-defined]

    assert named
    assert len(set(named)) == len(named)
    assert all(isinstance(one, Document | Known) for one in named)


def test_one_rule_is_printed_with_a_source_a_line() -> None:
    """An address is copied or clicked: nothing stands behind it on its line."""
    for rule in RULES:
        printed = CliRunner().invoke(app, ["rules", rule.id]).stdout.splitlines()

        for source in rule.sources:
            assert any(line.endswith(str(source)) for line in printed)


def test_the_catalogue_is_printed_with_a_source_a_line() -> None:
    """As of a rule; and the table of many columns is not cut by a long address."""
    printed = CliRunner().invoke(app, ["bugs"]).stdout.splitlines()

    for bug in catalogue.load(None, train_of=train_of).bugs:
        for source in parts(bug.source):
            assert any(line.endswith(source) for line in printed)
        assert any(line.endswith(f"as of {bug.as_of}") for line in printed)


def test_an_address_is_whole_on_a_narrow_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Folded into a column, it can be neither clicked nor copied."""
    console = Console(force_terminal=True, color_system=None, width=40)

    print_whole(console, Text("source"), [Text(str(sources.TAC))])

    assert capsys.readouterr().out == f"  source\n    {sources.TAC}\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_that_names_the_tac_document_leads_to_it(page: Path) -> None:
    """Its number alone must be searched for."""
    assert "225967" not in prose(page) or sources.TAC.address in prose(page)


def test_no_text_and_no_code_names_what_its_readers_cannot_open() -> None:
    """They have nothing else than the checkout: a section of notes that they never saw is no source."""
    named = [
        f"{path.relative_to(ROOT)}: {found[0]!r}"
        for path in TEXTS
        for found in INTERNAL.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]

    assert len(TEXTS) > 500
    assert named == []
