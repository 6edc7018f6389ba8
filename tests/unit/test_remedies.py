"""A remedy names the server, the proxy line and the way back of the transport that is in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from asa_transport.asa.servers import is_cisco_callhome, is_cisco_url, is_same_url, server_of
from asa_transport.asa.version import train_of, try_parse
from asa_transport.core.judgement.cases import bugs
from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.judgement.decisions.table import decide
from asa_transport.core.judgement.rules.table import findings
from asa_transport.files import bugs as catalogue
from asa_transport.model import Proxy, Verdict
from tests.unit.judging import case_of

SMART, CALLHOME = "smartreceiver.cisco.com", "tools.cisco.com"
ONPREM = "https://ssm.corp.example/SmartTransport"
TROUBLES = [
    "contact=failed",
    "contact=failed; deadline=unknown",
    "contact=failed; deadline=2d",
    "authorization=expired; contact=failed",
    "registration=unregistered",
    "expires=10d; contact=failed",
    "registration=expired; contact=failed",
]
CATALOGUE = catalogue.load(None, train_of=train_of).bugs


def advice(case: Case) -> str:
    """All that a person is told to do about AT2xx, and why nothing is changed."""
    found = findings(case)
    remedies = [one.remedy for one in found if one.rule.startswith("AT2")]
    assert remedies
    return " ".join((*remedies, *decide(case, found).reasons))


def with_catalogue(case: Case) -> Case:
    facts = case.facts
    return replace(case, bugs=bugs.verdicts(CATALOGUE, try_parse(facts.version or ""), facts.model))


@pytest.mark.parametrize("trouble", TROUBLES)
def test_on_smart_it_is_smart_s_server_and_proxy_line(trouble: str) -> None:
    """The default of new releases."""
    text = advice(case_of(trouble))

    assert SMART in text
    assert CALLHOME not in text
    assert "http-proxy" not in text


@pytest.mark.parametrize("trouble", TROUBLES)
def test_on_callhome_it_is_call_home_s_server_and_proxy_line(trouble: str) -> None:
    """`transport proxy` does nothing for Smart Call Home, nor does a path to smartreceiver."""
    text = advice(case_of(f"transport=callhome; version=9.20(2)2; {trouble}", "callhome"))

    assert CALLHOME in text
    assert SMART not in text
    assert "transport proxy" not in text
    assert "revert to callhome" not in text


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize(
    ("facts", "expect", "server"),
    [
        (f"url={ONPREM}", "onprem", "ssm.corp.example:443"),
        ("url=https://[2001:db8::7]:8443/SmartTransport", "smart", "2001:db8::7:8443"),
        (
            "transport=callhome; url=http://ssm.corp.example/Transportgateway/x",
            "onprem",
            "ssm.corp.example:80",
        ),
        ("transport=callhome", "onprem", "On-Prem server"),
    ],
)
def test_an_on_prem_device_is_told_of_its_own_server_only(
    facts: str, expect: str, server: str, trouble: str
) -> None:
    """A path to Cisco would let a firewall out that was never meant to go there."""
    text = advice(case_of(f"{facts}; {trouble}", expect))

    assert server in text
    assert SMART not in text
    assert CALLHOME not in text
    assert "transport proxy" not in text
    assert "Cisco's Smart Software Manager" not in text
    assert "revert to callhome" not in text


def test_an_unknown_transport_gets_both_servers_with_their_lines() -> None:
    """What is not known is not guessed."""
    text = advice(case_of("transport=unknown; contact=failed"))

    assert SMART in text
    assert CALLHOME in text


def test_a_revert_is_offered_on_smart_and_says_where_the_policy_forbids_it() -> None:
    """An offer that the next command refuses costs time in an outage."""
    forbidden = findings(case_of("contact=failed"))[0].remedy
    allowed = findings(case_of("contact=failed", around="policy=allow_callhome"))[0].remedy

    assert "revert to callhome for a time" in forbidden
    assert "allow_callhome" in forbidden
    assert "allow_callhome" not in allowed


LEFT = "callhome-url=https://ssm.corp.example:8443/Transportgateway/services/DeviceRequestHandler"


@pytest.mark.parametrize("expect", ["smart", "onprem"])
def test_an_on_prem_address_that_an_upgrade_left_in_call_home_is_told(expect: str) -> None:
    """From 9.22 on smart is the default, and the way to the On-Prem server is lost in silence."""
    found = next(one for one in findings(case_of(LEFT, expect)) if one.rule == "AT105")

    assert "ssm.corp.example:8443" in found.detail
    assert any("call-home" in line.command for line in found.evidence)


@pytest.mark.parametrize(
    "address",
    [
        "https://tools.cisco.com/its/service/oddce/services/DDCEService",
        "https://TOOLS.cisco.com.:443/its/service",
        "http://tools.cisco.com/its/service",
    ],
)
def test_cisco_s_own_address_in_call_home_is_no_finding(address: str) -> None:
    """Cisco's own cloud templates write it on 9.24."""
    assert not findings(case_of(f"callhome-url={address}"))


