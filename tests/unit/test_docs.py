"""The pages hang together: each is in the site's navigation, and each link leads somewhere."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asa_transport._version import __date__, __version__
from tests.pages import DOCS, PAGES, anchors, blocks, links, prose
from tests.site import from_elsewhere
from tests.support import ROOT


def named(nav: list[dict[str, Any]]) -> Iterator[str]:
    """Give the pages of a navigation, in order."""
    for entry in nav:
        for value in entry.values():
            yield from [value] if isinstance(value, str) else named(value)


def test_every_page_is_in_the_navigation_once() -> None:
    """A page that nobody is led to is not read."""
    site = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]

    assert sorted(named(site["nav"])) == sorted(page.name for page in DOCS.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_what_is_there(page: Path) -> None:
    """Files and anchors, in the checkout; the generator checks the same for the site."""
    broken = []
    for target in links(page):
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        if not there.is_file() or (anchor and anchor not in anchors(there)):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_a_page_of_the_site_links_to_nothing_outside_of_it(page: Path) -> None:
    """The site is copied to where the checkout is not."""
    assert [target for target in links(page) if target.startswith(("..", "/"))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_block_of_a_page_says_what_it_is(page: Path) -> None:
    """Only so can a test know which lines are typed; a block by indent alone says nothing."""
    by_indent = re.findall(r"^\n {4,}\S.*asa-transport .*$", prose(page), flags=re.MULTILINE)

    assert by_indent == []
    assert all(block.language for block in blocks(page))


def test_the_extras_of_the_page_are_those_that_can_be_installed() -> None:
    """pip only warns of an extra that is not there, and the reader believes to have it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    table = (DOCS / "install.md").read_text().partition("## Extras")[2].partition("\n## ")[0]

    named = set(re.findall(r"^\| `([a-z-]+)` \|", table, flags=re.MULTILINE))

    # What who works on the program needs, CONTRIBUTING.md says.
    assert named == set(project["optional-dependencies"]) - {"dev", "docs"}


def test_the_changelog_begins_with_the_release_that_this_is() -> None:
    """Who reads it looks for what `--version` says, above it at most what is not released yet."""
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)

    assert next(one for one in headings if one != "Unreleased") == f"{__version__} ({__date__})"


def test_what_a_page_of_the_site_loads_from_elsewhere_is_found(tmp_path: Path) -> None:
    """`make docs` asks this: whoever reads the site may have no way out, and tells nobody what is read."""
    (tmp_path / "index.html").write_text(
        '<script src="https://cdn.example.net/a.js"></script><link href="//fonts.example.net/b.css">'
        '<img src="images/report.png"><a href="https://www.example.net/">followed by a person</a>'
    )
    (tmp_path / "site.css").write_text("@import 'https://c.example.net/d.css'; p { color: red; }")

    found = [line.rpartition(": ")[2] for line in from_elsewhere(tmp_path)]

    assert found == [
        "https://cdn.example.net/a.js",
        "//fonts.example.net/b.css",
        "https://c.example.net/d.css",
    ]
