"""Remember what was so, for tests that hold somebody's word against it.

Nothing here is ever shown on a terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mock_devices.config import Config
from mock_devices.scenario import HostPort, Transport

What = Literal["start", "change", "save", "restart", "copied"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The way of a licence contact: what the configuration chose when it set out."""

    transport: Transport
    proxy: HostPort | None
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact that was tried: when it set out, when its result came (device's clock), which way."""

    started: datetime
    at: datetime
    succeeded: bool
    route: Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a device ran and would have started with, from ``at`` (device's clock) on.

    ``what``: `copied` is what the mate replicated or synchronised; ``by`` is None where nobody did it.
    """

    at: datetime
    what: What
    by: str | None
    running: Config
    startup: Config
