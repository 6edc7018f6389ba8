"""What an audit may send is a closed list; `show` alone is not harmless."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.asa.commands import CHANGE_FRAME, READS, Asked, Kind, asked, kind_of, template_of
from asa_transport.capabilities import is_read_only

HOSTILE = (
    "show tech file disk0:/x",
    "show tech-support file disk0:/x",
    "sh tech-support f disk0:/x",
    "show running-config | redirect disk0:/x",
    "show version | tee disk0:/x",
    "show version | append disk0:/x",
    "show startup-config",
    "show running-config",
    "show version ",
    "show version\n",
    " show version",
    "Show version",
    "show  version",
    "show version;reload",
    "show version | include x",
    "show license all\nreload",
    "changeto context a b",
    "changeto context ../x\n",
    "terminal pager 24",
    "terminal width 511",
    "copy running-config startup-config",
    "debug all",
    "",
)


@pytest.mark.parametrize("line", [*HOSTILE, *sorted(CHANGE_FRAME)])
def test_a_line_that_no_audit_sends_may_not_be_sent(line: str) -> None:
    """A file on the firewall's disk is a change, and an abbreviation is another line."""
    assert not is_read_only(line)
    assert not is_read_only(line, probe=True)


def around(line: str) -> st.SearchStrategy[str]:
    """Return texts that look like this line: cut, extended, or with something in the middle."""
    place = st.integers(min_value=0, max_value=len(line))
    return st.builds(
        lambda at, cut, put: line[:at] + put + line[at + cut :], place, place, st.text(max_size=20)
    )


@given(st.one_of(st.text(max_size=80), st.sampled_from(sorted(READS)).flatmap(around)))
def test_nothing_passes_but_the_list_a_context_and_a_probe(line: str) -> None:
    """Whatever a template, a plan or a bug of ours asks for."""
    is_named = re.fullmatch(r"changeto context [A-Za-z0-9_.-]{1,64}", line) is not None
    is_probe = re.fullmatch(r"ping tcp [A-Za-z0-9.-]{1,253} [0-9]{1,5}", line) is not None

    assert is_read_only(line) is (line in READS or is_named)
    assert is_read_only(line, probe=True) is (line in READS or is_named or is_probe)


def test_an_audit_types_show_commands_and_four_lines_of_a_session() -> None:
    """Whatever row the table of commands is given: none of them is a line that changes something."""
    others = {line for line in READS if not line.startswith("show ")}

    assert others == {"enable", "terminal pager 0", "exit", "changeto system"}
    assert not any(re.search(r"\b(tech|tech-support|file|redirect|append|tee)\b", line) for line in READS)
    # `| include` prints fewer lines, and is the only filter that does nothing else.
    assert all(re.fullmatch(r"show [a-z -]+( \| include \^[^\n]+)?", line) for line in READS - others)


def test_what_frames_a_change_is_four_lines_and_no_audit_sends_one() -> None:
    """The table is read by the session that may write, too: a row more there is a line more on a firewall."""
    assert {"configure terminal", "end", "license smart renew auth", "write memory"} == CHANGE_FRAME
    assert not CHANGE_FRAME & READS


def test_the_lines_of_a_time_are_those_of_their_rows_in_order() -> None:
    """A firewall with contexts is asked in its system space, and goes there first."""
    assert asked(Asked.MULTIPLE) == ("changeto system", "show context")
    assert asked(Asked.CHANGE, Asked.FIRST)[0] == "show mode"
    assert asked() == ()


def test_what_is_known_of_an_answer_is_known_by_its_template() -> None:
    """An unknown line of a licence answer forbids a change; one of a user's own template says nothing."""
    for name in ("status", "all", "summary"):
        assert kind_of(f"cisco_asa_show_license_{name}") == Kind.LICENSE | Kind.PASTE
    # An entitlement's name is the customer's text.
    assert kind_of("cisco_asa_show_license_usage") == Kind.PASTE
    assert kind_of("cisco_asa_show_running_config") == Kind.LICENSE
    assert kind_of("cisco_asa_show_clock") is Kind.PLAIN
    assert kind_of("of_a_user") is Kind.PLAIN


@pytest.mark.parametrize(
    ("line", "template"),
    [
        ("show running-config", "cisco_asa_show_running_config"),
        ("show running-config interface", None),
        ("show version | include ^Configuration", None),
        ("ping tcp smartreceiver.cisco.com 443", "cisco_asa_ping_tcp"),
        ("ping inside 192.0.2.1", None),
    ],
)
def test_an_answer_is_read_by_the_template_of_exactly_its_line(line: str, template: str | None) -> None:
    """A part of the configuration must not be read as the whole."""
    assert template_of(line) == template
