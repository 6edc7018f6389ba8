"""The pages of the documentation as tests read them: fenced blocks, commands, headings, links.

What stands in a block says by its language what it is:

    console   `$ ` a command that a test runs, in its order; `# ` the same for root, which no test runs
    sh        commands that no test runs
    text      what is not typed; other languages are files

`tests/fleet/test_docs.py` runs the first, and lists why the others are not run.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from tests.support import ROOT

DOCS = ROOT / "docs"
PAGES = (
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG", "SECURITY")),
    *sorted(DOCS.glob("*.md")),
)

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", flags=re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: its language (empty for none) and its lines, without the indent of the fence."""

    language: str
    lines: tuple[str, ...]


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    return [
        Block(language=language, lines=tuple(line.removeprefix(indent) for line in body.splitlines()))
        for indent, language, body in _FENCE.findall(page.read_text())
    ]


def commands(page: Path) -> list[str]:
    """Return what stands behind each `$ `, in order."""
    return [
        line.removeprefix("$ ")
        for block in blocks(page)
        if block.language == "console"
        for line in block.lines
        if line.startswith("$ ")
    ]


def not_run(page: Path) -> list[str]:
    """Return the lines that a person is to type and that no test runs: those for root, and those of `sh`."""
    return [
        line.removeprefix("# ")
        for block in blocks(page)
        for line in block.lines
        if block.language == "sh" or (block.language == "console" and line.startswith("# "))
    ]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text())


def links(page: Path) -> list[str]:
    """Return the targets of a page's links and pictures that are not on the web."""
    return [target for target in _LINK.findall(prose(page)) if "://" not in target]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and the site's generator both make them."""
    return {_slug(heading) for heading in re.findall(r"^#+ +(.+)$", prose(page), flags=re.MULTILINE)}


def _slug(heading: str) -> str:
    text = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower())
