"""Locks: one push at a time, released by death, never waited for; and plans that are used once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from asa_transport.edges.state.locks import DeviceLocks, Held, Lock
from asa_transport.edges.state.used_plans import Use, check_unused, mark_used, uses
from asa_transport.engine import bridge
from asa_transport.errors import StateError, UsedPlan
from asa_transport.flows.push_locks import PushLocks, leases
from tests.unit.journaling import NOW

NAME = "device-fw-par-01"
DIGEST = "ab" * 32
NAMES = ("fw-a", "fw-b")
# Takes the lock, says so, and ends when its input does.
HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from asa_transport.edges.state.locks import DeviceLocks
taken = DeviceLocks(Path(sys.argv[1]), run="run-of-holder").take(sys.argv[2], datetime.now(UTC))
print(type(taken).__name__, flush=True)
sys.stdin.read()
"""
# Takes the lock again and again, and each time removes its file before it lets go.
REMOVER = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from asa_transport.edges.state.locks import DeviceLocks, Lock
state, now = Path(sys.argv[1]), datetime.now(UTC)
locks, inside, turns = DeviceLocks(state, run="run-1"), state / "inside", 0
while turns < 200:
    taken = locks.take(sys.argv[2], now)
    if isinstance(taken, Lock):
        turns += 1
        os.close(os.open(inside, os.O_CREAT | os.O_EXCL))
        inside.unlink()
        (state / "locks" / sys.argv[2]).unlink()
        taken.release()
print("alone")
"""


def take(state: Path, name: str = NAME, run: str = "run-1") -> Lock | Held:
    return DeviceLocks(state, run=run).take(name, NOW)


@contextmanager
def holder(state: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process that has the lock when this returns."""
    command = [sys.executable, "-c", HOLDER, str(state), NAME]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "Lock\n"
            yield process
        finally:
            process.kill()


def test_a_lock_is_taken_once_and_again_after_its_release(tmp_path: Path) -> None:
    """Two pushes never work on one firewall together."""
    first = take(tmp_path)
    assert isinstance(first, Lock)

    assert isinstance(take(tmp_path), Held)
    first.release()
    first.release()

    again = take(tmp_path)
    assert isinstance(again, Lock)
    again.release()


def test_who_holds_a_lock_is_told(tmp_path: Path) -> None:
    """The person decides whether to wait or to call somebody."""
    lock = take(tmp_path, run="20260112T130000Z-4f1c")
    assert isinstance(lock, Lock)
    with lock:
        held = take(tmp_path)

    assert isinstance(held, Held)
    assert held.name == NAME
    who = f"process {os.getpid()} on {os.uname().nodename}"
    assert held.by == f"{who}, run 20260112T130000Z-4f1c, since 2026-01-12T13:00:00Z"


def test_locks_of_different_names_do_not_meet(tmp_path: Path) -> None:
    """A push works on many devices at once."""
    locks = DeviceLocks(tmp_path, run="run-1")

    taken = [locks.take(name, NOW) for name in (NAME, "device-fw-par-02", f"plan-{DIGEST}")]

    assert all(isinstance(lock, Lock) for lock in taken)
    for lock in taken:
        assert isinstance(lock, Lock)
        lock.release()


def test_of_many_threads_one_has_the_lock(tmp_path: Path) -> None:
    """The kernel's lock belongs to the open file, not to the process."""
    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(lambda _: take(tmp_path), range(64)))

    (lock,) = [one for one in taken if isinstance(one, Lock)]
    lock.release()


def test_another_process_has_the_lock_until_it_is_killed(tmp_path: Path) -> None:
    """After `kill -9` a resume must not be told that the push still runs."""
    with holder(tmp_path) as process:
        held = take(tmp_path)
        process.send_signal(signal.SIGKILL)
        process.wait()

        after = take(tmp_path)

    assert isinstance(held, Held)
    assert f"process {process.pid} on" in held.by
    assert "run-of-holder" in held.by
    assert isinstance(after, Lock)
    after.release()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_neither_keeps_nor_releases_its_parents_lock(tmp_path: Path) -> None:
    """The lock says that the push runs, not that some child of it does."""
    lock = take(tmp_path)
    assert isinstance(lock, Lock)
    told, tell = os.pipe()
    child_waits, let_child_go = os.pipe()
    child = os.fork()
    if child == 0:
        # Nothing of pytest's may run here, whatever happens.
        try:
            lock.release()
            os.write(tell, b"h" if isinstance(take(tmp_path), Held) else b"l")
            os.close(let_child_go)
            os.read(child_waits, 1)
        finally:
            os._exit(0)

    seen_by_child = os.read(told, 1)
    lock.release()
    after = take(tmp_path)
    os.close(let_child_go)
    os.waitpid(child, 0)
    for descriptor in (told, tell, child_waits):
        os.close(descriptor)

    assert seen_by_child == b"h"
    assert isinstance(after, Lock)
    after.release()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_does_not_keep_the_lock_of_a_parent_that_was_killed(tmp_path: Path) -> None:
    """An orphan must not stand in the way of a resume."""
    script = HOLDER.replace(
        "print(type(taken).__name__, flush=True)\n",
        "import os\n"
        "born, tell = os.pipe()\n"
        "child = os.fork()\n"
        # What the child lets go of as it begins is gone when it can say something.
        "if not child: os.write(tell, b'b')\n"
        "else: print(type(taken).__name__, child, os.read(born, 1), flush=True)\n",
    )
    command = [sys.executable, "-W", "ignore", "-c", script, str(tmp_path), NAME]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        kind, orphan, _ = process.stdout.readline().split()
        process.kill()
        process.wait()

        after = take(tmp_path)
        os.kill(int(orphan), signal.SIGKILL)

    assert kind == "Lock"
    assert isinstance(after, Lock)
    after.release()


