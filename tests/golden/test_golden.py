"""Every template and every kind of device against its golden texts."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import textfsm

from asa_transport.core.parsing import parse
from asa_transport.core.parsing.lines import cut, to_lines
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.parsing.unflatten import unflatten
from tests.golden.golden import (
    DEVICES,
    as_document,
    capture_of,
    cases,
    facts_document,
    pairs,
    run,
    text_of,
    texts,
)

TEXTS = texts()
TABLES = TableSet(TEXTS)
CASES = [
    pytest.param(template, path, id=f"{template}-{path.parent.name}-{path.stem}")
    for template, path in cases()
]
PAIRS = [pytest.param(template, path, id=f"{template}-{path.stem}") for template, path in pairs()]
FOLDERS = sorted(path for path in DEVICES.iterdir() if path.is_dir())


@pytest.mark.parametrize(("template", "path"), PAIRS)
def test_a_template_reads_in_a_golden_text_exactly_what_its_pair_says(template: str, path: Path) -> None:
    """A change of a template must show what it changes."""
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))

    assert as_document(run(TABLES, template, text_of(path))) == expected


@pytest.mark.parametrize(("template", "path"), CASES)
def test_the_walk_gives_the_records_that_textfsm_itself_gives(template: str, path: Path) -> None:
    """Operators write TextFSM, so its rules and options must mean what TextFSM says they mean."""
    machine = textfsm.TextFSM(io.StringIO(TEXTS[template]))
    lists = {value.name for value in machine.values if "List" in value.OptionNames()}
    lines = to_lines(text_of(path))
    if "show_license" in template or template.endswith("show_version"):
        lines = tuple(unflatten(lines))
    readable = [cut(line).text.rstrip() for line in lines if cut(line).fault is None]

    theirs = machine.ParseText("\n".join(readable))
    ours = run(TABLES, template, text_of(path))

    for name in machine.header:
        if name.startswith("UNKNOWN"):
            continue
        column = machine.header.index(name)
        # TextFSM keeps the last of several lines, and a record that holds unknown lines only.
        expected = [
            row[column]
            for row in theirs
            if any(v for n, v in zip(machine.header, row, strict=True) if n != "UNKNOWN")
        ]
        found = [[cell.value for cell in record.every(name)] for record in ours.records]
        assert expected == [v if name in lists else (v[-1] if v else "") for v in found]


@pytest.mark.parametrize("template", sorted(TEXTS))
def test_every_template_has_a_golden_text_and_one_with_a_line_it_does_not_know(template: str) -> None:
    """Without one nobody sees what an edit of the template breaks; a device's is as good as its own."""
    read = [run(TABLES, template, text_of(path)) for name, path in cases() if name == template]

    assert any(table.unknown for table in read)


def test_no_golden_text_is_left_of_a_template_that_is_gone() -> None:
    """A text that nothing reads is no test."""
    assert {template for template, _ in cases()} == set(TEXTS)


@pytest.mark.parametrize("template", sorted(TEXTS))
def test_every_state_ends_in_a_catch_all_that_records_the_line(template: str) -> None:
    """A state that lets a line fall through skips it in silence."""
    machine = textfsm.TextFSM(io.StringIO(TEXTS[template]))

    for state, rules in machine.states.items():
        assert rules, state
        last = rules[-1]
        assert last.match == "^${UNKNOWN}$$", f"{state} ends in {last.match}"
        assert not last.new_state
        assert all(rule.line_op != "Error" for rule in rules)
    assert next(v for v in machine.values if v.name == "UNKNOWN").OptionNames() == ["List"]


def test_both_license_templates_read_the_three_sections_with_the_same_rules() -> None:
    """`show license status` and `show license all` print the same sections, so an edit goes into both."""
    status, everything = (TEXTS[f"cisco_asa_show_license_{name}"] for name in ("status", "all"))
    # Headings of sections that only `show license all` has.
    more = ("-> Usage", "-> Product", "-> Agent", "-> Reservation")

    for state in ("Transport", "TransportProxy", "TransportVrf", "Registration", "Authorization", "Privacy"):
        ours, theirs = (_rules(text, state) for text in (status, everything))
        assert ours == [rule for rule in theirs if not rule.endswith(more)]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_device_s_outputs_give_exactly_the_golden_facts(folder: Path) -> None:
    """Facts are what every judgement and every change stands on."""
    expected = json.loads((folder / "facts.json").read_text(encoding="utf-8"))

    assert facts_document(parse.facts(capture_of(folder), TABLES)) == expected


def _rules(text: str, state: str) -> list[str]:
    lines = text.split("\n")
    start = lines.index(state) + 1
    return lines[start : lines.index("", start)]
