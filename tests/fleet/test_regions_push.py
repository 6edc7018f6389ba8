"""Devices that workers of their regions push, over a real RabbitMQ, PostgreSQL and SSH."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from kombu import Connection, Producer

from asa_transport.edges.broker import Broker, broker_place
from asa_transport.edges.state.store.pushes import PushState, PushTable
from asa_transport.errors import BrokerError
from mock_devices import MockDevice, MockFleet
from tests.fleet.commit import FRAME, LINES, commit, configured, outcomes, planned, reverted, started
from tests.fleet.hands import run
from tests.fleet.regions import Regions, in_regions, regions, shown
from tests.fleet.test_push_machines import asked
from tests.fleet.test_push_resume import NEVER, SPEED, assert_true
from tests.processes import LIMIT_S, wait_for
from tests.support import Ended, cli, fleet_of
from tests.warm import Forked

NAMES = tuple(f"fw-{letter}" for letter in "abcd")
RENEW, SAVE = "license smart renew auth", "write memory"
PUSHED = [*FRAME, SAVE]


@pytest.fixture
def two() -> Iterator[Regions]:
    with regions() as made:
        yield made


def halved(fleet: MockFleet, directory: Path, two: Regions, names: tuple[str, ...] = NAMES) -> None:
    """A plan for the fleet, half of it in either region."""
    planned(fleet, directory)
    of = {name: two.region("emea" if name in names[::2] else "apac") for name in names}
    in_regions(directory, of)
    ended = run(directory, "plan", "-o", directory / "plan.json")
    assert ended.code == 0, ended.err
    fleet.reset_transcripts()


def far(directory: Path, two: Regions, *more: str | Path) -> Ended:
    """Push the plan of a directory by the workers."""
    return commit(directory, "--engine=celery", *two.options, *more)


def typed(device: MockDevice) -> list[str]:
    """What was typed that writes; a contact may be asked for again, and by nothing else."""
    return [line for line in configured(device) if line != RENEW]


def one_region(fleet: MockFleet, directory: Path, two: Regions) -> None:
    """A plan for the fleet, all of it in one region."""
    halved(fleet, directory, two, tuple(fleet.devices))
    in_regions(directory, dict.fromkeys(fleet.devices, two.region("emea")))


def begun(directory: Path, two: Regions, *more: str) -> Forked:
    """Start a push by the workers, and return at once."""
    running = started(directory, "--engine=celery", *two.options, *more)
    assert isinstance(running, Forked)
    return running


def finished(running: Forked) -> Ended:
    """Wait for the end of a push that was started."""
    out, err = running.communicate(LIMIT_S)
    assert running.returncode is not None
    return Ended(code=running.returncode, out=out, err=err)


def folder_of(directory: Path) -> Path:
    """The folder of the push."""
    (path,) = (directory / "state" / "runs").glob("*/journal.jsonl")
    return path.parent


def story(directory: Path) -> dict[str, list[str]]:
    """What the journal says of each device, without times, chain and what was read."""
    path = folder_of(directory) / "journal.jsonl"
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        record = json.loads(line)
        if "device" in record and RENEW not in line and record["event"] != "contact-asked":
            words = (record["event"], record.get("step"), record.get("line"), record.get("outcome"))
            found.setdefault(record["device"], []).append(" ".join(filter(None, words)))
    return found


def kept(directory: Path) -> set[str]:
    """The files of the run's folder with what the firewalls said before the lines."""
    folder = folder_of(directory) / "raw"
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_two_regions_end_as_one_machine_does(tmp_path: Path, two: Regions) -> None:
    """What the workers did must be in the document, the journal and the folder as if it was done here."""
    ended: dict[str, Ended] = {}
    for where in ("near", "far"):
        directory = tmp_path / where
        directory.mkdir()
        with fleet_of(*(reverted(name) for name in NAMES), speed=SPEED) as fleet:
            halved(fleet, directory, two)
            if where == "near":
                ended[where] = commit(directory)
            else:
                with two.worker(directory, "emea", "--push"), two.worker(directory, "apac", "--push"):
                    ended[where] = far(directory, two)
            for name in NAMES:
                assert typed(fleet[name]) == PUSHED, ended[where].err
    near, distant = (alike(ended[where].document, tmp_path / where) for where in ("near", "far"))

    assert outcomes(ended["far"]) == dict.fromkeys(NAMES, "applied"), ended["far"].err
    assert near == distant
    assert story(tmp_path / "near") == story(tmp_path / "far")
    assert kept(tmp_path / "near") == kept(tmp_path / "far")
    assert cli("journal", "verify", "last", "--state-dir", tmp_path / "far" / "state").code == 0
    assert not list((tmp_path / "far" / "state").rglob("workers.txt"))


