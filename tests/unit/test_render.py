"""Device lines come from templates, and nothing but known licence lines comes out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asa_transport.asa.licensing import first_stranger, is_host, is_port, is_sub_line, proxy_of
from asa_transport.core.planning.render import NAMES, Before, Renderer, Values, Way, template_name
from asa_transport.edges import templates
from asa_transport.errors import RenderError, TemplateError, UserError
from asa_transport.model import Change, Proxy, TransportType
from tests.unit.planning import NEW, OLD, RENDERER, TEMPLATES

HOSTILE_HOSTS = [
    "", " ", "a b", "a\nno license smart", "a\r", "a\x00", "a\x1b[2K", "a\u2028b", "a;b", "a|b", "a?", "a\\b",
    "a`b`", "$(a)", "-a", "a-", "a..b", ".a", "a_b", "ä.example", "٣.example", "a" * 64, "a." * 127 + "a",
    "1.2.3", "1.2.3.4.5", "256.1.1.1", "fe80::1%eth0", "[2001:db8::1]", "2001:db8::g", "http://a", "a:80",
    "a/b", "{{ before.type }}", "a\n", "\u202ea", "a port 80", "a,b", "!",
]  # fmt: skip
HOSTILE: Any = Proxy(host="a b", port=80)
HOSTILE_PORTS: list[Any] = [0, -1, 65536, 10**9, True, "80", "80 x", 80.0, None]


def values(proxy: Any = None, *, before: Any = None, kind: TransportType | None = None) -> Values:
    return Values(before=Before(type=kind, proxy=before), proxy=proxy)


def with_template(name: str, text: str) -> Renderer:
    return Renderer({**TEMPLATES, name: text})


def test_every_change_has_its_template_and_its_way_back() -> None:
    """A change that cannot be taken back is not offered."""
    assert set(TEMPLATES) == set(NAMES)
    assert len(NAMES) == 2 * len(Change)


@pytest.mark.parametrize(
    ("change", "way", "given", "line"),
    [
        (Change.TRANSPORT_SMART, Way.APPLY, values(), " transport type smart"),
        (Change.TRANSPORT_CALLHOME, Way.APPLY, values(), " transport type callhome"),
        (Change.PROXY_SET, Way.APPLY, values(NEW), " transport proxy proxy.example.net port 8080"),
        (Change.PROXY_REMOVE, Way.APPLY, values(), " no transport proxy"),
        (
            Change.TRANSPORT_SMART,
            Way.ROLLBACK,
            values(kind=TransportType.CALLHOME),
            " transport type callhome",
        ),
        (Change.TRANSPORT_CALLHOME, Way.ROLLBACK, values(kind=TransportType.SMART), " transport type smart"),
        (Change.PROXY_SET, Way.ROLLBACK, values(NEW), " no transport proxy"),
        (
            Change.PROXY_SET,
            Way.ROLLBACK,
            values(NEW, before=OLD),
            " transport proxy old.example.net port 3128",
        ),
        (Change.PROXY_REMOVE, Way.ROLLBACK, values(before=OLD), " transport proxy old.example.net port 3128"),
    ],
)
def test_each_change_renders_exactly_these_lines(change: Change, way: Way, given: Values, line: str) -> None:
    """The text that a person approves is the text that is sent."""
    assert RENDERER.lines(change, way, given, device="fw1") == ("license smart", line)


@pytest.mark.parametrize("host", HOSTILE_HOSTS)
@pytest.mark.parametrize("place", ["proxy", "before"])
def test_a_host_that_is_none_is_refused_before_rendering(host: str, place: str) -> None:
    """One value, one word: a line end in it would be a second command."""
    odd = Proxy(host=host, port=80)
    given = values(odd) if place == "proxy" else values(NEW, before=odd)

    with pytest.raises(RenderError, match=r"^fw1: .* has the host '.*; expected a host name") as caught:
        RENDERER.lines(Change.PROXY_SET, Way.APPLY, given, device="fw1")

    assert str(caught.value).isprintable()
    assert isinstance(caught.value, UserError)


@pytest.mark.parametrize("port", HOSTILE_PORTS)
def test_a_port_that_is_none_is_refused_before_rendering(port: Any) -> None:
    """A text that looks like a number could hold more than a number."""
    with pytest.raises(RenderError, match="expected a port from 1 to 65535"):
        RENDERER.lines(Change.PROXY_SET, Way.APPLY, values(Proxy(host="a", port=port)), device="fw1")


@pytest.mark.parametrize(
    "host",
    ["a", "proxy.example.net", "PROXY-1.example.net.", "192.0.2.1", "2001:db8::1", "1a.example", "a" * 63],
)
def test_a_real_host_is_taken(host: str) -> None:
    """A refusal without a reason would keep a site on callhome."""
    proxy = Proxy(host=host, port=65535)

    lines = RENDERER.lines(Change.PROXY_SET, Way.APPLY, values(proxy), device="fw1")

    assert lines[1] == f" transport proxy {host} port 65535"
    assert proxy_of(lines[1]) == proxy


@settings(deadline=None)
@given(host=st.text(max_size=40), port=st.integers())
def test_any_text_is_refused_or_stays_one_known_line(host: str, port: int) -> None:
    """Whatever a file or a device says."""
    try:
        lines = RENDERER.lines(Change.PROXY_SET, Way.APPLY, values(Proxy(host=host, port=port)), device="fw1")
    except RenderError:
        assert not (is_host(host) and is_port(port))
    else:
        assert lines == ("license smart", f" transport proxy {host} port {port}")
        assert lines[1].isascii()
        assert lines[1].isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "license smart\n",
        " transport type smart\n",
        "license smart\n transport type smart\nreload\n",
        "license smart\n transport type smart\n reload\n",
        "license smart\n\n transport type smart\n",
        "license smart\n transport type smart \n",
        "license smart\n  transport type smart\n",
        "license smart\n\ttransport type smart\n",
        "license smart\ntransport type smart\n",
        "license smart\n transport type on-prem\n",
        "license smart\n transport url https://evil.example/\n",
        "license smart\n transport proxy a port 80 ; reload\n",
        "license smart\n transport proxy a port 080\n",
        "license smart\n transport proxy a port 99999\n",
        "license smart\n feature tier standard\n",
        "license smart\n no transport type\n",
        "license smart\nlicense smart\n transport type smart\n",
        "configure terminal\nlicense smart\n transport type smart\n",
        "license smart\r\n transport type smart\r\n write memory",
        "license smart\n transport type smart\x0b",
        "no license smart\n transport type smart\n",
        "license smart deregister\n transport type smart\n",
    ],
)
def test_a_users_template_cannot_send_anything_else(text: str) -> None:
    """`--templates DIR` is for wording, not for commands that nobody approved."""
    renderer = with_template("change_transport_smart.apply.j2", text)

    with pytest.raises(RenderError, match="not to be sent; expected 'license smart' first and once"):
        renderer.lines(Change.TRANSPORT_SMART, Way.APPLY, values(), device="fw1")


def test_a_value_that_a_template_may_not_name_is_an_error() -> None:
    """An empty text in its place would be a half line on a firewall."""
    renderer = with_template(
        "change_proxy_set.apply.j2", "license smart\n transport proxy {{ proxi.host }} port 1\n"
    )

    with pytest.raises(RenderError, match=r"fw1: rendering change_proxy_set.apply.j2: 'proxi' is undefined"):
        renderer.lines(Change.PROXY_SET, Way.APPLY, values(NEW), device="fw1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("license smart\n{% if x %}\n", r"change_proxy_set.apply.j2:\d: "),
        ("license smart\n{{ proxy.host \n", r"change_proxy_set.apply.j2:\d: "),
        ("license smart\n{% frobnicate %}\n", r"change_proxy_set.apply.j2:2: "),
        ("license smart\n{% set a = 1 %}\n", "change_proxy_set.apply.j2:2: 'Assign' is logic"),
        ("license smart\n{% include 'x' %}\n", "change_proxy_set.apply.j2:2: 'Include' is logic"),
        ("license smart\n{{ proxy.host | upper }}\n", "change_proxy_set.apply.j2:2: 'Filter' is logic"),
        ("license smart\n{{ proxy.host.upper() }}\n", "change_proxy_set.apply.j2:2: 'Call' is logic"),
        ("license smart\n\n{{ proxy['host'] }}\n", "change_proxy_set.apply.j2:3: 'Getitem' is logic"),
        ("{% macro a() %}{% endmacro %}", "change_proxy_set.apply.j2:1: 'Macro' is logic"),
        ("{{ 'a' ~ 'b' }}", "'Concat' is logic"),
        ("{{ 2 ** 99 }}", "'Pow' is logic"),
    ],
)
def test_a_template_with_other_logic_is_refused_with_its_line(text: str, message: str) -> None:
    """What a template does must be seen by reading it."""
    with pytest.raises(TemplateError, match=message):
        with_template("change_proxy_set.apply.j2", text)


def test_a_missing_and_a_misspelt_template_are_errors() -> None:
    """A file with a typing mistake in its name would else be ours in silence."""
    fewer = {name: text for name, text in TEMPLATES.items() if name != "change_proxy_set.rollback.j2"}

    with pytest.raises(TemplateError, match=r"change_proxy_set.rollback.j2: this template is missing"):
        Renderer(fewer)
    with pytest.raises(TemplateError, match=r"change_proxyset.apply.j2: no change has this template"):
        with_template("change_proxyset.apply.j2", "")


def test_the_digest_is_of_all_change_templates_and_of_no_other() -> None:
    """A plan names the templates that made it; a page's wording is no part of them."""
    other = with_template(NAMES[0], TEMPLATES[NAMES[0]] + "\n")

    assert Renderer(dict(reversed(TEMPLATES.items()))).sha256 == RENDERER.sha256
    assert Renderer({**TEMPLATES, "ticket.md.j2": "{{ x | upper }}"}).sha256 == RENDERER.sha256
    assert other.sha256 != RENDERER.sha256
    assert len(RENDERER.sha256) == 64


