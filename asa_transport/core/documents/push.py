"""Turn the outcomes of a push into the push document, and say its JSON Schema.

Pure.  Refuses to make a document with other outcomes than one for each device of the push.
A dry run has nothing to save and nothing to verify: `saved` is false, `verified` null.

Source: docs/schemas/push.json, which is made of it; JSON Schema draft 2020-12.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from asa_transport.core.documents.audit import Run
from asa_transport.core.documents.records import encode
from asa_transport.core.documents.records import schema as schema_of
from asa_transport.core.documents.schema_parts import Schema, of_document
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
from asa_transport.model.fields import NOT_EMPTY, SHA256, WORD, says
from asa_transport.model.push import AnyOutcome, drift, is_saved, verified

SCHEMA: Final = "asa-transport/push/1"
DRY_RUN: Final = "dry-run"
COMMIT: Final = "commit"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNamed:
    """Which plan it was."""

    id: str = field(metadata=NOT_EMPTY)
    digest: str = field(metadata=SHA256)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedDevice:
    """What became of one device."""

    name: str = field(metadata=NOT_EMPTY)
    outcome: str = field(metadata=says(enum=list(OUTCOMES)))
    saved: bool = field(
        metadata=says("Whether the change is in the startup configuration, by what was read.")
    )
    reason: str | None = None
    verified: Verified | None = field(
        default=None, metadata=says("What proves that the change took effect; only contact is proof.")
    )
    startup: Startup | None = field(
        default=None,
        metadata=says(
            "What a reload would bring, as read after the end, whatever the end: as the change leaves it, as "
            "it was before, something else; null where it could not be read."
        ),
    )
    identity: Identity = field(
        default=Identity(),
        metadata=says("Of the firewall that answered last; null where it did not say, or none answered."),
    )
    drift: str | None = field(default=None, metadata=says("How the device differs from the plan, as a diff."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """What the policy demands of the plan, and who approved it."""

    needed: int = field(metadata=says(minimum=0))
    by: tuple[str, ...] = field(metadata=says(items=WORD))
    missing: str | None = field(metadata=says("Why they do not do."))


@dataclass(frozen=True, slots=True, kw_only=True)
class ForetoldCommit:
    """How a commit would go that began now."""

    stopped_by: str | None = field(
        metadata=says("Where the order, the first proof and the budget would stop it.")
    )
    not_started: tuple[str, ...] = field(metadata=says("Whose turn would not come.", items=WORD))
    without: tuple[str, ...] | None = field(
        metadata=says("Devices without which it would pass; null where that does not help.", items=WORD)
    )
    limit: str | None = field(metadata=says("The `-l` that leaves them out."))
    max_fail: int | None = field(
        metadata=says("The least `--max-fail` that would let it pass; null where none does.", minimum=0)
    )
    window: str | None = field(metadata=says("Why no device may start now."))
    approvals: Approvals


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEnd:
    """Where the journal of a push ends: the hash of its last record, and how many there are."""

    head: str | None = field(default=None, metadata=SHA256)
    records: int | None = field(default=None, metadata=says(minimum=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class PushDocument:
    """The whole document; a document of an older release may lack what has a default."""

    run: Run
    mode: str = field(default=COMMIT, metadata=says(enum=[DRY_RUN, COMMIT]))
    plan: PlanNamed
    devices: tuple[PushedDevice, ...] = field(
        metadata=says("Every planned device that the limit selected, once, sorted by name.")
    )
    stopped_by: str | None = field(
        default=None, metadata=says("What ended the push early; in a dry run, what would.")
    )
    foretold: ForetoldCommit | None = field(
        default=None, metadata=says("What a commit would meet now; null for a commit.")
    )
    journal: JournalEnd = field(
        default=JournalEnd(), metadata=says("Where the journal of the push ends; null in a dry run.")
    )


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
    made = PushDocument(
        run=run,
        mode=mode,
        plan=PlanNamed(id=plan.id, digest=plan.digest),
        devices=tuple(map(_device, ordered)),
        stopped_by=stopped_by,
        foretold=None if forecast is None else _foretold(forecast),
        journal=journal or JournalEnd(),
    )
    return {"schema": SCHEMA, **encode(made)}


def _device(outcome: AnyOutcome) -> PushedDevice:
    return PushedDevice(
        name=outcome.device.name,
        outcome=outcome.word,
        saved=is_saved(outcome),
        reason=outcome.reason,
        verified=verified(outcome),
        startup=outcome.seen.startup,
        identity=outcome.seen.identity or Identity(),
        drift=drift(outcome),
    )


def _foretold(forecast: Forecast) -> ForetoldCommit:
    told = forecast.foretold
    return ForetoldCommit(
        stopped_by=told.rehearsal.stopped_by,
        not_started=told.rehearsal.not_started,
        without=told.without,
        limit=forecast.limit,
        max_fail=told.max_fail,
        window=forecast.shut,
        approvals=Approvals(needed=forecast.needed, by=forecast.principals, missing=forecast.unapproved),
    )


def schema() -> Schema:
    """Return the JSON Schema of the document."""
    properties = schema_of(PushDocument)["properties"]
    properties["run"]["properties"]["kind"] = {"const": "push"}
    return of_document(SCHEMA, properties)
