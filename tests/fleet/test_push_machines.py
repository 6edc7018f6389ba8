"""Pushes of two machines at one PostgreSQL store, and what becomes of one whose lock is lost; over real SSH.

Two machines are two state directories: what they have in common is the store alone.
"""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from asa_transport.edges.secrets.operator import login_name
from asa_transport.edges.state.store import machines
from asa_transport.edges.state.store.machines import Machines, Owner, StoreLock
from asa_transport.flows.push_locks import ALONE
from tests.fleet.commit import FRAME, LINES, commit, configured, outcomes, planned, reverted, started
from tests.fleet.hands import run
from tests.fleet.test_push_resume import NEVER, assert_true, killed
from tests.fleet.test_store_away import AWAY
from tests.processes import LIMIT_S, wait_for
from tests.support import Ended, cli, fleet_of
from tests.unit.stores import SERVER, postgresql

RENEW, SAVE = "license smart renew auth", "write memory"
# What is still waited for where the store does not come back.
IMPATIENT = ("--reconnect-timeout", "1")


@pytest.fixture
def server() -> Iterator[str]:
    with postgresql() as url:
        yield url


@contextmanager
def asked(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def cut(url: str) -> None:
    """End every connection that holds locks: as a server that is started again does."""
    with asked(url) as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = :name AND datname = current_database()"
            ),
            {"name": machines.NAME},
        )


@contextmanager
def away(url: str) -> Iterator[Callable[[], None]]:
    """Give what takes the database away, for everybody; it is back at the end."""
    name = sa.make_url(url).database

    def go() -> None:
        with asked(SERVER) as connection:
            connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(sa.text(query), {"name": name})

    try:
        yield go
    finally:
        with asked(SERVER) as connection:
            connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))


def again(directory: Path, url: str, *arguments: str) -> Ended:
    given = ("resume", "last", "--yes", "--format", "json", "--store", url)
    return run(directory, *given, *arguments)


def one(ended: Ended) -> dict[str, Any]:
    (found,) = ended.document["devices"]
    return dict(found)


def test_of_two_machines_one_pushes_and_the_other_is_told_who(server: str, tmp_path: Path) -> None:
    """With a plan of his own, so that nothing but the firewall's serial number is the same."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    with fleet_of(reverted("fw-a", **NEVER)) as fleet:
        for directory in (ours, theirs):
            planned(fleet, directory)
        waits = threading.Event()
        # In the middle of ours, with the lines in force and unproven.
        fleet["fw-a"].when(f"^{RENEW}$", waits.set)
        with started(ours, "--store", server) as running:
            wait_for(waits.is_set, running)
            refused = commit(theirs, "--store", server)
            audited = run(theirs, "audit", "--format=json", "--store", server)
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=LIMIT_S)
        (ended,) = json.loads(out)["devices"]

        assert refused.code == 6, refused.err
        assert one(refused)["outcome"] == "refused"
        reason = one(refused)["reason"]
        assert reason.startswith("another push has locked the device: process ")
        assert f" of {login_name()} on {socket.gethostname()}, run 20" in reason
        assert ", plan plan-20" in reason
        assert audited.device("fw-a")["unsettled"] is None, "a push that lives has left nothing"
        assert ended["outcome"] == "rolled-back", err
        assert_true(ended, fleet["fw-a"])


def test_a_plan_is_used_by_one_machine(server: str, tmp_path: Path) -> None:
    """Approved once, it is pushed once, whoever has a copy of it."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, ours)
        fleet.write(theirs)
        for name in ("plan.json", "policy.yaml"):
            (theirs / name).write_text((ours / name).read_text())
        first = commit(ours, "--store", server)
        fleet.reset_transcripts()
        looked = run(theirs, "push", theirs / "plan.json", "--store", server)
        second = commit(theirs, "--store", server)

        assert (first.code, outcomes(first)) == (0, {"fw-a": "applied"}), first.err
        assert (looked.code, second.code) == (7, 7)
        assert f"of {login_name()}@{socket.gethostname()} pushed it at 20" in second.err
        assert not fleet["fw-a"].transcript
        assert "locks of firewalls hold on this machine alone" not in first.err


def test_who_has_no_server_is_told_what_file_locks_do_not_cover(tmp_path: Path) -> None:
    """Once a push, in a line."""
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)
        ended = commit(tmp_path)

        assert outcomes(ended) == {"fw-a": "applied"}
        assert ended.err.count(ALONE) == 1


def test_a_push_that_cannot_be_locked_for_all_is_not_begun(tmp_path: Path) -> None:
    """Other machines lock there: without it nobody knows who else is at work."""
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)
        ended = commit(tmp_path, "--store", AWAY)

        assert ended.code == 2
        assert "a push is locked there, so nothing was contacted" in ended.err
        assert "geheim" not in ended.err
        assert not fleet["fw-a"].transcript


# After which line the connection is cut, as the device has it: before the next one it is noticed.
CUTS = {
    "show running-config license": "refused",
    "configure terminal": "rolled-back",
    LINES[0]: "rolled-back",
    LINES[1]: "applied",
    "end": "applied",
    RENEW: "applied",
    SAVE: "applied",
}


