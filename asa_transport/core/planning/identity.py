"""Tell whether a firewall that answers is the planned one.

Pure.  Both must be what they were: the serial number, which is the box, and the host name, which is
what its people call it.  What a firewall did not say must not be said later either.

Source: docs/push.md, "One device, step by step".
"""

from __future__ import annotations

import enum

from asa_transport.model import DeviceFacts, Identity


def identity_of(facts: DeviceFacts) -> Identity:
    """Return which firewall was read."""
    return Identity(serial=facts.serial, hostname=facts.hostname)


def stranger(planned: Identity, seen: Identity) -> str | None:
    """Return in what the firewall that answers is another one than the planned; `None` if it is that one."""
    pairs = (
        ("serial number", planned.serial, seen.serial),
        ("host name", planned.hostname, seen.hostname),
    )
    moved = [f"{what} {_shown(is_)}, planned {_shown(was)}" for what, was, is_ in pairs if was != is_]
    if not moved:
        return None
    return f"another firewall answers instead of the planned one ({'; '.join(moved)})"


def _shown(value: str | None) -> str:
    return "not said" if value is None else f"{value!r:.80}"


class Who(enum.Enum):
    """Who answers under the name of a planned firewall."""

    PLANNED = enum.auto()
    MATE = enum.auto()  # the other unit of its pair, which may have taken over its address
    STRANGER = enum.auto()


def who(planned: Identity, mate_serial: str | None, seen: Identity) -> Who:
    """Return who answers; a mate is known by its serial number, because both units have one host name."""
    if stranger(planned, seen) is None:
        return Who.PLANNED
    return Who.MATE if mate_serial is not None and seen.serial == mate_serial else Who.STRANGER
