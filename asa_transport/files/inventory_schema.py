"""The JSON Schema of the inventory file, for editors and for checks before a commit.

Pure.  Says what a schema can say: keys, types and forms.  What refers to another
part of the file (a group that is not defined, two devices with one address) only
the loader finds.  Numbers and texts are both taken where an editor's YAML reader
would see a number in what the loader reads as text.

Source: docs/schemas/inventory.json, which is made of it; JSON Schema draft 2020-12.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from asa_transport.files.inventory_fields import OWN, SHARED, properties, section
from asa_transport.files.schema_parts import DIALLED, HOST, LINE, NAME, NAME_PATTERN, PORT, TEXT
from asa_transport.model import Proxy, ProxyPolicy

_SYSTEMD: Final = {
    "description": "A name of LoadCredential=.",
    "type": "string",
    "pattern": r"^(?!\.{1,2}$)[A-Za-z0-9_.@:-]{1,255}$",
}
_FILE: Final = {"type": "string", "minLength": 1}


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
        "credential": _credential(),
        "key": _key(),
        "source": _with_vault(source({"$ref": "#/$defs/text"})),
        "vault": _vault(),
    }


def _with_vault(plain: dict[str, Any]) -> dict[str, Any]:
    place = {
        "description": "A field of a secret in HashiCorp Vault (extra vault); see the section vault.",
        "type": "object",
        "additionalProperties": False,
        "required": ["path", "field"],
        "properties": {
            "path": {"description": "Below the mount.", "$ref": "#/$defs/text"},
            "field": {"$ref": "#/$defs/text"},
            "mount": {"description": "Of the engine; secret if not given.", "$ref": "#/$defs/text"},
            "kv": {"description": "Version of the engine; 2 if not given.", "enum": [1, 2, "1", "2"]},
        },
    }
    return {**plain, "properties": {**plain["properties"], "vault": place}}


def _vault() -> dict[str, Any]:
    part = {"$ref": "#/$defs/source"}
    text = {"$ref": "#/$defs/text"}
    server = {
        "address": {"description": "Its URL; https but on this machine.", "type": "string", "minLength": 1},
        "namespace": text,
        "ca_file": {"description": "Authorities, in the place of the known ones.", **text},
    }
    mount = {"description": "Of the method; approle if not given.", **text}
    logins = {
        "token": {"description": "Source of a token.", **part},
        "approle": _object({"role_id": part, "secret_id": part, "mount": mount}, "role_id", "secret_id"),
    }
    return {
        "description": "Which HashiCorp Vault the sources of kind vault are in, and how it is logged in to.",
        "oneOf": [_object({**server, key: form}, "address", key) for key, form in logins.items()],
    }


def _credential() -> dict[str, Any]:
    logs_in = {
        "password": {"description": "Source of the login password.", "$ref": "#/$defs/source"},
        "key": {
            "description": "The SSH key that logs in, in the place of a password.",
            "$ref": "#/$defs/key",
        },
    }
    enable = {
        "description": "Source of the enable password; leave out where login lands at '#'.",
        "$ref": "#/$defs/source",
    }
    return {"oneOf": [_object({key: form, "enable": enable}, key) for key, form in logs_in.items()]}


def _key() -> dict[str, Any]:
    private = {"description": "The private key, which only its owner can read.", **_FILE}
    public = {"description": "The public key of the one that the agent signs with.", **_FILE}
    certificate = {
        "description": "Shown in the place of the plain key; if not given, the file beside it that "
        "ends in -cert.pub, if there is one; none for the plain key.",
        **_FILE,
    }
    passphrase = {"description": "Source of its passphrase.", "$ref": "#/$defs/source"}
    agent = {"description": "The SSH agent signs (SSH_AUTH_SOCK).", "enum": [True, "true"]}
    fingerprint = {
        "description": "Which key of the agent, as `ssh-add -l` prints it.",
        "type": "string",
        "pattern": "^SHA256:[A-Za-z0-9+/]{43}$",
    }
    of_systemd = {**_SYSTEMD, "description": "A private key by LoadCredential=."}
    opened = {"passphrase": passphrase, "certificate": certificate}
    return {
        "description": "One key, and no other, is offered: of a file, or the one named of an agent.",
        "oneOf": [
            _object({"file": private, **opened}, "file"),
            _object({"systemd": of_systemd, **opened}, "systemd"),
            _object({"agent": agent, "file": public, "certificate": certificate}, "agent", "file"),
            _object(
                {"agent": agent, "fingerprint": fingerprint, "certificate": certificate},
                "agent",
                "fingerprint",
            ),
        ],
    }


def _object(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(required),
    }


def source(text: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the source of a secret is; ``text`` is how a schema calls a text."""
    return {
        "description": "Exactly one source; a literal secret is refused.",
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
        "properties": _sources(text),
    }


def _sources(text: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "env": {
            "description": "An environment variable.",
            "type": "string",
            "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
        },
        "file": {"description": "A file that only its owner can read.", "type": "string", "minLength": 1},
        "command": {
            "description": "A program and its arguments; the first line it prints. No shell.",
            "type": "array",
            "minItems": 1,
            "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        },
        "keyring": {
            "description": "The desktop's keyring (extra keyring).",
            "type": "object",
            "additionalProperties": False,
            "required": ["service", "username"],
            "properties": {"service": text, "username": text},
        },
        "systemd": _SYSTEMD,
        "prompt": {"description": "Ask on the terminal, once a run.", "enum": [True, "true"]},
    }
