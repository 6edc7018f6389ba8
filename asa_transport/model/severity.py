"""How urgent a finding is; in a file of its own, because the command line declares options with it."""

from __future__ import annotations

import enum


class Severity(enum.StrEnum):
    """How urgent a finding is; compare with `rank`."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 4 for critical."""
        return list(Severity).index(self)
