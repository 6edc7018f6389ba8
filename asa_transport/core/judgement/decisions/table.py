"""Decide what should be done with one device: a literal table of guarded rows, the first that matches wins.

Pure; cannot fail: the last row matches always, and says hold.  Guarantees that what is
not known never yields `change` or `compliant`; that only `change` carries changes, the
proxy before the type; that a standby unit is never changed.

Source: docs/decisions.md is the same table with examples, and a test runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from asa_transport.core.judgement.cases.case import (
    ProxyState,
    is_contact_failing,
    is_follower,
    is_reserved,
    is_role_odd,
    is_role_withheld,
    is_user_context,
    live_exemption,
    proxy_state,
    unknown_licensing,
)
from asa_transport.core.judgement.decisions import conditions as when
from asa_transport.core.judgement.decisions import reasons as say
from asa_transport.model import (
    AuthorizationState,
    Decision,
    ExpectedTransport,
    Finding,
    LicenseMode,
    Verdict,
)

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import (
        Case,
    )

Findings: TypeAlias = Sequence[Finding]

_NOTHING_TO_DO: Final = frozenset(
    {LicenseMode.PAK, LicenseMode.PAYG, LicenseMode.DISABLED, LicenseMode.THREAT_DEFENSE}
)
_NOT_TRANSPORT: Final = frozenset({ExpectedTransport.NONE, ExpectedTransport.RESERVED})
_PERSON: Final = frozenset({AuthorizationState.OUT_OF_COMPLIANCE, AuthorizationState.NO_LICENSES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One situation: its verdict where `when` holds and no row above it did, and why, in sentences."""

    name: str
    verdict: Verdict
    when: Callable[[Case, Findings], bool]
    reasons: Callable[[Case], tuple[str, ...]]


