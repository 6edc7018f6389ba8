"""Rows of the decision table: the configuration is as expected; is the contact?

Pure.  The last row matches always, and says hold.

Source: docs/decisions.md; Cisco TAC document 225967 for what is safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asa_transport.core.judgement.cases.authority import reach_briefly
from asa_transport.core.judgement.cases.case import (
    ProxyState,
    is_contact_failing,
    proxy_state,
    unknown_licensing,
)
from asa_transport.core.judgement.cases.deadlines import deadline_days, deadline_effect
from asa_transport.core.judgement.decisions.conditions import (
    TYPE_OF,
    has_onprem_callhome,
    is_authorization_over,
    is_transport_read,
)
from asa_transport.core.judgement.decisions.row import Findings, Reasons, Row
from asa_transport.model import (
    AuthorizationState,
    ContactResult,
    ExpectedTransport,
    LicenseMode,
    RegistrationState,
    Severity,
    TransportType,
    Verdict,
)

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import Case

_RENEW: Final = "then 'license smart renew auth', and check that 'Last Communication Attempt' says SUCCEEDED"
_PERSON: Final = frozenset({AuthorizationState.OUT_OF_COMPLIANCE, AuthorizationState.NO_LICENSES})


def _is_revert_proposed(case: Case) -> bool:
    """Return whether a temporary revert to callhome may be proposed to a person.

    Smart, expected so, contact failing, the deadline near or past, and the policy allows it.
    """
    if not case.policy.allow_callhome or not is_contact_failing(case.facts):
        return False
    if has_onprem_callhome(case.facts):
        return False
    is_smart = case.facts.transport.type is TransportType.SMART
    if not is_smart or case.device.expect.transport is not ExpectedTransport.SMART:
        return False
    days = deadline_days(case)
    return is_authorization_over(case) or (days is not None and days <= case.policy.revert_within_days)


PROPOSE_REVERT: Final = Row(
    name="propose-revert",
    verdict=Verdict.MANUAL,
    meaning="contact fails, the deadline is near or past, and the policy allows callhome for a time",
    when=lambda case, _: _is_revert_proposed(case),
    # The command of the proposal is never run from here.
    reasons=lambda case: (
        "smart is configured as expected, contact fails and the deadline is near or past; "
        f"{reach_briefly(case)}",
        "proposal, only if the repair takes long and there is an outage: revert to callhome for a time, "
        f"'asa-transport plan --goal callhome -l {case.device.name} --ticket TICKET --owner OWNER --until "
        "DATE -o revert.json'",
        "Cisco is going to deprecate callhome: return to smart as soon as the contact is restored, with "
        "'asa-transport plan --goal smart'",
        "do not reload",
    ),
)
AUTHORIZATION_EXPIRED: Final = Row(
    name="authorization-expired",
    verdict=Verdict.MANUAL,
    meaning="the authorization has expired",
    when=lambda case, _: is_authorization_over(case),
    reasons=lambda case: (
        f"the authorization has expired: {deadline_effect(case)}; transport and proxy are as expected",
        f"{reach_briefly(case)}; {_RENEW}; do not reload before that",
    ),
)
CONTACT_FAILING: Final = Row(
    name="contact-failing",
    verdict=Verdict.MANUAL,
    meaning="the last contact failed",
    when=lambda case, _: is_contact_failing(case.facts),
    reasons=lambda case: (
        f"transport and proxy are as expected, but the last contact failed: {reach_briefly(case)}; {_RENEW}",
    ),
)
CONTACT_UNKNOWN: Final = Row(
    name="contact-unknown",
    verdict=Verdict.HOLD,
    meaning="whether the last contact succeeded was not shown",
    when=lambda case, _: case.facts.authorization.last_contact.result is None,
    reasons=lambda _: ("the device did not say whether its last contact succeeded",),
)


def _account(case: Case) -> Reasons:
    if case.facts.authorization.state is AuthorizationState.NO_LICENSES:
        return (
            "transport and contact are as expected, but no licence is in use: enter 'license smart', "
            "'feature tier standard' and, on an ASAv, 'throughput level LEVEL'",
        )
    return ("transport and contact are as expected, but the account has too few licences (AT206)",)


ACCOUNT: Final = Row(
    name="account",
    verdict=Verdict.MANUAL,
    meaning="the account has too few licences, or the device uses none",
    when=lambda case, _: case.facts.authorization.state in _PERSON,
    reasons=_account,
)


def _has_urgent_license_finding(found: Findings) -> bool:
    """Return whether a finding about contact, authorization or registration (AT2xx) is high or critical."""
    return any(
        finding.rule.startswith("AT2") and finding.severity.rank >= Severity.HIGH.rank for finding in found
    )


LICENSE_FINDING: Final = Row(
    name="license-finding",
    verdict=Verdict.MANUAL,
    meaning="a finding about the licence (AT2xx) is high or critical",
    when=lambda _, found: _has_urgent_license_finding(found),
    reasons=lambda _: (
        "transport, proxy and contact are as expected, but a person must act on a finding about the licence",
    ),
)


def _is_all_well(case: Case) -> bool:
    """Return whether everything that compliance needs was positively read, and is right."""
    facts, left = case.facts, deadline_days(case)
    return (
        facts.license_mode is LicenseMode.SMART
        and not unknown_licensing(facts)
        and is_transport_read(facts)
        and facts.transport.type is TYPE_OF.get(case.device.expect.transport)
        and proxy_state(case) is ProxyState.RIGHT
        and facts.registration.state is RegistrationState.REGISTERED
        and facts.authorization.state is AuthorizationState.AUTHORIZED
        and not facts.authorization.deadline_exceeded
        and (left is None or left > 0)
        and facts.authorization.last_contact.result is ContactResult.SUCCEEDED
    )


COMPLIANT: Final = Row(
    name="compliant",
    verdict=Verdict.COMPLIANT,
    meaning="all that it needs was read, and is right",
    when=lambda case, _: _is_all_well(case),
    reasons=lambda case: (
        f"{case.device.expect.transport.value} as expected, proxy as expected, registered, authorized, last "
        "contact succeeded",
    ),
)
OTHERWISE: Final = Row(
    name="otherwise",
    verdict=Verdict.HOLD,
    meaning="something is missing, or facts contradict each other",
    when=lambda _case, _found: True,
    reasons=lambda _: (
        "some facts that a verdict needs were not read, or they contradict each other: check the device "
        "by hand",
    ),
)

ROWS: Final = (
    *(PROPOSE_REVERT, AUTHORIZATION_EXPIRED, CONTACT_FAILING, CONTACT_UNKNOWN),
    *(ACCOUNT, LICENSE_FINDING, COMPLIANT, OTHERWISE),
)
