"""Which firewall it is.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which firewall it is, by its own word; `None` where it did not say.

    The units of a failover pair have one host name and two serial numbers (ntc-templates); an
    ASAc prints no serial number at all.
    """

    serial: str | None = None
    hostname: str | None = None
