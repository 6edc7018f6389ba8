"""The rule about a device whose own words deny the licence that it says to have: AT209.

Pure.  A state that reads AUTHORIZED is not believed where another line of the same device says
otherwise; a word that nobody knows is no good one.  On Firepower 4100/9300, where no such state
is printed, what the ASA says of its licences is all there is.

Source: as the rule names them; `asa/sources.py` has the documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from asa_transport.asa.license_words import is_authorized, is_export_forbidden, is_licensed
from asa_transport.asa.sources import CSCVR54794, NTC, NTC_VERSION, TAC, inferred, observed
from asa_transport.core.judgement.cases.authority import ASDM
from asa_transport.core.judgement.cases.case import Hit, has_smart_licensing, proof, values_of
from asa_transport.core.judgement.cases.deadlines import deadline_days
from asa_transport.core.judgement.rules.rule import Rule
from asa_transport.model import (
    AuthorizationState,
    ExportControl,
    FindingValue,
    LicenseMode,
    RegistrationState,
    Severity,
)

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import Case
    from asa_transport.model import (
        DeviceFacts,
        Entitlement,
    )


class _Said(NamedTuple):
    """What is said against the licence: in words, the fact that it was read in, and its value."""

    text: str
    fact: str
    value: str


def at209(case: Case) -> Hit | None:
    """The device's own words contradict "authorized"."""
    facts = case.facts
    if facts.license_mode is LicenseMode.FXOS:
        said = [*_on_a_chassis(case)]
    elif has_smart_licensing(facts):
        said = [*_beside_authorized(case), *_export(case)]
    else:
        return None
    if not said:
        return None
    is_restricted = bool(facts.restricted) or facts.usage.strong_encryption is False
    if facts.license_mode is LicenseMode.FXOS:
        where, claimed = "the chassis (FXOS) licenses it", values_of(mode=facts.license_mode.value)
    else:
        states = _states(facts)
        where = f"the device says that it is {' and '.join(states.values())}"
        claimed = values_of(**{name: state.value for name, state in states.items()})
    return Hit(
        severity=Severity.CRITICAL if is_restricted else Severity.HIGH,
        detail=f"{where}, but {'; '.join(one.text for one in said)}",
        values=(
            *claimed,
            *(FindingValue(name=one.fact, value=one.value) for one in said),
        ),
        evidence=proof(facts, *(one.fact for one in said), "authorization.state"),
        remedy=_CHASSIS if facts.license_mode is LicenseMode.FXOS else None,
    )


AT209: Final = Rule(
    id="AT209",
    title="The device contradicts its own licence state",
    severity="high; critical where features are restricted or strong encryption is off",
    meaning="The licence state is 'authorized', but another line of the same device contradicts it: platform "
    "license state, enforce mode, a licence in use, export control with strong encryption off, a deadline "
    "long past. On Firepower 4100/9300 the finding rests on what the ASA says of the licences of its "
    "chassis.",
    remedy="compare 'show license all' with 'show version' by hand. Enter 'license smart renew auth', then "
    "compare again; 'feature tier standard', and on an ASAv 'throughput level LEVEL', must be configured; "
    f"{ASDM}. If the lines still contradict each other, open a case with Cisco TAC. Do not reload",
    evidence="the lines that contradict each other",
    sources=(
        TAC,
        NTC,
        NTC_VERSION,
        CSCVR54794,
        observed(
            "'ASAv Platform License State: Unlicensed' and 'enforce mode: Eval period' in 'show version' of "
            "an ASAv on 9.15(1)1"
        ),
        inferred("these lines and an authorization cannot both be true"),
    ),
    check=at209,
)


_NO_STRONG: Final = _Said(
    "strong encryption (3DES-AES) is off: VPN, failover and SSH may fail", "usage.strong_encryption", "off"
)
_CHASSIS: Final = (
    "check the chassis in FXOS: 'scope license', 'show license all'; the account must have the licences, "
    "and the chassis must reach the licence authority. Do not reload the ASA before that"
)


def _states(facts: DeviceFacts) -> Mapping[str, RegistrationState | AuthorizationState]:
    """Return what the device claims, by name; what it does not say is not there."""
    claimed = {"registration": facts.registration.state, "authorization": facts.authorization.state}
    return {name: state for name, state in claimed.items() if state is not None}


def _beside_authorized(case: Case) -> Iterator[_Said]:
    """Yield what does not go with an authorization."""
    facts, usage = case.facts, case.facts.usage
    if facts.authorization.state is not AuthorizationState.AUTHORIZED:
        return
    if usage.platform_state is not None and not is_licensed(usage.platform_state):
        yield _Said(
            f"its platform license state is {usage.platform_state!r:.60}",
            "usage.platform_state",
            usage.platform_state,
        )
    for mode in usage.enforce_modes:
        if not is_authorized(mode):
            yield _Said(f"its enforce mode is {mode!r:.60}", "usage.enforce_modes", mode)
    for one in usage.entitlements:
        yield from _used(one)
    days = deadline_days(case)
    # Without the device's time or a given one, nobody knows when a saved output was printed.
    clock = facts.clock.at if facts.clock is not None else case.clock_read_at
    if days is not None and days < 0 and clock is not None and not facts.authorization.deadline_exceeded:
        ago = f"{-days:.0f} days ago" if days <= -1 else "less than a day ago"
        yield _Said(f"its communication deadline passed {ago}", "authorization.deadline_at", "passed")


def _used(one: Entitlement) -> Iterator[_Said]:
    name = f"usage.entitlements.{one.name}"
    if one.status is not None and not is_authorized(one.status):
        yield _Said(f"the licence {one.name!r:.60} is {one.status!r:.60}", name, one.status)
    if one.export is not None and is_export_forbidden(one.export):
        yield _Said(f"the export of {one.name!r:.60} is {one.export!r:.60}", name, one.export)


def _export(case: Case) -> Iterator[_Said]:
    """Yield what does not go with a registration: strong encryption must be on, or known to be."""
    registration, strong = case.facts.registration, case.facts.usage.strong_encryption
    if registration.state is not RegistrationState.REGISTERED:
        return
    if registration.export_control is ExportControl.NOT_ALLOWED and strong is not True:
        yield _Said(
            "export-controlled functionality is not allowed",
            "registration.export_control",
            registration.export_control.value,
        )
    if strong is False:
        yield _NO_STRONG


def _on_a_chassis(case: Case) -> Iterator[_Said]:
    """Yield what an ASA on Firepower 4100/9300 says of its licences; AT206 has the compliance."""
    usage = case.facts.usage
    if usage.overall_status is not None and not is_authorized(usage.overall_status):
        yield _Said(
            f"its overall licensed status is {usage.overall_status!r:.60}",
            "usage.overall_status",
            usage.overall_status,
        )
    for one in usage.entitlements:
        yield from _used(one)
    if usage.strong_encryption is False:
        yield _NO_STRONG


RULES: Final = (AT209,)
