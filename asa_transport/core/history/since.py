"""Tell since when a device has had the transport that it has, from what every run saw.

Pure.  Runs that did not read it say nothing: a night without an answer begins nothing anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime


def since(seen: Iterable[tuple[str, str, datetime]]) -> Mapping[str, tuple[str, datetime]]:
    """Return each device's last transport, and the first time in a row that it was seen.

    Args:
        seen: Device, transport and time; each device's oldest first.
    """
    found: dict[str, tuple[str, datetime]] = {}
    for name, transport, at in seen:
        if name not in found or found[name][0] != transport:
            found[name] = transport, at
    return found
