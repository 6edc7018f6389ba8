"""CSV: one row a device, whatever a device says, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given, settings

from asa_transport.core.documents.audit import UnitRole
from asa_transport.core.reports import csv as audit_csv
from asa_transport.core.reports.csv import COLUMNS
from asa_transport.core.reports.report import Report
from asa_transport.model import (
    AuthorizationState,
    Change,
    ClusterFacts,
    ClusterRole,
    ContactResult,
    ContextMode,
    Expectation,
    ExpectedTransport,
    ExportControl,
    FailoverState,
    FailoverUnit,
    LicenseMode,
    Proxy,
    ProxyPolicy,
    RegistrationState,
    Severity,
    Stage,
    StartupLicense,
    TransportFacts,
    TransportSource,
    TransportType,
    UnsavedFacts,
    UnsavedState,
    Verdict,
)
from tests.support import ROOT
from tests.unit.judging import facts_of, healthy
from tests.unit.reporting import (
    audited,
    every_kind,
    finding,
    hostile_reports,
    missed,
    named,
    one,
    report_of,
    with_one_too_few,
)

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


OWNED = report_of(
    [
        replace(audited("fw-a", facts_of("-")), device=named("fw-a", data={"owner": "noc", "asset": "=1+1"})),
        replace(missed("fw-b", Stage.CONNECT), device=named("fw-b", data={"site": "par"})),
    ]
)


def test_data_of_the_inventory_are_columns_at_the_end() -> None:
    """Whoever sorts by the owner of a firewall finds one; a fleet without data has no column more."""
    first, second = rows_of(OWNED)

    assert list(first)[-3:] == ["data.asset", "data.owner", "data.site"]
    assert (first["data.asset"], first["data.owner"], first["data.site"]) == ("'=1+1", "noc", "")
    assert (second["data.asset"], second["data.site"]) == ("", "par")


def rows_of(report: Report) -> list[dict[str, str]]:
    text = audit_csv.text(report)
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_every_device_has_one_row_in_order_and_every_row_every_column() -> None:
    """A spreadsheet that counts rows must count firewalls."""
    report = every_kind()

    rows = rows_of(report)

    assert [row["name"] for row in rows] == sorted(device.name for device in report.devices)
    assert all(None not in row and None not in row.values() for row in rows)


def test_the_columns_are_those_that_scripts_rely_on() -> None:
    """A column renamed or moved breaks somebody's import in silence."""
    assert ",".join(column.name for column in COLUMNS) == (
        "name,host,outcome,stage,error,hostname,version,model,serial,license_mode,transport,"
        "transport_source,proxy,callhome_proxy,registration,registration_expires_at,export_control,"
        "authorization,last_contact_result,last_contact_at,deadline_at,days_left,failover_unit,"
        "failover_state,cluster_role,context_mode,verdict,changes,reasons,findings,worst_severity,"
        "unsettled,unsaved,startup_license,region,groups,tags,pair,expected_transport,expected_proxy,"
        "role,cluster,cluster_unit,duration_s,ssh_kex,ssh_host_key,ssh_cipher,ssh_server"
    )


def test_docs_name_every_column_with_its_meaning() -> None:
    """The page is what people read; it must not drift from the file."""
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")

    assert [c.name for c in COLUMNS if f"| `{c.name}` | {c.meaning} |" not in page] == []


def test_a_device_that_was_not_audited_has_a_row_that_says_where_and_why() -> None:
    """An empty row would read as a device without a problem."""
    (row,) = rows_of(one(missed("fw1", Stage.HOST_KEY, error="the key changed")))

    assert (row["outcome"], row["stage"], row["error"]) == ("not-audited", "host-key", "the key changed")
    assert row["verdict"] == row["transport"] == ""


def test_findings_stand_in_one_cell_with_bug_and_severity() -> None:
    """One row a device, so the findings share a cell; the worst has a column to sort by."""
    found = (finding(), finding(rule="AT301", severity=Severity.HIGH, bug="CSCxx00001"))

    (row,) = rows_of(one(audited("fw1", healthy(), findings=found)))

    assert row["findings"] == "AT101 medium; AT301 CSCxx00001 high"
    assert row["worst_severity"] == "high"


@pytest.mark.parametrize(
    ("transport", "cell"),
    [
        (TransportFacts(proxy=Proxy(host="p.example.net", port=8080)), "p.example.net:8080"),
        (TransportFacts(proxy_known=True), "no-proxy"),
        (TransportFacts(proxy_known=False), ""),
    ],
)
def test_no_proxy_and_an_unknown_proxy_never_share_a_cell_value(transport: TransportFacts, cell: str) -> None:
    """Whoever filters for "no-proxy" must not find devices whose proxy nobody could read."""
    (row,) = rows_of(one(audited("fw1", replace(healthy(), transport=transport))))

    assert row["proxy"] == cell


# What these take for an empty cell, in lower case: csvkit (agate), pandas, R.
NULLS = {
    *("", "na", "n/a", "none", "null", "."),
    *("#n/a", "#n/a n/a", "#na", "-1.#ind", "-1.#qnan", "-nan", "1.#ind", "1.#qnan", "<na>", "nan"),
}


