"""The question before a commit: what it shows at 80 columns, and what is judged only once it is answered."""

from __future__ import annotations

import os
import pty
import re
import sys
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any

import pytest

from asa_transport.cli.formats import OutputFormat
from asa_transport.cli.option_groups import Voice
from asa_transport.cli.views.push_result import Wanted
from asa_transport.cli.views.push_terminal import push_at_terminal
from asa_transport.core.planning.render import Renderer
from asa_transport.edges import templates
from asa_transport.errors import ExpiredPlan
from asa_transport.flows import audit, inputs, standard
from asa_transport.flows.commit import run_commit
from asa_transport.flows.inputs import Conduct
from asa_transport.flows.plan_file import read_plan
from asa_transport.flows.push_work import Work, chosen
from mock_devices import MockFleet
from tests.fleet.commit import LINES, POLICY, is_untouched, planned, reverted
from tests.fleet.pushing import limits
from tests.support import fleet_of

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Person:
    """Somebody at a terminal of 80 columns, who thinks for a while and then says yes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, now: datetime, thinks: timedelta) -> None:
        self.now = now
        self._thinks = thinks
        self._shown = b""
        self._own, self._theirs = pty.openpty()
        self._files: list[IO[Any]] = []
        monkeypatch.setenv("COLUMNS", "80")
        for name, mode in (("stdin", "r"), ("stderr", "w")):
            file = os.fdopen(os.dup(self._theirs), mode)
            self._files.append(file)
            monkeypatch.setattr(sys, name, file)
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def _answer(self) -> None:
        while b"[y/N]" not in self._shown:
            self._shown += os.read(self._own, 65536)
        self.now += self._thinks
        os.write(self._own, b"y\n")

    def saw(self) -> str:
        """Return what was on the screen when the question came."""
        self._thread.join(60)
        for file in self._files:
            file.close()
        os.close(self._theirs)
        os.close(self._own)
        return ESCAPES.sub("", self._shown.decode()).replace("\r", "")


def push(directory: Path, person: Person) -> int:
    """Push the plan of a directory as `push --commit` does, by the person's clock."""
    inventory, plan = directory / "inventory.yaml", read_plan(directory / "plan.json", datetime.now(UTC))
    work = Work(
        plan=plan,
        now=person.now,
        inventory_file=inventory,
        judgement=standard.read(inventory, inputs.Files(), now=person.now, is_now_given=False),
        renderer=Renderer(templates.jinja()),
        state=directory / "state",
        clock=lambda: person.now,
    )
    request = audit.prepare(inventory, (), workers=1, limits=limits(), textfsm=None, ask=None)
    devices = chosen(plan, request.inventory.devices, ())
    wanted = Wanted(shape=OutputFormat.JSON, output=directory / "push.json", voice=Voice())
    return push_at_terminal(
        work, wanted, partial(run_commit, work, request, devices, Conduct(), approvals=())
    )


def untouched(fleet: MockFleet) -> bool:
    return all(is_untouched(fleet[name]) and not fleet[name].transcript for name in fleet.names)


def test_a_window_that_closes_while_the_question_is_open_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person is asked a minute before the end and says yes after it; and saw what the yes is about."""
    now = datetime.now(UTC)
    opened, closes = now - timedelta(hours=1), now + timedelta(minutes=1)
    window = (
        "change_windows: [{days: [mon, tue, wed, thu, fri, sat, sun], "
        f"from: '{opened:%H:%M}', to: '{closes:%H:%M}', zone: UTC}}]\n"
    )
    with fleet_of(reverted("fw-a"), reverted("fw-b")) as fleet:
        plan = planned(fleet, tmp_path, POLICY + window)
        person = Person(monkeypatch, now, timedelta(minutes=2))
        code = push(tmp_path, person)
        saw = person.saw()

        assert code == 6
        assert untouched(fleet)
        document = (tmp_path / "push.json").read_text()
        assert document.count('"outcome": "refused"') == 2
        assert "outside the change windows" in document
    assert max(map(len, saw.splitlines())) <= 80
    digest = read_plan(plan, datetime.now(UTC)).digest
    for shown in (
        digest,
        "wave 1 of 2",
        "fw-b",
        *LINES,
        "before the first line",
        "smartreceiver.cisco.com:443",
    ):
        assert shown in saw
    assert "until one device of wave 1 is proven" in saw


def test_a_plan_that_expires_while_the_question_is_open_is_not_pushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was observed yesterday says nothing of today, however early the question was put."""
    with fleet_of(reverted("fw-a")) as fleet:
        planned(fleet, tmp_path)
        person = Person(monkeypatch, datetime.now(UTC), timedelta(days=3))

        with pytest.raises(ExpiredPlan):
            push(tmp_path, person)

        person.saw()
        assert untouched(fleet)
