"""What a device says of its licences beside their state: read from its words, judged by AT20x."""

from __future__ import annotations

import pytest

from asa_transport.core.judgement.judge import Standard, judged
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.tables import TableSet
from asa_transport.model import (
    Audited,
    Capture,
    CommandOutput,
    ContactResult,
    DeviceFacts,
    Entitlement,
    Expectation,
    Policy,
    ProxyPolicy,
    Verdict,
)
from tests.golden.golden import DEVICES, NOW, capture_of, texts
from tests.unit.judging import device

TABLES = TableSet(texts())
# With a registration that was renewed half a year after the first one, as it should be.
HEALTHY = {
    output.command: output.text.replace("Expires: Mar 03 2026", "Expires: Aug 30 2026").replace(
        "Last Renewal Attempt: None", "Last Renewal Attempt: SUCCEEDED on Aug 30 2025 08:15:20 UTC"
    )
    for output in capture_of(DEVICES / "smart_healthy").outputs
}
ANY = Expectation(proxy=ProxyPolicy.ANY)
FXOS = {output.command: output.text for output in capture_of(DEVICES / "fxos").outputs}


def read(answers: dict[str, str]) -> DeviceFacts:
    outputs = tuple(
        CommandOutput(command=command, text=text, prompt="fw#", started_at=NOW, duration_s=0.1)
        for command, text in answers.items()
    )
    return parse.facts(Capture(device="fw", started_at=NOW, finished_at=NOW, outputs=outputs), TABLES)


def changed(answers: dict[str, str], *changes: tuple[str, str]) -> dict[str, str]:
    """The answers with texts replaced wherever they stand; each must be there."""
    for old, _ in changes:
        assert any(old in text for text in answers.values()), old
    found = dict(answers)
    for old, new in changes:
        found = {command: text.replace(old, new) for command, text in found.items()}
    return found


def judge(facts: DeviceFacts) -> tuple[Verdict, set[str]]:
    capture = Capture(device="fw1", started_at=NOW, finished_at=NOW, outputs=())
    standard = Standard(policy=Policy(), catalogue=(), exemptions=(), now=NOW)
    (found,) = judged([Audited(device=device(ANY), capture=capture, facts=facts)], standard)
    assert isinstance(found, Audited)
    assert found.decision is not None
    return found.decision.verdict, {finding.rule for finding in found.findings}


def test_a_healthy_device_says_the_same_everywhere() -> None:
    """The words that a device has for "all is well", as they are captured."""
    facts = read(HEALTHY)

    assert (facts.usage.platform_state, facts.usage.enforce_modes) == ("Licensed", ("Authorized",))
    assert facts.usage.entitlements
    assert facts.registration.last_renewal.result is ContactResult.SUCCEEDED
    assert facts.authorization.next_contact_at is not None
    assert judge(facts) == (Verdict.COMPLIANT, set())


@pytest.mark.parametrize(
    "changes",
    [
        (("License State: Licensed", "License State: Unlicensed"),),
        (("enforce mode: Authorized", "enforce mode: Out of compliance"),),
        (("enforce mode: Authorized", "enforce mode: Eval period"),),
        (("  Version: 1.0\n  Status: AUTHORIZED", "  Version: 1.0\n  Status: OUT OF COMPLIANCE"),),
        (
            ("Functionality: ALLOWED", "Functionality: NOT ALLOWED"),
            ("3DES-AES               : Enabled", "3DES-AES : Disabled"),
        ),
        (("3DES-AES               : Enabled", "3DES-AES : Disabled"),),
    ],
    ids=["platform", "enforce", "enforce eval", "usage", "export", "3des"],
)
def test_a_device_that_contradicts_its_own_authorization_is_not_compliant(
    changes: tuple[tuple[str, str], ...],
) -> None:
    """Each of them was compliant, with exit code 0."""
    verdict, rules = judge(read(changed(HEALTHY, *changes)))

    assert verdict is Verdict.MANUAL
    assert "AT209" in rules