def test_no_word_of_ours_is_an_empty_cell_to_a_program_that_reads_csv() -> None:
    """csvkit reads `none` as null: no proxy and an unknown proxy were the same there."""
    enums = (
        Verdict, Change, Severity, Stage, LicenseMode, TransportType, TransportSource, RegistrationState,
        AuthorizationState, ExportControl, ContactResult, FailoverUnit, FailoverState, ClusterRole,
        ContextMode, StartupLicense, UnitRole,
    )  # fmt: skip
    words = {member.value for kind in enums for member in kind}
    cells = set()
    for transport in ExpectedTransport:
        for proxy in ProxyPolicy:
            for state in UnsavedState:
                expect = Expectation(transport=transport, proxy=proxy)
                facts = replace(
                    healthy(),
                    transport=TransportFacts(proxy_known=True),
                    unsaved=UnsavedFacts(state=state),
                )
                outcome = replace(audited("fw1", facts), device=named("fw1", expect=expect))
                (row,) = rows_of(one(outcome))
                cells |= {row[name] for name in ("expected_transport", "expected_proxy", "proxy", "unsaved")}

    assert {"no-transport", "no-proxy", "any", "nothing", "some", "smart"} <= cells
    assert (words | cells) & NULLS == set()


def test_what_the_inventory_says_of_a_device_stands_in_its_row_also_where_it_was_not_audited() -> None:
    """Who sorts by region must find the silent firewalls of that region."""
    expect = Expectation(proxy=Proxy(host="p.example.net", port=80))
    lost = replace(
        missed("fw1", Stage.CONNECT),
        device=named("fw1", region="emea", groups=("a", "b"), tags=("edge",), pair="fw2", expect=expect),
        duration_s=10.0,
    )

    (row,) = rows_of(one(lost))

    assert [row[name] for name in ("region", "groups", "tags", "pair", "duration_s")] == [
        "emea", "a; b", "edge", "fw2", "10.0",
    ]  # fmt: skip
    assert (row["expected_transport"], row["expected_proxy"], row["role"]) == (
        "smart",
        "p.example.net:80",
        "",
    )


@pytest.mark.parametrize(
    ("words", "role"),
    [
        ("-", "alone"),
        ("failover=active", "active"),
        ("failover=standby", "standby"),
        ("cluster=data", "data"),
        ("cluster=control", "control"),
    ],
)
def test_the_role_of_a_unit_is_one_word(words: str, role: str) -> None:
    """A pair and a cluster have their roles in different facts; a lone firewall has none there."""
    facts = facts_of(words)
    if role == "alone":
        facts = replace(facts, cluster=ClusterFacts(enabled=False))

    (row,) = rows_of(one(audited("fw1", facts)))

    assert row["role"] == role


@pytest.mark.parametrize("start", FORMULA)
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(start: str) -> None:
    """A firewall's hostname must not run in the spreadsheet of who opens the report."""
    (row,) = rows_of(one(audited("fw1", replace(healthy(), hostname=f"{start}cmd"))))

    assert row["hostname"].startswith("'")


def test_a_negative_number_of_days_stays_a_number() -> None:
    """An apostrophe there would sort the expired devices as text."""
    (row,) = rows_of(one(audited("fw1", facts_of("deadline=-3.5d"))))

    assert row["days_left"] == "-3.5"


def test_lines_end_in_crlf_and_control_characters_are_shown_escaped() -> None:
    """RFC 4180 asks for CRLF; a line end or an escape sequence in a cell would break lines and terminals."""
    facts = replace(healthy(), hostname="one\ntwo\x1b[31m")

    text = audit_csv.text(one(audited("fw1", facts)))

    assert text.count("\r\n") == text.count("\n") == 2
    assert "one\\ntwo\\x1b[31m" in text


def test_a_run_without_devices_is_a_heading_alone() -> None:
    """An import needs the heading also on an empty day."""
    assert audit_csv.text(report_of([])).count("\r\n") == 1


def test_csv_is_refused_with_fewer_outcomes_than_devices() -> None:
    """A device silently missing from a report is the second worst thing."""
    with pytest.raises(ValueError, match="not matched"):
        audit_csv.text(with_one_too_few(every_kind()))


# A busy machine is not a failure.
@settings(deadline=None)
@given(hostile_reports)
def test_any_text_gives_one_line_a_device_and_no_formula(report: Report) -> None:
    """No byte that a device prints may add, split or hide a row, or start a formula."""
    text = audit_csv.text(report)
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))

    assert len(rows) == text.count("\r\n") == len(text.splitlines()) == len(report.devices) + 1
    assert {len(row) for row in rows} == {len(COLUMNS)}
    numbers = {n for n, column in enumerate(COLUMNS) if column.name in {"days_left", "duration_s"}}
    cells = [cell for row in rows for number, cell in enumerate(row) if number not in numbers]
    assert [cell for cell in cells if cell.startswith(FORMULA) or not cell.isprintable()] == []
