"""The run store: the same on SQLite and on a PostgreSQL server."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given

from asa_transport.core.documents.audit import document
from asa_transport.core.history.compare import Side
from asa_transport.core.history.differences import FindingChanged, TransportChanged
from asa_transport.core.judgement.judge import Standard, judged
from asa_transport.core.reports.report import Report
from asa_transport.edges.state.store import Store, codec, engine, tables
from asa_transport.edges.state.store.imported import push_of, run_of
from asa_transport.engine.wait_limit import WaitLimit
from asa_transport.errors import StoreError, StoreUnusable
from asa_transport.flows.history import between, stored_report
from asa_transport.model import (
    Audited,
    AuditOutcome,
    ChangeWindow,
    DayThresholds,
    Device,
    FailureBudget,
    NotAudited,
    Policy,
    SshPolicy,
    Stage,
    TransportType,
    WavePolicy,
    WaveSize,
    Weekday,
)
from asa_transport.model.history import RunStatus
from tests.peers import endless
from tests.unit.judging import NOW, facts_of
from tests.unit.reporting import RUN, STANDARD, audited, every_kind, hostile_reports, missed
from tests.unit.stores import FIRST_RELEASE, postgresql, run
from tests.unit.test_report_schema import at, document_of, full_report

Opening = Callable[[], Store]


@pytest.fixture(params=["sqlite", "postgresql"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opening]:
    """What opens one and the same store, again and again."""
    if request.param == "sqlite":
        yield lambda: Store(tmp_path)
    else:
        with postgresql() as url:
            yield lambda: Store(tmp_path, url)


def unfinished(outcomes: Sequence[AuditOutcome]) -> list[AuditOutcome]:
    return [missed(outcome.device.name, Stage.COLLECT) for outcome in outcomes]


# Values in, the same values out.


def test_a_run_comes_back_as_it_was_given(opening: Opening) -> None:
    """Every format, of today and of tomorrow, is made of these values."""
    report = every_kind()
    ours = run(exit_code=RUN.exit_code)
    with opening() as store:
        store.begin(replace(ours, status=RunStatus.RUNNING), unfinished(report.outcomes), STANDARD)
        store.add(ours.id, report.outcomes[:5])
        store.finish(ours, report.outcomes)
    with opening() as store:
        found = store.runs()
        outcomes, standard = store.outcomes(ours.id), store.context(ours.id, Standard)
        again = stored_report(store, found[0])

    assert found == (replace(ours, sequence=1),)
    assert outcomes == report.ordered
    assert standard == STANDARD
    assert tuple(again.cases) == tuple(sorted(report.cases, key=lambda case: case.device.name))


def test_whatever_a_policy_says_is_kept_with_the_run() -> None:
    """An audit under a policy of change windows ended with a traceback: it could not be written down."""
    night = ChangeWindow(
        days=(Weekday.MON,), opens=time(22), closes=time(4, 30), zone=ZoneInfo("Europe/Paris")
    )
    policy = Policy(
        contact_deadline=DayThresholds(high=1.5),
        waves=WavePolicy(sizes=(WaveSize(count=10, is_percent=True),)),
        failure_budget=FailureBudget(number=None, percent=None),
        change_windows=(night,),
        allowed_signers=Path("/etc/signers"),
        people=(("ann", "ann@example.net"),),
        ssh=SshPolicy.LEGACY,
    )
    standard = replace(STANDARD, policy=policy)

    assert codec.read(Standard, codec.write(standard)) == standard


@given(hostile_reports)
def test_whatever_a_device_prints_is_stored_as_it_is(report: Report) -> None:
    """NUL, half surrogate pairs and escapes: evidence is evidence."""
    for outcome in report.outcomes:
        assert codec.read_outcome(codec.write_outcome(outcome)) == outcome


def test_hostile_text_reaches_any_database(opening: Opening) -> None:
    """PostgreSQL takes no NUL in a text, SQLite no half surrogate pair: neither may end an audit."""
    said = "9\0.22\ud800\x1b[31m" + "x" * 200
    outcome = audited("fw-a", replace(facts_of("-"), version=said, model=said))
    with opening() as store:
        store.begin(run(inventory="\ud800.yaml", limit=("a\0",)), [outcome], STANDARD)

        assert store.outcomes(run().id) == (outcome,)
        assert store.runs()[0].inventory == "\ud800.yaml"


def test_a_record_of_an_older_release_reads_with_defaults_and_of_a_newer_one_without_its_news() -> None:
    """A history of 400 days outlives releases."""
    record = json.loads(_unpacked(codec.write_outcome(audited("fw-a", facts_of("-")))))
    del record["audited"]["facts"]["serial"]
    record["audited"]["facts"]["invented_since"] = {"a": 1}

    found = codec.read_outcome(codec._packed(record))

    assert isinstance(found, Audited)
    assert found.facts.version == "9.22(2)14"


def test_a_fault_of_ours_in_a_record_of_an_older_release_is_still_one() -> None:
    """Such a record has the words only; a plan made from that run ends with exit code 1 as it always did."""
    older = replace(missed("fw-a", Stage.COLLECT), error="internal error: KeyError")
    record = json.loads(_unpacked(codec.write_outcome(older)))
    del record["not-audited"]["is_internal"]

    assert codec.read_outcome(codec._packed(record)) == replace(older, is_internal=True)


def test_how_a_fault_of_ours_is_worded_decides_nothing() -> None:
    """Exit code 1 must not follow from a sentence, whatever it is called in the next release."""
    ours = replace(missed("fw-a", Stage.COLLECT, "something broke here"), is_internal=True)
    theirs = missed("fw-a", Stage.COLLECT, "internal error: ssh daemon")

    assert [codec.read_outcome(codec.write_outcome(one)) for one in (ours, theirs)] == [ours, theirs]


def test_the_fact_in_doubt_is_known_of_a_record_of_an_older_release() -> None:
    """A context mode in doubt keeps a device from being changed, also where a run of last month is judged."""
    outcome = audited("fw-a", facts_of("context=doubted; unknown=other"))
    record = json.loads(_unpacked(codec.write_outcome(outcome)))
    for line in record["audited"]["facts"]["unknown"]:
        del line["fact"]

    assert codec.read_outcome(codec._packed(record)) == outcome


def test_the_first_release_is_read_for_ever() -> None:
    """What was once written stays readable, dictionary and all; this is one such record, in hexadecimal."""
    found = codec.read_outcome(bytes.fromhex(FIRST))

    assert isinstance(found, NotAudited)
    assert (found.device.name, found.stage, found.error) == (
        "fw-lost-parse",
        Stage.PARSE,
        "connection refused",
    )


def test_a_record_that_is_none_is_said() -> None:
    """A disk that bit-rots gives a message, not a traceback."""
    for data in (b"", b"\x01", b"\x63abc", bytes([1]) + zlib.compress(b"{}")):
        with pytest.raises(StoreError, match="cannot read"):
            codec.read_outcome(data)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("run", "id"), None, "run.id: null; expected the type string"),
        (("devices", 0, "host"), 5, "fw1.device.host: 5; expected the type string"),
        (("devices", 0, "facts", "version"), 9.22, "fw1.facts.version: 9.22; expected the type string"),
        (
            ("devices", 0, "facts", "unknown", 0, "line"),
            "1",
            "fw1.facts.unknown[0].evidence.line: '1'; expected",
        ),
        (
            ("devices", 0, "findings", 0, "severity"),
            "bad",
            "fw1.findings[0].severity: 'bad'; expected one of",
        ),
        (("devices", 1, "stage"), "lunch", "fw2.stage: 'lunch'; expected one of"),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_a_damaged_document_is_not_taken_for_a_run(
    path: tuple[str | int, ...], value: object, said: str
) -> None:
    """A history of guesses is none; the place is what a person needs to mend it."""
    damaged = document_of(full_report())
    at(damaged, path[:-1])[path[-1]] = value

    with pytest.raises(StoreError, match=f"^not the document of a run: {re.escape(said)}"):
        run_of(damaged, place="", size=0)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("run", "finished_at"), "run"),
        (("run", "exit_code"), "run"),
        (("devices", 0, "findings"), "fw1"),
        (("devices", 0, "decision"), "fw1"),
        (("devices", 0, "groups"), "fw1"),
        (("devices", 1, "region"), "fw2"),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_a_document_that_lacks_a_part_is_not_taken_for_a_run_without_it(
    path: tuple[str | int, ...], place: str
) -> None:
    """A device whose findings were lost is not one without findings."""
    damaged = document_of(full_report())
    del at(damaged, path[:-1])[path[-1]]

    with pytest.raises(StoreError, match=f"document of a run: {place}: the key '{path[-1]}' is missing$"):
        run_of(damaged, place="", size=0)


def test_a_push_whose_end_is_not_said_is_not_taken_for_a_run() -> None:
    """Its document is written at its end."""
    head = document_of(full_report())["run"] | {"exit_code": None}

    with pytest.raises(StoreError, match=r"run\.exit_code: null; expected the type integer"):
        push_of(
            {"schema": "asa-transport/push/1", "run": head, "mode": "commit", "devices": []}, place="", size=0
        )


# Whole or not at all.


def test_a_run_that_is_not_finished_has_every_device(opening: Opening) -> None:
    """The report of a run that was killed must name the devices that it did not reach."""
    outcomes = every_kind().ordered
    ours = run(status=RunStatus.RUNNING, finished_at=None, exit_code=None)
    with opening() as store:
        store.begin(ours, unfinished(outcomes), STANDARD)
        store.add(ours.id, outcomes[:1])
        store.mark_interrupted(ours)

        assert [o.device.name for o in store.outcomes(ours.id)] == [o.device.name for o in outcomes]
        assert store.outcomes(ours.id)[0] == outcomes[0]
        assert store.runs()[0].status is RunStatus.INTERRUPTED


def test_a_run_that_just_finished_is_not_marked_interrupted(opening: Opening) -> None:
    """Who looked a moment too early must not spoil a whole run."""
    ours = run()
    with opening() as store:
        store.begin(replace(ours, status=RunStatus.RUNNING), (), STANDARD)
        store.finish(ours, ())
        store.mark_interrupted(ours)
        store.abandon(ours)

        assert store.runs()[0].status is RunStatus.FINISHED


def test_many_first_runs_at_once_make_the_tables_once(opening: Opening) -> None:
    """Cron starts all its jobs in the same second, on a store that is not there yet."""

    def first(number: int) -> int:
        with opening() as store:
            store.begin(run(number), [missed("fw-a", Stage.CONNECT)], STANDARD)
            return len(store.outcomes(run(number).id))

    with ThreadPoolExecutor(max_workers=8) as pool:
        counts = list(pool.map(first, range(8)))

    with opening() as store:
        assert counts == [1] * 8
        assert [found.id for found in store.runs()] == [run(number).id for number in range(8)]


def test_removed_runs_leave_nothing(opening: Opening) -> None:
    """Old records would fill the disk unseen."""
    with opening() as store:
        for number in range(3):
            store.begin(run(number), [missed("fw-a", Stage.CONNECT)], STANDARD)
        store.remove([run(0).id, run(1).id, "none such"])

        assert [found.id for found in store.runs()] == [run(2).id]
        assert store.outcomes(run(0).id) == ()


# Questions to the history.


def test_what_was_last_known_of_a_device_comes_from_the_newest_run_that_audited_it(opening: Opening) -> None:
    """After nights without an answer, a device is compared with itself."""
    with opening() as store:
        for number, version in enumerate(("9.20(4)10", "9.22(2)14")):
            found = audited("fw-a", replace(facts_of("-"), version=version))
            store.begin(run(number), [found], STANDARD)
        store.begin(run(2), [missed("fw-a", Stage.CONNECT)], STANDARD)
        known = store.last_audited(["fw-a", "fw-b"], run(2).id)
        before = store.last_audited(["fw-a"], run(1).id)

    assert {name: one.facts.version for name, one in known.items()} == {"fw-a": "9.22(2)14"}
    assert before["fw-a"].facts.version == "9.20(4)10"


def test_transports_come_oldest_first_whatever_was_written_first(opening: Opening) -> None:
    """Runs of an older release are taken in after the newest one began."""
    kinds = {2: "transport=callhome", 0: "-", 1: "transport=unknown"}
    with opening() as store:
        for number, words in kinds.items():
            store.begin(run(number), [audited("fw-a", facts_of(words))], STANDARD)
        seen = store.transports("of no run", ["fw-a"], list)
        early = store.transports(run(0).id, ["fw-a", "fw-b"], list)

    smart, callhome = TransportType.SMART.value, TransportType.CALLHOME.value
    assert seen == [("fw-a", smart, NOW), ("fw-a", callhome, NOW + timedelta(days=2))]
    assert early == [("fw-a", smart, NOW)]


@pytest.mark.parametrize(
    ("words", "since"),
    [
        ("smart callhome callhome", 1),
        ("callhome smart callhome", 2),
        ("callhome unknown callhome", 0),
        ("callhome missed", 0),
        ("callhome smart", None),
        ("callhome smart missed", None),
        ("missed unknown", None),
    ],
)
def test_callhome_is_counted_from_the_first_audit_in_a_row_that_found_it(
    opening: Opening, words: str, since: int | None
) -> None:
    """The policy's days run through nights without an answer, and begin anew after smart."""
    outcomes: dict[str, AuditOutcome] = {
        word: audited("fw-a", facts_of(f"transport={word}")) for word in ("smart", "callhome", "unknown")
    }
    outcomes["missed"] = missed("fw-a", Stage.CONNECT)
    with opening() as store:
        for number, word in enumerate(words.split()):
            store.begin(run(number), [outcomes[word]], STANDARD)
        found = store.callhome_since()

    assert found == ({} if since is None else {"fw-a": NOW + timedelta(days=since)})


