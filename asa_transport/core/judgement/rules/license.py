"""The rules about contact, authorization and registration: AT201-AT208.

Pure.  They rest on what the device says of itself, whatever its transport, and speak of
a standby unit too: a reload hurts it as well.  Devices that contact nobody (PAK, PAYG,
reserved, disabled, FXOS) are passed over.

Source: as each rule names them; `asa/sources.py` has the documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asa_transport.asa.servers import CALLHOME_SERVER, SMART_SERVER
from asa_transport.asa.sources import (
    CSCVR54794,
    NTC,
    NTC_IOS,
    NTC_VERSION,
    TAC,
    YANG,
    inferred,
    observed,
    own_rule,
)
from asa_transport.core.judgement.cases import authority
from asa_transport.core.judgement.cases.authority import ASDM, Kind, authority_of
from asa_transport.core.judgement.cases.case import (
    Hit,
    has_smart_licensing,
    is_contact_failing,
    is_unregistered,
    proof,
    values_of,
)
from asa_transport.core.judgement.cases.deadlines import (
    RELOAD_EFFECT,
    deadline_days,
    deadline_effect,
    is_clock_off,
    is_registration_over,
    overdue_days,
    registration_days,
    reload_danger,
    severity_by_days,
    skew_s,
)
from asa_transport.core.judgement.rules.rule import Rule
from asa_transport.model import (
    AuthorizationState,
    ContactResult,
    ExportControl,
    LicenseMode,
    Severity,
)

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import (
        Case,
    )
    from asa_transport.model import (
        FindingValue,
        LastContact,
    )

_BY_DAYS: Final = "by days left: low > 45, medium > 14, high > 3, else critical (policy)"
# For no device in particular; a finding names the one server and the one proxy line of its device.
_REACH: Final = (
    "permit HTTPS from the firewall to the server of the transport in force, on the devices upstream, and "
    f"check DNS and the route. Smart: {SMART_SERVER}, and where the site needs a proxy 'license smart', "
    f"'transport proxy HOST port PORT'. Callhome: {CALLHOME_SERVER}, and 'call-home', 'http-proxy HOST port "
    f"PORT'. On-Prem: its own host. Then 'license smart renew auth'. {ASDM}"
)
_REGISTER: Final = (
    "restore the contact first (transport, proxy, HTTPS to the server of the transport in force). Then a "
    "person makes a token in Cisco's Smart Software Manager, or on the On-Prem server, and enters 'license "
    f"smart register idtoken TOKEN' ('force' where the device was registered before); {ASDM}. Do not reload. "
    "Do not paste the token into a ticket or a chat"
)
# It tries every 30 days, and every hour while it fails (inferred, AT201): a week late is no delay of the
# network.
_OVERDUE_DAYS: Final = 7.0
_RESTRICTIONS: Final = {
    "throughput-100kbps": "throughput is limited to 100 kbps",
    "anyconnect-2-peers": "AnyConnect Premium Peers is 2",
}


def at201(case: Case) -> Hit | None:
    """The last contact failed, or the next one is overdue; the deadline is ahead."""
    facts = case.facts
    if not has_smart_licensing(facts) or _is_authorization_over(case):
        return None
    if is_unregistered(facts):
        # No authorization, so no deadline: AT203 speaks.
        return None
    if not is_contact_failing(facts):
        return _overdue(case)
    days = deadline_days(case)
    seen = f"the last contact failed{_attempted(facts.authorization.last_contact)}"
    evidence = proof(facts, "authorization.last_contact", "authorization.deadline_at")
    if days is None:
        # A deadline that was not read is not taken for a far one.
        return Hit(
            severity=Severity.HIGH,
            detail=f"{seen}; the deadline is not shown",
            values=_contact_values(case, "not-shown"),
            evidence=evidence,
            remedy=_restore(case),
        )
    left = f"{days:.1f} days are left" if days > 0 else "the deadline has passed"
    return Hit(
        severity=severity_by_days(days, case.policy.contact_deadline),
        detail=f"{seen}; {left}{_clock_note(case)}; after the deadline {deadline_effect(case)}",
        values=_contact_values(case, "ahead" if days > 0 else "passed"),
        evidence=evidence,
        remedy=_restore(case),
    )


AT201: Final = Rule(
    id="AT201",
    title="Contact failed or is overdue",
    severity=f"{_BY_DAYS}; if the next contact is overdue by a week: at least medium",
    meaning="The device did not reach its licence authority, or has made no attempt for a long time "
    "although one was due. Nothing is restricted before the deadline.",
    remedy=f"{_REACH}. On smart, if the repair takes long and there is an outage: revert to callhome for a "
    "time, with an owner and an end date. Do not reload before the contact is restored",
    evidence="'Last Communication Attempt', 'Next Communication Attempt' and 'Communication Deadline'",
    sources=(
        TAC,
        NTC,
        inferred("a try every 30 days, and every hour while it fails: the times in these outputs"),
        own_rule("an attempt that is a week late counts as overdue"),
    ),
    check=at201,
)


def _overdue(case: Case) -> Hit | None:
    """Return what is to be said of a device whose last contact succeeded, and that has not tried for long."""
    facts = case.facts
    late = overdue_days(case)
    if late is None or late < _OVERDUE_DAYS:
        return None
    days = deadline_days(case)
    by_days = Severity.HIGH if days is None else severity_by_days(days, case.policy.contact_deadline)
    return Hit(
        severity=max(by_days, Severity.MEDIUM, key=lambda severity: severity.rank),
        detail=(
            f"the device attempts no contact: the next one was due {late:.0f} days ago; the last one "
            f"succeeded{_clock_note(case)}; after the deadline {deadline_effect(case)}"
        ),
        values=values_of(contact="overdue"),
        evidence=proof(facts, "authorization.next_contact_at", "authorization.last_contact"),
        remedy="enter 'license smart renew auth', and check whether 'Last Communication Attempt' changes; "
        "if it does not, open a case with Cisco TAC. Do not reload before the contact is restored",
    )


def at202(case: Case) -> Hit | None:
    """Authorization expired."""
    if not has_smart_licensing(case.facts) or not _is_authorization_over(case):
        return None
    return Hit(
        severity=Severity.CRITICAL,
        detail=f"the authorization has expired: {deadline_effect(case)}",
        evidence=proof(
            case.facts,
            "authorization.state",
            "authorization.deadline_at",
            "authorization.last_contact",
        ),
        remedy=f"now: {authority.reach(case)}. Do not wait, and do not reload before the contact is restored",
    )


AT202: Final = Rule(
    id="AT202",
    title="The authorization has expired",
    severity="critical",
    meaning="There was no contact for more than 90 days. Features that need a special licence are "
    "restricted; an ASAv is limited to 2 AnyConnect sessions and 100 kbps.",
    remedy=f"now: {_REACH}. Do not wait, and do not reload before the contact is restored",
    evidence="'License Authorization: Status' and 'Communication Deadline'",
    sources=(TAC,),
    check=at202,
)


def at203(case: Case) -> Hit | None:
    """Evaluation mode, unregistered or registering."""
    facts = case.facts
    if not has_smart_licensing(facts) or not is_unregistered(facts):
        return None
    export = facts.registration.export_control
    is_lost = export is ExportControl.NOT_ALLOWED
    states = [
        f"{name} is {state.value}"
        for name, state in (
            ("registration", facts.registration.state),
            ("authorization", facts.authorization.state),
        )
        if state is not None
    ]
    effect = (
        "; strong encryption is off: VPN, failover and SSH may fail (Cisco TAC 225967)"
        if is_lost
        else f"; export-controlled functionality: {export.value if export else 'not shown'}"
    )
    return Hit(
        severity=Severity.CRITICAL if is_lost else Severity.HIGH,
        detail=f"{', '.join(states)}{effect}",
        values=values_of(
            registration=facts.registration.state and facts.registration.state.value,
            authorization=facts.authorization.state and facts.authorization.state.value,
            export_control=export and export.value,
        ),
        evidence=proof(facts, "registration.state", "registration.export_control", "authorization.state"),
        remedy=authority.register(case),
    )


AT203: Final = Rule(
    id="AT203",
    title="Not registered",
    severity="critical where export control is lost, else high",
    meaning="The device is in evaluation mode, unregistered or registering. Without export-controlled "
    "functionality strong encryption is off: VPN outage, failover split brain, SSH outage.",
    remedy=_REGISTER,
    evidence="'Registration: Status', 'Export-Controlled Functionality', 'License Authorization: Status'",
    sources=(TAC,),
    check=at203,
)


def at204(case: Case) -> Hit | None:
    """The registration expires within the policy's days, or has expired."""
    if not has_smart_licensing(case.facts):
        return None
    days = registration_days(case)
    evidence = proof(case.facts, "registration.expires_at", "registration.state")
    if is_registration_over(case):
        detail = f"the registration has expired{_clock_note(case)}; {RELOAD_EFFECT}"
        remedy = (
            "do not reload. Restore the contact first; then a person registers again: make a token in "
            f"{authority.manager(case)}, enter 'license smart register idtoken TOKEN force'. "
            "Do not paste the token into a ticket or a chat"
        )
        return Hit(
            severity=Severity.CRITICAL,
            detail=detail,
            values=values_of(registration="expired"),
            evidence=evidence,
            remedy=remedy,
        )
    renewal = case.facts.registration.last_renewal
    has_failed = renewal.result is ContactResult.FAILED and not is_unregistered(case.facts)
    is_near = days is not None and days <= case.policy.registration_notice_days
    if not is_near and not has_failed:
        return None
    left = (
        "the end of the registration is not shown"
        if days is None
        else (f"the registration expires in {days:.1f} days{_clock_note(case)}; after that {RELOAD_EFFECT}")
    )
    failed = f"the last renewal of the registration failed{_attempted(renewal)}; " if has_failed else ""
    if has_failed:
        evidence = proof(case.facts, "registration.last_renewal", "registration.expires_at")
    return Hit(
        # An end that was not read is not taken for a far one.
        severity=Severity.HIGH if days is None else severity_by_days(days, case.policy.registration_expiry),
        detail=f"{failed}{left}",
        values=values_of(
            registration="end-not-shown" if days is None else "expires",
            renewal="failed" if has_failed else None,
            reason=renewal.reason if has_failed else None,
        ),
        evidence=evidence,
        remedy=f"{authority.reach(case)}, and 'license smart renew id'. Do not reload before it is renewed",
    )


