"""A push that another program carries out: it has values back, and gives what a push tells and asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from asa_transport.core.planning.render import Renderer
from asa_transport.edges import templates
from asa_transport.errors import UserError
from asa_transport.flows import audit, inputs, standard
from asa_transport.flows.campaign import PushStop, WaveSummary
from asa_transport.flows.commit import run_commit
from asa_transport.flows.inputs import Conduct
from asa_transport.flows.plan_file import read_plan
from asa_transport.flows.push import PushEnd
from asa_transport.flows.push_locks import ALONE
from asa_transport.flows.push_ports import NewPush, PushPorts, Question
from asa_transport.flows.push_work import Work, chosen
from asa_transport.model import Applied, Device, NotReached, Plan, PushOutcome, Step
from asa_transport.model.ending import RunEnd
from mock_devices import MockFleet
from tests.fleet.commit import is_untouched, planned, reverted
from tests.fleet.pushing import limits
from tests.support import fleet_of


@dataclass
class Program:
    """Implements all of `PushPorts`; says yes to every question, and keeps what it was told."""

    told: list[str] = field(default_factory=list)
    asked: list[Question | WaveSummary] = field(default_factory=list)

    def note(self, message: str, /) -> None:
        self.told.append(message)

    def warn(self, message: str, /) -> None:
        self.told.append(message)

    def ask(self, question: Question) -> bool:
        self.asked.append(question)
        return True

    def confirm(self, summary: WaveSummary) -> bool:
        self.asked.append(summary)
        return True

    @contextmanager
    def watch(self, plan: Plan, total: int, stop: PushStop, /) -> Iterator[Program]:
        self.told.append(f"watching {total} of {len(plan.devices)}")
        yield self
        assert not stop.is_set()

    def run_started(self, run: str, devices: Sequence[Device], /) -> None:
        """Nothing is kept: the outcome names the run."""

    def wave_started(self, wave: int, devices: Sequence[Device]) -> None:
        self.told.append(f"wave {wave}: {len(devices)}")

    def started(self, device: Device) -> None:
        self.told.append(f"{device.name} started")

    def stepped(self, device: Device, step: Step) -> None:
        """Come from another thread; nothing is kept."""

    def ended(self, outcome: PushOutcome) -> None:
        self.told.append(f"{outcome.device.name} ended")

    def waiting(self, seconds: float) -> None:
        raise AssertionError(seconds)

    def ending(self) -> None:
        raise AssertionError

    def stopped(self, reason: str) -> None:
        raise AssertionError(reason)


def pushed(directory: Path, program: Program, ready: Callable[[], None]) -> PushEnd:
    """Push the plan of a directory."""
    inventory, now = directory / "inventory.yaml", datetime.now(UTC)
    plan = read_plan(directory / "plan.json", now)
    work = Work(
        plan=plan,
        now=now,
        inventory_file=inventory,
        judgement=standard.read(inventory, inputs.Files(), now=now, is_now_given=False),
        renderer=Renderer(templates.jinja()),
        state=directory / "state",
    )
    request = audit.prepare(inventory, (), workers=1, limits=limits(), textfsm=None, ask=None)
    devices = chosen(plan, request.inventory.devices, ())
    ports = PushPorts(teller=program, ask=program.ask, watch=program.watch, ready=ready)
    return run_commit(work, request, devices, Conduct(), approvals=(), ports=ports)


def is_unvisited(fleet: MockFleet) -> bool:
    return all(is_untouched(fleet[name]) and not fleet[name].transcript for name in fleet.names)


def test_a_program_pushes_without_a_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A job of another system has no terminal: it is told and asked through what it gives."""
    program = Program()
    with fleet_of(reverted("fw-a"), reverted("fw-b")) as fleet:
        planned(fleet, tmp_path)
        capfd.readouterr()

        end = pushed(tmp_path, program, lambda: program.told.append("ready"))

    assert end.end is RunEnd.OK
    assert [type(outcome) for outcome in end.outcomes] == [Applied, Applied]
    assert end.document["run"]["id"] == end.folder.name
    first, second = program.asked
    assert isinstance(first, NewPush)
    assert (first.devices, first.outlook.last_wave) == (2, 2)
    assert isinstance(second, WaveSummary)
    assert program.told[:3] == ["ready", ALONE, "watching 2 of 2"]
    assert sorted(one for one in program.told if one.endswith("ended")) == ["fw-a ended", "fw-b ended"]
    assert not [one for one in program.told if "warning" in one]
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_a_result_that_nobody_can_keep_ends_a_push_before_a_device_is_contacted(tmp_path: Path) -> None:
    """What is done to a firewall and cannot be told would be asked of a person a day later."""

    def unready() -> None:
        raise UserError("no room for the result")

    program = Program()
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)

        with pytest.raises(UserError, match="no room"):
            pushed(tmp_path, program, unready)

        assert is_unvisited(fleet)
    assert program.told == []


class Broken(Program):
    """Watches, and raises whatever it is told; answers as it is made."""

    @contextmanager
    def watch(self, plan: Plan, total: int, stop: PushStop, /) -> Iterator[Program]:
        yield self
        raise KeyError(plan.id, total, stop)

    def wave_started(self, wave: int, devices: Sequence[Device]) -> None:
        raise ValueError(wave, devices)

    def started(self, device: Device) -> None:
        raise OSError(device.name)

    def stepped(self, device: Device, step: Step) -> None:
        raise RuntimeError(device, step)

    def ended(self, outcome: PushOutcome) -> None:
        raise AttributeError(outcome)


class Speechless(Program):
    """Fails at the question between two waves."""

    def confirm(self, summary: WaveSummary) -> bool:
        raise RuntimeError(summary.wave)

    def stopped(self, reason: str) -> None:
        self.told.append(reason)


def test_who_watches_and_fails_leaves_no_firewall_between_two_lines(tmp_path: Path) -> None:
    """A picture on a screen must not stop a way back, nor the record of what was done."""
    program = Broken()
    with fleet_of(reverted("fw-a"), reverted("fw-b")) as fleet:
        planned(fleet, tmp_path)

        end = pushed(tmp_path, program, lambda: None)

        assert [fleet[name].transport for name in fleet.names] == ["smart", "smart"]
    assert end.end is RunEnd.OK
    assert [type(outcome) for outcome in end.outcomes] == [Applied, Applied]
    assert (end.folder / "push.json").is_file()
    (warning,) = (one for one in program.told if "warning" in one)
    assert "ValueError" in warning


def test_a_question_that_fails_is_a_no(tmp_path: Path) -> None:
    """Nobody said that the next wave may begin."""
    program = Speechless()
    with fleet_of(reverted("fw-a"), reverted("fw-b")) as fleet:
        planned(fleet, tmp_path)

        end = pushed(tmp_path, program, lambda: None)

        assert is_untouched(fleet["fw-b"])
    assert [type(outcome) for outcome in end.outcomes] == [Applied, NotReached]
    assert end.end is RunEnd.PUSH_STOPPED
    assert (end.folder / "push.json").is_file()