def test_a_transport_is_dated_by_the_first_audit_that_found_it(opening: Opening) -> None:
    """Two runs that lie a month apart do not say since when; those between them do."""
    words = ("-", "transport=callhome", "transport=callhome")
    with opening() as store:
        for number, word in enumerate(words):
            store.begin(run(number), [audited("fw-a", facts_of(word))], STANDARD)
        after = Side(run=run(2), outcomes=store.outcomes(run(2).id))
        (change,) = between(store, run(0), after, ()).changes

    assert isinstance(change, TransportChanged)
    assert change.since == NOW + timedelta(days=1)


def as_an_older_release_kept(outcomes: Sequence[AuditOutcome]) -> tuple[AuditOutcome, ...]:
    """With findings that have words, other ones than today's, and no values."""
    return tuple(
        replace(one, findings=tuple(replace(f, detail=f"{f.detail}!", values=None) for f in one.findings))
        if isinstance(one, Audited)
        else one
        for one in outcomes
    )


@pytest.mark.parametrize("is_document", [False, True])
def test_a_run_of_an_older_release_is_compared_without_a_false_change(
    is_document: bool, tmp_path: Path
) -> None:
    """The first night with this release must not call a whole fleet changed."""
    outcomes = as_an_older_release_kept(every_kind().ordered)
    with Store(tmp_path) as store:
        store.begin(run(0), _documented(outcomes) if is_document else outcomes, STANDARD)
        after = Side(run=run(1), outcomes=every_kind().ordered)

        assert between(store, run(0), after, ()).changes == ()