def test_a_lock_whose_file_was_removed_is_not_mistaken_for_the_new_files(tmp_path: Path) -> None:
    """The release of the old file's lock must not free the lock of the new one."""
    lock = take(tmp_path)
    assert isinstance(lock, Lock)
    (tmp_path / "locks" / NAME).unlink()

    new = take(tmp_path)

    assert isinstance(new, Lock)
    lock.release()
    assert isinstance(take(tmp_path), Held)
    new.release()


def test_a_lock_is_never_shared_where_each_holder_removes_the_file(tmp_path: Path) -> None:
    """Between opening and locking the name may have gone to another file."""
    command = [sys.executable, "-c", REMOVER, str(tmp_path), NAME]
    together = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]

    said = [process.communicate(timeout=100)[0] for process in together]

    assert said == ["alone\n"] * 3


@pytest.mark.parametrize("text", ["", "{", "null", '{"pid": 1}', "\x1b[2J", "[" * 4000])
def test_a_holder_that_is_unreadable_is_still_a_holder(tmp_path: Path, text: str) -> None:
    """The text in the file is for the message only."""
    lock = take(tmp_path)
    assert isinstance(lock, Lock)
    (tmp_path / "locks" / NAME).write_text(text)

    held = take(tmp_path)

    assert held == Held(name=NAME, by="another process, which has not said its name")
    lock.release()


@pytest.mark.parametrize(
    "name", ["device-", "device-../x", "device-a/b", "other-x", "device-.x", "device-a\n"]
)
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    """The names come from an inventory and from a plan file."""
    with pytest.raises(ValueError, match="cannot be the name"):
        take(tmp_path, name)


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    """The file is written to when it is taken."""
    target = tmp_path / "precious"
    target.write_text("precious")
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / NAME).symlink_to(target)

    with pytest.raises(StateError, match="device-fw-par-01"):
        take(tmp_path)

    assert target.read_text() == "precious"


def test_a_state_directory_that_cannot_be_made_is_one_clear_message(tmp_path: Path) -> None:
    """Without a lock nothing may be pushed."""
    (tmp_path / "state").write_text("a file")

    with pytest.raises(StateError, match="--state-dir"):
        take(tmp_path / "state")


def test_locks_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Names of firewalls are nobody else's business."""
    lock = take(tmp_path / "state")
    assert isinstance(lock, Lock)

    modes = [stat.S_IMODE((tmp_path / "state" / part).stat().st_mode) for part in ("locks", f"locks/{NAME}")]

    assert modes == [0o700, 0o600]
    lock.release()


def test_a_plan_is_used_once_for_each_device(tmp_path: Path) -> None:
    """What was approved is sent once to a firewall; what was not sent may still be."""
    check_unused(tmp_path, DIGEST, NAMES)
    mark_used(tmp_path, DIGEST, "fw-a", run="run-1", at=NOW)

    with pytest.raises(UsedPlan, match="run run-1 pushed it at 2026-01-12T13:00:00Z") as raised:
        mark_used(tmp_path, DIGEST, "fw-a", run="run-2", at=NOW)

    assert "asa-transport resume run-1" in str(raised.value)
    assert raised.value.exit_code == 7
    with pytest.raises(UsedPlan, match=r"1 of these 2 devices .*-l '!fw-a'"):
        check_unused(tmp_path, DIGEST, NAMES)
    check_unused(tmp_path, DIGEST, ["fw-b"])
    mark_used(tmp_path, DIGEST, "fw-b", run="run-2", at=NOW)
    mark_used(tmp_path, "cd" * 32, "fw-a", run="run-2", at=NOW)
    assert uses(tmp_path, DIGEST, NAMES) == {
        "fw-a": Use(run="run-1", at="2026-01-12T13:00:00Z"),
        "fw-b": Use(run="run-2", at="2026-01-12T13:00:00Z"),
    }


