"""Lines, templates and the walk: what a device may print, and what becomes of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asa_transport.core.parsing.lines import LONGEST_LINE, to_lines
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.parsing.walk import MOST_UNKNOWN
from asa_transport.errors import TemplateError
from asa_transport.model import Block
from tests.golden.golden import cases, run, text_of, texts

TABLES = TableSet(texts())
STATUS = "show license status"
SPLITTERS = ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]

SMALL = """Value NAME (\\w+)
Value List COLOR (\\w+)
Value Filldown AREA (\\w+)
Value Required,Filldown KIND (\\w+)
Value List UNKNOWN (.*)

Start
  ^area ${AREA}
  ^kind ${KIND}
  ^name ${NAME}
  ^color ${COLOR}
  ^note -> Continue
  ^save -> Record
  ^drop -> Clear
  ^forget -> Clearall
  ^fail -> Error "no"
  ^stop -> End
  ^${UNKNOWN}$$
"""


def small(text: str) -> list[dict[str, list[str]]]:
    table = TableSet({"cisco_asa_show_mode": SMALL}).table("show mode", text)
    assert table is not None
    return [
        {name: [cell.value for cell in record.every(name)] for name in ("AREA", "KIND", "NAME", "COLOR")}
        for record in table.records
    ]


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_only_a_line_feed_ends_a_line(splitter: str) -> None:
    """`str.splitlines` would let an account name forge a section of its own."""
    text = f"Registration:\n  Smart Account: x{splitter}Transport:{splitter}  Type: Smart\n"

    table = TABLES.table(STATUS, text)

    assert table is not None
    assert table.first("TRANSPORT_TYPE") is None
    assert [(line.evidence.line, line.block) for line in table.unknown] == [(2, Block.REGISTRATION)]


@pytest.mark.parametrize(
    "mark", ["\r", "\b", "\x1b[2K", "\x1b[31m", "\x00", "\x7f", "\x9b0m", "\u202e", "\ud800"]
)
def test_a_control_character_inside_a_line_makes_it_unknown(mark: str) -> None:
    """What a terminal would show and what a pattern would match must not differ."""
    table = TABLES.table(STATUS, f"Registration:\n  Status: {mark}REGISTERED\n")

    assert table is not None
    assert table.first("REGISTRATION_STATUS") is None
    assert [line.block for line in table.unknown] == [Block.REGISTRATION]
    assert mark not in table.unknown[0].evidence.text


def test_line_ends_pager_and_annotation_are_no_part_of_a_line() -> None:
    """Carriage returns at the end, an answered pager and the arrows of the TAC document carry no meaning."""
    lines = to_lines(
        "\ufeffone\r\n<--- More --->\r              \rtwo\r\r\nthree <----\n  four : 2 <<<<<<\n\n"
    )

    assert [line.text for line in lines] == ["one", "two", "three", "  four : 2", ""]
    assert [line.number for line in lines] == [1, 2, 3, 4, 5]
    assert all(line.fault is None for line in lines)


def test_an_overlong_line_is_cut_and_unknown() -> None:
    """A line of a megabyte must not be matched by sixty patterns."""
    table = TABLES.table(STATUS, "Registration:\n  Status: " + "A" * 1_000_000 + "\n")

    assert table is not None
    assert table.first("REGISTRATION_STATUS") is None
    assert len(table.unknown[0].evidence.text) == LONGEST_LINE + 1
    assert "1000010 characters" in table.unknown[0].reason


def test_a_flood_of_unknown_lines_is_counted_and_not_all_kept() -> None:
    """A device that prints without sense must not fill the memory of the audit."""
    table = TABLES.table(STATUS, "Transport:\n" + "  Noise: 1\n" * 5000)

    assert table is not None
    assert len(table.unknown) == MOST_UNKNOWN + 1
    assert table.unknown[-1].block is Block.TRANSPORT
    assert "5000 lines" in table.unknown[-1].reason
    assert table.unknown[-1].evidence.line == 5001


def test_a_value_carries_the_line_that_it_came_from() -> None:
    """A finding is believed for the line it shows."""
    table = TABLES.table("show mode", "\n\nSecurity context mode: single \n")

    assert table is not None
    cell = table.first("MODE")
    assert cell is not None
    assert (cell.evidence.command, cell.evidence.line) == ("show mode", 3)
    assert cell.evidence.text == "Security context mode: single "


def test_a_new_heading_about_the_transport_still_counts_as_transport() -> None:
    """A renamed section must not turn its contents into a harmless extra."""
    table = TABLES.table(STATUS, "Transport Settings:\n  Type: Smart\n  Color: red\n")

    assert table is not None
    assert table.first("TRANSPORT_TYPE") is None
    assert [line.block for line in table.unknown] == [Block.TRANSPORT, Block.TRANSPORT, Block.OTHER]


@pytest.mark.parametrize(
    ("command", "template"),
    [
        ("show version", "cisco_asa_show_version"),
        ("show running-config license", "cisco_asa_show_running_config_license"),
        ("show running-config all license", "cisco_asa_show_running_config_all_license"),
        ("show running-config", "cisco_asa_show_running_config"),
        ("show running-config interface", None),
        ("show license", None),
        ("show context detail", None),
        ("ping tcp 192.0.2.80 443", "cisco_asa_ping_tcp"),
        ("license smart renew auth", None),
        ("write memory", None),
        ("", None),
    ],
)
def test_a_command_finds_its_own_template_and_no_other(command: str, template: str | None) -> None:
    """`show running-config interface` read as a whole configuration would look like one without licences."""
    assert TABLES.template_for(command) == template


def test_a_command_without_a_template_has_no_table() -> None:
    """A capture may hold more than we read."""
    assert TABLES.table("show inventory", "Name: x\n") is None


def test_options_and_operators_mean_what_textfsm_says() -> None:
    """Operators write templates from TextFSM's own documentation."""
    text = "area north\nkind a\nname one\ncolor red\ncolor blue\nsave\nname two\nsave\n"
    text += "color red\ndrop\nforget\nsave\n"

    assert small(text) == [
        {"AREA": ["north"], "KIND": ["a"], "NAME": ["one"], "COLOR": ["red", "blue"]},
        {"AREA": ["north"], "KIND": ["a"], "NAME": ["two"], "COLOR": []},
    ]
    assert small("name one\nsave\n") == []
    assert small("kind a\nstop\nname late\n") == []


