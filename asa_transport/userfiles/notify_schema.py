"""The JSON Schema of `notify.yaml`, for editors.

Pure.  What two keys say together (a login without TLS) only the loader finds.

Source: CONTRACT §2 (`schema`); JSON Schema draft 2020-12.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from asa_transport.model import MailTls
from asa_transport.userfiles import inventory_schema
from asa_transport.userfiles.notify_fields import ADDRESS, KEYS, MAX_ATTEMPTS, MAX_TIMEOUT_S, REQUIRED
from asa_transport.userfiles.yamlvalues import SECONDS

_SOURCE: Final = {"$ref": "#/$defs/source"}
_TEXT: Final = {"$ref": "#/$defs/text"}
_UNITS: Final = "|".join(sorted(SECONDS, key=len, reverse=True))
_PROPERTIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "always": {
        "description": "Tell of every run, not of changes only.",
        "enum": [True, False, "true", "false"],
        "default": False,
    },
    "url": {"description": "Where its URL comes from; a URL mostly holds a token.", **_SOURCE},
    "key": {"description": "Where the key of the HMAC-SHA256 signature comes from.", **_SOURCE},
    "host": {"description": "The SMTP server.", "$ref": "#/$defs/host"},
    "port": {"description": "587 with starttls, 465 with implicit, 25 with none.", "$ref": "#/$defs/port"},
    "tls": {"enum": [tls.value for tls in MailTls], "default": MailTls.STARTTLS.value},
    "username": {"description": "Who logs in.", **_TEXT},
    "password": {"description": "Where the password comes from.", **_SOURCE},
    "from": {"description": "The sender.", "$ref": "#/$defs/address"},
    "to": {
        "description": "One address, or a list.",
        "anyOf": [
            {"$ref": "#/$defs/address"},
            {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"$ref": "#/$defs/address"}},
        ],
    },
    "attempts": {
        "description": "How often in all; only faults that may pass are tried again.",
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": MAX_ATTEMPTS},
            {"type": "string", "pattern": r"^([1-9]|10)$"},
        ],
        "default": 4,
    },
    "timeout": {
        "description": "Limit for each step of one attempt.",
        "anyOf": [
            {"type": "number", "minimum": 1, "maximum": MAX_TIMEOUT_S},
            {"type": "string", "pattern": rf"^[0-9]{{1,9}}(\.[0-9]{{1,6}})?( ?({_UNITS}))?$"},
        ],
        "default": 10,
    },
    "ca_file": {"description": "Trusted certificates (PEM) in place of the system's.", **_TEXT},
}


def schema() -> dict[str, Any]:
    """Return the schema as a new dictionary."""
    inventory = inventory_schema.schema()
    shared = {name: inventory["$defs"][name] for name in ("source", "text", "host", "port", "name")}
    return {
        "$schema": inventory["$schema"],
        "$id": "asa-transport/notify/1",
        "title": "asa-transport notifications",
        "type": "object",
        "additionalProperties": False,
        "required": ["channels"],
        "properties": {
            "channels": {
                "description": "Who is told of a run; the key is the channel's name in messages.",
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": shared["name"]["pattern"]},
                "additionalProperties": {"oneOf": [_channel(kind) for kind in KEYS]},
            }
        },
        "$defs": {**shared, "address": {"type": "string", "pattern": f"^{ADDRESS}$"}},
    }


def _channel(kind: str) -> dict[str, Any]:
    properties = {key: dict(_PROPERTIES[key]) for key in KEYS[kind] if key != "kind"}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["kind", *REQUIRED[kind]],
        "properties": {"kind": {"const": kind}, **properties},
    }
