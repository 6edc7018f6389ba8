"""Each assumption, tried on answers of both readings and on such that do not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import pytest

from asa_transport.asa.commands import CHECKSUM, STARTUP
from asa_transport.core.assumptions.tries import TRIALS, checks_of
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.tables import TableSet
from asa_transport.files import assumptions
from asa_transport.model import Capture, Check, CheckVerdict, CommandOutput, SshFacts
from tests.golden.golden import DEVICES, NOW, capture_of, texts

TABLES = TableSet(texts())
ROWS = {row.id: row for row in assumptions.load()}
HOLDS, DIFFERS, UNKNOWN, NOT_APPLICABLE = (
    CheckVerdict.HOLDS, CheckVerdict.DIFFERS, CheckVerdict.UNKNOWN, CheckVerdict.NOT_APPLICABLE,
)  # fmt: skip
STATUS, ALL, CONFIG = "show license status", "show license all", "show running-config license"
VERSION, FAILOVER, CLUSTER, MODE = "show version", "show failover", "show cluster info", "show mode"
PING = "ping tcp smartreceiver.cisco.com 443"
SUM, OTHER_SUM = "0b1c2d3e 4f506172 8394a5b6 c7d8e9fa", "ffffffff 00000000 11111111 22222222"
EARLY, LATE = "16:44:02.731 UTC Fri Jan 16 2026", "07:08:09.100 UTC Mon Jan 19 2026"
HEAD, TIER = "license smart\n", " feature tier standard\n throughput level 1G\n"
PROXY, SMART, CALLHOME = (
    " transport proxy proxy.example.net port 8080\n", " transport type smart\n", " transport type callhome\n",
)  # fmt: skip


def _ping(*, good: int = 5, start: str = "starting port 1024, ") -> str:
    return (
        "Type escape sequence to abort.\nNo source specified. Pinging from identity interface.\n"
        "Sending 5 TCP SYN requests to 203.0.113.7 port 443\n"
        f"from 192.0.2.1 {start}timeout is 2 seconds:\n!!!!!\n"
        f"Success rate is {good * 20} percent ({good}/5), round-trip min/avg/max = 1/1/1 ms\n"
    )


def _startup(written: str | None, checksum: str = SUM) -> str:
    head = "" if written is None else f": Written by enable_15 at {written}\n"
    return f"{head}{HEAD}{TIER}Cryptochecksum:{checksum.replace(' ', '')}\n"


def _saved(modified: str, written: str | None, running: str | None) -> dict[str, str | tuple[str, str]]:
    """Return the answers of a firewall that says this of its configuration."""
    stamp = f"Serial Number: 9AEXAMPLE01\nConfiguration last modified by netops at {modified}\n"
    found: dict[str, str | tuple[str, str]] = {
        VERSION: ("Serial Number: 9AEXAMPLE01\n", stamp),
        STARTUP: _startup(written),
    }
    return found if running is None else {**found, CHECKSUM: f"Cryptochecksum: {running} \n"}


def _ssh(*host_keys: str) -> SshFacts:
    return SshFacts(
        kex="ecdh-sha2-nistp256", host_key=host_keys[0], cipher="aes256-ctr", mac="hmac-sha2-256",
        server="SSH-2.0-Cisco-1.25", host_keys=host_keys,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A golden device, what it answers otherwise (a text, or old and new words), and what is found.

    Attributes:
        shows: Words of an evidence line.
        value: As `Check.value`.
    """

    id: str
    verdict: CheckVerdict
    device: str = "smart_healthy"
    answers: Mapping[str, str | tuple[str, str] | None]
    ssh: SshFacts | None = None
    shows: str = ""
    value: str | None = None


def _of(
    name: str,
    verdict: CheckVerdict,
    answers: Mapping[str, str | tuple[str, str] | None] | None = None,
    *,
    device: str = "smart_healthy",
    ssh: SshFacts | None = None,
    shows: str = "",
    value: str | None = None,
) -> Tried:
    return Tried(
        id=name, verdict=verdict, device=device, answers=answers or {}, ssh=ssh, shows=shows, value=value
    )


