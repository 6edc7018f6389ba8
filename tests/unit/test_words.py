"""What a user reads is in our words: no Python, no library, no value that was not there."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from asa_transport.asa.version import Version, try_parse
from asa_transport.cli.main import app
from asa_transport.core.judgement.cases import bugs
from asa_transport.core.judgement.cases.case import Case
from asa_transport.core.judgement.decisions.table import ROWS
from asa_transport.core.judgement.rules import table
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.tables import TableSet
from asa_transport.files import bugs as catalogue
from asa_transport.model import DeviceFacts
from tests.golden.golden import DEVICES, NOW, capture_of, texts
from tests.unit.judging import case_of, device, expectation_of, facts_of

FOREIGN = re.compile(
    r"\b(None|NoneType|True|False|Traceback|Errno|datetime|dataclass|pydantic|isoformat|codec)\b"
    r"|\b[A-Z][A-Za-z]*(Error|Exception)\b|Input should be|validation error|Expecting |Field required"
    r"|<[A-Za-z]+\.[A-Z_]+: |<class |not subscriptable|has no attribute|object is not|is not a valid [A-Z]"
    r"|unexpected keyword|invalid literal|recursion depth|internal error"
)
TABLES = TableSet(texts())
CATALOGUE = catalogue.load(None, train_of=lambda text: Version.parse(text).train).bugs
EXPECTED = tuple(expectation_of(word) for word in ("smart", "callhome, proxy.example.net:8080", "onprem"))
GOLDEN = sorted(path.name for path in DEVICES.iterdir() if path.is_dir())
AROUND = ("-", "exception=live", "mate=same; policy=allow_callhome", "unsettled=killed", "clock=unread")


def without_one(value: Any) -> Iterator[Any]:
    """Yield the value as often as it has fields, one field of it (or of what is in it) not said."""
    for field in fields(value):
        inner = getattr(value, field.name)
        if is_dataclass(inner) and not isinstance(inner, type):
            yield from (replace(value, **{field.name: one}) for one in without_one(inner))
        if (empty := _empty(field)) is not MISSING and empty != inner:
            yield replace(value, **{field.name: empty})


def _empty(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def said_of(case: Case) -> list[str]:
    """Every finding, and the reasons of every row that holds, also below the one that decides."""
    found = table.findings(case)
    said = [text for one in found for text in (one.detail, one.remedy)]
    return said + [text for row in ROWS if row.when(case, found) for text in row.reasons(case)]


def judged(facts: DeviceFacts, expect: int) -> Case:
    known = bugs.verdicts(CATALOGUE, try_parse(facts.version or ""), facts.model)
    base = case_of(around=AROUND[expect % len(AROUND)])
    owner = device(EXPECTED[expect % len(EXPECTED)])
    return replace(base, facts=facts, device=owner, bugs=known, now=NOW)


@pytest.mark.parametrize("name", GOLDEN)
def test_a_fact_that_is_missing_is_never_printed_as_one(name: str) -> None:
    """ "The version None" sends an operator to look for a version that nobody has."""
    whole = parse.facts(capture_of(DEVICES / name), TABLES)

    said = {
        text
        for facts in (whole, *without_one(whole))
        for expect in range(len(AROUND))
        for text in said_of(judged(facts, expect))
    }

    assert said
    assert [text for text in said if FOREIGN.search(text)] == []


@pytest.mark.parametrize(
    ("facts", "around"),
    [
        ("transport=callhome; version=unknown", "-"),
        ("transport=callhome; version=unknown; mate-version=9.20(3)", "-"),
        ("failover=active; version=unknown", "mate=version 9.20(3)"),
        ("failover=active; mate-state=Failed; version=unknown", "mate=unknown"),
        ("startup= transport type callhome", "-"),
        ("startup= transport type callhome; failover=standby", "-"),
        ("renewal=failed; expires=3d", "clock=none"),
        ("cluster=data; context=unread", "-"),
        ("cluster=other; member=DATA_NODE 9.20(3); version=unknown", "-"),
        ("transport=unknown; proxy=unread; config=unread", "exception=past"),
    ],
)
def test_several_missing_facts_are_never_printed_either(facts: str, around: str) -> None:
    """Where one thing is not known, its neighbours often are not either."""
    known = facts_of(facts)

    said = [
        text
        for one in (known, *without_one(known))
        for expect in EXPECTED
        for text in said_of(replace(case_of(around=around), facts=one, device=device(expect)))
    ]

    assert [text for text in said if FOREIGN.search(text)] == []


BAD: dict[str, bytes] = {
    "empty": b"",
    "binary": b"\x00\xff\xfe\x80" * 20,
    "null": b"null",
    "a list": b"[]",
    "a number": b"7",
    "no keys": b"{}",
    "a schema of null": b'{"schema": null, "run": null, "devices": null}',
    "cut": b'{"schema": "asa-transport/plan/1", "devices": [{"na',
    "deep": b"[" * 100_000,
    "a long number": b"9" * 10_000,
    "a truth": b'{"schema": true, "event": true, "devices": [true], "run": {"id": false}}',
    "an object in a list": b"- a\n- {b: [null, ~, {}]}\n",
    "names without values": b"version:\ndevices:\ncredentials:\nbugs:\nexceptions:\nwaivers:\nwaves:\n",
    "lists for texts": b"devices: {fw-a: {host: [1]}}\nbugs: [[]]\nexceptions: [[]]\nwaivers: [~]\n",
}
AUDIT_HEAD = {
    "id": "20260120T120000Z-0001",
    "kind": "audit",
    "started_at": "2026-01-20T12:00:00Z",
    "finished_at": "2026-01-20T12:01:00Z",
    "exit_code": 0,
    "tool_version": "1",
}
BAD_AUDITS = {
    "no devices": {"schema": "asa-transport/audit/1", "run": AUDIT_HEAD},
    "devices null": {"schema": "asa-transport/audit/1", "run": AUDIT_HEAD, "devices": None},
    "a device null": {"schema": "asa-transport/audit/1", "run": AUDIT_HEAD, "devices": [None]},
    "a device empty": {"schema": "asa-transport/audit/1", "run": AUDIT_HEAD, "devices": [{}]},
    "a bad time": {
        "schema": "asa-transport/audit/1",
        "run": {**AUDIT_HEAD, "started_at": "soon"},
        "devices": [],
    },
    "an odd outcome": {
        "schema": "asa-transport/audit/1",
        "run": AUDIT_HEAD,
        "devices": [{"name": "fw-a", "outcome": "odd"}],
    },
    "a time null": {
        "schema": "asa-transport/audit/1",
        "run": {**AUDIT_HEAD, "started_at": None},
        "devices": [],
    },
}
INVENTORY = {
    "version": 1,
    "credentials": {"lab": {"username": "netaudit", "password": {"env": "ASA_TRANSPORT_PASSWORD"}}},
    "defaults": {"credential": "lab"},
    "devices": {"fw-a": {"host": "192.0.2.1"}},
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "inventory.yaml").write_text(yaml.safe_dump(INVENTORY), encoding="utf-8")
    return tmp_path


def refused(site: Path, *arguments: str) -> str:
    """Run a command that must not succeed, and return what the user reads."""
    paths = {"INV": str(site / "inventory.yaml"), "BAD": str(site / "bad"), "STATE": str(site / "state")}
    given = [re.sub("INV|BAD|STATE", lambda found: paths[found[0]], argument) for argument in arguments]
    done = CliRunner().invoke(app, given, env={"NO_COLOR": "1", "COLUMNS": "2000"})
    where = (arguments, done.output, done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), where
    assert done.exit_code in {2, 4, 7, 8}, where
    assert not FOREIGN.search(done.output), where
    return done.output


FILES: dict[str, tuple[str, ...]] = {
    "inventory": ("inventory", "check", "-i", "BAD"),
    "policy": ("audit", "-i", "INV", "--state-dir", "STATE", "--policy", "BAD"),
    "bugs": ("bugs", "--bugs", "BAD"),
    "exceptions": ("exceptions", "list", "-i", "INV", "--exceptions", "BAD"),
    "waivers": ("waivers", "list", "-i", "INV", "--waivers", "BAD"),
    "channels": ("audit", "-i", "INV", "--state-dir", "STATE", "--notify", "BAD"),
    "plan, shown": ("show", "BAD", "-i", "INV", "--state-dir", "STATE"),
    "plan, pushed": ("push", "BAD", "-i", "INV", "--state-dir", "STATE"),
    "plan, for a ticket": ("ticket", "BAD", "-o", "STATE", "--state-dir", "STATE"),
    "plan, approved": ("approve", "BAD", "--key", "BAD"),
    "patterns": ("inventory", "show", "-i", "INV", "-l", "@BAD"),
    "saved outputs": ("analyze", "BAD"),
}
# An empty one of these is a file like any other.
FINE = {
    "policy": {"empty", "null", "no keys"},
    "bugs": {"empty", "null"},
    "exceptions": {"empty", "null"},
    "waivers": {"empty", "null"},
}


@pytest.mark.parametrize("kind", FILES)
def test_a_bad_file_is_refused_in_our_words(site: Path, kind: str) -> None:
    """Who wrote the file is to mend it, and knows neither Python nor the libraries."""
    refused(site, *FILES[kind])  # it is not there
    for name in sorted(BAD.keys() - FINE.get(kind, set())):
        (site / "bad").write_bytes(BAD[name])
        refused(site, *FILES[kind])
    (site / "bad").unlink()
    (site / "bad").mkdir()
    refused(site, *FILES[kind])


@pytest.mark.parametrize(
    "packed",
    [b"", b"\x1f\x8b", gzip.compress(b"show version\n" * 99)[:-9], b"PK\3\4"],
    ids=["empty", "no more than a mark", "cut", "begun"],
)
@pytest.mark.parametrize("name", ["bad.gz", "bad.zip", "bad.tar.gz"])
def test_a_broken_archive_is_refused_in_our_words(site: Path, name: str, packed: bytes) -> None:
    """It came by mail, and half of it is missing."""
    (site / name).write_bytes(packed)

    refused(site, "analyze", str(site / name))


@pytest.mark.parametrize("name", ["audit.json", "push.json", "journal.jsonl", "plan.json"])
def test_a_broken_run_is_refused_in_our_words(site: Path, name: str) -> None:
    """A run's folder was copied in part, or edited."""
    run = site / "state" / "runs" / str(AUDIT_HEAD["id"])
    run.mkdir(parents=True)
    contents = {**BAD, **{word: json.dumps(one).encode() for word, one in BAD_AUDITS.items()}}
    for content in contents.values():
        (run / name).write_bytes(content)
        if name == "audit.json":
            for command in (
                ("plan", "-i", "INV", "--state-dir", "STATE", "--from-run", str(run), "-o", "-"),
                ("show", str(run), "-i", "INV", "--state-dir", "STATE"),
                ("ticket", str(run), "-o", str(site / "made"), "--state-dir", "STATE"),
                ("report", str(run), "--state-dir", "STATE"),
                ("diff", str(run), str(run), "--state-dir", "STATE"),
                ("runs", "--state-dir", "STATE"),
            ):
                said(site, *command)
        else:
            said(site, "show", str(run), "-i", "INV", "--state-dir", "STATE")
            said(site, "journal", "verify", str(run))
            said(site, "resume", str(run), "-i", "INV", "--state-dir", "STATE")


def said(site: Path, *arguments: str) -> None:
    """Run a command that may or may not succeed; what it says must be in our words."""
    paths = {"INV": str(site / "inventory.yaml"), "STATE": str(site / "state")}
    done = CliRunner().invoke(
        app, [paths.get(argument, argument) for argument in arguments], env={"NO_COLOR": "1"}
    )
    where = (arguments, done.output, done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), where
    assert not FOREIGN.search(done.output), where


def test_the_words_that_are_looked_for_are_found() -> None:
    """A pattern that matches nothing would let everything pass."""
    for text in (
        "the version None is not known",
        "[Errno 2] No such file",
        "KeyError('run')",
        "1 validation error for Device",
        "Input should be a valid string",
        "Expecting value: line 1",
        "<TransportType.SMART: 'smart'>",
        "Invalid isoformat string",
        "'utf-8' codec can't decode",
        "'odd' is not a valid Verdict",
    ):
        assert FOREIGN.search(text), text
