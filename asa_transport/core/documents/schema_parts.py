"""What the JSON Schemas of our documents are made of: strict objects, words, counts, moments.

Pure.  An object allows no key but its own and requires each that is not asked for by name, so that a
program can rely on it.

Source: JSON Schema draft 2020-12.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from asa_transport.model import fields
from asa_transport.model.ending import RunEnd

Schema: TypeAlias = dict[str, Any]

_NOTHING: Final[Mapping[str, Schema]] = {}

TEXT: Final[Schema] = {"type": "string"}
TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
WORD: Final[Schema] = dict(fields.WORD)
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
INSTANT: Final[Schema] = {
    "type": "string",
    "format": "date-time",
    "pattern": (
        r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$"
    ),
}
EXIT_CODE: Final[Schema] = {"enum": sorted(map(int, RunEnd))}


def of_document(schema: str, properties: Schema, asked: Mapping[str, Schema] = _NOTHING) -> Schema:
    """Return the schema of a whole document, which says first of which it is: ``program/NAME/1``."""
    program, name, _ = schema.split("/")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema,
        "title": f"{program} {name}",
        **strict_object({"schema": {"const": schema}, **properties}, asked),
    }


def strict_object(properties: Schema, asked: Mapping[str, Schema] = _NOTHING) -> Schema:
    """Return the schema of an object with these keys and no others.

    Args:
        asked: Keys that are there only where somebody asked for them.
    """
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {**properties, **asked},
        "required": list(properties),
    }


def list_of(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def one_of(kind: type[enum.StrEnum]) -> Schema:
    """Return the schema of one of the members' values."""
    return {"enum": [member.value for member in kind]}


def one_of_or_null(kind: type[enum.StrEnum]) -> Schema:
    """As `one_of`, or null."""
    return {"enum": [*(member.value for member in kind), None]}