ROWS: Final = (
    # What an earlier push left open comes first: nobody knows what the rest would stand on.
    Row(
        name="unsettled",
        verdict=Verdict.HOLD,
        when=lambda case, _: case.unsettled is not None,
        reasons=say.unsettled,
    ),
    # What is not understood, not this unit's, or not this program's business.
    Row(
        name="unknown-lines",
        verdict=Verdict.HOLD,
        when=lambda case, _: bool(unknown_licensing(case.facts)),
        reasons=say.unknown_lines,
    ),
    Row(
        name="user-context",
        verdict=Verdict.HOLD,
        when=lambda case, _: is_user_context(case.facts),
        reasons=say.user_context,
    ),
    Row(
        name="fxos",
        verdict=Verdict.MANUAL,
        when=lambda case, _: case.facts.license_mode is LicenseMode.FXOS,
        reasons=say.fxos,
    ),
    Row(
        name="no-smart-licensing",
        verdict=Verdict.NOT_APPLICABLE,
        when=lambda case, _: case.facts.license_mode in _NOTHING_TO_DO,
        reasons=say.no_smart_licensing,
    ),
    Row(
        name="reserved",
        verdict=Verdict.NOT_APPLICABLE,
        when=lambda case, _: is_reserved(case.facts),
        reasons=say.reserved,
    ),
    Row(
        name="mode-unknown",
        verdict=Verdict.HOLD,
        when=lambda case, _: case.facts.license_mode is LicenseMode.UNKNOWN,
        reasons=say.mode_unknown,
    ),
    Row(
        name="unexpected-licensing",
        verdict=Verdict.HOLD,
        when=lambda case, _: case.device.expect.transport in _NOT_TRANSPORT,
        reasons=say.unexpected_licensing,
    ),
    Row(
        name="pair-disagrees",
        verdict=Verdict.HOLD,
        when=lambda case, _: bool(when.pair_differences(case)),
        reasons=say.pair_disagrees,
    ),
    Row(
        name="mid-upgrade",
        verdict=Verdict.HOLD,
        when=lambda case, _: bool(when.other_releases(case)),
        reasons=say.mid_upgrade,
    ),
    Row(
        name="standby",
        verdict=Verdict.NOT_APPLICABLE,
        when=lambda case, _: is_follower(case.facts),
        reasons=say.standby,
    ),
    Row(
        name="role-odd",
        verdict=Verdict.HOLD,
        when=lambda case, _: is_role_odd(case.facts),
        reasons=say.role_odd,
    ),
    Row(
        name="onprem",
        verdict=Verdict.HOLD,
        when=lambda case, _: when.is_onprem(case),
        reasons=say.onprem,
    ),
    Row(
        name="live-exception",
        verdict=Verdict.HOLD,
        when=lambda case, _: live_exemption(case) is not None,
        reasons=say.live_exception,
    ),
    # A person with a token.
    Row(
        name="not-registered",
        verdict=Verdict.MANUAL,
        when=lambda case, _: when.needs_registration(case),
        reasons=say.not_registered,
    ),
    # What must be known before anything is changed or found right.
    Row(
        name="state-unknown",
        verdict=Verdict.HOLD,
        when=lambda case, _: None in (case.facts.registration.state, case.facts.authorization.state),
        reasons=say.state_unknown,
    ),
    Row(
        name="transport-unknown",
        verdict=Verdict.HOLD,
        when=lambda case, _: not when.is_transport_read(case.facts),
        reasons=say.transport_unknown,
    ),
    Row(
        name="proxy-unknown",
        verdict=Verdict.HOLD,
        when=lambda case, _: proxy_state(case) is ProxyState.UNKNOWN,
        reasons=say.proxy_unknown,
    ),
    # Inventory, policy and device disagree in a way that a change would make worse.
    Row(
        name="callhome-forbidden",
        verdict=Verdict.HOLD,
        when=lambda case, _: when.is_callhome_forbidden(case),
        reasons=say.callhome_forbidden,
    ),
    Row(
        name="callhome-proxy-wrong",
        verdict=Verdict.MANUAL,
        when=lambda case, _: when.is_callhome_proxy_wrong(case),
        reasons=say.callhome_proxy_wrong,
    ),
    Row(
        name="callhome-proxy-lost",
        verdict=Verdict.HOLD,
        when=lambda case, _: when.loses_callhome_proxy(case),
        reasons=say.callhome_proxy_lost,
    ),
    Row(
        name="proxy-works",
        verdict=Verdict.HOLD,
        when=lambda case, _: when.removes_working_proxy(case),
        reasons=say.proxy_works,
    ),
    # A change is wanted: what stands against it?
    Row(
        name="version-unknown",
        verdict=Verdict.HOLD,
        when=lambda case, _: _is_wanted(case) and not when.is_version_known(case.facts),
        reasons=say.version_unknown,
    ),
    Row(
        name="blocking-bug",
        verdict=Verdict.HOLD,
        when=lambda case, _: _is_wanted(case) and bool(when.blocking_bugs(case)),
        reasons=say.blocking_bug,
    ),
    Row(
        name="config-unread",
        verdict=Verdict.HOLD,
        when=lambda case, _: _is_wanted(case) and case.facts.license_block is None,
        reasons=say.config_unread,
    ),
    Row(
        name="context-unknown",
        verdict=Verdict.HOLD,
        when=lambda case, _: _is_wanted(case) and not when.is_single_or_system(case.facts),
        reasons=say.context_unknown,
    ),
    Row(
        name="role-unknown",
        verdict=Verdict.HOLD,
        when=lambda case, _: (
            is_role_withheld(case.facts) or (_is_wanted(case) and not when.is_role_known(case.facts))
        ),
        reasons=say.role_unknown,
    ),
    Row(
        name="mate-not-ready",
        verdict=Verdict.HOLD,
        when=lambda case, _: _is_wanted(case) and not when.is_mate_ready(case),
        reasons=say.mate_not_ready,
    ),
    Row(
        name="change",
        verdict=Verdict.CHANGE,
        when=lambda case, _: _is_wanted(case),
        reasons=say.change,
    ),
    # The configuration is as expected; is the contact?
    Row(
        name="propose-revert",
        verdict=Verdict.MANUAL,
        when=lambda case, _: when.is_revert_proposed(case),
        reasons=say.propose_revert,
    ),
    Row(
        name="authorization-expired",
        verdict=Verdict.MANUAL,
        when=lambda case, _: when.is_authorization_over(case),
        reasons=say.authorization_expired,
    ),
    Row(
        name="contact-failing",
        verdict=Verdict.MANUAL,
        when=lambda case, _: is_contact_failing(case.facts),
        reasons=say.contact_failing,
    ),
    Row(
        name="contact-unknown",
        verdict=Verdict.HOLD,
        when=lambda case, _: case.facts.authorization.last_contact.result is None,
        reasons=say.contact_unknown,
    ),
    Row(
        name="account",
        verdict=Verdict.MANUAL,
        when=lambda case, _: case.facts.authorization.state in _PERSON,
        reasons=say.account,
    ),
    Row(
        name="license-finding",
        verdict=Verdict.MANUAL,
        when=lambda _, found: when.has_urgent_license_finding(found),
        reasons=say.license_finding,
    ),
    Row(
        name="compliant",
        verdict=Verdict.COMPLIANT,
        when=lambda case, _: when.is_all_well(case),
        reasons=say.compliant,
    ),
    Row(
        name="otherwise",
        verdict=Verdict.HOLD,
        when=lambda _case, _found: True,
        reasons=say.otherwise,
    ),
)


def decide(case: Case, findings: Findings) -> Decision:
    """Return verdict, changes and reasons.

    Args:
        findings: What the rules said of the same case.
    """
    row = deciding_row(case, findings)
    changes = when.wanted_changes(case) if row.verdict is Verdict.CHANGE else ()
    return Decision(verdict=row.verdict, changes=changes, reasons=row.reasons(case))


def deciding_row(case: Case, findings: Findings) -> Row:
    """Return the first row that matches."""
    return next(row for row in ROWS if row.when(case, findings))


def is_not_applicable(case: Case) -> bool:
    """Return whether there is nothing to judge here; no finding bears on that."""
    return deciding_row(case, ()).verdict is Verdict.NOT_APPLICABLE


def _is_wanted(case: Case) -> bool:
    return bool(when.wanted_changes(case))
