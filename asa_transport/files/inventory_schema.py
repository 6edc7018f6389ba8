"""The JSON Schema of the inventory file, for editors and for checks before a commit.

Pure.  Says what a schema can say: keys, types and forms.  What refers to another
part of the file (a group that is not defined, two devices with one address) only
the loader finds.  Numbers and texts are both taken where an editor's YAML reader
would see a number in what the loader reads as text.

Source: docs/schemas/inventory.json, which is made of it; JSON Schema draft 2020-12.
"""

from __future__ import annotations

from typing import Any

from asa_transport.files import key_sources, plain_sources, secret_sources, vault_sources
from asa_transport.files.inventory_fields import OWN, SHARED, properties, section
from asa_transport.files.schema_parts import DIALLED, HOST, LINE, NAME, NAME_PATTERN, PORT, TEXT
from asa_transport.model import Proxy, ProxyPolicy


def schema() -> dict[str, Any]:
    """Return the schema as a new dictionary."""
    shared = properties(SHARED)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "asa-transport/inventory/1",
        "title": "asa-transport inventory",
        "description": "A device wins over its groups (the last listed wins, and each over those it is in), "
        "and those over defaults.",
        "type": "object",
        "additionalProperties": False,
        "required": ["devices"],
        "properties": {
            "defaults": {
                "description": "Values for every device.",
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": shared,
            },
            "credentials": {
                "description": "Where secrets come from; never the secrets themselves.",
                "type": ["object", "null"],
                "propertyNames": {"pattern": NAME_PATTERN},
                "additionalProperties": {"$ref": "#/$defs/credential"},
            },
            "vault": {"$ref": "#/$defs/vault"},
            "groups": {
                "description": "Values for the devices that list the group.",
                "type": ["object", "null"],
                "propertyNames": {"pattern": NAME_PATTERN},
                "additionalProperties": {
                    "type": ["object", "null"],
                    "additionalProperties": False,
                    "properties": {
                        "groups": {
                            "description": "Groups that this one is in; it wins over them.",
                            "$ref": "#/$defs/names",
                        },
                        **shared,
                    },
                },
            },
            "devices": {
                "description": "One entry for each firewall; the key is its name in every report.",
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": NAME_PATTERN},
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["host"],
                    "properties": {**properties(OWN), **shared},
                },
            },
        },
        "$defs": _definitions(),
    }


def _definitions() -> dict[str, Any]:
    return {
        "name": NAME,
        "names": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/name"}},
        "text": TEXT,
        "datum": LINE,
        "port": PORT,
        "dialled": DIALLED,
        "host": HOST,
        "proxy": {
            "anyOf": [
                {"enum": [word.value for word in ProxyPolicy]},
                {**section(Proxy).schema, "minProperties": 1},
            ]
        },
        "credential": secret_sources.schema(),
        "key": key_sources.schema(),
        "source": plain_sources.schema(vault=vault_sources.place_schema()),
        "vault": vault_sources.schema(),
    }
