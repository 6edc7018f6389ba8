"""The fleet: one outcome per device, whatever happens to its work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from asa_transport.capabilities import Deadline, Link
from asa_transport.engine import bridge
from asa_transport.engine.fleet import DeviceDeadline, Loss, Lost, OnLoop, RunStop, Terms, run_outcomes
from asa_transport.errors import DeviceError
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


def _failed(device: Device, error: DeviceError) -> str:
    return f"{device.name} {error.saw}"


class _Open:
    """A link to nobody; implements `capabilities.Link`."""

    async def settled(self) -> None:
        pass

    def jump_error(self, device: str) -> None:
        del device

    def cut(self) -> None:
        pass

    def close(self) -> None:
        pass


async def _approach(device: Device, deadline: Deadline) -> Link:
    del device, deadline
    return _Open()


def outcomes(
    devices: Sequence[Device],
    work: Callable[[Device, Deadline], str],
    *,
    workers: int,
    device_s: float,
    stop: RunStop,
    grace_s: float = 5.0,
) -> list[str]:
    terms = Terms(lost=_lost, failed=_failed, workers=workers, device_s=device_s, grace_s=grace_s)
    pool = OnLoop(work=lambda visit: work(visit.device, visit.deadline), lost=_lost)
    return list(run_outcomes(devices, pool, terms, approach=_approach, stop=stop))


def test_every_device_has_exactly_one_outcome_though_some_crash() -> None:
    """A fault of ours in one device must not cost another its place in the report."""
    devices = _devices(50)

    def work(device: Device, deadline: Deadline) -> str:
        del deadline
        if device.name.endswith("7"):
            raise RuntimeError(device.name)
        return f"{device.name} done"

    found = sorted(outcomes(devices, work, workers=8, device_s=30, stop=RunStop()))

    assert found == [f"{d.name} {'CRASHED' if d.name.endswith('7') else 'done'}" for d in devices]


def test_the_deadline_closes_what_a_frozen_device_holds() -> None:
    """A library that waits without limit is woken from outside."""

    def work(device: Device, deadline: Deadline) -> str:
        closed = asyncio.Event()
        deadline.hold(closed.set)
        assert bridge.wait_for(closed.wait())
        return f"{device.name} {deadline.remaining_s():g}"

    found = outcomes(_devices(1), work, workers=1, device_s=0.05, stop=RunStop())

    assert found == ["fw-000 0"]


@pytest.mark.parametrize("how", ["on the loop", "aside"])
def test_work_that_never_comes_back_is_given_up(how: str) -> None:
    """A stuck name lookup costs its own device, and the devices behind it still run."""
    forever = threading.Event()

    def work(device: Device, deadline: Deadline) -> str:
        del deadline
        if device.name == "fw-000" and how == "aside":
            bridge.aside(lambda: forever.wait(60))
        elif device.name == "fw-000":
            bridge.wait_for(asyncio.Event().wait())
        return f"{device.name} done"

    found = sorted(outcomes(_devices(3), work, workers=1, device_s=0.05, stop=RunStop(), grace_s=0.05))
    forever.set()

    assert found == ["fw-000 STUCK", "fw-001 done", "fw-002 done"]


def test_work_that_is_given_up_lets_go_of_what_it_holds() -> None:
    """Else a run would leave sockets behind that nobody closes any more."""
    let_go: list[str] = []

    def work(device: Device, deadline: Deadline) -> str:
        del deadline
        try:
            bridge.wait_for(asyncio.Event().wait())
        finally:
            let_go.append(device.name)
        return "never"

    outcomes(_devices(1), work, workers=1, device_s=0.05, stop=RunStop(), grace_s=0.05)

    assert let_go == ["fw-000"]


def test_one_device_that_waits_delays_no_other() -> None:
    """All of them work in one thread, and one outcome needs what another device does."""
    opened = asyncio.Event()

    def work(device: Device, deadline: Deadline) -> str:
        del deadline
        if device.name == "fw-000":
            bridge.wait_for(opened.wait())
        else:
            opened.set()
        return f"{device.name} {threading.current_thread().name}"

    found = outcomes(_devices(2), work, workers=2, device_s=30, stop=RunStop())

    assert found == ["fw-001 fleet", "fw-000 fleet"]


def test_a_stop_ends_the_run_and_still_names_every_device() -> None:
    """After Ctrl-C the report says of each device whether it was audited."""
    stop = RunStop()

    def work(device: Device, deadline: Deadline) -> str:
        threading.Thread(target=stop.set).start()
        deadline.sleep(60)
        return f"{device.name} {'stopped' if deadline.is_stopped() else 'late'}"

    found = sorted(outcomes(_devices(5), work, workers=2, device_s=60, stop=stop))

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
