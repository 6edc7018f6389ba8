"""One golden case per rule: where it fires, with which severity, and where it is silent."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

import pytest

from asa_transport.core.judgement.cases.case import values_of
from asa_transport.core.judgement.rules.rule import Rule
from asa_transport.core.judgement.rules.table import RULES, findings
from asa_transport.model import (
    Block,
    DeviceClock,
    DeviceFacts,
    Evidence,
    Finding,
    Severity,
    UnknownLine,
    UnsavedFacts,
    UnsavedState,
)
from tests.unit.judging import NOW, case_of, facts_of

# As they are fixed: tickets and waivers name them.
FIXED = [
    "AT101", "AT102", "AT103", "AT104", "AT105", "AT106",
    "AT201", "AT202", "AT203", "AT204", "AT205", "AT206", "AT207", "AT208", "AT209",
    "AT301", "AT302", "AT401", "AT402", "AT501", "AT502", "AT601", "AT602",
]  # fmt: skip
CRITICAL, HIGH, MEDIUM, LOW, INFO = (
    Severity.CRITICAL,
    Severity.HIGH,
    Severity.MEDIUM,
    Severity.LOW,
    Severity.INFO,
)
PROXY = "smart, proxy.example.net:8080"
NOTHING_TO_JUDGE = (
    "mode=pak", "mode=payg", "mode=disabled", "reservation=yes", "authorization=reserved", "failover=standby",
)  # fmt: skip


class Fires(NamedTuple):
    """A case in the words of docs/decisions.md, what the finding is, and a line that proves it."""

    rule: str
    facts: str
    severity: Severity
    seen: str
    proof: str | None
    expect: str = "smart"
    around: str = "-"


class Silent(NamedTuple):
    rule: str
    facts: str
    expect: str = "smart"
    around: str = "-"


FIRES = (
    Fires("AT101", "transport=callhome", MEDIUM, "the inventory expects smart", "transport.type"),
    Fires(
        "AT101", "transport=callhome", MEDIUM, "until 2026-01-25", "transport.type", around="exception=live"
    ),
    Fires("AT101", "transport=callhome", MEDIUM, "for 5 days", "transport.type", around="exception=past"),
    Fires("AT101", "transport=callhome", HIGH, "for 15 days", "transport.type", around="exception=long-past"),
    Fires("AT101", "transport=callhome; source=version", MEDIUM, "not shown by the device", "transport.type"),
    Fires("AT102", "-", MEDIUM, "expects proxy.example.net:8080", None, PROXY),
    Fires("AT102", "contact=failed", HIGH, "the last contact failed", "authorization.last_contact", PROXY),
    Fires(
        "AT102", "transport=callhome", MEDIUM, "'call-home' has no proxy", None, "callhome, p.example.net:80"
    ),
    Fires("AT103", "proxy=old.example.net:3128", MEDIUM, "old.example.net:3128", "transport.proxy", PROXY),
    Fires("AT103", "proxy=proxy.example.net:80", MEDIUM, "proxy.example.net:80", "transport.proxy", PROXY),
    Fires("AT103", "proxy=old.example.net:3128", MEDIUM, "expects none", "transport.proxy"),
    Fires("AT104", "transport=callhome; http-proxy=10.0.0.9:80", MEDIUM, "lost", "transport.callhome_proxy"),
    Fires(
        "AT104",
        "http-proxy=10.0.0.9:80; contact=failed",
        MEDIUM,
        "does not use it",
        "transport.callhome_proxy",
    ),
    Fires("AT105", "url=https://ssm.example.net/SmartTransport", LOW, "ssm.example.net", "transport.url"),
    Fires("AT105", "url=https://smartreceiver.cisco.com.example.net/", LOW, "example.net", "transport.url"),
    *(
        Fires(
            "AT105",
            "callhome-url=https://ssm.example.net/Transportgateway",
            LOW,
            "'call-home' still names 'https://ssm.example.net/Transportgateway'",
            "transport.callhome_url",
            expect,
        )
        for expect in ("smart", "onprem")
    ),
    Fires("AT106", "host-key=ssh-rsa", LOW, "the host key signature ssh-rsa", "ssh.host_key"),
    Fires(
        "AT106",
        "kex=diffie-hellman-group14-sha1; host-key=ssh-rsa",
        LOW,
        "ssh-rsa and the key exchange diffie-hellman-group14-sha1",
        "ssh.kex",
    ),
    Fires("AT106", "cipher=aes256-cbc; mode=pak", LOW, "the cipher aes256-cbc", "ssh.cipher"),
    Fires("AT201", "contact=failed", LOW, "80.0 days are left", "authorization.last_contact"),
    Fires("AT201", "contact=failed; deadline=unknown", HIGH, "not shown", "authorization.last_contact"),
    Fires("AT201", "contact=failed; deadline=-1d", CRITICAL, "has passed", "authorization.deadline_at"),
    Fires("AT202", "authorization=expired", CRITICAL, "limited to 100 kbps and 2", "authorization.state"),
    Fires(
        "AT202", "deadline=exceeded; model=FPR-1010", CRITICAL, "special licence", "authorization.deadline_at"
    ),
    Fires("AT203", "registration=unregistered", HIGH, "unregistered", "registration.state"),
    Fires("AT203", "registration=registering; export=not-allowed", CRITICAL, "off", "registration.state"),
    Fires("AT203", "authorization=evaluation; export=unknown", HIGH, "not shown", "authorization.state"),
    Fires("AT203", "registration=failed", HIGH, "failed", "registration.state"),
    Fires("AT204", "expires=50d", LOW, "in 50.0 days", "registration.expires_at"),
    Fires("AT204", "expires=-1d", CRITICAL, "has expired", "registration.expires_at"),
    Fires("AT204", "registration=expired", CRITICAL, "has expired", "registration.state"),
    Fires("AT205", "registration=expired", CRITICAL, "registration has expired", "registration.state"),
    Fires("AT205", "contact=failed; deadline=-215d", CRITICAL, "305 days", "authorization.deadline_at"),
    Fires(
        "AT205",
        "contact=failed; deadline=exceeded; expires=60d",
        CRITICAL,
        "305 days",
        "registration.expires_at",
    ),
    Fires("AT206", "authorization=out-of-compliance", HIGH, "out of compliance", "authorization.state"),
    Fires("AT207", "restricted=throughput-100kbps", HIGH, "100 kbps", "restricted.throughput-100kbps"),
    Fires("AT207", "restricted=anyconnect-2-peers", HIGH, "Peers is 2", "restricted.anyconnect-2-peers"),
    Fires("AT208", "-", LOW, "301 s behind", "clock", around="clock=301"),
    Fires("AT201", "next-contact=-8d", MEDIUM, "due 8 days ago", "authorization.next_contact_at"),
    Fires("AT201", "next-contact=-9d; deadline=10d", HIGH, "due 9 days ago", "authorization.next_contact_at"),
    Fires("AT204", "renewal=failed", LOW, "renewal of the registration failed", "registration.last_renewal"),
    Fires("AT204", "renewal=failed; expires=10d", HIGH, "no answer", "registration.last_renewal"),
    Fires(
        "AT206",
        "authorization=out-of-compliance; url=https://ssm.example.net/SmartTransport",
        HIGH,
        "out of compliance",
        "authorization.state",
        "onprem",
    ),
    Fires("AT206", "mode=fxos; compliance=Out of compliance", HIGH, "on the chassis", "usage.compliance"),
    Fires(
        "AT206",
        f"mode=fxos; compliance={'no licence, ' * 9}none",
        HIGH,
        "'no licence, no licence, no licence, no licence, no licence",
        "usage.compliance",
    ),
    Fires("AT209", "platform=Unlicensed", HIGH, "'Unlicensed'", "usage.platform_state"),
    Fires(
        "AT209",
        "platform=Unlicensed; restricted=anyconnect-2-peers",
        CRITICAL,
        "but ",
        "authorization.state",
    ),
    Fires("AT209", "enforce=Out of compliance", HIGH, "'Out of compliance'", "usage.enforce_modes"),
    Fires("AT209", "enforce=Novelty", HIGH, "'Novelty'", "usage.enforce_modes"),
    Fires("AT209", "used=OUT OF COMPLIANCE", HIGH, "OUT OF COMPLIANCE", "usage.entitlements.ASAv10"),
    Fires("AT209", "used=NOT AUTHORIZED", HIGH, "NOT AUTHORIZED", "usage.entitlements.ASAv10"),
    Fires("AT209", "export=not-allowed", HIGH, "not allowed", "registration.export_control"),
    Fires("AT209", "export=not-allowed; 3des=off", CRITICAL, "3DES-AES) is off", "usage.strong_encryption"),
    Fires("AT209", "3des=off", CRITICAL, "3DES-AES) is off", "usage.strong_encryption"),
    Fires("AT209", "deadline=-40d", HIGH, "passed 40 days ago", "authorization.deadline_at"),
    Fires("AT209", "mode=fxos; overall=Not Authorized (4)", HIGH, "Not Authorized", "usage.overall_status"),
    Fires("AT209", "mode=fxos; 3des=off", CRITICAL, "3DES-AES) is off", "usage.strong_encryption"),
    Fires("AT301", "-", MEDIUM, "CSCxx00001", "version", around="bug=affected"),
    Fires("AT302", "proxy=proxy.example.net:8080", INFO, "CSCwr56980", "transport.proxy", PROXY, "bug=proxy"),
    Fires("AT302", "proxy=unread", INFO, "could not be read", None, PROXY, "bug=proxy"),
    Fires("AT401", "failover=standby", INFO, "active mate is judged", "failover.state", around="mate=same"),
    Fires("AT401", "failover=standby", INFO, "was not audited", "failover.state"),
    Fires("AT401", "cluster=data", INFO, "control unit", "cluster.role"),
    Fires("AT401", "context=edge", INFO, "'edge'", "context_mode"),
    Fires("AT402", "unknown=other", INFO, "no template knows the line", "unknown"),
    Fires("AT402", "unknown=registration", MEDIUM, "nothing is changed", "unknown"),
    Fires("AT402", "config=unread; refused=show running-config license", MEDIUM, "was refused", "refused"),
    Fires("AT402", "refused=show clock", INFO, "'show clock' was refused: 'ERROR: Command", "refused"),
    Fires("AT501", "transport=callhome", MEDIUM, "it has no owner", "transport.type"),
    Fires("AT501", "transport=callhome", MEDIUM, "it has no owner", "transport.type", "callhome"),
    Fires(
        "AT501", "transport=callhome", MEDIUM, "it has no owner", "transport.type", around="exception=closed"
    ),
    Fires("AT502", "transport=callhome", HIGH, "CHG1", "transport.type", around="exception=past"),
    Fires("AT502", "transport=unknown", HIGH, "not known", "transport.type", around="exception=past"),
    Fires(
        "AT601",
        "-",
        CRITICAL,
        "was cut at the step 'config-verified'",
        "transport.type",
        around="unsettled=killed",
    ),
    Fires("AT601", "-", CRITICAL, "ended as 'unknown'", "transport.type", around="unsettled=unknown"),
    Fires(
        "AT602",
        "startup=transport type callhome",
        MEDIUM,
        "bring 'transport type callhome'",
        "startup_license",
    ),
    Fires(
        "AT602", "startup=none", MEDIUM, "lose 'feature tier standard', 'license smart'", "startup_license"
    ),
)
SILENT = (
    Silent("AT101", "transport=smart"),
    Silent("AT101", "transport=unknown"),
    Silent("AT101", "transport=callhome", "callhome"),
    Silent("AT101", "transport=callhome; reservation=yes"),
    Silent("AT101", "transport=callhome; mode=pak"),
    Silent("AT101", "transport=callhome; failover=standby", "smart", "mate=same"),
    Silent("AT102", "proxy=proxy.example.net:8080", PROXY),
    Silent("AT102", "proxy=unread", PROXY),
    Silent("AT102", "-", "smart, any"),
    Silent("AT103", "proxy=PROXY.example.net.:8080", PROXY),
    Silent("AT103", "proxy=old.example.net:3128", "smart, any"),
    Silent("AT103", "proxy=old.example.net:3128", "reserved"),
    Silent("AT104", "transport=callhome; http-proxy=10.0.0.9:80; proxy=10.0.0.9:80"),
    Silent("AT104", "http-proxy=10.0.0.9:80"),
    Silent("AT105", "url=https://SmartReceiver.cisco.com:443/licservice/license"),
    Silent("AT105", "url=https://ssm.example.net/SmartTransport", "onprem"),
    Silent("AT106", "-"),
    Silent("AT106", "kex=diffie-hellman-group14-sha256; host-key=rsa-sha2-256; cipher=aes128-ctr"),
    Silent("AT201", "contact=succeeded"),
    Silent("AT201", "contact=failed; deadline=exceeded"),
    Silent("AT201", "contact=failed; registration=unregistered"),
    Silent("AT202", "contact=failed"),
    Silent("AT203", "registration=registered"),
    Silent("AT203", "registration=unregistered; mode=disabled"),
    Silent("AT204", "expires=60.1d"),
    Silent("AT205", "contact=failed; deadline=-209d"),
    Silent("AT205", "expires=10d"),
    Silent("AT205", "expires=-10d; mode=pak"),
    Silent("AT206", "authorization=expired"),
    Silent("AT207", "restricted=anyconnect-2-peers; mode=pak"),
    Silent("AT208", "-", "smart", "clock=300"),
    Silent("AT208", "-", "smart", "clock=unread"),
    Silent("AT201", "next-contact=-6d"),
    Silent("AT201", "next-contact=-40d; registration=unregistered"),
    Silent("AT204", "renewal=succeeded"),
    Silent("AT206", "mode=fxos; compliance=In compliance"),
    Silent("AT206", "mode=fxos; authorization=out-of-compliance"),
    Silent("AT206", "mode=pak; authorization=out-of-compliance"),
    Silent("AT209", "platform=Licensed; enforce=Authorized; used=AUTHORIZED; 3des=on"),
    Silent("AT209", "export=not-allowed; 3des=on"),
    Silent("AT209", "platform=Unlicensed; authorization=expired"),
    Silent("AT209", "platform=Unlicensed; reservation=yes"),
    Silent("AT209", "3des=off; mode=pak"),
    Silent("AT209", "deadline=-40d; authorization=expired"),
    Silent("AT209", "mode=fxos; overall=Authorized (3); used=Authorized; 3des=on"),
    Silent("AT301", "-", "smart", "bug=proxy"),
    Silent("AT302", "-", "smart", "bug=proxy"),
    Silent("AT302", "proxy=proxy.example.net:8080", PROXY),
    Silent("AT302", "transport=callhome", PROXY, "bug=proxy"),
    Silent("AT401", "failover=active"),
    Silent("AT401", "context=system"),
    Silent("AT402", "mode=pak; config=unread; refused=show running-config license"),
    Silent("AT402", "refused=show running-config license"),
    Silent("AT402", "mode=pak; refused=show clock"),
    *(Silent("AT301", facts, around="bug=affected") for facts in NOTHING_TO_JUDGE),
    Silent("AT301", "-", around="bug=model"),
    Silent("AT501", "transport=callhome", "smart", "exception=live"),
    Silent("AT501", "transport=callhome", "smart", "exception=past"),
    Silent("AT501", "transport=callhome; version=9.20(4)22", "callhome"),
    Silent("AT502", "transport=callhome", "smart", "exception=live"),
    Silent("AT502", "transport=callhome", "smart", "exception=closed"),
    Silent("AT502", "transport=smart", "smart", "exception=past"),
    Silent("AT601", "-"),
    Silent("AT602", "startup=same"),
    Silent("AT602", "startup=unread"),
    Silent("AT602", "startup=transport type callhome; context=edge"),
)


def test_the_rules_are_exactly_those_of_the_contract() -> None:
    """Scripts filter findings by these ids."""
    assert [rule.id for rule in RULES] == FIXED


@pytest.mark.parametrize("rule", FIXED)
def test_every_rule_has_a_golden_case_that_fires_and_one_that_is_silent(rule: str) -> None:
    """A rule that nobody tries in both directions may say nothing, or everything."""
    assert rule in {case.rule for case in FIRES}
    assert rule in {case.rule for case in SILENT}


@pytest.mark.parametrize(
    "golden", FIRES, ids=lambda golden: f"{golden.rule}: {golden.facts}, {golden.around}"
)
def test_a_rule_fires_with_its_severity_its_values_and_its_proof(golden: Fires) -> None:
    """A finding without severity, concrete values or evidence cannot be acted on at night."""
    case = case_of(golden.facts, golden.expect, golden.around)

    found = [finding for finding in findings(case) if finding.rule == golden.rule]

    assert [finding.severity for finding in found] == [golden.severity]
    assert golden.seen in found[0].detail
    if golden.proof is None:
        assert found[0].evidence == () or golden.rule == "AT302"
    elif golden.proof == "unknown":
        assert found[0].evidence == tuple(line.evidence for line in case.facts.unknown)
    elif golden.proof == "refused":
        assert found[0].evidence == case.facts.refused
    else:
        assert case.facts.sources[golden.proof] in found[0].evidence


# What a detail counts; all else that it says is among the values.
_COUNTS = (
    (r"; no exception has covered it for [\d.]+ days(?: \(the policy allows [\d.]+\))?", ""),
    (r"failed at \d{4}-\d\d-\d\d \d\d:\d\d UTC", "failed"),
    (r"the clock is \d+ (?:s|days) ", "the clock is "),
    (r", counted from [^;]*", ""),
    (r"-?\d+(?:\.\d+)? days", "days"),
)
# What the detail says for a person of a fact that has its own line in a diff, or is not of the device.
_ASIDE = (
    r"; after the deadline .*|; nothing is changed before this is understood"
    r"|(?<=has expired): .*|; the worst case"
)


@pytest.mark.parametrize("rule", FIXED)
def test_two_findings_that_say_something_else_have_other_values(rule: str) -> None:
    """Two nights are compared by the values: what is missing there changes without a word."""
    said = {}
    for golden in (one for one in FIRES if one.rule == rule):
        (found,) = [
            finding
            for finding in findings(case_of(golden.facts, golden.expect, golden.around))
            if finding.rule == rule
        ]
        text = found.detail
        for counted, instead in (*_COUNTS, (_ASIDE, "")):
            text = re.sub(counted, instead, text)
        said[text] = found.values

    assert None not in said.values()
    assert len(set(said.values())) == len(said), said


@pytest.mark.parametrize(
    "golden", SILENT, ids=lambda golden: f"{golden.rule}: {golden.facts}, {golden.expect}, {golden.around}"
)
def test_a_rule_is_silent_where_it_has_nothing_to_say(golden: Silent) -> None:
    """A false alarm teaches people to ignore the rule."""
    found = findings(case_of(golden.facts, golden.expect, golden.around))

    assert golden.rule not in {finding.rule for finding in found}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_words_for_everything_and_tells_nobody_to_reload(rule: Rule) -> None:
    """Remedies are followed literally, and a reload is what hurts most."""
    words = (rule.title, rule.severity, rule.meaning, rule.remedy, rule.evidence, rule.source)

    assert all(text.strip() and "  " not in text for text in words)
    assert not re.search(r"(?<!not )\breload\b", rule.remedy)


@pytest.mark.parametrize("rule", ["AT101", "AT201", "AT202", "AT203", "AT204", "AT205", "AT207"])
def test_a_remedy_near_scenario_c_says_not_to_reload(rule: str) -> None:
    """A reload before contact is restored may cost strong encryption (Cisco TAC 225967)."""
    golden = next(case for case in FIRES if case.rule == rule)

    found = findings(case_of(golden.facts, golden.expect, golden.around))

    assert all("do not reload" in finding.remedy.lower() for finding in found if finding.rule == rule)


def test_the_remedy_of_registration_keeps_the_token_out_of_tickets() -> None:
    """An idtoken registers devices into the customer's account."""
    found = findings(case_of("registration=unregistered"))

    assert "license smart register idtoken TOKEN" in found[0].remedy
    assert "Do not paste the token into a ticket" in found[0].remedy


