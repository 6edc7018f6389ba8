"""Count the days that a device has left: to its deadline, to its registration's end, since its last contact.

Pure.  Days count from the device's own clock where that was read, because the device
acts by it, else from `now`.  A clock that is off by more than the policy allows is said
so beside the count (AT208), with the count by our clock.
Nothing is guessed: a date that was not read gives `None`, not a number.

Source: docs/schemas/audit.json (`days_left`); Cisco TAC document 225967 (effects); ntc-templates
(timers, inferred).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from asa_transport.core.judgement.cases.case import has_smart_licensing, is_unregistered
from asa_transport.model import (
    AuthorizationState,
    ContactResult,
    ExportControl,
    RegistrationState,
    Severity,
)

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import Case
    from asa_transport.model import (
        DayThresholds,
    )

_SECONDS_A_DAY: Final = 86_400
# Measured in captures: the deadline is the last good contact + 90 days, the registration's
# end its last renewal + 1 year (inferred, AT204).
_CONTACT_TO_DEADLINE_DAYS: Final = 90.0
_RENEWAL_TO_EXPIRY_DAYS: Final = 365.0

RELOAD_EFFECT: Final = (
    "a reload may put the device into evaluation mode with strong encryption off: VPN, failover and SSH "
    "may fail (Cisco TAC 225967)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAge:
    """At least how long the device has been without contact, and how that is known."""

    days: float
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """One row of "who expires first".

    Attributes:
        days: Days left, negative once past; `None` with `is_past` where the device does
            not show since when, and without it where it shows no date at all.
    """

    device: str
    days: float | None
    is_past: bool
    what: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReload:
    """One row of the "do not reload" list."""

    device: str
    reason: str


def severity_by_days(days: float, thresholds: DayThresholds) -> Severity:
    """Return low above `low` days, medium above `medium`, high above `high`, else critical."""
    if days > thresholds.low:
        return Severity.LOW
    if days > thresholds.medium:
        return Severity.MEDIUM
    return Severity.HIGH if days > thresholds.high else Severity.CRITICAL


def skew_s(case: Case) -> float | None:
    """Return by how many seconds the device's clock is ahead of ours, negative where it is behind.

    `None` where its clock or its zone was not understood, or the time of reading is not known.
    """
    clock = case.facts.clock
    if clock is None or clock.at is None or case.clock_read_at is None:
        return None
    return (clock.at - case.clock_read_at).total_seconds()


def is_clock_off(case: Case) -> bool:
    """Return whether the device's clock is off by more than the policy allows."""
    skew = skew_s(case)
    return skew is not None and abs(skew) > case.policy.clock_skew_s


def deadline_days(case: Case) -> float | None:
    """Return days to `Communication Deadline`, negative once past; `None` where no date is shown."""
    return _days_until(case, case.facts.authorization.deadline_at)


def registration_days(case: Case) -> float | None:
    """Return days to `Registration Expires`, negative once past; `None` where no date is shown."""
    return _days_until(case, case.facts.registration.expires_at)


def overdue_days(case: Case) -> float | None:
    """Return by how many days `Next Communication Attempt` is past; `None` without the device's own time.

    A saved output without one may be of any age, and nothing in it was overdue when it was printed.
    """
    clock, at = case.facts.clock, case.facts.authorization.next_contact_at
    if at is None or ((clock is None or clock.at is None) and case.clock_read_at is None):
        return None
    return -(_days_until(case, at) or 0.0)


def is_registration_over(case: Case) -> bool:
    """Return whether the registration has expired, by the device's word or by its date."""
    days = registration_days(case)
    return case.facts.registration.state is RegistrationState.EXPIRED or (days is not None and days <= 0)


def contact_age(case: Case) -> ContactAge | None:
    """Return how long the device has been without contact; `None` where nothing tells it.

    A failed attempt does not say when one last succeeded.  The deadline does (90 days
    before it); where that is exceeded, the registration's end bounds it from the worst side.
    """
    last = case.facts.authorization.last_contact
    if last.result is ContactResult.SUCCEEDED and last.at is not None:
        days = -(_days_until(case, last.at) or 0.0)
        return ContactAge(days=max(days, 0.0), basis="the last contact that succeeded")
    if last.result is not ContactResult.FAILED:
        return None
    left = deadline_days(case)
    if left is not None:
        age = _CONTACT_TO_DEADLINE_DAYS - left
        return ContactAge(days=max(age, 0.0), basis="its deadline, which is 90 days after the last contact")
    left = registration_days(case)
    if left is not None:
        age = _RENEWAL_TO_EXPIRY_DAYS - left
        basis = "the end of its registration, which is a year after its last renewal; the worst case"
        return ContactAge(days=max(age, 0.0), basis=basis)
    return None


