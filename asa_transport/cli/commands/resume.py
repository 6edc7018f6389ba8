"""`asa-transport resume RUN`: go on with a push that was cut: look first, never send on hope.

What the run's journal does not show to be untouched or concluded is looked at before
anything is sent to it.  The plan is the run's own copy.

No side door: what stands in the run's folder is trusted no more than what `push` is given.  The plan
must be the one that the journal began with, made under the rules of now; its approvals are judged
again; the journal's lines must be the plan's; and the plan counts as used.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asa_transport import __version__
from asa_transport.cli import options
from asa_transport.cli.commands.audit import ask_secret
from asa_transport.cli.console import exit_on_user_error, say
from asa_transport.cli.option_groups import Voice, with_bundles
from asa_transport.cli.options import Conduct
from asa_transport.errors import AlteredPlan, ExpiredPlan, JournalError, PlanError
from asa_transport.flows import inputs
from asa_transport.flows.inputs import Shape
from asa_transport.model import Limits
from asa_transport.model.ending import RunEnd

if TYPE_CHECKING:
    from asa_transport.core.pushing.unfinished import Left
    from asa_transport.flows import audit
    from asa_transport.flows.dry_run import Work
    from asa_transport.flows.push import Task
    from asa_transport.model import Began, Device, Finished, JournalEvent, Plan, PlannedDevice

_LIMITS, _FILES, _VOICE, _CONDUCT = Limits(), inputs.Files(), Voice(), Conduct()
_WHY = "the push that worked on it was cut"
_ABSENT = "it is not in the inventory any more"
_ABSENT_DOUBT = (
    "lines may have been sent, and it is not in the inventory any more: a person must look; give an "
    "inventory that has it with -i, and resume again"
)


@with_bundles
def resume(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run: its id, its folder, or `last`, the last unsettled one.",
        ),
    ],
    inventory: options.InventoryOption = options.DEFAULT_INVENTORY,
    workers: options.WorkersOption = None,
    shape: Annotated[
        Shape, typer.Option("--format", help="table for people, json for programs.")
    ] = Shape.TABLE,
    output: options.OutputOption = None,
    conduct: Conduct = _CONDUCT,
    files: inputs.Files = _FILES,
    limits: Limits = _LIMITS,
    ssh_config: options.SshConfigOption = None,
    textfsm_templates: options.TextfsmOption = None,
    state_dir: options.StateOption = None,
    voice: Voice = _VOICE,
) -> None:
    """Go on after a crash or a cut: look at each device first, then finish, take back, or say unknown."""
    from asa_transport.core.planning.render import Renderer
    from asa_transport.edges import templates
    from asa_transport.edges.state.run_folder import JOURNAL, own_run, state_directory
    from asa_transport.flows import audit, standard
    from asa_transport.flows.commit import PLAN
    from asa_transport.flows.dry_run import Work, with_mates
    from asa_transport.flows.plan_file import read_plan

    with exit_on_user_error():
        at = datetime.now(UTC)
        state = state_directory(state_dir)
        folder = own_run(state, _chosen(state, run), JOURNAL)
        story = _story(folder)
        plan = read_plan(folder / PLAN)
        _check_story(story, plan, folder.name)
        work = Work(
            plan=plan,
            now=at,
            inventory_file=inventory,
            judgement=standard.read(inventory, files, now=at, is_now_given=False),
            renderer=Renderer(templates.jinja()),
            state=state,
            shape=shape,
            output=output,
            voice=voice,
        )
        _check_leave(work, story, folder, conduct)
        names = frozenset(story.began.devices)
        request = audit.prepare(
            inventory,
            (),
            choose=lambda known: with_mates(plan, [one for one in known if one.name in names], known),
            workers=workers,
            limits=limits,
            ssh_config=ssh_config,
            textfsm=textfsm_templates,
            ask=ask_secret if sys.stdin.isatty() else None,
        )
        code = _resumed(work, request, folder, story, conduct)
    raise typer.Exit(code)


def _chosen(state: Path, run: str) -> str:
    """Return the run that is meant: `last` is the last one that left something unsettled."""
    from asa_transport.edges.state.run_folder import LAST
    from asa_transport.flows import unsettled

    if run != LAST:
        return run
    left = unsettled.last_run(state)
    if left is None:
        say("no push has left a firewall unsettled; looking at the last push")
    return left or run


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """What the journal tells of the run so far."""

    began: Began
    started_at: datetime
    events: tuple[JournalEvent, ...]

    @property
    def finished(self) -> Finished | None:
        """How it ended, if it came to its end."""
        from asa_transport.model import Finished

        return next((event for event in reversed(self.events) if isinstance(event, Finished)), None)

    @property
    def lefts(self) -> Mapping[str, Left]:
        """How each of its devices was left."""
        from asa_transport.core.pushing.unfinished import left

        return left(self.events, self.began.devices)


def _story(folder: Path) -> _Story:
    from asa_transport.core.documents import journal as form
    from asa_transport.edges.state.run_folder import JOURNAL
    from asa_transport.model import Began

    path = folder / JOURNAL
    try:
        history = form.read(path.read_bytes())
    except OSError as error:
        raise JournalError(f"{path}: cannot be read: {error.strerror}") from error
    if history.broken is not None:
        raise JournalError(
            f"{path}: it is not as it was written (record {history.broken.record}); nothing is sent on its "
            "word: look at the devices by hand, and see 'asa-transport journal verify'"
        )
    first = history.records[0] if history.records else None
    if first is None or not isinstance(first.event, Began):
        raise JournalError(f"{path}: it ends before anything was done; make a new plan, and push that")
    events = tuple(record.event for record in history.records)
    return _Story(began=first.event, started_at=first.at, events=events)


def _check_story(story: _Story, plan: Plan, run: str) -> None:
    """Raise AlteredPlan or JournalError where plan and journal are not those of this run."""
    from asa_transport.core.pushing.resumption import contradiction

    if story.began.run != run:
        raise JournalError(
            f"run {run}: its journal is that of the run {story.began.run!r:.80}; go on with that one, in its "
            "own folder"
        )
    wrong = contradiction(plan, story.began, story.lefts)
    if wrong is not None:
        raise AlteredPlan(
            f"run {run}: {wrong}; nothing is sent on the word of these files: look at the devices by hand, "
            "and make a new plan"
        )


def _check_leave(work: Work, story: _Story, folder: Path, conduct: Conduct) -> None:
    """Raise what `push` raises where rules, approvals or the signing key do not let the plan be pushed."""
    from asa_transport.edges.secrets.operator import names as login_names
    from asa_transport.edges.state.used_plans import check_unused
    from asa_transport.flows.approvals import kept
    from asa_transport.flows.commit import check_approved, try_key
    from asa_transport.flows.rules_check import check_rules

    login = story.began.operator.rpartition("@")[0] or story.began.operator
    try:
        check_rules(work.plan, work.judgement)
        try_key(conduct)
        check_approved(work, conduct, kept(folder), login_names() | {login})
        check_unused(work.state, work.plan.digest, _doubts(story), run=folder.name)
    except PlanError as error:
        doubts = _doubts(story)
        if not doubts:
            raise
        raise type(error)(
            f"{error}\nlines may have been sent to {', '.join(doubts)}: until this is put right, a person "
            "must look at them"
        ) from error


def _doubts(story: _Story) -> tuple[str, ...]:
    """Return the devices to which lines may have been sent."""
    from asa_transport.core.pushing.unfinished import InDoubt

    return tuple(name for name, how in story.lefts.items() if isinstance(how, InDoubt))


def _resumed(work: Work, request: audit.Request, folder: Path, story: _Story, conduct: Conduct) -> RunEnd:
    from asa_transport.core.documents import journal as form
    from asa_transport.core.pushing.outcomes import outcome_of
    from asa_transport.core.pushing.unfinished import Concluded, InDoubt, Untouched
    from asa_transport.edges.state.journal import JournalFile
    from asa_transport.edges.state.run_folder import JOURNAL, RunFolder
    from asa_transport.edges.state.used_plans import mark_used
    from asa_transport.flows.commit import holding
    from asa_transport.flows.push import Task, carry_out
    from asa_transport.flows.pushers import operator
    from asa_transport.model import NotReached, Unknown

    with holding(work, folder.name):
        lefts = story.lefts
        known = _devices(work, request, lefts)
        there = {device.name for device in request.devices}
        doubts = {name: how for name, how in lefts.items() if isinstance(how, InDoubt)}
        closed = _closed(work.plan, story, work.now)
        task = Task(
            work=work,
            request=request,
            devices=tuple(known.values()),
            conduct=conduct,
            folder=RunFolder(folder.parent.parent, folder.name),
            started_at=story.started_at,
            ended=(
                *(
                    outcome_of(how.ended, known[name])
                    for name, how in lefts.items()
                    if isinstance(how, Concluded)
                ),
                *(Unknown(device=known[name], reason=_ABSENT_DOUBT) for name in doubts if name not in there),
            ),
            in_doubt={name: how for name, how in doubts.items() if name in there},
            left_alone=tuple(
                NotReached(device=known[name], reason=f"not started: {closed or _ABSENT}")
                for name, how in lefts.items()
                if isinstance(how, Untouched) and (closed is not None or name not in there)
            ),
            why=_WHY,
        )
        if story.finished is not None and len(task.ended) + len(task.left_alone) == len(known):
            say("nothing is left to do: every device of this run has its outcome, or the run was stopped")
            for outcome in task.ended:
                if isinstance(outcome, Unknown):
                    say(f"{outcome.device.name}: {outcome.reason}")
            return RunEnd(story.finished.exit_code)
        _ask_first(task, lefts)
        for name in doubts:
            mark_used(work.state, work.plan.digest, name, run=folder.name, at=datetime.now(UTC))
        with JournalFile.resume(
            folder / JOURNAL,
            clock=lambda: datetime.now(UTC),
            form=form,
            operator=operator(),
            tool_version=__version__,
        ) as file:
            return carry_out(task, file)


def _devices(work: Work, request: audit.Request, lefts: Mapping[str, Left]) -> Mapping[str, Device]:
    """Return the run's devices by name; of one that left the inventory, what the plan knows."""
    known = {device.name: device for device in request.devices}
    planned = {device.name: device for device in work.plan.devices}
    return {name: known.get(name) or _absent(planned[name]) for name in lefts}


def _absent(planned: PlannedDevice) -> Device:
    """Return an entry for the report alone; nobody dials it."""
    from asa_transport.model import Device

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


def _closed(plan: Plan, story: _Story, now: datetime) -> str | None:
    """Return why devices whose turn had not come are left alone; `None` where they are pushed."""
    from asa_transport.core.documents import plan as plan_document
    from asa_transport.flows.campaign import INTERRUPTED

    finished = story.finished
    if finished is not None and finished.stopped_by not in (None, INTERRUPTED):
        return f"the run was stopped: {finished.stopped_by}"
    try:
        plan_document.check_valid(plan, now)
    except ExpiredPlan as error:
        return str(error)
    return None


def _ask_first(task: Task, lefts: Mapping[str, Left]) -> None:
    """Ask before anything is contacted, where new devices would be started."""
    from asa_transport.flows.commit import ask_first

    count = len(lefts) - len(task.ended) - len(task.left_alone) - len(task.in_doubt)
    if count:
        ask_first(
            f"Look at {len(task.in_doubt)} devices in doubt, then push to {count} whose turn had not come?",
            task.conduct,
        )
