"""The JSON Schema of the policy, for editors.

Pure.  A schema says keys, types and forms; order (low > medium > high) is
found by the loader only.  Numbers and texts are both taken where an editor's YAML reader would
see a number in what we read as text.

Source: docs/schemas/, which is made of it; JSON Schema draft 2020-12.
"""

from __future__ import annotations

from typing import Any, assert_never

from asa_transport.files.fields import SECONDS
from asa_transport.files.policy_fields import (
    FIELDS,
    MAX_NAMES,
    MAX_PEOPLE,
    MAX_SIZES,
    MAX_WINDOWS,
    THRESHOLD_KEYS,
    BudgetField,
    CapsField,
    ChoiceField,
    CountField,
    Field,
    FileField,
    FlagField,
    PeopleField,
    SpanField,
    ThresholdField,
    WavesField,
    WindowsField,
    attribute_of,
)
from asa_transport.files.schema_parts import DRAFT, FLAG, LINE, NAME
from asa_transport.model import FailureBudget, Policy, WavePolicy, Weekday
from asa_transport.model.campaign import MAX_DEVICES


def policy() -> dict[str, Any]:
    """Return the schema of `policy.yaml`."""
    defaults = Policy()
    properties = {
        field.key: {**_property(field, getattr(defaults, attribute_of(field))), "description": field.text}
        for field in FIELDS
    }
    return _schema("policy", "asa-transport policy", _object(properties))


def _property(field: Field, default: Any) -> dict[str, Any]:  # noqa: PLR0911 - one return a kind of key
    """Return what the key takes; ``default`` is that of its attribute."""
    match field:
        case SpanField():
            return {**_span(field.low, field.high), "default": default}
        case FlagField():
            return {**FLAG, "default": default}
        case ThresholdField():
            spans = {
                key: {**_span(0, field.high), "default": getattr(default, key)} for key in THRESHOLD_KEYS
            }
            return _object(spans)
        case WavesField():
            return _waves(field, default)
        case CapsField():
            caps = {
                key: {"description": text, **_count(0, MAX_DEVICES), "default": getattr(default, key)}
                for key, text in field.texts.items()
            }
            return _object(caps)
        case BudgetField():
            return _budget(field, default)
        case WindowsField():
            return {"type": "array", "maxItems": MAX_WINDOWS, "items": _window(field), "default": []}
        case ChoiceField():
            return {"enum": [member.value for member in field.kind], "default": default}
        case CountField():
            return {**_count(field.low, field.high), "default": default}
        case FileField():
            return {"anyOf": [*LINE["anyOf"], {"type": "null"}], "default": default}
        case PeopleField():
            names = {"type": "array", "minItems": 2, "maxItems": MAX_NAMES, "items": LINE}
            return {"type": "array", "maxItems": MAX_PEOPLE, "items": names, "default": []}
        case _ as never:
            assert_never(never)


def _waves(field: WavesField, default: WavePolicy) -> dict[str, Any]:
    count = _count(0, MAX_DEVICES)
    size = {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": MAX_DEVICES},
            {"type": "string", "pattern": r"^([1-9][0-9]*|([1-9][0-9]?|100)%)$"},
        ]
    }
    sizes = {"type": "array", "minItems": 1, "maxItems": MAX_SIZES, "items": size}
    kinds: dict[str, dict[str, Any]] = {
        "canary_tag": {**NAME, "default": default.canary_tag},
        "canary_count": {**count, "default": default.canary_count},
        "sizes": {**sizes, "default": [str(size) for size in default.sizes]},
        "max_per_group": {**count, "default": default.max_per_group},
    }
    return _object({key: {"description": text, **kinds[key]} for key, text in field.texts.items()})


def _budget(field: BudgetField, default: FailureBudget) -> dict[str, Any]:
    return _object(
        {
            key: {
                "anyOf": [_count(field.lows[key], field.highs[key]), {"type": "null"}],
                "default": getattr(default, key),
                "description": text,
            }
            for key, text in field.texts.items()
        }
    )


def _window(field: WindowsField) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "days": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": list(Weekday)}},
        "from": {"type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9]$"},
        "to": {"type": "string", "pattern": r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"},
        "zone": LINE,
    }
    properties = {key: {"description": text, **kinds[key]} for key, text in field.texts.items()}
    return _object(properties, required=["from", "to", "zone"])


def _count(low: int, high: int) -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "integer", "minimum": low, "maximum": high},
            {"type": "string", "pattern": r"^(0|[1-9][0-9]*)$"},
        ]
    }


def _schema(name: str, title: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DRAFT, "$id": f"asa-transport/{name}/1", "title": title, **body}


def _object(properties: dict[str, Any], *, required: list[str] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    return body if required is None else {**body, "required": required}


def _span(low: float, high: float) -> dict[str, Any]:
    units = "|".join(sorted(SECONDS, key=len, reverse=True))
    return {
        "anyOf": [
            {"type": "number", "minimum": low, "maximum": high},
            {"type": "string", "pattern": rf"^[0-9]{{1,9}}(\.[0-9]{{1,6}})?( ?({units}))?$"},
        ]
    }