AT204: Final = Rule(
    id="AT204",
    title="The registration expires",
    severity=f"{_BY_DAYS}; not reported above the policy's notice, unless a renewal failed; expired: "
    "critical",
    meaning="The device renews its ID certificate by itself, half a year before the end. If the end is this "
    "near, the renewal has failed for months. A failed renewal is reported however many days are left.",
    remedy=f"{_REACH}, and 'license smart renew id'. Do not reload before it is renewed",
    evidence="'Registration Expires' and 'Last Renewal Attempt'",
    sources=(
        TAC,
        NTC,
        inferred(
            "a registration lasts a year and is renewed after 180 days (the times in these outputs), and a "
            "reload after its end has the same effect as one after a year without contact"
        ),
    ),
    check=at204,
)


def at205(case: Case) -> Hit | None:
    """Do not reload."""
    danger = reload_danger(case)
    if danger is None:
        return None
    return Hit(
        severity=Severity.CRITICAL,
        detail=f"{danger}; {RELOAD_EFFECT}",
        values=values_of(danger="registration-expired" if is_registration_over(case) else "no-contact"),
        evidence=proof(
            case.facts,
            "authorization.last_contact",
            "authorization.deadline_at",
            "registration.expires_at",
            "registration.state",
        ),
        remedy=(
            f"do not reload or upgrade this unit or its mate. {authority.reach(case)}; when 'Last "
            "Communication Attempt' says SUCCEEDED, this finding goes away"
        ),
    )


