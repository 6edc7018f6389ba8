"""Turn what `doctor` found into its document, and say its JSON Schema.

Pure.  Every firewall that was asked for is in it once, in the order of the names, reached or not.

Source: docs/schemas/doctor.json, which is made of it; JSON Schema draft 2020-12.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from asa_transport.core.documents.records import encode
from asa_transport.core.documents.records import schema as schema_of
from asa_transport.core.documents.schema_parts import (
    COUNT,
    EXIT_CODE,
    Schema,
    list_of,
    of_document,
    strict_object,
)
from asa_transport.model import Check, CheckVerdict, Examined, NotAudited
from asa_transport.model.ending import RunEnd
from asa_transport.model.fields import NOT_EMPTY, says

SCHEMA: Final = "asa-transport/doctor/1"
# How it came out for one firewall; one that was not reached is as of an audit.
DoctorOutcome: TypeAlias = Examined | NotAudited


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """An assumption of which the firewalls say one thing, and saved outputs beside them another."""

    id: str = field(metadata=NOT_EMPTY)
    here: CheckVerdict
    here_on: tuple[str, ...] = field(metadata=says("The firewalls that say so."))
    there: CheckVerdict
    there_on: tuple[str, ...] = field(metadata=says("The saved outputs that say so."))


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorRun:
    """What was found of all firewalls, in the order of their names.

    Attributes:
        is_saved: It was found in saved outputs, and no firewall was asked.
        contradictions: Against saved outputs beside it; `None` where there are none to compare with.
    """

    started_at: datetime
    finished_at: datetime
    tool_version: str
    is_saved: bool
    outcomes: tuple[DoctorOutcome, ...]
    end: RunEnd
    contradictions: tuple[Contradiction, ...] | None = None

    @property
    def examined(self) -> tuple[Examined, ...]:
        """Those that answered."""
        return tuple(one for one in self.outcomes if isinstance(one, Examined))

    @property
    def missed(self) -> tuple[NotAudited, ...]:
        """Those that did not."""
        return tuple(one for one in self.outcomes if isinstance(one, NotAudited))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    started_at: datetime
    finished_at: datetime
    tool_version: str = field(metadata=NOT_EMPTY)
    saved: bool = field(metadata=says("Found in saved outputs; no firewall was asked."))
    exit_code: int = field(metadata=says(**EXIT_CODE))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missed:
    """Why a firewall was not asked all of it."""

    stage: str = field(metadata=NOT_EMPTY)
    error: str = field(metadata=NOT_EMPTY)
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Device:
    name: str = field(metadata=NOT_EMPTY)
    host: str
    version: str | None
    model: str | None
    not_reached: _Missed | None = field(metadata=says("null: it answered; else it has no checks."))
    checks: tuple[Check, ...]


def document(run: DoctorRun) -> dict[str, Any]:
    """Return the document."""
    about = _Run(
        started_at=run.started_at,
        finished_at=run.finished_at,
        tool_version=run.tool_version,
        saved=run.is_saved,
        exit_code=run.end,
    )
    return {
        "schema": SCHEMA,
        "run": {**encode(about), "exit_code": int(run.end)},
        "totals": {
            "devices": len(run.outcomes),
            "not_reached": len(run.missed),
            "by_verdict": {verdict.value: count for verdict, count in verdicts(run.examined).items()},
        },
        "devices": [encode(_device(outcome)) for outcome in run.outcomes],
        "contradictions": None if run.contradictions is None else [encode(one) for one in run.contradictions],
    }


def schema() -> Schema:
    """Return the JSON Schema of the document."""
    by_verdict = {"type": "object", "additionalProperties": COUNT}
    return of_document(
        SCHEMA,
        {
            "run": schema_of(_Run),
            "totals": strict_object({"devices": COUNT, "not_reached": COUNT, "by_verdict": by_verdict}),
            "devices": list_of(schema_of(_Device)),
            "contradictions": {
                "description": "Between firewalls and saved outputs (`--beside`); null without these.",
                "anyOf": [list_of(schema_of(Contradiction)), {"type": "null"}],
            },
        },
    )


def contradictions(here: Sequence[Examined], there: Sequence[Examined]) -> tuple[Contradiction, ...]:
    """Return where the two say otherwise of one assumption; who says nothing contradicts nobody."""
    ours, theirs = _said(here), _said(there)
    return tuple(
        Contradiction(id=row, here=mine, here_on=tuple(names), there=other, there_on=tuple(others))
        for row, said in ours.items()
        for mine, names in said.items()
        for other, others in theirs.get(row, {}).items()
        # One that both sides know on some firewall is no news of either.
        if other is not mine and other not in said
    )


def _said(examined: Sequence[Examined]) -> dict[str, dict[CheckVerdict, list[str]]]:
    """Return by assumption who says that it holds, and who that it differs."""
    found: dict[str, dict[CheckVerdict, list[str]]] = {}
    for one in examined:
        for check in one.checks:
            if check.verdict in (CheckVerdict.HOLDS, CheckVerdict.DIFFERS):
                found.setdefault(check.id, {}).setdefault(check.verdict, []).append(one.name)
    return found


def verdicts(examined: Sequence[Examined]) -> Mapping[CheckVerdict, int]:
    """Return how many checks came out how, all verdicts in their order."""
    found = Counter(check.verdict for one in examined for check in one.checks)
    return {verdict: found[verdict] for verdict in CheckVerdict}


def _device(outcome: DoctorOutcome) -> _Device:
    if isinstance(outcome, Examined):
        return _Device(
            name=outcome.name,
            host=outcome.host,
            version=outcome.version,
            model=outcome.model,
            not_reached=None,
            checks=outcome.checks,
        )
    missed = _Missed(stage=outcome.stage.value, error=outcome.error, hint=outcome.hint)
    device = outcome.device
    return _Device(
        name=device.name, host=device.host, version=None, model=None, not_reached=missed, checks=()
    )
