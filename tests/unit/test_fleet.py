"""The fleet: one outcome per device, whatever happens to its worker."""

from __future__ import annotations

import threading
from pathlib import Path

from asa_transport.capabilities import Deadline
from asa_transport.engine.fleet import DeviceDeadline, Loss, Lost, RunStop, outcomes
from asa_transport.model import Device


def _devices(count: int) -> tuple[Device, ...]:
    return tuple(
        Device(
            name=f"fw-{number:03}",
            host="127.0.0.1",
            port=1000 + number,
            username="u",
            credential="c",
            known_hosts=Path("/nowhere"),
        )
        for number in range(count)
    )


def _lost(lost: Lost) -> str:
    return f"{lost.device.name} {lost.loss.name}"


def test_every_device_has_exactly_one_outcome_though_some_crash() -> None:
    """A fault of ours in one device must not cost another its place in the report."""
    devices = _devices(50)

    def work(device: Device, deadline: Deadline) -> str:
        del deadline
        if device.name.endswith("7"):
            raise RuntimeError(device.name)
        return f"{device.name} done"

    found = sorted(outcomes(devices, work, lost=_lost, workers=8, device_s=30, stop=RunStop()))

    assert found == [f"{d.name} {'CRASHED' if d.name.endswith('7') else 'done'}" for d in devices]


def test_the_leash_closes_what_a_frozen_device_holds() -> None:
    """A library that waits without limit is woken from outside."""
    closed = threading.Event()

    def work(device: Device, deadline: Deadline) -> str:
        deadline.hold(closed.set)
        assert closed.wait(30)
        return f"{device.name} {deadline.remaining_s():g}"

    found = list(outcomes(_devices(1), work, lost=_lost, workers=1, device_s=0.05, stop=RunStop()))

    assert found == ["fw-000 0"]


def test_a_worker_that_never_comes_back_is_replaced() -> None:
    """A stuck name lookup costs its own device, and the devices behind it still run."""
    forever = threading.Event()

    def work(device: Device, deadline: Deadline) -> str:
        del deadline
        if device.name == "fw-000":
            forever.wait(60)
        return f"{device.name} done"

    found = sorted(
        outcomes(_devices(3), work, lost=_lost, workers=1, device_s=0.05, stop=RunStop(), grace_s=0.05)
    )
    forever.set()

    assert found == ["fw-000 STUCK", "fw-001 done", "fw-002 done"]


def test_a_stop_ends_the_run_and_still_names_every_device() -> None:
    """After Ctrl-C the report says of each device whether it was audited."""
    stop = RunStop()
    started = threading.Event()

    def work(device: Device, deadline: Deadline) -> str:
        started.set()
        deadline.sleep(60)
        return f"{device.name} {'stopped' if deadline.is_stopped() else 'late'}"

    running = outcomes(_devices(5), work, lost=_lost, workers=2, device_s=60, stop=stop)

    def stop_once_started() -> None:
        assert started.wait(30)
        stop.set()

    threading.Thread(target=stop_once_started).start()
    found = sorted(running)

    assert [text.split()[0] for text in found] == [d.name for d in _devices(5)]
    assert {text.split()[1] for text in found} == {"stopped", "STOPPED"}


def test_what_is_held_after_the_end_is_closed_at_once() -> None:
    """A connection that opens just after the deadline must not stay."""
    deadline = DeviceDeadline(60)
    deadline.end()
    closed: list[bool] = []

    deadline.hold(lambda: closed.append(True))

    assert closed == [True]
    assert deadline.remaining_s() == 0


def test_a_stopped_run_says_why_its_losses_were_lost() -> None:
    """`STOPPED` is a person's doing, `CRASHED` is ours."""
    assert {loss.name for loss in Loss} == {"STOPPED", "STUCK", "CRASHED"}
