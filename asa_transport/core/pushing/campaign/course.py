"""Follow one push over many devices and say, before every start, whether the next one may go.

Pure: no clock, no thread; one caller at a time.  Guarantees, whatever the outcomes are and in
whatever order they come:

- nothing starts once the run is stopped, and the first reason stays;
- failures and devices in work together never pass the budget by more than the failure that
  stops the run;
- until one device has proven that the change works there is one device in work, and a change
  that did not come into force before that ends the run: nothing is pushed widely on a hope;
- where a whole wave has shown nothing, whatever the reason, nothing else begins unless a
  person says so: who drives the run asks `Course.unproven` before every later wave.  A device that had
  nothing to do neither shows anything nor stands in the way: the next one takes its place;
- a device in doubt (rollback failed, unknown) ends the run, whatever the budget is.

Source: docs/push.md, "Many devices".
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from asa_transport.core.pushing.campaign.budget import Allowance, Tally, counted, exceeded, has_room
from asa_transport.core.pushing.campaign.cause import common_cause
from asa_transport.core.pushing.campaign.verdicts import is_failure, is_in_doubt, is_proof, setback
from asa_transport.model import NoChange, NotReached, PlannedDevice, PushOutcome, Verified

# More names are no sentence any more.
_MOST_NAMED: Final = 5
_IDLE_WORDS: Final = "had nothing to do"


class Start(enum.Enum):
    """Whether one more device may start: now, perhaps once another has ended, or not in this run."""

    NOW = enum.auto()
    LATER = enum.auto()
    NEVER = enum.auto()


class Course:
    """What has happened in a run so far, and what may be next.

    Args:
        planned: Every device of the push, by name.
        allowed: The failure budget for so many devices.
        accept: What proves that a change works, as the policy says.
    """

    def __init__(
        self,
        planned: Mapping[str, PlannedDevice],
        allowed: Allowance,
        *,
        accept: Verified = Verified.CONTACT,
    ) -> None:
        self._planned = planned
        self._allowed = allowed
        self._accept = accept
        self._shown: list[PushOutcome] = []
        self._tally = Tally()
        self._in_work: Counter[str | None] = Counter()
        self._results: dict[str, bool] = {}
        self._is_proven = False
        self._stopped_by: str | None = None

    @property
    def stopped_by(self) -> str | None:
        """What ended the run early, for an operator; `None` while it goes on."""
        return self._stopped_by

    def stop(self, reason: str) -> None:
        """End the run; a reason that is there already stays."""
        self._stopped_by = self._stopped_by or reason

    def unproven(self) -> str | None:
        """Return what became of the devices so far, none of which is a proof.

        `None` once there is a proof, and where there was nothing to do on any of them.
        """
        if self._is_proven or all(isinstance(outcome, NoChange) for outcome in self._shown):
            return None
        became = [(one.device.name, _became(one)) for one in self._shown]
        said = [f"{name} {word}" for name, word in became]
        if len(said) > _MOST_NAMED:
            counts = Counter(word for _, word in became)
            said = [f"{count} {word}" for word, count in counts.most_common()]
        return f"no device has shown yet that the change works ({', '.join(said)})"

    def begin_wave(self) -> None:
        """Forget what the devices of the last wave have in common."""
        self._results = {}

    def start_of(self, name: str) -> Start:
        """Return whether this device may start."""
        if self._stopped_by is not None:
            return Start.NEVER
        if not self._is_proven and self._in_work[None]:
            return Start.LATER
        groups = self._planned[name].groups
        return Start.NOW if has_room(self._tally, self._allowed, groups, self._in_work) else Start.LATER

    def started(self, name: str) -> None:
        """Note that the device is in work."""
        self._in_work.update((None, *self._planned[name].groups))

    def ended(self, outcome: PushOutcome) -> None:
        """Note how a device that was in work has ended, and stop the run where that is called for."""
        self._in_work.subtract((None, *self._planned[outcome.device.name].groups))
        if not isinstance(outcome, NotReached):
            self._results[outcome.device.name] = is_failure(outcome)
        self._note(outcome, is_of_this_run=True)

    def resumed(self, outcomes: Sequence[PushOutcome]) -> None:
        """Note outcomes that another process had, or that settle what it left, in the order of their end.

        They count in the budget.  What they have in common is not looked for: the waves are not known.
        A change that was taken back before the first proof does not end the run here: the cut was the
        cause, or a person knows it and goes on; devices still go one at a time until there is a proof.
        """
        self._is_proven = self._is_proven or any(is_proof(one, self._accept) for one in outcomes)
        for outcome in outcomes:
            self._note(outcome, is_of_this_run=False)

    def _note(self, outcome: PushOutcome, *, is_of_this_run: bool) -> None:
        if isinstance(outcome, NotReached):
            return
        groups = self._planned[outcome.device.name].groups
        self._tally = counted(self._tally, is_failure=is_failure(outcome), groups=groups)
        reason = self._reason_to_stop(outcome, is_of_this_run=is_of_this_run)
        self._is_proven = self._is_proven or is_proof(outcome, self._accept)
        self._shown.append(outcome)
        if reason is not None:
            self.stop(reason)

    def _reason_to_stop(self, outcome: PushOutcome, *, is_of_this_run: bool) -> str | None:
        name, happened = outcome.device.name, setback(outcome)
        if is_in_doubt(outcome):
            return f"{name} {happened}; a person must look at it"
        if happened is not None and is_of_this_run and not self._is_proven:
            return f"{name} {happened} before any device had shown that the change works"
        if not is_failure(outcome):
            return None
        cause = common_cause(self._planned, self._results)
        over = exceeded(self._tally, self._allowed)
        if over is not None:
            return f"{over}; {cause}" if cause else over
        return f"common cause: {cause}" if cause else None


def _became(outcome: PushOutcome) -> str:
    return _IDLE_WORDS if isinstance(outcome, NoChange) else outcome.word
