"""What a rule has found on a device, and who answers for it where that is accepted.

Pure.

Source: docs/schemas/audit.json.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from asa_transport.model.evidence import Evidence
from asa_transport.model.fields import NOT_EMPTY, says
from asa_transport.model.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """Who answers for a finding that is known and accepted, until when, and why."""

    owner: str
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingValue:
    """One thing that a finding says, for programs; a finding may have several of one name."""

    name: str = field(metadata=NOT_EMPTY)
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule that fired, with the lines that prove it.

    Attributes:
        missing_from: The command whose answer proves it by a line that is not there; `None` where
            nothing is missing.
        waived: `None` where it counts; a waived finding is shown, and fails nothing.
        values: What makes it another finding than yesterday's of the same key, whatever its words
            are; nothing that only counts down is among them.  `None`: an older release kept it.
    """

    rule: str = field(metadata=NOT_EMPTY)
    severity: Severity
    title: str
    detail: str
    remedy: str
    bug: str | None = None
    evidence: tuple[Evidence, ...] = ()
    missing_from: str | None = field(
        default=None, metadata=says("The command whose answer proves it by a line that is not there.")
    )
    waived: Waived | None = field(
        default=None, metadata=says("Who accepted it, until when, and why; null: it counts.")
    )
    values: tuple[FindingValue, ...] | None = field(
        default=None, metadata=says("Another one is another finding; null: kept by an older release.")
    )

    @property
    def key(self) -> str:
        """What it is about: one finding of a device has it, tonight as last night, however it is worded."""
        return self.rule if self.bug is None else f"{self.rule}:{self.bug}"

    @property
    def weight(self) -> str:
        """The severity as it is shown: `high`, or `high, waived`."""
        return self.severity.value if self.waived is None else f"{self.severity.value}, waived"

    def counts(self, fail_on: Severity) -> bool:
        """Return whether it makes a run fail that fails from this severity on."""
        return self.waived is None and self.severity.rank >= fail_on.rank
