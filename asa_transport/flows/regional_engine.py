"""Have the workers of the regions read a fleet: give the work out, wait, take what they finished.

The store has the truth: what waits, who has claimed what, which outcomes there are.  Twice a second it is
asked, and where a region has work and a worker that does nothing, that worker is told: at the beginning,
after its slice of work, after another one died, and after a message was lost.  So nothing depends on a
message being delivered once, or at all.

A device has one outcome, whatever becomes of workers, broker and store: of one that no worker could read it
says why.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from asa_transport._version import __version__
from asa_transport.edges.broker import Broker, BrokerPlace
from asa_transport.edges.state.store.work import Finished, WorkTable
from asa_transport.errors import BrokerError, StoreUnusable, UserError
from asa_transport.flows.audit import FleetJob
from asa_transport.flows.plan_targets import PlanTargets
from asa_transport.flows.served import is_fit, why_unserved
from asa_transport.model import AuditOutcome, Device, NotAudited, Stage
from asa_transport.model.dispatch import LiveWorker, ProbeOrder, RegionLoad, WorkOrder
from asa_transport.text import counted

T = TypeVar("T")
# So many outcomes are in memory at once.
_AT_ONCE: Final = 200
_LOOK_S: Final = 0.5
# A message that was sent is on its way for so long; a worker that is told twice does no harm.
_ASK_AGAIN_S: Final = 3.0
# A device whose worker died so often may be why.
_MOST_CLAIMS: Final = 3
# How long a region whose workers died is waited for: a service that restarts is back within it.
_WORKERLESS_S: Final = 60.0
# A broker or a database that restarts is back within it.
_AWAY_S: Final = 120.0
# What is being read ends within its own limits; a person who ended the run does not wait for it.
_STOPPING_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long what went away is waited for, in seconds.

    Attributes:
        workerless_s: A region whose last worker is gone.
        away_s: The broker, and the store.
        stopping_s: The outcomes of what is being read when a person ends the run.
    """

    workerless_s: float = _WORKERLESS_S
    away_s: float = _AWAY_S
    stopping_s: float = _STOPPING_S


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionalEngine:
    """Has workers read the devices; implements `FleetEngine`.

    Attributes:
        state: The state directory, and `store` the URL of the database that the workers share.
        templates: The digest of the parsing templates.
    """

    place: BrokerPlace
    state: Path
    store: str | None
    templates: str
    patience: Patience = field(default_factory=Patience)

    def outcomes(self, job: FleetJob) -> Iterator[AuditOutcome]:
        """Yield one outcome per device as they come."""
        with WorkTable(self.state, self.store) as table, Broker(self.place) as broker:
            yield from _Dispatch(self, job, table, broker).outcomes()


