"""Each scenario and feature of Cisco TAC document 225967, from the printed text to finding and decision.

docs/scenarios.md names these tests; one test here holds it to that.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from asa_transport.asa.version import Version, try_parse
from asa_transport.core.judgement.cases import bugs
from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.judgement.decisions.table import ROWS, decide
from asa_transport.core.judgement.rules.table import RULES, findings
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.tables import TableSet
from asa_transport.files import bugs as catalogue
from asa_transport.model import Capture, Change, CommandOutput, Decision, Finding, Severity, Verdict
from tests.golden.golden import DEVICES, texts
from tests.unit.judging import case, device, exemption, expectation_of

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "scenarios.md"
TABLES = TableSet(texts())
BUGS = catalogue.load(None, train_of=lambda text: Version.parse(text).train).bugs
STATUS_HEAD = """\
Smart Licensing is ENABLED

Utility:
  Status: DISABLED

Data Privacy:
  Sending Hostname: yes
    Callhome hostname privacy: DISABLED
    Smart Licensing hostname privacy: DISABLED
  Version privacy: DISABLED

Transport:
  Type: {transport}
"""
SMART = """\
Smart
  URL: https://smartreceiver.cisco.com/licservice/license
  Proxy:
    Not Supported
  VRF:
    Not Supported"""
BELOW_90_DAYS = """
Registration:
  Status: REGISTERED
  Smart Account: Cisco Systems, TAC
  Virtual Account: EU TAC
  Export-Controlled Functionality: ALLOWED
  Initial Registration: SUCCEEDED on Jan 12 2026 13:09:43 UTC
  Last Renewal Attempt: None
  Next Renewal Attempt: Jul 11 2026 13:09:43 UTC
  Registration Expires: Jan 12 2027 13:04:42 UTC

License Authorization:
  Status: AUTHORIZED on Jan 12 2026 13:11:25 UTC
  Last Communication Attempt: FAILED on Jan 12 2026 13:11:25 UTC
    Failure reason: Communication message send error
  Next Communication Attempt: Jan 12 2026 13:11:55 UTC
  Communication Deadline: Apr 12 2026 13:04:55 UTC
"""
ABOVE_90_DAYS = """
Registration:
  Status: REGISTERED
  Smart Account: Cisco Systems, TAC
  Virtual Account: EU TAC
  Export-Controlled Functionality: ALLOWED
  Initial Registration: SUCCEEDED on Dec 15 2022 02:52:47 UTC
  Last Renewal Attempt: FAILED on Dec 29 2025 07:20:08 UTC
    Failure reason: Communication message send error
  Next Renewal Attempt: Dec 29 2025 07:20:38 UTC
  Registration Expires: Jun 02 2026 03:15:26 UTC

License Authorization:
  Status: AUTH EXPIRED on Dec 29 2025 06:37:55 UTC
  Last Communication Attempt: FAILED on Dec 29 2025 06:37:55 UTC
    Failure reason: Communication message send error
  Next Communication Attempt: Dec 29 2025 07:37:55 UTC
  Communication Deadline: DEADLINE EXCEEDED
"""
REBOOTED = """
Registration:
  Status: REGISTERING - REGISTRATION IN PROGRESS
  Export-Controlled Functionality: NOT ALLOWED
  Initial Registration: FAILED on Dec 16 2025 12:59:29 UTC
    Failure reason: Communication message send error
  Next Registration Attempt: Dec 16 2025 14:00:10 UTC

License Authorization:
  Status: EVAL MODE
