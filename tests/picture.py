"""Show in the README what the program shows of the demo fleet: `make picture`.

The mock fleet of `make demo` is audited over SSH by the installed program.  The top of its page is
pictured by headless Chromium, 1280 wide, into docs/images/report.png; an audit of twelve of its firewalls on
a wide terminal is put into README.md.  Ports and keys are other ones each time: look at the difference.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Final

from mock_devices import MockFleet, load_scenario
from tests.fleet.browser import CHROMIUM, browser
from tests.support import ROOT, program
from tests.terminal import shown

PICTURE: Final = ROOT / "docs" / "images" / "report.png"
README: Final = ROOT / "README.md"
# A page of the README shows it whole; twice as much would slow down who opens it.
MOST_BYTES: Final = 300_000
# One of each kind.
TWELVE: Final = (
    "fw-ber-01", "fw-bom-01", "fw-bom-02", "fw-chi-01", "fw-gru-ftd-01", "fw-mil-01", "fw-mil-02",
    "fw-nyc-01", "fw-prg-01", "fw-vie-01", "fw-vno-01", "fw-waw-01",
)  # fmt: skip
_WIDTH: Final = 1280
# Wide enough for every column of these.
_COLUMNS: Final = 140
# With findings, and with devices that could not be audited: the demo fleet has both.
_ENDS_WITH: Final = 4
_MARGIN: Final = 24
TRANSCRIPT: Final = re.compile(r"(?<=^```text\n)device .*?(?=^```$)", re.MULTILINE | re.DOTALL)


def main() -> int:
    """Write both; return 0 where that could be done."""
    with tempfile.TemporaryDirectory(prefix="asa-transport-picture-") as name:
        home = Path(name)
        page = home / "report.html"
        with MockFleet.serve(load_scenario("demo")) as fleet:
            inventory = fleet.write(home).inventory
            text = transcript(inventory)
            ended = program(*_audit(inventory), "--format", "html", "-o", page)
        if ended.code != _ENDS_WITH:
            print(f"the audit ended with {ended.code}: {ended.err}", file=sys.stderr)
            return 1
        README.write_text(TRANSCRIPT.sub(lambda _: text, README.read_text(), count=1))
        if CHROMIUM is None:
            print("no `chromium` on PATH: the picture was left as it is", file=sys.stderr)
            return 1
        picture(page, PICTURE, home)
    print(f"{PICTURE.relative_to(ROOT)}, README.md: look at both before you keep them")
    return 0


def transcript(inventory: Path) -> str:
    """Return what an audit of the twelve shows on a wide terminal, without the folder of its files."""
    terminal = shown(*_audit(inventory), "-l", ",".join(TWELVE), width=_COLUMNS)
    assert terminal.end() == _ENDS_WITH, terminal.text
    return terminal.text.strip("\n").replace(f"{inventory.parent}/", "") + "\n"


def _audit(inventory: Path) -> tuple[str | Path, ...]:
    # As the demo has it: the black hole among them should not keep anybody waiting.
    return (
        "audit", "-i", inventory, "--state-dir", inventory.parent / "state", "--connect-timeout", "3",
        "--handshake-timeout", "4", "--attempts", "1", "-q", "--no-color",
    )  # fmt: skip


def picture(page: Path, path: Path, directory: Path) -> None:
    """Picture the top of a report, down to the end of the chart of who expires first."""
    with browser(directory / "chromium") as chromium:
        chromium.media(width=_WIDTH)
        chromium.open(page)
        end = chromium.value(
            "Math.ceil(document.querySelector('.timeline').closest('.chart').getBoundingClientRect().bottom)"
        )
        chromium.media(width=_WIDTH, height=end + _MARGIN)
        chromium.picture(path)


if __name__ == "__main__":
    sys.exit(main())
