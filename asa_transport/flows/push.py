"""Carry out one committed push, or go on with one: the campaign, its journal, its document.

Shared by `push --commit` and `resume`, which differ in what they begin with.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from asa_transport import __version__
from asa_transport.capabilities import CampaignObserver, Deadline
from asa_transport.cli.console import console, say
from asa_transport.cli.options import Conduct
from asa_transport.cli.signals import ending_on_signals
from asa_transport.cli.views.push import print_push, push_summary
from asa_transport.cli.views.push_live import PushView, push_view
from asa_transport.core.documents import push as push_document
from asa_transport.core.documents.audit import Run
from asa_transport.core.pushing.steps import may_have_sent
from asa_transport.core.pushing.unfinished import InDoubt
from asa_transport.edges.output_file import opened
from asa_transport.edges.secrets import signatures
from asa_transport.edges.state.journal import JournalFile
from asa_transport.edges.state.run_folder import PUSH, RunFolder
from asa_transport.edges.state.used_plans import mark_used
from asa_transport.errors import SignatureError, StateError, UsedPlan, in_words
from asa_transport.flows import audit
from asa_transport.flows.audit_worker import keep_error
from asa_transport.flows.campaign import CUT, Campaign, CampaignPorts, Orders, PushStop
from asa_transport.flows.dry_run import Work, budget_of
from asa_transport.flows.inputs import Shape
from asa_transport.flows.push_end import push_exit_code
from asa_transport.flows.push_turns import rereading
from asa_transport.flows.pushers import device_s, pusher
from asa_transport.model import (
    Device,
    Finished,
    JournalEvent,
    NotReached,
    PushOutcome,
    Refused,
    Step,
    Stepped,
)
from asa_transport.model.ending import RunEnd, strongest

# Of the disk, kept while firewalls are changed: for the end and the document, and for a device's records
# in the journal, its answers after the first line and its part of the document.
_ROOM: Final = 1 << 18
_ROOM_A_DEVICE: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a push is made with; read and checked, no device contacted yet.

    Attributes:
        request: For the devices and their mates.
        devices: Those that are pushed.
        ended: Outcomes of an earlier process, in the order of their end.
        in_doubt: By name, what an earlier process left where lines may have been sent.
        left_alone: Outcomes of devices that this process does not touch.
        why: Why devices in doubt are looked at, for their reasons.
    """

    work: Work
    request: audit.Request
    devices: tuple[Device, ...]
    conduct: Conduct
    folder: RunFolder
    started_at: datetime
    ended: tuple[PushOutcome, ...] = ()
    in_doubt: Mapping[str, InDoubt] = field(default_factory=dict)
    left_alone: tuple[NotReached, ...] = ()
    why: str = ""


class StepLog:
    """The journal of a push, which also remembers where each device is; implements `capabilities.Journal`."""

    def __init__(
        self,
        file: JournalFile,
        observer: CampaignObserver,
        devices: Sequence[Device],
        known: Mapping[str, InDoubt],
        mark_used: Callable[[str], None],
    ) -> None:
        """Take `mark_used`, which notes that the plan is used for a device."""
        self._file = file
        self._mark_used = mark_used
        self._observer = observer
        self._devices = {device.name: device for device in devices}
        self._steps: dict[str, Step] = {name: left.at for name, left in known.items()}

    def note(self, event: JournalEvent) -> None:
        """Append one event; it is on disk when this returns, and so is the use of the plan.

        Raises:
            OSError: One of the two cannot be written: the step must not be taken.
        """
        # The last step before the first line.
        if isinstance(event, Stepped) and event.step is Step.EVIDENCED:
            try:
                self._mark_used(event.device)
            except (StateError, UsedPlan) as error:
                raise OSError(str(error)) from error
        self._file.note(event)
        if isinstance(event, Stepped):
            self._steps[event.device] = event.step
            if event.device in self._devices:
                self._observer.stepped(self._devices[event.device], event.step)

    def may_have_sent(self, name: str) -> bool:
        """Return whether a configuration line may have left for this device."""
        return may_have_sent(self._steps.get(name))


def carry_out(task: Task, file: JournalFile) -> RunEnd:
    """Push, write the document, print it; return how the push ended."""
    told: list[RunEnd] = []
    try:
        return _carried_out(task, file, told)
    except OSError as error:
        if not told:
            raise
        kept, output = task.folder.path / PUSH, task.work.output
        if output is None:
            # Python would complain once more when it flushes.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        say(
            f"error: {output or 'stdout'}: the outcomes cannot be written: {error.strerror or error}; "
            f"read them in {kept}, or with 'asa-transport show {task.folder.path.name}'"
        )
        return strongest({*told, RunEnd.INTERNAL})