@pytest.mark.parametrize("rule", ["AT101", "AT102", "AT103", "AT104", "AT201", "AT202", "AT203"])
def test_a_remedy_names_the_place_in_asdm(rule: str) -> None:
    """Many ASA operators never use the command line."""
    golden = next(case for case in FIRES if case.rule == rule)

    found = findings(case_of(golden.facts, golden.expect, golden.around))

    path = "Configuration > Device Management > Licensing > Smart Licensing"
    assert all(path in finding.remedy for finding in found if finding.rule == rule)


@pytest.mark.parametrize(
    ("facts", "cured", "not_cured"),
    [
        (
            "host-key=ssh-rsa",
            ["crypto key generate ecdsa", "known_hosts", "-l fw1"],
            ["key-exchange group dh"],
        ),
        (
            "kex=diffie-hellman-group1-sha1",
            ["ssh key-exchange group dh-group14-sha256"],
            ["crypto key", "cipher"],
        ),
        ("cipher=3des-cbc", ["ssh cipher encryption high"], ["crypto key", "key-exchange"]),
        (
            "host-key=ssh-rsa; host-keys=ssh-rsa,ecdsa-sha2-nistp256",
            ["offers a better host key too (ecdsa-sha2-nistp256)", "known_hosts"],
            ["crypto key generate"],
        ),
        ("kex=diffie-hellman-group1-sha1; mode=threat-defense", ["its manager"], ["ssh key-exchange"]),
        ("kex=diffie-hellman-group1-sha1; failover=standby", ["do not configure this unit"], []),
    ],
)
def test_each_old_algorithm_has_its_own_cure(facts: str, cured: list[str], not_cured: list[str]) -> None:
    """A better key-exchange group gives no firewall another host key (observed)."""
    (remedy,) = [found.remedy for found in findings(case_of(facts)) if found.rule == "AT106"]

    assert all(words in remedy for words in cured), remedy
    assert not any(words in remedy for words in not_cured), remedy