def test_what_changed_since_a_run_of_an_older_release_is_told(tmp_path: Path) -> None:
    """Its values follow from the facts that it kept; of a run that is only a document they do not."""
    then, now = (
        judged([audited("fw-a", facts_of(f"url=https://{one}.example.net/x"))], STANDARD) for one in "ab"
    )
    found = []
    for number, kept in enumerate((then, _documented(then))):
        with Store(tmp_path) as store:
            store.begin(run(number), as_an_older_release_kept(kept), STANDARD)
            found.append(between(store, run(number), Side(run=run(5), outcomes=now), ()).changes)

    assert [[type(change) for change in changes] for changes in found] == [[FindingChanged], []]


def test_a_run_that_is_only_a_document_has_the_values_of_its_findings(tmp_path: Path) -> None:
    """A copy of the run folders, without the database, is compared by all that it says."""
    then, now = (
        judged([audited("fw-a", facts_of(f"url=https://{one}.example.net/x"))], STANDARD) for one in "ab"
    )
    with Store(tmp_path) as store:
        store.begin(run(0), _documented(then), STANDARD)

        same, other = (
            between(store, run(0), Side(run=run(1), outcomes=one), ()).changes for one in (then, now)
        )

    assert [type(change) for change in (*same, *other)] == [FindingChanged]