def test_callhome_is_never_chosen_where_it_would_lead_to_another_server() -> None:
    """`transport type callhome` would send the licence requests On-Prem, which nobody asked for."""
    wanted = case_of(LEFT, "callhome", "policy=allow_callhome")
    failing = case_of(f"{LEFT}; contact=failed; deadline=2d", around="policy=allow_callhome")

    assert decide(wanted, ()).verdict is Verdict.HOLD
    assert "--goal callhome" not in " ".join(decide(failing, ()).reasons)
    assert "revert to callhome" not in advice(failing)


@pytest.mark.parametrize("trouble", ["contact=failed", "authorization=expired; contact=failed"])
@pytest.mark.parametrize("version", ["9.8(2)33", "9.12(4)2", "9.14(1)", "9.15(1)10"])
def test_an_old_release_is_told_of_the_root_certificate_it_lacks(version: str, trouble: str) -> None:
    """Permitting HTTPS does not cure a certificate that cannot be verified."""
    old = f"transport=callhome; version={version}; {trouble}"

    text = advice(with_catalogue(case_of(old, "callhome")))

    assert "FN72103" in text
    assert "does not cure" in text
    assert "FN72103" not in advice(with_catalogue(case_of(f"url={ONPREM}; version={version}; {trouble}")))
    assert "FN72103" not in advice(with_catalogue(case_of(f"version=9.22(1)1; {trouble}")))


@pytest.mark.parametrize(
    ("model", "version", "is_told"),
    [("ASAv", "9.20(3)7", True), ("ASAv", "9.24(1)1", False), ("FPR-1010", "9.20(3)7", False)],
)
def test_the_one_way_upgrade_of_an_asav_is_told_before_it_is_made(
    model: str, version: str, *, is_told: bool
) -> None:
    """Once on 9.24 an ASAv stays there or above."""
    one = next(bug for bug in CATALOGUE if bug.id == "CSCwp10957")
    case = case_of(f"model={model}; version={version}")
    affected = replace(bugs.verdict(one, try_parse("9.20(3)7"), model))

    found = next(f for f in findings(replace(case, bugs=(affected,))) if f.rule == "AT301")

    assert ("one-way" in found.remedy) is is_told


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://SSM.corp.example/x", "https://ssm.corp.example:443/x"),
        ("https://ssm.corp.example./x", "https://ssm.corp.example/x"),
        ("https://[2001:DB8:0::1]/x", "https://[2001:db8::1]/x"),
        ("https://[::ffff:192.0.2.4]/x", "https://192.0.2.4/x"),
        ("HTTP://ssm.corp.example:80", "http://ssm.corp.example/"),
    ],
)
def test_spellings_of_one_url_are_one(one: str, other: str) -> None:
    """A pair whose units spell their server differently does not disagree."""
    assert is_same_url(one, other)
    assert server_of(one) == server_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://ssm.corp.example/x", "http://ssm.corp.example:443/x"),
        ("https://ssm.corp.example/x", "https://ssm.corp.example/X"),
        ("https://ssm.corp.example/x", "https://ssm.corp.example:8443/x"),
        ("https://192.0.2.4/x", "https://192.0.2.40/x"),
        ("no url", "another"),
    ],
)
def test_different_urls_are_different(one: str, other: str) -> None:
    """A path's case and a port may be another server's."""
    assert not is_same_url(one, other)


@pytest.mark.parametrize(
    "url",
    [
        "https://tools.cisco.com@ssm.corp.example/",
        "https://tools.cisco.com:8443/",
        "https://tools.cisco.com.corp.example/",
        "https://smartreceiver.cisco.com\\@ssm.corp.example/",
        "https://[::1/",
        "https://tools.cisco.com:99999/",
        "",
    ],
)
def test_what_only_looks_like_cisco_s_server_is_not_it(url: str) -> None:
    """A look-alike is another server, and no text breaks the comparison."""
    assert not is_cisco_url(url)
    assert not is_cisco_callhome(url)