def test_the_most_urgent_finding_stands_first() -> None:
    """A table cut off at the screen's end must show the outage, not the note."""
    found = findings(case_of("authorization=expired; proxy=old.example.net:3128; transport=callhome"))

    ranks = [finding.severity.rank for finding in found]
    assert ranks == sorted(ranks, reverse=True)
    assert found[0].rule == "AT202"


def test_unknown_lines_that_forbid_a_verdict_are_named_before_the_others() -> None:
    """Where a hundred lines are unknown, the ten that are shown must explain the hold."""
    facts = "; ".join(["unknown=other"] * 12 + ["unknown=transport"])

    found = findings(case_of(facts))

    assert found[0].rule == "AT402"
    assert "and 3 more" in found[0].detail
    assert len(found[0].evidence) == 10
    assert found[0].evidence[0] == facts_of(facts).unknown[-1].evidence


def test_one_finding_for_each_bug() -> None:
    """Bugs are fixed in different releases: one finding for both would hide one of them."""
    case = case_of(around="bug=affected; bug=blocking; bug=proxy")

    found = [finding for finding in findings(case) if finding.rule == "AT301"]

    assert len(found) == 2
    assert all(finding.bug == "CSCxx00001" for finding in found)


@pytest.mark.parametrize(
    ("unsaved", "said"),
    [
        (
            UnsavedFacts(state=UnsavedState.SOME, by="kim", at="11:00 UTC"),
            "last changed by 'kim' at 11:00 UTC",
        ),
        (UnsavedFacts(state=UnsavedState.SOME, by="kim"), "last changed by 'kim'"),
        (UnsavedFacts(state=UnsavedState.SOME, at="11:00 UTC"), "last changed at 11:00 UTC"),
        (UnsavedFacts(state=UnsavedState.SOME), None),
    ],
)
def test_a_block_that_a_reload_would_lose_is_told_with_who_changed_the_configuration(
    unsaved: UnsavedFacts, said: str | None
) -> None:
    """Whoever that is knows which of the two is right."""
    case = case_of("startup=none")

    (found,) = [
        one
        for one in findings(replace(case, facts=replace(case.facts, unsaved=unsaved)))
        if one.rule == "AT602"
    ]

    tail = "; the configuration has unsaved changes" if said is None else f"; the configuration was {said}"
    assert found.detail == f"a reload would lose 'feature tier standard', 'license smart'{tail}"


