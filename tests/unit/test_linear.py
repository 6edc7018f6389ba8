"""No text of a device costs more than its length: every text function is given eight times as much."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

import pytest

from asa_transport.asa import chatter, command_names, prompts, replies, terminal
from asa_transport.asa.exchange import Exchange
from asa_transport.asa.questions import question_at_end
from asa_transport.core.parsing import lines, parse, unflatten
from asa_transport.core.parsing.saved import samples
from asa_transport.core.parsing.saved.samples import Reading
from asa_transport.text import printable

Reads: TypeAlias = Callable[[str], object]

SHORT, TIMES = 4_000, 8
# A linear function takes eight times as long, a quadratic one sixty-four times.
MOST = 24
# Below this the clock and the machine say more than the function.
LEAST_S = 0.02

HOSTILE = {
    "blanks": " ",
    "tabs": "\t",
    "carriage returns": "\r",
    "line ends": "\n",
    "wild line ends": "\r\r\n\r",
    "backspaces": "x\b",
    "escapes": "\x1b[",
    "half an escape": "\x1b]",
    "prompt parts": "a/",
    "colons": "a: ",
    "stars": "*** ",
    "percents": "%ASA-6-",
    "times": "Mar 10 2026 12:00:01 ",
    "pager": "<--- More --->",
    "labels": "Status: ",
    "features": "Failover  ",
    "arrows": " <--",
    "saved": " [OK",
}


def followed(text: str) -> Exchange:
    """Follow an exchange in small pieces, asked after each, as a slow device makes it."""
    exchange = Exchange("show version", known=prompts.whole("fw-a# "))
    for at in range(0, len(text), 64):
        exchange.take(text[at : at + 64])
        _ = exchange.is_over or exchange.may_be_over
    return exchange


LIVE: dict[str, Reads] = {
    "exchange": followed,
    "exchange behind the echo": lambda text: followed("show version\r\n" + text),
    "prompt at the end": terminal.prompt_at_end,
    "typed": terminal.typed_at,
    "password": question_at_end,
    "more": terminal.asks_more,
    "lines": terminal.lines_of,
    "answer": lambda text: terminal.answer_to("show version", text),
    "echo on the same line": lambda text: terminal.answer_to("show version", text + "show version\r\nfw-a# "),
    "is chatter": terminal.is_chatter,
    "render": terminal.render,
    "printable": printable,
    "whole prompt": prompts.whole,
    "leading prompt": prompts.leading,
    "chatter": chatter.kind,
}
AT = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)


def saved(text: str) -> Reading:
    """Read a saved text."""
    return samples.read(text, name="a.txt", at=AT)


SAVED: dict[str, Reads] = {
    "saved text": saved,
    "saved answer": lambda text: samples.output("show version", text, at=AT),
    "transcript": lambda text: saved(f"fw-a# show version\n{text}\nfw-a# exit\n"),
    "backup": lambda text: saved(f"! {text}\nASA Version 9.22(2)14\nhostname fw-a\n{text}"),
    "page": lambda text: saved(f"Transport: Type: Smart\n{text}"),
    "quoted": lambda text: saved("".join(f"> {text[at : at + 40]}\n" for at in range(0, len(text), 40))),
    "file name": command_names.of_file,
    "other file name": command_names.other_of_file,
    "typed command": command_names.typed,
}
MANY = {
    "commands": "fw-a# show clock\n12:00:00.000 UTC Mon Jan 12 2026\n",
    "versions": "fw-a# show version\nSerial Number: 9AEXAMPLE01\n",
    "other versions": "fw-a# show version\nSerial Number: 9A{number}\n",
    "logins": "fw-a# show clock\nfw-a# exit\n",
    "hosts": "fw-{number}# show clock\n",
    "unknown commands": "fw-a# show nothing {number}\nx\n",
    "unprompted versions": "Cisco Adaptive Security Appliance Software Version 9.22(1)\n",
    "pastes": "Transport: Type: Smart\nprose\n",
    "quotes": "> > > x\n",
    "stamps": "[12:00:01] x\n",
}
READ: dict[str, Reads] = {
    "lines of an output": lines.to_lines,
    "no chatter": lambda text: lines.without_chatter(lines.to_lines(text), "fw-a#"),
    "annotation": lines.without_annotation,
    "unflatten": lambda text: list(unflatten.unflatten(lines.to_lines("Transport: Type: " + text))),
    "paste": unflatten.is_paste,
    "field": unflatten.begins_with_field,
    "multiple mode": parse.is_multiple_mode,
    "judged": lambda text: replies.judged("end", text, before="fw-a#", after="fw-a#"),
    "saved": replies.is_saved,
    "renewal": replies.judged_renewal,
}


def cpu_s(reads: Reads, text: str) -> float:
    """Return the CPU time of one reading, seconds."""
    began = time.thread_time()
    reads(text)
    return time.thread_time() - began


def grows(reads: Reads, unit: str, short: int = SHORT) -> bool:
    """Return whether eight times the text costs much more than eight times as much, each of three times."""
    text = unit * (short // len(unit))
    return all(
        cpu_s(reads, text * TIMES + ".") > max(LEAST_S, MOST * cpu_s(reads, text + ".")) for _ in range(3)
    )


@pytest.mark.parametrize("name", [*LIVE, *READ, *SAVED])
def test_eight_times_the_text_costs_about_eight_times(name: str) -> None:
    """One line of blanks once stopped a whole run: a pattern holds every thread until it is done."""
    reads = {**LIVE, **READ, **SAVED}[name]

    assert [shape for shape, unit in HOSTILE.items() if grows(reads, unit)] == []


@pytest.mark.parametrize("shape", MANY)
def test_eight_times_the_commands_cost_about_eight_times(shape: str) -> None:
    """A year's log of one terminal holds thousands of them."""

    def read(text: str) -> object:
        return saved("".join(MANY[shape].format(number=number) for number in range(len(text))))

    assert not grows(read, "x", short=150)


def test_a_quadratic_reading_is_seen() -> None:
    """A test that passes whatever the functions cost would be worth nothing."""
    assert grows(re.compile("x*y").search, "x", short=1_500)