def test_a_proxy_of_one_pair_in_two_spellings_is_no_disagreement() -> None:
    """One unit may print an address as it was typed, the other in its short form."""
    one = Proxy(host="2001:DB8:0:0::5", port=3128)

    assert one == Proxy(host="2001:db8::5", port=3128)
    assert Proxy(host="::ffff:192.0.2.9", port=80) == Proxy(host="192.0.2.9", port=80)
    assert Proxy(host="Proxy.corp.example.", port=80) == Proxy(host="proxy.corp.example", port=80)


PLAIN = "http://ssm.corp.example:8080/Transportgateway/services/DeviceRequestHandler"


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize(
    ("url", "permit"),
    [
        (PLAIN, "HTTP"),
        (PLAIN.upper().replace("HTTP:", "HTTP:"), "HTTP"),
        (PLAIN.replace("http:", "https:"), "HTTPS"),
    ],
)
def test_what_is_to_be_permitted_is_what_the_url_speaks(url: str, permit: str, trouble: str) -> None:
    """A rule for HTTPS lets nothing through to a server that is asked over HTTP."""
    text = advice(case_of(f"transport=callhome; url={url}; {trouble}", "onprem"))
    other = {"HTTP": "HTTPS", "HTTPS": "HTTP"}[permit]

    assert f"{permit} from the firewall to " in text or f"{permit} to " in text
    assert f"{other} from" not in text
    assert f"{other} to" not in text


def test_a_callhome_device_of_an_own_server_is_not_sent_to_cisco() -> None:
    """Nothing is planned for it, and `transport url` is not where its address is."""
    found = {one.rule: one.remedy for one in findings(case_of(f"transport=callhome; url={PLAIN}"))}

    assert "no change is planned" in found["AT101"]
    assert SMART not in found["AT101"]
    assert "transport url" not in found["AT105"]
    assert "'call-home', 'profile License'" in found["AT105"]


def test_an_own_server_of_smart_transport_is_changed_by_transport_url() -> None:
    """The other place of an address."""
    found = {one.rule: one.remedy for one in findings(case_of(f"url={ONPREM}"))}

    assert "'transport url default'" in found["AT105"]


@pytest.mark.parametrize(
    ("version", "words"), [("none", "did not say its version"), ("banana", "'banana' is not understood")]
)
def test_a_version_that_is_not_known_is_said_in_plain_words(version: str, words: str) -> None:
    """Not in Python's."""
    base = case_of("transport=callhome")
    wanted = replace(base, facts=replace(base.facts, version=None if version == "none" else version))
    reasons = " ".join(decide(wanted, findings(wanted)).reasons)

    assert words in reasons
    assert "None" not in reasons


def test_the_title_of_a_contact_that_is_overdue_does_not_deny_the_last_one() -> None:
    """The last contact succeeded; that none follows is the finding."""
    base = case_of("-")
    late = replace(base.facts.authorization, next_contact_at=base.now - timedelta(days=30))
    (found,) = findings(replace(base, facts=replace(base.facts, authorization=late)))

    assert (found.rule, "the last one succeeded" in found.detail) == ("AT201", True)
    assert found.title == "Contact failed or is overdue"


@pytest.mark.parametrize("unit", ["failover=standby", "cluster=data"])
@pytest.mark.parametrize("fault", ["transport=callhome", "proxy=p.example:8080"])
def test_lines_for_a_unit_that_follows_are_for_the_one_that_leads(unit: str, fault: str) -> None:
    """AT401 beside it says not to configure this unit, and no plan ever has it."""
    found = [one for one in findings(case_of(f"{fault}; {unit}", "smart")) if one.rule in ("AT101", "AT103")]

    assert found
    assert all(one.remedy.startswith("do not configure this unit") for one in found)


@pytest.mark.parametrize("fault", ["transport=callhome", "proxy=p.example:8080"])
def test_lines_for_a_unit_that_leads_are_for_itself(fault: str) -> None:
    """The neighbour that must stay as it was."""
    found = [one for one in findings(case_of(fault, "smart")) if one.rule in ("AT101", "AT103")]

    assert found
    assert not any(one.remedy.startswith("do not configure this unit") for one in found)


@pytest.mark.parametrize(("unit", "is_said"), [("failover=active", True), ("failover=backup", False)])
def test_a_unit_of_a_cloud_pair_waits_for_no_mate(unit: str, is_said: bool) -> None:
    """It is a firewall of its own: what it needs of another is nothing."""
    wanted = case_of(f"transport=callhome; {unit}")
    found = decide(wanted, findings(wanted))

    assert found.verdict is Verdict.CHANGE
    assert ("the mate was not audited in this run" in found.reasons) is is_said
