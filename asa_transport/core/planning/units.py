"""Say which names of an inventory are one firewall, and which change together.

Pure.  A firewall is known by its serial number, whatever it is called and dialled as: a serial
number that answers under two names is one firewall, and the plan must not push to it twice.
The units of a failover pair change together, whether the inventory says so (`pair:`) or only
they do, and where only one of the two names the other as well: too large a unit costs a wave,
two halves of a pair in two waves cost an outage.

Source: docs/push.md, "Many devices"; ntc-templates (`Serial Number: Ours A, Mate B`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from asa_transport.core.judgement.cases.case import is_user_context
from asa_transport.model import UNIT_JOIN, Device, DeviceFacts

_MOST_NAMES: Final = 10


def twins(facts: Mapping[str, DeviceFacts]) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Return for each name of a firewall that has several: its serial number, and all those names.

    Args:
        facts: Of the audited devices, by name.  User contexts do not count: they are never
            changed, and share the box of their system space.
    """
    named: dict[str, list[str]] = {}
    for name, found in sorted(facts.items()):
        if found.serial and not is_user_context(found):
            named.setdefault(found.serial, []).append(name)
    return {
        name: (serial, tuple(names)) for serial, names in named.items() if len(names) > 1 for name in names
    }


def twin_reason(serial: str, names: Sequence[str]) -> str:
    """Return why a firewall with several names is held."""
    shown = ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
    return (
        f"the serial number {serial!r:.80} answers under {len(names)} names ({shown}): they are one "
        "firewall, and a push would change it more than once; keep one of these names in the inventory"
    )


def units_of(devices: Iterable[Device], facts: Mapping[str, DeviceFacts]) -> Mapping[str, str]:
    """Return the change unit of each device: its own name, or the names of its pair.

    Args:
        devices: Of the audit; a `pair` that is not among them belongs to the unit too.
        facts: Of the audited ones, by name.
    """
    ordered = sorted(devices, key=lambda device: device.name)
    linked: dict[str, set[str]] = {device.name: {device.name} for device in ordered}

    def link(one: str, other: str) -> None:
        joined = linked.setdefault(one, {one}) | linked.setdefault(other, {other})
        for name in joined:
            linked[name] = joined

    # The units of a pair in a public cloud exchange no configuration: each changes by itself.
    alone = {name for name, found in facts.items() if found.failover.is_cloud}
    by_serial = {found.serial: name for name, found in sorted(facts.items()) if found.serial}
    for device in ordered:
        if device.name in alone or device.pair in alone:
            continue
        if device.pair is not None:
            link(device.name, device.pair)
        found = facts.get(device.name)
        mate = None if found is None else by_serial.get(found.failover.mate_serial or "")
        if mate is not None:
            link(device.name, mate)
    return {device.name: UNIT_JOIN.join(sorted(linked[device.name])) for device in ordered}
