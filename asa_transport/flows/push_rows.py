"""What goes to the workers that push and comes back from them, as rows of the store; holds no secret."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asa_transport.core.judgement.judge import Standard
from asa_transport.edges.state.store import codec
from asa_transport.edges.state.store.pushes import Record
from asa_transport.flows.inputs import Conduct
from asa_transport.model import Capture, Device, JournalEvent, Limits, PushOutcome, Unsettled

_EVENTS: Final[Sequence[type[Any]]] = typing.get_args(JournalEvent)
_OUTCOMES: Final[Sequence[type[Any]]] = typing.get_args(PushOutcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOrder:
    """How the devices of a run are pushed, wherever that is.

    Attributes:
        version: Of the program that wrote it; no other one works on it.
        templates: The digest of the parsing templates; a worker that has others does not work on it.
        inventory: As the plan that is made again names it.
        now: When the push was judged.
        unsettled: What other pushes left unproven or unsaved.
    """

    run: str
    version: str
    templates: str
    limits: Limits
    conduct: Conduct
    inventory: str
    policy_sha256: str
    now: datetime
    unsettled: tuple[Unsettled, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PushTask:
    """One device that is to be pushed, or settled.

    Attributes:
        mate: `None` where it has none in the inventory.
        standard: What it is judged by now.
        why: Why it is to be settled.
    """

    device: Device
    mate: Device | None
    standard: Standard
    why: str = ""


def event_record(number: int, event: JournalEvent) -> Record:
    """Return the record of an event."""
    return Record(number=number, part="", data=codec.write_one(event))


def answers_record(number: int, capture: Capture, part: str) -> Record:
    """Return the record of answers for a part of the run's folder."""
    return Record(number=number, part=part, data=codec.write(capture))


def event_of(record: Record) -> JournalEvent:
    """Return the event; raise StoreUnusable where it is none."""
    event: JournalEvent = codec.read_one(_EVENTS, record.data)
    return event


def answers_of(record: Record) -> Capture:
    """Return the answers; raise StoreUnusable where they are none."""
    return codec.read(Capture, record.data)


def events_of(records: Sequence[Record]) -> tuple[JournalEvent, ...]:
    """Return the events among these, in order."""
    return tuple(event_of(record) for record in records if not record.part)


def outcome_bytes(outcome: PushOutcome) -> bytes:
    """Return an outcome as bytes."""
    return codec.write_one(outcome)


def outcome_from(data: bytes) -> PushOutcome:
    """Return the outcome of these bytes; raise StoreUnusable where they are none."""
    outcome: PushOutcome = codec.read_one(_OUTCOMES, data)
    return outcome
