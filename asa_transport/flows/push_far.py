"""Have workers in the regions do the work on each device of a push, and put on record here what they do.

Everything else of a push stays in this process: waves, budget, windows, approvals, the question, the journal.
A device is given out once.  What its worker has put on record is copied, in its order, into the journal and
the folder of the run.  Where the worker is gone, the device is first taken from it, so that it sends nothing
more even if it is not.  Then the record says what can have been sent: nothing, and the device was not begun;
or something, and another worker finds out how the device stands, which reads before anything else.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar, assert_never

from asa_transport._version import __version__
from asa_transport.capabilities import Deadline
from asa_transport.core.documents import plan as plan_document
from asa_transport.core.judgement.judge import Standard
from asa_transport.core.pushing.outcomes import LOOK, outcome_of
from asa_transport.core.pushing.unfinished import Concluded, InDoubt, Untouched, left
from asa_transport.edges.broker import Broker, BrokerPlace
from asa_transport.edges.state.store import codec
from asa_transport.edges.state.store.pushes import OpenPush, Progress, PushState, PushTable, Record
from asa_transport.engine import bridge
from asa_transport.errors import BrokerError, StoreUnusable, UserError, in_words
from asa_transport.flows import push, unsettled
from asa_transport.flows.campaign import PushStop
from asa_transport.flows.push import StepLog, Task, keep_answers, mates_of, patience_of
from asa_transport.flows.push_brought import mark, unmark
from asa_transport.flows.push_device import AFTER
from asa_transport.flows.push_rows import PushOrder, PushTask, answers_of, event_of, outcome_from
from asa_transport.flows.served import is_fit, why_unserved
from asa_transport.model import (
    Device,
    Failed,
    JournalEvent,
    NoChange,
    NotReached,
    PushOutcome,
    Refused,
    Unknown,
    Unreachable,
)
from asa_transport.model.dispatch import LiveWorker
from asa_transport.text import counted

T = TypeVar("T")
_LOOK_S: Final = 0.3
_HERE_S: Final = 5.0
# A message may be lost; a worker that is told twice finds nothing to claim.
_ASK_AGAIN_S: Final = 15.0
_ENDED: Final = "the run was ended before its first line"
_WHY: Final = "its worker ended while it pushed this device"
# A worker that only lost its connection registers again within it.
_REGISTERED_AGAIN_S: Final = 5.0
# How long a region whose last worker is gone is waited for.
_WORKERLESS_S: Final = 60.0
_STORE_AWAY_S: Final = 600.0
_MOST_SETTLED: Final = 3
_ALIVE_S: Final = 1.0
_UNTOUCHED: Final = (NoChange, Refused, NotReached, Unreachable, Failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class FarPush:
    """Has workers do it; implements `push.Elsewhere`.

    Attributes:
        state: The state directory, and `store` the URL of the database that the workers share.
        templates: The digest of the parsing templates.
    """

    place: BrokerPlace
    state: Path
    store: str | None
    templates: str

    def check(self, devices: Sequence[Device]) -> None:
        """Raise UserError where a device has no region, or its region no worker that pushes.

        Raises:
            StoreError: The store is no PostgreSQL, or cannot be used.
        """
        with PushTable(self.state, self.store) as table:
            alive = table.live_workers()
        by_region: dict[str | None, list[str]] = {}
        for device in devices:
            by_region.setdefault(device.region, []).append(device.name)
        problems = []
        for region, names in by_region.items():
            if region is None:
                why: tuple[str, str] | None = (
                    "they have no region in the inventory",
                    "give each a `region`, or push them with --engine local",
                )
            else:
                why = why_unserved(region, alive, self.templates, is_pushing=True)
            if why is not None:
                problems.append(f"{counted(len(names), 'device')} cannot be pushed: {why[0]}; {why[1]}")
        if problems:
            raise UserError("\n".join((*problems, "nothing was contacted")))

    @contextmanager
    def hands(
        self, task: Task, log: StepLog, stop: PushStop, tell: Callable[[str], object]
    ) -> Iterator[_Far]:
        """Give who has it done, for one push."""
        run = task.folder.path.name
        with PushTable(self.state, self.store) as table, Broker(self.place) as broker:
            mark(task.folder, table.place)
            table.open_push(run, _opened(task, self.templates))
            far = _Far(self, task, log, stop, table=table, broker=broker, tell=tell)
            yield far
            far.close_rows()


def _opened(task: Task, templates: str) -> OpenPush:
    work, run = task.work, task.folder.path.name
    order = PushOrder(
        run=run,
        version=__version__,
        templates=templates,
        limits=task.request.limits,
        # The journal is signed here.
        conduct=replace(task.conduct, sign_key=None),
        inventory=str(work.inventory_file),
        policy_sha256=work.judgement.policy_sha256,
        now=work.now,
        unsettled=tuple(unsettled.known(work.state, but=run, shared=work.machines)),
    )
    return OpenPush(
        digest=work.plan.digest,
        order=codec.write(order),
        plan=codec.write_text(plan_document.text(work.plan)),
    )


@dataclass(slots=True)
class _Turn:
    """One device, given out; the times are those since when something is so."""

    device: Device
    standard: Standard
    copied: int = 0
    events: list[JournalEvent] = field(default_factory=list)
    asked_at: float | None = None
    abandoned_at: float | None = None
    unserved_at: float | None = None
    away_at: float | None = None
    settled: int = 0
    is_given: bool = False
    unrecorded: str | None = None


class _Far:
    """One push, given out; implements `push.Hands`."""

    def __init__(
        self,
        engine: FarPush,
        task: Task,
        log: StepLog,
        stop: PushStop,
        *,
        table: PushTable,
        broker: Broker,
        tell: Callable[[str], object],
    ) -> None:
        self._engine = engine
        self._task = task
        self._log = log
        self._stop = stop
        self._table = table
        self._broker = broker
        self._tell = tell
        self._run = task.folder.path.name
        self._digest = task.work.plan.digest
        self._mates = mates_of(task.work.plan, task.request.devices)
        self._devices: Mapping[str, Device] = {device.name: device for device in task.request.devices}
        # The broker's connection and what is told once are used by one device at a time.
        self._lock = threading.Lock()
        self._said: set[str] = set()
        self._here_at: float | None = None
        self._alive_at: float | None = None
        self._known_alive: Sequence[LiveWorker] = ()
        self._is_stop_told = False
        self._unrecorded: str | None = None
        self._is_whole = True

    def device_s(self) -> float:
        """Return how long one device may take: with it the wait for those before it in its region."""
        policy = self._task.work.judgement.standard.policy
        limits = self._task.request.limits
        one_s = push.device_s(limits, patience_of(policy, self._task.conduct, limits))
        return one_s * (len(self._task.devices) + 1 + _MOST_SETTLED) + _STORE_AWAY_S

    async def close(self) -> None:
        """Nothing is shared here."""

    def close_rows(self) -> None:
        """Remove the rows of the run, where all that they tell is here."""
        if not self._is_whole:
            return
        try:
            unmark(self._task.folder.path)
            self._table.close_push(self._run)
        except (StoreUnusable, OSError) as error:
            self._tell(f"warning: {error}; the rows of this push stay there")

    def push(self, device: Device, standard: Standard, deadline: Deadline) -> PushOutcome:
        """Have it pushed."""
        turn = _Turn(device=device, standard=standard)
        if device.region is None:
            raise ValueError("a device without a region was given out")
        return self._awaited(turn, deadline)

    def settle(self, device: Device, deadline: Deadline, left: InDoubt, why: str) -> PushOutcome:
        """Not for a push that begins; `resume` settles in its own process."""
        del deadline, left, why
        raise ValueError(f"{device.name}: a push that begins has nothing to settle")

    def _told(self, turn: _Turn, why: str) -> bytes:
        mate = self._mates.get(turn.device.name)
        return codec.write(
            PushTask(
                device=turn.device,
                mate=None if mate is None else self._devices[mate],
                standard=turn.standard,
                why=why,
            )
        )

    def _awaited(self, turn: _Turn, deadline: Deadline) -> PushOutcome:
        """Wait for the end of a device, and copy its records meanwhile."""
        while True:
            outcome = self._seen_to(turn)
            if outcome is not None:
                return outcome
            if deadline.remaining_s() <= 0:
                return self._given_up(turn, "its worker did not end it in time")
            deadline.sleep(_LOOK_S)

    def _seen_to(self, turn: _Turn) -> PushOutcome | None:
        """Do what is to be done for a device now; return its outcome where it has one."""
        try:
            bridge.aside(self._say_so)
            seen = bridge.aside(partial(self._table.look, self._run, turn.device.name, turn.copied))
            turn.away_at = None
        except StoreUnusable as error:
            self._say_once(f"warning: {error}; it is tried again")
            turn.away_at = turn.away_at or time.monotonic()
            is_over = time.monotonic() - turn.away_at > _STORE_AWAY_S
            return self._given_up(turn, f"{error}") if is_over else None
        try:
            if seen is None:
                return self._given(turn)
            self._copy(turn, seen)
            return self._decided(turn, seen)
        except StoreUnusable as error:
            self._say_once(f"warning: {error}; it is tried again")
            return None

    def _given(self, turn: _Turn) -> PushOutcome | None:
        """Let the device wait; again, where the store did not say that it does."""
        if turn.is_given and turn.events:
            return self._given_up(turn, "the run store lost its row")
        if not turn.is_given and (over := self._over(turn)) is not None:
            return over
        turn.is_given = True
        region = str(turn.device.region)
        bridge.aside(partial(self._table.give, self._run, turn.device.name, region, self._told(turn, "")))
        return None

    def _over(self, turn: _Turn) -> PushOutcome | None:
        """Return the outcome of a device that is not begun, because the run is to end; else `None`."""
        if self._unrecorded is not None:
            return Failed(device=turn.device, reason=f"{self._unrecorded}; nothing was sent")
        return NotReached(device=turn.device, reason=_ENDED) if self._stop.is_set() else None

    def _decided(self, turn: _Turn, seen: Progress) -> PushOutcome | None:
        match seen.state:
            case PushState.ENDED:
                return self._ended(turn, seen.outcome)
            case PushState.WAITING:
                return self._waited_for(turn)
            case PushState.CLAIMED:
                turn.unserved_at = None
                return self._watched(turn, seen)
            case PushState.LOST:
                return self._after_a_loss(turn)
            case _:
                assert_never(seen.state)

    def _say_so(self) -> None:
        """Say that we are here, and that the run is to end, where that is to be said."""
        now = time.monotonic()
        with self._lock:
            if self._here_at is None or now - self._here_at > _HERE_S:
                self._table.here(self._run)
                self._here_at = now
            if (self._stop.is_set() or self._unrecorded is not None) and not self._is_stop_told:
                self._table.stop_push(self._run)
                self._is_stop_told = True

    def _copy(self, turn: _Turn, seen: Progress) -> None:
        """Put on record here what the worker has put on record; where that fails, the run is to end."""
        for record in seen.records:
            if turn.unrecorded is not None:
                return
            try:
                if record.part:
                    self._keep(record)
                else:
                    event = event_of(record)
                    turn.events.append(event)
                    self._log.note(event)
            except (OSError, StoreUnusable) as error:
                turn.unrecorded = f"the record of the push cannot be written: {in_words(error)}"
                self._is_whole = False
                # Nor could it be for another device.
                self._unrecorded = turn.unrecorded
                return
            turn.copied = record.number

    def _keep(self, record: Record) -> None:
        try:
            keep_answers(self._task.folder, answers_of(record), record.part)
        except OSError:
            # The journal has the digests of what was said after the first line; that takes nothing back.
            if record.part != AFTER:
                raise

    def _ended(self, turn: _Turn, outcome: bytes | None) -> PushOutcome:
        if outcome is None:
            return self._not_begun(turn, _ENDED)
        found = replace(outcome_from(outcome), device=turn.device)
        if turn.unrecorded is None:
            return found
        if isinstance(found, _UNTOUCHED) and not turn.settled:
            return Failed(device=turn.device, reason=f"{turn.unrecorded}; nothing was sent")
        return self._given_up(turn, turn.unrecorded)

    # ------------------------------------------------------------------ nobody has claimed it

    def _waited_for(self, turn: _Turn) -> PushOutcome | None:
        over = self._over(turn)
        if over is not None and not turn.settled:
            return self._withdrawn(turn, over)
        now, region = time.monotonic(), str(turn.device.region)
        alive = bridge.aside(self._alive)
        templates = self._engine.templates
        if not any(is_fit(one.record, region, templates, is_pushing=True) for one in alive):
            turn.unserved_at = turn.unserved_at or now
            if now - turn.unserved_at <= _WORKERLESS_S:
                return None
            error, hint = why_unserved(region, alive, templates, is_pushing=True) or ("", "")
            return self._withdrawn(turn, self._not_begun(turn, f"{error}; {hint}"))
        turn.unserved_at = None
        if turn.asked_at is None or now - turn.asked_at > _ASK_AGAIN_S:
            turn.asked_at = now
            bridge.aside(partial(self._ask, region))
        return None

    def _alive(self) -> Sequence[LiveWorker]:
        """Return who lives, as of a moment ago."""
        with self._lock:
            now = time.monotonic()
            if self._alive_at is None or now - self._alive_at > _ALIVE_S:
                self._known_alive = self._table.live_workers()
                self._alive_at = now
            return self._known_alive

    def _ask(self, region: str) -> None:
        with self._lock:
            try:
                self._broker.push(region, self._run, self._digest)
            except BrokerError as error:
                said = f"warning: {error}; it is tried again"
            else:
                return
        self._say_once(said)

    def _withdrawn(self, turn: _Turn, outcome: PushOutcome) -> PushOutcome | None:
        """Return this outcome where nobody has claimed the device meanwhile."""
        is_ours = bridge.aside(partial(self._table.withdraw, self._run, turn.device.name))
        return outcome if is_ours else None

    def _not_begun(self, turn: _Turn, why: str) -> PushOutcome:
        if self._may_have_sent(turn):
            return Unknown(device=turn.device, reason=f"{_WHY}; {why}; lines may have been sent: {LOOK}")
        return Failed(device=turn.device, reason=f"{why}; no line was sent")

    # ------------------------------------------------------------------ somebody has

    def _watched(self, turn: _Turn, seen: Progress) -> PushOutcome | None:
        """Take a device from a worker that is gone."""
        now = time.monotonic()
        if not seen.is_abandoned:
            turn.abandoned_at = None
            return None
        turn.abandoned_at = turn.abandoned_at or now
        if now - turn.abandoned_at > _REGISTERED_AGAIN_S:
            bridge.aside(partial(self._table.fence, self._run, turn.device.name, seen.attempt))
        return None

    def _after_a_loss(self, turn: _Turn) -> PushOutcome | None:
        """Go on by the record, which is whole: nothing is added to it by who was taken the device from."""
        if turn.unrecorded is not None:
            return self._given_up(turn, turn.unrecorded)
        name = turn.device.name
        how = left(turn.events, (name,))[name]
        match how:
            case Untouched():
                return Failed(device=turn.device, reason=f"{_WHY}; no line was sent")
            case Concluded():
                return outcome_of(how.ended, turn.device)
            case InDoubt():
                if turn.settled >= _MOST_SETTLED:
                    return self._given_up(turn, f"{counted(turn.settled + 1, 'worker')} ended on it")
                turn.settled += 1
                turn.asked_at = turn.abandoned_at = None
                given = partial(self._table.give_to_settle, self._run, name, self._told(turn, _WHY))
                bridge.aside(given)
                return None
            case _:
                assert_never(how)

    def _given_up(self, turn: _Turn, why: str) -> PushOutcome:
        """Return what can be said of a device of which nothing more is heard; its rows stay for `resume`."""
        self._is_whole = False
        with contextlib.suppress(StoreUnusable):
            # Where nobody has claimed it, nobody does any more.
            is_ours = bridge.aside(partial(self._table.withdraw, self._run, turn.device.name))
            if is_ours and not turn.settled:
                return Failed(device=turn.device, reason=f"{why}; no line was sent")
        return Unknown(device=turn.device, reason=f"{why}; lines may have been sent: {LOOK}")

    def _may_have_sent(self, turn: _Turn) -> bool:
        name = turn.device.name
        return isinstance(left(turn.events, (name,))[name], InDoubt)

    def _say_once(self, message: str) -> None:
        with self._lock:
            is_new = message not in self._said
            self._said.add(message)
        if is_new:
            self._tell(message)
