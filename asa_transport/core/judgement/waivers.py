"""Mark the findings that a person has accepted for a time.

Pure; cannot fail.  A waiver hides nothing and decides nothing: the finding stays, the
verdict stays, and only what makes a run fail looks away.  A waived critical finding about
the licence (AT2xx), an unowned or lapsed revert (AT501, AT502) and a push without proof (AT601)
do not exist: these are never waived, whatever the file says.

Source: docs/schemas/waivers.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from asa_transport.core.judgement.select import names_of
from asa_transport.model import Device, Finding, Severity, Waived, Waiver

NEVER: Final = frozenset({"AT501", "AT502", "AT601"})
_LICENSE: Final = "AT2"


def is_waivable(finding: Finding) -> bool:
    """Return whether a waiver may cover this finding at all."""
    is_critical_license = finding.rule.startswith(_LICENSE) and finding.severity is Severity.CRITICAL
    return finding.rule not in NEVER and not is_critical_license


def waivers_of(device: Device, waivers: Iterable[Waiver], now: datetime) -> tuple[Waiver, ...]:
    """Return those that hold for this device at `now`, the one that ends last first."""
    live = [one for one in waivers if one.is_live(now) and device.name in names_of((device,), one.devices)]
    return tuple(sorted(live, key=lambda one: one.until, reverse=True))


def marked(findings: Sequence[Finding], waivers: Sequence[Waiver]) -> tuple[Finding, ...]:
    """Return the findings in their order, those that a waiver covers marked with it."""
    return tuple(_marked(finding, waivers) for finding in findings)


def _marked(finding: Finding, waivers: Sequence[Waiver]) -> Finding:
    if not is_waivable(finding):
        return finding
    found = next((one for one in waivers if _covers(one, finding)), None)
    if found is None:
        return finding
    return replace(finding, waived=Waived(owner=found.owner, until=found.until, reason=found.reason))


def _covers(waiver: Waiver, finding: Finding) -> bool:
    if waiver.rule is None and waiver.bug is None:
        return False
    return waiver.rule in (None, finding.rule) and waiver.bug in (None, finding.bug)
