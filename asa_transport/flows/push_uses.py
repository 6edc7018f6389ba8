"""Note for which devices a push uses its plan, and in a shared store what it leaves of each of them.

Guarantees that the use is noted, on this machine and in the store, before the first line is sent, and with it
in the store that the device is unsettled: a machine that dies then leaves that for others to see.  What
follows is noted as far as the store is there: what it does not hear of stays unsettled in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from asa_transport.core.pushing.unsettled import begun, unsettled_now
from asa_transport.edges.state import used_plans
from asa_transport.errors import StateError, StoreError, UsedPlan
from asa_transport.flows.push_locks import owner
from asa_transport.flows.push_work import Work
from asa_transport.model import Ended, JournalEvent, Step, Stepped
from asa_transport.model.journal import JournalRecord


class UseLog:
    """What one push notes of its plan; may be called from many threads, each with devices of its own."""

    def __init__(self, work: Work, run: str, earlier: Iterable[JournalRecord] = ()) -> None:
        """Begin it.

        Args:
            earlier: What an earlier process of this run has put on record.
        """
        self._work = work
        self._run = run
        self._serials = {device.name: device.identity.serial for device in work.plan.devices}
        self._stories: dict[str, list[JournalRecord]] = {}
        for record in earlier:
            self._remember(record)

    def before(self, event: JournalEvent) -> None:
        """Note the use where this is the last step before the first line.

        Raises:
            OSError: It cannot be noted, or another run has used the plan: the step must not be taken.
        """
        if isinstance(event, Stepped) and event.step is Step.EVIDENCED:
            try:
                self.mark(event.device)
            except (StateError, StoreError, UsedPlan) as error:
                raise OSError(str(error)) from error

    def mark(self, device: str) -> None:
        """Note that this run uses the plan for the device; once more by the same run is the same.

        Raises:
            UsedPlan: Another run did so before.
            StateError: It cannot be noted on this machine.
            StoreUnusable: It cannot be noted in the store.
        """
        work, now = self._work, datetime.now(UTC)
        if work.machines is not None:
            story = self._stories.get(device, [])
            left = begun(self._run, device, story, self._serials.get(device), now)
            work.machines.mark_used(
                work.plan.digest, device, owner=owner(self._run, work.plan), at=now, unsettled=left
            )
        used_plans.mark_used(work.state, work.plan.digest, device, run=self._run, at=now)

    def after(self, event: JournalEvent) -> None:
        """Let the store know where the device is now, once that is in the journal."""
        if self._work.machines is None or (name := getattr(event, "device", None)) is None:
            return
        story = self._remember(JournalRecord(seq=0, at=datetime.now(UTC), prev="", event=event))
        # Before that there is nothing to tell; and who is told of each step is not told of each line.
        if isinstance(event, Ended) or (isinstance(event, Stepped) and event.step is not Step.EVIDENCED):
            left = unsettled_now(self._run, name, story, self._serials.get(name))
            if left is None and not isinstance(event, Ended):
                return
            try:
                self._work.machines.note_left(self._work.plan.digest, name, self._run, left)
            except StoreError:
                # It says that the device is unsettled; this machine's own journal says what is so.
                return

    def _remember(self, record: JournalRecord) -> list[JournalRecord]:
        name = getattr(record.event, "device", None)
        story = self._stories.setdefault(str(name), [])
        story.append(record)
        return story
