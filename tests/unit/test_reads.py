"""What an audit may send is a closed list; `show` alone is not harmless."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.asa.commands import CHANGE_FRAME, READS
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
