"""No text of a device costs more than its length: every text function is given eight times as much."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TypeAlias

import pytest

from asa_transport import chatter, prompts, terminal
from asa_transport.core import parse
from asa_transport.core.outputs import lines, unflatten
from asa_transport.core.pushing import answers
from asa_transport.exchange import Exchange

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
    for at in range(0, len(text), 16):
        exchange.take(text[at : at + 16])
        _ = exchange.is_over or exchange.may_be_over
    return exchange


LIVE: dict[str, Reads] = {
    "exchange": followed,
    "exchange behind the echo": lambda text: followed("show version\r\n" + text),
    "prompt at the end": terminal.prompt_at_end,
    "typed": terminal.typed_at,
    "password": terminal.asks_password,
    "more": terminal.asks_more,
    "lines": terminal.lines_of,
    "answer": lambda text: terminal.answer_to("show version", text),
    "echo on the same line": lambda text: terminal.answer_to("show version", text + "show version\r\nfw-a# "),
    "is chatter": terminal.is_chatter,
    "render": terminal.render,
    "printable": terminal.printable,
    "whole prompt": prompts.whole,
    "leading prompt": prompts.leading,
    "chatter": chatter.kind,
}
READ: dict[str, Reads] = {
    "lines of an output": lines.to_lines,
    "no chatter": lambda text: lines.without_chatter(lines.to_lines(text), "fw-a#"),
    "annotation": lines.without_annotation,
    "unflatten": lambda text: list(unflatten.unflatten(lines.to_lines("Transport: Type: " + text))),
    "paste": unflatten.is_paste,
    "field": unflatten.begins_with_field,
    "multiple mode": parse.is_multiple_mode,
    "judged": lambda text: answers.judged("end", text, before="fw-a#", after="fw-a#"),
    "saved": answers.is_saved,
    "renewal": answers.judged_renewal,
}


def cpu_s(reads: Reads, text: str) -> float:
    """Return the CPU time of one reading, seconds."""
    began = time.thread_time()
    reads(text)
    return time.thread_time() - began


def grows(reads: Reads, unit: str) -> bool:
    """Return whether eight times the text costs much more than eight times as much, each of three times."""
    text = unit * (SHORT // len(unit))
    return all(
        cpu_s(reads, text * TIMES + ".") > max(LEAST_S, MOST * cpu_s(reads, text + ".")) for _ in range(3)
    )


@pytest.mark.parametrize("name", [*LIVE, *READ])
def test_eight_times_the_text_costs_about_eight_times(name: str) -> None:
    """One line of blanks once stopped a whole run: a pattern holds every thread until it is done."""
    reads = {**LIVE, **READ}[name]

    assert [shape for shape, unit in HOSTILE.items() if grows(reads, unit)] == []


def test_a_quadratic_reading_is_seen() -> None:
    """A test that passes whatever the functions cost would be worth nothing."""
    assert grows(re.compile("x*y").search, "x")
