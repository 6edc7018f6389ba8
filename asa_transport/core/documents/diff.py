"""A diff as a document for programs, with its JSON Schema, and as a Markdown page.

Pure.  In Markdown whatever a device or a file says is inert (`text.py`).
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any, Final

from asa_transport.core.documents import records
from asa_transport.core.history.differences import KINDS, Compared, Diff
from asa_transport.core.history.wording import HEADINGS, headline, sentence
from asa_transport.text import inline

SCHEMA: Final = "asa-transport/diff/1"


def document(diff: Diff) -> dict[str, Any]:
    """Return the whole document."""
    kinds = Counter(KINDS[type(change)] for change in diff.changes)
    return {
        "schema": SCHEMA,
        "before": None if diff.before is None else records.encode(diff.before),
        "after": records.encode(diff.after),
        "skipped": list(diff.skipped),
        "totals": {"changes": len(diff.changes), "by_kind": dict(sorted(kinds.items()))},
        "changes": [{"kind": KINDS[type(change)], **records.encode(change)} for change in diff.changes],
    }


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the document."""
    compared, count = records.schema(Compared), {"type": "integer", "minimum": 0}
    changes = []
    for kind, name in KINDS.items():
        found = records.schema(kind)
        found["properties"] = {"kind": {"const": name}, **found["properties"]}
        found["required"] = ["kind", *found["required"]]
        changes.append(found)
    properties = {
        "schema": {"const": SCHEMA},
        "before": {"anyOf": [compared, {"type": "null"}]},
        "after": compared,
        "skipped": {"type": "array", "items": {"type": "string"}},
        "totals": {
            "type": "object",
            "properties": {"changes": count, "by_kind": {"type": "object", "additionalProperties": count}},
            "required": ["changes", "by_kind"],
            "additionalProperties": False,
        },
        "changes": {"type": "array", "items": {"oneOf": changes}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "asa-transport diff",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def markdown(diff: Diff) -> str:
    """Return the page; one line where nothing changed."""
    lines = [inline(headline(diff))]
    for kind, changes in groupby(diff.changes, key=type):
        found = list(changes)
        lines += ["", f"## {HEADINGS[kind].capitalize()} ({len(found)})", ""]
        lines += [f"- **{inline(change.device)}**: {inline(sentence(change))}" for change in found]
    return "\n".join(lines) + "\n"
