"""Devices that workers of their regions read, over a real RabbitMQ, PostgreSQL and SSH."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mock_devices import MockFleet
from tests.fleet.hands import callhome, run, smart
from tests.fleet.middle import middle
from tests.fleet.regions import Regions, in_regions, regions, shown
from tests.processes import LIMIT_S, wait_for
from tests.support import PROGRAM, QUICK, cli, fleet_of, program
from tests.warm import Forked, forked

NAMES = tuple(f"fw-{letter}" for letter in "abcdef")
SLOW = {"faults": [{"match": "show version", "action": "slow", "delay_s": 3.0}]}
AT = "--now=2026-01-12T13:00:00Z"


@pytest.fixture(scope="module")
def fleet() -> Iterator[MockFleet]:
    with fleet_of(*(smart(name) for name in NAMES[:4]), *(callhome(name) for name in NAMES[4:])) as running:
        yield running


@pytest.fixture
def two() -> Iterator[Regions]:
    with regions() as made:
        yield made


def halved(fleet: MockFleet, directory: Path, two: Regions) -> None:
    """The inventory of the fleet, half of it in either region."""
    fleet.write(directory)
    of = {name: two.region("emea" if name in NAMES[::2] else "apac") for name in NAMES}
    in_regions(directory, of)


def test_two_regions_give_the_document_of_one_machine(fleet: MockFleet, tmp_path: Path, two: Regions) -> None:
    """Judgement stays here; what a worker read must be what this process would have read."""
    halved(fleet, tmp_path, two)
    with two.worker(tmp_path, "emea"), two.worker(tmp_path, "apac"):
        far = two.audit(tmp_path, AT)
    files = ("-i", tmp_path / "inventory.yaml", "--state-dir", tmp_path / "near")
    near = cli("audit", *files, "--format=json", AT, *QUICK)
    kept = run(tmp_path, "plan", "--from-run", far.document["run"]["id"], "-o", tmp_path / "plan.json")

    assert near.code == far.code == 3, far.err
    assert shown(near.document) == shown(far.document)
    assert kept.code == 0, kept.err


def test_a_region_without_a_worker_is_said_and_keeps_nobody_waiting(
    fleet: MockFleet, tmp_path: Path, two: Regions
) -> None:
    """The other region's devices are audited; these are named as not audited, with what to start."""
    halved(fleet, tmp_path, two)
    with two.worker(tmp_path, "emea"):
        ended = two.audit(tmp_path, AT)

    missed = [one for one in ended.document["devices"] if one["outcome"] == "not-audited"]
    assert ended.code == 4
    assert [one["name"] for one in missed] == list(NAMES[1::2])
    assert f"no worker serves the region '{two.region('apac')}'" in missed[0]["error"]
    assert "warning: 3 devices cannot be audited: no worker serves" in ended.err


def test_a_device_whose_worker_is_killed_is_read_by_another_and_comes_once(
    tmp_path: Path, two: Regions
) -> None:
    """SIGKILL in the middle of a device: nothing is lost, nothing comes twice."""
    with fleet_of(*(smart(name, **SLOW) for name in NAMES)) as fleet:
        fleet.write(tmp_path)
        in_regions(tmp_path, dict.fromkeys(NAMES, two.region("emea")))
        given = map(str, (*two.given(tmp_path), AT))
        with two.worker(tmp_path, "emea", "--workers=2") as first, forked(PROGRAM, "audit", *given) as audit:
            wait_for(lambda: any(device.transcript for device in fleet.devices.values()), audit)
            with two.worker(tmp_path, "emea"):
                first.send_signal(signal.SIGKILL)
                out, err = audit.communicate(LIMIT_S)

    found = json.loads(out)["devices"]
    assert [one["name"] for one in found] == list(NAMES), err
    assert {one["outcome"] for one in found} == {"audited"}, err


@contextmanager
def auditing(two: Regions, directory: Path, *more: str) -> Iterator[Forked]:
    """An audit by workers, in a process of its own."""
    with forked(PROGRAM, "audit", *map(str, (*two.given(directory), AT, *more))) as running:
        yield running


def is_running(process: Forked) -> bool:
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0)
    return True


def is_contacted(fleet: MockFleet) -> bool:
    return any(device.transcript for device in fleet.devices.values())


def all_audited(out: str, err: str) -> None:
    found = json.loads(out)["devices"]
    assert [one["name"] for one in found] == list(NAMES), err
    assert {one["outcome"] for one in found} == {"audited"}, err