OLD = ("9.22(2)14", "9.20(4)14")
# It says what this user may, and nothing of the release.
DENIED = "ERROR: Command authorization failed\n"
NEVER = {STATUS: None, ALL: None}
CASES: Final = (
    _of("default-transport", HOLDS, shows="Type: Smart"),
    _of("default-transport", DIFFERS, {VERSION: OLD}, shows="Type: Smart", value="smart"),
    _of("default-transport", UNKNOWN, {CONFIG: HEAD + TIER + SMART}, shows="transport type smart"),
    _of("default-transport", UNKNOWN, NEVER),
    _of("default-transport", NOT_APPLICABLE, device="pak"),
    _of("default-line-hidden", HOLDS, shows="license smart"),
    _of("default-line-hidden", DIFFERS, {CONFIG: HEAD + TIER + SMART}, shows="type smart", value="smart"),
    _of("default-line-hidden", UNKNOWN, {CONFIG: HEAD + TIER + CALLHOME}, shows="type callhome"),
    _of("default-line-hidden", UNKNOWN, {CONFIG: None}),
    _of("transport-lines-last", HOLDS, shows="transport proxy"),
    _of("transport-lines-last", DIFFERS, {CONFIG: HEAD + PROXY + TIER}, shows="proxy", value="feature"),
    _of(
        "transport-lines-last", DIFFERS,
        {CONFIG: HEAD + " feature tier standard\n" + CALLHOME + " throughput level 1G\n"}, value="throughput",
    ),
    _of("transport-lines-last", UNKNOWN, {CONFIG: HEAD + TIER}),
    _of("proxy-behind-type", HOLDS, {CONFIG: HEAD + CALLHOME + PROXY}, shows="transport proxy"),
    _of("proxy-behind-type", DIFFERS, {CONFIG: HEAD + PROXY + CALLHOME}, shows="callhome", value="proxy"),
    _of("proxy-behind-type", UNKNOWN),
    _of("block-line-kinds", HOLDS),
    _of("block-line-kinds", DIFFERS, {CONFIG: HEAD + TIER + " usage hourly\n"}, shows="usage hourly"),
    _of("block-line-kinds", UNKNOWN, {CONFIG: None}),
    _of("url-default-hidden", HOLDS),
    _of("url-default-hidden", DIFFERS, {CONFIG: HEAD + " transport url default\n"}, shows="url default"),
    _of("url-default-hidden", UNKNOWN, {CONFIG: None}),
    _of("smart-below-922", HOLDS, {VERSION: OLD, CONFIG: HEAD + SMART}, shows="type smart"),
    _of("smart-below-922", UNKNOWN, {VERSION: OLD}),
    _of("smart-below-922", NOT_APPLICABLE),
    _of("all-config-shape", HOLDS, {"show running-config all license": HEAD + TIER + SMART}, shows="smart"),
    _of("all-config-shape", DIFFERS, {"show running-config all license": "% usage\n"}, shows="% usage"),
    _of(
        "all-config-shape", DIFFERS,
        {"show running-config all license": "ERROR: % Invalid input detected at '^' marker.\n"},
        shows="ERROR",
    ),
    _of("all-config-shape", UNKNOWN),
    _of("all-config-shape", UNKNOWN, {"show running-config all license": DENIED}, shows="authorization"),
    _of("license-in-system", HOLDS, {MODE: "Security context mode: multiple \n"}),
    _of(
        "license-in-system", DIFFERS,
        {
            MODE: "Security context mode: multiple \n",
            **dict.fromkeys((STATUS, ALL, CONFIG), "ERROR: % Invalid input detected at '^' marker.\n"),
        },
        shows="ERROR",
    ),
    _of("license-in-system", UNKNOWN, {MODE: None}),
    _of("license-in-system", UNKNOWN, {
        MODE: "Security context mode: multiple \n", **dict.fromkeys((STATUS, ALL, CONFIG), DENIED),
    }, shows="authorization"),
    _of("license-in-system", NOT_APPLICABLE, shows="single"),
    _of(
        "callhome-proxy-unused", HOLDS,
        {
            "show running-config call-home": "call-home\n http-proxy proxy.example.net port 8080\n",
            CONFIG: HEAD + TIER, STATUS: ("    Not Supported\n  VRF", "    Not Configured\n  VRF"),
        },
        shows="Not Configured",
    ),
    _of(
        "callhome-proxy-unused", DIFFERS,
        {
            "show running-config call-home": "call-home\n http-proxy proxy.example.net port 8080\n",
            CONFIG: HEAD + TIER,
            STATUS: ("    Not Supported\n  VRF", "    Address: proxy.example.net\n    Port: 8080\n  VRF"),
        },
        shows="Address: proxy.example.net",
    ),
    _of(
        "callhome-proxy-unused", UNKNOWN,
        {"show running-config call-home": "call-home\n http-proxy proxy.example.net port 8080\n"},
    ),
    _of("callhome-proxy-unused", NOT_APPLICABLE),
    _of("firepower-2100-in-asa", HOLDS, {VERSION: ("ASAv, 2048", "FPR-2110, 2048")}, shows="FPR-2110"),
    _of(
        "firepower-2100-in-asa", DIFFERS,
        {
            VERSION: ("ASAv, 2048", "FPR-2110, 2048"),
            **dict.fromkeys((STATUS, ALL, CONFIG), "ERROR: % Invalid input detected at '^' marker.\n"),
        },
        shows="ERROR",
    ),
    _of("firepower-2100-in-asa", UNKNOWN, {VERSION: ("ASAv, 2048", "FPR-2110, 2048"), CONFIG: None}),
    _of("firepower-2100-in-asa", UNKNOWN, {
        VERSION: ("ASAv, 2048", "FPR-2110, 2048"), **dict.fromkeys((STATUS, ALL, CONFIG), DENIED),
    }),
    _of("firepower-2100-in-asa", NOT_APPLICABLE, shows="ASAv"),
    _of("onprem-address", HOLDS, {
        STATUS: ("smartreceiver.cisco.com/licservice/license", "ssm.example.net/SmartTransport"),
        ALL: None,
    }, shows="ssm.example.net"),
    _of("onprem-address", DIFFERS, {
        STATUS: ("smartreceiver.cisco.com/licservice/license", "ssm.example.net/licences"), ALL: None,
    }, shows="ssm.example.net"),
    _of("onprem-address", NOT_APPLICABLE),
    _of("status-proxy-denied", HOLDS, shows="Not Supported"),
    _of(
        "status-proxy-denied", DIFFERS,
        {STATUS: ("    Not Supported\n  VRF", "    Address: proxy.example.net\n    Port: 8080\n  VRF")},
        shows="Address",
    ),
    _of("status-proxy-denied", UNKNOWN, NEVER),
    _of("status-proxy-denied", NOT_APPLICABLE, {CONFIG: HEAD + TIER}),
    _of("smart-transport-lines", HOLDS, shows="Type: Smart"),
    _of("smart-transport-lines", DIFFERS, {STATUS: ("  VRF:", "  Path: direct\n  VRF:")}, shows="Path"),
    _of("smart-transport-lines", UNKNOWN, NEVER),
    _of("smart-transport-lines", NOT_APPLICABLE, device="pak"),
    _of("status-own-end", HOLDS),
    _of(
        "status-own-end", DIFFERS,
        {STATUS: ("Utility:\n", "Miscellaneous:\n  Custom Id: <empty>\n\nUtility:\n")},
        shows="Miscellaneous:",
    ),
    _of("status-own-end", UNKNOWN, NEVER),
    _of("reservation-words", HOLDS, device="reserved"),
    _of(
        "reservation-words", DIFFERS, {STATUS: ("  Status: REGISTERED", "  Status: HELD BACK")},
        device="reserved",
    ),
    _of("reservation-words", UNKNOWN, {**NEVER, VERSION: None}, device="reserved"),
    _of("reservation-words", NOT_APPLICABLE),
    _of("summary-lines", HOLDS, {"show license summary": "Registration:\n  Status: REGISTERED\n"}),
    _of("summary-lines", DIFFERS, {"show license summary": "Registered since Monday\n"}, shows="Monday"),
    _of("summary-lines", UNKNOWN),
    _of("usage-lines", HOLDS, {"show license usage": "ASAv (ASAv-STD-1G):\n  Status: AUTHORIZED\n"}),
    _of("usage-lines", DIFFERS, {"show license usage": "Licences in use, 1\n"}, shows="in use"),
    _of("usage-lines", UNKNOWN),
    _of(
        "active-active-lines", HOLDS,
        {FAILOVER: "Failover On\n  This host:    Primary\n  Group 1       State:          Active\n"},
    ),
    _of(
        "active-active-lines", DIFFERS,
        {
            FAILOVER: "Failover On\n  This host:    Primary\n  Group 1       State:          Active\n"
            "  Grouped twice\n"
        },
        shows="Grouped",
    ),
    _of("active-active-lines", UNKNOWN, {FAILOVER: None}),
    _of("active-active-lines", NOT_APPLICABLE),
    _of("cloud-failover-lines", HOLDS, device="cloud_backup"),
    _of("cloud-failover-lines", DIFFERS, {FAILOVER: "Failover On\n  This host: Primary - Backup\n"}),
    _of("cloud-failover-lines", UNKNOWN, {FAILOVER: None}),
    _of("cloud-failover-lines", NOT_APPLICABLE),
    _of("cluster-lines", HOLDS, device="cluster_data_unit"),
    _of("cluster-lines", DIFFERS, {
        CLUSTER: 'Cluster fw: On\n    This is "a" in state CONTROL_NODE\nNothing else\n',
    }, shows="Nothing else"),
    _of("cluster-lines", UNKNOWN),
    _of("cluster-lines", NOT_APPLICABLE, {CLUSTER: "Clustering is not configured\n"}),
    _of("model-names", HOLDS, shows="ASAv"),
    _of("model-names", DIFFERS, {VERSION: ("ASAv, 2048", "VFW-100, 2048")}, shows="VFW-100"),
    _of("model-names", UNKNOWN, {VERSION: ("Hardware:   ASAv, ", "Software:   ASAv, ")}),
    _of("release-suffixes", HOLDS, shows="9.22(2)14"),
    _of("release-suffixes", DIFFERS, {VERSION: ("9.22(2)14", "9.22(2)14-beta")}, shows="beta"),
    _of("release-suffixes", UNKNOWN, {VERSION: None}),
    _of("pak-refuses-license", HOLDS, {
        STATUS: "ERROR: % Invalid input detected at '^' marker.\n",
    }, device="pak", shows="ERROR"),
    _of("pak-refuses-license", DIFFERS, {
        STATUS: "Smart Licensing is not supported on this platform.\n",
    }, device="pak", shows="not supported"),
    _of("pak-refuses-license", UNKNOWN, {STATUS: None}, device="pak"),
    _of("pak-refuses-license", UNKNOWN, {STATUS: DENIED}, device="pak"),
    _of("pak-refuses-license", NOT_APPLICABLE),
    _of("chassis-answers-license", HOLDS, device="fxos", shows="Smart licensing enabled"),
    _of("chassis-answers-license", DIFFERS, {
        ALL: "ERROR: % Invalid input detected at '^' marker.\n",
    }, device="fxos", shows="ERROR"),
    _of("chassis-answers-license", UNKNOWN, {ALL: None}, device="fxos"),
    _of("chassis-answers-license", UNKNOWN, {ALL: DENIED}, device="fxos"),
    _of("chassis-answers-license", NOT_APPLICABLE),
    _of("deadline-90-days", HOLDS, shows="Communication Deadline"),
    _of("deadline-90-days", DIFFERS, {
        STATUS: ("Deadline: Apr 20", "Deadline: Mar 20"), ALL: None,
    }, shows="Mar 20"),
    _of("deadline-90-days", UNKNOWN, NEVER),
    _of("registration-one-year", HOLDS, {
        STATUS: ("Attempt: None", "Attempt: SUCCEEDED on Mar 03 2025 08:10:00 UTC"), ALL: None,
    }, shows="Registration Expires"),
    _of("registration-one-year", DIFFERS, {
        STATUS: ("Attempt: None", "Attempt: SUCCEEDED on Aug 30 2025 08:10:00 UTC"), ALL: None,
    }, shows="Registration Expires"),
    _of("registration-one-year", UNKNOWN),
    _of("contact-timers", HOLDS, shows="Next Communication"),
    _of("contact-timers", HOLDS, {
        STATUS: ("SUCCEEDED on Jan 20 2026 10", "FAILED on Feb 19 2026 09"), ALL: None,
    }),
    _of("contact-timers", DIFFERS, {
        STATUS: ("Next Communication Attempt: Feb 19", "Next Communication Attempt: Feb 03"), ALL: None,
    }, shows="Feb 03"),
    _of("contact-timers", UNKNOWN, NEVER),
    _of("modified-after-written", HOLDS, _saved(EARLY, LATE, SUM), shows="Written by"),
    _of("modified-after-written", HOLDS, _saved(LATE, EARLY, OTHER_SUM)),
    _of("modified-after-written", DIFFERS, _saved(EARLY, LATE, OTHER_SUM), shows="ffffffff"),
    _of("modified-after-written", UNKNOWN, _saved(LATE, EARLY, SUM)),
    _of("modified-after-written", UNKNOWN, _saved(EARLY, None, SUM)),
    _of("checksum-of-running", HOLDS, _saved(LATE, EARLY, OTHER_SUM), shows="ffffffff"),
    _of("checksum-of-running", DIFFERS, _saved(LATE, EARLY, SUM), shows="last modified", value="stored"),
    _of("checksum-of-running", UNKNOWN, _saved(EARLY, LATE, SUM)),
    _of("checksum-of-running", UNKNOWN, _saved(LATE, EARLY, None)),
    _of("filter-keeps-colon", HOLDS, _saved(EARLY, LATE, None), shows=": Written by"),
    _of("filter-keeps-colon", DIFFERS, _saved(EARLY, None, None), shows="Cryptochecksum"),
    _of("filter-keeps-colon", UNKNOWN),
    _of("ping-tcp-lines", HOLDS, {PING: _ping()}, shows="Success rate"),
    _of("ping-tcp-lines", DIFFERS, {PING: _ping() + "Five connections\n"}, shows="Five"),
    _of("ping-tcp-lines", UNKNOWN),
    _of("ping-tcp-lines", UNKNOWN, {PING: DENIED}, shows="authorization"),
    _of("ping-tcp-from-line", HOLDS, {PING: _ping()}, shows="starting port"),
    _of("ping-tcp-from-line", DIFFERS, {PING: _ping(start="")}, shows="timeout is"),
    _of("ping-tcp-from-line", UNKNOWN),
    _of("rsa-key-sha1", HOLDS, ssh=_ssh("ssh-rsa"), shows="ssh-rsa"),
    _of("rsa-key-sha1", DIFFERS, ssh=_ssh("rsa-sha2-256", "ssh-rsa"), shows="rsa-sha2-256"),
    _of("rsa-key-sha1", UNKNOWN),
    _of("rsa-key-sha1", NOT_APPLICABLE, ssh=_ssh("ecdsa-sha2-nistp384")),
)  # fmt: skip
# What no answer can contradict, or leave open.
NEVER_FOUND: Final = {
    ("smart-below-922", DIFFERS),  # only to enter the line would
    ("onprem-address", UNKNOWN),
}  # fmt: skip
THREAT: Final = (
    "---------------[ edge-fw ]---------------\nModel                     : Cisco Secure Firewall 3105 "
    "Threat Defense (80) Version 7.6.2 (Build 1)\n"
)


