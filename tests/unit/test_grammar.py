"""The lines of a licence change are a closed set, and a session that may write takes no other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.asa.commands import CHANGE_FRAME
from asa_transport.asa.licensing import is_change_line, proxy_of, shown_proxy
from asa_transport.edges.ssh.session import AsaConfigSession
from asa_transport.errors import ForbiddenCommand
from asa_transport.model import Limits
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
