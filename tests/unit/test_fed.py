"""Nothing is captured that nobody reads, and no fact is left that nothing sets."""

from __future__ import annotations

import ast
import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from asa_transport.core.documents.facts import facts_record
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.tables import TableSet
from asa_transport.model import DeviceFacts, SshFacts
from asa_transport.model.fields import LEFT_OUT
from tests.golden.golden import DEVICES, NOW, capture_of, texts

ROOT = Path(__file__).parents[2] / "asa_transport"
READERS = sorted((*(ROOT / "core").rglob("*.py"), *(ROOT / "asa").rglob("*.py")))
STRINGS = {
    node.value
    for path in READERS
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}
# Asked in no audit of its own, or read in saved outputs alone: their lines must not look like a fault.
PASSED_OVER = {"cisco_asa_show_context", "cisco_asa_show_running_config_dns"}
# Our own time at which an answer came, and what the session below the terminal agreed on: no firewall prints
# it.  The latter is set over real SSH (`test_what_was_agreed_on_is_a_fact`), and so is what was learnt of the
# release on another firewall (tests/fleet/test_doctor.py).
OURS = {"DeviceClock.read_at", "DeviceFacts.ssh", "DeviceFacts.is_default_disproved"} | {
    f"SshFacts.{field.name}" for field in fields(SshFacts)
}
# What the program itself needs: lines of a configuration, where a fact is from, what another fact comes of.
LEFT_OUT_OF_THE_DOCUMENT = {
    "DeviceClock.read_at",
    "DeviceFacts.license_block",
    "DeviceFacts.sources",
    "DeviceFacts.startup_block",
    "UnsavedFacts.modified_at",
}
TABLES = TableSet(texts())


def captured(template: str) -> list[str]:
    """Return the values of a template."""
    return re.findall(r"^Value (?:[A-Za-z,]+ )?([A-Z_]+) \(", texts()[template], re.MULTILINE)


@pytest.mark.parametrize("template", sorted(texts()))
def test_every_value_that_a_template_captures_is_read(template: str) -> None:
    """A value that nobody reads looks like a fact to whoever edits the template, and is none."""
    unread = [name for name in captured(template) if name not in STRINGS | {"UNKNOWN"}]

    # A group's cells are read by name and number, e.g. f"{who}_GROUP_STATE".
    assert [name for name in unread if not name.endswith(("_GROUP", "_GROUP_STATE"))] == []


def test_a_template_that_gives_no_fact_is_one_that_is_known_to_give_none() -> None:
    """Whoever adds a template feeds it, or says here that only its lines are to be understood."""
    assert {template for template in texts() if captured(template) == ["UNKNOWN"]} == PASSED_OVER


def kinds_of(kind: type[Any]) -> Iterator[type[Any]]:
    """Yield the dataclass and those of its fields, however deep."""
    yield kind
    for hint in typing.get_type_hints(kind).values():
        for inner in parts_of(hint):
            if isinstance(inner, type) and is_dataclass(inner):
                yield from kinds_of(inner)


def parts_of(hint: Any) -> Iterator[Any]:
    yield hint
    for argument in typing.get_args(hint):
        yield from parts_of(argument)


def said_by(value: Any) -> Iterator[str]:
    """Yield each field, as `Kind.field`, that is not what it is where the device says nothing."""
    if isinstance(value, (tuple, Mapping)):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from said_by(inner)
    if not is_dataclass(value):
        return
    for field in fields(value):
        found = getattr(value, field.name)
        if found != (field.default if field.default_factory is MISSING else field.default_factory()):
            yield f"{type(value).__name__}.{field.name}"
        yield from said_by(found)


@cache
def said_by_golden_devices() -> frozenset[str]:
    devices = (path for path in DEVICES.iterdir() if path.is_dir())
    return frozenset(name for path in devices for name in said_by(parse.facts(capture_of(path), TABLES)))


@pytest.mark.parametrize(
    "name",
    sorted(
        {f"{kind.__name__}.{field.name}" for kind in kinds_of(DeviceFacts) for field in fields(kind)} - OURS
    ),
)
def test_every_fact_is_set_by_what_a_device_prints(name: str) -> None:
    """A fact that only a test sets is a promise that no firewall keeps."""
    assert name in said_by_golden_devices()


def test_a_fact_is_in_the_document_unless_it_is_known_to_be_left_out() -> None:
    """What a type says is printed, sent and kept: leaving out, and no longer leaving out, is looked at."""
    record = facts_record(parse.facts(capture_of(DEVICES / "smart_healthy"), TABLES), NOW)

    left_out = {
        f"{kind.__name__}.{field.name}"
        for kind in kinds_of(DeviceFacts)
        for field in fields(kind)
        if field.metadata == LEFT_OUT
    }

    assert left_out == LEFT_OUT_OF_THE_DOCUMENT
    for name in left_out:
        kind, _, key = name.partition(".")
        groups = {"DeviceFacts": record, "DeviceClock": record["clock"], "UnsavedFacts": record["unsaved"]}
        assert key not in groups[kind]
