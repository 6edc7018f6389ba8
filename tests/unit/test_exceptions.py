"""The exceptions ledger: what may be added, and that a person's own text is never rewritten."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asa_transport.cli.schemas import SCHEMAS
from asa_transport.errors import ExemptionError, LedgerError
from asa_transport.files import ledger as exceptions
from asa_transport.files.fields import parse_moment
from asa_transport.model import Exemption
from asa_transport.text import instant

NOW = datetime(2026, 11, 22, 5, 40, tzinfo=UTC)
END = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
DEVICES = ("fw-ber-01", "fw-par-01", "fw-par-02")

WRITTEN = """\
# Approved in the change board.

exceptions:
    # Paris: the proxy moves in January
    - device: fw-par-01
      ticket:   CHG1    # three blanks and this remark are mine
      owner: "A. Meyer"
      reason: >-
        proxy change
        in January
      until: 2026-12-31
      added_at: 2026-11-01T08:00:00+01:00

    - {device: fw-ber-01, until: 2026-12-01, owner: B, ticket: C2, reason: '}', added_at: 2026-11-01} # short
# the end
"""


def exemption(device: str = "fw-par-02", **changes: Any) -> Exemption:
    values: dict[str, Any] = {
        "device": device,
        "until": END,
        "owner": "C. Roux",
        "ticket": "CHG3",
        "reason": "outage of the proxy",
        "added_at": NOW,
    }
    return Exemption(**{**values, **changes})


def add(path: Path, new: Exemption, *, max_days: float = 90.0) -> Exemption:
    return exceptions.add(path, new, devices=DEVICES, max_days=max_days)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "exceptions.yaml"


@pytest.fixture
def ledger(path: Path) -> Path:
    path.write_bytes(WRITTEN.encode())
    return path


# --------------------------------------------------------------------------- load


def test_a_ledger_that_is_not_there_has_no_entries(path: Path) -> None:
    """Most fleets have no exception, and no file."""
    assert exceptions.load(path) == ()


def test_a_ledger_that_is_named_must_be_there(path: Path) -> None:
    """A typing mistake in --file must not look like a fleet without exceptions."""
    with pytest.raises(LedgerError, match="there is no such file"):
        exceptions.load(path, must_exist=True)


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n---\n", "exceptions:\n", "exceptions: []\n"])
def test_a_ledger_may_be_empty(path: Path, text: str) -> None:
    """A person may prepare the file."""
    path.write_text(text, encoding="utf-8")

    assert exceptions.load(path) == ()


def test_what_a_person_wrote_is_read(ledger: Path) -> None:
    """A date means the end of that day; zones are turned into UTC."""
    first, second = exceptions.load(ledger)

    assert first == Exemption(
        device="fw-par-01", until=END, owner="A. Meyer", ticket="CHG1", reason="proxy change in January",
        added_at=datetime(2026, 11, 1, 7, tzinfo=UTC),
    )  # fmt: skip
    assert second.until == datetime(2026, 12, 1, 23, 59, 59, tzinfo=UTC)
    assert second.reason == "}"


def test_every_mistake_is_told_at_once_with_its_place(path: Path) -> None:
    """An exception that is not understood must not be taken for none."""
    path.write_text(
        "exceptions:\n"
        "  - device: fw-par-01\n"
        "    untl: 2026-12-31\n"
        "    owner:\n"
        "    ticket: CHG1\n"
        "    reason: r\n"
        "    added_at: 2026-11-01T08:00:00\n"
        "  - text\n",
        encoding="utf-8",
    )

    with pytest.raises(LedgerError) as caught:
        exceptions.load(path)

    assert [str(problem).replace(str(path), "F") for problem in caught.value.problems] == [
        "F:2:5: exception: no until; add it, e.g. until: 2026-12-31",
        "F:3:5: exception: unknown key 'untl' (did you mean 'until'?)",
        "F:4:11: exception of fw-par-01: owner: empty; expected a text, or leave the key out",
        "F:7:15: exception of fw-par-01: added_at: '2026-11-01T08:00:00' is not a date or a "
        "time; expected e.g. 2026-12-31 (the end of that day, UTC) or 2026-12-31T18:00:00Z",
        "F:8:5: exception: a text; expected a map (key: value)",
    ]


@given(data=st.one_of(st.binary(max_size=200), st.text(st.characters(codec="utf-8")).map(str.encode)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_ledger_or_its_error_and_adding_keeps_them(path: Path, data: bytes) -> None:
    """The file is a person's, and in a repository where merges leave their marks."""
    path.write_bytes(data)

    try:
        add(path, exemption())
    except (LedgerError, ExemptionError):
        assert path.read_bytes() == data
    else:
        assert exceptions.load(path)[-1] == exemption()


