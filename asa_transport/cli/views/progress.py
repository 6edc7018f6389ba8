"""Show a run's progress on stderr: a bar on a terminal, nothing where stderr is not one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import assert_never

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from asa_transport.cli.console import console, plain, say
from asa_transport.cli.option_groups import Voice
from asa_transport.cli.signals import stopping_on_signals
from asa_transport.engine.fleet import RunStop
from asa_transport.model import Audited, AuditOutcome, Device, NotAudited


class Meter:
    """Implements `capabilities.RunObserver` on a rich progress bar, or on nothing."""

    def __init__(self, progress: Progress | None, total: int, *, verbose: bool) -> None:
        self._progress = progress
        self._task = progress.add_task("auditing", total=total) if progress is not None else None
        self._verbose = verbose
        self._left = total
        self._missed = 0

    def run_started(self, run: str, devices: Sequence[Device]) -> None:
        """Do nothing: the bar says how many there are."""

    def started(self, device: Device) -> None:
        """Do nothing: a line per start would drown the ends."""

    def finished(self, outcome: AuditOutcome) -> None:
        """Count it; with -v, name it."""
        match outcome:
            case Audited():
                line = f"{outcome.device.name}: audited"
            case NotAudited():
                self._missed += 1
                line = f"{outcome.device.name}: not audited: {outcome.stage}: {outcome.error}"
            case _:
                assert_never(outcome)
        self._left -= 1
        if self._progress is None or self._task is None:
            if self._verbose:
                say(line)
            return
        if self._verbose:
            self._progress.console.print(plain(line))
        missed = f"auditing ({self._missed} not audited)" if self._missed else "auditing"
        self._progress.update(self._task, advance=1, description=missed)
        if self._left == 0:
            # What follows, judging and keeping, is no progress of devices.
            self._progress.stop()


@contextmanager
def meter(total: int, *, quiet: bool, verbose: bool, no_color: bool = False) -> Iterator[Meter]:
    """Give a meter for `total` devices; the bar is gone when the run is over."""
    if quiet or not sys.stderr.isatty():
        yield Meter(None, total, verbose=verbose and not quiet)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(sys.stderr, no_color=no_color), transient=True) as progress:
        yield Meter(progress, total, verbose=verbose)


@contextmanager
def watched(total: int, stop: RunStop, voice: Voice) -> Iterator[Meter]:
    """Give a meter for `total` devices, and let signals end the run meanwhile."""
    with (
        stopping_on_signals(stop),
        meter(total, quiet=voice.quiet, verbose=voice.verbose, no_color=voice.no_color) as observer,
    ):
        yield observer
