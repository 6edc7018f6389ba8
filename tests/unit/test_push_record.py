"""What became of a push, from its journal, its document, or both; and how a person reads it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from asa_transport.cli.schemas import SCHEMAS
from asa_transport.cli.views.push_outlook import print_outlook
from asa_transport.cli.views.push_record import print_record
from asa_transport.core.documents import journal
from asa_transport.core.pushing.campaign.outlook import outlook
from asa_transport.core.reports.push_record import Became, PushRecord, push_record
from asa_transport.core.reports.ticket.after import Readings
from asa_transport.core.reports.ticket.bundle import push_bundle
from asa_transport.model import (
    Ended,
    FailureBudget,
    Finished,
    JournalEvent,
    Resumed,
    Startup,
    Step,
    Stepped,
    Verified,
)
from tests.unit.campaigning import fleet, plan
from tests.unit.journaling import BEGAN, EVENTS, UNDERTOOK, written
from tests.unit.test_ticket import Outline
from tests.unit.ticketing import TEMPLATES, example

RUN = BEGAN.run
DOCUMENT: dict[str, Any] = {
    "schema": "asa-transport/push/1",
    "run": {
        "id": RUN,
        "kind": "push",
        "started_at": "2026-01-12T13:00:00Z",
        "finished_at": "2026-01-12T13:10:00Z",
        "tool_version": "0.1.0",
        "inventory": "inventory.yaml",
        "policy_sha256": "cd" * 32,
        "exit_code": 0,
    },
    "mode": "commit",
    "plan": {"id": "plan-1", "digest": "ab" * 32},
    "devices": [
        {
            "name": "fw-par-01",
            "outcome": "applied",
            "saved": True,
            "verified": "contact",
            "startup": "as-intended",
            "identity": {"serial": "9AX", "hostname": "fw"},
            "reason": None,
            "drift": None,
        },
        {
            "name": "fw-par-02",
            "outcome": "not-reached",
            "saved": False,
            "verified": None,
            "reason": "stopped",
        },
    ],
    "stopped_by": None,
}


def record(events: Iterable[JournalEvent] = EVENTS, document: dict[str, Any] | None = None) -> PushRecord:
    return push_record(document, journal.read(written(events)), plan(*fleet(0)), run=RUN)


def words(found: PushRecord) -> dict[str, str]:
    return {one.name: one.outcome for one in found.devices}


def test_a_finished_push_is_told_by_its_document_with_lines_and_times_of_its_journal() -> None:
    """Applied, saved, proof, startup, who and when: what a change is closed with."""
    found = record(document=DOCUMENT)

    first, second = found.devices
    assert first == Became(
        name="fw-par-01", wave=None, outcome="applied", saved=True, verified="contact", startup="as-intended",
        serial="9AX", hostname="fw", reason=None, drift=None, lines=(" transport type smart",),
        first_line_at=first.first_line_at, ended_at=first.ended_at,
    )  # fmt: skip
    assert first.first_line_at is not None
    assert (second.outcome, second.reason) == ("not-reached", "stopped")
    assert (found.operators[0][0], found.approvals) == ("kim@jump-1", ("ann@example.net",))
    assert found.journal is not None
    assert found.journal.head == journal.read(written()).head
    assert found.journal.broken is None


def test_a_push_that_was_killed_is_told_by_its_journal_and_what_is_in_doubt_is_unknown() -> None:
    """No document was written, or one of an earlier end: neither may hide a firewall in the middle."""
    cut = (BEGAN, UNDERTOOK, Stepped(device="fw-par-01", step=Step.SENT))

    for document in (None, DOCUMENT):
        found = record(cut, document)

        assert words(found) == {"fw-par-01": "unknown", "fw-par-02": "not-reached"}
        assert found.devices[0].reason is not None
        assert f"asa-transport resume {RUN}" in found.devices[0].reason
        assert not found.is_finished


def test_what_a_later_process_settled_is_the_end() -> None:
    """The first end of a device that was taken up again is no end any more."""
    again = (
        *EVENTS[:-2],
        Ended(device="fw-par-01", outcome="unknown", saved=False, reason="lost"),
        Finished(exit_code=8),
        Resumed(operator="lee@jump-2", tool_version="0.0.0"),
        Stepped(device="fw-par-01", step=Step.SAVED),
        Ended(
            device="fw-par-01", outcome="applied", saved=True, verified=Verified.CONTACT,
            startup=Startup.AS_INTENDED,
        ),
    )  # fmt: skip
    found = record(again)

    assert words(found)["fw-par-01"] == "applied"
    assert found.devices[0].startup == "as-intended"
    assert [name for name, _ in found.operators] == ["kim@jump-1", "lee@jump-2"]


def test_a_journal_that_was_altered_says_so() -> None:
    """A record of what was done is worth what its chain is worth."""
    data = written().replace(b"kim@jump-1", b"eve@jump-1")
    found = push_record(DOCUMENT, journal.read(data), None, run=RUN)

    assert found.journal is not None
    assert found.journal.broken is not None


@pytest.mark.parametrize("document", [None, {"schema": "asa-transport/audit/1"}, {**DOCUMENT, "devices": {}}])
def test_what_tells_of_no_push_is_refused(document: dict[str, Any] | None) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match=r"journal|schema|devices"):
        push_record(document, None, None, run=RUN)


def printed(show: Any) -> str:
    file = io.StringIO()
    show(Console(file=file, width=80, force_terminal=True, color_system=None, markup=False, highlight=False))
    return file.getvalue()


def test_a_record_fits_80_columns() -> None:
    """What a person reads at night, in the terminal that is there."""
    found = record(document=DOCUMENT)

    text = printed(lambda console: print_record(console, found, found.devices))

    assert max(map(len, text.splitlines())) <= 80
    assert "as-intended" in text
    assert "fw-par-02: stopped" in text


def test_a_plan_fits_80_columns_and_equal_lines_are_said_once() -> None:
    """Three hundred devices with the same two lines are two lines to read."""
    made, _, _ = example()
    names = [one.name for one in made.devices]

    text = printed(
        lambda console: print_outlook(console, made, outlook(made, names, FailureBudget()), whole=True)
    )

    assert max(map(len, text.splitlines())) <= 80
    assert text.count("sent to") < len(names)
    assert all(line in text for line in (made.digest, "the rollback", "where it stops"))


def test_the_closing_record_says_of_each_device_how_it_ended_and_what_shows_it() -> None:
    """Whoever closes the change reads applied, saved, proof, startup, journal head, who and when."""
    found = record(document=DOCUMENT)
    assert found.journal is not None

    files = push_bundle(
        found, None, evidence={"fw-par-01": {"show_license_all": "a", "after_show_license_all": "b"}},
        readings={}, templates=TEMPLATES,
    )  # fmt: skip

    assert sorted(files) == [
        "evidence/fw-par-01/after_show_license_all.txt", "evidence/fw-par-01/show_license_all.txt",
        "ticket.html", "ticket.json", "ticket.md",
    ]  # fmt: skip
    page = " ".join(files["ticket.md"].decode().split())
    html = " ".join(" ".join(Outline(files["ticket.html"].decode()).words).split())
    for text in (page, html):
        assert "applied, proven by licence contact, saved, startup configuration as-intended" in text
        assert found.journal.head in text
        assert "kim@jump-1" in text
        assert "ann@example.net" in text
        assert "9AX" in text
        assert "stopped" in text
        assert "Held back" not in text
    document = json.loads(files["ticket.json"])
    assert (document["kind"], [one["outcome"] for one in document["became"]]) == (
        "push", ["applied", "not-reached"],
    )  # fmt: skip


def test_the_closing_record_of_a_push_that_was_killed_closes_nothing() -> None:
    """It must not read as if all were well."""
    found = record((BEGAN, UNDERTOOK, Stepped(device="fw-par-01", step=Step.SENT)))

    page = " ".join(
        push_bundle(found, None, evidence={}, readings={}, templates=TEMPLATES)["ticket.md"].decode().split()
    )

    assert "the run did not end" in page
    assert "A person must look at fw-par-01" in page


BLOCK = "license smart\n feature tier standard\n transport type {}\n"
READ = Readings(
    config_before=BLOCK.format("callhome"),
    config_after=BLOCK.format("smart"),
    status_before="  Type: Callhome\n",
    status_after="  Type: Smart\n",
)


def pages_of(found: PushRecord, readings: Mapping[str, Readings]) -> tuple[str, str, dict[str, Any]]:
    files = push_bundle(found, None, evidence={}, readings=readings, templates=TEMPLATES)
    html = " ".join(" ".join(Outline(files["ticket.html"].decode()).words).split())
    document = json.loads(files["ticket.json"])
    jsonschema.validate(document, SCHEMAS["ticket"]())
    return files["ticket.md"].decode(), html, document


def test_the_closing_record_shows_what_was_read_after_the_change_and_what_is_left_to_do() -> None:
    """What stands on a firewall now was read there, and is not what the plan foretold."""
    markdown, html, document = pages_of(record(document=DOCUMENT), {"fw-par-01": READ})

    after = markdown.partition("## After the change")[2]
    assert "    - transport type callhome\n    + transport type smart\n" in after
    assert "\n     license smart\n      feature tier standard\n" in after
    assert "no part of this change is in force on the device" in " ".join(after.split())
    for text in ("After the change", "transport type smart", "Type: Smart", "'asa-transport diff'"):
        assert text in html
    assert [(one["name"], one["is_read"]) for one in document["after"]] == [("fw-par-01", True)]
    assert [one["names"] for one in document["left_to_do"]] == [["fw-par-02"], ["fw-par-01"]]


def test_a_device_that_was_not_read_after_its_lines_is_not_shown_as_unchanged() -> None:
    """No difference and no reading are two things."""
    lost = replace(READ, config_after=None, status_after=None)

    markdown, html, document = pages_of(record(document=DOCUMENT), {"fw-par-01": lost})

    for text in (markdown, html):
        assert "Nothing was read after the first line." in text
        assert "is the same as before" not in text
    assert document["after"][0]["is_read"] is False


def test_what_a_killed_push_leaves_in_doubt_is_the_first_thing_to_do() -> None:
    """A person must look there before anything else."""
    found = record((BEGAN, UNDERTOOK, Stepped(device="fw-par-01", step=Step.SENT)))

    _, html, document = pages_of(found, {})

    assert "asa-transport resume" in document["left_to_do"][0]["text"]
    assert document["left_to_do"][0]["names"] == ["fw-par-01"]
    assert "Do not reload it" in html
