"""Whom a push tells and asks: the only way in which a person meets it.

Whoever runs a push gives these: the command line with a terminal, another program with what it has.
What watches a push may fail, and ends none: a firewall is not left between two lines for a picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from asa_transport.capabilities import CampaignObserver, Teller
from asa_transport.core.pushing.campaign.outlook import Outlook
from asa_transport.flows.campaign import PushStop, WaveSummary
from asa_transport.model import Device, Plan, PushOutcome, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPush:
    """May a plan be pushed?"""

    plan: Plan
    devices: int
    outlook: Outlook


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPush:
    """May a push that was cut go on with devices whose turn had not come?

    Attributes:
        in_doubt: How many devices are looked at first.
        untouched: How many are pushed then.
    """

    in_doubt: int
    untouched: int


Question: TypeAlias = NewPush | CutPush


class PushWatcher(CampaignObserver, Protocol):
    """Told of a push while it runs, and asked between its waves."""

    def run_started(self, run: str, devices: Sequence[Device], /) -> None:
        """The run has its id; no device was contacted yet."""

    def confirm(self, summary: WaveSummary) -> bool:
        """Return whether the next wave may begin; no answer is a no."""


class Watch(Protocol):
    """Watch a push for as long as its devices are in work."""

    def __call__(self, plan: Plan, total: int, stop: PushStop, /) -> AbstractContextManager[PushWatcher]:
        """Give who is told of a push over `total` devices; may set `stop`, from a signal handler too."""


def _nothing() -> None:
    """Make nothing ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushPorts:
    """Whom a push tells and asks.

    Attributes:
        teller: Told what a person should know beside the outcomes.
        ask: Asked once, before anything is contacted, unless `Conduct.yes` is set; may raise
            UserError where nobody can answer.
        watch: Entered once the push begins, left before it is recorded.
        ready: Called when all is checked and answered and nothing was contacted yet; what it
            raises ends the push there.
    """

    teller: Teller
    ask: Callable[[Question], bool]
    watch: Watch
    ready: Callable[[], None] = _nothing


@contextmanager
def watched(ports: PushPorts, plan: Plan, total: int, stop: PushStop) -> Iterator[PushWatcher]:
    """Watch a push; what the watcher raises once it watches is told, and goes no further."""
    is_over, tell = False, _Once(ports.teller)
    try:
        with ports.watch(plan, total, stop) as watcher:
            yield _Shielded(watcher, tell)
            is_over = True
    except Exception as error:
        # What was done is recorded, even where the picture of it cannot be taken away.
        if not is_over:
            raise
        tell(error)


class _Once:
    """Tells that the watcher has failed, the first time."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._is_told = False

    def __call__(self, error: Exception) -> None:
        if not self._is_told:
            self._is_told = True
            # The same terminal may be gone.
            with suppress(Exception):
                self._teller.warn(
                    f"warning: what shows the push has failed ({type(error).__name__}); the push goes on"
                )


class _Shielded:
    """Hands all on to a watcher, from any thread, and never raises; implements `PushWatcher`."""

    def __init__(self, watcher: PushWatcher, failed: Callable[[Exception], None]) -> None:
        self._watcher = watcher
        self._failed = failed

    def run_started(self, run: str, devices: Sequence[Device], /) -> None:
        self._tell(lambda: self._watcher.run_started(run, devices))

    def wave_started(self, wave: int, devices: Sequence[Device]) -> None:
        self._tell(lambda: self._watcher.wave_started(wave, devices))

    def started(self, device: Device) -> None:
        self._tell(lambda: self._watcher.started(device))

    def stepped(self, device: Device, step: Step) -> None:
        self._tell(lambda: self._watcher.stepped(device, step))

    def ended(self, outcome: PushOutcome) -> None:
        self._tell(lambda: self._watcher.ended(outcome))

    def waiting(self, seconds: float) -> None:
        self._tell(lambda: self._watcher.waiting(seconds))

    def ending(self) -> None:
        self._tell(self._watcher.ending)

    def stopped(self, reason: str) -> None:
        self._tell(lambda: self._watcher.stopped(reason))

    def confirm(self, summary: WaveSummary) -> bool:
        try:
            return self._watcher.confirm(summary)
        except Exception as error:
            self._failed(error)
            return False

    def _tell(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except Exception as error:
            self._failed(error)
