"""Tell of a push, its dry run or a plan as of an audit: the records of a log, and notifications.

What a log or a channel fails at is told, and changes no exit code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asa_transport._version import __version__
from asa_transport.core.documents.push import OUTCOMES
from asa_transport.core.reports.push_notice import EndedPlan, EndedPush, of_plan, of_push
from asa_transport.flows.inputs import StateLocation
from asa_transport.flows.run_history import keep_plan, keep_push
from asa_transport.flows.run_log import RunLog
from asa_transport.flows.unattended import Unattended
from asa_transport.model import Audited, Device, Interest, Notice, Plan, PushOutcome, Step
from asa_transport.model.push import AnyOutcome

if TYPE_CHECKING:
    from asa_transport.capabilities import RunObserver, Teller
    from asa_transport.flows.campaign import WaveSummary
    from asa_transport.flows.plan import PlanRun
    from asa_transport.flows.push_ports import PushWatcher


def after_push(
    beside: Unattended, plan: Plan, outcomes: Sequence[AnyOutcome], document: Mapping[str, Any]
) -> None:
    """End the log of a push or a dry run, and tell people.

    Of an interrupted push too: unlike an audit, it may have left something changed.

    Args:
        document: As `push.json` has it.
    """
    run, ended = document["run"], EndedPush(plan=plan, outcomes=outcomes, document=document)
    at = ended.ended_at
    words = [outcome.word for outcome in outcomes]
    beside.log.finish(
        run["id"],
        int(run["exit_code"]),
        duration_s=(at - ended.began_at).total_seconds(),
        mode=document["mode"],
        stopped_by=document["stopped_by"],
        **{f"outcome_{word.replace('-', '_')}": words.count(word) for word in OUTCOMES},
    )

    def notice(interest: Interest) -> Notice:
        return Notice(run_id=run["id"], summary=of_push(ended, interest))

    beside.tell_people(cache(notice), at=at)


def after_plan(beside: Unattended, made: PlanRun) -> None:
    """End the log of a plan, and tell people; nobody where a person ended it before there was one."""
    run = made.folder.name
    audited = sum(isinstance(outcome, Audited) for outcome in made.outcomes)
    beside.log.finish(
        run,
        int(made.end),
        duration_s=None,
        audited=audited,
        not_audited=len(made.outcomes) - audited,
        planned=0 if made.plan is None else len(made.plan.devices),
        held=0 if made.plan is None else len(made.plan.held),
    )
    if made.plan is None:
        return
    ended = EndedPlan(run=run, plan=made.plan, outcomes=made.outcomes, exit_code=int(made.end))

    def notice(interest: Interest) -> Notice:
        return Notice(run_id=run, summary=of_plan(ended, interest))

    beside.tell_people(cache(notice), at=made.plan.created_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is done beside a push: its log, the store that several machines share, people.

    Attributes:
        location: Of the run.
    """

    unattended: Unattended
    location: StateLocation

    def teller(self, then: Teller) -> Teller:
        """Return who is told of a push, the log included."""
        return self.unattended.teller(then)

    def watcher(self, then: PushWatcher, inventory: Path) -> PushWatcher:
        """Return who watches a push, the log included."""
        return PushLogWatcher(self.unattended.log, then, inventory=str(inventory))

    @contextmanager
    def observed(self, then: AbstractContextManager[RunObserver], inventory: Path) -> Iterator[RunObserver]:
        """Give who is told of a reading, the log included."""
        with then as observer:
            yield self.unattended.observer(observer, inventory)

    def after_plan(self, made: PlanRun, tell: Teller, *, is_live: bool) -> None:
        """Do what is done once a plan was made.

        Args:
            is_live: The fleet was read for it: there is a run.
        """
        if is_live:
            keep_plan(self.location, made.folder, self.teller(tell))
        after_plan(self.unattended, made)

    def after(
        self,
        plan: Plan,
        outcomes: Sequence[AnyOutcome],
        document: Mapping[str, Any],
        folder: Path,
        tell: Teller,
    ) -> None:
        """Do what is done once a push is over and its result was given."""
        keep_push(self.location, folder, document, tell)
        after_push(self.unattended, plan, outcomes, document)


class PushLogWatcher:
    """Implements `PushWatcher`: the records of a push, then what the other watcher does."""

    def __init__(self, log: RunLog, then: PushWatcher, *, inventory: str) -> None:
        self._log = log
        self._then = then
        self._inventory = inventory

    def run_started(self, run: str, devices: Sequence[Device]) -> None:
        """Write the first record."""
        self._log.begin(run, tool_version=__version__, inventory=self._inventory, devices=len(devices))
        self._then.run_started(run, devices)

    def wave_started(self, wave: int, devices: Sequence[Device]) -> None:
        """Write nothing; the devices have their records."""
        self._then.wave_started(wave, devices)

    def started(self, device: Device) -> None:
        """Write nothing; the first step comes at once."""
        self._then.started(device)

    def stepped(self, device: Device, step: Step) -> None:
        """Write which step the device is about to take."""
        self._log.event("device-stepped", {"device": device.name, "step": step.value})
        self._then.stepped(device, step)

    def ended(self, outcome: PushOutcome) -> None:
        """Write the device's outcome."""
        self._log.outcome(outcome)
        self._then.ended(outcome)

    def waiting(self, seconds: float) -> None:
        """Write nothing."""
        self._then.waiting(seconds)

    def ending(self) -> None:
        """Write nothing; it is followed by why it stopped."""
        self._then.ending()

    def stopped(self, reason: str) -> None:
        """Write what ended it early."""
        self._log.event("push-stopped", {"error": reason}, is_bad=True)
        self._then.stopped(reason)

    def confirm(self, summary: WaveSummary) -> bool:
        """Ask the other one."""
        return self._then.confirm(summary)
