"""The JSON Schema of a user's file, for editors, from the model that reads it.

Pure.  What pydantic adds of its own (titles, references between classes) is left out, and keys are in one
order, so that another release of it makes the same schema.  Defaults are there where a file is to show them.

Source: JSON Schema draft 2020-12; pydantic, "JSON Schema".
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, Final

from asa_transport.files.file_model import Section
from asa_transport.files.schema_parts import DRAFT

_LEFT_OUT: Final = frozenset({"$ref", "$defs", "title", "allOf"})
_ORDER: Final = (
    "description", "type", "const", "format", "minLength", "maxLength", "pattern", "minimum", "maximum",
    "enum", "minItems", "maxItems", "uniqueItems", "items", "minProperties", "maxProperties",
    "propertyNames", "additionalProperties", "properties", "required", "anyOf", "oneOf", "default",
)  # fmt: skip


def schema(kind: type[Section], name: str, title: str, *, defaults: bool = False) -> dict[str, Any]:
    """Return the schema of a file, complete in itself."""
    made = kind.model_json_schema()
    body = _ours(made, made.get("$defs", {}), _LEFT_OUT if defaults else _LEFT_OUT | {"default"})
    return {"$schema": DRAFT, "$id": f"asa-transport/{name}/1", "title": title, **body}


def _ours(part: Any, classes: Mapping[str, Any], left_out: Set[str]) -> Any:
    """Return a part of a schema with each class in the place where it is meant."""
    if isinstance(part, list):
        return [_ours(one, classes, left_out) for one in part]
    if not isinstance(part, dict):
        return part
    # Until 2.9 a class with words beside it is `{"allOf": [{"$ref": …}], "description": …}`.
    (meant,) = part.get("allOf", (part,))
    whole = {**classes.get(meant.get("$ref", "").rpartition("/")[2], {}), **part}
    words = sorted(whole.keys() - left_out, key=lambda word: (*_ORDER, word).index(word))
    return {
        word: {key: _ours(one, classes, left_out) for key, one in whole[word].items()}
        if word == "properties"
        else _ours(whole[word], classes, left_out)
        for word in words
    }
