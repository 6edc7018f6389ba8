"""Turn every outcome of a run into a row of the page's table, and into an entry of "not audited".

Pure.  Guarantees one row for each outcome, the most urgent first: critical findings, then
devices that could not be audited, whose state nobody knows, then the rest by severity.
Whatever a device or a file says is made visible here; the template escapes it.

Source: docs/formats.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from asa_transport.core.documents.facts import days_left
from asa_transport.core.reports.html.charts import NOT_AUDITED, NOT_KNOWN, VERDICTS, verdict_of
from asa_transport.core.reports.html.findings import Index, Item, anchor
from asa_transport.core.reports.report import Report
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Device,
    DeviceFacts,
    ExportControl,
    LicenseMode,
    NotAudited,
    Severity,
    Stage,
)
from asa_transport.text import instant, visible

NO_FINDING: Final = "none"
WORST: Final = (
    Severity.CRITICAL.value,
    NOT_AUDITED,
    Severity.HIGH.value,
    Severity.MEDIUM.value,
    Severity.LOW.value,
    Severity.INFO.value,
    NO_FINDING,
)
# Sorts devices without a date behind all others.
_NO_DATE: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell in two lines; `key` is what it sorts by where its column has numbers to sort by."""

    text: str
    more: str = ""
    key: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Why a device was not audited."""

    stage: str
    error: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One device of the run."""

    anchor: str
    name: str
    place: str
    worst: Cell
    verdict: Cell
    transport: Cell = Cell(text="")
    authorization: Cell = Cell(text="")
    left: Cell = Cell(text="", key=_NO_DATE)
    version: Cell = Cell(text="")
    items: tuple[Item, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    missed: Missed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedStage:
    """The devices whose audit ended at one stage, by name."""

    stage: str
    rows: tuple[Row, ...]


Place: TypeAlias = tuple[float, float, str, int]


def place(outcome: AuditOutcome, number: int, report: Report) -> Place:
    """Return what the table is sorted by: the most urgent first; the last part is the outcome's number."""
    worst, left = _worst(outcome), float(_NO_DATE)
    if isinstance(outcome, Audited):
        left = _left(outcome.facts, report).key
    return -_urgent(worst, WORST).key, left, visible(outcome.name), number


def rows(report: Report, places: Iterable[Place], index: Index) -> Iterator[Row]:
    """Yield one row for each device, in this order; each is read when its row is asked for."""
    outcomes = report.ordered
    for *_, number in places:
        yield _row(outcomes[number], number, report, index)


def missed_row(outcome: NotAudited, number: int) -> Row:
    """Return the row of a device that was not audited."""
    return Row(
        anchor=anchor("device", outcome.name, number),
        name=visible(outcome.name),
        place=_place_of(outcome.device),
        worst=_urgent(NOT_AUDITED, WORST),
        verdict=_urgent(NOT_AUDITED, VERDICTS, more=f"at {outcome.stage}"),
        missed=Missed(stage=outcome.stage.value, error=visible(outcome.error), hint=visible(outcome.hint)),
        facts=tuple(_data(outcome.device)),
    )


def by_stage(missed: Sequence[Row]) -> tuple[MissedStage, ...]:
    """Return the devices that were not audited, in the order of the stages."""
    staged = {
        stage.value: tuple(row for row in missed if row.missed is not None and row.missed.stage == stage)
        for stage in Stage
    }
    return tuple(MissedStage(stage=stage, rows=rows) for stage, rows in staged.items() if rows)


def _worst(outcome: AuditOutcome) -> str:
    match outcome:
        case NotAudited():
            return NOT_AUDITED
        case Audited():
            found = max(outcome.findings, key=lambda finding: finding.severity.rank, default=None)
            return NO_FINDING if found is None else found.severity.value
        case _:
            assert_never(outcome)


def _place_of(device: Device) -> str:
    return visible(" · ".join((device.host, *device.groups)))


def _row(outcome: AuditOutcome, number: int, report: Report, index: Index) -> Row:
    match outcome:
        case Audited():
            facts = outcome.facts
            return Row(
                anchor=anchor("device", outcome.name, number),
                name=visible(outcome.name),
                place=_place_of(outcome.device),
                worst=_urgent(_worst(outcome), WORST),
                verdict=_urgent(verdict_of(outcome), VERDICTS, more=_changes(outcome)),
                transport=_transport(facts),
                authorization=_authorization(facts),
                left=_left(facts, report),
                version=Cell(text=visible(facts.version or NOT_KNOWN), more=visible(facts.model or "")),
                items=index.items(outcome),
                facts=tuple(_facts(facts, outcome.device)),
                reasons=() if outcome.decision is None else tuple(map(visible, outcome.decision.reasons)),
            )
        case NotAudited():
            return missed_row(outcome, number)
        case _:
            assert_never(outcome)


def _urgent(word: str, urgent_first: Sequence[str], more: str = "") -> Cell:
    return Cell(text=word, more=more, key=len(urgent_first) - urgent_first.index(word))


def _changes(outcome: Audited) -> str:
    return "" if outcome.decision is None else ", ".join(outcome.decision.changes)


def _transport(facts: DeviceFacts) -> Cell:
    transport = facts.transport
    proxy = f"proxy {transport.proxy}" if transport.proxy is not None else "no proxy"
    is_told = transport.proxy is not None or transport.proxy_known
    return Cell(
        text=transport.type.value if transport.type is not None else NOT_KNOWN,
        more=visible(proxy if is_told else "proxy not known"),
    )


def _authorization(facts: DeviceFacts) -> Cell:
    state, registration = facts.authorization.state, facts.registration.state
    return Cell(
        text=state.value if state is not None else NOT_KNOWN,
        more=registration.value if registration is not None else "",
    )


def _left(facts: DeviceFacts, report: Report) -> Cell:
    days = days_left(facts, report.now)
    if facts.authorization.deadline_exceeded:
        return Cell(text="exceeded", key=-_NO_DATE if days is None else round(days, 1))
    if days is None:
        return Cell(text="", key=_NO_DATE)
    return Cell(text=f"{days:.1f}", key=round(days, 1))


def _facts(facts: DeviceFacts, device: Device) -> Iterator[tuple[str, str]]:
    """Yield what the table's columns do not say, by label."""
    contact, failover = facts.authorization.last_contact, facts.failover
    export = facts.registration.export_control
    pairs = (
        ("calls itself", facts.hostname if facts.hostname != device.name else None),
        ("serial", facts.serial),
        ("license", facts.license_mode.value if facts.license_mode is not LicenseMode.SMART else None),
        ("unit", _joined(failover.unit, failover.state) if failover.enabled else None),
        ("cluster unit", _joined(facts.cluster.unit, facts.cluster.role)),
        ("last contact", _joined(contact.result, instant(contact.at), contact.reason)),
        ("deadline", instant(facts.authorization.deadline_at)),
        ("registration ends", instant(facts.registration.expires_at)),
        ("export control", export if export is not ExportControl.ALLOWED else None),
        ("call-home proxy", facts.transport.callhome_proxy),
        ("restricted", ", ".join(facts.restricted)),
        ("lines passed over", f"{facts.chatter} that nobody asked for" if facts.chatter else None),
    )
    for label, value in pairs:
        if value:
            yield label, visible(str(value))
    yield from _data(device)


def _data(device: Device) -> Iterator[tuple[str, str]]:
    """Yield what the inventory has of it beside, by key."""
    for key, value in sorted(device.data.items()):
        yield visible(key), visible(value)


def _joined(*words: str | None) -> str:
    return " ".join(word for word in words if word)
