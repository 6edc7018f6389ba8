"""Turn a run into CSV: a heading, then one row per device, never one per finding.

Pure.  The values are those of the audit document, but for its word `none`, which programs that
read CSV take for an empty cell: here every "none" has a word of its own.  Lines end in CRLF, as
RFC 4180 has it, and no cell holds a line end: one device is one line, for grep as for a spreadsheet.
An empty cell means that the device did not say.  A text that a spreadsheet would take
for a formula gets an apostrophe in front; numbers and our own words never need one.

Source: RFC 4180; OWASP, "CSV Injection"; agate (csvkit) 1.x, `DEFAULT_NULL_VALUES`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from asa_transport.core.documents.audit import outcome_record
from asa_transport.core.judgement.rules.table import worst
from asa_transport.core.reports.report import Report, data_keys
from asa_transport.model import Audited, AuditOutcome, ExpectedTransport, ProxyPolicy, UnsavedState
from asa_transport.text import visible

Record: TypeAlias = Mapping[str, Any]
Cell: TypeAlias = str | float | None
_NO_PROXY: Final = "no-proxy"
# What a spreadsheet takes for a formula at the start of a cell; the wide forms too,
# which some locales treat alike (OWASP).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        meaning: For a person; docs/formats.md is compared with it.
        value: Read from the device's entry in the audit document.
        is_text: Whether the cell may hold a text that is not ours.
    """

    name: str
    meaning: str
    value: Callable[[Record], Cell]
    is_text: bool = False


def text(report: Report) -> str:
    """Return the whole file; errors as of `lines`."""
    return "".join(lines(report))


def lines(report: Report) -> Iterator[str]:
    """Return the file line by line, each device read when its line is asked for.

    Raises:
        ValueError: The outcomes are not exactly those of the devices; before the first line.
    """
    return _lines(report, report.ordered)


def _lines(report: Report, outcomes: Iterable[AuditOutcome]) -> Iterator[str]:
    sink = _Sink()
    writer = csv.writer(sink, lineterminator="\r\n")
    columns = (*COLUMNS, *map(_datum, data_keys(report.devices)))
    writer.writerow([column.name for column in columns])
    yield sink.line
    for outcome in outcomes:
        record = {**outcome_record(outcome, report.now), "worst": _worst(outcome)}
        writer.writerow([_cell(column, record) for column in columns])
        yield sink.line


class _Sink:
    """Holds the line that the csv module wrote last."""

    line = ""

    def write(self, line: str) -> None:
        """Take one line."""
        self.line = line


def _cell(column: Column, record: Record) -> str | float:
    value = column.value(record)
    if value is None:
        return ""
    if isinstance(value, str) and column.is_text:
        return ("'" if value.startswith(_FORMULA) else "") + visible(value)
    return value


def _at(path: str) -> Callable[[Record], Cell]:
    """Return what reads one value of the document; `None` where a device has no such part."""

    def read(record: Record) -> Cell:
        found: Any = record
        for key in path.split("."):
            found = found.get(key) if found is not None else None
        return found if found is None or isinstance(found, str | float) else str(found)

    return read


def _datum(key: str) -> Column:
    """Return the column of a free key of the inventory."""

    def read(record: Record) -> Cell:
        found: str | None = record.get("data", {}).get(key)
        return found

    return Column(name=f"data.{key}", meaning="as the inventory has it", value=read, is_text=True)


def _proxy(record: Record) -> Cell:
    transport = record.get("facts", {}).get("transport", {})
    if transport.get("proxy") is None and transport.get("proxy_known"):
        return _NO_PROXY
    return _host_and_port(transport.get("proxy"))


def _expected_proxy(record: Record) -> Cell:
    proxy = record["expect"]["proxy"]
    if isinstance(proxy, str):
        return _NO_PROXY if proxy == ProxyPolicy.NONE else proxy
    return _host_and_port(proxy)


def _expected_transport(record: Record) -> Cell:
    transport: str = record["expect"]["transport"]
    return "no-transport" if transport == ExpectedTransport.NONE else transport


def _unsaved(record: Record) -> Cell:
    state: str | None = record.get("facts", {}).get("unsaved", {}).get("state")
    return "nothing" if state == UnsavedState.NONE else state


def _callhome_proxy(record: Record) -> Cell:
    return _host_and_port(record.get("facts", {}).get("transport", {}).get("callhome_proxy"))


def _host_and_port(proxy: Mapping[str, Any] | None) -> Cell:
    return None if proxy is None else f"{proxy['host']}:{proxy['port']}"


def _joined(key: str) -> Callable[[Record], Cell]:
    return lambda record: "; ".join(record[key]) or None


def _listed(key: str) -> Callable[[Record], Cell]:
    return lambda record: "; ".join((record.get("decision") or {}).get(key, ())) or None


def _findings(record: Record) -> Cell:
    found = record.get("findings", ())
    return "; ".join(map(_finding, found)) or None


def _finding(found: Record) -> str:
    waived = "(waived)" if found["waived"] is not None else None
    return " ".join(filter(None, (found["rule"], found["bug"], found["severity"], waived)))


