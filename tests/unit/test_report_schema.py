"""The audit document and its JSON Schema say the same, key by key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from asa_transport.cli.schemas import SCHEMAS
from asa_transport.core.documents import audit
from asa_transport.core.reports.report import Report
from asa_transport.model import Change, Decision, Stage, Verdict
from asa_transport.model.ending import RunEnd
from asa_transport.text import instant
from tests.unit.judging import facts_of
from tests.unit.reporting import audited, every_kind, finding, hostile_reports, missed, report_of

SCHEMA = SCHEMAS["audit"]()
VALIDATOR = jsonschema.Draft202012Validator(
    SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


def document_of(report: Report) -> dict[str, Any]:
    made = audit.document(report.run, report.devices, report.outcomes, now=report.now)
    read = json.loads(json.dumps(made))
    assert isinstance(read, dict)
    return read


def full_report() -> Report:
    """Two devices whose records have every part that can be there."""
    facts = facts_of("proxy=p.example.net:80; http-proxy=q.example.net:81; unknown=other; refused=show clock")
    decision = Decision(verdict=Verdict.CHANGE, changes=(Change.PROXY_SET,), reasons=("a reason",))
    return report_of(
        [
            audited("fw1", facts, findings=(finding(),), decision=decision),
            missed("fw2", Stage.CONNECT),
        ]
    )


def objects(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every object in a document, with its path."""
    if isinstance(value, dict):
        yield path, value
    items = list(
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, item in items:
        yield from objects(item, (*path, key))


def at(document: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def test_the_schema_is_a_schema_and_prints_as_json() -> None:
    """`asa-transport schema audit` is read by editors and validators."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_a_document_with_every_kind_of_device_validates() -> None:
    """What the program writes is what the schema promises."""
    VALIDATOR.validate(document_of(every_kind()))


def test_no_key_of_the_document_may_be_missing() -> None:
    """A program that reads a key must find it on every device, also where it is null."""
    document = document_of(full_report())
    counts = {("totals", "by_verdict"), ("totals", "by_severity")}
    optional = []
    for path, found in objects(document):
        for key in list(found) if path not in counts else ():
            value = found.pop(key)
            if VALIDATOR.is_valid(document):
                optional.append((*path, key))
            found[key] = value

    assert VALIDATOR.is_valid(document)
    assert optional == []


def test_no_object_may_have_another_key() -> None:
    """A key that the schema does not name is one that nobody documented."""
    document = document_of(full_report())
    open_objects = []
    for path, found in objects(document):
        found["surprise"] = None
        if VALIDATOR.is_valid(document):
            open_objects.append(path)
        del found["surprise"]

    assert VALIDATOR.is_valid(document)
    assert open_objects == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "asa-transport/audit/2"),
        (("run", "exit_code"), 42),
        (("run", "started_at"), "2026-01-12 13:00"),
        (("run", "policy_sha256"), "x"),
        (("totals", "devices"), -1),
        (("devices", 1, "outcome"), "not-audited"),
        (("devices", 1, "facts", "license_mode"), None),
        (("devices", 1, "facts", "transport", "type"), "onprem"),
        (("devices", 1, "facts", "authorization", "days_left"), "80"),
        (("devices", 1, "decision", "verdict"), "ok"),
        (("devices", 1, "decision", "changes"), ["reload"]),
    ],
)
def test_a_value_outside_its_kind_is_refused(path: tuple[str | int, ...], value: object) -> None:
    """A schema that takes anything proves nothing."""
    document = document_of(every_kind())
    at(document, path[:-1])[path[-1]] = value

    assert not VALIDATOR.is_valid(document)


def test_every_exit_code_is_allowed() -> None:
    """The code in the document is the one that the program ends with."""
    assert SCHEMA["properties"]["run"]["properties"]["exit_code"]["enum"] == sorted(RunEnd)


def test_one_line_of_jsonl_has_a_schema_of_its_own() -> None:
    """A program that reads line by line validates line by line."""
    report = every_kind()
    line = jsonschema.Draft202012Validator({**SCHEMA["$defs"]["device"], "$defs": SCHEMA["$defs"]})

    for outcome in report.ordered:
        line.validate(audit.outcome_record(outcome, report.now))


def test_a_time_of_the_first_century_has_four_digits_for_its_year() -> None:
    """A firewall that lost its clock still has to give a document that reads."""
    assert instant(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00Z"


# A busy machine is not a failure.
@settings(deadline=None)
@given(hostile_reports)
def test_any_text_gives_a_document_that_validates(report: Report) -> None:
    """Facts and findings hold what devices print; the document is one all the same."""
    document = document_of(report)

    VALIDATOR.validate(document)
    assert [d["name"] for d in document["devices"]] == sorted(d.name for d in report.devices)