def alike(document: dict[str, Any], directory: Path) -> str:
    """Without what times make another: the journal's head, and which plan it was."""
    text = shown({key: value for key, value in document.items() if key not in {"journal", "plan"}})
    return text.replace(str(directory), "DIRECTORY")


def test_a_region_that_nobody_pushes_in_is_said_before_anything_is_contacted(
    tmp_path: Path, two: Regions
) -> None:
    """A worker that only reads is none: it has no session that may write."""
    with fleet_of(*(reverted(name) for name in NAMES)) as fleet:
        halved(fleet, tmp_path, two)
        with two.worker(tmp_path, "emea", "--push"), two.worker(tmp_path, "apac"):
            ended = far(tmp_path, two)
            dry = run(tmp_path, "push", tmp_path / "plan.json", "--engine=celery", *two.options)

        assert (ended.code, dry.code) == (2, 2)
        assert f"no push worker serves the region {two.region('apac')!r}" in ended.err
        assert "2 devices cannot be pushed" in ended.err
        assert f"'asa-transport worker --region {two.region('apac')} --push'" in ended.err
        assert "add --commit, or leave --engine out" in dry.err
        assert not any(device.transcript for device in fleet.devices.values())


# After which line the worker is killed, as the device has it, and how the device ends then.
KILLS = {
    "show running-config license": {"failed"},
    FRAME[0]: {"rolled-back"},
    LINES[1].strip(): {"applied", "rolled-back"},
    RENEW: {"applied"},
    SAVE: {"applied"},
}


@pytest.mark.parametrize("line", KILLS)
def test_a_device_whose_worker_is_killed_is_settled_by_another(
    tmp_path: Path, two: Regions, line: str
) -> None:
    """Nothing is sent twice, and what is said of the end was read."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        one_region(fleet, tmp_path, two)
        device, is_killed = fleet["fw-a"], threading.Event()
        with two.worker(tmp_path, "emea", "--push") as first:

            def kill() -> None:
                first.kill()
                is_killed.set()

            device.when(f"^{line}$", kill)
            with begun(tmp_path, two) as running:
                wait_for(is_killed.is_set, running)
                with two.worker(tmp_path, "emea", "--push"):
                    ended = finished(running)
        (word,) = ended.document["devices"]

        assert word["outcome"] in KILLS[line], ended.err
        assert_true(word, device)
        assert all(typed(device).count(sent) <= 1 for sent in (LINES[1], SAVE))
        assert not list((tmp_path / "state").rglob("workers.txt"))


def cut_all(two: Regions) -> None:
    """End every connection to the database, as a server does that is started again."""
    with asked(two.store) as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


@pytest.mark.parametrize("line", [LINES[1].strip(), SAVE])
def test_a_database_that_is_started_again_costs_a_new_look(tmp_path: Path, two: Regions, line: str) -> None:
    """The worker lives, and is known again before it is thought to be gone."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        one_region(fleet, tmp_path, two)
        device = fleet["fw-a"]
        device.when(f"^{line}$", lambda: cut_all(two))
        with two.worker(tmp_path, "emea", "--push"):
            ended = far(tmp_path, two)
        (word,) = ended.document["devices"]

        assert device.acts_waiting == 0
        assert word["outcome"] == "applied", ended.err
        assert_true(word, device)
        assert all(typed(device).count(sent) == 1 for sent in (LINES[1], SAVE))


