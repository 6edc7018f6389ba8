"""Look that no page of the built site loads anything from elsewhere: `python -m tests.site build/docs`.

Links that a person may follow are no loads.  Ends with 1 and a line for each load from elsewhere, or
where there is no site.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

# What a browser fetches by itself, by element and attribute.
LOADS = {(tag, "src") for tag in ("img", "script", "iframe", "source", "video")} | {("link", "href")}
ELSEWHERE = re.compile(r"\s*(?:https?:)?//", flags=re.IGNORECASE)
IN_STYLES = re.compile(r"(?:@import\s+|url\()\s*['\"]?((?:https?:)?//[^'\")\s]+)", flags=re.IGNORECASE)


class Loads(HTMLParser):
    """Collects what a page makes a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the attributes that are loads."""
        self.found += [value for name, value in attrs if value is not None and (tag, name) in LOADS]


def from_elsewhere(site: Path) -> list[str]:
    """Return `FILE: URL` for each load that leaves the site."""
    bad = []
    for file in sorted(site.rglob("*.html")):
        page = Loads()
        page.feed(file.read_text())
        bad += [f"{file}: {url}" for url in page.found if ELSEWHERE.match(url)]
    for file in sorted(site.rglob("*.css")):
        bad += [f"{file}: {url}" for url in IN_STYLES.findall(file.read_text())]
    return bad


if __name__ == "__main__":
    directory = Path(sys.argv[1])
    sys.exit(
        "\n".join(from_elsewhere(directory)) or None
        if (directory / "index.html").exists()
        else "no site there"
    )
