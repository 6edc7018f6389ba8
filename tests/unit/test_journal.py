"""The journal's chain: what is read is what was written, and any damage is found and placed."""

from __future__ import annotations

import json
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.core.documents import journal
from asa_transport.core.documents.journal_checks import CheckVerdict, chain, ending, recorded_head
from asa_transport.errors import BrokenJournal
from asa_transport.model import Finished, JournalEvent, Resumed, Step, Stepped
from asa_transport.model.journal import FIRST, JournalHistory
from tests.unit.journaling import BEGAN, EVENTS, NOW, lines, resumed_after, sha256, written

WHOLE = written()
HISTORY = journal.read(WHOLE)
TORN = b'{"seq":4,"at":"2026-'
# Twice over the border: a crash inside a record, and one that lost its newline only.
MENDED = resumed_after(lines(EVENTS[:3]), TORN, Stepped(device="fw-par-01", step=Step.SENT))
WITHOUT_NEWLINE = resumed_after(lines(EVENTS[:3]), lines(EVENTS)[3][:-1], Finished(exit_code=0))


def is_found(data: bytes, whole: bytes) -> bool:
    """Whether a journal shows, with the head that was kept elsewhere, that it is not the whole one."""
    expected, found = journal.read(whole), journal.read(data)
    document = {"journal": {"head": expected.head, "records": len(expected.records)}}
    return found.broken is not None or bool(found.torn) or is_wrong(found, document)


def is_wrong(history: JournalHistory, document: dict[str, typing.Any]) -> bool:
    return recorded_head(history, document).verdict is CheckVerdict.WRONG


def test_every_event_is_read_back_as_it_was_written() -> None:
    """A resume decides from these values what a device may be sent."""
    assert HISTORY.broken is None
    assert tuple(record.event for record in HISTORY.records) == EVENTS
    assert {type(event) for event in EVENTS} | {Resumed} == set(typing.get_args(JournalEvent))


def test_a_record_is_one_line_of_json_with_the_documented_keys() -> None:
    """Other programs read the file with a line reader and a JSON parser."""
    first, second, *_ = (json.loads(line) for line in WHOLE.splitlines())

    assert list(first)[:4] == ["seq", "at", "prev", "event"]
    assert (first["seq"], first["at"], first["prev"]) == (1, "2026-01-12T13:00:01Z", "0" * 64)
    assert second["prev"] == sha256(WHOLE.split(b"\n")[0])
    assert [json.loads(line)["event"] for line in WHOLE.splitlines()][3] == "line-sent"
    assert WHOLE.isascii()
    assert WHOLE.count(b"\n") == len(EVENTS)


def test_the_head_is_the_hash_of_the_last_line() -> None:
    """It goes into tickets, where it is compared with `sha256sum` of the last line."""
    assert HISTORY.head == sha256(WHOLE.split(b"\n")[-2])
    assert journal.read(b"").head == "0" * 64


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found(place: int, change: int) -> None:
    """Not one digit of an answer's hash may be exchanged unseen."""
    altered = bytearray(WHOLE)
    altered[place] ^= change

    assert is_found(bytes(altered), WHOLE)


@given(st.integers(0, len(WHOLE) - len(lines()[-1]) - 1), st.integers(1, 255))
def test_a_changed_byte_before_the_last_record_is_found_by_the_chain_alone(place: int, change: int) -> None:
    """A journal that was found on a disk, without push.json, is still worth something."""
    altered = bytearray(WHOLE)
    altered[place] ^= change

    assert journal.read(bytes(altered)).broken is not None


@given(st.integers(0, len(MENDED) - 1), st.integers(1, 255))
def test_any_changed_byte_of_a_mended_journal_is_found(place: int, change: int) -> None:
    """The unfinished line is evidence too: its digest stands in the record after it."""
    altered = bytearray(MENDED)
    altered[place] ^= change

    assert is_found(bytes(altered), MENDED)


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 40))
def test_any_removed_bytes_are_found(place: int, count: int) -> None:
    """A cut anywhere shows, at the end by the head alone."""
    assert is_found(WHOLE[:place] + WHOLE[place + count :], WHOLE)


@given(st.integers(0, len(WHOLE)), st.binary(min_size=1, max_size=40))
def test_any_inserted_bytes_are_found(place: int, more: bytes) -> None:
    """Also blanks and empty lines, which mean nothing to JSON."""
    assert is_found(WHOLE[:place] + more + WHOLE[place:], WHOLE)


@given(st.sampled_from([WHOLE, MENDED, WITHOUT_NEWLINE]), st.data())
def test_any_moved_removed_or_doubled_line_is_found(whole: bytes, data: st.DataObject) -> None:
    """Every line is a record as it was written, only not in its place."""
    parts = whole.splitlines(keepends=True)
    taken = data.draw(st.integers(0, len(parts) - 1))
    put = data.draw(st.integers(0, len(parts) - 1).filter(lambda place: place != taken))
    rest = parts[:taken] + parts[taken + 1 :]
    moved = [*rest[:put], parts[taken], *rest[put:]]
    doubled = [*parts[:put], parts[taken], *parts[put:]]

    for altered in (rest, moved, doubled):
        assert is_found(b"".join(altered), whole)


