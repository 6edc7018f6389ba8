"""The JSON Schema of the audit document: what `audit_document.document` makes, and no more.

Pure.  Strict: every key is required and no other is allowed, so that a program can rely
on each of them; states are the model's own enumerations.  `$defs/device` is the schema
of one line of `--format jsonl`.

Source: CONTRACT §5; JSON Schema draft 2020-12.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from asa_transport.core.documents.audit import SCHEMA
from asa_transport.model import (
    AuthorizationState,
    Block,
    Change,
    ClusterRole,
    ContactResult,
    ContextMode,
    ExportControl,
    FailoverState,
    FailoverUnit,
    LicenseMode,
    RegistrationState,
    Severity,
    Stage,
    StartupLicense,
    Step,
    TransportSource,
    TransportType,
    UnsavedState,
    Verdict,
)

Schema: TypeAlias = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
_WORD: Final[Schema] = {"type": "string", "minLength": 1}
_FLAG: Final[Schema] = {"type": "boolean"}
_FLAG_OR_NULL: Final[Schema] = {"type": ["boolean", "null"]}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_INSTANT: Final[Schema] = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
}
_INSTANT_OR_NULL: Final[Schema] = {**_INSTANT, "type": ["string", "null"]}


def schema(*, exit_codes: Iterable[int]) -> Schema:
    """Return the schema; `exit_codes` are those that a run may end with."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "asa-transport audit",
        **_object(
            {
                "schema": {"const": SCHEMA},
                "run": _run(exit_codes),
                "totals": _totals(),
                "devices": {
                    "description": "Every device that the limit selected, once, sorted by name.",
                    "type": "array",
                    "items": {"$ref": "#/$defs/device"},
                },
            }
        ),
        "$defs": {
            "device": {"oneOf": [_audited(), _not_audited()]},
            "facts": _facts(),
            "finding": _finding(),
            "decision": _decision(),
            "evidence": _evidence(),
            "proxy": _object({"host": _TEXT, "port": {"type": "integer"}}),
        },
    }


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(properties),
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _one_of(kind: type[enum.StrEnum]) -> Schema:
    return {"enum": [member.value for member in kind]}


def _one_of_or_null(kind: type[enum.StrEnum]) -> Schema:
    return {"enum": [*(member.value for member in kind), None]}


def _counted(kind: type[enum.StrEnum]) -> Schema:
    """Return the schema of numbers by member; those without any are left out."""
    counts = {member.value: {"type": "integer", "minimum": 1} for member in kind}
    return {"type": "object", "additionalProperties": False, "properties": counts}


def _run(exit_codes: Iterable[int]) -> Schema:
    return _object(
        {
            "id": _WORD,
            "kind": {"description": "The command, as `audit`.", **_WORD},
            "started_at": _INSTANT,
            "finished_at": _INSTANT,
            "tool_version": _WORD,
            "inventory": _TEXT,
            "policy_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "exit_code": {"enum": sorted(int(code) for code in exit_codes)},
        }
    )


def _totals() -> Schema:
    return _object(
        {
            "devices": _COUNT,
            "audited": _COUNT,
            "not_audited": _COUNT,
            "by_verdict": _counted(Verdict),
            "by_severity": _counted(Severity),
            "waived": {"description": "How many of the findings are waived.", **_COUNT},
        }
    )


def _audited() -> Schema:
    return _object(
        {
            "name": _WORD,
            "host": _WORD,
            "outcome": {"const": "audited"},
            "facts": {"$ref": "#/$defs/facts"},
            "findings": _list({"$ref": "#/$defs/finding"}),
            "decision": {
                "description": "null where nothing was judged.",
                "anyOf": [{"$ref": "#/$defs/decision"}, {"type": "null"}],
            },
            "unsettled": _unsettled(),
        }
    )


def _not_audited() -> Schema:
    return _object(
        {
            "name": _WORD,
            "host": _WORD,
            "outcome": {"const": "not-audited"},
            "stage": _one_of(Stage),
            "error": _TEXT,
            "hint": _TEXT,
            "unsettled": _unsettled(),
        }
    )


def _unsettled() -> Schema:
    left = _object({"run": _WORD, "step": _one_of(Step), "at": _INSTANT})
    return {
        "description": "What a push left unproven or unsaved, and nothing has settled.",
        "anyOf": [left, {"type": "null"}],
    }


