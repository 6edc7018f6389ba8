"""Waivers: a finding that somebody has accepted is shown as waived, and fails nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from asa_transport.cli.main import app
from asa_transport.core.judgement.rules.table import findings
from asa_transport.core.judgement.waivers import marked, waivers_of
from asa_transport.errors import LedgerError
from asa_transport.files import waivers
from asa_transport.model import Severity, Waiver
from tests.golden.golden import DEVICES
from tests.unit.judging import NOW, case_of, device

SAVED = DEVICES / "callhome_pair_with_http_proxy"
INVENTORY = """\
defaults: {username: netaudit, credential: lab, known_hosts: /known_hosts}
credentials: {lab: {password: {env: SECRET}}}
groups: {lab: {}}
devices:
  callhome_pair_with_http_proxy: {host: 192.0.2.1, groups: [lab], tags: [edge]}
  fw2: {host: 192.0.2.2}
"""
AT = "2026-01-20T12:00:00Z"


def waiver(**changes: object) -> Waiver:
    made = Waiver(
        rule="AT101", bug=None, devices="fw1", until=NOW + timedelta(days=5), owner="kim", reason="known"
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("pattern", ["fw1", "fw*", "group:lab", "tag:prod", "fw9,fw1", "!fw2"])
def test_a_waiver_covers_the_devices_that_its_pattern_names(pattern: str) -> None:
    """The pattern is that of `-l`, and a name that is not in this run does not void the others."""
    one = replace(device(), groups=("lab",), tags=("prod",))

    assert waivers_of(one, [waiver(devices=pattern)], NOW)
    assert not waivers_of(replace(one, name="fw2", groups=(), tags=()), [waiver(devices="fw1,!fw2")], NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"until": NOW - timedelta(seconds=1)},
        {"closed_at": NOW - timedelta(days=1)},
        {"rule": "AT102"},
        {"bug": "CSCxx00001"},
        {"devices": "fw2"},
        {"rule": None},
    ],
)
def test_a_waiver_that_does_not_hold_covers_nothing(changes: dict[str, object]) -> None:
    """Past, closed, of another rule, bug or device."""
    found = findings(case_of("transport=callhome"))

    assert marked(found, waivers_of(device(), [waiver(**changes)], NOW)) == found


@pytest.mark.parametrize(
    ("facts", "around", "rule"),
    [
        ("authorization=expired; contact=failed", "-", "AT202"),
        ("contact=failed; deadline=2d", "-", "AT201"),
        ("registration=unregistered; export=not-allowed", "-", "AT203"),
        ("transport=callhome", "-", "AT501"),
        ("transport=callhome", "exception=past", "AT502"),
    ],
)
def test_what_must_be_acted_upon_is_never_waived(facts: str, around: str, rule: str) -> None:
    """Whatever the file says: a critical licence, a revert that nobody owns, one past its end."""
    found = findings(case_of(facts, around=around))

    after = marked(found, [waiver(rule=rule)])

    assert any(one.rule == rule for one in after)
    assert all(one.waived is None for one in after if one.rule == rule)


def test_a_licence_finding_that_is_not_critical_may_be_waived() -> None:
    """A lab without a way out is known to fail its contacts for a month."""
    found = marked(findings(case_of("contact=failed; deadline=60d")), [waiver(rule="AT201")])

    assert found[0].waived is not None
    assert not found[0].counts(Severity.INFO)


def test_a_bug_is_waived_by_its_own_id_and_no_other_bug_with_it() -> None:
    """AT301 is one rule for all bugs."""
    found = findings(case_of(around="bug=affected"))

    assert marked(found, [waiver(rule=None, bug="CSCxx00001")])[0].waived is not None
    assert marked(found, [waiver(rule="AT301", bug="CSCxx99999")])[0].waived is None


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(arguments), env={"NO_COLOR": "1", "COLUMNS": "200"})
    assert done.exit_code == code, done.output
    del folder
    return done.stdout


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    (tmp_path / SAVED.name).mkdir()
    for path in SAVED.glob("*.txt"):
        (tmp_path / SAVED.name / path.name).write_bytes(path.read_bytes())
    return tmp_path


def analyze(site: Path, output_format: str, *more: str, code: int) -> str:
    return run(
        site, "analyze", str(site / SAVED.name), "-i", str(site / "inventory.yaml"), "--now", AT,
        "--format", output_format, *more, code=code,
    )  # fmt: skip


def add(site: Path, *arguments: str, code: int = 0) -> None:
    run(
        site, "waivers", "add", *arguments, "--until", "2026-12-31", "--owner", "A. Meyer", "--reason",
        "known until the upgrade", "-i", str(site / "inventory.yaml"), "--now", AT, code=code,
    )  # fmt: skip


def waive_everything(site: Path) -> list[str]:
    """Waive every rule that fires on the saved device, but for those that are never waived."""
    document = json.loads(analyze(site, "json", code=3))
    rules = {one["rule"] for one in document["devices"][0]["findings"]} - {"AT501", "AT502"}
    for rule in sorted(rules):
        add(site, "group:lab", "--rule", rule)
    return sorted(rules)


SHOWN: dict[str, Callable[[str], bool]] = {
    "table": lambda text: "waived" in text and "A. Meyer" in text,
    "json": lambda text: any(
        one["waived"]
        == {"owner": "A. Meyer", "until": "2026-12-31T23:59:59Z", "reason": "known until the upgrade"}
        for one in json.loads(text)["devices"][0]["findings"]
    ),
    "jsonl": lambda text: any(one["waived"] for one in json.loads(text.splitlines()[0])["findings"]),
    "csv": lambda text: "(waived)" in text,
    "md": lambda text: "Waived until 2026-12-31T23:59:59Z (A. Meyer)" in text,
    "html": lambda text: "(waived)" in text and "until 2026-12-31T23:59:59Z (A. Meyer)" in text,
    "junit": lambda text: ", waived" in text,
    "sarif": lambda text: any(
        one["suppressions"] and one["suppressions"][0]["status"] == "accepted"
        for one in json.loads(text)["runs"][0]["results"]
    ),
}


@pytest.mark.parametrize("output_format", SHOWN)
def test_every_format_shows_a_waived_finding_as_waived(site: Path, output_format: str) -> None:
    """What is not seen any more is forgotten."""
    rules = waive_everything(site)
    never = {
        one["rule"] for one in json.loads(analyze(site, "json", code=3))["devices"][0]["findings"]
    } - set(rules)

    text = analyze(site, output_format, code=3)

    assert never == {"AT501"}
    assert SHOWN[output_format](text), text[:3000]


def test_waived_findings_fail_no_run_and_an_ended_waiver_counts_again(site: Path) -> None:
    """`--fail-on` looks at what nobody has accepted."""
    analyze(site, "json", "--fail-on", "medium", code=3)
    (site / "exceptions.yaml").write_text(
        "exceptions:\n  - "
        "{device: callhome_pair_with_http_proxy, until: 2026-12-31, owner: kim, ticket: CHG1, "
        "reason: outage, added_at: 2026-01-01}\n"
    )
    document = json.loads(analyze(site, "json", "--fail-on", "medium", code=3))
    for rule in sorted({one["rule"] for one in document["devices"][0]["findings"]}):
        add(site, "callhome_pair_with_http_proxy", "--rule", rule)

    waived = json.loads(analyze(site, "json", "--fail-on", "info", code=0))

    assert waived["totals"]["waived"] == len(waived["devices"][0]["findings"]) > 0
    assert waived["devices"][0]["decision"] == document["devices"][0]["decision"]
    rule = waived["devices"][0]["findings"][0]["rule"]
    run(site, "waivers", "close", rule, "-i", str(site / "inventory.yaml"), "--now", AT)
    analyze(site, "json", "--fail-on", "info", code=3)


@pytest.mark.parametrize(
    "arguments",
    [
        ("fw2",),
        ("fw2", "--rule", "AT999"),
        ("fw2", "--rule", "AT501"),
        ("fw2", "--rule", "AT502"),
        ("fw2", "--bug", "CSCxx12345"),
        ("fw-nobody", "--rule", "AT101"),
        ("@file", "--rule", "AT101"),
    ],
)
def test_a_waiver_that_cannot_hold_is_refused(site: Path, arguments: tuple[str, ...]) -> None:
    """A typing mistake in a waiver would be found when it is too late."""
    add(site, *arguments, code=2)

    assert not (site / "waivers.yaml").exists()


def test_a_waiver_past_its_end_or_a_second_one_is_refused(site: Path) -> None:
    """One open waiver a rule and pattern."""
    add(site, "fw2", "--rule", "AT104")
    add(site, "fw2", "--rule", "AT104", code=2)
    late = ("--until", "2026-01-01", "--owner", "k", "--reason", "r", "--rule", "AT101", "--now", AT)
    run(site, "waivers", "add", "fw2", *late, "-i", str(site / "inventory.yaml"), code=2)

    listed = json.loads(
        run(site, "waivers", "list", "--format", "json", "-i", str(site / "inventory.yaml"), "--now", AT)
    )

    assert [(one["rule"], one["state"]) for one in listed["waivers"]] == [("AT104", "live")]


def test_a_file_that_a_person_wrote_is_read_and_stays_as_it_is(site: Path) -> None:
    """Comments and order are a person's; a rule that is never waived is listed as such."""
    written = (
        "# ours\nwaivers:\n- devices: 'fw*'   # all of them\n  rule: AT501\n  until: 2026-06-30\n  "
        "owner: kim\n"
        "  reason: see the wiki\n"
    )
    (site / "waivers.yaml").write_text(written, encoding="utf-8")
    add(site, "fw2", "--rule", "AT104")

    text = (site / "waivers.yaml").read_text(encoding="utf-8")
    table = run(site, "waivers", "list", "-i", str(site / "inventory.yaml"), "--now", AT)

    assert text.startswith(written)
    assert "never" in table.splitlines()[1]
    assert waivers.load(site / "waivers.yaml")[0].until == datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{rule: AT101, devices: fw1, owner: k, reason: r}", "no until; add it"),
        ("{devices: fw1, until: 2026-12-31, owner: k, reason: r}", "neither rule nor bug"),
        ("{rule: all, devices: fw1, until: 2026-12-31, owner: k, reason: r}", "expected e.g. AT301"),
        ("{rule: AT101, devices: '@f', until: 2026-12-31, owner: k, reason: r}", "no @FILE"),
        ("{rule: AT101, device: fw1, until: 2026-12-31, owner: k, reason: r}", "unknown key 'device'"),
        ("{rule: AT101, devices: fw1, until: soon, owner: k, reason: r}", "until"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path: Path, entry: str, said: str) -> None:
    """Before any device is contacted."""
    path = tmp_path / "waivers.yaml"
    path.write_text(f"waivers:\n  - {entry}\n", encoding="utf-8")

    with pytest.raises(LedgerError) as caught:
        waivers.load(path)

    assert any(said in str(problem) and ":2:" in str(problem) for problem in caught.value.problems)
