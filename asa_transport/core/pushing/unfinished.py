"""Read from a journal how each device was left when a push ended early.

Pure.  What the journal does not show to be untouched or concluded is in doubt, and a
device in doubt is looked at before anything is sent to it.

Source: docs/push.md, "After a crash".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from asa_transport.core.pushing.steps import may_have_sent
from asa_transport.model import (
    Applied,
    ConfigTrace,
    ContactAsked,
    ContactRequest,
    Ended,
    JournalEvent,
    NotReached,
    RollbackFailed,
    Step,
    Stepped,
    Undertaking,
    Undertook,
    Unknown,
)

# What says nothing of how far the change itself had come.
_LOOKING: Final = frozenset({Step.LOST, Step.UNKNOWN, Step.ROLLBACK_FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Untouched:
    """No configuration line has left for it: it may be pushed from the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """It has its outcome, and nobody needs to look again."""

    ended: Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class InDoubt:
    """Lines may have been sent.

    Attributes:
        at: The last step of the change itself.
        request: The last contact that was asked for; `None` where none was.
        trace: Of the configuration right after the lines; `None` where it was not read.
    """

    at: Step
    undertaking: Undertaking
    request: ContactRequest | None = None
    trace: ConfigTrace | None = None


Left: TypeAlias = Untouched | Concluded | InDoubt


def left(events: Iterable[JournalEvent], devices: Sequence[str]) -> Mapping[str, Left]:
    """Return how each of these devices was left, by name."""
    steps: dict[str, Step] = {}
    undertakings: dict[str, Undertaking] = {}
    requests: dict[str, ContactRequest] = {}
    traces: dict[str, ConfigTrace] = {}
    ends: dict[str, Ended] = {}
    for event in events:
        match event:
            case Stepped():
                # A later process took it up again: its earlier end is no end any more.
                ends.pop(event.device, None)
                if event.trace is not None:
                    traces[event.device] = event.trace
                if event.step not in _LOOKING:
                    steps[event.device] = event.step
            case Undertook():
                undertakings[event.device] = event.undertaking
            case ContactAsked():
                requests[event.device] = event.request
            case Ended():
                ends[event.device] = event
            case _:
                pass
    return {
        name: _with_trace(
            _left(steps.get(name), undertakings.get(name), requests.get(name), ends.get(name)),
            traces.get(name),
        )
        for name in devices
    }


def _left(
    step: Step | None,
    undertaking: Undertaking | None,
    request: ContactRequest | None,
    ended: Ended | None,
) -> Left:
    if ended is not None and _is_sure(ended, undertaking):
        return Concluded(ended=ended)
    if step is None or undertaking is None or not may_have_sent(step):
        return Untouched()
    return InDoubt(at=step, undertaking=undertaking, request=request)


def _with_trace(how: Left, trace: ConfigTrace | None) -> Left:
    return replace(how, trace=trace) if isinstance(how, InDoubt) else how


def _is_sure(ended: Ended, undertaking: Undertaking | None) -> bool:
    if ended.outcome in {Unknown.word, RollbackFailed.word, NotReached.word}:
        return False
    # In force and not saved: the next reload takes it back.
    return ended.outcome != Applied.word or ended.saved or undertaking is None