def _documented(outcomes: tuple[AuditOutcome, ...]) -> tuple[AuditOutcome, ...]:
    """What comes back of outcomes of which only the document is left."""
    made = document(RUN, [one.device for one in outcomes], outcomes, now=NOW)
    _, found = run_of(json.loads(json.dumps(made)), place="here", size=0)
    return found


def test_the_trend_of_transports_is_counted_run_by_run(opening: Opening) -> None:
    """A page draws it; only whole audits are comparable points."""
    with opening() as store:
        for number, word in enumerate(("-", "transport=callhome", "transport=unknown")):
            found = [audited("fw-a", facts_of(word)), audited("fw-b", facts_of("-"))]
            store.begin(run(number), found, STANDARD)
        store.begin(run(3, limit=("fw-a",)), [audited("fw-a", facts_of("-"))], STANDARD)
        trend = store.transport_counts([found.id for found in store.runs() if found.is_whole][-2:])

    assert trend == {run(1).id: {"callhome": 1, "smart": 1}, run(2).id: {None: 1, "smart": 1}}


# The tables.


def migrated(url: str) -> None:
    """Make a store's tables as an upgrade does, from nothing."""
    config = Config()
    config.set_main_option("script_location", str(engine._MIGRATIONS))
    made = sa.create_engine(url)
    with made.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    made.dispose()


