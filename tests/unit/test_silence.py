"""What a firewall that does not answer costs a run by default: its limits twice; in virtual time."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field

import pytest
from tenacity import wait_fixed

from asa_transport.capabilities import Deadline, Link, Visit
from asa_transport.edges.ssh.links import TcpLink
from asa_transport.engine.fleet import RunStop, Terms, run_outcomes
from asa_transport.errors import ConnectError, DeviceError
from asa_transport.model import Device, Limits, SessionCaps
from tests.unit.test_scheduler import devices
from tests.unit.virtual_time import VirtualLoop

LIMITS = Limits()
(DEVICE,) = devices(1)


@dataclass(slots=True)
class World:
    """A device whose attempts end so: after how many seconds, and how often, before it speaks."""

    seconds: float
    fails: int = 10**9
    tried_at: list[float] = field(default_factory=list)
    ended_at: float = 0.0
    is_passing: bool = True

    async def __call__(self, device: Device, deadline: Deadline) -> Link:
        self.tried_at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(min(self.seconds, deadline.remaining_s()))
        self.ended_at = asyncio.get_running_loop().time()
        if len(self.tried_at) > self.fails:
            return TcpLink(socket.socket())
        saw = f"no answer within {self.seconds:g} s" if self.seconds else "connection reset"
        raise ConnectError(device.name, did="connecting", saw=saw, hint="look", is_transient=self.is_passing)

    async def close(self) -> None:
        pass

    async def visit(self, visit: Visit) -> str:
        return f"{visit.device.name} spoke"


def outcome_of(world: World, limits: Limits = LIMITS) -> str:
    def failed(_: Device, error: DeviceError) -> str:
        return error.error

    terms: Terms[str] = Terms(
        lost=lambda lost: f"lost {lost.loss}",
        failed=failed,
        workers=1,
        device_s=limits.device_s,
        attempts=limits.attempts,
        silence_s=limits.silence_s,
        caps=SessionCaps(),
        new_loop=VirtualLoop,
        jitter=wait_fixed(1),
    )
    (found,) = run_outcomes([DEVICE], world, terms, approach=world, stop=RunStop())
    return found


@pytest.mark.parametrize(
    ("seconds", "most"),
    [
        # Nobody answers the dialling: an address that is filtered or gone.
        (LIMITS.tcp_s, 15),
        # It takes the connection and says nothing: no session is free, or it hangs.
        (LIMITS.handshake_s, 35),
    ],
)
def test_one_silent_device_is_waited_for_some_seconds_by_default(seconds: float, most: float) -> None:
    """A person who audits one firewall waited 93 s for the news that it is down."""
    world = World(seconds)

    assert outcome_of(world) == f"connecting: no answer within {seconds:g} s, tried twice"
    assert len(world.tried_at) == 2
    assert world.ended_at <= most


def test_a_fault_that_comes_at_once_is_tried_as_often_as_there_are_attempts() -> None:
    """A bastion that is full resets the connection, and takes it a second later."""
    world = World(0.0)

    assert outcome_of(world) == "connecting: connection reset"
    assert len(world.tried_at) == LIMITS.attempts == 3


@pytest.mark.parametrize(("seconds", "fails"), [(0.0, 2), (LIMITS.tcp_s, 1)])
def test_a_device_that_speaks_in_the_end_is_worked_on(seconds: float, fails: int) -> None:
    """One lost packet is no firewall that is down."""
    assert outcome_of(World(seconds, fails)) == "fw-00000 spoke"


def test_silence_between_faults_is_counted_by_itself() -> None:
    """The first silence of a device is tried again, whatever came before it."""
    world = World(LIMITS.tcp_s, fails=1)

    assert outcome_of(world, Limits(attempts=5)) == "fw-00000 spoke"
    assert outcome_of(World(LIMITS.tcp_s), Limits(attempts=5)).endswith("tried twice")


def test_where_one_attempt_is_asked_for_there_is_one() -> None:
    """Nothing is said of a second one."""
    world = World(LIMITS.tcp_s)

    assert outcome_of(world, Limits(attempts=1)) == "connecting: no answer within 5 s"
    assert len(world.tried_at) == 1


def test_what_does_not_pass_is_not_tried_again() -> None:
    """A name that does not exist will not in a second either."""
    world = World(LIMITS.tcp_s, is_passing=False)

    assert outcome_of(world) == "connecting: no answer within 5 s"
    assert len(world.tried_at) == 1
