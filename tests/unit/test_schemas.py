"""Every JSON Schema that we print is one that a strict validator takes.

`strict_faults` states the rules of Ajv's strict mode that a schema can break without being wrong
(Ajv, "Strict mode"): tests/readers asks Ajv itself where it is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from asa_transport.cli.schemas import SCHEMAS

# What each keyword speaks of; beside a value of another type it would say nothing.
SPEAKS_OF = {
    "string": {"minLength", "maxLength", "pattern", "format"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "array": {"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"},
    "object": {
        *("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
        *("minProperties", "maxProperties"),
    },
}
OTHERS = {
    *("$schema", "$id", "$defs", "$ref", "title", "description", "default", "type", "enum", "const"),
    *("anyOf", "oneOf", "allOf"),
}
BELOW = {"properties", "patternProperties", "$defs"}
ALTERNATIVES = ("anyOf", "oneOf", "allOf")


def strict_faults(schema: Any, types: frozenset[str] = frozenset(), place: str = "#") -> Iterator[str]:
    """Yield what Ajv's strict mode would refuse; `types` are those that hold for the same value above."""
    if isinstance(schema, bool):
        return
    known = OTHERS.union(*SPEAKS_OF.values())
    yield from (f"{place}: unknown keyword {key!r}" for key in schema if key not in known)
    named = schema.get("type", [])
    own = [named] if isinstance(named, str) else named
    if len(set(own) - {"null"}) > 1:
        yield f"{place}: a list of types (strictTypes)"
    types = frozenset("number" if one == "integer" else one for one in own) or types
    for kind, keywords in SPEAKS_OF.items():
        found = keywords & schema.keys()
        if found and kind not in types:
            yield f"{place}: {sorted(found)} without the type {kind!r} (strictTypes)"
    missing = [key for key in schema.get("required", ()) if key not in schema.get("properties", {})]
    if missing:
        yield f"{place}: required and not defined: {missing} (strictRequired)"
    for key, value in schema.items():
        if key in BELOW:
            for name, inner in value.items():
                yield from strict_faults(inner, place=f"{place}/{key}/{name}")
        elif key in ALTERNATIVES:
            for number, inner in enumerate(value):
                yield from strict_faults(inner, types, f"{place}/{key}/{number}")
        elif key == "propertyNames":
            yield from strict_faults(value, frozenset({"string"}), f"{place}/{key}")
        elif key in {"items", "additionalProperties"}:
            yield from strict_faults(value, place=f"{place}/{key}")


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_that_a_strict_validator_takes(name: str) -> None:
    """A validator in an editor or a pipeline that refuses the schema checks nothing at all."""
    schema = SCHEMAS[name]()

    jsonschema.Draft202012Validator.check_schema(schema)

    assert list(strict_faults(schema)) == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_names_its_draft_and_itself(name: str) -> None:
    """A validator keeps schemas by their `$id`; without one the second replaces the first."""
    schema = SCHEMAS[name]()

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert re.fullmatch(rf"asa-transport/{name}/[1-9]", schema["$id"])
    assert schema["title"].startswith("asa-transport")


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"type": ["string", "integer"], "pattern": "^a"}, "a list of types"),
        ({"pattern": "^a"}, "without the type 'string'"),
        ({"type": "object", "required": ["a"]}, "required and not defined"),
        ({"type": "object", "properties": {"a": {"minimum": 1}}}, "without the type 'number'"),
        ({"type": "string", "patern": "^a"}, "unknown keyword"),
        ({"anyOf": [{"type": "object", "required": ["a"]}]}, "required and not defined"),
    ],
)
def test_the_rules_find_what_strict_mode_refuses(schema: dict[str, Any], fault: str) -> None:
    """A rule that finds nothing proves nothing."""
    assert any(fault in found for found in strict_faults(schema))