@given(st.integers(0, len(EVENTS) - 1))
def test_records_cut_from_the_end_are_shown_by_the_head_only(kept: int) -> None:
    """What the chain cannot see is said, and what push.json holds makes it seen."""
    cut = journal.read(b"".join(lines()[:kept]))

    assert cut.broken is None
    assert is_wrong(cut, {"journal": {"head": HISTORY.head, "records": len(EVENTS)}})
    assert recorded_head(cut, None).verdict is CheckVerdict.NOT_CHECKED
    assert recorded_head(cut, {"mode": "commit"}).verdict is CheckVerdict.NOT_CHECKED


def test_a_journal_made_anew_as_a_whole_is_shown_by_the_head_only() -> None:
    """Whoever can write the file can compute the hashes."""
    forged = journal.read(written((BEGAN, Finished(exit_code=0))))

    assert forged.broken is None
    assert is_wrong(forged, {"journal": {"head": HISTORY.head, "records": 2}})


@pytest.mark.parametrize(
    ("number", "place"), [(0, 1), (1, 2), (3, 4)], ids=["the first", "the second", "the fourth"]
)
def test_an_altered_value_is_placed_at_its_record(number: int, place: int) -> None:
    """The person who must look is told where."""
    parts = lines()
    parts[number] = parts[number].replace(b"fw-par-01", b"fw-ber-01")

    broken = journal.read(b"".join(parts)).broken

    assert broken is not None
    assert broken.record == place
    assert "altered" in broken.expected


def test_a_removed_record_is_placed_and_what_stood_before_it_is_kept() -> None:
    """The records before a break still say what was sent."""
    parts = lines()

    history = journal.read(b"".join(parts[:2] + parts[3:]))

    assert history.broken is not None
    assert history.broken.record == 3
    assert history.broken.seen == "the record with number 4"
    assert [record.event for record in history.records] == list(EVENTS[:2])
    assert history.head == HISTORY.head_at(2)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"seq":1}',
        b'{"seq":1,"at":"2026-01-12T13:00:00Z","prev":"","event":["finished"]}',
        b'{"seq":true,"at":"2026-01-12T13:00:00Z","prev":"","event":"finished","exit_code":0,"stopped_by":null}',
        b"\xff\xfe",
        b'{"seq":' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_record_is_a_break_and_never_an_exception(line: bytes) -> None:
    """The file may hold anything; the program says so and goes on to its exit code."""
    history = journal.read(line + b"\n")

    assert history.broken is not None
    assert history.broken.record == 1


@pytest.mark.parametrize("cut", [1, 20, len(lines()[3]) - 1])
def test_a_torn_last_line_is_no_break(cut: int) -> None:
    """A crash in the middle of a write is what a journal is for."""
    torn = lines()[3][:cut]

    history = journal.read(b"".join(lines()[:3]) + torn)

    assert history.broken is None
    assert history.torn == torn
    assert len(history.records) == 3
    assert chain(history).verdict is CheckVerdict.GOOD
    assert "cut off" in ending(history).detail


@pytest.mark.parametrize("whole", [MENDED, WITHOUT_NEWLINE], ids=["inside a record", "before its newline"])
def test_an_unfinished_line_is_accepted_before_the_record_that_names_it(whole: bytes) -> None:
    """After a resume the journal verifies again, and the torn event never counts."""
    history = journal.read(whole)

    assert history.broken is None
    assert [record.seq for record in history.records] == [1, 2, 3, 4, 5]
    assert isinstance(history.records[3].event, Resumed)


def test_an_unfinished_line_is_accepted_nowhere_else() -> None:
    """Else anybody could put lines into a journal."""
    parts = MENDED.splitlines(keepends=True)
    torn = parts[3]

    for place in (0, 2, 4, 5, 6):
        assert journal.read(b"".join([*parts[:place], torn, *parts[place:]])).broken is not None
    assert journal.read(b"".join(parts[:3] + parts[4:])).broken is not None


def test_the_tail_of_a_broken_journal_is_refused() -> None:
    """Nothing is sent on account of a journal that was altered; a person must look."""
    with pytest.raises(BrokenJournal, match="record 1") as raised:
        journal.tail(WHOLE.replace(b"kim@", b"eve@"))

    assert raised.value.exit_code == 8


def test_a_record_that_a_resume_added_after_push_json_is_no_alteration() -> None:
    """A resume that was killed leaves the push document of before."""
    document = {"journal": {"head": HISTORY.head, "records": len(EVENTS)}}
    longer = written((*EVENTS, Resumed(operator="kim@jump-1", tool_version="0.0.0")))

    check = recorded_head(journal.read(longer), document)

    assert check.verdict is CheckVerdict.GOOD
    assert "1 were added" in check.detail


@pytest.mark.parametrize("said", [{"head": 7, "records": 1}, {"head": "ab", "records": True}, {}])
def test_a_push_document_with_a_nonsensical_head_is_wrong(said: dict[str, object]) -> None:
    """A damaged push.json is not passed as nothing to compare with."""
    assert is_wrong(HISTORY, {"journal": said})


def test_times_are_whole_seconds_in_utc() -> None:
    """Two machines in two zones write one text."""
    micro = NOW.replace(microsecond=999_999)

    assert b'"at":"2026-01-12T13:00:00Z"' in journal.line(1, micro, FIRST, BEGAN)
