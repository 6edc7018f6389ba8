"""A firewall that a push left unproven or unsaved, until `resume` or a later reading settles it.

Source: docs/push.md, "Nothing is forgotten".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from asa_transport.model.fields import NOT_EMPTY
from asa_transport.model.undertaking import Step, Undertaking


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsettledPush:
    """What documents say of it: the run, the last step that was taken, and when that was (aware UTC)."""

    run: str = field(metadata=NOT_EMPTY)
    step: Step
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """All that a later reading needs to know.

    Attributes:
        device: Its name in the inventory of that push.
        at: Of the last record about it, aware UTC.
        device_at: The same by the device's own clock; `None` where that is not known.
        outcome: The word that the push ended with; `None` where it was killed.
        serial: Of the firewall that the plan was made for; `None` where nobody knows.
        undertaking: `None` where the journal was damaged before it.
    """

    run: str
    device: str
    step: Step
    at: datetime
    device_at: datetime | None = None
    outcome: str | None = None
    serial: str | None = None
    undertaking: Undertaking | None = None

    @property
    def push(self) -> UnsettledPush:
        """What documents say of it."""
        return UnsettledPush(run=self.run, step=self.step, at=self.at)
