"""Go on with a push that was cut: look first, never send on hope.

What the run's journal does not show to be untouched or concluded is looked at before
anything is sent to it.  The plan is the run's own copy.

No side door: what stands in the run's folder is trusted no more than what a push is given.  The plan
must be the one that the journal began with, made under the rules of now; its approvals are judged
again; the journal's lines must be the plan's; and the plan counts as used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asa_transport._version import __version__
from asa_transport.capabilities import Teller
from asa_transport.core.documents import journal as form
from asa_transport.core.documents import plan as plan_document
from asa_transport.core.judgement.select import Selection
from asa_transport.core.pushing.outcomes import outcome_of
from asa_transport.core.pushing.resumption import contradiction
from asa_transport.core.pushing.unfinished import Concluded, InDoubt, Left, Untouched, left
from asa_transport.edges.secrets.operator import names as login_names
from asa_transport.edges.state.journal import JournalFile
from asa_transport.edges.state.run_folder import JOURNAL, LAST, PLAN, RunFolder, own_run
from asa_transport.errors import AlteredPlan, ExpiredPlan, JournalError, PlanError
from asa_transport.flows import audit, unsettled
from asa_transport.flows.approvals import kept
from asa_transport.flows.campaign import INTERRUPTED
from asa_transport.flows.commit import ask_first, check_approved, try_key
from asa_transport.flows.inputs import Conduct
from asa_transport.flows.plan_file import read_plan
from asa_transport.flows.push import PushEnd, Task, carry_out, operator
from asa_transport.flows.push_locks import PushLocks, holding
from asa_transport.flows.push_ports import CutPush, PushPorts
from asa_transport.flows.push_uses import UseLog
from asa_transport.flows.push_work import Work, check_unused, with_mates
from asa_transport.flows.rules_check import check_rules
from asa_transport.model import (
    Began,
    Device,
    Finished,
    JournalEvent,
    NotReached,
    Plan,
    PlannedDevice,
    Unknown,
)
from asa_transport.model.ending import RunEnd
from asa_transport.model.journal import JournalRecord

_WHY = "the push was cut off while it worked on this device"
_ABSENT = "the device is no longer in the inventory"
_ABSENT_DOUBT = (
    "lines may have been sent, and the device is no longer in the inventory: a person must look; give an "
    "inventory that has it with -i, and resume again"
)


def _nothing(folder: Path) -> None:
    """Bring nothing."""
    del folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What a run's folder tells of its push so far: its own copy of the plan, and its journal.

    Attributes:
        folder: Of the run; its name is the run's id.
    """

    folder: Path
    plan: Plan
    began: Began
    started_at: datetime
    records: tuple[JournalRecord, ...]

    @property
    def events(self) -> tuple[JournalEvent, ...]:
        """What its journal says, in order."""
        return tuple(record.event for record in self.records)

    @property
    def finished(self) -> Finished | None:
        """How it ended, if it came to its end."""
        return next((event for event in reversed(self.events) if isinstance(event, Finished)), None)

    @property
    def lefts(self) -> Mapping[str, Left]:
        """How each of its devices was left."""
        return left(self.events, self.began.devices)

    @property
    def doubts(self) -> Mapping[str, InDoubt]:
        """The devices to which lines may have been sent, in the order of the run."""
        return {name: how for name, how in self.lefts.items() if isinstance(how, InDoubt)}

    def devices(self, known: Sequence[Device]) -> Selection:
        """Return those of the inventory that the run is about, and their mates."""
        names = frozenset(self.began.devices)
        return with_mates(self.plan, [one for one in known if one.name in names], known)


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingLeft:
    """The run had come to its end before; nothing was contacted.

    Attributes:
        end: As the run ended then.
        unknown: Devices at which a person must look.
    """

    end: RunEnd
    unknown: tuple[Unknown, ...]


def read_story(state: Path, run: str, teller: Teller, bring: Callable[[Path], None] = _nothing) -> Story:
    """Return what a run of the state directory left.

    Args:
        run: Its id, its folder, or `last`: the last one that left something unsettled.
        bring: Given the run's folder before it is read, to bring there what others did for the run.

    Raises:
        UserError: There is no such run, or plan and journal are not whole, or not those of one run.
    """
    folder = own_run(state, _chosen(state, run, teller), JOURNAL)
    bring(folder)
    path = folder / JOURNAL
    try:
        history = form.read(path.read_bytes())
    except OSError as error:
        raise JournalError(f"{path}: cannot be read: {error.strerror}") from error
    if history.broken is not None:
        raise JournalError(
            f"{path}: the journal is damaged or altered (record {history.broken.record}), so nothing is "
            "sent: check the devices by hand, and see 'asa-transport journal verify'"
        )
    first = history.records[0] if history.records else None
    if first is None or not isinstance(first.event, Began):
        raise JournalError(f"{path}: it ends before anything was done; make a new plan, and push that")
    story = Story(
        folder=folder,
        plan=read_plan(folder / PLAN),
        began=first.event,
        started_at=first.at,
        records=history.records,
    )
    _check_story(story)
    return story