def _capture(case: Tried) -> Capture:
    device = DEVICES / case.device
    given = capture_of(device) if device.is_dir() else capture_of(DEVICES / "smart_healthy")
    outputs = {output.command: output.text for output in given.outputs}
    if not device.is_dir():
        outputs = {VERSION: THREAT}
    for command, change in case.answers.items():
        if change is None:
            outputs.pop(command, None)
        elif isinstance(change, str):
            outputs[command] = change
        else:
            old, new = change
            assert old in outputs[command], f"{old!r} is not in {command!r}"
            outputs[command] = outputs[command].replace(old, new)
    prompt = given.outputs[-1].prompt
    return replace(
        given,
        outputs=tuple(
            CommandOutput(command=command, text=text, prompt=prompt, started_at=NOW, duration_s=0.0)
            for command, text in outputs.items()
        ),
        ssh=case.ssh,
    )


def _checks(case: Tried) -> dict[str, Check]:
    capture = _capture(case)
    facts = parse.facts(capture, TABLES, needs_version=False)
    return {check.id: check for check in checks_of(ROWS.values(), capture, facts, TABLES)}


@pytest.mark.parametrize("case", CASES, ids=[f"{case.id}-{case.verdict.value}" for case in CASES])
def test_an_assumption_is_found_as_the_answers_have_it(case: Tried) -> None:
    """A wrong "holds" would prove what is not so."""
    check = _checks(case)[case.id]

    assert check.verdict is case.verdict, check.seen
    assert check.value == case.value
    assert any(case.shows in line.text for line in check.evidence) or not case.shows, check.evidence
    assert (check.consequence is not None) is (case.verdict is DIFFERS)


def test_each_trial_is_shown_to_hold_to_differ_and_not_to_tell() -> None:
    shown = {(case.id, case.verdict) for case in CASES}

    wanted = {(name, verdict) for name in TRIALS for verdict in (HOLDS, DIFFERS, UNKNOWN)}
    assert wanted - NEVER_FOUND <= shown


@pytest.mark.parametrize("device", sorted(path.name for path in DEVICES.iterdir()))
def test_every_line_of_evidence_is_a_line_that_the_device_printed(device: str) -> None:
    """A person looks it up in the firewall's own answer."""
    case = _of("", UNKNOWN, device=device)
    printed = {
        (output.command, line) for output in _capture(case).outputs for line in output.text.split("\n")
    }

    checks = _checks(case)

    assert list(checks) == list(ROWS)
    for check in checks.values():
        for line in check.evidence:
            assert (line.command, line.text) in {(command, text.rstrip("\r")) for command, text in printed}


def test_nothing_is_said_of_threat_defense() -> None:
    checks = _checks(_of("", UNKNOWN, device="threat"))

    assert {check.verdict for check in checks.values()} == {NOT_APPLICABLE}
