"""Push a plan over many devices: wave after wave, under a failure budget, until done or stopped.

Guarantees exactly one outcome for every chosen device, whatever happens; that every start was
allowed at that moment (`core/pushing/campaign/course.py`, the change window, the person); that the
devices of a failover pair are never in work together.  Ends nobody's session by itself: once
the run is stopped, devices in work finish or go back by their own rules.

Knows nothing of SSH or of the steps of one device: that is `push`, passed in.
"""

from __future__ import annotations

import queue
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias, assert_never

from asa_transport.capabilities import CampaignObserver, Deadline, Visit
from asa_transport.core.pushing.campaign.budget import allowance
from asa_transport.core.pushing.campaign.course import Course, Start
from asa_transport.core.pushing.campaign.portions import Portion, portions
from asa_transport.core.pushing.campaign.rehearsal import nothing_else
from asa_transport.core.pushing.campaign.window import closed
from asa_transport.engine import fleet
from asa_transport.engine.admission import Queue
from asa_transport.engine.fleet import Loss, Lost
from asa_transport.errors import internal_error
from asa_transport.model import (
    ChangeWindow,
    Device,
    Failed,
    FailureBudget,
    NotReached,
    Plan,
    PushOutcome,
    Refused,
    SessionCaps,
    Unknown,
    Verified,
)

PushOne: TypeAlias = Callable[[Device, Deadline], PushOutcome]
# A place in the order of the wave, and the devices that go one after the other there.
_Turn: TypeAlias = tuple[int, tuple[str, ...]]

INTERRUPTED: Final = "interrupted"
# Why it was stopped is said once, for the push as a whole.
NOT_STARTED: Final = "not started: the push had already stopped"
# What the first and the second Ctrl-C say.
ENDING: Final = (
    "ending: no new device is started; the devices in progress finish, or roll back. Press Ctrl-C again to "
    "end at once; then 'asa-transport resume' must settle them"
)
CUT: Final = (
    "ended at once: it is not known which lines the devices in progress accepted; run 'asa-transport "
    "resume {run}', which reads each of them first"
)
# As in fleet.py: a signal that comes just before a wait begins does not end it.
_SIGNAL_S: Final = 0.5


