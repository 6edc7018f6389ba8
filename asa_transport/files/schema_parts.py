"""What the JSON Schemas of the user's files are made of: names, texts and numbers as YAML readers see them.

Pure.  A text that looks like a number is a number to an editor's YAML reader, and a text to ours, so
each takes both.  Two types are two alternatives, not one list of types: validators in strict mode
(ajv) refuse a keyword such as `pattern` beside a list of types, because it would say nothing of one.

Source: JSON Schema draft 2020-12; Ajv, "Strict mode".
"""

from __future__ import annotations

from typing import Any, Final

from asa_transport.files.fields import SECONDS

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
NAME_PATTERN: Final = r"^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
NAME: Final[dict[str, Any]] = {
    "anyOf": [{"type": "string", "pattern": NAME_PATTERN}, {"type": "integer", "minimum": 0}]
}
TEXT: Final[dict[str, Any]] = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}]}
LINE: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string", "minLength": 1, "pattern": r"^[^\x00-\x1f\x7f]*$"},
        {"type": "number"},
    ]
}
FLAG: Final[dict[str, Any]] = {"enum": [True, False, "true", "false"]}
MOMENT: Final[dict[str, Any]] = {
    "description": "A date (to its end, UTC) or a time with its zone.",
    "type": "string",
    "pattern": r"^\d{4}-\d{2}-\d{2}([T ].*(Z|[+-]\d{2}:?\d{2}))?$",
}
HOST: Final[dict[str, Any]] = {
    "type": "string",
    "pattern": r"^[A-Za-z0-9:][A-Za-z0-9.:-]*(%[A-Za-z0-9._-]+)?$",
    "maxLength": 253,
}
# One that we dial: any that the DNS serves.
DIALLED: Final[dict[str, Any]] = {**HOST, "pattern": r"^[A-Za-z0-9_:][A-Za-z0-9._:-]*(%[A-Za-z0-9._-]+)?$"}
# 1 to 65535, without a leading 0.
_PORT_PATTERN: Final = (
    "^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$"
)
PORT: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 65535},
        {"type": "string", "pattern": _PORT_PATTERN},
    ]
}


def count_form(low: int, high: int) -> dict[str, Any]:
    """Return what a whole number in digits is."""
    return {
        "anyOf": [
            {"type": "integer", "minimum": low, "maximum": high},
            {"type": "string", "pattern": r"^(0|[1-9][0-9]*)$"},
        ]
    }


def span_form(low: float, high: float) -> dict[str, Any]:
    """Return what a span of time is, as a number with or without its unit."""
    units = "|".join(sorted(SECONDS, key=len, reverse=True))
    return {
        "anyOf": [
            {"type": "number", "minimum": low, "maximum": high},
            {"type": "string", "pattern": rf"^[0-9]{{1,9}}(\.[0-9]{{1,6}})?( ?({units}))?$"},
        ]
    }