def _worst(outcome: AuditOutcome) -> str | None:
    counting = (f for f in outcome.findings if f.waived is None) if isinstance(outcome, Audited) else ()
    found = worst(counting)
    return None if found is None else found.value


def _fact(name: str, meaning: str, path: str = "", *, is_text: bool = False) -> Column:
    return Column(name=name, meaning=meaning, value=_at(f"facts.{path or name}"), is_text=is_text)


COLUMNS: Final = (
    Column(name="name", meaning="the inventory's name", value=_at("name"), is_text=True),
    Column(name="host", meaning="what was dialled", value=_at("host"), is_text=True),
    Column(name="outcome", meaning="`audited` or `not-audited`", value=_at("outcome")),
    Column(name="stage", meaning="where a device that was not audited ended", value=_at("stage")),
    Column(name="error", meaning="what was seen there", value=_at("error"), is_text=True),
    _fact("hostname", "what the device calls itself", is_text=True),
    _fact("version", "its release, as printed", is_text=True),
    _fact("model", "its model", is_text=True),
    _fact("serial", "its serial number", is_text=True),
    _fact("license_mode", "`smart`, `pak`, `fxos`, `payg`, `disabled` or `unknown`"),
    _fact("transport", "`smart` or `callhome`", "transport.type"),
    _fact("transport_source", "where the transport was read", "transport.source"),
    Column(
        name="proxy",
        meaning="`HOST:PORT` of `transport proxy`; `no-proxy` where none is configured; empty: not known",
        value=_proxy,
        is_text=True,
    ),
    Column(
        name="callhome_proxy",
        meaning="`HOST:PORT` of `http-proxy` in `call-home`",
        value=_callhome_proxy,
        is_text=True,
    ),
    _fact("registration", "state of the registration", "registration.state"),
    _fact("registration_expires_at", "its end, UTC", "registration.expires_at"),
    _fact("export_control", "`allowed` or `not-allowed`", "registration.export_control"),
    _fact("authorization", "state of the authorization", "authorization.state"),
    _fact("last_contact_result", "`succeeded` or `failed`", "authorization.last_contact.result"),
    _fact("last_contact_at", "when that was, UTC", "authorization.last_contact.at"),
    _fact("deadline_at", "the communication deadline, UTC", "authorization.deadline_at"),
    _fact("days_left", "days to the deadline, negative once past", "authorization.days_left"),
    _fact("failover_unit", "`primary` or `secondary` of a pair", "failover.unit"),
    _fact("failover_state", "`active`, `standby`, `backup` (in a public cloud) or `other`", "failover.state"),
    _fact("cluster_role", "`control`, `data` or `other`", "cluster.role"),
    _fact("context_mode", "`single` or `multiple`"),
    Column(name="verdict", meaning="what should be done", value=_at("decision.verdict")),
    Column(name="changes", meaning="the changes, in order, joined by `; `", value=_listed("changes")),
    Column(name="reasons", meaning="why, joined by `; `", value=_listed("reasons"), is_text=True),
    Column(
        name="findings",
        meaning="rule, bug if any, severity, and `(waived)` if so, of each finding, joined by `; `",
        value=_findings,
        is_text=True,
    ),
    Column(
        name="worst_severity",
        meaning="the highest severity among the findings that count",
        value=_at("worst"),
    ),
    Column(
        name="unsettled",
        meaning="the push that left it unproven or unsaved, until something settles it",
        value=_at("unsettled.run"),
    ),
    Column(
        name="unsaved",
        meaning="`some` where changes are not saved, `nothing` where all are",
        value=_unsaved,
    ),
    _fact(
        "startup_license", "`same` or `differs`: the licence block after a reload", "startup_license.state"
    ),
    Column(name="region", meaning="the inventory's region", value=_at("region"), is_text=True),
    Column(name="groups", meaning="its groups, joined by `; `", value=_joined("groups"), is_text=True),
    Column(name="tags", meaning="its tags, joined by `; `", value=_joined("tags"), is_text=True),
    Column(name="pair", meaning="the inventory's entry of the mate", value=_at("pair"), is_text=True),
    Column(
        name="expected_transport",
        meaning="`smart`, `callhome`, `onprem`, `reserved` or `no-transport`",
        value=_expected_transport,
    ),
    Column(
        name="expected_proxy",
        meaning="`HOST:PORT`, `no-proxy`, or `any`",
        value=_expected_proxy,
        is_text=True,
    ),
    Column(
        name="role",
        meaning="the unit's part: `alone`, `active`, `standby`, `backup`, `control`, `data` or `other`",
        value=_at("role"),
    ),
    _fact("cluster", "the cluster's name", "cluster.name", is_text=True),
    _fact("cluster_unit", "what the unit is called there", "cluster.unit", is_text=True),
    Column(name="duration_s", meaning="seconds that the device took", value=_at("duration_s")),
    _fact("ssh_kex", "the key exchange that the SSH session agreed on", "ssh.kex"),
    _fact("ssh_host_key", "the signature of its host key; `ssh-rsa` is SHA-1", "ssh.host_key"),
    _fact("ssh_cipher", "its cipher, towards us", "ssh.cipher"),
    _fact("ssh_server", "the version that the device's SSH server names", "ssh.server", is_text=True),
)
