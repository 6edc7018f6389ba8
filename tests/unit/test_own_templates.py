"""What a template of the user's own can do, and what it cannot: docs/security.md."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.reports.jinja import rendered
from asa_transport.edges import templates
from asa_transport.errors import TemplateError

NAME = "page.html.j2"


@dataclass(frozen=True, slots=True)
class Named:
    """What a page is given, as the program gives it: frozen values."""

    name: str = "<fw-par-01>"


VALUES = {"one": Named(), "names": ("a", "b"), "listed": ["a"], "mapped": {"a": 1}}


def made(text: str) -> str:
    return rendered({NAME: text, "other.html.j2": "other"}, NAME, VALUES)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ one.__init__.__globals__ }}",
        "{{ one['__class__'] }}",
        "{{ one|attr('__class__') }}",
        "{{ '{0.__class__}'.format(one) }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ lipsum.__globals__ }}",
        "{{ self.__init__ }}",
        "{% include '/etc/passwd' %}",
        "{% include '../../../etc/passwd' %}",
        "{% extends '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{{ open('/etc/passwd') }}",
        "{{ config }}",
        "{{ environment }}",
        "{{ listed.append('b') }}",
        "{{ mapped.update(b=2) }}",
    ],
)
def test_a_page_template_reaches_nothing_but_what_the_page_is_given(text: str) -> None:
    """A directory of templates is handed from one team to another: a page must not be a program."""
    with pytest.raises(TemplateError, match=r"template .*: "):
        made(text)

    assert VALUES["listed"] == ["a"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ 'a' + 1 }}", "can only concatenate str"),
        ("{{ one() }}", "not callable"),
        ("{% for n in range(100001) %}{% endfor %}", "Range too big"),
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ one.nothing }}", "has no attribute 'nothing'"),
    ],
)
def test_a_mistake_in_a_page_template_is_the_users_and_not_ours(text: str, said: str) -> None:
    """Exit 1 and a traceback would send the person who wrote it to us."""
    with pytest.raises(TemplateError, match=f"template {NAME}: .*{said}"):
        made(text)


def test_a_page_template_may_use_the_values_and_the_templates_beside_it_and_is_escaped() -> None:
    """What it is for: other words, another order, a logo of its own."""
    assert made("{{ one.name }}{% for n in names %}{{ n }}{% endfor %}{% include 'other.html.j2' %}") == (
        "&lt;fw-par-01&gt;abother"
    )


def test_a_page_template_that_says_so_prints_a_value_as_it_is() -> None:
    """`safe` is the one word in it that a reviewer looks for."""
    assert made("{{ one.name|safe }}") == "<fw-par-01>"


@pytest.mark.parametrize(
    "rule", [r"^\d+ -> Include /etc/passwd", r"^\d+ -> Record os.system", r"^(?P<x> -> Record"]
)
def test_a_parsing_template_has_rules_and_nothing_else(rule: str) -> None:
    """It fills cells from lines; what is no rule is an error before a firewall is contacted."""
    with pytest.raises(TemplateError, match="cisco_asa_show_version"):
        TableSet({"cisco_asa_show_version": f"Value A (\\d+)\n\nStart\n  {rule}\n"})


def test_a_parsing_template_of_ones_own_stands_in_for_ours(tmp_path: Path) -> None:
    """So it can call a sick firewall healthy: it is reviewed as code is."""
    (tmp_path / "cisco_asa_show_version.textfsm").write_text("Value A (.*)\n\nStart\n  ^${A} -> Record\n")

    found = templates.textfsm(tmp_path)

    assert found["cisco_asa_show_version"].startswith("Value A (.*)")
    assert len(found) == len(templates.textfsm())
