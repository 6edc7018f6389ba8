"""A diff as a document for programs, with its JSON Schema, and as a Markdown page.

Pure.  In Markdown whatever a device or a file says is inert (`text.py`).
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from asa_transport.core.documents import records
from asa_transport.core.documents.schema_parts import (
    COUNT,
    TEXT,
    TEXT_OR_NULL,
    Schema,
    list_of,
    of_document,
    strict_object,
)
from asa_transport.core.history.differences import KINDS, Compared, Diff, HistoryUnread
from asa_transport.core.history.grouped import Group, by_kind
from asa_transport.core.history.wording import HEADINGS, headline
from asa_transport.text import in_words, inline

SCHEMA: Final = "asa-transport/diff/1"


def document(diff: Diff) -> dict[str, Any]:
    """Return the whole document."""
    kinds = Counter(KINDS[type(change)] for change in diff.changes)
    return {
        "schema": SCHEMA,
        "before": records.encode(diff.before) if isinstance(diff.before, Compared) else None,
        "unread": diff.before.reason if isinstance(diff.before, HistoryUnread) else None,
        "after": records.encode(diff.after),
        "skipped": list(diff.skipped),
        "totals": {"changes": len(diff.changes), "by_kind": dict(sorted(kinds.items()))},
        "changes": [{"kind": KINDS[type(change)], **records.encode(change)} for change in diff.changes],
    }


def schema() -> Schema:
    """Return the JSON Schema of the document."""
    compared = records.schema(Compared)
    changes = [
        strict_object({"kind": {"const": name}, **records.schema(kind)["properties"]})
        for kind, name in KINDS.items()
    ]
    by_kind = {"type": "object", "additionalProperties": COUNT}
    properties = {
        "before": {"anyOf": [compared, {"type": "null"}]},
        "unread": {"description": "Why the history could not be read; null where it was.", **TEXT_OR_NULL},
        "after": compared,
        "skipped": list_of(TEXT),
        "totals": strict_object({"changes": COUNT, "by_kind": by_kind}),
        "changes": list_of({"oneOf": changes}),
    }
    return of_document(SCHEMA, properties)


def markdown(diff: Diff) -> str:
    """Return the page; one line where nothing changed."""
    lines = [inline(headline(diff))]
    for kind, groups in by_kind(diff.changes):
        count = sum(len(group.names) for group in groups)
        lines += ["", f"## {HEADINGS[kind].capitalize()} ({count})", ""]
        lines += map(_entry, groups)
    return "\n".join(lines) + "\n"


def _entry(group: Group) -> str:
    example = ""
    if group.example is not None:
        name, said = group.example
        example = f"; on {inline(name)}: {inline(said)}"
    count = f" ({len(group.names)} devices)" if len(group.names) > 1 else ""
    return f"- **{in_words(group.names)}**{count}: {inline(group.said)}{example}"
