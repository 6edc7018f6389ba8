"""What people have allowed for a time: an exception for a device, a waiver for a finding.

Pure.

Source: docs/outage.md; docs/schemas/exceptions.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One entry of the waivers ledger: a finding that is known and accepted, with an owner and an end.

    Attributes:
        rule: Id of a rule, or `bug`: id of a catalogue entry; one of the two, or both.
        devices: Which devices, as `--limit` names them.
        until: The last moment it is valid, aware UTC.
        closed_at: When a person ended it early; `None` while it runs.
    """

    rule: str | None
    bug: str | None
    devices: str
    until: datetime
    owner: str
    reason: str
    added_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def what(self) -> str:
        """What it waives, as it is named: the rule, the bug, or both."""
        return " ".join(filter(None, (self.rule, self.bug)))

    def is_live(self, now: datetime) -> bool:
        """Return whether it holds at `now`."""
        return self.closed_at is None and now <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """One entry of the exceptions ledger: a temporary revert to callhome, with an owner and an end.

    Attributes:
        until: The last moment it is valid, aware UTC.
        closed_at: When a person ended it early; `None` while it runs.
    """

    device: str
    until: datetime
    owner: str
    ticket: str
    reason: str
    added_at: datetime
    closed_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Return whether it covers the device at `now`."""
        return self.closed_at is None and now <= self.until