def test_an_error_rule_and_a_line_without_a_rule_record_the_line() -> None:
    """A template of an operator must not be able to lose a device."""
    tables = TableSet({"cisco_asa_show_mode.textfsm": SMALL.replace("  ^${UNKNOWN}$$\n", "")})

    table = tables.table("show mode", "fail\nwhat\n\n")

    assert table is not None
    assert [(line.evidence.line, line.reason) for line in table.unknown] == [
        (1, "the template calls it an error"),
        (2, "no rule of the template takes it"),
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Value NAME (\\w+\n\nStart\n  ^x\n", "1"),
        ("Value NAME (\\w+)\n\nStart\n  ^${OTHER}\n", "4"),
        ("Value NAME (\\w+)\n\nStart\n  ^(\n", "4"),
        ("Value NAME (\\w+)\n\nStart\n ^x -> Nowhere\n", "Nowhere"),
        ("Value NAME (\\w+)\n\nBegin\n  ^x\n", "Start"),
        ("Value NAME \n\nStart\n  ^x\n", "1"),
        ("Value Valid NAME (x)\n\nStart\n  ^x\n", "1"),
        ("Value ValidOptions NAME (x)\n\nStart\n  ^x\n", "1"),
        ("Value Fillup NAME (x)\n\nStart\n  ^x\n", "Fillup"),
        ("", "cisco_asa_show_small"),
        ("Start\n", "1"),
    ],
)
def test_a_malformed_template_is_named_with_its_line(text: str, place: str) -> None:
    """An operator who edits a template must be told where it broke."""
    with pytest.raises(TemplateError, match=r"cisco_asa_show_small\.textfsm") as raised:
        TableSet({"cisco_asa_show_small": text})

    assert place in str(raised.value)
    assert "hint:" in str(raised.value)


def test_threads_that_share_the_templates_do_not_mix_their_devices() -> None:
    """One set of templates serves fifty workers; TextFSM's own state could not."""
    outputs = [f"Registration:\n  Status: STATE{number}\n" * 40 for number in range(64)]

    def states(text: str) -> set[str]:
        table = TABLES.table(STATUS, text)
        assert table is not None
        return {cell.value for cell in table.every("REGISTRATION_STATUS")}

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(states, outputs * 4))

    assert found == [{f"STATE{number}"} for number in range(64)] * 4


@given(st.text(max_size=400), st.sampled_from(sorted(texts())))
def test_no_text_makes_a_template_raise(text: str, template: str) -> None:
    """A firewall may print anything; the other devices are audited all the same."""
    table = run(TABLES, template, text)

    assert all(line.evidence.line >= 1 for line in table.unknown)


@settings(max_examples=150)
@given(st.data())
def test_no_mutation_of_a_real_shape_makes_a_template_raise_or_loses_a_line(data: st.DataObject) -> None:
    """A line that is changed is either read or recorded, never dropped."""
    template, path = data.draw(st.sampled_from(list(cases())))
    lines = text_of(path).split("\n")
    place = data.draw(st.integers(0, max(0, len(lines) - 1)))
    strange = data.draw(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12))
    lines.insert(place, f"\x01{strange}")

    table = run(TABLES, template, "\n".join(lines))

    assert place + 1 in {line.evidence.line for line in table.unknown}


@pytest.mark.parametrize(
    "raw",
    [
        "<--- More --->\r              \r transport type callhome",
        "<--- More --->" + "\b" * 14 + " " * 14 + "\b" * 14 + " transport type callhome",
    ],
)
def test_an_answered_pager_leaves_the_next_lines_indentation(raw: str) -> None:
    """The indentation says that a line stands inside `license smart`."""
    assert to_lines(raw)[0].text == " transport type callhome"