def test_threat_defense_is_told_to_look_at_its_manager_and_keep_a_client() -> None:
    """Its command line takes none of these settings."""
    (remedy,) = [
        one.remedy
        for one in findings(case_of("mode=threat-defense; host-key=ssh-rsa"))
        if one.rule == "AT106"
    ]

    assert remedy == (
        "Threat Defense takes these settings from its manager, not from this command line; until the device "
        "offers better ones, keep an SSH client that still accepts the old ones"
    )


def test_three_better_host_keys_are_named() -> None:
    """One is enough, and a fourth is noise."""
    keys = "ssh-rsa,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521"

    (found,) = [
        one for one in findings(case_of(f"host-key=ssh-rsa; host-keys={keys}")) if one.rule == "AT106"
    ]

    assert (
        "it offers a better host key too (ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384): "
        in found.remedy
    )


def test_a_proxy_that_nobody_may_read_is_proven_by_the_refusal() -> None:
    """The finding says that it is not known; the refused line is why."""
    case = case_of(
        "proxy=unread; refused=show running-config license; refused=show clock", PROXY, around="bug=proxy"
    )
    sources = {name: line for name, line in case.facts.sources.items() if name != "transport.proxy"}

    found = findings(replace(case, facts=replace(case.facts, sources=sources)))

    (evidence,) = [one.evidence for one in found if one.rule == "AT302"]
    assert [line.command for line in evidence] == ["show running-config license"]


