"""Devices that workers of their regions read, over a real RabbitMQ, PostgreSQL and SSH."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_devices import MockFleet
from tests.fleet.hands import callhome, run, smart
from tests.fleet.regions import Regions, in_regions, regions, shown
from tests.processes import LIMIT_S, wait_for
from tests.support import PROGRAM, QUICK, cli, fleet_of
from tests.warm import forked

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