@pytest.mark.parametrize("line", CUTS)
def test_a_lock_that_is_lost_and_had_again_costs_a_new_look(server: str, tmp_path: Path, line: str) -> None:
    """Nothing is sent under a lock that is gone, nothing twice, and what is said of the end was read."""
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)
        device = fleet["fw-a"]
        device.when(f"^{line.strip()}$", lambda: cut(server))
        ended = commit(tmp_path, "--store", server)

        assert device.acts_waiting == 0
        assert one(ended)["outcome"] == CUTS[line], one(ended)["reason"]
        assert_true(one(ended), device)
        assert configured(device).count(SAVE) <= 1


def test_a_lock_that_another_machine_has_since_is_the_end_of_it(server: str, tmp_path: Path) -> None:
    """He may be at work already: not even the way back is ours any more."""
    with fleet_of(reverted("fw-a")) as fleet, ExitStack() as theirs:
        planned(fleet, tmp_path)
        device = fleet["fw-a"]

        def lose() -> None:
            opened = theirs.enter_context(Machines(tmp_path, server))
            locks = theirs.enter_context(
                opened.locks(Owner(machine="host-b", operator="bert", run="run-b", plan="plan-b"))
            )
            cut(server)
            found: object = None
            while not isinstance(found, StoreLock):
                # Until the server has ended the connection that it was told to end.
                found = locks.take(f"serial-{device.serial}", datetime.now(UTC))

        device.when(f"^{LINES[1].strip()}$", lose)
        ended = commit(tmp_path, "--store", server, *IMPATIENT)

        assert ended.code == 8, ended.err
        assert one(ended)["outcome"] == "unknown"
        assert "it is held by process" in one(ended)["reason"]
        assert "of bert on host-b, run run-b" in one(ended)["reason"]
        # The farewell of a session that is closed changes nothing.
        assert configured(device) == [*FRAME[:-1], "exit"]
        assert one(ended)["startup"] == "as-before"


def test_a_store_that_does_not_come_back_leaves_the_device_to_resume(server: str, tmp_path: Path) -> None:
    """Between two lines, without a lock: it is said, seen by other machines, and put right later."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, ours)
        fleet.write(theirs)
        device = fleet["fw-a"]
        with away(server) as go:
            device.when(f"^{LINES[1].strip()}$", go)
            ended = commit(ours, "--store", server, *IMPATIENT)
        seen = run(theirs, "audit", "--format=json", "--store", server)
        resumed = again(ours, server)
        settled = run(theirs, "audit", "--format=json", "--store", server)

        assert ended.code == 8, ended.err
        assert one(ended)["outcome"] == "unknown"
        assert "nothing more was sent" in one(ended)["reason"]
        assert seen.device("fw-a")["unsettled"]["run"] == ended.document["run"]["id"]
        assert "AT601" in {finding["rule"] for finding in seen.device("fw-a")["findings"]}
        assert one(resumed)["outcome"] == "applied", resumed.err
        assert_true(one(resumed), device)
        assert settled.device("fw-a")["unsettled"] is None


def test_a_machine_that_dies_leaves_its_firewall_for_all_to_see(server: str, tmp_path: Path) -> None:
    """Its locks end with it, and what it has left does not."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, ours)
        planned(fleet, theirs)
        killed(ours, 18, "whole", "--store", server)
        seen = run(theirs, "audit", "--format=json", "--store", server)
        listed = cli("runs", "--format=json", "--state-dir", theirs / "state", "--store", server)
        refused = commit(theirs, "--store", server)
        resumed = again(ours, server)
        after = run(theirs, "audit", "--format=json", "--store", server)

        assert seen.device("fw-a")["unsettled"]["step"] == "config-verified"
        assert seen.device("fw-a")["decision"]["verdict"] == "hold"
        assert listed.code == 8
        assert outcomes(refused) == {"fw-a": "refused"}
        assert one(resumed)["outcome"] == "applied", resumed.err
        assert_true(one(resumed), fleet["fw-a"])
        assert after.device("fw-a")["unsettled"] is None


@pytest.mark.parametrize("comes_back", [True, False], ids=["comes back", "stays away"])
def test_a_lock_that_is_lost_on_the_way_back(server: str, tmp_path: Path, comes_back: bool) -> None:
    """Also what puts things right is sent under a lock; without one it waits for a person to resume."""
    with fleet_of(reverted("fw-a", **NEVER)) as fleet:
        planned(fleet, tmp_path)
        device = fleet["fw-a"]
        with away(server) as go:
            # The second time it is entered is to go back.
            device.when("^configure terminal$", (lambda: cut(server)) if comes_back else go, nth=2)
            ended = commit(tmp_path, "--store", server, "--contact-timeout", "1", *IMPATIENT)
        first = one(ended)
        resumed = None if comes_back else one(again(tmp_path, server, "--contact-timeout", "1"))

        assert device.acts_waiting == 0
        assert first["outcome"] == ("rolled-back" if comes_back else "unknown"), ended.err
        assert_true(first if resumed is None else resumed, device)
        assert device.running_config() == device.running_config_at_start
