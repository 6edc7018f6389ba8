"""The JSON Schema of a user's file, for editors, from the model that reads it.

Pure.  What pydantic adds of its own (titles, defaults, references between classes) is left out, and keys
are in one order, so that another release of it makes the same schema.

Source: JSON Schema draft 2020-12; pydantic, "JSON Schema".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from asa_transport.files.file_model import Section
from asa_transport.files.schema_parts import DRAFT

_LEFT_OUT: Final = ("$ref", "$defs", "title", "default")
_ORDER: Final = (
    "description", "type", "format", "minLength", "pattern", "enum", "minItems", "uniqueItems",
    "items", "propertyNames", "additionalProperties", "properties", "required", "anyOf",
)  # fmt: skip


def schema(kind: type[Section], name: str, title: str) -> dict[str, Any]:
    """Return the schema of a file, complete in itself."""
    made = kind.model_json_schema()
    body = _ours(made, made.get("$defs", {}))
    return {"$schema": DRAFT, "$id": f"asa-transport/{name}/1", "title": title, **body}


def _ours(part: Any, classes: Mapping[str, Any]) -> Any:
    """Return a part of a schema with each class in the place where it is meant."""
    if isinstance(part, list):
        return [_ours(one, classes) for one in part]
    if not isinstance(part, dict):
        return part
    whole = {**classes.get(part.get("$ref", "").rpartition("/")[2], {}), **part}
    words = sorted(whole.keys() - _LEFT_OUT, key=lambda word: (*_ORDER, word).index(word))
    return {
        word: {key: _ours(one, classes) for key, one in whole[word].items()}
        if word == "properties"
        else _ours(whole[word], classes)
        for word in words
    }