def shape(url: str) -> dict[str, object]:
    """Return what a database says of its tables."""
    made = sa.create_engine(url)
    asked = sa.inspect(made)
    found: dict[str, object] = {}
    for name in asked.get_table_names():
        columns = [{**one, "type": str(one["type"])} for one in asked.get_columns(name)]
        indexes = sorted(asked.get_indexes(name), key=lambda one: f"{one['name']}")
        found[name] = (
            columns, indexes, asked.get_pk_constraint(name), asked.get_foreign_keys(name),
            asked.get_unique_constraints(name),
        )  # fmt: skip
    made.dispose()
    return found


def test_a_new_store_is_what_all_migrations_together_make(tmp_path: Path) -> None:
    """A new one is made at once, without alembic; an upgrade of it must find what it expects."""
    Store(tmp_path).close()
    by_migrations = f"sqlite:///{tmp_path / 'migrated.db'}"
    migrated(by_migrations)
    at_once = f"sqlite:///{tmp_path / engine.FILE}"

    assert shape(at_once) == shape(by_migrations)
    # Nothing is left to do, and nothing breaks.
    migrated(at_once)
    assert shape(at_once) == shape(by_migrations)


def test_the_migrations_make_the_tables_that_the_program_reads(opening: Opening) -> None:
    """One that is forgotten would be found by a user's first night after the upgrade."""
    with opening() as store, store._engine.connect() as connection:
        options = {"version_table": tables.VERSION_TABLE, "include_name": _is_ours}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata)

    assert differences == []


def test_the_runs_of_an_older_release_are_numbered_by_their_clocks(opening: Opening) -> None:
    """They are all that is known of their order; what comes next is the last."""
    with opening() as store:
        for number in (2, 0, 1):
            store.begin(run(number), [audited("fw-a", facts_of("transport=callhome"))], STANDARD)
        with engine.writing(store._engine) as connection:
            for statement in FIRST_RELEASE:
                connection.execute(sa.text(statement))
    with opening() as store:
        store.begin(run(-5, status=RunStatus.RUNNING), (), STANDARD)
        found = store.runs()

        assert [one.id for one in found] == [run(number).id for number in (0, 1, 2, -5)]
        assert [one.sequence for one in found] == [1, 2, 3, 4]
        assert store.callhome_since() == {"fw-a": NOW}


def test_a_run_whose_clock_was_wrong_is_in_its_place_in_every_question(opening: Opening) -> None:
    """One night that was 500 days ahead would be what every device was last known to be."""
    nights = {0: "-", 500: "transport=callhome", 1: "transport=callhome", 2: "-"}
    with opening() as store:
        for number, words in nights.items():
            found = [audited("fw-a", replace(facts_of(words), version=f"9.22({number})"))]
            store.begin(run(number, status=RunStatus.RUNNING), found, STANDARD)
            store.finish(run(number), found)
        seen = store.transports(run(1).id, ["fw-a"], list)

        assert store.callhome_since() == {}
        assert [at for _, _, at in seen] == [NOW + timedelta(days=number) for number in (0, 500, 1)]
        assert store.last_audited(["fw-a"], run(2).id)["fw-a"].facts.version == "9.22(1)"
        assert store.last_audited(["fw-a"], run(500).id)["fw-a"].facts.version == "9.22(0)"


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    return kind != "table" or name != tables.VERSION_TABLE