def test_a_users_directory_wins_over_the_shipped_templates(tmp_path: Any) -> None:
    """One file there replaces ours of that name, the others stay."""
    name = template_name(Change.TRANSPORT_SMART, Way.APPLY)
    (tmp_path / name).write_text("license smart\n{% if true %}\n transport type smart\n{% endif %}\n")

    renderer = Renderer(templates.jinja(tmp_path))

    assert renderer.sha256 != RENDERER.sha256
    assert renderer.lines(Change.TRANSPORT_SMART, Way.APPLY, values(), device="fw1") == (
        "license smart",
        " transport type smart",
    )


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_other_text_is_a_line(text: str) -> None:
    """The grammar is closed: these four forms, one blank before them, nothing after them."""
    for line in (text, f" transport type {text}", f" no transport proxy{text}", f" transport proxy {text}"):
        if is_sub_line(line):
            assert line in (" transport type smart", " transport type callhome", " no transport proxy") or (
                proxy_of(line) is not None and line.isprintable() and line.count(" ") == 5
            )


def test_lines_that_may_be_sent_have_no_stranger() -> None:
    """The head alone would enter a mode and do nothing."""
    assert first_stranger(("license smart", " transport type smart")) is None
    assert first_stranger(("license smart",)) == ""
    assert first_stranger(()) == ""


