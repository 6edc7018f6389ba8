"""Two machines at one PostgreSQL store: locks that a dead connection releases, plans that are used once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from asa_transport.core.documents import journal as form
from asa_transport.edges.state.journal import JournalFile
from asa_transport.edges.state.locks import Held
from asa_transport.edges.state.store import Store, machines
from asa_transport.edges.state.store.machines import Machines, Owner, StoreLock, StoreLocks
from asa_transport.errors import StoreError, StoreUnusable, UsedPlan
from asa_transport.flows.unsettled import known
from asa_transport.model import Began, Step, Unsettled
from tests.peers import endless, relayed
from tests.processes import LIMIT_S
from tests.unit.judging import NOW
from tests.unit.stores import postgresql

SERIAL = "serial-9A1B2C3D"
DIGEST = "ab" * 32
HOLDING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from asa_transport.edges.state.store.machines import Machines, Owner
machines = Machines(Path(sys.argv[1]), sys.argv[2])
with machines.locks(Owner(machine="host-b", operator="bert", run="run-b", plan="plan-b")) as locks:
    print(locks.take(sys.argv[3], datetime.now(UTC)), flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture
def url(server: str, tmp_path: Path) -> str:
    """A store whose rows of the test before are gone, and their locks with their connections."""
    Machines(tmp_path, server)
    with asked(server) as connection:
        for table in ("asa_locks", "asa_plan_uses"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    return server


@contextlib.contextmanager
def asked(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@contextlib.contextmanager
def locks_of(url: str, name: str = "a") -> Iterator[StoreLocks]:
    """The locks of one machine."""
    owner = Owner(machine=f"host-{name}", operator=f"op-{name}", run=f"run-{name}", plan=f"plan-{name}")
    with Machines(Path("/nowhere"), url) as opened, opened.locks(owner) as locks:
        yield locks


def cut(url: str) -> int:
    """End every connection that holds locks, as a failing server or network does; return how many."""
    with asked(url) as connection:
        query = sa.text(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE application_name = :name AND datname = current_database()"
        )
        return int(connection.execute(query, {"name": machines.NAME}).scalar_one())


def lock(found: StoreLock | Held) -> StoreLock:
    assert isinstance(found, StoreLock)
    return found


def test_of_two_machines_one_has_the_firewall_and_the_other_is_told_who(url: str) -> None:
    """With whom to talk is what an operator wants to know at night."""
    with locks_of(url) as ours, locks_of(url, "b") as theirs:
        held = lock(ours.take(SERIAL, NOW))
        refused = theirs.take(SERIAL, NOW)
        other = theirs.take("serial-OTHER", NOW)
        held.release()
        after = theirs.take(SERIAL, NOW)

    assert refused == Held(
        name=SERIAL,
        by=f"process {os.getpid()} of op-a on host-a, run run-a, plan plan-a, since 2026-01-20T12:00:00Z",
    )
    assert isinstance(other, StoreLock)
    assert isinstance(after, StoreLock)


def test_one_run_does_not_have_a_firewall_twice(url: str) -> None:
    """The server would let one connection have a lock as often as it likes."""
    with locks_of(url) as ours:
        lock(ours.take(SERIAL, NOW))

        assert isinstance(ours.take(SERIAL, NOW), Held)


def test_a_lock_ends_with_a_process_that_is_killed(url: str, tmp_path: Path) -> None:
    """Else a firewall stays locked until somebody finds out in which table."""
    given = [sys.executable, "-c", HOLDING, str(tmp_path), url, SERIAL]
    with (
        subprocess.Popen(given, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder,
        locks_of(url) as ours,
    ):
        assert holder.stdout is not None
        assert "StoreLock" in holder.stdout.readline()
        refused = ours.take(SERIAL, NOW)
        holder.send_signal(signal.SIGKILL)
        holder.wait(LIMIT_S)
        with asked(url) as connection:
            # Until the server has seen that nobody is there any more.
            connection.execute(
                sa.select(sa.func.pg_advisory_lock(sa.cast(machines._OUR_NUMBER, sa.Integer), number(url)))
            )

    assert isinstance(refused, Held)
    assert "of bert on host-b, run run-b, plan plan-b" in refused.by


def number(url: str) -> int:
    with asked(url) as connection:
        return int(
            connection.execute(
                sa.text("SELECT key FROM asa_locks WHERE name = :name"), {"name": SERIAL}
            ).scalar_one()
        )


def test_a_lock_whose_connection_was_cut_is_said_to_be_lost_and_can_be_had_again(url: str) -> None:
    """Nobody had it in between, so that what was read under it stands."""
    with locks_of(url) as ours:
        held, of_run = lock(ours.take(SERIAL, NOW)), lock(ours.take("run-run-a", NOW))
        before = held.lost()
        count = cut(url)
        lost = held.lost()
        again = held.retaken()

        assert before is None
        assert count == 1
        assert lost is not None
        assert "terminating connection due to administrator command" in lost
        assert (again, held.lost(), of_run.lost()) == (None, None, None)
        with locks_of(url, "b") as theirs:
            assert isinstance(theirs.take(SERIAL, NOW), Held)


def test_a_lost_lock_that_another_has_or_had_is_not_had_again(url: str) -> None:
    """What was read under it may have been changed by him since."""
    with locks_of(url) as ours, locks_of(url, "b") as theirs:
        held = lock(ours.take(SERIAL, NOW))
        cut(url)
        taken = lock(theirs.take(SERIAL, NOW))
        assert held.lost() is not None
        meanwhile = held.retaken()
        taken.release()
        since = held.retaken()

        assert meanwhile is not None
        assert "it is held by process" in meanwhile
        assert "op-b on host-b" in meanwhile
        assert since is not None
        assert "another push has had it since" in since
        # And it was not kept from him by the question.
        assert isinstance(theirs.take(SERIAL, NOW), StoreLock)


def test_another_lock_does_not_hide_that_the_first_was_lost(url: str) -> None:
    """The run connects again for its next firewall; the one in work has lost its lock all the same."""
    with locks_of(url) as ours:
        held = lock(ours.take(SERIAL, NOW))
        cut(url)
        other = lock(ours.take("serial-NEXT", NOW))

        assert other.lost() is None
        assert held.lost() is not None


def test_a_server_that_goes_silent_loses_the_lock_within_the_limit(url: str, tmp_path: Path) -> None:
    """A push waits for the answer with a firewall in configuration mode; others are to have it then."""
    where = sa.make_url(url)
    owner = Owner(machine="host-a", operator="ann", run="run-a")
    with relayed(where.port or 5432) as (port, is_frozen):
        through = where.set(port=port).render_as_string(hide_password=False)
        with Machines(tmp_path, through, limit_s=2.0) as opened, opened.locks(owner) as ours:
            held = lock(ours.take(SERIAL, NOW))
            before = held.lost()
            is_frozen.set()
            lost = held.lost()
            with asked(url) as connection:
                # We have hung up: once the server has seen that, the lock is free.
                taken = sa.func.pg_advisory_lock(sa.cast(machines._OUR_NUMBER, sa.Integer), number(url))
                connection.execute(sa.select(taken))

    assert before is None
    assert lost is not None
    assert "no answer within 2 s" in lost


def test_a_store_that_is_silent_from_the_beginning_is_given_up(tmp_path: Path) -> None:
    """Nothing was contacted yet."""
    with endless() as peer, pytest.raises(StoreUnusable, match=r"no answer within 0\.2 s"):
        Machines(tmp_path, f"postgresql+psycopg://audit@127.0.0.1:{peer.port}/asa", limit_s=0.2)


def test_a_lock_that_the_server_no_longer_has_for_us_is_lost(url: str) -> None:
    """A pooler may answer from another of its connections; or somebody has taken all locks away by hand."""
    with locks_of(url) as ours:
        held = lock(ours.take(SERIAL, NOW))
        assert ours._connection is not None
        ours._connection.execute(sa.text("SELECT pg_advisory_unlock_all()"))

        lost = held.lost()

        assert lost is not None
        assert "the connection to it is another one than before" in lost
        assert held.retaken() is None


def test_a_name_and_another_never_share_a_lock(url: str) -> None:
    """By a hash of the name, two of 100,000 firewalls would."""
    with locks_of(url) as ours, locks_of(url, "b") as theirs:
        for count in range(50):
            assert isinstance(ours.take(f"serial-{count}", NOW), StoreLock)
            assert isinstance(theirs.take(f"device-{count}", NOW), StoreLock)


def test_a_plan_is_used_once_for_a_device_by_whichever_machine(url: str, tmp_path: Path) -> None:
    """Of two that begin at once, one; and the other is told who."""
    used, refused = [], []

    def use(count: int) -> None:
        owner = Owner(machine=f"host-{count}", operator="ann", run=f"run-{count}")
        with Machines(tmp_path / f"{count}", url) as opened:
            try:
                opened.mark_used(DIGEST, "fw-a", owner=owner, at=NOW, unsettled=None)
            except UsedPlan as error:
                refused.append(str(error))
            else:
                used.append(owner)

    threads = [threading.Thread(target=use, args=(count,)) for count in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT_S)
    (winner,) = used
    with Machines(tmp_path, url) as opened:
        # Once more by the same run is the same, and another device is another use.
        opened.mark_used(DIGEST, "fw-a", owner=winner, at=NOW, unsettled=None)
        opened.check_unused(DIGEST, ["fw-b"])

    assert len(refused) == 5
    assert {
        f"the plan was used before, for fw-a: run {winner.run} of ann@{winner.machine} pushed it at "
        f"2026-01-20T12:00:00Z; 'asa-transport resume {winner.run}' there, or make a new plan"
    } == set(refused)


def left(run: str = "run-a") -> Unsettled:
    return Unsettled(run=run, device="fw-a", step=Step.SENDING, at=NOW, serial="9A1B2C3D")


def test_what_a_dead_push_left_is_seen_until_it_is_settled(url: str, tmp_path: Path) -> None:
    """A push that lives has not left anything yet; one whose machine died is for everybody to see."""
    owner = Owner(machine="host-a", operator="ann", run="run-a")
    with Machines(tmp_path, url) as opened, Store(tmp_path, url) as store:
        with opened.locks(owner) as locks:
            lock(locks.take("run-run-a", NOW))
            opened.mark_used(DIGEST, "fw-a", owner=owner, at=NOW, unsettled=left())
            alive = store.left_elsewhere()
        dead = store.left_elsewhere()
        store.settle(left(), by="audit-1")
        settled = store.left_elsewhere()
        later = Unsettled(run="run-a", device="fw-a", step=Step.SAVING, at=NOW + timedelta(hours=1))
        opened.note_left(DIGEST, "fw-a", "run-a", later)
        anew = store.left_elsewhere()
        opened.note_left(DIGEST, "fw-a", "run-a", None)

        assert (alive, dead, settled, anew) == ((), (left(),), (), (later,))
        assert store.left_elsewhere() == ()


def test_a_store_that_is_no_server_excludes_nobody(tmp_path: Path) -> None:
    """SQLite has no such locks: whoever asks for one is told where to find it."""
    assert not machines.is_shared(tmp_path, None)
    assert not machines.is_shared(tmp_path, f"sqlite:///{tmp_path}/x.db")
    assert machines.is_shared(tmp_path, "postgresql://h/d")
    with pytest.raises(StoreError):
        machines.is_shared(tmp_path, "oracle://h/d")


class OneStore:
    """A shared store in which one thing is unsettled, and what was settled in it."""

    def __init__(self, entry: Unsettled) -> None:
        self.entry = entry
        self.settled: list[str] = []

    def left_elsewhere(self) -> tuple[Unsettled, ...]:
        return (self.entry,)

    def settle(self, entry: Unsettled, *, by: str) -> None:
        self.settled.append(f"{entry.device} by {by}")


def test_what_this_machine_settled_while_the_store_was_away_is_settled_there_later(tmp_path: Path) -> None:
    """Not while the push still lives, whatever the store has heard of it."""
    run, journal = "20260120T120000Z-0001", tmp_path / "runs" / "20260120T120000Z-0001" / "journal.jsonl"
    journal.parent.mkdir(parents=True)
    began = Began(
        run=run, operator="ann@host-a", tool_version="0", plan_id="p", plan_digest=DIGEST, devices=("fw-a",)
    )
    store = OneStore(left(run))
    with JournalFile.create(journal, clock=lambda: NOW, form=form) as file:
        file.note(began)
        during = known(tmp_path, shared=store), tuple(store.settled)
    after = known(tmp_path, shared=store), tuple(store.settled)
    elsewhere = known(tmp_path / "another machine", shared=store)

    assert during == ((), ())
    assert after == ((), (f"fw-a by {run}",))
    assert elsewhere == (left(run),)
