"""Show a run's progress on stderr: on a terminal a bar and who takes longest, nothing elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, assert_never

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from asa_transport.cli.console import console, plain, printable, say
from asa_transport.cli.option_groups import Voice
from asa_transport.cli.signals import stopping_on_signals
from asa_transport.engine.fleet import RunStop
from asa_transport.model import Audited, AuditOutcome, Device, NotAudited

# A healthy firewall is read within this; from then on somebody wonders which one it is.
_SLOW_S: Final = 3.0
_MOST_NAMED: Final = 3


class Meter:
    """Implements `capabilities.RunObserver` on a progress bar, or on nothing; told from any thread."""

    def __init__(
        self,
        progress: Progress | None,
        total: int,
        *,
        verbose: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._progress = progress
        self._task = progress.add_task("auditing", total=total) if progress is not None else None
        self._verbose = verbose
        self._left = total
        self._missed = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._in_work: dict[str, float] = {}

    def run_started(self, run: str, devices: Sequence[Device]) -> None:
        """Count those that are left; of a run that goes on, others were finished before."""
        del run
        self._left = len(devices)
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, total=len(devices))

    def started(self, device: Device) -> None:
        """Note since when; a line per start would drown the ends."""
        with self._lock:
            self._in_work[device.name] = self._clock()

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
        with self._lock:
            self._in_work.pop(outcome.device.name, None)
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

    def slowest(self) -> str:
        """Return the devices that have been in work for longest, each with its seconds; empty without any."""
        with self._lock:
            now = self._clock()
            # In the order in which they began.
            waited = [(name, now - since) for name, since in self._in_work.items() if now - since >= _SLOW_S]
        shown = ", ".join(f"{printable(name)} {seconds:.0f} s" for name, seconds in waited[:_MOST_NAMED])
        more = len(waited) - _MOST_NAMED
        return f"waiting for {shown}{f' and {more} more' if more > 0 else ''}" if waited else ""


class _Bar(Progress):
    """A bar, and below it what it waits for."""

    meter: Meter | None = None

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        slowest = "" if self.meter is None else self.meter.slowest()
        if slowest:
            # One line, whatever the width: a picture that grows leaves traces above it.
            yield Text(slowest, "dim", no_wrap=True, overflow="ellipsis")


@contextmanager
def meter(total: int, *, quiet: bool, verbose: bool, no_color: bool = False) -> Iterator[Meter]:
    """Give a meter for `total` devices; the bar is gone when the run is over."""
    if quiet or not sys.stderr.isatty():
        yield Meter(None, total, verbose=verbose and not quiet)
        return
    with live_meter(total, console(sys.stderr, no_color=no_color), verbose=verbose) as found:
        yield found


@contextmanager
def live_meter(total: int, terminal: Console, *, verbose: bool) -> Iterator[Meter]:
    """Give a meter that draws on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    progress = _Bar(*columns, console=terminal, transient=True)
    found = progress.meter = Meter(progress, total, verbose=verbose)
    with progress:
        yield found


@contextmanager
def watched(total: int, stop: RunStop, voice: Voice) -> Iterator[Meter]:
    """Give a meter for `total` devices, and let signals end the run meanwhile."""
    with (
        stopping_on_signals(stop),
        meter(total, quiet=voice.quiet, verbose=voice.verbose, no_color=voice.no_color) as observer,
    ):
        yield observer
