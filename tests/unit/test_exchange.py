"""What came after a line was typed: whose echo, whose prompt, and whether that was all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.asa import prompts, terminal
from asa_transport.asa.exchange import Exchange
from asa_transport.asa.prompts import Prompt
from asa_transport.asa.questions import question_at_end

KNOWN = prompts.whole("fw-a/pri/act# ")


def heard(*pieces: str, line: str = "show mode", known: Prompt | None = KNOWN) -> Exchange:
    """Return an exchange that took these pieces."""
    exchange = Exchange(line, known=known, asks=lambda end: question_at_end(end) is not None)
    for piece in pieces:
        exchange.take(piece)
    return exchange


def test_a_prompt_before_the_echo_ends_nothing() -> None:
    """A prompt that was printed again after a syslog line is not the end of an answer that never came."""
    exchange = heard("\r\n%ASA-5-111008: User 'x'\r\n\rfw-a/pri/act# ")

    assert not exchange.is_over
    assert not exchange.may_be_over


def test_a_question_before_the_echo_ends_nothing() -> None:
    """`enable` is judged by what follows its own echo."""
    assert not heard("\r\nPassword: ", line="enable", known=None).is_over
    assert heard("enable\r\nPassword: ", line="enable", known=None).is_over


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_pieces_of_the_stream_mean_nothing(size: int) -> None:
    """The network cuts where it likes."""
    raw = "\r\nfw-a/pri/act# show mode\r\nSecurity context mode: single \r\n\rfw-a/pri/stby# "

    exchange = heard(*(raw[at : at + size] for at in range(0, len(raw), size)))

    assert exchange.is_over


def test_a_prompt_of_another_device_may_be_the_end_and_is_not_ours() -> None:
    """It is waited for whether more comes, and then it is an error, at once."""
    exchange = heard("show mode\r\nxx#")

    assert not exchange.is_over
    assert exchange.may_be_over


@pytest.mark.parametrize("behind", ["%ASA-5-111008: User 'x'", "archive: 7 files copied"])
def test_what_stands_behind_the_prompt_is_waited_for_no_longer_than_a_moment(behind: str) -> None:
    """The prompt is not printed again behind it."""
    raw = f"show mode\r\nsingle\r\n\rfw-a/pri/act# \r\n{behind}\r\n"
    answer = terminal.answer_to("show mode", raw, known=KNOWN)

    assert heard(raw).may_be_over
    assert not heard(raw).is_over
    assert answer is not None
    assert (answer.text, answer.prompt) == ("single\n", KNOWN)
    assert (terminal.stray(answer.after) is None) is behind.startswith("%ASA")


def test_a_line_that_is_nobody_s_before_the_echo_is_known_at_once() -> None:
    """The error must quote the line, and not the limit."""
    assert heard("\r\narchive: 7 files copied\r\n\rfw-a/pri/act# ").may_be_over


def test_a_wrapped_echo_is_no_stray_line() -> None:
    """A long command is echoed in pieces."""
    line = "show running-config all license"
    exchange = heard("show running-config al\r\nl license\r\n\rfw-a/pri/act# ", line=line)

    assert exchange.is_over


def test_an_echo_that_chatter_tore_is_no_stray_line() -> None:
    """The device prints the line again behind what it said."""
    raw = "show m\r\n%ASA-5-111008: User 'x'\r\n\rfw-a/pri/act# show mode\r\nsingle\r\n\rfw-a/pri/act# "
    answer = terminal.answer_to("show mode", raw, known=KNOWN)

    assert heard(raw).is_over
    assert answer is not None
    assert answer.text == "single\n"
    assert terminal.stray(answer.before, typed="show mode") is None
    assert terminal.stray(answer.before) == "show m"


def test_threat_defense_is_followed_at_its_bare_prompt() -> None:
    """Anywhere else `> ` is the mark of a quotation."""
    assert heard("show mode\r\nx\r\n\r> ", known=prompts.BARE).is_over
    assert not heard("show mode\r\nx\r\n\r> ").may_be_over


@given(
    pieces=st.lists(
        st.text(alphabet="ab#> \r\n\x1b[0m", max_size=12).map(lambda text: f"{text}\n")
        | st.just("fw-a# \r\n"),
        max_size=8,
    ),
    cuts=st.lists(st.integers(1, 5), min_size=1, max_size=6),
)
def test_how_the_answer_is_cut_into_pieces_does_not_show(pieces: list[str], cuts: list[int]) -> None:
    """Lines that no prompt can be are passed over together; what is said of the others must not change."""
    known = terminal.prompt_at_end("fw-a# ")
    text = "".join(pieces)
    whole, cut = (Exchange("show mode", known=known) for _ in range(2))
    for one in (whole, cut):
        one.take("show mode\r\n")
    whole.take(text)
    at = 0
    while at < len(text):
        for size in cuts:
            cut.take(text[at : at + size])
            at += size

    assert (whole.is_over, whole.may_be_over) == (cut.is_over, cut.may_be_over)
