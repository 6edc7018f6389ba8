"""The reading of an ASA's terminal: prompts, echoes and answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.asa import terminal
from asa_transport.text import printable


@pytest.mark.parametrize(
    ("raw", "text", "mode", "is_privileged", "is_certain"),
    [
        ("\r\nfw-par-01> ", "fw-par-01>", "", False, True),
        ("banner\r\n\rfw-par-01# ", "fw-par-01#", "", True, True),
        ("\rfw-par-01/pri/act# ", "fw-par-01/pri/act#", "", True, True),
        ("\r\nfw-ctx/admin# ", "fw-ctx/admin#", "", True, True),
        ("\r\nfw-par-01/pri/act(config)# ", "fw-par-01/pri/act(config)#", "config", True, True),
        (
            "\r\nfw-par-01(config-smart-lic)# ",
            "fw-par-01(config-smart-lic)#",
            "config-smart-lic",
            True,
            True,
        ),
        ("\r\nfw-par-01#", "fw-par-01#", "", True, False),
        ("\x1b[0m\r\nfw-par-01# ", "fw-par-01#", "", True, True),
    ],
)
def test_a_prompt_is_found_at_the_end_of_the_stream(
    raw: str, text: str, mode: str, is_privileged: bool, is_certain: bool
) -> None:
    """Every later judgement hangs on where the answer ends."""
    prompt = terminal.prompt_at_end(raw)

    assert prompt is not None
    assert (prompt.text, prompt.mode, prompt.is_privileged, prompt.is_certain) == (
        text,
        mode,
        is_privileged,
        is_certain,
    )


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "fw-par-01# \r\n",
        "*** Authorized access only! ***#",
        "Type help or '?' for a list of available commands.\r\n",
        "########",
        "fw-par-01# show ver",
        "Password: ",
        "<--- More --->",
    ],
)
def test_what_is_no_prompt_is_not_taken_for_one(raw: str) -> None:
    """A banner's line that ends the wait would put the next command into the banner."""
    assert terminal.prompt_at_end(raw) is None


def test_prompts_of_one_device_match_across_role_context_and_mode() -> None:
    """A failover in mid-session changes the prompt, and the session goes on."""
    active = terminal.prompt_at_end("fw-par-01/pri/act# ")
    standby = terminal.prompt_at_end("fw-par-01/pri/stby# ")
    other = terminal.prompt_at_end("fw-ber-01/pri/act# ")

    assert active is not None
    assert standby is not None
    assert other is not None
    assert active.is_same_device(standby)
    assert not active.is_same_device(other)


def test_an_answer_stands_between_the_echo_and_the_prompt() -> None:
    """The echo and the prompt are not part of what the device said."""
    raw = "show mode\r\nSecurity context mode: single \r\n\rfw-par-01# "

    answer = terminal.answer_to("show mode", raw)

    assert answer is not None
    assert answer.text == "Security context mode: single \n"
    assert answer.before == ()


def test_an_empty_answer_is_empty() -> None:
    """`terminal pager 0` says nothing when it worked."""
    answer = terminal.answer_to("terminal pager 0", "terminal pager 0\r\n\rfw-par-01# ")

    assert answer is not None
    assert answer.text == ""


def test_an_answer_without_the_echo_is_no_answer() -> None:
    """The end of the last command's output must never pass for this one's."""
    raw = "Failover Off\r\nfw-par-01# show clock\r\n12:00:00.000 UTC Mon Jan 12 2026\r\nfw-par-01# "

    assert terminal.answer_to("show mode", raw) is None


@pytest.mark.parametrize(
    "echo",
    [
        "show running-config all license",
        "fw-par-01# show running-config all license",
        "show running-config all lic\b\b\blic\r\nense",
        "show running-config al\rfw-long-name/pri/act# $ing-config all license",
        "show run\rfw-long-name/pri/act# $running-config\rfw-long-name/pri/act# $onfig all license",
        "show running-config \b\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b$ing-config all license",
        "show runn\b\b\b\b\b\b\b\b\b$running-config all license" + "\b" * 27 + "show running-config al$    ",
        "show runn\rfw-long-name/pri/act# $nning-config all lic\rfw-long-name/pri/act# show running-con$",
    ],
)
def test_a_redrawn_echo_is_recognised(echo: str) -> None:
    """At 80 columns the ASA redraws what was typed, and `terminal width` may not be sent."""
    raw = f"{echo}\r\nlicense smart\r\n feature tier standard\r\nfw-long-name/pri/act# "

    answer = terminal.answer_to("show running-config all license", raw)

    assert answer is not None
    assert answer.text == "license smart\n feature tier standard\n"


def test_replication_chatter_is_known_and_other_text_is_not() -> None:
    """Chatter may land on a prompt (unicon.plugins); a stray line means that the session lost its place."""
    assert terminal.is_chatter("Beginning configuration replication: Sending to mate.")
    assert terminal.is_chatter("        Switching to Standby")
    assert terminal.is_chatter("")
    assert not terminal.is_chatter("Failover Off")


@given(st.text(max_size=400))
def test_no_text_makes_the_reading_raise(text: str) -> None:
    """A device may print anything at all."""
    terminal.prompt_at_end(text)
    terminal.asks_more(text)
    terminal.answer_to("show version", text)

    assert printable(text).isprintable() or printable(text) == ""


@given(st.text(max_size=50))
def test_what_is_shown_to_a_person_holds_no_control_characters(text: str) -> None:
    """A device must not be able to move the cursor of whoever reads the report."""
    assert all(character.isprintable() for character in printable(text))