def reload_danger(case: Case) -> str | None:
    """Return why this device must not be reloaded now, or `None` where nothing says so (AT205)."""
    if not has_smart_licensing(case.facts):
        return None
    if is_registration_over(case):
        return "the registration has expired"
    age = contact_age(case)
    limit = case.policy.no_contact_reload_days
    if age is None or age.days < limit:
        return None
    return f"no contact for {age.days:.0f} days (limit {limit:g}), counted from {age.basis}"


def deadline_effect(case: Case) -> str:
    """Return what happens to this device when its authorization expires."""
    if (case.facts.model or "").upper().startswith("ASAV"):
        return "this ASAv is limited to 100 kbps and 2 AnyConnect sessions (Cisco TAC 225967)"
    return "features that need a special licence are restricted (Cisco TAC 225967)"


def registration_effect(case: Case) -> str:
    """Return what it means that this device is not registered."""
    if case.facts.registration.export_control is ExportControl.NOT_ALLOWED:
        lost = "strong encryption is off: VPN, failover and SSH may fail (Cisco TAC 225967); "
    else:
        lost = ""
    return f"{lost}a person must register it (AT203)"


def who_expires_first(cases: Iterable[Case]) -> tuple[Expiry, ...]:
    """Return one row per device that can expire, the most urgent first; past before near before unknown."""
    rows = [_expiry(case) for case in cases if has_smart_licensing(case.facts)]
    return tuple(sorted(rows, key=urgency))


def do_not_reload(cases: Iterable[Case]) -> tuple[NoReload, ...]:
    """Return the devices that a reload would hurt, sorted by name (AT205)."""
    found = ((case.device.name, reload_danger(case)) for case in cases)
    rows = (NoReload(device=name, reason=why) for name, why in found if why is not None)
    return tuple(sorted(rows, key=lambda row: row.device))


def _days_until(case: Case, at: datetime | None) -> float | None:
    if at is None:
        return None
    clock = case.facts.clock
    start = clock.at if clock is not None and clock.at is not None else case.now
    return (at - start).total_seconds() / _SECONDS_A_DAY


def _expiry(case: Case) -> Expiry:
    """Return the first thing of a device that expires."""
    name, authorization = case.device.name, case.facts.authorization
    if is_unregistered(case.facts):
        # It needs no reload to be without a licence, so nothing is said of one here (AT205 does not fire).
        effect = f"now: {registration_effect(case)}"
        return Expiry(device=name, days=None, is_past=True, what="not registered", effect=effect)
    deadline, registration = deadline_days(case), registration_days(case)
    if is_registration_over(case):
        effect = f"now {RELOAD_EFFECT}"
        return Expiry(device=name, days=registration, is_past=True, what="registration", effect=effect)
    if authorization.deadline_exceeded or authorization.state is AuthorizationState.EXPIRED:
        effect = f"now: {deadline_effect(case)}"
        return Expiry(device=name, days=deadline, is_past=True, what="authorization", effect=effect)
    dated = [
        (days, what, effect)
        for days, what, effect in (
            (deadline, "communication deadline", f"then {deadline_effect(case)}"),
            (registration, "registration", f"then {RELOAD_EFFECT}"),
        )
        if days is not None
    ]
    if not dated:
        effect = "the device shows neither a deadline nor a registration date: look by hand"
        return Expiry(device=name, days=None, is_past=False, what="not known", effect=effect)
    days, what, effect = min(dated)
    return Expiry(device=name, days=days, is_past=days <= 0, what=what, effect=effect)


def urgency(row: Expiry) -> tuple[int, float, str]:
    """Return what rows are sorted by: past before near before unknown."""
    if row.days is None:
        return (0 if row.is_past else 2, 0.0, row.device)
    return (0 if row.is_past else 1, row.days, row.device)