def test_a_template_may_be_indented_for_its_reader() -> None:
    """Blanks before `{% if %}` are the reader's; those before a line are the device's."""
    renderer = with_template(
        "change_transport_smart.apply.j2",
        "license smart\n    {% if before.type %}\n transport type smart\n    {% endif %}\n",
    )

    lines = renderer.lines(
        Change.TRANSPORT_SMART, Way.APPLY, values(kind=TransportType.CALLHOME), device="fw1"
    )

    assert lines == ("license smart", " transport type smart")


def test_a_template_that_is_refused_says_what_is_taken() -> None:
    """Whoever wrote it looks at one line of print."""
    with pytest.raises(TemplateError) as logic:
        with_template(NAMES[0], "license smart\n{% set a = 1 %}\n")
    with pytest.raises(TemplateError) as stray:
        with_template("change_proxyset.apply.j2", "")

    assert str(logic.value).endswith("may not have; expected text, {{ value }}, {% for %} and {% if %} only")
    assert str(stray.value).endswith(f"known: {', '.join(NAMES)}")


@pytest.mark.parametrize(
    ("now", "before", "what"), [(HOSTILE, None, "the expected proxy"), (NEW, HOSTILE, "the proxy before")]
)
def test_a_value_that_is_no_host_is_refused_with_where_it_is_from(now: Proxy, before: Any, what: str) -> None:
    """One is in the inventory, the other on the firewall."""
    with pytest.raises(RenderError) as caught:
        Renderer(TEMPLATES).lines(Change.PROXY_SET, Way.APPLY, values(now, before=before), device="fw1")

    assert what in str(caught.value)
    assert str(caught.value).startswith("fw1: ")
    assert "has the host 'a b'" in str(caught.value)