# --------------------------------------------------------------------------- add


def test_the_first_exception_makes_the_file(path: Path) -> None:
    """One entry a block, one key a line: a merge request shows what was added."""
    added = add(path, exemption(reason="outage: the proxy's disk"))

    assert exceptions.load(path) == (added,)
    assert path.read_text(encoding="utf-8").endswith(
        "exceptions:\n"
        "  - device: fw-par-02\n"
        "    until: 2026-12-31T23:59:59Z\n"
        "    owner: C. Roux\n"
        "    ticket: CHG3\n"
        "    reason: 'outage: the proxy''s disk'\n"
        "    added_at: 2026-11-22T05:40:00Z\n"
    )


def test_adding_keeps_every_byte_that_a_person_wrote(ledger: Path) -> None:
    """Comments, quotes and blanks are theirs."""
    before = exceptions.load(ledger)

    add(ledger, exemption())

    text = ledger.read_text(encoding="utf-8")
    assert text.startswith(WRITTEN)
    assert text[len(WRITTEN) :].startswith("    - device: fw-par-02\n      until:")
    assert exceptions.load(ledger) == (*before, exemption())


@pytest.mark.parametrize(
    "text",
    [
        "# mine\n",
        "---\n# mine\n",
        "exceptions:\n# mine\n",
        "exceptions: []  # mine\n",
        "# mine\r\nexceptions: [ ]\r\n",
        "exceptions:\n"
        "- {device: d, until: 2026-01-01, owner: o, ticket: t, reason: r, added_at: 2026-01-01} # mine",
        "\ufeffexceptions: [] # mine",
        "exceptions:\n  - device: d\n    until: 2026-01-01\n    owner: o\n    ticket: t\n"
        "    added_at: 2026-01-01\n    reason: |-\n      r\n\n\n  # mine\n",
    ],
)
def test_adding_works_in_every_layout_and_keeps_its_lines(path: Path, text: str) -> None:
    """People do not format alike."""
    path.write_bytes(text.encode())
    before = exceptions.load(path)

    add(path, exemption())

    after = path.read_bytes().decode()
    assert exceptions.load(path) == (*before, exemption())
    assert "# mine" in after
    assert ("\r\n" in text) == ("\r\n" in after)
    assert "\r\n" not in text or after.count("\n") == after.count("\r\n")
    assert after.startswith("\ufeff") == text.startswith("\ufeff")


@pytest.mark.parametrize(
    "text",
    [
        "exceptions:\n"
        "  [{device: d, until: 2026-01-01, owner: o, ticket: t, reason: r, added_at: 2026-01-01}]\n",
        "{exceptions: []}\n",
        "exceptions: []\n...\n",
    ],
)
def test_a_layout_that_cannot_be_appended_to_is_left_alone(path: Path, text: str) -> None:
    """Better to say what to add than to rewrite somebody's file."""
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ExemptionError, match="add it by hand:\n  - device: fw-par-02\n"):
        add(path, exemption())

    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"device": "fw-par-03"}, "'fw-par-03' is not in the inventory (did you mean 'fw-par-0"),
        ({"until": NOW - timedelta(seconds=1)}, "until 2026-11-22T05:39:59Z is in the past"),
        ({"until": NOW}, "is in the past"),
        ({"until": NOW + timedelta(days=90, seconds=1)}, "give 2027-02-20T05:40:00Z or earlier"),
        ({"owner": ""}, "owner ''"),
        ({"owner": " C"}, "without blanks around"),
        ({"ticket": "CHG3\nowner: somebody"}, "characters on one line"),
        ({"reason": "a\x1b[2Jb"}, "characters on one line"),
        ({"reason": "a\u2028b"}, "characters on one line"),
        ({"reason": "x" * 501}, "1 to 500"),
    ],
)
def test_what_may_not_be_added_is_refused_and_nothing_is_written(
    path: Path, changes: dict[str, Any], message: str
) -> None:
    """An exception silences a finding: it needs an owner, an end, and a device that exists."""
    with pytest.raises(ExemptionError) as caught:
        add(path, exemption(**changes))

    assert message in str(caught.value)
    assert list(path.parent.iterdir()) == []


def test_an_exception_may_last_exactly_as_long_as_the_policy_allows(path: Path) -> None:
    """The bound belongs to what is allowed."""
    assert add(path, exemption(until=NOW + timedelta(days=90))).until == NOW + timedelta(days=90)


def test_a_second_live_exception_is_refused(ledger: Path) -> None:
    """Two ends for one device would contradict each other."""
    with pytest.raises(
        ExemptionError, match=r"already has an exception until 2026-12-31T23:59:59Z \(CHG1, A\. Meyer\)"
    ):
        add(ledger, exemption("fw-par-01"))

    assert ledger.read_bytes() == WRITTEN.encode()


