"""What one device said is read once, however many other devices are asked meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from asa_transport.core.parsing.lines import Line
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.parsing.walk import Table
from asa_transport.edges import templates
from asa_transport.flows.audit_device import Notebook
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