def _chosen(state: Path, run: str, teller: Teller) -> str:
    """Return the run that is meant: `last` is the last one that left something unsettled."""
    if run != LAST:
        return run
    left = unsettled.last_run(state)
    if left is None:
        teller.warn("no push has left a firewall unsettled; taking the last push")
    return left or run


def _check_story(story: Story) -> None:
    """Raise AlteredPlan or JournalError where plan and journal are not those of this run."""
    run = story.folder.name
    if story.began.run != run:
        raise JournalError(
            f"run {run}: its journal is that of the run {story.began.run!r:.80}; resume that run, in its "
            "own folder"
        )
    wrong = contradiction(story.plan, story.began, story.lefts)
    if wrong is not None:
        raise AlteredPlan(
            f"run {run}: {wrong}; these files cannot be trusted, so nothing is sent: check the devices by "
            "hand, and make a new plan"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """A cut push that rules, approvals and signing key let go on; only `resumption` makes one."""

    work: Work
    story: Story
    conduct: Conduct


def resumption(work: Work, story: Story, conduct: Conduct, teller: Teller) -> Resumption:
    """Return the leave to go on; raise what a push raises where the plan may not be pushed."""
    login = story.began.operator.rpartition("@")[0] or story.began.operator
    doubts = tuple(story.doubts)
    try:
        check_rules(work.plan, work.judgement)
        try_key(conduct)
        check_approved(work, conduct, kept(story.folder), login_names() | {login}, teller)
        check_unused(work, doubts, run=story.folder.name)
    except PlanError as error:
        if not doubts:
            raise
        raise type(error)(
            f"{error}\nlines may have been sent to {', '.join(doubts)}: until this is put right, a person "
            "must look at them"
        ) from error
    return Resumption(work=work, story=story, conduct=conduct)


def run_resume(given: Resumption, request: audit.Request, ports: PushPorts) -> PushEnd | NothingLeft:
    """Go on with the run; `request` is for its devices and their mates.

    Raises:
        UserError: Another push has the plan, or a person said no; nothing was contacted.
    """
    work, story, folder = given.work, given.story, given.story.folder
    with holding(work, folder.name) as locks:
        task = _task(given, request, locks)
        untouched = len(task.devices) - len(task.ended) - len(task.left_alone) - len(task.in_doubt)
        if story.finished is not None and not untouched and not task.in_doubt:
            unknown = tuple(one for one in task.ended if isinstance(one, Unknown))
            return NothingLeft(end=RunEnd(story.finished.exit_code), unknown=unknown)
        if untouched and not given.conduct.yes:
            ask_first(CutPush(in_doubt=len(task.in_doubt), untouched=untouched), ports)
        uses = UseLog(work, folder.name, story.records)
        for name in story.doubts:
            uses.mark(name)
        with JournalFile.resume(
            folder / JOURNAL,
            clock=lambda: datetime.now(UTC),
            form=form,
            operator=operator(),
            tool_version=__version__,
        ) as file:
            return carry_out(task, file, ports)


def _task(given: Resumption, request: audit.Request, locks: PushLocks) -> Task:
    work, story = given.work, given.story
    lefts, doubts = story.lefts, story.doubts
    known = _devices(work, request, lefts)
    there = {device.name for device in request.devices}
    closed = _closed(work.plan, story, work.now)
    concluded = (
        outcome_of(how.ended, known[name]) for name, how in lefts.items() if isinstance(how, Concluded)
    )
    absent = (Unknown(device=known[name], reason=_ABSENT_DOUBT) for name in doubts if name not in there)
    return Task(
        work=work,
        request=request,
        devices=tuple(known.values()),
        conduct=given.conduct,
        folder=RunFolder(story.folder.parent.parent, story.folder.name),
        locks=locks,
        started_at=story.started_at,
        earlier=story.records,
        ended=(*concluded, *absent),
        in_doubt={name: how for name, how in doubts.items() if name in there},
        left_alone=tuple(
            NotReached(device=known[name], reason=f"not started: {closed or _ABSENT}")
            for name, how in lefts.items()
            if isinstance(how, Untouched) and (closed is not None or name not in there)
        ),
        why=_WHY,
    )


def _devices(work: Work, request: audit.Request, lefts: Mapping[str, Left]) -> Mapping[str, Device]:
    """Return the run's devices by name; of one that left the inventory, what the plan knows."""
    known = {device.name: device for device in request.devices}
    planned = {device.name: device for device in work.plan.devices}
    return {name: known.get(name) or _absent(planned[name]) for name in lefts}


def _absent(planned: PlannedDevice) -> Device:
    """Return an entry for the report alone; nobody dials it."""
    return Device(
        name=planned.name,
        host=planned.host,
        port=0,
        username="",
        credential="",
        known_hosts=Path(),
        groups=planned.groups,
        region=planned.region,
    )


def _closed(plan: Plan, story: Story, now: datetime) -> str | None:
    """Return why devices whose turn had not come are left alone; `None` where they are pushed."""
    finished = story.finished
    if finished is not None and finished.stopped_by not in (None, INTERRUPTED):
        return f"the run was stopped: {finished.stopped_by}"
    try:
        plan_document.check_valid(plan, now)
    except ExpiredPlan as error:
        return str(error)
    return None