@pytest.mark.parametrize("end", ["expired", "closed"])
def test_a_device_whose_exception_ended_may_have_another(ledger: Path, end: str) -> None:
    """The outage may come back; the ledger shows how often."""
    now = datetime(2027, 1, 1, tzinfo=UTC)
    if end == "closed":
        now = NOW
        exceptions.close(ledger, "fw-par-01", now=NOW)

    add(ledger, exemption("fw-par-01", added_at=now, until=now + timedelta(days=1)))

    assert [one.device for one in exceptions.load(ledger)].count("fw-par-01") == 2


def test_fractions_of_a_second_do_not_get_into_the_file(path: Path) -> None:
    """What is returned is what is read back."""
    added = add(path, exemption(added_at=NOW.replace(microsecond=123456)))

    assert exceptions.load(path) == (added,)
    assert added.added_at == NOW


LINE = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), min_size=1).filter(
    lambda text: text == text.strip() and text.isprintable() and len(text) <= 500
)


@given(owner=LINE, ticket=LINE, reason=LINE)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_printable_text_comes_back_as_it_was_given(
    path: Path, owner: str, ticket: str, reason: str
) -> None:
    """Quotes, colons, hashes and braces mean something in YAML, and nothing in a reason."""
    path.unlink(missing_ok=True)
    new = exemption(owner=owner, ticket=ticket, reason=reason)

    add(path, new)

    assert exceptions.load(path) == (new,)
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["exceptions"][0]["reason"] == reason


# --------------------------------------------------------------------------- close


def test_closing_adds_one_line_to_its_entry_and_changes_no_other(ledger: Path) -> None:
    """The diff of a close is one line."""
    closed = exceptions.close(ledger, "fw-par-01", now=NOW)

    before, after = WRITTEN.splitlines(), ledger.read_text(encoding="utf-8").splitlines()
    at = next(i for i, line in enumerate(after) if "closed_at" in line)
    assert after[at] == "      closed_at: 2026-11-22T05:40:00Z"
    assert after[:at] + after[at + 1 :] == before
    assert exceptions.load(ledger)[0] == closed
    assert closed.closed_at == NOW


def test_closing_an_entry_in_braces_stays_in_its_line(ledger: Path) -> None:
    """A brace in a text or a remark after the entry is not its end."""
    exceptions.close(ledger, "fw-ber-01", now=NOW)

    assert "added_at: 2026-11-01, closed_at: 2026-11-22T05:40:00Z} # short" in ledger.read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    "text",
    [
        "exceptions:\n  - device: d\n    until: 2026-12-31\n    owner: o\n    ticket: t\n"
        "    added_at: 2026-01-01\n    reason: first\n      second # mine",
        "exceptions:\r\n- device: d\r\n  until: 2026-12-31\r\n  owner: o\r\n  ticket: t\r\n"
        "  added_at: 2026-01-01\r\n  reason: r # mine\r\n",
        "exceptions:\n-\n  # mine\n  device: d\n  until: 2026-12-31\n  owner: o\n  ticket: t\n  reason: r\n"
        "  added_at: 2026-01-01",
    ],
)
def test_closing_works_in_every_layout_and_keeps_its_lines(path: Path, text: str) -> None:
    """People do not format alike."""
    path.write_bytes(text.encode())
    before = exceptions.load(path)

    closed = exceptions.close(path, "d", now=NOW)

    lines = path.read_bytes().decode().splitlines()
    assert exceptions.load(path) == (closed,)
    assert closed.reason == before[0].reason
    assert [line for line in lines if "closed_at" not in line] == text.splitlines()
    assert len(lines) == len(text.splitlines()) + 1


def test_closing_what_an_alias_stands_for_is_refused(path: Path) -> None:
    """One line would close two entries."""
    text = (
        "exceptions:\n  - &a\n    device: d\n    until: 2026-12-31\n    owner: o\n    ticket: t\n"
        "    reason: r\n    added_at: 2026-01-01\n  - *a\n"
    )
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ExemptionError, match="add to it by hand: closed_at: 2026-11-22T05:40:00Z"):
        exceptions.close(path, "d", now=NOW)

    assert path.read_text(encoding="utf-8") == text


def test_an_expired_exception_can_be_closed(ledger: Path) -> None:
    """That ends AT502 once the device is back on smart."""
    assert exceptions.close(ledger, "fw-ber-01", now=datetime(2027, 1, 1, tzinfo=UTC)).closed_at is not None


