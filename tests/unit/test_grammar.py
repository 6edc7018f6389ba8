"""The lines of a licence change are a closed set, and a session that may write takes no other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.asa.commands import CHANGE_FRAME
from asa_transport.asa.licensing import (
    default_on,
    first_stranger,
    is_change_line,
    is_host,
    is_port,
    proxy_of,
    shown_proxy,
    unrestorable,
)
from asa_transport.edges.ssh.session import AsaConfigSession
from asa_transport.errors import ForbiddenCommand
from asa_transport.model import Limits, TransportType
from tests.unit.judging import device

LINES = (
    "license smart",
    " transport type smart",
    " transport type callhome",
    " transport proxy proxy.example.net port 8080",
    " transport proxy 2001:db8::1 port 443",
    " no transport proxy",
)
PROXIES = ("proxy.example.net", "192.0.2.80", "2001:db8::1", "::ffff:192.0.2.80", "a.b-c.example.")
HOSTILE = (
    "username eve privilege 15",
    " username eve privilege 15",
    "",
    " ",
    "license smart ",
    " license smart",
    "license smart deregister",
    "no license smart",
    "transport type smart",
    " transport type smart ",
    " transport type smart\nreload",
    " transport type smart\r",
    " transport type smart | redirect disk0:/x",
    " no transport type",
    " no transport url",
    " transport url default",
    " transport proxy proxy.example.net port 0",
    " transport proxy proxy.example.net port 99999",
    " transport proxy a;b port 80",
    " transport proxy proxy.example.net port 80 ",
    " transport\tproxy p port 80",
    " no transport proxy x",
    "write erase",
    "reload",
    "end",
)


class Silent:
    """Stands where the open connection is: whatever is done to it is too much."""

    facts = terminal = None

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} of the connection was used")


def session() -> AsaConfigSession:
    nobody: Any = Silent()
    return AsaConfigSession(device(), nobody, limits=Limits(), deadline=nobody, probe=True)


@pytest.mark.parametrize("line", LINES)
def test_what_the_templates_make_may_be_permitted(line: str) -> None:
    """Else nothing could be pushed."""
    session().permit([line])

    assert is_change_line(line)


@pytest.mark.parametrize("line", HOSTILE)
def test_nothing_else_may_be_permitted_whoever_asks(line: str) -> None:
    """Not a plan, not a template, not a journal: the session itself says no, before anything leaves."""
    one = session()

    with pytest.raises(ForbiddenCommand):
        one.permit([*LINES, line])

    for wanted in (line, *LINES):
        with pytest.raises(ForbiddenCommand):
            one.send(wanted)


@given(
    st.one_of(
        st.text(max_size=60),
        st.sampled_from(LINES).flatmap(lambda line: st.text(max_size=9).map(line.__add__)),
    )
)
def test_any_text_is_a_line_of_the_set_or_forbidden(line: str) -> None:
    """One line in, one line out; only a port may be longer than in the samples."""
    if is_change_line(line):
        assert line.isprintable()
        assert line.startswith((*LINES[:3], " transport proxy ", " no transport proxy"))
        assert line not in CHANGE_FRAME


@pytest.mark.parametrize("host", PROXIES)
def test_each_proxy_that_may_be_sent_is_read_back_as_itself(host: str) -> None:
    """A push that cannot read what it wrote takes it back."""
    sent = proxy_of(f" transport proxy {host} port 8080")

    assert sent is not None
    assert shown_proxy(f"{host} port 8080") == sent


LABEL = "a" * 61


@pytest.mark.parametrize(("length", "is_known"), [(253, True), (254, False)])
def test_a_host_name_has_at_most_253_letters(length: int, is_known: bool) -> None:
    """A longer one is no name in DNS, and a firewall would cut or refuse the line."""
    name = ".".join([LABEL, LABEL, LABEL, LABEL, "bcdefg"])[:length]

    assert len(name) == length
    assert is_host(name) is is_known
    assert (proxy_of(f" transport proxy {name} port 8080") is not None) is is_known


def test_what_a_device_shows_is_believed_before_the_rule_of_its_release() -> None:
    """Its block has no line for the type in force: then that type is its default, whatever the release."""
    bare, said = ("license smart",), ("license smart", " transport type smart")

    smart, callhome = TransportType.SMART, TransportType.CALLHOME

    assert default_on(bare, callhome, smart) is callhome
    assert default_on(said, smart, callhome) is callhome
    assert default_on(None, smart, callhome) is callhome


@pytest.mark.parametrize(
    ("block", "line"),
    [
        ((" transport type smart", " transport proxy p.example port 80"), None),
        ((" transport url https://x/", " no transport proxy"), None),
        ((" transport type smart", " transport type callhome"), " transport type callhome"),
        ((" transport proxy p.example port 80", " no transport proxy"), " no transport proxy"),
        ((" transport url https://x/", " transport url https://y/"), " transport url https://y/"),
        ((" transport proxy p_q port 80",), " transport proxy p_q port 80"),
        ((" no transport type",), " no transport type"),
        (("transport gateway x",), "transport gateway x"),
        ((" feature tier standard", " throughput level 1G"), None),
    ],
)
def test_a_line_that_could_not_be_entered_again_forbids_the_change(
    block: tuple[str, ...], line: str | None
) -> None:
    """The way back is made of these lines."""
    assert unrestorable(("license smart", *block)) == line


@pytest.mark.parametrize(
    ("lines", "stranger"),
    [
        ((), ""),
        (("license smart",), ""),
        (("license smart", " transport type smart"), None),
        ((" transport type smart",), " transport type smart"),
        (("license smart", "license smart"), "license smart"),
        (("license smart", " transport type smart", "reload"), "reload"),
    ],
)
def test_the_first_line_that_may_not_stand_there_is_named(
    lines: tuple[str, ...], stranger: str | None
) -> None:
    """The block is entered once, and first; a block of nothing is no change."""
    assert first_stranger(lines) == stranger


@pytest.mark.parametrize(("text", "is_known"), [("192.0.2.", False), ("proxy.1.", False), ("proxy.1X", True)])
def test_a_last_label_of_digits_is_a_mistyped_address_with_a_dot_behind_it_too(
    text: str, is_known: bool
) -> None:
    """A firewall would take it for a name, and ask for it in vain."""
    assert is_host(text) is is_known


@pytest.mark.parametrize(("port", "is_known"), [(0, False), (1, True), (65535, True), (65536, False)])
def test_a_port_is_from_1_to_65535(port: int, is_known: bool) -> None:
    """Both ends may be sent."""
    assert is_port(port) is is_known
