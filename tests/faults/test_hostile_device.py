"""A firewall that belongs to somebody else, over real SSH, through every format and every log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asa_transport.core.reports.formats import FORMATS
from mock_devices import MockFleet
from tests.support import QUICK, Ended, cli, fleet_of

# Escapes, NUL, invalid UTF-8, a formula, markup, a line of a log, a prompt and a command.
HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07\x00\udcff\udcfe\x9b31m\r\n"
    '=HYPERLINK("http://127.0.0.1/")\r\n<script>alert(1)</script>\r\n'
    '{"time": "2026-01-01T00:00:00Z", "device": "fw-good", "outcome": "audited"}\r\n'
    "device=fw-good outcome=audited\r\n../../etc/passwd\r\n\u202egnp.exe\r\n"
)
# What a terminal acts upon; a line end is the writer's own.
ACTING = set(map(chr, [*range(9), *range(11, 13), *range(14, 32), *range(0x7F, 0xA0), 0x202E]))
HEALTHY = {"name": "fw-good"}


def hostile(match: str) -> MockFleet:
    fault = {"action": "garbage", "match": match, "after_bytes": 120, "text": HOSTILE}
    return fleet_of({"name": "fw-bad", "faults": [{**fault, "times": None}]}, HEALTHY)


def audited(fleet: MockFleet, directory: Path, *more: str | Path) -> Ended:
    files = fleet.write(directory)
    return cli("audit", "-i", files.inventory, "--state-dir", directory / "state", *QUICK, *more)


@pytest.mark.parametrize("match", ["license all", "show version", "running-config license"])
def test_a_hostile_answer_is_inert_in_every_format_and_log(match: str, tmp_path: Path) -> None:
    """What one firewall prints drives no terminal, runs in no spreadsheet and no page, and forges no line."""
    log = tmp_path / "audit.log"
    with hostile(match) as fleet:
        ended = audited(fleet, tmp_path, "-v", "--format", "json", "--log-format", "json", "--log-file", log)
        typed = [line for line in fleet["fw-bad"].typed if line != "<secret>"]

    assert ended.device("fw-good")["decision"]["verdict"] == "compliant"
    # Never passed over: what nobody understands is named, and holds where the licence is spoken of.
    assert "AT402" in [one["rule"] for one in ended.device("fw-bad")["findings"]]
    assert (ended.device("fw-bad")["decision"]["verdict"] == "hold") is (match == "license all")
    assert not [line for line in typed if "HYPERLINK" in line or "passwd" in line]
    assert ACTING.isdisjoint(ended.err)
    records = [json.loads(line) for line in log.read_text().splitlines()]
    assert [one["device"] for one in records if "device" in one].count("fw-good") == 1
    for name in FORMATS:
        text = cli("report", "last", "--format", name, "--state-dir", tmp_path / "state").out
        assert "fw-bad" in text, name
        assert ACTING.isdisjoint(text), name
        # Markdown has it as code; the others are read by no browser.
        assert "<script>alert" not in text or name not in {"html", "junit"}, name
        assert not [cell for cell in text.replace('"', "").split(",") if cell.startswith("=")], name


@pytest.mark.parametrize("line", ["x" * 65_000, "y" * 70], ids=["one line", "many lines"])
def test_a_gigabyte_is_cut_at_the_limit_and_the_rest_never_crosses(line: str, tmp_path: Path) -> None:
    """It pours a megabyte every few milliseconds as long as anybody reads: no time is lost, and no memory."""
    poured = "\r\n".join([line] * (65_000 // len(line)))
    fault = {"action": "endless", "match": "show license all", "text": poured}
    with fleet_of({"name": "fw-bad", "faults": [fault]}, HEALTHY) as fleet:
        ended = audited(fleet, tmp_path, "--format", "json")
        sent = fleet["fw-bad"].endless_bytes

    bad, good = ended.device("fw-bad"), ended.device("fw-good")
    assert (bad["stage"], good["outcome"]) == ("collect", "audited")
    assert "more than 1000000 bytes without an end of the answer" in bad["error"]
    assert 1_000_000 < sent < 20_000_000
    assert sum(path.stat().st_size for path in (tmp_path / "state").rglob("*") if path.is_file()) < 5_000_000