AT205: Final = Rule(
    id="AT205",
    title="Do not reload",
    severity="critical",
    meaning="After a year without contact, a reload puts the device into evaluation mode, which turns strong "
    "encryption off: VPN outage, failover split brain, SSH outage. The policy's limit is lower, to leave "
    "time.",
    remedy=f"do not reload or upgrade this unit or its mate. {_REACH}; when 'Last "
    "Communication Attempt' says SUCCEEDED, this finding goes away",
    evidence="'Last Communication Attempt', 'Communication Deadline', 'Registration Expires'",
    sources=(TAC, own_rule("the limit of days is the policy's, and lower than Cisco's year")),
    check=at205,
)


def at206(case: Case) -> Hit | None:
    """Out of compliance."""
    state, compliance = case.facts.authorization.state, case.facts.usage.compliance
    if case.facts.license_mode is LicenseMode.FXOS:
        if compliance is None or compliance.lower() == "in compliance":
            return None
        return Hit(
            severity=Severity.HIGH,
            detail=f"the compliance status on the chassis is {compliance!r:.60}",
            values=values_of(compliance=compliance),
            evidence=proof(case.facts, "usage.compliance"),
            remedy="add or free licences in the account of the chassis; licensing is configured in FXOS "
            "('scope license'), not in the ASA",
        )
    if not has_smart_licensing(case.facts) or state is not AuthorizationState.OUT_OF_COMPLIANCE:
        return None
    return Hit(
        severity=Severity.HIGH,
        detail="the authorization is out of compliance: the account has fewer licences than its devices use",
        evidence=proof(case.facts, "authorization.state"),
        remedy=_more_licenses(case),
    )


AT206: Final = Rule(
    id="AT206",
    title="Out of compliance",
    severity="high",
    meaning="More licences are used than the account has. On Firepower 4100/9300 the chassis says so.",
    remedy="add or free licences in the virtual account of Cisco's Smart Software Manager, then "
    f"'license smart renew auth'; {ASDM}. Nothing is wrong with the transport",
    evidence="'License Authorization: Status'; 'Compliance status' on Firepower 4100/9300",
    sources=(
        YANG,
        NTC_IOS,
        CSCVR54794,
        observed("'OUT OF COMPLIANCE' on IOS XE, which has the same licensing agent, and on no ASA yet"),
    ),
    check=at206,
)