def test_the_newest_migration_is_the_one_that_the_program_expects() -> None:
    """HEAD spares every start the import of alembic; it must not lie."""
    config = Config()
    config.set_main_option("script_location", str(engine._MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_heads() == [tables.HEAD]


def test_a_store_of_a_newer_release_is_left_alone(opening: Opening) -> None:
    """An old binary on a shared store must not write what the new one does not expect."""
    with opening() as store, engine.writing(store._engine) as connection:
        connection.execute(sa.text(f"UPDATE {tables.VERSION_TABLE} SET version_num = '9999'"))

    with pytest.raises(StoreError, match="newer release"):
        opening()


# Where it is.


def test_a_file_that_is_no_database_is_said_and_kept(tmp_path: Path) -> None:
    """Somebody's file is not overwritten."""
    (tmp_path / engine.FILE).write_text("dear diary, " * 100)

    with pytest.raises(StoreError, match="not a database"):
        Store(tmp_path)
    assert (tmp_path / engine.FILE).read_text().startswith("dear diary")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://someone:{}@127.0.0.1:1/test",
        "postgresql://127.0.0.1:1/test?user=someone&password={}",
        "postgresql+psycopg2://someone:{}@127.0.0.1:1/test",
        "oracle://someone:{}@127.0.0.1/test",
        "someone:{}@127.0.0.1",
        "postgresql+psycopg://someone:{}@127.0.0.1:port/test",
    ],
)
def test_no_message_holds_the_password_of_a_url(tmp_path: Path, url: str) -> None:
    """Cron mails what goes to stderr."""
    secret = "Tr0ub4dor&3"

    with pytest.raises(StoreError) as caught:
        Store(tmp_path, url.format(quote(secret)))

    said = f"{caught.value!r} {caught.value.__cause__!r}"
    assert secret not in said
    assert quote(secret) not in said


def test_a_server_that_refuses_names_itself_and_not_the_user_s_secret() -> None:
    """The server's own words are worth having; the password in them is not."""
    with postgresql() as url, pytest.raises(StoreError) as caught:
        Store(Path(), url.replace("asa_transport_test_", "none_such_"))

    assert "does not exist" in str(caught.value)


# As a server answers whose login is open: it took it, and waits for a question.
LOGGED_IN = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"


@pytest.mark.parametrize(
    ("greeting", "drip"),
    # The longest message that is taken before a login, and one without end behind it.
    [(b"", b""), (b"R\0\0\x07\xd0", b"\0"), (LOGGED_IN, b""), (LOGGED_IN, b"N")],
    ids=["silent", "drips", "silent at the first question", "drips at the first question"],
)
def test_a_server_that_comes_to_no_end_is_given_up(tmp_path: Path, greeting: bytes, drip: bytes) -> None:
    """It takes the connection, and that is the last that is heard: no audit hangs on it for a night."""
    with endless(greeting=greeting, drip=drip) as peer:
        url = f"postgresql+psycopg://audit@127.0.0.1:{peer.port}/asa?sslmode=disable&gssencmode=disable"
        with pytest.raises(StoreUnusable) as caught:
            Store(tmp_path, url, limit=WaitLimit(limit_s=0.2))

    place = f"postgresql+psycopg://127.0.0.1:{peer.port}/asa"
    assert str(caught.value) == f"the run store {place}: no answer within 0.2 s"


def test_a_lock_that_nobody_lets_go_is_given_up(opening: Opening) -> None:
    """A program that died in the middle of a migration holds one on a server; a backup does on a file."""
    with opening() as store, engine.writing(store._engine) as connection:
        connection.execute(tables.runs.delete())
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("LOCK TABLE asa_runs IN ACCESS EXCLUSIVE MODE"))
        store._limit = WaitLimit(limit_s=0.2)

        with pytest.raises(StoreUnusable, match=r"no answer within 0\.2 s$"):
            store.remove(["none such"])


def test_devices_keep_what_reports_need_and_not_where_it_came_from() -> None:
    """`origins` is a question to the inventory of today."""
    outcome = missed("fw-a", Stage.CONNECT)
    full: Device = replace(
        outcome.device, region="emea", groups=("emea",), jump="bastion", origins={"region": "groups.emea"}
    )

    found = codec.read_outcome(codec.write_outcome(replace(outcome, device=full)))

    assert found.device == replace(full, origins={})


def _unpacked(data: bytes) -> str:
    return json.dumps(codec._unpacked(data))


FIRST = "0178f9688bb32123fe30e982c422709d8676943458985e0749c3dc40ea31d200b5f34ef0"
