"""What a webhook receives: the document of a notice, with its JSON Schema.

Pure.  Keys are added and never taken away within one version: a receiver reads the ones that it knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from asa_transport.core.documents import diff, records
from asa_transport.core.documents.audit import totals_schema
from asa_transport.core.documents.schema_parts import (
    COUNT,
    EXIT_CODE,
    FLAG,
    INSTANT,
    TEXT,
    TEXT_OR_NULL,
    WORD,
    Schema,
    list_of,
    of_document,
    one_of,
    strict_object,
)
from asa_transport.model import Goal, Notice, NoticeKind, Severity, Stage, ToldChange

SCHEMA: Final = "asa-transport/notification/1"


def document(notice: Notice) -> Mapping[str, Any]:
    """Return the whole document."""
    summary = notice.summary
    return {
        "schema": SCHEMA,
        "run": notice.run_id,
        "kind": summary.kind.value,
        "headline": summary.headline,
        "changed": summary.has_changed,
        "changes": [records.encode(change) for change in summary.changes],
        "changes_left_out": summary.changes_left_out,
        "details": dict(summary.document),
    }


def schema() -> Schema:
    """Return the JSON Schema of the document."""
    properties = {
        "run": WORD,
        "kind": {"description": "What is told of.", **one_of(NoticeKind)},
        "headline": {"description": "One line for people.", **TEXT},
        "changed": {"description": "Whether something is new.", **FLAG},
        "changes": {
            "description": "What changed, the worst first; none without an earlier audit.",
            **list_of(records.schema(ToldChange)),
        },
        "changes_left_out": {"description": "How many more changes there are.", **COUNT},
        "details": {
            "description": "Of what is told of; empty for a test.",
            "anyOf": [_audit_details(), _push_details(), _plan_details(), strict_object({})],
        },
    }
    return of_document(SCHEMA, properties)


def _push_details() -> Schema:
    counts = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}
    return strict_object(
        {
            "started_at": INSTANT,
            "finished_at": INSTANT,
            "exit_code": EXIT_CODE,
            "plan": WORD,
            "stopped_by": TEXT_OR_NULL,
            "outcomes": {"description": "How many devices have which outcome.", **counts},
            "needs_a_person": list_of(WORD),
        }
    )


def _plan_details() -> Schema:
    return strict_object(
        {
            "exit_code": EXIT_CODE,
            "plan": WORD,
            "goal": one_of(Goal),
            "valid_until": INSTANT,
            "planned": COUNT,
            "held": COUNT,
            "not_audited": COUNT,
        }
    )


def _audit_details() -> Schema:
    compared = {key: value for key, value in diff.schema().items() if not key.startswith("$")}
    found = strict_object(
        {
            "started_at": INSTANT,
            "finished_at": INSTANT,
            "exit_code": EXIT_CODE,
            "totals": totals_schema(),
            "findings": list_of(strict_object({"rule": WORD, "severity": one_of(Severity), "count": COUNT})),
            "not_audited": list_of(strict_object({"name": WORD, "stage": one_of(Stage)})),
            "do_not_reload": list_of(WORD),
            "expires_first": list_of(
                strict_object(
                    {"name": WORD, "what": TEXT, "days_left": {"type": ["number", "null"]}, "is_past": FLAG}
                )
            ),
            "diff": {**compared, "description": "As `diff --format json`, its list of changes cut as above."},
        }
    )
    # There is none without an earlier audit.
    return {**found, "required": [key for key in found["required"] if key != "diff"]}