def at207(case: Case) -> Hit | None:
    """Features are restricted now."""
    facts = case.facts
    if not has_smart_licensing(facts) or not facts.restricted:
        return None
    seen = [_RESTRICTIONS.get(name, name) for name in facts.restricted]
    return Hit(
        severity=Severity.HIGH,
        detail=f"{'; '.join(seen)} (an ASA without a valid licence shows this, Cisco TAC 225967)",
        values=values_of(restricted=facts.restricted),
        evidence=proof(facts, *(f"restricted.{name}" for name in facts.restricted)),
    )


AT207: Final = Rule(
    id="AT207",
    title="Features are restricted now",
    severity="high",
    meaning="'show version' shows the limits of an ASA without a valid licence: throughput 100 kbps, "
    "AnyConnect Premium Peers 2.",
    remedy="check the other findings of this device (AT202, AT203). If the authorization is valid: enter "
    f"'license smart', 'feature tier standard' and, on an ASAv, 'throughput level LEVEL'; {ASDM}. Do "
    "not reload",
    evidence="'Firewall throughput limited to' and 'AnyConnect Premium Peers' of 'show version'",
    sources=(
        TAC,
        NTC_VERSION,
        observed("'Firewall throughput limited to 100 Kbps' in 'show version' of an ASAv on 9.15(1)1"),
    ),
    check=at207,
)


def at208(case: Case) -> Hit | None:
    """The device clock is off by more than the policy allows."""
    skew = skew_s(case)
    if skew is None or not is_clock_off(case):
        return None
    direction = "ahead of" if skew > 0 else "behind"
    return Hit(
        severity=Severity.LOW,
        detail=(
            f"the clock is {_span(abs(skew))} {direction} this machine's (limit "
            f"{case.policy.clock_skew_s:g} s); days "
            "are counted by the device's clock, because the device uses that"
        ),
        values=values_of(clock="ahead" if skew > 0 else "behind"),
        evidence=proof(case.facts, "clock"),
    )


AT208: Final = Rule(
    id="AT208",
    title="The device's clock is wrong",
    severity="low",
    meaning="The device counts its deadlines by its own clock, and checks certificates by it.",
    remedy="configure NTP ('ntp server HOST') and look at 'show clock detail'. A time zone name that is not "
    "understood is reported as AT402",
    evidence="'show clock'",
    sources=(
        inferred("a device ends its deadlines, and takes certificates for valid, by its own clock"),
        own_rule("the limit is the policy's clock_skew_s"),
    ),
    check=at208,
)


def _attempted(attempt: LastContact) -> str:
    """Say when an attempt failed and why, as far as it was shown."""
    when = f" at {attempt.at:%Y-%m-%d %H:%M} UTC" if attempt.at else ""
    return f"{when}{f': {attempt.reason!r:.300}' if attempt.reason else ''}"


def _contact_values(case: Case, deadline: str) -> tuple[FindingValue, ...]:
    """Return what is said of a contact that failed; when it did is nothing new every hour."""
    reason = case.facts.authorization.last_contact.reason
    return values_of(contact="failed", reason=reason, deadline=deadline)


def _restore(case: Case) -> str:
    offer = authority.revert_offer(case)
    return f"{authority.reach(case)}.{offer} Do not reload before the contact is restored"


def _more_licenses(case: Case) -> str | None:
    """Return where licences are added, where that is not the rule's own place."""
    if authority_of(case).kind is not Kind.ONPREM:
        return None
    return (
        "add or free licences on the On-Prem server, let it synchronise with Cisco's account, then 'license "
        "smart renew auth'. Nothing is wrong with the transport"
    )


def _is_authorization_over(case: Case) -> bool:
    authorization = case.facts.authorization
    return authorization.deadline_exceeded or authorization.state is AuthorizationState.EXPIRED


def _clock_note(case: Case) -> str:
    """Say by which clock was counted, where the device's own is off or not understood."""
    clock = case.facts.clock
    deadline = case.facts.authorization.deadline_at
    if is_clock_off(case) and deadline is not None:
        ours = (deadline - case.now).total_seconds() / 86_400
        return (
            f" (by the device's clock, which is wrong, AT208; by this machine's clock {ours:.0f} days are "
            "left)"
        )
    if clock is not None and clock.at is None:
        return f" (counted by this machine's clock: the time zone {clock.zone!r:.40} is not understood)"
    return ""


def _span(seconds: float) -> str:
    # Two days of seconds are hard to read.
    return f"{seconds:.0f} s" if seconds < 2 * 86_400 else f"{seconds / 86_400:.0f} days"


RULES: Final = (AT201, AT202, AT203, AT204, AT205, AT206, AT207, AT208)
