"""One device's guarded push in the hands of a test: the real `Pusher` over real SSH, a journal in memory.

A written fleet (`fleet.write(directory)`) and a plan beside it are all that is needed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asa_transport.core.planning.plan import Origin
from asa_transport.core.planning.recheck import Recheck
from asa_transport.core.planning.render import Renderer
from asa_transport.edges import templates
from asa_transport.edges.ssh.jump_hosts import JumpHosts
from asa_transport.edges.ssh.reach import Reach
from asa_transport.engine import bridge
from asa_transport.engine.admission import Trial
from asa_transport.engine.fleet import DeviceDeadline
from asa_transport.engine.secret_guard import SecretGuard
from asa_transport.flows import audit, inputs, standard
from asa_transport.flows.audit_device import Auditor
from asa_transport.flows.plan_file import read_plan
from asa_transport.flows.push import mates_of
from asa_transport.flows.push_device import Pusher
from asa_transport.flows.push_locks import Lease
from asa_transport.flows.push_login import config_logins, logins
from asa_transport.flows.push_proof import Patience
from asa_transport.flows.push_work import chosen, probe_targets, with_mates
from asa_transport.model import (
    Capture,
    Device,
    JournalEvent,
    Limits,
    LineSent,
    PushOutcome,
    SshPolicy,
    Step,
    Stepped,
)
from mock_devices import MockFleet
from tests.fleet.hands import run

PLAN = "plan.json"
# Nothing on loopback takes long; what is waited for in vain is waited for as short as that.
BRIEF = Patience(contact_s=0.3, poll_s=0.1, reconnect_s=1.0)
LONG = Patience(contact_s=30.0, poll_s=0.1, reconnect_s=1.0)
DEVICE_S = 60.0


class Memory:
    """A journal, and a run's folder, that live for one test."""

    def __init__(self) -> None:
        self.events: list[JournalEvent] = []
        self.kept: list[tuple[str, Capture]] = []

    def note(self, event: JournalEvent) -> None:
        """Keep an event; implements `capabilities.Journal`."""
        self.events.append(event)

    def keep(self, capture: Capture, part: str) -> None:
        """Keep what was read."""
        self.kept.append((part, capture))

    @property
    def steps(self) -> list[Step]:
        """The steps in their order."""
        return [event.step for event in self.events if isinstance(event, Stepped)]

    @property
    def lines(self) -> list[str]:
        """The lines that were announced, in their order."""
        return [event.line for event in self.events if isinstance(event, LineSent)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushing:
    """A pusher, what it writes down, and the devices of its inventory."""

    pusher: Pusher
    memory: Memory
    devices: Mapping[str, Device]

    def push(self, name: str) -> PushOutcome:
        """Push one planned device."""
        return pushed(self.pusher, self.devices[name])


def pushed(pusher: Pusher, device: Device, seconds: float = DEVICE_S) -> PushOutcome:
    """Push one device, on a loop of its own."""
    return bridge.run(lambda: pusher.push(device, DeviceDeadline(seconds)))


def make_plan(directory: Path, *arguments: str) -> Path:
    """Write a plan for the fleet that was written here."""
    ended = run(directory, "plan", "-o", directory / PLAN, *arguments)
    assert ended.code == 0, ended.err
    return directory / PLAN


def enrol_mates(fleet: MockFleet, directory: Path) -> None:
    """Add the key of each unit of a pair for the address of its mate, as `hostkeys scan --pairs` does."""
    with (directory / "known_hosts").open("a") as file:
        for name in fleet.names:
            failover = fleet[name].spec.failover
            if failover is not None:
                mate = fleet[failover.mate]
                file.write(f"[{mate.host}]:{mate.port} {fleet[name].public_keys[0]}\n")


def limits(command_s: float = 20.0) -> Limits:
    """Return short limits; only the command's is ever reached on loopback."""
    return Limits(
        tcp_s=5, handshake_s=10, authentication_s=10, command_s=command_s, device_s=DEVICE_S, attempts=1
    )


@contextlib.contextmanager
def _lease(names: Iterable[str]) -> Iterator[Lease]:
    """Hold nothing: one test is alone with its fleet."""
    del names
    yield Lease()


def pushing(
    directory: Path,
    *,
    patience: Patience = LONG,
    command_s: float = 20.0,
    memory: Memory | None = None,
    is_ending: Callable[[], bool] = lambda: False,
) -> Pushing:
    """Return a pusher for the plan of this directory, as a committed push would build it."""
    now = datetime.now(UTC)
    inventory = directory / "inventory.yaml"
    plan = read_plan(directory / PLAN, now)
    judgement = standard.read(inventory, inputs.Files(), now=now, is_now_given=False)
    request = audit.prepare(
        inventory,
        (),
        workers=1,
        limits=limits(command_s),
        textfsm=None,
        ask=None,
        choose=lambda known: with_mates(plan, chosen(plan, known, ()), known),
    )
    devices = {device.name: device for device in request.devices}
    approach = Reach(limits=request.limits, jumps=JumpHosts(request.routes, request.limits, is_patient=True))
    memory, guard = memory or Memory(), SecretGuard(Trial())
    pusher = Pusher(
        recheck=Recheck(
            plan=plan,
            standard=judgement.standard,
            renderer=Renderer(templates.jinja()),
            tables=request.tables,
            origin=Origin(
                id="again",
                run="again",
                inventory=str(inventory),
                tool_version="0",
                policy_sha256=judgement.policy_sha256,
                now=now,
            ),
        ),
        open_config=config_logins(request, guard, SshPolicy.DEFAULT, approach),
        auditor=Auditor(
            open_session=logins(request, guard, SshPolicy.DEFAULT, approach),
            tables=request.tables,
            targets=probe_targets(plan, [devices[planned.name] for planned in plan.devices]),
        ),
        devices=devices,
        mates=mates_of(plan, request.devices),
        journal=memory,
        lease=_lease,
        keep=memory.keep,
        clock=lambda: datetime.now(UTC),
        is_ending=is_ending,
        patience=patience,
    )
    return Pushing(pusher=pusher, memory=memory, devices=devices)
