"""Keep the fleet's virtual time: a start, a speed, and explicit jumps.

One clock serves the whole fleet; a device adds its own skew and time zone.
Nothing here schedules anything: what is due is worked out when a device is
next looked at, so a thousand idle devices cost nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_STEP = re.compile(r"(\d+(?:\.\d+)?)(y|d|h|m|s)")
_SECONDS = {"y": 365 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}


class VirtualClock:
    """Virtual UTC time = start + real time * speed + explicit jumps."""

    def __init__(
        self,
        start: datetime | None = None,
        speed: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._origin = monotonic()
        self._start = start or datetime.now(UTC)
        self._speed = speed
        self._jumped_s = 0.0

    def now(self) -> datetime:
        """Return the current virtual time, aware, UTC."""
        elapsed = (self._monotonic() - self._origin) * self._speed
        return self._start + timedelta(seconds=elapsed + self._jumped_s)

    def advance(self, seconds: float) -> None:
        """Move forward at once; time never goes back."""
        if seconds < 0:
            raise ValueError(f"the fleet's clock only goes forward, not by {seconds} seconds")
        self._jumped_s += seconds


def parse_moment(text: str, now: datetime) -> datetime:
    """Read `-40d`, `+1d12h` (from ``now``) or an ISO 8601 date as aware UTC.

    Raises:
        ValueError: Neither form fits; the message says what is expected.
    """
    sign = {"+": 1, "-": -1}.get(text[:1])
    if sign is not None or text == "now":
        steps = text[1:] if sign is not None else "0s"
        if steps and not _STEP.sub("", steps):
            total = sum(float(number) * _SECONDS[unit] for number, unit in _STEP.findall(steps))
            return now + timedelta(seconds=(sign or 1) * total)
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    raise ValueError(f"{text!r} is not a time: expected '-40d', '+1d12h', 'now' or an ISO 8601 date")


def check_moment(text: str) -> str:
    """Return ``text`` unchanged if it is a time that `parse_moment` reads."""
    parse_moment(text, datetime(2026, 1, 1, tzinfo=UTC))
    return text