def test_the_run_that_used_a_plan_may_go_on_with_it(tmp_path: Path) -> None:
    """`resume` is the same push; its own note is not in its way, and another run's is."""
    mark_used(tmp_path, DIGEST, "fw-a", run="run-1", at=NOW)

    mark_used(tmp_path, DIGEST, "fw-a", run="run-1", at=NOW)
    check_unused(tmp_path, DIGEST, ["fw-a"], run="run-1")
    with pytest.raises(UsedPlan):
        check_unused(tmp_path, DIGEST, ["fw-a"], run="run-2")


def test_what_an_older_release_noted_means_the_whole_plan(tmp_path: Path) -> None:
    """It kept one note a plan, and nobody knows now for which devices."""
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / f"{DIGEST}.json").write_text('{"run": "run-1", "at": "2026-01-12T13:00:00Z"}')

    with pytest.raises(UsedPlan, match="used before, for fw-a, fw-b: run run-1"):
        check_unused(tmp_path, DIGEST, NAMES)
    with pytest.raises(UsedPlan):
        mark_used(tmp_path, DIGEST, "fw-a", run="run-2", at=NOW)
    mark_used(tmp_path, DIGEST, "fw-a", run="run-1", at=NOW)


def test_of_many_pushes_of_one_plan_one_goes_on(tmp_path: Path) -> None:
    """Two people may start the same plan in the same second."""

    def push(number: int) -> bool:
        try:
            mark_used(tmp_path, DIGEST, "fw-a", run=f"run-{number}", at=NOW)
        except UsedPlan:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(push, range(64))) == 1


@pytest.mark.parametrize("left", ["", "{", "null", '{"run": "run-1"', "[" * 4000])
@pytest.mark.parametrize("place", [f"{DIGEST}.json", f"{DIGEST}/fw-a.json"])
def test_a_plan_whose_note_was_cut_by_a_crash_counts_as_used(tmp_path: Path, place: str, left: str) -> None:
    """Nobody knows what was sent; the careful reading is that something was."""
    path = tmp_path / "plans" / place
    path.parent.mkdir(parents=True)
    path.write_text(left)

    with pytest.raises(UsedPlan, match="make a new plan"):
        mark_used(tmp_path, DIGEST, "fw-a", run="run-2", at=NOW)


def test_a_note_that_cannot_be_written_stops_the_push(tmp_path: Path) -> None:
    """A plan that is not noted as used could be pushed again."""
    (tmp_path / "plans").write_text("a file")

    with pytest.raises(StateError, match="plans"):
        mark_used(tmp_path, DIGEST, "fw-a", run="run-1", at=NOW)


def test_a_note_that_cannot_be_looked_for_is_not_taken_for_none(tmp_path: Path) -> None:
    """What is not known is not permission."""
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / DIGEST).write_text("a file")

    with pytest.raises(StateError, match="not known what the plan was used for"):
        check_unused(tmp_path, DIGEST, NAMES)


@pytest.mark.parametrize("digest", ["", "../x", "AB" * 32, "ab" * 31, "ab" * 32 + "\n"])
def test_what_is_no_digest_is_refused(tmp_path: Path, digest: str) -> None:
    """It becomes a file name."""
    with pytest.raises(ValueError, match="not the digest"):
        mark_used(tmp_path, digest, "fw-a", run="run-1", at=NOW)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a\n"])
def test_what_is_no_name_of_a_device_is_refused(tmp_path: Path, name: str) -> None:
    """It becomes a file name, too."""
    with pytest.raises(ValueError, match="not the name"):
        mark_used(tmp_path, DIGEST, name, run="run-1", at=NOW)


def test_a_lock_that_is_got_when_its_push_was_given_up_is_let_go(tmp_path: Path) -> None:
    """The disk that held it up longer than the device may take would keep the device's mate from its turn."""
    begun, goes = threading.Event(), threading.Event()

    class OnSlowDisk(DeviceLocks):
        def take(self, name: str, now: datetime) -> Lock | Held:
            begun.set()
            assert goes.wait(30)
            return super().take(name, now)

    def work() -> None:
        with leases(PushLocks(files=OnSlowDisk(tmp_path, run="run-1")))([NAME]):
            pytest.fail("nobody waited for it")

    async def given_up() -> None:
        pushing = asyncio.ensure_future(bridge.bridged(work))
        await asyncio.to_thread(begun.wait, 30)
        pushing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pushing
        taking = [thread for thread in threading.enumerate() if thread.name == "fleet-aside"]
        goes.set()
        for thread in taking:
            await asyncio.to_thread(thread.join)

    asyncio.run(given_up())

    assert isinstance(take(tmp_path, run="run-2"), Lock)
