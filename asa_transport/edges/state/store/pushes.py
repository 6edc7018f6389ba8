"""What workers in the regions are to push, as rows of a PostgreSQL store, and what they put on record of it.

A device is claimed once: by one UPDATE of a row that waits, and none ever waits again to be pushed.  Each
claim is an attempt with a number of its own.  What is put on record is taken only from who has the attempt,
and each step and line is put on record before it is taken: so who was given up for dead, and is not, sends
nothing more (`fence`).

Who gives the devices out says every while that he is there; where he is not, no worker begins one.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from asa_transport.edges.state.store.tables import push_devices, push_records, push_runs
from asa_transport.edges.state.store.work import WorkTable, database_time, live_keys

# Of the one who gives the devices out, and of a worker that lives but says nothing of its device.
_SILENT: Final = "60 seconds"


class PushState(enum.StrEnum):
    """Where a device is on its way."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    # Its worker was given up for dead.
    LOST = "lost"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPush:
    """A push that is under way."""

    digest: str
    order: bytes
    plan: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A device that is a worker's now.

    Attributes:
        is_settled: It is only to be found out how it stands, and ended.
    """

    run: str
    name: str
    attempt: int
    is_settled: bool
    task: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a worker has put on record; `part` of the run's folder is empty for an event of the journal."""

    number: int
    part: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a device is.

    Attributes:
        is_abandoned: Who has claimed it is not there any more.
        records: What was put on record since the number that was asked for.
    """

    state: PushState
    attempt: int
    is_abandoned: bool
    outcome: bytes | None
    records: Sequence[Record]


class PushTable(WorkTable):
    """The rows of pushes; safe to share between threads."""

    # Asked by who gives the devices out.

    def open_push(self, run: str, push: OpenPush) -> None:
        """Make a run known."""
        row = {
            "id": run,
            "digest": push.digest,
            "push_order": push.order,
            "plan": push.plan,
            "seen_at": database_time(),
        }
        self._written(lambda connection: connection.execute(push_runs.insert().values(row)))

    def give(self, run: str, name: str, region: str, task: bytes) -> None:
        """Let a device wait to be pushed; once in a run, however often it is said."""
        row = {"run": run, "name": name, "region": region, "task": task, "is_settled": False}
        adding = insert(push_devices).values({**row, "state": PushState.WAITING}).on_conflict_do_nothing()
        self._written(lambda connection: connection.execute(adding))

    def give_to_settle(self, run: str, name: str, task: bytes) -> None:
        """Let a device whose worker was lost wait to be looked at."""
        lost = _row(run, name) & (push_devices.c.state == PushState.LOST)
        again = push_devices.update().where(lost)
        again = again.values(state=PushState.WAITING, is_settled=True, task=task, holder=None, worker=None)
        self._written(lambda connection: connection.execute(again))

    def look(self, run: str, name: str, after: int) -> Progress | None:
        """Return how far a device is; `None` where it was never given out."""
        columns = push_devices.c
        is_silent = columns.seen_at < database_time() - sa.text(f"interval '{_SILENT}'")
        is_gone = columns.worker.not_in(live_keys()) | is_silent
        query = sa.select(columns.state, columns.attempt, is_gone, columns.outcome).where(_row(run, name))
        records = _records(run, name).where(push_records.c.number > after)

        def looked(connection: sa.Connection) -> Progress | None:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            state = PushState(row[0])
            return Progress(
                state=state,
                attempt=row[1],
                is_abandoned=state is PushState.CLAIMED and bool(row[2]),
                outcome=row[3],
                records=[
                    Record(number=one[0], part=one[1], data=one[2]) for one in connection.execute(records)
                ],
            )

        return self._read(looked)

    def here(self, run: str) -> None:
        """Say that who gives the devices out is there."""
        saying = push_runs.update().where(push_runs.c.id == run).values(seen_at=database_time())
        self._written(lambda connection: connection.execute(saying))

    def stop_push(self, run: str) -> None:
        """Have the workers end what they do for a run, by its own rules."""
        stopping = push_runs.update().where(push_runs.c.id == run).values(is_stopped=True)
        self._written(lambda connection: connection.execute(stopping))

    def withdraw(self, run: str, name: str) -> bool:
        """Take back a device that waits; False where it does not: then it was claimed, or has ended."""
        waiting = _row(run, name) & (push_devices.c.state == PushState.WAITING)
        taking = push_devices.update().where(waiting).values(state=PushState.ENDED)
        return bool(self._written(lambda connection: connection.execute(taking).rowcount))

    def fence(self, run: str, name: str, attempt: int) -> bool:
        """Take a device from who has claimed it: from now on he puts nothing on record, and so sends nothing.

        Returns:
            Whether it was still his; where it was not, he has ended it meanwhile.
        """
        fencing = push_devices.update().where(_claimed(run, name, attempt))
        fencing = fencing.values(state=PushState.LOST, attempt=attempt + 1)
        return bool(self._written(lambda connection: connection.execute(fencing).rowcount))

    def given(self, run: str) -> Mapping[str, PushState]:
        """Return the devices of a run that were given out, in the order of their names."""
        columns = push_devices.c
        query = sa.select(columns.name, columns.state).where(columns.run == run).order_by(columns.name)
        return {name: PushState(state) for name, state in self._read(lambda to: to.execute(query).all())}

    def close_push(self, run: str) -> None:
        """Remove a run's rows: all that they tell is in its folder."""
        self._written(lambda connection: connection.execute(push_runs.delete().where(push_runs.c.id == run)))

    # Asked by a worker.

    def opened(self, run: str) -> OpenPush | None:
        """Return a run that is under way; `None` where there is none, or nobody gives its devices out."""
        query = sa.select(push_runs.c.digest, push_runs.c.push_order, push_runs.c.plan)
        query = query.where((push_runs.c.id == run) & _IS_TENDED)
        row = self._read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else OpenPush(digest=row[0], order=row[1], plan=row[2])

    def claim_pushes(self, run: str, region: str, holder: str, worker: int, most: int) -> Sequence[Claim]:
        """Claim so many devices that wait in a region, at most; where the run is to end, those to settle."""
        columns = push_devices.c
        is_open = sa.exists().where((push_runs.c.id == run) & _IS_TENDED & ~push_runs.c.is_stopped)
        waiting = (columns.run == run) & (columns.region == region) & (columns.state == PushState.WAITING)
        picked = (
            sa.select(columns.name)
            .where(waiting & (columns.is_settled | is_open))
            .order_by(columns.name)
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte("picked")
        )
        claiming = (
            push_devices.update()
            .where((columns.run == run) & (columns.name == picked.c.name))
            .values(state=PushState.CLAIMED, holder=holder, worker=worker, seen_at=database_time())
            .returning(columns.name, columns.attempt, columns.is_settled, columns.task)
        )
        found = self._written(lambda connection: connection.execute(claiming).all())
        return [
            Claim(run=run, name=name, attempt=attempt, is_settled=is_settled, task=task)
            for name, attempt, is_settled, task in found
        ]

    def hold(self, run: str, holder: str, worker: int, names: Sequence[str]) -> bool:
        """Say that these devices of this holder are worked on; return whether the run goes on."""
        mine = (push_devices.c.run == run) & (push_devices.c.holder == holder)
        mine &= push_devices.c.name.in_(names)
        holding = push_devices.update().where(mine & (push_devices.c.state == PushState.CLAIMED))
        is_stopped = sa.select(push_runs.c.is_stopped).where(push_runs.c.id == run)

        def held(connection: sa.Connection) -> bool:
            connection.execute(holding.values(worker=worker, seen_at=database_time()))
            return connection.execute(is_stopped).scalar() is False

        return self._written(held)

    def note(self, claim: Claim, record: Record) -> bool:
        """Put something on record; False where the device is this worker's no more, and nothing was.

        Once more with the same number is the same.
        """
        mine = sa.select(push_devices.c.attempt).where(_claimed(claim.run, claim.name, claim.attempt))
        row = {"run": claim.run, "name": claim.name, "number": record.number}
        adding = insert(push_records).values({**row, "part": record.part, "record": record.data})

        def noted(connection: sa.Connection) -> bool:
            # Held until the record is there: who takes the device away then sees all of its records.
            if connection.execute(mine.with_for_update(read=True)).scalar() is None:
                return False
            connection.execute(adding.on_conflict_do_nothing())
            return True

        return self._written(noted)

    def records(self, run: str, name: str) -> Sequence[Record]:
        """Return all that was put on record of a device, in order."""
        found = self._read(lambda connection: connection.execute(_records(run, name)).all())
        return [Record(number=number, part=part, data=data) for number, part, data in found]

    def end_push(self, claim: Claim, outcome: bytes) -> bool:
        """Write how a device ended; False where it is this worker's no more."""
        ending = push_devices.update().where(_claimed(claim.run, claim.name, claim.attempt))
        ending = ending.values(state=PushState.ENDED, outcome=outcome)
        return bool(self._written(lambda connection: connection.execute(ending).rowcount))


_IS_TENDED: Final = push_runs.c.seen_at > database_time() - sa.text(f"interval '{_SILENT}'")


def _row(run: str, name: str) -> sa.ColumnElement[bool]:
    return (push_devices.c.run == run) & (push_devices.c.name == name)


def _claimed(run: str, name: str, attempt: int) -> sa.ColumnElement[bool]:
    is_claimed = push_devices.c.state == PushState.CLAIMED
    return _row(run, name) & is_claimed & (push_devices.c.attempt == attempt)


def _records(run: str, name: str) -> sa.Select[Any]:
    columns = push_records.c
    query = sa.select(columns.number, columns.part, columns.record)
    return query.where((columns.run == run) & (columns.name == name)).order_by(columns.number)