def _facts() -> Schema:
    return {
        "description": "null means that the device did not say.",
        **_object(
            {
                "hostname": _TEXT_OR_NULL,
                "version": _TEXT_OR_NULL,
                "model": _TEXT_OR_NULL,
                "serial": _TEXT_OR_NULL,
                "license_mode": _one_of(LicenseMode),
                "reservation": _FLAG_OR_NULL,
                "agent_version": _TEXT_OR_NULL,
                "transport": _transport(),
                "registration": _object(
                    {
                        "state": _one_of_or_null(RegistrationState),
                        "export_control": _one_of_or_null(ExportControl),
                        "last_renewal": _contact(),
                        "expires_at": _INSTANT_OR_NULL,
                    }
                ),
                "authorization": _authorization(),
                "usage": _usage(),
                "failover": _object(
                    {
                        "enabled": _FLAG_OR_NULL,
                        "unit": _one_of_or_null(FailoverUnit),
                        "state": _one_of_or_null(FailoverState),
                        "mate_serial": _TEXT_OR_NULL,
                        "mate_state": _TEXT_OR_NULL,
                        "version": _TEXT_OR_NULL,
                        "mate_version": _TEXT_OR_NULL,
                        "is_mate_unknown": _FLAG,
                        "is_cloud": _FLAG,
                    }
                ),
                "cluster": _cluster(),
                "context_mode": _one_of_or_null(ContextMode),
                "context": _TEXT_OR_NULL,
                "clock": _clock(),
                "unsaved": _unsaved(),
                "startup_license": {
                    "description": "The licence block that a reload would bring; null: not compared.",
                    **_object({"state": _one_of_or_null(StartupLicense)}),
                },
                "restricted": _list(_WORD),
                "chatter": _COUNT,
                "refused": _list({"$ref": "#/$defs/evidence"}),
                "unknown": _list(_unknown()),
            }
        ),
    }


def _contact() -> Schema:
    return _object(
        {"result": _one_of_or_null(ContactResult), "at": _INSTANT_OR_NULL, "reason": _TEXT_OR_NULL}
    )


def _usage() -> Schema:
    entitlement = {"name": _TEXT, "status": _TEXT_OR_NULL, "export": _TEXT_OR_NULL}
    return {
        "description": "What the device says of its licences elsewhere, in its own words.",
        **_object(
            {
                "platform_state": _TEXT_OR_NULL,
                "enforce_modes": _list(_TEXT),
                "entitlements": _list(_object(entitlement)),
                "strong_encryption": _FLAG_OR_NULL,
                "compliance": _TEXT_OR_NULL,
                "overall_status": _TEXT_OR_NULL,
            }
        ),
    }


def _cluster() -> Schema:
    member = {
        "unit": _TEXT,
        "state": _TEXT,
        "role": _one_of(ClusterRole),
        "version": _TEXT_OR_NULL,
        "serial": _TEXT_OR_NULL,
    }
    return _object(
        {
            "enabled": _FLAG_OR_NULL,
            "name": _TEXT_OR_NULL,
            "unit": _TEXT_OR_NULL,
            "role": _one_of_or_null(ClusterRole),
            "members": _list(_object(member)),
        }
    )


def _transport() -> Schema:
    proxy = {"anyOf": [{"$ref": "#/$defs/proxy"}, {"type": "null"}]}
    return _object(
        {
            "type": _one_of_or_null(TransportType),
            "source": _one_of_or_null(TransportSource),
            "url": _TEXT_OR_NULL,
            "proxy": {"description": "null: none, or with `proxy_known` false not known.", **proxy},
            "proxy_known": _FLAG,
            "proxy_source": _one_of_or_null(TransportSource),
            "callhome_proxy": proxy,
            "callhome_url": {"description": "The address of call-home, whatever the type.", **_TEXT_OR_NULL},
        }
    )


def _authorization() -> Schema:
    return _object(
        {
            "state": _one_of_or_null(AuthorizationState),
            "last_contact": _contact(),
            "next_contact_at": _INSTANT_OR_NULL,
            "deadline_at": _INSTANT_OR_NULL,
            "deadline_exceeded": {
                "description": "The device shows a text in place of a date.",
                **_FLAG,
            },
            "days_left": {
                "description": "From the device's own clock where it was read; negative once past.",
                "type": ["number", "null"],
            },
        }
    )


def _unsaved() -> Schema:
    return {
        "description": "Changes that a reload would lose (inferred); `at` in the device's own words.",
        **_object(
            {"state": _one_of_or_null(UnsavedState), "by": _TEXT_OR_NULL, "at": _TEXT_OR_NULL},
        ),
    }


def _clock() -> Schema:
    clock = _object({"at": _INSTANT_OR_NULL, "zone": _TEXT})
    return {
        "description": "`at` is null where the zone's offset is not known.",
        "anyOf": [clock, {"type": "null"}],
    }


def _finding() -> Schema:
    return _object(
        {
            "rule": _WORD,
            "severity": _one_of(Severity),
            "title": _TEXT,
            "detail": _TEXT,
            "remedy": _TEXT,
            "bug": _TEXT_OR_NULL,
            "evidence": _list({"$ref": "#/$defs/evidence"}),
            "waived": {
                "description": "Who accepted it, until when, and why; null: it counts.",
                "anyOf": [_waived(), {"type": "null"}],
            },
        }
    )


def _waived() -> Schema:
    return _object({"owner": _TEXT, "until": _INSTANT, "reason": _TEXT})


def _decision() -> Schema:
    return _object(
        {
            "verdict": _one_of(Verdict),
            "changes": _list(_one_of(Change)),
            "reasons": _list(_TEXT),
        }
    )


def _line() -> Schema:
    return {
        "command": _WORD,
        "line": {"description": "From 1, in the command's answer.", "type": "integer", "minimum": 1},
        "text": _TEXT,
    }


def _evidence() -> Schema:
    return _object(_line())


def _unknown() -> Schema:
    return _object({**_line(), "block": _one_of(Block), "reason": _TEXT})