"""
IN_CONTACT = BELOW_90_DAYS.replace("FAILED on", "SUCCEEDED on").replace(
    "    Failure reason: Communication message send error\n", ""
)
CONFIG = "license smart\n feature tier standard\n throughput level 1G\n"


def judged(
    status: str,
    now: str,
    *,
    transport: str = SMART,
    config: str = CONFIG,
    expect: str = "smart",
    version: str = "9.22(2)14",
    features: str = "250",
) -> tuple[Case, dict[str, Finding], Decision]:
    """The device of the TAC document, as an audit reads and judges it."""
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    base = {path.stem: path.read_text() for path in (DEVICES / "smart_healthy").glob("show_*.txt")}
    show_version = base["show_version"].replace("9.22(2)14", version)
    outputs = {
        "show mode": base["show_mode"],
        "show version": re.sub(r"(Premium Peers +: )250", rf"\g<1>{features}", show_version),
        "show license status": STATUS_HEAD.format(transport=transport) + status,
        "show running-config license": config,
        "show running-config call-home": "",
        "show failover": base["show_failover"],
        "show clock": f"{at:%H:%M:%S}.000 UTC {at:%a %b} {at.day} {at.year}\n",
    }
    capture = Capture(
        device="fw1",
        started_at=at,
        finished_at=at,
        outputs=tuple(
            CommandOutput(command=command, text=text, prompt="fw1#", started_at=at, duration_s=0.1)
            for command, text in outputs.items()
        ),
    )
    facts = parse.facts(capture, TABLES)
    assert facts.unknown == ()
    made = replace(
        case(facts, device=device(expectation_of(expect))),
        now=at,
        clock_read_at=at,
        bugs=bugs.verdicts(BUGS, try_parse(facts.version or ""), facts.model),
    )
    found = findings(made)
    return made, {finding.rule: finding for finding in found}, decide(made, found)


def test_scenario_a_unreachable_below_90_days_is_for_the_network_team() -> None:
    """Nothing is restricted yet, nothing on the firewall is wrong, and a deadline runs."""
    _, found, decision = judged(BELOW_90_DAYS, "2026-01-12T13:11:30")

    assert found["AT201"].severity is Severity.LOW
    assert "Communication message send error" in found["AT201"].detail
    assert "90.0 days are left" in found["AT201"].detail
    assert decision.verdict is Verdict.MANUAL
    assert "permit HTTPS" in decision.reasons[0]


@pytest.mark.parametrize(
    ("now", "severity"),
    [("2026-02-28T13:00:00", "medium"), ("2026-04-01T13:00:00", "high"), ("2026-04-10T13:00:00", "critical")],
)
def test_scenario_a_becomes_more_urgent_as_the_deadline_comes_nearer(now: str, severity: str) -> None:
    """Nobody wakes up for 90 days; somebody must for 2."""
    _, found, _ = judged(BELOW_90_DAYS, now)

    assert found["AT201"].severity.value == severity


def test_scenario_a_near_the_deadline_proposes_a_revert_where_the_policy_allows_it() -> None:
    """The document allows a temporary callhome; a person decides, with an owner and an end."""
    made, found, _ = judged(BELOW_90_DAYS, "2026-04-01T13:00:00")
    allowing = replace(made, policy=replace(made.policy, allow_callhome=True))

    decision = decide(allowing, tuple(found.values()))

    assert decision.verdict is Verdict.MANUAL
    assert "plan --goal callhome -l fw1" in " ".join(decision.reasons)


def test_scenario_b_unreachable_above_90_days_is_critical_and_renewed_by_hand() -> None:
    """2 AnyConnect sessions and 100 kbps are an outage."""
    _, found, decision = judged(ABOVE_90_DAYS, "2025-12-29T07:21:00", features="2")

    assert found["AT202"].severity is Severity.CRITICAL
    assert "limited to 100 kbps and 2 AnyConnect sessions" in found["AT202"].detail
    assert "AnyConnect Premium Peers is 2" in found["AT207"].detail
    assert "AT201" not in found
    assert decision.verdict is Verdict.MANUAL
    assert "license smart renew auth" in " ".join(decision.reasons)


def test_scenario_b_with_the_wrong_transport_is_a_change() -> None:
    """What is wrong on the firewall itself can be mended from here."""
    _, _, decision = judged(ABOVE_90_DAYS, "2025-12-29T07:21:00", transport="Callhome")

    assert decision.changes == (Change.TRANSPORT_SMART,)


def test_scenario_b_close_to_a_year_is_on_the_do_not_reload_list() -> None:
    """A reload would make scenario C of it."""
    _, found, _ = judged(ABOVE_90_DAYS, "2026-04-15T12:00:00")

    assert found["AT205"].severity is Severity.CRITICAL
    assert "evaluation mode" in found["AT205"].detail


def test_scenario_c_rebooted_after_a_year_needs_a_person_with_a_token() -> None:
    """Strong encryption is off: every further reload is one too many."""
    _, found, decision = judged(REBOOTED, "2025-12-16T13:00:00")

    assert found["AT203"].severity is Severity.CRITICAL
    assert "strong encryption is off" in found["AT203"].detail
    assert decision.verdict is Verdict.MANUAL
    assert "do not reload" in " ".join(decision.reasons)


def test_status_of_a_device_on_smart_is_compliant() -> None:
    """The first sample of the document, in contact."""
    made, found, decision = judged(IN_CONTACT, "2026-01-12T14:00:00")

    assert made.facts.transport.url == "https://smartreceiver.cisco.com/licservice/license"
    assert found == {}
    assert decision.verdict is Verdict.COMPLIANT


def test_status_of_a_device_on_callhome_is_changed_to_smart() -> None:
    """The second sample of the document."""
    _, found, decision = judged(IN_CONTACT, "2026-01-12T14:00:00", transport="Callhome")

    assert set(found) == {"AT101", "AT501"}
    assert decision.changes == (Change.TRANSPORT_SMART,)


def test_the_running_configuration_of_a_revert_is_the_proof_where_the_status_is_silent() -> None:
    """'show run license' of a reverted device shows 'transport type callhome'."""
    made, found, decision = judged(
        IN_CONTACT, "2026-01-12T14:00:00", transport="Callhome", config=f"{CONFIG} transport type callhome\n"
    )

    assert made.facts.license_block is not None
    assert " transport type callhome" in made.facts.license_block
    assert found["AT101"].evidence[0].text.strip() in ("Type: Callhome", "transport type callhome")
    assert decision.changes == (Change.TRANSPORT_SMART,)


def test_a_missing_proxy_is_set_before_the_transport_changes() -> None:
    """'If your environment requires a proxy … transport proxy [proxy] port [port]'."""
    _, found, decision = judged(
        BELOW_90_DAYS,
        "2026-01-12T14:00:00",
        transport="Callhome",
        expect="smart, cisco-lab-proxy.cisco.com:80",
    )

    assert found["AT102"].severity is Severity.HIGH
    assert "transport proxy cisco-lab-proxy.cisco.com port 80" in found["AT102"].remedy
    assert decision.changes == (Change.PROXY_SET, Change.TRANSPORT_SMART)


def test_a_proxy_is_read_from_the_configuration_although_the_status_denies_it() -> None:
    """CSCwr56980: 'be aware while checking the proxy settings'."""
    _, found, decision = judged(
        IN_CONTACT,
        "2026-01-12T14:00:00",
        config=f"{CONFIG} transport proxy cisco-lab-proxy.cisco.com port 80\n",
        expect="smart, cisco-lab-proxy.cisco.com:80",
    )

    assert found["AT302"].bug == "CSCwr56980"
    assert found["AT302"].severity is Severity.INFO
    assert "AT102" not in found
    assert decision.verdict is Verdict.COMPLIANT


@pytest.mark.parametrize(("version", "is_affected"), [("9.22(2)13", True), ("9.22(2)14", False)])
def test_the_bug_notes_of_the_document_are_findings(version: str, *, is_affected: bool) -> None:
    """CSCwp10957 is fixed in 9.22(2)14 of its train; CSCws62173 is about another platform."""
    _, found, _ = judged(IN_CONTACT, "2026-01-12T14:00:00", version=version)

    assert ("AT301" in found) is is_affected
    assert not is_affected or found["AT301"].bug == "CSCwp10957"


def test_a_device_reverted_under_an_exception_is_left_alone_until_it_ends() -> None:
    """'Please make sure to revert the configuration to use Smart Transport again.'"""
    made, _, _ = judged(IN_CONTACT, "2026-01-12T14:00:00", transport="Callhome")
    during = replace(made, exemptions=(exemption(until=made.now + timedelta(days=3)),))
    after = replace(made, exemptions=(exemption(until=made.now - timedelta(days=3)),))

    assert decide(during, findings(during)).verdict is Verdict.HOLD
    assert decide(after, findings(after)).changes == (Change.TRANSPORT_SMART,)
    assert "AT502" in {finding.rule for finding in findings(after)}


def test_the_catalogue_is_that_of_the_document() -> None:
    """A judgement by another catalogue would not be what the page describes."""
    of_the_document = [bug for bug in BUGS if "225967" in bug.source]
    assert {bug.id for bug in of_the_document} == {"CSCwp10957", "CSCws62173", "CSCwr56980"}
    assert all(bug.as_of == date(2026, 5, 21) for bug in of_the_document)


def doc_rows() -> list[list[str]]:
    rows = [line for line in PAGE.read_text(encoding="utf-8").split("\n") if line.startswith("| ")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return [row for row in cells if row[0] not in ("scenario", "feature")]


def test_the_page_of_scenarios_names_rules_rows_and_tests_that_exist() -> None:
    """A page that names a test that is gone claims what nobody checks any more."""
    rules, names = {rule.id for rule in RULES}, {row.name for row in ROWS}

    rows = doc_rows()

    assert len(rows) >= 14
    for _, _, rule_cell, decision_cell, test_cell in rows:
        assert set(re.findall(r"AT\d{3}", rule_cell)) <= rules
        assert set(re.findall(r"`([a-z-]+)`", decision_cell)) <= names
        assert re.search(r"AT\d{3}|none", rule_cell)
        for file, test in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", test_cell) or pytest.fail(test_cell):
            tree = ast.parse((REPOSITORY / file).read_text(encoding="utf-8"))
            assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test
