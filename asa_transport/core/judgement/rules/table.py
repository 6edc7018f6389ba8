"""The rules, as one literal table, and the function that runs it.

Pure; cannot fail.  A rule is one function (`core/rules/*.py`), one row here and one
golden case (`tests/unit/test_rules_golden.py`); docs/rules.md is made from the rows.

Source: CONTRACT §6 (ids, conditions, severities); DOMAIN §0-§2, §5, §7; Cisco TAC document 225967.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from asa_transport.core.judgement.cases.authority import ASDM
from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.judgement.rules import denied, device, saved, transport
from asa_transport.core.judgement.rules import license as license_
from asa_transport.core.judgement.rules.rule import Rule, judge
from asa_transport.model import Finding, Severity

_BY_DAYS: Final = "by days left: low > 45, medium > 14, high > 3, else critical (policy)"
# For no device in particular; a finding names the one server and the one proxy line of its device.
_REACH: Final = (
    "permit HTTPS from the firewall to the server of the transport in force, on the devices upstream, "
    "and check "
    "DNS and the route. Smart: smartreceiver.cisco.com:443, and where the site needs a proxy 'license "
    "smart', "
    "'transport proxy HOST port PORT'. Callhome: tools.cisco.com:443, and 'call-home', 'http-proxy HOST port "
    f"PORT'. On-Prem: its own host. Then 'license smart renew auth'. {ASDM}"
)
_REGISTER: Final = (
    "restore the contact first (transport, proxy, HTTPS to the server of the transport in force). Then a "
    "person "
    "makes a token in Cisco's Smart Software Manager, or on the On-Prem server, and enters 'license "
    "smart register idtoken TOKEN' "
    f"('force' where the device was registered before); {ASDM}. Do not reload. Do not paste the token into "
    "a ticket or a chat"
)
_S1: Final = "Cisco TAC 225967"

RULES: Final = (
    Rule(
        id="AT101",
        title="Callhome where smart is expected",
        severity="medium; high where no exception covers it for longer than the policy allows",
        meaning="The device contacts tools.cisco.com by Smart Call Home, which Cisco is going to "
        "deprecate. The inventory expects Smart Transport.",
        remedy="'asa-transport plan' makes the lines and the way back; by hand: 'license "
        f"smart', 'transport type smart', then 'license smart renew auth'; {ASDM}. First permit HTTPS to "
        "smartreceiver.cisco.com:443 and set the proxy. Do not reload",
        evidence="'Transport: Type:' of the license output, or 'transport type' of the running configuration",
        source=f"{_S1}; DOMAIN 1.1-1.3, 1.8",
        check=transport.at101,
        configures=True,
    ),
    Rule(
        id="AT102",
        title="The expected proxy is not configured",
        severity="medium; high where contact fails",
        meaning="The inventory names a proxy for this site, and the running configuration has none.",
        remedy=f"'license smart', then 'transport proxy HOST port PORT'; {ASDM}",
        evidence="none: a line is missing from 'show running-config license'; the failed contact, if "
        "there is one",
        source=f"{_S1}; DOMAIN 2.2",
        check=transport.at102,
        configures=True,
    ),
    Rule(
        id="AT103",
        title="The proxy is not the expected one",
        severity="medium",
        meaning="The running configuration has a proxy that the inventory does not name.",
        remedy="find out which is right before anything is removed: a proxy that works may be the only "
        "way out. Correct the inventory, or 'license smart', 'no transport proxy', then 'license smart "
        f"renew auth'; {ASDM}",
        evidence="the 'transport proxy' line",
        source=f"{_S1}; DOMAIN 2.2, 2.8",
        check=transport.at103,
        configures=True,
    ),
    Rule(
        id="AT104",
        title="The proxy of call-home would be lost on smart",
        severity="medium",
        meaning="Smart Transport does not use the 'http-proxy' of 'call-home'. A device with that line "
        "alone loses its proxy when its transport becomes smart, also by an upgrade to 9.22 or later.",
        remedy="add 'transport proxy HOST port PORT' to 'license smart' before the transport changes; "
        f"{ASDM}",
        evidence="the 'http-proxy' line and the transport type",
        source=f"{_S1}; DOMAIN 1.1, 2.5",
        check=transport.at104,
        configures=True,
    ),
    Rule(
        id="AT105",
        title="A transport URL that is not Cisco's own",
        severity="low",
        meaning="The device is licensed by another server, perhaps a Smart Software Manager On-Prem. Or "
        "'call-home' still names such a server, and the transport is smart, which does not use it: after an "
        "upgrade to 9.22 the way to that server is lost. It is never rewritten from here.",
        remedy=f"if the server is wanted, put 'expect: {{transport: onprem}}' into the inventory. If not, "
        "a person changes it: 'license smart', 'transport url default' (unproven, look first with '?'); "
        f"{ASDM}",
        evidence="the 'URL:' or 'transport url' line, or the address of 'call-home'",
        source="DOMAIN 7.7, 8.1, 10.2",
        check=transport.at105,
    ),
    Rule(
        id="AT201",
        title="Contact failed or is overdue",
        severity=f"{_BY_DAYS}; a next contact that is overdue for a week: medium at least",
        meaning="The device did not reach its licence authority, or has not tried for long although a try "
        "was due. Nothing is restricted before the deadline.",
        remedy=f"{_REACH}. On smart, if that takes long and there is an outage: a temporary revert to "
        "callhome "
        "with an owner and an end. Do not reload before the contact is restored",
        evidence="'Last Communication Attempt', 'Next Communication Attempt' and 'Communication Deadline'",
        source=f"{_S1} (less than 90 days); DOMAIN 0 A, 8.2",
        check=license_.at201,
    ),
    Rule(
        id="AT202",
        title="The authorization has expired",
        severity="critical",
        meaning="There was no contact for more than 90 days. Features that need a special licence are "
        "restricted; an ASAv is limited to 2 AnyConnect sessions and 100 kbps.",
        remedy=f"now: {_REACH}. Do not wait, and do not reload before the contact is restored",
        evidence="'License Authorization: Status' and 'Communication Deadline'",
        source=f"{_S1} (more than 90 days); DOMAIN 0 B",
        check=license_.at202,
    ),
    Rule(
        id="AT203",
        title="Not registered",
        severity="critical where export control is lost, else high",
        meaning="The device is in evaluation mode, unregistered or registering. Without export-controlled "
        "functionality strong encryption is off: VPN outage, failover split brain, SSH outage.",
        remedy=_REGISTER,
        evidence="'Registration: Status', 'Export-Controlled Functionality', 'License Authorization: Status'",
        source=f"{_S1} (rebooted after a year); DOMAIN 0 C",
        check=license_.at203,
    ),
    Rule(
        id="AT204",
        title="The registration expires",
        severity=f"{_BY_DAYS}; silent above the policy's notice, unless a renewal failed; expired: critical",
        meaning="The ID certificate is renewed by itself half a year before its end. So near to the end, "
        "the renewal has failed for months; a renewal that failed is named however many days are left.",
        remedy=f"{_REACH}, and 'license smart renew id'. Do not reload",
        evidence="'Registration Expires' and 'Last Renewal Attempt'",
        source="DOMAIN 0 C, 8.2",
        check=license_.at204,
    ),
    Rule(
        id="AT205",
        title="Do not reload",
        severity="critical",
        meaning="After a year without contact a reload lands in evaluation mode, which turns strong "
        "encryption off: VPN outage, failover split brain, SSH outage. The policy's limit is lower, to "
        "leave time.",
        remedy=f"do not reload this unit or its mate, and upgrade neither. {_REACH}; when 'Last "
        "Communication Attempt' says SUCCEEDED, this finding goes away",
        evidence="'Last Communication Attempt', 'Communication Deadline', 'Registration Expires'",
        source=f"{_S1} (rebooted after a year); DOMAIN 0 C, 7.5",
        check=license_.at205,
    ),
    Rule(
        id="AT206",
        title="Out of compliance",
        severity="high",
        meaning="More licences are used than the account has. On Firepower 4100/9300 the chassis says so.",
        remedy="add or free licences in the virtual account of Cisco's Smart Software Manager, then "
        f"'license smart renew auth'; {ASDM}. Nothing is wrong with the transport",
        evidence="'License Authorization: Status'; 'Compliance status' on Firepower 4100/9300",
        source="DOMAIN 3.5, 3.7, 3.10",
        check=license_.at206,
    ),
    Rule(
        id="AT207",
        title="Features are restricted now",
        severity="high",
        meaning="'show version' shows the limits of an ASA without a valid licence: throughput 100 kbps, "
        "AnyConnect Premium Peers 2.",
        remedy="look at the findings beside this one (AT202, AT203). With a valid authorization: 'license "
        f"smart', 'feature tier standard', on an ASAv 'throughput level LEVEL' too; {ASDM}. Do not reload",
        evidence="'Firewall throughput limited to' and 'AnyConnect Premium Peers' of 'show version'",
        source=f"{_S1} (more than 90 days); DOMAIN 4.5, 7.4",
        check=license_.at207,
    ),
    Rule(
        id="AT208",
        title="The device's clock is off",
        severity="low",
        meaning="The device counts its deadlines by its own clock, and checks certificates by it.",
        remedy="configure NTP ('ntp server HOST') and look at 'show clock detail'. A zone name that is "
        "not understood is AT402, not this",
        evidence="'show clock'",
        source="CONTRACT 5, 6",
        check=license_.at208,
    ),
    Rule(
        id="AT209",
        title="The device's own words deny its licence",
        severity="high; critical where features are restricted or strong encryption is off",
        meaning="The state reads authorized, and another line of the same device says otherwise: platform "
        "license state, enforce mode, a licence in use, export control with strong encryption off, a "
        "deadline long past. On Firepower 4100/9300 it is what the ASA says of the chassis's licences.",
        remedy="compare 'show license all' with 'show version' by hand. 'license smart renew auth', then "
        "look again; 'feature tier standard', and on an ASAv 'throughput level LEVEL', must be configured; "
        f"{ASDM}. If they still differ, open a case with Cisco TAC. Do not reload",
        evidence="the lines that contradict each other",
        source="CONTRACT 9.2; DOMAIN 0, 3.10, 4.5, 7.5",
        check=denied.at209,
    ),
    Rule(
        id="AT301",
        title="A catalogued bug affects the version",
        severity="as catalogued",
        meaning="The bug catalogue lists this release, or no fixed release of its train, on this model. "
        "Silent where there is nothing to judge, and about bugs of certain models where this one is unknown.",
        remedy="read the bug or the field notice at Cisco, and plan an upgrade to a fixed release. Look at "
        "AT205 first: an upgrade reloads. An ASAv that is once on 9.24 does not go back",
        evidence="the version and the model of 'show version'",
        source=f"{_S1}; DOMAIN 5; 'asa-transport bugs'",
        check=device.at301,
    ),
    Rule(
        id="AT302",
        title="The proxy in 'show license status' is not to be trusted",
        severity="info",
        meaning="'show license status' may deny a proxy that is set (CSCwr56980). The running "
        "configuration is believed instead.",
        remedy="check a proxy with 'show running-config license', never with 'show license status'",
        evidence="the 'transport proxy' line, if there is one",
        source=f"{_S1}; DOMAIN 5.3",
        check=device.at302,
    ),
    Rule(
        id="AT401",
        title="Not judged here",
        severity="info",
        meaning="A standby unit and a cluster's data unit get their configuration from another unit; a "
        "user context has no licensing of its own.",
        remedy="audit the active unit, the control unit or the system execution space. Do not configure "
        "this unit",
        evidence="the role in 'show failover' or 'show cluster info', or the context mode",
        source="DOMAIN 4.10, 7.6, 10.5",
        check=device.at401,
    ),
    Rule(
        id="AT402",
        title="License output understood only in part",
        severity="medium in the transport, registration and authorization parts, and for a refused licensing "
        "command; else info",
        meaning="A line or a value is not known, or a licensing command was refused. In the transport, "
        "registration and authorization parts it forbids any verdict but hold; elsewhere it is only told.",
        remedy="look at the line by hand. A refused command: authorize it for the audit's user. An "
        "unknown line: report it with the release that prints it. Do not change the device before it is "
        "understood",
        evidence="the lines themselves",
        source="CONTRACT 6; DOMAIN 3.2, 4.9",
        check=device.at402,
    ),
    Rule(
        id="AT501",
        title="Callhome without an exception",
        severity="medium",
        meaning="Nobody owns this revert, and nothing ends it. Silent where callhome is expected and the "
        "default of a release below 9.22.",
        remedy="'asa-transport exceptions add' with owner, ticket and end, or go back to smart (AT101)",
        evidence="the transport type",
        source=f"{_S1}; DOMAIN 0 A",
        check=transport.at501,
    ),
    Rule(
        id="AT502",
        title="An exception is past its end",
        severity="high",
        meaning="The temporary revert was to end, and the device is not known to be back on smart.",
        remedy="'asa-transport plan --goal smart' returns it; if that must wait, its owner adds a new "
        "exception",
        evidence="the transport type; the entry stands in the ledger",
        source="CONTRACT 6; DOMAIN 0 A",
        check=transport.at502,
    ),
    Rule(
        id="AT601",
        title="A push left it unproven or unsaved",
        severity="critical",
        meaning="A push was killed on this firewall, ended without knowing its state, or could not save. It "
        "stays so until 'resume' or a later reading settles it: one that shows the same licence block in the "
        "running and the startup configuration, and a contact that succeeded since. Never waived.",
        remedy="'asa-transport resume RUN': it looks first, then finishes, takes back or says unknown. Do "
        "not reload, and do not push anything else before",
        evidence="the transport, the last contact, the startup configuration; the journal of the run",
        source="CONTRACT 9.2",
        check=saved.at601,
    ),
    Rule(
        id="AT602",
        title="A reload would bring another licence block",
        severity="medium",
        meaning="The 'license smart' block of the startup configuration is not the one that runs: the change "
        "that is in force was never saved, or another one was.",
        remedy="find out who changed it and which block is right. Where it is the running one, 'write "
        "memory' on the active unit; that saves everybody's unsaved changes, so look at them first. Do not "
        "reload before. After a push that could not save, 'asa-transport resume'",
        evidence="the line of the startup configuration that the running one has not, and the last line of "
        "'show version'",
        source="DOMAIN 10.6",
        check=saved.at602,
    ),
)


def findings(case: Case, rules: Iterable[Rule] = RULES) -> tuple[Finding, ...]:
    """Return what fires, the most urgent first, then by rule."""
    found = [finding for rule in rules for finding in judge(rule, case)]
    return tuple(sorted(found, key=lambda finding: (-finding.severity.rank, finding.rule)))


def worst(found: Iterable[Finding]) -> Severity | None:
    """Return the highest severity, `None` without findings."""
    return max((finding.severity for finding in found), key=lambda severity: severity.rank, default=None)
