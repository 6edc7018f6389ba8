"""Find what many failures of one wave have in common: a group, a proxy or a region.

Pure; cannot fail.  One proxy that is down looks like many bad firewalls; who reads "9 devices
failed" looks at nine devices, and who reads "7 of 9 behind this proxy, 0 of 12 outside" at one.

Source: docs/push.md, "Many devices".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from asa_transport.asa.servers import CALLHOME_SERVER, SMART_SERVER
from asa_transport.model import PlannedDevice

# Fewer are chance, and the budget is for those.
_LEAST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """How the devices with one attribute fared, beside all others of the wave."""

    trait: str
    names: frozenset[str]
    failed: int
    failed_outside: int
    outside: int

    @property
    def is_cause(self) -> bool:
        tried = len(self.names)
        if self.failed < _LEAST or 2 * self.failed < tried:
            return False
        if not self.outside:
            return self.failed == tried
        return self.failed * self.outside > self.failed_outside * tried

    @property
    def strength(self) -> tuple[float, int]:
        """How far apart inside and outside are, then how many failed."""
        rate_outside = self.failed_outside / self.outside if self.outside else 0.0
        return self.failed / len(self.names) - rate_outside, self.failed


def common_cause(planned: Mapping[str, PlannedDevice], results: Mapping[str, bool]) -> str | None:
    """Return what the failures share and how the others fared, in a line; `None` where nothing stands out.

    Args:
        results: Of one wave: each device that has ended, and whether it failed.
    """
    failed = sum(results.values())
    if failed < _LEAST:
        return None
    shares = [share for share in _shares(planned, results, failed) if share.is_cause]
    if not shares:
        return None
    best = max(shares, key=lambda share: share.strength)
    also = [share.trait for share in shares if share is not best and share.names == best.names]
    text = f"{best.failed} of {len(best.names)} {best.trait} failed"
    if best.outside:
        text += f", {best.failed_outside} of {best.outside} outside"
    return f"{text} (the same devices are {' and '.join(also)})" if also else text


def _shares(
    planned: Mapping[str, PlannedDevice], results: Mapping[str, bool], failed: int
) -> Iterator[_Share]:
    members: dict[str, set[str]] = {}
    for name in results:
        for trait in _traits(planned[name]):
            members.setdefault(trait, set()).add(name)
    for trait, names in members.items():
        inside = sum(results[name] for name in names)
        yield _Share(
            trait=trait,
            names=frozenset(names),
            failed=inside,
            failed_outside=failed - inside,
            outside=len(results) - len(names),
        )


def _traits(device: PlannedDevice) -> Iterator[str]:
    """Yield what a device may share with others, the most telling first."""
    if device.reachability is not None:
        target = device.reachability.target
        yield f"{'to' if target in (SMART_SERVER, CALLHOME_SERVER) else 'behind proxy'} {target}"
    for group in device.groups:
        yield f"in group {group}"
    if device.region is not None:
        yield f"in region {device.region}"
