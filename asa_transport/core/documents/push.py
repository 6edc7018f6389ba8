"""Turn the outcomes of a push into the push document, and say its JSON Schema.

Pure.  Refuses to make a document with other outcomes than one for each device of the push.
A dry run has nothing to save and nothing to verify: `saved` is false, `verified` null.

Source: docs/schemas/push.json, which is made of it; JSON Schema draft 2020-12.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from asa_transport.core.documents.audit import Run
from asa_transport.core.documents.records import encode
from asa_transport.model import (
    Applied,
    Failed,
    Forecast,
    Identity,
    NoChange,
    NotReached,
    Plan,
    Refused,
    RollbackFailed,
    RolledBack,
    Startup,
    Unknown,
    Unreachable,
    Verified,
    WouldPush,
)
from asa_transport.model.push import AnyOutcome, drift, is_saved, verified

Schema: TypeAlias = dict[str, Any]

SCHEMA: Final = "asa-transport/push/1"
DRY_RUN: Final = "dry-run"
COMMIT: Final = "commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEnd:
    """Where the journal of a push ends: the hash of its last record, and how many there are."""

    head: str
    records: int


def document(
    run: Run,
    plan: Plan,
    names: Sequence[str],
    outcomes: Iterable[AnyOutcome],
    *,
    mode: str = DRY_RUN,
    stopped_by: str | None = None,
    journal: JournalEnd | None = None,
    forecast: Forecast | None = None,
) -> dict[str, Any]:
    """Return the document of a dry run or of a push, devices sorted by name.

    Args:
        names: The devices of the plan that the push was for.
        mode: `DRY_RUN` or `COMMIT`.
        stopped_by: What ended the push early; in a dry run, what would.
        forecast: Of a dry run; `None` for a commit.
        journal: `None` in a dry run, which writes none.

    Raises:
        ValueError: The outcomes are not exactly those of the devices.
    """
    ordered = sorted(outcomes, key=lambda outcome: outcome.device.name)
    if [outcome.device.name for outcome in ordered] != sorted(names):
        raise ValueError(f"{len(ordered)} outcomes for {len(names)} devices")
    return {
        "schema": SCHEMA,
        "run": encode(run),
        "mode": mode,
        "plan": {"id": plan.id, "digest": plan.digest},
        "devices": [_record(outcome) for outcome in ordered],
        "stopped_by": stopped_by,
        "foretold": None if forecast is None else _foretold(forecast),
        "journal": {
            "head": None if journal is None else journal.head,
            "records": None if journal is None else journal.records,
        },
    }


def _foretold(forecast: Forecast) -> dict[str, Any]:
    told = forecast.foretold
    return {
        "stopped_by": told.rehearsal.stopped_by,
        "not_started": list(told.rehearsal.not_started),
        "without": None if told.without is None else list(told.without),
        "limit": forecast.limit,
        "max_fail": told.max_fail,
        "window": forecast.shut,
        "approvals": {
            "needed": forecast.needed,
            "by": list(forecast.principals),
            "missing": forecast.unapproved,
        },
    }


def _record(outcome: AnyOutcome) -> dict[str, Any]:
    proof, would_start = verified(outcome), outcome.seen.startup
    identity = outcome.seen.identity or Identity()
    return {
        "name": outcome.device.name,
        "outcome": outcome.word,
        "saved": is_saved(outcome),
        "reason": outcome.reason,
        "verified": None if proof is None else proof.value,
        "startup": None if would_start is None else would_start.value,
        "identity": {"serial": identity.serial, "hostname": identity.hostname},
        "drift": drift(outcome),
    }


_KINDS: Final = (
    WouldPush,
    Applied,
    NoChange,
    Refused,
    Failed,
    RolledBack,
    RollbackFailed,
    Unknown,
    Unreachable,
    NotReached,
)
OUTCOMES: Final = tuple(dict.fromkeys(kind.word for kind in _KINDS))

_WORD: Final[Schema] = {"type": "string", "minLength": 1}
_TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
_INSTANT: Final[Schema] = {"type": "string", "format": "date-time", "pattern": "Z$"}
_SHA256: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_NAMES: Final[Schema] = {"type": "array", "items": _WORD}


def schema(*, exit_codes: Iterable[int]) -> Schema:
    """Return the schema; `exit_codes` are those that a run may end with."""
    run = {
        "id": _WORD,
        "kind": {"const": "push"},
        "started_at": _INSTANT,
        "finished_at": _INSTANT,
        "tool_version": _WORD,
        "inventory": {"type": "string"},
        "policy_sha256": _SHA256,
        "exit_code": {"enum": sorted(int(code) for code in exit_codes)},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "asa-transport push",
        **_object(
            {
                "schema": {"const": SCHEMA},
                "run": _object(run),
                "mode": {"enum": [DRY_RUN, COMMIT]},
                "plan": _object({"id": _WORD, "digest": _SHA256}),
                "devices": {
                    "description": "Every planned device that the limit selected, once, sorted by name.",
                    "type": "array",
                    "items": _object(_device_schema()),
                },
                "stopped_by": {
                    "description": "What ended the push early; in a dry run, what would.",
                    **_TEXT_OR_NULL,
                },
                "foretold": {"anyOf": [_FORETOLD, {"type": "null"}]},
                "journal": {
                    "description": "Where the journal of the push ends; null in a dry run.",
                    **_object(
                        {
                            "head": {"anyOf": [_SHA256, {"type": "null"}]},
                            "records": {"type": ["integer", "null"], "minimum": 1},
                        }
                    ),
                },
            }
        ),
    }


def _device_schema() -> Schema:
    return {
        "name": _WORD,
        "outcome": {"enum": list(OUTCOMES)},
        "saved": {
            "description": "Whether the change is in the startup configuration, by what was read.",
            "type": "boolean",
        },
        "reason": _TEXT_OR_NULL,
        "verified": {
            "description": "What proves that the change took effect; only contact is proof.",
            "enum": [*(member.value for member in Verified), None],
        },
        "startup": {
            "description": "What a reload would bring, as read after the end, whatever the end: as the "
            "change leaves it, as it was before, something else; null where it could not be read.",
            "enum": [*(member.value for member in Startup), None],
        },
        "identity": {
            "description": "Of the firewall that answered last; null where it did not say, or none answered.",
            **_object({"serial": _TEXT_OR_NULL, "hostname": _TEXT_OR_NULL}),
        },
        "drift": {"description": "How the device differs from the plan, as a diff.", **_TEXT_OR_NULL},
    }


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(properties),
    }


_FORETOLD: Final[Schema] = {
    "description": "What a commit would meet now; null for a commit.",
    **_object(
        {
            "stopped_by": {
                "description": "Where the order, the first proof and the budget would stop it.",
                **_TEXT_OR_NULL,
            },
            "not_started": {"description": "Whose turn would not come.", **_NAMES},
            "without": {
                "description": "Devices without which it would pass; null where that does not help.",
                "anyOf": [_NAMES, {"type": "null"}],
            },
            "limit": {"description": "The `-l` that leaves them out.", **_TEXT_OR_NULL},
            "max_fail": {
                "description": "The least `--max-fail` that would let it pass; null where none does.",
                "type": ["integer", "null"],
                "minimum": 0,
            },
            "window": {"description": "Why no device may start now.", **_TEXT_OR_NULL},
            "approvals": _object(
                {
                    "needed": {"type": "integer", "minimum": 0},
                    "by": _NAMES,
                    "missing": {"description": "Why they do not do.", **_TEXT_OR_NULL},
                }
            ),
        }
    ),
}