def _not_understood(facts: DeviceFacts) -> Finding | None:
    found = [one for one in findings(replace(case_of(), facts=facts)) if one.rule == "AT402"]
    return found[0] if found else None


def test_a_zone_that_nobody_understands_is_told_once() -> None:
    """Its line is told already where the line itself is not understood."""
    zone = DeviceClock(at=None, zone="MESZ of a ship")
    facts = replace(facts_of("-"), clock=zone)
    line = UnknownLine(
        evidence=Evidence(command="show clock", line=1, text="noon MESZ of a ship"),
        block=Block.OTHER,
        reason="the zone is not known",
        fact="clock",
    )

    alone, both = _not_understood(facts), _not_understood(replace(facts, unknown=(line,)))

    assert alone is not None
    assert both is not None
    assert (alone.severity, alone.evidence) == (INFO, ())
    assert alone.detail == (
        "not understood: the time zone 'MESZ of a ship' of the device's clock is not understood"
    )
    assert alone.values == values_of(zone="MESZ of a ship")
    assert both.detail == (
        "not understood: 'show clock' line 1: 'noon MESZ of a ship' (the zone is not known)"
    )
    assert _not_understood(replace(facts, clock=replace(zone, at=NOW))) is None
    assert _not_understood(replace(facts, clock=None)) is None


