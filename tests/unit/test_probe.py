"""What a firewall's own probe proves: half answers, refusals and odd texts prove nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from asa_transport.capabilities import is_read_only
from asa_transport.core import probe
from asa_transport.core.tables import TableSet
from asa_transport.edges import templates
from asa_transport.model import Capture, CommandOutput, Proxy

NOW = datetime(2026, 1, 12, 13, tzinfo=UTC)
TARGET = Proxy(host="smartreceiver.cisco.com", port=443)
TABLES = TableSet(templates.textfsm())
HEAD = """Type escape sequence to abort.
No source specified. Pinging from identity interface.
Sending 5 TCP SYN requests to 192.0.2.201 port 443
from 198.51.100.1 starting port 1024, timeout is 2 seconds:
"""


def capture(text: str, command: str = "ping tcp smartreceiver.cisco.com 443") -> Capture:
    output = CommandOutput(command=command, text=text, prompt="fw#", started_at=NOW, duration_s=0.1)
    return Capture(device="fw", started_at=NOW, finished_at=NOW, outputs=(output,))


@pytest.mark.parametrize(
    ("tail", "reached"),
    [
        ("!!!!!\nSuccess rate is 100 percent (5/5), round-trip min/avg/max = 12/14/17 ms\n", True),
        ("?!!!!\nSuccess rate is 80 percent (4/5), round-trip min/avg/max = 12/14/17 ms\n", True),
        ("??!!!\nSuccess rate is 60 percent (3/5), round-trip min/avg/max = 12/14/17 ms\n", True),
        ("???!!\nSuccess rate is 40 percent (2/5), round-trip min/avg/max = 12/14/17 ms\n", False),
        ("?????\nSuccess rate is 0 percent (0/5)\n", False),
        ("RRRRR\nSuccess rate is 0 percent (0/5)\n", False),
        # Cut off, or with a line that nobody knows: no clear answer.
        ("!!!!!\n", False),
        ("!!!!!\nSuccess rate is 100 percent (5/5)\nERROR: interface down\n", False),
    ],
)
def test_more_than_half_of_the_connections_must_open(tail: str, reached: bool) -> None:
    """A lost first packet must not hold a device; a path that loses most must."""
    assert probe.is_reached(capture(HEAD + tail), TARGET, TABLES) is reached


def test_a_refused_command_proves_nothing() -> None:
    """`ping tcp` may be denied to the user, or the name may not resolve."""
    text = "              ^\nERROR: % Invalid Hostname: smartreceiver.cisco.com\n"

    assert probe.is_reached(capture(text), TARGET, TABLES) is False


def test_what_was_not_probed_is_not_known() -> None:
    """`None`, so that a plan says "to be probed at push" and not "does not answer"."""
    other = capture(HEAD, command="ping tcp tools.cisco.com 443")

    assert probe.is_reached(other, TARGET, TABLES) is None


def test_the_line_is_one_that_only_a_probing_session_may_send() -> None:
    """The allow-list decides; this module only words the line."""
    line = probe.command(TARGET)

    assert probe.is_probe(line)
    assert is_read_only(line, probe=True)
    assert not is_read_only(line)