@pytest.mark.parametrize("device", ["fw-par-02", "fw-par-0"])
def test_closing_what_is_not_open_is_refused(ledger: Path, device: str) -> None:
    """A typing mistake must not look like success."""
    with pytest.raises(ExemptionError, match="has no open exception of this device"):
        exceptions.close(ledger, device, now=NOW)


def test_closing_twice_is_refused(ledger: Path) -> None:
    """The first time is the one that counts."""
    exceptions.close(ledger, "fw-par-01", now=NOW)

    with pytest.raises(ExemptionError, match="has no open exception"):
        exceptions.close(ledger, "fw-par-01", now=NOW + timedelta(days=1))


def test_closing_in_a_ledger_that_is_not_there_is_refused(path: Path) -> None:
    """Nothing to close."""
    with pytest.raises(LedgerError, match="there is no such file"):
        exceptions.close(path, "fw-par-01", now=NOW)


# --------------------------------------------------------------------------- the file


def test_the_file_keeps_its_mode_and_its_link_and_nothing_is_left_behind(tmp_path: Path) -> None:
    """The ledger may be shared with a group, or live in another repository."""
    real = tmp_path / "elsewhere" / "ledger.yaml"
    real.parent.mkdir()
    real.write_text(WRITTEN, encoding="utf-8")
    real.chmod(0o664)
    link = tmp_path / "exceptions.yaml"
    link.symlink_to(real)

    add(link, exemption())

    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o664
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["elsewhere", "exceptions.yaml", "ledger.yaml"]


def test_the_file_keeps_its_group(ledger: Path) -> None:
    """Root adds an exception, and the service reads it by its group; else no night is audited any more."""
    # Root may give it to any group, others to one of their own.
    group = 12345 if os.geteuid() == 0 else max(os.getgroups())
    os.chown(ledger, -1, group)
    ledger.chmod(0o640)

    add(ledger, exemption())

    found = ledger.stat()
    assert (found.st_gid, stat.S_IMODE(found.st_mode)) == (group, 0o640)


def test_a_directory_that_is_not_there_is_a_users_mistake(tmp_path: Path) -> None:
    """Exit 2 with a message, not a traceback."""
    with pytest.raises(LedgerError, match="there is no such file"):
        add(tmp_path / "none" / "exceptions.yaml", exemption())


def test_writers_at_the_same_time_lose_nothing(path: Path) -> None:
    """Two people, or two jobs, add at once."""
    names = [f"fw-{number:02}" for number in range(20)]

    def write(name: str) -> None:
        exceptions.add(path, exemption(name), devices=names, max_days=90)

    run_all([lambda name=name: write(name) for name in names])  # type: ignore[misc]

    assert sorted(one.device for one in exceptions.load(path)) == names


def test_of_two_writers_for_one_device_one_is_refused(path: Path) -> None:
    """The check and the write are one step."""
    refused = []

    def write() -> None:
        try:
            add(path, exemption())
        except ExemptionError as error:
            refused.append(error)

    run_all([write] * 8)

    assert len(exceptions.load(path)) == 1
    assert len(refused) == 7


def run_all(work: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_file_fits_the_schema(ledger: Path) -> None:
    """An editor that knows the schema must not complain of what we write."""
    schema = SCHEMAS["exceptions"]()
    add(ledger, exemption())
    exceptions.close(ledger, "fw-par-02", now=NOW)

    # As an editor reads it: moments are texts.
    document = yaml.load(ledger.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)


# --------------------------------------------------------------------------- moments


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-12-31", "2026-12-31T23:59:59Z"),
        ("2026-12-31T18:00:00Z", "2026-12-31T18:00:00Z"),
        ("2026-12-31 18:00+01:00", "2026-12-31T17:00:00Z"),
        ("2026-12-31T18:00:00.75Z", "2026-12-31T18:00:00Z"),
    ],
)
def test_a_moment_is_a_date_or_a_time_with_its_zone(text: str, shown: str) -> None:
    """Without a zone a time could be anyone's."""
    assert instant(parse_moment(text)) == shown


@pytest.mark.parametrize(
    "text",
    ["", "2026-12-31T18:00", "2026-02-30", "31.12.2026", "tomorrow", "0001-01-01T00:00+14:00", "٢٠٢٦-12-31"],
)
def test_a_text_that_is_no_moment_is_refused(text: str) -> None:
    """A wrong end is worse than none."""
    with pytest.raises(ValueError, match="is not a date"):
        parse_moment(text)


@given(at=st.datetimes(timezones=st.just(timezone(timedelta(hours=-7)))))
def test_a_moment_reads_back_as_it_was_written(at: datetime) -> None:
    """The ledger is read more often than written."""
    try:
        text = instant(at)
    except OverflowError:
        return

    assert parse_moment(text) == at.replace(microsecond=0)
