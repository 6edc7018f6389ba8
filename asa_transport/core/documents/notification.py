"""What a webhook receives: the document of a notice, with its JSON Schema.

Pure.  Keys are added and never taken away within one version: a receiver reads the ones that it knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from asa_transport.core.documents import diff
from asa_transport.core.documents.audit import Totals
from asa_transport.core.documents.records import encode
from asa_transport.core.documents.records import schema as schema_of
from asa_transport.core.documents.schema_parts import EXIT_CODE, Schema, of_document, strict_object
from asa_transport.model import Goal, Notice, NoticeKind, Severity, Stage, ToldChange
from asa_transport.model.fields import COUNT, NOT_EMPTY, WORD, says

SCHEMA: Final = "asa-transport/notification/1"
_EXIT_CODE: Final = says(**EXIT_CODE)
_WORDS: Final = says(items=WORD)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDocument:
    """What every notice says."""

    run: str = field(metadata=NOT_EMPTY)
    kind: NoticeKind = field(metadata=says("What is told of."))
    headline: str = field(metadata=says("One line for people."))
    changed: bool = field(metadata=says("Whether something is new."))
    changes: tuple[ToldChange, ...] = field(
        metadata=says("What changed, the worst first; none without an earlier audit.")
    )
    changes_left_out: int = field(metadata=says("How many more changes there are.", minimum=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class FiredRule:
    """How many findings that are not waived a rule has."""

    rule: str = field(metadata=NOT_EMPTY)
    severity: Severity
    count: int = field(metadata=COUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedDevice:
    """A device that was not audited."""

    name: str = field(metadata=NOT_EMPTY)
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiringDevice:
    """What ends first; `days_left` is `None` where the day is not known."""

    name: str = field(metadata=NOT_EMPTY)
    what: str
    days_left: float | None
    is_past: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDetails:
    """Of an audit; what changed since an earlier one is beside it."""

    started_at: datetime
    finished_at: datetime
    exit_code: int = field(metadata=_EXIT_CODE)
    totals: Totals
    findings: tuple[FiredRule, ...]
    not_audited: tuple[MissedDevice, ...]
    do_not_reload: tuple[str, ...] = field(metadata=_WORDS)
    expires_first: tuple[ExpiringDevice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushDetails:
    """Of a push, or of its dry run."""

    started_at: datetime
    finished_at: datetime
    exit_code: int = field(metadata=_EXIT_CODE)
    plan: str = field(metadata=NOT_EMPTY)
    stopped_by: str | None
    outcomes: Mapping[str, int] = field(
        metadata=says("How many devices have which outcome.", values={"minimum": 1})
    )
    needs_a_person: tuple[str, ...] = field(metadata=_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDetails:
    """Of a plan."""

    exit_code: int = field(metadata=_EXIT_CODE)
    plan: str = field(metadata=NOT_EMPTY)
    goal: Goal
    valid_until: datetime
    planned: int = field(metadata=COUNT)
    held: int = field(metadata=COUNT)
    not_audited: int = field(metadata=COUNT)


def document(notice: Notice) -> Mapping[str, Any]:
    """Return the whole document."""
    told = notice.summary
    said = NoticeDocument(
        run=notice.run_id,
        kind=told.kind,
        headline=told.headline,
        changed=told.has_changed,
        changes=told.changes,
        changes_left_out=told.changes_left_out,
    )
    return {"schema": SCHEMA, **encode(said), "details": dict(told.document)}


def schema() -> Schema:
    """Return the JSON Schema of the document."""
    compared = {key: value for key, value in diff.schema().items() if not key.startswith("$")}
    said = "As `diff --format json`, its list of changes cut as above."
    audit = schema_of(AuditDetails)
    # There is none without an earlier audit.
    audit["properties"]["diff"] = {**compared, "description": said}
    details = {
        "description": "Of what is told of; empty for a test.",
        "anyOf": [audit, schema_of(PushDetails), schema_of(PlanDetails), strict_object({})],
    }
    return of_document(SCHEMA, {**schema_of(NoticeDocument)["properties"], "details": details})
