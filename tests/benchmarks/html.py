"""Print the figures of the HTML report: `python -m tests.benchmarks.html [DEVICES]`.

The report of a made-up fleet with two or three findings a device: how long it takes to make, how
large it is, and how long headless Chromium needs until it is loaded and painted, sorted, and
searched.  Nothing here passes or fails.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from pathlib import Path

from tests.fleet.browser import CHROMIUM, browser
from tests.unit.reporting import large
from tests.unit.test_report_html import made

# Asks for the layout, so that the time is that until the page is right again.
_LAID_OUT = "document.documentElement.scrollHeight"
SORT = f"document.querySelector('#fleet thead button').click(); {_LAID_OUT}"
SEARCH = f"""{{
  const field = document.getElementById('contains');
  field.value = 'AT201';
  field.dispatchEvent(new Event('input'));
  {_LAID_OUT}
}}"""


def main(count: int = 5000) -> None:
    """Print what was measured; each width in a browser that has opened nothing before."""
    report = large(count)
    began = time.perf_counter()
    text = made(report)
    print(f"{count} devices: made in {time.perf_counter() - began:.2f} s, {len(text.encode()) / 1e6:.2f} MB")
    if CHROMIUM is None:
        print("no `chromium` on PATH: not opened")
        return
    with tempfile.TemporaryDirectory(prefix="asa-transport-bench-") as name:
        path = Path(name) / "report.html"
        path.write_text(text, encoding="utf-8")
        for width in (1280, 400):
            opened, sort, search = figures(path, width)
            print(
                f"{width:5} px: opened in {opened:.2f} s, sorted in {sort:.2f} s, searched in {search:.2f} s"
            )


def figures(path: Path, width: int) -> tuple[float, ...]:
    """Return the seconds to open, to sort and to search."""
    with browser(path.parent) as page:
        page.media(width=width)
        marks = [time.perf_counter()]
        page.open(path)
        marks.append(time.perf_counter())
        for script in (SORT, SEARCH):
            page.value(script)
            marks.append(time.perf_counter())
    return tuple(after - before for before, after in itertools.pairwise(marks))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