def test_a_failed_renewal_is_read_with_its_reason() -> None:
    """The contact succeeds, half a year is left, and the certificate is not renewed."""
    text = HEALTHY["show license status"]
    start = text.index("  Last Renewal Attempt:")
    end = text.index("\n", start)
    failing = (
        "  Last Renewal Attempt: FAILED on Jan 10 2026 09:00:00 UTC\n    Failure reason: Certificate expired"
    )
    answers = {**HEALTHY, "show license status": text[:start] + failing + text[end:]}

    facts = read(answers)

    assert facts.registration.last_renewal.reason == "Certificate expired"
    assert "AT204" in judge(facts)[1]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("In compliance", "Out of compliance", "AT206"),
        ("Authorized (3)", "Not Authorized (4)", "AT209"),
        ("Enforcement mode: Authorized", "Enforcement mode: Out of compliance", "AT209"),
        ("Encryption-3DES-AES", "Encryption-3DES-AES : Disabled\nFormer", "AT209"),
    ],
)
def test_what_an_asa_on_a_chassis_says_of_its_licences_is_a_finding(old: str, new: str, rule: str) -> None:
    """The remedy lies in FXOS, and nobody looks there who is told that all is well."""
    assert judge(read(FXOS)) == (Verdict.MANUAL, judge(read(FXOS))[1] - {"AT206", "AT209"})

    verdict, rules = judge(read(changed(FXOS, (old, new))))

    assert verdict is Verdict.MANUAL
    assert rule in rules


def test_the_licences_of_a_chassis_are_told_one_by_one() -> None:
    """Each has a mode of its own."""
    used = read(
        changed(FXOS, ("Enforcement mode: Authorized", "Enforcement mode: Invalid"))
    ).usage.entitlements

    assert used
    assert {one.status for one in used} == {"Invalid"}
    assert all(isinstance(one, Entitlement) and one.name for one in used)


def test_one_zone_name_on_both_clock_lines_never_forbids_a_verdict() -> None:
    """`clock timezone CET 1` and `clock summer-time CET …`: the date is resolved, or left open."""
    local = changed(HEALTHY, (" UTC", " CET"))
    rule = "clock timezone CET 1\nclock summer-time CET recurring last Sun Mar 2:00 last Sun Oct 3:00\n"
    broken = "clock timezone CET 1\nclock summer-time CET date\n"

    resolved = read({**local, "show running-config clock": rule})
    left_open = read({**local, "show running-config clock": broken})

    assert resolved.authorization.deadline_at is not None
    assert judge(resolved)[0] is Verdict.COMPLIANT
    assert left_open.authorization.deadline_at is None
    assert judge(left_open)[0] is Verdict.COMPLIANT


USAGE = """\
License Authorization:
  Status: AUTHORIZED on Jan 20 2026 10:00:44 UTC

ASAv10 Standard - 1G (ASAv-STD-1G):
  Description: ASAv10 Standard - 1G
  Count: 1
  Version: 1.0
  Status: AUTHORIZED
  Export status: NOT RESTRICTED

ASAv Carrier (ASAv-CARRIER):
  Description: ASAv Carrier
  Count: 2
  Version: 1.0
  Status: {status}
"""


@pytest.mark.parametrize(
    ("status", "verdict"), [("AUTHORIZED", Verdict.COMPLIANT), ("OUT OF COMPLIANCE", Verdict.MANUAL)]
)
def test_saved_usage_counts_where_nobody_saved_the_whole(status: str, verdict: Verdict) -> None:
    """It was read, understood, and thrown away: a licence that is denied passed for a healthy one."""
    answers = {command: text for command, text in HEALTHY.items() if command != "show license all"}
    answers["show license usage"] = USAGE.format(status=status)

    facts = read(answers)

    assert [(one.name, one.status) for one in facts.usage.entitlements] == [
        ("ASAv10 Standard - 1G (ASAv-STD-1G)", "AUTHORIZED"),
        ("ASAv Carrier (ASAv-CARRIER)", status),
    ]
    found = judge(facts)
    assert (found[0], "AT209" in found[1]) == (verdict, status != "AUTHORIZED")
