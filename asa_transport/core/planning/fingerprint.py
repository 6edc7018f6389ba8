"""Bind a plan to what was observed, and show what has moved since.

Pure.  The fingerprint holds what a change rests on: the `license smart` block (blanks at
line ends dropped, order kept), version, serial number, failover role, transport and proxy,
and whether a live exception covers the device.  It holds nothing that moves by itself.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from asa_transport.core.planning.license_change import transport_default
from asa_transport.model import DeviceFacts, Exemption, Observed, PlannedDevice, Revert
from asa_transport.text import unified_diff


def fingerprint(facts: DeviceFacts, *, has_exception: bool) -> str:
    """Return the fingerprint of a fresh reading, 64 hexadecimal digits.

    Args:
        has_exception: As the function of that name says.
    """
    return fingerprint_of(facts.license_block, observed(facts, has_exception=has_exception))


def fingerprint_of(block: Sequence[str] | None, seen: Observed) -> str:
    """Return the fingerprint of what a plan stores: `before` and `observed`."""
    values = {
        "block": None if block is None else [line.rstrip() for line in block],
        "version": seen.version,
        "serial": seen.serial,
        "failover_unit": seen.failover_unit,
        "failover_state": seen.failover_state,
        "mate_serial": seen.mate_serial,
        "transport": seen.transport,
        "proxy": None if seen.proxy is None else [seen.proxy.host, seen.proxy.port],
        "has_exception": seen.has_exception,
    }
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def observed(facts: DeviceFacts, *, has_exception: bool) -> Observed:
    """Return what the fingerprint holds beside the block."""
    return Observed(
        version=facts.version,
        serial=facts.serial,
        failover_unit=facts.failover.unit,
        failover_state=facts.failover.state,
        mate_serial=facts.failover.mate_serial,
        transport=facts.transport.type,
        proxy=facts.transport.proxy,
        default_type=transport_default(facts),
        has_exception=has_exception,
    )


def standing(exemptions: Iterable[Exemption], revert: Revert | None) -> tuple[Exemption, ...]:
    """Return the exceptions that are not the plan's own: a revert's exception must not forbid the revert."""
    return tuple(entry for entry in exemptions if revert is None or entry.ticket != revert.ticket)


def has_exception(exemptions: Iterable[Exemption], now: datetime, *, revert: Revert | None) -> bool:
    """Return whether a live exception covers the device, the plan's own not counted.

    Args:
        exemptions: The ledger's entries for this device and its mate, as `Case.exemptions`.
        now: Aware UTC.
        revert: The plan's.
    """
    return any(entry.is_live(now) for entry in standing(exemptions, revert))


def drift(planned: PlannedDevice, facts: DeviceFacts, *, has_exception: bool) -> str:
    """Return what has moved since the plan, for the refusal: a diff of the block, then `what: was, is`.

    Empty where the fingerprint is the planned one.
    """
    now = observed(facts, has_exception=has_exception)
    if fingerprint_of(facts.license_block, now) == planned.fingerprint:
        return ""
    then = planned.observed
    pairs = (
        ("version", then.version, now.version),
        ("serial number", then.serial, now.serial),
        ("failover unit", then.failover_unit, now.failover_unit),
        ("failover state", then.failover_state, now.failover_state),
        ("serial number of the mate", then.mate_serial, now.mate_serial),
        ("transport", then.transport, now.transport),
        ("proxy", then.proxy, now.proxy),
        ("live exception", then.has_exception, now.has_exception),
    )
    moved = [
        f"{what}: planned on {_shown(was)}, now {_shown(current)}\n"
        for what, was, current in pairs
        if was != current
    ]
    text = _block_drift(planned, facts) + "".join(moved)
    return (
        text
        or "the fingerprint differs, although none of its values does: the plan was not made for this "
        "device\n"
    )


def _block_drift(planned: PlannedDevice, facts: DeviceFacts) -> str:
    if facts.license_block is None:
        return "the 'license smart' block was not read now\n"
    before, after = ([line.rstrip() for line in block] for block in (planned.before, facts.license_block))
    return unified_diff(before, after, f"{planned.name} planned on", f"{planned.name} now")


def _shown(value: object) -> str:
    if value is None:
        return "not said"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{str(value)!r:.120}"
