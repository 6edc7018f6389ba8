"""Show a push while it runs, on stderr: waves, counts, and the devices in work with their present step.

On a terminal a picture that is gone when the push is over, with -v a line an event above it.
Elsewhere a line an event with its time: a log of a change is kept, and read when something
went wrong.  -q has none of them.  Asks the question between waves, because only here is known
what is on the screen.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from asa_transport.cli.console import console, plain, printable, say
from asa_transport.cli.views.push import STYLES
from asa_transport.core.documents.push import OUTCOMES
from asa_transport.flows.campaign import ENDING, WaveSummary
from asa_transport.model import Device, Plan, PushOutcome, Step
from asa_transport.text import instant

# Slow enough for a terminal behind a slow line, fast enough to be believed.
_REFRESHES_PER_S: Final = 4
# A terminal has 24 rows at the least; longer lists would scroll away above it.
_MOST_WAVES, _MOST_IN_WORK = 8, 8
# What is going on once a step has been taken; the journal has the step's own word.
STEPS: Final[Mapping[Step, str]] = {
    Step.LEASED: "connecting",
    Step.REREAD: "reading the device again",
    Step.GUARDED: "checking the guards",
    Step.EVIDENCED: "storing what was read",
    Step.SENDING: "sending the lines",
    Step.SENT: "reading back",
    Step.CONFIG_VERIFIED: "waiting for a licence contact",
    Step.CONTACT_VERIFIED: "contact proven",
    Step.SAVING: "saving",
    Step.SAVED: "saved",
    Step.LOST: "session lost, reading again",
    Step.ROLLING_BACK: "rolling back",
    Step.ROLLED_BACK: "rolled back",
    Step.ROLLBACK_FAILED: "could not be rolled back",
    Step.UNKNOWN: "not known",
}


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class _InWork:
    since: float
    doing: str = "starting"


@dataclass(slots=True)
class _Wave:
    total: int
    counts: Counter[str] = field(default_factory=Counter)


class PushView:
    """Implements `capabilities.CampaignObserver`; every field is guarded by the lock.

    Args:
        total: Devices of the push.
        live: Where the picture is drawn; `None` for lines only.
        lines: Takes a line an event, which begins with its time (UTC); `None` for none of them.
        notices: Takes what must be said in any case; `None` with -q.
    """

    def __init__(
        self,
        plan: Plan,
        total: int,
        *,
        lines: Callable[[str], None] | None,
        notices: Callable[[str], None] | None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._now = now
        self._began_at = clock()
        self._lines = lines
        self._notices = notices
        self._wave_of = {planned.name: planned.wave for planned in plan.devices}
        self._last_wave = len(plan.waves)
        self._waves: dict[int, _Wave] = {}
        self._in_work: dict[str, _InWork] = {}
        self._total = total
        self._ended = 0
        self._note = ""
        self.live: Live | None = None

    def run_started(self, run: str, devices: Sequence[Device], /) -> None:
        """Show nothing: the result names the run."""

    def wave_started(self, wave: int, devices: Sequence[Device]) -> None:
        """Show the wave."""
        with self._lock:
            self._waves.setdefault(wave, _Wave(total=0)).total = len(devices)
            self._note = ""
        self._line(f"wave {wave} of {self._last_wave}: {len(devices)} device{'s' * (len(devices) != 1)}")

    def started(self, device: Device) -> None:
        """Show the device as in work."""
        with self._lock:
            self._in_work[device.name] = _InWork(self._clock())
        self._line(f"{device.name}: started")

    def stepped(self, device: Device, step: Step) -> None:
        """Show what the device is about."""
        with self._lock:
            entry = self._in_work.get(device.name)
            if entry is not None:
                entry.doing = STEPS[step]
        self._line(f"{device.name}: {STEPS[step]}")

    def ended(self, outcome: PushOutcome) -> None:
        """Count the outcome."""
        name, why = outcome.device.name, outcome.reason
        with self._lock:
            was_in_work = self._in_work.pop(name, None) is not None
            self._ended += 1
            wave = self._waves.get(self._wave_of[name])
            if wave is not None:
                wave.counts[outcome.word] += 1
        # Ten thousand lines for what was never begun would hide the reason.
        if was_in_work:
            self._line(f"{name}: {outcome.word}" + (f": {why}" if why else ""))

    def waiting(self, seconds: float) -> None:
        """Say for how long nothing will happen."""
        with self._lock:
            self._note = f"waiting {seconds:g} s before the next wave"
        self._line(self._note)

    def ending(self) -> None:
        """Say that the first Ctrl-C was heard, and what a second one would do."""
        self._notice(ENDING)

    def stopped(self, reason: str) -> None:
        """Say why nothing more is started."""
        with self._lock:
            self._note = f"stopped: {reason}"
        self._notice(self._note)

    def confirm(self, summary: WaveSummary) -> bool:
        """Ask a person whether the next wave may begin; no answer is a no."""
        counts = ", ".join(f"{summary.counts[one]} {one}" for one in OUTCOMES if summary.counts.get(one))
        count = len(summary.devices)
        question = f"wave {summary.wave} of {summary.last_wave}: push {count} device{'s' * (count != 1)} now?"
        with self._cleared():
            try:
                say(f"so far: {counts}")
                if summary.unproven is not None:
                    say(f"warning: {summary.unproven}")
                return typer.confirm(question, default=False, err=True)
            except (typer.Abort, OSError):
                return False

    @contextmanager
    def _cleared(self) -> Iterator[None]:
        """Take the picture away while somebody else uses the terminal."""
        live = self.live
        if live is None:
            yield
            return
        with suppress(OSError):
            live.stop()
        try:
            yield
        finally:
            with suppress(OSError):
                live.start(refresh=True)

    def _line(self, text: str) -> None:
        if self._lines is not None:
            _say(self._lines, f"{instant(self._now())} {text}")

    def _notice(self, text: str) -> None:
        if self._lines is not None:
            self._line(text)
        elif self._notices is not None:
            _say(self._notices, text)

    def picture(self) -> RenderableType:
        """Return the present state; called by the thread that draws."""
        with self._lock:
            now = self._clock()
            head = Text.assemble(
                ("push ", "bold"), f"{self._ended} of {self._total} devices, {_elapsed(now - self._began_at)}"
            )
            parts: list[RenderableType] = [head, self._waves_table()]
            if self._in_work:
                parts.append(self._work_table(now))
            if self._note:
                parts.append(Text(printable(self._note), style="yellow"))
        return Group(*parts)

    def _waves_table(self) -> Table:
        grid = Table.grid(padding=(0, 2, 0, 0))
        for number, wave in list(self._waves.items())[-_MOST_WAVES:]:
            done = wave.counts.total()
            counts = Text(", ").join(
                Text(f"{wave.counts[one]} {one}", style=STYLES[one]) for one in OUTCOMES if wave.counts[one]
            )
            grid.add_row(
                Text(f"wave {number} of {self._last_wave}", style="dim" if done >= wave.total else ""),
                Text(f"{done}/{wave.total}"),
                counts,
            )
        return grid

    def _work_table(self, now: float) -> Table:
        grid = Table.grid(padding=(0, 2, 0, 0))
        # The longest in work are those that somebody wonders about.
        shown = list(self._in_work.items())[:_MOST_IN_WORK]
        for name, entry in shown:
            grid.add_row(
                Text("  ") + plain(name),
                Text(entry.doing, style="cyan"),
                Text(_elapsed(now - entry.since), style="dim"),
            )
        more = len(self._in_work) - len(shown)
        if more:
            grid.add_row(Text(f"  … and {more} more", style="dim"))
        return grid


@contextmanager
def push_view(
    plan: Plan, total: int, *, quiet: bool, verbose: bool, no_color: bool = False
) -> Iterator[PushView]:
    """Give the view of a push over `total` devices; its picture is gone when the push is over."""
    if quiet or not sys.stderr.isatty():
        said = None if quiet else say
        yield PushView(plan, total, lines=said, notices=said)
        return
    with live_view(plan, total, console(sys.stderr, no_color=no_color), verbose=verbose) as view:
        yield view


@contextmanager
def live_view(plan: Plan, total: int, terminal: Console, *, verbose: bool) -> Iterator[PushView]:
    """Give a view that draws on a terminal; lines appear above the picture."""

    def above(text: str) -> None:
        terminal.print(plain(text), soft_wrap=True)

    view = PushView(plan, total, lines=above if verbose else None, notices=above)
    view.live = Live(
        console=terminal,
        get_renderable=view.picture,
        refresh_per_second=_REFRESHES_PER_S,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    view.live.start()
    try:
        yield view
    finally:
        with suppress(OSError, ValueError):
            view.live.stop()


def _say(take: Callable[[str], None], text: str) -> None:
    """Say it if somebody can still hear it: a terminal that is gone must not end a push midway."""
    with suppress(OSError, ValueError):
        take(text)


def _elapsed(seconds: float) -> str:
    """Return `m:ss`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