class PushStop:
    """A person's wish to end the push gently; set from a signal handler.

    `is_set` is for every thread: a push asks it while it waits for a licence contact.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._is_asking = False
        # `put` may be called in a signal handler while this very thread is in `get`.
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        """End the run: nothing new is started."""
        self._is_set = True
        self._wake.put(None)

    def is_set(self) -> bool:
        """Return whether the run is to end."""
        return self._is_set

    def wait(self, seconds: float) -> None:
        """Wait, but not past the wish to end."""
        deadline = time.monotonic() + seconds
        while not self._is_set and (left := deadline - time.monotonic()) > 0:
            try:
                self._wake.get(timeout=min(left, _SIGNAL_S))
            except queue.Empty:
                continue

    @property
    def is_asking(self) -> bool:
        """Whether a person is being asked: a signal then has to raise, or the question would stay."""
        return self._is_asking

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Say that a person is being asked."""
        self._is_asking = True
        try:
            yield
        finally:
            self._is_asking = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveSummary:
    """What a person is told before the next wave.

    Attributes:
        counts: How many outcomes so far, by their word.
        wave: Number of the next wave in the plan.
        last_wave: Number of the last one.
        devices: In the next wave.
        unproven: Why it would begin on hope; `None` where a device has shown that the change works.
    """

    counts: Mapping[str, int]
    wave: int
    last_wave: int
    devices: tuple[str, ...]
    unproven: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What is to be pushed, and within which bounds.

    Attributes:
        devices: The chosen ones, all of them in the plan.
        workers: The most in work at once.
        caps: The most of them that share a group, a region or a jump host.
        device_s: Seconds for each device, its waits included.
        accept: What proves that a change works, as the policy says.
        pause_s: Between two waves.
        ended: Outcomes of an earlier process, in the order of their end; they count in the
            budget, and the devices are not touched.
        to_settle: Names of devices that an earlier process left in work; they go first, one at
            a time, whatever the budget and the window say, because nobody knows how they stand.
    """

    plan: Plan
    devices: tuple[Device, ...]
    budget: FailureBudget
    workers: int
    device_s: float
    caps: SessionCaps = field(default_factory=lambda: SessionCaps(per_jump=0))
    accept: Verified = Verified.CONTACT
    windows: tuple[ChangeWindow, ...] = ()
    pause_s: float = 0.0
    ended: tuple[PushOutcome, ...] = ()
    to_settle: tuple[str, ...] = ()
    grace_s: float = fleet.GRACE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPorts:
    """What a campaign works with.

    Attributes:
        push: Pushes one device; called on the engine's loop, where its waits let the others go on.
        settle: Finds out how a device of `to_settle` stands, and ends it; as `push`.
        may_have_sent: Whether a line that writes may have left for this device; must not raise.
        keep_error: Keeps the traceback of a worker that crashed; must not raise.
        now: The time, aware.
        confirm: Asks before every wave but the first; `None` for `--yes`, and then a first wave
            that has proven nothing ends the run.
        closing: Ends what the sessions of a push share.
    """

    push: PushOne
    settle: PushOne
    may_have_sent: Callable[[str], bool]
    now: Callable[[], datetime]
    observer: CampaignObserver
    stop: PushStop = field(default_factory=PushStop)
    confirm: Callable[[WaveSummary], bool] | None = None
    keep_error: Callable[[Lost], None] = lambda _lost: None
    closing: Callable[[], Awaitable[None]] = fleet.nothing


class Campaign:
    """One push over many devices.

    Raises:
        ValueError: A device is not in the plan, or an outcome or a name is of no chosen device.
    """

    def __init__(self, orders: Orders, ports: CampaignPorts) -> None:
        planned = {one.name: one for one in orders.plan.devices}
        self._orders = orders
        self._ports = ports
        self._left = {device.name: device for device in orders.devices}
        known = {outcome.device.name for outcome in orders.ended} | set(orders.to_settle)
        is_once = len(known) == len(orders.ended) + len(orders.to_settle)
        if not (is_once and known <= self._left.keys() <= planned.keys()):
            raise ValueError("the devices of a campaign are not those of its plan")
        self._course = Course(planned, allowance(orders.budget, len(orders.devices)), accept=orders.accept)
        self._counts: Counter[str] = Counter()
        pool = fleet.OnLoop(work=self._work, lost=self._lost, closing=ports.closing)
        self._engine: fleet.Scheduler[PushOutcome] = fleet.Scheduler(pool, self._terms())
        self._is_stop_told = False
        self._is_ending_told = False

    @property
    def stopped_by(self) -> str | None:
        """What ended the run early, for an operator; `None` where nothing did."""
        return self._course.stopped_by

    def outcomes(self) -> Iterator[PushOutcome]:
        """Yield exactly one outcome per device: those of an earlier process first, then as they come."""
        for outcome in self._orders.ended:
            del self._left[outcome.device.name]
            self._counts[outcome.word] += 1
            yield outcome
        self._course.resumed(self._orders.ended)
        with self._engine:
            yield from self._settled()
            yield from self._pushed()
        for device in tuple(self._left.values()):
            yield self._told(NotReached(device=device, reason=NOT_STARTED))

    def _settled(self) -> Iterator[PushOutcome]:
        for name in self._orders.to_settle:
            device = self._left[name]
            if self._is_ending():
                yield self._told(self._unsettled(device))
                continue
            self._begin(device)
            outcome = self._next()
            self._course.resumed((outcome,))
            yield self._told(outcome)

    def _unsettled(self, device: Device) -> PushOutcome:
        if not self._ports.may_have_sent(device.name):
            return NotReached(device=device, reason="not looked at: interrupted")
        return Unknown(
            device=device,
            reason="lines may have been sent before, and the device was not read again: interrupted",
        )

    def _pushed(self) -> Iterator[PushOutcome]:
        """Push wave after wave; what is left when this ends was not started."""
        is_untouched = 0 < len(self._left) == len(self._orders.devices)
        shut = closed(self._orders.windows, self._ports.now())
        if shut is not None and is_untouched:
            self._stop(shut)
            for device in tuple(self._left.values()):
                yield self._told(Refused(device=device, reason=shut))
            return
        first = portions(self._orders.plan, [device.name for device in self._orders.devices])
        todo = portions(self._orders.plan, self._left)
        for number, portion in enumerate(todo):
            if number:
                self._pause()
            # A process that goes on may have the first wave behind it.
            unproven = self._course.unproven() if portion.wave != first[0].wave else None
            if number or unproven is not None:
                self._ask_before(portion, last=todo[-1].wave, unproven=unproven)
            if self._is_over():
                return
            yield from self._wave(portion)

    def _pause(self) -> None:
        if self._orders.pause_s > 0 and not self._is_over():
            self._ports.observer.waiting(self._orders.pause_s)
            self._ports.stop.wait(self._orders.pause_s)

    def _ask_before(self, portion: Portion, *, last: int, unproven: str | None) -> None:
        """Let a person decide about the next wave; where there is none, one on hope is not begun."""
        if self._is_over():
            return
        if self._ports.confirm is None:
            if unproven is not None:
                self._stop(nothing_else(unproven))
            return
        summary = WaveSummary(
            counts=dict(self._counts),
            wave=portion.wave,
            last_wave=last,
            devices=portion.names,
            unproven=unproven,
        )
        if not self._is_confirmed(self._ports.confirm, summary) and not self._is_ending():
            self._stop(f"the operator answered no before wave {portion.wave}")

    def _is_confirmed(self, confirm: Callable[[WaveSummary], bool], summary: WaveSummary) -> bool:
        try:
            with self._ports.stop.asking():
                return confirm(summary)
        except KeyboardInterrupt:
            self._ports.stop.set()
            return False

    def _wave(self, portion: Portion) -> Iterator[PushOutcome]:
        self._course.begin_wave()
        self._ports.observer.wave_started(portion.wave, tuple(self._left[name] for name in portion.names))
        waiting: Queue[_Turn] = Queue(self._orders.caps)
        for place, unit in enumerate(portion.units):
            self._wait(waiting, (place, unit))
        in_work: dict[str, _Turn] = {}
        while True:
            while len(in_work) < self._orders.workers and (turn := self._startable(waiting)) is not None:
                place, (name, *mates) = turn
                in_work[name] = (place, tuple(mates))
                self._course.started(name)
                self._begin(self._left[name])
            if not in_work:
                return
            outcome = self._next()
            self._course.ended(outcome)
            waiting.leave(self._left[outcome.device.name])
            mates_left = in_work.pop(outcome.device.name)
            if mates_left[1]:
                self._wait(waiting, mates_left)
            yield self._told(outcome)

    def _wait(self, waiting: Queue[_Turn], turn: _Turn) -> None:
        place, (name, *_) = turn
        waiting.add(place, self._left[name], turn)

    def _startable(self, waiting: Queue[_Turn]) -> _Turn | None:
        """Return whose turn it is, within the caps and as far as one more may start; else `None`."""
        turn = None if self._is_over() else waiting.take()
        if turn is not None and self._course.start_of(turn[1][0]) is not Start.NOW:
            waiting.leave(self._left[turn[1][0]])
            self._wait(waiting, turn)
            return None
        return turn

    def _is_over(self) -> bool:
        """Return whether nothing more may start: a person, the change window or the course says so."""
        if not self._is_ending():
            shut = closed(self._orders.windows, self._ports.now())
            if shut is not None:
                self._stop(shut)
        return self.stopped_by is not None

    def _begin(self, device: Device) -> None:
        """Start one device; its outcome comes by `_next`."""
        self._ports.observer.started(device)
        self._engine.begin(device)

    def _next(self) -> PushOutcome:
        outcome = self._engine.next(self._is_ending)
        # Before the outcome is counted: a change that was taken back because a person wished the
        # end must not look like what stopped the run.
        self._is_ending()
        return outcome

    def _work(self, visit: Visit) -> PushOutcome:
        is_open = visit.device.name in self._orders.to_settle
        return (self._ports.settle if is_open else self._ports.push)(visit.device, visit.deadline)

    def _terms(self) -> fleet.Terms[PushOutcome]:
        """Return what the engine is to keep to; nothing fails in it, because the work dials for itself."""
        return fleet.Terms(
            lost=self._lost,
            failed=lambda device, error: self._lost(Lost(device=device, loss=Loss.CRASHED, error=error)),
            workers=self._orders.workers,
            device_s=self._orders.device_s,
            grace_s=self._orders.grace_s,
        )

    def _lost(self, lost: Lost) -> PushOutcome:
        """Return the outcome of a device whose worker has none: what may have been sent decides."""
        match lost.loss:
            case Loss.CRASHED:
                self._ports.keep_error(lost)
                what = internal_error(lost.error)
            case Loss.STUCK:
                what = (
                    f"the work on this device did not end within {self._orders.device_s:g} s, and the "
                    "program stopped waiting for it"
                )
            case Loss.STOPPED:
                what = "the run was cut off"
            case _:
                assert_never(lost.loss)
        is_internal = lost.loss is Loss.CRASHED
        if self._ports.may_have_sent(lost.device.name):
            return Unknown(
                device=lost.device, reason=f"{what}; lines may have been sent", is_internal=is_internal
            )
        return Failed(device=lost.device, reason=f"{what}; no line was sent", is_internal=is_internal)

    def _is_ending(self) -> bool:
        """Return whether a person wants the run to end; the first time that is heard, it is told."""
        if not self._ports.stop.is_set():
            return False
        if not self._is_ending_told:
            self._is_ending_told = True
            self._ports.observer.ending()
        self._stop(INTERRUPTED)
        return True

    def _stop(self, reason: str) -> None:
        self._course.stop(reason)
        self._tell_stop()

    def _told(self, outcome: PushOutcome) -> PushOutcome:
        """Note that the device has its outcome, and say so."""
        del self._left[outcome.device.name]
        self._counts[outcome.word] += 1
        self._ports.observer.ended(outcome)
        self._tell_stop()
        return outcome

    def _tell_stop(self) -> None:
        if self.stopped_by is not None and not self._is_stop_told:
            self._is_stop_told = True
            self._ports.observer.stopped(self.stopped_by)