class _Dispatch:
    """One run, given out."""

    def __init__(self, engine: RegionalEngine, job: FleetJob, table: WorkTable, broker: Broker) -> None:
        self._engine = engine
        self._job = job
        self._table = table
        self._broker = broker
        self._left = {device.name: device for device in job.request.devices}
        self._asked_at: dict[str, float] = {}
        self._served_at: dict[str, float] = {}
        self._begun: set[str] = set()
        self._broker_lost_at: float | None = None
        self._store_lost_at: float | None = None
        self._broker_error = ""

    def outcomes(self) -> Iterator[AuditOutcome]:
        """Yield one outcome per device."""
        unserved = self._unserved()
        yield from (self._of(name, error, hint) for name, (error, hint) in unserved.items())
        if not self._left:
            return
        self._table.begin(self._order(), tuple(self._left.values()), datetime.now(UTC))
        try:
            yield from self._until_all_are_there()
        finally:
            self._close()

    def _order(self) -> WorkOrder:
        policy = self._job.policy
        return WorkOrder(
            run=self._job.run,
            version=__version__,
            templates=self._engine.templates,
            limits=self._job.request.limits,
            ssh=policy.ssh,
            caps=policy.max_sessions,
            lockout_after=policy.lockout_after,
            probe=self._probe,
        )

    @property
    def _probe(self) -> ProbeOrder | None:
        match self._job.targets:
            case None:
                return None
            case PlanTargets() as targets:
                return targets.order
            case _:
                raise UserError(
                    "workers of the regions try what a plan names, and nothing else; --engine local"
                )

    def _unserved(self) -> Mapping[str, tuple[str, str]]:
        """Return what is to be said of devices that no worker is there for, and say it of their regions."""
        alive = self._table.live_workers()
        by_region: dict[str | None, list[str]] = {}
        for device in self._left.values():
            by_region.setdefault(device.region, []).append(device.name)
        found: dict[str, tuple[str, str]] = {}
        for region, names in by_region.items():
            why = _NO_REGION if region is None else why_unserved(region, alive, self._engine.templates)
            if why is None:
                continue
            self._job.tell.warn(
                f"warning: {counted(len(names), 'device')} cannot be audited: {why[0]}; {why[1]}"
            )
            found |= dict.fromkeys(names, why)
        return found

    def _until_all_are_there(self) -> Iterator[AuditOutcome]:
        stopped_at: float | None = None
        while self._left:
            now = time.monotonic()
            if self._job.stop.is_set():
                if stopped_at is None:
                    stopped_at = now
                    self._try(lambda: self._table.stop(self._job.run))
                if now - stopped_at > self._engine.patience.stopping_s:
                    yield from self._all_that_is_left(*_STOPPED)
                    return
            taken = self._try(lambda: self._table.take(self._job.run, _AT_ONCE))
            yield from self._given(taken or ())
            if self._store_lost_at is not None and now - self._store_lost_at > self._engine.patience.away_s:
                yield from self._all_that_is_left(*_STORE_LOST)
                return
            if taken:
                continue
            if stopped_at is None:
                yield from self._tend(now)
            elif self._is_idle():
                # What was finished since the last look.
                yield from self._given(self._try(lambda: self._table.take(self._job.run, _AT_ONCE)) or ())
                yield from self._all_that_is_left(*_STOPPED)
                return
            _wait(_LOOK_S, self._job.stop.is_set if stopped_at is None else None)

    def _given(self, found: Sequence[Finished]) -> Iterator[AuditOutcome]:
        for one in found:
            device = self._left.pop(one.outcome.device.name, None)
            if device is None:
                continue
            self._started(device)
            outcome = replace(one.outcome, device=device, duration_s=one.duration_s)
            yield outcome if one.answers is None else replace(outcome, capture=one.answers)

    def _started(self, device: Device) -> None:
        if device.name not in self._begun:
            self._begun.add(device.name)
            self._job.started(device)

    def _tend(self, now: float) -> Iterator[AuditOutcome]:
        """See to it that what waits is worked on; yield the outcomes of what cannot be."""
        lost = self._try(lambda: self._table.recover(self._job.run, _MOST_CLAIMS))
        yield from (self._of(name, *_KILLED) for name in lost or ())
        load = self._try(lambda: self._table.load(self._job.run))
        alive = self._try(self._table.live_workers)
        claimed = self._try(lambda: self._table.claimed(self._job.run))
        if load is None or alive is None or claimed is None:
            return
        for name in claimed & self._left.keys():
            self._started(self._left[name])
        for region, left in load.items():
            yield from self._tend_region(region, left, alive, now)

    def _tend_region(
        self, region: str, left: RegionLoad, alive: Sequence[LiveWorker], now: float
    ) -> Iterator[AuditOutcome]:
        serving = [one for one in alive if is_fit(one.record, region, self._engine.templates)]
        if serving or region not in self._served_at:
            self._served_at[region] = now
        if now - self._served_at[region] > self._engine.patience.workerless_s:
            error, hint = why_unserved(region, alive, self._engine.templates) or _KILLED
            yield from self._given_up(region, error, hint)
            return
        idle = [one for one in serving if one.run is None]
        is_busy = any(one.run == self._job.run for one in serving)
        if not left.waiting or not idle or (is_busy and self._is_capped):
            return
        if now - self._asked_at.get(region, -_ASK_AGAIN_S) < _ASK_AGAIN_S:
            return
        # With a cap on sessions one worker of the region at a time keeps to it.
        for _ in idle[:1] if self._is_capped else idle:
            if not self._asked(region, now):
                break
        broken = self._broker_lost_at
        if broken is not None and now - broken > self._engine.patience.away_s:
            hint = "see to the broker, and audit them again"
            yield from self._given_up(region, f"the broker was away: {self._broker_error}", hint)

    @property
    def _is_capped(self) -> bool:
        caps = self._job.policy.max_sessions
        is_jumped = any(device.jump is not None for device in self._job.request.devices)
        return bool(caps.per_region or caps.per_group or (caps.per_jump and is_jumped))

    def _asked(self, region: str, now: float) -> bool:
        try:
            self._broker.ask(region, self._job.run)
        except BrokerError as error:
            if self._broker_lost_at is None:
                self._broker_lost_at, self._broker_error = now, str(error)
                self._job.tell.warn(f"warning: {error}; it is tried again")
            return False
        self._broker_lost_at = None
        self._asked_at[region] = now
        return True

    def _given_up(self, region: str, error: str, hint: str) -> Iterator[AuditOutcome]:
        names = self._try(lambda: self._table.give_up(self._job.run, region))
        yield from (self._of(name, error, hint) for name in names or ())

    def _all_that_is_left(self, error: str, hint: str) -> Iterator[AuditOutcome]:
        yield from (self._of(name, error, hint) for name in tuple(self._left))

    def _of(self, name: str, error: str, hint: str) -> AuditOutcome:
        device = self._left.pop(name)
        self._started(device)
        return NotAudited(device=device, stage=Stage.CONNECT, error=error, hint=hint)

    def _is_idle(self) -> bool:
        return self._try(lambda: self._table.claimed(self._job.run)) == frozenset()

    def _try(self, question: Callable[[], T]) -> T | None:
        """Return the answer of the store; `None` where it is away, which is said once."""
        try:
            answer = question()
        except StoreUnusable as error:
            if self._store_lost_at is None:
                self._store_lost_at = time.monotonic()
                self._job.tell.warn(f"warning: {error}; it is tried again")
            return None
        self._store_lost_at = None
        return answer

    def _close(self) -> None:
        """Remove the rows of the run; of one that is not whole a worker may still hold some."""
        try:
            self._table.close(self._job.run)
        except UserError as error:
            self._job.tell.warn(f"warning: {error}; the rows of this run go with a later one")


_NO_REGION: Final = (
    "they have no region in the inventory, so no worker reads them",
    "give each a `region`, or audit them with --engine local",
)
_STOPPED: Final = ("the run was stopped before this device was finished", "run it again")
_KILLED: Final = (
    "its worker ended while it was read, three times",
    "see the log of the region's workers, and audit this device alone",
)
_STORE_LOST: Final = (
    "the run store was away, and with it what the workers found",
    "see to the database, and audit it again",
)


def _wait(seconds: float, is_over: Callable[[], bool] | None) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not (is_over is not None and is_over()):
        time.sleep(0.05)