@pytest.mark.parametrize("how", ["cut", "silence"])
def test_a_broker_that_goes_away_and_comes_back_costs_no_device(
    how: str, tmp_path: Path, two: Regions
) -> None:
    """Restarted, or behind a cable that was out: who has work goes on with it."""
    with fleet_of(*(smart(name, **SLOW) for name in NAMES)) as fleet, middle(two.ports[1]) as wire:
        fleet.write(tmp_path)
        in_regions(tmp_path, dict.fromkeys(NAMES, two.region("emea")))
        far = two.through(broker=wire)
        with far.worker(tmp_path, "emea", "--workers=2") as worker, auditing(far, tmp_path) as audit:
            wait_for(lambda: is_contacted(fleet), audit)
            getattr(wire, how)()
            wait_for(lambda: sum(bool(one.transcript) for one in fleet.devices.values()) > 3, audit)
            wire.mend()
            out, err = audit.communicate(LIMIT_S)
            assert is_running(worker)

    all_audited(out, err)


def test_a_store_that_goes_away_and_comes_back_costs_no_device(tmp_path: Path, two: Regions) -> None:
    """The worker keeps what it has found, and the audit waits for it."""
    with fleet_of(*(smart(name, **SLOW) for name in NAMES)) as fleet, middle(two.ports[0]) as wire:
        fleet.write(tmp_path)
        in_regions(tmp_path, dict.fromkeys(NAMES, two.region("emea")))
        far = two.through(store=wire)
        with far.worker(tmp_path, "emea", "--workers=3") as worker, auditing(far, tmp_path) as audit:
            wait_for(lambda: is_contacted(fleet), audit)
            wire.cut()
            wait_for(lambda: not any(one.session_count for one in fleet.devices.values()), audit)
            wire.mend()
            out, err = audit.communicate(LIMIT_S)
            assert is_running(worker)

    all_audited(out, err)


def test_a_person_who_ends_the_audit_ends_the_work_of_the_regions(tmp_path: Path, two: Regions) -> None:
    """Nobody goes on dialling for a report that is written."""
    with fleet_of(*(smart(name, **SLOW) for name in NAMES)) as fleet:
        fleet.write(tmp_path)
        in_regions(tmp_path, dict.fromkeys(NAMES, two.region("emea")))
        with two.worker(tmp_path, "emea", "--workers=1") as worker, auditing(two, tmp_path) as audit:
            wait_for(lambda: is_contacted(fleet), audit)
            audit.send_signal(signal.SIGINT)
            out, err = audit.communicate(LIMIT_S)
            contacted = [name for name, device in fleet.devices.items() if device.transcript]

            wait_for(lambda: all(one["run"] is None for one in two.alive()[0]["workers"]), worker)
            after = [name for name, device in fleet.devices.items() if device.transcript]

    assert audit.returncode == 130, err
    assert [one["name"] for one in json.loads(out)["devices"]] == list(NAMES)
    assert after == contacted
    assert len(after) < len(NAMES)


def test_a_wrong_password_is_tried_as_often_as_one_machine_would_try_it(tmp_path: Path, two: Regions) -> None:
    """Two regions that each try it twice would lock an account that stands three."""
    with fleet_of(*(smart(name) for name in NAMES)) as fleet:
        halved(fleet, tmp_path, two)
        for secret in tmp_path.glob("*password*"):
            secret.write_text("wrong-Login-9\n")
        with two.worker(tmp_path, "emea"), two.worker(tmp_path, "apac"):
            ended = two.audit(tmp_path, AT)
        tries = sum(device.password_tries for device in fleet.devices.values())
        files = ("-i", tmp_path / "inventory.yaml", "--state-dir", tmp_path / "near")
        cli("audit", *files, AT, *QUICK)
        near = sum(device.password_tries for device in fleet.devices.values()) - tries

    assert ended.code == 4, ended.err
    assert {one["stage"] for one in ended.document["devices"]} == {"authenticate"}
    assert tries == near > 0


def test_a_plan_with_its_probes_is_that_of_one_machine(
    fleet: MockFleet, tmp_path: Path, two: Regions
) -> None:
    """What each firewall itself reached is part of the plan, and is asked where its session is."""
    halved(fleet, tmp_path, two)
    given = ("-i", str(tmp_path / "inventory.yaml"), *QUICK, "--probe")
    with two.worker(tmp_path, "emea"), two.worker(tmp_path, "apac"):
        state = ("--state-dir", str(tmp_path / "state"), "--engine=celery", *two.options)
        far = program("plan", "-o", tmp_path / "far.json", *given, *state)
    near = cli("plan", "-o", tmp_path / "near.json", *given, "--state-dir", tmp_path / "near")
    plans = [json.loads((tmp_path / f"{name}.json").read_text())["devices"] for name in ("far", "near")]

    assert far.code == near.code == 0, far.err
    assert [one["name"] for one in plans[0]] == list(NAMES[4:])
    assert shown({"devices": plans[0]}) == shown({"devices": plans[1]})
    assert all("ping tcp" in " ".join(fleet[name].typed) for name in NAMES[4:])
