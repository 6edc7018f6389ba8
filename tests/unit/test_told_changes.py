"""What a message says of each change: device, rule, before and after, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from asa_transport.cli.schemas import SCHEMAS
from asa_transport.core.documents.notification import document
from asa_transport.core.history.before_after import WORDS, row
from asa_transport.core.history.differences import (
    KINDS,
    DeviceGone,
    DeviceNew,
    FindingChanged,
    FindingCleared,
    FindingNew,
    ProxyChanged,
    ProxyPlace,
    TransportChanged,
    VersionChanged,
)
from asa_transport.core.reports.notification import of_changes, of_run
from asa_transport.model import FindingValue, NamedValue, Notice, Proxy, Severity, TransportType
from tests.unit.judging import NOW
from tests.unit.reporting import HOSTILE, every_kind
from tests.unit.test_history import diff_of, one_of_each

LOW = replace(
    next(change.finding for change in one_of_each("x") if isinstance(change, FindingNew)),
    severity=Severity.LOW,
    values=(FindingValue(name="contact", value="failed"),),
)
HIGH = replace(LOW, severity=Severity.HIGH, values=(FindingValue(name="contact", value="overdue"),))
OTHER = Proxy(host="192.0.2.9", port=8080)


def by_name(values: tuple[NamedValue, ...] | None) -> dict[str, str | None] | None:
    return None if values is None else {one.name: one.value for one in values}


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (FindingNew(device="fw", finding=LOW), None, {"severity": "low", "contact": "failed"}),
        (FindingCleared(device="fw", finding=LOW), {"severity": "low", "contact": "failed"}, None),
        (
            FindingChanged(device="fw", before=LOW, after=HIGH),
            {"severity": "low", "contact": "failed"},
            {"severity": "high", "contact": "overdue"},
        ),
        (
            TransportChanged(device="fw", before=TransportType.SMART, after=None, since=NOW),
            {"transport": "smart"},
            {"transport": None},
        ),
        (
            ProxyChanged(device="fw", place=ProxyPlace.LICENSE_SMART, before=None, after=OTHER),
            {"place": "license smart", "proxy": "none"},
            {"place": "license smart", "proxy": "192.0.2.9:8080"},
        ),
        (VersionChanged(device="fw", before="9.20", after="9.22"), {"version": "9.20"}, {"version": "9.22"}),
        (DeviceNew(device="fw", host="192.0.2.1", missed=None), None, {"host": "192.0.2.1"}),
        (DeviceGone(device="fw", host="192.0.2.1"), {"host": "192.0.2.1"}, None),
    ],
)  # fmt: skip
def test_a_row_has_what_was_and_what_is_by_name(
    change: FindingNew, before: dict[str, str] | None, after: dict[str, str] | None
) -> None:
    """A bot that opens tickets reads names and values, never our sentences."""
    found = row(change)

    was, now = (
        None if side is None else {one.name: one.value for one in side}
        for side in (found.before, found.after)
    )
    assert (was, now) == (before, after)


def test_a_row_of_a_finding_names_its_rule_and_how_severe_it_is() -> None:
    """Of one that became worse that is what it is now."""
    rows = [
        row(FindingNew(device="fw", finding=LOW)),
        row(FindingChanged(device="fw", before=LOW, after=HIGH)),
    ]

    assert [(one.device, one.rule, one.severity) for one in rows] == [
        ("fw", LOW.rule, Severity.LOW),
        ("fw", LOW.rule, Severity.HIGH),
    ]


def test_a_line_for_people_says_what_was_and_what_is() -> None:
    """It stands alone in a chat, without a heading that says that it is new."""
    said = {kind: WORDS.whole(change) for kind, change in zip(KINDS.values(), one_of_each("x"), strict=True)}

    assert said["transport-changed"].startswith("transport: ")
    assert [kind for kind, text in said.items() if " -> " not in text] == []


@pytest.mark.parametrize("said", HOSTILE)
def test_the_document_of_every_kind_of_change_follows_its_schema(said: str) -> None:
    """Receivers are made from the schema; what a device says of itself acts in no text for people."""
    diff = diff_of(*one_of_each(said))
    summary = of_changes(every_kind(), diff)

    sent = json.loads(json.dumps(document(Notice(run_id="20260120T013000Z-4f1c", summary=summary))))

    jsonschema.validate(sent, SCHEMAS["notification"]())
    assert [change["kind"] for change in sent["changes"]] == list(KINDS.values())
    assert all(change["text"].isprintable() for change in sent["changes"])
    assert "\x1b" not in summary.news


def test_a_first_run_has_no_changes_and_follows_the_schema_too() -> None:
    """Nothing is there to compare with; the counts are the news."""
    sent = document(Notice(run_id="20260120T013000Z-4f1c", summary=of_run(every_kind())))

    jsonschema.validate(json.loads(json.dumps(sent)), SCHEMAS["notification"]())
    assert sent["changes"] == []


def test_a_thousand_changes_are_cut_and_counted() -> None:
    """A receiver has its limits; the report has all."""
    many = diff_of(*(DeviceNew(device=f"fw-{n:04}", host="192.0.2.1", missed=None) for n in range(1000)))

    summary = of_changes(every_kind(), many)

    assert (len(summary.changes), summary.changes_left_out) == (20, 980)
    assert "fw-0000 to fw-0999" in summary.news
    assert len(summary.news) < 1_500