def test_what_is_not_understood_is_told_up_to_ten_and_then_counted() -> None:
    """Programs and people are shown as many; what was refused and the zone come behind the lines."""
    ten = facts_of("; ".join(["unknown=other"] * 9 + ["refused=show clock"]))
    more = replace(ten, clock=DeviceClock(at=None, zone="MESZ"))

    whole, cut = _not_understood(ten), _not_understood(more)

    assert whole is not None
    assert cut is not None
    assert "; and " not in whole.detail
    assert whole.detail.count("; ") == 9
    assert cut.detail == f"{whole.detail}; and 1 more"
    assert len(whole.values or ()) == len(cut.values or ()) == 10
    assert (whole.values or ())[-1] == values_of(refused=("show clock",))[0]
    assert whole.evidence == cut.evidence == (*(line.evidence for line in ten.unknown), *ten.refused)


def test_a_long_answer_of_refusal_and_a_long_zone_are_cut() -> None:
    """A device may print anything."""
    facts = facts_of("refused=show clock")
    refusal = replace(facts.refused[0], text=f"  {'no ' * 100}")

    found = _not_understood(replace(facts, refused=(refusal,), clock=DeviceClock(at=None, zone="Z" * 99)))

    assert found is not None
    assert f"{('no ' * 100).strip()!r:.120}; the time zone {'Z' * 99!r:.40} of" in found.detail