def test_a_worker_that_was_thought_to_be_gone_sends_nothing_more(tmp_path: Path, two: Regions) -> None:
    """It stands still between two lines; another one has settled its device when it goes on."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        one_region(fleet, tmp_path, two)
        device, stands = fleet["fw-a"], threading.Event()
        with two.worker(tmp_path, "emea", "--push") as first:

            def stand() -> None:
                first.send_signal(signal.SIGSTOP)
                cut_all(two)
                stands.set()

            device.when(f"^{LINES[0]}$", stand)
            with begun(tmp_path, two) as running:
                wait_for(stands.is_set, running)
                with two.worker(tmp_path, "emea", "--push"):
                    ended = finished(running)
            before = typed(device)
            first.send_signal(signal.SIGCONT)
            first.send_signal(signal.SIGTERM)
            first.wait(LIMIT_S)
        (word,) = ended.document["devices"]

        # The farewell of a session that is closed changes nothing.
        assert [line for line in typed(device)[len(before) :] if line not in ("end", "exit")] == []
        assert word["outcome"] in {"rolled-back", "applied"}, ended.err
        assert_true(word, device)


def test_a_message_that_comes_more_than_once_is_worked_on_once(tmp_path: Path, two: Regions) -> None:
    """Who has it next, and who has it again, finds nothing to claim."""
    with fleet_of(reverted("fw-a"), speed=SPEED) as fleet:
        one_region(fleet, tmp_path, two)
        digest = json.loads((tmp_path / "plan.json").read_text())["digest"]

        def again() -> None:
            name = folder_of(tmp_path).name
            with Broker(broker_place(two.broker)) as broker:
                for _ in range(5):
                    broker.push(two.region("emea"), name, digest)

        fleet["fw-a"].when(f"^{LINES[1].strip()}$", again)
        with two.worker(tmp_path, "emea", "--push"), two.worker(tmp_path, "emea", "--push"):
            ended = far(tmp_path, two)

        assert outcomes(ended) == {"fw-a": "applied"}, ended.err
        assert typed(fleet["fw-a"]) == PUSHED


def test_a_person_who_ends_the_push_has_what_is_in_work_go_back(tmp_path: Path, two: Regions) -> None:
    """As here: the device that waits for its contact goes back, the next one is not begun."""
    with fleet_of(reverted("fw-a", **NEVER), reverted("fw-b", **NEVER)) as fleet:
        one_region(fleet, tmp_path, two)
        waits = threading.Event()
        fleet["fw-a"].when(f"^{RENEW}$", waits.set)
        with two.worker(tmp_path, "emea", "--push"), begun(tmp_path, two) as running:
            wait_for(waits.is_set, running)
            running.send_signal(signal.SIGINT)
            ended = finished(running)

        assert ended.code == 130, ended.err
        assert outcomes(ended) == {"fw-a": "rolled-back", "fw-b": "not-reached"}
        assert_true(ended.document["devices"][0], fleet["fw-a"])
        assert not fleet["fw-b"].transcript


def test_who_began_a_push_may_die_and_resume_has_what_the_worker_did(tmp_path: Path, two: Regions) -> None:
    """The worker ends its device by its own rules; nobody goes by the folder alone meanwhile."""
    with fleet_of(reverted("fw-a", **NEVER), reverted("fw-b", **NEVER)) as fleet:
        one_region(fleet, tmp_path, two)
        waits = threading.Event()
        fleet["fw-a"].when(f"^{RENEW}$", waits.set)
        again = ("resume", "last", "--yes", "--format", "json")
        with two.worker(tmp_path, "emea", "--push") as worker:
            with begun(tmp_path, two, "--contact-timeout=8") as running:
                wait_for(waits.is_set, running)
                running.kill()
                running.wait(LIMIT_S)
            blind = run(tmp_path, *again)
            early = run(tmp_path, *again, "--store", two.store)
            name = folder_of(tmp_path).name
            with PushTable(tmp_path, two.store) as table:
                wait_for(lambda: table.given(name) == {"fw-a": PushState.ENDED}, worker)
        resumed = run(tmp_path, *again, "--store", two.store, "--contact-timeout=1")

        assert (blind.code, early.code) == (2, 2)
        assert "what they did is in the run store" in blind.err
        assert "still pushes fw-a; wait for its end" in early.err
        assert outcomes(resumed)["fw-a"] == "rolled-back", resumed.err
        assert_true(resumed.device("fw-a"), fleet["fw-a"])
        assert configured(fleet["fw-a"]).count(LINES[1]) == 1
        assert not list((tmp_path / "state").rglob("workers.txt"))


def test_who_may_send_for_audits_cannot_ask_for_a_push(two: Regions) -> None:
    """The right to send is an exchange's, whatever the message names: so pushes have one of their own."""
    region = two.region("emea")
    queue = f"region.{region}.push"
    with Broker(broker_place(two.broker)) as broker:
        broker.ask(region, "run")
        broker.push(region, "run", "digest")
    confirmed = {"confirm_publish": True}
    with Connection(two.broker, transport_options=confirmed) as connection, connection.channel() as channel:
        Producer(channel).publish({}, exchange="asa-transport", routing_key=queue)
        asked, pushed = (
            channel.queue_declare(name, passive=True).message_count for name in (f"region.{region}", queue)
        )

    assert (asked, pushed) == (1, 1)


def test_no_region_has_the_name_of_anothers_pushes(two: Regions) -> None:
    """A message for the one must not reach the other."""
    with (
        Broker(broker_place(two.broker)) as broker,
        pytest.raises(BrokerError, match="80 at most"),
    ):
        broker.ask("emea.push", "run")
