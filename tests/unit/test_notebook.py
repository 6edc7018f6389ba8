"""What one device said is read once, however many other devices are asked meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from asa_transport.asa.commands import CLOCK, CONFIG_LICENSE, LICENSE_STATUS
from asa_transport.core.parsing.lines import Line
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.parsing.walk import Table
from asa_transport.edges import templates
from asa_transport.errors import ParseError
from asa_transport.flows.audit_device import Notebook
from asa_transport.model import CommandOutput, DeviceFacts, SshFacts
from tests.golden.golden import DEVICES, capture_of
from tests.unit.judging import device


class Counting(TableSet):
    """Counts the answers that a template was run over."""

    runs = 0

    def run(self, name: str, command: str, lines: Sequence[Line]) -> Table:
        self.runs += 1
        return super().run(name, command, lines)


def test_no_device_of_a_wave_makes_another_ones_answers_be_read_anew() -> None:
    """A push judges all that it knows some fifty times a device; a hundred take turns."""
    tables = Counting(templates.textfsm(None))
    outputs = capture_of(DEVICES / "smart_healthy").outputs
    books = []
    for number in range(30):
        book = Notebook(replace(device(), name=f"fw-{number}"), tables)
        book.keep([replace(one, text=f"{one.text}device {number}\n") for one in outputs])
        books.append(book)
    said = [book.facts() for book in books]
    once = tables.runs

    again = [book.facts() for book in books]

    assert once >= 30 * 5
    assert tables.runs == once
    assert [one.version for one in again] == [one.version for one in said]


def test_what_is_asked_again_and_says_the_same_is_not_thought_about_again() -> None:
    """A push looks at one block a dozen times; only what changed since is worked out."""
    book = Notebook(device(), TableSet(templates.textfsm(None)))
    book.keep(capture_of(DEVICES / "smart_healthy").outputs)
    before = book.facts()

    book.keep(book.capture().outputs)

    assert book.facts().sources is before.sources


def _with(outputs: Sequence[CommandOutput], command: str, **changes: Any) -> list[CommandOutput]:
    (found,) = (one for one in outputs if one.command == command)
    return [one for one in outputs if one is not found] + [replace(found, **changes)]


def test_what_changed_since_is_never_what_was_remembered() -> None:
    """Each of what facts are made of: a text, the prompt it stands at, the session, the time of its clock."""
    outputs = capture_of(DEVICES / "smart_healthy").outputs
    later = datetime(2031, 1, 1, tzinfo=UTC)

    def facts_after(change: Callable[[Notebook], object]) -> DeviceFacts:
        book = Notebook(device(), TableSet(templates.textfsm(None)))
        book.keep(outputs)
        book.facts()
        change(book)
        return book.facts()

    removed = facts_after(lambda book: book.keep(_with(outputs, CONFIG_LICENSE, text="")))
    assert removed.license_block == ()
    now_standby = _with(outputs, CLOCK, prompt="fw-par-01/sec/stby#")
    anew = Notebook(device(), TableSet(templates.textfsm(None)))
    anew.keep([*outputs, *now_standby])
    standby = facts_after(lambda book: book.keep(now_standby)).failover
    assert standby == anew.facts().failover
    assert standby != facts_after(Notebook.capture).failover
    clock = facts_after(lambda book: book.keep(_with(outputs, CLOCK, started_at=later))).clock
    assert clock is not None
    assert clock.read_at == later
    session = SshFacts(kex="k", host_key="ssh-rsa", cipher="c", mac="m", server="SSH-2.0-Cisco-1.25")
    assert facts_after(lambda book: setattr(book, "ssh", session)).ssh == session


def test_one_answer_by_itself_is_not_what_all_of_them_say() -> None:
    """They are remembered apart, in whichever order they are asked for."""
    outputs = capture_of(DEVICES / "smart_healthy").outputs
    (status,) = (one for one in outputs if one.command == LICENSE_STATUS)
    book = Notebook(device(), TableSet(templates.textfsm(None)))
    book.keep([status])

    alone = book.facts_of(status)

    assert alone.version is None
    with pytest.raises(ParseError):
        book.facts()
    book.keep(outputs)
    assert book.facts().version is not None
    assert book.facts_of(status) == alone