def _carried_out(task: Task, file: JournalFile, told: list[RunEnd]) -> RunEnd:
    """Do it, and note in `told` how the push ended before that is printed."""
    work, ending, run = task.work, PushStop(), task.folder.path.name
    with opened(work.output, sys.stdout) as output:
        # Before anything is contacted: what could not be recorded would not be known either.
        file.reserve(_ROOM + _ROOM_A_DEVICE * len(task.devices))
        outcomes, stopped_by = _driven(task, file, ending)
        file.release()
        code = push_exit_code(outcomes, stopped_by)
        code = _recorded(
            partial(file.note, Finished(exit_code=code, stopped_by=stopped_by)), f"{file.path}: its end", code
        )
        document = push_document.document(
            Run(
                id=run,
                kind="push",
                started_at=task.started_at,
                finished_at=datetime.now(UTC),
                tool_version=__version__,
                inventory=str(work.inventory_file),
                policy_sha256=work.judgement.policy_sha256,
                exit_code=code,
            ),
            work.plan,
            [device.name for device in task.devices],
            outcomes,
            mode=push_document.COMMIT,
            stopped_by=stopped_by,
            journal=push_document.JournalEnd(head=file.head, records=file.records),
        )
        path = task.folder.path / PUSH
        code = _recorded(partial(task.folder.save_document, document, PUSH), str(path), code)
        _sign(task, file)
        told.append(code)
        if work.shape is Shape.TABLE:
            print_push(
                console(output, no_color=work.voice.no_color), work.plan, outcomes, stopped_by, run=run
            )
        else:
            output.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
        output.flush()
    if (work.output is not None or work.shape is not Shape.TABLE) and not work.voice.quiet:
        say(push_summary(outcomes, stopped_by))
    return code


def _recorded(write: Callable[[], None], what: str, code: RunEnd) -> RunEnd:
    """Write a part of the record; return how the push ended, for which a person must look if that fails.

    The outcomes are printed all the same.
    """
    try:
        write()
    except OSError as error:
        say(f"error: {what} cannot be written: {error.strerror or error}; keep what is printed here")
        return strongest({code, RunEnd.STATE_UNKNOWN})
    return code


def _sign(task: Task, file: JournalFile) -> None:
    """Sign the journal, where a key is configured; a key that does not work undoes no push."""
    key = task.conduct.sign_key
    if key is None:
        return
    try:
        signatures.sign_file(file.path, key, signatures.JOURNAL_NAMESPACE)
    except (SignatureError, OSError) as error:
        say(f"warning: the journal is not signed: {in_words(error)}")


def _driven(task: Task, file: JournalFile, ending: PushStop) -> tuple[tuple[PushOutcome, ...], str | None]:
    voice = task.work.voice
    with (
        push_view(
            task.work.plan,
            len(task.devices),
            quiet=voice.quiet,
            verbose=voice.verbose,
            no_color=voice.no_color,
        ) as observer,
        ending_on_signals(ending),
    ):
        campaign = _campaign(task, file, observer, ending)
        try:
            return (*campaign.outcomes(), *task.left_alone), campaign.stopped_by
        except KeyboardInterrupt:
            say(CUT.format(run=task.folder.path.name))
            raise


def _mark_used(work: Work, run: str, device: str) -> None:
    mark_used(work.state, work.plan.digest, device, run=run, at=datetime.now(UTC))


def _campaign(task: Task, file: JournalFile, observer: PushView, ending: PushStop) -> Campaign:
    in_doubt = task.in_doubt
    alone = {outcome.device.name for outcome in task.left_alone}
    run = task.folder.path.name
    turn = rereading(task.work, run=run)
    log = StepLog(file, observer, task.devices, in_doubt, partial(_mark_used, task.work, run))
    prepared = pusher(
        task.work,
        task.request,
        folder=task.folder,
        journal=log,
        conduct=task.conduct,
        is_ending=ending.is_set,
    )

    def push(device: Device, deadline: Deadline) -> PushOutcome:
        standard = turn(device.name)
        if isinstance(standard, str):
            return Refused(device=device, reason=standard)
        recheck = replace(prepared.recheck, standard=standard)
        return replace(prepared, recheck=recheck).push(device, deadline)

    def settle(device: Device, deadline: Deadline) -> PushOutcome:
        return prepared.settle(device, deadline, in_doubt[device.name], task.why)

    policy = task.work.judgement.standard.policy
    orders = Orders(
        plan=task.work.plan,
        devices=tuple(device for device in task.devices if device.name not in alone),
        budget=budget_of(task.work, task.conduct.max_fail),
        workers=task.request.workers,
        device_s=device_s(task.request, prepared.patience),
        accept=policy.proof,
        windows=policy.change_windows,
        pause_s=task.conduct.pause_between,
        ended=task.ended,
        to_settle=tuple(in_doubt),
    )
    return Campaign(
        orders,
        CampaignPorts(
            push=push,
            settle=settle,
            may_have_sent=log.may_have_sent,
            now=task.work.clock,
            observer=observer,
            ending=ending,
            keep_error=partial(keep_error, task.folder),
            confirm=None if task.conduct.yes else observer.confirm,
        ),
    )
