"""Turn the outcomes of an audit into the audit document, and say its JSON Schema.

Pure.  Refuses to make a document with fewer, more or other outcomes than the
run has devices: a device silently missing from a report is the second worst
thing this program could do.

The schema is strict; `$defs/device` is the schema of one line of `--format jsonl`.

Source: docs/schemas/audit.json, which is made of it; JSON Schema draft 2020-12.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final, assert_never

from asa_transport.core.documents import json_parts
from asa_transport.core.documents.facts import DEFINED, definitions, facts_record, facts_schema
from asa_transport.core.documents.json_parts import Items
from asa_transport.core.documents.records import encode
from asa_transport.core.documents.records import schema as schema_of
from asa_transport.core.documents.schema_parts import (
    EXIT_CODE,
    WORD,
    Schema,
    list_of,
    of_document,
    one_of_or_null,
    strict_object,
)
from asa_transport.core.documents.ssh_census import SshCensusRow
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Decision,
    Device,
    DeviceFacts,
    Finding,
    NotAudited,
    RunPart,
    Severity,
    StoredRun,
    Verdict,
)
from asa_transport.model.fields import ADDED, COUNT, COUNTS, NOT_EMPTY, SHA256, says
from asa_transport.model.outcome_counts import OutcomeList, counts_of

SCHEMA = "asa-transport/audit/1"
CENSUS: Final = "ssh_census"
MERGING: Final = "merging"
# The first keys of a finding, in the document's order.
_FINDING: Final[Mapping[str, Any]] = dict.fromkeys(
    ("rule", "key", "severity", "title", "detail", "remedy", "bug", "values")
)
_DEFINED: Final = {**DEFINED, DeviceFacts: "facts", Finding: "finding", Decision: "decision"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a document says of its run; times are aware UTC."""

    id: str = field(metadata=NOT_EMPTY)
    kind: str = field(metadata=says("The command, as `audit`.", minLength=1))
    started_at: datetime
    finished_at: datetime
    tool_version: str = field(metadata=NOT_EMPTY)
    inventory: str
    policy_sha256: str = field(metadata=SHA256)
    exit_code: int = field(metadata=says(**EXIT_CODE))
    not_selected: tuple[str, ...] = field(
        default=(),
        metadata={
            **ADDED,
            **says(
                "Of which the inventory says `enabled: false`; there only where there are any.", items=WORD
            ),
        },
    )
    part: RunPart | None = field(
        default=None,
        metadata={**ADDED, **says("Which part of the selection it is of; there only where it is of one.")},
    )
    elsewhere: tuple[str, ...] = field(
        default=(),
        metadata={
            **ADDED,
            **says("Selected, and in other parts; there only where there are any.", items=WORD),
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How many devices and findings there are."""

    devices: int = field(metadata=COUNT)
    audited: int = field(metadata=COUNT)
    not_audited: int = field(metadata=COUNT)
    by_verdict: Mapping[Verdict, int] = field(metadata=COUNTS)
    by_severity: Mapping[Severity, int] = field(metadata=COUNTS)
    waived: int = field(metadata=says("How many of the findings are waived.", minimum=0))


def run_of(run: StoredRun, exit_code: int, finished_at: datetime) -> Run:
    """Return what documents say of a stored run."""
    said: dict[str, Any] = {one.name: getattr(run, one.name) for one in fields(Run)}
    elsewhere = tuple(run.elsewhere.splitlines())
    return Run(**said | {"exit_code": exit_code, "finished_at": finished_at, "elsewhere": elsewhere})


def document(
    run: Run,
    devices: Sequence[Device],
    outcomes: Iterable[AuditOutcome],
    *,
    now: datetime,
    census: Iterable[SshCensusRow] | None = None,
    merging: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the whole document, devices sorted by name.

    Args:
        run: Its exit code included.
        devices: Every device the run selected.
        outcomes: One for each of them, in any order.
        now: Start of the run; days are counted from it where a device's clock was not read.
        census: What SSH the devices have; `None` where nobody asked.
        merging: Of a part, what its merge with the others needs.

    Raises:
        ValueError: The outcomes are not exactly those of the devices.
    """
    ordered = in_order(devices, outcomes)
    found = [outcome_record(outcome, now) for outcome in ordered]
    return {**_head(run, ordered, census), "devices": found, **_tail(merging)}


def texts(
    run: Run,
    devices: Sequence[Device],
    outcomes: Iterable[AuditOutcome],
    *,
    now: datetime,
    census: Iterable[SshCensusRow] | None = None,
    merging: Mapping[str, Any] | None = None,
) -> Iterator[str]:
    """Return the whole document as JSON, a device at a time: what `json.dumps` makes of `document`.

    The text of ten thousand devices at once would be several times what is known of them.

    Raises:
        ValueError: The outcomes are not exactly those of the devices; before the first part.
    """
    ordered = in_order(devices, outcomes)
    records = Items(outcome_record(outcome, now) for outcome in ordered)
    return json_parts.texts({**_head(run, ordered, census), "devices": records, **_tail(merging)})


def _head(run: Run, ordered: Sequence[AuditOutcome], census: Iterable[SshCensusRow] | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "run": encode(run),
        "totals": encode(totals(ordered)),
        **({} if census is None else {CENSUS: [encode(row) for row in census]}),
    }


def _tail(merging: Mapping[str, Any] | None) -> dict[str, Any]:
    return {} if merging is None else {MERGING: merging}


def in_order(devices: Sequence[Device], outcomes: Iterable[AuditOutcome]) -> Sequence[AuditOutcome]:
    """Return the outcomes sorted by device name, or raise ValueError where they are not the devices'.

    Those that are kept elsewhere stay there: an `OutcomeList` is returned as it is.
    """
    ordered: Sequence[AuditOutcome]
    if isinstance(outcomes, OutcomeList):
        ordered, seen = outcomes, list(outcomes.names)
    else:
        ordered = tuple(sorted(outcomes, key=lambda outcome: outcome.device.name))
        seen = [outcome.device.name for outcome in ordered]
    expected = sorted(device.name for device in devices)
    if seen != expected:
        odd = (Counter(expected) - Counter(seen)) + (Counter(seen) - Counter(expected))
        raise ValueError(f"{len(seen)} outcomes for {len(expected)} devices; not matched: {sorted(odd)}")
    return ordered


def totals(outcomes: Sequence[AuditOutcome]) -> Totals:
    """Count devices by outcome and verdict, findings by severity, and those of them that are waived."""
    counts = counts_of(outcomes)
    return Totals(
        devices=counts.devices,
        audited=counts.audited,
        not_audited=counts.not_audited,
        by_verdict=dict(sorted(counts.by_verdict.items())),
        by_severity=dict(sorted(counts.by_severity.items())),
        waived=counts.waived,
    )


def outcome_record(outcome: AuditOutcome, now: datetime) -> dict[str, Any]:
    """Return one entry of `devices`, which is one line of `--format jsonl` too."""
    device = outcome.device
    head = {"name": device.name, "host": device.host, "outcome": "", **encode(device)}
    match outcome:
        case Audited():
            return {
                **head,
                "outcome": "audited",
                "role": unit_role(outcome.facts),
                "duration_s": outcome.duration_s,
                "facts": facts_record(outcome.facts, now),
                "findings": [{**_FINDING, **encode(one), "key": one.key} for one in outcome.findings],
                "decision": encode(outcome.decision),
                "unsettled": encode(outcome.unsettled),
            }
        case NotAudited():
            return {**head, "outcome": "not-audited", **_as_internal(encode(outcome))}
        case _:
            assert_never(outcome)


def _as_internal(found: dict[str, Any]) -> dict[str, Any]:
    """Return it with the document's name for a fault of ours."""
    return {"internal" if name == "is_internal" else name: value for name, value in found.items()}


class UnitRole(enum.StrEnum):
    """The unit's part in its pair or cluster, in one word."""

    ALONE = "alone"
    ACTIVE = "active"
    STANDBY = "standby"
    BACKUP = "backup"
    CONTROL = "control"
    DATA = "data"
    OTHER = "other"


def unit_role(facts: DeviceFacts) -> UnitRole | None:
    """Return the unit's part, ALONE where it has neither mate nor cluster; `None` where it did not say."""
    said = facts.cluster.role or facts.failover.state
    if said is not None:
        return UnitRole(said.value)
    is_alone = facts.failover.enabled is False and facts.cluster.enabled is False
    return UnitRole.ALONE if is_alone else None


def schema() -> Schema:
    """Return the JSON Schema of the document."""
    properties = {
        "run": schema_of(Run),
        "totals": schema_of(Totals),
        "devices": {
            "description": "Every device that the limit selected, once, sorted by name.",
            "type": "array",
            "items": {"$ref": "#/$defs/device"},
        },
    }
    key = {"description": "With the device: the same finding, however it is worded.", **WORD}
    finding = {**_FINDING, **schema_of(Finding, _DEFINED)["properties"], "key": key}
    defs = {
        "device": {"oneOf": [_audited_schema(), _not_audited_schema()]},
        "facts": facts_schema(),
        "finding": strict_object(finding),
        "decision": schema_of(Decision),
        **definitions(),
    }
    census = {
        "description": "There only where it was asked for (`--ssh-census`); its numbers of `devices` add "
        "up to `totals.devices`.",
        **list_of(schema_of(SshCensusRow)),
    }
    merging = {
        "description": "There only in a part (`run.part`): what `report merge` needs to judge the whole as "
        "one audit would have. By what it was judged, and all facts of devices whose mate it has not, in "
        "the program's own form.",
        **strict_object({"standard": {"type": "object"}, "facts": {"type": "object"}}),
    }
    return {**of_document(SCHEMA, properties, {CENSUS: census, MERGING: merging}), "$defs": defs}


def _audited_schema() -> Schema:
    role = {
        "description": "The unit's part in its pair or cluster; null: it did not say.",
        **one_of_or_null(UnitRole),
    }
    return _entry_schema("audited", {"role": role, **schema_of(Audited, _DEFINED)["properties"]})


def _not_audited_schema() -> Schema:
    return _entry_schema("not-audited", _as_internal(schema_of(NotAudited, _DEFINED)["properties"]))


def _entry_schema(outcome: str, properties: Schema) -> Schema:
    device = schema_of(Device, _DEFINED)
    added = device["properties"].keys() - device["required"]
    head = {"name": WORD, "host": WORD, "outcome": {}, **device["properties"]}
    found = strict_object({**head, "outcome": {"const": outcome}, **properties})
    return {**found, "required": [key for key in found["required"] if key not in added]}
