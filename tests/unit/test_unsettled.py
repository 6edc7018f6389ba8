"""What a push left open, by its journal, and which later reading settles it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from asa_transport.capabilities import Silence
from asa_transport.core.documents import journal
from asa_transport.core.judgement.cases.unsettled import OpenQuestion, unproven, unsettled_there
from asa_transport.core.pushing.unfinished import InDoubt
from asa_transport.core.pushing.unfinished import left as lefts
from asa_transport.core.pushing.unsettled import unsettled_of
from asa_transport.flows import unsettled
from asa_transport.model import (
    Audited,
    AuthorizationFacts,
    Baseline,
    Capture,
    ContactAsked,
    ContactRequest,
    ContactResult,
    DeviceFacts,
    Ended,
    Finished,
    JournalEvent,
    LastContact,
    StartupLicense,
    Step,
    Stepped,
    TransportFacts,
    TransportType,
    UnsavedFacts,
    Unsettled,
)
from tests.unit.journaling import BEGAN, NOW, UNDERTOOK, written
from tests.unit.judging import device

NAME = "fw-par-01"
SENT = (BEGAN, Stepped(device=NAME, step=Step.LEASED), UNDERTOOK, Stepped(device=NAME, step=Step.SENDING))
BEFORE, INTENDED = UNDERTOOK.undertaking.before, UNDERTOOK.undertaking.predicted
SAVED = Ended(device=NAME, outcome="applied", saved=True)
LATER = NOW + timedelta(hours=1)


def left(*events: JournalEvent, serials: dict[str, str | None] | None = None) -> tuple[Unsettled, ...]:
    return unsettled_of("r-1", journal.read(written(events)), serials or {})


def reading(block: tuple[str, ...] | None = INTENDED, **changes: object) -> DeviceFacts:
    """A reading an hour after the push that shows all there is to show, but for what is changed."""
    base = DeviceFacts(
        serial="9AEXAMPLE01",
        license_block=block,
        startup_license=StartupLicense.SAME,
        transport=TransportFacts(type=TransportType.SMART),
        authorization=AuthorizationFacts(
            last_contact=LastContact(result=ContactResult.SUCCEEDED, at=LATER - timedelta(minutes=5))
        ),
        unsaved=UnsavedFacts(modified_at=LATER - timedelta(minutes=30)),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def contact(at: timedelta, result: ContactResult = ContactResult.SUCCEEDED) -> AuthorizationFacts:
    return AuthorizationFacts(last_contact=LastContact(result=result, at=NOW + at))


def test_a_push_that_was_killed_after_a_line_may_have_left_is_unsettled_at_its_last_step() -> None:
    """Nobody knows what the firewall runs."""
    (found,) = left(*SENT, serials={NAME: "9AEXAMPLE01"})

    assert (found.run, found.device, found.step, found.outcome) == ("r-1", NAME, Step.SENDING, None)
    assert (found.serial, found.undertaking) == ("9AEXAMPLE01", UNDERTOOK.undertaking)


@pytest.mark.parametrize(
    "end",
    [
        Ended(device=NAME, outcome="unknown", saved=False),
        Ended(device=NAME, outcome="rollback-failed", saved=False),
        Ended(device=NAME, outcome="applied", saved=False),
    ],
)
def test_an_end_that_leaves_it_unproven_or_unsaved_settles_nothing(end: Ended) -> None:
    """An exit code of last night is no state of this morning."""
    (found,) = left(*SENT, end, Finished(exit_code=8))

    assert found.outcome == end.outcome


@pytest.mark.parametrize("end", [SAVED, Ended(device=NAME, outcome="rolled-back", saved=False)])
def test_an_end_that_was_read_settles_it(end: Ended) -> None:
    """Also where an earlier process was killed and this one resumed."""
    assert left(*SENT, end) == ()


def test_a_firewall_that_no_line_was_sent_to_is_none_of_it() -> None:
    """Its turn had not come."""
    assert left(BEGAN, Stepped(device=NAME, step=Step.LEASED)) == ()
    assert left() == ()


def test_of_a_damaged_journal_all_is_unsettled_that_its_whole_part_does_not_conclude() -> None:
    """What was cut out may have been a line."""
    data = written((*SENT, SAVED, Stepped(device="fw-par-02", step=Step.LEASED), Finished(exit_code=0)))
    damaged = data.replace(b'"step":"leased"', b'"step":"reread"').replace(b'"reread"', b'"leased"', 1)

    found = unsettled_of("r-1", journal.read(damaged), {})

    assert {entry.device for entry in found} == {"fw-par-02"}


def test_a_reading_that_shows_running_startup_and_a_later_contact_settles_it() -> None:
    """All three at once, and nothing less."""
    (entry,) = left(*SENT)

    assert unproven(entry, reading()) == ()


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        (reading(None), OpenQuestion.RUNNING_UNREAD),
        (reading(("license smart",)), OpenQuestion.RUNNING_BETWEEN),
        (reading(startup_license=StartupLicense.DIFFERS), OpenQuestion.STARTUP_DIFFERS),
        (reading(startup_license=None), OpenQuestion.STARTUP_UNKNOWN),
        (reading(authorization=contact(-timedelta(hours=1))), OpenQuestion.CONTACT_UNPROVEN),
        # It may have been in flight when the push was cut.
        (reading(authorization=contact(timedelta(seconds=9))), OpenQuestion.CONTACT_UNPROVEN),
        (
            reading(authorization=contact(timedelta(minutes=9), ContactResult.FAILED)),
            OpenQuestion.CONTACT_UNPROVEN,
        ),
        (reading(authorization=AuthorizationFacts()), OpenQuestion.CONTACT_UNPROVEN),
        (reading(transport=TransportFacts()), OpenQuestion.CONTACT_UNPROVEN),
        # Somebody took it back after the contact, which so was over the other transport.
        (reading(BEFORE, unsaved=UnsavedFacts(modified_at=LATER)), OpenQuestion.CONTACT_UNPROVEN),
        (reading(BEFORE, unsaved=UnsavedFacts()), OpenQuestion.CONTACT_UNPROVEN),
    ],
)
def test_a_reading_that_leaves_one_of_them_open_settles_nothing(
    facts: DeviceFacts, missing: OpenQuestion
) -> None:
    """Unknown is never settled."""
    (entry,) = left(*SENT)
    if facts.license_block == ("license smart",):
        # Two lines there, and one of them arrived.
        undertaking = replace(
            UNDERTOOK.undertaking,
            before=("license smart", " transport type callhome", " transport proxy p.example.net port 80"),
            apply=("license smart", " no transport proxy", " transport type smart"),
            rollback=("license smart", " transport type callhome", " transport proxy p.example.net port 80"),
        )
        entry = replace(entry, undertaking=undertaking)
        facts = replace(facts, license_block=("license smart", " transport type callhome"))

    assert missing in unproven(entry, facts)


@pytest.mark.parametrize(("minutes", "is_proven"), [(-90, True), (90, False), (None, False)])
def test_a_contact_is_compared_by_the_device_s_own_clock(minutes: int | None, is_proven: bool) -> None:
    """The journal has our times; a clock an hour and a half ahead makes an old contact look new."""
    at = None if minutes is None else NOW + timedelta(minutes=minutes)
    undertaking = replace(UNDERTOOK.undertaking, baseline=Baseline(clock_at=at))
    (entry,) = left(*SENT[:2], replace(UNDERTOOK, undertaking=undertaking), SENT[3])

    assert (unproven(entry, reading()) == ()) is is_proven


@pytest.mark.parametrize("block", [BEFORE, ("license smart", " transport proxy q.example.net port 80")])
def test_a_person_who_took_it_back_or_did_otherwise_settles_it_too(block: tuple[str, ...]) -> None:
    """What runs is saved, and a contact came over it after the last change."""
    (entry,) = left(*SENT)

    assert unproven(entry, reading(block)) == ()


@pytest.mark.parametrize(
    ("name", "serial", "is_bound"),
    [
        (NAME, "9AEXAMPLE01", True),
        ("another-name", "9AEXAMPLE01", True),
        (NAME, "9AANOTHER01", False),
        (NAME, None, True),
        ("another-name", None, False),
    ],
)
def test_it_is_bound_to_the_firewall_and_to_the_name_only_where_the_serial_is_not_known(
    name: str, serial: str | None, is_bound: bool
) -> None:
    """A box that took over the name has nothing of it; the firewall keeps it under any name."""
    entries = left(*SENT, serials={NAME: "9AEXAMPLE01"})
    facts = reading(serial=serial, startup_license=None)

    assert bool(unsettled_there(entries, name, facts)) is is_bound


def test_a_device_that_was_not_read_keeps_it_by_its_name() -> None:
    """Not reached is not settled."""
    entries = left(*SENT, serials={NAME: "9AEXAMPLE01"})

    assert unsettled_there(entries, NAME, None) == entries
    assert unsettled_there(entries, "fw-par-02", None) == ()


def run_folder(state: Path, *events: JournalEvent, name: str = "20260112T130000Z-4f1c") -> Path:
    folder = state / "runs" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "journal.jsonl").write_bytes(written(events))
    return folder


def test_what_was_read_once_is_not_read_again_until_the_journal_grows(tmp_path: Path) -> None:
    """A nightly audit must not parse the journals of a year."""
    folder = run_folder(tmp_path, *SENT)
    first = unsettled.known(tmp_path)
    data = (folder / "journal.jsonl").read_bytes()
    # The same size: only who reads it again can see it.
    (folder / "journal.jsonl").write_bytes(b"x" * len(data))
    kept = unsettled.known(tmp_path)
    run_folder(tmp_path, *SENT, SAVED)

    assert [entry.device for entry in first] == [NAME]
    assert kept == first
    assert unsettled.known(tmp_path) == ()


@pytest.mark.parametrize("damage", [b"", b"[]", b"{}", b'{"schema": "asa-transport/unsettled/1", "open": 3}'])
def test_a_damaged_index_is_made_again_from_the_journal(tmp_path: Path, damage: bytes) -> None:
    """The journal is what counts."""
    folder = run_folder(tmp_path, *SENT)
    unsettled.known(tmp_path)
    (folder / "unsettled.json").write_bytes(damage)

    assert [entry.device for entry in unsettled.known(tmp_path)] == [NAME]


def test_a_settling_reading_is_remembered_until_the_push_goes_on(tmp_path: Path) -> None:
    """The next change of the firewall is not the old push's; a resumed push's words are new ones."""
    run_folder(tmp_path, *SENT)
    entries = unsettled.known(tmp_path)
    outcome = Audited(
        device=replace(device(), name=NAME),
        capture=Capture(device=NAME, started_at=LATER, finished_at=LATER, outputs=()),
        facts=reading(),
    )

    unsettled.note_settled(tmp_path, entries, [outcome], run="20260113T010000Z-0001", tell=Silence())

    assert unsettled.known(tmp_path) == ()
    assert unsettled.last_run(tmp_path) is None


def test_a_firewall_that_was_taken_up_again_is_no_longer_concluded_by_its_earlier_end() -> None:
    """A resumed push may have been killed in its turn, after another line."""
    (found,) = left(*SENT, SAVED, Stepped(device=NAME, step=Step.ROLLING_BACK))

    assert (found.step, found.outcome) == (Step.ROLLING_BACK, None)


def test_what_only_looks_at_a_firewall_hides_no_step_of_its_change() -> None:
    """`lost` says that the session broke, and the lines before it have left all the same."""
    (found,) = left(*SENT, Stepped(device=NAME, step=Step.LOST))

    assert found.step is Step.SENDING


def test_a_step_without_what_was_undertaken_is_no_doubt() -> None:
    """What is undertaken is on disk before the first line: without it, none has left."""
    assert left(BEGAN, Stepped(device=NAME, step=Step.SENDING)) == ()
    assert left(BEGAN, UNDERTOOK) == ()


def test_the_last_contact_that_was_asked_for_is_what_a_resumed_push_waits_for() -> None:
    """A contact of before the request proves nothing."""
    request = ContactRequest(asked_at=NOW, contact_at=NOW, is_second=True)
    events = (
        *SENT,
        ContactAsked(device=NAME, request=ContactRequest()),
        ContactAsked(device=NAME, request=request),
    )

    assert lefts(events, [NAME]) == {
        NAME: InDoubt(at=Step.SENDING, undertaking=UNDERTOOK.undertaking, request=request)
    }


def test_of_a_damaged_journal_the_time_is_that_of_the_last_record_that_is_whole() -> None:
    """Also of a firewall whose turn had not come: nobody knows what was cut out."""
    data = written((*SENT, SAVED, Finished(exit_code=0)))
    damaged = data[:-9] + b"x" + data[-8:]
    history = journal.read(damaged)

    (found,) = unsettled_of("r-1", history, {})

    assert history.broken is not None
    assert (found.device, found.step, found.at) == ("fw-par-02", Step.UNKNOWN, history.records[-1].at)
