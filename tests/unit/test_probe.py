"""What a firewall's own probe proves: half answers, refusals and odd texts prove nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from asa_transport.capabilities import is_read_only
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning import probe
from asa_transport.core.planning.plan import _unproven
from asa_transport.core.planning.probe import NotReached, NotUnderstood, Probed, Reached
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
        ("!!!!!\nSuccess rate is 100 percent (5/5), round-trip min/avg/max = 12/14/17 ms\n", Reached()),
        ("?!!!!\nSuccess rate is 80 percent (4/5), round-trip min/avg/max = 12/14/17 ms\n", Reached()),
        ("??!!!\nSuccess rate is 60 percent (3/5), round-trip min/avg/max = 12/14/17 ms\n", Reached()),
        ("???!!\nSuccess rate is 40 percent (2/5), round-trip min/avg/max = 12/14/17 ms\n", NotReached()),
        ("?????\nSuccess rate is 0 percent (0/5)\n", NotReached()),
        ("RRRRR\nSuccess rate is 0 percent (0/5)\n", NotReached()),
        # Nothing was tried, so nothing failed to answer.
        (
            "Success rate is 0 percent (0/0)\n",
            NotUnderstood(line="Success rate is 0 percent (0/0)"),
        ),
        # Cut off, or with a line that nobody knows: no clear answer.
        ("!!!!!\n", NotUnderstood(line="!!!!!")),
        (
            "!!!!!\nSuccess rate is 100 percent (5/5)\nERROR: interface down\n",
            NotUnderstood(line="ERROR: interface down"),
        ),
    ],
)
def test_more_than_half_of_the_connections_must_open(tail: str, reached: Probed) -> None:
    """A lost first packet must not hold a device; a path that loses most must."""
    assert probe.answer(capture(HEAD + tail), TARGET, TABLES) == reached


def test_a_refused_command_proves_nothing() -> None:
    """`ping tcp` may be denied to the user, or the name may not resolve."""
    text = "              ^\nERROR: % Invalid Hostname: smartreceiver.cisco.com\n"

    probed = probe.answer(capture(text), TARGET, TABLES)

    assert isinstance(probed, NotUnderstood)
    assert "Invalid Hostname" in probed.line


def test_what_was_not_probed_is_not_known() -> None:
    """`None`, so that a plan says "to be probed at push" and not "does not answer"."""
    other = capture(HEAD, command="ping tcp tools.cisco.com 443")

    assert probe.answer(other, TARGET, TABLES) is None


def test_the_line_is_one_that_only_a_probing_session_may_send() -> None:
    """The allow-list decides; this module only words the line."""
    line = probe.command(TARGET)

    assert probe.is_probe(line)
    assert is_read_only(line, probe=True)
    assert not is_read_only(line)


@pytest.mark.parametrize(
    "source",
    [
        "from 198.51.100.1 starting port 1024, timeout is 2 seconds:",
        "from 198.51.100.1, timeout is 2 seconds:",
        "from 10.0.0.1, timeout is 1 second",
    ],
)
@pytest.mark.parametrize(("marks", "good", "reached"), [("!!!!!", 5, Reached()), ("RRRRR", 0, NotReached())])
def test_both_forms_of_the_source_line_are_understood(
    source: str, marks: str, good: int, reached: Probed
) -> None:
    """Which one a release prints is not proven, and neither is an answer that is not understood."""
    text = f"Sending 5 TCP SYN requests to 192.0.2.201 port 443\n{source}\n{marks}\n"

    probed = probe.answer(capture(f"{text}Success rate is {good * 20} percent ({good}/5)\n"), TARGET, TABLES)

    assert probed == reached


def test_an_answer_that_is_not_understood_is_not_called_no_answer() -> None:
    """ "Did not answer" sends people to the proxy; a line that we do not know sends them to the firewall."""
    reason = _unproven(TARGET, NotUnderstood(line="Sent five of them"))

    assert reason is not None
    assert "not understood: 'Sent five of them'" in reason
    assert "did not answer" not in reason


@pytest.mark.parametrize("server", ["192.0.2.201", "smartreceiver.cisco.com (192.0.2.201)", "2001:db8::1"])
@pytest.mark.parametrize("between", ["\n", " ", ", "])
@pytest.mark.parametrize("source", ["from 198.51.100.1", "from 198.51.100.1 starting port 1024"])
def test_the_server_s_name_and_a_source_on_one_line_are_understood(
    server: str, between: str, source: str
) -> None:
    """Neither form is proven, so no plan should wait for the one that was guessed."""
    head = f"Sending 5 TCP SYN requests to {server} port 443{between}{source}, timeout is 2 seconds:\n"
    text = f"{head}?????\nSuccess rate is 0 percent (0/5)\n"

    assert probe.answer(capture(text), TARGET, TABLES) == NotReached()


def test_half_of_the_connections_is_not_more_than_half() -> None:
    """Every second packet of a licence contact would be lost."""
    text = f"{HEAD}!?!?\nSuccess rate is 50 percent (2/4)\n"

    assert probe.answer(capture(text), TARGET, TABLES) == NotReached()


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_answer_without_a_word_proves_nothing(text: str) -> None:
    """The session was cut, or the command is not there: there is nothing to quote."""
    assert probe.answer(capture(text), TARGET, TABLES) == NotUnderstood(line="")
