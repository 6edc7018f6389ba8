"""Run a push or its dry run at a terminal, which is told and asked, and gets the result."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from asa_transport.capabilities import Teller
from asa_transport.cli.console import StderrTeller
from asa_transport.cli.option_groups import Voice
from asa_transport.cli.signals import ending_on_signals
from asa_transport.cli.views import push_question
from asa_transport.cli.views.progress import watched
from asa_transport.cli.views.push_live import push_view
from asa_transport.cli.views.push_result import (
    ResultFile,
    Wanted,
    say_dry_run,
    say_nothing_left,
    say_push,
    say_unwritten,
    write_dry_run,
    write_push,
)
from asa_transport.edges.output_file import opened
from asa_transport.engine.fleet import RunStop
from asa_transport.flows.audit import Request
from asa_transport.flows.campaign import PushStop
from asa_transport.flows.dry_run import Terms, run_dry
from asa_transport.flows.push import PushEnd
from asa_transport.flows.push_ports import PushPorts, PushWatcher
from asa_transport.flows.push_work import Work
from asa_transport.flows.resume import NothingLeft
from asa_transport.model import Device, Plan
from asa_transport.model.ending import RunEnd, strongest

if TYPE_CHECKING:
    from asa_transport.flows.told_push import Beside


def dry_run_at_terminal(
    work: Work,
    request: Request,
    devices: Sequence[Device],
    terms: Terms,
    wanted: Wanted,
    beside: Beside | None = None,
) -> RunEnd:
    """Show a dry run's progress, let signals end it, and give its result; return how it ended.

    Args:
        beside: Does what is done beside it, once its result was given.
    """
    stop = RunStop()
    tell = _teller(wanted, beside)
    with opened(wanted.output, sys.stdout) as file:
        meter = watched(len(request.devices), stop, wanted.voice)
        observed = meter if beside is None else beside.observed(meter, work.inventory_file)
        end = run_dry(work, request, devices, terms, observed=observed, tell=tell, stop=stop)
        write_dry_run(file, work.plan, end, wanted)
    say_dry_run(end, wanted)
    if beside is not None:
        beside.after(work.plan, end.outcomes, end.document, end.folder, tell)
    return end.end


class _Push(Protocol):
    """A push, or one that was cut, with all that it needs but its ports."""

    def __call__(self, *, ports: PushPorts) -> PushEnd | NothingLeft:
        """Carry it out."""


def push_at_terminal(work: Work, wanted: Wanted, push: _Push, beside: Beside | None = None) -> RunEnd:
    """Let a push tell and ask this terminal, and signals end it; give its result, return how it ended.

    Args:
        push: Begins a push, or goes on with one.
        beside: Does what is done beside it, once its result was given, or could not be.
    """
    ended: list[PushEnd] = []
    tell = _teller(wanted, beside)
    is_given = True
    try:
        with ResultFile(wanted.output) as result:
            end = push(
                ports=PushPorts(
                    teller=tell,
                    ask=partial(push_question.ask, no_color=wanted.voice.no_color),
                    watch=partial(_watched, wanted.voice, work.inventory_file, beside),
                    ready=result.open,
                )
            )
            if isinstance(end, NothingLeft):
                say_nothing_left(end)
                return end.end
            ended.append(end)
            write_push(result.file, work.plan, end, wanted)
        say_push(end, wanted)
    except OSError as error:
        if not ended:
            raise
        is_given = False
        say_unwritten(ended[0], wanted, error)
    (over,) = ended
    if beside is not None:
        beside.after(work.plan, over.outcomes, over.document, over.folder, tell)
    return over.end if is_given else strongest({over.end, RunEnd.INTERNAL})


def _teller(wanted: Wanted, beside: Beside | None) -> Teller:
    tell = StderrTeller(quiet=wanted.voice.quiet)
    return tell if beside is None else beside.teller(tell)


@contextmanager
def _watched(
    voice: Voice, inventory: Path, beside: Beside | None, plan: Plan, total: int, stop: PushStop
) -> Iterator[PushWatcher]:
    """Show the push, and let signals end it meanwhile."""
    with (
        push_view(plan, total, quiet=voice.quiet, verbose=voice.verbose, no_color=voice.no_color) as view,
        ending_on_signals(stop),
    ):
        yield view if beside is None else beside.watcher(view, inventory)
